"""Figures on how far the results can be trusted; frames as `nsmo.stages.trust` makes them."""

from collections.abc import Sequence

import pandas as pd

from nsmo.present import sheet as theme
from nsmo.present.figures import _axis, _gutter, _Scale, level, n_text, nice_ticks, require
from nsmo.present.sheet import NARROW, SMALL, TEXT, Picture, Sheet, line_height, text_width, wrap
from nsmo.present.wording import Wording
from nsmo.study.codebook import Codebook


def tilts(
    frame: pd.DataFrame,
    codebook: Codebook,
    language: str = "en",
    *,
    odds: Sequence[float],
) -> Picture:
    """Each headline as it was found, and what it would be if those who say so took part more readily.

    Parameters
    ----------
    frame : DataFrame
        From `nsmo.stages.trust.selection`; `confidence` names the level of the intervals.
    codebook : Codebook
    language : {"en", "nl"}
    odds : sequence of float
        The odds ratios, each the name of a column.

    Raises
    ------
    StudyError
        For absent columns or a frame without rows.
    """
    names = [f"{ratio:g}" for ratio in sorted(odds)]
    require(frame, ("label", "n", "share", "ci_low", "ci_high", *names), "trust.tilts")
    wording = Wording(language)
    shown = frame[frame["share"].notna()]
    first, last = shown.iloc[0], names[-1]
    rows = [(wording.own(row, "label"), row) for row in shown.to_dict("records")]
    ratios = wording.join(wording.number(ratio, 1 if ratio % 1 else 0) for ratio in sorted(odds))
    words = {
        "label": wording.own(first, "label"),
        "share": wording.percent(first["share"]),
        "tilted": wording.percent(first[last]),
        "most": wording.number(max(odds), 1 if max(odds) % 1 else 0),
        "odds": ratios,
        "n": n_text(shown, wording),
        "level": level(shown, wording),
    }
    texts = [f"{wording.percent(row['share'])} → {wording.percent(row[last])}" for _, row in rows]
    ticks = (0.0, 0.25, 0.5, 0.75, 1.0)

    def draw(width: float) -> Sheet:
        sheet = Sheet(width)
        small = width <= NARROW
        y = _key(
            sheet,
            [("dot", wording("trust.tilts.found")), ("diamond", wording("trust.tilts.tilted", **words))],
        )
        left = 0.0 if small else _gutter([label for label, _ in rows], width, 0.4)
        scale = _Scale(ticks, left + 6, width - max(text_width(text, bold=True) for text in texts) - 16)
        top, spots = y, []
        for label, row in rows:
            lines = wrap(label, width if small else left - 10, SMALL if small else TEXT)
            words_high = len(lines) * line_height(SMALL if small else TEXT)
            high = words_high + 28 if small else max(words_high, 20) + 8
            spots.append((y, high, words_high, lines, row))
            y += high
        end = _axis(sheet, scale, top, y + 2, lambda v, final: wording.percent(v, 0, sign=final))
        for (at, high, words_high, lines, row), text in zip(spots, texts, strict=True):
            middle = at + high / 2
            if small:
                sheet.box(0, at + 1, width, words_high + 3, color=theme.PAPER)
                sheet.block(0, at + 2 + words_high / 2, lines, size=SMALL)
                middle = at + words_high + 15
            else:
                sheet.block(0, middle, lines)
            low, best = scale(row["ci_low"]), scale(row["ci_high"])
            sheet.line(
                [scale(row[last]), scale(row["share"])], [middle, middle], color=theme.WEIGHTED, dashed=True
            )
            sheet.line([low, best], [middle, middle], color=theme.UNWEIGHTED, width=1.8)
            for x in (low, best):
                sheet.line([x, x], [middle - 3.5, middle + 3.5], color=theme.UNWEIGHTED, width=1.4)
            for name in names:
                sheet.mark(scale(row[name]), middle, "diamond", color=theme.WEIGHTED, filled=False, size=7)
            sheet.mark(scale(row["share"]), middle, "dot", color=theme.UNWEIGHTED)
            sheet.text(width, middle, text, align="right", bold=True, color=theme.UNWEIGHTED)
        sheet.height = end
        return sheet

    spoken = "; ".join(
        wording(
            "trust.tilts.spoken",
            label=label,
            share=wording.percent(row["share"]),
            interval=wording.interval(row["ci_low"], row["ci_high"], "percent"),
            values=wording.join(
                wording(
                    "trust.tilts.one",
                    ratio=wording.number(float(name), 1 if float(name) % 1 else 0),
                    share=wording.percent(row[name]),
                )
                for name in names
            ),
        )
        for label, row in rows
    )
    return Picture.worded(draw, wording, "trust.tilts", values=spoken, **words)


