"""What the published figures alone say, as the tables of its page have it."""

import math
import textwrap
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from nsmo.present.labels import Labels
from nsmo.present.wording import Wording
from nsmo.stages.claims.base import Base
from nsmo.study.statements import Published

#: How wide a column of counts may be, in signs.
_NARROW = 16


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
    off = ~table["fits"] & table["count_low"].notna()
    nearest = np.where(off, " (nearest)", "")
    return table.assign(
        figure=[labels.words.percent(row.published, int(row.decimals)) for row in table.itertuples()],
        n=[_range(*ends) for ends in zip(table["n_low"], table["n_high"], strict=True)],
        count=[
            _range(low, high) + note
            for low, high, note in zip(table["count_low"], table["count_high"], nearest, strict=True)
        ],
    )


def _range(low: int, high: int) -> str:
    """Both ends in words; of a group whose number was not published there are none."""
    if pd.isna(low):
        return ""
    return f"{low}" if low == high else f"{low} to {high}"


def held_against(row: Any, words: Wording) -> str:
    """Return what a figure of another survey on the same group means for the published one, in words.

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


def counts_of(base: Base) -> str:
    """Return in words how many percentages with decimals are counts of the published base."""
    return f" Of the {base.of} percentages with a decimal {base.fits} are counts of it." if base.of else ""


def known(base: Base) -> str:
    """Return in words how the number of respondents is known."""
    return "inferred" if base.inferred else "published"


def base_doubt(base: Base) -> str:
    """Return in words what may be wrong with the number of respondents."""
    if not base.inferred:
        return "Each question is taken to have been answered by all respondents that it was put to."
    return (
        "The number of respondents is inferred. If the questions have bases of their own, or percentages "
        "were rounded otherwise, it falls; the base may also be a subgroup. A published number would decide."
    )


def seen(published: Published) -> str:
    """Return in words how many of the publications were seen complete."""
    of, complete = len(published.sources), sum(s.seen == "complete" for s in published.sources.values())
    if complete == of:
        return "All publications were seen complete."
    return f"{of - complete} of {of} publications were not seen complete; the rest of them may say more."


def tally(sentences: pd.DataFrame) -> dict[str, int]:
    """Count the verdicts on the statements, for the sentence that the page opens with."""
    counts = sentences["verdict"].value_counts()
    names = {
        "borne_out": "borne out",
        "uncertain": "uncertain",
        "contradicted": "contradicted elsewhere",
        "figures": "a figure only",
        "absent": "cannot be computed",
    }
    return {"all": len(sentences)} | {key: int(counts.get(verdict, 0)) for key, verdict in names.items()}


def per_statement(splits: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the splits of each statement with the name of their figure and table."""
    for number, (_, found) in enumerate(splits.groupby("claim", sort=False), start=1):
        yield "splits" if number == 1 else f"splits_{number}", found


def split_headings(splits: pd.DataFrame, labels: Labels) -> dict[str, str]:
    """Return the headings of the columns of the splits of one statement.

    Parameters
    ----------
    splits : DataFrame
        Of `nsmo.stages.published.group_splits`, joined with the means.
    labels : Labels
    """
    pair = splits.iloc[0]
    groups = (labels.group(pair["by"], pair[side]) for side in ("first", "second"))
    one, other = (textwrap.fill(group, _NARROW) for group in groups)
    columns = {"first_n": f"n,\n{one}", "second_n": f"n,\n{other}"}
    columns |= {
        "first_count": f"Count,\n{one}",
        "second_count": f"Count,\n{other}",
        "share": "of all",
        "p": "p",
    }
    means = {"mean_low": "Mean from", "mean_high": "to", "sd": "Spread needed"}
    return columns | (means if splits["sd"].notna().any() else {})


def split_note(splits: pd.DataFrame) -> str:
    """Return in words what the table of splits shows beside the counts."""
    test = "p: Fisher's exact test, two-sided."
    return f"{test} Mean: from the published means, each rounded." if splits["sd"].notna().any() else test


def rounded_splits(splits: pd.DataFrame, words: Wording) -> str:
    """Return in words which splits are left where the share of all is read as a rounded figure."""
    left = splits[splits["rounded"]]
    if left.empty or len(left) == len(splits):
        return ""
    low, high = words.p(left["p"].min()), words.p(left["p"].max())
    return f" Read as a rounded figure, the share of all leaves {len(left)} of them, p from {low} to {high}."


def counted(means: pd.DataFrame, labels: Labels) -> str:
    """List in words the numbers of which the means were published."""
    return labels.words.join([labels.question(name) for name in means["counted"].unique()])
