"""Estimates with standard errors: means, proportions, totals, ratios, quantiles, variances, contrasts.

Each estimator says three things about itself: its value, the weighted influence of every respondent on it
(for the linearised variance), and the totals it is a function of (for the variance by replicates). The design
does the rest.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations

import numpy as np
import pandas as pd

from .coding import DesignError, as_list, codes_of, column, sum_by
from .intervals import by_t, proportion_interval, t_quantile

COLUMNS = ["question", "option", "by", "group", "n", "count", "statistic", "estimate", "se"]
COLUMNS += ["ci_low", "ci_high", "df", "deff", "n_eff", "weighted"]
TEXT = ("question", "option", "by", "group", "statistic")
TYPES = {"n": int, "count": int, "weighted": bool}  # the others are numbers with a fraction
STATISTICS = ("mean", "proportion", "total", "ratio", "variance")
DEFF = ("replace", "noreplace")
JOIN = ", "


# ---- questions and groups as numbers -----------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Question:
    """One column as an estimator needs it: a category number per row, or a value per row."""

    name: str
    labels: list[tuple[str, str | None]]  # (question, option) of every estimate
    codes: np.ndarray | None  # category of each row, -1 missing; a boolean has 1 for yes and 0 for no
    amounts: np.ndarray | None
    kept: list[int] | None = None  # the categories that are estimated

    @property
    def answered(self) -> np.ndarray:
        return self.codes >= 0 if self.codes is not None else ~np.isnan(self.amounts)

    def matrix(self) -> np.ndarray:
        """(rows, estimates): indicators or values, 0 where missing."""
        if self.codes is not None:
            return (self.codes[:, None] == np.array(self.kept)).astype(float)
        return np.where(self.answered, self.amounts, 0.0)[:, None]

    def take(self, first: np.ndarray) -> "_Question":
        codes = None if self.codes is None else self.codes[first]
        values = None if self.amounts is None else self.amounts[first]
        return _Question(self.name, self.labels, codes, values, self.kept)


def _read_question(frame: pd.DataFrame, name: str, statistic: str) -> _Question:
    values = column(frame, name)
    if pd.api.types.is_bool_dtype(values.dtype) or _is_boolean_object(values):
        codes = values.astype("boolean").astype("Int8").fillna(-1).to_numpy(dtype=np.int64)
        question, dot, option = name.rpartition(".")
        label = (question, option) if dot else (name, None)
        return _Question(name, [label], codes, None, [1])
    if pd.api.types.is_numeric_dtype(values.dtype):
        if statistic == "proportion":
            raise DesignError(
                f"{name!r} is numeric ({values.dtype}); a proportion needs a boolean or categorical column. "
                "Or use mean()."
            )
        return _Question(name, [(name, None)], None, values.to_numpy(dtype=float, na_value=np.nan))
    if statistic not in ("proportion", "total"):
        raise DesignError(f"{name!r} is {values.dtype}; {statistic} needs a number. Use proportion().")
    codes, labels = codes_of(values)
    return _Question(name, [(name, str(x)) for x in labels], codes, None, list(range(len(labels))))


def _is_boolean_object(values: pd.Series) -> bool:
    return values.dtype == object and pd.api.types.infer_dtype(values, skipna=True) == "boolean"


def _read_groups(frame: pd.DataFrame, by) -> tuple[np.ndarray, list[str | None], str | None]:
    """Group number per row (-1: in none), labels, and the name of the grouping."""
    names = as_list(by)
    if not names:
        return np.zeros(len(frame), dtype=np.int64), [None], None
    parts = [codes_of(column(frame, name)) for name in names]
    joint = np.zeros(len(frame), dtype=np.int64)
    labels = [""]
    for codes, values in parts:
        joint = np.where((joint < 0) | (codes < 0), -1, joint * len(values) + codes)
        labels = [f"{a}{JOIN}{b}" if a else str(b) for a in labels for b in values]
    return joint, labels, JOIN.join(names)


# ---- results -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Estimates:
    """Several estimates with their joint covariance.

    Attributes
    ----------
    names
        Column, question, option, by, group, n and count of each estimate; `labels` is the frame of them.
    theta, cov, df, deff
        Values (k,), covariance (k, k), degrees of freedom (k,), design effects (k,).
    statistic, level, method
        What was estimated; level and kind of the intervals.
    """

    names: dict[str, Sequence] = field(repr=False)
    statistic: str
    theta: np.ndarray
    cov: np.ndarray
    df: np.ndarray
    deff: np.ndarray
    kish: np.ndarray = field(repr=False)
    weighted: bool = False
    level: float = 0.95
    method: str = "logit"
    cases: Callable[[np.ndarray], tuple[int, int]] = field(default=None, repr=False)

    @property
    def se(self) -> np.ndarray:
        """Standard errors."""
        return np.sqrt(np.diag(self.cov))

    @cached_property
    def labels(self) -> pd.DataFrame:
        """One row per estimate: column, question, option, by, group, n, count."""
        return pd.DataFrame(self.names).astype({"option": object, "by": object, "group": object})

    def frame(self) -> pd.DataFrame:
        """The long table: one row per estimate, `COLUMNS`."""
        return _long([self.columns()])

    def columns(self) -> dict[str, Sequence]:
        """The columns of `frame`."""
        n = np.asarray(self.names["n"], dtype=float)
        variance = np.diag(self.cov)
        if self.statistic == "proportion":
            low, high = proportion_interval(
                self.theta, variance, self.df, n, n / self.kish, self.level, self.method
            )
        else:
            low, high = by_t(self.theta, self.se, self.df, self.level)
        with np.errstate(divide="ignore", invalid="ignore"):
            n_eff = np.where(self.deff > 1e-12, n / self.deff, n / self.kish)
        return self.names | {
            "statistic": [self.statistic] * len(n),
            "estimate": self.theta,
            "se": self.se,
            "ci_low": low,
            "ci_high": high,
            "df": self.df,
            "deff": self.deff,
            "n_eff": n_eff,
            "weighted": [self.weighted] * len(n),
        }

    def contrast(self, contrasts: Mapping[str, Mapping], statistic: str = "contrast") -> pd.DataFrame:
        """Linear combinations of the estimates, with their covariance (R ``svycontrast``).

        Parameters
        ----------
        contrasts
            Name to coefficients: ``{"b - a": {"b": 1, "a": -1}}``. With ``by`` the keys are groups, and the
            contrast is taken for every option; without, they are options, or columns.

        Returns
        -------
        pandas.DataFrame
            As `frame`; ``group`` (without ``by``: ``option``) holds the name. n and df are those of the
            respondents in any denominator involved; count sums the groups' counts (without ``by``: is n).
            Interval by t; no design effect.

        Raises
        ------
        DesignError
            A key that names no group, option or column, or more than one.
        """
        rows, matrix, df = [], [], []
        grouped = self.labels["by"].notna().any()
        parts = (
            [part for _, part in self.labels.groupby(["column", "option"], sort=False, dropna=False)]
            if grouped
            else [self.labels]
        )
        for part in parts:
            for name, coefficients in contrasts.items():
                weights = np.zeros(len(self.labels))
                for key, coefficient in coefficients.items():
                    weights[self._find(part, key, grouped)] = coefficient
                matrix.append(weights)
                n, freedom = self.cases(np.flatnonzero(weights))
                count = self.labels["count"][weights != 0].sum() if grouped else n
                rows.append(dict(part.iloc[0], n=n, count=count) | {"group" if grouped else "option": name})
                df.append(freedom)
        matrix, df = np.array(matrix), np.array(df)
        with np.errstate(invalid="ignore"):
            estimate = matrix @ np.nan_to_num(self.theta)
            estimate[(matrix[:, ~np.isfinite(self.theta)] != 0).any(axis=1)] = np.nan
            cov = matrix @ np.nan_to_num(self.cov) @ matrix.T
            se = np.where(np.isnan(estimate), np.nan, np.sqrt(np.diag(cov)))
        low, high = by_t(estimate, se, df, self.level)
        nothing = np.full(len(rows), np.nan)
        numbers = {"estimate": estimate, "se": se, "ci_low": low, "ci_high": high, "df": df}
        constant = {"statistic": [statistic] * len(rows), "weighted": [self.weighted] * len(rows)}
        names = {name: [row[name] for row in rows] for name in COLUMNS[:6]}
        return _long([names | numbers | constant | {"deff": nothing, "n_eff": nothing}])

    @staticmethod
    def _find(part: pd.DataFrame, key, grouped: bool) -> int:
        names = [part["group"]] if grouped else [part["column"], part["option"]]
        for values in names:
            hits = part.index[values.astype(object) == (key if isinstance(key, str) else str(key))]
            if len(hits) == 1:
                return int(hits[0])
        known = part["group" if grouped else "option"].dropna().tolist() or part["column"].tolist()
        raise DesignError(
            f"{key!r} names no single estimate of {part['question'].iloc[0]!r}; there are {known}."
        )


def _long(parts: Sequence[Mapping[str, Sequence]]) -> pd.DataFrame:
    """One frame of several sets of columns, built once: building small frames would take most of the time."""
    if not parts:
        raise DesignError("no question was named.")
    table = {}
    for name in COLUMNS:
        if name in TEXT:
            table[name] = pd.Series([value for part in parts for value in part[name]], dtype=object)
        else:
            table[name] = np.concatenate([np.asarray(part[name]) for part in parts]).astype(
                TYPES.get(name, float)
            )
    return pd.DataFrame(table)


# ---- the estimators ----------------------------------------------------------------------------------------


def _collapse(design, questions: list[_Question], group: np.ndarray):
    """Collapse rows to cells when all questions are categorical; numbers keep their rows."""
    if any(q.codes is None for q in questions) or not design._collapsible:
        return design, questions, group
    joint, first = design._cell_numbers([q.codes + 1 for q in questions] + [group + 1])
    cells = design._collapsed(joint, first, pd.DataFrame(index=pd.RangeIndex(len(first))))
    return cells, [q.take(first) for q in questions], group[first]


def _names(question: _Question, by, groups: list, n: np.ndarray, count: np.ndarray) -> dict[str, Sequence]:
    """Names and cases in the order of the estimates: options within groups."""
    k, g = len(question.labels), len(groups)
    return {
        "column": [question.name] * (g * k),
        "question": [q for q, _ in question.labels] * g,
        "option": [o for _, o in question.labels] * g,
        "by": [by] * (g * k),
        "group": [group for group in groups for _ in range(k)],
        "n": np.round(np.repeat(n, k)).astype(int).tolist(),
        "count": np.round(count.ravel()).astype(int).tolist(),
    }


@dataclass
class _Linearised:
    """Value, influence and totals of the estimates of one question in every group."""

    theta: np.ndarray  # (groups * options,)
    influence: np.ndarray  # (rows, groups * options), per unit of weight
    totals: np.ndarray  # (rows, q): what is summed with weights
    function: Callable[[np.ndarray], np.ndarray]  # (q, replicates) -> (groups * options, replicates)


def _spread_over_groups(values: np.ndarray, group: np.ndarray, groups: int) -> np.ndarray:
    """(rows, k) to (rows, groups * k), zero outside a row's own group."""
    if groups == 1:
        return np.where((group == 0)[:, None], values, 0.0)
    rows, k = values.shape
    wide = np.zeros((rows, groups, k))
    inside = np.flatnonzero(group >= 0)
    wide[inside, group[inside]] = values[inside]
    return wide.reshape(rows, groups * k)