def nonresponse(
    frame: pd.DataFrame,
    codebook: Codebook,
    language: str = "en",
) -> Picture:
    """How many left each question without an answer, and how many did not know.

    Parameters
    ----------
    frame : DataFrame
        From `nsmo.stages.trust.nonresponse`. Questions that everybody answered are counted, not drawn.
    codebook, language
        As in `tilts`.

    Raises
    ------
    StudyError
        For absent columns or a frame without rows.
    """
    require(frame, ("label", "asked", "dont_know", "without", "with_dont_know"), "trust.nonresponse")
    wording = Wording(language)
    asked = frame[frame["asked"] > 0]
    shown = asked[asked["with_dont_know"] > 0].sort_values("with_dont_know", ascending=False, kind="stable")
    silent = asked.loc[asked["without"].idxmax()]
    most = asked.loc[asked["with_dont_know"].idxmax()]
    rows = [(wording.own(row, "label"), row) for row in shown.to_dict("records")]
    words = {
        "most": wording.percent(silent["without"]),
        "most_label": wording.own(silent, "label"),
        "most_with": wording.percent(most["with_dont_know"]),
        "label": wording.own(most, "label"),
        "n": n_text(asked.assign(n=asked["asked"]), wording),
        "none": wording.integer(len(asked) - len(shown)),
    }
    ticks = nice_ticks(0, max(float(asked["with_dont_know"].max()), 0.02), 4)
    texts = [wording.percent(row["with_dont_know"]) for _, row in rows]

    def draw(width: float) -> Sheet:
        sheet = Sheet(width)
        y = _key(
            sheet,
            [
                (theme.UNWEIGHTED, wording("trust.nonresponse.silent")),
                (theme.HIGH[0], wording("trust.nonresponse.dont_know")),
            ],
        )
        left = _gutter([label for label, _ in rows], width, 0.42)
        column = max((text_width(text) for text in texts), default=0.0)
        scale = _Scale(ticks, left + 6, width - column - 10)
        top, spots = y, []
        for label, row in rows:
            lines = wrap(label, left - 10, SMALL)
            high = max(len(lines) * line_height(SMALL), 16) + 6
            spots.append((y + high / 2, lines, row))
            y += high
        step = ticks[1] - ticks[0]
        decimals = 0 if step >= 0.01 else 1
        end = _axis(sheet, scale, top, y + 2, lambda v, final: wording.percent(v, decimals, sign=final))
        for (middle, lines, row), text in zip(spots, texts, strict=True):
            sheet.block(0, middle, lines, size=SMALL)
            cut, stop = scale(row["without"]), scale(row["with_dont_know"])
            sheet.box(scale.left, middle - 6, cut - scale.left, 12, color=theme.UNWEIGHTED)
            sheet.box(cut, middle - 6, stop - cut, 12, color=theme.HIGH[0])
            sheet.box(stop + 4, middle - 6, text_width(text, SMALL) + 4, 12, color=theme.PAPER)
            sheet.text(stop + 6, middle, text, size=SMALL, color=theme.INK)
        sheet.height = end
        return sheet

    spoken = "; ".join(
        wording(
            "trust.nonresponse.spoken",
            label=label,
            silent=wording.percent(row["without"]),
            dont_know=wording.percent(row["with_dont_know"] - row["without"]),
            n=wording.integer(row["asked"]),
        )
        for label, row in rows
    )
    return Picture.worded(draw, wording, "trust.nonresponse", values=spoken, **words)


def _key(sheet: Sheet, entries: Sequence[tuple[str, str]]) -> float:
    """Name marks (`dot`, `diamond`) and fills (a colour), wrapped to the sheet; return the y below."""
    y = 9.0
    for kind, text in entries:
        for i, line in enumerate(wrap(text, sheet.width - 18, SMALL)):
            if not i and kind in ("dot", "diamond"):
                color = theme.UNWEIGHTED if kind == "dot" else theme.WEIGHTED
                sheet.mark(6, y, kind, color=color, filled=kind == "dot", size=7)
            elif not i:
                sheet.box(1, y - 5, 10, 10, color=kind)
            sheet.text(18, y, line, size=SMALL, color=theme.MUTED)
            y += 17
    return y + 2
