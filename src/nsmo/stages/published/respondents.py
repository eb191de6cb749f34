"""How many took part, as far as the published percentages tell (GRIM), and what chance would do."""

import math
from collections.abc import Iterable, Sequence

import pandas as pd

from nsmo.stats.grim import chance_of_any, chance_with_bases, grim
from nsmo.study import StudyError
from nsmo.study.estimands import Mean, Proportion
from nsmo.study.statements import Claim, Published


def fits(published: Published, sizes: Iterable[int]) -> pd.DataFrame:
    """Count, for each number of respondents, the percentages with decimals that it can have given.

    Parameters
    ----------
    published : Published
        The statements.
    sizes : iterable of int
        Numbers of respondents to try.

    Returns
    -------
    DataFrame
        As from `nsmo.stats.grim.grim`; `misfits` names the claims, separated by a semicolon. Without
        percentages with decimals it has no rows.
    """
    figures = published.with_decimals()
    if not figures:
        return pd.DataFrame(columns=["n", "fits", "of", "misfits", "chance", "chance_up_to"])
    table = _grim(figures, sizes)
    name = {claim.published: claim.id for claim in figures}
    return table.assign(misfits=["; ".join(name[value] for value in row) for row in table["misfits"]])


def fits_by_question(published: Published, sizes: Iterable[int], n: int) -> pd.DataFrame:
    """Find the number of respondents question by question, since each may have a base of its own.

    Parameters
    ----------
    published, sizes
        As in `fits`.
    n : int
        The number that all figures together imply.

    Returns
    -------
    DataFrame
        A row per question: ``question``, ``figures``; ``fits`` at n; ``best`` (most that any size
        fits); ``sizes`` that do so well, how many, and ``smallest`` and ``largest`` of them.
    """
    rows = []
    by_question: dict[str, list[Claim]] = {}
    for claim in published.with_decimals():
        by_question.setdefault(_question(claim), []).append(claim)
    for question, figures in by_question.items():
        table = _grim(figures, sizes).set_index("n")["fits"]
        best = table[table == table.max()]
        rows.append(
            {
                "question": question,
                "figures": len(figures),
                "fits": int(table[n]),
                "best": int(table.max()),
                "sizes": len(best),
                "smallest": int(best.index.min()),
                "largest": int(best.index.max()),
            }
        )
    return pd.DataFrame(rows)


def surprise(
    published: Published,
    sizes: Iterable[int],
    n: int,
    horizons: Sequence[int],
    *,
    smaller_bases: float,
    draws: int,
    seed: int,
) -> pd.DataFrame:
    """Simulate how often so many percentages would fit some number of respondents by chance.

    Parameters
    ----------
    published, sizes, n
        As in `fits_by_question`; chances are about at least as many fits as n has.
    horizons : sequence of int
        "Some number of respondents up to here", besides n itself and the largest size; sizes go on up to
        the largest of these, and one below the smallest size is left out.
    smaller_bases : float
        For the case that each question has a base of its own: up to this share smaller than n.
    draws, seed : int
        Of the simulation.

    Returns
    -------
    DataFrame
        ``if``: "no base at all" (the percentages have nothing to do with any number) or "a base per
        question"; ``up_to`` (0: n itself, fixed beforehand); ``chance`` and ``se`` of the simulation.
    """
    figures = published.with_decimals()
    sizes = sorted({*sizes, *range(max(sizes), max(horizons, default=0) + 1)})
    table = _grim(figures, sizes).set_index("n")
    reached = int(table.loc[n, "fits"])
    decimals = {claim.digits for claim in figures}
    if len(decimals) > 1:
        raise StudyError(problems=published.unknown_base())
    ends = sorted({n, *(end for end in horizons if end in sizes), sizes[-1]})
    common = {"decimals": decimals.pop(), "rounding": "half_up", "seed": seed}
    unrelated = chance_of_any(reached, len(figures), sizes, draws=draws, **common).set_index("n")
    shared = pd.Series([_question(claim) for claim in figures]).value_counts(sort=False)
    bases = (max(1, math.ceil(n * (1 - smaller_bases))), n)
    own = chance_with_bases(shared.tolist(), bases, reached, sizes, draws=50 * draws, **common).set_index("n")
    rows = [{"if": "no base at all", "up_to": 0, "chance": float(table.loc[n, "chance"]), "se": 0.0}]
    for reading, chances in (("no base at all", unrelated), ("a base per question", own)):
        rows += [{"if": reading, "up_to": end, **chances.loc[end].to_dict()} for end in ends]
    return pd.DataFrame(rows)


def _grim(figures: Sequence[Claim], sizes: Iterable[int]) -> pd.DataFrame:
    return grim([c.figure for c in figures], sizes, [c.digits for c in figures], rounding="half_up")


def _question(claim: Claim) -> str:
    return next(claim.rows()).estimated(Proportion, Mean).question
