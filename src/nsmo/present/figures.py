"""Figures: a result frame, a codebook and a language in, a `Picture` out.

Each title says the finding, each subtitle gives question, base, n and weighting, each interval is drawn, and
the alt text tells the numbers. A frame that holds unweighted and weighted rows gets both, one beneath the
other.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from nsmo.present import sheet as theme
from nsmo.present.sheet import NARROW, SMALL, TEXT, Picture, Sheet, line_height, text_width, wrap
from nsmo.present.wording import Wording, slug
from nsmo.study.codebook import Codebook
from nsmo.study.derived import Flag
from nsmo.study.errors import StudyError
from nsmo.study.variable import Variable

#: Between the ends of a class of numbers, as in the option "0–<5"; the upper end is not of the class.
CLASS = "–<"
RESULT = ("question", "option", "n", "statistic", "estimate", "ci_low", "ci_high", "weighted")

# The two estimates in the order in which they are drawn: filled dot, open diamond.
STYLE = {
    False: {"shape": "dot", "color": theme.UNWEIGHTED, "filled": True},
    True: {"shape": "diamond", "color": theme.WEIGHTED, "filled": False},
}


# -- reading a result frame ------------------------------------------------------------------------------


def require(frame: pd.DataFrame, columns: Iterable[str], what: str) -> None:
    """Stop, naming the absent columns, when a frame is not what a figure or table draws from."""
    absent = [c for c in columns if c not in frame.columns]
    if absent or frame.empty:
        raise StudyError(
            found=f"no column {', '.join(absent)}" if absent else "a frame without rows",
            where=f"the frame given to {what}",
            expected=f"at least one row and the columns {', '.join(columns)}",
            fix="pass a result frame of the analysis stage, filtered to the rows to show",
        )


def option_label(var: Variable, option: object, language: str) -> str:
    """Label of an option; `top` is made of the labels of the top box, and a count stays as it is.

    A class of numbers is put into words, so that neighbours do not seem to share their ends.
    """
    if _nothing(option):
        return var.label(language)
    options = {o.name: o.label(language) for o in var.options}
    name = str(option)
    if name in options:
        return options[name]
    if name == "top" and var.top:
        labels = [options[t] for t in var.top]
        first, *rest = labels
        return (
            Wording(language)("list.or", first=first, last=", ".join(_lower(r) for r in rest))
            if rest
            else first
        )
    if var.type == "numeric" and CLASS in name:
        wording = Wording(language)
        low, high = (
            wording.number(float(end), len(end.partition(".")[2])) for end in name.split(CLASS, maxsplit=1)
        )
        return wording("class", low=low, high=high)
    return name


def by_label(codebook: Codebook, by: object, group: object, language: str) -> str:
    """Label of a group, or the word for everybody."""
    if _nothing(group):
        return Wording(language)("everybody")
    if _nothing(by):
        return str(group)
    return option_label(codebook.variable(str(by)), group, language)


def _nothing(value: object) -> bool:
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value)) or value is pd.NA


def _lower(label: str) -> str:
    return label if label[:2].isupper() else label[:1].lower() + label[1:]


def _tidy(frame: pd.DataFrame) -> pd.DataFrame:
    out = frame.copy()
    for column, default in (("by", ""), ("group", ""), ("base", ""), ("suppressed", False)):
        if column not in out:
            out[column] = default
    for column in ("by", "group", "option"):
        out[column] = out[column].astype("object").where(out[column].notna(), "")
    out["suppressed"] = out["suppressed"].astype("boolean").fillna(False).astype(bool)
    out["weighted"] = out["weighted"].astype(bool)
    hidden = [c for c in ("estimate", "se", "ci_low", "ci_high") if c in out]
    out.loc[out["suppressed"], hidden] = np.nan
    return out


def _one(frame: pd.DataFrame, column: str, what: str) -> Any:
    values = list(dict.fromkeys(frame[column]))
    if len(values) != 1:
        raise StudyError(
            found=f"{len(values)} different values of {column}: {', '.join(map(str, values[:6]))}",
            where=f"the frame given to {what}",
            expected=f"one {column}",
            fix="filter the frame first",
        )
    return values[0]


def _unique(frame: pd.DataFrame, keys: Sequence[str], what: str) -> None:
    twice = frame[frame.duplicated(list(keys), keep=False)]
    if len(twice):
        first = ", ".join(f"{k}={twice.iloc[0][k]!r}" for k in keys)
        raise StudyError(
            found=f"{len(twice)} rows that stand for the same thing, for example {first}",
            where=f"the frame given to {what}",
            expected=f"one row for each {', '.join(keys)}",
            fix="filter the frame first: one statistic, one breakdown",
        )


def n_text(frame: pd.DataFrame, wording: Wording) -> str:
    """The number of respondents behind a frame: one number, or from–to where rows differ."""
    low, high = int(frame["n"].min()), int(frame["n"].max())
    if low == high:
        return wording("n.one", n=wording.integer(low))
    return wording("n.range", low=wording.integer(low), high=wording.integer(high))


def level(frame: pd.DataFrame, wording: Wording) -> str:
    """The level of a frame's intervals: its column `confidence`, or 95% where it has none."""
    levels = set(frame["confidence"].dropna()) if "confidence" in frame else set()
    if len(levels) > 1:
        raise StudyError(
            found=f"intervals of levels {', '.join(map(str, sorted(levels)))} in one frame",
            where="the column confidence",
            expected="one level",
            fix="filter the frame first",
        )
    return wording.percent(levels.pop() if levels else 0.95, 0)


def describe(frame: pd.DataFrame, codebook: Codebook, language: str) -> str:
    """Subtitle of a result frame: the question as asked, the base, n, and how it is weighted."""
    wording = Wording(language)
    questions = list(dict.fromkeys(frame["question"]))
    first = codebook.variable(questions[0])
    # A derived variable was never asked; its label, which the title has, is no question.
    asked = first.text(language) if len(questions) == 1 else ""
    text = asked if asked and asked != first.label(language) else ""
    bases = [b for b in dict.fromkeys(frame["base"]) if b]
    base = wording(f"base_of.{bases[0]}") if len(bases) == 1 else ""
    weighted = set(frame["weighted"])
    how = wording("weighting.both") if len(weighted) == 2 else wording.weighting(weighted.pop())
    facts = "; ".join(
        t
        for t in (base, n_text(frame, wording), how, wording("interval.level", level=level(frame, wording)))
        if t
    )
    return f"{_stop(text)} {facts[:1].upper()}{facts[1:]}." if text else f"{facts[:1].upper()}{facts[1:]}."


def _stop(text: str) -> str:
    text = text.strip()
    return text if text[-1:] in ".?!…:" else f"{text}."


def _estimate_text(row: Mapping[str, Any], wording: Wording) -> str:
    if row["suppressed"] or pd.isna(row["estimate"]):
        return wording("estimate.suppressed")
    value = wording.statistic(row)
    if pd.isna(row["ci_low"]):
        return value
    kind = "percent" if row["statistic"] == "proportion" else "number"
    decimals = 1 if kind == "percent" else 2
    return f"{value} ({wording.interval(row['ci_low'], row['ci_high'], kind, decimals)})"


def _spoken(rows: Iterable[tuple[str, Mapping[str, Any]]], wording: Wording) -> str:
    return "; ".join(f"{label} {_estimate_text(row, wording)}" for label, row in rows)


# -- scales and common furniture -------------------------------------------------------------------------


