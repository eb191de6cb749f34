"""Whether they set goals beforehand, measure what comes of it, and are content with how they account."""

import pandas as pd

from nsmo.stages import analyse, claims
from nsmo.stages.analyse import relations
from nsmo.study import Codebook
from nsmo.study.statements import Published


def results(
    designs: analyse.Designs, codebook: Codebook, *, confidence: float, min_n: int
) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    """Estimate goals set beforehand, measuring, satisfaction, results, and how they hang together.

    Parameters
    ----------
    designs, codebook, confidence, min_n
        As in `analyse.estimates`. Of the codebook's `analyse: accountability:` the parts are `goals` (are
        they set beforehand), `frequency` (how often they measure, and monitor), `tools`, `hours`,
        `satisfaction`, `results` (can they show any), `importance`, `groups` (question.option: a question
        that sorts them by goals and budget, and the group that is held against the others; several are
        alternative readings) and `background` (what the model adjusts for).

    Returns
    -------
    dict of DataFrame
        goals, frequency, tools, hours, satisfaction, results, "results by goals", "<question> by <groups>" of
        each frequency and of satisfaction, "differences by <groups>", associations, and model (odds of more
        agreement that there are results); in the columns of `analyse.COLUMNS`.
    dict of DataFrame
        The tests of associations, of "differences by <groups>" and of the model, in the columns of
        `analyse.TEST_COLUMNS`; Holm's p is over the associations, and for each reading of the groups over
        its tests by ranks and over its pairs.
    """
    parts = analyse.parts(
        codebook,
        "accountability",
        *("goals", "frequency", "tools", "hours", "satisfaction", "results", "importance", "groups"),
        "background",
    )
    kept = {"confidence": confidence, "min_n": min_n}
    goals, frequency, satisfaction, shown = (
        parts[name] for name in ("goals", "frequency", "satisfaction", "results")
    )
    found = {"goals": analyse.estimates(designs, codebook, goals, statistics=["proportion"], **kept)}
    for name in ("frequency", "tools", "hours", "satisfaction", "results"):
        found[name] = analyse.estimates(designs, codebook, parts[name], **kept)
    found["results by goals"] = analyse.estimates(designs, codebook, shown, by=[goals], **kept)

    compared, tests = [*frequency, satisfaction], {}
    for groups, group in (name.split(".") for name in parts["groups"]):
        for question in compared:
            found[f"{question} by {groups}"] = analyse.estimates(
                designs, codebook, question, by=[groups], **kept
            )
        held = relations.against(designs, codebook, compared, groups, group, **kept)
        found[f"differences by {groups}"] = held.estimates
        ranks = analyse.group_tests(designs, codebook, compared, [groups], min_n=min_n)
        tests[f"differences by {groups}"] = pd.concat([ranks, held.tests], ignore_index=True)
    explained = [(goals, question) for question in (shown, *compared)]
    explained += [(parts["importance"], question) for question in (goals, *frequency)]
    found["associations"], tests["associations"] = relations.associations(
        designs, codebook, explained, **kept
    )
    terms = [goals, *parts["background"]]
    found["model"], tests["model"] = relations.model(designs, codebook, shown, terms, steps=[goals], **kept)
    return found, tests


def disputed(
    published: Published, designs: analyse.Designs, codebook: Codebook, question: str, *, confidence: float
) -> pd.DataFrame:
    """Hold every published share of a question, in each of its readings, against the responses.

    Parameters
    ----------
    published : Published
        The statements.
    designs, codebook, confidence
        As in `analyse.estimates`.
    question : str
        Statements on shares of its answers are taken.

    Returns
    -------
    DataFrame
        A row per statement and reading, with the columns of `claims.stated` and `agreement`; by the functions
        that make the table of all statements.
    """
    rows = []
    for row in published.rows:
        estimate = row.estimate
        if estimate is None or estimate.measure != "proportion" or estimate.question != question:
            continue
        plain, weighted = (
            claims.measure(row, design, codebook, confidence)
            for design in (designs.unweighted, designs.weighted)
        )
        agreement = claims.agreement(row, plain, round(1 - confidence, 10))
        rows.append({**claims.stated(row, published, plain, weighted, confidence), "agreement": agreement})
    return pd.DataFrame(rows).astype({"n": "Int64", "decimals": "Int64"})
