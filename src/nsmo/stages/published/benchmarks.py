"""Published percentages beside figures of other surveys."""

import pandas as pd

from nsmo.study.benchmarks import beside
from nsmo.study.statements import Published


def benchmarks(
    published: Published, table: pd.DataFrame, figures: pd.DataFrame, year: int | None
) -> pd.DataFrame:
    """Compare published percentages with figures of other surveys.

    Parameters
    ----------
    published : Published
        Says which indicators a claim can be held against.
    table : DataFrame
        benchmarks.csv of the wave.
    figures : DataFrame
        From `intervals`.
    year : int or None
        Of the field work; of several years of one series the nearest is marked, and the last if
        it is not known.

    Returns
    -------
    DataFrame
        A row per claim and figure of another survey: ``claim``, ``statement``, ``statement_nl``,
        ``published``, ``ci_low``, ``ci_high``, ``relation``, ``indicator``, ``label``, ``label_nl``,
        ``source``, ``year``, ``population``, ``base``, ``breakdown``, ``category``, ``value``, ``derived``
        (turned by us into a share of those with another indicator), ``difference`` (published minus value),
        ``odds_ratio`` (odds of taking part, of those that the claim counts against the others, that would
        turn the value into the published figure), ``outside`` (value beyond the interval), ``nearest``,
        ``url``, ``note``.

    Raises
    ------
    StudyError
        Naming absent columns, values that are no percentages, or indicators without a row.
    """
    found = beside(published, table, year)
    columns = ["statement", "statement_nl", "ci_low", "ci_high", "n_low", "n_high", "decimals"]
    own = figures.set_index("id")[columns].loc[found["claim"]].reset_index(drop=True)
    found = found.join(own)
    found["difference"] = found["published"] - found["value"]
    found["outside"] = ~found["value"].between(found["ci_low"], found["ci_high"])
    order = ["claim", "statement", "statement_nl", "published", "ci_low", "ci_high", "n_low", "n_high"]
    order += ["decimals", "relation", "indicator", "label", "label_nl", "source", "year", "population"]
    order += ["base", "breakdown", "category", "value", "derived", "difference", "odds_ratio", "outside"]
    return found[[*order, "certainty", "url", "note", "nearest"]]
