"""The figures that the text of a report asks for: which estimates they show, and by which drawing."""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from nsmo.present import plots
from nsmo.present.labels import Labels
from nsmo.present.picture import Picture, drawn
from nsmo.present.sentences import Words
from nsmo.present.shown import is_evidence
from nsmo.runner.remembered import Remember
from nsmo.study.codebook import Codebook
from nsmo.study.first_report import MOST_IN_A_BAR

#: Draws estimates, with labels, of everybody or by a group.
Draw = Callable[[pd.DataFrame, Labels, str], Picture]


def rows_of_figure(
    table: pd.DataFrame, codebook: Codebook, question: str, option: str = "", by: str = ""
) -> pd.DataFrame:
    """Return the estimates of a question or a battery, of the first stage that has them.

    Parameters
    ----------
    table : DataFrame
        The estimates of all stages, with the column `stage`.
    codebook : Codebook
    question : str
        A question, a derived variable, or a battery of questions.
    option : str
        Only the share of this answer; left out: of all, and by group of the top box where there is one.
    by : str
        In whose groups; left out: of everybody.

    Returns
    -------
    DataFrame
        Empty where no stage has them.
    """
    items = [one.name for one in codebook.questions if one.battery == question] or [question]
    rows = table[table["question"].isin(items) & table["by"].isin({"", by})]
    variable = codebook.variable(items[0])
    scored = variable.type == "numeric" or (variable.type == "ordinal" and not variable.top_box)
    statistic = "mean" if by and scored and not option else "proportion"
    rows = rows[rows["statistic"].eq(statistic)]
    # Not the reasons for no answer, which some stages count too.
    rows = rows[rows["option"].isin(["", "top", *variable.option_names]) | (variable.type == "numeric")]
    if by and variable.top_box and not option:
        option = "top" if len(variable.top_box) > 1 else variable.top_box[0]
    if option:
        rows = rows[rows["option"].eq(option)]
    for _, found in rows.groupby("stage", sort=False):
        if (found["by"] == by).any() and set(items) <= set(found["question"]):
            return found
    return rows.iloc[:0]


def picture(rows: pd.DataFrame, labels: Labels, by: str) -> Picture:
    """Draw estimates: groups beside each other, a short scale as one bar, other answers each by itself."""
    rows = rows.drop(columns="stage")
    variable = labels.codebook.variable(str(rows["question"].iloc[0]))
    if by:
        return drawn(plots.intervals, rows, labels)
    if variable.type == "ordinal" and (
        rows["question"].ne(variable.name).any() or len(variable.option_names) <= MOST_IN_A_BAR
    ):
        return drawn(plots.likert, rows, labels)
    if variable.type == "numeric" and not rows["option"].str.fullmatch(r"\d+").all():
        return drawn(plots.dots, rows, labels, sort=False)  # in classes
    if variable.type == "numeric":
        return drawn(plots.distribution, rows, labels)
    return drawn(plots.dots, rows, labels)


def redrawn(remember: Remember) -> Draw:
    """Return a function that draws as `picture` does, or takes what it drew of the same before.

    Parameters
    ----------
    remember : callable
        Knows what decides how estimates are drawn, beside the estimates.
    """

    def draw(rows: pd.DataFrame, labels: Labels, by: str) -> Picture:
        notice = "" if is_evidence(labels.codebook) else labels.words("notice.file")

        def make() -> str:
            made = replace(picture(rows, labels, by), notice=notice)
            drawings = [made.wide.decode("utf-8"), made.phone.decode("utf-8"), b64encode(made.png()).decode()]
            return json.dumps([made.words, made.alt, *drawings])

        question = rows["question"].iloc[0]
        shown = f"{labels.language} {by}\n{rows.to_csv(index=False)}".encode()
        name = ".".join(filter(None, ["figure", question, by, labels.language]))
        words, alt, wide, phone, png = json.loads(remember(name, (shown,), make))
        drawings = (wide.encode("utf-8"), phone.encode("utf-8"), alt)
        return Picture(Words(*words), *drawings, notice, made=b64decode(png))

    return draw
