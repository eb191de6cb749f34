"""How many took part, inferred from the percentages that were printed with decimals (GRIM)."""

from collections.abc import Sequence
from dataclasses import dataclass

from nsmo.stats.grim import grim
from nsmo.study import StudyError
from nsmo.study.statements import Claim, Published
from nsmo.study.wordings import fitting_counts


@dataclass(frozen=True)
class ImpliedBase:
    """The number of respondents that the published percentages imply, and how many of them it can give."""

    n: int
    fits: int
    of: int
    misfits: tuple[str, ...]
    chance_up_to: float


def with_decimals(published: Published) -> list[Claim]:
    """List the percentages that were printed with decimals, each figure once."""
    return [
        claim
        for claim in published.claims
        if claim.type == "exact" and claim.unit == "percent" and (claim.decimals or 0) > 0
    ]


def implied_base(published: Published, sizes: Sequence[int]) -> ImpliedBase:
    """Infer the number of respondents from the percentages that were printed with decimals.

    The smallest n that can give the most of them (GRIM test). An inference, not a publication.

    Parameters
    ----------
    published : Published
        The statements; exact percentages with at least one decimal are used, each figure once.
    sizes : sequence of int
        Numbers of respondents to try.

    Raises
    ------
    StudyError
        If no percentage was printed with decimals.
    """
    figures = with_decimals(published)
    if not figures:
        raise StudyError(
            found="no percentage has decimals, so the number of respondents cannot be inferred",
            where="published.yaml",
        )
    table = grim([c.figure for c in figures], sizes, [c.digits for c in figures], rounding="half_up")
    best = table.sort_values(["fits", "n"], ascending=[False, True]).iloc[0]
    names = [c.id for c in figures if not fitting_counts(c, int(best["n"]))]
    return ImpliedBase(
        int(best["n"]), int(best["fits"]), int(best["of"]), tuple(names), float(best["chance_up_to"])
    )


def counts_at(claim: Claim, n: int) -> list[int]:
    """List the counts that agree with a figure, or, when none does, those one off in its last digit."""
    counts = fitting_counts(claim, n)
    if counts or claim.type != "exact":
        return counts
    step = 10.0**-claim.digits
    off = [claim.model_copy(update={"published": round(claim.figure + s, 6)}) for s in (-step, step)]
    return sorted({count for other in off for count in fitting_counts(other, n)})
