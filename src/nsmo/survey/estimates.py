"""Shares, means, and their differences between groups, in the columns of `nsmo.results.COLUMNS`."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from nsmo.results import COLUMNS, VALUES
from nsmo.stats import SurveyDesign, difference
from nsmo.stats.outcomes import Effect
from nsmo.study import StudyError, Variable
from nsmo.survey.counted import CountedSurvey
from nsmo.survey.designs import Survey
from nsmo.survey.disclosure import suppress
from nsmo.survey.linked import DECIMALS
from nsmo.survey.measures import as_numeric, shares
from nsmo.survey.weighed import COARSE


def estimates(
    survey: Survey | CountedSurvey,
    questions: str | Sequence[str],
    by: Sequence[str | None] = (None,),
    *,
    options: Iterable[str] | None = None,
    statistics: Sequence[str] = ("proportion", "mean"),
) -> pd.DataFrame:
    """Estimate shares and means of questions, unweighted and weighted, for everybody and by group.

    Parameters
    ----------
    survey : Survey
        The respondents.
    questions : str or sequence of str
        Names. Closed questions give a share per option (and for the top box), numeric ones a mean, ordinal
        ones both; text and dates cannot be estimated.
    by : sequence of str or None
        Questions whose answers make groups; None is everybody.
    options : iterable of str, optional
        Only these options.
    statistics : sequence of str
        "proportion", "mean" or both.

    Returns
    -------
    DataFrame
        Long, in the order of the arguments. Weighted figures of groups are left out where
        `Survey.hide_weighted_groups` says so, and suppressed where those behind them are worth too little.

    Raises
    ------
    StudyError
        For a question that cannot be estimated, or groups that are no closed question with one answer.

    Examples
    --------
    >>> table = estimates(survey, "mood", by=["market"], options=["top"])
    >>> table.loc[~table["weighted"], ["group", "n", "estimate"]].values.tolist()
    [['people', 20, 0.6], ['firms', 20, 0.4]]
    """
    names = [questions] if isinstance(questions, str) else list(questions)
    options = None if options is None else list(options)
    frames = []
    for name in names:
        variable = survey.codebook.variable(name)
        for grouping in by:
            if grouping is not None:
                require_groups(survey.codebook.variable(grouping))
            about = survey.about([name] if grouping is None else [name, grouping])
            columns = _columns(about.frame, variable, statistics, options)
            for weighted, design in about.designs(groups=grouping is not None):
                for statistic, measured in columns.items():
                    base = variable.base if statistic == "proportion" else "answered"
                    table = estimate_columns(design, statistic, measured, grouping, survey.confidence)
                    few = _too_few(about, table, measured, grouping, weighted)
                    frames.append(table.assign(base=base, weighted=weighted, few=few))
    return _shown(survey, frames)


def _columns(
    frame: pd.DataFrame, variable: Variable, statistics: Sequence[str], options: list[str] | None
) -> dict[str, pd.DataFrame]:
    """Find the columns to estimate, by statistic."""
    columns = {}
    if variable.type in ("single", "multi", "ordinal") and "proportion" in statistics:
        columns["proportion"] = shares(frame, variable, options)
    if variable.type in ("numeric", "ordinal") and "mean" in statistics and options is None:
        columns["mean"] = as_numeric(frame, variable).to_frame(variable.name)
    if not columns:
        raise StudyError(
            found=f"'{variable.name}' is {variable.type}: it has no {' or '.join(statistics)} to estimate"
        )
    return columns


def _shown(survey: Survey | CountedSurvey, frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Combine tables of one survey, in the columns of results and without what may not be shown."""
    if not frames:
        return pd.DataFrame(columns=COLUMNS)
    table = pd.concat(frames, ignore_index=True)
    table = table.assign(wave=survey.codebook.wave, confidence=survey.confidence)
    # A share that is 0 by a rule of cleaning is no estimate: another sample would have it, too.
    excluded = survey.codebook.excluded
    by_rule = [answer in excluded for answer in zip(table["question"], table["option"], strict=True)]
    table.loc[np.array(by_rule) & table["estimate"].eq(0), ["se", "ci_low", "ci_high"]] = np.nan
    protection = survey.protection
    table = protection.suppress(table) if protection else suppress(table, survey.min_n)
    few = table["few"].to_numpy(dtype=bool)
    for column in VALUES:
        table[column] = table[column].mask(few)
    return table.assign(suppressed=table["suppressed"] | few)[COLUMNS]


