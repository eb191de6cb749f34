"""How far who took part can have moved a result: indices of selection.

Two kinds. The R-indicator looks at the make-up of the respondents alone: how unequal the chances of taking
part were between classes whose sizes in the population are known. SMUB and MUBP are about an answer: how far
its mean or share is off, if taking part went with what those classes tell of the answer (phi = 0), with the
answer itself (phi = 1), or with both (phi = 0.5).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, stats

from .coding import DesignError

#: How much of the selection is by the answer itself: none, half, all of it.
PHIS = (0.0, 0.5, 1.0)


@dataclass(frozen=True)
class Variation:
    """How unequal the chances of taking part are.

    Attributes
    ----------
    cv
        Coefficient of variation of the chances, in the population. It is the largest standardised bias that
        a mean can have, if the chances vary with nothing but these classes (Schouten, Cobben and Bethlehem).
    adjusted
        The same without what chance adds in a sample of this size; 0 where chance explains all of it.
    largest_rate
        The largest rate of participation at which no class has a chance above one.
    """

    cv: float
    adjusted: float
    largest_rate: float

    def r_indicator(self, rate: float) -> float:
        """Compute R = 1 - 2 S, S being the standard deviation of the chances at a rate of participation.

        1: all chances are equal. B. Schouten, F. Cobben, J. Bethlehem (2009), Indicators for the
        representativeness of survey response, *Survey Methodology* 35(1). An open call has no known rate;
        then R is known at an assumed one only, while `cv` needs none.
        """
        if not 0 <= rate <= 1:
            raise DesignError(f"the rate of participation must lie between 0 and 1, not {rate:g}.")
        return 1 - 2 * rate * self.cv


def variation_of_classes(counts: Mapping[str, int], shares: Mapping[str, float]) -> Variation:
    """Compute how unequal the chances of taking part are between classes of known size.

    With shares w of the respondents and W of the population, chances are in proportion to w / W, so that
    ``cv² = sum W (w / W - 1)²``. A random sample of n has ``sum (w (1 - w) / W) / (n - 1)`` of it by chance,
    which is taken off for `adjusted`.

    Parameters
    ----------
    counts : mapping
        Class → respondents.
    shares : mapping
        Class → share of the population, or any numbers in proportion to them.

    Returns
    -------
    Variation

    Raises
    ------
    DesignError
        If classes differ, shares are not above zero, or there are fewer than two respondents.
    """
    if counts.keys() != shares.keys():
        odd = ", ".join(sorted(map(str, counts.keys() ^ shares.keys())))
        raise DesignError(f"classes of the respondents and of the population differ: {odd}.")
    n = np.array([counts[name] for name in shares], dtype=float)
    known = np.array(list(shares.values()), dtype=float)
    if not (np.isfinite(known).all() and (known > 0).all()) or n.sum() < 2 or (n < 0).any():
        raise DesignError("every class needs a share above zero, and there must be two or more respondents.")
    known, own = known / known.sum(), n / n.sum()
    square = float((known * (own / known - 1) ** 2).sum())
    by_chance = float((own * (1 - own) / known).sum() / (n.sum() - 1))
    return Variation(
        np.sqrt(square), np.sqrt(max(square - by_chance, 0.0)), float(min(1, 1 / max(own / known)))
    )


def variation_of_weights(weights: ArrayLike) -> Variation:
    """Compute how unequal the chances of taking part are, if they are one over calibrated weights.

    With weights of mean 1, ``cv² = mean(1 / weight) - 1``; where the weights are those of classes this is
    `variation_of_classes`. It takes several margins together. What chance adds is not known here: `adjusted`
    is missing.

    Raises
    ------
    DesignError
        For a weight that is not above zero.
    """
    values = np.asarray(weights, dtype=float)
    if not len(values) or not (np.isfinite(values).all() and (values > 0).all()):
        raise DesignError("a chance of taking part needs a weight above zero for everybody.")
    values = values / values.mean()
    return Variation(
        float(np.sqrt(max((1 / values).mean() - 1, 0.0))), float("nan"), float(min(1, values.min()))
    )


def proxy(answer: ArrayLike, auxiliary: ArrayLike) -> np.ndarray:
    """Compute the best linear prediction of an answer from what is known of the population too.

    Parameters
    ----------
    answer
        (rows,) numbers.
    auxiliary
        (rows, k) columns, as 0 and 1 for classes; a constant is added.
    """
    y, columns = np.asarray(answer, dtype=float), np.asarray(auxiliary, dtype=float)
    matrix = np.column_stack([np.ones(len(y)), columns])
    return matrix @ np.linalg.lstsq(matrix, y, rcond=None)[0]


def smub(
    answer: ArrayLike, predicted: ArrayLike, population_mean: float, phis: Sequence[float] = PHIS
) -> tuple[float, dict[float, float]]:
    """Compute the standardised measure of unadjusted bias of a mean.

    ``SMUB(phi) = (phi + (1 - phi) r) / (phi r + (1 - phi)) · (mean of proxy - its population mean) / sd of
    proxy``; r is the correlation of answer and proxy among respondents. R. J. A. Little, B. T. West,
    P. S. Boonstra, J. Hu (2020), Measures of the degree of departure from ignorable sample selection,
    *Journal of Survey Statistics and Methodology* 8(5).

    Parameters
    ----------
    answer, predicted
        (rows,) of the respondents, unweighted; `predicted` from `proxy`.
    population_mean
        Of the proxy.
    phis
        How much of the selection is by the answer itself.

    Returns
    -------
    tuple
        r, and phi → standard deviations of the answer by which the mean of the respondents is too high.

    Raises
    ------
    DesignError
        If answer or proxy do not vary, so that the classes tell nothing of the answer.
    """
    y, x = np.asarray(answer, dtype=float), np.asarray(predicted, dtype=float)
    r, shift = _related(y, x, population_mean)
    return r, {phi: _slope(r, phi) * shift for phi in phis}


def mubp(
    answer: ArrayLike,
    predicted: ArrayLike,
    population_mean: float,
    population_variance: float,
    phis: Sequence[float] = PHIS,
) -> tuple[float, dict[float, float]]:
    """Compute the measure of unadjusted bias of a proportion, where respondents are few of the population.

    The answer is yes where a normal variable U is above zero; r is its correlation with the proxy among the
    respondents (two-step maximum likelihood: the share fixes the threshold, then r is estimated). With ``g =
    (phi + (1 - phi) r) / (phi r + (1 - phi))``, d = (population mean - mean of proxy) / sd of proxy and v =
    population variance / variance of proxy, the share in the population is ``Phi((z + g d) / sqrt(1 + g² (v -
    1)))``, z being the normal quantile of the share found. R. R. Andridge, B. T. West, R. J. A. Little,
    P. S. Boonstra, F. Alvarado-Leiva (2019), *JRSS C* 68(5); R. R. Andridge, R. J. A. Little (2020), Proxy
    pattern-mixture analysis for a binary variable subject to nonresponse, *Journal of Official Statistics*
    36(3).

    Parameters
    ----------
    answer
        (rows,) yes or no of the respondents, unweighted.
    predicted
        (rows,) from `proxy`.
    population_mean, population_variance
        Of the proxy.
    phis
        How much of the selection is by the answer itself.

    Returns
    -------
    tuple
        r, and phi → by how much the share of the respondents is too high (a fraction).

    Raises
    ------
    DesignError
        If all gave one answer, or the classes tell nothing of it.
    """
    y, x = np.asarray(answer, dtype=float), np.asarray(predicted, dtype=float)
    if not np.isin(y, (0, 1)).all():
        raise DesignError("a proportion is of answers that are yes or no.")
    _, shift = _related(y, x, population_mean)
    share, z = y.mean(), stats.norm.ppf(y.mean())
    standard = (x - x.mean()) / x.std()

    sign = 2 * y - 1

    def score(r: float) -> float:
        """The derivative of the log likelihood to r, up to a factor above zero."""
        at = sign * (z + r * standard) / np.sqrt(1 - r**2)
        return float(
            (sign * np.exp(stats.norm.logpdf(at) - stats.norm.logcdf(at)) * (standard + r * z)).sum()
        )

    # Without a root the likelihood grows all the way: the proxy tells the answer, or nothing of it.
    ends = (0.0, 1 - 1e-9)
    signs = [score(end) > 0 for end in ends]
    r = optimize.brentq(score, *ends, xtol=1e-14) if signs == [True, False] else ends[signs[0]]
    wider = population_variance / x.var() - 1
    found = {}
    for phi in phis:
        slope = _slope(r, phi)
        # A population in which the proxy varies less than U can bear has no such share.
        spread = 1 + slope**2 * wider
        truth = stats.norm.cdf((z - slope * shift) / np.sqrt(spread)) if spread > 0 else np.nan
        found[phi] = float(share - truth)
    return r, found


def _slope(r: float, phi: float) -> float:
    return (phi + (1 - phi) * r) / (phi * r + (1 - phi))


def _related(y: np.ndarray, x: np.ndarray, population_mean: float) -> tuple[float, float]:
    """The correlation of answer and proxy, and by how many sd the proxy of the respondents is too high."""
    if len(y) < 3 or y.std() == 0 or x.std() <= 1e-12 * max(1.0, np.abs(x).max()):
        raise DesignError("answer or proxy do not vary: what is known of the population tells nothing of it.")
    return float(np.corrcoef(y, x)[0, 1]), float((x.mean() - population_mean) / x.std())
