"""What they want to reach, and whether they say so beforehand."""

import pandas as pd

from nsmo.stages import analyse
from nsmo.study import Codebook


def results(
    designs: analyse.Designs, codebook: Codebook, *, confidence: float, min_n: int
) -> dict[str, pd.DataFrame]:
    """Estimate how many pursue each goal, set goals beforehand, and belong to each goal group.

    Parameters
    ----------
    designs, codebook, confidence, min_n
        As in `analyse.estimates`. Of the codebook's `analyse: goals:` the parts are `question` (the goals),
        `beforehand` (are they set beforehand), `groups` (the goal groups, by a declared rule) and `by`
        (questions that make groups of respondents).

    Returns
    -------
    dict of DataFrame
        total, beforehand, groups, and of each grouping "goals by <question>" and "beforehand by <question>";
        in the columns of `analyse.COLUMNS`.
    """
    parts = analyse.parts(codebook, "goals", "question", "beforehand", "groups", "by")
    kept = {"confidence": confidence, "min_n": min_n, "statistics": ["proportion"]}
    found = {
        "total": analyse.estimates(designs, codebook, parts["question"], **kept),
        "beforehand": analyse.estimates(designs, codebook, parts["beforehand"], **kept),
        "groups": analyse.estimates(designs, codebook, parts["groups"], **kept),
    }
    for grouping in parts["by"]:
        for name, part in (("goals", "question"), ("beforehand", "beforehand")):
            found[f"{name} by {grouping}"] = analyse.estimates(
                designs, codebook, parts[part], by=[grouping], **kept
            )
    return found
