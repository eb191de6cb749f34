"""Samples as tables of counts, and the estimates, standard errors and intervals of many at once."""

from dataclasses import dataclass

import numpy as np

from nsmo.stages.coverage.dirt import Left
from nsmo.stages.coverage.raking import Margins
from nsmo.stages.coverage.world import MARGINS, Selection, World
from nsmo.stats.intervals import mover, proportion_interval
from nsmo.stats.projection import LARGEST_LEVERAGE


def draw(
    world: World, selection: Selection, left: Left, samples: int, rng: np.random.Generator
) -> np.ndarray:
    """Draw samples as they are after cleaning.

    Parameters
    ----------
    world
        The population.
    selection
        Who takes part.
    left
        What cleaning leaves; each sample is like one of its sets.
    samples
        How many.
    rng
        Where chance comes from.

    Returns
    -------
    ndarray
        (samples, cells, 2, 2) counts, by other group and yes. Careless responses come from whoever takes
        part, whatever they would answer, and say yes and no alike.
    """
    shape = (samples, *world.members.shape)
    honest, careless, again = left.counts[rng.integers(len(left.counts), size=samples)].T
    chance = (world.members * world.readiness(selection)).ravel()
    drawn = rng.multinomial(honest, chance / chance.sum())
    repeated = rng.multinomial(again, drawn / drawn.sum(axis=1, keepdims=True))
    ready = world.readiness(selection if selection.odds == 1 else Selection(MARGINS))
    coin = np.repeat((world.members * ready).sum(axis=2, keepdims=True) / 2, 2, axis=2).ravel()
    return (drawn + repeated + rng.multinomial(careless, coin / coin.sum())).reshape(shape)


@dataclass(frozen=True)
class Shares:
    """The share of yes in each domain of each sample, with covariances and what an interval needs.

    Attributes
    ----------
    value
        (samples, domains).
    cov
        (samples, domains, domains).
    df, n, effective
        (samples, domains): degrees of freedom, respondents, effective number where all answer alike.
    """

    value: np.ndarray
    cov: np.ndarray
    df: np.ndarray
    n: np.ndarray
    effective: np.ndarray

    def estimates(self, world: World, level: float, min_n: int) -> np.ndarray:
        """Estimate each quantity of the world as the report would.

        Returns
        -------
        ndarray
            (samples, quantities, 4): estimate, standard error, ends of the interval. Not a number for fewer
            than `min_n` respondents, of which the report shows nothing.
        """
        variance = np.einsum("rdd->rd", self.cov)
        low, high = proportion_interval(self.value, variance, self.df, self.n, self.effective, level)
        shown = np.where(self.n >= min_n, self.value, np.nan)
        found = np.empty((len(shown), len(world.quantities), 4))
        for place, quantity in enumerate(world.quantities):
            i, *rest = quantity.parts
            if not rest:
                columns = shown[:, i], np.sqrt(variance[:, i]), low[:, i], high[:, i]
            else:
                (j,) = rest
                with np.errstate(divide="ignore", invalid="ignore"):
                    correlation = self.cov[:, i, j] / np.sqrt(variance[:, i] * variance[:, j])
                ends = mover(
                    (shown[:, i], low[:, i], high[:, i]),
                    (shown[:, j], low[:, j], high[:, j]),
                    np.nan_to_num(correlation),
                )
                spread = variance[:, i] + variance[:, j] - 2 * self.cov[:, i, j]
                columns = shown[:, i] - shown[:, j], np.sqrt(np.maximum(spread, 0)), *ends
            found[:, place] = np.column_stack(columns)
        found[np.isnan(found).any(axis=2)] = np.nan
        return found


def shares(world: World, counts: np.ndarray, weights: np.ndarray) -> Shares:
    """Compute the shares of yes; covariances are left to `linearised` or `bootstrapped`."""
    domains = world.domains.astype(float)
    weighted = counts * weights[:, :, None, None]
    total, yes = (np.einsum("rkg,dkg->rd", part, domains) for part in (weighted.sum(3), weighted[..., 1]))
    n = np.einsum("rkg,dkg->rd", counts.sum(3), domains)
    squares = np.einsum("rkg,dkg->rd", counts.sum(3) * weights[:, :, None] ** 2, domains)
    count = np.einsum("rkg,dkg->rd", counts[..., 1], domains)
    with np.errstate(divide="ignore", invalid="ignore"):
        # Exactly none or all, whatever the rounding of the sums: such a share has an interval of its own.
        value = np.where(n == 0, np.nan, np.where(count == 0, 0, np.where(count == n, 1, yes / total)))
        effective = total**2 / squares
    return Shares(value, np.full((*value.shape, value.shape[1]), np.nan), n - 1, n, effective)


