"""What do they answer, question by question."""

from itertools import pairwise

import numpy as np
import pandas as pd

from nsmo.present import Wording, figures, tables
from nsmo.present.theme import Picture
from nsmo.stages import analyse
from nsmo.study import Codebook
from nsmo.study.questionnaire import Question


def blocks(codebook: Codebook) -> list[list[Question]]:
    """Put the questions that can be counted into the order of the questionnaire, a battery in one block.

    Texts, dates and whatever could identify a respondent are left out.

    Returns
    -------
    list of list of Question
        One question each, or all of a battery.
    """
    found: dict[str, list[Question]] = {}
    for question in codebook.questions:
        if question.type not in ("text", "date") and not question.identifying:
            found.setdefault(f"battery {question.battery}" if question.battery else question.name, []).append(
                question
            )
    return list(found.values())


def settled(frame: pd.DataFrame, codebook: Codebook) -> list[str]:
    """Name the closed questions that all respondents answered alike, so that there is nothing to show."""
    names = []
    for question in (question for block in blocks(codebook) for question in block):
        if question.type in ("single", "ordinal") and frame[question.name].nunique() < 2:
            names.append(question.name)
    return names


def results(
    designs: analyse.Designs, codebook: Codebook, *, confidence: float, min_n: int, classes: int
) -> dict[str, pd.DataFrame]:
    """Estimate every question, for everybody, unweighted and weighted.

    Parameters
    ----------
    designs, codebook, confidence, min_n
        As in `analyse.estimates`.
    classes : int
        A numeric question with more different answers is counted in so many classes.

    Returns
    -------
    dict of DataFrame
        By the name of the question (of a battery: the battery's), in the columns of `analyse.COLUMNS`. A
        numeric question has its mean, and the share of every answer or class.
    """
    skipped = settled(designs.frame, codebook)
    found = {}
    for block in blocks(codebook):
        names = [question.name for question in block if question.name not in skipped]
        if not names:
            continue
        table = analyse.estimates(designs, codebook, names, confidence=confidence, min_n=min_n)
        if block[0].type == "numeric":
            spread = in_classes(designs, codebook, names[0], classes, confidence=confidence, min_n=min_n)
            table = pd.concat([table, spread], ignore_index=True)
        found[block[0].battery or names[0]] = table
    return found


def in_classes(
    designs: analyse.Designs,
    codebook: Codebook,
    question: str,
    classes: int,
    *,
    confidence: float,
    min_n: int,
) -> pd.DataFrame:
    """Estimate the shares of the answers to a numeric question, in classes of equal width if there are many.

    Parameters
    ----------
    designs, codebook, confidence, min_n
        As in `analyse.estimates`.
    question : str
        A numeric question.
    classes : int
        Most classes that are made; their width is 1, 2, 2.5 or 5 times a power of ten.

    Returns
    -------
    DataFrame
        In the columns of `analyse.COLUMNS`; `option` is the number, or "from–<to": the upper end is left out.
    """
    values = analyse.numbers(designs.frame, codebook.variable(question))
    if values.nunique() <= classes and (values.dropna() % 1 == 0).all():
        return analyse.distribution(designs, codebook, question, confidence=confidence, min_n=min_n)
    edges = class_edges(float(values.min()), float(values.max()), classes)
    labels = [f"{low:.12g}{figures.CLASS}{high:.12g}" for low, high in pairwise(edges)]
    cut = pd.cut(values, edges, right=False, labels=labels)
    return analyse.spread(designs, codebook, question, cut, labels, confidence=confidence, min_n=min_n)


def class_edges(low: float, high: float, classes: int) -> list[float]:
    """Give the ends of classes of one round width that hold all numbers from low to high.

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


def picture(frame: pd.DataFrame, codebook: Codebook, language: str) -> Picture:
    """Draw the result of a question, or of a battery, as its type asks for.

    Parameters
    ----------
    frame : DataFrame
        One of the `results`.
    codebook : Codebook
        Of the same wave.
    language : str
        nl or en.
    """
    names = frame["question"].unique()
    if len(names) > 1:
        return figures.likert(frame, codebook, language)
    shares = frame[frame["statistic"] == "proportion"]
    if codebook.variable(names[0]).type == "numeric":
        if shares["option"].str.fullmatch(r"\d+").all():
            return figures.distribution(shares, codebook, language)
        return figures.shares(shares, codebook, language, sort=False)
    return figures.shares(shares, codebook, language)


def means(frame: pd.DataFrame, codebook: Codebook, language: str) -> str:
    """Tell the unweighted means of a result, and what a mean is of: numbers, or scores of ordered answers.

    A score says at which step of its scale an answer stands; it is no number of anything, so both ends of the
    scale are named.

    Parameters
    ----------
    frame : DataFrame
        One of the `results`.
    codebook : Codebook
        Of the same wave.
    language : str
        nl or en.

    Returns
    -------
    str
        A sentence for each scale, none where nothing has a mean.
    """
    wording = Wording(language)
    several = len(set(frame["question"])) > 1
    told: dict[str, list[str]] = {}
    for row in frame[frame["statistic"].eq("mean") & ~frame["weighted"]].to_dict("records"):
        variable = codebook.variable(row["question"])
        head = wording("topline.mean")
        if variable.scores:
            ends = [pick(variable.scores, key=variable.scores.__getitem__) for pick in (min, max)]
            scores = [variable.scores[name] for name in ends]
            low, high = (wording.number(score, 0 if score.is_integer() else 2) for score in scores)
            first, last = (figures.option_label(variable, name, language) for name in ends)
            head = wording("topline.score", low=low, first=first, high=high, last=last)
        estimate = wording.estimate(row)
        told.setdefault(head, []).append(f"{variable.label(language)} {estimate}" if several else estimate)
    return " ".join(f"{head}: {'; '.join(texts)}." for head, texts in told.items())


def doubts(found: dict[str, pd.DataFrame], codebook: Codebook) -> dict[str, list[str]]:
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
    table = pd.concat(found.values(), ignore_index=True)
    plain = ~table["weighted"].astype(bool)
    share = table["statistic"].eq("proportion")
    closed = table["question"].map(lambda name: bool(codebook.variable(name).options))
    scored = table["question"].map(lambda name: bool(codebook.variable(name).scores))
    # A box of several answers would count them twice, and in a class of numbers nobody need be.
    offered = closed & table["option"].ne(analyse.TOP)
    marks = {
        "shares": plain & share & table["estimate"].between(0, 1, inclusive="neither"),
        "nobody": plain & share & table["count"].eq(0) & offered,
        "fixed": tables.fixed(table),
        "scores": plain & scored & table["statistic"].eq("mean"),
    }
    return {name: table.loc[mark, "question"].tolist() for name, mark in marks.items()}
