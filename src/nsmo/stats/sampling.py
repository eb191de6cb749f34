"""The stages of sampling: read from a frame, and what each adds to a variance."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .coding import DesignError, codes_of, column, combine, examples, sum_by

LONELY_PSU = ("error", "adjust", "average", "remove", "certainty")
SELF_REPRESENTING = 1e-7  # a stratum with less than this share left unsampled adds no variance, as in R


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

    def factor(self, lonely: str) -> np.ndarray:
        """(strata,) what the spread of the unit totals of each stratum is multiplied by."""
        alone = self.size == 1
        factor = self.outer * (1 - self.fraction) * self.average
        factor = np.where(alone, 0.0, factor * self.size / np.maximum(self.size - 1, 1))
        if lonely == "adjust":
            factor = np.where(alone, self.outer * (1 - self.fraction), factor)
        factor[1 - self.fraction < SELF_REPRESENTING] = 0
        return factor

    def variance(self, totals: np.ndarray, squares: np.ndarray, lonely: str) -> np.ndarray:
        """Variance of estimators, from sums by stratum: of the unit totals, and of the squares of these.

        Parameters
        ----------
        totals, squares
            (strata, k).
        lonely
            As of the design.
        """
        centred = np.where((self.size == 1) & (lonely == "adjust"), 0.0, 1 / self.size)[:, None]
        return self.factor(lonely) @ (squares - totals**2 * centred)

    def covariance(
        self, scores: np.ndarray, counts: np.ndarray, excess: np.ndarray, lonely: str
    ) -> np.ndarray:
        """Spread of unit totals about their stratum mean: ``sum_h (1-f_h) n_h/(n_h-1) sum_i d_i d_i'``."""
        strata = len(self.size)
        totals = scores if self.unit is None else sum_by(self.unit, scores, len(self.stratum))
        centre = (
            totals.sum(0, keepdims=True) if strata == 1 else sum_by(self.stratum, totals, strata)
        ) / self.size[:, None]
        factor = self.factor(lonely)
        if lonely == "adjust":
            # A single unit has no stratum mean to differ from; R takes its distance from zero, the mean of
            # the influence values of all strata.
            centre[self.size == 1] = 0
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


def _numbers(frame: pd.DataFrame, source, what: str) -> np.ndarray:
    """A numeric array from a column name or values; missing and infinite values are refused."""
    name = repr(source) if isinstance(source, str) else f"the {what}s given"
    if not isinstance(source, str) and (np.ndim(source) != 1 or isinstance(source, bytes)):
        raise DesignError(
            f"{what}s must be the name of a column or one number per row, not {type(source).__name__} "
            f"{np.shape(source) or source!r}."
        )
    if isinstance(source, pd.Series) and not frame.index.equals(source.index):
        raise DesignError(
            f"the index of the {what}s differs from the frame's; pass an array to go by position."
        )
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


def read_weights(frame: pd.DataFrame, source) -> np.ndarray:
    """Weights from a column name or values: finite, none negative, not all zero."""
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


def read_stages(
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
            unit, unit_stratum = np.arange(rows), stratum_now
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
            f"{examples(both)}. If labels start anew in every stratum, pass nest=True."
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
        raise DesignError(f"{name!r} varies within {len(which)} strata: {examples(which)}.")
    if (given <= 1).all() and not (given == 1).all():
        return value
    if (given == 1).all():
        # Either "all drawn" or "one unit in the population": the same when one was drawn, else too many.
        return np.ones(len(size))
    short = value < size
    if short.any():
        which = [f"{names[i]} ({size[i]:g} drawn of {value[i]:g})" for i in np.flatnonzero(short)]
        raise DesignError(f"{name!r}: more units drawn than the population has in {examples(which)}.")
    return size / value


def _lonely(lonely, size, fraction, depth, parent, names) -> np.ndarray:
    alone = (size == 1) & (1 - fraction >= SELF_REPRESENTING)
    ones = np.ones(len(size))
    if not alone.any():
        return ones
    if lonely == "error":
        which = [names[i] for i in np.flatnonzero(alone)]
        raise DesignError(
            f"{len(which)} strata have a single unit at stage {depth + 1}: {examples(which)}. Merge them "
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
