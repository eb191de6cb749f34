"""Estimates of several waves beside each other, the changes between them, and their averages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from nsmo.results import ABOVE, BELOW, ORIGIN
from nsmo.stages.trend.panel import Panel
from nsmo.stats.change import Side, change, pooled
from nsmo.stats.multiplicity import holm
from nsmo.study import StudyError
from nsmo.study.model import LANGUAGES
from nsmo.study.waves import ADDED, DROPPED, Match, described, matches
from nsmo.survey import Survey
from nsmo.survey.counted import CountedSurvey
from nsmo.survey.record import record

#: What a wave leaves for those that come after it: what was asked, what was estimated, and, where respondents
#: can be known again, what each of them adds to an estimate.
WAVES, RECORD, PANEL = "waves.json", "record.parquet", "panel.parquet"
#: Why two estimates are not compared, or how.
HIDDEN, CLOSE, NO_EVIDENCE = "hidden", "close", "no evidence"
_KEY = ["question", "option", "by", "group", "statistic", "weighted"]
_FROM = ["n", "estimate", "se", "ci_low", "ci_high", "df", "n_eff", "suppressed", ORIGIN]
#: The columns of a frame of changes.
COLUMNS = [
    "wave", "before", *_KEY, "asked_as", "asked_otherwise", "n_before", "n", "estimate_before", "estimate",
    "difference", "se", "ci_low", "ci_high", "df", "p", "p_holm", "direction", "overlap", "why", "confidence",
    "origin_before", ORIGIN,
]  # fmt: skip


@dataclass(frozen=True)
class Trend:
    """What the stage found.

    Attributes
    ----------
    waves : list of dict
        As `nsmo.study.waves.described`, oldest first; the last is this wave.
    record : DataFrame
        Of all waves, as `nsmo.survey.record.record`.
    panel : DataFrame
        Of all waves whose respondents can be known again.
    compared : list of str
        The earlier waves that this one is compared with, oldest first.
    matches : dict
        Of each of these, the questions that both have.
    changes : DataFrame
        In the columns of `COLUMNS`: this wave against each of `compared`, of everybody and by group.
    series : DataFrame
        The estimates of everybody in all waves compared, under the names of this wave, with `asked_as` and
        `asked_otherwise`.
    averages : DataFrame
        The mean over all waves compared, each of which counts alike.
    shared : dict
        How many respondents took part in both, by earlier wave, where they can be known again.
    close : list of str
        The earlier waves from which this one has so few other respondents that nothing is compared.
    """

    waves: list[dict[str, Any]]
    record: pd.DataFrame
    panel: pd.DataFrame
    compared: list[str]
    matches: dict[str, list[Match]]
    changes: pd.DataFrame
    series: pd.DataFrame
    averages: pd.DataFrame
    shared: dict[str, int]
    close: list[str]

    @property
    def everybody(self) -> pd.DataFrame:
        """The changes among everybody."""
        return self.changes[self.changes["by"].eq("")]

    @property
    def before(self) -> str | None:
        """The wave before this one."""
        return self.compared[-1] if self.compared else None


def trend(
    survey: Survey | CountedSurvey,
    earlier: Sequence[dict[str, Any]] = (),
    earlier_record: pd.DataFrame | None = None,
    earlier_panel: pd.DataFrame | None = None,
) -> Trend:
    """Compare a wave with those before it.

    Parameters
    ----------
    survey : Survey or CountedSurvey
        The respondents of this wave; study.yaml says with which waves it is compared (`previous:`).
    earlier, earlier_record, earlier_panel
        What the wave before left; nothing where there was none.

    Raises
    ------
    StudyError
        If `previous:` names a wave of which nothing was left.
    """
    book = survey.codebook
    waves = [*earlier, described(book)]
    known = [one["wave"] for one in earlier]
    for name in book.about.previous:
        if name not in known:
            raise StudyError(
                found=f"wave {name} left nothing to compare with",
                where=f"{book.wave}/study.yaml, previous",
                expected=", ".join(known)
                or "a wave that stands in params.yaml, under waves: trend:, before this one",
                fix=f'name it there, as in "{book.wave}": {name}/trend; docs/howto/compare-waves.md',
            )
    own = record(survey)
    everything = own if earlier_record is None else pd.concat([earlier_record, own], ignore_index=True)
    panel = Panel.of(survey, own, earlier_panel)
    compared = list(book.about.previous)
    found = {name: matches(waves, name) for name in compared}
    close = [name for name in compared if panel.too_close(name, survey.min_n)]
    parts = [
        _compared(
            survey, own, everything[everything["wave"].eq(name)], found[name], panel, name, name in close
        )
        for name in compared
    ]
    changes = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)
    open_ = [name for name in compared if name not in close]
    series = _series(everything, found, open_, own)
    return Trend(
        waves,
        everything,
        panel.frame,
        compared,
        found,
        changes,
        series,
        _averages(series, panel, [*open_, book.wave], survey.confidence) if open_ else series.iloc[:0],
        {name: panel.shared(name) for name in compared if panel.knows(name)},
        close,
    )


def _compared(
    survey: Survey | CountedSurvey,
    own: pd.DataFrame,
    then: pd.DataFrame,
    found: Sequence[Match],
    panel: Panel,
    before: str,
    close: bool,
) -> pd.DataFrame:
    """Compare the last wave with one before it."""
    names = _names(found, own)
    pairs = own.merge(names, on=["question", "option", "statistic"]).merge(
        _groups(found, own), on=["by", "group"]
    )
    earlier = then[[*_KEY, *_FROM]].rename(columns={name: f"{name}_then" for name in [*_KEY, *_FROM]})
    on = [
        *(f"{name}_then" for name in _KEY if name not in ("statistic", "weighted")),
        "statistic",
        "weighted",
    ]
    earlier = earlier.rename(columns={"statistic_then": "statistic", "weighted_then": "weighted"})
    frame = pairs.merge(earlier, on=on)
    frame["overlap"] = panel.correlations(frame, before)
    sides = [_side(frame, "_then"), _side(frame, "")]
    share = frame["statistic"].eq("proportion").to_numpy()
    made = change(
        *sides, share=share, correlation=frame["overlap"].to_numpy(dtype=float), level=survey.confidence
    )
    hidden = (frame["suppressed"] | frame["suppressed_then"]).to_numpy(dtype=bool)
    assumed = (frame[ORIGIN].ne("") | frame[f"{ORIGIN}_then"].ne("")).to_numpy()
    gone = hidden | close
    # Of a reconstruction nothing is tested: chance had no part in it.
    untested = gone | assumed
    frame = frame.assign(
        wave=survey.codebook.wave,
        before=before,
        asked_as=frame["question_then"],
        n_before=frame["n_then"].mask(gone),
        estimate_before=frame["estimate_then"].mask(gone),
        estimate=frame["estimate"].mask(gone),
        n=frame["n"].mask(gone),
        difference=pd.Series(made.estimate, index=frame.index).mask(gone),
        se=np.where(untested, np.nan, made.se),
        ci_low=np.where(untested, np.nan, made.low),
        ci_high=np.where(untested, np.nan, made.high),
        df=np.where(untested, np.nan, made.df),
        p=np.where(untested, np.nan, made.p),
        overlap=frame["overlap"].ne(0),
        why=np.where(close, CLOSE, np.where(hidden, HIDDEN, np.where(assumed, NO_EVIDENCE, ""))),
        confidence=survey.confidence,
        origin_before=frame[f"{ORIGIN}_then"],
    )
    return _adjusted(frame, 1 - survey.confidence)[COLUMNS]


def _names(found: Sequence[Match], own: pd.DataFrame) -> pd.DataFrame:
    """What can be compared: question, option and statistic now, with what they were called then."""
    by_name = {one.question: one for one in found if one.compared}
    rows = []
    for question, option, statistic in (
        own[["question", "option", "statistic"]].drop_duplicates().itertuples(index=False, name=None)
    ):
        match = by_name.get(question)
        if match is None or (statistic == "mean" and not match.means):
            continue
        then = "" if statistic == "mean" else match.options.get(option)
        if statistic == "proportion" and not match.options:
            then = option  # numbers: who put it first in a ranking
        if then is not None:
            rows.append((question, option, statistic, match.asked_as, then, ";".join(match.changes)))
    columns = ["question", "option", "statistic", "question_then", "option_then", "asked_otherwise"]
    return pd.DataFrame(rows, columns=columns)


def _groups(found: Sequence[Match], own: pd.DataFrame) -> pd.DataFrame:
    """The groups that both waves have, everybody among them."""
    by_name = {one.question: one for one in found if one.compared}
    rows = [("", "", "", "")]
    for by, group in (
        own.loc[own["by"].ne(""), ["by", "group"]].drop_duplicates().itertuples(index=False, name=None)
    ):
        match = by_name.get(by)
        # A group that is asked for in other words, or is one of other answers, is another group.
        if match is not None and not set(match.changes) - {"box"} and group in match.options:
            rows.append((by, group, match.asked_as, match.options[group]))
    return pd.DataFrame(rows, columns=["by", "group", "by_then", "group_then"])


def _side(frame: pd.DataFrame, ending: str) -> Side:
    names = {f"{name}{ending}": name for name in ("estimate", "se", "ci_low", "ci_high", "df", "n_eff")}
    return Side.of(frame[list(names)].rename(columns=names).astype(float))


def _adjusted(frame: pd.DataFrame, alpha: float) -> pd.DataFrame:
    """Holm's adjustment over all changes of everybody, and over the groups of a banner in each row."""
    frame = frame.assign(p_holm=np.nan)
    keys = ["by", "weighted"]
    tested = frame["p"].notna()
    for (by, _), rows in frame[tested].groupby(keys, sort=False):
        families = (
            [rows]
            if by == ""
            else [one for _, one in rows.groupby(["question", "option", "statistic"], sort=False)]
        )
        for family in families:
            frame.loc[family.index, "p_holm"] = holm(family["p"].to_numpy(dtype=float))
    clear = frame["p_holm"].lt(alpha)
    up = frame["difference"].gt(0)
    return frame.assign(direction=np.where(clear & up, ABOVE, np.where(clear & ~up, BELOW, "")))


