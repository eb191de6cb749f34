"""What do they answer, question by question."""

from itertools import pairwise

import numpy as np
import pandas as pd

from nsmo.results import CLASS, TOP, fixed
from nsmo.study import Codebook
from nsmo.study.crosstabs import added, is_counted
from nsmo.study.derived import Mean
from nsmo.study.questionnaire import Question
from nsmo.study.variable import Variable
from nsmo.survey import Survey
from nsmo.survey.counted import CountedSurvey
from nsmo.survey.estimates import distribution, estimates, spread
from nsmo.survey.measures import as_numeric

#: Whole numbers are shown one by one when they span up to so many times the number of classes.
_WIDEST = 4


def blocks(codebook: Codebook) -> list[list[Question]]:
    """List the questions that can be counted, in order, a battery of scales in one block.

    Texts, dates and whatever could identify a respondent are left out.

    Returns
    -------
    list of list of Question
        One question each, or all of a battery whose questions share a scale.
    """
    found: dict[str, list[Question]] = {}
    for question in codebook.questions:
        if question.type not in ("text", "date") and not question.identifying:
            scale = question.battery if question.type == "ordinal" else None
            found.setdefault(f"battery {scale}" if scale else question.name, []).append(question)
    return list(found.values())


def derived(codebook: Codebook) -> list[str]:
    """List the derived variables that can be counted, in order; what cross-tables alone need is left out."""
    made = added(codebook)
    variables = [one for one in codebook.variables.values() if one.derived and one.name not in made]
    return [one.name for one in variables if is_counted(one)]


def settled(survey: Survey | CountedSurvey) -> list[str]:
    """List the closed questions that all respondents answered alike, so that there is nothing to show.

    Derived variables that came out alike for all are among them, numbers that nobody gave, and questions with
    several answers that nobody is in the base of.
    """
    asked = [question.name for block in blocks(survey.codebook) for question in block]
    closed = [survey.codebook.variable(name) for name in (*asked, *_there(survey))]
    least = {"single": 2, "ordinal": 2, "numeric": 1}
    counted = [v.name for v in closed if v.type in least]
    alike = [
        name
        for name in counted
        if survey.about([name]).frame[name].nunique() < least[survey.codebook.variable(name).type]
    ]
    return alike + [v.name for v in closed if v.type == "multi" and not _base(survey, v)]


def _base(survey: Survey | CountedSurvey, variable: Variable) -> bool:
    """Whether anybody is in the base of a question."""
    reasons = survey.about([variable.name]).frame[f"{variable.name}.missing"]
    inside = reasons.isna() if variable.base == "answered" else reasons.ne("not_asked")
    return variable.base == "all" or bool(inside.any())


def _there(survey: Survey | CountedSurvey) -> list[str]:
    return [name for name in derived(survey.codebook) if f"{name}.missing" in survey.about([name]).frame]


def results(survey: Survey | CountedSurvey, *, classes: int) -> dict[str, pd.DataFrame]:
    """Estimate every question and derived variable, for everybody, unweighted and weighted.

    Parameters
    ----------
    survey : Survey or CountedSurvey
        The respondents.
    classes : int
        A numeric question with more different answers is counted in so many classes.

    Returns
    -------
    dict of DataFrame
        By the name of the question (of a battery: the battery's), in the columns of `nsmo.results.COLUMNS`;
        the derived variables stand last. A numeric question has its mean, unless it is a year, and the share
        of every answer or class; a mean of several scores has its mean alone, as nobody chose a class of it.
    """
    skipped = settled(survey)
    found = {}
    for block in blocks(survey.codebook):
        names = [question.name for question in block if question.name not in skipped]
        if not names:
            continue
        measured = [name for name in names if not survey.codebook.variable(name).year]
        tables = [estimates(survey.about([name]), name) for name in measured]
        if block[0].type == "numeric":
            tables.append(in_classes(survey.about(names), names[0], classes))
        if any(map(len, tables)):  # of a year nothing may be shown at all
            found[block[0].battery or names[0]] = pd.concat(tables, ignore_index=True)
    for name in _there(survey):
        if name in skipped:
            continue
        own, variable = survey.about([name]), survey.codebook.variable(name)
        table = estimates(own, [name])
        if variable.type == "numeric" and not isinstance(variable.definition, Mean):
            table = pd.concat([table, in_classes(own, name, classes)], ignore_index=True)
        found[name] = table
    return found


