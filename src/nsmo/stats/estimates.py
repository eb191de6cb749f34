"""Estimates with their joint covariance: means, proportions, totals, ratios, variances, contrasts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .coding import DesignError, as_list, sum_by
from .influence import (
    linear_mean,
    linear_ratio,
    linear_total,
    linear_variance,
    srs_variance,
)
from .intervals import by_t, mover, proportion_interval
from .questions import Question, check_size, collapse, read_groups, read_question

if TYPE_CHECKING:
    from .design import SurveyDesign

COLUMNS = ["question", "option", "by", "group", "n", "count", "statistic", "estimate", "se"]
COLUMNS += ["ci_low", "ci_high", "df", "deff", "n_eff", "weighted"]
TEXT = ("question", "option", "by", "group", "statistic")
TYPES = {"n": int, "count": int, "weighted": bool}  # the others are numbers with a fraction
STATISTICS = ("mean", "proportion", "total", "ratio", "variance")
DEFF = ("replace", "noreplace")


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
    effective: np.ndarray = field(repr=False)  # cases where there is no variance
    fixed: np.ndarray = field(repr=False)  # by the calibration
    weighted: bool = False
    level: float = 0.95
    method: str = "logit"
    cases: Callable[[np.ndarray], tuple[int, int]] = field(repr=False, kw_only=True)

    @property
    def se(self) -> np.ndarray:
        """Standard errors."""
        return np.sqrt(np.diag(self.cov))

    @cached_property
    def labels(self) -> pd.DataFrame:
        """One row per estimate: column, question, option, by, group, n, count."""
        return pd.DataFrame(self.names).astype({"option": object, "by": object, "group": object})

    @cached_property
    def ends(self) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper ends of the intervals."""
        if self.statistic != "proportion":
            return by_t(self.theta, self.se, self.df, self.level)
        n = np.asarray(self.names["n"], dtype=float)
        return proportion_interval(
            self.theta, np.diag(self.cov), self.df, n, self.effective, self.level, self.method, self.fixed
        )

    def frame(self) -> pd.DataFrame:
        """The long table: one row per estimate, `COLUMNS`."""
        return long_frame([self.columns()])

    def columns(self) -> dict[str, Sequence]:
        """The columns of `frame`."""
        n = np.asarray(self.names["n"], dtype=float)
        low, high = self.ends
        with np.errstate(divide="ignore", invalid="ignore"):
            n_eff = np.where(self.deff > 1e-12, n / self.deff, self.effective)
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

    def recovered(self, i: int, j: int) -> tuple[float, float, float, float]:
        """Estimate i minus estimate j, its standard error, and its interval by `intervals.mover`."""
        cov, (lows, highs) = self.cov, self.ends
        one, other = ((float(self.theta[k]), float(lows[k]), float(highs[k])) for k in (i, j))
        spread = np.sqrt(cov[i, i] * cov[j, j])
        low, high = mover(one, other, cov[i, j] / spread if spread > 0 else 0.0)
        se = float(np.sqrt(max(cov[i, i] + cov[j, j] - 2 * cov[i, j], 0)))
        return one[0] - other[0], se, float(low), float(high)

    def contrast(
        self, contrasts: Mapping[str, Mapping], statistic: str = "contrast", spent: int = 0
    ) -> pd.DataFrame:
        """Linear combinations of the estimates, with their covariance (R ``svycontrast``).

        Parameters
        ----------
        contrasts
            Name to coefficients: ``{"b - a": {"b": 1, "a": -1}}``. With ``by`` the keys are groups, and the
            contrast is taken for every option; without, they are options, or columns.
        statistic
            Its name in the frame.
        spent
            Degrees of freedom to take off.

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
                df.append(freedom - spent)
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
        return long_frame([names | numbers | constant | {"deff": nothing, "n_eff": nothing}])

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


def long_frame(parts: Sequence[Mapping[str, Sequence | np.ndarray]]) -> pd.DataFrame:
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


def _names(question: Question, by, groups: Sequence, n: np.ndarray, count: np.ndarray) -> dict[str, Sequence]:
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


def compute_estimates(
    design: "SurveyDesign",
    statistic: str,
    questions: str | Sequence[str],
    by: str | Sequence[str] | None,
    level: float,
    method: str,
    deff: str,
    denominator: str | None = None,
) -> Estimates:
    """Estimates of several columns together, with their joint covariance."""
    if statistic not in STATISTICS:
        raise DesignError(f"statistic must be one of {', '.join(STATISTICS)}, not {statistic!r}.")
    if deff not in DEFF:
        raise DesignError(f"deff must be one of {', '.join(DEFF)}, not {deff!r}.")
    if not 0 < level < 1:
        raise DesignError(f"level must lie between 0 and 1, not {level}.")
    read = [read_question(design.frame, name, statistic) for name in as_list(questions)]
    if not read:
        raise DesignError("no question was named.")
    below = None if denominator is None else read_question(design.frame, denominator, "ratio")
    group, groups, by_name = read_groups(design.frame, by)
    design, read, group = collapse(design, read if below is None else [*read, below], group)
    if below is not None:
        *read, below = read
    w, counts, active = design.weights, design.counts, design.active
    size = len(groups)
    columns = size * sum(len(question.labels) for question in read)
    check_size([question.name for question in read], by_name, len(design.frame), columns)
    names, parts, masks, srs, effective, df = [], [], [], [], [], []
    for question in read:
        y = question.matrix()
        answered = active & question.answered & (group >= 0)
        if below is not None:
            answered &= below.answered
        own = np.where(answered, group, -1)
        y = np.where(answered[:, None], y, 0.0)
        safe = np.where(answered, group, 0)
        own_cases = np.where(answered, counts, 0.0)
        n = sum_by(safe, own_cases, size)
        count = sum_by(safe, own_cases[:, None] * y, size) if question.codes is not None else n[:, None]
        if statistic == "mean" or statistic == "proportion":
            exact = None
            if question.codes is not None:
                exact = np.where(count == n[:, None], 1, np.where(count == 0, -1, 0))
            linear = linear_mean(w, y, own, size, exact)
        elif statistic == "total":
            linear = linear_total(w, y, own, size)
        elif below is not None:
            linear = linear_ratio(w, y, np.where(answered[:, None], below.matrix(), 0.0), own, size)
        else:
            linear = linear_variance(w, y, own, size, n)
        names.append(_names(question, by_name, groups, n, count))
        parts.append(linear)
        masks.append(own)
        srs.append(srs_variance(w, counts, own, size, linear, deff))
        effective.append(np.repeat(design.effective_units(own, size), len(question.labels)))
        df.append(np.repeat(design.degf_by(own, size), len(question.labels)))
    theta = np.concatenate([part.theta for part in parts])
    if statistic == "total":  # of nobody: R says zero
        theta = np.where([n == 0 for each in names for n in each["n"]], np.nan, theta)
    cov = design.joint_covariance(parts)
    silent, fixed = np.diag(cov) == 0, np.zeros(len(theta), dtype=bool)
    if silent.any():
        influence = np.hstack([part.influence for part in parts])[:, silent]
        fixed[silent] = design.fixed_by_calibration(influence * w[:, None])
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
        effective=np.concatenate(effective),
        fixed=fixed,
        weighted=design.weighted,
        level=level,
        method=method,
        cases=cases,
    )
