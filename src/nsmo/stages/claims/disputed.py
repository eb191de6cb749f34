"""The published shares of one question, each in all its readings, beside what the responses say."""

import pandas as pd

from nsmo.stages.claims.judge import finding, stated, weighted_finding
from nsmo.stages.claims.verdicts import agreement
from nsmo.study.statements import Published
from nsmo.survey import Survey


def disputed(published: Published, survey: Survey, question: str) -> pd.DataFrame:
    """Compare every published share of a question, in each of its readings, with the responses.

    Parameters
    ----------
    published : Published
        The statements.
    survey : Survey
        The respondents.
    question : str
        Statements on shares of its answers are taken.

    Returns
    -------
    DataFrame
        A row per statement and reading, with the columns of `stated` and `agreement`; by the functions that
        make the table of all statements.
    """
    rows = []
    for row in published.rows:
        estimate = row.estimate
        if estimate is None or estimate.measure != "proportion" or estimate.question != question:
            continue
        plain = finding(row, survey)
        weighted = weighted_finding(row, plain, survey)
        verdict = agreement(row, plain, round(1 - survey.confidence, 10))
        rows.append({**stated(row, published, plain, weighted, survey.confidence), "agreement": verdict.word})
    return pd.DataFrame(rows).astype({"n": "Int64", "decimals": "Int64"})
