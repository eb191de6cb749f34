"""Who finds social media important."""

import pandas as pd

from nsmo.stages import analyse
from nsmo.study import Codebook


def results(
    designs: analyse.Designs, codebook: Codebook, *, confidence: float, min_n: int
) -> dict[str, pd.DataFrame]:
    """Estimate how many find it important, in all and in groups, and the answers behind that.

    Parameters
    ----------
    designs, codebook, confidence, min_n
        As in `analyse.estimates`. Of the codebook's `analyse: importance:` the parts are `question` (the
        scale), `flag` (yes or no: important), `by` (questions that make groups), `compared` (the one whose
        groups are compared) and `battery` (importance for several things).

    Returns
    -------
    dict of DataFrame
        total, by <question> (each with a row for everybody), difference, answers, battery; in the columns of
        `analyse.COLUMNS`.
    """
    parts = analyse.parts(codebook, "importance", "question", "flag", "by", "compared", "battery")
    kept = {"confidence": confidence, "min_n": min_n}
    flag = parts["flag"]
    found = {"total": analyse.estimates(designs, codebook, flag, options=["yes"], **kept)}
    for grouping in parts["by"]:
        found[f"by {grouping}"] = analyse.estimates(
            designs, codebook, flag, by=[None, grouping], options=["yes"], **kept
        )
    found["difference"] = analyse.differences(
        designs, codebook, flag, parts["compared"], option="yes", **kept
    )
    found["answers"] = analyse.estimates(designs, codebook, parts["question"], **kept)
    items = [question.name for question in codebook.battery(parts["battery"])]
    found["battery"] = analyse.estimates(designs, codebook, items, **kept)
    return found
