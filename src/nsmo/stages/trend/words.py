"""What changed, in words: the sentence that opens a page, and the tables of changes and of other wording."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from nsmo.present.frames import Row
from nsmo.present.labels import Labels
from nsmo.present.sentences import Words
from nsmo.present.table import Table
from nsmo.present.tables import ORIGIN_MARKS, table
from nsmo.present.wording import answered
from nsmo.results import ABOVE, BELOW, ORIGIN
from nsmo.stages.trend.results import CLOSE, NO_EVIDENCE
from nsmo.study.waves import ADDED, DROPPED, WHOLE

#: The sign of a change that is more than chance.
MARKS = {ABOVE: "▲", BELOW: "▼"}
#: So many changes are drawn.
DRAWN = 8


def lead(changes: pd.DataFrame, before: str, labels: Labels) -> str:
    """Return the sentence on what changed since a wave.

    Parameters
    ----------
    changes : DataFrame
        `Trend.everybody`.
    before : str
        The earlier wave.
    labels : Labels
    """
    words, rows = labels.words, unweighted(changes, before)
    if rows.empty:
        return words("trend.lead.nothing", before=before)
    if rows["why"].eq(CLOSE).any():
        return words("trend.lead.close", before=before)
    if rows["why"].eq(NO_EVIDENCE).any():
        compared = int(rows["difference"].notna().sum())
        return words("trend.lead.assumed", before=before, compared=words.integer(compared))
    tested, clear = int(rows["p_holm"].notna().sum()), int(rows["direction"].ne("").sum())
    kind = "some" if clear > 1 else "one" if clear else "none"
    given = {"clear": words.integer(clear)} if clear > 1 else {}
    return words(f"trend.lead.{kind}", before=before, tested=words.integer(tested), **given)


def unweighted(changes: pd.DataFrame, before: str) -> pd.DataFrame:
    """Return the changes of everybody since a wave that the sentences are about."""
    return changes[changes["before"].eq(before) & ~changes["weighted"].astype(bool)]


def items(changes: pd.DataFrame, before: str, labels: Labels, most: int = DRAWN) -> list[str]:
    """Return the clearest changes since a wave, each in a line of words."""
    rows = clearest(changes, before, labels, most)
    rows = rows[rows["direction"].ne("")]
    return [item(row, labels) for row in rows.to_dict("records")]


def item(row: Mapping[str, Any], labels: Labels) -> str:
    """Return one change in words: what it is of, both estimates, the difference with its interval."""
    words = labels.words
    remark = remarks(row["asked_otherwise"], labels)
    return words(
        "trend.item_otherwise" if remark else "trend.item",
        **({"remark": remark} if remark else {}),
        what=what(row, labels),
        before=words.statistic(row, row["estimate_before"]),
        now=words.statistic(row),
        gap=gap(row, labels, interval=True),
    )


def what(row: Mapping[str, Any], labels: Labels) -> str:
    """Return what an estimate is of: question and answer; of a mean also that it is one."""
    if row["statistic"] == "proportion":
        return labels.share(row["question"], row["option"])
    scored = bool(labels.codebook.variable(row["question"]).scores)
    label = labels.question(row["question"])
    if label.endswith("?"):
        return answered(label, labels.words("crosstabs.score" if scored else "crosstabs.mean"))
    return labels.words("trend.score" if scored else "trend.mean", label=label)


def gap(row: Mapping[str, Any], labels: Labels, *, interval: bool = False) -> str:
    """Return a difference with its sign, and its interval where it has one; a dash where none is shown."""
    words = labels.words
    if pd.isna(row["difference"]):
        return "–"
    text = signed(row["difference"], row["statistic"], labels)
    if row["statistic"] == "proportion":
        text = words("trend.points", value=text)
    if not interval or pd.isna(row["ci_low"]):
        return text
    level = words.percent(row["confidence"], 0)
    return words("trend.interval", value=text, level=level, interval=ends(row, labels))


def ends(row: Mapping[str, Any], labels: Labels) -> str:
    """Return the interval of a difference; empty where it has none."""
    if pd.isna(row["ci_low"]):
        return ""
    low, high = (signed(row[name], row["statistic"], labels) for name in ("ci_low", "ci_high"))
    return labels.words("trend.span", low=low, high=high)


def signed(value: float, statistic: str, labels: Labels) -> str:
    """Return a difference with its sign: of shares in points with one decimal, of means with two."""
    share = statistic == "proportion"
    text = labels.words.number(abs(value) * (100 if share else 1), 1 if share else 2)
    nothing = labels.words.number(0, 1 if share else 2)
    return text if text == nothing else f"{'+' if value > 0 else '−'}{text}"


def clearest(changes: pd.DataFrame, before: str, labels: Labels, most: int = DRAWN) -> pd.DataFrame:
    """Return the changes that are clear; where none is, those that come closest.

    Of a question with two answers only the first is meant, since the other one says the same.

    Parameters
    ----------
    changes, before, labels
        As of `lead`.
    most : int
        No more than this.
    """
    rows = unweighted(changes, before)
    rows = rows[rows["difference"].notna()]
    variables = labels.codebook.variables
    second = [
        len(names := variables[row["question"]].option_names) == 2
        and variables[row["question"]].type != "multi"
        and row["option"] == names[1]
        for row in rows.to_dict("records")
    ]
    rows = rows.loc[[not one for one in second]]  # without loc an empty list would choose no columns
    size = rows["difference"].abs().where(rows["statistic"].eq("proportion"), 0.0)
    order = rows.assign(unclear=rows["direction"].eq(""), chance=rows["p"].fillna(2.0), size=-size)
    order = order.sort_values(["unclear", "chance", "size"], kind="stable")
    if not order["unclear"].all():
        order = order[~order["unclear"]]
    return rows.loc[order.index[:most]]


def of_series(series: pd.DataFrame, rows: pd.DataFrame, statistic: str) -> pd.DataFrame:
    """Return the estimates over waves of some changes, in their order; shares or means."""
    rows = rows[rows["statistic"].eq(statistic)]
    keys = list(zip(rows["question"], rows["option"], strict=True))
    mine = series[series["statistic"].eq(statistic)]
    place = pd.Series(
        [
            keys.index(key) if key in keys else -1
            for key in zip(mine["question"], mine["option"], strict=True)
        ],
        index=mine.index,
        dtype=int,
    )
    return mine[place >= 0].loc[place[place >= 0].sort_values(kind="stable").index]


def drawn(rows: pd.DataFrame) -> list[Row]:
    """Return estimates as figures read them; each has the origin that its own wave gave it."""
    found = []
    for row in rows.to_dict("records"):
        row = row | {"by": "", "group": "", "by_rule": False, "weighted": bool(row["weighted"])}
        if row["suppressed"]:
            row |= dict.fromkeys(("estimate", "ci_low", "ci_high"), float("nan"))
        found.append(row | {ORIGIN: row[ORIGIN] or ""})
    return found


def figure(rows: pd.DataFrame, changes: pd.DataFrame, before: str, labels: Labels) -> Words:
    """Return title, subtitle and alternative text of a figure over waves.

    Parameters
    ----------
    rows : DataFrame
        Of `of_series`.
    changes, before, labels
        As of `lead`.
    """
    words = labels.words
    own = unweighted(changes, before)
    kind = (
        "assumed"
        if own["why"].eq(NO_EVIDENCE).any()
        else "clear"
        if own["direction"].ne("").any()
        else "largest"
    )
    both = len(set(rows["weighted"])) > 1
    how = words("weighting.both") if both else words.weighting(bool(rows["weighted"].iloc[0]))
    level = words.percent(rows["confidence"].iloc[-1], 0)
    values = "; ".join(
        f"{labels.share(row['question'], row['option'])}, {row['wave']}: {words.statistic(row)}"
        for row in rows.to_dict("records")
        if not pd.isna(row["estimate"]) and not row["weighted"]
    )
    given = {} if kind == "assumed" else {"before": before}
    return Words(
        words(f"trend.series.{kind}", **given),
        words(f"trend.series.{rows['statistic'].iloc[0]}", level=level, how=how),
        words("trend.series.alt", values=values),
    )


def note(overlap: Mapping[str, int], before: str, labels: Labels, confidence: float, fewest: int) -> str:
    """Return how waves are compared."""
    words = labels.words
    how = words("trend.how", alpha=words.percent(1 - confidence, 0))
    if before not in overlap:
        return " ".join([how, words("trend.independent"), words("trend.left_out")])
    few = overlap[before] < fewest
    n = {} if few else {"n": words.integer(overlap[before])}
    shared = words("trend.overlap_hidden" if few else "trend.overlap", before=before, **n)
    return " ".join([how, shared, words("trend.left_out")])


def remarks(codes: object, labels: Labels) -> str:
    """Return what was asked otherwise, in words; `codes` of `nsmo.study.waves.CHANGES` with ; between."""
    if not isinstance(codes, str) or not codes:
        return ""
    return "; ".join(labels.words(f"trend.change.{code}") for code in codes.split(";"))


def readable(changes: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    """Return changes as a table shows them: in words, without p where nothing was tested.

    Parameters
    ----------
    changes : DataFrame
        Of everybody, since one wave, of one weighting.
    labels : Labels
    """
    words = labels.words
    rows = changes.to_dict("records")
    tested = bool(changes["p_holm"].notna().any())

    def value(row: Mapping[str, Any], column: str) -> str:
        hidden = pd.isna(row[column])
        origin = row["origin_before" if column == "estimate_before" else ORIGIN]
        return words("estimate.suppressed") if hidden else known(words.statistic(row, row[column]), origin)

    columns = {
        "what": [what(row, labels) for row in rows],
        "then": [value(row, "estimate_before") for row in rows],
        "now": [value(row, "estimate") for row in rows],
        "gap": [gap(row, labels) for row in rows],
    }
    if tested:
        columns |= {
            "ends": [ends(row, labels) for row in rows],
            "p": ["" if pd.isna(row["p_holm"]) else words.p(row["p_holm"]) for row in rows],
            "mark": [MARKS.get(row["direction"], "") for row in rows],
        }
    if changes["asked_otherwise"].ne("").any():
        columns["remark"] = [remarks(row["asked_otherwise"], labels) for row in rows]
    return pd.DataFrame(columns, dtype=object)


def known(text: str, origin: object) -> str:
    """Return an estimate with the mark of where it comes from, if its answers are reconstructed."""
    return f"{text} {ORIGIN_MARKS[origin]}" if isinstance(origin, str) and origin else text


def origin_note(frame: pd.DataFrame, labels: Labels) -> str:
    """Return what these marks stand for; empty where a frame has none."""
    columns = [name for name in ("origin_before", ORIGIN) if name in frame]
    return labels.words("origin.note") if frame[columns].fillna("").ne("").any(axis=None) else ""


def headings(frame: pd.DataFrame, before: str, labels: Labels) -> dict[str, str]:
    """Return the headings of `readable`."""
    given = {"then": {"wave": before}}
    return {name: labels.words(f"trend.table.{name}", **given.get(name, {})) for name in frame.columns}


def otherwise(questions: pd.DataFrame, before: str, labels: Labels) -> pd.DataFrame:
    """Return the questions that were put otherwise than in a wave, both wordings beside each other.

    Parameters
    ----------
    questions : DataFrame
        Of `results.questions`.
    before : str
        The earlier wave.
    labels : Labels

    Returns
    -------
    DataFrame
        what (the questions; items of a battery of which the same is to be said share a row), remark, then,
        now (the wordings, where these differ), compared (whether it is). What only one of the waves has comes
        last.
    """
    found: dict[tuple[str, ...], list[str]] = {}
    for row in questions[questions["before"].eq(before) & questions["changes"].ne("")].to_dict("records"):
        dropped = row["changes"] == DROPPED
        if dropped and row["asked_as"] in labels.codebook.variables:
            continue  # asked again, but nothing of it is published
        key, name = _dropped(row, labels) if dropped else _other(row, labels)
        found.setdefault(key, []).append(name)
    rows = [["; ".join(names), *key[1:]] for key, names in found.items()]
    return pd.DataFrame(rows, columns=["what", "remark", "then", "now", "compared"], dtype=object)


def _other(row: Mapping[str, Any], labels: Labels) -> tuple[tuple[str, ...], str]:
    """Return what is to be said of a question that was put otherwise, or is new, and its label."""
    words, language = labels.words, labels.language
    name, codes = row["question"], row["changes"].split(";")
    new, gone = listed(row["new"], labels, name), row[f"gone_{language}"]
    remark = [remarks(row["changes"], labels)]
    remark += [words("trend.new", options=new)] * bool(new)
    remark += [words("trend.gone", options=gone)] * bool(gone)
    now = (labels.text(name) or labels.question(name)) if "wording" in codes else ""
    kind = "compared" if row["compared"] and not WHOLE & set(codes) else "not_compared"
    key = (
        labels.codebook.variable(name).battery or name,
        ". ".join(remark),
        row[f"text_{language}"] if "wording" in codes else "",
        labels.text(name) if ADDED in codes else now,
        words(f"trend.words.{kind}"),
    )
    return key, labels.question(name)


def _dropped(row: Mapping[str, Any], labels: Labels) -> tuple[tuple[str, ...], str]:
    """Return what is to be said of a question that only the earlier wave has, and its label there."""
    label, text = row[f"gone_{labels.language}"], row[f"text_{labels.language}"]
    put = "" if text == label else text
    key = (
        put or row["asked_as"],
        remarks(DROPPED, labels),
        put,
        "",
        labels.words("trend.words.not_compared"),
    )
    return key, label


def listed(options: object, labels: Labels, question: str) -> str:
    """Return the labels of answers whose names stand with ; between."""
    names: Sequence[str] = options.split(";") if isinstance(options, str) and options else []
    return "; ".join(labels.option(question, name) for name in names)


def by_wave(rows: pd.DataFrame, changes: pd.DataFrame, before: str, labels: Labels) -> pd.DataFrame:
    """Return the estimates of a question with a column for each wave, and the change since the last one.

    Parameters
    ----------
    rows : DataFrame
        Of `Trend.series`, of one question and one weighting.
    changes, before, labels
        As of `lead`.
    """
    words, question = labels.words, str(rows["question"].iloc[0])
    since = {(row["option"], row["statistic"]): row for row in unweighted(changes, before).to_dict("records")
             if row["question"] == question}  # fmt: skip
    waves = list(dict.fromkeys(rows["wave"]))
    lines = []
    for (option, statistic), own in rows.groupby(["option", "statistic"], sort=False):
        found = {row["wave"]: row for row in own.to_dict("records")}
        mean = statistic == "mean"
        line: dict[str, str] = {
            "answer": words("crosstabs.mean") if mean else labels.option(question, option)
        }
        for wave in waves:
            row = found.get(wave)
            if row is None:
                line[wave] = "–"
            elif pd.isna(row["estimate"]):
                line[wave] = words("estimate.suppressed")
            else:
                line[wave] = known(words.statistic(row), row[ORIGIN])
        change = since.get((option, statistic))
        line["gap"] = "–" if change is None else " ".join(
            filter(None, [gap(change, labels), MARKS.get(change["direction"], "")])
        )  # fmt: skip
        lines.append(line)
    return pd.DataFrame(lines, dtype=object)


def other_headings(before: str, labels: Labels) -> dict[str, str]:
    """Return the headings of `otherwise`."""
    words = labels.words
    return {
        "what": words("crosstabs.question"),
        "remark": words("trend.table.remark"),
        "then": words("trend.words.then", wave=before),
        "now": words("trend.words.now"),
        "compared": words("trend.words.column"),
    }


def averages(rows: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    """Return averages over waves as a table shows them."""
    words, records = labels.words, rows.to_dict("records")

    def interval(row: Mapping[str, Any]) -> str:
        kind, decimals = ("percent", 1) if row["statistic"] == "proportion" else ("number", 2)
        return "" if pd.isna(row["ci_low"]) else words.interval(row["ci_low"], row["ci_high"], kind, decimals)

    return pd.DataFrame(
        {
            "what": [what(row, labels) for row in records],
            "estimate": [
                words("estimate.suppressed") if row["suppressed"] else words.statistic(row) for row in records
            ],
            "ends": [interval(row) for row in records],
        },
        dtype=object,
    )


def average_headings(labels: Labels) -> dict[str, str]:
    """Return the headings of `averages`."""
    words = labels.words
    return {
        "what": words("trend.table.what"),
        "estimate": words("trend.average_table.estimate"),
        "ends": words("trend.table.ends"),
    }


def waves(frame: pd.DataFrame, labels: Labels) -> Table:
    """Return the waves that are compared as a table.

    Parameters
    ----------
    frame : DataFrame
        Of `results.overview`.
    labels : Labels
    """
    columns = {"wave": labels.words("trend.wave")} | {
        name: labels.heading(name) for name in frame.columns if name != "wave"
    }
    return table(frame, labels, title=labels.words("trend.title"), columns=columns)
