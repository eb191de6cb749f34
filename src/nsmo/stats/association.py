"""Two questions together: the Rao-Scott test, and how strong the association is."""

import numpy as np
from scipy import optimize, stats

from .coding import DesignError
from .contingency import ContingencyTable
from .design import SurveyDesign
from .outcomes import (
    Effect,
    HypothesisTest,
    answered,
    categories,
    covariance,
    ordered,
    place,
    t_interval,
    t_p,
    two_groups,
)
from .quadratic import saddlepoint, upper_tail

CHISQUARE = ("F", "Chisq", "Wald", "adjWald", "lincom", "saddlepoint")
LARGEST_TABLE = 10_000_000


def chisquare(design: SurveyDesign, rows: str, columns: str, statistic: str = "F") -> HypothesisTest:
    """Test whether two categorical questions are independent in the population (R's ``svychisq``).

    Parameters
    ----------
    design
        Survey or replicate design. Respondents without an answer to either question are out.
    rows, columns
        Names of the two columns.
    statistic
        "F": Pearson's X² with the second-order correction of Rao and Scott (1984), referred to F.
        "Chisq": X² with the first-order correction, referred to chi-square; the statistic is X² itself.
        "Wald": Koch's test of the departures from independence, F; "adjWald": the same with fewer
        denominator degrees of freedom (Thomas and Rao). Both Wald tests are poor with few clusters.
        "lincom": X² referred to the sum of chi-squares whose weights are the eigenvalues of D, over a mean
        square with ``d0 nu`` degrees of freedom; no correction is needed then. "saddlepoint": the same tail
        by a formula, good to about three digits.

    Returns
    -------
    HypothesisTest
        For "F" the degrees of freedom are ``d0 = tr(D)²/tr(D²)`` and ``d0 nu``; D are the generalised design
        effects, nu those of the design (PSUs minus strata where the respondents used lie). For "lincom" and
        "saddlepoint" df is the number of chi-squares, ddf is ``d0 nu``. R's own "lincom" is to 1e-7, and with
        the package CompQuadForm only (without, it gives the "saddlepoint" answer); R cuts ddf to a whole
        number, and leaves it out on replicate designs. Here the tail is to about ten digits, for all designs.

    Raises
    ------
    DesignError
        Fewer than two categories in either question, or more than 2,500 cells; no degrees of freedom left;
        for both Wald tests, no more of these than departures; weights below zero; shares that the
        calibration fixes.

    Notes
    -----
    Where the answer to one question tells the answer to the other for every respondent, the shares show no
    variance (R's p then is zero but for rounding). The design effect then is what it is for a share of nobody
    or everybody: respondents over `SurveyDesign.effective_units`.
    """
    if statistic not in CHISQUARE:
        raise DesignError(f"statistic must be one of {', '.join(CHISQUARE)}, not {statistic!r}.")
    table = ContingencyTable.of(design, rows, columns)
    nu = table.design.degf()
    if nu < 1:
        raise DesignError(
            f"no degrees of freedom: {rows!r} and {columns!r} were answered in too few clusters."
        )
    if statistic in ("Wald", "adjWald"):
        return table.wald(nu, adjusted=statistic == "adjWald")
    pearson, effects = table.pearson(), table.design_effects()
    if statistic == "Chisq":
        df = len(effects)
        return HypothesisTest(
            "Rao-Scott chi-square, first order",
            pearson,
            "chi2",
            df,
            None,
            float(stats.chi2.sf(pearson / np.trace(effects) * df, df)),
            table.n,
        )
    if statistic == "F":
        return table.second_order(nu)
    d0 = np.trace(effects) ** 2 / np.trace(effects @ effects)
    return _combination(pearson, effects, float(d0 * nu), statistic, table.n)


def _combination(pearson: float, effects: np.ndarray, ddf: float, statistic: str, n: int) -> HypothesisTest:
    """X² against ``sum of eigenvalue × chi²(1)`` over ``chi²(ddf)/ddf``: the tail of their difference."""
    values = np.linalg.eigvals(effects).real
    values = np.where(values > values.max() * 1e-12, values, 0.0)
    if pearson > 0:
        weights = np.append(values, -pearson / ddf)
        df = np.append(np.ones(len(values)), ddf)
        p = upper_tail(weights, df) if statistic == "lincom" else saddlepoint(weights, df)
    else:
        p = 1.0
    if p is None:  # at the middle of the distribution, where the formula divides by zero
        d0 = values.sum() ** 2 / (values**2).sum()
        p = float(stats.f.sf(pearson / values.sum(), d0, ddf))
    how = "linear combination" if statistic == "lincom" else "saddlepoint"
    return HypothesisTest(f"Rao-Scott chi-square, {how}", pearson, "chi2 sum", len(values), ddf, p, n)


