"""Tables: a frame and a language in, a `Table` out, its base in the head; for the page, csv and Excel."""

import datetime
import html
import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from nsmo.present.figures import (
    RESULT,
    _by_row,
    _lower,
    _tidy,
    _unique,
    by_label,
    contrast,
    describe,
    level,
    n_text,
    named_effects,
    option_label,
    outcome_label,
    require,
)
from nsmo.present.wording import Wording, slug
from nsmo.study.codebook import Codebook
from nsmo.study.errors import StudyError
from nsmo.study.precision import rounded

FORMATS = (
    "percent",
    "percent0",
    "number",
    "number1",
    "number2",
    "integer",
    "p",
    "date",
    "text",
    "span",
    "span2",
)

# Excel's own formats; percentages stay fractions, so that they can be reckoned with.
_EXCEL = {
    "percent": "0.0%",
    "percent0": "0%",
    "number": "0.00",
    "number1": "0.0",
    "number2": "0.00",
    "integer": "#,##0",
    "p": "0.000",
    "span": "0.0%",
    "span2": "0.00",
}
_SENTENCE = 60  # characters from which a cell reads as a sentence


@dataclass(frozen=True)
class Column:
    """One column as it is shown.

    Attributes
    ----------
    cells : list
        Raw values, one per row; pairs (low, high) for the formats `span` (fractions) and `span2` (numbers).
    heading : str
    format : str
        One of `FORMATS`. Words among pairs stand as they are.
    over : str
        Heading over several columns.
    """

    cells: list[Any]
    heading: str
    format: str = "text"
    over: str = ""


@dataclass(frozen=True)
class Table:
    """A table with its words.

    Attributes
    ----------
    frame : DataFrame
        Raw values, for csv.
    columns : list of Column
        What is shown; the first one heads the rows.
    title, subtitle, note : str
    language : {"en", "nl"}
    groups : list of str
        A heading for each row; a new one opens a block.
    id : str
    """

    frame: pd.DataFrame
    columns: list[Column]
    title: str
    language: str
    subtitle: str = ""
    note: str = ""
    groups: list[str] = field(default_factory=list)
    id: str = "table"

    def _cells(self, column: Column) -> list[str]:
        wording = Wording(self.language)
        return [_text(v, column.format, wording) for v in column.cells]

    def html(self) -> str:
        """The table in a box of its own that scrolls sideways where the screen is narrow.

        Built by great_tables; a caption takes the place of its title rows, and its style sheet stays behind,
        since the page has one. Row and column heads carry `scope`, which says all that its `headers` lists
        would.
        """
        from great_tables import GT
        from great_tables import html as raw

        names = [f"c{i}" for i in range(len(self.columns))]
        shown = pd.DataFrame({n: self._cells(col) for n, col in zip(names, self.columns, strict=True)})
        if self.groups:
            shown["group"] = self.groups
        gt = GT(shown, rowname_col="c0", groupname_col="group" if self.groups else None, id=self.id)
        gt = gt.tab_stubhead(self.columns[0].heading)
        gt = gt.cols_label(
            {n: raw(_heading(c)) for n, c in zip(names, self.columns, strict=True) if n != "c0"}
        )
        right = [n for n, c in zip(names, self.columns, strict=True) if c.format != "text"]
        left = [n for n, c in zip(names[1:], self.columns[1:], strict=True) if c.format == "text"]
        if right:
            gt = gt.cols_align("right", [n for n in right if n != "c0"])
        if left:
            gt = gt.cols_align("left", left)
        for over in dict.fromkeys(c.over for c in self.columns if c.over):
            span = [n for n, c in zip(names, self.columns, strict=True) if c.over == over]
            gt = gt.tab_spanner(raw(_breakable(over)), span, id=f"over{names.index(span[0])}")
        text = gt.as_raw_html()
        body = re.search(r"<table.*?</table>", text, re.DOTALL)
        if body is None:  # great_tables changed its output; better to stop than to publish an empty box
            raise StudyError(
                found="great_tables wrote no <table>", where="nsmo.present.tables", fix="adapt Table.html"
            )
        text = re.sub(
            r' (id|headers|data-[a-z-]+|rowspan="1"|colspan="1")(="[^"]*")?(?=[\s>])', "", body.group()
        )
        text = re.sub(r' (?:row|col)span="1"', "", text)
        text = re.sub(
            r'class="[^"]*?(gt_right|gt_left|gt_center|gt_stub|gt_group_heading)[^"]*"', _plain_class, text
        )
        text = re.sub(r'<tr class="[^"]*">', "<tr>", text).replace('<tbody class="gt_table_body">', "<tbody>")
        caption = f'<caption><span class="table-title">{html.escape(self.title, quote=False)}</span>'
        if self.subtitle:
            caption += f' <span class="subtitle">{html.escape(self.subtitle, quote=False)}</span>'
        text = re.sub(r"<table[^>]*>", f'<table class="data">{caption}</caption>', text, count=1)
        label = html.escape(f"{self.title}. {Wording(self.language)('table.scroll')}")
        note = f'<p class="table-note">{html.escape(self.note, quote=False)}</p>' if self.note else ""
        return f'<div class="table-box" role="region" tabindex="0" aria-label="{label}">{text}</div>{note}'

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": self.html()}

    def xlsx(self) -> bytes:
        """An Excel sheet with the raw numbers, formatted; the same bytes for the same table."""
        from openpyxl import Workbook
        from openpyxl.styles import Alignment, Font
        from openpyxl.utils import get_column_letter

        book = Workbook()
        sheet = book.active
        sheet.title = re.sub(r"[\[\]:*?/\\]", " ", self.id)[:31]
        sheet["A1"], sheet["A1"].font = self.title, Font(bold=True, size=13)
        sheet["A2"] = self.subtitle or None
        flat: list[Column] = [Column(list(self.groups), "", "text")] if self.groups else []
        for column in self.columns:
            if column.format in ("span", "span2"):
                for i, end in enumerate(("low", "high")):
                    values = [v if isinstance(v, str) else v[i] for v in column.cells]
                    flat.append(Column(values, f"{column.heading} ({end})", column.format, column.over))
            else:
                flat.append(column)
        for at, column in enumerate(flat, start=1):
            for row, heading in ((4, column.over), (5, column.heading)):
                cell = sheet.cell(row, at, heading.replace("\n", " ") or None)
                cell.font, cell.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="top")
            for row, value in enumerate(column.cells, start=6):
                cell = sheet.cell(row, at, _excel(value, column.format))
                if column.format in _EXCEL:
                    cell.number_format = _EXCEL[column.format]
            longest = max([len(str(v)) for v in column.cells if column.format == "text"] or [10])
            sheet.column_dimensions[get_column_letter(at)].width = min(max(12, longest + 2), 60)
        sheet.freeze_panes = "B6"
        if self.note:
            sheet.cell(7 + len(self.columns[0].cells), 1, self.note)
        fixed = datetime.datetime(2000, 1, 1)
        book.properties.created = book.properties.modified = fixed
        book.properties.creator = "nsmo"
        raw = io.BytesIO()
        book.save(raw)
        return _timeless(raw.getvalue())


