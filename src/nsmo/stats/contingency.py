"""The weighted table of two categorical questions, with the covariance of its shares."""

from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from .coding import DesignError
from .outcomes import HypothesisTest, answered, categories, covariance, distance

if TYPE_CHECKING:
    from .design import SurveyDesign

LARGEST_TABLE = 2_500  # cells; the covariance of the shares has as many rows and columns
NO_VARIANCE = 1e-9  # a design effect below it is rounding


class ContingencyTable:
    """The weighted table of two categorical questions.

    Parameters
    ----------
    design
        Its domain are those with an answer to both.
    row, col
        Category of each row of the frame, -1 outside the domain; every category occurs.
    shape
        Number of categories of the two.
    names
        Of the two questions, for messages.
    """

    def __init__(
        self,
        design: "SurveyDesign",
        row: np.ndarray,
        col: np.ndarray,
        shape: tuple[int, int],
        names: tuple[str, str],
    ):
        if shape[0] * shape[1] > LARGEST_TABLE:
            raise DesignError(
                f"{names[0]!r} by {names[1]!r} has {shape[0]} × {shape[1]} cells, more than "
                f"{LARGEST_TABLE:,}: is one an identifier or free text? Group its answers first."
            )
        self.design, self.n, self.shape, self.names = design, design.n, shape, names
        self.row, self.col = row, col
        self.cell = np.where((row >= 0) & (col >= 0), row * shape[1] + col, -1)
        self.shares = self._totals(design.weights) / design.weights.sum()

    @classmethod
    def of(cls, design: "SurveyDesign", rows: str, columns: str) -> "ContingencyTable":
        """Cross two columns over those who answered both."""
        domain = answered(design, rows, columns)
        row, row_labels = categories(domain, rows)
        col, col_labels = categories(domain, columns)
        return cls(domain, row, col, (len(row_labels), len(col_labels)), (rows, columns))

    @property
    def determined(self) -> bool:
        """Whether one of the two questions tells the other for everybody."""
        filled = self.shares.reshape(self.shape) > 0
        return bool((filled.sum(0) == 1).all() or (filled.sum(1) == 1).all())

    def _totals(self, weights: np.ndarray) -> np.ndarray:
        """Weighted cell totals, (r*c,)."""
        inside = self.cell >= 0
        return np.bincount(
            self.cell[inside], weights=weights[inside], minlength=self.shape[0] * self.shape[1]
        )

    def _indicators(self) -> np.ndarray:
        return (self.cell[:, None] == np.arange(self.shape[0] * self.shape[1])).astype(float)

    def _expected(self) -> np.ndarray:
        p = self.shares.reshape(self.shape)
        return np.outer(p.sum(1), p.sum(0)).ravel()

    def pearson(self) -> float:
        """Pearson's X² of the weighted shares, as if of n respondents."""
        expected = self._expected()
        return float(self.n * ((self.shares - expected) ** 2 / expected).sum())

    def covariance(self) -> np.ndarray:
        """Of the weighted shares, (r*c, r*c)."""
        weights = self.design.weights
        scores = weights[:, None] * (self._indicators() - self.shares) / weights.sum()

        def shares(w: np.ndarray) -> np.ndarray:
            return self._totals(w) / w.sum()

        return covariance(self.design, scores, self.shares, shares)

    def design_effects(self) -> np.ndarray:
        """Generalised design effects of the interaction contrasts: Rao and Scott's Delta.

        Raises
        ------
        DesignError
            The shares have no variance, though neither question tells the other: the calibration fixes them.
        """
        r, c = self.shape
        i, j = np.divmod(np.arange(r * c), c)
        row_dummies = (i[:, None] == np.arange(1, r)).astype(float)
        col_dummies = (j[:, None] == np.arange(1, c)).astype(float)
        main = np.column_stack([np.ones(r * c), row_dummies, col_dummies])
        interaction = (row_dummies[:, :, None] * col_dummies[:, None, :]).reshape(r * c, -1)
        contrast = interaction - main @ np.linalg.lstsq(main, interaction, rcond=None)[0]
        inverse = np.divide(1, self.shares, out=np.zeros_like(self.shares), where=self.shares > 0)
        weighted = contrast * inverse[:, None]
        simple = contrast.T @ weighted / self.n
        if self.determined:
            # Some contrasts lie in empty cells only, so `simple` may be singular.
            effective = self.design.effective_units(np.where(self.design.active, 0, -1), 1)[0]
            return np.eye(len(simple)) * (self.n / effective)
        effects = np.linalg.solve(simple, weighted.T @ self.covariance() @ weighted)
        if np.trace(effects) <= NO_VARIANCE * len(effects):
            raise DesignError(
                f"the shares of {self.names[0]!r} by {self.names[1]!r} have no variance: the calibration "
                "fixes them, so there is nothing to test."
            )
        return effects

    def second_order(self, nu: int) -> HypothesisTest:
        """Pearson's X² with the second-order correction of Rao and Scott (1984), referred to F."""
        effects = self.design_effects()
        d0 = np.trace(effects) ** 2 / np.trace(effects @ effects)
        value = self.pearson() / np.trace(effects)
        return HypothesisTest(
            "Rao-Scott chi-square, second order",
            float(value),
            "F",
            float(d0),
            float(d0 * nu),
            float(stats.f.sf(value, d0, d0 * nu)),
            self.n,
        )

    def wald(self, nu: int, adjusted: bool) -> HypothesisTest:
        """Wald test of the totals' departures from independence (first row and column left out)."""
        r, c = self.shape
        df = (r - 1) * (c - 1)
        if nu - df + 1 < 1:
            raise DesignError(
                f"{'adjWald' if adjusted else 'Wald'} needs more clusters: {nu} degrees of freedom for {df} "
                "departures."
            )
        keep = [(i, j) for i in range(1, r) for j in range(1, c)]

        weights = self.design.weights
        table = self._totals(weights).reshape(r, c)
        total, in_row, in_col = table.sum(), table.sum(1), table.sum(0)
        scores = np.column_stack(
            [
                weights
                * (
                    ((self.row == i) & (self.col == j))
                    - (self.row == i) * in_col[j] / total
                    - (self.col == j) * in_row[i] / total
                    + in_row[i] * in_col[j] / total**2
                )
                for i, j in keep
            ]
        )
        apart = table - np.outer(in_row, in_col) / total
        theta = np.array([apart[i, j] for i, j in keep])
        cov = self.design.cov(scores)  # with replicates: of the linearised departures, as R
        value = distance(theta, cov, "Wald test of association") / df
        ddf = nu
        if adjusted:
            ddf = nu - df + 1
            value *= ddf / nu
        name = "Wald test of association" + (", adjusted" if adjusted else "")
        return HypothesisTest(name, value, "F", df, ddf, float(stats.f.sf(value, df, ddf)), self.n)

    def v_se(self, v: float) -> float:
        """Delta-method standard error of Cramér's V; missing at 0, where V has no slope."""
        if v == 0:
            return float("nan")
        p = self.shares.reshape(self.shape)
        a, b = p.sum(1), p.sum(0)
        ratio = p / np.outer(a, b)
        # phi² + 1 = sum p²/(a b); derivative to p_ij
        slope = 2 * ratio - ((p**2 / b).sum(1) / a**2)[:, None] - ((p.T**2 / a).sum(1) / b**2)[None, :]
        variance = slope.ravel() @ self.covariance() @ slope.ravel()
        return float(np.sqrt(max(variance, 0.0)) / (2 * v * (min(self.shape) - 1)))


def shares_p(design: "SurveyDesign", hit: np.ndarray, group: np.ndarray) -> float:
    """Test equal shares of ``hit`` in the groups 0 and 1 of a domain: p by Rao and Scott's second order.

    Missing where nobody or everybody has it, where a group has no degree of freedom, and where the
    calibration fixes both shares.
    """
    active = design.active & (group >= 0)
    design = design.subset(active)
    answers = hit[active]
    if not active.any() or answers.all() or not answers.any():
        return float("nan")
    if min(design.degf(group == side) for side in (0, 1)) < 1:
        return float("nan")
    row, col = np.where(active, hit, -1).astype(int), np.where(active, group, -1).astype(int)
    try:
        return (
            ContingencyTable(design, row, col, (2, 2), ("the answer", "the groups"))
            .second_order(design.degf())
            .p
        )
    except DesignError:
        return float("nan")
