"""Who sets a budget beforehand, how large it is, and whether it goes together with finding it important."""

import pandas as pd

from nsmo.stages import analyse
from nsmo.stages.analyse import relations
from nsmo.study import Codebook


def results(
    designs: analyse.Designs, codebook: Codebook, *, confidence: float, min_n: int
) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    """Estimate budgets, what goes together with them, and who has none; with the tests.

    Parameters
    ----------
    designs, codebook, confidence, min_n
        As in `analyse.estimates`. Of the codebook's `analyse: budget:` the parts are `question` (is there a
        budget), `without` (yes or no: there is none), `size` (how large it is), `importance` and `policy`
        (both are explained by the budget), and `background` (who they are: groups, and what the models adjust
        for).

    Returns
    -------
    dict of DataFrame
        having, size, "importance by <question or size>", "without by <background>", associations (Somers' D),
        "model <question or size>" (odds of finding it more important) and "model without" (odds of having no
        budget); in the columns of `analyse.COLUMNS`.
    dict of DataFrame
        The tests of associations, ranks (of importance and policy, with a budget and without), background
        (who has a budget) and of each model, in the columns of `analyse.TEST_COLUMNS`. Holm's p is over each
        of the first three.
    """
    parts = analyse.parts(
        codebook, "budget", "question", "without", "size", "importance", "policy", "background"
    )
    kept = {"confidence": confidence, "min_n": min_n}
    question, without, size = parts["question"], parts["without"], parts["size"]
    importance, background = parts["importance"], parts["background"]
    found = {
        "having": analyse.estimates(designs, codebook, question, **kept),
        "size": analyse.estimates(designs, codebook, size, statistics=["proportion"], **kept),
    }
    for grouping in (question, size):
        found[f"importance by {grouping}"] = analyse.estimates(
            designs, codebook, importance, by=[grouping], **kept
        )
    for grouping in background:
        found[f"without by {grouping}"] = analyse.estimates(
            designs, codebook, without, by=[None, grouping], options=["yes"], **kept
        )
    pairs = [(x, y) for y in (importance, parts["policy"]) for x in (question, size)]
    tests = {}
    found["associations"], tests["associations"] = relations.associations(designs, codebook, pairs, **kept)
    tests["ranks"] = analyse.group_tests(
        designs, codebook, [importance, parts["policy"]], [question], min_n=min_n
    )
    tests["background"] = analyse.group_tests(designs, codebook, [without], background, min_n=min_n)
    for name, outcome, explained in (
        (f"model {question}", importance, {"terms": [question, *background]}),
        (f"model {size}", importance, {"terms": [size, *background], "steps": [size]}),
        ("model without", without, {"terms": background, "option": "yes"}),
    ):
        found[name], tests[name] = relations.model(designs, codebook, outcome, **explained, **kept)
    return found, tests
