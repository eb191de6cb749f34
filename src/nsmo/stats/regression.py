"""Linear, logistic and Poisson regression with design-based standard errors (R's ``svyglm``)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import linalg, special, stats

from .ascent import climb
from .coding import DesignError, column
from .comparison import ttest
from .cumulative import Cumulative, explain_separation, fit_models
from .design import SurveyDesign
from .outcomes import Effect, HypothesisTest, answered, categories, covariance, distance, numbers, place
from .terms import model_matrix, parts_of, term_name

ROUNDING = 1e-12  # relative


@dataclass(frozen=True)
class Family:
    """An exponential family with its canonical link: the log-likelihood is ``y eta - partition(eta)``."""

    partition: Callable[[np.ndarray], np.ndarray]
    mean: Callable[[np.ndarray], np.ndarray]  # its first derivative
    slope: Callable[[np.ndarray], np.ndarray]  # its second
    ratio: bool  # whether exp(coefficient) is a ratio (of odds, of rates)


FAMILIES = {
    "gaussian": Family(lambda eta: eta**2 / 2, lambda eta: eta, np.ones_like, False),
    "logistic": Family(
        lambda eta: np.logaddexp(0, eta),
        special.expit,
        lambda eta: special.expit(eta) * special.expit(-eta),
        True,
    ),
    "poisson": Family(np.exp, np.exp, np.exp, True),
}


@dataclass(frozen=True)
class Fit:
    """What is needed to go on with a fitted model.

    Attributes
    ----------
    domain
        The respondents used.
    terms, offset
        As given; the offset per row of the frame.
    scores
        (rows, coefficients) influence on the coefficients, times weight.
    refit
        Weights (rows,) to coefficients.
    """

    domain: SurveyDesign
    terms: tuple
    offset: np.ndarray
    scores: np.ndarray
    refit: Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Regression:
    """A fitted model.

    Attributes
    ----------
    outcome, family
        What was explained, and how.
    coefficients
        A row per coefficient: term, category (None for numbers), estimate, se, t, p, ci_low, ci_high, and
        for logistic and Poisson models ratio, ratio_low, ratio_high (exp of them). t and p are missing where
        there is no spread to test by: the outcome is constant, or the calibration fixes it.
    cov
        Covariance of the coefficients in their order.
    df
        Degrees of freedom of t: those of the design where the respondents used lie, plus one, less the
        number of coefficients (R's ``df.residual``).
    n
        Respondents used: those who answered the outcome and every term.
    firth
        Whether the estimates are Firth's.
    separated
        With Firth's correction: the coefficients that tell some answers without error; then the covariance
        is not the design's, see `glm`.
    fit
        What `predictive.predictive_margins` goes on with; None with Firth's correction.
    """

    outcome: str
    family: str
    coefficients: pd.DataFrame
    cov: np.ndarray
    df: int
    n: int
    _columns: dict = field(repr=False)
    firth: bool = False
    separated: tuple[str, ...] = ()
    fit: Fit | None = field(repr=False, default=None)

    def wald(self, term: str | tuple[str, ...]) -> HypothesisTest:
        """Whether all coefficients of a term are zero: Wald F with the model's df (R's ``regTermTest``).

        Raises
        ------
        DesignError
            A term the model does not have, or no degrees of freedom.
        """
        index, key = self._columns_of(term)
        if self.df < 1:
            raise DesignError(f"the model leaves {self.df} degrees of freedom; a Wald test needs at least 1.")
        beta = self.coefficients["estimate"].to_numpy()[index]
        value = distance(beta, self.cov[np.ix_(index, index)], f"term {key}") / len(index)
        p = float(stats.f.sf(value, len(index), self.df))
        return HypothesisTest(f"Wald test of {key}", value, "F", len(index), self.df, p, self.n)

    def _columns_of(self, term) -> tuple[np.ndarray, str]:
        """Positions of a term's coefficients, and its name in words."""
        key = term_name(term)
        if key not in self._columns:
            raise DesignError(f"the model has no term {key!r}; it has {', '.join(map(repr, self._columns))}.")
        return self._columns[key], key

    def terms(self) -> pd.DataFrame:
        """The Wald test of every term, a row each: term, F, df, ddf, p."""
        rows = []
        for term in self._columns:
            test = self.wald(term)
            rows.append({"term": term, "F": test.statistic, "df": test.df, "ddf": test.ddf, "p": test.p})
        return pd.DataFrame(rows, columns=["term", "F", "df", "ddf", "p"])


