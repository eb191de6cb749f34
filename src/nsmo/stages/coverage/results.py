"""The grid that is gone through, and what adds up: bias, coverage and width."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields

import numpy as np
import pandas as pd

from nsmo.runner.mapping import Map, in_turn
from nsmo.stages.coverage.dirt import Left
from nsmo.stages.coverage.raking import merged
from nsmo.stages.coverage.robust import doubly_robust
from nsmo.stages.coverage.samples import Shares, bootstrapped, draw, linearised
from nsmo.stages.coverage.world import EVERYBODY, Selection, World, selections
from nsmo.stats import calibrated_design
from nsmo.stats.intervals import proportion_interval
from nsmo.study.margins import Target

UNWEIGHTED, RAKED, ROBUST = "unweighted", "raked", "doubly robust"
LINEARISED, BASE, FINAL, ADJUSTED, BOOTSTRAP = "linearised", "base", "final", "adjusted", "bootstrap"
#: Every estimator with every standard error, in the order of the report.
WAYS = (
    (UNWEIGHTED, LINEARISED),
    (RAKED, BASE),
    (RAKED, FINAL),
    (RAKED, ADJUSTED),
    (RAKED, BOOTSTRAP),
    (ROBUST, LINEARISED),
)
_BLOCK = 12_000  # samples times cells that are drawn together; results depend on it


@dataclass(frozen=True)
class Plan:
    """How samples are weighted and judged.

    Attributes
    ----------
    replications
        Samples of each kind of selection.
    min_category, max_ratio
        As of the stage `weight`.
    confidence, min_n
        As of the report.
    bootstrapped, draws
        So many of the samples get a bootstrap, of so many replicates: it takes longer than all else.
    reference
        Organisations in the reference sample of the doubly robust estimate.
    """

    replications: int
    min_category: int
    max_ratio: float
    confidence: float
    min_n: int
    bootstrapped: int = 200
    draws: int = 100
    reference: int = 1000


#: What of params.yaml makes a plan.
PLANNED = tuple(field.name for field in fields(Plan) if field.default is MISSING)


@dataclass(frozen=True)
class _Block:
    world: World
    selection: Selection
    left: Left
    plan: Plan
    samples: int
    bootstrapped: int
    seed: np.random.SeedSequence


#: The columns of what is found.
COLUMNS = (
    *("level", "selection", "odds", "target", "by", "group", "estimator", "errors", "samples", "shown"),
    *("truth", "mean", "bias", "sd", "se", "se_ratio", "coverage", "coverage_low", "coverage_high", "width"),
)


def nothing() -> pd.DataFrame:
    """Return what is found where nothing is simulated: no row."""
    return pd.DataFrame(columns=COLUMNS)


def worlds(
    targets: Mapping[str, Target],
    taken_part: Mapping[str, Mapping[str, float]],
    *,
    levels: Sequence[float] = (0.8,),
    gradient: float = 2.0,
    apart: float = 0.25,
) -> list[World]:
    """List the populations: one for each share of yes in the middle of every margin (see `World`)."""
    return [World(targets, taken_part, float(level), gradient, apart) for level in levels]


def simulate(
    populations: Sequence[World],
    odds: Sequence[float],
    left: Left,
    plan: Plan,
    *,
    seed: int,
    each: Map = in_turn,
) -> pd.DataFrame:
    """Draw, weight and estimate again and again, and say how often the intervals hold the truth.

    Parameters
    ----------
    populations
        From `worlds`.
    odds
        Odds ratios of taking part for those who say yes.
    left
        What cleaning leaves of the responses.
    plan
        How many samples, and how they are weighted.
    seed
        Each block of samples has a random number generator of its own, spawned from it.
    each
        Does the blocks, wherever that is (`stage.map`); the result is the same.

    Returns
    -------
    DataFrame
        A row per population (``level``), selection (``selection, odds``), quantity (``target, by, group``)
        and way of estimating (``estimator, errors``): ``samples`` drawn, ``shown`` (those in which the report
        would show the quantity), ``truth``, ``mean`` of the estimates, ``bias``, ``sd`` of the estimates,
        ``se`` (mean standard error), ``se_ratio`` (se over sd), ``coverage`` with its Monte-Carlo interval
        ``coverage_low, coverage_high`` (Wilson), and mean ``width`` of the intervals.
    """
    ways = [(world, selection) for world in populations for selection in selections(odds)]
    blocks = list(_blocks(ways, left, plan, seed))
    parts = list(each(_run, blocks))
    rows = []
    for world, selection in ways:
        own = [
            part
            for block, part in zip(blocks, parts, strict=True)
            if block.world is world and block.selection is selection
        ]
        rows += _summary(world, selection, np.concatenate(own), plan)
    return pd.DataFrame(rows, columns=COLUMNS)


def _blocks(ways: Sequence[tuple[World, Selection]], left: Left, plan: Plan, seed: int) -> Iterator[_Block]:
    most = max(10, _BLOCK // len(ways[0][0].shares))
    sizes = [min(most, plan.replications - begin) for begin in range(0, plan.replications, most)]
    seeds = iter(np.random.SeedSequence(seed).spawn(len(ways) * len(sizes)))
    for world, selection in ways:
        begun = 0
        for size in sizes:
            again = min(size, max(plan.bootstrapped - begun, 0))
            yield _Block(world, selection, left, plan, size, again, next(seeds))
            begun += size


def _run(block: _Block) -> np.ndarray:
    """Draw and estimate a block: (samples, ways, quantities, 4)."""
    world, plan, rng = block.world, block.plan, np.random.default_rng(block.seed)
    counts = draw(world, block.selection, block.left, block.samples, rng)
    tables = counts.sum(axis=(2, 3))
    found = np.full((block.samples, len(WAYS), len(world.quantities), 4), np.nan)

    def keep(rows: np.ndarray, way: tuple[str, str], shares: Shares) -> None:
        found[rows, WAYS.index(way)] = shares.estimates(world, plan.confidence, plan.min_n)

    everybody = np.arange(block.samples)
    plain = np.ones(tables.shape)
    keep(everybody, (UNWEIGHTED, LINEARISED), linearised(world, counts, plain, None, FINAL))
    population = sum(category.count for category in next(iter(world.targets.values())).categories)
    for margins, rows in merged(world, tables, plan.min_category):
        weights = margins.weights(tables[rows], plan.max_ratio)
        rows, weights = rows[~np.isnan(weights).any(axis=1)], weights[~np.isnan(weights).any(axis=1)]
        for residuals in (BASE, FINAL, ADJUSTED):
            keep(rows, (RAKED, residuals), linearised(world, counts[rows], weights, margins, residuals))
        some = rows < block.bootstrapped
        if some.any():
            again = bootstrapped(
                world, counts[rows[some]], weights[some], margins, plan.max_ratio, plan.draws, rng
            )
            keep(rows[some], (RAKED, BOOTSTRAP), again)
        robust = doubly_robust(world, counts[rows], margins, population, plan.reference, plan.confidence, rng)
        found[rows, WAYS.index((ROBUST, LINEARISED)), 0] = robust
    return found


def _summary(world: World, selection: Selection, found: np.ndarray, plan: Plan) -> Iterator[dict]:
    for w, (estimator, errors) in enumerate(WAYS):
        for q, quantity in enumerate(world.quantities):
            if estimator == ROBUST and quantity.kind != EVERYBODY:
                continue
            drawn = plan.bootstrapped if errors == BOOTSTRAP else plan.replications
            known = found[np.isfinite(found[:, w, q]).all(axis=1), w, q]
            truth, n = world.truth[q], len(known)
            row = {
                "level": world.level,
                "selection": selection.kind,
                "odds": selection.odds,
                "target": quantity.kind,
                "by": quantity.by,
                "group": quantity.group,
                "estimator": estimator,
                "errors": errors,
                "samples": min(drawn, plan.replications),
                "shown": n,
                "truth": truth,
            }
            yield row | (_judged(known, truth, plan.confidence) if n > 1 else dict.fromkeys(_JUDGED, np.nan))


_JUDGED = (
    *("mean", "bias", "sd", "se", "se_ratio"),
    *("coverage", "coverage_low", "coverage_high", "width"),
)


def _judged(known: np.ndarray, truth: float, confidence: float) -> dict[str, float]:
    estimate, se, low, high = known.T
    n, held = len(known), float(((low <= truth) & (truth <= high)).mean())
    ends = proportion_interval(held, held * (1 - held) / n, np.inf, n, n, confidence, "wilson")
    sd = float(estimate.std(ddof=1))
    values = (
        *(estimate.mean(), estimate.mean() - truth, sd, se.mean(), se.mean() / sd if sd else np.nan),
        *(held, ends[0], ends[1], (high - low).mean()),
    )
    return dict(zip(_JUDGED, map(float, values), strict=True))


def errors_of_report() -> str:
    """Return which residuals the weighted figures of the report have: "base", "final" or "adjusted"."""
    two = pd.DataFrame({"weight": [1.0, 1.0], "margin": ["a", "b"]})
    return str(calibrated_design(two, "weight", ["margin"]).residuals)