def cramers_v(design: SurveyDesign, rows: str, columns: str, level: float = 0.95) -> Effect:
    """Estimate how strongly two categorical questions are associated, from 0 to 1 (one determines the other).

    Parameters
    ----------
    design
        Survey or replicate design. Respondents without an answer to either question are out.
    rows, columns
        Names of the two columns.
    level
        Of the interval.

    Returns
    -------
    Effect
        ``V = sqrt(X²/n / (min(r, c) - 1))`` of the weighted shares; never below 0, so biased upwards where
        there is no association. Interval: the noncentralities at which the Rao-Scott first-order statistic
        has the observed value as its upper and lower tail; it starts at 0 when the test does not reject,
        and its upper end is missing where the table is more even than chance lets one be. se by the delta
        method; missing at V = 0. p: `chisquare`, second order.

    Raises
    ------
    DesignError
        As `chisquare`.
    """
    table = ContingencyTable.of(design, rows, columns)
    df = table.design.degf()
    test = chisquare(design, rows, columns)
    effects = table.design_effects()
    spread = np.trace(effects) / len(effects)
    smallest = min(table.shape) - 1
    value = float(np.sqrt(table.pearson() / table.n / smallest))
    low, high = (
        float(np.sqrt(noncentrality * spread / table.n / smallest))
        for noncentrality in _noncentralities(table.pearson() / spread, len(effects), level)
    )
    high = 1.0 if table.determined else float(np.minimum(1.0, high))
    return Effect("Cramér's V", value, table.v_se(value), low, high, df, test.p, table.n)


def odds_ratio(
    design: SurveyDesign, outcome: str, by: str, event=True, groups: tuple | None = None, level: float = 0.95
) -> Effect:
    """Odds of an answer in one group over the odds in another.

    Parameters
    ----------
    design
        Survey or replicate design. Respondents without an answer to either question are out.
    outcome
        Column with the answer.
    by
        Column with the groups.
    event
        The category of ``outcome`` whose odds are meant; everything else counts as not.
    groups
        (a, b): odds in a over odds in b. May be left out when ``by`` has just two categories: then the
        first over the second.
    level
        Of the interval.

    Returns
    -------
    Effect
        Interval by t on the log scale, with the design's degrees of freedom; se by the delta method on the
        scale of the ratio. With an empty cell the estimate is 0 or infinite and the rest is missing.

    Raises
    ------
    DesignError
        A category that does not occur; a group or event that is not said; everyone or no one has the event.
    """
    domain, first, second, labels = two_groups(design, outcome, by, groups)
    answer, answers = categories(domain, outcome)
    hit = answer == place(outcome, answers, event, "event")
    cells = np.column_stack([first & hit, first & ~hit, second & hit, second & ~hit]).astype(float)
    signs = np.array([1, -1, -1, 1])

    def log_odds(weights: np.ndarray) -> np.ndarray:
        return np.atleast_1d(np.log(weights @ cells) @ signs)

    name = f"odds ratio of {outcome} = {event}: {labels[0]} / {labels[1]}"
    totals = domain.weights @ cells
    df = domain.degf()
    with np.errstate(divide="ignore"):
        ratio = float(totals[0] * totals[3] / (totals[1] * totals[2])) if totals[1] * totals[2] else np.inf
    if (totals == 0).any():
        return Effect(name, ratio, np.nan, np.nan, np.nan, df, np.nan, domain.n)
    scores = domain.weights * (cells @ (signs / totals))
    theta = log_odds(domain.weights)
    se = float(np.sqrt(covariance(domain, scores[:, None], theta, log_odds)[0, 0]))
    low, high = np.exp(t_interval(theta[0], se, df, level))
    return Effect(name, ratio, ratio * se, float(low), float(high), df, t_p(theta[0], se, df), domain.n)


