"""The calibration equations on cells: distances, Newton's method on the dual problem, raking of many sets.

With base weights d, calibration variables x and targets T: find λ with ``sum d F(x'λ) x = T``. The methods
differ in F: raking ``exp``, linear ``1 + u``, logit a curve between two bounds; each may be cut off at bounds
(Deville and Särndal 1992).
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

TOGETHER = 16_384  # weights of replicates that are raked together: what the fast cache holds
SWEEPS = 4  # of plain raking before Newton's method takes over


def _inside(curve, slope, whole, lower, upper, u_lower, u_upper, u):
    """Cut a curve off at bounds: value, slope and integral (all continuous)."""
    low, high = u < u_lower, u > u_upper
    mid = np.where(low, u_lower, np.where(high, u_upper, u))
    value = np.where(low, lower, np.where(high, upper, curve(mid)))
    integral = whole(mid) + np.where(low | high, value * (u - mid), 0.0)
    return value, np.where(low | high, 0.0, slope(mid)), integral


def _factor(method: str, u, lower, upper):
    """F(u), F'(u) and the integral of F, for factors between lower and upper."""
    if method == "raking":
        with np.errstate(divide="ignore", over="ignore"):
            return _inside(np.exp, np.exp, np.exp, lower, upper, np.log(lower), np.log(upper), u)
    if method == "linear":
        return _inside(
            lambda v: 1 + v, np.ones_like, lambda v: v + v * v / 2, lower, upper, lower - 1, upper - 1, u
        )
    steep = (upper - lower) / ((upper - 1) * (1 - lower))
    shift = np.log((1 - lower) / (upper - 1))
    share = special.expit(steep * u + shift)
    integral = lower * u + (upper - lower) / steep * np.logaddexp(0, steep * u + shift)
    return lower + (upper - lower) * share, (upper - lower) * steep * share * (1 - share), integral


class UnmetError(Exception):
    """The search ended away from the targets."""

    def __init__(self, iterations: int):
        self.iterations = iterations


