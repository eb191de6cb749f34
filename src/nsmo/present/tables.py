"""Tables of results: a frame and labels in, a `Table` out; question, base and n stand in its head."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from nsmo import results
from nsmo.present.effects import named_effects
from nsmo.present.frames import RESULT, Row, by_key, leading, require, rows_of, unique
from nsmo.present.labels import Labels, in_sentence
from nsmo.present.sentences import facts, level, n_text
from nsmo.present.shown import RANGE, has_range
from nsmo.present.table import FORMATS, SPAN_OF, Column, Table, missing
from nsmo.present.wording import Wording, slug
from nsmo.results import ORIGIN
from nsmo.study.ensemble import Range
from nsmo.study.errors import StudyError
from nsmo.study.origins import ASSUMED, IMPLIED, PUBLISHED

#: How the origin of a figure is marked in a table, as in the figures: full, ringed or open.
ORIGIN_MARKS = {PUBLISHED: "●", IMPLIED: "◉", ASSUMED: "○"}


def table_of(frame: pd.DataFrame, labels: Labels, **options: Any) -> Table:
    """Return a frame as the table that fits it: of tests, of effects, of estimates, or as it is.

    Parameters
    ----------
    frame : DataFrame
        A result frame, a frame of tests, or any other, which needs a `title`.
    labels : Labels
    **options
        Of `hypotheses`, `effects`, `estimates` or `table`; headings (`columns`) or formats make any frame a
        plain table.

    Raises
    ------
    StudyError
        For a frame that is no result, without a title.

    Examples
    --------
    >>> table_of(media, labels).title
    'Media used'
    >>> table_of(odds, labels).columns[2].cells
    [0.45, 1.3, 2.1]
    """
    columns = set(frame.columns)
    plain = options.keys() & {"columns", "formats", "groups", "stub"}
    if not plain and not frame.empty:
        if set(results.TEST_COLUMNS) <= columns:
            return hypotheses(frame, labels, **options)
        if set(RESULT) <= columns:
            shares = set(frame["statistic"]) <= {"proportion", "mean"}
            return (estimates if shares else effects)(frame, labels, **options)
    if "title" not in options:
        raise StudyError(
            found="a table without a title",
            where=f"the table of {', '.join(map(str, frame.columns[:6]))}",
            expected="a title, since nothing in the frame says what it is",
            fix="add title=",
        )
    return table(frame, labels, **options)


def table(
    frame: pd.DataFrame,
    labels: Labels,
    *,
    title: str,
    subtitle: str = "",
    columns: Mapping[str, str] | Sequence[str] | None = None,
    formats: Mapping[str, str] | None = None,
    stub: str | None = None,
    groups: str | None = None,
    note: str = "",
    quoted: Collection[str] = (),
    id: str | None = None,  # noqa: A002 (it becomes the id in the page)
    ranges: Mapping[str, Sequence[Range | None]] | None = None,
) -> Table:
    """Return any small frame as a table.

    Parameters
    ----------
    frame : DataFrame
        With a column `origin`, each row is marked by it.
    labels : Labels
    title, subtitle, note : str
        Name the base in the subtitle.
    columns : mapping or sequence of str, optional
        Which columns are shown, in which order, and perhaps under which headings. All by default.
    formats : mapping, optional
        Column → one of `FORMATS`; else whole numbers as integers, other numbers with two decimals, the rest
        as text.
    stub : str, optional
        The column that heads the rows; the first one by default.
    groups : str, optional
        A column whose values open blocks of rows (it is not shown as a column).
    quoted : collection of str
        Columns that quote the questionnaire or a publication, in the language of these.
    id : str, optional
        Made of the title by default.
    ranges : mapping, optional
        Column → of each row how far it lies apart in other reconstructions, None where nothing is known, or
        it is the same in all. It stands beside the number; in the frame as ``<column>_range_low`` and
        ``<column>_range_high``, of `estimate` as ``range_low`` and ``range_high``.

    Raises
    ------
    StudyError
        For a column that is not there or a format that does not exist.
    """
    names = list(columns if columns is not None else (c for c in frame.columns if c != groups))
    headings = dict(columns) if isinstance(columns, Mapping) else {c: labels.heading(c) for c in names}
    formats = dict(formats or {})
    what = f"tables.table ({title})"
    wanted = [*headings, *([groups] if groups else []), *([stub] if stub else [])]
    if absent := [name for name in wanted if name not in frame.columns]:
        raise StudyError(
            found=f"no column {', '.join(map(str, absent))}",
            where=f"the frame given to {what}",
            expected=f"some of {', '.join(map(str, frame.columns))}",
            fix="correct the argument columns",
        )
    wrong = {c: f for c, f in formats.items() if f not in FORMATS or c not in frame.columns}
    if wrong:
        raise StudyError(
            found=f"formats {wrong}",
            where=what,
            expected=f"columns {', '.join(map(str, frame.columns))}; formats {', '.join(FORMATS)}",
            fix="correct the argument formats",
        )
    if stub:
        headings = {stub: headings.get(stub, stub), **{c: h for c, h in headings.items() if c != stub}}

    def kind(column: str) -> str:
        if column in formats:
            return formats[column]
        if pd.api.types.is_bool_dtype(frame[column]):
            return "text"
        if pd.api.types.is_integer_dtype(frame[column]):
            return "integer"
        return "number2" if pd.api.types.is_float_dtype(frame[column]) else "text"

    own = labels.codebook.language
    spoken = dict.fromkeys(quoted, own if own != labels.language else "")
    shown, members = [], 0
    for c, heading in headings.items():
        shown.append(Column(frame[c].tolist(), heading, kind(c), language=spoken.get(c, "")))
        if known := [one for one in (ranges or {}).get(c, ()) if one]:
            members = max(members, *(one.members for one in known))
            ends = [(one.low, one.high) if one else "" for one in (ranges or {})[c]]
            shown.append(Column(ends, labels.words("ensemble.short"), SPAN_OF[kind(c)]))
            frame = _with_range(frame, c, (ranges or {})[c])
    if ORIGIN in frame:
        marks = [ORIGIN_MARKS[origin] for origin in frame[ORIGIN]]
        first = [" ".join(pair) for pair in zip(map(str, shown[0].cells), marks, strict=True)]
        shown[0] = replace(shown[0], cells=first)
    return Table(
        frame=frame,
        columns=shown,
        title=title,
        subtitle=subtitle,
        note=" ".join(filter(None, [note, *_remarks(ORIGIN in frame, members, labels.words, "others_note")])),
        words=labels.words,
        groups=[str(g) for g in frame[groups]] if groups else [],
        id=id or slug(title),
    )


def estimates(
    frame: pd.DataFrame, labels: Labels, *, title: str | None = None, note: str | None = None
) -> Table:
    """Return result rows as a table: options down, estimates and intervals across, the base in the head.

    Parameters
    ----------
    frame : DataFrame
        Result rows of one or several questions. Without groups: unweighted and weighted side by side. With
        groups of one variable: a pair of columns per group (of unweighted rows, where there are any).
    labels : Labels
    title, note : str, optional
        Instead of the computed title; beneath the table.

    Raises
    ------
    StudyError
        For absent columns, several breakdowns, or two rows for the same cell.
    """
    require(frame, RESULT, "tables.estimates")
    rows, wording = rows_of(frame, labels), labels.words
    breakdowns = [by for by in dict.fromkeys(row["by"] for row in rows) if by]
    if len(breakdowns) > 1:
        raise StudyError(
            found=f"breakdowns by {', '.join(map(str, breakdowns))}",
            where="the frame given to tables.estimates",
            expected="one breakdown, or none",
            fix="filter the frame on the column by",
        )
    by = breakdowns[0] if breakdowns else ""
    rows = leading(rows) if by else rows
    unique(rows, ["question", "option", "statistic", "group", "weighted"], "tables.estimates")
    set_by_weights = [bool(one) for one in results.fixed(pd.DataFrame(rows))]
    for row, one in zip(rows, set_by_weights, strict=True):
        row["instead"] = "fixed" if one else "by_rule" if row["by_rule"] else ""
    questions = list(dict.fromkeys(row["question"] for row in rows))
    order = list(by_key(rows, "question", "option", "statistic"))
    # Where each question has one row, as in a battery of which only the top box is shown, it names the row.
    single = len(questions) > 1 and len(order) == len(questions)
    several = len(questions) > 1 and not single
    texts = [labels.question(q) if single else labels.option(q, option) for q, option, _ in order]
    columns = [Column(texts, wording("table.answer"))]
    for name, part in _blocks(rows, by, labels):
        columns += _block_columns(name, part, order, level(rows, wording), wording)
    remarks = [note] if note else []
    remarks += _about_origins(rows, wording)
    if any(row["suppressed"] for row in rows):
        remarks.append(wording("table.suppressed_note"))
    remarks += [
        wording(f"table.{word}_note")
        for word in ("fixed", "by_rule")
        if any(row["instead"] == word for row in rows)
    ]
    computed = wording.join(labels.question(question) for question in questions)
    if by:
        divider = in_sentence(labels.question(by), labels.words)
        computed = wording("title.by", what=labels.question(questions[0]), by=divider)
    return Table(
        frame=_shown(frame, rows),
        columns=columns,
        title=title or computed,
        subtitle=facts(rows, labels, table=True),
        note=" ".join(remarks),
        words=wording,
        groups=[labels.question(question) for question, _, _ in order] if several else [],
        id=slug("_".join([*questions, *breakdowns])),
    )


def _shown(frame: pd.DataFrame, rows: Sequence[Row]) -> pd.DataFrame:
    """The rows of a frame that a table shows, without the numbers that may not be shown."""
    kinds = {row["weighted"] for row in rows}
    data = frame[frame["weighted"].astype(bool).isin(kinds)].copy()
    hidden = [name for name in ("estimate", "se", "ci_low", "ci_high") if name in data]
    data.loc[[row["suppressed"] for row in rows], hidden] = np.nan
    return _as_rows(data, rows)


def _as_rows(data: pd.DataFrame, rows: Sequence[Row]) -> pd.DataFrame:
    """A frame with the origins of its rows, and with the intervals that they may have."""
    if not any(row["origin"] for row in rows):
        return data
    ends = {name: [row[name] for row in rows] for name in ("se", "ci_low", "ci_high") if name in data}
    ends |= {name: [row[name] for row in rows] for name in (ORIGIN, *RANGE[:2])}
    return data.assign(**ends)


def _about_origins(rows: Sequence[Row], wording: Wording) -> list[str]:
    """What the marks of origins mean, and the ranges."""
    members = max((row["members"] for row in rows if has_range(row)), default=0)
    return _remarks(any(row["origin"] for row in rows), members, wording)


def _remarks(marked: bool, members: int, wording: Wording, key: str = "note") -> list[str]:
    """What marks of origins mean where there are any, and ranges over so many reconstructions."""
    marks = [wording("origin.note")] if marked else []
    return [*marks, wording(f"ensemble.{key}", members=wording.integer(members))] if members else marks


def _with_range(frame: pd.DataFrame, column: str, known: Sequence[Range | None]) -> pd.DataFrame:
    name = "range" if column == "estimate" else f"{column}_range"
    ends = {end: [getattr(one, end) if one else np.nan for one in known] for end in ("low", "high")}
    return frame.assign(**{f"{name}_{end}": values for end, values in ends.items()})


def _blocks(rows: Sequence[Row], by: str, labels: Labels) -> list[tuple[str, list[Row]]]:
    """The blocks of columns with their headings: a group each, or a kind of weighting each."""
    if not by:
        heads = {False: labels.words("table.unweighted"), True: labels.words("table.adjusted")}
        kinds = sorted({row["weighted"] for row in rows})
        return [(heads[kind], [row for row in rows if row["weighted"] == kind]) for kind in kinds]
    names = {name: place for place, name in enumerate(["", *labels.codebook.variable(by).option_names])}
    known = by_key(rows, "group")
    order = sorted(known, key=lambda key: names.get(key[0], len(names)))
    return [(labels.group(by, group), known[(group,)]) for (group,) in order]


def _block_columns(
    name: str, part: Sequence[Row], order: Sequence[tuple], interval: str, wording: Wording
) -> list[Column]:
    """The columns of one block: n and origin where they differ by row, estimate, interval, range."""
    numbers = {row["n"] for row in part}
    one_base = len(numbers) == 1
    origins = {row["origin"] for row in part}
    mark = f" {ORIGIN_MARKS[part[0]['origin']]}" if len(origins) == 1 and any(origins) else ""
    over = f"{name}{mark}\n{n_text(numbers, wording)}" if one_base else name + mark
    known = by_key(part, "question", "option", "statistic")
    cells = [known[key][0] if key in known else None for key in order]
    plain = {statistic for _, _, statistic in order} == {"proportion"}
    kind, span = ("percent", "span") if plain else ("number2", "span2")
    columns = [] if one_base else [_column(cells, "n", wording("table.n"), "integer", over)]
    if len(origins) > 1:
        columns.append(_origin_column(cells, wording, over))
    columns.append(_column(cells, "estimate", "%" if plain else wording("table.estimate"), kind, over))
    if any(_with_ends(cell) for cell in cells):
        ends = [
            wording(f"table.{cell['instead']}") if cell and cell["instead"] else _ends(cell) for cell in cells
        ]
        columns.append(Column(ends, wording("table.interval", level=interval), span, over))
    return columns + _range_column(cells, span, over, wording)


def _range_column(cells: Sequence[Row | None], span: str, over: str, wording: Wording) -> list[Column]:
    """The column of ranges over other reconstructions, if any cell has one."""
    known = [cell is not None and has_range(cell) for cell in cells]
    ends = [
        (cell["range_low"], cell["range_high"]) if cell and one else ""
        for cell, one in zip(cells, known, strict=True)
    ]
    return [Column(ends, wording("ensemble.column"), span, over)] if any(known) else []


def _column(cells: Sequence[Row | None], name: str, heading: str, kind: str, over: str) -> Column:
    return Column([cell[name] if cell else None for cell in cells], heading, kind, over)


def _origin_column(cells: Sequence[Row | None], wording: Wording, over: str) -> Column:
    marks = [ORIGIN_MARKS[cell["origin"]] if cell else "" for cell in cells]
    return Column(marks, wording("origin.column"), "text", over)


def _with_ends(cell: Row | None) -> bool:
    """Whether a cell has room for an interval: it has one, or is of answers of respondents."""
    return cell is not None and (not cell["origin"] or not missing(cell["ci_low"]))


def _ends(row: Row | None) -> tuple[float | None, float | None]:
    return (row["ci_low"], row["ci_high"]) if row else (None, None)


def effects(frame: pd.DataFrame, labels: Labels, *, title: str | None = None, note: str = "") -> Table:
    """Return effects as a table: ratios, or Somers' D, with intervals, in the blocks of `plots.effects`.

    Parameters
    ----------
    frame : DataFrame
        As `plots.effects` takes it, also with several statistics: each has columns of its own.
    labels : Labels
    title, note : str, optional
        Instead of the computed title; beneath the table.

    Raises
    ------
    StudyError
        For absent columns, or two rows for the same cell.
    """
    require(frame, (*RESULT, "by", "group"), "tables.effects")
    rows, wording = rows_of(frame, labels), labels.words
    unique(rows, ["question", "option", "by", "group", "statistic", "weighted"], "tables.effects")
    blocks, what = named_effects(frame, labels)
    columns = [Column([effect.label for effect in blocks], wording("table.effect"))]
    interval = wording("table.interval", level=level(rows, wording))
    statistics = dict.fromkeys(row["statistic"] for row in rows)
    kinds = sorted(
        by_key(rows, "statistic", "weighted"), key=lambda key: (list(statistics).index(key[0]), key[1])
    )
    for statistic, weighted in kinds:
        cells = [
            next((r for r in e.rows if (r["statistic"], r["weighted"]) == (statistic, weighted)), None)
            for e in blocks
        ]
        name = labels.statistic(statistic)
        # Of reconstructed answers every effect is assumed.
        mark = f" {ORIGIN_MARKS[rows[0]['origin']]}" if rows[0]["origin"] else ""
        over = f"{name[:1].upper()}{name[1:]}{mark}\n{wording.weighting(weighted)}"
        columns += [
            _column(cells, "n", wording("table.n"), "integer", over),
            _column(cells, "estimate", wording("table.estimate"), "number2", over),
        ]
        if any(_with_ends(cell) for cell in cells):
            columns.append(Column([_ends(cell) for cell in cells], interval, "span2", over))
        columns += _range_column(cells, "span2", over, wording)
    remarks = [note, *_about_origins(rows, wording)]
    return Table(
        frame=_as_rows(frame, rows),
        columns=columns,
        title=title or what,
        subtitle=facts(rows, labels, table=True),
        note=" ".join(filter(None, remarks)),
        words=wording,
        groups=[effect.heading for effect in blocks] if any(effect.heading for effect in blocks) else [],
        id=slug(f"{what}_effects"),
    )


def hypotheses(frame: pd.DataFrame, labels: Labels, *, title: str | None = None, note: str = "") -> Table:
    """Return tests as a table: what was tested, statistic, degrees of freedom, p and Holm's p.

    Where all were compared with one question, the rows leave it out: name it in the title.

    Parameters
    ----------
    frame : DataFrame
        The columns of `results.TEST_COLUMNS`, a row per test. `df` and `ddf` are degrees of freedom (`ddf`
        only of an F), `p` and `p_holm` (missing where a test stands alone) two-sided or upper tails, `n`
        respondents used.
    labels : Labels
    title, note : str, optional
        Instead of the general title; beneath the table.

    Raises
    ------
    StudyError
        For absent columns, a test that has no name in the messages, or a p that is no chance.
    """
    require(frame, [c for c in results.TEST_COLUMNS if c != "wave"], "tables.hypotheses")
    wrong = frame.loc[~(frame["p"].between(0, 1) | frame["p"].isna()), "p"]
    if len(wrong):
        raise StudyError(
            found=f"{len(wrong)} p-values outside 0 to 1, the first {wrong.iloc[0]:.3g}",
            where="the frame given to tables.hypotheses",
            expected="chances",
        )
    wording = labels.words
    rows = rows_of(frame, labels)
    named = len({row["by"] for row in rows}) > 1
    shown = {
        "tested": [_subject(row, labels, named) for row in rows],
        # What is asked for stands first, where a phone shows it.
        "p": frame["p"].tolist(),
        "p_holm": frame["p_holm"].tolist(),
        "test": [wording(f"test.{row['test']}") for row in rows],
        "statistic": frame["statistic"].tolist(),
        "df": [_degrees(row, wording) for row in rows],
        "n": frame["n"].tolist(),
    }
    formats = {"statistic": "number2", "p": "p", "p_holm": "p", "n": "integer"}
    both = len({row["weighted"] for row in rows}) > 1
    if frame["p_holm"].isna().all():
        del shown["p_holm"]
    remarks = [note, *([wording("tests.not_made")] if frame["p"].isna().any() else [])]
    how = wording("weighting.both") if both else wording.weighting(rows[0]["weighted"])
    return Table(
        frame=frame,
        columns=[
            Column(cells, wording(f"tests.{name}"), formats.get(name, "text"))
            for name, cells in shown.items()
        ],
        title=title or wording("tests.title"),
        subtitle=wording("tests.subtitle", n=n_text(frame["n"], wording), how=how),
        note=" ".join(filter(None, remarks)),
        words=wording,
        groups=[wording.weighting(row["weighted"]) for row in rows] if both else [],
        id="tests" if title is None else slug(title),
    )


def _subject(row: Row, labels: Labels, named: bool) -> str:
    """What a row tests; `named` whether with the question that it was compared with."""
    wording = labels.words
    what = labels.outcome(row["question"], row["option"])
    if not row["by"]:
        return wording("tests.subject", what=what, by=wording("tests.all_terms"))
    term = labels.question(row["by"])
    if not row["group"]:
        return wording("tests.subject", what=what, by=term) if named else what
    category, reference = labels.contrast(row["by"], row["group"])
    against = wording("forest.against", category=category, reference=reference)
    if not named:
        return wording("forest.contrast", term=what, contrast=against)
    return wording("tests.subject", what=what, by=wording("forest.contrast", term=term, contrast=against))


def _degrees(row: Row, wording: Wording) -> str:
    known = [row[name] for name in ("df", "ddf") if not missing(row[name])]
    whole = [abs(value - round(value)) < 1e-6 for value in known]
    return ";\u00a0".join(wording.number(v, 0 if w else 1) for v, w in zip(known, whole, strict=True))