def _too_few(
    survey: Survey, table: pd.DataFrame, columns: pd.DataFrame, by: str | None, weighted: bool
) -> list[bool]:
    """Return for each row of a weighted table whether those behind it are worth too little; numbers wait."""
    if not weighted:
        return [False] * len(table)
    found: dict[tuple[bytes, Any], bool] = {}
    few = []
    for row in table[["question", "option", "group"]].to_dict("records"):
        name = row["question"] if pd.isna(row["option"]) else f"{row['question']}.{row['option']}"
        inside = columns[name].notna().to_numpy()
        key = (inside.tobytes(), row["group"])
        if key not in found:
            group = inside if by is None else inside & survey.frame[by].eq(row["group"]).to_numpy()
            found[key] = survey.worth(group) < survey.min_effective_n
        few.append(found[key])
    return few


def require_groups(variable: Variable) -> None:
    """Stop where the answers to a question make no groups, since it is not a closed one with one answer."""
    if variable.type not in ("single", "ordinal"):
        raise StudyError(
            found=f"'{variable.name}' is {variable.type}, so it makes no groups",
            where="rules.yaml, analyse",
            expected="a question with one answer",
        )


def estimate_columns(
    design: SurveyDesign, statistic: str, columns: pd.DataFrame, by: str | None, confidence: float
) -> pd.DataFrame:
    """Estimate columns that belong to one question, each over the respondents for whom it is not missing.

    Parameters
    ----------
    design : SurveyDesign
        Unweighted or weighted.
    statistic : {"proportion", "mean"}
        Of yes or no, or one answer of several; or of numbers.
    columns : DataFrame
        With the index of the design's frame. A column of yes or no is called ``question.option``.
    by : str or None
        Column of the design's frame that makes groups.
    confidence : float
        Of the intervals.

    Returns
    -------
    DataFrame
        As the estimators of `nsmo.stats` give it, without groups that nobody belongs to.

    Examples
    --------
    >>> design = SurveyDesign(pd.DataFrame({"size": ["small", "small", "large", "large"]}))
    >>> fresh = pd.DataFrame({"fresh.yes": [True, False, False, False]})
    >>> table = estimate_columns(design, "proportion", fresh, "size", 0.95)
    >>> dict(zip(table["group"], table["estimate"].tolist(), strict=True)) == {"small": 0.5, "large": 0.0}
    True
    """
    local = design.assign(**{name: columns[name] for name in columns})
    table = getattr(local, statistic)(list(columns.columns), by=by, level=confidence)
    return table[table["n"] > 0]


def differences(
    survey: Survey | CountedSurvey, question: str, by: str, *, option: str | None = None
) -> pd.DataFrame:
    """Estimate how much each group differs from each later one, in a share or a mean.

    Parameters
    ----------
    survey : Survey
        The respondents.
    question : str
        What is compared: the share of `option`, or, without one, the mean.
    by : str
        Question whose answers make the groups.
    option : str, optional
        The answer, or `top`.

    Returns
    -------
    DataFrame
        `group` is "first – second" in names of options, statistic "difference in proportions" or "difference
        in means". The interval is design-based: of means by t, of shares made of the intervals of the two.
        n is that of both groups; too small a group suppresses its differences.

    Examples
    --------
    >>> table = differences(survey, "mood", "market", option="top")
    >>> table.loc[~table["weighted"], ["group", "estimate"]].round(2).values.tolist()
    [['people – firms', 0.2]]
    """
    variable, groups = survey.codebook.variable(question), survey.codebook.variable(by)
    require_groups(groups)
    survey = survey.about([question, by])
    if option is None:
        measured, statistic = as_numeric(survey.frame, variable), "difference in means"
    else:
        measured = shares(survey.frame, variable, [option]).iloc[:, 0]
        statistic = "difference in proportions"
    inside = {name: measured.notna() & survey.frame[by].eq(name) for name in groups.option_names}
    sizes = {name: round(survey.unweighted.counts[members].sum()) for name, members in inside.items()}
    rows = []
    for weighted, design in survey.designs(groups=True):
        local = design.assign(measured=measured)
        for first, second in combinations([name for name, n in sizes.items() if n > 1], 2):
            effect = difference(local, "measured", by, (second, first), level=survey.confidence)
            few = any(survey.too_few(inside[group], weighted) for group in (first, second))
            closed = any(survey.hides(question, option, by, group) for group in (first, second))
            beside = survey.protection is not None and any(
                survey.protection.mean_tells(question, by, group) for group in (first, second)
            )
            if option is None and beside:
                means = (
                    _shown_mean(survey, local, question, by, group, inside[group])
                    for group in (first, second)
                )
                gap = next(means) - next(means)
                effect = replace(effect, estimate=gap, se=np.nan, ci_low=np.nan, ci_high=np.nan)
            if weighted and survey.protection is not None and option is not None:
                closed |= survey.protection.weighed.gone(question, by)
                if survey.protection.weighed.coarse(question, by):
                    both = (round(_mean_of(local, inside[group]), COARSE) for group in (first, second))
                    gap = next(both) - next(both)
                    effect = replace(effect, estimate=gap, se=np.nan, ci_low=np.nan, ci_high=np.nan)
            rows.append(
                effect_row(
                    effect,
                    hidden=closed or few,
                    wave=survey.codebook.wave,
                    question=question,
                    option=option,
                    by=by,
                    group=f"{first} – {second}",
                    n=survey.number(
                        sizes[first] + sizes[second], closed or few or (option is None and beside)
                    ),
                    base="answered" if option is None else variable.base,
                    statistic=statistic,
                    weighted=weighted,
                    confidence=survey.confidence,
                )
            )
    return pd.DataFrame(rows, columns=COLUMNS)


