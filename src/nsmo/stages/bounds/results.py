"""The sets of every statement and every quantity, and whether the responses lie within what was printed."""

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import partial
from typing import Any

import pandas as pd

from nsmo.runner.mapping import Map, in_turn
from nsmo.stages.bounds.extents import Reach
from nsmo.stages.bounds.kinds import TooManyKindsError
from nsmo.stages.bounds.model import Printed
from nsmo.stages.bounds.printed import FIGURES, Allowed, figures, loose_groups, premises, sums
from nsmo.stages.bounds.reach import holds, reach
from nsmo.stages.bounds.verdicts import NOT_COMPUTABLE, Implied, implied
from nsmo.stats.bounds import UndecidedError
from nsmo.stats.grim import grim
from nsmo.study import Codebook, StudyError, Variable
from nsmo.study.conditions import Condition
from nsmo.study.derived import Count, Mean
from nsmo.study.estimands import Estimate
from nsmo.study.statements import Claim, Published, Quantity

#: Columns of sets.csv. Shares are fractions from 0 to 1.
COLUMNS = [
    "kind",
    "id",
    "claim",
    "topic",
    "statement",
    "statement_nl",
    "wording",
    "statistic",
    "n",
    "low",
    "high",
    "outer_low",
    "outer_high",
    "sharp",
    "range_low",
    "range_high",
    "count_low",
    "count_high",
    "others_low",
    "others_high",
    "given",
    "ruled_low",
    "ruled_high",
    "p_low",
    "p_high",
    "test",
    "implied",
    "reason",
]


def sizes(published: Published, candidates: Iterable[int]) -> list[int]:
    """List the numbers of respondents that are possible.

    That is the published one; or else those that give as many of the percentages with decimals as any does.

    Parameters
    ----------
    published : Published
        The statements.
    candidates : iterable of int
        Numbers to try.

    Returns
    -------
    list of int
        The smallest, which is the one inferred, first. A half may have been rounded up or to the even digit.

    Raises
    ------
    StudyError
        If no number was published and no percentage with decimals.
    """
    if published.respondents is not None:
        return [published.respondents.n]
    shown = published.with_decimals()
    if not shown:
        raise StudyError(problems=published.unknown_base())
    table = grim([c.figure for c in shown], candidates, [c.digits for c in shown], rounding="either")
    return table.loc[table["fits"] == table["fits"].max(), "n"].astype(int).sort_values().tolist()


def sets(
    published: Published, codebook: Codebook, size: int, *, alpha: float, nodes: int, brief: bool = False
) -> tuple[pd.DataFrame, Printed]:
    """Compute how far every statement and every quantity can go, at one number of respondents.

    Parameters
    ----------
    published : Published
        The statements.
    codebook : Codebook
        The questionnaire that they speak of.
    size : int
        Number of respondents.
    alpha : float
        Level of the tests.
    nodes : int
        Nodes of the search tree after which the solver gives up and leaves outer ends.
    brief : bool
        Leave `others` and `ruled` out.

    Returns
    -------
    (DataFrame, Printed)
        The columns `COLUMNS`, a row for each statement, reading, part and quantity; and what was printed.

    Notes
    -----
    `range` is what there can be at all, were nothing printed. `others` are the ends by the figures of the
    other statements only, `ruled` those if described groups are as the study's own rules have them. `given`
    says on what condition the ends are so.
    """
    found = [*premises(published), *figures(published)]
    printed = Printed(codebook, found, size, nodes, loose_groups(published))
    ruled = None if brief else Printed(codebook, found, size, nodes)
    rows = [_statement(claim, printed, ruled, alpha) for claim in published.rows]
    rows += [_quantity(quantity, printed, ruled) for quantity in published.quantities]
    table = pd.DataFrame(rows).reindex(columns=COLUMNS)
    return table.astype(dict.fromkeys(("n", "count_low", "count_high"), "Int64")), printed


def briefly(
    published: Published, codebook: Codebook, sizes: Sequence[int], each: Map = in_turn, **options: Any
) -> list[pd.DataFrame]:
    """Compute the brief sets at several numbers of respondents, wherever that is (`stage.map`).

    Parameters
    ----------
    published, codebook, **options
        As of `sets`.
    sizes : sequence of int
        Numbers of respondents.
    each : callable
        Does them; the result is the same.
    """
    return list(each(partial(_brief, published, codebook, options), sizes))