def glm(
    design: SurveyDesign,
    outcome: str,
    terms: Sequence[str | tuple[str, ...]],
    family: str = "gaussian",
    event=True,
    level: float = 0.95,
    firth: bool = False,
    offset: str | None = None,
) -> Regression:
    """Explain an outcome by other questions (R's ``svyglm`` with treatment contrasts).

    Parameters
    ----------
    design
        Survey or replicate design. Respondents without an answer to the outcome or a term are out.
    outcome
        Column: numbers for "gaussian", counts for "poisson"; for "logistic" a boolean, zeros and ones, or
        categories of which ``event`` is the one explained.
    terms
        Columns, and tuples of columns for interactions (their parts must be listed as well). Categories get
        a coefficient each except the first that occurs; numbers one slope.
    family
        "gaussian" (identity link), "logistic" (logit), "poisson" (log).
    event
        The category explained, when the outcome is categorical.
    level
        Of the intervals.
    firth
        Of a logistic model: Firth's (1993) correction, half the logarithm of the determinant of the
        information added to the log-likelihood, with weights scaled to add up to the respondents. Estimates
        are finite also where a category tells the outcome without error, and less biased in small samples.
        In the first case (``separated`` says so) the sample shows no variance there, and the covariance is
        the inverse of the information times Kish's design effect of the weights; clusters do not count.
    offset
        Column of numbers that are added to the linear predictor with the coefficient one: in a Poisson model
        the logarithm of the time, or of the number of people, that was exposed.

    Returns
    -------
    Regression
        Coefficients by weighted maximum likelihood; covariance of the influence values
        ``A^-1 x_i w_i (y_i - mu_i)``, ``A = sum w_i mu'_i x_i x_i'`` (with ``firth`` the derivative of the
        corrected estimate to each weight), or of the fit in every replicate.

    Raises
    ------
    DesignError
        An unknown family; an outcome that does not suit it; terms that determine each other (named); a fit
        that runs off because a combination of terms (named) tells the outcome without error.
    """
    if family not in FAMILIES:
        raise DesignError(f"family must be one of {', '.join(FAMILIES)}, not {family!r}.")
    if firth and family != "logistic":
        raise DesignError(f"Firth's correction is for logistic models, not {family!r}.")
    if firth and offset is not None:
        raise DesignError("Firth's correction takes no offset.")
    domain = answered(design, outcome, *parts_of(terms), *([] if offset is None else [offset]))
    y = _outcome(domain, outcome, family, event)
    X, labels, columns = model_matrix(domain, terms)
    used = domain.active
    X, y = X[used], y[used]
    added = np.zeros(len(used)) if offset is None else numbers(domain, offset)
    if firth:
        return _firth(domain, outcome, X, y.astype(int), labels, columns, level)

    # The fit is in terms of orthonormal columns: terms that nearly determine each other keep their digits.
    Q, triangle = np.linalg.qr(X)

    def fit(weights: np.ndarray, start: np.ndarray | None = None) -> np.ndarray:
        return _fit(Q, y, added[used], weights[used], family, outcome, X, labels, start)

    turned = fit(domain.weights)
    weights = domain.weights[used]
    eta = Q @ turned + added[used]
    information = Q.T @ (Q * (weights * FAMILIES[family].slope(eta))[:, None])
    scores = np.zeros((len(used), len(turned)))
    residual = y - FAMILIES[family].mean(eta)
    if np.abs(residual).max() <= ROUNDING * max(np.abs(y).max(), 1e-300):
        residual = np.zeros_like(residual)  # explained without error, but for rounding
    scores[used] = np.linalg.solve(information, (Q * (weights * residual)[:, None]).T).T
    inverse = linalg.solve_triangular(triangle, np.eye(len(turned)))
    beta = inverse @ turned

    def refit(weights: np.ndarray) -> np.ndarray:
        return inverse @ fit(weights, turned)

    # Turned back before they are multiplied: a group of one respondent, of whom the model tells the answer
    # without error, would else have the rounding of the other coefficients for its variance.
    scores = scores @ inverse.T
    cov = _without_rounding(covariance(domain, scores, beta, refit), X, y, family)
    kept = Fit(domain, tuple(terms), added, scores, refit)
    df = domain.degf() + 1 - len(beta)
    return Regression(
        outcome,
        family,
        coefficient_table(labels, beta, cov, df, level, FAMILIES[family].ratio),
        cov,
        df,
        domain.n,
        columns,
        fit=kept,
    )


