"""The sampling design: which rows were drawn together, from how many, and with what weight.

Every estimator of this package is a weighted influence value per respondent (the linearised estimator) and
the one covariance below. Conventions are those of R's ``survey``; where that package is silent about a
mistake, a `DesignError` says what was found.
"""

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from .coding import DesignError, as_list, codes_of, column, combine, sum_by
from .estimates import Estimators

LONELY_PSU = ("error", "adjust", "average", "remove", "certainty")
SELF_REPRESENTING = 1e-7  # a stratum with less than this share left unsampled adds no variance, as in R
ROUNDING = 1e-12  # of the influence values: a spread below it is their rounding, and differs by processor


@dataclass(frozen=True, eq=False)
class Stage:
    """One stage of sampling.

    Attributes
    ----------
    unit
        (rows,) number of the unit drawn at this stage; None when every row is a unit of its own.
    stratum
        (units,) stratum of each unit; strata of later stages lie within one unit of the stage above.
    size
        (strata,) units drawn in each stratum.
    fraction
        (strata,) share of the stratum's units that was drawn; 0 when drawn with replacement or unknown.
    outer
        (strata,) product of the fractions of the stages above; 1 at the first stage.
    average
        (strata,) what ``lonely_psu="average"`` multiplies a stratum with; 1 otherwise.
    """

    unit: np.ndarray | None
    stratum: np.ndarray
    size: np.ndarray
    fraction: np.ndarray
    outer: np.ndarray
    average: np.ndarray

    def covariance(
        self, scores: np.ndarray, counts: np.ndarray, excess: np.ndarray, lonely: str
    ) -> np.ndarray:
        """Spread of unit totals about their stratum mean: ``sum_h (1-f_h) n_h/(n_h-1) sum_i d_i d_i'``."""
        strata = len(self.size)
        totals = scores if self.unit is None else sum_by(self.unit, scores, len(self.stratum))
        centre = (
            totals.sum(0, keepdims=True) if strata == 1 else sum_by(self.stratum, totals, strata)
        ) / self.size[:, None]
        alone = self.size == 1
        factor = self.outer * (1 - self.fraction) * self.average
        factor = np.where(alone, 0.0, factor * self.size / np.maximum(self.size - 1, 1))
        if lonely == "adjust":
            # A single unit has no stratum mean to differ from; R takes its distance from zero, the mean of
            # the influence values of all strata.
            factor = np.where(alone, self.outer * (1 - self.fraction), factor)
            centre[alone] = 0
        factor[1 - self.fraction < SELF_REPRESENTING] = 0
        if not factor.any():
            return np.zeros((scores.shape[1], scores.shape[1]))
        if strata == 1:
            factor, centre = factor[0], centre[0]
        else:
            factor, centre = factor[self.stratum], centre[self.stratum]
        if self.unit is not None:
            distance = totals - centre
            return distance.T @ (distance * np.reshape(factor, (-1, 1)))
        # A row may stand for many respondents of the same influence but unequal weights: their mean differs
        # from the stratum mean (first term), and they differ from their own mean (excess).
        distance = totals / counts[:, None] - centre
        between = distance.T @ (distance * np.reshape(factor * counts, (-1, 1)))
        if not excess.any():
            return between
        return between + scores.T @ (scores * np.reshape(factor * excess, (-1, 1)))


