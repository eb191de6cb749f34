"""The evidence of cleaning as it may leave the machine: counted, where it is about real people."""

import dataclasses

import numpy as np
import pandas as pd

from nsmo.stages.clean.results import Cleaned
from nsmo.stats.coding import combine
from nsmo.study.privacy import Privacy

#: Stands for texts that too few people typed alike.
RARE = "(different texts)"


def evidence(cleaned: Cleaned, privacy: Privacy) -> Cleaned:
    """Return what cleaning did, without a row for a single person.

    Parameters
    ----------
    cleaned : Cleaned
        With a row for each response that left, and every text that was typed.
    privacy : Privacy
        Says whether rows may be kept, and how many must have typed the same text for it to be shown.

    Returns
    -------
    Cleaned
        The same where rows may be kept. Else responses without texts and times, in another order and numbered
        anew; how many left for each reason; how many answers were set aside for each question; and only texts
        that enough people typed.
    """
    if privacy.keep_rows:
        return cleaned
    plain = in_order(anonymous(cleaned.responses))
    return dataclasses.replace(
        counted(cleaned),
        responses=plain.assign(response_id=[str(number) for number in range(1, len(plain) + 1)]),
        recodes=common(cleaned.recodes, privacy.min_givers),
    )


def anonymous(responses: pd.DataFrame) -> pd.DataFrame:
    """Return responses without ids, texts and times."""
    texts = [name for name in responses if str(name).endswith(".other_text")]
    times = [name for name in responses if str(name).startswith("paradata.")]
    return responses.drop(columns=["response_id", *texts, *times])


def in_order(responses: pd.DataFrame) -> pd.DataFrame:
    """Return responses in the order of their answers, so that a number does not lead back to a row."""
    place, _ = combine([_rank(responses[name]) for name in responses], len(responses))
    return responses.iloc[np.argsort(place, kind="stable")].reset_index(drop=True)


def _rank(values: pd.Series) -> np.ndarray:
    """Number the values in the order of their texts; missing ones come last."""
    place, found = pd.factorize(values)
    known, rank = np.unique(pd.Series(found).astype("str").to_numpy(dtype=object), return_inverse=True)
    return np.array([*rank, len(known)], dtype=np.int64)[place]


def counted(cleaned: Cleaned) -> Cleaned:
    """Return how many left for each reason, and how many answers to each question were set aside."""
    return dataclasses.replace(
        cleaned,
        exclusions=_counts(cleaned.exclusions, ["rule", "reason"]),
        corrections=_counts(cleaned.corrections, ["question", "now", "rule", "reason"]),
    )


def _counts(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    return frame.groupby(keys, sort=False).size().rename("n").reset_index().astype({"n": "int64"})


def common(recodes: pd.DataFrame, least: int) -> pd.DataFrame:
    """Put texts of few people together; what the questionnaire itself says is not one.

    Parameters
    ----------
    recodes : DataFrame
        Of `Cleaned`, of all responses.
    least : int
        How many must have typed a text for it to be shown.
    """
    shown = recodes.assign(raw=without_rare(recodes, least))
    keys = ["question", "raw", "new", "rule"]
    return shown.groupby(keys, sort=False)["n"].sum().reset_index()[["question", "raw", "new", "n", "rule"]]


def public(recodes: pd.DataFrame, privacy: Privacy) -> pd.DataFrame:
    """Return recodes as they may leave: of real answers without how many texts stay “other”.

    They add up to those who gave that answer, which may be hidden.

    Parameters
    ----------
    recodes : DataFrame
        Of `Cleaned`, or of `common`.
    privacy : Privacy
    """
    if privacy.suppress == "base":
        return recodes
    return recodes.assign(n=recodes["n"].astype("Int64").mask(recodes["rule"].eq("left_as_other")))


def without_rare(recodes: pd.DataFrame, least: int) -> pd.Series:
    """Return the texts of recodes with one word in the place of those that too few people typed."""
    typed = recodes["rule"].isin(["other_text", "left_as_other"])
    return recodes["raw"].mask(recodes["n"].lt(least) | ~typed, RARE)
