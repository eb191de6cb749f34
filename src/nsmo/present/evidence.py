"""Figures on what published figures alone can say; frames as `nsmo.stages.published` makes them."""

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from nsmo.present import sheet as theme
from nsmo.present.figures import _axis, _Scale, n_text, nice_ticks, require
from nsmo.present.sheet import NARROW, SMALL, TEXT, Picture, Sheet, line_height, text_width, wrap
from nsmo.present.wording import Wording
from nsmo.study.codebook import Codebook


def fits(
    frame: pd.DataFrame,
    codebook: Codebook,
    language: str = "en",
) -> Picture:
    """How many of the published percentages each number of respondents can have given.

    Parameters
    ----------
    frame : DataFrame
        Columns n, fits, of: a row per number of respondents.
    codebook : Codebook
    language : {"en", "nl"}

    Raises
    ------
    StudyError
        For absent columns or a frame without rows.
    """
    require(frame, ("n", "fits", "of"), "evidence.fits")
    wording = Wording(language)
    top, of = int(frame["fits"].max()), int(frame["of"].max())
    best = frame.loc[frame["fits"] == top, "n"].tolist()
    first, last = int(frame["n"].min()), int(frame["n"].max())
    rest = frame.loc[frame["fits"] < top, "fits"]
    names = wording.join(wording.integer(n) for n in best)
    words = {"best": names, "fits": top, "of": of, "low": first, "high": last}
    ticks = [tick for tick in nice_ticks(first, last, 5) if first <= tick <= last]

    def draw(width: float) -> Sheet:
        sheet = Sheet(width)
        left, above, below = 26.0, 30.0, 230.0
        scale = _Scale((first - 1, last + 1), left, width - 16)
        unit = (below - above) / of
        step = 2 if of > 5 else 1
        for value in range(0, of + 1, step):
            y = below - value * unit
            sheet.line([left, width], [y, y], color=theme.RULE if value else theme.MUTED)
            sheet.text(left - 6, y, wording.integer(value), size=SMALL, color=theme.MUTED, align="right")
        thick = max(0.6, (scale.right - scale.left) / (last - first + 1) - 0.25)
        for row in frame.to_dict("records"):
            chosen = row["fits"] == top
            wide = max(thick, 2.4) if chosen else thick
            color = theme.UNWEIGHTED if chosen else theme.HIGH[0]
            if row["fits"]:
                sheet.box(
                    scale(row["n"]) - wide / 2,
                    below - row["fits"] * unit,
                    wide,
                    row["fits"] * unit,
                    color=color,
                )
        if len(best) <= 6:
            for n in best:
                x, label = scale(n), wording("n.one", n=wording.integer(n))
                half = text_width(label, bold=True) / 2
                x = min(max(x, left + half), width - half)
                y = below - top * unit - 12
                sheet.text(x, y, label, color=theme.UNWEIGHTED, align="center", bold=True)
        for tick in ticks:
            sheet.text(
                scale(tick), below + 14, wording.integer(tick), size=SMALL, color=theme.MUTED, align="center"
            )
        name = wording("evidence.fits.axis")
        sheet.text((left + width) / 2, below + 32, name, size=SMALL, color=theme.MUTED, align="center")
        sheet.height = below + 44
        return sheet

    return Picture.worded(
        draw,
        wording,
        "evidence.fits",
        rest=wording.integer(rest.max() if len(rest) else 0),
        median=wording.integer(frame["fits"].median()),
        **words,
    )


def intervals(
    frame: pd.DataFrame,
    codebook: Codebook,
    language: str = "en",
) -> Picture:
    """Each published percentage with the interval it would have if the respondents were a random sample.

    Parameters
    ----------
    frame : DataFrame
        Columns statement (and statement_<language>), published, ci_low, ci_high (fractions), decimals,
        n_low, n_high, count_low, count_high.
    codebook, language
        As in `fits`.

    Raises
    ------
    StudyError
        As in `fits`.
    """
    needed = ("statement", "published", "ci_low", "ci_high", "decimals", "n_low", "n_high")
    require(frame, needed, "evidence.intervals")
    wording = Wording(language)
    rows = [
        {
            "heading": "",
            "label": wording.own(row, "statement"),
            "value": row["published"],
            "low": row["ci_low"],
            "high": row["ci_high"],
            "text": wording.percent(row["published"], _decimals(row)),
            "own": True,
        }
        for row in frame.to_dict("records")
    ]
    whole = frame[frame["n_low"] == frame["n_high"]]
    half = (whole["ci_high"] - whole["ci_low"]) / 2
    words = {
        "n": n_text(frame.assign(n=frame["n_low"]).nlargest(1, "n"), wording),
        "low": wording.number(100 * half.min(), 0),
        "high": wording.number(100 * half.max(), 0),
    }
    spoken = "; ".join(
        f"{row['label']}: {row['text']} ({wording.interval(row['low'], row['high'], 'percent')})"
        for row in rows
        if not pd.isna(row["low"])
    )
    return Picture.worded(_lines(rows, wording), wording, "evidence.intervals", values=spoken, **words)