def nice_ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Round numbers that span from `low` to `high` in about `count` steps."""
    span = max(high - low, 1e-9)
    raw = span / max(count, 1)
    power = 10 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(i * step, 10) for i in range(first, last + 1)]


def log_ticks(low: float, high: float, count: int = 6) -> list[float]:
    """Round ratios that span from `low` to `high` and 1 in at most about `count` steps, 0.01 to 100 at most.

    Raises
    ------
    StudyError
        For ends that are no numbers above nought.
    """
    if not (0 < low <= high < math.inf):
        raise StudyError(
            found=f"ratios from {low} to {high}",
            where="nsmo.present.figures.log_ticks",
            expected="numbers above nought",
            fix="leave out what has no interval",
        )
    low, high = max(min(low, 1.0), 0.01), min(max(high, 1.0), 100.0)
    for steps in ((1, 2, 5), (1, 3), (1,)):
        ladder = [round(m * 10.0**power, 10) for power in range(-3, 3) for m in steps] + [1000.0]
        first = max(i for i, tick in enumerate(ladder) if tick <= low * 1.001)
        last = min(i for i, tick in enumerate(ladder) if tick >= high * 0.999)
        # An axis needs two ends, also where everything is 1.
        ticks = ladder[first - (first == last) : last + 1 + (first == last)]
        if len(ticks) <= count + 1:
            break
    return ticks


class _Scale:
    """Maps values to pixels between `left` and `right`; those beyond the ends lie on the ends."""

    def __init__(self, ticks: Sequence[float], left: float, right: float, log: bool = False) -> None:
        self.ticks, self.left, self.right, self.log = ticks, left, right, log

    def __call__(self, value: float) -> float:
        low, high = self.ticks[0], self.ticks[-1]
        value = min(max(value, low), high)
        if self.log:
            low, high, value = math.log(low), math.log(high), math.log(value)
        return self.left + (value - low) / (high - low) * (self.right - self.left)


def _axis(
    sheet: Sheet, scale: _Scale, top: float, bottom: float, text: Callable[[float, bool], str], name: str = ""
) -> float:
    """Draw upright grid lines and their numbers beneath; return the y below them."""
    for i, tick in enumerate(scale.ticks):
        x = scale(tick)
        sheet.line([x, x], [top, bottom], color=theme.RULE if tick else theme.MUTED, width=1)
        sheet.text(
            x,
            bottom + 13,
            text(tick, i == len(scale.ticks) - 1),
            size=SMALL,
            color=theme.MUTED,
            align="center",
        )
    if not name:
        return bottom + 24
    # Letters are fitted to the pixels, which makes some texts wider than they measure.
    lines = wrap(name, sheet.width * 0.95, SMALL)
    half = max(text_width(line, SMALL) for line in lines) / 2 * 1.05
    middle = max(half, min((scale.left + scale.right) / 2, sheet.width - half))
    more = (len(lines) - 1) * line_height(SMALL)
    sheet.block(middle, bottom + 30 + more / 2, lines, size=SMALL, color=theme.MUTED, align="center")
    return bottom + 42 + more


def _tick_text(
    wording: Wording, proportion: bool, ticks: Sequence[float], log: bool = False
) -> Callable[[float, bool], str]:
    if log:
        return lambda value, last: wording.number(value, max(0, -math.floor(math.log10(value) + 1e-9)))
    step = ticks[1] - ticks[0]
    if proportion:
        return lambda value, last: wording.percent(value, 0, sign=last)
    decimals = 0 if step >= 1 else 1 if step >= 0.1 else 2
    return lambda value, last: wording.number(value, decimals)


def _key(
    sheet: Sheet, wording: Wording, kinds: Sequence[bool], x: float, y: float, published: bool = False
) -> float:
    """Name the marks in one line (two on a phone); return the y below it."""
    entries = [(STYLE[k], wording.weighting(k)) for k in kinds]
    if published:
        entries.insert(0, ({"shape": "tick", "color": theme.INK}, wording("claims.published")))
    start = x
    for style, label in entries:
        needed = 16 + text_width(label, SMALL) + 18
        if x > start and x + needed - 18 > sheet.width:
            x, y = start, y + 18
        size = 6.0 if style["shape"] == "tick" else 8.0
        sheet.mark(x + 5, y, **{**style, "size": size})
        sheet.text(x + 16, y, label, size=SMALL, color=theme.MUTED)
        x += needed
    return y + 18


def _whisker(sheet: Sheet, scale: _Scale, row: Mapping[str, Any], y: float, size: float = 8.0) -> None:
    style = STYLE[bool(row["weighted"])]
    if not pd.isna(row["ci_low"]):
        low, high = scale(row["ci_low"]), scale(row["ci_high"])
        sheet.line([low, high], [y, y], color=style["color"], width=1.8)
        # Both ends are one line with a gap; an interval that goes on beyond the axis ends in an arrow.
        back = low + 5.0 * (row["ci_low"] < scale.ticks[0]), high - 5.0 * (row["ci_high"] > scale.ticks[-1])
        ends = [back[0], low, back[0], np.nan, back[1], high, back[1]]
        heights = [y - 3.5, y, y + 3.5, np.nan, y - 3.5, y, y + 3.5]
        sheet.line(ends, heights, color=style["color"], width=1.4)
    sheet.mark(scale(row["estimate"]), y, **style, size=size)


def _gutter(labels: Iterable[str], width: float, share: float = 0.36) -> float:
    """Width for row labels: the longest one, at most a share of the sheet, at least a long word."""
    labels = list(labels)
    words = [text_width(word) for label in labels for word in label.split(" ")] or [0.0]
    longest = max((text_width(label) for label in labels), default=0.0)
    return min(longest, max(width * share, min(max(words), width * 0.5))) + 12


def _rows_figure(
    rows: Sequence[tuple[str, str, Sequence[Mapping[str, Any]]]],
    wording: Wording,
    *,
    bars: bool,
    ticks: Sequence[float],
    proportion: bool,
    axis_name: str = "",
    null: float | None = None,
    log: bool = False,
) -> Callable[[float], Sheet]:
    """Rows of (heading, label, estimates) as dots with intervals, on bars where the scale starts at nought.

    A heading opens a block; the same heading twice in a row is set once. `null` is the value of no effect: it
    gets a line of its own, and on a wide sheet the interval stands beside each estimate.
    """
    kinds = sorted({bool(r["weighted"]) for _, _, estimates in rows for r in estimates})

    def draw(width: float) -> Sheet:
        sheet = Sheet(width)
        value_text = _value_text if null is None or width <= NARROW else _value_and_interval
        values = [value_text(r, wording) for _, _, estimates in rows for r in estimates]
        column = max(
            [text_width(v, TEXT, bold=True) for v in values if v != wording("estimate.suppressed")] or [40]
        )
        left = _gutter([label for _, label, _ in rows], width)
        scale = _Scale(ticks, left + 6, width - column - 16, log)
        start = 0.0 if width <= NARROW else left + 6
        y = _key(sheet, wording, kinds, start, 9) + 4 if len(kinds) == 2 else 6.0
        top, spots, previous = y, [], ""
        for heading, label, estimates in rows:
            if heading != previous and heading:
                lines = wrap(heading, width, bold=True)
                y += 10 if previous else 0
                spots.append((y + len(lines) * line_height(TEXT) / 2, None, lines, ()))
                y += len(lines) * line_height(TEXT) + 4
                previous = heading
            lines = wrap(label, left - 8)
            height = max(len(lines) * line_height(TEXT) + 7, 21 * len(estimates) + 7, 27)
            spots.append((y + height / 2, label, lines, estimates))
            y += height
        below = _axis(sheet, scale, top, y + 2, _tick_text(wording, proportion, ticks, log), axis_name)
        if null is not None:
            sheet.line([scale(null)] * 2, [top, y + 2], color=theme.INK, width=1.2)
        for middle, label, lines, estimates in spots:
            if label is None:
                # Paper behind the heading keeps grid lines out of the words.
                longest = max(text_width(line, bold=True) for line in lines) + 8
                sheet.box(0, middle - 9 * len(lines), longest, 18 * len(lines), color=theme.PAPER)
                sheet.block(0, middle, lines, bold=True)
                continue
            sheet.block(0, middle, lines)
            if all(pd.isna(row["estimate"]) for row in estimates):
                estimates = estimates[:1]  # said once
            for i, row in enumerate(estimates):
                at = middle + (i - (len(estimates) - 1) / 2) * 19
                color = STYLE[bool(row["weighted"])]["color"]
                if pd.isna(row["estimate"]):
                    sheet.text(
                        scale.left + 4, at, wording("estimate.suppressed"), size=SMALL, color=theme.MUTED
                    )
                    continue
                if bars and not row["weighted"]:
                    zero = scale(0)
                    sheet.box(zero, at - 7, scale(row["estimate"]) - zero, 14, color=theme.UNWEIGHTED_TINT)
                _whisker(sheet, scale, row, at)
                sheet.text(
                    width, at, value_text(row, wording), color=color, align="right", bold=not row["weighted"]
                )
        sheet.height = below
        return sheet

    return draw


def _value_text(row: Mapping[str, Any], wording: Wording) -> str:
    if pd.isna(row["estimate"]):
        return wording("estimate.suppressed")
    return wording.percent(row["estimate"]) if row["statistic"] == "proportion" else wording.statistic(row)


def _value_and_interval(row: Mapping[str, Any], wording: Wording) -> str:
    if pd.isna(row["estimate"]) or pd.isna(row["ci_low"]):
        return _value_text(row, wording)
    return f"{_value_text(row, wording)} ({wording.interval(row['ci_low'], row['ci_high'], 'number', 2)})"


def _by_row(frame: pd.DataFrame, keys: Sequence[Any], column: str) -> list[list[dict[str, Any]]]:
    """The estimates of each key, unweighted before weighted."""
    found: dict[Any, list[dict[str, Any]]] = {}
    for row in frame.sort_values("weighted", kind="stable").to_dict("records"):
        found.setdefault(row[column], []).append(row)
    return [found.get(key, []) for key in keys]


def _ticks_for(frame: pd.DataFrame, proportion: bool, zero: bool = True) -> list[float]:
    high = float(np.nanmax(frame[["estimate", "ci_high"]].to_numpy(float), initial=0.0))
    low = float(np.nanmin(frame[["estimate", "ci_low"]].to_numpy(float), initial=high))
    if proportion:
        return nice_ticks(0.0, min(1.0, max(high, 0.1)), 4 if high > 0.4 else 5)
    return nice_ticks(0.0 if zero else low, high if high > low or zero else low + 1, 5)


# -- the figures -----------------------------------------------------------------------------------------


def shares(
    frame: pd.DataFrame,
    codebook: Codebook,
    language: str = "en",
    *,
    sort: bool | None = None,
    title: str | None = None,
    subtitle: str | None = None,
) -> Picture:
    """How many chose each option of one question.

    Parameters
    ----------
    frame : DataFrame
        Result rows of one question, statistic `proportion` (fractions), one row per option and kind of
        weighting. The row of the top box and rows of subgroups are left aside.
    codebook : Codebook
    language : {"en", "nl"}
    sort : bool, optional
        Largest first; by default for a multi-select, and in codebook order for the rest.
    title, subtitle : str, optional
        Instead of the computed ones.

    Raises
    ------
    StudyError
        For absent columns, several questions, or two rows for the same option.
    """
    require(frame, RESULT, "figures.shares")
    data = _tidy(frame)
    data = data[(data["statistic"] == "proportion") & (data["group"] == "")]
    require(data, RESULT, "figures.shares (rows with statistic proportion and no group)")
    var = codebook.variable(_one(data, "question", "figures.shares"))
    if set(data["option"]) != {"top"}:
        data = data[data["option"] != "top"]
    _unique(data, ["option", "weighted"], "figures.shares")
    wording = Wording(language)

    lead = data[data["weighted"] == data["weighted"].min()].set_index("option")["estimate"]
    order = [o.name for o in var.options if o.name in lead.index]
    order += [o for o in lead.index if o not in order]
    if sort if sort is not None else var.type == "multi":
        order = sorted(order, key=lambda o: -np.nan_to_num(lead[o], nan=-1.0))
    rows = _by_row(data, order, "option")
    labels = [option_label(var, o, language) for o in order]
    best = max(order, key=lambda o: np.nan_to_num(lead[o], nan=-1.0))
    kinds = sorted(set(data["weighted"]))
    spoken = " ".join(
        wording(
            "alt.kind",
            kind=wording.weighting(k),
            values=_spoken(
                [
                    (label, r)
                    for label, rs in zip(labels, rows, strict=True)
                    for r in rs
                    if r["weighted"] == k
                ],
                wording,
            ),
        )
        for k in kinds
    )
    return Picture(
        draw=_rows_figure(
            [("", label, r) for label, r in zip(labels, rows, strict=True)],
            wording,
            bars=True,
            ticks=_ticks_for(data, proportion=True),
            proportion=True,
        ),
        title=title
        or wording(
            "title.shares",
            label=var.label(language),
            option=option_label(var, best, language),
            value=wording.percent(lead[best]),
        ),
        subtitle=subtitle if subtitle is not None else describe(data, codebook, language),
        alt=wording("alt.shares", level=level(data, wording), n=n_text(data, wording), values=spoken),
    )


def comparison(
    frame: pd.DataFrame,
    codebook: Codebook,
    language: str = "en",
    *,
    title: str | None = None,
    subtitle: str | None = None,
) -> Picture:
    """One estimate, group by group, as dots with intervals.

    Parameters
    ----------
    frame : DataFrame
        Result rows of one statistic (`proportion` as fractions, or `mean`), broken down by one variable; a
        row without a group stands for everybody. Several questions or options make a block of rows each.
    codebook, language, title, subtitle
        As in `shares`.

    Raises
    ------
    StudyError
        For absent columns, several statistics or breakdowns, or two rows for the same thing.
    """
    require(frame, (*RESULT, "by", "group"), "figures.comparison")
    data = _tidy(frame)
    statistic = _one(data, "statistic", "figures.comparison")
    by = _one(data[data["by"] != ""], "by", "figures.comparison")
    _unique(data, ["question", "option", "group", "weighted"], "figures.comparison")
    wording = Wording(language)
    divider = codebook.variable(by)

    measures = list(dict.fromkeys(zip(data["question"], data["option"], strict=True)))
    whole = len({question for question, _ in measures}) == 1
    groups = [o.name for o in divider.options if o.name in set(data["group"])]
    groups += [g for g in dict.fromkeys(data["group"]) if g not in groups and g != ""]
    if (data["group"] == "").any():
        groups = ["", *groups]
    rows, spoken = [], []
    for question, option in measures:
        part = data[(data["question"] == question) & (data["option"] == option)]
        heading = _measure_label(codebook, question, option, whole, language) if len(measures) > 1 else ""
        for group, estimates in zip(groups, _by_row(part, groups, "group"), strict=True):
            if not estimates:
                continue
            label = by_label(codebook, by, group, language)
            counted = wording("group.n", label=label, n=wording.integer(estimates[0]["n"]))
            rows.append((heading, counted, estimates))
            spoken += [
                (f"{heading + ', ' if heading else ''}{label}, {wording.weighting(r['weighted'])}", r)
                for r in estimates
            ]
    proportion = statistic == "proportion"
    return Picture(
        draw=_rows_figure(
            rows,
            wording,
            bars=False,
            ticks=_ticks_for(data, proportion, zero=proportion),
            proportion=proportion,
        ),
        title=title or _comparison_title(data, codebook, by, measures, wording),
        subtitle=subtitle if subtitle is not None else describe(data, codebook, language),
        alt=wording(
            "alt.comparison",
            level=level(data, wording),
            by=divider.label(language),
            values=_spoken(spoken, wording),
        ),
    )


def _measure_label(codebook: Codebook, question: str, option: str, whole: bool, language: str) -> str:
    """The option of a question, or, where several questions stand together, the question with it."""
    if not whole:
        return outcome_label(codebook, question, option, language)
    variable = codebook.variable(question)
    return (
        variable.label(language)
        if isinstance(variable.definition, Flag)
        else option_label(variable, option, language)
    )


def _comparison_title(
    data: pd.DataFrame, codebook: Codebook, by: str, measures: Sequence[tuple[str, str]], wording: Wording
) -> str:
    language = wording.language
    divider = _lower(codebook.variable(by).label(language))
    whole = len({question for question, _ in measures}) == 1
    lead = data[(data["weighted"] == data["weighted"].min()) & (data["group"] != "")].dropna(
        subset=["estimate"]
    )
    if lead.empty or lead["estimate"].nunique() < 2:
        questions = dict.fromkeys(question for question, _ in measures)
        labels = [codebook.variable(question).label(language) for question in questions]
        if len(measures) == 1:
            labels = [_measure_label(codebook, *measures[0], whole, language)]
        return wording("title.by", what=wording.join(labels), by=divider)
    widest = measures[0]
    if len(measures) > 1:
        each = lead.groupby(["question", "option"], sort=False)["estimate"]
        widest = (each.max() - each.min()).idxmax()
        lead = lead[(lead["question"] == widest[0]) & (lead["option"] == widest[1])]
    what = _measure_label(codebook, *widest, whole, language)
    if len(measures) > 1:
        what = wording("title.widest", option=what, by=divider)
    high, low = lead.loc[lead["estimate"].idxmax()], lead.loc[lead["estimate"].idxmin()]
    return wording(
        "title.comparison",
        what=what,
        high=by_label(codebook, by, high["group"], language),
        high_value=wording.statistic(high),
        low=by_label(codebook, by, low["group"], language),
        low_value=wording.statistic(low),
    )


def forest(
    frame: pd.DataFrame,
    codebook: Codebook,
    language: str = "en",
    *,
    title: str | None = None,
    subtitle: str | None = None,
) -> Picture:
    """Effects with intervals around the line of no effect: ratios on a log axis, others on a plain one.

    Parameters
    ----------
    frame : DataFrame
        Result rows of one statistic whose name ends in "ratio" (odds ratio, rate ratio: no effect is 1) or of
        another measure of which nought is no effect. `question` is what is explained, with the `option` that
        is meant; `by` is what explains it; `group` is "category – reference" in the names of the codebook, or
        empty where `by` is a number (the effect of one more) or a scale. Rows stay in their order.
    codebook, language, title, subtitle
        As in `shares`. The computed title names what the intervals set apart from no effect.

    Raises
    ------
    StudyError
        For absent columns, several statistics, two rows for the same thing, a group that is no pair of
        categories, or a ratio that is not above nought.
    """
    require(frame, (*RESULT, "by", "group"), "figures.forest")
    data = _tidy(frame)
    statistic = str(_one(data, "statistic", "figures.forest"))
    _unique(data, ["question", "option", "by", "group", "weighted"], "figures.forest")
    log = is_ratio(statistic)
    known = data.dropna(subset=["estimate"])
    ends = known[["estimate", "ci_low", "ci_high"]].to_numpy(float)
    ends = ends[np.isfinite(ends)]
    if log and (ends <= 0).any():
        raise StudyError(
            found=f"{statistic} of {ends.min():.3g}",
            where="the frame given to figures.forest",
            expected="ratios above nought, not their logarithms",
            fix="take exp of the coefficients; where a cell is empty, use Firth's correction",
        )
    wording = Wording(language)
    null = 1.0 if log else 0.0
    blocks, what = named_effects(data, codebook, language)
    drawn = [(effect.heading, effect.label, effect.rows) for effect in blocks]
    ends = np.append(ends, null)
    name = wording(f"statistic.{slug(statistic)}")
    return Picture(
        draw=_rows_figure(
            drawn,
            wording,
            bars=False,
            ticks=log_ticks(ends.min(), ends.max()) if log else nice_ticks(ends.min(), ends.max()),
            proportion=False,
            axis_name=wording("forest.log_axis", statistic=name) if log else name,
            null=null,
            log=log,
        ),
        title=title or _forest_title(blocks, what, null, wording),
        subtitle=subtitle if subtitle is not None else describe(data, codebook, language),
        alt=wording(
            "alt.forest_log" if log else "alt.forest",
            statistic=name,
            level=level(data, wording),
            n=n_text(data, wording),
            values=_spoken(
                [(f"{e.full}, {wording.weighting(r['weighted'])}", r) for e in blocks for r in e.rows],
                wording,
            ),
        ),
    )


def is_ratio(statistic: str) -> bool:
    """Whether no effect is 1, by the name of a statistic: odds ratio, rate ratio."""
    return statistic.endswith("ratio")


@dataclass(frozen=True)
class Effect:
    """The result rows of one effect, unweighted before weighted, and how it is called.

    Attributes
    ----------
    heading, label : str
        Of the block and of the row in it.
    short, full : str
        The effect in a title, and in a text that has no headings.
    rows : list of dict
    """

    heading: str
    label: str
    short: str
    full: str
    rows: list[dict[str, Any]]


def named_effects(frame: pd.DataFrame, codebook: Codebook, language: str) -> tuple[list[Effect], str]:
    """Put rows of effects into blocks with names, and say what they are the effects on.

    One outcome: a block for each term, which names the reference. Several outcomes and one contrast: a row
    for each outcome. Several of both: a block for each outcome.

    Parameters
    ----------
    frame : DataFrame
        As in `forest`.
    codebook, language
        As in `shares`.
    """
    data, wording = _tidy(frame), Wording(language)
    keys = list(zip(data["question"], data["option"], data["by"], data["group"], strict=True))
    order = list(dict.fromkeys(keys))
    outcomes = list(dict.fromkeys(k[:2] for k in order))
    contrasts = list(dict.fromkeys(k[2:] for k in order))
    terms = [by for by, _ in contrasts]
    order.sort(key=lambda k: outcomes.index(k[:2]) if len(outcomes) > 1 else terms.index(k[2]))
    places = data.assign(place=[order.index(k) for k in keys])
    found = []
    for key, rows in zip(order, _by_row(places, range(len(order)), "place"), strict=True):
        question, option, by, group = key
        outcome = outcome_label(codebook, question, option, language)
        term = whole = short = codebook.variable(by).label(language)
        label, heading, against = term, "", ""
        if not group and is_ratio(rows[0]["statistic"]):
            numeric = codebook.variable(by).type == "numeric"
            label, heading = wording("forest.one_more" if numeric else "forest.one_step"), term
            whole = wording("forest.contrast", term=term, contrast=label)
        elif group:
            category, reference = (by_label(codebook, by, g, language) for g in contrast(by, group, codebook))
            against = wording("forest.against", category=category, reference=reference)
            whole, short = (wording("forest.contrast", term=term, contrast=c) for c in (against, category))
            label, heading = category, wording("forest.reference", term=term, reference=reference)
        if len(outcomes) == 1:
            found.append(Effect(heading, label, short, whole, rows))
        elif len(contrasts) == 1:
            found.append(Effect(whole, outcome, outcome, outcome, rows))
        else:
            full = wording("forest.contrast", term=outcome, contrast=whole)
            found.append(
                Effect(outcome, whole if len(set(terms)) > 1 else against or whole, full, full, rows)
            )
    if len(outcomes) == 1:
        return found, outcome_label(codebook, *outcomes[0], language)
    if len(contrasts) == 1:
        return found, found[0].heading
    return found, wording.join(dict.fromkeys(codebook.variable(q).label(language) for q, _ in outcomes))


def outcome_label(codebook: Codebook, question: str, option: object, language: str) -> str:
    """What an effect is on: the option that is meant where there is one, else the question."""
    variable = codebook.variable(question)
    if _nothing(option) or isinstance(variable.definition, Flag):
        return variable.label(language)
    label = option_label(variable, option, language)
    return label if variable.type == "multi" else f"{variable.label(language)}: {label}"


def contrast(by: str, group: object, codebook: Codebook) -> tuple[str, str]:
    """The category and the reference in "category – reference"; two empty names where there is no group.

    Raises
    ------
    StudyError
        If the group is no pair of categories of the question.
    """
    if _nothing(group):
        return "", ""
    names = str(group).split(" – ")
    known = [o.name for o in codebook.variable(by).options]
    if len(names) != 2 or not set(names) <= set(known):
        raise StudyError(
            found=f"the group {group!r} of {by}",
            where="a frame of effects",
            expected=f"category – reference, both of {', '.join(known) or 'no categories: an empty group'}",
            fix="say in the column group which category is held against which",
        )
    return names[0], names[1]


def _forest_title(found: Sequence[Effect], what: str, null: float, wording: Wording) -> str:
    """Say which effects the intervals set apart from none, by the unweighted rows where there are any."""
    higher = [effect.short for effect in found if effect.rows[0]["ci_low"] > null]
    lower = [effect.short for effect in found if effect.rows[0]["ci_high"] < null]
    if not higher and not lower:
        return wording("title.forest_none", what=what, null=wording.integer(null))
    if len(higher) + len(lower) > 3:
        some, many = wording.integer(len(higher) + len(lower)), wording.integer(len(found))
        return wording("title.forest_some", what=what, some=some, all=many, null=wording.integer(null))
    parts = [
        wording(f"title.forest_{key}", labels=wording.join(labels))
        for key, labels in (("higher", higher), ("lower", lower))
        if labels
    ]
    return wording("title.forest", what=what, parts="; ".join(parts))


def likert(
    frame: pd.DataFrame,
    codebook: Codebook,
    language: str = "en",
    *,
    title: str | None = None,
    subtitle: str | None = None,
) -> Picture:
    """Answers on an ordered scale as bars that diverge from its middle.

    Parameters
    ----------
    frame : DataFrame
        Result rows, statistic `proportion` (fractions): one ordinal question, several questions that share a
        scale (a battery), or one question by group. Rows with option `top` give the interval of the top box.
    codebook, language, title, subtitle
        As in `shares`. Unweighted rows are drawn; weighted ones only where there are no others.

    Raises
    ------
    StudyError
        For absent columns, scales that differ, or a question that is not ordinal.
    """
    require(frame, RESULT, "figures.likert")
    data = _tidy(frame)
    data = data[(data["statistic"] == "proportion") & (data["weighted"] == data["weighted"].min())]
    require(data, RESULT, "figures.likert (rows with statistic proportion)")
    _unique(data, ["question", "option", "group"], "figures.likert")
    wording = Wording(language)
    questions = list(dict.fromkeys(data["question"]))
    variables = [codebook.variable(q) for q in questions]
    scales = {tuple((o.name, o.label(language)) for o in v.options) for v in variables}
    if len(scales) != 1 or any(v.type != "ordinal" for v in variables):
        raise StudyError(
            found=f"{len(scales)} different scales, kinds {', '.join(sorted({v.type for v in variables}))}",
            where=f"the frame given to figures.likert ({', '.join(questions)})",
            expected="ordinal questions with the same options",
            fix="draw them apart, or with figures.shares",
        )
    scale = scales.pop()
    names = [name for name, _ in scale]
    colors = likert_colors(len(names))

    items = []
    for (question, group), part in data.groupby(["question", "group"], sort=False):
        var = variables[questions.index(question)]
        label = (
            by_label(codebook, part["by"].iloc[0], group, language)
            if data["group"].ne("").any()
            else (var.label(language) if len(questions) > 1 else "")
        )
        if len(questions) > 1 and data["group"].ne("").any():
            label = f"{var.label(language)}: {label}"
        by_option = part.set_index("option")
        values = [float(by_option["estimate"].get(name, np.nan)) for name in names]
        top = by_option.loc["top"].to_dict() if "top" in by_option.index else None
        items.append((label, values, top, int(part["n"].max()), bool(part["suppressed"].any())))

    half = len(names) // 2
    odd = len(names) % 2 == 1

    def extent(values: Sequence[float]) -> tuple[float, float]:
        v = np.nan_to_num(np.asarray(values))
        middle = v[half] / 2 if odd else 0.0
        return float(v[:half].sum() + middle), float(v[half + odd :].sum() + middle)

    shown = [extent(v) for _, v, _, _, hidden in items if not hidden]
    reach = (max(e[0] for e in shown), max(e[1] for e in shown)) if shown else (0.5, 0.5)
    top_var = variables[0]
    top_name = option_label(top_var, "top", language) if top_var.top else ""
    has_top = any(t is not None for _, _, t, _, _ in items)

    def draw(width: float) -> Sheet:
        sheet = Sheet(width)
        small = width <= NARROW
        # On a phone the label stands above its bar, and the interval of the top box beneath it in words.
        labels = [label for label, *_ in items]
        left = 0.0 if small or not any(labels) else _gutter(labels, width, 0.3)
        panel = 150.0 if has_top and not small else 0.0
        right = width - panel - (22 if panel else 0)
        unit = (right - left) / (reach[0] + reach[1])
        zero = left + reach[0] * unit

        # The scale, each answer in its own colour.
        x, y = 0.0, 9.0
        for (_, text), color in zip(scale, colors, strict=True):
            needed = 17 + text_width(text, SMALL)
            if x > 0 and x + needed > width:
                x, y = 0.0, y + 18
            sheet.box(x, y - 5, 11, 11, color=color)
            sheet.text(x + 16, y, text, size=SMALL, color=theme.MUTED)
            x += needed + 14
        y += 18
        if panel:
            lines = wrap(top_name, panel, SMALL)
            y += line_height(SMALL) * max(0, len(lines) - 1)
            sheet.block(
                width - panel,
                y - (len(lines) - 1) * line_height(SMALL) / 2,
                lines,
                size=SMALL,
                color=theme.MUTED,
            )
            y += 12
        for label, values, top, n, hidden in items:
            lines = wrap(label, width if small else left - 10) if label else []
            counted = wording("n.one", n=wording.integer(n))
            if small and lines:
                y += 8
                sheet.block(0, y + len(lines) * line_height(TEXT) / 2, lines)
                y += len(lines) * line_height(TEXT)
            height = 28.0 if small else max(36.0, len(lines) * line_height(TEXT) + 8)
            middle = y + height / 2
            if not small and lines:
                sheet.block(0, middle, lines)
            if hidden:
                sheet.text(zero + 6, middle, wording("estimate.suppressed"), size=SMALL, color=theme.MUTED)
            else:
                at = zero - extent(values)[0] * unit
                for value, color in zip(values, colors, strict=True):
                    size = 0.0 if math.isnan(value) else value * unit
                    sheet.box(at, middle - 11, size, 22, color=color)
                    text = wording.percent(value, 0, sign=False)
                    if size > text_width(text, SMALL) + 6:
                        ink = theme.PAPER if color in (theme.LOW[0], theme.HIGH[1]) else theme.INK
                        sheet.text(at + size / 2, middle, text, size=SMALL, color=ink, align="center")
                    at += size
                # The middle of the scale, above and below the bar: across it, it would strike out a number.
                for end in (-1, 1):
                    sheet.line(
                        [zero, zero], [middle + end * 11, middle + end * 16], color=theme.INK, width=1.2
                    )
                if top is not None and panel:
                    mini = _Scale((0.0, 1.0), width - panel, width - 44)
                    sheet.line([mini.left, mini.right], [middle, middle], color=theme.RULE)
                    _whisker(sheet, mini, top, middle, size=6.0)
                    sheet.text(
                        width,
                        middle,
                        wording.percent(top["estimate"], 0),
                        align="right",
                        bold=True,
                        color=theme.UNWEIGHTED,
                    )
            y += height
            if small:
                words = (
                    f"{top_name}: {_estimate_text(top, wording)}"
                    if top is not None and not hidden
                    else counted
                )
                told = wrap(words, width, SMALL)
                sheet.block(0, y + len(told) * line_height(SMALL) / 2, told, size=SMALL, color=theme.MUTED)
                y += len(told) * line_height(SMALL) + 6
        sheet.height = y + 6
        return sheet

    lead = next((i for i in items if i[2] is not None and not pd.isna(i[2]["estimate"])), None)
    if title is None:
        if len(items) == 1 and lead:
            title = wording(
                "title.shares",
                label=top_var.label(language),
                option=top_name,
                value=wording.percent(lead[2]["estimate"]),
            )
        else:
            title = _likert_title(items, top_name, variables, wording, data, codebook)
    spoken = " ".join(
        wording(
            "alt.likert_item",
            label=label or variables[0].label(language),
            n=wording("n.one", n=wording.integer(n)),
            values=wording("estimate.suppressed")
            if hidden
            else "; ".join(f"{text} {wording.percent(v)}" for (_, text), v in zip(scale, values, strict=True))
            + (
                f"; {wording('alt.together', label=top_name)} {_estimate_text(top, wording)}"
                if top is not None
                else ""
            ),
        )
        for label, values, top, n, hidden in items
    )
    return Picture(
        draw=draw,
        title=title,
        subtitle=subtitle if subtitle is not None else describe(data, codebook, language),
        alt=wording("alt.likert", values=spoken),
    )


def _likert_title(
    items: Sequence[tuple],
    top_name: str,
    variables: Sequence[Variable],
    wording: Wording,
    data: pd.DataFrame,
    codebook: Codebook,
) -> str:
    grouped = data["group"].ne("").any()
    known = [(i[2]["estimate"], i[0]) for i in items if i[2] is not None and not pd.isna(i[2]["estimate"])]
    if len(known) > 1:
        (low, low_name), (high, high_name) = min(known), max(known)
        return wording(
            "title.likert",
            what=top_name,
            high=high_name,
            high_value=wording.percent(high, 0),
            low=low_name,
            low_value=wording.percent(low, 0),
        )
    if grouped:
        by = codebook.variable(data.loc[data["by"] != "", "by"].iloc[0]).label(wording.language)
        return wording("title.by", what=variables[0].label(wording.language), by=_lower(by))
    return wording.join(v.label(wording.language) for v in variables)


def likert_colors(count: int) -> list[str]:
    """Colours of a scale of `count` steps, low to high: brown, grey in the middle of an odd one, blue."""

    def between(ends: tuple[str, str], steps: int) -> list[str]:
        if steps == 1:
            return [ends[0] if ends == theme.LOW else ends[1]]
        from matplotlib.colors import to_hex, to_rgb

        a, b = (np.array(to_rgb(c)) for c in ends)
        return [to_hex(a + (b - a) * i / (steps - 1)) for i in range(steps)]

    half = count // 2
    return (
        between(theme.LOW, half) + [theme.MIDDLE] * (count % 2) + between(theme.HIGH, half)
        if half
        else [theme.MIDDLE]
    )


def distribution(
    frame: pd.DataFrame,
    codebook: Codebook,
    language: str = "en",
    *,
    title: str | None = None,
    subtitle: str | None = None,
) -> Picture:
    """How often each count occurs, as columns with intervals.

    Parameters
    ----------
    frame : DataFrame
        Result rows of one question, statistic `proportion` (fractions); `option` holds the count as a whole
        number. Counts between the lowest and the highest that are absent are drawn as empty places.
    codebook, language, title, subtitle
        As in `shares`.

    Raises
    ------
    StudyError
        For absent columns, or options that are not whole numbers.
    """
    require(frame, RESULT, "figures.distribution")
    data = _tidy(frame)
    data = data[(data["statistic"] == "proportion") & (data["group"] == "")]
    require(data, RESULT, "figures.distribution (rows with statistic proportion and no group)")
    var = codebook.variable(_one(data, "question", "figures.distribution"))
    try:
        data["count"] = [int(float(o)) for o in data["option"]]
    except ValueError:
        raise StudyError(
            found=f"options {', '.join(map(str, dict.fromkeys(data['option'])))}",
            where=f"the frame given to figures.distribution ({var.name})",
            expected="whole numbers in the column option",
            fix="use figures.shares for options with names",
        ) from None
    _unique(data, ["count", "weighted"], "figures.distribution")
    wording = Wording(language)
    counts = list(range(data["count"].min(), data["count"].max() + 1))
    kinds = sorted(set(data["weighted"]))
    cells = {(r["count"], r["weighted"]): r for r in data.to_dict("records")}
    ticks = nice_ticks(0, min(1.0, max(0.05, float(data[["estimate", "ci_high"]].max().max()))), 4)

    def draw(width: float) -> Sheet:
        sheet = Sheet(width)
        left, bottom = 34.0, 260.0
        top = _key(sheet, wording, kinds, left, 9) + 8 if len(kinds) == 2 else 12.0
        for tick in ticks:
            y = bottom - tick / ticks[-1] * (bottom - top)
            sheet.line([left, width], [y, y], color=theme.RULE if tick else theme.MUTED)
            sheet.text(
                left - 6,
                y,
                wording.percent(tick, 0, sign=tick == ticks[-1]),
                size=SMALL,
                color=theme.MUTED,
                align="right",
            )
        step = (width - left) / len(counts)
        column = min(step * (0.62 if len(kinds) == 1 else 0.42), 46)

        def height(value: float) -> float:
            return bottom - min(max(value, 0), ticks[-1]) / ticks[-1] * (bottom - top)

        for i, count in enumerate(counts):
            middle = left + (i + 0.5) * step
            sheet.text(middle, bottom + 14, str(count), size=SMALL, align="center")
            for j, kind in enumerate(kinds):
                row = cells.get((count, kind))
                if row is None or pd.isna(row["estimate"]):
                    continue
                x = middle if len(kinds) == 1 else middle + (-0.22 if j == 0 else 0.22) * step
                if not kind:
                    sheet.box(
                        x - column / 2,
                        height(row["estimate"]),
                        column,
                        bottom - height(row["estimate"]),
                        color=theme.UNWEIGHTED_TINT,
                    )
                style = STYLE[kind]
                if not pd.isna(row["ci_low"]):
                    sheet.line(
                        [x, x],
                        [height(row["ci_low"]), height(row["ci_high"])],
                        color=style["color"],
                        width=1.8,
                    )
                sheet.mark(x, height(row["estimate"]), **style)
        sheet.text(
            (left + width) / 2,
            bottom + 34,
            var.label(language),
            size=SMALL,
            color=theme.MUTED,
            align="center",
        )
        sheet.height = bottom + 46
        return sheet

    lead = data[data["weighted"] == kinds[0]]
    best = lead.loc[lead["estimate"].idxmax()]
    spoken = " ".join(
        wording(
            "alt.kind",
            kind=wording.weighting(k),
            values=_spoken([(str(c), cells[c, k]) for c in counts if (c, k) in cells], wording),
        )
        for k in kinds
    )
    return Picture(
        draw=draw,
        title=title
        or wording(
            "title.distribution",
            label=var.label(language),
            option=str(best["count"]),
            value=wording.percent(best["estimate"]),
        ),
        subtitle=subtitle if subtitle is not None else describe(data, codebook, language),
        alt=wording("alt.distribution", level=level(data, wording), n=n_text(data, wording), values=spoken),
    )


def flow(
    steps: pd.DataFrame,
    codebook: Codebook,
    language: str = "en",
    *,
    title: str | None = None,
    subtitle: str | None = None,
) -> Picture:
    """The way from responses received to respondents analysed, each exclusion with its reason.

    Parameters
    ----------
    steps : DataFrame
        Columns step, label, removed, remaining, in order; the first row is what was received (removed 0). A
        column `label_<language>` goes before `label`.
    codebook, language, title, subtitle
        As in `shares`.

    Raises
    ------
    StudyError
        For absent columns, or numbers that do not add up.
    """
    require(steps, ("label", "removed", "remaining"), "figures.flow")
    wording = Wording(language)
    labels = steps[f"label_{language}"] if f"label_{language}" in steps else steps["label"]
    removed, remaining = steps["removed"].astype(int).tolist(), steps["remaining"].astype(int).tolist()
    for i in range(1, len(steps)):
        if remaining[i - 1] - removed[i] != remaining[i]:
            raise StudyError(
                found=f"{remaining[i - 1]} minus {removed[i]} is not {remaining[i]}",
                where=f"row {i + 1} of the flow ({labels.iloc[i]})",
                expected="remaining = remaining before − removed",
                fix="run the stage clean again; the flow is its output",
            )
    unit = codebook.unit[language]
    first, last = remaining[0], remaining[-1]
    middle_rows = [(str(labels.iloc[i]), removed[i], remaining[i]) for i in range(1, len(steps))]

    def draw(width: float) -> Sheet:
        sheet = Sheet(width)
        small = width <= NARROW
        spine = 74.0 if small else 150.0
        box = 2 * spine if not small else 148.0
        reasons = spine + (44 if small else 64)

        def station(y: float, number: int, words: str, strong: bool) -> float:
            lines = wrap(words, box - 20, SMALL)
            high = 32 + len(lines) * line_height(SMALL) + 6
            sheet.box(0, y, box, high, color=theme.UNWEIGHTED if strong else theme.FAINT)
            ink = theme.PAPER if strong else theme.INK
            sheet.text(spine, y + 19, wording.integer(number), size=18, bold=True, color=ink, align="center")
            sheet.block(
                spine,
                y + 32 + len(lines) * line_height(SMALL) / 2,
                lines,
                size=SMALL,
                color=ink,
                align="center",
            )
            return y + high

        y = station(0, first, wording("flow.received"), strong=False)
        start = y
        spots = []
        y += 10
        for words, gone, _ in middle_rows:
            lines = wrap(words, width - reasons - 46)
            high = max(26.0, len(lines) * line_height(TEXT) + 9)
            spots.append((y + high / 2, lines, gone))
            y += high
        y += 10
        sheet.line([spine, spine], [start, y], color=theme.MUTED, width=1.5)
        for at, lines, gone in spots:
            ink = theme.INK if gone else theme.MUTED
            sheet.line([spine, reasons - 8], [at, at], color=theme.MUTED, width=1.2)
            sheet.text(
                reasons + 34,
                at,
                f"−{wording.integer(gone)}" if gone else "0",
                bold=bool(gone),
                align="right",
                color=ink,
            )
            sheet.block(reasons + 46, at, lines, color=ink)
        sheet.height = station(y, last, wording("flow.kept", unit=unit), strong=True) + 2
        return sheet

    spoken = "; ".join(f"{words} −{gone}" for words, gone, _ in middle_rows)
    return Picture(
        draw=draw,
        title=title
        or wording("title.flow", first=wording.integer(first), last=wording.integer(last), unit=unit),
        subtitle=subtitle if subtitle is not None else wording("flow.subtitle"),
        alt=wording(
            "alt.flow", first=wording.integer(first), last=wording.integer(last), unit=unit, values=spoken
        ),
    )


def margins(
    frame: pd.DataFrame,
    codebook: Codebook,
    language: str = "en",
    *,
    title: str | None = None,
    subtitle: str | None = None,
) -> Picture:
    """Each category of each margin: its share of the sample, of the population, and after weighting.

    Parameters
    ----------
    frame : DataFrame
        Columns margin, category, label, n, before, target, after (fractions), period, table.
    codebook, language, title, subtitle
        As in `shares`.

    Raises
    ------
    StudyError
        For absent columns.
    """
    columns = ("margin", "category", "n", "before", "target", "after")
    require(frame, columns, "figures.margins")
    wording = Wording(language)
    rows = frame.to_dict("records")
    ticks = nice_ticks(0, float(frame[["before", "target", "after"]].max().max()), 4)
    periods = {}
    for row in rows:
        periods.setdefault(row["margin"], row.get("period", ""))

    def label(row: Mapping[str, Any]) -> str:
        own = row.get(f"label_{language}") or row.get("label") or row["category"]
        return wording("group.n", label=own, n=wording.integer(row["n"]))

    def heading(margin: str) -> str:
        name = margin_label(codebook, margin, language)
        return wording("margins.heading", name=name, period=periods[margin]) if periods[margin] else name

    def draw(width: float) -> Sheet:
        sheet = Sheet(width)
        left = _gutter([label(r) for r in rows], width)
        texts = [f"{wording.percent(r['before'])} → {wording.percent(r['target'])}" for r in rows]
        column = max(text_width(t, SMALL) for t in texts) if width > NARROW else 0
        scale = _Scale(ticks, left + 6, width - column - 18)
        y = 9.0
        entries = (
            ({"shape": "dot", "color": theme.UNWEIGHTED, "filled": True}, wording("margins.before")),
            ({"shape": "tick", "color": theme.INK}, wording("margins.target")),
            ({"shape": "diamond", "color": theme.WEIGHTED, "filled": False}, wording("margins.after")),
        )
        x = 0.0
        for style, words in entries:
            needed = 16 + text_width(words, SMALL)
            if x and x + needed > width:
                x, y = 0.0, y + 18
            sheet.mark(x + 5, y, **{**style, "size": 6.0 if style["shape"] == "tick" else 8.0})
            sheet.text(x + 16, y, words, size=SMALL, color=theme.MUTED)
            x += needed + 18
        y += 20
        previous, spots, spans = None, [], []
        for row, text in zip(rows, texts, strict=True):
            if row["margin"] != previous:
                y += 12 if previous else 0
                lines = wrap(heading(row["margin"]), width, bold=True)
                sheet.block(0, y + len(lines) * line_height(TEXT) / 2, lines, bold=True)
                y += len(lines) * line_height(TEXT) + 3
                previous = row["margin"]
                spans.append([y, y])
            lines = wrap(label(row), left - 8)
            high = max(27.0, len(lines) * line_height(TEXT) + 7)
            spots.append((y + high / 2, lines, row, text))
            y += high
            spans[-1][1] = y
        for i, (top, bottom) in enumerate(spans):
            if i == len(spans) - 1:
                y = _axis(sheet, scale, top, bottom + 2, _tick_text(wording, True, ticks))
            else:
                for tick in ticks:
                    sheet.line([scale(tick)] * 2, [top, bottom], color=theme.RULE if tick else theme.MUTED)
        for at, lines, row, text in spots:
            sheet.block(0, at, lines)
            sheet.line([scale(row["before"]), scale(row["target"])], [at, at], color=theme.MUTED, width=1.2)
            sheet.mark(scale(row["target"]), at, "tick", color=theme.INK, size=8)
            sheet.mark(scale(row["after"]), at, "diamond", color=theme.WEIGHTED, filled=False)
            sheet.mark(scale(row["before"]), at, "dot", color=theme.UNWEIGHTED)
            if column:
                sheet.text(width, at, text, size=SMALL, color=theme.MUTED, align="right")
        sheet.height = y
        return sheet

    gap = (
        frame.assign(gap=(frame["before"] - frame["target"]).abs()).sort_values("gap", kind="stable").iloc[-1]
    )
    spoken = "; ".join(
        wording(
            "margins.spoken",
            label=r.get(f"label_{language}") or r.get("label") or r["category"],
            before=wording.percent(r["before"]),
            target=wording.percent(r["target"]),
            after=wording.percent(r["after"]),
        )
        for r in rows
    )
    tables = [t for t in dict.fromkeys(str(r.get("table", "") or "") for r in rows) if t]
    return Picture(
        draw=draw,
        title=title
        or wording(
            "title.margins",
            label=gap.get(f"label_{language}") or gap.get("label") or gap["category"],
            before=wording.percent(gap["before"]),
            target=wording.percent(gap["target"]),
        ),
        subtitle=subtitle
        if subtitle is not None
        else wording(
            "margins.subtitle",
            tables=wording.join(tables) or "–",
            n=wording.integer(frame["n"].groupby(frame["margin"]).sum().max()),
        ),
        alt=wording("alt.margins", values=spoken),
    )


def margin_label(codebook: Codebook, margin: str, language: str) -> str:
    """Label of a margin: its own in the codebook, or that of the question it is about."""
    for entry in codebook.weighting.margins if codebook.weighting else ():
        if entry.name == margin:
            return entry.label[language] if entry.label else codebook.variable(entry.question).label(language)
    return codebook.variable(margin).label(language)


def weights(
    values: pd.Series,
    codebook: Codebook,
    language: str = "en",
    *,
    evidence: Mapping[str, Any] | None = None,
    title: str | None = None,
    subtitle: str | None = None,
) -> Picture:
    """How the weights are spread.

    Parameters
    ----------
    values : Series
        One weight per respondent; they are scaled to mean 1.
    codebook, language, title, subtitle
        As in `shares`.
    evidence : mapping, optional
        weighting.json; `upper_bound` is drawn when it is there.

    Raises
    ------
    StudyError
        For missing or negative weights.
    """
    w = pd.Series(values).to_numpy(float)
    if w.size == 0 or not np.isfinite(w).all() or (w < 0).any():
        raise StudyError(
            found=f"{int((~np.isfinite(w) | (w < 0)).sum())} of {w.size} weights are no finite number ≥ 0",
            where="the weights given to figures.weights",
            expected="one finite weight ≥ 0 for each respondent",
            fix="pass the column weight of weight/responses.parquet",
        )
    w = w / w.mean()
    wording = Wording(language)
    n_eff = w.sum() ** 2 / (w**2).sum()
    deff = w.size / n_eff
    bound = (evidence or {}).get("upper_bound")
    ticks = nice_ticks(0, float(max(w.max(), bound or 0)), 6)
    values_of = {
        "n": wording.integer(w.size),
        "n_eff": wording.integer(n_eff),
        "deff": wording.number(deff, 2),
    }

    def draw(width: float) -> Sheet:
        # Imported here: this is the only figure that needs it.
        import seaborn

        sheet = Sheet(width)
        left, top, high = 34.0, 26.0, 194.0
        axes = sheet.axes(left, top, width - left - 8, high)
        seaborn.histplot(
            x=w,
            bins=30,
            binrange=(ticks[0], ticks[-1]),
            ax=axes,
            color=theme.WEIGHTED,
            alpha=1,
            edgecolor=theme.PAPER,
            linewidth=0.75,
        )
        heights = nice_ticks(0, max(bar.get_height() for bar in axes.patches), 4)
        axes.set(xlim=(ticks[0], ticks[-1]), xticks=ticks, xlabel=wording("weights.axis"))
        axes.set(ylim=(0, heights[-1]), yticks=heights, ylabel="")
        axes.xaxis.set_major_formatter(lambda v, _: wording.number(v, 0 if ticks[1] >= 1 else 1))
        axes.yaxis.set_major_formatter(lambda v, _: wording.integer(v))
        for value, words in ((1.0, wording("weights.mean")), (bound, wording("weights.bound"))):
            if value:
                x = left + float(value) / ticks[-1] * (width - left - 8)
                sheet.line([x, x], [top - 8, top + high], color=theme.INK, width=1, dashed=True)
                right = x + text_width(words, SMALL) + 6 > width
                sheet.text(
                    x - 5 if right else x + 5, top - 12, words, size=SMALL, align="right" if right else "left"
                )
        sheet.height = top + high + 46
        return sheet

    return Picture(
        draw=draw,
        title=title or wording("title.weights", **values_of),
        subtitle=subtitle if subtitle is not None else wording("weights.subtitle", **values_of),
        alt=wording(
            "alt.weights",
            low=wording.number(w.min(), 2),
            median=wording.number(float(np.median(w)), 2),
            high=wording.number(w.max(), 2),
            **values_of,
        ),
    )
