"""GRIM: which numbers of respondents can have given a published percentage.

A percentage of n respondents is a count over n. Rounded to d decimals, only some values can occur; a printed
value that cannot occur at n shows another base, another rounding or a slip (Brown and Heathers 2017).
All arithmetic is on integers, so no result depends on binary fractions.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from functools import cache

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
    counts = np.arange(lowest, highest + 1)
    fits = [_printed(counts * scale, n, way) == printed for way in _ways(rounding)]
    return counts[np.any(fits, axis=0)].tolist()


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
    places = [decimals] * len(percentages) if isinstance(decimals, int) else list(decimals)
    if len(places) != len(percentages):
        raise ValueError(f"{len(percentages)} percentages, but decimals for {len(places)}.")
    sizes = [sizes] if isinstance(sizes, int) else sorted(set(sizes))
    rows, chances = [], []
    for n in sizes:
        misfits = [
            p for p, d in zip(percentages, places, strict=True) if not possible_counts(p, n, d, rounding)
        ]
        fits = len(percentages) - len(misfits)
        share = {d: printable_share(n, d, rounding) for d in set(places)}
        tail = _tail([share[d] for d in places])
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


# The same sizes are asked after again and again: half of the time of a page on published figures.
@cache
def printable_share(n: int, decimals: int = 1, rounding: str = "either") -> float:
    """Share of the percentages from 0 to 100 with so many decimals that some count out of n is printed as."""
    return float(_printable([n], decimals, rounding)[0].mean())


def chance_of_any(
    fits: int,
    of: int,
    sizes: Iterable[int],
    decimals: int = 1,
    rounding: str = "either",
    *,
    draws: int = 400,
    seed: int = 0,
) -> pd.DataFrame:
    """How often some base among those tried fits so many percentages that have nothing to do with any.

    Parameters
    ----------
    fits, of
        At least so many fit, of so many.
    sizes
        Numbers of respondents to try.
    decimals, rounding
        As in `possible_counts`.
    draws
        Draws for each size.
    seed
        Of the draws.

    Returns
    -------
    pandas.DataFrame
        A row per size: ``n``; ``chance`` that one of the sizes up to this one fits; ``se`` of the simulation.

    Raises
    ------
    ValueError
        Fewer than 1 or more than `of` fits; no sizes; as in `possible_counts`.

    Notes
    -----
    The percentages are independent and uniform over all that can be printed. The chance of the union is the
    sum over n of P(n fits) times the mean, among draws at which n fits, of 1 over the number of sizes that
    fit (Karp and Luby 1983): a chance of one in a million needs no million draws.
    """
    sizes = sorted(set(sizes))
    if not sizes or not 1 <= fits <= of:
        raise ValueError(f"needs sizes to try and 1 to {of} fits; found {len(sizes)} sizes, {fits} fits.")
    table = _printable(sizes, decimals, rounding)
    by_value = _by_value(table, of)
    random = np.random.default_rng(seed)
    total, variance = np.zeros(len(sizes)), np.zeros(len(sizes))
    # One over each number of sizes that can fit; no division by none, where the chance is none as well.
    inverse = 1 / np.maximum(np.arange(len(sizes) + 1), 1)
    for i, row in enumerate(table):
        tail = _tail([row.mean()] * of)
        mass = np.clip(-np.diff(np.append(tail, 0.0)), 0, None)[fits:]
        hits = random.choice(np.arange(fits, of + 1), size=draws, p=mass / mass.sum())
        inside, outside = np.flatnonzero(row), np.flatnonzero(~row)
        values = random.choice(inside, size=(draws, of))
        if len(outside):
            other = random.choice(outside, size=(draws, of))
            values = np.where(np.arange(of) < hits[:, None], values, other)
        # Sizes down, draws across; those before this one only count.
        fitting = (_fitting(by_value, values) >= fits).T
        counts = fitting[i:].cumsum(axis=0, dtype=np.int32) + fitting[:i].sum(axis=0, dtype=np.int32)
        share = tail[fits] * inverse[counts]
        total[i:] += share.mean(axis=1)
        variance[i:] += share.var(axis=1) / draws
    return pd.DataFrame({"n": sizes, "chance": total, "se": np.sqrt(variance)})


def chance_with_bases(
    groups: Sequence[int],
    bases: tuple[int, int],
    fits: int,
    sizes: Iterable[int],
    decimals: int = 1,
    rounding: str = "half_up",
    *,
    draws: int = 20_000,
    seed: int = 0,
) -> pd.DataFrame:
    """How often some size fits so many percentages when each group of them has a base of its own.

    Parameters
    ----------
    groups
        How many percentages share a base: one number for each base.
    bases
        Each base is drawn evenly from so many to so many respondents, the share of each count in it too.
    fits
        At least so many fit.
    sizes
        Numbers of respondents to try.
    decimals, rounding
        As in `possible_counts`; "either" is no way to print a count.
    draws, seed
        Of the simulation.

    Returns
    -------
    pandas.DataFrame
        As from `chance_of_any`.

    Raises
    ------
    ValueError
        Bases below 1, or from more to fewer; the rounding "either".
    """
    low, high = bases
    if not 1 <= low <= high:
        raise ValueError(f"bases from {low} to {high} respondents; expected 1 or more, smallest first.")
    if rounding == "either":
        raise ValueError("a count is printed by one rounding; choose half_up, half_even or down.")
    sizes = sorted(set(sizes))
    by_value = _by_value(_printable(sizes, decimals, rounding), sum(groups))
    scale = 100 * 10**decimals
    random = np.random.default_rng(seed)
    found = np.zeros(len(sizes))
    for start in range(0, draws, 1000):
        size = min(1000, draws - start)
        printed = []
        for count in groups:
            base = random.integers(low, high + 1, size=(size, 1))
            part = random.integers(0, base + 1, size=(size, count))
            printed.append(_printed(part * scale, base, rounding))
        fitting = _fitting(by_value, np.concatenate(printed, axis=1)) >= fits
        found += np.maximum.accumulate(fitting, axis=1).sum(axis=0)
    chance = found / draws
    return pd.DataFrame({"n": sizes, "chance": chance, "se": np.sqrt(chance * (1 - chance) / draws)})


def _by_value(table: np.ndarray, of: int) -> np.ndarray:
    """Turn what each size can print into the sizes that can print each value, in numbers to count to `of`."""
    return np.ascontiguousarray(table.T, dtype=np.min_scalar_type(of))


def _fitting(by_value: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Count, for each draw of values (row) and each size (column), the values that the size can give."""
    found = by_value[values[:, 0]]
    for column in values.T[1:]:
        found += by_value[column]
    return found


def _printable(sizes: Sequence[int], decimals: int, rounding: str) -> np.ndarray:
    """For each size, which of the printable percentages some count is printed as."""
    if rounding not in ROUNDING:
        raise ValueError(f"rounding must be one of {', '.join(ROUNDING)}, not {rounding!r}.")
    scale = 100 * 10**decimals
    table = np.zeros((len(sizes), scale + 1), dtype=bool)
    for row, n in zip(table, sizes, strict=True):
        for way in _ways(rounding):
            row[_printed(np.arange(n + 1) * scale, n, way)] = True
    return table


def _ways(rounding: str) -> tuple[str, ...]:
    return ("half_up", "half_even") if rounding == "either" else (rounding,)


def _printed(numerators: np.ndarray, base: int | np.ndarray, rounding: str) -> np.ndarray:
    """Whole numbers that numerators / base are rounded to; "either" is no way to round one number."""
    below, rest = np.divmod(numerators, base)
    if rounding == "down":
        return below
    tie = 2 * rest == base
    return below + ((2 * rest > base) | (tie & (below % 2 == 1) if rounding == "half_even" else tie))


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
