"""Making replicate weights: jackknife, bootstrap, balanced half samples."""

import numbers

import numpy as np
from scipy import linalg

from .coding import DesignError, examples
from .design import SurveyDesign
from .replicates import BLOCK, ReplicateDesign
from .sampling import SELF_REPRESENTING

METHODS = ("jk1", "jkn", "bootstrap", "brr", "fay")
LARGEST = 500_000_000  # multipliers beyond which a jackknife is refused


def replicate_weights(
    design: SurveyDesign,
    method: str,
    *,
    replicates: int | None = None,
    seed: int | None = None,
    rho: float | None = None,
    centre: str = "mean",
    ignore_fpc: bool = False,
    unreachable: str = "error",
) -> ReplicateDesign:
    """Replicate weights for a design; a calibrated design is calibrated again in every replicate.

    Parameters
    ----------
    design
        On rows, or on cells (`SurveyDesign.cells`): respondents of one stratum and cell who weigh the same
        are exchangeable, so a bootstrap draws numbers per cell and a jackknife has one replicate per cell,
        at a cost that does not grow with the number of respondents.
    method
        "jk1" leaves out one first-stage unit at a time (no strata); "jkn" the same within strata;
        "bootstrap" draws one unit fewer than there are, with replacement, in every stratum and rescales
        (Rao and Wu 1988; R's ``subbootstrap``); "brr" takes one unit of each of two per stratum, balanced by
        a Hadamard matrix; "fay" the same with weights ``2 - rho`` and ``rho``.
    replicates, seed
        For the bootstrap: both are needed.
    rho
        For Fay's method: between 0 and 1.
    centre
        "mean" or "estimate": about what the spread is taken.
    ignore_fpc
        Bootstrap, BRR and Fay know no population sizes, and the jackknife only those of the first stage;
        True says that this is understood (the variance then is too large rather than too small).
    unreachable
        What to do with a bootstrap replicate whose margins cannot be met: "error", or "drop" and count it in
        ``.dropped``.

    Returns
    -------
    ReplicateDesign

    Raises
    ------
    DesignError
        An option that is missing or has no place; strata that the method cannot handle; cells of unequal
        weights; a jackknife too large to hold.
    CalibrationError
        Replicates in which the margins cannot be met.
    """
    if method not in METHODS:
        raise DesignError(f"method must be one of {', '.join(METHODS)}, not {method!r}.")
    if isinstance(design, ReplicateDesign):
        raise DesignError("the design has replicate weights already.")
    if unreachable not in ("error", "drop") or (unreachable == "drop" and method != "bootstrap"):
        raise DesignError('unreachable must be "error", or, for a bootstrap, "drop".')
    for name, value, wanted in (
        ("replicates", replicates, method == "bootstrap"),
        ("seed", seed, method == "bootstrap"),
        ("rho", rho, method == "fay"),
    ):
        if (value is not None) != wanted:
            raise DesignError(f"{name} {'is needed for' if wanted else 'has no meaning for'} {method!r}.")
    if seed is not None and not (isinstance(seed, numbers.Integral) and seed >= 0):
        raise DesignError(f"seed must be a whole number of at least 0, not {seed!r}.")
    if replicates is not None and not isinstance(replicates, numbers.Integral):
        raise DesignError(f"replicates must be a whole number, not {replicates!r}.")
    if rho is not None and not 0 < rho < 1:
        raise DesignError(f"rho must lie between 0 and 1, not {rho}.")
    if replicates is not None and replicates < 2:
        raise DesignError(f"a bootstrap needs at least 2 replicates, not {replicates}.")
    first = design.stages[0]
    _check_fpc(design, method, ignore_fpc)
    if first.unit is None:
        _check_cells(design)
        counts = design.counts
    else:
        counts = np.ones(len(first.stratum))
    rescale, times = np.ones(len(counts)), None
    if method in ("jk1", "jkn"):
        multipliers, scale, rscales, times = _jackknife(design, method, counts)
    elif method == "bootstrap":
        multipliers = _bootstrap(first.stratum, first.size, counts, int(replicates or 0), int(seed or 0))
        rescale = (first.size / (first.size - 1))[first.stratum]
        scale, rscales = 1 / (multipliers.shape[1] - 1), None
    else:
        multipliers = _balanced(design, counts, rho or 0.0)
        scale, rscales = 1 / (multipliers.shape[1] * (1 - (rho or 0.0)) ** 2), None
    new = ReplicateDesign.from_design(design, method, scale, rscales, centre, multipliers.shape[1])
    new.unreachable = unreachable
    if times is not None:
        new.times = times
    new.unit = np.arange(len(design.frame)) if first.unit is None else first.unit
    base = design.projections[0].base if design.projections else design.all_weights
    final = base.copy()
    for projection in design.projections:
        final = final * projection.ratio
    if not np.allclose(final, design.all_weights, rtol=1e-9, atol=0):
        raise DesignError(
            "the weights were trimmed after calibration, which a replicate cannot repeat: calibrate(trim=…)."
        )
    new.replicate_base = base * rescale[new.unit]
    new.multipliers = multipliers
    new.degf_rule = "design"
    for projection in design.projections:
        factor = new.recalibrated(projection)
        new.factors = (*new.factors, factor)
    return new


