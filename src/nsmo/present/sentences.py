"""Title, subtitle and description of a figure, made of the result frame that it draws.

Each title says the finding, each subtitle gives question, base, n and weighting, and the alt text tells the
numbers to those who do not see the drawing. There is a function for each of the `plots`, and `values` for a
chart of any other kind.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from nsmo.present import gaps
from nsmo.present.arrange import (
    Battery,
    Item,
    counts_in_order,
    groups_in_order,
    is_largest,
    likert_items,
    options_in_order,
)
from nsmo.present.effects import Effect, is_ratio, named_effects
from nsmo.present.frames import RESULT, Row, leading, nothing, only, require, rows_of, seen
from nsmo.present.labels import Labels, in_sentence
from nsmo.present.shown import has_range, is_evidence
from nsmo.present.wording import Wording, slug
from nsmo.results import TOP
from nsmo.study.errors import StudyError
from nsmo.study.origins import ASSUMED

#: Characters of the alternative text on a page, and of the one number in it.
_ALT = 200
_NUMBER = 60


class Words(NamedTuple):
    """What stands with a figure.

    Attributes
    ----------
    title : str
        The finding.
    subtitle : str
        Question, base, n and weighting.
    alt : str
        What is drawn, with the numbers, for those who do not see it.
    """

    title: str
    subtitle: str
    alt: str

    @classmethod
    def of(cls, wording: Wording, name: str, **values: object) -> "Words":
        """Fill in the messages `<name>.title`, `<name>.subtitle` and `<name>.alt`."""
        return cls(*(wording(f"{name}.{part}", **values) for part in cls._fields))


def short_alt(words: Words, wording: Wording) -> str:
    """Return one sentence of at most 200 characters on a figure: its title, one number, where the others are.

    Parameters
    ----------
    words : Words
        Of the figure.
    wording : Wording
    """
    room = _ALT - len(wording("alt.picture", title=""))
    if any(character.isdigit() for character in words.title):
        return wording("alt.picture", title=_cut(words.title, room))
    # The long text begins with how it is drawn; the first number after that is what stands first.
    parts = [part.strip() for part in re.split(r"[;.](?:\s|$)", words.alt)][1:]
    number = _cut(
        next((part for part in parts if re.search(r"\d", part) and "n = " not in part), ""), _NUMBER
    )
    title = _cut(words.title, room - len(number) - 2)
    return wording("alt.picture", title=f"{title}; {number}" if number else title)


def _cut(text: str, most: int) -> str:
    """A text, or as many of its words as `most` characters hold."""
    if len(text) <= most:
        return text
    return text[: most - 1].rsplit(" ", 1)[0].rstrip(" ,;:(") + "…"


# -- pieces of sentences ---------------------------------------------------------------------------------


def n_text(numbers: Iterable[float | None], wording: Wording) -> str:
    """Return the number of respondents behind rows: one number, from–to, or that it is hidden."""
    known = [int(n) for n in numbers if n is not None and not pd.isna(n)]
    if not known:
        return wording("n.hidden")
    low, high = min(known), max(known)
    if low == high:
        return wording("n.one", n=wording.integer(low))
    return wording("n.range", low=wording.integer(low), high=wording.integer(high))


def level(rows: Iterable[Row], wording: Wording) -> str:
    """Return the level of the intervals of rows: their `confidence`, or 95% where they have none.

    Raises
    ------
    StudyError
        For several levels.
    """
    levels = {row["confidence"] for row in rows if not nothing(row.get("confidence"))}
    if len(levels) > 1:
        raise StudyError(
            found=f"intervals of levels {', '.join(map(str, sorted(levels)))} in one frame",
            where="the column confidence",
            expected="one level",
            fix="filter the frame first",
        )
    return wording.percent(levels.pop() if levels else 0.95, 0)


def facts(rows: Sequence[Row], labels: Labels, *, table: bool = False) -> str:
    """Return the subtitle of result rows: the question as asked, the base, n, and how it is weighted.

    Parameters
    ----------
    rows : list of dict
        From `frames.rows_of`.
    labels : Labels
    table : bool
        Whether a table shows them, which says in a note what it does not show.
    """
    wording = labels.words
    questions = {row["question"] for row in rows}
    text = labels.text(rows[0]["question"]) if len(questions) == 1 else ""
    bases = {row["base"] for row in rows if row["base"]}
    parts = (
        _base_text(bases.pop(), questions, labels) if len(bases) == 1 else "",
        n_text((row["n"] for row in shown_of(rows)), wording),
        _answers_text(rows, labels),
        _weighting_text(rows, wording, table),
        _interval_text(rows, wording),
    )
    listed = "; ".join(part for part in parts if part)
    return f"{_stopped(text)} {listed[:1].upper()}{listed[1:]}.".strip()


def _base_text(base: str, questions: Iterable[str], labels: Labels) -> str:
    """The part of a subtitle on the base; without "don't know" where nobody could say so."""
    if base == "replied" and not any(labels.codebook.can_say_dont_know(name) for name in questions):
        base = "replied_alone"
    return labels.words(f"base_of.{base}")


def _answers_text(rows: Sequence[Row], labels: Labels) -> str:
    """The part of a subtitle on how many of the answers to one question are shown, where it is not all."""
    if len({row["question"] for row in rows}) != 1:
        return ""
    every = labels.codebook.variable(rows[0]["question"]).option_names
    shown = {row["option"] for row in rows} & set(every)
    if not 1 < len(shown) < len(every) or any(row["option"] == TOP for row in rows):
        return ""
    return labels.words("n.answers", shown=len(shown), all=len(every))


def _weighting_text(rows: Sequence[Row], wording: Wording, table: bool) -> str:
    """The part of a subtitle on the weighting, and on what of it may not be shown."""
    weighted, shown = {row["weighted"] for row in rows}, seen(rows)
    if len(weighted) == 1:
        return wording.weighting(weighted.pop())
    if table:
        return wording("weighting.both")
    if {row["weighted"] for row in shown} == {False}:
        return wording("weighting.hidden")
    dash = wording("estimate.dash") if any(row.get("suppressed") for row in shown) else ""
    return "; ".join(part for part in (wording("weighting.both"), dash) if part)


def shown_of(rows: Sequence[Row]) -> Sequence[Row]:
    """List the rows that are not suppressed, all where all are: the size of a hidden group is hidden, too."""
    return [row for row in rows if not row.get("suppressed")] or rows


def _interval_text(rows: Sequence[Row], wording: Wording) -> str:
    """The part of a subtitle on intervals: their level and how they were made, if there are any."""
    if not _with_intervals(rows):
        return ""
    return wording("interval.level", level=level(rows, wording), how=_methods(rows, wording))


def _with_intervals(rows: Sequence[Row]) -> bool:
    """Whether rows have intervals; of reconstructed answers only what was published has."""
    return not any(row.get("origin") for row in rows) or any(not pd.isna(row["ci_low"]) for row in rows)


def _intervals(rows: Sequence[Row], wording: Wording) -> str:
    """The part of an alt text that names the intervals of rows, if they have any."""
    return f" {wording('alt.intervals', level=level(rows, wording))}" if _with_intervals(rows) else ""


def _title(text: str, named: Iterable[Row], wording: Wording) -> str:
    """A title that says if an estimate that it names is assumed."""
    if any(row.get("origin") == ASSUMED for row in named):
        return wording("title.assumed", title=text)
    return text


def _methods(rows: Sequence[Row], wording: Wording) -> str:
    """Return how the intervals of rows were made, for each statistic among them."""
    names = dict.fromkeys(
        row["statistic"] for row in rows if not row.get("origin") or not pd.isna(row["ci_low"])
    )
    kinds = dict.fromkeys("ratio" if is_ratio(name) else slug(name) for name in names)
    return "; ".join(wording(f"interval.how.{kind}") for kind in kinds)


def _stopped(text: str) -> str:
    return text if not text or text.rstrip()[-1:] in ".?!…:" else f"{text.rstrip()}."


def estimate_text(row: Row, wording: Wording) -> str:
    """Return an estimate with its interval, "83.8% (78.0 to 88.6)", or why there is none."""
    if row["suppressed"] or pd.isna(row["estimate"]):
        return wording("estimate.suppressed")
    if row.get("by_rule"):
        return wording("estimate.by_rule")
    value, origin = wording.statistic(row), row.get("origin")
    parts = [wording(f"origin.{origin}")] if origin else []
    if not pd.isna(row["ci_low"]):
        kind, decimals = ("percent", 1) if row["statistic"] == "proportion" else ("number", 2)
        parts.append(wording.interval(row["ci_low"], row["ci_high"], kind, decimals))
    if has_range(row):
        parts.append(wording("ensemble.range", range=wording.range(row)))
    return f"{value} ({', '.join(parts)})" if parts else value


def listed(rows: Iterable[tuple[str, Row]], wording: Wording) -> str:
    """Return labelled estimates as a list for reading aloud."""
    return "; ".join(f"{label} {estimate_text(row, wording)}" for label, row in rows)


def _by_weighting(rows: Sequence[tuple[str, Row]], wording: Wording) -> str:
    kinds = sorted({bool(row["weighted"]) for _, row in rows})
    return " ".join(
        wording(
            "alt.kind",
            kind=wording.weighting(kind),
            values=listed([(label, row) for label, row in rows if row["weighted"] == kind], wording),
        )
        for kind in kinds
    )


# -- the words of each plot ------------------------------------------------------------------------------


def dots(frame: pd.DataFrame, labels: Labels, *, sort: bool | None = None) -> Words:
    """Return the words of `plots.dots`."""
    wording = labels.words
    blocks = options_in_order(frame, labels, sort)
    rows = [row for block in blocks for row in block.rows]
    best = max(blocks, key=lambda block: np.nan_to_num(block.rows[0]["estimate"], nan=-1.0))
    named = labels.codebook.variable(rows[0]["question"])
    weighted = best.rows[0]["weighted"]
    alike = [row for row in rows if row["weighted"] == weighted]
    largest = is_largest(best.rows[0], alike, exclusive=named.type != "multi")
    label = labels.question(named.name)
    value = wording.percent(best.rows[0]["estimate"]) if largest else ""
    title = wording("title.shares", label=label, option=best.label, value=value) if largest else label
    return Words(
        _title(title, best.rows[:1] if largest else [], wording),
        facts(rows, labels),
        wording(
            "alt.shares",
            intervals=_intervals(rows, wording),
            n=n_text((row["n"] for row in rows), wording),
            values=_by_weighting([(block.label, row) for block in blocks for row in block.rows], wording),
        ),
    )


def intervals(frame: pd.DataFrame, labels: Labels, *, tests: pd.DataFrame | None = None) -> Words:
    """Return the words of `plots.intervals`; the title states a difference where `tests` show it."""
    wording = labels.words
    blocks = groups_in_order(frame, labels)
    rows = [row for block in blocks for row in block.rows]
    by = next(row["by"] for row in rows if row["by"])
    spoken = [
        (", ".join(filter(None, [block.heading, block.label, wording.weighting(row["weighted"])])), row)
        for block in blocks
        for row in block.rows
    ]
    return Words(
        gaps.title(rows, by, labels, tests, _confidence(rows)),
        facts(rows, labels),
        wording(
            "alt.comparison",
            intervals=_intervals(rows, wording),
            by=labels.question(by),
            values=listed(spoken, wording),
        ),
    )


def _confidence(rows: Iterable[Row]) -> float:
    return next((row["confidence"] for row in rows if not nothing(row.get("confidence"))), 0.95)


def effects(frame: pd.DataFrame, labels: Labels) -> Words:
    """Return the words of `plots.effects`; the title names what the intervals set apart from no effect."""
    wording = labels.words
    blocks, what = named_effects(frame, labels)
    rows = [row for block in blocks for row in block.rows]
    statistic = str(only(rows, "statistic", "plots.effects"))
    name = labels.statistic(statistic)
    spoken = [(f"{e.full}, {wording.weighting(row['weighted'])}", row) for e in blocks for row in e.rows]
    return Words(
        wording("title.effects_assumed", what=what, statistic=name)
        if rows[0]["origin"]
        else _effects_title(blocks, what, 1.0 if is_ratio(statistic) else 0.0, wording),
        facts(rows, labels),
        wording(
            "alt.forest_log" if is_ratio(statistic) else "alt.forest",
            statistic=name,
            intervals=_intervals(rows, wording),
            n=n_text((row["n"] for row in rows), wording),
            values=listed(spoken, wording),
        ),
    )


def _effects_title(blocks: Sequence[Effect], what: str, null: float, wording: Wording) -> str:
    """Return which effects the intervals set apart from none, by the unweighted rows where there are any."""
    higher = [effect.short for effect in blocks if effect.rows[0]["ci_low"] > null]
    lower = [effect.short for effect in blocks if effect.rows[0]["ci_high"] < null]
    if not higher and not lower:
        return wording("title.forest_none", what=what, null=wording.integer(null))
    if len(higher) + len(lower) > 3:
        some, many = wording.integer(len(higher) + len(lower)), wording.integer(len(blocks))
        return wording("title.forest_some", what=what, some=some, all=many, null=wording.integer(null))
    parts = [
        wording(f"title.forest_{key}", labels=wording.join(texts))
        for key, texts in (("higher", higher), ("lower", lower))
        if texts
    ]
    return wording("title.forest", what=what, parts="; ".join(parts))


def associations_title(frame: pd.DataFrame, labels: Labels) -> str:
    """Return the title of a figure of associations: how many are clear of 0, and which of these is strongest.

    Of reconstructed answers neither is said.

    Parameters
    ----------
    frame : DataFrame
        Effects of which 0 is none, unweighted and weighted; `by` explains `question`.
    labels : Labels
    """
    plain, adjusted = frame[~frame["weighted"]], frame[frame["weighted"]]
    if not is_evidence(labels.codebook):
        return labels.words("title.associations_assumed", all=labels.words.integer(len(plain)))
    known, clear = plain.dropna(subset="estimate"), plain[plain["ci_low"] > 0]
    if known.empty:
        return labels.words("title.associations_hidden", all=labels.words.integer(len(plain)))
    strongest = plain.loc[(known if clear.empty else clear)["estimate"].idxmax()]
    return labels.words(
        "title.associations_none_clear" if clear.empty else "title.associations",
        clear=labels.words.integer(len(clear)),
        all=labels.words.integer(len(plain)),
        weighting=labels.words.weighting(True),
        adjusted=labels.words.integer((adjusted["ci_low"] > 0).sum()),
        outcome=in_sentence(labels.question(strongest["question"]), labels.words),
        by=in_sentence(labels.question(strongest["by"]), labels.words),
        value=labels.words.number(strongest["estimate"], 2),
    )


def likert(frame: pd.DataFrame, labels: Labels) -> Words:
    """Return the words of `plots.likert`."""
    battery = likert_items(frame, labels)
    texts = " ".join(_likert_item(item, battery, labels) for item in battery.items)
    alt = labels.words("alt.likert" if battery.two_sided else "alt.stacked", values=texts)
    return Words(_likert_title(battery, labels), facts(battery.rows, labels), alt)


def _likert_item(item: Item, battery: Battery, labels: Labels) -> str:
    wording = labels.words
    if item.hidden:
        values = wording("estimate.suppressed")
    else:
        pairs = zip(battery.scale.values(), item.values, strict=True)
        values = "; ".join(
            f"{text} {wording('estimate.suppressed') if pd.isna(value) else wording.percent(value)}"
            for text, value in pairs
        )
        if item.top is not None:
            together = wording("alt.together", label=battery.top)
            values = f"{values}; {together} {estimate_text(item.top, wording)}"
    return wording(
        "alt.likert_item",
        label=item.label or labels.question(battery.questions[0]),
        n=n_text([item.n], wording),
        values=values,
    )


def _likert_title(battery: Battery, labels: Labels) -> str:
    wording = labels.words
    tops = [(item.top, item.label) for item in battery.items if item.top is not None]
    tops = [(top, label) for top, label in tops if not pd.isna(top["estimate"])]
    if len(battery.items) == 1 and tops:
        title = wording(
            "title.shares",
            label=labels.question(battery.questions[0]),
            option=battery.top,
            value=wording.percent(tops[0][0]["estimate"]),
        )
        return _title(title, [tops[0][0]], wording)
    if tops and not battery.by:
        # The item named most, as of the answers to a multi-select.
        most, name = max(tops, key=lambda item: item[0]["estimate"])
        title = wording(
            "title.shares", label=battery.top, option=name, value=wording.percent(most["estimate"])
        )
        return _title(title, [most], wording)
    what = wording.join(labels.question(name) for name in battery.questions)
    if len(battery.questions) > 3:  # by what they share
        texts = {labels.text(name) for name in battery.questions}
        what = texts.pop() if len(texts) == 1 else ""
        what = what or wording("title.questions", n=len(battery.questions))
    if not battery.by:
        return what
    # Groups are told apart by no test of the top box.
    by = in_sentence(labels.question(battery.by), labels.words)
    return wording("title.by", what=battery.top if tops and len(battery.questions) == 1 else what, by=by)


def distribution(frame: pd.DataFrame, labels: Labels) -> Words:
    """Return the words of `plots.distribution`."""
    wording = labels.words
    rows = counts_in_order(frame, labels)
    best = max(leading(rows), key=lambda row: np.nan_to_num(row["estimate"], nan=-1.0))
    alike = [row for row in rows if row["weighted"] == best["weighted"]]
    largest = is_largest(best, alike, exclusive=True)
    label, value = labels.question(best["question"]), wording.percent(best["estimate"])
    title = wording("title.distribution", label=label, option=str(best["count"]), value=value)
    return Words(
        _title(title if largest else label, [best] if largest else [], wording),
        facts(rows, labels),
        wording(
            "alt.distribution",
            intervals=_intervals(rows, wording),
            n=n_text((row["n"] for row in rows), wording),
            values=_by_weighting([(str(row["count"]), row) for row in rows], wording),
        ),
    )


def values(frame: pd.DataFrame, labels: Labels) -> Words:
    """Return words that fit any chart of a result frame: what by what, base and n, and all its numbers."""
    require(frame, RESULT, "sentences.values")
    rows, wording = rows_of(labels.readable(frame), labels), labels.words
    what = wording.join(labels.question(name) for name in dict.fromkeys(row["question"] for row in rows))
    groups = dict.fromkeys(row["by"] for row in rows if row["by"])
    by = wording.join(in_sentence(labels.question(name), wording) for name in groups)
    columns = {"question": "question_label", "option": "option_label", "group": "group_label"}
    columns["weighted"] = "weighting"
    shown = [text for name, text in columns.items() if len({row.get(name) for row in rows}) > 1]
    spoken = [(", ".join(row[text] for text in shown), row) for row in rows]
    return Words(
        wording("title.by", what=what, by=by) if by else what,
        facts(rows, labels),
        wording("alt.values", what=what, values=listed(spoken, wording)),
    )