def linearised(
    world: World, counts: np.ndarray, weights: np.ndarray, margins: Margins | None, residuals: str
) -> Shares:
    """Compute the shares with linearised covariances.

    Parameters
    ----------
    world
        Says which domains there are.
    counts, weights
        (samples, cells, 2, 2) and (samples, cells).
    margins
        What the weights were raked to; None: nothing, so nothing is taken out of the influence values.
    residuals
        "base", "final" or "adjusted", as of `calibrate`.
    """
    found = shares(world, counts, weights)
    samples = len(weights)
    whole = np.einsum("rkg,dkg->rd", (counts * weights[:, :, None, None]).sum(3), world.domains.astype(float))
    value, whole = np.nan_to_num(found.value), np.where(whole > 0, whole, 1)
    # Influence values by sample, domain, cell, other group and answer.
    influence = np.arange(2) - value[:, :, None, None, None]
    influence = influence * world.domains[None, :, :, :, None] / whole[:, :, None, None, None]
    w = weights[:, None, :, None, None]
    scores = w * influence
    if margins is not None:
        terms = margins.terms
        v = np.ones_like(weights) if residuals == "base" else weights
        each = counts.sum(axis=(2, 3)) * v
        inverse = np.linalg.pinv(np.einsum("rk,kp,kq->rpq", each, terms, terms), hermitian=True)
        before = influence if residuals == "base" else scores
        sums = (counts[:, None] * before).sum(axis=(3, 4))
        fitted = sums @ terms @ inverse @ terms.T
        scores = scores - w * fitted[..., None, None]
        if residuals == "adjusted":
            leverage = weights * np.einsum("kp,rpq,kq->rk", terms, inverse, terms)
            scores = scores / (1 - np.clip(leverage, 0, LARGEST_LEVERAGE))[:, None, :, None, None]
    flat, times = scores.reshape(samples, len(world.domains), -1), counts.reshape(samples, 1, -1)
    n = times.sum(axis=2)[:, :, None]
    first = (flat * times).sum(axis=2)
    second = (flat * times) @ flat.transpose(0, 2, 1)
    cov = n / (n - 1) * (second - first[:, :, None] * first[:, None, :] / n)
    return Shares(found.value, cov, found.df, found.n, found.effective)


def bootstrapped(
    world: World,
    counts: np.ndarray,
    weights: np.ndarray,
    margins: Margins,
    max_ratio: float,
    replicates: int,
    rng: np.random.Generator,
) -> Shares:
    """Compute the shares with covariances by Rao and Wu's bootstrap, raked again in every replicate.

    Parameters
    ----------
    world, counts, weights, margins
        As of `linearised`.
    max_ratio
        Upper bound of a weight, in replicates too; those that it leaves without weights are left out.
    replicates
        How many.
    rng
        Where chance comes from.
    """
    found = shares(world, counts, weights)
    samples = len(weights)
    flat = counts.reshape(samples, -1)
    n = flat.sum(axis=1)
    drawn = rng.multinomial((n - 1)[:, None], (flat / n[:, None])[:, None, :], (samples, replicates))
    again = drawn.reshape(samples * replicates, *counts.shape[1:])
    factors = margins.weights(again.sum(axis=(2, 3)), max_ratio)
    value = shares(world, again, factors).value.reshape(samples, replicates, -1)
    solved = (~np.isnan(factors).any(axis=1)).reshape(samples, replicates).sum(axis=1)
    known = np.isfinite(value)
    with np.errstate(invalid="ignore"):
        centre = np.where(known, value, 0).sum(axis=1) / known.sum(axis=1)
        away = np.where(known, value - centre[:, None, :], 0)
        cov = away.transpose(0, 2, 1) @ away / np.maximum(solved - 1, 1)[:, None, None]
    df = np.minimum(found.df, (solved - 1)[:, None])
    return Shares(found.value, cov, df, found.n, found.effective)
