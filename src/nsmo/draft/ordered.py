"""Finds rankings in one cell, and gives each of their answers a column of its own."""

from dataclasses import replace

from nsmo.draft import joined
from nsmo.draft.values import Column
from nsmo.formats.detect import Reading
from nsmo.formats.rankings import Ranked, taken_apart
from nsmo.formats.structure import Variable


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
