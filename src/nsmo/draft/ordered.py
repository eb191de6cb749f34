"""Finds rankings: those in one cell get a column for each answer, of those by place it is asked."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from nsmo.draft import joined
from nsmo.draft.questions import Question
from nsmo.draft.values import Column
from nsmo.formats.detect import Reading
from nsmo.formats.rankings import Ranked, taken_apart
from nsmo.formats.structure import Variable

#: "Rank 1", "2e plaats", "1st choice".
_WORDS = "rank(?:ing|ed)?|rang|place|plaats|position|positie|platz|choice|keuze|preference|voorkeur"
_PLACE = re.compile(
    rf"\b(?:{_WORDS})\W{{0,3}}(\d+)\b|\b(\d+)(?:st|nd|rd|th|e|ste|de|\.)\W?(?:{_WORDS})\b", re.IGNORECASE
)


def with_rankings(reading: Reading) -> Reading:
    """Return what was read with a column for each answer of a ranking, in which its place stands."""
    export, variables = reading.export, reading.structure.variables
    found = []
    for name, variable in variables.items():
        if variable.part != "answer" or variable.options or variable.kind not in ("", "joined"):
            continue
        column = Column(name, export.cells[name])
        if sign := joined.ranking_sign(column, variable.separator):
            found.append(Ranked(name, sign, tuple(joined.options(column, sign)[0])))
    if not found:
        return reading
    known = {one.column: one for one in found}
    described: dict[str, Variable] = {}
    for name, variable in variables.items():
        if name not in known:
            described[name] = variable
            continue
        for answer in known[name].answers:
            own = known[name].name(answer)
            one = replace(variable, column=own, code=own, question=f"{name}\n", part="item", item=answer)
            described[own] = replace(one, kind="numeric", label=variable.label or name, separator="")
    return replace(
        reading,
        export=taken_apart(export, found),
        structure=replace(reading.structure, variables=described),
        rankings=tuple(found),
    )


def ask_about_places(questions: Sequence[Question], columns: Mapping[str, Column]) -> None:
    """Say of columns called "Rank 1", "Rank 2" … that they hold a ranking: what stands at each place.

    Parameters
    ----------
    questions : sequence of Question
        Batteries, or questions that follow each other; what is to be confirmed is put to the first.
    columns : mapping
        What each column holds.
    """
    run: list[tuple[Question, str, str]] = []
    for question in questions:
        places = [(question, item.label, item.column) for item in question.items]
        if not places and question.column:
            places = [(question, question.label, question.column)]
        for place in places:
            found = _PLACE.search(place[1])
            number = int(found[1] or found[2]) if found else 0
            if not number or place[0].kind not in ("single", "ordinal") or number != len(run) + 1:
                _ask(run, columns)
                run = [place] if number == 1 else []
            else:
                run.append(place)
    _ask(run, columns)


def _ask(run: Sequence[tuple[Question, str, str]], columns: Mapping[str, Column]) -> None:
    """Ask about columns of places, if no response has the same at two of them."""
    if len(run) < 2:
        return
    rows = zip(*(columns[column].texts for _, _, column in run), strict=True)
    given = [row for texts in rows if len(row := [text for text in texts if text]) > 1]
    if len(given) >= 3 and all(len(set(row)) == len(row) for row in given):
        run[0][0].confirm.append(
            f"'{run[0][1]}' to '{run[-1][1]}' hold what each response put there, nothing twice: a ranking. "
            "Each place is a question here, the first says who put what first; for who put it anywhere, "
            "make one multi question of them instead, with these columns under `columns:`"
        )
