"""Replicate weights: the second, independent route to standard errors.

Each replicate is the sample with other weights; the spread of an estimate over the replicates is its
variance. Weights of a replicate are kept as a product, never as a matrix of respondents by replicates: a
multiplier per unit drawn (first-stage unit, or cell of exchangeable respondents) and replicate, and a factor
per calibration cell and replicate. A calibrated design is calibrated again in every replicate.
"""

import copy
import warnings
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from scipy import linalg, sparse

from .calibration import CalibrationError
from .coding import DesignError, combine, sum_by
from .design import SELF_REPRESENTING, Projection, SurveyDesign, _examples, _weights

METHODS = ("jk1", "jkn", "bootstrap", "brr", "fay")
CENTRES = ("mean", "estimate")
BLOCK = 1_000_000  # numbers held at once while replicates are worked off
LARGEST = 500_000_000  # multipliers beyond which a jackknife is refused


class ReplicateDesign(SurveyDesign):
    """A design with replicate weights; made by `replicate_weights` or `from_weights`.

    It has every estimator of `SurveyDesign`; variances come from the replicates, and the degrees of freedom
    of a set of respondents are those of the design, at most the number of replicates less one.

    Attributes
    ----------
    method : str
        How the replicates were made; "given" for `from_weights`.
    scale, rscales : float, numpy.ndarray
        Variance is ``scale * sum(rscales * (replicate - centre)²)``.
    centre : str
        "mean" of the replicates or the "estimate" of the full sample (R ``mse=TRUE``).
    dropped : int
        Replicates left out because their margins could not be met (``unreachable="drop"``).
    """

    method: str
    scale: float
    rscales: np.ndarray
    centre: str
    dropped: int

    @classmethod
    def from_weights(
        cls,
        frame: pd.DataFrame,
        weights: str | Sequence[float],
        replicate_weights: np.ndarray | Sequence[str],
        *,
        scale: float,
        rscales: Sequence[float] | None = None,
        centre: str = "mean",
        combined: bool = True,
        degf: int | None = None,
    ) -> "ReplicateDesign":
        """A design from replicate weights that came with the data.

        Parameters
        ----------
        frame, weights
            As for `SurveyDesign`.
        replicate_weights
            (rows, replicates), or the names of the columns that hold them.
        scale, rscales, centre
            What the producer of the weights says; ``rscales`` None is 1 for every replicate.
        combined
            Whether the replicate weights include the weights (else they are multipliers of them).
        degf
            Degrees of freedom; None counts the rank of the replicate weights (before calibration) less one,
            among the respondents asked about, as R does.

        Raises
        ------
        DesignError
            Missing, infinite or negative replicate weights; a number of rows or of rscales that does not fit.
        """
        if isinstance(replicate_weights, list | tuple) and all(isinstance(c, str) for c in replicate_weights):
            absent = [c for c in replicate_weights if c not in frame.columns]
            if absent:
                raise DesignError(
                    f"{len(absent)} columns of replicate weights do not exist: {_examples(absent)}."
                )
            replicate_weights = frame[list(replicate_weights)].to_numpy(dtype=float)
        given = np.array(replicate_weights, dtype=float)
        if given.ndim != 2 or len(given) != len(frame) or given.shape[1] < 2:
            raise DesignError(
                f"replicate weights must be {len(frame)} rows by at least 2 replicates, not {given.shape}."
            )
        if not np.isfinite(given).all() or (given < 0).any():
            bad = int((~np.isfinite(given) | (given < 0)).any(axis=0).sum())
            raise DesignError(f"{bad} replicates hold missing, infinite or negative weights.")
        design = SurveyDesign(frame, weights=weights, lonely_psu="remove")
        new = cls._from(design, "given", scale, rscales, centre, given.shape[1])
        new._replicate_base = np.ones(len(frame)) if combined else _weights(frame, weights)
        new._unit = np.arange(len(frame))
        new._multipliers = given
        new._degf = "rank" if degf is None else int(degf)
        return new

    @classmethod
    def _from(cls, design: SurveyDesign, method, scale, rscales, centre, replicates) -> "ReplicateDesign":
        if centre not in CENTRES:
            raise DesignError(f"centre must be one of {', '.join(CENTRES)}, not {centre!r}.")
        if not (np.isfinite(scale) and scale > 0):
            raise DesignError(f"scale must be a positive number, not {scale!r}.")
        rscales = np.ones(replicates) if rscales is None else np.array(rscales, dtype=float)
        if rscales.shape != (replicates,) or not (rscales >= 0).all() or not rscales.any():
            raise DesignError(f"rscales must be {replicates} numbers of at least zero, not all zero.")
        new = cls.__new__(cls)
        new.__dict__.update(copy.copy(design.__dict__))
        new.method, new.scale, new.rscales, new.centre, new.dropped = method, scale, rscales, centre, 0
        new._factors = ()
        new._times = np.ones(replicates)  # how many replicates each one stands for
        new._unreachable = "error"
        return new

    @property
    def replicates(self) -> int:
        """Number of replicates."""
        return self._multipliers.shape[1]

    # ---- weights of the replicates -----------------------------------------------------------------------

    def _weight_blocks(self, unit: np.ndarray, cells: list[np.ndarray]):
        """Multiplier times calibration factors, in blocks of replicates: (slice, (len(unit), block))."""
        width = max(1, BLOCK // max(len(unit), 1))
        own = len(unit) == len(self._multipliers) and np.array_equal(unit, np.arange(len(unit)))
        for begin in range(0, self.replicates, width):
            block = slice(begin, min(begin + width, self.replicates))
            part = self._multipliers[:, block]
            part = part.astype(float) if own else part[unit].astype(float)
            for cell, factor in zip(cells, self._factors, strict=True):
                part *= factor[:, block][cell]
            yield block, part

    def weights_matrix(self) -> np.ndarray:
        """Analysis weights of every replicate, (rows, replicates); 0 outside the domain."""
        matrix = np.empty((len(self.frame), self.replicates))
        for block, part in self._weight_blocks(self._unit, [p.cell for p in self._projections]):
            matrix[:, block] = part * self._replicate_base[:, None]
        matrix[~self.domain] = 0
        return matrix

    def _replicate_totals(self, values: np.ndarray) -> np.ndarray:
        """Sum of values (rows, k) with the weights of every replicate: (k, replicates)."""
        cells = [projection.cell for projection in self._projections]
        values = values * self._replicate_base[:, None]
        pair, first = combine([self._unit, *cells], len(values))
        summed = values if len(first) == len(values) else sum_by(pair, values, len(first))
        rows = np.arange(len(values)) if len(first) == len(values) else first
        totals = np.empty((values.shape[1], self.replicates))
        for block, part in self._weight_blocks(self._unit[rows], [cell[rows] for cell in cells]):
            totals[:, block] = summed.T @ part
        return totals

    def _recalibrated(self, projection: Projection) -> np.ndarray:
        """Factor of every calibration cell in every replicate: (cells, replicates)."""
        if projection.solver is None:
            raise DesignError(
                "the design was restored from stored weights and has no targets to calibrate its replicates "
                "to; calibrate() it, or store the replicate weights as well."
            )
        cells = len(projection.basis)
        if not self._factors:
            adder = sparse.csr_array(
                (self._replicate_base, (projection.cell, self._unit)), shape=(cells, len(self._multipliers))
            )
            base = np.empty((cells, self.replicates))
            width = max(1, BLOCK // len(self._multipliers))
            for begin in range(0, self.replicates, width):
                block = slice(begin, min(begin + width, self.replicates))
                base[:, block] = adder @ np.ascontiguousarray(self._multipliers[:, block], dtype=float)
        else:
            earlier = [p.cell for p in self._projections[: len(self._factors)]]
            base = np.empty((cells, self.replicates))
            for block, part in self._weight_blocks(self._unit, earlier):
                base[:, block] = sum_by(projection.cell, part * self._replicate_base[:, None], cells)
        factors, solved = projection.solver.solve_many(base * projection.scale, projection.start)
        if not solved.all():
            factors = self._without(factors, solved, base, projection)
        return factors * projection.scale

    def _without(self, factors, solved, base, projection) -> np.ndarray:
        """Refuse replicates whose margins cannot be met, or leave them out if so asked."""
        lost = np.flatnonzero(~solved)
        if self._unreachable == "drop" and solved.sum() > 1:
            self._multipliers = self._multipliers[:, solved]
            self._factors = tuple(factor[:, solved] for factor in self._factors)
            self.rscales = self.rscales[solved]
            self._times = self._times[solved]
            self.scale = 1 / (int(solved.sum()) - 1)
            self.dropped += len(lost)
            return factors[:, solved]
        solver = projection.solver
        reached = solver.table.T @ (base[:, lost[0]] > 0)
        empty = [
            f"{name} = {label}"
            for (name, label), r, t in zip(solver.names, reached, solver.target, strict=True)
            if not r and t
        ]
        why = f" (in the first of them nobody is left in {_examples(empty)})" if empty else ""
        advice = ' or leave them out with unreachable="drop"' if self.method == "bootstrap" else ""
        raise CalibrationError(
            f"in {len(lost)} of {len(solved)} replicates the margins cannot be met{why}. "
            f"Merge categories{advice}.",
            [{"kind": "replicates", "n": len(lost)}],
        )

    def _reweighted(self, ratio, projection, evidence, margins=None, weights=None) -> "ReplicateDesign":
        if projection is None:
            raise CalibrationError(
                "trimming replicate weights is not defined: trim first, or calibrate(trim=…), which every "
                "replicate repeats."
            )
        new = super()._reweighted(ratio, projection, evidence, margins, weights)
        factor = new._recalibrated(projection)  # may drop replicates, so the order matters
        new._factors = (*new._factors, factor)
        return new

    # ---- variance ----------------------------------------------------------------------------------------

    def replicate(self, function: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """Any statistic in every replicate: (k, replicates).

        ``function`` takes weights, one per row and 0 outside the domain, and returns k numbers. `spread`
        turns the result into a covariance.
        """
        cells = [projection.cell for projection in self._projections]
        results = []
        for _, part in self._weight_blocks(self._unit, cells):
            part *= np.where(self.domain, self._replicate_base, 0.0)[:, None]
            results.extend(np.atleast_1d(function(weights)) for weights in part.T)
        return np.stack(results, axis=1)

    def spread(self, replicates: np.ndarray, estimate: np.ndarray) -> np.ndarray:
        """Covariance (k, k) of estimates, from their replicates (k, replicates).

        A replicate in which an estimate does not exist adds nothing to its variance, with a warning.
        """
        known = np.isfinite(replicates)
        defined = np.isfinite(estimate)
        lost = int((~known[defined]).any(axis=0).sum())
        if lost:
            warnings.warn(
                f"{lost} of {self.replicates} replicates leave some group without cases; they add nothing to "
                "the variance of its estimates.",
                stacklevel=5,
            )
        used = known & (self.rscales > 0)
        if self.centre == "estimate":
            centre = estimate
        else:
            times = np.maximum(used @ self._times, 1)
            centre = np.where(used, replicates, 0.0) @ self._times / times
        distance = np.where(used, replicates - centre[:, None], 0.0) * np.sqrt(self.rscales)
        return self.scale * distance @ distance.T

    def _covariance(self, parts) -> np.ndarray:
        totals = self._replicate_totals(np.hstack([part.totals for part in parts]))
        replicates, position = [], 0
        for part in parts:
            width = part.totals.shape[1]
            replicates.append(part.function(totals[position : position + width]))
            position += width
        return self.spread(np.vstack(replicates), np.concatenate([part.theta for part in parts]))

    def cov(self, scores: np.ndarray) -> np.ndarray:
        """Covariance over the replicates of linearised estimators; see `SurveyDesign.cov`.

        The replicate of an influence total uses each respondent's influence from the full sample: a
        jackknife, or bootstrap, of the linearised estimator.
        """
        scores = np.asarray(scores, dtype=float)
        scores = scores[:, None] if scores.ndim == 1 else scores
        if len(scores) != len(self.frame):
            raise DesignError(f"cov needs one score per row: {len(self.frame)} rows, {len(scores)} scores.")
        weights = self.weights[:, None]
        if not np.isfinite(scores[self.domain]).all():
            raise DesignError("scores are missing or infinite; take those rows out of the domain first.")
        influence = np.divide(scores, weights, out=np.zeros_like(scores), where=weights != 0)
        return self.spread(self._replicate_totals(influence), (influence * weights).sum(axis=0))

    def degf_by(self, group: np.ndarray, groups: int) -> np.ndarray:
        """Degrees of freedom of each group; see the class."""
        if isinstance(self._degf, int):
            return np.full(groups, self._degf)
        if self._degf == "design":
            return np.minimum(super().degf_by(group, groups), round(self._times.sum()) - 1)
        # Before calibration: units do not become more by being weighted to the population.
        matrix = self._multipliers * self._replicate_base[:, None]
        return np.array([_rank(matrix[self.active & (group == g)]) - 1 for g in range(groups)])

    # ---- cells -------------------------------------------------------------------------------------------

    @property
    def _collapsible(self) -> bool:
        return self._degf != "rank"  # which takes the rows to count

    @property
    def _unit_per_row(self) -> bool:
        return len(self._multipliers) == len(self.frame)

    def _cell_numbers(self, codes):
        if not self._collapsible:
            raise DesignError("cells hide the rank of the replicate weights: pass degf to from_weights.")
        return super()._cell_numbers(codes if self._unit_per_row else [*codes, self._unit])

    def _collapsed(self, joint, first, frame) -> "ReplicateDesign":
        new = super()._collapsed(joint, first, frame)
        if not self._unit_per_row:
            new._unit = self._unit[first]
            new._replicate_base = np.bincount(joint, weights=self._replicate_base, minlength=len(first))
            return new
        adder = sparse.csr_array((self._replicate_base, (joint, self._unit)), shape=(len(first), len(joint)))
        new._multipliers = np.empty((len(first), self.replicates))
        width = max(1, BLOCK // len(joint))
        for begin in range(0, self.replicates, width):
            block = slice(begin, min(begin + width, self.replicates))
            part = np.ascontiguousarray(self._multipliers[:, block], dtype=float)
            new._multipliers[:, block] = adder @ part
        new._unit = np.arange(len(first))
        new._replicate_base = np.ones(len(first))
        return new


def _rank(matrix: np.ndarray) -> int:
    """Rank up to a relative 1e-5, as R's ``degf`` counts it; the smaller side is factorised."""
    if not matrix.size:
        return 0
    size = np.sqrt((matrix * matrix).sum(axis=0))
    scaled = matrix[:, size > 0] / size[size > 0]
    gram = scaled.T @ scaled if scaled.shape[0] >= scaled.shape[1] else scaled @ scaled.T
    values = np.linalg.eigvalsh(gram)
    return int((values > 1e-10 * values.max(initial=0)).sum())


# ---- making replicates -----------------------------------------------------------------------------------


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
    if rho is not None and not 0 < rho < 1:
        raise DesignError(f"rho must lie between 0 and 1, not {rho}.")
    if replicates is not None and replicates < 2:
        raise DesignError(f"a bootstrap needs at least 2 replicates, not {replicates}.")
    first = design._stages[0]
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
        multipliers = _bootstrap(first.stratum, first.size, counts, replicates, seed)
        rescale = (first.size / (first.size - 1))[first.stratum]
        scale, rscales = 1 / (replicates - 1), None
    else:
        multipliers = _balanced(design, counts, rho or 0.0)
        scale, rscales = 1 / (multipliers.shape[1] * (1 - (rho or 0.0)) ** 2), None
    new = ReplicateDesign._from(design, method, scale, rscales, centre, multipliers.shape[1])
    new._unreachable = unreachable
    if times is not None:
        new._times = times
    new._unit = np.arange(len(design.frame)) if first.unit is None else first.unit
    base = design._projections[0].base if design._projections else design._weights
    final = base.copy()
    for projection in design._projections:
        final = final * projection.ratio
    if not np.allclose(final, design._weights, rtol=1e-9, atol=0):
        raise DesignError(
            "the weights were trimmed after calibration, which a replicate cannot repeat: calibrate(trim=…)."
        )
    new._replicate_base = base * rescale[new._unit]
    new._multipliers = multipliers
    new._degf = "design"
    for projection in design._projections:
        factor = new._recalibrated(projection)
        new._factors = (*new._factors, factor)
    return new


def _check_fpc(design: SurveyDesign, method: str, ignore: bool) -> None:
    if ignore:
        return
    known = 1 if method in ("jk1", "jkn") else 0
    stages = [str(k) for k, stage in enumerate(design._stages, 1) if k > known and stage.fraction.any()]
    if stages:
        raise DesignError(
            f"{method!r} takes no account of population sizes at stage {', '.join(stages)}; pass "
            "ignore_fpc=True if that is understood."
        )


def _check_cells(design: SurveyDesign) -> None:
    unequal = (design.counts > 1) & (design._squares * design.counts > design._weights**2 * (1 + 1e-9))
    if unequal.any():
        raise DesignError(
            f"{int(unequal.sum())} cells hold respondents of unequal weight, who are not exchangeable; make "
            "the replicates on rows, and take cells() after."
        )


def _names_of(design: SurveyDesign, strata: np.ndarray) -> str:
    sizes = design._stages[0].size
    return _examples([f"number {h + 1} with {sizes[h]:g}" for h in strata])


def _jackknife(design: SurveyDesign, method: str, counts: np.ndarray):
    """One replicate per unit, or per cell of exchangeable respondents (which counts as often as they are)."""
    stage = design._stages[0]
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
    stage = design._stages[0]
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
