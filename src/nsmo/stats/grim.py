"""GRIM: which numbers of respondents can have given a published percentage.

A percentage of n respondents is a count over n. Rounded to d decimals, only some values can occur; a printed
value that cannot occur at n shows another base, another rounding or a slip (Brown and Heathers 2017).
All arithmetic is on integers, so no result hangs on binary fractions.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation

import numpy as np
import pandas as pd
from scipy import stats

ROUNDING = ("half_up", "half_even", "either", "down")


def possible_counts(
    percentage: str | float, n: int, decimals: int = 1, rounding: str = "either"
) -> list[int]:
    """Counts out of n that are printed as this percentage.

    Parameters
    ----------
    percentage
        As printed, 0 to 100; text or number.
    n
        Respondents in the base.
    decimals
        Decimals it was printed with (48.0 and 48 differ only by this).
    rounding
        What happens to a value halfway: "half_up", "half_even", "either" of these; "down" cuts off.

    Returns
    -------
    list of int
        Empty when no count fits; more than one when n exceeds the number of printable values.

    Raises
    ------
    ValueError
        A percentage outside 0 to 100 or with more decimals than said; n below 1; an unknown rounding.
    """
    if rounding not in ROUNDING:
        raise ValueError(f"rounding must be one of {', '.join(ROUNDING)}, not {rounding!r}.")
    if n < 1:
        raise ValueError(f"the base must be at least 1 respondent, not {n}.")
    printed = _units(percentage, decimals)
    scale = 100 * 10**decimals
    # A count can only be printed so if it lies within one unit of the value.
    lowest, highest = max(0, (printed - 1) * n // scale), min(n, -(-(printed + 1) * n // scale))
    return [
        count for count in range(lowest, highest + 1) if printed in _printings(count * scale, n, rounding)
    ]


def grim(
    percentages: Sequence[str | float],
    sizes: int | Iterable[int],
    decimals: int | Sequence[int] = 1,
    rounding: str = "either",
) -> pd.DataFrame:
    """How many of the printed percentages each base can have given, and how surprising that is.

    Parameters
    ----------
    percentages
        As printed, 0 to 100.
    sizes
        Numbers of respondents to try.
    decimals
        Decimals printed: one number for all, or one per percentage.
    rounding
        As in `possible_counts`.

    Returns
    -------
    pandas.DataFrame
        A row per size: ``n``; ``fits`` (percentages that are a count of n) ``of``; ``misfits`` (those that
        are not, in the order given); ``chance`` that at least so many fit when the printed values have
        nothing to do with n (each fits with the share of printable values that n can give; independent);
        ``chance_up_to``: bound on the chance that this or any smaller size tried does as well as this one
        (sum of the chances of that many fits, at most 1).

    Raises
    ------
    ValueError
        As in `possible_counts`; no percentages; or not one number of decimals per percentage.
    """
    percentages = list(percentages)
    if not percentages:
        raise ValueError("no percentages to test.")
    places = [int(decimals)] * len(percentages) if np.ndim(decimals) == 0 else list(decimals)
    if len(places) != len(percentages):
        raise ValueError(f"{len(percentages)} percentages, but decimals for {len(places)}.")
    sizes = [int(sizes)] if np.ndim(sizes) == 0 else sorted(set(sizes))
    rows, chances = [], []
    for n in sizes:
        misfits = [
            p for p, d in zip(percentages, places, strict=True) if not possible_counts(p, n, d, rounding)
        ]
        fits = len(percentages) - len(misfits)
        tail = _tail([printable_share(n, d, rounding) for d in places])
        chances.append(tail)
        rows.append(
            {
                "n": n,
                "fits": fits,
                "of": len(percentages),
                "misfits": misfits,
                "chance": tail[fits],
                "chance_up_to": min(1.0, float(sum(earlier[fits] for earlier in chances))),
            }
        )
    return pd.DataFrame(rows, columns=["n", "fits", "of", "misfits", "chance", "chance_up_to"])


def printable_share(n: int, decimals: int = 1, rounding: str = "either") -> float:
    """Share of the percentages from 0 to 100 with so many decimals that some count out of n is printed as."""
    scale = 100 * 10**decimals
    values = set()
    for count in range(n + 1):
        values |= _printings(count * scale, n, rounding)
    return len(values) / (scale + 1)


def _printings(numerator: int, n: int, rounding: str) -> set[int]:
    """Whole numbers that numerator/n may be rounded to."""
    below, rest = divmod(numerator, n)
    if rounding == "down" or 2 * rest < n:
        return {below}
    if 2 * rest > n or rounding == "half_up":
        return {below + 1}
    even = below + below % 2
    return {even} if rounding == "half_even" else {below + 1, even}


def _units(percentage: str | float, decimals: int) -> int:
    try:
        value = Decimal(str(percentage).strip())
    except InvalidOperation:
        raise ValueError(
            f"{percentage!r} is not a percentage; expected digits and a decimal point."
        ) from None
    if not 0 <= value <= 100:
        raise ValueError(f"a percentage lies between 0 and 100; found {percentage}.")
    units = value.scaleb(decimals)
    if units != units.to_integral_value():
        raise ValueError(f"{percentage} has more than {decimals} decimals; say with how many it was printed.")
    return int(units)


def _tail(shares: list[float]) -> np.ndarray:
    """Chance of at least 0, 1, …, m successes of independent trials with these chances."""
    if len(set(shares)) == 1:
        return stats.binom.sf(np.arange(len(shares) + 1) - 1, len(shares), shares[0])
    masses = np.ones(1)
    for share in shares:
        masses = np.convolve(masses, [1 - share, share])
    return masses[::-1].cumsum()[::-1]