def _shown_mean(
    survey: Survey, design: SurveyDesign, question: str, by: str, group: str, inside: pd.Series
) -> float:
    """The mean of a group as it is shown: the difference of two tells no more than these."""
    mean = _mean_of(design, inside)
    tells = survey.protection is not None and survey.protection.mean_tells(question, by, group)
    return round(mean, DECIMALS) if tells else mean


def _mean_of(design: SurveyDesign, inside: pd.Series) -> float:
    values = design.frame.loc[inside, "measured"].astype(float)
    return float(np.average(values, weights=design.weights[inside]))


def effect_row(effect: Effect, *, hidden: bool, **about: Any) -> dict[str, Any]:
    """Return a row of results of an effect size.

    Parameters
    ----------
    effect : Effect
        As the functions of `nsmo.stats` give it.
    hidden : bool
        Whether too few respondents are behind it to show it.
    **about
        The other columns: what it is about.
    """
    shown = {name: getattr(effect, name) for name in ("estimate", "se", "ci_low", "ci_high")}
    return {**about, **dict.fromkeys(VALUES, np.nan), **({} if hidden else shown), "suppressed": hidden}


def distribution(survey: Survey, question: str) -> pd.DataFrame:
    """Estimate the share of every whole number from the smallest to the largest that was answered.

    Parameters
    ----------
    survey : Survey
        The respondents.
    question : str
        A numeric question that was answered in whole numbers.

    Returns
    -------
    DataFrame
        `option` is the number as text. The base is those who answered.

    Raises
    ------
    StudyError
        If the question is not numeric, or an answer is not a whole number.

    Examples
    --------
    >>> table = distribution(survey, "n_media")
    >>> dict(table.loc[~table["weighted"], ["option", "count"]].values.tolist())
    {'0': 10.0, '1': 20.0, '2': 8.0, '3': 2.0}
    """
    variable = survey.codebook.variable(question)
    values = as_numeric(survey.frame, variable)
    if variable.type != "numeric" or (values.dropna() % 1 != 0).any():
        raise StudyError(
            found=f"the distribution of '{question}' was asked for, whose answers are not whole numbers",
            where="rules.yaml, analyse",
        )
    present = range(int(values.min()), int(values.max()) + 1) if values.notna().any() else []
    answers = values.map(lambda value: f"{value:.0f}", na_action="ignore")
    return spread(survey, question, answers, [str(number) for number in present])


def spread(survey: Survey, question: str, answers: pd.Series, options: Sequence[str]) -> pd.DataFrame:
    """Estimate the shares of answers that were put together from a question's own.

    Parameters
    ----------
    survey : Survey
        The respondents.
    question : str
        The question they were made from.
    answers : Series
        One of `options` for each respondent, or missing; the base is who has one.
    options : sequence of str
        All answers, in order; one that nobody gave has a share of 0.

    Returns
    -------
    DataFrame
    """
    columns = pd.DataFrame({question: pd.Categorical(answers, categories=list(options))}, index=answers.index)
    frames = []
    for weighted, design in survey.designs():
        table = estimate_columns(design, "proportion", columns, None, survey.confidence)
        few = survey.worth(answers.notna()) < survey.min_effective_n if weighted else False
        frames.append(table.assign(base="answered", weighted=weighted, few=few))
    return _shown(survey, frames)