def _series(
    everything: pd.DataFrame, found: Mapping[str, Sequence[Match]], compared: Sequence[str], own: pd.DataFrame
) -> pd.DataFrame:
    """The estimates of everybody in all waves compared."""
    mine = own[own["by"].eq("")].assign(
        asked_as=lambda rows: rows["question"], option_as=lambda rows: rows["option"], asked_otherwise=""
    )
    parts = []
    for name in compared:
        then = everything[everything["wave"].eq(name) & everything["by"].eq("")]
        renamed = then.rename(columns={"question": "question_then", "option": "option_then"})
        names = _names(found[name], own)
        part = renamed.merge(names, on=["question_then", "option_then", "statistic"])
        parts.append(part.assign(asked_as=part["question_then"], option_as=part["option_then"])[mine.columns])
    there = (
        pd.concat(parts)[["question", "option", "statistic"]].drop_duplicates() if parts else mine.iloc[:0]
    )
    parts.append(
        mine.merge(there[["question", "option", "statistic"]], on=["question", "option", "statistic"])
    )
    frame = pd.concat(parts, ignore_index=True)
    places = {
        key: at for at, key in enumerate(zip(own["question"], own["option"], own["statistic"], strict=True))
    }
    order = [places[key] for key in zip(frame["question"], frame["option"], frame["statistic"], strict=True)]
    frame = frame.assign(order=order).sort_values(["order", "weighted"], kind="stable")
    return frame.drop(columns=["order", "by", "group", "deff"]).reset_index(drop=True)


