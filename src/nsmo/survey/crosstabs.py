"""Every question by every banner, in one pass: the frame behind the cross-tables."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nsmo.results import (
    AGAINST_REST,
    BASE_WEIGHT,
    BASE_WORTH,
    BOTTOM,
    COLUMNS,
    FIRST,
    HIGHER_THAN,
    MISSING,
    OF_ANSWERS,
    TOP,
    VALUES,
)
from nsmo.stats.crosstable import Crossing, Figures, Means, Shares
from nsmo.stats.crosstable_replicates import crossing_of
from nsmo.stats.quantiles import weighted_quantile
from nsmo.study import Variable
from nsmo.study.conditions import REASONS
from nsmo.study.crosstabs import banners, made_of, nets, rankings, tabulated
from nsmo.survey.banners import Divisions
from nsmo.survey.compared import compared
from nsmo.survey.counted import CountedSurvey
from nsmo.survey.designs import Survey
from nsmo.survey.disclosure import suppress
from nsmo.survey.following import following, follows
from nsmo.survey.measures import as_numeric, base_mask, shares

DEGREES = "df"
QUANTILES = (0.25, 0.5, 0.75)


def crosstabs(survey: Survey | CountedSurvey, *, compare: bool, degrees: bool = False) -> pd.DataFrame:
    """Estimate every question that has a table by every banner, for everybody and by group.

    Parameters
    ----------
    survey : Survey or CountedSurvey
        The respondents; the files of the wave name questions, banners and nets.
    compare : bool
        Whether groups are compared with each other, and each with all others of its banner. Shares by Rao
        and Scott's test, means by t, both by the design; the level is one less `Survey.confidence`, after
        Holm's adjustment for the comparisons of a row within its banner (unless `adjust: none`). Figures
        that are not shown, or of too few respondents, are compared with none.
    degrees : bool
        Whether each row has its degrees of freedom, in `df`.

    Returns
    -------
    DataFrame
        In the columns of `nsmo.results.COLUMNS`, with `base_weight` and `base_worth`, and `higher_than` and
        `against_rest` where compared. Shares of options, of the top and the bottom box, of those without an
        answer (option ``missing.<reason>``), and of nets (their own variable, option ``yes``); means; of
        numbers the quartiles; of several answers the share of all answers ticked.
    """
    made: dict[bool, list[Part]] = {False: [], True: []}
    crossed, ranked = None, rankings(survey.codebook)
    for name in tabulated(survey.codebook):
        beside = ranked.get(survey.codebook.variable(name).battery or "", [])
        own = survey.about([name, *nets(survey.codebook, name), *beside, *banners(survey.codebook)])
        if crossed is None or crossed.survey is not own:  # in memory it is the same for every question
            crossed = _Crossed.of(own)
        for weighted, crossing in crossed.crossings.items():
            made[weighted] += _parts(own, crossed.divisions, name, weighted, crossing, beside)
    parts = [*made[False], *made[True]]
    if not parts or crossed is None:
        extra = [DEGREES] * degrees + [HIGHER_THAN, AGAINST_REST] * compare
        return pd.DataFrame(columns=[*COLUMNS, BASE_WEIGHT, BASE_WORTH, *extra])
    frame = pd.DataFrame({name: _joined([part.columns[name] for part in parts]) for name in parts[0].columns})
    frame = frame.assign(wave=survey.codebook.wave, confidence=survey.confidence)
    excluded = survey.codebook.excluded
    by_rule = np.array([pair in excluded for pair in zip(frame["question"], frame["option"], strict=True)])
    frame.loc[by_rule & frame["estimate"].eq(0), ["se", "ci_low", "ci_high"]] = np.nan
    frame = _protected(survey, frame)
    if compare:
        hidden = frame["suppressed"].to_numpy(dtype=bool)
        starts = np.concatenate([[0], np.cumsum([len(part.columns["n"]) for part in parts])])
        found = [
            compared(survey, crossed.divisions, part, hidden[start : start + len(part.columns["n"])])
            for part, start in zip(parts, starts, strict=False)
        ]
        frame[HIGHER_THAN] = [text for higher, _ in found for text in higher]
        frame[AGAINST_REST] = [text for _, rest in found for text in rest]
    known = [BASE_WEIGHT, BASE_WORTH, *[DEGREES] * degrees, HIGHER_THAN, AGAINST_REST]
    extra = [name for name in known if name in frame]
    # A statistic of no option, or of everybody, has no name there.
    return frame[[*COLUMNS, *extra]].reset_index(drop=True)


@dataclass(frozen=True)
class Part:
    """Rows of one statistic of one question.

    Attributes
    ----------
    columns : dict
        Of the frame.
    counted : Shares, Means or None
        What compares groups; None where there is no test.
    weighted : bool
    shown : array of bool
        (options, groups): which have a row.
    k : int
        How many options there are.
    plain : array of bool
        (options,) whether it is an answer, not a reason for none.
    """

    columns: dict[str, Any]
    counted: Shares | Means | None
    weighted: bool
    shown: NDArray[np.bool_]
    k: int
    plain: NDArray[np.bool_]


@dataclass(frozen=True)
class _Crossed:
    survey: Survey
    divisions: Divisions
    crossings: dict[bool, Crossing]  # unweighted, weighted

    @classmethod
    def of(cls, survey: Survey) -> "_Crossed":
        divisions = Divisions(survey)
        designs = dict(survey.designs())
        return cls(
            survey,
            divisions,
            {how: crossing_of(one, divisions.codes, divisions.sizes) for how, one in designs.items()},
        )


def _parts(
    survey: Survey,
    divisions: Divisions,
    name: str,
    weighted: bool,
    crossing: Crossing,
    ranked: Sequence[str],
) -> Iterator[Part]:
    variable = survey.codebook.variable(name)
    if f"{name}.missing" not in survey.frame or _settled(survey.frame, variable):
        return
    seen = divisions.shown(made_of(survey.codebook, name))
    if weighted and survey.hide_weighted_groups:
        seen = seen & np.array([by is None for by in divisions.by])
    make = _Maker(survey, divisions, weighted, crossing, seen)
    if variable.options:
        yield from make.closed(variable)
    if variable.type in ("ordinal", "numeric"):
        yield from make.numbers(variable, ranked)


def _settled(frame: pd.DataFrame, variable: Variable) -> bool:
    """Whether all answered alike, so that there is nothing to show."""
    return variable.type in ("single", "ordinal") and frame[variable.name].nunique() < 2


@dataclass(frozen=True)
class _Maker:
    survey: Survey
    divisions: Divisions
    weighted: bool
    crossing: Crossing
    seen: NDArray[np.bool_]

    def closed(self, variable: Variable) -> Iterator[Part]:
        """The shares of a closed question, its nets and its answers."""
        frame = self.survey.frame
        boxes = [TOP] * (len(variable.top_box) > 1) + [BOTTOM] * (len(variable.bottom_box) > 1)
        options = [*variable.option_names, *boxes]
        base = base_mask(frame, variable).to_numpy(dtype=bool)
        ticks = _booleans(shares(frame, variable, options))
        reasons = frame[f"{variable.name}.missing"].astype(object).to_numpy()
        without = [one for one in REASONS if one != "not_asked" and ((reasons == one) & base).any()]
        columns = np.column_stack([ticks, *(reasons == reason for reason in without)])
        names = [*options, *(MISSING + reason for reason in without)]
        counted = Shares(self.crossing, base, columns)
        yield self._part(variable.name, names, "proportion", variable.base, counted)
        for net in nets(self.survey.codebook, variable.name):
            flag = self.survey.codebook.variable(net)
            own = base_mask(frame, flag).to_numpy(dtype=bool)
            yes = Shares(self.crossing, own, _booleans(shares(frame, flag, ["yes"])))
            yield self._part(net, ["yes"], "proportion", flag.base, yes)
        if variable.type == "multi":
            yield self._of_answers(variable, ticks[:, : len(variable.options)], base)

    def numbers(self, variable: Variable, ranked: Sequence[str]) -> Iterator[Part]:
        """The mean of numbers or scores; of numbers the quartiles, of a ranking who put it first.

        Who put it first is a share of those who gave any of its answers a place: who put another one first
        may have left this one out.
        """
        numbers = as_numeric(self.survey.frame, variable).to_numpy(dtype=float)
        means = Means(self.crossing, numbers)
        yield self._part(variable.name, [None], "mean", "answered", means)
        if variable.type != "numeric":
            return
        if ranked:
            frame = self.survey.frame
            given = frame[[name for name in ranked if name in frame]].notna().any(axis=1)
            first = Shares(self.crossing, given.to_numpy(dtype=bool), (numbers == 1)[:, None])
            yield self._part(variable.name, [FIRST], "proportion", "answered", first)
            return
        found = np.full((self.crossing.groups, len(QUANTILES)), np.nan)
        weights = self.crossing.design.weights
        for at, inside in enumerate(self._members(~np.isnan(numbers) & (weights > 0))):
            if inside.any() and self.seen[at]:
                found[at] = weighted_quantile(numbers[inside], weights[inside], QUANTILES)
        for at, quantile in enumerate(QUANTILES):
            yield self._only(variable, [None], f"quantile {quantile:g}", "answered", means, found[:, [at]])

    def _members(self, known: NDArray[np.bool_]) -> Iterator[NDArray[np.bool_]]:
        for codes, size in zip(self.divisions.codes, self.divisions.sizes, strict=True):
            yield from (known & (codes == group) for group in range(size))

    def _of_answers(self, variable: Variable, ticks: NDArray[np.bool_], base: NDArray[np.bool_]) -> Part:
        counted = Shares(self.crossing, base, ticks)
        weight = counted.w.sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = weight / weight.sum(axis=1, keepdims=True)
        return self._only(variable, variable.option_names, OF_ANSWERS, variable.base, counted, share)

    def _only(
        self,
        variable: Variable,
        options: Sequence[str | None],
        statistic: str,
        base: str,
        counted: Shares | Means,
        values: NDArray[np.float64],
    ) -> Part:
        """Rows of estimates without an interval."""
        nothing = np.full(values.shape, np.nan)
        n = np.broadcast_to(counted.cases[:, None], values.shape)
        count = counted.n.sum(axis=0) if statistic == OF_ANSWERS else n
        figures = Figures(n, count, values, *[nothing] * 6)
        return self._part(variable.name, options, statistic, base, counted, figures)

    def _part(
        self,
        question: str,
        options: Sequence[str | None],
        statistic: str,
        base: str,
        counted: Shares | Means,
        figures: Figures | None = None,
    ) -> Part:
        compared = figures is None
        figures = figures or counted.figures(self.survey.confidence)
        k, groups = len(options), self.crossing.groups
        shown = np.broadcast_to((self.seen & (counted.cases > 0))[:, None], (groups, k)).T
        rows = int(shown.sum())

        def column(values: NDArray) -> NDArray:
            return np.asarray(values, dtype=float).T[shown]

        def text(values: Sequence[str | None], axis: int) -> NDArray[np.object_]:
            wide = np.array(values, dtype=object)
            return np.broadcast_to(wide[:, None] if axis else wide, (k, groups))[shown]

        def base_of(values: NDArray) -> NDArray:
            return np.broadcast_to(values, (k, groups))[shown]

        names = {"ci_low": "low", "ci_high": "high"}
        numbers = {name: column(getattr(figures, names.get(name, name))) for name in ["n", *VALUES]}
        few = base_of(counted.worth < self.survey.min_effective_n) & self.weighted
        columns = {
            "question": np.full(rows, question, dtype=object),
            "option": text(options, 1),
            "by": text(self.divisions.by, 0),
            "group": text(self.divisions.group, 0),
            "base": np.full(rows, base, dtype=object),
            "statistic": np.full(rows, statistic, dtype=object),
            "weighted": np.full(rows, self.weighted),
            **numbers,
            DEGREES: column(figures.df),
            BASE_WEIGHT: base_of(counted.size),
            BASE_WORTH: base_of(counted.worth),
            "few": few,
        }
        plain = np.array([not str(option).startswith(MISSING) for option in options])
        return Part(columns, counted if compared else None, self.weighted, shown, k, plain)


def _joined(parts: Sequence[NDArray]) -> NDArray:
    return np.concatenate(parts)


def _booleans(ticks: pd.DataFrame) -> NDArray[np.bool_]:
    return ticks.to_numpy(dtype=bool, na_value=False)


def _rounded(survey: Survey | CountedSurvey, question: str, value: float) -> float:
    """Keep as many digits as may be shown; of a year, whose first digits tell next to nothing, all four."""
    digits = 4 if survey.codebook.variable(question).year else survey.codebook.privacy.digits
    return float(f"{value:.{digits}g}")


def _protected(survey: Survey | CountedSurvey, frame: pd.DataFrame) -> pd.DataFrame:
    """Blank what may not be shown."""
    protection = survey.protection
    before = frame
    if protection is None:
        frame = suppress(frame, survey.min_n)
        hidden = frame["suppressed"].to_numpy(dtype=bool)
    else:
        unweighed = follows(frame)
        weighed = protection.suppress(frame[~unweighed])
        frame = frame.astype({"n": float})
        frame.loc[~unweighed, weighed.columns.drop("suppressed")] = weighed.drop(columns="suppressed")
        hidden = np.zeros(len(frame), dtype=bool)
        hidden[~unweighed] = weighed["suppressed"]
        hidden |= following(before, frame["n"], hidden, unweighed, protection.limits)
        # Their number of respondents is that of a figure that the plan has weighed.
        unsized = np.zeros(len(frame), dtype=bool)
        unsized[unweighed] = protection.unsized(frame[unweighed])
        hidden |= unsized
        frame["n"] = frame["n"].mask(unsized)
        # A quantile is the answer of one respondent, or lies between two.
        spread = frame["statistic"].str.startswith("quantile").to_numpy(dtype=bool)
        kept = frame.loc[spread, ["question", "estimate"]].itertuples(index=False)
        frame.loc[spread, "estimate"] = [_rounded(survey, question, value) for question, value in kept]
        # A mean may stand without its number of respondents.
        for column in (BASE_WEIGHT, BASE_WORTH, DEGREES):
            frame[column] = frame[column].astype(float).mask(frame["n"].isna())
        # What a group weighs is one more sum of the respondents in it.
        cells = list(zip(frame["question"], frame["by"].fillna(""), strict=True))
        coarse = {cell: protection.weighed.coarse(*cell) for cell in set(cells)}
        summed = frame["weighted"].to_numpy(dtype=bool) & np.array(
            [coarse[cell] for cell in cells], dtype=bool
        )
        for column in (BASE_WEIGHT, BASE_WORTH):
            frame[column] = frame[column].mask(summed)
        if not protection.weighed.spread:
            frame[BASE_WORTH] = frame[BASE_WORTH].mask(frame["weighted"].to_numpy(dtype=bool))
    hidden = hidden | frame["few"].to_numpy(dtype=bool)
    for column in [*VALUES, BASE_WEIGHT, BASE_WORTH, DEGREES]:
        frame[column] = frame[column].astype(float).mask(hidden)
    return frame.assign(suppressed=hidden)
