"""Explaining an answer without order: multinomial (baseline-category) logit with design-based errors."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import linalg

from .ascent import climb
from .coding import DesignError
from .design import SurveyDesign
from .outcomes import answered, categories, covariance, place
from .regression import Regression, coefficient_table
from .terms import model_matrix, parts_of


@dataclass(frozen=True)
class MultinomialRegression(Regression):
    """A fitted multinomial model.

    Attributes
    ----------
    coefficients
        As of `Regression`, with the column ``answer``: a block of rows per answer other than the base;
        ``ratio`` is the odds of that answer over the base.
    cov
        Covariance of the coefficients in their order.
    df
        Degrees of freedom of t: those of the design where the respondents used lie, plus one, less the
        coefficients of one answer.
    base
        The answer that the others are compared with.
    """

    base: str = ""


def mlogit(
    design: SurveyDesign,
    outcome: str,
    terms: Sequence[str | tuple[str, ...]],
    base: str | None = None,
    level: float = 0.95,
) -> MultinomialRegression:
    """Explain an answer without order by other questions.

    Parameters
    ----------
    design
        Survey or replicate design. Respondents without an answer to the outcome or a term are out.
    outcome
        Column of categories; two or more that occur.
    terms
        As of `glm`.
    base
        The answer the others are compared with; None takes the first that occurs.
    level
        Of the intervals.

    Returns
    -------
    MultinomialRegression
        ``log(P(y = k) / P(y = base)) = x b_k`` by weighted maximum likelihood. Covariance of the influence
        values ``H^-1 w_i (x_i ⊗ (y_i - p_i))``, H the negative second derivative of the weighted
        log-likelihood, or of the fit in every replicate. `Regression.wald` tests a term in all answers
        together.

    Raises
    ------
    DesignError
        A base that does not occur; terms that determine each other (named); terms that tell an answer
        without error.
    """
    domain = answered(design, outcome, *parts_of(terms))
    codes, answers = categories(domain, outcome)
    first = 0 if base is None else place(outcome, answers, base, "base")
    others = [k for k in range(len(answers)) if k != first]
    X, labels, columns = model_matrix(domain, terms)
    used = domain.active
    X = X[used]
    hits = (codes[used][:, None] == np.array(others)).astype(float)
    Q, triangle = np.linalg.qr(X)  # as in `glm`

    def fit(weights: np.ndarray, start: np.ndarray | None = None) -> np.ndarray:
        return _fit(Q, hits, weights[used], outcome, start)

    turned = fit(domain.weights)
    weights = domain.weights[used]
    shares = _shares(Q @ turned)
    scores = np.zeros((len(used), turned.size))
    scores[used] = np.linalg.solve(
        _information(Q, shares, weights), _products(Q, (hits - shares) * weights[:, None]).T
    ).T
    inverse = linalg.solve_triangular(triangle, np.eye(X.shape[1]))
    back = np.kron(np.eye(len(others)), inverse)
    beta = (inverse @ turned).T.ravel()
    cov = covariance(domain, scores @ back.T, beta, lambda w: back @ fit(w, turned).T.ravel())
    df = domain.degf() + 1 - X.shape[1]
    table = coefficient_table(labels * len(others), beta, cov, df, level, ratio=True)
    table.insert(0, "answer", np.repeat([str(answers[k]) for k in others], len(labels)))
    wide = {
        term: (index[None, :] + len(labels) * np.arange(len(others))[:, None]).ravel()
        for term, index in columns.items()
    }
    return MultinomialRegression(
        outcome, "multinomial", table, cov, df, domain.n, wide, base=str(answers[first])
    )


def _shares(eta: np.ndarray) -> np.ndarray:
    """Share of each answer but the base, (rows, answers), from the log odds."""
    largest = np.maximum(eta.max(axis=1, keepdims=True), 0)
    odds = np.exp(eta - largest)
    return odds / (np.exp(-largest) + odds.sum(axis=1, keepdims=True))


def _products(Q: np.ndarray, residual: np.ndarray) -> np.ndarray:
    """Each row's derivatives to the coefficients, answer by answer: (rows, answers * columns)."""
    return (residual[:, :, None] * Q[:, None, :]).reshape(len(Q), -1)


def _information(Q: np.ndarray, shares: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Negative second derivative of the weighted log-likelihood."""
    q, p = shares.shape[1], Q.shape[1]
    information = np.empty((q * p, q * p))
    for j in range(q):
        for k in range(j, q):
            slope = weights * shares[:, j] * ((j == k) - shares[:, k])
            block = Q.T @ (Q * slope[:, None])
            information[j * p : (j + 1) * p, k * p : (k + 1) * p] = block
            information[k * p : (k + 1) * p, j * p : (j + 1) * p] = block.T
    return information


def _fit(
    Q: np.ndarray, hits: np.ndarray, weights: np.ndarray, outcome: str, start: np.ndarray | None
) -> np.ndarray:
    """Coefficients at the highest likelihood: (columns, answers)."""
    weights = weights / weights.sum()
    totals = weights @ hits
    if not (totals > 0).all() or totals.sum() >= 1:
        raise DesignError(f"an answer to {outcome!r} is without cases in a replicate; merge it with another.")

    def wide(flat: np.ndarray) -> np.ndarray:
        return flat.reshape(hits.shape[1], -1).T

    def likelihood(at: np.ndarray) -> float:
        eta = Q @ wide(at)
        largest = np.maximum(eta.max(axis=1), 0)
        whole = largest + np.log(np.exp(-largest) + np.exp(eta - largest[:, None]).sum(axis=1))
        return float(weights @ ((hits * eta).sum(axis=1) - whole))

    def slope(at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        shares = _shares(Q @ wide(at))
        score = _products(Q, (hits - shares) * weights[:, None]).sum(axis=0)
        return score, _information(Q, shares, weights)

    begin = np.zeros(Q.shape[1] * hits.shape[1]) if start is None else start.T.ravel()
    beta, settled = climb(begin, likelihood, slope, lambda at: Q @ wide(at))
    if settled:
        return wide(beta)
    raise DesignError(
        f"the model of {outcome!r} has no finite estimate: some combination of terms tells an answer without "
        "error. Merge categories, or leave a term out."
    )