def _brief(published: Published, codebook: Codebook, options: dict[str, Any], size: int) -> pd.DataFrame:
    return sets(published, codebook, size, **options, brief=True)[0]


def _statement(claim: Claim, printed: Printed, ruled: Printed | None, alpha: float) -> dict[str, Any]:
    reading = claim.reading
    about = {
        "kind": "statement",
        "id": claim.id,
        "claim": claim.claim,
        "topic": claim.topic,
        "statement": claim.statement.en + (f" ({reading.en})" if reading else ""),
        "statement_nl": claim.statement.nl + (f" ({reading.nl})" if reading else ""),
        "wording": claim.wording,
        "statistic": _statistic(claim.estimate),
        "n": printed.size,
    }
    if claim.estimate is None:
        return about | _verdict(implied(claim, None, printed, alpha))
    bound = claim.figure / 100 if claim.type == "more_than" else None
    try:
        found, given = _reached(claim.estimate, printed, bound)
        row = about | _ends(claim.estimate, found, printed) | {"given": given}
        if ruled is not None and claim.type in FIGURES:
            row |= _named("others", reach(claim.estimate, printed.without(claim.claim)))
        if ruled is not None and _bears(claim.estimate, printed, ruled):
            row |= _named("ruled", _reached(claim.estimate, ruled)[0])
        return row | _verdict(implied(claim, found, printed, alpha))
    except (TooManyKindsError, UndecidedError) as error:
        return about | _verdict(Implied(NOT_COMPUTABLE, str(error)))


def _reached(estimate: Any, printed: Printed, bound: float | None = None) -> tuple[Reach, str]:
    """Return how far an estimate can go and, where nothing is known in general, how far if all answer."""
    found = reach(estimate, printed, bound=bound)
    if found.extent is None and estimate.measure == "association":
        answered = reach(estimate, printed, all_answered=True)
        if answered.extent is not None:
            return answered, "everybody answered"
    return found, ""


def _bears(asked: Estimate | Condition, printed: Printed, ruled: Printed) -> bool:
    """Return whether a described group bears on what is asked, so that its rule may matter."""
    tied = ruled.members(ruled.uses_when(asked) if isinstance(asked, Condition) else ruled.uses_of(asked))
    return any(e.question in printed.loose for figure in tied for _, e in figure.readings)


def _quantity(quantity: Quantity, printed: Printed, ruled: Printed | None) -> dict[str, Any]:
    about = {
        "kind": "quantity",
        "id": quantity.id,
        "statement": quantity.text.en,
        "statement_nl": quantity.text.nl,
        "statistic": _statistic(quantity.estimate) or "proportion",
        "n": printed.size,
    }
    try:
        found, given = _quantity_reached(quantity, printed)
        row = about | _ends(quantity.estimate, found, printed) | {"given": given, "reason": found.note}
        if ruled is not None and _bears(quantity.asked, printed, ruled):
            row |= _named("ruled", _quantity_reached(quantity, ruled)[0])
        return row
    except (TooManyKindsError, UndecidedError) as error:
        return about | {"reason": str(error)}


def _quantity_reached(quantity: Quantity, printed: Printed) -> tuple[Reach, str]:
    asked = quantity.asked
    return (holds(asked, printed), "") if isinstance(asked, Condition) else _reached(asked, printed)


def _ends(estimate: Any, found: Reach, printed: Printed) -> dict[str, Any]:
    extent = found.extent
    if extent is None:
        return {}
    least, most = _range(estimate, printed.codebook)
    row = {
        "range_low": least,
        "range_high": most,
        "low": float(extent.low),
        "high": float(extent.high),
        "outer_low": float(extent.outer_low),
        "outer_high": float(extent.outer_high),
        "sharp": extent.sharp,
        "p_low": found.p_low,
        "p_high": found.p_high,
        "test": found.test,
    }
    counts = [extent.low * printed.size, extent.high * printed.size]
    of_all = estimate is None or (estimate.measure == "proportion" and estimate.where is None)
    if of_all and all(count.denominator == 1 for count in counts):
        row |= {"count_low": int(counts[0]), "count_high": int(counts[1])}
    return row


