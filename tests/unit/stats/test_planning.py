import pytest

from nsmo.stats import power_of_difference, respondents_for_difference, respondents_for_share


def test_a_thousand_for_three_points():
    plan = respondents_for_share(0.03)
    assert (plan.respondents, round(plan.exact, 2)) == (1068, 1067.07)
    assert respondents_for_share(0.03, deff=2, response=0.1).invited == 21350
    assert respondents_for_share(0.05, population=300).respondents == 169


def test_a_population_is_never_exceeded():
    for size in (1, 10, 500):
        assert respondents_for_share(0.001, population=size).respondents <= size


@pytest.mark.parametrize(("first", "second"), [(0.5, 0.6), (0.9, 0.8), (0.05, 0.1)])
def test_the_power_is_what_was_asked_for(first, second):
    n = respondents_for_difference(first, second, alpha=0.05, power=0.9).exact
    share, gap = (first + second) / 2, abs(first - second)
    assert power_of_difference(n, n, share, gap, alpha=0.05) == pytest.approx(0.9)
    assert respondents_for_difference(first, second, power=0.9, deff=1.5).exact == pytest.approx(1.5 * n)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: respondents_for_share(0), "margin must lie"),
        (lambda: respondents_for_share(0.1, 1), "share must lie"),
        (lambda: respondents_for_share(0.1, deff=0), "design effect"),
        (lambda: respondents_for_share(0.1, population=0), "population of 0"),
        (lambda: respondents_for_share(0.1, response=0), "response must be"),
        (lambda: respondents_for_difference(0.5, 0.5), "do not differ"),
        (lambda: respondents_for_difference(0.5, 0.6, power=0.01), "above the level"),
    ],
)
def test_plans_that_make_no_sense_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
