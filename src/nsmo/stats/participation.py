"""An open sample beside a reference sample: pseudo-weights, and estimates that are right twice over.

Who takes part in an open survey has no known chance of being in it. With a probability sample of the same
population that holds some of the same questions, the chance can be modelled: Chen, Li and Wu (2020). An
estimate then rests on that model; the doubly robust one on that model or on a model of the answer, whichever
is right. Neither helps where taking part depends on the answer itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import special

from .ascent import climb
from .coding import DesignError, column
from .design import SurveyDesign
from .intervals import proportion_interval
from .outcomes import Effect, numbers, t_interval
from .regression import FAMILIES, coefficient_table, glm
from .replicates import ReplicateDesign
from .replication import replicate_weights
from .terms import model_matrix, parts_of


@dataclass(frozen=True)
class Participation:
    """A model of who of the population is in an open sample.

    Attributes
    ----------
    coefficients
        As of `Regression`, logistic: odds of taking part.
    chance
        (rows of the sample,) estimated chance of taking part.
    sample, reference
        The designs it was made of.
    """

    coefficients: pd.DataFrame
    chance: np.ndarray = field(repr=False)
    sample: SurveyDesign = field(repr=False)
    reference: SurveyDesign = field(repr=False)
    df: int
    _columns: tuple[np.ndarray, np.ndarray] = field(repr=False)  # of sample and reference
    _chance_there: np.ndarray = field(repr=False)
    _information: np.ndarray = field(repr=False)

    @property
    def weights(self) -> np.ndarray:
        """One over the chance: how many of the population each respondent stands for."""
        return 1 / self.chance

    @property
    def design(self) -> SurveyDesign:
        """The sample with these weights, for any estimator; its errors take the weights for given."""
        return SurveyDesign(self.sample.frame, self.weights)

    def mean(self, outcome: str, level: float = 0.95) -> Effect:
        """Estimate a mean, or a share of a yes or no, with the weights.

        Returns
        -------
        Effect
            ``sum y/π / sum 1/π``. The standard error counts that the chances are estimated, and the reference
            is a sample: Chen, Li and Wu's (2020) linearised variance, Poisson sampling with chances π on one
            side and the reference's own design on the other. Interval by t, of a yes or no on the log odds.
        """
        y, whole = self._answer(outcome), self.weights.sum()
        value = float(self.weights @ y / whole)
        here, there = self._linearised(y - value, whole)
        return self._effect(f"mean of {outcome}, by participation", outcome, value, here, there, y, level)

    def doubly_robust(
        self,
        outcome: str,
        terms: Sequence[str | tuple[str, ...]],
        family: str | None = None,
        level: float = 0.95,
    ) -> Effect:
        """Estimate a mean that is right if the model of taking part is, or that of the answer.

        Parameters
        ----------
        outcome
            Column of the sample: numbers or booleans.
        terms
            What explains the answer: columns of sample and reference.
        family
            As of `glm`; None takes "logistic" for booleans and "gaussian" for numbers.
        level
            Of the interval.

        Returns
        -------
        Effect
            ``sum_A (y - m)/π / sum_A 1/π + sum_B d m / sum_B d``, m what the model, fitted to the sample
            without weights, predicts. The standard error counts that chances and model are estimated.
        """
        y, boolean = self._answer(outcome), self._boolean(outcome)
        family = family or ("logistic" if boolean else "gaussian")
        plain = SurveyDesign(self.sample.frame)
        model = glm(plain, outcome, terms, family)
        kind, beta = FAMILIES[family], model.coefficients["estimate"].to_numpy()
        X, Z = _two_matrices(self.sample, self.reference, terms)
        fitted, there = kind.mean(X @ beta), kind.mean(Z @ beta)
        d, whole = self.reference.weights, self.weights.sum()
        residual = y - fitted
        left = float(self.weights @ residual / whole)
        predicted = float(d @ there / d.sum())
        a, b = self._linearised(residual - left, whole)
        slope = (d * kind.slope(Z @ beta)) @ Z / d.sum()
        slope = slope - (self.weights * kind.slope(X @ beta)) @ X / whole
        # With weights of one the influence on the coefficients needs no more than the score.
        information = X.T @ (X * kind.slope(X @ beta)[:, None])
        a = a + (X @ np.linalg.solve(information, slope)) * residual
        b = b + d * (there - predicted) / d.sum()
        name = f"mean of {outcome}, doubly robust"
        return self._effect(name, outcome, predicted + left, a, b, y, level)

    def replicates(self, number: int, seed: int) -> tuple[ReplicateDesign, int]:
        """Make replicate weights, in each of which the chances are estimated again.

        Parameters
        ----------
        number, seed
            How many, and where their random numbers start.

        Returns
        -------
        ReplicateDesign
            Of the sample. In each replicate one respondent fewer than there are is drawn from the sample with
            replacement, and the reference by its own design (Rao and Wu 1988); then the chances are estimated
            from both. Its errors count both samples and the model, and take the chances for small: who is
            likely to take part counts as if there were many more. Degrees of freedom: those of the model.
        int
            How many replicates were left out as the chances have no finite estimate in them.

        Raises
        ------
        DesignError
            If fewer than two replicates are left.
        """
        X, Z = self._columns
        n, theta = len(X), self.coefficients["estimate"].to_numpy()
        again = replicate_weights(
            self.reference,
            "bootstrap",
            replicates=number,
            seed=seed,
            ignore_fpc=any(stage.fraction.any() for stage in self.reference.stages),
        )
        # Those who are alike in all terms count as one, so the time does not grow with the reference.
        kinds, kind = np.unique(Z, axis=0, return_inverse=True)
        drawn = np.random.default_rng([seed, 1]).multinomial(n - 1, np.full(n, 1 / n), size=number)
        found = []
        for times, d in zip(drawn * (n / (n - 1)), again.weights_matrix().T, strict=True):
            there = np.bincount(kind.ravel(), d, len(kinds))
            try:
                fitted = _fit(times @ X, kinds, there, theta)
            except DesignError:
                continue
            found.append(times / special.expit(X @ fitted))
        if len(found) < 2:
            raise DesignError(f"the chances have a finite estimate in {len(found)} of {number} replicates.")
        matrix = np.column_stack(found)
        frame, scale = self.sample.frame, 1 / (len(found) - 1)
        made = ReplicateDesign.from_weights(frame, self.weights, matrix, scale=scale, degf=self.df)
        return made, number - len(found)

    def _answer(self, outcome: str) -> np.ndarray:
        values = column(self.sample.frame, outcome)
        if values.isna().any():
            raise DesignError(
                f"{int(values.isna().sum())} of the sample did not answer {outcome!r}; leave them out "
                "before the chances are estimated."
            )
        return numbers(self.sample, outcome)

    def _boolean(self, outcome: str) -> bool:
        return pd.api.types.is_bool_dtype(self.sample.frame[outcome].dtype)

    def _linearised(self, away: np.ndarray, whole: float) -> tuple[np.ndarray, np.ndarray]:
        """Influence of those of the sample, and of the reference times weight, of ``sum away/π / whole``."""
        X, Z = self._columns
        slope = ((1 - self.chance) * self.weights * away) @ X / whole
        b = np.linalg.solve(self._information, slope)
        return away * self.weights / whole - X @ b, self.reference.weights * self._chance_there * (Z @ b)

    def _effect(self, name, outcome, value, here, there, y, level) -> Effect:
        variance = float((1 - self.chance) @ here**2 + self.reference.cov(there)[0, 0])
        se = float(np.sqrt(variance))
        if self._boolean(outcome) and 0 < value < 1:
            ends = proportion_interval(value, variance, self.df, len(y), len(y), level)
            low, high = map(float, ends)
        else:
            low, high = t_interval(value, se, self.df, level)
        return Effect(name, value, se, low, high, self.df, float("nan"), len(y))


def model_participation(
    sample: SurveyDesign,
    reference: SurveyDesign,
    terms: Sequence[str | tuple[str, ...]],
    level: float = 0.95,
) -> Participation:
    """Model the chance of taking part in an open sample, with a reference sample of the same population.

    Parameters
    ----------
    sample
        Respondents of the open survey, each by itself and without weights.
    reference
        A probability sample whose weights add up to the population, with the same columns.
    terms
        As of `glm`, of columns that both have, measured in the same way.
    level
        Of the intervals of the coefficients.

    Returns
    -------
    Participation
        ``logit π = x θ`` by the pseudo-likelihood of Chen, Li and Wu (2020): θ solves
        ``sum_A x - sum_B d π(x'θ) x = 0``, A the sample and B the reference with weights d. With one
        categorical term the weights 1/π are those of post-stratification to the reference's estimates. df:
        those of the reference, or of the sample less the coefficients, whichever are fewer.

    Raises
    ------
    DesignError
        A sample with weights, clusters or strata; a domain; a category that only one of the two has; weights
        of the reference that add up to less than the sample; a model without a finite estimate.
    """
    if sample.weighted or len(sample.stages) != 1 or any(stage.unit is not None for stage in sample.stages):
        raise DesignError("the open sample must be a plain one, SurveyDesign(frame): it has no design.")
    if not (sample.domain.all() and reference.domain.all()):
        raise DesignError("give whole samples; take domains of the estimates after.")
    X, Z = _two_matrices(sample, reference, terms)
    d = reference.weights
    if d.sum() <= len(X):
        raise DesignError(
            f"the weights of the reference add up to {d.sum():g}, no more than the {len(X)} of the sample: "
            "they must add up to the population."
        )
    start = np.zeros(X.shape[1])
    start[0] = special.logit(len(X) / d.sum())
    theta = _fit(X.sum(axis=0), Z, d, start)
    chance, there = special.expit(X @ theta), special.expit(Z @ theta)
    information = Z.T @ (Z * (d * there * (1 - there))[:, None])
    inverse = np.linalg.inv(information)
    from_sample = X.T @ (X * (1 - chance)[:, None])
    cov = inverse @ (from_sample + reference.cov(Z * (d * there)[:, None])) @ inverse
    df = min(reference.degf(), len(X) - X.shape[1])
    labels = model_matrix(_stacked(sample, reference, terms), terms)[1]
    table = coefficient_table(labels, theta, cov, df, level, ratio=True)
    return Participation(table, chance, sample, reference, df, (X, Z), there, information)


def _stacked(sample: SurveyDesign, reference: SurveyDesign, terms) -> SurveyDesign:
    """Both samples in one frame, sample first, with the columns of the terms."""
    parts = {}
    for name in parts_of(terms):
        one, other = column(sample.frame, name), column(reference.frame, name)
        for where, values in (("sample", one), ("reference", other)):
            if values.isna().any():
                raise DesignError(f"{int(values.isna().sum())} of the {where} have no value of {name!r}.")
        if not pd.api.types.is_numeric_dtype(one.dtype) or pd.api.types.is_bool_dtype(one.dtype):
            apart = set(one.astype(str)) ^ set(other.astype(str))
            if apart:
                raise DesignError(
                    f"{name!r}: only one of the samples has {', '.join(sorted(apart)[:5])}; merge categories."
                )
            known = (
                list(one.cat.categories) if isinstance(one.dtype, pd.CategoricalDtype) else sorted(set(one))
            )
            one, other = (pd.Categorical(v.astype(str), list(map(str, known))) for v in (one, other))
        parts[name] = pd.concat([pd.Series(one), pd.Series(other)], ignore_index=True)
    return SurveyDesign(pd.DataFrame(parts))


def _two_matrices(sample: SurveyDesign, reference: SurveyDesign, terms) -> tuple[np.ndarray, np.ndarray]:
    """Model matrices of sample and reference, with the same columns."""
    X, _, _ = model_matrix(_stacked(sample, reference, terms), terms)
    return X[: len(sample.frame)], X[len(sample.frame) :]


def _fit(goal: np.ndarray, Z: np.ndarray, d: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Coefficients at the highest pseudo-likelihood; goal is the sum of the rows of the sample."""

    def height(at: np.ndarray) -> float:
        return float(goal @ at - d @ np.logaddexp(0, Z @ at))

    def slope(at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        there = special.expit(Z @ at)
        return goal - Z.T @ (d * there), Z.T @ (Z * (d * there * (1 - there))[:, None])

    theta, settled = climb(start, height, slope, lambda at: Z @ at)
    if settled:
        return theta
    raise DesignError(
        "the chance of taking part has no finite estimate: some combination of terms is in one of the "
        "samples only. Merge categories, or leave a term out."
    )
