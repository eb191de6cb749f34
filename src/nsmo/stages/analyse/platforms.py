"""Where they are, and on how many platforms."""

import pandas as pd

from nsmo.stages import analyse
from nsmo.study import Codebook


def results(
    designs: analyse.Designs, codebook: Codebook, *, confidence: float, min_n: int
) -> dict[str, pd.DataFrame]:
    """Estimate how many use each platform, and how many platforms they use.

    Parameters
    ----------
    designs, codebook, confidence, min_n
        As in `analyse.estimates`. Of the codebook's `analyse: platforms:` the parts are `question` (the
        platforms), `number` (how many), `several` and `many` (yes or no: more than one, and more than the
        bound that was published), `by` (questions that make groups) and `compared` (the one whose groups are
        compared in their mean number).

    Returns
    -------
    dict of DataFrame
        total, number (distribution), several, many, mean, difference, and "platforms by <question>" for each
        grouping; in the columns of `analyse.COLUMNS`.
    """
    parts = analyse.parts(codebook, "platforms", "question", "number", "several", "many", "by", "compared")
    kept = {"confidence": confidence, "min_n": min_n}
    number, compared = parts["number"], parts["compared"]
    found = {
        "total": analyse.estimates(designs, codebook, parts["question"], **kept),
        "number": analyse.distribution(designs, codebook, number, **kept),
        "several": analyse.estimates(designs, codebook, parts["several"], options=["yes"], **kept),
        "many": analyse.estimates(
            designs, codebook, parts["many"], by=[None, compared], options=["yes"], **kept
        ),
        "mean": analyse.estimates(designs, codebook, number, by=[None, compared], **kept),
        "difference": analyse.differences(designs, codebook, number, compared, **kept),
    }
    for grouping in parts["by"]:
        found[f"platforms by {grouping}"] = analyse.estimates(
            designs, codebook, parts["question"], by=[grouping], **kept
        )
    return found
