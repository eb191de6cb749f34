"""Indices of selection: how far the make-up of the respondents is off, and what that can do to an answer.

What is known of the population are the margins that the weights meet; so the population is the respondents
with their weights, and no other file is read.
"""

import numpy as np
import pandas as pd

from nsmo.stats.selection import PHIS, mubp, proxy, smub, variation_of_classes, variation_of_weights
from nsmo.study import Codebook
from nsmo.survey import Survey, measures

#: Columns of the indices of an answer, one for each phi: selection by the classes, by both, by the answer.
BY = dict(zip(PHIS, ("by_classes", "by_both", "by_answer"), strict=True))
_COMPOSITION = ["margin", "classes", "cv", "adjusted", "largest_rate", "r_indicator", "points"]
_INDICES = ["question", "option", "by", "group", "n", "value", "correlation", *BY.values()]


def composition(frame: pd.DataFrame, *, together: bool = True) -> pd.DataFrame:
    """Compute how unequal the chances of taking part were between the classes of each margin.

    Parameters
    ----------
    frame : DataFrame
        The respondents with `weight` and a ``margin.<name>`` per margin.
    together : bool
        Whether all margins together have a row; not where it would tell what is hidden of one by another.

    Returns
    -------
    DataFrame
        A row per margin, and where there are several a last one for all of them together, by the weights
        (`margin` is empty): ``margin, classes, cv, adjusted, largest_rate, r_indicator`` (at that rate, the
        lowest that R can be), ``points``: by how many percentage points a share near a half can be off at
        most, if the chances vary with these classes only (half of cv, or 50). Without rows where nothing is
        weighted to margins.
    """
    rows = []
    margins = [column for column in frame if column.startswith("margin.")]
    total = frame["weight"].sum()
    for column in margins:
        shares = (frame.groupby(column, observed=True)["weight"].sum() / total).to_dict()
        counts = frame[column].value_counts().to_dict()
        found = variation_of_classes({name: counts[name] for name in shares}, shares)
        rows.append((column.removeprefix("margin."), len(shares), found))
    if together and len(margins) > 1:
        rows.append(("", len(frame.groupby(margins, observed=True)), variation_of_weights(frame["weight"])))
    return pd.DataFrame(
        [
            (
                *(name, classes, one.cv, one.adjusted, one.largest_rate),
                *(one.r_indicator(one.largest_rate), min(50.0, 50 * one.cv)),
            )
            for name, classes, one in rows
        ],
        columns=_COMPOSITION,
    )


def indices(survey: Survey, found: pd.DataFrame, *, together: bool = True) -> pd.DataFrame:
    """Compute by how much each headline, and each mean that opens the report, can be off by selection.

    Parameters
    ----------
    survey : Survey
        The respondents with their weights and margins.
    found : DataFrame
        From `shares`; those about everybody are taken, those that may not be shown are left out, and those of
        which a cell by one of the margins is hidden: an index is an association with all of them.
    together : bool
        As of `composition`; without it there is no row.

    Returns
    -------
    DataFrame
        A row per share (MUBP, in percentage points) and mean (SMUB, in standard deviations; `option` is
        empty): ``question, option, by, group, n, value, correlation`` (of the answer with what the classes
        tell of it), ``by_classes, by_both, by_answer``: how far too high the figure of the respondents is, if
        who takes part depends on the classes, on both, on the answer itself. Without rows where nothing is
        weighted to margins.
    """
    frame, codebook = survey.frame, survey.codebook
    margins = [column for column in frame if column.startswith("margin.")]
    if not margins or not together:
        return pd.DataFrame(columns=_INDICES)
    known = pd.get_dummies(frame[margins], drop_first=True).to_numpy(float)
    rows = []
    for head in found[found["group"].isna() & found["share"].notna()].to_dict("records"):
        variable = codebook.variable(head["question"])
        if _beside_hidden(survey, variable.name):
            continue
        answers = measures.shares(frame, variable, [head["option"]]).iloc[:, 0]
        rows.append(_index(answers, known, frame["weight"], share=True) | _named(head))
    for question in _means(codebook):
        answers = measures.as_numeric(frame, codebook.variable(question))
        plan = survey.protection
        exact = not survey.hides(question, None, "", "") and (plan is None or not plan.mean_tells(question))
        exact &= not _beside_hidden(survey, question)
        if exact and answers.notna().sum() >= survey.min_n:
            rows.append(_index(answers, known, frame["weight"], share=False) | _named({"question": question}))
    return pd.DataFrame(rows, columns=_INDICES)


def _beside_hidden(survey: Survey, question: str) -> bool:
    """Whether anything is hidden of a question by a margin."""
    weighting, plan = survey.codebook.weighting, survey.protection
    if plan is None or weighting is None:
        return False
    return any(plan.weighed.coarse(question, margin.question) for margin in weighting.margins)


def _named(head: dict) -> dict:
    return {"question": head["question"], "option": head.get("option"), "by": None, "group": None}


def _means(codebook: Codebook) -> list[str]:
    """The questions whose means stand for the study."""
    return list(dict.fromkeys(one.question for one in codebook.headlines if not one.option))


def _index(answers: pd.Series, known: np.ndarray, weights: pd.Series, *, share: bool) -> dict:
    inside = answers.notna().to_numpy()
    values, weight = answers[inside].to_numpy(float), weights[inside].to_numpy(float)
    row = {"n": int(inside.sum()), "value": float(values.mean()), "correlation": 0.0}
    predicted = proxy(values, known[inside])
    if predicted.std() < 1e-9:  # all answered alike, or the classes do not differ in it
        return row | dict.fromkeys(BY.values(), np.nan)
    mean = np.average(predicted, weights=weight)
    if share:
        variance = np.average((predicted - mean) ** 2, weights=weight)
        correlation, off = mubp(values, predicted, mean, variance)
        off = {phi: 100 * value for phi, value in off.items()}
    else:
        correlation, off = smub(values, predicted, mean)
    return row | {"correlation": correlation} | {BY[phi]: value for phi, value in off.items()}