@dataclass(frozen=True, eq=False)
class Projection:
    """What a calibration takes out of the influence values.

    After calibration the estimator varies only by the residuals of a regression, weighted by the weights
    before calibration, on the calibration variables (Deville and Särndal 1992; R's ``calibrate``).

    Attributes
    ----------
    cell
        (rows,) number of the row's combination of calibration variables.
    basis
        (cells, rank) columns that span the calibration variables, orthonormal under the base weights.
    base
        (rows,) weights before this calibration.
    ratio
        (rows,) calibrated over base weight.
    solver, start, scale
        What calibrates again in a replicate: the problem on cells, the multipliers of the full sample to
        start from, and the number the base weights were multiplied with first.
    """

    cell: np.ndarray
    basis: np.ndarray
    base: np.ndarray
    ratio: np.ndarray
    solver: Any
    start: np.ndarray
    scale: float

    @classmethod
    def on(
        cls,
        cell: np.ndarray,
        table: np.ndarray,
        total: np.ndarray,
        base: np.ndarray,
        ratio: np.ndarray,
        solver: Any,
        start: np.ndarray,
        scale: float,
    ) -> "Projection":
        """Build from the calibration variables of each cell (cells by variables), redundant ones included.

        ``total`` is the sum of ``base`` in each cell.
        """
        root = np.sqrt(total)
        left, singular, _ = np.linalg.svd(table * root[:, None], full_matrices=False)
        rank = int((singular > singular.max(initial=0) * max(table.shape) * np.finfo(float).eps).sum())
        inverse = np.divide(1, root, out=np.zeros_like(root), where=root > 0)
        return cls(cell, left[:, :rank] * inverse[:, None], base, ratio, solver, start, scale)

    def residuals(self, scores: np.ndarray) -> np.ndarray:
        """Weighted scores less their regression on the calibration variables."""
        ratio = self.ratio[:, None]
        before = np.divide(scores, ratio, out=np.zeros_like(scores), where=ratio != 0)
        fitted = self.basis @ (self.basis.T @ sum_by(self.cell, before, len(self.basis)))
        return scores - (self.base * self.ratio)[:, None] * fitted[self.cell]

    def take(self, joint: np.ndarray, first: np.ndarray) -> "Projection":
        """Collapse the rows to cells that never split a combination of calibration variables."""
        return replace(
            self,
            cell=self.cell[first],
            base=np.bincount(joint, weights=self.base, minlength=len(first)),
            ratio=self.ratio[first],
        )


