"""How the respondents can divide into groups so that every published share comes out."""

import math
from collections.abc import Iterable
from itertools import product

import pandas as pd
from scipy import stats as distributions

from nsmo.stages.claims import counts_at, fisher, splits
from nsmo.study import Codebook
from nsmo.study.comparisons import Whole
from nsmo.study.estimands import Difference, Mean, Proportion
from nsmo.study.statements import Claim, Published, Wording
from nsmo.study.wordings import fitting_counts


def sums(published: Published, n: int) -> pd.DataFrame:
    """List every way in which groups that are everybody can have given their published shares.

    Parameters
    ----------
    published : Published
        The statements, with their wholes.
    n : int
        Number of respondents.

    Returns
    -------
    DataFrame
        A row per whole, solution and part: ``whole``, ``label``, ``inference`` (no publication says that
        these are the parts), ``solution``, ``part``, ``count``, ``share``, ``n``, ``claims``. A whole without
        a solution has no rows.
    """
    rows = []
    for whole in published.wholes:
        for number, counts in enumerate(_solutions(whole, published, n), start=1):
            for part, count in zip(whole.parts, counts, strict=True):
                rows.append(
                    {
                        "whole": whole.name,
                        "label": whole.label.en,
                        "inference": whole.assumption is not None,
                        "solution": number,
                        "part": part.label.en,
                        "count": count,
                        "share": count / n,
                        "n": n,
                        "claims": "; ".join(part.claims),
                    }
                )
    columns = ["whole", "label", "inference", "solution", "part", "count", "share", "n", "claims"]
    return pd.DataFrame(rows, columns=columns)


def sums_over_sizes(published: Published, sizes: Iterable[int], n: int) -> pd.DataFrame:
    """Count how much it means that groups add up: at how many other numbers of respondents they do, too.

    Parameters
    ----------
    published, n
        As in `sums`.
    sizes : iterable of int
        Numbers of respondents to try.

    Returns
    -------
    DataFrame
        A row per whole: ``whole``, ``label``; ``solutions`` at n; ``sizes`` tried; ``adding_up`` (sizes with
        a solution); ``strict`` (those with one when every worded figure is the nearest whole per cent).
    """
    sizes = list(sizes)
    rows = []
    for whole in published.wholes:
        strict = [size for size in sizes if _solutions(whole, published, size, strict=True)]
        rows.append(
            {
                "whole": whole.name,
                "label": whole.label.en,
                "solutions": len(_solutions(whole, published, n)),
                "sizes": len(sizes),
                "adding_up": sum(bool(_solutions(whole, published, size)) for size in sizes),
                "strict": len(strict),
            }
        )
    return pd.DataFrame(rows, columns=["whole", "label", "solutions", "sizes", "adding_up", "strict"])


def _solutions(whole: Whole, published: Published, n: int, strict: bool = False) -> list[tuple[int, ...]]:
    possible = []
    for part in whole.parts:
        claims = [published.claim(name) for name in part.claims]
        wordings: list[Claim | Wording] = [*claims, *(other for claim in claims for other in claim.also)]
        counts = fitting_counts(wordings, n)
        if strict:
            counts = [c for c in counts if all(_nearest(claim, 100 * c / n) for claim in claims)]
        possible.append(counts)
    last = set(possible[-1])
    first = product(*possible[:-1])
    return [(*counts, n - sum(counts)) for counts in first if n - sum(counts) in last]


def _nearest(claim: Claim, percent: float) -> bool:
    """Whether a figure worded as about, almost or over a number lies nearest to that number."""
    kind = claim.worded or claim.type
    if kind not in ("about", "almost", "over") or claim.fraction:
        return True
    return abs(percent - claim.figure) <= 0.5 + 1e-9


