"""How far everything can go, as bars from end to end: sets, which have no middle and no likeliest value."""

from functools import partial

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from nsmo.present import axes, theme
from nsmo.present.frames import Row, require
from nsmo.present.labels import Labels
from nsmo.present.lettering import text_width
from nsmo.present.sentences import Words
from nsmo.present.sets import SHARES, span
from nsmo.present.wording import Wording

_TEXT = 12.0
_HEIGHT = 15.0
_ENDS = ("outer_low", "outer_high", "range_low", "range_high")
_NEEDED = ("kind", "statement", "statistic", "n", "implied", *_ENDS)


def sets(frame: pd.DataFrame, labels: Labels, *, ax: Axes) -> None:
    """Draw for each row the values that the published figures leave possible, on a track of all there are.

    Parameters
    ----------
    frame : DataFrame
        Rows of sets.csv; those without ends are left out.
    labels : Labels
    ax : Axes

    Raises
    ------
    StudyError
        When no row can be drawn.
    """
    axes.describe(ax, partial(sets_words, frame, labels))
    words, blocks = labels.words, _blocks(frame)
    phone = axes.is_phone(ax)
    texts = [[_text(row, words) for row in rows] for _, rows in blocks]
    layout = axes.Layout(
        right=max(text_width(text, _TEXT, bold=True) for block in texts for text in block) + 10,
        legend=[
            (Patch(color=theme.UNWEIGHTED), words("bounds.possible")),
            (Patch(color=theme.RULE), words("bounds.excluded")),
        ],
        legend_left=0.0,
        share=0.44,
        above=phone,
        size=theme.SMALL if phone else _TEXT,
        inset=14.0 if phone else 8.0,
    )
    rows = [
        [axes.Row(words.own(row, "statement"), words(f"bounds.{_key(kind)}"), 22.0) for row in rows]
        for kind, rows in blocks
    ]
    stacked = axes.stack(ax, rows, layout)
    for (one, ys), (kind, block), values in zip(stacked, blocks, texts, strict=True):
        low, high = (
            end(row[f"range_{side}"] for row in block) for end, side in ((min, "low"), (max, "high"))
        )
        axes.scale(one, low, high, count=4)
        percent = kind in SHARES
        axes.tick_texts(
            one,
            lambda value, last, percent=percent: (
                words.percent(value, 0, sign=last) if percent else words.number(value, 1)
            ),
        )
        least = (high - low) / (one.get_position().width * axes.width(one)) * 3
        for y, row in zip(ys, block, strict=True):
            reach = row["range_high"] - row["range_low"]
            one.barh(y, reach, left=row["range_low"], height=_HEIGHT, color=theme.RULE, zorder=1)
            # A set of one value is a line thick enough to see.
            width = max(row["outer_high"] - row["outer_low"], least)
            middle = (row["outer_high"] + row["outer_low"]) / 2
            one.barh(y, width, left=middle - width / 2, height=_HEIGHT, color=theme.UNWEIGHTED, zorder=2)
        if low < 0 < high:
            axes.baseline(one)
        colors = [theme.INK] * len(values)
        axes.column(one, ys, values, colors=colors, bold=[True] * len(values), size=_TEXT)


def sets_words(frame: pd.DataFrame, labels: Labels) -> Words:
    """Return the words of `sets`."""
    words, rows = labels.words, [row for _, block in _blocks(frame) for row in block]
    free = sum((row["outer_low"], row["outer_high"]) == (row["range_low"], row["range_high"]) for row in rows)
    spoken = "; ".join(f"{words.own(row, 'statement').rstrip('. ')}: {_text(row, words)}" for row in rows)
    return Words.of(
        words,
        "bounds.sets",
        all=words.integer(len(rows)),
        bound=words.integer(len(rows) - free),
        n=words.integer(rows[0]["n"]),
        values=spoken,
    )


def _blocks(frame: pd.DataFrame) -> list[tuple[str, list[Row]]]:
    require(frame, _NEEDED, "bounds.figures.sets")
    data = frame.dropna(subset=list(_ENDS))
    require(data, _NEEDED, "bounds.figures.sets (rows with ends)")
    return [(kind, rows.to_dict("records")) for kind, rows in data.groupby("statistic", sort=False)]


def _text(row: Row, words: Wording) -> str:
    """Write the ends, and after them the verdict of a statement."""
    text = span(row, "outer_low", "outer_high", words)
    return text if pd.isna(row["implied"]) else f"{text}, {words.verdict('implied', row['implied'])}"


def _key(kind: str) -> str:
    return kind.lower().replace(" ", "_").replace("'", "")
