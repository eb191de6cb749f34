"""Tests of whether groups answer differently, in the columns of `nsmo.results.TEST_COLUMNS`."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from nsmo.results import TEST_COLUMNS
from nsmo.stats import SurveyDesign
from nsmo.stats.association import chisquare
from nsmo.stats.comparison import ranktest
from nsmo.stats.multiplicity import holm
from nsmo.stats.outcomes import Effect, HypothesisTest
from nsmo.study import Codebook, Variable
from nsmo.survey.designs import Survey
from nsmo.survey.estimates import require_groups
from nsmo.survey.measures import as_numeric, shares


def group_tests(
    survey: Survey, questions: Iterable[str | tuple[str, str]], by: Sequence[str]
) -> pd.DataFrame:
    """Test, question by question, whether groups answer differently, and adjust for the number of tests.

    Parameters
    ----------
    survey : Survey
        The respondents. Groups, and answers, of too few respondents (`Survey.too_few`) make no test with
        their question, nor does a table of which the plan hides an answer (`Survey.tells`): it has no p then,
        and does not count for Holm.
    questions : iterable of str or (str, str)
        What is compared: all answers to a question, or the share of one option of it (`top` for the box that
        counts). A question is not held against itself.
    by : sequence of str
        Questions whose answers make the groups.

    Returns
    -------
    DataFrame
        Numbers and ordered answers: test "rank" (Kruskal-Wallis, knowing the design); others, and shares:
        "chisquare" (Rao-Scott, second order). Holm's adjustment covers all tests of one call, the unweighted
        and the weighted ones apart.

    Examples
    --------
    >>> tests = group_tests(survey, ["mood", ("media", "radio")], ["market"])
    >>> tests.loc[~tests["weighted"], ["question", "test"]].values.tolist()
    [['mood', 'rank'], ['media', 'chisquare']]
    """
    questions = list(questions)
    rows = []
    for weighted, design in survey.designs(groups=True):
        for grouping in by:
            require_groups(survey.codebook.variable(grouping))
            for asked in questions:
                question, option = (asked, None) if isinstance(asked, str) else asked
                if question == grouping:
                    continue
                variable = survey.codebook.variable(question)
                kind, test = _group_test(survey, weighted, design, variable, option, grouping)
                where = {"question": question, "option": option, "by": grouping, "group": None}
                rows.append(make_row(survey.codebook, kind, test, **where, weighted=weighted))
    return adjusted(pd.DataFrame(rows, columns=TEST_COLUMNS))


def adjusted(tests: pd.DataFrame) -> pd.DataFrame:
    """Fill in Holm's p over all tests that were made, the unweighted and the weighted ones apart.

    Parameters
    ----------
    tests : DataFrame
        A test that was not made has no p.

    Examples
    --------
    >>> tests = pd.DataFrame({"p": [0.01, 0.04, None, 0.3], "p_holm": None, "weighted": False})
    >>> adjusted(tests)["p_holm"].tolist()
    [0.03, 0.08, None, 0.3]
    """
    tests = tests.copy()
    for weighted in (False, True):
        done = tests.index[tests["p"].notna() & (tests["weighted"] == weighted)]
        tests.loc[done, "p_holm"] = holm(tests.loc[done, "p"])
    return tests


def make_row(
    codebook: Codebook, kind: str, test: HypothesisTest, *, hidden: bool = False, **about: Any
) -> dict[str, Any]:
    """Return a row of tests.

    Parameters
    ----------
    codebook : Codebook
        Gives the wave.
    kind : str
        Of the test: rank, chisquare, t, somers_d, wald, parallel.
    test : HypothesisTest
        As the functions of `nsmo.stats` give it.
    hidden : bool
        Whether too few respondents are behind it to show it.
    **about
        question, option, by, group, weighted.
    """
    numbers = {"statistic": test.statistic, "df": test.df, "ddf": test.ddf, "p": test.p, "p_holm": np.nan}
    numbers = {name: np.nan if hidden or value is None else value for name, value in numbers.items()}
    # Of a table with a hidden cell, how many it counts may be hidden as well.
    n = np.nan if codebook.privacy.suppress == "linked" and np.isnan(numbers["p"]) else test.n
    return {"wave": codebook.wave, "test": kind, "n": n, **numbers, **about}


def _group_test(
    survey: Survey, weighted: bool, design: SurveyDesign, variable: Variable, option: str | None, by: str
) -> tuple[str, HypothesisTest]:
    ranked = option is None and variable.type in ("numeric", "ordinal")
    if ranked:
        measured = as_numeric(design.frame, variable)
    elif option is None:
        measured = design.frame[variable.name]
    else:
        measured = shares(design.frame, variable, [option]).iloc[:, 0]
    complete = measured.notna() & design.frame[by].notna()
    sides = [design.frame[by]] if ranked else [design.frame[by], measured]
    kind, n = "rank" if ranked else "chisquare", int(complete.sum())
    parts = [[complete & side.eq(one) for one in side[complete].unique()] for side in sides]
    # An answer may be rare; only a group is compared by its worth.
    few = [survey.too_few(part, weighted and side == 0) for side, both in enumerate(parts) for part in both]
    if any(len(both) < 2 for both in parts) or any(few) or survey.tells(variable.name, by, option):
        return kind, HypothesisTest(kind, np.nan, "F", np.nan, np.nan, np.nan, n)
    local = design.assign(measured=measured)
    test = ranktest(local, "measured", by) if ranked else chisquare(local, "measured", by)
    if isinstance(test, Effect):  # two groups: F with one degree of freedom is the square of t
        test = HypothesisTest("rank", (test.estimate / test.se) ** 2, "F", 1, test.df, test.p, n)
    return kind, test
