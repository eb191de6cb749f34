"""The cells of a large export as categories: each text once, and where it stands.

Most columns of a survey hold few different texts, so whatever is done to a text is done once, and the columns
are never made into rows.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from nsmo.formats.cells import COUNTED, ODD_HEADER, Export, Layout, Lines, bad_file, name_columns
from nsmo.study.cells import REPAIRS, clean_text, normal_column


def texts_of(texts: Sequence[str], places: np.ndarray | None = None) -> pd.Categorical:
    """Put texts together, each once, without those that stand nowhere.

    Parameters
    ----------
    texts : sequence of str
        May hold the same one twice.
    places : ndarray, optional
        Which of them stands in each row; left out, one after the other.
    """
    number, found = pd.factorize(np.array([*texts, ""], dtype=object))
    code = number[:-1] if places is None else number[places]
    used = np.bincount(code, minlength=len(found)) > 0
    return pd.Categorical.from_codes((np.cumsum(used) - 1)[code], pd.Index(found[used], dtype=object))


def arrange_columns(
    layout: Layout, name: str, names: list[str], columns: list[pd.Categorical], before: int
) -> Export | None:
    """Make of the columns of some rows what `nsmo.formats.cells.arrange` makes of the rows.

    Parameters
    ----------
    layout, name
        As for `arrange`.
    names : list of str
        The header; none is empty.
    columns : list of Categorical
        Their texts.
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
        filled |= np.array([bool(one.strip()) for one in column.categories], dtype=bool)[column.codes]
        again &= np.asarray(column.categories == text, dtype=bool)[column.codes]
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
        cells[called], mended = _mended(column if filled.all() else column[filled])
        for kind, problem in REPAIRS.items():
            repairs.append((called, problem, Lines.of(lines[mended[kind]])))
        if clean_text(text)[0] != text:
            repairs.append((called, ODD_HEADER, Lines.of([0])))
    return Export(name, counted, header, pd.DataFrame(cells), lines, repairs)


def _mended(column: pd.Categorical) -> tuple[pd.Categorical, dict[str, np.ndarray]]:
    """Clean the texts of a column, and say which rows were mended in which way."""
    cleaned = [clean_text(text) for text in column.categories]
    mended = dict.fromkeys(REPAIRS, np.zeros(0, dtype=int))
    for kind in {kind for _, kinds in cleaned for kind in kinds}:
        odd = np.array([kind in kinds for _, kinds in cleaned], dtype=bool)
        mended[kind] = np.flatnonzero(odd[column.codes])
    return texts_of([text for text, _ in cleaned], column.codes), mended
