"""How questions go together: how strongly, and by how much groups differ; each with its test."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from nsmo.results import COLUMNS, TEST_COLUMNS
from nsmo.stats.association import somers_d
from nsmo.stats.comparison import ttest
from nsmo.stats.outcomes import Effect, HypothesisTest
from nsmo.survey.designs import Survey
from nsmo.survey.estimates import effect_row
from nsmo.survey.measures import as_numeric, as_ordered
from nsmo.survey.tests import adjusted, make_row


class Relations(NamedTuple):
    """Estimates and tests, in the columns of `nsmo.results`."""

    estimates: pd.DataFrame
    tests: pd.DataFrame


def associations(survey: Survey, pairs: Iterable[tuple[str, str]]) -> Relations:
    """Estimate whether one question tends to be higher where another is: Somers' D, tested by t.

    Parameters
    ----------
    survey : Survey
        The respondents.
    pairs : iterable of (str, str)
        What explains and what is explained, each as `as_ordered` gives it. Who did not answer both is out.

    Returns
    -------
    Relations
        `question` is explained, `by` explains. Holm's p is over all pairs.

    Examples
    --------
    >>> estimates, tests = associations(survey, [("n_media", "mood")])
    >>> estimates.loc[~estimates["weighted"], ["question", "by", "estimate"]].round(2).values.tolist()
    [['mood', 'n_media', -0.28]]
    """
    found = []
    for x, y in pairs:
        columns: dict[str, pd.Series] = {
            end: as_ordered(survey.frame, survey.codebook.variable(name))
            for end, name in (("x", x), ("y", y))
        }
        complete = columns["x"].notna() & columns["y"].notna()
        for weighted, design in survey.designs():
            effect = somers_d(design.assign(**columns), "x", "y", survey.confidence)
            about = {"question": y, "option": None, "by": x, "group": None, "weighted": weighted}
            found.append((about, effect, survey.too_few(complete, weighted) or survey.tells(y, x)))
    return _relations(survey, found, statistic="Somers' D", test="somers_d", base="complete")


def compare_group(survey: Survey, questions: Sequence[str], by: str, group: str) -> Relations:
    """Estimate how much the mean of one group differs from that of each other group, with a t test of each.

    Parameters
    ----------
    survey : Survey
        The respondents.
    questions : sequence of str
        Numeric or ordered; the answers of an ordered one count 1, 2 and so on.
    by, group : str
        The question whose answers make groups, and the one of these that is compared with the others.

    Returns
    -------
    Relations
        `group` is "group – other"; the estimate is below 0 where the group is lower. Holm's p is over all
        questions and pairs.

    Examples
    --------
    >>> estimates, tests = compare_group(survey, ["mood"], "market", "firms")
    >>> estimates.loc[~estimates["weighted"], ["group", "estimate"]].round(2).values.tolist()
    [['firms – people', -0.8]]
    """
    codebook, frame = survey.codebook, survey.frame
    codebook.variable(by).option(group)
    found = []
    for question in questions:
        values = as_numeric(frame, codebook.variable(question))
        inside = {name: values.notna() & frame[by].eq(name) for name in codebook.variable(by).option_names}
        others = [name for name in inside if name != group and inside[name].sum() > 1]
        for weighted, design in survey.designs(groups=True):
            local = design.assign(measured=values)
            for other in others:
                pair = ttest(local, "measured", by, (other, group), level=survey.confidence)
                about = {"question": question, "option": None, "by": by, "group": f"{group} – {other}"}
                few = any(survey.too_few(inside[name], weighted) for name in (group, other))
                few |= any(survey.hides(question, None, by, name) for name in (group, other))
                few |= survey.tells(question, by, groups=(group, other))
                found.append(({**about, "weighted": weighted}, pair, few))
    return _relations(survey, found, statistic="difference in means", test="t", base="answered")


def _relations(
    survey: Survey,
    found: list[tuple[dict[str, Any], Effect, bool]],
    *,
    statistic: str,
    test: str,
    base: str,
) -> Relations:
    """Effects with what they are about and whether too few are behind them, and Holm's p over all of them."""
    rows, tests = [], []
    for about, effect, hidden in found:
        more = {
            "wave": survey.codebook.wave,
            "n": survey.number(effect.n, hidden),
            "base": base,
            "statistic": statistic,
        }
        rows.append(effect_row(effect, hidden=hidden, confidence=survey.confidence, **about, **more))
        value = effect.estimate / effect.se if effect.se > 0 else np.nan
        outcome = HypothesisTest(test, value, "t", effect.df, None, effect.p, effect.n)
        tests.append(make_row(survey.codebook, test, outcome, hidden=hidden, **about))
    return Relations(pd.DataFrame(rows, columns=COLUMNS), adjusted(pd.DataFrame(tests, columns=TEST_COLUMNS)))
