"""Cleaning of more responses than are held at once: the same rules, piece by piece.

One pass finds out what the rules must know of all responses; in another every piece is cleaned with that.
"""

import dataclasses
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import reduce
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nsmo.stages.clean.evidence import anonymous, common, counted, evidence, in_order, without_rare
from nsmo.stages.clean.known import Known
from nsmo.stages.clean.results import Cleaned, clean, compared_thresholds, other_thresholds, steps
from nsmo.stages.clean.rules import Thresholds
from nsmo.study.codebook import Codebook
from nsmo.study.pieces import Buckets, Frames

#: Takes rows for the log of the study's owner, under a name; true: they follow those before.
Log = Callable[[pd.DataFrame, str, bool], Any]
LOGGED = ("exclusions", "recodes", "corrections")
#: What was typed is brought together by these columns of the recodes.
BY_TEXT = ["question", "rule", "new", "raw"]
#: Respondents are brought into another order in buckets of about so many pieces.
ROUGHLY = 2


class Cleaning:
    """Responses that are cleaned: iterate over those who stay, and then ask for the evidence.

    Parameters
    ----------
    codebook : Codebook
        Its `cleaning` has the rules, its `privacy` what of single responses may be kept.
    received : Frames
        The coded responses of ingest.
    thresholds : Thresholds
        What the rules measure by.
    log : callable
        Is given the rows about single responses.
    scratch : Path
        A folder for files that are gone afterwards.

    Attributes
    ----------
    flow, exclusions, recodes, corrections : DataFrame
        As of `Cleaned`, but without rows of single responses where these may not be kept; see `evidence`.
    outcomes : DataFrame
        Of `other_thresholds`.
    corrected : int
        Answers that were set aside.
    """

    flow: pd.DataFrame
    exclusions: pd.DataFrame
    recodes: pd.DataFrame
    corrections: pd.DataFrame
    outcomes: pd.DataFrame | None = None
    corrected: int

    def __init__(
        self, codebook: Codebook, received: Frames, thresholds: Thresholds, log: Log, scratch: Path
    ) -> None:
        self.codebook, self.received, self.thresholds = codebook, received, thresholds
        self._log, self._scratch = log, scratch

    def __iter__(self) -> Iterator[pd.DataFrame]:
        """Clean, and give the frames of those who stay."""
        # A reconstruction may keep a row for each response, and no such row fits a piece.
        if self.received.whole or self.codebook.privacy.keep_rows:
            yield self._whole()
            return
        with tempfile.TemporaryDirectory(dir=self._scratch) as folder:
            yield from self._pieces(Path(folder))

    def _whole(self) -> pd.DataFrame:
        responses = self.received.read()
        cleaned = clean(self.codebook, responses, **self.thresholds)
        for name in LOGGED:
            self._log(getattr(cleaned, name), name, False)
        self.outcomes = other_thresholds(self.codebook, responses, self.thresholds)
        public = evidence(cleaned, self.codebook.privacy)
        self._keep(public, len(cleaned.corrections))
        return public.responses

    def _keep(self, found: Cleaned, corrected: int) -> None:
        self.flow, self.exclusions = found.flow, found.exclusions
        self.recodes, self.corrections, self.corrected = found.recodes, found.corrections, corrected

    def _pieces(self, folder: Path) -> Iterator[pd.DataFrame]:
        others = {name: changed for name, *_, changed in steps(self.codebook, self.thresholds)}
        known = Known(self.codebook, self.received, {"": self.thresholds} | others, folder / "known")
        number = -(-len(self.received) // (ROUGHLY * self.received.rows))
        staying, typed = Buckets(number, folder / "staying"), Buckets(number, folder / "typed")
        parts: list[Cleaned] = []
        for piece, (seen, facts) in zip(self.received, known, strict=True):
            cleaned = clean(self.codebook, piece, **self.thresholds, facts=facts[""], seen=seen)
            self._log(cleaned.exclusions, "exclusions", bool(parts))
            self._log(cleaned.corrections, "corrections", bool(parts))
            plain = anonymous(cleaned.responses)
            staying.scatter(plain)
            typed.add(cleaned.recodes, BY_TEXT)
            # What is kept of a piece is short. Copies: a part of a frame would keep all of it.
            responses, recodes = plain.iloc[:0].copy(), cleaned.recodes.iloc[:0].copy()
            if parts:
                responses, recodes = parts[0].responses, parts[0].recodes
            parts.append(dataclasses.replace(counted(cleaned), responses=responses, recodes=recodes))
            self._compare(known.staying(seen, facts))
        self._together(parts, typed)
        before = 0
        for bucket in staying:
            ids = [str(number) for number in range(before + 1, before + len(bucket) + 1)]
            yield in_order(bucket).assign(response_id=ids)
            before += len(bucket)
        if not before:
            yield parts[0].responses.assign(response_id=[])

    def _compare(self, stays: Mapping[str, np.ndarray]) -> None:
        """Count who of a piece stays under other thresholds, and add that up."""
        here = compared_thresholds(self.codebook, self.thresholds, stays)
        before = self.outcomes
        self.outcomes = here if before is None else _added(before, here, ["respondents", "joined", "left"])

    def _together(self, parts: list[Cleaned], typed: Buckets) -> None:
        """Put the evidence of the pieces together."""
        flow = reduce(
            lambda one, other: _added(one, other, ["removed", "remaining"]), [p.flow for p in parts]
        )
        least, shown = self.codebook.privacy.min_givers, list[pd.DataFrame]()
        for bucket in chain(typed, [] if len(typed) else [parts[0].recodes]):
            texts = _summed([bucket])[["question", "raw", "new", "n", "rule"]]
            self._log(texts, "recodes", bool(shown))
            few = texts.assign(first=texts["raw"], raw=without_rare(texts, least))
            keys = ["question", "raw", "new", "rule"]
            shown.append(few.groupby(keys, sort=False).agg({"n": "sum", "first": "min"}).reset_index())
        recodes = pd.concat(shown).sort_values(["question", "rule", "new", "first"]).drop(columns="first")
        corrections = _summed([part.corrections for part in parts])
        order = {question.name: place for place, question in enumerate(self.codebook.questions)}
        corrections = corrections.sort_values("question", key=lambda c: c.map(order), kind="stable")
        whole = Cleaned(
            parts[0].responses,
            _summed([part.exclusions for part in parts]),
            flow,
            common(recodes, least),
            corrections.reset_index(drop=True),
        )
        self._keep(whole, int(corrections["n"].sum()))


def each_piece(
    codebook: Codebook, received: Frames, thresholds: Thresholds, scratch: Path
) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """Iterate over pieces: the responses as they were received, and those of them that stay.

    Parameters
    ----------
    codebook, received, thresholds, scratch
        As of `Cleaning`. Those who stay keep their ids and what the export tells of the fieldwork.
    """
    if received.whole:
        responses = received.read()
        yield responses, clean(codebook, responses, **thresholds).responses
        return
    known = Known(codebook, received, {"": thresholds}, scratch / "known")
    for piece, (seen, facts) in zip(received, known, strict=True):
        yield piece, clean(codebook, piece, **thresholds, facts=facts[""], seen=seen).responses


def _added(one: pd.DataFrame, other: pd.DataFrame, numbers: list[str]) -> pd.DataFrame:
    return one.assign(**{name: one[name] + other[name] for name in numbers})


def _summed(parts: list[pd.DataFrame]) -> pd.DataFrame:
    together = pd.concat(parts)
    keys = [name for name in together if name != "n"]
    return together.groupby(keys, sort=False)["n"].sum().reset_index().astype({"n": "int64"})