def _range(estimate: Any, codebook: Codebook) -> tuple[float, float]:
    """Return what a quantity can be at all; no number where that is not known."""
    if estimate is None or estimate.measure == "proportion":
        return 0.0, 1.0
    if estimate.measure in ("association", "ranking") or getattr(estimate, "of", None) == "proportion":
        return -1.0, 1.0
    low, high = _scores(codebook.variable(estimate.question), codebook)
    return (low, high) if estimate.measure == "mean" else (low - high, high - low)


def _scores(variable: Variable, codebook: Codebook) -> tuple[float, float]:
    definition = variable.definition
    if variable.scores:
        return min(variable.scores.values()), max(variable.scores.values())
    if isinstance(definition, Count):
        counted = set(codebook.variable(definition.of).option_names) - set(definition.exclude)
        return 0.0, float(len(counted))
    if isinstance(definition, Mean):
        ends = [_scores(codebook.variable(name), codebook) for name in definition.of]
        return min(low for low, _ in ends), max(high for _, high in ends)
    return math.nan, math.nan


def _named(name: str, found: Reach) -> dict[str, float]:
    if found.extent is None:
        return {}
    return {f"{name}_low": float(found.extent.outer_low), f"{name}_high": float(found.extent.outer_high)}


def _verdict(found: Implied) -> dict[str, str]:
    return {"implied": found.word, "reason": found.reason}


def _statistic(estimate: Any) -> str | None:
    if estimate is None:
        return None
    match estimate.measure:
        case "difference":
            return f"difference in {estimate.of}s"
        case "extreme":
            return f"smallest difference in {estimate.of}s"
        case "ranking":
            return "smallest difference in proportions"
        case "association":
            return "Somers' D" if estimate.method == "somers_d" else "log odds ratio"
    return estimate.measure


def by_size(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Put the sets at several numbers of respondents side by side, and say whether the verdict is the same.

    Parameters
    ----------
    tables : sequence of DataFrame
        From `sets`; the first is at the number that is published or inferred.

    Returns
    -------
    DataFrame
        ``id, n, low, high, p_low, p_high, implied`` of all, and ``same``: the verdict is that of the first.
    """
    first = tables[0].set_index("id")["implied"]
    found = pd.concat(tables)[["id", "n", "low", "high", "p_low", "p_high", "implied"]]
    word = found["id"].map(first)
    same = found["implied"].eq(word) | (found["implied"].isna() & word.isna())
    return found.assign(same=same).reset_index(drop=True)


def left_aside(printed: Printed) -> pd.DataFrame:
    """List the figures that the sets could not keep as printed.

    Returns
    -------
    DataFrame
        ``claim`` and ``why``.
    """
    rows = [{"claim": name, "why": why} for names, why in printed.settled() for name in names]
    return pd.DataFrame(rows, columns=["claim", "why"])


def membership(published: Published, codebook: Codebook, responses: pd.DataFrame) -> pd.DataFrame:
    """Compare the responses with every figure as it was printed.

    Parameters
    ----------
    published : Published
        The statements.
    codebook : Codebook
        The questionnaire.
    responses : DataFrame
        The respondents, coded.

    Returns
    -------
    DataFrame
        A row per figure and reading: ``claim, id, n, estimate, low, high, as_printed``: the value in these
        responses, those that may have been printed so, and whether it is one of them. The responses lie
        within what was printed when every claim has a reading that does.
    """
    rows = []
    for figure in figures(published):
        for name, estimate in figure.readings:
            part, whole = sums(estimate, responses, codebook)
            n = int(whole.sum())
            value = Fraction(int(part.sum()), n) if n else None
            low, high = _common(figure.allows)
            rows.append(
                {
                    "claim": figure.id,
                    "id": name,
                    "n": n,
                    "estimate": math.nan if value is None else float(value),
                    "low": low,
                    "high": high,
                    "as_printed": value is not None and all(a.contains(value) for a in figure.allows),
                }
            )
    return pd.DataFrame(rows, columns=["claim", "id", "n", "estimate", "low", "high", "as_printed"])


def _common(allows: Sequence[Allowed]) -> tuple[float, float]:
    highs = [float(a.high) for a in allows if a.high is not None]
    return max(float(a.low) for a in allows), min(highs) if highs else math.nan