def group_splits(published: Published, n: int) -> pd.DataFrame:
    """List every split of the respondents in two groups that gives the three published shares, and test it.

    Parameters
    ----------
    published : Published
        Claims with the rule `two_groups` are looked at.
    n : int
        Number of respondents.

    Returns
    -------
    DataFrame
        A row per claim and split: ``claim``, ``by``, ``first``, ``second`` (groups), ``first_count``,
        ``first_n``, ``second_count``, ``second_n``, ``first_share``, ``second_share``, ``share``, ``p``
        (Fisher, two sided), ``rounded`` (fits too when the share of all is a rounded figure, whatever words
        stand around it).
    """
    rows = []
    for claim, (first, second, both) in two_groups(published):
        compared = claim.estimated(Difference)
        narrow = set(splits(first, second, both, n, rounded=True))
        for split in splits(first, second, both, n):
            a, m, b, k = split
            rows.append(
                {
                    "claim": claim.id,
                    "by": compared.by,
                    "first": compared.groups[0],
                    "second": compared.groups[1],
                    **{"first_count": a, "first_n": m, "second_count": b, "second_n": k},
                    "first_share": a / m,
                    "second_share": b / k,
                    "share": (a + b) / n,
                    "p": fisher(split),
                    "rounded": split in narrow,
                }
            )
    columns = ["claim", "by", "first", "second", "first_count", "first_n", "second_count", "second_n"]
    return pd.DataFrame(
        rows, columns=[*columns, "first_share", "second_share", "share", "p", "rounded"]
    ).astype({"rounded": bool})


def group_means(
    published: Published, codebook: Codebook, found: pd.DataFrame, alpha: float = 0.05
) -> pd.DataFrame:
    """Compute what the published means of two groups give together, for each split of the respondents.

    Parameters
    ----------
    published
        As in `group_splits`.
    codebook : Codebook
        Knows which options a number counts.
    found : DataFrame
        The splits.
    alpha : float
        Level of the test that was not possible.

    Returns
    -------
    DataFrame
        A row per claim on a difference of means and split: ``claim``, ``first_n``, ``second_n``;
        ``total_low``, ``total_high`` (all that was counted, in both groups), ``mean_low``, ``mean_high``;
        ``counted`` (the number that the means are of);
        ``named`` (counted by the published shares of options), ``other_low``, ``other_high`` (what is left
        for all other options); ``sd`` below which the difference would have been significant (t test, equal
        spread, difference as printed) and ``sd_most`` (the largest difference that the rounding allows).
    """
    rows = []
    means = {
        _group(claim): claim
        for claim in published.claims
        if isinstance(claim.estimate, Mean) and claim.estimate.where
    }
    for claim, (first, second, _) in two_groups(published):
        one, other = means.get(_group(first)), means.get(_group(second))
        if one is None or other is None:
            continue
        for row in found[(found["claim"] == claim.id)].to_dict("records"):
            m, k = row["first_n"], row["second_n"]
            n = m + k
            named = _named_total(published, codebook, one.estimated(Mean).question, n)
            totals = [fitting_counts(mean, size) for mean, size in ((one, m), (other, k))]
            low, high = sum(t[0] for t in totals), sum(t[-1] for t in totals)
            reach = distributions.t.ppf(1 - alpha / 2, n - 2) * math.sqrt(1 / m + 1 / k)
            difference = abs(one.figure - other.figure)
            step = 10.0**-one.digits
            rows.append(
                {
                    "claim": claim.id,
                    **{"first_n": m, "second_n": k, "rounded": row["rounded"]},
                    **{"total_low": low, "total_high": high, "mean_low": low / n, "mean_high": high / n},
                    "counted": one.estimated(Mean).question,
                    **{"named": named, "other_low": low - named, "other_high": high - named},
                    "sd": difference / reach,
                    "sd_most": (difference + step) / reach,
                }
            )
    columns = ["claim", "first_n", "second_n", "rounded", "total_low", "total_high", "mean_low", "mean_high"]
    columns += ["counted", "named", "other_low", "other_high", "sd", "sd_most"]
    return pd.DataFrame(rows, columns=columns).astype({"rounded": bool})


def two_groups(published: Published) -> list[tuple[Claim, list[Claim]]]:
    """List the claims that compare the shares of two groups, with the claims on both groups and on all."""
    return [
        (claim, [published.claim(name) for name in claim.from_published.claims])
        for claim in published.claims
        if claim.from_published is not None and claim.from_published.rule == "two_groups"
    ]


def _group(claim: Claim) -> str:
    """Return of whom a figure is, as a key; of all it is the empty text."""
    where = claim.estimated(Proportion, Mean).where
    return str(where.model_dump()) if where else ""


def _named_total(published: Published, codebook: Codebook, question: str, n: int) -> int:
    """Count the ticks that the published shares of single options make among n respondents."""
    counted = getattr(codebook.variable(question).definition, "of", None)
    named = [
        claim
        for claim in published.claims
        if claim.estimate is not None
        and claim.estimate.measure == "proportion"
        and claim.estimate.question == counted
        and claim.estimate.where is None
    ]
    return sum(counts_at(claim, n)[0] for claim in named)
