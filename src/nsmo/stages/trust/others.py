"""How far figures lie apart in other reconstructions that agree with the publications as well."""

import pandas as pd

from nsmo.study.ensemble import SAME, VALUE
from nsmo.study.estimands import Association
from nsmo.study.statements import Published


def varying(ensemble: pd.DataFrame) -> list[str]:
    """List the questions of which some figure of everybody is not the same in every member of an ensemble."""
    everybody = ensemble["statement"].isna() & ensemble["by"].isna()
    return ensemble.loc[everybody & _differs(ensemble), "question"].unique().tolist()


def _differs(ensemble: pd.DataFrame) -> pd.Series:
    return ensemble["high"] - ensemble["low"] > SAME


def associations(ensemble: pd.DataFrame, published: Published) -> pd.DataFrame:
    """List how strong each stated association is over an ensemble, unweighted.

    Parameters
    ----------
    ensemble : DataFrame
        ensemble.csv of the wave.
    published : Published
        The statements.

    Returns
    -------
    DataFrame
        ``id, statement, statement_nl, low, middle, high, members``, in the order of the statements; without
        those that are the same in every member.
    """
    stated = ensemble["statistic"].eq(VALUE) & ~ensemble["weighted"].astype(bool) & _differs(ensemble)
    found = ensemble[stated].set_index("statement")
    rows = []
    for claim in published.rows:
        if isinstance(claim.estimate, Association) and claim.id in found.index:
            texts = {
                column: getattr(claim.statement, language)
                + (f" ({getattr(claim.reading, language)})" if claim.reading else "")
                for column, language in (("statement", "en"), ("statement_nl", "nl"))
            }
            spans = found.loc[claim.id, ["low", "middle", "high", "members"]].to_dict()
            rows.append({"id": claim.id} | texts | spans)
    return pd.DataFrame(rows, columns=["id", "statement", "statement_nl", "low", "middle", "high", "members"])
