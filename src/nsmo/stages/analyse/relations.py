"""How questions hang together: how strongly, by how much groups differ, and in models; each with its test.

What is estimated comes in the columns of `analyse.COLUMNS`, what is tested in those of
`analyse.TEST_COLUMNS`, unweighted and weighted.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from nsmo.stages import analyse
from nsmo.stats import DesignError, SurveyDesign
from nsmo.stats.association import somers_d
from nsmo.stats.comparison import ttest
from nsmo.stats.ordinal import polr
from nsmo.stats.outcomes import Effect, HypothesisTest
from nsmo.stats.regression import Regression, glm
from nsmo.study import Codebook
from nsmo.study.variable import Variable

ADJUSTED, FIRTH = "adjusted odds ratio", "Firth-corrected odds ratio"


class Relations(NamedTuple):
    """Estimates in the columns of `analyse.COLUMNS`, and tests in those of `analyse.TEST_COLUMNS`."""

    estimates: pd.DataFrame
    tests: pd.DataFrame


def filed(tests: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Put the tests of a stage into one file; the column `of` says which results they belong to."""
    return pd.concat([frame.assign(of=name) for name, frame in tests.items()], ignore_index=True)


def associations(
    designs: analyse.Designs,
    codebook: Codebook,
    pairs: Iterable[tuple[str, str]],
    *,
    confidence: float,
    min_n: int,
) -> Relations:
    """Estimate whether one question tends to be higher where another is: Somers' D, tested by t.

    Parameters
    ----------
    designs, codebook, confidence, min_n
        As in `analyse.estimates`.
    pairs : iterable of (str, str)
        What explains and what is explained, each as `analyse.scale` gives it. Who did not answer both is out.

    Returns
    -------
    Relations
        `question` is explained, `by` explains. Holm's p is over all pairs.
    """
    made = []
    for x, y in pairs:
        columns = {
            end: analyse.scale(designs.frame, codebook.variable(name)) for end, name in (("x", x), ("y", y))
        }
        for weighted, design in _each(designs):
            effect = somers_d(design.assign(**columns), "x", "y", confidence)
            about = {"question": y, "option": None, "by": x, "group": None, "weighted": weighted}
            made.append((about, effect, effect.n < min_n))
    return _relations(codebook, made, "Somers' D", "somers_d", "complete", confidence)


def against(
    designs: analyse.Designs,
    codebook: Codebook,
    questions: Sequence[str],
    by: str,
    group: str,
    *,
    confidence: float,
    min_n: int,
) -> Relations:
    """Estimate how much the mean of one group differs from that of each other group, with a t test of each.

    Parameters
    ----------
    designs, codebook, confidence, min_n
        As in `analyse.estimates`.
    questions : sequence of str
        Numeric or ordered; the answers of an ordered one count 1, 2 and so on.
    by, group : str
        The question whose answers make groups, and the one of these that is held against the others.

    Returns
    -------
    Relations
        `group` is "group – other"; the estimate is below nought where the group is lower. Holm's p is over
        all questions and pairs.
    """
    codebook.variable(by).option(group)
    made = []
    for question in questions:
        values = analyse.numbers(designs.frame, codebook.variable(question))
        sizes = designs.frame.loc[values.notna(), by].value_counts()
        others = [name for name in codebook.variable(by).option_names if name != group and sizes[name] > 1]
        for weighted, design in _each(designs, subgroups=True):
            for other in others:
                pair = ttest(design.assign(measured=values), "measured", by, (other, group), level=confidence)
                about = {"question": question, "option": None, "by": by, "group": f"{group} – {other}"}
                made.append(({**about, "weighted": weighted}, pair, min(sizes[group], sizes[other]) < min_n))
    return _relations(codebook, made, "difference in means", "t", "answered", confidence)


