"""Explaining an ordered answer: proportional odds with design-based standard errors (R's ``svyolr``)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy import stats

from .coding import DesignError
from .cumulative import Cumulative, fit_models
from .design import SurveyDesign
from .outcomes import HypothesisTest, answered, categories, distance, ordered
from .regression import Regression, coefficient_table
from .terms import model_matrix, parts_of


@dataclass(frozen=True)
class OrdinalRegression(Regression):
    """A fitted proportional-odds model.

    Attributes
    ----------
    coefficients
        As of `Regression`, without an intercept; ``ratio`` is the odds of a higher answer, whichever two
        neighbouring answers one divides at.
    cuts
        A row per cut point between neighbouring answers: term ("low | high"), estimate, se, t, p, ci_low,
        ci_high: the log odds of an answer at or below it where all terms are zero or at their first category.
    cov
        Covariance of the coefficients, then of the cut points.
    df
        Degrees of freedom of t: those of the design where the respondents used lie, less the number of
        coefficients, cut points not counted (R's ``svyolr``).
    """

    cuts: pd.DataFrame = field(kw_only=True)
    _splits: Callable = field(repr=False, kw_only=True)

    @cached_property
    def _separate(self) -> tuple[np.ndarray, np.ndarray, int]:
        return self._splits()

    @property
    def splits(self) -> pd.DataFrame:
        """Coefficients of the separate logistic models, a row per cut point, a column per coefficient.

        Each explains an answer above that cut point against one at or below it. Where odds are proportional
        the rows differ by chance only.
        """
        theta, _, _ = self._separate
        p = len(self.coefficients)
        names = [
            term if category is None else f"{term} = {category}"
            for term, category in self.coefficients[["term", "category"]].itertuples(index=False)
        ]
        return pd.DataFrame(theta.reshape(len(self.cuts), -1)[:, :p], self.cuts["term"].tolist(), names)

    def parallel(self, term: str | tuple[str, ...] | None = None) -> HypothesisTest:
        """Whether odds are proportional: one coefficient for all cut points (Brant 1990, for designs).

        Parameters
        ----------
        term
            The term whose coefficients are compared; None takes all terms together.

        Returns
        -------
        HypothesisTest
            Of the separate logistic models for every cut point, with the joint covariance of their
            coefficients by the design (Brant's own covariance supposes the model and simple random
            sampling): Wald test of the ``ndf = (cut points - 1) × coefficients`` differences from the first.
            Referred to F as Hotelling's T²: ``F = W (nu - ndf + 1)/(nu ndf)`` with ``ndf`` and
            ``nu - ndf + 1`` degrees of freedom, nu those of the design where the respondents used lie (the
            adjusted Wald test of `chisquare`). With many cut points and few clusters it has little power.

        Raises
        ------
        DesignError
            An unknown term; no more degrees of freedom than differences; a separate model without a finite
            estimate (its cut point is named), with or without Firth's correction.
        """
        if term is None:
            index, name = np.arange(len(self.coefficients)), "all terms"
        else:
            index, name = self._columns_of(term)
        theta, cov, nu = self._separate
        wide = len(self.coefficients) + 1
        later = [row * wide + index for row in range(1, len(self.cuts))]
        contrast = np.zeros((len(later) * len(index), len(theta)))
        row = np.arange(len(contrast))
        contrast[row, np.concatenate(later)] = 1
        contrast[row, np.tile(index, len(later))] = -1
        ndf = len(contrast)
        if nu - ndf + 1 < 1:
            raise DesignError(
                f"the test of proportional odds for {name} compares {ndf} differences, but the design has "
                f"{nu} degrees of freedom: test a single term, or merge answers."
            )
        ddf = nu - ndf + 1
        wald = distance(contrast @ theta, contrast @ cov @ contrast.T, f"proportional odds, {name}")
        value = wald * ddf / (nu * ndf)
        p = float(stats.f.sf(value, ndf, ddf))
        return HypothesisTest(f"Test of proportional odds: {name}", value, "F", ndf, ddf, p, self.n)


def polr(
    design: SurveyDesign,
    outcome: str,
    terms: Sequence[str | tuple[str, ...]],
    level: float = 0.95,
    firth: bool = False,
) -> OrdinalRegression:
    """Explain an ordered answer by other questions (R's ``svyolr``, logistic, treatment contrasts).

    Parameters
    ----------
    design
        Survey or replicate design. Respondents without an answer to the outcome or a term are out.
    outcome
        Column: ordered categories, or numbers, each of them a category; three or more that occur.
    terms
        As of `glm`.
    level
        Of the intervals.
    firth
        Jeffreys' penalty, which in this model too keeps every estimate finite and takes off most of its
        small-sample bias: half the logarithm of the determinant of the expected information is added to the
        log-likelihood, weights scaled to add up to the respondents. Covariance under separation as of
        `glm`.

    Returns
    -------
    OrdinalRegression
        ``logit P(y <= k) = cut_k - x b`` by weighted maximum likelihood: a positive coefficient goes with
        higher answers. Covariance of the influence values ``H^-1 w_i s_i`` (s_i the score of respondent i, H
        minus the derivative of the sum of ``w_i s_i``; with ``firth`` the derivative of the corrected
        estimate to each weight), or of the fit in every replicate.

    Raises
    ------
    DesignError
        An outcome without order or with fewer than three answers; terms that determine each other (named);
        terms that tell the answer without error (named; `firth` answers all the same).
    """
    domain = answered(design, outcome, *parts_of(terms))
    order = ordered(domain, outcome)
    answers = categories(domain, outcome, least=1)[1]
    if len(answers) < 3:
        raise DesignError(
            f"column {outcome!r} has {len(answers)} answers with respondents in the domain; polr needs three "
            'or more. Use glm(family="logistic") for two.'
        )
    if not terms:
        raise DesignError("polr needs at least one term.")
    X, labels, columns = model_matrix(domain, terms)
    X, labels = X[:, 1:], labels[1:]
    columns = {term: index - 1 for term, index in columns.items()}
    used = domain.active
    X, y = X[used], order[used]
    between = [f"{low} | {high}" for low, high in pairwise(answers)]
    theta, cov, separated = fit_models(domain, [Cumulative(X, y, firth, labels, outcome)])
    p = len(labels)
    df = domain.degf() - p

    def splits() -> tuple[np.ndarray, np.ndarray, int]:
        models = [
            Cumulative(X, (y > k).astype(int), firth, labels, f"{outcome}, divided at {name}")
            for k, name in enumerate(between)
        ]
        theta, cov, perfect = fit_models(domain, models)
        if perfect:
            raise DesignError(
                f"proportional odds cannot be tested: {', '.join(perfect)} tell the answer to {outcome!r} "
                "without error at some cut point, where the separate models have no design-based "
                "covariance. Merge answers or categories."
            )
        return theta, cov, domain.degf()

    cuts = coefficient_table([(name, None) for name in between], theta[p:], cov[p:, p:], df, level, False)
    return OrdinalRegression(
        outcome,
        "cumulative logit",
        coefficient_table(labels, theta[:p], cov[:p, :p], df, level, True),
        cov,
        df,
        domain.n,
        columns,
        firth,
        separated,
        cuts=cuts.drop(columns="category"),
        _splits=splits,
    )
