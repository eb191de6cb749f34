"""Replicate weights: the second, independent route to standard errors.

Each replicate is the sample with other weights; the spread of an estimate over the replicates is its
variance. Weights of a replicate are kept as a product, never as a matrix of respondents by replicates: a
multiplier per unit drawn (first-stage unit, or cell of exchangeable respondents) and replicate, and a factor
per calibration cell and replicate. A calibrated design is calibrated again in every replicate.
"""

import copy
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Self, cast

import numpy as np
import pandas as pd
from scipy import sparse

from .calibration import CalibrationError
from .coding import DesignError, combine, examples, sum_by
from .design import SurveyDesign
from .projection import Projection
from .sampling import read_weights

CENTRES = ("mean", "estimate")
BLOCK = 1_000_000  # numbers held at once while replicates are worked off


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
    # What the weights of a replicate are made of, filled in by whoever makes them.
    unit: np.ndarray  # (rows,) row of `multipliers` that each row has
    multipliers: np.ndarray  # (units, replicates)
    replicate_base: np.ndarray  # (rows,) weights that the multipliers belong to
    factors: tuple[np.ndarray, ...]  # per calibration: (cells, replicates)
    times: np.ndarray  # how many replicates each one stands for
    unreachable: str
    degf_rule: str | int  # "design", "rank", or the number
    earlier: np.ndarray | None  # (rows, replicates) weights before a calibration that the others know

    @classmethod
    def from_weights(
        cls,
        frame: pd.DataFrame,
        weights: str | Sequence[float] | np.ndarray | pd.Series,
        replicate_weights: np.ndarray | pd.DataFrame | Sequence[str],
        *,
        scale: float,
        rscales: Sequence[float] | None = None,
        centre: str = "mean",
        combined: bool = True,
        degf: int | None = None,
        earlier: np.ndarray | None = None,
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
        earlier
            (rows, replicates), where they were calibrated in every replicate: what they were before, for the
            rank.

        Raises
        ------
        DesignError
            Missing, infinite or negative replicate weights; a number of rows or of rscales that does not fit.
        """
        given_as_frame = isinstance(replicate_weights, pd.DataFrame)
        index = cast(pd.DataFrame, replicate_weights).index if given_as_frame else frame.index
        if not frame.index.equals(index):
            raise DesignError(
                "the index of the replicate weights differs from the frame's; pass an array to go by "
                "position."
            )
        if isinstance(replicate_weights, list | tuple) and all(isinstance(c, str) for c in replicate_weights):
            absent = [c for c in replicate_weights if c not in frame.columns]
            if absent:
                raise DesignError(
                    f"{len(absent)} columns of replicate weights do not exist: {examples(absent)}."
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
        new = cls.from_design(design, "given", scale, rscales, centre, given.shape[1])
        new.replicate_base = np.ones(len(frame)) if combined else read_weights(frame, weights)
        new.unit = np.arange(len(frame))
        new.multipliers = given
        new.degf_rule = "rank" if degf is None else int(degf)
        new.earlier = earlier
        return new

    @classmethod
    def from_design(
        cls, design: SurveyDesign, method, scale, rscales, centre, replicates
    ) -> "ReplicateDesign":
        """A design with replicates yet to be filled in, by whoever makes them."""
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
        new.factors, new.earlier = (), None
        new.times = np.ones(replicates)  # how many replicates each one stands for
        new.unreachable = "error"
        return new

    @property
    def replicates(self) -> int:
        """Number of replicates."""
        return self.multipliers.shape[1]

    @property
    def before_calibration(self) -> np.ndarray:
        """Weights of every replicate before calibration, (rows, replicates), also outside the domain.

        Units do not become more by being weighted to the population, which the rank would say.
        """
        if self.earlier is not None:
            return self.earlier
        return self.multipliers[self.unit].astype(float) * self.replicate_base[:, None]

    # ---- weights of the replicates -----------------------------------------------------------------------

    def _weight_blocks(self, unit: np.ndarray, cells: list[np.ndarray]):
        """Multiplier times calibration factors, in blocks of replicates: (slice, (len(unit), block))."""
        width = max(1, BLOCK // max(len(unit), 1))
        own = len(unit) == len(self.multipliers) and np.array_equal(unit, np.arange(len(unit)))
        for begin in range(0, self.replicates, width):
            block = slice(begin, min(begin + width, self.replicates))
            part = self.multipliers[:, block]
            part = part.astype(float) if own else part[unit].astype(float)
            for cell, factor in zip(cells, self.factors, strict=True):
                part *= factor[:, block][cell]
            yield block, part

    def weights_matrix(self) -> np.ndarray:
        """Analysis weights of every replicate, (rows, replicates); 0 outside the domain."""
        matrix = np.empty((len(self.frame), self.replicates))
        for block, part in self.weight_blocks():
            matrix[:, block] = part
        return matrix

    def weight_blocks(self) -> Iterator[tuple[slice, np.ndarray]]:
        """Return `weights_matrix` in parts: which replicates, and their weights, (rows, those replicates)."""
        for block, part in self._weight_blocks(self.unit, [p.cell for p in self.projections]):
            part *= self.replicate_base[:, None]
            part[~self.domain] = 0
            yield block, part

    def _replicate_totals(self, values: np.ndarray) -> np.ndarray:
        """Sum of values (rows, k) with the weights of every replicate: (k, replicates)."""
        cells = [projection.cell for projection in self.projections]
        values = values * self.replicate_base[:, None]
        pair, first = combine([self.unit, *cells], len(values))
        summed = values if len(first) == len(values) else sum_by(pair, values, len(first))
        rows = np.arange(len(values)) if len(first) == len(values) else first
        totals = np.empty((values.shape[1], self.replicates))
        for block, part in self._weight_blocks(self.unit[rows], [cell[rows] for cell in cells]):
            totals[:, block] = summed.T @ part
        return totals

    def recalibrated(self, projection: Projection) -> np.ndarray:
        """Factor of every calibration cell in every replicate: (cells, replicates)."""
        if projection.solver is None:
            raise DesignError(
                "the design was restored from stored weights and has no targets to calibrate its replicates "
                "to; calibrate() it, or store the replicate weights as well."
            )
        cells = len(projection.basis)
        if not self.factors:
            adder = sparse.csr_array(
                (self.replicate_base, (projection.cell, self.unit)), shape=(cells, len(self.multipliers))
            )
            base = np.empty((cells, self.replicates))
            width = max(1, BLOCK // len(self.multipliers))
            for begin in range(0, self.replicates, width):
                block = slice(begin, min(begin + width, self.replicates))
                base[:, block] = adder @ np.ascontiguousarray(self.multipliers[:, block], dtype=float)
        else:
            earlier = [p.cell for p in self.projections[: len(self.factors)]]
            base = np.empty((cells, self.replicates))
            for block, part in self._weight_blocks(self.unit, earlier):
                base[:, block] = sum_by(projection.cell, part * self.replicate_base[:, None], cells)
        factors, solved = projection.solver.solve_many(base * projection.scale, projection.start)
        if not solved.all():
            factors = self._without(factors, solved, base, projection)
        return factors * projection.scale

    def _without(self, factors, solved, base, projection) -> np.ndarray:
        """Refuse replicates whose margins cannot be met, or leave them out if so asked."""
        dropped = np.flatnonzero(~solved)
        if self.unreachable == "drop" and solved.sum() > 1:
            self.multipliers = self.multipliers[:, solved]
            self.factors = tuple(factor[:, solved] for factor in self.factors)
            self.rscales = self.rscales[solved]
            self.times = self.times[solved]
            self.scale = 1 / (int(solved.sum()) - 1)
            self.dropped += len(dropped)
            return factors[:, solved]
        solver = projection.solver
        reached = solver.table.T @ (base[:, dropped[0]] > 0)
        empty = [
            f"{name} = {label}"
            for (name, label), r, t in zip(solver.names, reached, solver.target, strict=True)
            if not r and t
        ]
        why = f" (in the first of them nobody is left in {examples(empty)})" if empty else ""
        advice = ' or leave them out with unreachable="drop"' if self.method == "bootstrap" else ""
        raise CalibrationError(
            f"in {len(dropped)} of {len(solved)} replicates the margins cannot be met{why}. "
            f"Merge categories{advice}.",
            [{"kind": "replicates", "n": len(dropped)}],
        )

    def reweighted(self, ratio, projection, evidence, margins=None, weights=None) -> Self:
        """As `SurveyDesign.reweighted`; the calibration is repeated in every replicate."""
        if projection is None:
            raise CalibrationError(
                "trimming replicate weights is not defined: trim first, or calibrate(trim=…), which every "
                "replicate repeats."
            )
        new = super().reweighted(ratio, projection, evidence, margins, weights)
        factor = new.recalibrated(projection)  # may drop replicates, so the order matters
        new.factors = (*new.factors, factor)
        return new

    # ---- variance ----------------------------------------------------------------------------------------

    def replicate(self, function: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """Any statistic in every replicate: (k, replicates).

        ``function`` takes weights, one per row and 0 outside the domain, and returns k numbers. `spread`
        turns the result into a covariance.
        """
        cells = [projection.cell for projection in self.projections]
        results = []
        for _, part in self._weight_blocks(self.unit, cells):
            part *= np.where(self.domain, self.replicate_base, 0.0)[:, None]
            results.extend(np.atleast_1d(function(weights)) for weights in part.T)
        return np.stack(results, axis=1)

    def spread(self, replicates: np.ndarray, estimate: np.ndarray) -> np.ndarray:
        """Covariance (k, k) of estimates, from their replicates (k, replicates).

        A replicate in which an estimate does not exist adds nothing to its variance, with a warning.
        """
        known = np.isfinite(replicates)
        defined = np.isfinite(estimate)
        unknown = int((~known[defined]).any(axis=0).sum())
        if unknown:
            warnings.warn(
                f"{unknown} of {self.replicates} replicates leave some group without cases; they add nothing "
                "to the variance of its estimates.",
                stacklevel=5,
            )
        distance = self._distances(replicates, estimate)
        return self.scale * distance @ distance.T

    def spread_each(self, replicates: np.ndarray, estimate: np.ndarray) -> np.ndarray:
        """Variance (…) of each estimate, from its replicates (…, replicates); as of `spread`, no warning."""
        flat = replicates.reshape(-1, self.replicates)
        distance = self._distances(flat, np.reshape(estimate, -1))
        return (self.scale * (distance**2).sum(axis=1)).reshape(replicates.shape[:-1])

    def _distances(self, replicates: np.ndarray, estimate: np.ndarray) -> np.ndarray:
        known = np.isfinite(replicates)
        used = known & (self.rscales > 0)
        if self.centre == "estimate":
            centre = estimate
        else:
            times = np.maximum(used @ self.times, 1)
            centre = np.where(used, replicates, 0.0) @ self.times / times
        return np.where(used, replicates - centre[:, None], 0.0) * np.sqrt(self.rscales)

    def joint_covariance(self, parts) -> np.ndarray:
        """Covariance of all estimates over the replicates."""
        totals = self._replicate_totals(np.hstack([part.totals for part in parts]))
        replicates, position = [], 0
        for part in parts:
            width = part.totals.shape[1]
            replicates.append(part.function(totals[position : position + width]))
            position += width
        return self.spread(np.vstack(replicates), np.concatenate([part.centre for part in parts]))

    def estimator_covariance(
        self, scores: np.ndarray, theta: np.ndarray, refit: Callable[[np.ndarray], np.ndarray]
    ) -> np.ndarray:
        """Covariance of an estimator, made again in every replicate.

        A replicate in which it cannot be made, for want of a category for instance, adds nothing, with a
        warning; at least half must be left.
        """
        failures = []

        def attempt(weights: np.ndarray) -> np.ndarray:
            try:
                return refit(weights)
            except DesignError as failure:
                failures.append(failure)
                return np.full(len(theta), np.nan)

        found = self.replicate(attempt)
        if 2 * len(failures) > self.replicates:
            raise failures[0]
        return self.spread(found, theta)

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
        if isinstance(self.degf_rule, int):
            return np.full(groups, self.degf_rule)
        if self.degf_rule == "design":
            return np.minimum(super().degf_by(group, groups), round(self.times.sum()) - 1)
        matrix = self.before_calibration
        return np.array([_rank(matrix[self.active & (group == g)]) - 1 for g in range(groups)])

    # ---- cells -------------------------------------------------------------------------------------------

    @property
    def collapsible(self) -> bool:
        """Whether cells keep all that the design must know."""
        return self.degf_rule != "rank"  # which takes the rows to count

    @property
    def _unit_per_row(self) -> bool:
        return len(self.multipliers) == len(self.frame)

    def cell_numbers(self, codes):
        """As `SurveyDesign.cell_numbers`."""
        if not self.collapsible:
            raise DesignError("cells hide the rank of the replicate weights: pass degf to from_weights.")
        return super().cell_numbers(codes if self._unit_per_row else [*codes, self.unit])

    def collapsed(self, joint, first, frame) -> Self:
        """As `SurveyDesign.collapsed`."""
        new = super().collapsed(joint, first, frame)
        if not self._unit_per_row:
            new.unit = self.unit[first]
            new.replicate_base = np.bincount(joint, weights=self.replicate_base, minlength=len(first))
            return new
        adder = sparse.csr_array((self.replicate_base, (joint, self.unit)), shape=(len(first), len(joint)))
        new.multipliers = np.empty((len(first), self.replicates))
        width = max(1, BLOCK // len(joint))
        for begin in range(0, self.replicates, width):
            block = slice(begin, min(begin + width, self.replicates))
            part = np.ascontiguousarray(self.multipliers[:, block], dtype=float)
            new.multipliers[:, block] = adder @ part
        new.unit = np.arange(len(first))
        new.replicate_base = np.ones(len(first))
        return new


def _rank(matrix: np.ndarray) -> int:
    """Rank up to a relative 1e-5, as R's ``degf`` counts it; the smaller side is factorised."""
    if not matrix.size:
        return 0
    size = np.sqrt((matrix * matrix).sum(axis=0))
    scaled = matrix[:, size > 0] / size[size > 0]
    return _rank_of(scaled.T @ scaled if scaled.shape[0] >= scaled.shape[1] else scaled @ scaled.T)


def gram_rank(gram: np.ndarray) -> int:
    """Compute the rank of a matrix from the products of its columns with each other; as of `degf_by`."""
    size = np.sqrt(np.diag(gram))
    kept = size > 0
    return _rank_of(gram[np.ix_(kept, kept)] / np.outer(size[kept], size[kept])) if kept.any() else 0


def _rank_of(gram: np.ndarray) -> int:
    values = np.linalg.eigvalsh(gram)
    return int((values > 1e-10 * values.max(initial=0)).sum())