class SurveyDesign(Estimators):
    """Respondents with the way they were drawn: weights, strata, stages of clusters, population sizes.

    Parameters
    ----------
    frame
        One row per respondent. The design keeps every row, also in a domain (`subset`).
    weights
        Column name or one number per row: base (design) weights. None: every respondent counts once, or,
        with ``fpc``, the population size over the sample size of every stage.
    strata
        Column, or one column per stage.
    clusters
        Column, or one column per stage, outermost first. None: every respondent was drawn by itself.
    fpc
        Column, or one column per stage: units in the population of that stratum (numbers above 1), or the
        fraction of it that was drawn (at most 1). Infinity stands for drawing with replacement. Without
        ``fpc`` only the first stage counts, as if drawn with replacement.
    lonely_psu
        What a stratum with one first-stage unit adds to the variance: "error" refuses it; "adjust" its
        distance from the mean of all strata; "average" as much as the other strata on average; "remove" and
        "certainty" nothing.
    nest
        True when cluster labels start anew in every stratum.

    Attributes
    ----------
    frame : pandas.DataFrame
    weights : numpy.ndarray
        One per row; 0 outside the domain.
    base_weights : numpy.ndarray
        Weights before any calibration; one per row, also outside the domain.
    domain : numpy.ndarray
        True for the rows of the domain.
    counts : numpy.ndarray
        Respondents a row stands for: 1, or more after `cells`.
    weighted : bool
        Whether weights were given or calibrated.
    calibration : Calibration or None
        Evidence of the last calibration.

    Raises
    ------
    DesignError
        Missing, negative or all-zero weights; a missing stratum, cluster or population size; a cluster in
        two strata (without ``nest``); more units drawn than there are; a population size that varies within
        a stratum; fewer than two units in a stratum (unless ``lonely_psu`` says what to do).
    """

    def __init__(
        self,
        frame: pd.DataFrame,
        weights: str | Sequence[float] | None = None,
        strata: str | Sequence[str] | None = None,
        clusters: str | Sequence[str] | None = None,
        fpc: str | Sequence[str] | None = None,
        *,
        lonely_psu: str = "error",
        nest: bool = False,
    ):
        if not isinstance(frame, pd.DataFrame):
            raise DesignError(f"frame must be a pandas DataFrame, not {type(frame).__name__}.")
        if frame.empty:
            raise DesignError("the frame has no rows.")
        if lonely_psu not in LONELY_PSU:
            raise DesignError(f"lonely_psu must be one of {', '.join(LONELY_PSU)}, not {lonely_psu!r}.")
        self.frame = frame
        self.lonely_psu = lonely_psu
        self.calibration = None
        rows = len(frame)
        self._stages, sampled = _stages(
            frame, as_list(strata), as_list(clusters), as_list(fpc), lonely_psu, nest
        )
        self.weighted = weights is not None or fpc is not None
        if weights is not None:
            self.base_weights = _weights(frame, weights)
        elif np.isfinite(sampled).all():
            self.base_weights = sampled
        else:
            raise DesignError("an infinite population gives no weights; pass weights as well.")
        self.domain = np.ones(rows, dtype=bool)
        self.counts = np.broadcast_to(1.0, rows)  # takes no memory, and tells at once that all are one
        self._weights = self.base_weights  # also outside the domain
        self._squared = None  # on cells: sum of squared weights of the respondents in the row
        self._projections: tuple[Projection, ...] = ()
        self._margins = ()  # of the last calibration, matched to the rows
        self.weights = self._weights

    # ---- what the design knows -------------------------------------------------------------------------

    @property
    def _squares(self) -> np.ndarray:
        return self._weights**2 if self._squared is None else self._squared

    @property
    def active(self) -> np.ndarray:
        """True for rows of the domain with a weight other than zero: the cases that count."""
        return self.weights != 0

    @property
    def n(self) -> int:
        """Respondents in the domain with a weight other than zero."""
        return round(float(self.counts[self.active].sum()))

    def cov(self, scores: np.ndarray) -> np.ndarray:
        """Linearised covariance of estimators, from the weighted influence values of the respondents.

        Parameters
        ----------
        scores
            (rows,) or (rows, k): influence value times weight, so that the column sums are the linearised
            estimators. Rows outside the domain count as zero, whatever stands there.

        Returns
        -------
        numpy.ndarray
            (k, k). Sum over the stages of ``(1-f) n/(n-1)`` times the spread of unit totals within strata,
            each later stage times the fractions of the stages above; after `calibrate`, of the residuals on
            the calibration variables. Where these spread no more than rounding does, as those of a share that
            is a margin of the calibration, variance and covariances are exactly zero.
        """
        scores = np.asarray(scores, dtype=float)
        scores = scores[:, None] if scores.ndim == 1 else scores
        if len(scores) != len(self.frame):
            raise DesignError(f"cov needs one score per row: {len(self.frame)} rows, {len(scores)} scores.")
        if not self.domain.all():
            scores = np.where(self.domain[:, None], scores, 0.0)
        if not np.isfinite(scores).all():
            bad = int((~np.isfinite(scores)).any(axis=1).sum())
            raise DesignError(
                f"{bad} rows of the domain have a missing or infinite score; take the rows without an answer "
                "out of the domain first: design.subset(answered)."
            )
        size = (scores**2).sum(axis=0)
        for projection in self._projections:
            scores = projection.residuals(scores)
        squared = self._weights**2
        excess = np.divide(self._squares, squared, out=np.zeros_like(squared), where=squared > 0)
        excess = np.where((squared > 0) & (self.counts > 1), np.maximum(excess - 1 / self.counts, 0), 0.0)
        cov = sum(stage.covariance(scores, self.counts, excess, self.lonely_psu) for stage in self._stages)
        fixed = np.diag(cov) <= ROUNDING**2 * size
        cov[fixed], cov[:, fixed] = 0, 0
        return cov

    def degf(self, mask: np.ndarray | None = None) -> int:
        """Degrees of freedom: first-stage units minus strata, of those with a case in domain and mask."""
        active = self.active if mask is None else self.active & np.asarray(mask, dtype=bool)
        return int(self.degf_by(np.where(active, 0, -1), 1)[0])

    def degf_by(self, group: np.ndarray, groups: int) -> np.ndarray:
        """`degf` of each group at once; ``group`` holds a number per row, -1 for none."""
        kept = np.flatnonzero(self.active & (group >= 0))
        group = group[kept]
        first = self._stages[0]
        if first.unit is None:
            units = np.bincount(group, weights=self.counts[kept], minlength=groups)
            stratum = first.stratum[kept]
        else:
            unit = first.unit[kept]
            pairs = combine([group, unit], len(kept))[1]
            units = np.bincount(group[pairs], minlength=groups)
            stratum = first.stratum[unit]
        pairs = combine([group, stratum], len(kept))[1]
        return np.round(units - np.bincount(group[pairs], minlength=groups)).astype(int)

    def kish_deff(self, mask: np.ndarray | None = None) -> float:
        """Kish's design effect of unequal weights, ``n sum(w²) / sum(w)²``, in domain and mask."""
        active = self.active if mask is None else self.active & np.asarray(mask, dtype=bool)
        total = self.weights[active].sum()
        if total == 0:
            return float("nan")
        return float(self.counts[active].sum() * self._squares[active].sum() / total**2)

    @property
    def n_eff(self) -> float:
        """Respondents that would carry as much if all weighed the same: n over Kish's design effect."""
        return self.n / self.kish_deff()

    # ---- other views of the same design ----------------------------------------------------------------

    def _copy(self, **changes) -> "SurveyDesign":
        new = copy.copy(self)
        for name, value in changes.items():
            setattr(new, name, value)
        new.weights = new._weights if new.domain.all() else np.where(new.domain, new._weights, 0.0)
        return new

    def subset(self, mask: str | pd.Series | np.ndarray) -> "SurveyDesign":
        """The domain where the mask holds: a boolean column's name, or one boolean per row.

        The frame stays whole, so that variances still know of the units without a case in the domain. A
        missing value in the mask is refused: say whether such cases belong.
        """
        return self._copy(domain=self.domain & self._mask(mask))

    def _mask(self, mask) -> np.ndarray:
        if isinstance(mask, str):
            mask = column(self.frame, mask)
        if isinstance(mask, pd.Series) and not mask.index.equals(self.frame.index):
            raise DesignError("the mask's index differs from the frame's; pass an array to go by position.")
        values = pd.Series(mask)
        if len(values) != len(self.frame):
            raise DesignError(f"the mask has {len(values)} entries for {len(self.frame)} rows.")
        if values.isna().any():
            raise DesignError(f"{int(values.isna().sum())} entries of the mask are missing; fill them first.")
        if not pd.api.types.is_bool_dtype(values.dtype):
            raise DesignError(f"the mask must be boolean, not {values.dtype}.")
        return values.to_numpy(dtype=bool)

    def assign(self, **columns) -> "SurveyDesign":
        """The same design with columns added to its frame (R's ``update``); functions get the frame."""
        return self._copy(frame=self.frame.assign(**columns))

    def cells(self, columns: str | Sequence[str]) -> "SurveyDesign":
        """The same design on the unique combinations of some columns: one row per cell, `counts` large.

        Every estimate from these columns, with its standard error, is that of the full design (up to
        rounding), at a cost that no longer grows with the number of respondents. A cell never crosses
        strata, clusters, calibration cells or the border of the domain.
        """
        names = as_list(columns)
        codes = []
        for name in names:
            code, _ = codes_of(column(self.frame, name))
            codes.append(code + 1)  # missing is a cell of its own
        joint, first = self._cell_numbers(codes)
        return self._collapsed(joint, first, self.frame[names].iloc[first].reset_index(drop=True))

    def _cell_numbers(self, codes: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        keys = list(codes)
        for stage in self._stages:
            if stage.unit is not None:
                keys.append(stage.unit)  # lies in one stratum
            elif len(stage.size) > 1:
                keys.append(stage.stratum)
        keys.extend(projection.cell for projection in self._projections)
        if not self.domain.all():
            keys.append(self.domain.astype(np.int64))
        zero = self._weights == 0
        if zero.any():
            keys.append(zero.astype(np.int64))
        return combine(keys, len(self.frame))

    def _collapsed(self, joint: np.ndarray, first: np.ndarray, frame: pd.DataFrame) -> "SurveyDesign":
        cells = len(first)

        def total(values):
            return np.bincount(joint, weights=values, minlength=cells)

        stages = tuple(
            replace(stage, stratum=stage.stratum[first])
            if stage.unit is None
            else replace(stage, unit=stage.unit[first])
            for stage in self._stages
        )
        return self._copy(
            frame=frame,
            _stages=stages,
            domain=self.domain[first],
            counts=total(self.counts),
            base_weights=total(self.base_weights),
            _weights=total(self._weights),
            _squared=total(self._squares),
            _projections=tuple(projection.take(joint, first) for projection in self._projections),
            _margins=tuple(margin.take(first) for margin in self._margins),
        )

    def _reweighted(
        self, ratio: np.ndarray, projection: Projection | None, evidence, margins=None, weights=None
    ) -> "SurveyDesign":
        """The design with every weight multiplied, as a calibration does; ``weights`` if known."""
        added = () if projection is None else (projection,)
        return self._copy(
            _weights=self._weights * ratio if weights is None else weights,
            _squared=None if self._squared is None else self._squared * ratio**2,
            _projections=self._projections + added,
            weighted=True,
            calibration=evidence,
            _margins=margins or self._margins,
        )

    def __repr__(self) -> str:
        first = self._stages[0]
        units = "respondents" if first.unit is None else f"{len(first.stratum)} first-stage units"
        parts = [f"n = {self.n}", f"{units} in {len(first.size)} strata" if len(first.size) > 1 else units]
        if len(self._stages) > 1:
            parts.append(f"{len(self._stages)} stages")
        if not self.domain.all():
            parts.append("domain")
        if self._projections:
            parts.append("calibrated")
        return f"<{type(self).__name__}: {', '.join(parts)}>"


# ---- reading a design from a frame ---------------------------------------------------------------------


def _examples(labels: Iterable, limit: int = 5) -> str:
    labels = list(labels)
    shown = ", ".join(map(str, labels[:limit]))
    return shown + (f" and {len(labels) - limit} more" if len(labels) > limit else "")


def _numbers(frame: pd.DataFrame, source, what: str) -> np.ndarray:
    """A numeric array from a column name or values; missing and infinite values are refused."""
    name = repr(source) if isinstance(source, str) else f"the {what}s given"
    values = column(frame, source) if isinstance(source, str) else source
    if len(values) != len(frame):
        raise DesignError(f"{name}: {len(values)} {what}s for {len(frame)} rows.")
    try:
        numbers = pd.Series(values).to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError):
        raise DesignError(f"{name}: a {what} must be a number.") from None
    if np.isnan(numbers.min(initial=0)):  # sees a missing value without a mask of all rows
        raise DesignError(f"{name}: {int(np.isnan(numbers).sum())} of {len(numbers)} rows have no {what}.")
    return numbers


