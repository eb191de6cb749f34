"""How the answers came in: when, how far and how long.

Nothing is finer than a day. Of real answers, counts leave in multiples of the smallest count that may be
shown.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from nsmo.stages.fieldwork.narrow import added_up
from nsmo.stats.median import at_places
from nsmo.study import Codebook
from nsmo.study.pieces import Frames
from nsmo.study.privacy import Privacy

#: A field period of more days than this is shown by week.
DAYS = 42
#: And in no more periods than this: one clock that was wrong by centuries would make a row of every week.
PERIODS = 104
#: From which share of the questions a response that was not submitted counts as complete, and as partial.
COMPLETE, PARTIAL = 0.8, 0.5
_ARRIVALS = ["from", "until", "received", "counted"]
#: Classes of durations reach as far as this share of the responses.
_MOST = 0.98
_WIDTHS = (0.5, 1, 2, 5, 10, 15, 30, 60)


def arrivals(narrow: Frames, privacy: Privacy) -> pd.DataFrame:
    """Count the responses by day, by week where the field period is long, or by several weeks.

    Parameters
    ----------
    narrow : Frames
        As of `nsmo.stages.fieldwork.narrowed`.
    privacy : Privacy
        What may be shown.

    Returns
    -------
    DataFrame
        ``from, until`` (the same for a day), ``received, counted``. Days or weeks without a response are
        among them. Without rows where the export has no moments, or so few came in that all would be 0.
    """
    parts = (
        piece.groupby(piece["when"].dt.normalize())["counts"].agg(received="size", counted="sum")
        for piece in narrow.only(lambda _: ["when", "counts"])
    )
    days = added_up(parts)
    if days.empty:
        return pd.DataFrame(columns=_ARRIVALS)
    first, last = days.index.min(), days.index.max()
    few = not privacy.keep_rows and days["received"].max() <= privacy.min_count / 2
    span = (last - first).days + 1
    step = 7 * max(1, -(-span // (7 * PERIODS))) if few or span > DAYS else 1
    starts = pd.date_range(first, last, freq=f"{step}D")
    periods = days.groupby((days.index - first).days // step).sum()
    until = starts + pd.Timedelta(days=step - 1)
    rows = periods.reindex(range(len(starts)), fill_value=0).assign(
        **{"from": starts.strftime("%Y-%m-%d"), "until": until.strftime("%Y-%m-%d")}
    )
    return _blurred(rows[_ARRIVALS], ["received", "counted"], privacy)


def outcomes(codebook: Codebook, narrow: Frames, min_last_page: int) -> pd.DataFrame:
    """Count complete and partial responses and break-offs.

    AAPOR (*Standard Definitions*, 10th edition, 2023) leaves the limits to the study and names these as an
    example: complete from 80 % of the questions that were to be put, partial from 50 %, below that a
    break-off. A response that was submitted is complete.

    Parameters
    ----------
    codebook : Codebook
        Says on which page each question stands.
    narrow : Frames
        As of `nsmo.stages.fieldwork.narrowed`.
    min_last_page : int
        The page that counts in this study.

    Returns
    -------
    DataFrame
        ``outcome`` (complete, partial, break_off), ``n, submitted, counting`` (reached the page that counts,
        or submitted), ``share`` of all. Without rows where the export does not tell the last page, or all
        would be 0.
    """
    columns = ["outcome", "n", "submitted", "counting", "share"]
    pages = [question.page for question in codebook.questions]
    if "last_page" not in narrow.columns or None in pages or not len(narrow):
        return pd.DataFrame(columns=columns)
    far = _how_far(narrow)
    seen = far["last_page"].map(
        lambda page: np.mean([number <= page for number in pages if number is not None])
    )
    complete = far["submitted"] | (seen >= COMPLETE)
    kinds = np.where(complete, "complete", np.where(seen >= PARTIAL, "partial", "break_off"))
    counting = far["submitted"] | (far["last_page"] >= min_last_page)
    rows = []
    for name in ("complete", "partial", "break_off"):
        n = far["n"].where(kinds == name, 0)
        rows.append((name, n.sum(), n[far["submitted"]].sum(), n[counting].sum(), n.sum() / len(narrow)))
    found = _blurred(pd.DataFrame(rows, columns=columns), ["n", "submitted", "counting"], codebook.privacy)
    # Of what is shown, so that the shares add up to one.
    return found if codebook.privacy.keep_rows else found.assign(share=found["n"] / found["n"].sum())


def told(codebook: Codebook) -> pd.DataFrame:
    """List what the export tells of the fieldwork, for a wave of which nothing else can be shown.

    Parameters
    ----------
    codebook : Codebook
        Of the wave.

    Returns
    -------
    DataFrame
        ``what``, ``told`` (yes, no).
    """
    known = codebook.source.paradata
    found = {
        "When a response was begun": known.started,
        "When it was sent": known.submitted,
        "The last page that was reached": known.last_page,
        "How long it took": known.duration,
    }
    told_of = ["yes" if column else "no" for column in found.values()]
    return pd.DataFrame({"what": list(found), "told": told_of})


def break_off(codebook: Codebook, narrow: Frames) -> pd.DataFrame:
    """Count, for each page, who reached it and who stopped there.

    Parameters
    ----------
    codebook : Codebook
    narrow : Frames
        As of `nsmo.stages.fieldwork.narrowed`.

    Returns
    -------
    DataFrame
        ``page, questions`` (on it), ``reached, stopped`` (saw it last, did not submit), ``share`` (of those
        that reached it). Without rows where the export does not tell the last page.
    """
    columns = ["page", "questions", "reached", "stopped", "share"]
    pages = [question.page for question in codebook.questions if question.page is not None]
    if "last_page" not in narrow.columns or not pages:
        return pd.DataFrame(columns=columns)
    far = _how_far(narrow)
    last, sent, n = far["last_page"], far["submitted"], far["n"]
    rows = [
        (page, pages.count(page), n[sent | (last >= page)].sum(), n[~sent & (last == page)].sum())
        for page in range(1, max(pages) + 1)
    ]
    found = pd.DataFrame(rows, columns=columns[:-1])
    found = _blurred(found, ["reached", "stopped"], codebook.privacy)
    return found.assign(share=found["stopped"] / found["reached"].where(found["reached"] > 0))


def _how_far(narrow: Frames) -> pd.DataFrame:
    """Count the responses by last page and whether they were submitted."""
    some = narrow.only(lambda _: ["last_page", "submitted"])
    parts = (
        piece.assign(last_page=piece["last_page"].fillna(0).astype(int))
        .groupby(["last_page", "submitted"])
        .size()
        .to_frame("n")
        for piece in some
    )
    return added_up(parts).reset_index()


def durations(narrow: Frames, privacy: Privacy) -> pd.DataFrame:
    """Count the responses by how long they took, in at most twelve classes of round width.

    Parameters
    ----------
    narrow : Frames
        As of `nsmo.stages.fieldwork.narrowed`; of it the responses that were submitted.
    privacy : Privacy
        What may be shown.

    Returns
    -------
    DataFrame
        ``low, high`` (minutes; the last class has no end), ``received, counted``; ``median`` of those counted
        in whole minutes. Without rows where the export has no durations.
    """
    columns = ["low", "high", "received", "counted", "median"]
    if "duration" not in narrow.columns:
        return pd.DataFrame(columns=columns)
    some = narrow.only(lambda _: ["duration", "submitted", "counts"])
    below, above = at_places(_Minutes(some), lambda n: [int((n - 1) * _MOST), -int(-(n - 1) * _MOST // 1)])
    if np.isnan(below):
        return pd.DataFrame(columns=columns)
    n = sum(int((~np.isnan(part)).sum()) for part in _Minutes(some))
    most = below + (above - below) * ((n - 1) * _MOST % 1)
    width = next((one for one in _WIDTHS if most / one <= 11), _WIDTHS[-1])
    # So many classes that the last one, which is open, begins where few are left.
    number = int(min(11, np.ceil(most / width)))
    received, counted = (
        sum(
            np.bincount(np.minimum(part[~np.isnan(part)] // width, number).astype(int), minlength=number + 1)
            for part in parts
        )
        for parts in (_Minutes(some), _Minutes(some, counts=True))
    )
    middle = at_places(_Minutes(some, counts=True), lambda n: [(n - 1) // 2, n // 2]).mean()
    rows = pd.DataFrame(
        {
            "low": [width * i for i in range(number + 1)],
            "high": [*(width * (i + 1) for i in range(number)), None],
            "received": received,
            "counted": counted,
            "median": middle if np.isnan(middle) else round(float(middle)),
        }
    )
    return _blurred(rows, ["received", "counted"], privacy)


class _Minutes:
    """How many minutes the responses took that were submitted, piece by piece; of others missing.

    Parameters
    ----------
    narrow : Frames
        With ``duration, submitted, counts``.
    counts : bool
        Only of those that count.
    """

    def __init__(self, narrow: Frames, counts: bool = False) -> None:
        self._narrow, self._counts = narrow, counts

    def __iter__(self) -> Iterator[np.ndarray]:
        for piece in self._narrow:
            those = piece["submitted"] & piece["counts"] if self._counts else piece["submitted"]
            yield (piece["duration"] / 60).where(those).to_numpy()


def _blurred(rows: pd.DataFrame, columns: Sequence[str], privacy: Privacy) -> pd.DataFrame:
    """Counts of real responses in multiples of the smallest that may be shown; no rows if all would be 0."""
    if privacy.keep_rows:
        return rows
    step = privacy.min_count
    rows = rows.assign(**{name: (rows[name] / step).round().astype(int) * step for name in columns})
    return rows if rows[columns[0]].any() else rows[:0]