def _plain_class(found: re.Match[str]) -> str:
    words = found.group().split('"')[1].split()
    kept = [w.removeprefix("gt_") for w in words if w in ("gt_right", "gt_center", "gt_group_heading")]
    return f'class="{" ".join(kept)}"' if kept else 'class="left"'


def _heading(column: Column) -> str:
    """The head of a column; over sentences it has room, so that a phone does not set them word by word."""
    text = _breakable(column.heading)
    longest = max((len(cell) for cell in column.cells if isinstance(cell, str)), default=0)
    return f'<span class="sentences">{text}</span>' if longest > _SENTENCE else text


def _breakable(text: str) -> str:
    return html.escape(text, quote=False).replace("\n", "<br>")


def _timeless(content: bytes) -> bytes:
    """Give every member of the archive one fixed date; openpyxl stamps them, and `modified`, with now."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "docProps/core.xml":
                data = re.sub(
                    rb"(<dcterms:(\w+)[^>]*>)[^<]*(</dcterms:\2>)", rb"\g<1>2000-01-01T00:00:00Z\3", data
                )
            info = zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, data)
    return out.getvalue()


def _missing(value: Any) -> bool:
    return value is None or (not isinstance(value, (list, tuple)) and bool(pd.isna(value)))


def _excel(value: Any, kind: str) -> Any:
    if _missing(value):
        return None
    if kind in _EXCEL and not isinstance(value, str):
        return int(value) if kind == "integer" else rounded(float(value))
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime().replace(tzinfo=None)
    return str(value)


def _text(value: Any, kind: str, wording: Wording) -> str:
    if kind in ("span", "span2") and not isinstance(value, str):
        low, high = value
        return wording.span(low, high, "percent" if kind == "span" else "number", 1 if kind == "span" else 2)
    if _missing(value):
        return "–"
    match kind:
        case "percent":
            return wording.percent(value)
        case "percent0":
            return wording.percent(value, 0)
        case "number" | "number2":
            return wording.number(value, 2)
        case "number1":
            return wording.number(value, 1)
        case "integer":
            return wording.integer(value)
        case "p":
            return wording.p(value)
        case "date":
            return wording.date(value)
    return str(value)


def table(
    frame: pd.DataFrame,
    language: str = "en",
    *,
    title: str,
    subtitle: str = "",
    columns: Mapping[str, str] | None = None,
    formats: Mapping[str, str] | None = None,
    stub: str | None = None,
    groups: str | None = None,
    note: str = "",
    id: str | None = None,  # noqa: A002 (it becomes the id in the page)
) -> Table:
    """Any small frame as a table.

    Parameters
    ----------
    frame : DataFrame
    language : {"en", "nl"}
    title, subtitle, note : str
        Name the base in the subtitle.
    columns : mapping, optional
        Column → heading; also which columns are shown and in which order. All under their own names by
        default.
    formats : mapping, optional
        Column → one of `FORMATS`; else whole numbers as integers, other numbers with two decimals, the rest
        as text.
    stub : str, optional
        The column that heads the rows; the first one by default.
    groups : str, optional
        A column whose values open blocks of rows (it is not shown as a column).
    id : str, optional
        Made of the title by default.

    Raises
    ------
    StudyError
        For a column that is not there or a format that does not exist.
    """
    headings = dict(columns or {c: c for c in frame.columns if c != groups})
    formats = dict(formats or {})
    require(
        frame,
        [*headings, *([groups] if groups else []), *([stub] if stub else [])],
        f"tables.table ({title})",
    )
    wrong = {c: f for c, f in formats.items() if f not in FORMATS or c not in frame.columns}
    if wrong:
        raise StudyError(
            found=f"formats {wrong}",
            where=f"tables.table ({title})",
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

    return Table(
        frame=frame,
        columns=[Column(frame[c].tolist(), h, kind(c)) for c, h in headings.items()],
        title=title,
        subtitle=subtitle,
        note=note,
        language=language,
        groups=[str(g) for g in frame[groups]] if groups else [],
        id=id or slug(title),
    )


def effects(
    frame: pd.DataFrame,
    codebook: Codebook,
    language: str = "en",
    *,
    title: str | None = None,
    note: str = "",
) -> Table:
    """Effects as a table: ratios, or Somers' D, with intervals, in the blocks of `figures.forest`.

    Parameters
    ----------
    frame : DataFrame
        As `figures.forest` takes it, also with several statistics: each has columns of its own.
    codebook : Codebook
    language : {"en", "nl"}
    title, note : str, optional
        Instead of the computed title; beneath the table.

    Raises
    ------
    StudyError
        For absent columns, or two rows for the same cell.
    """
    require(frame, (*RESULT, "by", "group"), "tables.effects")
    data = _tidy(frame)
    _unique(data, ["question", "option", "by", "group", "statistic", "weighted"], "tables.effects")
    wording = Wording(language)
    blocks, what = named_effects(data, codebook, language)
    columns = [Column([effect.label for effect in blocks], wording("table.effect"))]
    interval = wording("table.interval", level=level(data, wording))
    for statistic in dict.fromkeys(data["statistic"]):
        for weighted in sorted(set(data.loc[data["statistic"] == statistic, "weighted"])):
            cells = [
                next((r for r in e.rows if (r["statistic"], r["weighted"]) == (statistic, weighted)), None)
                for e in blocks
            ]
            name = wording(f"statistic.{slug(statistic)}")
            over = f"{name[:1].upper()}{name[1:]}\n{wording.weighting(weighted)}"
            columns += [
                Column([c["n"] if c else None for c in cells], wording("table.n"), "integer", over),
                Column(
                    [c["estimate"] if c else None for c in cells], wording("table.estimate"), "number2", over
                ),
                Column(
                    [(c["ci_low"], c["ci_high"]) if c else (None, None) for c in cells],
                    interval,
                    "span2",
                    over,
                ),
            ]
    return Table(
        frame=frame,
        columns=columns,
        title=title or what,
        subtitle=describe(data, codebook, language),
        note=note,
        language=language,
        groups=[effect.heading for effect in blocks] if any(effect.heading for effect in blocks) else [],
        id=slug(f"{what}_effects"),
    )


#: What a table of tests draws from: `question` and `by` are the questions that were held together, `option`
#: and `group` narrow them down; `test` is a key under `test:` in the messages.
TESTS = (
    "question",
    "option",
    "by",
    "group",
    "test",
    "statistic",
    "df",
    "ddf",
    "p",
    "p_holm",
    "n",
    "weighted",
)


def hypotheses(
    frame: pd.DataFrame,
    codebook: Codebook,
    language: str = "en",
    *,
    title: str | None = None,
    note: str = "",
) -> Table:
    """Tests as a table: what was tested, statistic, degrees of freedom, p, and Holm's p where there is one.

    Where all were held together with one question, the rows leave it out: name it in the title.

    Parameters
    ----------
    frame : DataFrame
        The columns of `TESTS`, a row per test. `df` and `ddf` are degrees of freedom (`ddf` only of an F),
        `p` and `p_holm` (missing where a test stands alone) two-sided or upper tails, `n` respondents used.
    codebook : Codebook
    language : {"en", "nl"}
    title, note : str, optional
        Instead of the general title; beneath the table.

    Raises
    ------
    StudyError
        For absent columns, a test that has no name in the messages, or a p that is no chance.
    """
    require(frame, TESTS, "tables.hypotheses")
    wrong = frame.loc[~(frame["p"].between(0, 1) | frame["p"].isna()), "p"]
    if len(wrong):
        raise StudyError(
            found=f"{len(wrong)} p-values outside 0 to 1, the first {wrong.iloc[0]:.3g}",
            where="the frame given to tables.hypotheses",
            expected="chances",
        )
    wording = Wording(language)
    rows = frame.to_dict("records")
    shown = {
        "subject": [_subject(row, codebook, wording, len(set(frame["by"])) > 1) for row in rows],
        "test": [wording(f"test.{row['test']}") for row in rows],
        "statistic": frame["statistic"].tolist(),
        "df": [_degrees(row, wording) for row in rows],
        "p": frame["p"].tolist(),
        "p_holm": frame["p_holm"].tolist(),
        "n": frame["n"].tolist(),
    }
    formats = {"statistic": "number2", "p": "p", "p_holm": "p", "n": "integer"}
    both = len(set(frame["weighted"])) > 1
    if frame["p_holm"].isna().all():
        del shown["p_holm"]
    remarks = [note, *([wording("tests.not_made")] if frame["p"].isna().any() else [])]
    how = wording("weighting.both") if both else wording.weighting(bool(frame["weighted"].iloc[0]))
    return Table(
        frame=frame,
        columns=[
            Column(
                cells,
                wording("tests.tested" if name == "subject" else f"tests.{name}"),
                formats.get(name, "text"),
            )
            for name, cells in shown.items()
        ],
        title=title or wording("tests.title"),
        subtitle=wording("tests.subtitle", n=n_text(frame, wording), how=how),
        note=" ".join(filter(None, remarks)),
        language=language,
        groups=[wording.weighting(bool(row["weighted"])) for row in rows] if both else [],
        id="tests" if title is None else slug(title),
    )


def _subject(row: Mapping[str, Any], codebook: Codebook, wording: Wording, named: bool) -> str:
    """What a row tests; `named` whether with the question that it was held together with."""
    what = outcome_label(codebook, row["question"], row["option"], wording.language)
    if _missing(row["by"]) or not row["by"]:
        return wording("tests.subject", what=what, by=wording("tests.all_terms"))
    term = codebook.variable(row["by"]).label(wording.language)
    if _missing(row["group"]) or not row["group"]:
        return wording("tests.subject", what=what, by=term) if named else what
    names = contrast(row["by"], row["group"], codebook)
    category, reference = (by_label(codebook, row["by"], name, wording.language) for name in names)
    against = wording("forest.against", category=category, reference=reference)
    if not named:
        return wording("forest.contrast", term=what, contrast=against)
    return wording("tests.subject", what=what, by=wording("forest.contrast", term=term, contrast=against))


def _degrees(row: Mapping[str, Any], wording: Wording) -> str:
    known = [row[name] for name in ("df", "ddf") if not _missing(row[name])]
    whole = [abs(value - round(value)) < 1e-6 for value in known]
    return ";\u00a0".join(wording.number(v, 0 if w else 1) for v, w in zip(known, whole, strict=True))


def _ends(row: Mapping[str, Any] | None) -> tuple[float | None, float | None]:
    return (row["ci_low"], row["ci_high"]) if row else (None, None)


def fixed(frame: pd.DataFrame) -> pd.Series:
    """Tell which shares the weighting sets itself, so that their intervals have no width.

    Parameters
    ----------
    frame : DataFrame
        Result rows.

    Returns
    -------
    Series of bool
        A share of nobody or of everybody is none of them: its interval is one-sided.
    """
    return (
        frame["weighted"].astype(bool)
        & frame["statistic"].eq("proportion")
        & frame["estimate"].between(0, 1, inclusive="neither")
        & (frame["ci_high"] - frame["ci_low"]).lt(1e-9)
    )


def estimates(
    frame: pd.DataFrame,
    codebook: Codebook,
    language: str = "en",
    *,
    title: str | None = None,
    note: str | None = None,
) -> Table:
    """Result rows as a table: options down, estimates and intervals across, the base in the head.

    Parameters
    ----------
    frame : DataFrame
        Result rows of one or several questions. Without groups: unweighted and weighted side by side. With
        groups of one variable: a pair of columns per group (of unweighted rows, where there are any).
    codebook : Codebook
    language : {"en", "nl"}
    title, note : str, optional
        Instead of the computed title; beneath the table.

    Raises
    ------
    StudyError
        For absent columns, several breakdowns, or two rows for the same cell.
    """
    require(frame, RESULT, "tables.estimates")
    data = _tidy(frame)
    wording = Wording(language)
    questions = list(dict.fromkeys(data["question"]))
    first = codebook.variable(questions[0])
    breakdowns = [b for b in dict.fromkeys(data["by"]) if b != ""]
    if len(breakdowns) > 1:
        raise StudyError(
            found=f"breakdowns by {', '.join(map(str, breakdowns))}",
            where="the frame given to tables.estimates",
            expected="one breakdown, or none",
            fix="filter the frame on the column by",
        )
    if breakdowns:
        data = data[data["weighted"] == data["weighted"].min()]
    _unique(data, ["question", "option", "statistic", "group", "weighted"], "tables.estimates")
    data["fixed"] = fixed(data)
    data["row"] = list(zip(data["question"], data["option"], data["statistic"], strict=True))
    order = list(dict.fromkeys(data["row"]))
    # Where each question has one row, as in a battery of which only the top box is shown, it names the row.
    single = len(questions) > 1 and len(order) == len(questions)
    labels = [
        codebook.variable(q).label(language) if single else option_label(codebook.variable(q), o, language)
        for q, o, _ in order
    ]
    statistics = set(data["statistic"])
    plain = statistics == {"proportion"}

    # One block of columns per group or per kind of weighting; each knows its base.
    if breakdowns:
        divider = codebook.variable(breakdowns[0])
        present = list(dict.fromkeys(data["group"]))
        names = [o.name for o in divider.options]
        blocks = [
            (by_label(codebook, breakdowns[0], g, language), data[data["group"] == g])
            for g in sorted(
                present, key=lambda g: -1 if g == "" else names.index(g) if g in names else len(names)
            )
        ]
    else:
        heads = {False: wording("table.unweighted"), True: wording("table.adjusted")}
        blocks = [(heads[k], data[data["weighted"] == k]) for k in sorted(set(data["weighted"]))]

    columns = [Column(labels, wording("table.answer"))]
    for name, part in blocks:
        one_base = part["n"].min() == part["n"].max()
        over = f"{name}\n{wording('n.one', n=wording.integer(part['n'].iloc[0]))}" if one_base else name
        cells = [(rows[0] if rows else None) for rows in _by_row(part, order, "row")]
        if not one_base:
            columns.append(
                Column([c["n"] if c else None for c in cells], wording("table.n"), "integer", over)
            )
        kind, span = ("percent", "span") if plain else ("number2", "span2")
        heading = "%" if plain else wording("table.estimate")
        columns.append(Column([c["estimate"] if c else None for c in cells], heading, kind, over))
        columns.append(
            Column(
                [wording("table.fixed") if c and c["fixed"] else _ends(c) for c in cells],
                wording("table.interval", level=level(data, wording)),
                span,
                over,
            )
        )
    several = len(questions) > 1 and not single
    groups = [codebook.variable(q).label(language) for q, _, _ in order] if several else []
    remarks = [note] if note else []
    if data["suppressed"].any():
        remarks.append(wording("table.suppressed_note"))
    if data["fixed"].any():
        remarks.append(wording("table.fixed_note"))
    by = (
        wording("title.by", what=first.label(language), by=_lower(divider.label(language)))
        if breakdowns
        else ""
    )
    return Table(
        frame=data[list(frame.columns)],
        columns=columns,
        title=title or by or wording.join(codebook.variable(q).label(language) for q in questions),
        subtitle=describe(data, codebook, language),
        note=" ".join(remarks),
        language=language,
        groups=groups,
        id=slug("_".join([*map(str, questions), *map(str, breakdowns)])),
    )
