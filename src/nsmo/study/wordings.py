"""Which values agree with a published figure, given how it was worded.

The reconstruction of responses and the verdicts on the statements both ask here, so that they cannot differ.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nsmo.study.statements import Claim, Estimate, Published, Term, Wording

#: Fractions that people say have a denominator up to five. A spoken fraction reaches half-way to the next.
SPOKEN_DENOMINATOR = 5
#: Rounding noise of floats, far below the last digit of any published figure.
_TINY = 1e-9


@dataclass(frozen=True)
class Interval:
    """Values from `low` to `high`; a bound belongs to it where it is closed."""

    low: float
    high: float
    closed_low: bool = True
    closed_high: bool = False

    def contains(self, value: float) -> bool:
        """Return whether a value lies inside; noise of floating point at a bound does not matter."""
        above = value >= self.low - _TINY if self.closed_low else value > self.low + _TINY
        below = value <= self.high + _TINY if self.closed_high else value < self.high - _TINY
        return above and below

    def overlaps(self, other: "Interval") -> bool:
        """Return whether some value lies in both."""
        first, second = sorted((self, other), key=lambda interval: interval.low)
        if abs(second.low - first.high) <= _TINY:
            return first.closed_high and second.closed_low
        return second.low < first.high

    def __add__(self, other: "Interval") -> "Interval":
        return Interval(
            self.low + other.low,
            self.high + other.high,
            self.closed_low and other.closed_low,
            self.closed_high and other.closed_high,
        )

    def complement(self, whole: float = 100) -> "Interval":
        """Return what is left of the whole."""
        return Interval(whole - self.high, whole - self.low, self.closed_high, self.closed_low)

    def __str__(self) -> str:
        left, right = "[" if self.closed_low else "(", "]" if self.closed_high else ")"
        return f"{left}{self.low:g}, {self.high:g}{right}"


def interval(claim: "Claim | Wording") -> Interval | None:
    """Return the values that agree with a published figure as it was worded.

    Parameters
    ----------
    claim : Claim or Wording
        The figure; readings and parts share the values of their claim.

    Returns
    -------
    Interval or None
        In the claim's own unit. None where the wording is about an order, or about nothing that was measured.

    Notes
    -----
    exact: within half a unit of the last digit, halves rounded up. about X: (X − 1, X + 1).
    almost X: [X − 1, X). over X: (X, X + 1). fraction: up to the midpoints to the neighbouring fractions with
    a denominator of at most five. almost a fraction: the part of that below the fraction. more_than X:
    (X, 100], or without an upper end. difference, association: on the side of the sign.
    """
    kind = getattr(claim, "worded", None) or claim.type
    if claim.value is not None:
        percent = getattr(claim, "unit", "percent") == "percent"
        return _of_figure(kind, claim.value, claim.decimals or 0, claim.fraction, percent)
    return _of_direction(kind, getattr(claim, "estimate", None), getattr(claim, "sign", None))


def _of_figure(
    kind: str, value: float, decimals: int, fraction: str | None, percent: bool
) -> Interval | None:
    if kind == "exact":
        half = 0.5 / 10**decimals
        return Interval(value - half, value + half)
    if kind == "about":
        return Interval(value - 1, value + 1, closed_low=False)
    if kind == "over":
        return Interval(value, value + 1, closed_low=False)
    if kind in ("almost", "fraction") and fraction:
        low, high = _spoken(Fraction(fraction))
        return Interval(low, value) if kind == "almost" else Interval(low, high, closed_high=True)
    if kind == "almost":
        return Interval(value - 1, value)
    if kind == "more_than":
        return Interval(value, 100.0 if percent else math.inf, closed_low=False, closed_high=True)
    return None


def _of_direction(kind: str, estimate: "Estimate | None", sign: str | None) -> Interval | None:
    if kind == "difference" and estimate is not None and estimate.measure == "difference":
        return Interval(0, math.inf, closed_low=False)
    if kind in ("association", "significant"):
        end = math.inf if getattr(estimate, "method", None) == "log_odds" else 1.0
        if sign == "-":
            return Interval(-end, 0, closed_high=False)
        return Interval(0, end, closed_low=False, closed_high=True)
    return None


def _spoken(share: Fraction) -> tuple[float, float]:
    """Return the midpoints, in per cent, between a spoken fraction and its neighbours."""
    spoken = sorted({Fraction(a, b) for b in range(1, SPOKEN_DENOMINATOR + 1) for a in range(b + 1)})
    place = spoken.index(share)
    low, high = (share + spoken[place - 1]) / 2, (share + spoken[place + 1]) / 2
    return float(100 * low), float(100 * high)


def values_of(term: "Term", published: "Published") -> Interval:
    """Return the values, in per cent, that one term of a comparison allows."""
    ranges = _ranges([published.claim(name) for name in term.claims])
    total = ranges[0]
    for other in ranges[1:]:
        total = total + other
    if term.as_ == "at_most":
        return Interval(0, total.high, closed_high=total.closed_high)
    return total.complement() if term.as_ == "complement" else total


def _ranges(claims: "Sequence[Claim | Wording]") -> list[Interval]:
    found = [interval(claim) for claim in claims]
    if None in found:
        raise ValueError(f"{[getattr(claim, 'id', claim.type) for claim in claims]}: no range of values")
    return [values for values in found if values is not None]


def fitting_counts(claims: "Claim | Wording | Sequence[Claim | Wording]", n: int) -> list[int]:
    """List the counts (for a mean, the totals) among n respondents that agree with every one of the wordings.

    Parameters
    ----------
    claims : Claim, Wording or several
        Figures in per cent, or means of whole numbers.
    n : int
        Number of respondents in the base.

    Returns
    -------
    list of int
        Empty where no count agrees.
    """
    several = list(claims) if isinstance(claims, Sequence) else [claims]
    ranges = _ranges(several)
    units = [getattr(claim, "unit", None) for claim in several]
    unit = next((unit for unit in units if unit is not None), "percent")
    scale = 100 if unit == "percent" else 1
    low = max(values.low for values in ranges)
    high = min(values.high for values in ranges)
    top = n if unit == "percent" else math.inf
    first = max(0, math.floor(low * n / scale))
    last = min(top, math.ceil(high * n / scale)) if high < math.inf else top
    if last == math.inf:
        raise ValueError("the wording sets no upper end")
    return [
        count
        for count in range(first, int(last) + 1)
        if all(values.contains(scale * count / n) for values in ranges)
    ]
