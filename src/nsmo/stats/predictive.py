"""What a model says in the unit of the answer: predictive margins, and differences between them.

Readers understand a share that is adjusted for other questions, and hardly an odds ratio. The margin of a
category is the mean of what the model predicts if everybody were in it and otherwise as he is (Graubard and
Korn 1999; R's ``svypredmeans``).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import special

from .coding import DesignError
from .intervals import mover, t_quantile
from .outcomes import categories, t_p
from .regression import FAMILIES, ROUNDING, Regression
from .terms import is_categorical, model_matrix

SCALES = {  # of the interval: forth, back, slope
    "logistic": (special.logit, special.expit, lambda m: 1 / (m * (1 - m))),
    "poisson": (np.log, np.exp, lambda m: 1 / m),
    "gaussian": (lambda m: m, lambda m: m, np.ones_like),
}
COVARIANCES = ("joint", "separate")


@dataclass(frozen=True)
class PredictiveMargins:
    """Margins of the categories of a term, or of values of a number.

    Attributes
    ----------
    term
        Whose categories they are.
    frame
        A row each: term, category, n (respondents used), estimate, se, ci_low, ci_high, df.
    cov
        Covariance of the estimates.
    """

    term: str
    frame: pd.DataFrame
    cov: np.ndarray = field(repr=False)

    def differences(self, pairs: Sequence[tuple] | None = None) -> pd.DataFrame:
        """Differences between margins, for a logistic model of risks: first minus second.

        Parameters
        ----------
        pairs
            Pairs of categories; None takes all, later minus earlier.

        Returns
        -------
        pandas.DataFrame
            term, category ("first - second"), n, estimate, se, ci_low, ci_high, df, p. Interval by
            `intervals.mover` from those of the margins, p by t; both are missing where a margin shows no
            spread, as of a group of one respondent.

        Raises
        ------
        DesignError
            A category without a margin.
        """
        names = self.frame["category"].tolist()
        if pairs is None:
            pairs = [(b, a) for a, b in combinations(names, 2)]
        sides = self.frame[["estimate", "ci_low", "ci_high"]].to_numpy()
        se = np.sqrt(np.diag(self.cov))
        rows = []
        for pair in pairs:
            absent = [name for name in pair if name not in names]
            if absent:
                raise DesignError(f"{self.term!r} has no margin of {absent[0]!r}; there are {names}.")
            i, j = map(names.index, pair)
            spread = se[i] * se[j]
            low, high = mover(sides[i], sides[j], float(self.cov[i, j] / spread) if spread > 0 else 0.0)
            gap = sides[i][0] - sides[j][0]
            error = float(np.sqrt(max(self.cov[i, i] + self.cov[j, j] - 2 * self.cov[i, j], 0)))
            df = self.frame["df"][i]
            p = t_p(gap, error, df) if np.isfinite(low) else float("nan")
            rows.append(
                {
                    "term": self.term,
                    "category": f"{pair[0]} - {pair[1]}",
                    "n": self.frame["n"][i],
                    "estimate": gap,
                    "se": error,
                    "ci_low": low,
                    "ci_high": high,
                    "df": df,
                    "p": p,
                }
            )
        return pd.DataFrame(rows)


def predictive_margins(
    model: Regression,
    term: str,
    at: Sequence | None = None,
    level: float = 0.95,
    covariance: str = "joint",
) -> PredictiveMargins:
    """Compute the mean prediction of a model with everybody in each category of a term.

    Parameters
    ----------
    model
        Of `glm`, without Firth's correction.
    term
        A term of the model by itself; interactions with it follow.
    at
        Categories, or values of a number (needed then). None: every category.
    level
        Of the intervals.
    covariance
        "joint": of the influence of each respondent on the coefficients and on whom the mean is taken of,
        together. "separate": the two added up as if independent, as R's ``svypredmeans`` does.

    Returns
    -------
    PredictiveMargins
        ``m_c = sum w_i mu(x_i with c) / sum w_i``; interval by t with the degrees of freedom of the design
        where the respondents used lie, on the scale of the link. On replicate designs model and mean are made
        again in every replicate.

    Raises
    ------
    DesignError
        A model with Firth's correction; a term the model does not have; no values of a number.
    """
    if covariance not in COVARIANCES:
        raise DesignError(f"covariance must be one of {', '.join(COVARIANCES)}, not {covariance!r}.")
    fit = model.fit
    if fit is None:
        raise DesignError("predictive margins need a model of glm without Firth's correction.")
    if term not in fit.terms:
        raise DesignError(f"the model has no term {term!r}; it has {list(fit.terms)}.")
    domain, family = fit.domain, FAMILIES[model.family]
    if at is None:
        if not is_categorical(domain, term):
            raise DesignError(f"{term!r} is a number: say at which values, at=[…].")
        at = categories(domain, term)[1]
    used = domain.active
    matrices = [model_matrix(domain, fit.terms, {term: value})[0][used] for value in at]
    added = fit.offset[used]

    def margins(weights: np.ndarray, beta: np.ndarray) -> np.ndarray:
        w = weights[used] / weights[used].sum()
        return np.array([w @ family.mean(X @ beta + added) for X in matrices])

    beta = model.coefficients["estimate"].to_numpy()
    weights = domain.weights
    estimate = margins(weights, beta)
    share = weights[used] / weights[used].sum()
    scores = np.zeros((len(used), len(estimate)))
    slopes = np.empty((len(beta), len(estimate)))
    for k, X in enumerate(matrices):
        eta = X @ beta + added
        scores[used, k] = share * (family.mean(eta) - estimate[k])
        slopes[:, k] = X.T @ (share * family.slope(eta))
    if covariance == "separate":
        cov = domain.cov(scores) + slopes.T @ model.cov @ slopes
    else:
        scores = scores + fit.scores @ slopes
        cov = domain.estimator_covariance(scores, estimate, lambda w: margins(w, fit.refit(w)))
    se, df = np.sqrt(np.diag(cov)), domain.degf()
    forth, back, slope = SCALES[model.family]
    # A group of one respondent shows no spread, but for rounding.
    known = np.where(se > ROUNDING * max(np.abs(estimate).max(), se.max()), se, np.nan)
    middle, half = forth(estimate), t_quantile(level, df) * known * slope(estimate)
    frame = pd.DataFrame(
        {
            "term": term,
            "category": [str(value) for value in at],
            "n": domain.n,
            "estimate": estimate,
            "se": se,
            "ci_low": back(middle - half),
            "ci_high": back(middle + half),
            "df": df,
        }
    )
    return PredictiveMargins(term, frame, cov)
