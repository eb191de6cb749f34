"""How many respondents a survey needs, for a share and for a difference between two."""

import math
from dataclasses import dataclass

from scipy.stats import norm


@dataclass(frozen=True)
class SampleSize:
    """What a survey needs.

    Attributes
    ----------
    exact
        Respondents, before rounding up.
    respondents
        The same as a whole number; of each of two groups, where there are two of one size.
    invited
        Respondents over the rate of response, rounded up.
    """

    exact: float
    respondents: int
    invited: int


def respondents_for_share(
    margin: float,
    share: float = 0.5,
    *,
    level: float = 0.95,
    deff: float = 1.0,
    population: float | None = None,
    response: float = 1.0,
) -> SampleSize:
    """Compute how many respondents estimate a share with a given margin of error.

    Parameters
    ----------
    margin
        Half the width of the interval, a fraction.
    share
        The share that is expected; one half needs most.
    level
        Of the interval.
    deff
        Design effect: of clusters, and of unequal weights (Kish: one plus their squared coefficient of
        variation).
    population
        Size of the population, if it is small: drawing without replacement needs fewer.
    response
        Share of the invited that answers. It raises the number of invitations, and says nothing of who does.

    Returns
    -------
    SampleSize
        ``n0 = deff z² p (1-p) / margin²``, and ``n0 / (1 + (n0 - 1)/N)`` of a population of N (Cochran 1977,
        section 4.4).

    Raises
    ------
    ValueError
        Fractions outside 0 to 1, a design effect or population of zero or less.
    """
    _check_fractions(margin=margin, share=share, level=level)
    _check_cost(deff, response)
    if population is not None and population < 1:
        raise ValueError(f"a population of {population} cannot be sampled")
    z = norm.ppf((1 + level) / 2)
    n = deff * z**2 * share * (1 - share) / margin**2
    if population is not None:
        n = n / (1 + (n - 1) / population)
    return _sized(n, response)


def respondents_for_difference(
    first: float,
    second: float,
    *,
    alpha: float = 0.05,
    power: float = 0.8,
    deff: float = 1.0,
    response: float = 1.0,
) -> SampleSize:
    """Compute how many respondents each of two equal groups needs, to find a difference of two shares.

    Parameters
    ----------
    first, second
        The shares.
    alpha
        Two-sided level of the test.
    power
        Wanted chance of finding the difference.
    deff, response
        As of `respondents_for_share`.

    Returns
    -------
    SampleSize
        Per group: ``(z_{1-alpha/2} sqrt(2 p q) + z_power sqrt(p1 q1 + p2 q2))² / (p1 - p2)²``, p the mean of
        the two (Fleiss, Levin and Paik 2003, chapter 4; R's ``power.prop.test``). For groups of unequal size
        see `power.power_of_difference`.

    Raises
    ------
    ValueError
        Fractions outside 0 to 1, equal shares, a power below the level.
    """
    _check_fractions(first=first, second=second, alpha=alpha, power=power)
    _check_cost(deff, response)
    if first == second:
        raise ValueError(f"two shares of {first} do not differ")
    if power <= alpha:
        raise ValueError(f"power {power} must lie above the level {alpha}")
    middle = (first + second) / 2
    none = norm.ppf(1 - alpha / 2) * math.sqrt(2 * middle * (1 - middle))
    true = norm.ppf(power) * math.sqrt(first * (1 - first) + second * (1 - second))
    return _sized(deff * ((none + true) / (first - second)) ** 2, response)


def _sized(n: float, response: float) -> SampleSize:
    whole = math.ceil(n - 1e-9)
    return SampleSize(n, whole, math.ceil(whole / response - 1e-9))


def _check_fractions(**fractions: float) -> None:
    for name, value in fractions.items():
        if not 0 < value < 1:
            raise ValueError(f"{name} must lie between 0 and 1, not {value}")


def _check_cost(deff: float, response: float) -> None:
    if not deff > 0:
        raise ValueError(f"a design effect of {deff} cannot be")
    if not 0 < response <= 1:
        raise ValueError(f"response must be above 0 and at most 1, not {response}")
