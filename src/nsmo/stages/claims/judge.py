"""Every statement with its verdicts: one row each, in the order in which a reader should come to it."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from nsmo.stages.claims.adjusted import adjusted
from nsmo.stages.claims.base import base_of
from nsmo.stages.claims.evidence import evidence, questions_of
from nsmo.stages.claims.generalises import generalises
from nsmo.stages.claims.measure import Finding, measure, resting_on
from nsmo.stages.claims.sources import sources_agree
from nsmo.stages.claims.support_published import counts_possible, support_published
from nsmo.stages.claims.verdicts import (
    CONTRADICT,
    CONTRADICTED,
    DIFFERS,
    FIGURES,
    INCONCLUSIVE,
    NOT_COMPUTABLE,
    SIZE,
    WITHIN,
    agreement,
    support_data,
)
from nsmo.stages.claims.withheld import withheld
from nsmo.stats.multiplicity import holm
from nsmo.study import StudyError
from nsmo.study.estimands import Association, Difference, Extreme, Ranking
from nsmo.study.statements import Claim, Published
from nsmo.study.wordings import interval
from nsmo.survey import Survey

#: The columns of the verdicts, that which no response can change first.
VERDICTS = ("implied", "agreement", "support_data", "support_published", "sources_agree", "generalises")
#: Of sets.csv, and the names that they have beside a statement.
_SETS = {
    "implied": "implied",
    "reason": "implied_reason",
    "statistic": "set_statistic",
    "outer_low": "set_low",
    "outer_high": "set_high",
    "p_low": "set_p_low",
    "p_high": "set_p_high",
}
#: Columns of claims.csv; details.csv holds these and everything else that is known of a claim.
COLUMNS = [
    "id",
    "topic",
    "type",
    "statement",
    "source",
    "wording",
    "questions",
    "published",
    "unweighted",
    "weighted",
    "ci_low",
    "ci_high",
    "n",
    "causal",
    "stands_for",
    "notebook",
    "table",
    "figure",
    *VERDICTS,
]

#: For what a reader should come to a statement, the first what must be known first; see `in_order`.
FIRST = (
    "contradiction",
    "disagreement",
    "size only",
    "inconclusive",
    "not computable",
    "one unit off",
    "agreement",
)
#: Of the tests behind the verdicts on the responses; beside the id of the statement.
TESTED = ["test", "estimate", "ci_low", "ci_high", "n", "p", "p_holm"]


def judge(
    published: Published,
    survey: Survey,
    *,
    directional: Sequence[str],
    base_sizes: Sequence[int],
    sets: pd.DataFrame,
) -> pd.DataFrame:
    """Compare every published statement with the responses, the other figures and the other publications.

    Parameters
    ----------
    published : Published
        The statements.
    survey : Survey
        The respondents of the same wave. The tests are made at one minus its confidence.
    directional : sequence of str
        Ids of the rows that Holm's adjustment covers; listed before the tests were seen.
    base_sizes : sequence of int
        Numbers of respondents to try when none was published.
    sets : DataFrame
        What follows from the published figures alone, as the stage bounds saves it.

    Returns
    -------
    DataFrame
        A row per statement, reading or part, in the order of `in_order`: `COLUMNS` (claims.csv), and besides
        these the statement in Dutch, publisher and address, unit and decimals of the figure and the values
        its wording allows, the weighted interval, what a direction rests on, and what the verdicts rest on.
        What was tested is left to `tests`.

    Raises
    ------
    StudyError
        If a directional id is none of the rows, or has no two-sided test; if a statement has no set.
    """
    rows, codebook, confidence = published.rows, survey.codebook, survey.confidence
    alpha = round(1 - confidence, 10)
    plain = measured(published, survey)
    hidden = {row.id: why for row in rows if (why := withheld(row, survey))}
    adjusted_p = _adjusted([name for name in directional if name not in hidden], plain)
    n = base_of(published, base_sizes).n
    # How many of a group are as described is in no plan of what may be shown, so a plan hides it.
    counted = survey.protection is None
    possible, counts = _possible(sets, [row.id for row in rows]), counts_possible(sets)
    records = []
    for row in rows:
        found = plain[row.id]
        weighted = weighted_finding(row, found, survey)
        agrees = agreement(row, found, alpha)
        reason = agrees.reason if counted or found is None else None
        figures = support_published(row, published, n, counts.get(row.id), alpha, confidence)
        sources, others = sources_agree(row, published), generalises(row, codebook.design)
        records.append(
            {
                **stated(row, published, found, weighted, confidence),
                "causal": row.causal,
                "stands_for": row.stands_for["en"] if row.stands_for else None,
                "stands_for_nl": row.stands_for["nl"] if row.stands_for else None,
                **evidence(row, codebook),
                **possible[row.id],
                "agreement": agrees.word,
                "agreement_reason": hidden.get(row.id, reason),
                "members": found.members if found and counted else None,
                "fitting": found.fitting if found and counted else None,
                "support_data": support_data(row, found, codebook.provenance, alpha, adjusted_p.get(row.id)),
                "support_published": figures.word,
                "support_published_reason": figures.reason,
                "sources_agree": sources.word,
                "sources_agree_reason": sources.reason,
                "generalises": others.word,
                "generalises_reason": others.reason,
                "note": row.note["en"] if row.note else None,
                "note_nl": row.note["nl"] if row.note else None,
            }
        )
    return in_order(
        pd.DataFrame(records).astype(
            dict.fromkeys(("n", "difference_n", "decimals", "members", "fitting"), "Int64")
        )
    )


def measured(published: Published, survey: Survey) -> dict[str, Finding | None]:
    """Return what the unweighted responses say about every row of the statements, by its id."""
    return {row.id: finding(row, survey) for row in published.rows}


def finding(row: Claim, survey: Survey) -> Finding | None:
    """Return what the unweighted responses say about a row; None where that may not be shown."""
    if withheld(row, survey):
        return None
    return measure(row, survey.unweighted, survey.codebook, survey.confidence)


def weighted_finding(row: Claim, plain: Finding | None, survey: Survey) -> Finding | None:
    """Return what the weighted responses say, of an order by the pair that the unweighted ones rest on."""
    weighted = None if plain is None else adjusted(row, survey)
    if plain is not None and weighted is not None and isinstance(row.estimate, Ranking):
        # Weights may make another pair the weakest; two pairs side by side would be no comparison.
        return resting_on(weighted, weighted.pair(plain.weakest.between))
    return weighted


def figures(published: Published, survey: Survey) -> pd.DataFrame:
    """List what the responses say about every statement, without any verdict.

    Parameters
    ----------
    published, survey
        As of `judge`.

    Returns
    -------
    DataFrame
        ``id, unweighted, weighted, difference, weighted_difference`` as of `judge`.
    """
    plain = measured(published, survey)
    rows = [
        stated(
            row,
            published,
            plain[row.id],
            weighted_finding(row, plain[row.id], survey),
            survey.confidence,
        )
        for row in published.rows
    ]
    return pd.DataFrame(rows)[["id", "unweighted", "weighted", "difference", "weighted_difference"]]


def tests(published: Published, survey: Survey, directional: Sequence[str]) -> pd.DataFrame:
    """List the tests behind the verdicts on the responses.

    Parameters
    ----------
    published, survey, directional
        As of `judge`.

    Returns
    -------
    DataFrame
        ``id`` and `TESTED`, a row per statement with a test: of an order the largest p of its pairs, and the
        pair with the least to show. ``p_holm`` is over the directional statements. A check of the pipeline,
        and no finding, where the responses are reconstructed.
    """
    found = measured(published, survey)
    hidden = {row.id for row in published.rows if withheld(row, survey)}
    adjusted_p = _adjusted([name for name in directional if name not in hidden], found)
    rows = []
    for name, finding in found.items():
        if finding is None or math.isnan(finding.p):
            continue
        shown = resting_on(finding, finding.weakest) if finding.pairs else finding
        values = (finding.test, shown.value, shown.ci_low, shown.ci_high, shown.n, finding.p)
        rows.append({"id": name, **dict(zip(TESTED, (*values, adjusted_p.get(name)), strict=True))})
    return pd.DataFrame(rows, columns=["id", *TESTED])


def _possible(sets: pd.DataFrame, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Look up what the published figures leave possible of each statement."""
    found = sets.set_index("id")[list(_SETS)].rename(columns=_SETS)
    absent = [name for name in ids if name not in found.index]
    if absent:
        raise StudyError(
            found=f"no set for {', '.join(absent)}",
            where="tables/bounds/sets.csv",
            expected="a row for every statement of published.yaml",
            fix="run the stage bounds again: it was run with other statements",
        )
    return {name: found.loc[name].to_dict() for name in ids}


