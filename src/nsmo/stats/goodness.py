"""Whether the shares of a question are those that are known of the population."""

from collections.abc import Mapping

import numpy as np
from scipy import stats

from .coding import DesignError
from .design import SurveyDesign
from .outcomes import HypothesisTest, answered, categories, covariance
from .quadratic import sum_tail

STATISTICS = ("F", "sum")


def goodness_of_fit(
    design: SurveyDesign, question: str, shares: Mapping[str, float], statistic: str = "F"
) -> HypothesisTest:
    """Test whether the shares of the answers are given ones (R's ``svygofchisq``).

    Parameters
    ----------
    design
        Survey or replicate design. Respondents without an answer are out.
    question
        Column of categories.
    shares
        The share of every category, or any numbers in proportion to them.
    statistic
        "F": Pearson's X² of the weighted shares, as if of n respondents, with the second-order correction of
        Rao and Scott (1981), referred to F with ``d0 = tr(D)²/tr(D²)`` and ``d0 nu`` degrees of freedom; D
        are the generalised design effects, nu those of the design. "sum": R's way, X² against the sum of
        chi-squares whose weights are the eigenvalues of D, without a denominator; to ten digits, where R has
        Satterthwaite's approximation. (R lets the expected counts vary with the estimated total, which adds
        to D where observed and expected shares differ; nothing does under the hypothesis.)

    Returns
    -------
    HypothesisTest
        For "sum" df is the number of chi-squares.

    Raises
    ------
    DesignError
        Shares that name other categories than occur, or are not all above zero; shares of the sample that
        have no variance; no degrees of freedom.
    """
    if statistic not in STATISTICS:
        raise DesignError(f"statistic must be one of {', '.join(STATISTICS)}, not {statistic!r}.")
    domain = answered(design, question)
    codes, labels = categories(domain, question, least=1)
    given = {str(label): float(share) for label, share in dict(shares).items()}
    unknown = [str(label) for label in labels if str(label) not in given]
    absent = [label for label in given if label not in map(str, labels)]
    if unknown or absent:
        what = f"no share for {', '.join(unknown)}" if unknown else f"nobody answered {', '.join(absent)}"
        raise DesignError(f"{question!r}: {what}; merge categories until both have the same.")
    wanted = np.array([given[str(label)] for label in labels])
    if len(wanted) < 2 or not (np.isfinite(wanted).all() and (wanted > 0).all()):
        raise DesignError(f"{question!r} needs two or more shares, all above zero.")
    wanted = wanted / wanted.sum()
    hits = (codes[:, None] == np.arange(len(labels))).astype(float)

    def observed(weights: np.ndarray) -> np.ndarray:
        return weights @ hits / weights.sum()

    w = domain.weights
    found = observed(w)
    cov = covariance(domain, w[:, None] * (hits - found * domain.active[:, None]) / w.sum(), found, observed)
    root = np.sqrt(wanted)
    effects = np.linalg.eigvalsh(domain.n * cov / np.outer(root, root))
    effects = np.where(effects > effects.max() * 1e-10, effects, 0.0)
    pearson = float(domain.n * ((found - wanted) ** 2 / wanted).sum())
    if effects.max() <= 1e-9:
        raise DesignError(
            f"the shares of {question!r} have no variance: the calibration fixes them, or all gave one "
            "answer; there is nothing to test."
        )
    if statistic == "sum":
        values = effects[effects > 0]
        p = sum_tail(pearson, values)
        return HypothesisTest(
            "Goodness of fit, sum of chi-squares", pearson, "chi2 sum", len(values), None, p, domain.n
        )
    nu = domain.degf()
    if nu < 1:
        raise DesignError(f"no degrees of freedom: {question!r} was answered in too few clusters.")
    d0 = effects.sum() ** 2 / (effects**2).sum()
    value = pearson / effects.sum()
    p = float(stats.f.sf(value, d0, d0 * nu))
    return HypothesisTest("Goodness of fit, second order", value, "F", float(d0), float(d0 * nu), p, domain.n)