def _averages(series: pd.DataFrame, panel: Panel, waves: Sequence[str], confidence: float) -> pd.DataFrame:
    """The mean over the waves of what all of them have and show."""
    keys = ["question", "option", "statistic", "weighted"]
    whole = series.groupby(keys, sort=False)["wave"].transform("size").eq(len(waves))
    frame = series[whole]
    parts = [frame[frame["wave"].eq(name)].set_index(keys) for name in waves]
    index = parts[0].index
    parts = [part.reindex(index) for part in parts]
    hidden = np.array([part["suppressed"].to_numpy(dtype=bool) for part in parts]).any(axis=0)
    assumed = np.array([part[ORIGIN].ne("").to_numpy(dtype=bool) for part in parts]).any(axis=0)
    parts = [part.reset_index() for part in parts]
    last = parts[-1]
    rho = panel.all_correlations(parts, waves)
    share = last["statistic"].eq("proportion").to_numpy()
    made = pooled([_side(part, "") for part in parts], share=share, correlation=rho, level=confidence)
    found = pd.DataFrame(
        {
            "estimate": np.where(hidden, np.nan, made.estimate),
            "se": np.where(hidden | assumed, np.nan, made.se),
            "ci_low": np.where(hidden | assumed, np.nan, made.low),
            "ci_high": np.where(hidden | assumed, np.nan, made.high),
            "waves": len(waves),
            "suppressed": hidden,
        }
    )
    return pd.concat([last[keys], found], axis=1)


