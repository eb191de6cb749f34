"""The cumulative logit model as numbers: likelihood, Jeffreys' penalty, the fit, and why there is none.

``P(y <= k) = expit(cut_k - x b)`` for the categories ``0 ... q`` of an ordered answer; with ``q = 1`` this is
logistic regression of being in category 1, whose intercept is minus the cut point. `regression.glm` (with
Firth's correction) and `ordinal.polr` fit by it.
"""

from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize, special

from .coding import DesignError
from .outcomes import covariance

if TYPE_CHECKING:
    from .design import SurveyDesign

MOST_STEPS = 200
TINY = 1e-30  # imaginary step of a derivative: f(x + i h) / h has no rounding but that of f


class Cumulative:
    """An ordered answer explained by the columns of ``X``.

    Parameters
    ----------
    X
        (rows, p) without a column of ones.
    y
        (rows,) category 0 ... q; every one occurs.
    firth
        Whether half the logarithm of the determinant of the expected information is added to the
        log-likelihood (Firth 1993; Jeffreys' prior). The maximum then is finite whatever the data: along a
        direction in which the likelihood never stops rising the information vanishes.
    names
        (term, category) of each column, for messages.
    outcome
        Name of the answer, for messages.

    Notes
    -----
    Weights are scaled to add up to the number of rows with a weight: Firth's penalty has the strength of half
    a case in each direction, and must not depend on whether weights add up to the sample or the population.
    """

    def __init__(self, X: np.ndarray, y: np.ndarray, firth: bool, names: list, outcome: str):
        self.cuts = int(y.max())
        self.firth, self.names, self.outcome = firth, names, outcome
        rows, self.row = np.unique(np.column_stack([X, y]), axis=0, return_inverse=True)
        self.row = self.row.ravel()
        self.X, self.y = rows[:, :-1], rows[:, -1].astype(int)

    def fit(self, weights: np.ndarray, start: np.ndarray | None = None) -> np.ndarray:
        """Parameters at the maximum: Newton's method, halving steps that lower it.

        Raises
        ------
        DesignError
            There is no finite maximum; the columns that predict the answer without error are named.
        """
        w = self._scaled(weights)
        if not (self.firth or np.bincount(self.y, weights=w).all()):
            raise DesignError(
                f"a category of {self.outcome!r} is without cases in a replicate; merge it with a neighbour, "
                "or use firth=True."
            )
        theta = self._start(w) if start is None else start
        height = self._height(theta, w)
        for _ in range(MOST_STEPS):
            score = self._score(theta, w)
            try:
                step = np.linalg.solve(self._curvature(theta, w), score)
                if not score @ step >= 0:  # the penalty may bend the other way far from the maximum
                    step = np.linalg.solve(self._information(theta, w), score)
            except np.linalg.LinAlgError:
                break
            gain = float(score @ step)
            for _ in range(60):
                value = self._height(theta + step, w)
                if value >= height - 1e-13 * (w.sum() + abs(height)):
                    break
                step = step / 2
            else:
                break
            theta, height = theta + step, value
            # As in `regression`: the error is squared by a step, and a long step that gains nothing runs off.
            if abs(gain) <= 1e-15 * (w.sum() + abs(height)):
                if np.abs(step).max() > 1e-3 * (1 + np.abs(theta).max()):
                    break
                return theta
        own = weights > 0
        raise DesignError(
            explain_separation(self.X[self.row[own]], self.y[self.row[own]], self.names, self.outcome)
        )

    def influence(self, theta: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """(rows, parameters): the derivative of the parameters to each row's weight, times the weight."""
        w = self._scaled(weights)
        each = self._scores(theta)
        if self.firth:
            each = each + self._derivatives(lambda at: self._leverage(at, w), theta) / 2
            each -= w @ each / w.sum()  # the scale of the weights takes part
        each = np.linalg.solve(self._curvature(theta, w), each.T).T
        share = weights * (w.sum() / weights.sum())
        return each[self.row] * share[:, None]

    def separated(self) -> tuple[str, ...]:
        """The columns that tell the answer of some rows without error, in words."""
        found = separation(self.X, self.y)
        return () if found is None else moving(found[0], self.names) or ("the cut points",)

    def model_covariance(self, theta: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Inverse of the expected information of as many cases as there are: as if drawn at random."""
        return np.linalg.inv(self._information(theta, self._scaled(weights)))

    # ---- the pieces ------------------------------------------------------------------------------------

    def _scaled(self, weights: np.ndarray) -> np.ndarray:
        """Weight of each distinct row; together as many as there are cases."""
        w = np.bincount(self.row, weights=weights, minlength=len(self.y))
        return w * (len(self.row) / w.sum())

    def _start(self, w: np.ndarray) -> np.ndarray:
        shares = np.bincount(self.y, weights=w, minlength=self.cuts + 1) + 0.5
        cuts = special.logit(shares.cumsum()[:-1] / shares.sum())
        return np.concatenate([np.zeros(self.X.shape[1]), cuts])

    def _shares(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Share of each category (rows, q+1); density and its slope at each cut point (rows, q)."""
        p = self.X.shape[1]
        at = theta[p:] - (self.X @ theta[:p])[:, None]
        with np.errstate(over="ignore"):
            below, above = 1 / (1 + np.exp(-at)), 1 / (1 + np.exp(at))
        one, none = np.ones((len(at), 1)), np.zeros((len(at), 1))
        low, high = np.hstack([none, below, one]), np.hstack([one, above, none])
        # The difference of the smaller tails keeps its digits.
        left = np.hstack([np.real(at), np.real(at)[:, -1:]]) <= 0
        shares = np.where(left, np.diff(low), -np.diff(high))
        density = below * above
        return shares, density, density * (above - below)

    def _height(self, theta: np.ndarray, w: np.ndarray) -> float:
        shares = self._shares(theta)[0]
        own = shares[np.arange(len(self.y)), self.y]
        if not (shares > 0).all() if self.firth else not (own[w > 0] > 0).all():
            return -np.inf
        value = float(w[w > 0] @ np.log(own[w > 0]))
        if self.firth:
            sign, logarithm = np.linalg.slogdet(self._information(theta, w))
            value = value + logarithm / 2 if sign > 0 else -np.inf
        return value

    def _scores(self, theta: np.ndarray) -> np.ndarray:
        """Derivative of the log share of the own category: (distinct rows, parameters)."""
        shares, density, _ = self._shares(theta)
        none = np.zeros((len(density), 1))
        padded = np.hstack([none, density, none])
        row = np.arange(len(self.y))
        own = shares[row, self.y]
        to_cut = np.zeros((len(self.y), self.cuts + 2), dtype=density.dtype)
        to_cut[row, self.y + 1] = padded[row, self.y + 1] / own
        to_cut[row, self.y] = -padded[row, self.y] / own
        return self._to_parameters(to_cut[:, 1:-1])

    def _to_parameters(self, to_cut: np.ndarray) -> np.ndarray:
        return np.hstack([-self.X * to_cut.sum(1, keepdims=True), to_cut])

    def _score(self, theta: np.ndarray, w: np.ndarray) -> np.ndarray:
        score = w @ self._scores(theta)
        return score + self._penalty(theta, w) if self.firth else score

    def _curvature(self, theta: np.ndarray, w: np.ndarray) -> np.ndarray:
        """Minus the derivative of the score."""
        return -self._derivatives(lambda at: self._score(at, w), theta)

    @staticmethod
    def _derivatives(function, theta: np.ndarray) -> np.ndarray:
        steps = 1j * TINY * np.eye(len(theta))
        return np.column_stack([function(theta + step).imag / TINY for step in steps])

    def _tridiagonal(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Expected information of a row on its cut points: diagonal (rows, q), next to it (rows, q-1)."""
        shares, density, _ = self._shares(theta)
        diagonal = density**2 * (1 / shares[:, :-1] + 1 / shares[:, 1:])
        return diagonal, -density[:, :-1] * density[:, 1:] / shares[:, 1:-1]

    def _information(self, theta: np.ndarray, w: np.ndarray) -> np.ndarray:
        diagonal, beside = self._tridiagonal(theta)
        at_cut = diagonal.copy()
        at_cut[:, :-1] += beside
        at_cut[:, 1:] += beside
        p, q = self.X.shape[1], self.cuts
        information = np.zeros((p + q, p + q), dtype=diagonal.dtype)
        information[:p, :p] = self.X.T @ (self.X * (w * at_cut.sum(1))[:, None])
        information[:p, p:] = -self.X.T @ (at_cut * w[:, None])
        information[p:, :p] = information[:p, p:].T
        k = np.arange(p, p + q)
        information[k, k] = w @ diagonal
        information[k[:-1], k[1:]] = information[k[1:], k[:-1]] = w @ beside
        return information

    def _spread(self, theta: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Covariance of the predictors at the cut points of a row: diagonal, and next to it."""
        inverse = np.linalg.inv(self._information(theta, w))
        p = self.X.shape[1]
        slopes = ((self.X @ inverse[:p, :p]) * self.X).sum(1, keepdims=True)
        mixed = self.X @ inverse[:p, p:]
        cuts = inverse[p:, p:]
        diagonal = slopes - 2 * mixed + np.diag(cuts)
        return diagonal, slopes - mixed[:, :-1] - mixed[:, 1:] + np.diag(cuts, 1)

    def _leverage(self, theta: np.ndarray, w: np.ndarray) -> np.ndarray:
        """Derivative of the logarithm of the determinant to the weight of each distinct row."""
        diagonal, beside = self._tridiagonal(theta)
        own, next_to = self._spread(theta, w)
        return (diagonal * own).sum(1) + 2 * (beside * next_to).sum(1)

    def _penalty(self, theta: np.ndarray, w: np.ndarray) -> np.ndarray:
        """Gradient of half the logarithm of the determinant of the information."""
        shares, f, slope = self._shares(theta)
        own, beside = self._spread(theta, w)
        low, high = 1 / shares[:, :-1], 1 / shares[:, 1:]  # of the categories around each cut point
        between = 1 / shares[:, 1:-1]
        to_cut = own * (2 * f * slope * (low + high) + f**3 * (high**2 - low**2))
        left, right = f[:, :-1], f[:, 1:]
        to_cut[:, :-1] += own[:, 1:] * right**2 * left * between**2
        to_cut[:, 1:] -= own[:, :-1] * left**2 * right * between**2
        to_cut[:, :-1] -= 2 * beside * (slope[:, :-1] * right * between + left**2 * right * between**2)
        to_cut[:, 1:] -= 2 * beside * (left * slope[:, 1:] * between - left * right**2 * between**2)
        return w @ self._to_parameters(to_cut) / 2


def moving(direction: np.ndarray, names: list) -> tuple[str, ...]:
    """The columns that take part in a direction of `separation`, in words."""
    return tuple(
        term if category is None else f"{term} = {category}"
        for (term, category), size in zip(names, np.abs(direction), strict=False)
        if size > 1e-6
    )


def explain_separation(X: np.ndarray, y: np.ndarray, names: list, outcome: str) -> str:
    """Why a fit did not settle, in words; arguments as of `Cumulative`, cases with a weight only."""
    rows, cases = np.unique(np.column_stack([X, y]), axis=0, return_counts=True)
    found = separation(rows[:, :-1], rows[:, -1].astype(int))
    if found is None:
        return (
            f"the model of {outcome!r} does not settle, although its categories overlap: the numbers in it "
            "may differ too much in size. Rescale them, merge categories, or leave a term out."
        )
    direction, perfect = found
    involved = ", ".join(moving(direction, names)) or "the terms"
    return (
        f"the model of {outcome!r} has no finite estimate: {involved} tell the "
        f"answer without error for {int(cases[perfect].sum())} of {len(y)} respondents (separation). Merge "
        "categories, leave a term out, or use firth=True."
    )


def fit_models(
    domain: "SurveyDesign", models: list[Cumulative]
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Parameters of several models of the respondents of a domain, one after the other, and covariance.

    Third, the columns in which a corrected model is separated. Where a group never differs in its answer the
    sample shows no variance, and neither influence values nor replicates see the uncertainty that is left:
    the covariance of a single model then is the inverse information times Kish's design effect, as the
    interval of a share of nobody is Clopper and Pearson's of the effective number of cases.
    """
    used = domain.active
    weights = domain.weights[used]
    thetas = [model.fit(weights) for model in models]
    theta = np.concatenate(thetas)
    # Without the correction a separated model has no fit to come here with.
    separated = tuple(dict.fromkeys(name for m in models if m.firth for name in m.separated()))
    if separated:
        cov = models[0].model_covariance(thetas[0], weights) * domain.kish_deff()
        return theta, cov, separated
    scores = np.zeros((len(used), len(theta)))
    scores[used] = np.hstack([m.influence(at, weights) for m, at in zip(models, thetas, strict=True)])

    def refit(replicate: np.ndarray) -> np.ndarray:
        return np.concatenate(
            [model.fit(replicate[used], at) for model, at in zip(models, thetas, strict=True)]
        )

    return theta, covariance(domain, scores, theta, refit), ()


def separation(X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """A direction in which the likelihood never falls, if there is one (Albert and Anderson 1984).

    Parameters
    ----------
    X
        (rows, p) without a column of ones.
    y
        (rows,) categories 0 ... q.

    Returns
    -------
    tuple of numpy.ndarray or None
        The direction (slopes, then cut points; at most 1), and which rows it tells without error. Found by a
        linear program: no row's cut points may move to the wrong side of it, and some must move away.
    """
    q = int(y.max())
    cut = np.eye(q)
    upper, lower = y < q, y > 0
    sides = np.vstack([np.hstack([-X[upper], cut[y[upper]]]), np.hstack([X[lower], -cut[y[lower] - 1]])])
    solved = optimize.linprog(
        -sides.sum(0), A_ub=-sides, b_ub=np.zeros(len(sides)), bounds=(-1, 1), method="highs"
    )
    if not solved.success or -solved.fun < 1e-6:
        return None
    far = sides @ solved.x > 1e-7
    perfect = np.zeros(len(y), dtype=bool)
    perfect[upper] |= far[: upper.sum()]
    perfect[lower] |= far[upper.sum() :]
    return solved.x, perfect