def stated(
    row: Claim, published: Published, plain: Finding | None, weighted: Finding | None, confidence: float
) -> dict[str, Any]:
    """Return what was stated beside what the responses say.

    Parameters
    ----------
    row : Claim
        One of the rows of `published`.
    published : Published
        Knows the sources.
    plain, weighted : Finding or None
        What `measure` gave.
    confidence : float
        Of their intervals.

    Returns
    -------
    dict
        The first columns of details.csv, from `id` to `confidence`; numbers in the claim's own unit.
    """
    questions = list(dict.fromkeys(questions_of(row)))
    worded = interval(row) if row.type in FIGURES else None
    source = published.sources[row.source]
    return {
        "id": row.id,
        "claim": row.claim,
        "topic": row.topic,
        "type": row.type,
        "statement": _statement(row, "en"),
        "statement_nl": _statement(row, "nl"),
        "source": row.source,
        "publisher": source.publisher,
        "url": source.url,
        "wording": row.wording,
        "questions": "; ".join(questions),
        "measured": questions[0] if questions else None,
        "published": row.value,
        "published_low": worded.low if worded else None,
        "published_high": worded.high if worded else None,
        "unit": row.unit,
        "decimals": row.decimals,
        "statistic": _statistic(row),
        "by": getattr(row.estimate, "by", None),
        "group": getattr(row.estimate, "group", None),
        "unweighted": plain.value if plain else None,
        "weighted": weighted.value if weighted else None,
        "ci_low": plain.ci_low if plain else None,
        "ci_high": plain.ci_high if plain else None,
        "weighted_ci_low": weighted.ci_low if weighted else None,
        "weighted_ci_high": weighted.ci_high if weighted else None,
        **_difference_columns(row, plain, weighted),
        "n": plain.n if plain else None,
        "confidence": confidence,
    }