def questions(found: Mapping[str, Sequence[Match]], waves: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """List the questions that this wave shares with each earlier one, what was put otherwise, and the others.

    Parameters
    ----------
    found : mapping
        `Trend.matches`.
    waves : sequence of dict
        `Trend.waves`.

    Returns
    -------
    DataFrame
        question, before, asked_as, changes (of `nsmo.study.waves.CHANGES`), compared, new (names of answers),
        and of the earlier wave its text and the labels of answers that are gone, in both languages. After
        them what only this wave has (`ADDED`, without `asked_as`), and what only the earlier one has
        (`DROPPED`, without `question`): of that, its own label is what is gone.
    """
    asked = {one["wave"]: one["asked"] for one in waves}
    rows = []
    for before, every in found.items():
        for match in every:
            then = asked[before][match.asked_as]
            labels = {option["name"]: option["label"] for option in then["options"]}
            row = {
                "question": match.question,
                "before": before,
                "asked_as": match.asked_as,
                "changes": ";".join(match.changes),
                "compared": match.compared,
                "new": ";".join(match.new),
            }
            for language in LANGUAGES:
                row[f"text_{language}"] = then["text"][language]
                row[f"gone_{language}"] = "; ".join(labels[name][language] for name in match.gone)
            rows.append(row)
        rows += _in_one_wave_only(every, before, waves[-1]["asked"], asked[before])
    columns = ["question", "before", "asked_as", "changes", "compared", "new"]
    columns += [f"{what}_{language}" for language in LANGUAGES for what in ("text", "gone")]
    return pd.DataFrame(rows, columns=columns)


def _in_one_wave_only(
    every: Sequence[Match], before: str, now: Mapping[str, Any], then: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """List what only this wave asks, then what only the earlier one does."""
    nothing = {"question": "", "before": before, "asked_as": "", "compared": False, "new": ""}
    nothing |= {f"{what}_{language}": "" for language in LANGUAGES for what in ("text", "gone")}
    both = {one.question for one in every}
    added = [nothing | {"question": name, "changes": ADDED} for name in now if name not in both]
    both = {one.asked_as for one in every}
    dropped = [
        nothing
        | {"asked_as": name, "changes": DROPPED}
        | {f"text_{language}": one["text"][language] for language in LANGUAGES}
        | {f"gone_{language}": one["label"][language] for language in LANGUAGES}
        for name, one in then.items()
        if name not in both
    ]
    return added + dropped


def overview(found: Trend, fewest: int) -> pd.DataFrame:
    """List the waves that are compared, and this one last: title, field period, provenance, who is shared.

    Parameters
    ----------
    found : Trend
    fewest : int
        Fewer shared respondents are not told.
    """
    kept = [one for one in found.waves if one["wave"] in (*found.compared, found.waves[-1]["wave"])]
    return pd.DataFrame(
        {
            "wave": [one["wave"] for one in kept],
            **{f"title_{language}": [one["title"][language] for one in kept] for language in LANGUAGES},
            "from": [one["from"] for one in kept],
            "until": [one["until"] for one in kept],
            "provenance": [one["provenance"] for one in kept],
            "shared": [n if (n := found.shared.get(one["wave"], 0)) >= fewest else None for one in kept],
        },
        dtype=object,
    )
