"""Models that explain an answer by several questions at once: ratios of each term, with their tests."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from nsmo.results import COLUMNS, TEST_COLUMNS
from nsmo.stats import DesignError, SurveyDesign
from nsmo.stats.ordinal import OrdinalRegression, polr
from nsmo.stats.outcomes import Effect, HypothesisTest
from nsmo.stats.regression import Regression, dispersion, glm
from nsmo.study import Variable
from nsmo.survey.designs import Survey
from nsmo.survey.estimates import effect_row
from nsmo.survey.measures import as_numeric, as_ordered
from nsmo.survey.relations import Relations
from nsmo.survey.tests import make_row

ADJUSTED, FIRTH = "adjusted odds ratio", "Firth-corrected odds ratio"
#: Answers that each coefficient needs; with fewer its ratio is too far from 1 (Peduzzi et al. 1996).
ANSWERS_EACH = 10


def rate_ratios(survey: Survey, question: str, terms: Sequence[str], *, statistic: str) -> Relations:
    """Explain a number by groups: how many times as high it is as in the first group, other terms equal.

    Parameters
    ----------
    survey : Survey
        The respondents.
    question : str
        A numeric question that counts something.
    terms : sequence of str
        Questions with one answer, all in one Poisson model. Each answer is held against the first one.
    statistic : str
        What the ratios are called: "rate ratio", or "adjusted rate ratio".

    Returns
    -------
    Relations
        The ratios: `by` is the term, `group` "category – reference", `n` all respondents in the model; a pair
        with too few respondents on one side is suppressed. And a Wald test of each term.

    Examples
    --------
    >>> ratios, tests = rate_ratios(survey, "n_media", ["market"], statistic="rate ratio")
    >>> ratios.loc[~ratios["weighted"], ["group", "estimate"]].round(2).values.tolist()
    [['firms – people', 2.82]]
    """
    frame = survey.frame[[question, *terms]].dropna()
    rows, tests = [], []
    for weighted, design in survey.designs(groups=True):
        model = glm(design, question, list(terms), "poisson", level=survey.confidence)
        rows += ratio_rows(survey, model, frame, statistic=statistic, weighted=weighted)
        tests += term_tests(survey, model, weighted)
    return Relations(pd.DataFrame(rows, columns=COLUMNS), pd.DataFrame(tests, columns=TEST_COLUMNS))


def odds_ratios(
    survey: Survey,
    outcome: str,
    terms: Sequence[str],
    *,
    option: str | None = None,
    steps: Sequence[str] = (),
) -> Relations:
    """Explain an answer by several questions at once: odds ratios, each adjusted for the other terms.

    Parameters
    ----------
    survey : Survey
        The respondents.
    outcome : str
        Without `option` an ordered question: proportional odds of a higher answer.
    terms : sequence of str
        Questions. A closed one has a ratio for each category against the first, or against the first that is
        not of its `top`, which has no ratio.
    option : str, optional
        Of a closed question: the odds of this answer against the others.
    steps : sequence of str
        Those of the terms that have one ratio: that of one more, or of one step up the scale.

    Returns
    -------
    Relations
        "adjusted odds ratio" of each term, see `ratio_rows`. Tests: `wald` of each term, and for an ordered
        outcome `parallel` of the assumption that odds are proportional, for each term and for all of them.
        For that test alone, answers at the ends that too few gave are joined with the next (`join_ends`), and
        further where it needs that; p is missing where the data cannot carry it even so. Where terms tell
        some answers without error, weighted or not, or there are too many for the answers (`crowded`), the
        ratios have Firth's correction, and the statistic says so. An answer of an ordered outcome that is
        worth less than half a respondent is joined with the next (`join_light`).

    Examples
    --------
    >>> ratios, tests = odds_ratios(survey, "mood", ["market"])
    >>> ratios.loc[~ratios["weighted"], ["group", "estimate"]].round(2).values.tolist()
    [['firms – people', 0.35]]
    """
    codebook = survey.codebook
    columns = {name: _term(survey.frame, codebook.variable(name), name in steps) for name in terms}
    columns[outcome] = as_ordered(survey.frame, codebook.variable(outcome), option)
    frame = pd.DataFrame(columns).dropna()
    if option is None:
        weights = [pd.Series(one.weights, survey.frame.index)[frame.index] for _, one in survey.designs()]
        columns[outcome] = columns[outcome].replace(join_light(frame[outcome], weights))
        frame[outcome] = columns[outcome][frame.index]
    local = [(weighted, design.assign(**columns)) for weighted, design in survey.designs()]
    fit = _cumulative if option is None else _logistic
    corrected = [fit(design, outcome, terms, survey.confidence, True) for _, design in local]
    firth = any(model.separated for model in corrected)
    firth |= crowded(frame[outcome], int(corrected[0].coefficients["term"].isin(terms).sum()))
    rows, tests = [], []
    for weighted, design in local:
        model = fit(design, outcome, terms, survey.confidence, firth)
        about = {"statistic": FIRTH if firth else ADJUSTED, "weighted": weighted}
        rows += ratio_rows(survey, model, frame[list(terms)], option=option, **about)
        tests += term_tests(survey, model, weighted, option)
        if option is None:
            for term, test in _parallel(design, frame[outcome], terms, survey.min_n):
                where = {"question": outcome, "option": None, "by": term, "group": None, "weighted": weighted}
                hidden = any(survey.tells(outcome, one) for one in terms)
                tests.append(make_row(codebook, "parallel", test, hidden=hidden, **where))
    return Relations(pd.DataFrame(rows, columns=COLUMNS), pd.DataFrame(tests, columns=TEST_COLUMNS))


def dispersions(survey: Survey, question: str, terms: Sequence[str]) -> pd.DataFrame:
    """Estimate how much a number varies about its Poisson model: 1 where its variance is its mean.

    Parameters
    ----------
    survey, question, terms
        As in `rate_ratios`.

    Returns
    -------
    DataFrame
        A row unweighted and one weighted: statistic, estimate, se, ci_low, ci_high, p, n, weighted.

    Examples
    --------
    >>> table = dispersions(survey, "n_media", ["market"])
    >>> table.loc[~table["weighted"], "estimate"].round(2).tolist()  # less than a Poisson model says
    [0.46]
    """
    rows = [
        dispersion(design, question, list(terms), level=survey.confidence).as_dict() | {"weighted": weighted}
        for weighted, design in survey.designs()
    ]
    columns = ["statistic", "estimate", "se", "ci_low", "ci_high", "p", "n", "weighted"]
    return pd.DataFrame(rows).assign(statistic="dispersion")[columns]


def ratio_rows(
    survey: Survey,
    model: Regression,
    frame: pd.DataFrame,
    *,
    option: str | None = None,
    **about: Any,
) -> list[dict[str, Any]]:
    """Return rows of results of the ratios of a model.

    Parameters
    ----------
    survey : Survey
        With too few respondents in the category or the reference (`Survey.too_few`) a ratio is suppressed, or
        where the plan hides an answer of theirs (`Survey.tells`).
    model : Regression
        Its outcome and its terms have the names of questions.
    frame : DataFrame
        The terms of those who are in the model. Of a categorical one the first that occurs is the reference:
        `group` is "category – reference". A number has the ratio of one more, and no group.
    option : str, optional
        Of the outcome that is meant.
    **about
        statistic, weighted.
    """
    rows, weighted = [], about["weighted"]
    everybody = survey.frame.index.isin(frame.index)
    for found in model.coefficients[model.coefficients["term"].isin(frame.columns)].to_dict("records"):
        hidden, group = survey.too_few(everybody, weighted), None
        if pd.notna(found["category"]):
            sizes = frame[found["term"]].value_counts()
            reference = next(name for name in frame[found["term"]].cat.categories if sizes[name])
            values = frame[found["term"]].reindex(survey.frame.index)
            pair = (found["category"], reference)
            hidden = any(survey.too_few(values.eq(name), weighted) for name in pair)
            hidden |= survey.tells(model.outcome, found["term"], option, pair)
            group = f"{found['category']} – {reference}"
        ratio = Effect(
            found["term"],
            found["ratio"],
            found["ratio"] * found["se"],
            found["ratio_low"],
            found["ratio_high"],
            model.df,
            found["p"],
            model.n,
        )
        rows.append(
            effect_row(
                ratio,
                hidden=hidden,
                wave=survey.codebook.wave,
                question=model.outcome,
                option=option,
                by=found["term"],
                group=group,
                n=survey.number(model.n, hidden),
                base="complete",
                confidence=survey.confidence,
                **about,
            )
        )
    return rows


def term_tests(
    survey: Survey, model: Regression, weighted: bool, option: str | None = None
) -> list[dict[str, Any]]:
    """Return rows of tests of the Wald test of every term of a model."""
    rows = []
    for found in model.terms().to_dict("records"):
        test = HypothesisTest("wald", found["F"], "F", found["df"], found["ddf"], found["p"], model.n)
        where = {"question": model.outcome, "option": option, "by": found["term"], "group": None}
        hidden = survey.tells(model.outcome, found["term"], option)
        rows.append(make_row(survey.codebook, "wald", test, hidden=hidden, **where, weighted=weighted))
    return rows


def crowded(answers: pd.Series, coefficients: int) -> bool:
    """Return whether a model has too many coefficients for the answers that it explains.

    Parameters
    ----------
    answers : Series
        Yes or no, of which the rarer count, or ordered: then n less the sum of the cubed numbers of each over
        n squared, what they tell of a shift (Whitehead 1993; Harrell 2015, section 4.4).
    coefficients : int
        Without cut points and intercept. Each needs `ANSWERS_EACH`.

    Examples
    --------
    >>> crowded(pd.Series([False] * 60 + [True] * 40), 4), crowded(pd.Series([False] * 61 + [True] * 39), 4)
    (False, True)
    >>> crowded(pd.Series([1] * 10 + [2] * 10 + [3] * 10), 2)  # 30 - 3 * 1000 / 900 = 26.7
    False
    """
    counts = answers.value_counts().to_numpy(dtype=float)
    n = counts.sum()
    counted = counts.min() if len(counts) == 2 else n - (counts**3).sum() / n**2
    return bool(counted < ANSWERS_EACH * coefficients)


def join_ends(scores: pd.Series, least: int) -> pd.Series:
    """Join answers at the ends of a scale that few gave with the next one, until each end has enough.

    Parameters
    ----------
    scores : Series
        Answers as numbers.
    least : int
        Respondents that an end must have.

    Returns
    -------
    Series
        The same numbers, those of a joined end that of its inmost answer. Two answers are always left.

    Examples
    --------
    >>> join_ends(pd.Series([1, 2, 2, 3, 3, 4, 5, 5]), 2).tolist()
    [2, 2, 2, 3, 3, 4, 5, 5]
    """
    counts = scores.value_counts().sort_index()
    low, high = 0, len(counts) - 1
    while high - low > 1 and counts.iloc[: low + 1].sum() < least:
        low += 1
    while high - low > 1 and counts.iloc[high:].sum() < least:
        high -= 1
    return scores.clip(counts.index[low], counts.index[high])


def join_light(scores: pd.Series, weights: Sequence[pd.Series]) -> dict[float, float]:
    """Return which answers of a scale to join with the next one, because they weigh less than half a case.

    Firth's penalty is worth half a case in each direction. It outweighs such an answer, draws its two cut
    points together, and has no finite maximum.

    Parameters
    ----------
    scores : Series
        Answers as numbers.
    weights : sequence of Series
        Of the same respondents, by each design; their sum is taken as so many cases as there are.

    Returns
    -------
    dict
        Number to the number that takes its place; the last goes with the one before. Three are always left.

    Examples
    --------
    >>> scores = pd.Series([1, 2, 3, 4, 4, 4])
    >>> join_light(scores, [pd.Series([1, 0.1, 1, 1, 1, 1])])
    {2: 3}
    """
    joined = scores
    while joined.nunique() > 3:
        worth = pd.concat([one.groupby(joined).sum() * len(one) / one.sum() for one in weights], axis=1)
        light = worth.index[worth.min(axis=1) < 0.5]
        if light.empty:
            break
        order = list(worth.index)
        at = order.index(light[0])
        joined = joined.replace(light[0], order[at + 1] if at + 1 < len(order) else order[at - 1])
    return {old: new for old, new in zip(scores, joined, strict=True) if old != new}


def _term(frame: pd.DataFrame, variable: Variable, step: bool) -> pd.Series:
    """A term of a model: numbers, or categories with the reference first."""
    if step:
        return as_numeric(frame, variable)
    order = sorted(variable.option_names, key=lambda name: name in variable.top_box)
    return pd.Series(pd.Categorical(frame[variable.name], categories=order), index=frame.index)


def _cumulative(
    design: SurveyDesign, outcome: str, terms: Sequence[str], level: float, firth: bool
) -> OrdinalRegression:
    return polr(design, outcome, list(terms), level=level, firth=firth)


def _logistic(
    design: SurveyDesign, outcome: str, terms: Sequence[str], level: float, firth: bool
) -> Regression:
    return glm(design, outcome, list(terms), family="logistic", level=level, firth=firth)


def _parallel(
    design: SurveyDesign, scores: pd.Series, terms: Sequence[str], min_n: int
) -> Iterator[tuple[str | None, HypothesisTest]]:
    """The test of proportional odds for each term and for all; only the last, empty, where it cannot be made.

    Where some term tells the answers without error at a cut point, the end with fewer respondents is joined
    with the next, and the test tried again.
    """
    joined = join_ends(scores, min_n)
    while joined.nunique() > 2:
        try:
            fitted = _cumulative(design.assign(joined=joined), "joined", terms, 0.95, False)
            yield from [(term, fitted.parallel(term)) for term in (*terms, None)]
            return
        except DesignError:
            rarer = int(joined.value_counts().sort_index().iloc[[0, -1]].min())
            joined = join_ends(joined, rarer + 1)
    yield None, HypothesisTest("proportional odds", np.nan, "F", np.nan, np.nan, np.nan, len(scores))