def _check_fpc(design: SurveyDesign, method: str, ignore: bool) -> None:
    if ignore:
        return
    known = 1 if method in ("jk1", "jkn") else 0
    stages = [str(k) for k, stage in enumerate(design.stages, 1) if k > known and stage.fraction.any()]
    if stages:
        raise DesignError(
            f"{method!r} takes no account of population sizes at stage {', '.join(stages)}; pass "
            "ignore_fpc=True if that is understood."
        )


def _check_cells(design: SurveyDesign) -> None:
    unequal = design.unequal_cells
    if unequal.any():
        raise DesignError(
            f"{int(unequal.sum())} cells hold respondents of unequal weight, who are not exchangeable; make "
            "the replicates on rows, and take cells() after."
        )


def _names_of(design: SurveyDesign, strata: np.ndarray) -> str:
    sizes = design.stages[0].size
    return examples([f"number {h + 1} with {sizes[h]:g}" for h in strata])


def _jackknife(design: SurveyDesign, method: str, counts: np.ndarray):
    """One replicate per unit, or per cell of exchangeable respondents (which counts as often as they are)."""
    stage = design.stages[0]
    strata = len(stage.size)
    if method == "jk1" and strata > 1:
        raise DesignError(f"jk1 is for a design without strata; this one has {strata}: use jkn.")
    left = 1 - stage.fraction
    certain = left < SELF_REPRESENTING
    alone = (stage.size == 1) & ~certain
    if alone.any() and design.lonely_psu == "adjust":
        raise DesignError('the jackknife has no replicate for lonely_psu="adjust"; use remove or average.')
    units = len(counts)
    kept = np.flatnonzero(~(alone | certain)[stage.stratum])
    if not len(kept):
        raise DesignError("no stratum has two units that leave something to chance.")
    if units * len(kept) > LARGEST:
        raise DesignError(
            f"a jackknife of {units} units needs {units * len(kept):,} multipliers; take cells() first, or "
            "use a bootstrap."
        )
    multipliers = np.ones((units, len(kept)))
    own = stage.stratum[kept]
    inflate = (stage.size / np.maximum(stage.size - 1, 1))[own]
    multipliers = np.where(stage.stratum[:, None] == own, inflate, multipliers)
    multipliers[kept, np.arange(len(kept))] *= (counts[kept] - 1) / counts[kept]
    rscales = counts[kept] * ((stage.size - 1) / stage.size * left)[own]
    scale = stage.size.sum() / stage.size[~(alone | certain)].sum() if design.lonely_psu == "average" else 1.0
    return multipliers, scale, rscales, counts[kept]


def _bootstrap(stratum, size, counts, replicates: int, seed: int) -> np.ndarray:
    """How often each unit (or, per respondent, each cell) is drawn; the rescaling is left to the base."""
    if (size < 2).any():
        raise DesignError(f"a bootstrap needs two units in every stratum; {int((size < 2).sum())} have one.")
    rng = np.random.default_rng(seed)
    if (counts > 1).any():
        drawn = np.zeros((len(counts), replicates))
        for h in range(len(size)):
            own = np.flatnonzero(stratum == h)
            share = counts[own] / counts[own].sum()
            drawn[own] = rng.multinomial(int(size[h]) - 1, share, size=replicates).T / counts[own][:, None]
        return drawn
    drawn = np.zeros((len(counts), replicates), dtype=np.uint8)
    order = np.argsort(stratum, kind="stable")
    begin = 0
    for h in range(len(size)):
        n = int(size[h])
        own = order[begin : begin + n]
        begin += n
        width = max(1, BLOCK // n)
        for left in range(0, replicates, width):
            right = min(left + width, replicates)
            picks = rng.integers(0, n, (right - left, n - 1), dtype=np.int32)
            picks += (np.arange(right - left, dtype=np.int32) * n)[:, None]
            times = np.bincount(picks.ravel(), minlength=(right - left) * n)
            if times.max() > np.iinfo(drawn.dtype).max:
                drawn = drawn.astype(np.uint32)
            drawn[own, left:right] = times.reshape(right - left, n).T
    return drawn


def _balanced(design: SurveyDesign, counts: np.ndarray, rho: float) -> np.ndarray:
    """Half samples, one unit of two per stratum, balanced over the replicates."""
    stage = design.stages[0]
    other = np.flatnonzero(stage.size != 2)
    if len(other) or (counts > 1).any():
        raise DesignError(
            f"balanced half samples need two units per stratum; {len(other)} of {len(stage.size)} strata "
            f"have another number ({_names_of(design, other)})."
        )
    order = 1 << int(np.ceil(np.log2(len(stage.size) + 1)))
    signs = linalg.hadamard(order)[1 : len(stage.size) + 1]  # the first row is constant and balances nothing
    first_of_two = np.zeros(len(stage.stratum), dtype=bool)
    first_of_two[np.unique(stage.stratum, return_index=True)[1]] = True
    own = np.where(first_of_two[:, None], signs[stage.stratum], -signs[stage.stratum])
    return np.where(own > 0, 2 - rho, rho)