def _weights(frame: pd.DataFrame, source) -> np.ndarray:
    weights = _numbers(frame, source, "weight")
    least, most = weights.min(), weights.max()  # each pass over the rows counts
    if np.isinf(most):
        raise DesignError(f"{int(np.isinf(weights).sum())} weights are infinite.")
    if least < 0:
        raise DesignError(f"{int((weights < 0).sum())} weights are negative (least {least:g}).")
    if most == 0:
        raise DesignError(f"all {len(weights)} weights are zero.")
    return weights


def _design_codes(frame: pd.DataFrame, name: str, what: str) -> tuple[np.ndarray, pd.Index]:
    codes, labels = codes_of(column(frame, name))
    if (codes < 0).any():
        raise DesignError(f"{int((codes < 0).sum())} rows have no {what} (column {name!r} is missing).")
    return codes, labels


def _stages(
    frame: pd.DataFrame, strata: list, clusters: list, fpc: list, lonely: str, nest: bool
) -> tuple[tuple[Stage, ...], np.ndarray]:
    """The stages that add to the variance, and the weights that the sampling fractions imply."""
    rows = len(frame)
    depth = max(len(clusters), 1)
    if len(strata) > depth:
        raise DesignError(f"{len(strata)} columns of strata for {depth} stages of sampling.")
    if fpc and len(fpc) != depth:
        raise DesignError(
            f"{len(fpc)} fpc columns for {depth} stages of sampling: give one per stage (infinity for a "
            "stage drawn with replacement), or only the clusters of the first stage."
        )
    if not (strata or clusters or fpc):
        size, none = np.array([float(rows)]), np.zeros(1)
        average = _lonely(lonely, size, none, 0, np.zeros(1, dtype=np.int64), _stratum_names(None, none))
        whole = np.zeros(rows, dtype=np.int64)
        return (Stage(None, whole, size, none, np.ones(1), average),), np.broadcast_to(1.0, rows)
    above = np.zeros(rows, dtype=np.int64)  # unit of the stage above
    above_stratum = above
    outer = np.ones(rows)
    implied = np.ones(rows)
    stages = []
    stratum = np.zeros(rows, dtype=np.int64)
    label = None
    for depth_now in range(depth):
        if depth_now < len(strata):
            code, names = _design_codes(frame, strata[depth_now], "stratum")
            label = (strata[depth_now], code, names)
            stratum = code
        # Strata of a later stage lie within the unit above; without a column of their own they are that unit.
        stratum_now, first_row = combine([above, stratum], rows)
        if depth_now < len(clusters):
            unit, names = _design_codes(frame, clusters[depth_now], "cluster")
            if nest:
                unit = combine([above_stratum, above, stratum_now, unit], rows)[0]
            elif depth_now > 0:
                unit = combine([above, unit], rows)[0]
            else:
                _check_nested(clusters[0], unit, names, stratum_now, label)
                unit = combine([unit], rows)[0]
            first_of_unit = combine([unit], rows)[1]
            unit_stratum = stratum_now if len(first_of_unit) == rows else stratum_now[first_of_unit]
        else:  # every row is a unit
            unit, unit_stratum = None, stratum_now
        size = np.bincount(unit_stratum, minlength=len(first_row)).astype(float)
        fraction = np.zeros(len(size))
        if fpc:
            fraction = _fractions(frame, fpc[depth_now], stratum_now, first_row, size, label)
        if fpc:
            with np.errstate(divide="ignore"):
                implied = implied / fraction[stratum_now]
        average = _lonely(
            lonely, size, fraction, depth_now, above[first_row], _stratum_names(label, first_row)
        )
        stages.append(
            Stage(
                unit=None if unit_stratum is stratum_now else unit,
                stratum=unit_stratum,
                size=size,
                fraction=fraction,
                outer=outer[first_row],
                average=average,
            )
        )
        if not fpc:
            break  # with replacement at the first stage: later stages are inside the spread of the first
        outer = outer * fraction[stratum_now]
        above_stratum, above = stratum_now, unit
    return tuple(stages), implied