def _distance(values, centre):
    """Differences, with those that are mere rounding set to zero: no variance is better than 1e-32."""
    difference = values - centre
    return np.where(np.abs(difference) <= 1e-14 * np.abs(centre), 0.0, difference)


def _mean(w, y, group, groups, exact) -> _Linearised:
    inside = group >= 0
    safe = np.where(inside, group, 0)
    w = np.where(inside, w, 0.0)
    size = sum_by(safe, w, groups)
    with np.errstate(divide="ignore", invalid="ignore"):
        theta = sum_by(safe, w[:, None] * y, groups) / size[:, None]
        if exact is not None:  # nobody, or everybody: not "almost", as rounding would have it
            theta = np.where(exact == 0, theta, np.where(exact > 0, 1.0, 0.0))
            theta[size == 0] = np.nan
        distance = _distance(y, theta[safe])
        influence = np.where((size != 0)[safe][:, None], distance / size[safe][:, None], 0.0)
    k = y.shape[1]

    def function(totals):
        parts = totals.reshape(groups, k + 1, -1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return (parts[:, :k] / parts[:, k:]).reshape(groups * k, -1)

    totals = np.hstack([y, np.ones((len(y), 1))])
    return _Linearised(
        theta.ravel(),
        _spread_over_groups(influence, group, groups),
        _spread_over_groups(totals, group, groups),
        function,
    )


def _total(w, y, group, groups) -> _Linearised:
    wide = _spread_over_groups(y, group, groups)
    return _Linearised(w @ wide, wide, wide, lambda totals: totals)


def _ratio(w, y, x, group, groups) -> _Linearised:
    wide_y, wide_x = _spread_over_groups(y, group, groups), _spread_over_groups(x, group, groups)
    with np.errstate(divide="ignore", invalid="ignore"):
        below = w @ wide_x
        theta = (w @ wide_y) / below
        influence = np.where(np.isfinite(theta), (wide_y - theta * wide_x) / below, 0.0)

    def function(totals):
        with np.errstate(divide="ignore", invalid="ignore"):
            return totals[:groups] / totals[groups:]

    return _Linearised(theta, influence, np.hstack([wide_y, wide_x]), function)


def _variance(w, y, group, groups, cases) -> _Linearised:
    inside = group >= 0
    safe = np.where(inside, group, 0)
    w = np.where(inside, w, 0.0)
    size = sum_by(safe, w, groups)
    with np.errstate(divide="ignore", invalid="ignore"):
        correction = cases / (cases - 1)
        centre = sum_by(safe, w * y[:, 0], groups) / size
        # Distances from the mean keep the three totals of a replicate free of cancellation.
        distance = np.where(inside, _distance(y[:, 0], centre[safe]), 0.0)
        theta = sum_by(safe, w * distance**2, groups) / size * correction
        each = _distance(distance**2 * correction[safe], theta[safe]) / size[safe]
    each = np.where(np.isfinite(each), each, 0.0)

    def function(totals):
        parts = totals.reshape(groups, 3, -1)
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = parts[:, 1] / parts[:, 2]
            return (parts[:, 0] / parts[:, 2] - mean**2) * correction[:, None]

    totals = np.column_stack([distance**2, distance, np.ones(len(distance))])
    return _Linearised(
        theta,
        _spread_over_groups(each[:, None], group, groups),
        _spread_over_groups(totals, group, groups),
        function,
    )


def _srs_variance(w, counts, group, groups, linear: _Linearised, deff: str) -> np.ndarray:
    """Variance of each estimate under simple random sampling of as many respondents."""
    inside = (group >= 0) & (w != 0)
    safe = np.where(inside, group, 0)
    w = np.where(inside, w, 0.0)
    k = linear.influence.shape[1] // groups
    size = np.repeat(sum_by(safe, w, groups), k)
    cases = np.repeat(sum_by(safe, np.where(inside, counts, 0.0), groups), k)
    z = linear.influence
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (w @ z) / size
        # Zero outside the group: a column's sum of squares is its group's.
        square = (w @ (z * z)) / size
        spread = np.where(square - mean**2 > 1e-13 * square, square - mean**2, 0.0) * cases / (cases - 1)
        variance = spread * size**2 / cases
        if deff == "noreplace":
            variance = np.where(size >= cases, variance * (size - cases) / size, np.nan)
    return variance


def _estimate(design, statistic, questions, by, level, method, deff, denominator=None) -> Estimates:
    """Estimates of several columns together, with their joint covariance."""
    if statistic not in STATISTICS:
        raise DesignError(f"statistic must be one of {', '.join(STATISTICS)}, not {statistic!r}.")
    if deff not in DEFF:
        raise DesignError(f"deff must be one of {', '.join(DEFF)}, not {deff!r}.")
    if not 0 < level < 1:
        raise DesignError(f"level must lie between 0 and 1, not {level}.")
    read = [_read_question(design.frame, name, statistic) for name in as_list(questions)]
    if not read:
        raise DesignError("no question was named.")
    below = None if denominator is None else _read_question(design.frame, denominator, "ratio")
    group, groups, by_name = _read_groups(design.frame, by)
    design, read, group = _collapse(design, read if below is None else [*read, below], group)
    if below is not None:
        *read, below = read
    w, counts, active = design.weights, design.counts, design.active
    size = len(groups)
    names, parts, masks, srs, kish, df = [], [], [], [], [], []
    for question in read:
        y = question.matrix()
        answered = active & question.answered & (group >= 0)
        if below is not None:
            answered &= below.answered
        own = np.where(answered, group, -1)
        y = np.where(answered[:, None], y, 0.0)
        safe = np.where(answered, group, 0)
        cases = np.where(answered, counts, 0.0)
        n = sum_by(safe, cases, size)
        count = sum_by(safe, cases[:, None] * y, size) if question.codes is not None else n[:, None]
        if statistic == "mean" or statistic == "proportion":
            exact = None
            if question.codes is not None:
                exact = np.where(count == n[:, None], 1, np.where(count == 0, -1, 0))
            linear = _mean(w, y, own, size, exact)
        elif statistic == "total":
            linear = _total(w, y, own, size)
        elif statistic == "ratio":
            linear = _ratio(w, y, np.where(answered[:, None], below.matrix(), 0.0), own, size)
        else:
            linear = _variance(w, y, own, size, n)
        names.append(_names(question, by_name, groups, n, count))
        parts.append(linear)
        masks.append(own)
        srs.append(_srs_variance(w, counts, own, size, linear, deff))
        weight = sum_by(safe, np.where(answered, w, 0), size)
        square = sum_by(safe, np.where(answered, design._squares, 0), size)
        with np.errstate(divide="ignore", invalid="ignore"):
            kish.append(np.repeat(n * square / weight**2, len(question.labels)))
        df.append(np.repeat(design.degf_by(own, size), len(question.labels)))
    theta = np.concatenate([part.theta for part in parts])
    cov = design._covariance(parts)
    bad = ~np.isfinite(theta)
    cov[bad], cov[:, bad] = np.nan, np.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        srs = np.concatenate(srs)
        effect = np.where(srs > 0, np.diag(cov) / srs, np.nan)
    question_of = np.repeat(np.arange(len(parts)), [len(part.theta) for part in parts])
    group_of = np.concatenate([np.repeat(np.arange(size), len(q.labels)) for q in read])

    def cases(used: np.ndarray) -> tuple[int, int]:
        mask = np.zeros(len(w), dtype=bool)
        for i in used:
            mask |= masks[question_of[i]] == group_of[i]
        return round(counts[mask].sum()), design.degf(mask)

    return Estimates(
        names={key: [x for each in names for x in each[key]] for key in names[0]},
        statistic=statistic,
        theta=theta,
        cov=cov,
        df=np.concatenate(df),
        deff=effect,
        kish=np.concatenate(kish),
        weighted=design.weighted,
        level=level,
        method=method,
        cases=cases,
    )


# ---- quantiles ---------------------------------------------------------------------------------------------


def weighted_quantile(values: np.ndarray, weights: np.ndarray, probability) -> np.ndarray:
    """Smallest value at which the weighted distribution function reaches each probability (R qrule "math").

    Values of weight zero are passed over; rounding of the weights' sum does not push to the next value.
    """
    kept = weights != 0
    values, weights = values[kept], weights[kept]
    order = np.argsort(values, kind="stable")
    cumulated = np.cumsum(weights[order])
    position = np.searchsorted(cumulated / cumulated[-1], np.asarray(probability) - 1e-12, side="left")
    return values[order][np.minimum(position, len(values) - 1)]


def _quantiles(design, question, probabilities, by, level) -> pd.DataFrame:
    read = _read_question(design.frame, question, "quantile")
    if read.codes is not None:
        raise DesignError(f"{question!r} is not a number; quantiles need one.")
    probabilities = np.atleast_1d(np.asarray(probabilities, dtype=float))
    if not ((probabilities > 0) & (probabilities < 1)).all():
        raise DesignError(f"probabilities must lie between 0 and 1, not {probabilities.tolist()}.")
    group, groups, by_name = _read_groups(design.frame, by)
    w, active = design.weights, design.active
    rows = []
    for g, label in enumerate(groups):
        inside = active & read.answered & (group == g)
        n = design.counts[inside].sum()
        df = design.degf(inside)
        values, weights = read.amounts[inside], w[inside]
        for p in probabilities:
            row = {"question": question, "option": None, "by": by_name, "group": label}
            row |= {
                "n": n,
                "count": n,
                "statistic": f"quantile {p:g}",
                "df": df,
                "weighted": design.weighted,
            }
            row |= dict.fromkeys(("estimate", "se", "ci_low", "ci_high", "deff", "n_eff"), np.nan)
            rows.append(row)
            if not n:
                continue
            row["estimate"] = float(weighted_quantile(values, weights, p))
            below = np.where(inside, read.amounts <= row["estimate"], 0.0)[:, None]
            share = _mean(w, below, np.where(inside, 0, -1), 1, None)
            variance = design._covariance([share])[0, 0]
            srs = _srs_variance(w, design.counts, np.where(inside, 0, -1), 1, share, "replace")[0]
            if srs > 0:
                row["deff"], row["n_eff"] = variance / srs, n * srs / variance if variance else np.nan
            t = t_quantile(level, df)
            low, high = share.theta[0] - t * np.sqrt(variance), share.theta[0] + t * np.sqrt(variance)
            row["ci_low"] = weighted_quantile(values, weights, low) if low >= 0 else np.nan
            row["ci_high"] = weighted_quantile(values, weights, high) if high <= 1 else np.nan
            row["se"] = (row["ci_high"] - row["ci_low"]) / (2 * t)
    return _long([{name: [row[name] for row in rows] for name in COLUMNS}])


# ---- methods of a design -----------------------------------------------------------------------------------


class Estimators:
    """The estimators, as methods of a design.

    Each takes one column name or several, and ``by``: one column, or several to cross. Each returns one long
    frame with the columns

    question, option
        The column's name; a boolean ``platforms.facebook`` is option ``facebook`` of question ``platforms``;
        a categorical has a row per category.
    by, group
        The grouping and the group; None for the whole domain.
    n, count
        Unweighted respondents in the denominator (in the domain, in the group, answered, weight not zero),
        and those of them with that answer. For numbers both are the former.
    statistic, estimate, se, ci_low, ci_high, df
        Proportions are fractions. Intervals are by t with ``df``: first-stage units minus strata, of those
        with a case in the denominator.
    deff, n_eff
        Variance over that of a simple random sample of ``n`` respondents, drawn with replacement
        (``deff="replace"``) or without ("noreplace": needs weights that add up to the population); n over
        deff, or over Kish's design effect where the sample shows no variance.
    weighted
        Whether weights were given.

    Missing answers leave the denominator, not the design. Respondents missing in ``by`` are in no group.
    """

    _collapsible = True  # whether cells keep all that the design must know

    def _covariance(self, parts: Sequence[_Linearised]) -> np.ndarray:
        influence = np.hstack([part.influence for part in parts])
        return self.cov(influence * self.weights[:, None])

    def estimate(
        self,
        statistic: str,
        questions: str | Sequence[str],
        by: str | Sequence[str] | None = None,
        *,
        denominator: str | None = None,
        level: float = 0.95,
        method: str = "logit",
        deff: str = "replace",
    ) -> Estimates:
        """One statistic of several columns and groups with their joint covariance, for contrasts.

        ``statistic`` is "mean", "proportion", "total", "variance" or "ratio" (with ``denominator``).
        """
        if (statistic == "ratio") != (denominator is not None):
            raise DesignError("a ratio, and only a ratio, needs a denominator.")
        return _estimate(self, statistic, questions, by, level, method, deff, denominator)

    def _each(self, statistic, questions, by, level, deff, method="logit") -> pd.DataFrame:
        # One question at a time: the joint covariance is not wanted, and cells stay few.
        return _long(
            [
                _estimate(self, statistic, name, by, level, method, deff).columns()
                for name in as_list(questions)
            ]
        )

    def mean(self, questions, by=None, *, level: float = 0.95, deff: str = "replace") -> pd.DataFrame:
        """Weighted means of numbers (or booleans)."""
        return self._each("mean", questions, by, level, deff)

    def proportion(
        self, questions, by=None, *, level: float = 0.95, method: str = "logit", deff: str = "replace"
    ) -> pd.DataFrame:
        """Weighted shares of every category, as fractions; methods: `intervals.proportion_interval`."""
        return self._each("proportion", questions, by, level, deff, method)

    def total(self, questions, by=None, *, level: float = 0.95, deff: str = "replace") -> pd.DataFrame:
        """Weighted totals of numbers, or of the respondents in every category."""
        return self._each("total", questions, by, level, deff)

    def variance(self, questions, by=None, *, level: float = 0.95, deff: str = "replace") -> pd.DataFrame:
        """Population variances of numbers, ``n/(n-1)`` times the weighted mean square (R ``svyvar``)."""
        return self._each("variance", questions, by, level, deff)

    def ratio(
        self, numerator, denominator: str, by=None, *, level: float = 0.95, deff: str = "replace"
    ) -> pd.DataFrame:
        """Ratios of two totals, among respondents with both; question is ``numerator / denominator``."""
        frames = [
            _estimate(self, "ratio", name, by, level, "logit", deff, denominator)
            .frame()
            .assign(question=f"{name} / {denominator}")
            for name in as_list(numerator)
        ]
        return pd.concat(frames, ignore_index=True)

    def quantile(
        self, questions, probabilities=(0.25, 0.5, 0.75), by=None, *, level: float = 0.95
    ) -> pd.DataFrame:
        """Quantiles of numbers (R qrule "math") with Woodruff intervals by t.

        The interval holds the values at the ends of the t interval of the share at or below the quantile;
        missing where that interval leaves 0 to 1. The standard error is its width over twice the t quantile.
        """
        frames = [_quantiles(self, name, probabilities, by, level) for name in as_list(questions)]
        return pd.concat(frames, ignore_index=True)

    def difference(
        self,
        questions,
        by: str | Sequence[str],
        statistic: str = "proportion",
        pairs: Sequence[tuple[str, str]] | None = None,
        *,
        level: float = 0.95,
    ) -> pd.DataFrame:
        """First group minus second, with the covariance of the two; ``group`` reads "first - second".

        ``pairs`` None takes all pairs, later group minus earlier. ``statistic`` as in `estimate`, which
        becomes "difference" of it; n and count are those of both groups together; interval by t.
        """
        frames = []
        for name in as_list(questions):
            estimates = _estimate(self, statistic, name, by, level, "logit", "replace")
            groups = list(dict.fromkeys(estimates.labels["group"]))
            chosen = [(b, a) for a, b in combinations(groups, 2)] if pairs is None else pairs
            wanted = {f"{a} - {b}": {a: 1, b: -1} for a, b in chosen}
            frames.append(estimates.contrast(wanted, f"difference in {statistic}"))
        return pd.concat(frames, ignore_index=True)