def tabulated(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a result that a table shows: the shares, of a battery those of its top box."""
    shares = table[table["statistic"] == "proportion"]
    top = shares[shares["option"] == TOP]
    return top if len(set(shares["question"])) > 1 and len(top) else shares


def in_classes(survey: Survey, question: str, classes: int) -> pd.DataFrame:
    """Estimate the shares of the answers to a numeric question, in classes of equal width if there are many.

    Parameters
    ----------
    survey : Survey
        The respondents.
    question : str
        A numeric question.
    classes : int
        Most classes that are made; their width is 1, 2, 2.5 or 5 times a power of ten.

    Returns
    -------
    DataFrame
        `option` is the number, or "from–<to": the upper end is left out.
    """
    values = as_numeric(survey.frame, survey.codebook.variable(question))
    few = values.nunique() <= classes and not values.max() - values.min() > _WIDEST * classes
    if few and (values.dropna() % 1 == 0).all():
        return _told(survey, distribution(survey, question))
    edges = class_edges(float(values.min()), float(values.max()), classes)
    labels = [f"{low:.12g}{CLASS}{high:.12g}" for low, high in pairwise(edges)]
    cut = pd.cut(values, edges, right=False, labels=labels)
    return _told(survey, spread(survey, question, cut, labels))


def _told(survey: Survey, frame: pd.DataFrame) -> pd.DataFrame:
    """Classes without a figure that is shown would tell no more than the smallest and the largest number."""
    return frame[:0] if survey.protection is not None and frame["suppressed"].all() else frame


def class_edges(low: float, high: float, classes: int) -> list[float]:
    """Compute the ends of classes of one round width that hold all numbers from low to high.

    Parameters
    ----------
    low, high : float
        Smallest and largest number; the largest lies below the last end.
    classes : int
        No more classes than this.
    """
    width = max(high - low, 1e-9) / classes
    for power in range(int(np.floor(np.log10(width))), 300):
        for step in (1, 2, 2.5, 5):
            size = step * 10.0**power
            first = np.floor(low / size + 1e-9)
            last = np.floor(high / size + 1e-9) + 1
            if last - first <= classes:
                return [float(round(size * k, 10)) for k in range(int(first), int(last) + 1)]
    raise ValueError(f"no classes from {low} to {high}")


def caveats(found: dict[str, pd.DataFrame], codebook: Codebook) -> dict[str, list[str]]:
    """Find the figures that look like more than they are.

    Parameters
    ----------
    found : dict of DataFrame
        The `results`.
    codebook : Codebook
        Of the same wave.

    Returns
    -------
    dict of list of str
        The question of each such figure. `shares`: unweighted shares, of some but not of all; `nobody`:
        answers offered that nobody gave; `fixed`: adjusted shares that the weighting sets; `scores`: means
        of scores.
    """
    if not found:  # no question has answers that can be counted
        return {name: [] for name in ("shares", "nobody", "fixed", "scores")}
    table = pd.concat(found.values(), ignore_index=True)
    plain = ~table["weighted"].astype(bool)
    share = table["statistic"].eq("proportion")
    closed = table["question"].map(lambda name: bool(codebook.variable(name).options))
    scored = table["question"].map(lambda name: bool(codebook.variable(name).scores))
    # A box of several answers would count them twice, and in a class of numbers nobody need be.
    offered = closed & table["option"].ne(TOP)
    marks = {
        "shares": plain & share & table["estimate"].between(0, 1, inclusive="neither"),
        "nobody": plain & share & table["count"].eq(0) & offered,
        "fixed": fixed(table),
        "scores": plain & scored & table["statistic"].eq("mean"),
    }
    return {name: table.loc[mark, "question"].tolist() for name, mark in marks.items()}
