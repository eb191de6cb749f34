import numpy as np
import pandas as pd
import pytest

from nsmo import results
from nsmo.study import StudyError
from nsmo.survey.estimates import differences, estimates
from nsmo.survey.tests import group_tests


def estimate(**changes):
    row = dict.fromkeys(results.COLUMNS) | {
        "wave": "2020",
        "question": "fresh",
        "option": "agree",
        "n": 10,
        "count": 4.0,
        "base": "asked",
        "statistic": "proportion",
        "estimate": 0.4,
        "se": 0.1,
        "ci_low": 0.2,
        "ci_high": 0.6,
        "weighted": False,
        "suppressed": False,
        "confidence": 0.95,
    }
    return pd.DataFrame([row | changes])


def row_of_tests(**changes):
    row = dict.fromkeys(results.TEST_COLUMNS) | {
        "wave": "2020",
        "question": "fresh",
        "by": "size",
        "test": "rank",
        "statistic": 2.0,
        "df": 1.0,
        "p": 0.1,
        "p_holm": 0.2,
        "n": 10,
        "weighted": False,
    }
    return pd.DataFrame([row | changes])


def test_what_the_functions_of_survey_make_is_in_the_format(survey):
    results.check(estimates(survey, ["fresh", "breads", "turnover"], by=[None, "online"]))
    results.check(differences(survey, "n_breads", "online"))
    results.check(group_tests(survey, ["fresh", "breads"], ["online"][:0]))
    results.check(group_tests(survey, ["fresh"], ["online", "size"]))


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (estimate(estimate=40.0, ci_high=60.0), "a share outside 0 to 1"),
        (estimate(ci_low=0.5), "an estimate outside its interval"),
        (estimate(count=11), "a count that is no number from 0 to n"),
        (estimate(n="many"), "n that is no number"),
        (estimate(weighted="no"), "weighted that is neither true nor false"),
        (estimate(suppressed=True), "a suppressed row with values"),
        (estimate(base="some"), "a base that is none of asked, "),
        (estimate(confidence=95), "a confidence outside 0 to 1"),
        (estimate().drop(columns="deff"), "no column deff"),
        (pd.concat([estimate(), estimate(estimate=0.5)]), "1 rows with the key of another"),
        (row_of_tests(p=1.2, p_holm=np.nan), "p outside 0 to 1"),
        (row_of_tests(p_holm=0.05), "p_holm below p"),
        (row_of_tests().drop(columns="ddf"), "no column ddf"),
    ],
)
def test_a_frame_that_breaks_the_format_is_refused(frame, words):
    with pytest.raises(StudyError, match=words) as caught:
        results.check(frame, "tables/x/estimates.csv")
    assert str(caught.value).startswith("tables/x/estimates.csv: ")


def test_tests_of_several_results_may_share_a_key_but_those_of_one_may_not():
    results.check(results.combine_tests({"a": row_of_tests(), "b": row_of_tests()}))
    with pytest.raises(StudyError, match="the key of another"):
        results.check(results.combine_tests({"a": pd.concat([row_of_tests(), row_of_tests()])}))


def test_the_row_of_a_sentence_must_be_the_only_one(survey):
    table = estimates(survey, "online")
    assert results.pick(table, option="yes")["count"] == 4
    with pytest.raises(StudyError, match="2 rows fit no condition, weighted False"):
        results.pick(table)
    with pytest.raises(StudyError, match="no column answer"):
        results.pick(table, answer="yes")


def test_combined_estimates_keep_each_row_once(survey):
    one = estimates(survey, "fresh")
    both = estimates(survey, "fresh", by=[None, "online"])
    assert len(results.combine_estimates(one, both)) == len(both)