@dataclass(frozen=True, eq=False)
class Solver:
    """A calibration problem on units (cells of respondents alike); solves it for any base weights.

    ``table`` is units by variables, ``target`` and ``size`` (what a misfit is measured against) are per
    variable, ``codes`` holds one category number per unit for every margin (None when there are numeric
    variables), ``lower`` and ``upper`` limit the factor per unit.
    """

    method: str
    table: np.ndarray
    target: np.ndarray
    size: np.ndarray
    codes: tuple[np.ndarray, ...] | None
    names: list[tuple[str, str | None]]
    lower: np.ndarray
    upper: np.ndarray
    tol: float
    max_iter: int

    @property
    def plain(self) -> bool:
        """Raking of categories without bounds, which needs no more than proportional fitting."""
        return bool(
            self.method == "raking"
            and self.codes is not None
            and not self.lower.any()
            and np.isinf(self.upper).all()
        )

    def solve(self, base: np.ndarray, start: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray, int]:
        """Factors per unit, the multipliers λ, and the iterations used; `UnmetError` when it cannot."""
        dead = self.dead()
        base = np.where(dead, 0.0, base)
        iterations = 0
        if start is None and self.plain:
            start, iterations = self._sweep(base)
        table = self.table / self.size
        goal = self.target / self.size
        multiplier = np.zeros(len(goal)) if start is None else start * self.size
        value, slope, integral = _factor(self.method, table @ multiplier, self.lower, self.upper)
        height = base @ integral - goal @ multiplier
        misfit = goal - table.T @ (base * value)
        ridge = 1e-13
        while np.abs(misfit).max(initial=0) > self.tol:
            iterations += 1
            if iterations > self.max_iter:
                raise UnmetError(iterations)
            curvature = table.T @ (table * (base * slope)[:, None])
            damping = ridge * max(np.trace(curvature), base.sum() * 1e-12) / len(goal)
            step = np.linalg.solve(curvature + damping * np.eye(len(goal)), misfit)
            gain = misfit @ step
            length = 1.0
            while True:
                trial = multiplier + length * step
                with np.errstate(over="ignore", invalid="ignore"):
                    value, slope, integral = _factor(self.method, table @ trial, self.lower, self.upper)
                    new = base @ integral - goal @ trial
                # At full precision the height no longer tells; there the misfit does.
                if np.isfinite(new) and (
                    new <= height - 1e-4 * length * gain
                    or (
                        abs(new - height) <= 1e-12 * (1 + abs(height))
                        and np.abs(goal - table.T @ (base * value)).max() < np.abs(misfit).max()
                    )
                ):
                    break
                length /= 2
                if length < 1e-10:
                    break
            if length < 1e-10:
                ridge *= 1e3
                if ridge > 1:
                    raise UnmetError(iterations)
                value, slope, integral = _factor(self.method, table @ multiplier, self.lower, self.upper)
                continue
            ridge = max(ridge / 10, 1e-13)
            multiplier, height = trial, new
            misfit = goal - table.T @ (base * value)
        factor = np.where(dead, 0.0, value)
        return factor, multiplier / self.size, iterations

    def dead(self) -> np.ndarray:
        """Units of a category with target zero: raking and logit can only give them weight zero."""
        if self.codes is None or self.method == "linear":
            return np.zeros(len(self.table), dtype=bool)
        return (self.table[:, self.target == 0] != 0).any(axis=1) & (self.lower <= 0)

    def _sweep(self, base: np.ndarray) -> tuple[np.ndarray, int]:
        """A few rounds of plain raking: the logarithm of each category's factor."""
        weights = base.copy()
        factors = []
        position = 0
        for code in self.codes or ():
            factors.append(np.ones(int(code.max()) + 1))
        for _ in range(SWEEPS):
            position = 0
            for code, factor in zip(self.codes or (), factors, strict=True):
                now = np.bincount(code, weights=weights, minlength=len(factor))
                goal = self.target[position : position + len(factor)]
                change = np.divide(goal, now, out=np.ones_like(goal), where=(now > 0) & (goal > 0))
                factor *= change
                weights *= change[code]
                position += len(factor)
        return np.log(np.concatenate(factors)), SWEEPS

    def solve_many(self, base: np.ndarray, start: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Factors for many sets of base weights (units by sets), and which sets could be solved."""
        if self.plain:
            return self._rake_many(base, start)
        factors = np.zeros_like(base)
        solved = np.ones(base.shape[1], dtype=bool)
        for r in range(base.shape[1]):
            try:
                factors[:, r], _, _ = self.solve(base[:, r], start)
            except (UnmetError, np.linalg.LinAlgError):
                solved[r] = False
        return factors, solved

    def _rake_many(self, base: np.ndarray, start: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Proportional fitting of many sets at once, from the factors of the full sample."""
        first = np.where(self.dead(), 0.0, 1.0 if start is None else np.exp(self.table @ start))
        margins, position = [], 0
        for code in self.codes or ():
            levels = int(code.max()) + 1
            adder = np.ascontiguousarray((code == np.arange(levels)[:, None]).astype(float))
            margins.append((code, adder, self.target[position : position + levels, None]))
            position += levels
        factors = np.zeros_like(base)
        solved = np.zeros(base.shape[1], dtype=bool)
        width = max(8, TOGETHER // len(base))
        for begin in range(0, base.shape[1], width):
            block = slice(begin, begin + width)
            factors[:, block], solved[block] = self._rake_block(base[:, block], first, margins)
        return factors, solved

    def _rake_block(
        self, base: np.ndarray, first: np.ndarray, margins: list
    ) -> tuple[np.ndarray, np.ndarray]:
        weights = base * first[:, None]
        spread, worst = np.empty_like(weights), np.full(base.shape[1], np.inf)
        for _ in range(self.max_iter):
            worst = np.zeros(base.shape[1])
            for code, adder, goal in margins:
                now = adder @ weights
                change = np.divide(goal, now, out=np.ones_like(now), where=(now > 0) & (goal > 0))
                np.maximum(worst, np.where(now > 0, np.abs(change - 1), goal > 0).max(axis=0), out=worst)
                np.take(change, code, axis=0, out=spread, mode="clip")
                weights *= spread
            if worst.max() <= self.tol:
                break
        return np.divide(weights, base, out=np.zeros_like(base), where=base != 0), worst <= self.tol
