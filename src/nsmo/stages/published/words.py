"""What the published figures alone say, as the tables of its page have it."""

import math
from typing import Any

import pandas as pd

from nsmo.present.labels import Labels
from nsmo.present.wording import Wording


def once_in(chance: float, words: Wording) -> str:
    """Return how rarely something of this chance happens, in two digits: "450" for once in 450 times.

    Parameters
    ----------
    chance : float
        Above 0.
    words : Wording
    """
    return words.integer(float(f"{1 / chance:.2g}"))


def surprise(table: pd.DataFrame, n: int, words: Wording) -> pd.DataFrame:
    """Return the chances of a fit with `up_to` and `times` in words.

    Parameters
    ----------
    table : DataFrame
        Of `nsmo.stages.published.surprise`.
    n : int
        The number of respondents that the figures imply.
    words : Wording
    """
    return table.assign(
        up_to=[words.integer(end) if end else f"{n} itself" for end in table["up_to"]],
        times=[f"once in {once_in(chance, words)}" for chance in table["chance"]],
    )


def solutions(sums: pd.DataFrame, words: Wording) -> pd.DataFrame:
    """List the counts of each solution: label (of the whole), solution, counts.

    Parameters
    ----------
    sums : DataFrame
        Of `nsmo.stages.published.sums`.
    words : Wording
    """
    counted = sums.assign(text=[f"{row.part} {row.count:.0f}" for row in sums.itertuples(index=False)])
    texts = counted.groupby(["label", "solution"])["text"].agg(words.join)
    return texts.rename("counts").reset_index()


def intervals(table: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    """Return the published percentages with figure, n and count as they are printed.

    Parameters
    ----------
    table : DataFrame
        Of `nsmo.stages.published.intervals`.
    labels : Labels
    """
    nearest = ["" if fits else " (nearest)" for fits in table["fits"]]
    return table.assign(
        figure=[labels.words.percent(row.published, int(row.decimals)) for row in table.itertuples()],
        n=[_range(*ends) for ends in zip(table["n_low"], table["n_high"], strict=True)],
        count=[
            _range(low, high) + note
            for low, high, note in zip(table["count_low"], table["count_high"], nearest, strict=True)
        ],
    )


def _range(low: int, high: int) -> str:
    return f"{low}" if low == high else f"{low} to {high}"


def held_against(row: Any, words: Wording) -> str:
    """Say what a figure of another survey on the same group means for the published one.

    Parameters
    ----------
    row : named tuple
        Of `nsmo.stages.published.benchmarks`, for an indicator that includes what was counted.
    words : Wording
    """
    if row.value >= row.ci_low:
        return "which leaves room for it"
    return (
        f"which needs odds of taking part that are {words.number(row.odds_ratio, 1)} times as high for those"
    )


def because(sentences: pd.DataFrame) -> pd.DataFrame:
    """Return the judged statements with the reason of their verdict, which is capitalised.

    Parameters
    ----------
    sentences : DataFrame
        Of `nsmo.stages.published.sentences`.
    """
    elsewhere = sentences["verdict"] == "contradicted elsewhere"
    reason = sentences["sources_agree_reason"].where(elsewhere, sentences["support_published_reason"])
    return sentences.assign(because=reason, verdict=sentences["verdict"].str.capitalize())


def smallest_base(n: int, smaller: float) -> int:
    """Return the smallest base of a question that is up to a share smaller than n."""
    return math.ceil(n * (1 - smaller))
