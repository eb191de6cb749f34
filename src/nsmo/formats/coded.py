"""The columns of a large export, which are never made into rows."""

import numpy as np

from nsmo.formats.cells import COUNTED, ODD_HEADER, Export, Layout, Lines, bad_file, cleaned, name_columns
from nsmo.formats.texts import Texts
from nsmo.study.cells import REPAIRS, clean_text, normal_column


def arrange_columns(
    layout: Layout, name: str, names: list[str], columns: list[Texts], before: int
) -> Export | None:
    """Make of the columns of some rows what `nsmo.formats.cells.arrange` makes of the rows.

    Parameters
    ----------
    layout, name
        As for `arrange`.
    names : list of str
        The header; none is empty.
    columns : list of Texts
        Their cells.
    before : int
        How many rows come before.

    Returns
    -------
    Export or None
        None where every row is empty.

    Raises
    ------
    StudyError
        If a row is the header once more.
    """
    counted, rows = COUNTED[layout.format], len(columns[0])
    filled, again = np.zeros(rows, dtype=bool), np.full(rows, len(names) > 1)
    for text, column in zip(names, columns, strict=True):
        if not filled.all():
            filled |= column.spread((bool(one.strip()) for one in column.found), bool)
        if again.any():
            again &= column.among([text])
    lines = np.arange(before + 1, before + rows + 1)
    if again.any():
        raise bad_file(
            "the header stands there once more",
            f"{name}, {counted} {lines[again][0]}",
            "one header, and responses below it",
            "take that row out, or export all responses at once instead of joining files",
        )
    if not filled.any():
        return None
    header = [[normal_column(text) for text in names]]
    cells, repairs, lines = {}, [], lines[filled]
    for text, called, column in zip(names, name_columns(header, layout), columns, strict=True):
        there = column if filled.all() else Texts.of(column.found, column.place[filled])
        cells[called], mended = cleaned(there)
        for kind, problem in REPAIRS.items():
            repairs.append((called, problem, Lines.of(lines[mended[kind]])))
        if clean_text(text)[0] != text:
            repairs.append((called, ODD_HEADER, Lines.of([0])))
    return Export(name, counted, header, cells, lines, repairs)
