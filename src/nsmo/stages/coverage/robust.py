"""The doubly robust estimate of the share of everybody, for many samples at once.

`nsmo.stats.participation` does it for one; a test holds this to it.
"""

import numpy as np
from scipy import special

from nsmo.stages.coverage.raking import Margins
from nsmo.stages.coverage.world import World
from nsmo.stats.intervals import proportion_interval

_STEPS = 100
_LONGEST = 2.0  # step of a coefficient; the logarithm of a chance may start far off
_EXACT = 1e-12
_NONE = 1e-20  # a variance that is rounding
_MET = 1e-6  # respondents by which a category may be missed; else there is no finite estimate


def doubly_robust(
    world: World,
    counts: np.ndarray,
    margins: Margins,
    population: float,
    reference: int,
    level: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Estimate the share of everybody with a reference sample of the same population.

    Chances of taking part and the answer are both modelled by the margins: the chances by pseudo-likelihood,
    the answer by a linear model, which exists also where all in a category answer alike.

    Parameters
    ----------
    world
        The population, of which a simple random sample is drawn as the reference.
    counts
        (samples, cells, 2, 2).
    margins
        Its categories are the terms of both models.
    population
        How many organisations there are.
    reference
        How many of them are in each reference sample.
    level
        Of the interval.
    rng
        Where chance comes from.

    Returns
    -------
    ndarray
        (samples, 4): estimate, standard error and ends of the interval, not a number where the
        chances have no finite estimate, for want of a category in one of the samples.
    """
    here = counts.sum(axis=(2, 3)).astype(float)
    yes = counts[..., 1].sum(axis=2).astype(float)
    there = rng.multinomial(reference, world.shares, len(counts)).astype(float)
    return estimated(margins, here, yes, there, population / reference, level)


def estimated(
    margins: Margins, here: np.ndarray, yes: np.ndarray, there: np.ndarray, each: float, level: float
) -> np.ndarray:
    """Estimate from tables: respondents, those who say yes, and reference sample, (samples, cells) each.

    ``each`` is the weight of everybody in the reference sample; otherwise as `doubly_robust`.
    """
    terms = margins.terms
    found = np.full((len(here), 4), np.nan)
    theta, met = _chances(terms, here, there * each)
    known = met & (np.linalg.matrix_rank(_gram(terms, here), hermitian=True) == terms.shape[1])
    known &= np.linalg.matrix_rank(_gram(terms, there), hermitian=True) == terms.shape[1]
    here, yes, there = here[known], yes[known], there[known]
    n, m = here.sum(axis=1), there.sum(axis=1)
    chance = special.expit(theta[known] @ terms.T)
    weight, whole = 1 / chance, (here / chance).sum(axis=1)
    information = _gram(terms, there * each * chance * (1 - chance))

    # The model of the answer: least squares, without weights.
    inverse = np.linalg.inv(_gram(terms, here))
    fitted = _each(inverse, yes @ terms) @ terms.T
    predicted = (there * fitted).sum(axis=1) / m
    left = (weight * (yes - here * fitted)).sum(axis=1) / whole

    # Influence values: of respondents by cell and answer, of the reference by cell.
    away = np.stack([-fitted, 1 - fitted], axis=2) - left[:, None, None]
    of = np.stack([here - yes, yes], axis=2)
    slope = (((1 - chance) * weight)[:, :, None] * of * away).sum(axis=2) @ terms / whole[:, None]
    b = _each(np.linalg.inv(information), slope)
    gap = there @ terms / m[:, None] - (here * weight) @ terms / whole[:, None]
    model = _each(inverse, gap) @ terms.T
    first = away * (weight / whole[:, None])[:, :, None] - (b @ terms.T)[:, :, None]
    first = first + model[:, :, None] * (np.stack([-fitted, 1 - fitted], axis=2))
    second = each * chance * (b @ terms.T) + (fitted - predicted[:, None]) / m[:, None]

    mean = (there * second).sum(axis=1) / m
    variance = ((1 - chance)[:, :, None] * of * first**2).sum(axis=(1, 2))
    variance += m / (m - 1) * (there * (second - mean[:, None]) ** 2).sum(axis=1)
    # Where all say yes the models fit without error; what rounding leaves of it depends on the machine.
    value = np.round(predicted + left, 12)
    variance = np.where(variance < _NONE, 0.0, variance)
    df = np.minimum(m - 1, n - terms.shape[1])
    low, high = proportion_interval(value, variance, df, n, n, level)
    found[known] = np.column_stack([value, np.sqrt(variance), low, high])
    return found


def _chances(terms: np.ndarray, here: np.ndarray, there: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Solve ``sum_A x = sum_B d π(x'θ) x`` by Newton's method.

    Returns θ, (samples, terms), and which samples have a solution.
    """
    goal = here @ terms
    theta = np.zeros(goal.shape)
    theta[:, 0] = special.logit(here.sum(axis=1) / there.sum(axis=1))
    for _ in range(_STEPS):
        chance = special.expit(theta @ terms.T)
        score = goal - (there * chance) @ terms
        step = _each(np.linalg.pinv(_gram(terms, there * chance * (1 - chance)), hermitian=True), score)
        theta = theta + np.clip(step, -_LONGEST, _LONGEST)
        if np.abs(step).max(initial=0) < _EXACT:
            break
    missed = np.abs(goal - (there * special.expit(theta @ terms.T)) @ terms).max(axis=1)
    return theta, missed < _MET


def _gram(terms: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return np.einsum("rk,kp,kq->rpq", weights, terms, terms)


def _each(matrices: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    return np.einsum("rpq,rq->rp", matrices, vectors)
