"""How many took part: as a publication says, or inferred from percentages printed with decimals (GRIM)."""

from collections.abc import Sequence
from dataclasses import dataclass

from nsmo.stats.grim import grim
from nsmo.study import StudyError
from nsmo.study.statements import Claim, Published
from nsmo.study.wordings import fitting_counts


@dataclass(frozen=True)
class Base:
    """The number of respondents that published figures are judged at, and how many of them it can give."""

    n: int
    inferred: bool
    """Whether no publication says it."""
    fits: int
    """How many of the percentages with decimals are counts of n."""
    of: int
    misfits: tuple[str, ...]
    """The claims whose percentage is none."""


def base_of(published: Published, sizes: Sequence[int]) -> Base:
    """Return the number of respondents: the published one, or else the one that the percentages imply.

    Implied is the smallest n that can give the most percentages with decimals (GRIM test). That is an
    inference, not a publication.

    Parameters
    ----------
    published : Published
        The statements; exact percentages with at least one decimal are used, each figure once.
    sizes : sequence of int
        Numbers of respondents to try where none was published.

    Raises
    ------
    StudyError
        If no number was published and no percentage with decimals.
    """
    figures, printed = published.with_decimals(), published.respondents
    if printed is None and not figures:
        raise StudyError(problems=published.unknown_base())
    if printed is not None:
        if not figures:
            return Base(printed.n, inferred=False, fits=0, of=0, misfits=())
        sizes = [printed.n]
    table = grim([c.figure for c in figures], sizes, [c.digits for c in figures], rounding="half_up")
    best = table.sort_values(["fits", "n"], ascending=[False, True]).iloc[0]
    n = int(best["n"])
    misfits = tuple(claim.id for claim in figures if not fitting_counts(claim, n))
    return Base(n, printed is None, int(best["fits"]), int(best["of"]), misfits)


def counts_at(claim: Claim, n: int) -> list[int]:
    """List the counts that agree with a figure, or, when none does, those one off in its last digit."""
    counts = fitting_counts(claim, n)
    if counts or claim.type != "exact":
        return counts
    step = 10.0**-claim.digits
    off = [claim.model_copy(update={"published": round(claim.figure + s, 6)}) for s in (-step, step)]
    return sorted({count for other in off for count in fitting_counts(other, n)})