def dispersion(
    design: SurveyDesign, outcome: str, terms: Sequence[str | tuple[str, ...]], level: float = 0.95
) -> Effect:
    """How much more counts vary about a Poisson model than it says: 1 if as much, above 1 if more.

    Above 1 a negative binomial model would describe them better; below 1 neither does. The design-based
    standard errors of `glm` hold in both cases, since they are taken from how the counts vary.

    Parameters
    ----------
    design
        Survey or replicate design.
    outcome, terms
        As in `glm`, of the family "poisson".
    level
        Of the interval.

    Returns
    -------
    Effect
        One plus the mean of ``((y - mu)² - y) / mu`` over the respondents, with mu of the Poisson model: the
        test of Cameron and Trivedi (1990) for a variance in proportion to the mean, two-sided, with the
        standard error of the design. p is that of a dispersion of 1.

    Raises
    ------
    DesignError
        As `glm`.
    """
    model = glm(design, outcome, terms, "poisson")
    domain = answered(design, outcome, *parts_of(terms))
    X, _, _ = model_matrix(domain, terms)
    mean = np.exp(X @ model.coefficients["estimate"].to_numpy())
    y = numbers(domain, outcome)
    excess = ttest(domain.assign(excess=((y - mean) ** 2 - y) / mean), "excess", level=level)
    return Effect(
        f"dispersion of {outcome}",
        1 + excess.estimate,
        excess.se,
        1 + excess.ci_low,
        1 + excess.ci_high,
        excess.df,
        excess.p,
        excess.n,
    )


def _firth(domain: SurveyDesign, outcome, X, y, labels, columns, level) -> Regression:
    """The logistic model as one with a single cut point, minus the intercept."""
    model = Cumulative(X[:, 1:], y, True, labels[1:], outcome)
    theta, cov, separated = fit_models(domain, [model])
    turn = np.roll(np.arange(len(theta)), 1)
    sign = np.where(turn == len(theta) - 1, -1.0, 1.0)
    beta, cov = theta[turn] * sign, cov[np.ix_(turn, turn)] * np.outer(sign, sign)
    df = domain.degf() + 1 - len(beta)
    table = coefficient_table(labels, beta, cov, df, level, ratio=True)
    return Regression(outcome, "logistic", table, cov, df, domain.n, columns, True, separated)