def benchmarks(
    frame: pd.DataFrame,
    codebook: Codebook,
    language: str = "en",
) -> Picture:
    """Published percentages with their intervals, and beneath each what other surveys found.

    Parameters
    ----------
    frame : DataFrame
        Columns claim, statement (and statement_<language>), published, ci_low, ci_high, decimals, n_high,
        relation, label (and label_<language>), source, year, population, breakdown, category, value,
        derived; fractions. Rows of one claim stand together.
    codebook, language
        As in `fits`.

    Raises
    ------
    StudyError
        As in `fits`.
    """
    needed = ("claim", "statement", "published", "ci_low", "ci_high", "label", "source", "year", "value")
    require(frame, (*needed, "population", "breakdown", "category", "derived"), "evidence.benchmarks")
    wording = Wording(language)
    rows, spoken = [], []
    for _, part in frame.groupby("claim", sort=False):
        first = part.iloc[0]
        heading = wording.own(first, "statement")
        text = wording.percent(first["published"], _decimals(first))
        ends = wording.interval(first["ci_low"], first["ci_high"], "percent")
        spoken.append(f"{heading}: {wording('evidence.benchmarks.own')} {text} ({ends})")
        rows.append(
            {
                "heading": heading,
                "label": wording("evidence.benchmarks.own"),
                "value": first["published"],
                "low": first["ci_low"],
                "high": first["ci_high"],
                "text": text,
                "own": True,
            }
        )
        for row in part.to_dict("records"):
            label = wording.own(row, "label")
            of = "" if row["breakdown"] == "total" else f" ({row['category']})"
            told = f"{label[:1].upper()}{label[1:]}: {row['population']}{of}, {row['year']}; {row['source']}"
            value = wording.percent(row["value"], 0)
            spoken.append(f"{told}: {value}")
            rows.append(
                {
                    "heading": heading,
                    "label": told,
                    "value": row["value"],
                    "low": float("nan"),
                    "high": float("nan"),
                    "text": value,
                    "own": False,
                }
            )
    outside = frame[(frame["value"] < frame["ci_low"]) | (frame["value"] > frame["ci_high"])]
    words = {"outside": wording.integer(len(outside)), "all": wording.integer(len(frame))}
    words["n"] = n_text(frame.assign(n=frame["n_high"]), wording)
    return Picture.worded(
        _lines(rows, wording, key=True), wording, "evidence.benchmarks", values="; ".join(spoken), **words
    )


def splits(
    frame: pd.DataFrame,
    codebook: Codebook,
    language: str = "en",
    *,
    alpha: float = 0.05,
) -> Picture:
    """The p of the same comparison in every split of the respondents that the published shares allow.

    Parameters
    ----------
    frame : DataFrame
        Columns first, second (labels of the groups), first_n, second_n, first_share, second_share, p,
        rounded: a row per split of one claim.
    codebook, language
        As in `fits`.
    alpha : float
        Level of the test; a line is drawn there.

    Raises
    ------
    StudyError
        As in `fits`.
    """
    needed = ("first", "second", "first_n", "second_n", "first_share", "second_share", "p", "rounded")
    require(frame, needed, "evidence.splits")
    wording = Wording(language)
    rows = frame.sort_values("first_n").to_dict("records")
    lowest, highest = wording.p(frame["p"].min()), wording.p(frame["p"].max())
    words = {
        "first": rows[0]["first"],
        "second": rows[0]["second"],
        "first_share": wording.percent(frame["first_share"].mean(), 0),
        "second_share": wording.percent(frame["second_share"].mean(), 0),
        "n": wording.integer(rows[0]["first_n"] + rows[0]["second_n"]),
        "splits": wording.integer(len(rows)),
        "rounded": wording.integer(int(frame["rounded"].sum())),
        "low": lowest,
        "high": highest,
        "alpha": wording.number(alpha, 2),
    }
    heights = nice_ticks(0, max(float(frame["p"].max()), 2 * alpha), 5)
    ticks = nice_ticks(float(frame["first_n"].min()), float(frame["first_n"].max()), 5)
    kinds = [kind for kind in (True, False) if (frame["rounded"] == kind).any()]

    def draw(width: float) -> Sheet:
        sheet = Sheet(width)
        y = 9.0
        for kind in kinds:
            style = _SPLIT[kind]
            for i, text in enumerate(wrap(wording(f"evidence.splits.{_NAMES[kind]}"), width - 20, SMALL)):
                if not i:
                    sheet.mark(6, y, "dot", **style)
                sheet.text(18, y, text, size=SMALL, color=theme.MUTED)
                y += 18
        left, above = 36.0, y + 8
        below = above + 190
        scale = _Scale(ticks, left + 10, width - 14)

        def height(p: float) -> float:
            return below - p / heights[-1] * (below - above)

        for tick in heights:
            at = height(tick)
            sheet.line([left, width], [at, at], color=theme.RULE if tick else theme.MUTED)
            sheet.text(
                left - 6,
                at,
                wording.number(tick, 2 if heights[1] < 0.1 else 1),
                size=SMALL,
                color=theme.MUTED,
                align="right",
            )
        at = height(alpha)
        sheet.line([left, width], [at, at], color=theme.INK, dashed=True)
        label = wording("evidence.splits.alpha", **words)
        sheet.text(width, at - 10, label, size=SMALL, color=theme.INK, align="right")
        for row in rows:
            sheet.mark(scale(row["first_n"]), height(row["p"]), "dot", size=9, **_SPLIT[bool(row["rounded"])])
        for tick in ticks:
            text = wording.integer(tick)
            sheet.text(scale(tick), below + 14, text, size=SMALL, color=theme.MUTED, align="center")
        lines = wrap(wording("evidence.splits.axis", **words), width - left, SMALL)
        middle = below + 26 + len(lines) * line_height(SMALL) / 2
        for i, text in enumerate(lines):
            sheet.text(
                (left + width) / 2,
                middle + (i - (len(lines) - 1) / 2) * line_height(SMALL),
                text,
                size=SMALL,
                color=theme.MUTED,
                align="center",
            )
        sheet.height = below + 32 + len(lines) * line_height(SMALL)
        return sheet

    spoken = "; ".join(
        wording(
            "evidence.splits.spoken",
            first=wording.integer(row["first_n"]),
            second=wording.integer(row["second_n"]),
            p=wording.p(row["p"]),
        )
        for row in rows
    )
    return Picture.worded(draw, wording, "evidence.splits", values=spoken, **words)


