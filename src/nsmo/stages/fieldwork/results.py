"""How the answers came in: when, how far, how long, and whether those who came late answered otherwise.

Nothing is finer than a day. Of real answers, counts leave in multiples of the smallest count that may be
shown, and differences in steps of five points.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from nsmo.stats import DesignError, share_difference
from nsmo.study import Codebook
from nsmo.study.headlines import Headline
from nsmo.study.privacy import Privacy
from nsmo.survey import measures
from nsmo.survey.given import linearised

#: A field period of more days than this is shown by week.
DAYS = 42
#: From which share of the questions a response that was not submitted counts as complete, and as partial.
COMPLETE, PARTIAL = 0.8, 0.5
_ARRIVALS = ["from", "until", "received", "counted"]
_WIDTHS = (0.5, 1, 2, 5, 10, 15, 30, 60)


def moments(frame: pd.DataFrame) -> pd.Series:
    """When each response was sent, or begun where it was not; missing where neither is known."""
    found = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[us]")
    for column in ("paradata.submitted", "paradata.started"):
        if column in frame:
            found = found.fillna(pd.to_datetime(frame[column]))
    return found


def arrivals(received: pd.DataFrame, counted: pd.DataFrame, privacy: Privacy) -> pd.DataFrame:
    """Count the responses by day, or by week where the field period is long.

    Parameters
    ----------
    received, counted : DataFrame
        The responses of ingest, and those of `nsmo.stages.clean.clean` that stay, with the same ids: what the
        stage clean saves of real answers is numbered anew, and has no moments.
    privacy : Privacy
        What may be shown.

    Returns
    -------
    DataFrame
        ``from, until`` (the same for a day), ``received, counted``. Days or weeks without a response are
        among them. Without rows where the export has no moments.
    """
    when = moments(received).dropna().dt.normalize()
    if when.empty:
        return pd.DataFrame(columns=_ARRIVALS)
    step = 7 if (when.max() - when.min()).days >= DAYS else 1
    starts = pd.date_range(when.min(), when.max(), freq=f"{step}D")
    ids = set(counted["response_id"])
    stays = received.loc[when.index, "response_id"].isin(ids)
    place = ((when - when.min()).dt.days // step).to_numpy()
    rows = pd.DataFrame(
        {
            "from": starts.strftime("%Y-%m-%d"),
            "until": (starts + pd.Timedelta(days=step - 1)).strftime("%Y-%m-%d"),
            "received": np.bincount(place, minlength=len(starts)),
            "counted": np.bincount(place[stays.to_numpy()], minlength=len(starts)),
        }
    )
    return _blurred(rows, ["received", "counted"], privacy)


def outcomes(codebook: Codebook, received: pd.DataFrame, min_last_page: int) -> pd.DataFrame:
    """Count complete and partial responses and break-offs.

    AAPOR (*Standard Definitions*, 10th edition, 2023) leaves the limits to the study and names these as an
    example: complete from 80 % of the questions that were to be put, partial from 50 %, below that a
    break-off. A response that was submitted is complete.

    Parameters
    ----------
    codebook : Codebook
        Says on which page each question stands.
    received : DataFrame
        The responses of ingest.
    min_last_page : int
        The page that counts in this study.

    Returns
    -------
    DataFrame
        ``outcome`` (complete, partial, break_off), ``n, submitted, counting`` (reached the page that counts,
        or submitted), ``share`` of all. Without rows where the export does not tell the last page.
    """
    columns = ["outcome", "n", "submitted", "counting", "share"]
    pages = [question.page for question in codebook.questions]
    if "paradata.last_page" not in received or None in pages or received.empty:
        return pd.DataFrame(columns=columns)
    last = received["paradata.last_page"].fillna(0).astype(int)
    sent = _submitted(received)
    seen = last.map(lambda page: np.mean([number <= page for number in pages if number is not None]))
    kinds = np.where(sent | (seen >= COMPLETE), "complete", np.where(seen >= PARTIAL, "partial", "break_off"))
    counting = sent | (last >= min_last_page)
    rows = [
        (name, int(hit.sum()), int((hit & sent).sum()), int((hit & counting).sum()), hit.mean())
        for name in ("complete", "partial", "break_off")
        for hit in [pd.Series(kinds == name, index=received.index)]
    ]
    found = _blurred(pd.DataFrame(rows, columns=columns), ["n", "submitted", "counting"], codebook.privacy)
    return found.assign(share=found["n"] / len(received)) if not codebook.privacy.keep_rows else found


def break_off(codebook: Codebook, received: pd.DataFrame) -> pd.DataFrame:
    """Count, for each page, who reached it and who stopped there.

    Parameters
    ----------
    codebook : Codebook
    received : DataFrame
        The responses of ingest.

    Returns
    -------
    DataFrame
        ``page, questions`` (on it), ``reached, stopped`` (saw it last, did not submit), ``share`` (of those
        that reached it). Without rows where the export does not tell the last page.
    """
    columns = ["page", "questions", "reached", "stopped", "share"]
    pages = [question.page for question in codebook.questions if question.page is not None]
    if "paradata.last_page" not in received or not pages:
        return pd.DataFrame(columns=columns)
    last = received["paradata.last_page"].fillna(0).astype(int)
    sent = _submitted(received)
    rows = []
    for page in range(1, max(pages) + 1):
        reached, stopped = int((sent | (last >= page)).sum()), int((~sent & (last == page)).sum())
        rows.append((page, pages.count(page), reached, stopped))
    found = pd.DataFrame(rows, columns=columns[:-1])
    found = _blurred(found, ["reached", "stopped"], codebook.privacy)
    return found.assign(share=found["stopped"] / found["reached"].where(found["reached"] > 0))


def _submitted(received: pd.DataFrame) -> pd.Series:
    if "paradata.submitted" in received:
        return received["paradata.submitted"].notna()
    return pd.Series(False, index=received.index)


def durations(received: pd.DataFrame, counted: pd.DataFrame, privacy: Privacy) -> pd.DataFrame:
    """Count the responses by how long they took, in at most twelve classes of round width.

    Parameters
    ----------
    received, counted : DataFrame
        As of `arrivals`; of the received those that were submitted.
    privacy : Privacy
        What may be shown.

    Returns
    -------
    DataFrame
        ``low, high`` (minutes; the last class has no end), ``received, counted``; ``median`` of those counted
        in whole minutes. Without rows where the export has no durations.
    """
    columns = ["low", "high", "received", "counted", "median"]
    if "paradata.duration" not in received:
        return pd.DataFrame(columns=columns)
    took = received.loc[_submitted(received), ["response_id", "paradata.duration"]].dropna()
    minutes = took["paradata.duration"] / 60
    if minutes.empty:
        return pd.DataFrame(columns=columns)
    most = float(minutes.quantile(0.98))
    width = next((one for one in _WIDTHS if most / one <= 11), _WIDTHS[-1])
    # So many classes that the last one, which is open, begins where few are left.
    number = int(min(11, np.ceil(most / width)))
    place = np.minimum((minutes // width).astype(int), number).to_numpy()
    stays = took["response_id"].isin(set(counted["response_id"])).to_numpy()
    rows = pd.DataFrame(
        {
            "low": [width * i for i in range(number + 1)],
            "high": [*(width * (i + 1) for i in range(number)), None],
            "received": np.bincount(place, minlength=number + 1),
            "counted": np.bincount(place[stays], minlength=number + 1),
            "median": round(float(minutes[stays].median())) if stays.any() else np.nan,
        }
    )
    return _blurred(rows, ["received", "counted"], privacy)


def early_and_late(
    codebook: Codebook, counted: pd.DataFrame, heads: Sequence[Headline], confidence: float
) -> pd.DataFrame:
    """Compare the headlines of the third that came first with those of the third that came last.

    Parameters
    ----------
    codebook : Codebook
    counted : DataFrame
        The responses that stay after cleaning, with their moments.
    heads : sequence of Headline
        Shares about everybody that may be shown.
    confidence : float
        Of the intervals.

    Returns
    -------
    DataFrame
        ``question, option, by, group, n_early, n_late, early, late`` (unweighted shares), ``points`` (late
        minus early, in percentage points) and its interval ``low, high``. Of real answers the shares are
        missing and the points are in steps of five. Without rows where moments or respondents are too few.
    """
    columns = ["question", "option", "by", "group", "n_early", "n_late", "early", "late", "points"]
    columns += ["low", "high"]
    when = moments(counted).dropna()
    third = len(when) // 3
    if third < max(2, codebook.privacy.min_base):
        return pd.DataFrame(columns=columns)
    order = when.sort_values(kind="stable").index
    turn = pd.Series(None, index=counted.index, dtype=object)
    turn.loc[order[:third]], turn.loc[order[-third:]] = "early", "late"
    rows = []
    for head in heads:
        yes = measures.shares(counted, codebook.variable(head.question), [head.option]).iloc[:, 0]
        rows.append(head._asdict() | _compared(yes, turn, counted, codebook, confidence))
    return _rounded(pd.DataFrame(rows, columns=columns), codebook.privacy)


def _compared(
    yes: pd.Series, turn: pd.Series, counted: pd.DataFrame, codebook: Codebook, confidence: float
) -> dict[str, float]:
    frame = pd.DataFrame({"yes": yes, "turn": turn}).dropna()
    shares, sizes = frame.groupby("turn")["yes"].mean(), frame["turn"].value_counts()
    row = {f"n_{name}": int(sizes.get(name, 0)) for name in ("early", "late")}
    row |= {name: float(shares.get(name, np.nan)) for name in ("early", "late")}
    row |= {"points": 100 * (row["late"] - row["early"]), "low": np.nan, "high": np.nan}
    if frame["turn"].nunique() == 2:
        try:
            drawn = counted.loc[frame.index].assign(**frame.astype({"yes": bool}))
            design = linearised(drawn, codebook)  # strata and clusters that came with the responses
            gap = share_difference(design, "yes", "turn", ("early", "late"), level=confidence)
        except DesignError:  # nobody, or everybody, said so; or a stratum is left with one cluster
            return row
        row |= {"low": 100 * gap.ci_low, "high": 100 * gap.ci_high}
    return row


def _rounded(rows: pd.DataFrame, privacy: Privacy) -> pd.DataFrame:
    if privacy.keep_rows or rows.empty:
        return rows
    steps = {name: 5 * (rows[name] / 5).round() + 0.0 for name in ("points", "low", "high")}
    return rows.assign(early=np.nan, late=np.nan, **steps)


def _blurred(rows: pd.DataFrame, columns: Sequence[str], privacy: Privacy) -> pd.DataFrame:
    """Counts of real responses in multiples of the smallest that may be shown."""
    if privacy.keep_rows:
        return rows
    step = privacy.min_count
    return rows.assign(**{name: (rows[name] / step).round().astype(int) * step for name in columns})