def model(
    designs: analyse.Designs,
    codebook: Codebook,
    outcome: str,
    terms: Sequence[str],
    *,
    confidence: float,
    min_n: int,
    option: str | None = None,
    steps: Sequence[str] = (),
) -> Relations:
    """Explain an answer by several questions at once: odds ratios, each adjusted for the other terms.

    Parameters
    ----------
    designs, codebook, confidence, min_n
        As in `analyse.estimates`.
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
        "adjusted odds ratio" of each term, see `analyse.ratio_rows`. Tests: `wald` of each term, and for an
        ordered outcome `parallel` of the assumption that odds are proportional, for each term and for all of
        them. For that test alone, answers at the ends that fewer than `min_n` gave are joined with the next
        (`ends_joined`), and further where it needs that; p is missing where the data cannot carry it even so.
        Where terms tell some answers without error, weighted or not, the ratios have Firth's correction, and
        the statistic says so.
    """
    columns = {name: _term(designs.frame, codebook.variable(name), name in steps) for name in terms}
    columns[outcome] = analyse.scale(designs.frame, codebook.variable(outcome), option)
    frame = pd.DataFrame(columns).dropna()
    local = [(weighted, design.assign(**columns)) for weighted, design in _each(designs)]
    fit = _cumulative if option is None else _logistic
    firth = any(fit(design, outcome, terms, confidence, True).separated for _, design in local)
    rows, tests = [], []
    for weighted, design in local:
        fitted = fit(design, outcome, terms, confidence, firth)
        about = {"statistic": FIRTH if firth else ADJUSTED, "weighted": weighted, "confidence": confidence}
        rows += analyse.ratio_rows(fitted, codebook, frame[list(terms)], min_n=min_n, option=option, **about)
        tests += analyse.term_tests(fitted, codebook, weighted, option)
        if option is None:
            for term, test in _parallel(design, frame[outcome], terms, min_n):
                where = {"question": outcome, "option": None, "by": term, "group": None, "weighted": weighted}
                tests.append(_test(codebook, "parallel", test, **where))
    return Relations(
        pd.DataFrame(rows, columns=analyse.COLUMNS), pd.DataFrame(tests, columns=analyse.TEST_COLUMNS)
    )


def ends_joined(scores: pd.Series, least: int) -> pd.Series:
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
    """
    counts = scores.value_counts().sort_index()
    low, high = 0, len(counts) - 1
    while high - low > 1 and counts.iloc[: low + 1].sum() < least:
        low += 1
    while high - low > 1 and counts.iloc[high:].sum() < least:
        high -= 1
    return scores.clip(counts.index[low], counts.index[high])


def _term(frame: pd.DataFrame, variable: Variable, step: bool) -> pd.Series:
    """A term of a model: numbers, or categories with the reference first."""
    if step:
        return analyse.numbers(frame, variable)
    order = sorted(variable.option_names, key=lambda name: name in variable.top)
    return pd.Series(pd.Categorical(frame[variable.name], categories=order), index=frame.index)


def _cumulative(design: SurveyDesign, outcome: str, terms: Sequence[str], level: float, firth: bool):
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
    joined = ends_joined(scores, min_n)
    while joined.nunique() > 2:
        try:
            fitted = _cumulative(design.assign(joined=joined), "joined", terms, 0.95, False)
            yield from [(term, fitted.parallel(term)) for term in (*terms, None)]
            return
        except DesignError:
            rarer = int(joined.value_counts().sort_index().iloc[[0, -1]].min())
            joined = ends_joined(joined, rarer + 1)
    yield None, HypothesisTest("proportional odds", np.nan, "F", np.nan, np.nan, np.nan, len(scores))


def _each(designs: analyse.Designs, subgroups: bool = False) -> Iterator[tuple[bool, SurveyDesign]]:
    yield False, designs.unweighted
    if not (subgroups and designs.withhold):
        yield True, designs.weighted


def _relations(
    codebook: Codebook,
    made: list[tuple[dict[str, Any], Effect, bool]],
    statistic: str,
    test: str,
    base: str,
    confidence: float,
) -> Relations:
    """Effects with what they are about and whether too few are behind them, and Holm's p over all of them."""
    rows, tests = [], []
    for about, effect, hidden in made:
        more = {"wave": codebook.wave, "n": effect.n, "base": base, "statistic": statistic}
        rows.append(analyse.effect_row(effect, hidden=hidden, confidence=confidence, **about, **more))
        value = effect.estimate / effect.se if effect.se > 0 else np.nan
        outcome = HypothesisTest(test, value, "t", effect.df, None, effect.p, effect.n)
        tests.append(_test(codebook, test, outcome, hidden=hidden, **about))
    return Relations(
        pd.DataFrame(rows, columns=analyse.COLUMNS),
        analyse.adjusted(pd.DataFrame(tests, columns=analyse.TEST_COLUMNS)),
    )


def _test(
    codebook: Codebook, kind: str, test: HypothesisTest, hidden: bool = False, **about: Any
) -> dict[str, Any]:
    """A row in the columns of `analyse.TEST_COLUMNS`."""
    numbers = {"statistic": test.statistic, "df": test.df, "ddf": test.ddf, "p": test.p, "p_holm": np.nan}
    numbers = {name: np.nan if hidden or value is None else value for name, value in numbers.items()}
    return {"wave": codebook.wave, "test": kind, "n": test.n, **numbers, **about}