_NAMES = {True: "rounded_figure", False: "worded_figure"}
_SPLIT = {
    True: {"color": theme.UNWEIGHTED, "filled": True},
    False: {"color": theme.UNWEIGHTED, "filled": False},
}


def _decimals(row: Any) -> int:
    return 0 if pd.isna(row["decimals"]) else int(row["decimals"])


def _lines(
    rows: Sequence[dict[str, Any]], wording: Wording, *, key: bool = False
) -> Callable[[float], Sheet]:
    """Rows of text with a mark on one scale from 0 to 100 per cent; on a phone the text stands above it."""
    ticks = (0.0, 0.25, 0.5, 0.75, 1.0)
    column = max(text_width(row["text"], bold=True) for row in rows) + 14

    def draw(width: float) -> Sheet:
        sheet = Sheet(width)
        small = width <= NARROW
        size = SMALL if small else 12.0
        left = 0.0 if small else width * 0.5
        scale = _Scale(ticks, left + 6, width - column)
        y = 2.0
        if key:
            x = 0.0
            for own, name in ((True, "own_mark"), (False, "other_mark")):
                text = wording(f"evidence.benchmarks.{name}")
                if x and x + 16 + text_width(text, SMALL) > width:
                    x, y = 0.0, y + 18
                sheet.mark(x + 6, y + 7, "dot" if own else "diamond", **_LINE[own])
                sheet.text(x + 17, y + 7, text, size=SMALL, color=theme.MUTED)
                x += 35 + text_width(text, SMALL)
            y += 26
        top, spots, previous = y, [], ""
        for row in rows:
            if row["heading"] and row["heading"] != previous:
                heading = wrap(row["heading"], width, bold=True)
                y += 12 if previous else 0
                spots.append((y, len(heading) * line_height(TEXT) + 4, heading, None))
                y += len(heading) * line_height(TEXT) + 4
                previous = row["heading"]
            lines = wrap(row["label"], width if small else left - 14, size)
            text_high = len(lines) * line_height(size)
            high = text_high + 30 if small else max(text_high, 17) + 9
            spots.append((y, high, lines, row))
            y += high
        end = _axis(sheet, scale, top, y + 2, lambda v, last: wording.percent(v, 0, sign=last))
        for at, high, lines, row in spots:
            if row is None:
                widest = max(text_width(line, bold=True) for line in lines) + 8
                sheet.box(0, at, widest, high, color=theme.PAPER)
                sheet.block(0, at + high / 2, lines, bold=True)
                continue
            text_high = len(lines) * line_height(size)
            middle = at + high / 2
            if small:
                sheet.box(0, at + 1, width, text_high + 4, color=theme.PAPER)
                sheet.block(0, at + 3 + text_high / 2, lines, size=size)
                middle = at + text_high + 16
            else:
                sheet.block(0, middle, lines, size=size)
            color = _LINE[row["own"]]["color"]
            if not pd.isna(row["low"]):
                ends = scale(row["low"]), scale(row["high"])
                sheet.line(ends, [middle, middle], color=color, width=1.8)
                for x in ends:
                    sheet.line([x, x], [middle - 3.5, middle + 3.5], color=color, width=1.4)
            sheet.mark(scale(row["value"]), middle, "dot" if row["own"] else "diamond", **_LINE[row["own"]])
            sheet.text(width, middle, row["text"], align="right", bold=row["own"], color=color)
        sheet.height = end
        return sheet

    return draw


_LINE = {
    True: {"color": theme.UNWEIGHTED, "filled": True},
    False: {"color": theme.WEIGHTED, "filled": False},
}
