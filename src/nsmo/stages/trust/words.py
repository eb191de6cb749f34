"""The headlines, and the groups that are compared, under the names that people read."""

import math
from collections.abc import Sequence

import pandas as pd

from nsmo.present.frames import nothing
from nsmo.present.labels import Labels
from nsmo.present.shown import is_evidence, of_headlines


def named(frame: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    """Return a frame of headlines with the column `label`.

    Parameters
    ----------
    frame : DataFrame
        With question, option, by, group.
    labels : Labels
    """
    names = frame[["question", "option", "by", "group"]].itertuples(index=False)
    return frame.assign(label=[labels.share(*name) for name in names])


def headlines(shares: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    """Return the headlines as people read them; of reconstructed answers with origin, and fewer intervals.

    Parameters
    ----------
    shares : DataFrame
        Of `nsmo.stages.trust.shares` or `selection`.
    labels : Labels
    """
    return of_headlines(named(shares, labels), labels.codebook)


def moved_by_cleaning(rules: pd.DataFrame, labels: Labels) -> str:
    """Return in words how far a judgement of cleaning moves a headline; nothing where there is none."""
    if rules.empty:
        return ""
    points = labels.words.number(rules["points"].abs().max(), 1)
    return f", and leaving out a judgement of cleaning moves a headline by {points} points at most"


def by_role(roles: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    """Return the headlines by role: `label` is the headline, `role` the role, both as people read them.

    Parameters
    ----------
    roles : DataFrame
        Of `nsmo.stages.trust.by_role`.
    labels : Labels
    """
    return of_headlines(roles, labels.codebook).assign(
        label=[labels.share(*one) for one in zip(roles["question"], roles["option"], strict=True)],
        role=[labels.group(*one) for one in zip(roles["by"], roles["group"], strict=True)],
    )


def compared(power: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    """Return the smallest differences that show as people read them, in percentage points.

    Parameters
    ----------
    power : DataFrame
        Of `nsmo.stages.trust.power`.
    labels : Labels

    Returns
    -------
    DataFrame
        Besides its columns: groups, about, sizes and worth (numbers of respondents); plain, holm, weighted,
        weighted_holm, gap (what was found) and margin (what is excluded) in percentage points.
    """
    words = labels.words
    rows = power.to_dict("records")
    # What shows, and what is excluded, is a finding, which reconstructed answers do not give.
    shown = 1.0 if is_evidence(labels.codebook) else float("nan")
    found = shown * power[["found", "excluded", "h"]].astype(float)
    return power.assign(
        groups=[_groups(row, labels) for row in rows],
        about=[
            words("trust.power.half")
            if nothing(row["question"])
            else labels.share(row["question"], row["option"])
            for row in rows
        ],
        # Two halves of an odd number are not alike.
        sizes=[f"{math.floor(row['n_first'])} – {math.ceil(row['n_second'])}" for row in rows],
        worth=[
            f"{words.integer(row['effective_first'])} – {words.integer(row['effective_second'])}"
            for row in rows
        ],
        gap=100 * found["found"],
        margin=100 * found["excluded"],
        h=found["h"],
        **{name: 100 * power[name] for name in ("plain", "holm", "weighted", "weighted_holm")},
    )


def _groups(row: dict, labels: Labels) -> str:
    if nothing(row["by"]):
        return labels.words("trust.power.halves")
    return " – ".join(labels.group(row["by"], row[side]) for side in ("first", "second"))


def hidden(table: pd.DataFrame, labels: Labels) -> str:
    """Return a sentence on what is hidden, and on what a reader could still find out."""
    if table.empty:
        few = "Figures of too few respondents are hidden, and a second group where one alone would follow"
        return f"{few}; these answers are a reconstruction, and speak of nobody"
    words, figures, closed = labels.words, table["figures"].sum(), (table["figures"] - table["shown"]).sum()
    count, closed = words.integer(int(figures)), words.integer(int(closed))
    text = (
        f"Of {count} figures that could be shown, {closed} are hidden. Whoever has all the others, and every "
        "total besides, cannot bound one of them more narrowly than was asked for"
    )
    narrowest = table["narrowest"].min()
    if pd.isna(narrowest):
        return text
    return f"{text}: the narrowest bounds lie {words.integer(int(narrowest))} respondents apart"


def anchored(others: pd.DataFrame, odds: Sequence[float], labels: Labels) -> str:
    """Return a sentence on where the odds ratios come from."""
    words = labels.words
    listed = words.join(f"{ratio:g}" for ratio in odds)
    asked = others[others["asks"].astype(bool)]
    if asked.empty:
        return words("trust.anchors.declared", odds=listed)
    return words(
        "trust.anchors.range", odds=listed, asking=words.integer(len(asked)), all=words.integer(len(others))
    )


def asked(others: pd.DataFrame, labels: Labels) -> str:
    """Return a sentence on what figures ask for that were turned into ours, and what those do as they are."""
    words = labels.words
    if others.empty:
        return words("trust.anchors.none")
    parts = []
    for among, rows in others.groupby("among", sort=True):
        asking = rows[rows["asks"].astype(bool)]["odds_ratio"]
        ends = [words.number(value, 1) for value in (asking.min(), asking.max()) if len(asking)]
        kind = ("turned" if among else "as_published") + ("" if len(asking) else "_none")
        values = {"of": among, "odds": "–".join(dict.fromkeys(ends))}
        counts = {"asking": words.integer(len(asking)), "all": words.integer(len(rows))}
        parts.append(words(f"trust.anchors.{kind}", **counts, **values))
    return " ".join(parts)


def by_statement(frame: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """Return the odds ratios by statement with `published`, and with `of`: whom the figures are of."""
    shares = others.drop_duplicates("claim").set_index("claim")["published"]
    of = ["as published" if not among else f"turned into a share {among}" for among in frame["among"]]
    return frame.assign(published=frame["claim"].map(shares), of=of)


def made_up(table: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    """Return the indices of composition with `label`: the margin, or all of them together."""
    names = [labels.margin(name) if name else labels.words("trust.indices.all") for name in table["margin"]]
    return table.assign(label=names)


def indexed(table: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    """Return the indices of selection with `label` and `unit`: what they are of, and what they count in."""
    rows = table.to_dict("records")
    words = labels.words
    return table.assign(
        label=[
            labels.question(row["question"])
            if nothing(row["option"])
            else labels.share(row["question"], row["option"])
            for row in rows
        ],
        unit=[words(f"trust.indices.{'sd' if nothing(row['option']) else 'points'}") for row in rows],
        shown=[
            words.number(row["value"], 1) if nothing(row["option"]) else words.percent(row["value"])
            for row in rows
        ],
    )


def errors(table: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    """Return the sources of error with `heading`, `what`, `size`, `way` and `where` as people read them.

    Of reconstructed answers also with `others`: what it is in other reconstructions.

    Parameters
    ----------
    table : DataFrame
        Of `nsmo.stages.trust.errors`.
    labels : Labels
    """
    words, rows = labels.words, table.to_dict("records")
    if "differs" in table:
        table = table.assign(others=[_elsewhere(row, labels) for row in rows])
    return table.assign(
        heading=[words(f"trust.errors.source.{row['source']}") for row in rows],
        what=[_evidence(row, labels) for row in rows],
        size=[_size(row, labels) for row in rows],
        way=[words(f"trust.errors.direction.{row['direction']}") for row in rows],
        known=[_known(row, labels) for row in rows],
        where=[f"{row['page']}, {row['table']}".strip(", ") or "study.yaml, errors" for row in rows],
    )


def _elsewhere(row: dict, labels: Labels) -> str:
    """What the evidence is in other reconstructions."""
    if not row["reconstructed"] or pd.isna(row["high"]):
        return "–"
    if row["differs"] and pd.isna(row["range_low"]):
        return labels.words("trust.errors.ranges_there")
    if row["differs"]:
        return _size(row | {"low": row["range_low"], "high": row["range_high"]}, labels)
    return labels.words("trust.errors.alike")


def _evidence(row: dict, labels: Labels) -> str:
    if not row["evidence"].startswith("declared"):
        return labels.words(f"trust.errors.evidence.{row['evidence']}")
    own = [entry for entry in labels.codebook.errors if entry.source == row["source"]]
    return own[int(row["evidence"].split()[1]) - 1].text[labels.language]


def _known(row: dict, labels: Labels) -> str:
    if row["evidence"].startswith("declared"):
        return labels.words("trust.errors.judged")
    if pd.isna(row["high"]):
        return labels.words("method.status.not_computable")
    return labels.words(f"method.status.{'reconstructed' if row['reconstructed'] else 'computed'}")


def _size(row: dict, labels: Labels) -> str:
    words = labels.words
    if pd.isna(row["high"]):
        return "–"
    ends = [row["high"]] if pd.isna(row["low"]) else [row["low"], row["high"]]
    texts = dict.fromkeys(words.number(end, 0 if row["unit"] == "cv" else 1) for end in ends)
    value = f" {words('trust.errors.to')} ".join(texts)
    return words(f"trust.errors.unit.{row['unit']}", value=value)