def _outcome(domain: SurveyDesign, name: str, family: str, event) -> np.ndarray:
    values = column(domain.frame, name)
    number = not isinstance(values.dtype, pd.CategoricalDtype) and (
        pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values)
    )
    if family != "logistic":
        y = numbers(domain, name)
        if family == "poisson" and (y < 0).any():
            raise DesignError(
                f"a Poisson outcome cannot be negative; {name!r} is for {int((y < 0).sum())} rows."
            )
        return y
    if number:
        y = numbers(domain, name)
        odd = ~np.isin(y, [0, 1])
        if odd.any():
            raise DesignError(
                f"a logistic outcome is 0 or 1; {name!r} holds {np.unique(y[odd])[:5].tolist()} "
                f"in {int(odd.sum())} rows."
            )
    else:
        codes, labels = categories(domain, name, least=1)
        y = (codes == place(name, labels, event, "event")).astype(float)
    inside = y[domain.active]
    if inside.min() == inside.max():
        raise DesignError(f"all {domain.n} respondents have the same answer to {name!r}; nothing to explain.")
    return y


def _fit(
    Q: np.ndarray,
    y: np.ndarray,
    added: np.ndarray,
    weights: np.ndarray,
    name: str,
    outcome: str,
    X: np.ndarray,
    labels: list,
    start: np.ndarray | None,
) -> np.ndarray:
    """Coefficients at the highest likelihood.

    They are those of the columns of Q; X and its labels are for messages.
    """
    family = FAMILIES[name]
    weights = weights / weights.sum()

    def likelihood(at: np.ndarray) -> float:
        eta = Q @ at + added
        with np.errstate(over="ignore", invalid="ignore"):
            value = float(weights @ (y * eta - family.partition(eta)))
        return value if np.isfinite(value) else -np.inf

    def slope(at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        eta = Q @ at + added
        with np.errstate(over="ignore"):
            score = Q.T @ (weights * (y - family.mean(eta)))
            return score, Q.T @ (Q * (weights * family.slope(eta))[:, None])

    begin = np.zeros(Q.shape[1]) if start is None else start
    beta, settled = climb(begin, likelihood, slope, lambda at: Q @ at)
    if settled:
        return beta
    if name == "logistic":
        kept = weights > 0
        raise DesignError(explain_separation(X[kept, 1:], y[kept].astype(int), labels[1:], outcome))
    raise DesignError(
        f"the model of {outcome!r} does not settle (linear predictor {np.abs(Q @ beta).max():.3g}): some "
        "combination of terms predicts the outcome without error, or a category is empty in a replicate. "
        "Merge categories or leave a term out."
    )


def _without_rounding(cov: np.ndarray, X: np.ndarray, y: np.ndarray, family: str) -> np.ndarray:
    """The covariance, with exact zeros where replicates or a calibration leave nothing but rounding."""
    unit = (np.abs(y).max() if family == "gaussian" else 1.0) / np.abs(X).max(axis=0)
    none = np.sqrt(np.abs(np.diag(cov))) <= ROUNDING * unit
    cov = cov.copy()
    cov[none], cov[:, none] = 0, 0
    return cov


def coefficient_table(
    labels: list, beta: np.ndarray, cov: np.ndarray, df: int, level: float, ratio: bool
) -> pd.DataFrame:
    """A row per coefficient, as `Regression.coefficients`; ``ratio`` adds their exponentials."""
    se = np.sqrt(np.diag(cov))
    # No spread: the outcome is the same for all, a group is one respondent, or the calibration fixes it.
    # There is nothing to test, and an interval of no width would say that it is known.
    half = (stats.t.ppf((1 + level) / 2, df) if df > 0 else np.nan) * np.where(se > 0, se, np.nan)
    t = np.divide(beta, se, out=np.full(len(beta), np.nan), where=se > 0)
    frame = pd.DataFrame(
        {
            "term": [term for term, _ in labels],
            "category": [category for _, category in labels],
            "estimate": beta,
            "se": se,
            "t": t,
            "p": 2 * stats.t.sf(np.abs(t), df) if df > 0 else np.nan,
            "ci_low": beta - half,
            "ci_high": beta + half,
        }
    )
    if ratio:
        with np.errstate(over="ignore"):
            ratios = np.exp([beta, beta - half, beta + half])
        frame["ratio"], frame["ratio_low"], frame["ratio_high"] = ratios
    return frame
