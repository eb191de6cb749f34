"""Which values agree with a published figure, given how it was worded.

The reconstruction of responses and the verdicts on the statements both ask here, so that they cannot differ.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nsmo.study.comparisons import Term
    from nsmo.study.estimands import Estimate
    from nsmo.study.statements import Claim, Published, Wording

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
    Each wording has its function: `rounded`, `about`, `almost`, `over`, `spoken`, `almost_spoken`,
    `more_than`; a difference and an association are `on_side`.
    """
    kind = getattr(claim, "worded", None) or claim.type
    if claim.value is not None:
        percent = getattr(claim, "unit", "percent") == "percent"
        return _of_figure(kind, claim.value, claim.decimals or 0, claim.fraction, percent)
    return _of_direction(kind, getattr(claim, "estimate", None), getattr(claim, "sign", None))


def rounded(value: float, decimals: int) -> Interval:
    """Return what is rounded to a figure with so many decimals, halves up.

    Examples
    --------
    >>> str(rounded(48.2, 1))
    '[48.15, 48.25)'
    """
    half = 0.5 / 10**decimals
    return Interval(value - half, value + half)


def about(value: float) -> Interval:
    """Return what is less than 1 from a figure ("zo'n X").

    Examples
    --------
    >>> str(about(84))
    '(83, 85)'
    """
    return Interval(value - 1, value + 1, closed_low=False)


def almost(value: float) -> Interval:
    """Return what is below a figure by at most 1 ("bijna X").

    Examples
    --------
    >>> str(almost(86))
    '[85, 86)'
    """
    return Interval(value - 1, value)


def over(value: float) -> Interval:
    """Return what is above a figure by less than 1 ("ruim X", "iets meer dan X").

    Examples
    --------
    >>> str(over(36))
    '(36, 37)'
    """
    return Interval(value, value + 1, closed_low=False)


def spoken(share: str) -> Interval:
    """Return what is nearer to a spoken fraction than to its neighbours ("een op drie"), in per cent.

    Examples
    --------
    >>> str(spoken("1/3"))
    '[29.1667, 36.6667]'
    """
    fractions = sorted({Fraction(a, b) for b in range(1, SPOKEN_DENOMINATOR + 1) for a in range(b + 1)})
    place = fractions.index(Fraction(share))
    low, high = ((fractions[place] + other) / 2 for other in (fractions[place - 1], fractions[place + 1]))
    return Interval(float(100 * low), float(100 * high), closed_high=True)


def almost_spoken(share: str) -> Interval:
    """Return what is nearer to a spoken fraction than to its neighbours, and below it ("bijna een derde").

    Examples
    --------
    >>> str(almost_spoken("1/3"))
    '[29.1667, 33.3333)'
    """
    return Interval(spoken(share).low, float(100 * Fraction(share)))


def more_than(value: float, percent: bool) -> Interval:
    """Return what is above a bound ("meer dan een kwart", "de meeste").

    Examples
    --------
    >>> str(more_than(25, percent=True))
    '(25, 100]'
    """
    return Interval(value, 100.0 if percent else math.inf, closed_low=False, closed_high=True)


def on_side(sign: str, end: float) -> Interval:
    """Return what is on the side of zero that a sign says, up to an end.

    Examples
    --------
    >>> str(on_side("+", 1)), str(on_side("-", 1))
    ('(0, 1]', '[-1, 0)')
    """
    if sign == "-":
        return Interval(-end, 0)
    return Interval(0, end, closed_low=False, closed_high=end < math.inf)


def _of_figure(
    kind: str, value: float, decimals: int, fraction: str | None, percent: bool
) -> Interval | None:
    if fraction and kind in ("fraction", "almost"):
        return spoken(fraction) if kind == "fraction" else almost_spoken(fraction)
    simple = {"about": about, "almost": almost, "over": over}
    if kind in simple:
        return simple[kind](value)
    if kind == "exact":
        return rounded(value, decimals)
    return more_than(value, percent) if kind == "more_than" else None


def _of_direction(kind: str, estimate: "Estimate | None", sign: str | None) -> Interval | None:
    if kind == "difference" and estimate is not None and estimate.measure == "difference":
        return on_side("+", math.inf)
    if kind in ("association", "significant"):
        return on_side(sign or "+", math.inf if getattr(estimate, "method", None) == "log_odds" else 1.0)
    return None


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
