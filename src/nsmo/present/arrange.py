"""What a plot draws, in the order in which it draws it; figures and their sentences read the same blocks."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from nsmo.present import frames, theme
from nsmo.present.frames import Row
from nsmo.present.labels import Labels
from nsmo.results import TOP
from nsmo.study.errors import StudyError

#: Of a question with more answers than this, those that nobody gave stand together.
MANY_ANSWERS = 25


class Block(NamedTuple):
    """Estimates that stand in one row of a figure, with the heading above it and its label."""

    heading: str
    label: str
    rows: list[Row]


def shares_of(frame: pd.DataFrame, labels: Labels, what: str) -> list[Row]:
    """List the shares of everybody in a frame, for one question.

    Raises
    ------
    StudyError
        For absent columns, no shares, or several questions.
    """
    frames.require(frame, frames.RESULT, what)
    rows = [r for r in frames.rows_of(frame, labels) if r["statistic"] == "proportion" and not r["group"]]
    frames.require(rows, frames.RESULT, f"{what} (rows with statistic proportion and no group)")
    frames.only(rows, "question", what)
    return rows


def options_in_order(frame: pd.DataFrame, labels: Labels, sort: bool | None = None) -> list[Block]:
    """List the answers to one question, largest first or in the order of the codebook.

    Parameters
    ----------
    frame : DataFrame
        As in `plots.dots`.
    labels : Labels
    sort : bool, optional
        Largest first; by default for a multi-select.
    """
    rows = shares_of(frame, labels, "plots.dots")
    question = rows[0]["question"]
    variable = labels.codebook.variable(question)
    # The top box is a sum of answers; alone it may stand.
    rows = [row for row in rows if row["option"] != TOP] or rows
    frames.unique(rows, ["option", "weighted"], "plots.dots")
    lead = {row["option"]: row["estimate"] for row in frames.leading(rows)}
    order = [name for name in variable.option_names if name in lead]
    order += [name for name in lead if name not in order]
    if sort if sort is not None else variable.type == "multi":
        order.sort(key=lambda name: -np.nan_to_num(lead[name], nan=-1.0))
    known = frames.by_key(rows, "option")
    nobody = [name for name in order if lead[name] == 0] if len(order) > MANY_ANSWERS else []
    if len(nobody) > 2:
        order = [name for name in order if name not in nobody]
    blocks = [Block("", labels.option(question, name), known[(name,)]) for name in order]
    if len(nobody) > 2:
        blocks.append(Block("", labels.words("option.each_other", n=len(nobody)), known[(nobody[0],)]))
    return blocks


def is_largest(row: Row, rows: Sequence[Row], *, exclusive: bool) -> bool:
    """Return whether no answer can be larger than this one, those that are not shown among them.

    Parameters
    ----------
    row : Row
        The largest that is shown.
    rows : sequence of Row
        Those of all answers, of one kind of weighting.
    exclusive : bool
        Whether everybody gave one answer, so that the shares add up to one.
    """
    shown = [one["estimate"] for one in rows if not frames.nothing(one["estimate"])]
    if frames.nothing(row["estimate"]) or not row["estimate"] > 0:
        return False
    return not exclusive or len(shown) == len(rows) or row["estimate"] >= 1 - math.fsum(shown)


def groups_in_order(frame: pd.DataFrame, labels: Labels) -> list[Block]:
    """List the groups of each measure, everybody first and the rest in the order of the codebook.

    Parameters
    ----------
    frame : DataFrame
        As in `plots.intervals`.
    labels : Labels
    """
    what = "plots.intervals"
    frames.require(frame, (*frames.RESULT, "by", "group"), what)
    rows = frames.rows_of(frame, labels)
    frames.only(rows, "statistic", what)
    by = frames.only([row for row in rows if row["by"]], "by", what)
    frames.unique(rows, ["question", "option", "group", "weighted"], what)
    measures = list(frames.by_key(rows, "question", "option"))
    alone = len({question for question, _ in measures}) == 1
    present = dict.fromkeys(row["group"] for row in rows if row["group"])
    groups = ["", *(name for name in labels.codebook.variable(by).option_names if name in present)]
    groups += [group for group in present if group not in groups]
    known = frames.by_key(rows, "question", "option", "group")
    return [
        Block(
            labels.measure(question, option, alone=alone) if len(measures) > 1 else "",
            labels.group(by, group),
            known[question, option, group],
        )
        for question, option in measures
        for group in groups
        if (question, option, group) in known
    ]


#: A bar of less than this says nothing beside what is not shown.
_LEAST_SHOWN = 0.25


class Item(NamedTuple):
    """A bar of a likert figure.

    Attributes
    ----------
    label : str
        Empty where one question stands alone.
    values : list of float
        The share of each answer, low to high.
    top : dict or None
        The result row of the top box.
    n : int
    hidden : bool
        Whether no answer is shown, or so few that the bar would say nothing.
    rest : float
        What the answers that are not shown make up together; 0 where all are.
    origins : list of str
        Where each share comes from; empty where the answers are real.
    """

    label: str
    values: list[float]
    top: Row | None
    n: int | None
    hidden: bool
    origins: list[str]
    rest: float = 0.0


class Battery(NamedTuple):
    """What a likert figure draws.

    Attributes
    ----------
    questions : list of str
    scale : dict
        Label by name of answer, low to high.
    top : str
        Label of the top box.
    by : str
        What the bars are broken down by, if by anything.
    two_sided : bool
        Whether the scale has a middle, from which bars diverge.
    items : list of Item
    rows : list of dict
        What they are made of.
    """

    questions: list[str]
    scale: dict[str, str]
    top: str
    by: str
    two_sided: bool
    items: list[Item]
    rows: list[Row]


def likert_items(frame: pd.DataFrame, labels: Labels) -> Battery:
    """List the bars of a likert figure.

    Parameters
    ----------
    frame : DataFrame
        As in `plots.likert`.
    labels : Labels

    Raises
    ------
    StudyError
        For absent columns, scales that differ, or a question that is not ordinal.
    """
    what = "plots.likert"
    frames.require(frame, frames.RESULT, what)
    rows = [row for row in frames.rows_of(frame, labels) if row["statistic"] == "proportion"]
    frames.require(rows, frames.RESULT, f"{what} (rows with statistic proportion)")
    rows = frames.leading(rows)
    frames.unique(rows, ["question", "option", "group"], what)
    questions = list(dict.fromkeys(row["question"] for row in rows))
    variables = [labels.codebook.variable(name) for name in questions]
    scales = {tuple((o.name, o.label(labels.language)) for o in v.options) for v in variables}
    if len(scales) != 1 or any(v.type != "ordinal" for v in variables):
        raise StudyError(
            found=f"{len(scales)} different scales, kinds {', '.join(sorted({v.type for v in variables}))}",
            where=f"the frame given to {what} ({', '.join(questions)})",
            expected="ordinal questions with the same options",
            fix="draw them apart, or with plots.dots",
        )
    scale = dict(scales.pop())
    grouped = any(row["group"] for row in rows)
    items = []
    for (question, group), part in frames.by_key(rows, "question", "group").items():
        names = [labels.question(question)] if len(questions) > 1 else []
        names += [labels.group(part[0]["by"], group)] if grouped else []
        by_option = {row["option"]: row for row in part}
        values = [float(by_option[name]["estimate"]) if name in by_option else np.nan for name in scale]
        some = any(row["suppressed"] for row in part)
        shown = float(np.nansum(values))
        hidden = some and shown < _LEAST_SHOWN
        items.append(
            Item(
                ": ".join(names),
                values,
                None if (top := by_option.get(TOP)) and top["suppressed"] else top,
                max((int(row["n"]) for row in part if row["n"] is not None), default=None),
                hidden,
                [by_option[name]["origin"] if name in by_option else "" for name in scale],
                max(0.0, 1.0 - shown) if some and not hidden else 0.0,
            )
        )
    top = labels.option(questions[0], TOP) if variables[0].top_box else ""
    by = next((row["by"] for row in rows if row["by"]), "")
    # Of which side a piece is that is not shown, nobody can see.
    two_sided = theme.two_sided(len(scale), len(variables[0].top_box)) and not any(one.rest for one in items)
    return Battery(questions, scale, top, by, two_sided, items, rows)


def counts_in_order(frame: pd.DataFrame, labels: Labels) -> list[Row]:
    """List the shares of a count, with the count as a number.

    Parameters
    ----------
    frame : DataFrame
        As in `plots.distribution`.
    labels : Labels

    Raises
    ------
    StudyError
        For options that are not whole numbers.
    """
    rows = shares_of(frame, labels, "plots.distribution")
    try:
        rows = [row | {"count": int(float(row["option"]))} for row in rows]
    except ValueError:
        raise StudyError(
            found=f"options {', '.join(dict.fromkeys(str(row['option']) for row in rows))}",
            where=f"the frame given to plots.distribution ({rows[0]['question']})",
            expected="whole numbers in the column option",
            fix="use plots.dots for options with names",
        ) from None
    frames.unique(rows, ["count", "weighted"], "plots.distribution")
    return sorted(rows, key=lambda row: (row["weighted"], row["count"]))
