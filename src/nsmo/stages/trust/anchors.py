"""Which selection the figures of other surveys ask for: the range of odds ratios that is looked at.

Nothing in the responses says how much more readily some took part. Where another survey asked the same, or
something wider, of organisations that did not choose to answer about social media, it says something.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from nsmo.stats.intervals import proportion_interval
from nsmo.study.benchmarks import beside
from nsmo.study.statements import Published

COLUMNS = (
    *("claim", "statement", "among", "label", "population", "category", "year", "source"),
    *("published", "ci_low", "ci_high", "value", "odds_ratio", "asks"),
)


def anchors(
    published: Published | None, table: pd.DataFrame | None, *, year: int, n: int, confidence: float
) -> pd.DataFrame:
    """List which odds ratio of taking part each figure of another survey asks for.

    Parameters
    ----------
    published, table
        The statements with the indicators they can be held against, and benchmarks.csv; None where the wave
        has none.
    year : int
        Of the field work.
    n : int
        Number of respondents, for Wilson's interval of the published share.
    confidence : float
        Of that interval.

    Returns
    -------
    DataFrame
        A row per published share and figure of another survey that counts the same or something wider:
        `COLUMNS`. `among` says of whom, where the figure was turned into a share of others than it was
        published for ("of the users of …"); else it is empty.
        `odds_ratio`: by how much saying yes would have to multiply the odds of taking part. `asks`: the
        figure lies below the interval, so that it asks for a ratio above 1. Without rows where there are no
        figures of other surveys.
    """
    if published is None or table is None or not published.benchmarks:
        return pd.DataFrame(columns=list(COLUMNS))
    found = beside(published, table, year)
    found = found[found["relation"] != "similar"].reset_index(drop=True)
    share = found["published"].to_numpy(float)
    low, high = proportion_interval(
        share, share * (1 - share) / n, np.inf, n, n, level=confidence, method="wilson"
    )
    found = found.assign(
        statement=[published.claim(name).statement.en for name in found["claim"]],
        among=found["base"].where(found["derived"], ""),
        ci_low=low,
        ci_high=high,
        asks=(found["value"] < low) & found["odds_ratio"].notna(),
    )
    return found[list(COLUMNS)]


def ratios(anchored: pd.DataFrame, declared: Sequence[float]) -> list[float]:
    """List the odds ratios to look at: the smallest, the middle and the largest that are asked for.

    Parameters
    ----------
    anchored : DataFrame
        From `anchors`.
    declared : sequence of float
        What is looked at where no figure of another survey asks for selection.

    Returns
    -------
    list of float
        In two digits, each once.
    """
    asked = anchored.loc[anchored["asks"].astype(bool), "odds_ratio"].astype(float)
    if asked.empty:
        return sorted(declared)
    return sorted({float(f"{value:.2g}") for value in (asked.min(), asked.median(), asked.max())})


def by_statement(anchored: pd.DataFrame) -> pd.DataFrame:
    """Compute, for each published share, the odds ratios that others ask for, as published and turned.

    Returns
    -------
    DataFrame
        ``claim, statement, among, figures, asking, least, most``: how many figures there are, how many ask
        for a ratio above 1, and the smallest and largest of all ratios.
    """
    grouped = anchored.groupby(["claim", "statement", "among"], sort=False)
    found = grouped.agg(
        figures=("odds_ratio", "size"),
        asking=("asks", "sum"),
        least=("odds_ratio", "min"),
        most=("odds_ratio", "max"),
    )
    return found.reset_index()