def _stratum_names(label, first_row: np.ndarray) -> list[str]:
    if label is None:
        return ["(no strata)"] * len(first_row)
    name, code, labels = label
    return [f"{name}={labels[c]}" for c in code[first_row]]


def _check_nested(name: str, unit: np.ndarray, names: pd.Index, stratum: np.ndarray, label) -> None:
    pairs = combine([unit, stratum], len(unit))[1]
    times = np.bincount(unit[pairs], minlength=len(names))
    if (times > 1).any():
        both = names[times > 1]
        raise DesignError(
            f"{len(both)} clusters of {name!r} lie in more than one stratum of {label[0]!r}: "
            f"{_examples(both)}. If labels start anew in every stratum, pass nest=True."
        )


def _fractions(frame, name, stratum, first_row, size, label) -> np.ndarray:
    given = _numbers(frame, name, "population size")
    if (given <= 0).any():
        raise DesignError(f"{name!r}: {int((given <= 0).sum())} rows have an fpc of zero or less.")
    if (given > 1).any() and (given < 1).any():
        raise DesignError(
            f"{name!r} mixes population sizes (above 1) and fractions (below 1): {int((given < 1).sum())} "
            "rows are below 1."
        )
    value = given[first_row]
    varying = np.bincount(stratum, weights=given != value[stratum], minlength=len(size)) > 0
    names = _stratum_names(label, first_row)
    if varying.any():
        which = [names[i] for i in np.flatnonzero(varying)]
        raise DesignError(f"{name!r} varies within {len(which)} strata: {_examples(which)}.")
    if (given <= 1).all() and not (given == 1).all():
        return value
    if (given == 1).all():
        # Either "all drawn" or "one unit in the population": the same when one was drawn, else too many.
        return np.ones(len(size))
    short = value < size
    if short.any():
        which = [f"{names[i]} ({size[i]:g} drawn of {value[i]:g})" for i in np.flatnonzero(short)]
        raise DesignError(f"{name!r}: more units drawn than the population has in {_examples(which)}.")
    return size / value


def _lonely(lonely, size, fraction, depth, parent, names) -> np.ndarray:
    alone = (size == 1) & (1 - fraction >= SELF_REPRESENTING)
    ones = np.ones(len(size))
    if not alone.any():
        return ones
    if lonely == "error":
        which = [names[i] for i in np.flatnonzero(alone)]
        raise DesignError(
            f"{len(which)} strata have a single unit at stage {depth + 1}: {_examples(which)}. Merge them "
            'with a neighbour, or say what they add: lonely_psu="adjust", "average", "remove" or "certainty".'
        )
    if lonely != "average":
        return ones
    within = combine([parent], len(parent))[0]
    strata = np.bincount(within)
    fine = np.bincount(within, weights=~alone)
    if (fine == 0).any():
        raise DesignError(
            f'lonely_psu="average" has nothing to average at stage {depth + 1}: all strata have one unit.'
        )
    return (strata / fine)[within]
