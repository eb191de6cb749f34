"""The sampling design: which rows were drawn together, from how many, and with what weight.

Every estimator of this package is a weighted influence value per respondent (the linearised estimator) and
the one covariance below. Conventions are those of R's ``survey``; where that package is silent about a
mistake, a `DesignError` says what was found.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd

from .coding import DesignError, as_list, codes_of, column, combine
from .estimators import Estimators
from .projection import Projection
from .questions import read_groups
from .sampling import LONELY_PSU, read_stages, read_weights

if TYPE_CHECKING:
    from .calibration.evidence import Calibration

ROUNDING = 1e-12  # of the influence values: a spread below it is their rounding, and differs by processor


class SurveyDesign(Estimators):
    """Respondents with the way they were drawn: weights, strata, stages of clusters, population sizes.

    Parameters
    ----------
    frame
        One row per respondent. The design keeps every row, also in a domain (`subset`).
    weights
        Column name or one number per row (a Series must have the frame's index): base (design) weights.
        None: every respondent counts once, or, with ``fpc``, the population size over the sample size of
        every stage.
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
        weights: str | Sequence[float] | np.ndarray | pd.Series | None = None,
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
        self.frame = frame.copy(deep=False)  # rows that are put in another order outside stay in order here
        self.lonely_psu = lonely_psu
        self.calibration: Calibration | None = None
        rows = len(frame)
        self.stages, sampled = read_stages(
            frame, as_list(strata), as_list(clusters), as_list(fpc), lonely_psu, nest
        )
        self.weighted = weights is not None or fpc is not None
        if weights is not None:
            self.base_weights = read_weights(frame, weights)
        elif np.isfinite(sampled).all():
            self.base_weights = sampled
        else:
            raise DesignError("an infinite population gives no weights; pass weights as well.")
        self.domain = np.ones(rows, dtype=bool)
        self.counts = np.broadcast_to(1.0, rows)  # takes no memory, and tells at once that all are one
        self.all_weights = self.base_weights  # also outside the domain
        self.squared_sums = None  # on cells: sum of squared weights of the respondents in the row
        self.projections: tuple[Projection, ...] = ()
        self.margins = ()  # of the last calibration, matched to the rows
        self.weights = self.all_weights

    @classmethod
    def of_cells(cls, frame: pd.DataFrame, counts: Sequence[int] | np.ndarray) -> Self:
        """Respondents drawn one by one, each counted once, as a row for all who are alike and their number.

        Parameters
        ----------
        frame
            One row per cell.
        counts
            Respondents in each cell, at least one.

        Returns
        -------
        SurveyDesign
            As that of all respondents and its `cells`: every estimate is the same, up to rounding.
        """
        design = cls(frame)
        number = np.array(counts, dtype=float)
        if number.shape != (len(frame),) or not (number >= 1).all():
            raise DesignError(f"counts must be {len(frame)} numbers of at least one.")
        first = replace(design.stages[0], size=np.array([number.sum()]))
        return design._copy(
            stages=(first,), counts=number, base_weights=number, all_weights=number, squared_sums=number
        )

    # ---- what the design knows -------------------------------------------------------------------------

    @property
    def alike(self) -> bool:
        """Whether all respondents had the same weight before any calibration."""
        if self.counts.strides == (0,):
            return bool(self.base_weights.min() == self.base_weights.max())
        return bool((self.base_weights == self.counts).all())

    @property
    def squares(self) -> np.ndarray:
        """Sum of squared weights of the respondents in each row."""
        return self.all_weights**2 if self.squared_sums is None else self.squared_sums

    @property
    def unequal_cells(self) -> np.ndarray:
        """Whether each row stands for respondents who do not all weigh the same."""
        return (self.counts > 1) & (self.squares * self.counts > self.all_weights**2 * (1 + 1e-9))

    @property
    def active(self) -> np.ndarray:
        """True for rows of the domain with a weight other than zero: the cases that count."""
        return self.weights != 0

    @property
    def independent(self) -> bool:
        """Whether everybody was drawn alone and counts once: then exact tests of counts hold."""
        first = self.stages[0]
        return not self.weighted and first.unit is None and len(first.size) == 1

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
            the calibration variables (`projection.Projection`). Where these spread no more than rounding
            does, as those of a share that is a margin of the calibration, variance and covariances are
            exactly zero.
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
        for projection in self.residual_order():
            scores = projection.residual(scores)
        squared = self.all_weights**2
        excess = np.divide(self.squares, squared, out=np.zeros_like(squared), where=squared > 0)
        excess = np.where((squared > 0) & (self.counts > 1), np.maximum(excess - 1 / self.counts, 0), 0.0)
        parts = [stage.covariance(scores, self.counts, excess, self.lonely_psu) for stage in self.stages]
        cov = np.sum(parts, axis=0)
        fixed = np.diag(cov) <= ROUNDING**2 * size
        cov[fixed], cov[:, fixed] = 0, 0
        return cov

    @property
    def residuals(self) -> str | None:
        """How the last calibration takes residuals ("adjusted", "final" or "base"); None without one."""
        return self.projections[-1].residuals if self.projections else None

    def residual_order(self) -> tuple[Projection, ...]:
        """Projections as residuals are taken: the last calibration first; with base weights as R does."""
        if any(projection.residuals != "base" for projection in self.projections):
            return self.projections[::-1]
        return self.projections

    def fixed_by_calibration(self, scores: np.ndarray) -> np.ndarray:
        """Whether the calibration leaves nothing of each column of scores (as of `cov`)."""
        scores = np.where(self.domain[:, None], scores, 0.0)
        left = scores
        for projection in self.residual_order():
            left = projection.residual(left)
        size = (scores**2).sum(axis=0)
        return (size > 0) & ((left**2).sum(axis=0) <= ROUNDING**2 * size)

    def estimator_covariance(
        self, scores: np.ndarray, theta: np.ndarray, refit: Callable[[np.ndarray], np.ndarray]
    ) -> np.ndarray:
        """Covariance of any estimator; arguments as of `outcomes.covariance`."""
        return self.cov(scores)

    def degf(self, mask: np.ndarray | None = None) -> int:
        """Degrees of freedom: first-stage units minus strata, of those with a case in domain and mask."""
        active = self.active if mask is None else self.active & np.asarray(mask, dtype=bool)
        return int(self.degf_by(np.where(active, 0, -1), 1)[0])

    def degf_by(self, group: np.ndarray, groups: int) -> np.ndarray:
        """`degf` of each group at once; ``group`` holds a number per row, -1 for none."""
        kept = np.flatnonzero(self.active & (group >= 0))
        group = group[kept]
        first = self.stages[0]
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
        return float(self.counts[active].sum() * self.squares[active].sum() / total**2)

    def effective_units(self, group: np.ndarray, groups: int) -> np.ndarray:
        """Effective number of cases where all answer alike, so that the sample shows no variance.

        ``(sum w)² / sum over the units of every stage of (1 - f) W²``, W the unit's weight in the group and f
        the fraction drawn: the linearised variance with nothing known of how alike the respondents of a unit
        are, so units count, not respondents. Without clusters it is n over Kish's design effect; infinite
        where everybody was drawn.

        Parameters
        ----------
        group
            A number per row, -1 for none.
        groups
            How many there are.
        """
        kept = np.flatnonzero(self.active & (group >= 0))
        group = group[kept]
        total = np.bincount(group, weights=self.weights[kept], minlength=groups)
        squares = np.zeros(groups)
        for stage in self.stages:
            left = np.maximum(stage.outer * (1 - stage.fraction), 0)
            if stage.unit is None:
                each, own = self.squares[kept] * left[stage.stratum[kept]], group
            else:
                pair, first = combine([group, stage.unit[kept]], len(kept))
                each = np.bincount(pair, weights=self.weights[kept]) ** 2
                each, own = each * left[stage.stratum[stage.unit[kept][first]]], group[first]
            squares += np.bincount(own, weights=each, minlength=groups)
        with np.errstate(divide="ignore", invalid="ignore"):
            return total**2 / squares

    def effective_sizes(self, by: str | Sequence[str] | None = None) -> pd.DataFrame:
        """List how many respondents each group has, and is worth: what a limit on small groups asks.

        Returns
        -------
        pandas.DataFrame
            A row per group: by, group, n, n_eff (n over Kish's design effect of the weights in the group), df
            (`degf`). Unlike the n_eff of an estimate it does not depend on an answer, or on chance.
        """
        group, groups, name = read_groups(self.frame, by)
        rows = []
        for code, label in enumerate(groups):
            inside = self.active & (group == code)
            n = float(self.counts[inside].sum())
            n_eff = n / self.kish_deff(inside) if n else 0.0
            rows.append((name, label, round(n), n_eff, max(self.degf(inside), 0)))
        return pd.DataFrame(rows, columns=["by", "group", "n", "n_eff", "df"])

    @property
    def n_eff(self) -> float:
        """Respondents that would carry as much if all weighed the same: n over Kish's design effect."""
        return self.n / self.kish_deff()

    # ---- other views of the same design ----------------------------------------------------------------

    def _copy(self, **changes) -> Self:
        new = copy.copy(self)
        for name, value in changes.items():
            setattr(new, name, value)
        new.weights = new.all_weights if new.domain.all() else np.where(new.domain, new.all_weights, 0.0)
        return new

    def subset(self, mask: str | pd.Series | np.ndarray) -> Self:
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

    def assign(self, **columns) -> Self:
        """The same design with columns added to its frame (R's ``update``); functions get the frame."""
        return self._copy(frame=self.frame.assign(**columns))

    def cells(self, columns: str | Sequence[str]) -> Self:
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
        joint, first = self.cell_numbers(codes)
        return self.collapsed(joint, first, self.frame[names].iloc[first].reset_index(drop=True))

    def cell_numbers(self, codes: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Number the cells of `cells`, given extra codes; and the first row of each."""
        keys = list(codes)
        for stage in self.stages:
            if stage.unit is not None:
                keys.append(stage.unit)  # lies in one stratum
            elif len(stage.size) > 1:
                keys.append(stage.stratum)
        keys.extend(projection.cell for projection in self.projections)
        if not self.alike and any(projection.residuals == "adjusted" for projection in self.projections):
            # The leverage depends on the weight of a respondent.
            each = np.divide(
                self.all_weights, self.counts, out=np.zeros(len(self.frame)), where=self.counts > 0
            )
            keys.append(np.unique(each, return_inverse=True)[1].ravel())
        if not self.domain.all():
            keys.append(self.domain.astype(np.int64))
        zero = self.all_weights == 0
        if zero.any():
            keys.append(zero.astype(np.int64))
        return combine(keys, len(self.frame))

    def collapsed(self, joint: np.ndarray, first: np.ndarray, frame: pd.DataFrame) -> Self:
        """The design on cells: ``joint`` numbers them per row, ``frame`` has a row per cell."""
        cells = len(first)

        def total(values):
            return np.bincount(joint, weights=values, minlength=cells)

        stages = tuple(
            replace(stage, stratum=stage.stratum[first])
            if stage.unit is None
            else replace(stage, unit=stage.unit[first])
            for stage in self.stages
        )
        return self._copy(
            frame=frame,
            stages=stages,
            domain=self.domain[first],
            counts=total(self.counts),
            base_weights=total(self.base_weights),
            all_weights=total(self.all_weights),
            squared_sums=total(self.squares),
            projections=tuple(projection.take(joint, first) for projection in self.projections),
            margins=tuple(margin.take(first) for margin in self.margins),
        )

    def reweighted(
        self, ratio: np.ndarray, projection: Projection | None, evidence, margins=None, weights=None
    ) -> Self:
        """The design with every weight multiplied, as a calibration does; ``weights`` if known."""
        added = () if projection is None else (projection,)
        return self._copy(
            all_weights=self.all_weights * ratio if weights is None else weights,
            squared_sums=None if self.squared_sums is None else self.squared_sums * ratio**2,
            projections=self.projections + added,
            weighted=True,
            calibration=evidence,
            margins=margins or self.margins,
        )

    def __repr__(self) -> str:
        first = self.stages[0]
        units = "respondents" if first.unit is None else f"{len(first.stratum)} first-stage units"
        parts = [f"n = {self.n}", f"{units} in {len(first.size)} strata" if len(first.size) > 1 else units]
        if len(self.stages) > 1:
            parts.append(f"{len(self.stages)} stages")
        if not self.domain.all():
            parts.append("domain")
        if self.projections:
            parts.append("calibrated")
        return f"<{type(self).__name__}: {', '.join(parts)}>"
