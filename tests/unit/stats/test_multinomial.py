import numpy as np
import pandas as pd
import pytest

from nsmo.stats import DesignError, SurveyDesign, glm, mlogit, replicate_weights


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(6)
    n = 500
    group = rng.choice(["g", "h", "k"], n)
    x = rng.normal(size=n)
    odds = np.exp(np.column_stack([np.zeros(n), 0.4 * x, 0.5 * (group == "h") - 0.3 * x]))
    answer = (rng.random(n)[:, None] > (odds / odds.sum(1, keepdims=True)).cumsum(1)[:, :2]).sum(1)
    return pd.DataFrame(
        {
            "answer": np.array(["one", "other", "third"])[answer],
            "group": group,
            "x": x,
            "psu": np.arange(n) // 10,
            "w": rng.uniform(1, 3, n),
        }
    ).assign(two=lambda f: np.where(f["answer"] == "third", "yes", "no"))


def test_with_two_answers_it_is_logistic_regression(frame):
    design = SurveyDesign(frame, "w", clusters="psu")
    many = mlogit(design, "two", ["x", "group"])
    two = glm(design, "two", ["x", "group"], "logistic", event="yes")
    for column in ("estimate", "se", "p", "ci_low", "ratio_high"):
        np.testing.assert_allclose(many.coefficients[column], two.coefficients[column], rtol=1e-9)
    assert many.df == two.df


def test_without_numbers_it_gives_the_log_odds_of_the_table(frame):
    table = mlogit(SurveyDesign(frame), "answer", ["group"]).coefficients
    counts = pd.crosstab(frame["group"], frame["answer"])
    third = table[table["answer"] == "third"]["estimate"].to_numpy()
    logs = np.log(counts["third"] / counts["one"])
    np.testing.assert_allclose(third, [logs["g"], logs["h"] - logs["g"], logs["k"] - logs["g"]], rtol=1e-9)


def test_another_base_turns_the_signs(frame):
    design = SurveyDesign(frame, "w")
    one, other = mlogit(design, "answer", ["x"]), mlogit(design, "answer", ["x"], base="third")
    assert (one.base, other.base) == ("one", "third")
    a = one.coefficients.query("answer == 'third' and term == 'x'").iloc[0]
    b = other.coefficients.query("answer == 'one' and term == 'x'").iloc[0]
    assert a["estimate"] == pytest.approx(-b["estimate"])
    assert a["se"] == pytest.approx(b["se"])
    assert one.wald("x").p == pytest.approx(other.wald("x").p)
    assert one.wald("x").df == 2


def test_errors_are_those_of_a_jackknife(frame):
    design = SurveyDesign(frame, "w", clusters="psu")
    one = mlogit(design, "answer", ["x", "group"]).coefficients
    two = mlogit(replicate_weights(design, "jk1"), "answer", ["x", "group"]).coefficients
    np.testing.assert_allclose(one["estimate"], two["estimate"], rtol=1e-9)
    np.testing.assert_allclose(one["se"], two["se"], rtol=0.08)


def test_an_answer_that_a_group_tells_has_no_finite_estimate(frame):
    sure = frame.assign(group=np.where(frame["answer"] == "third", "t", frame["group"]))
    with pytest.raises(DesignError, match="no finite estimate"):
        mlogit(SurveyDesign(sure), "answer", ["group"])
    with pytest.raises(DesignError, match="base 'none' does not occur"):
        mlogit(SurveyDesign(frame), "answer", ["group"], base="none")