def in_order(judged: pd.DataFrame) -> pd.DataFrame:
    """Sort statements so that what a reader must know comes first.

    Parameters
    ----------
    judged : DataFrame
        ``claim`` and the verdicts.

    Returns
    -------
    DataFrame
        The rows in another order, with ``first``: one of `FIRST`, the reason for their place.

    Notes
    -----
    Where publications contradict each other, no verdict about one of them can be understood without the
    other, so that comes first. Then what the estimate or the responses speak against; then groups of the
    published size whose members are not as described; then what no test could decide, which a reader would
    else take for settled; then what cannot be checked at all; then slips of rounding. What agrees comes last:
    nobody is misled who stops reading there. The reason is no verdict over all, and the rows of one statement
    stay together, at the place of the first of them.
    """

    def reason(row: Mapping[str, Any]) -> str:
        if row["sources_agree"] == CONTRADICT:
            return "contradiction"
        if row["agreement"] == DIFFERS or row["support_data"] == CONTRADICTED:
            return "disagreement"
        if row["agreement"] == SIZE:
            return "size only"
        if INCONCLUSIVE in (row["support_data"], row["support_published"]):
            return "inconclusive"
        if row["agreement"] == NOT_COMPUTABLE:
            return "not computable"
        return "one unit off" if row["agreement"] == WITHIN else "agreement"

    own = pd.Series([FIRST.index(reason(row)) for row in judged.to_dict("records")], index=judged.index)
    place = own.groupby(judged["claim"]).transform("min")
    return (
        judged.assign(first=[FIRST[at] for at in place])
        .loc[place.sort_values(kind="stable").index]
        .reset_index(drop=True)
    )


def _statistic(claim: Claim) -> str | None:
    """Return what is estimated, in the words of the tables of estimates."""
    estimate = claim.estimate
    match estimate:
        case Ranking():
            return "difference in proportions"
        case Difference():
            return f"difference in {estimate.of}s"
        case Extreme():
            return estimate.of
        case Association():
            return "Somers' D" if estimate.method == "somers_d" else "log odds ratio"
    return None if estimate is None else estimate.measure


def _difference_columns(
    claim: Claim, finding: Finding | None, weighted: Finding | None
) -> dict[str, float | str | None]:
    """Return what a direction rests on, turned so that the statement says that it is above 0.

    Of an order that is the pair with the least to show for it, of a bound the distance from it.
    """
    columns: dict[str, float | str | None] = {"between": None}
    names = ("difference", "difference_ci_low", "difference_ci_high")
    columns |= dict.fromkeys([*names, *(f"weighted_{name}" for name in names), "difference_n"])
    if finding is None or claim.type in FIGURES or math.isnan(finding.value):
        return columns
    columns["difference_n"] = finding.weakest.n if finding.pairs else finding.n
    for prefix, found in (("", finding), ("weighted_", weighted)):
        if found is None:
            continue
        if finding.pairs:
            columns["between"] = between = finding.weakest.between
            pair = found.pair(between)
            values = (pair.estimate, pair.ci_low, pair.ci_high)
        else:
            values = (found.value, found.ci_low, found.ci_high)
            if claim.type == "more_than":
                values = tuple(value - claim.figure for value in values)
            elif claim.sign == "-":
                values = (-values[0], -values[2], -values[1])
        columns |= {f"{prefix}{name}": value for name, value in zip(names, values, strict=True)}
    return columns


def tally(judged: pd.DataFrame) -> dict[str, dict[str, int]]:
    """Count the rows with each verdict; for `dvc metrics diff`.

    Parameters
    ----------
    judged : DataFrame
        From `judge`.

    Returns
    -------
    dict
        Kind of verdict to its words to numbers of rows.
    """
    return {kind: judged[kind].value_counts().sort_index().to_dict() for kind in VERDICTS}


def _adjusted(directional: Sequence[str], findings: Mapping[str, Finding | None]) -> dict[str, float]:
    """Adjust the p-values of the directional claims together, by Holm's method."""
    strange = [name for name in directional if name not in findings]
    p_of = {
        name: found.p for name, found in findings.items() if found is not None and not math.isnan(found.p)
    }
    untested = [name for name in directional if name in findings and name not in p_of]
    if strange or untested:
        found = [f"'{name}' is no row of published.yaml" for name in strange]
        found += [f"'{name}' has no test" for name in untested]
        raise StudyError(
            found="; ".join(found),
            where="params.yaml, claims.directional",
            expected="ids of rows with a test, those of readings and parts with their suffix",
            fix="correct the list",
        )
    return dict(zip(directional, holm([p_of[name] for name in directional]), strict=True))


def _statement(row: Claim, language: str) -> str:
    return row.statement[language] + (f" ({row.reading[language]})" if row.reading else "")