def somers_d(design: SurveyDesign, x: str, y: str, level: float = 0.95) -> Effect:
    """Whether y tends to be higher where x is higher: Somers' D of y given x, -1 to 1.

    Of two respondents who differ in x: the chance that the one with more x has more y, less the chance that
    he has less. With both questions yes or no it is the difference in proportions.

    Parameters
    ----------
    design
        Survey or replicate design. Respondents without an answer to either question are out.
    x
        Column that explains: numbers, booleans or an ordered categorical.
    y
        Column that is explained, likewise.
    level
        Of the interval.

    Returns
    -------
    Effect
        ``D = sum w_i w_j sign(x_i-x_j) sign(y_i-y_j) / sum w_i w_j [x_i != x_j]``. se linearised: influence
        value ``2 (c_i - D t_i)/T`` with c_i, t_i the weighted concordance and number of pairs of respondent i
        and T all pairs. Interval by t with the design's degrees of freedom on Fisher's z scale, so within
        [-1, 1]; p by t of D over its se. Where D is 1 or -1 the sample shows no spread: then of k pairs that
        share no respondent all go one way, which a D has a chance of at most ``((1 + |D|)/2)^k`` to do; the
        end of the interval is the D at which that is (1 - level)/2, and p twice it at D = 0. k is
        `SurveyDesign.effective_units`, by half or by the share outside the largest group of x.

    Raises
    ------
    DesignError
        A column without order, x with a single value, or a table of more than ten million cells.
    """
    domain = answered(design, x, y)
    rows, columns = ordered(domain, x), ordered(domain, y)
    shape = int(rows.max()) + 1, int(columns.max()) + 1
    if shape[0] < 2:
        raise DesignError(
            f"column {x!r} has the same value for all {domain.n} respondents: nothing to compare."
        )
    if shape[0] * shape[1] > LARGEST_TABLE:
        raise DesignError(f"{x!r} by {y!r} has {shape[0]} × {shape[1]} cells; group the values first.")
    cell = np.where(domain.active, rows * shape[1] + columns, 0)

    def parts(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        table = np.bincount(cell, weights=weights, minlength=shape[0] * shape[1]).reshape(shape)
        return _concordance(table), table.sum() - table.sum(1)

    def estimate(weights: np.ndarray) -> np.ndarray:
        concordance, untied = parts(weights)
        return np.atleast_1d(
            (weights @ concordance.ravel()[cell]) / (weights @ untied[np.where(domain.active, rows, 0)])
        )

    concordance, untied = parts(domain.weights)
    c, t = concordance.ravel()[cell], untied[np.where(domain.active, rows, 0)]
    theta = estimate(domain.weights)
    d = float(np.clip(theta[0], -1, 1))  # rounding may carry it a little further
    scores = domain.weights * 2 * (c - d * t) / (domain.weights @ t)
    se = float(np.sqrt(max(covariance(domain, scores[:, None], theta, estimate)[0, 0], 0.0)))
    df = domain.degf()
    if abs(d) >= 1 - 1e-12:
        d, se = float(np.sign(d)), 0.0
        low, high, p = _all_alike(domain, rows, d, level)
    elif se < 1e-12:
        # Either the calibration fixes it, or the sample shows no spread, as where all have the same y.
        fixed = domain.fixed_by_calibration(scores[:, None])[0]
        low, high = (d, d) if fixed else (np.nan, np.nan)
        se, p = 0.0, float("nan")
    else:
        low, high = np.tanh(t_interval(np.arctanh(d), se / (1 - d * d), df, level))
        p = t_p(d, se, df)
    return Effect(f"Somers' D of {y} given {x}", d, se, float(low), float(high), df, p, domain.n)


def _all_alike(domain: SurveyDesign, rows: np.ndarray, d: float, level: float) -> tuple[float, float, float]:
    """Interval and p of D where all pairs go one way, from as many pairs as share no respondent."""
    inside = np.where(domain.active, 0, -1)
    shares = np.bincount(rows[domain.active], weights=domain.weights[domain.active]) / domain.weights.sum()
    pairs = domain.effective_units(inside, 1)[0] * min(0.5, 1 - shares.max())
    end = 2 * ((1 - level) / 2) ** (1 / pairs) - 1
    p = float(min(1.0, 2 * 0.5**pairs))
    return (end, 1.0, p) if d > 0 else (-1.0, -end, p)


def _concordance(table: np.ndarray) -> np.ndarray:
    """Per cell: weight of concordant less discordant partners."""
    below_left = np.zeros((table.shape[0] + 1, table.shape[1] + 1))
    below_left[1:, 1:] = table.cumsum(0).cumsum(1)
    up_to_row, up_to_column = below_left[:, -1], below_left[-1]
    total = below_left[-1, -1]
    i, j = np.arange(table.shape[0])[:, None], np.arange(table.shape[1])[None, :]
    less_less = below_left[i, j]
    less_more = up_to_row[i] - below_left[i, j + 1]
    more_less = up_to_column[j] - below_left[i + 1, j]
    more_more = total - up_to_row[i + 1] - up_to_column[j + 1] + below_left[i + 1, j + 1]
    return less_less + more_more - less_more - more_less


def _noncentralities(value: float, df: int, level: float) -> tuple[float, float]:
    """Noncentralities of chi-square at which ``value`` is the upper and the lower (1-level)/2 point.

    The second is missing where the value lies below that point of every one of them.
    """
    tail = (1 - level) / 2

    def solve(target: float) -> float:
        if stats.chi2.cdf(value, df) <= target:
            return 0.0
        upper = value + 10
        while stats.ncx2.cdf(value, df, upper) > target:
            upper *= 2
        if stats.ncx2.cdf(value, df, 1e-12) <= target:
            return 0.0
        return optimize.brentq(lambda nc: stats.ncx2.cdf(value, df, nc) - target, 1e-12, upper, xtol=1e-10)

    return solve(1 - tail), solve(tail) or np.nan
