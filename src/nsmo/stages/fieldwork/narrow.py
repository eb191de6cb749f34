"""What the fieldwork is told by, of every response: when, how far, how long, and whether it counts."""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import reduce
from pathlib import Path

import pandas as pd

from nsmo.stages.clean import Thresholds, each_piece
from nsmo.study import Codebook
from nsmo.study.headlines import Headline
from nsmo.study.pieces import Frames, write_pieces
from nsmo.survey import measures


@contextmanager
def narrowed(
    codebook: Codebook, received: Frames, thresholds: Thresholds, heads: Sequence[Headline], scratch: Path
) -> Iterator[Frames]:
    """Clean the responses, and keep what the fieldwork is told by for as long as the context lasts.

    They are cleaned again because what is saved of real respondents is numbered anew, and has no moments.

    Parameters
    ----------
    codebook : Codebook
    received : Frames
        The coded responses of ingest.
    thresholds : Thresholds
        As of `nsmo.stages.clean.clean`.
    heads : sequence of Headline
        Shares about everybody.
    scratch : Path
        A folder for a file that is gone afterwards.

    Yields
    ------
    Frames
        A row for each response: ``counts`` (stays after cleaning), ``submitted``, as far as the export tells
        it ``when`` (sent, or begun where it was not), ``duration`` (seconds), ``last_page``; of those who
        count ``0, 1, …``, yes or no to each headline, and the design that came with them. Empty where the
        export has no moments, durations or pages at all.
    """
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        path = Path(folder) / "narrow.parquet"
        write_pieces(_rows(codebook, received, thresholds, heads, Path(folder)), path)
        yield Frames(path, received.rows)


def _rows(
    codebook: Codebook, received: Frames, thresholds: Thresholds, heads: Sequence[Headline], folder: Path
) -> Iterator[pd.DataFrame]:
    for piece, staying in each_piece(codebook, received, thresholds, folder):
        found = pd.DataFrame(
            {
                "counts": piece["response_id"].isin(set(staying["response_id"])),
                "submitted": submitted(piece),
                "when": moments(piece),
            }
        )
        lasting = lasted(piece)
        if lasting is not None:
            found["duration"] = lasting
        if "paradata.last_page" in piece:
            found["last_page"] = piece["paradata.last_page"].astype(float)
        own = {
            str(place): measures.shares(staying, codebook.variable(head.question), [head.option]).iloc[:, 0]
            for place, head in enumerate(heads)
        }
        own |= {str(name): staying[name] for name in staying if str(name).startswith("design.")}
        beside = pd.DataFrame(own, index=staying.index).set_axis(staying["response_id"])
        beside = beside.reindex(piece["response_id"]).set_axis(found.index)
        yield pd.concat([found, beside], axis=1)


def moments(frame: pd.DataFrame) -> pd.Series:
    """When each response was sent, or begun where it was not; missing where neither is known."""
    found = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[us]")
    for column in ("paradata.submitted", "paradata.started"):
        if column in frame:
            found = found.fillna(pd.to_datetime(frame[column]))
    return found


def lasted(frame: pd.DataFrame) -> pd.Series | None:
    """Return the seconds each response took: as the export says, else from begun to sent; None if untold.

    Of two days without their time, and of two moments that are the same, nothing is known.
    """
    if "paradata.duration" in frame:
        return frame["paradata.duration"].astype(float)
    if "paradata.started" not in frame or "paradata.submitted" not in frame:
        return None
    begun, sent = (pd.to_datetime(frame[f"paradata.{name}"]) for name in ("started", "submitted"))
    days = begun.eq(begun.dt.normalize()) & sent.eq(sent.dt.normalize())
    return (sent - begun).dt.total_seconds().where((sent > begun) & ~days)


def submitted(frame: pd.DataFrame) -> pd.Series:
    """Return who sent the questionnaire; nobody, where the export does not tell."""
    if "paradata.submitted" in frame:
        return frame["paradata.submitted"].notna()
    return pd.Series(False, index=frame.index)


def added_up(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Add up counts that have the same index."""
    return reduce(lambda one, other: one.add(other, fill_value=0), parts).astype("int64")
