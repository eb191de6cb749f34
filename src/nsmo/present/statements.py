"""Figures of published statements against what the responses say, from the frames of `nsmo.stages.claims`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from nsmo.present import sheet as theme
from nsmo.present.figures import _axis, _key, _Scale, _tick_text, _whisker, level, n_text, nice_ticks, require
from nsmo.present.sheet import NARROW, SMALL, Picture, Sheet, line_height, text_width, wrap
from nsmo.present.wording import Wording
from nsmo.study.codebook import Codebook

_TEXT = 12.0


@dataclass(frozen=True)
class _Row:
    """A statement, its estimates, the published values (two ends, or none) and the words at the right."""

    statement: str
    marks: list[dict[str, Any]]
    published: tuple[float, float] | None
    said: str


@dataclass(frozen=True)
class _Block:
    """Statements in one unit, so on one axis; without a heading where there is no other block."""

    heading: str
    ticks: Sequence[float]
    decimals: int
    rows: list[_Row]


def claims(
    frame: pd.DataFrame,
    codebook: Codebook,
    language: str = "en",
    *,
    title: str | None = None,
    subtitle: str | None = None,
) -> Picture:
    """Each published figure, as it was worded, against the estimate and its interval.

    Parameters
    ----------
    frame : DataFrame
        Rows of details.csv; those with a published figure and an estimate are drawn, each unit on an axis of
        its own. Columns type, statement (or statement_<language>), unit, published, decimals, measured (the
        question), published_low, published_high (the values that the wording allows), unweighted, ci_low,
        ci_high, n, and, where present, weighted, weighted_ci_low, weighted_ci_high.
    codebook, language, title, subtitle
        As in `nsmo.present.figures.shares`.

    Raises
    ------
    StudyError
        When no row can be drawn.
    """
    values = ("unweighted", "ci_low", "ci_high")
    needed = ("type", "statement", "unit", "measured", "published_low", "published_high", *values)
    data = _drawn(frame, needed, ("published_low", "unweighted"), "statements.claims")
    wording = Wording(language)
    blocks = []
    shares = data["unit"] == "percent"
    for measured in [None, *dict.fromkeys(data.loc[~shares, "measured"])]:
        # All shares have one axis; a mean has that of its question.
        rows = data[shares] if measured is None else data[~shares & (data["measured"] == measured)]
        if rows.empty:
            continue
        blocks.append(
            _Block(
                wording("claims.shares") if measured is None else codebook.variable(measured).label(language),
                [0, 25, 50, 75, 100] if measured is None else nice_ticks(*_ends(rows, values)),
                1 if measured is None else 2,
                [
                    _Row(
                        wording.own(row, "statement"),
                        _marks(row, values),
                        (row["published_low"], row["published_high"]),
                        _published(row, wording),
                    )
                    for row in rows.to_dict("records")
                ],
            )
        )
    inside = (data["published_low"] <= data["ci_high"]) & (data["published_high"] >= data["ci_low"])
    return _picture(
        blocks,
        data,
        wording,
        title
        or wording("title.claims", inside=wording.integer(inside.sum()), all=wording.integer(len(data))),
        subtitle,
        "claims",
    )


def directions(
    frame: pd.DataFrame,
    codebook: Codebook,
    language: str = "en",
    *,
    title: str | None = None,
    subtitle: str | None = None,
) -> Picture:
    """What each stated direction rests on: a difference or association, above nought as the statement says.

    Parameters
    ----------
    frame : DataFrame
        Rows of details.csv; those with a difference are drawn, each unit on an axis of its own. Columns
        statement (or statement_<language>), unit, measured, difference, difference_ci_low,
        difference_ci_high, n (or difference_n, where the difference is of others than the estimate), and the
        same three with weighted_ before them.
    codebook, language, title, subtitle
        As in `nsmo.present.figures.shares`.

    Raises
    ------
    StudyError
        When no row can be drawn.
    """
    values = ("difference", "difference_ci_low", "difference_ci_high")
    needed = ("statement", "unit", "measured", *values)
    data = _drawn(frame, needed, ("difference",), "statements.directions")
    if "difference_n" in data:
        data = data.assign(n=data["difference_n"])
    wording = Wording(language)
    blocks = []
    for unit in dict.fromkeys(data["unit"]):
        rows = data[data["unit"] == unit]
        labels = dict.fromkeys(codebook.variable(name).label(language) for name in rows["measured"])
        low, high = _ends(rows, values)
        decimals = 1 if unit == "percent" else 2
        blocks.append(
            _Block(
                wording(f"claims.unit.{unit}", label=", ".join(labels)),
                nice_ticks(min(0.0, low), max(0.0, high)),
                decimals,
                [
                    _Row(
                        wording.own(row, "statement"),
                        _marks(row, values),
                        None,
                        wording.number(row["difference"], decimals),
                    )
                    for row in rows.to_dict("records")
                ],
            )
        )
    above, adjusted = ((data[name] > 0).sum() for name in ("difference_ci_low", "weighted_difference_ci_low"))
    told = {"above": above, "adjusted": adjusted, "all": len(data)}
    return _picture(
        blocks,
        data,
        wording,
        title or wording("title.directions", **{name: wording.integer(n) for name, n in told.items()}),
        subtitle,
        "directions",
    )


def _drawn(frame: pd.DataFrame, needed: Sequence[str], present: Sequence[str], what: str) -> pd.DataFrame:
    """The rows that can be drawn, their numbers as numbers."""
    require(frame, needed, what)
    texts = {"type", "statement", "unit", "measured"}
    numbers = [c for c in frame if (c in needed and c not in texts) or c.startswith("weighted")]
    data = frame.assign(**{c: pd.to_numeric(frame[c], errors="coerce") for c in numbers})
    data = data.dropna(subset=list(present))
    require(data, needed, f"{what} (rows with {' and '.join(present)})")
    return data


def _ends(rows: pd.DataFrame, values: tuple[str, str, str]) -> tuple[float, float]:
    """The lowest and the highest end of all intervals, weighted ones too."""
    ends = rows[[c for c in rows if c.removeprefix("weighted_") in values[1:]]]
    return float(ends.min().min()), float(ends.max().max())


def _marks(row: Mapping[str, Any], values: tuple[str, str, str]) -> list[dict[str, Any]]:
    """The estimate and, where there is one, the weighted estimate, as marks with whiskers."""
    estimate, low, high = values
    names = {False: values, True: tuple(f"weighted_{name}" for name in values)}
    if estimate == "unweighted":
        names[True] = ("weighted", f"weighted_{low}", f"weighted_{high}")
    found = []
    for weighted, (value, start, end) in names.items():
        if not pd.isna(row.get(value)):
            found.append(
                {
                    "estimate": row[value],
                    "ci_low": row.get(start),
                    "ci_high": row.get(end),
                    "weighted": weighted,
                }
            )
    return found


def _published(row: Mapping[str, Any], wording: Wording) -> str:
    """The figure as printed where it was printed exactly, else the values that its words allow."""
    if row["type"] == "exact":
        return wording.number(row["published"], int(row["decimals"]))
    low, high = row["published_low"], row["published_high"]
    whole = all(abs(end - round(end)) < 1e-9 for end in (low, high))
    return wording.span(low, high, "number", 0 if whole else 1)


def _picture(
    blocks: list[_Block],
    data: pd.DataFrame,
    wording: Wording,
    title: str,
    subtitle: str | None,
    name: str,
) -> Picture:
    """Put blocks of statements beneath each other; on a phone each statement stands above its marks."""
    every = [row for block in blocks for row in block.rows]
    kinds = sorted({mark["weighted"] for row in every for mark in row.marks})
    column = max(text_width(row.said, _TEXT, bold=True) for row in every) + 10
    published = any(row.published for row in every)

    def draw(width: float) -> Sheet:
        sheet = Sheet(width)
        small = width <= NARROW
        size = SMALL if small else _TEXT
        left = 8.0 if small else width * 0.44
        y = _key(sheet, wording, kinds, 0, 9, published=published) + 4
        for block in blocks:
            if len(blocks) > 1:
                lines = wrap(block.heading, width, _TEXT, bold=True)
                sheet.block(0, y + len(lines) * line_height(_TEXT) / 2, lines, size=_TEXT, bold=True)
                y += len(lines) * line_height(_TEXT) + 4
            scale = _Scale(block.ticks, left + 6, width - column)
            top, spots = y, []
            for row in block.rows:
                lines = wrap(row.statement, width if small else left - 14, size)
                words = len(lines) * line_height(size)
                plot = 17.0 * len(row.marks) + 6
                high = words + plot + 8 if small else max(words, plot) + 8
                spots.append((y, high, words, lines, row))
                y += high
            below = _axis(sheet, scale, top, y + 2, _tick_text(wording, False, block.ticks))
            for i, (at, high, words, lines, row) in enumerate(spots):
                if i:
                    sheet.line([0, width], [at, at], color=theme.FAINT)
                middle = at + words + (high - words) / 2 if small else at + high / 2
                if small:
                    # Paper behind the words keeps grid lines out of them.
                    sheet.box(0, at + 1, width, words + 4, color=theme.PAPER)
                sheet.block(0, at + 4 + words / 2 if small else middle, lines, size=size)
                _draw_row(sheet, scale, row, middle)
                sheet.text(width, middle, row.said, align="right", size=_TEXT, bold=True)
            y = below + 10
        sheet.height = y - 10
        return sheet

    spoken = "; ".join(
        wording(
            f"{name}.spoken",
            statement=row.statement.rstrip(". "),
            published=row.said,
            values=wording.join(_spoken_mark(mark, block, wording) for mark in row.marks),
        )
        for block in blocks
        for row in block.rows
    )
    n = pd.to_numeric(data["n"], errors="coerce").dropna() if "n" in data else pd.Series(dtype=float)
    told = {
        "n": n_text(pd.DataFrame({"n": n}), wording) if len(n) else "",
        "level": level(data, wording),
    }
    return Picture(
        draw=draw,
        title=title,
        subtitle=subtitle if subtitle is not None else wording(f"{name}.subtitle", **told),
        alt=wording(f"alt.{name}", values=spoken, level=told["level"]),
    )


def _draw_row(sheet: Sheet, scale: _Scale, row: _Row, middle: float) -> None:
    reach = 9 * len(row.marks)
    if row.published:
        low, high = (scale(end) for end in row.published)
        if high - low > 2.5:
            sheet.box(low, middle - reach, high - low, 2 * reach, color=theme.MIDDLE)
            for x in (low, high):
                sheet.line([x, x], [middle - reach, middle + reach], color=theme.INK, width=1)
        else:
            x = (low + high) / 2
            sheet.line([x, x], [middle - reach, middle + reach], color=theme.INK, width=2)
    for j, mark in enumerate(row.marks):
        _whisker(sheet, scale, mark, middle + (j - (len(row.marks) - 1) / 2) * 16)


def _spoken_mark(mark: Mapping[str, Any], block: _Block, wording: Wording) -> str:
    text = f"{wording.weighting(mark['weighted'])} {wording.number(mark['estimate'], block.decimals)}"
    if pd.isna(mark["ci_low"]):
        return text
    return f"{text} ({wording.interval(mark['ci_low'], mark['ci_high'], 'number', block.decimals)})"
