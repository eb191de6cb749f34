"""The title of a figure states a difference only where the page's own test shows it."""

import pandas as pd
import pytest
from present_rows import frame, result

from nsmo.present import plots
from nsmo.present.labels import Labels
from nsmo.present.picture import drawn
from nsmo.results import TEST_COLUMNS


@pytest.fixture
def labels(codebook):
    return Labels(codebook, "en")


def shares(question, option, firms, people):
    return [
        result(question, option, value, n=100, by="market", group=group)
        for group, value in (("firms", firms), ("people", people))
    ]


def of_tests(*rows):
    blank = dict.fromkeys(TEST_COLUMNS) | {"by": "market", "test": "chisquare", "weighted": False}
    made = [blank | dict(zip(("question", "option", "p", "p_holm"), row, strict=True)) for row in rows]
    return pd.DataFrame(made)


def difference(low, high, **more):
    row = result("mood", "top", 0.2, by="market", group="people – firms")
    return row | {"statistic": "difference in proportions", "ci_low": low, "ci_high": high} | more


def title(rows, labels, tests=None):
    return drawn(plots.intervals, frame(*rows), labels, tests=tests).words.title


MOOD = shares("mood", "top", 0.5, 0.7)


def test_without_a_test_no_difference_is_stated(labels):
    assert title(MOOD, labels) == "Good or very good, by market"


@pytest.mark.parametrize(
    ("p", "holm", "found"),
    [
        (0.03, None, "Good or very good: Consumers 70.0%, Businesses 50.0%"),
        (0.01, 0.04, "Good or very good: Consumers 70.0%, Businesses 50.0%"),
        (0.01, 0.06, "Good or very good: no clear difference by market (p = .060)"),
        (0.43, None, "Good or very good: no clear difference by market (p = .430)"),
    ],
)
def test_a_p_decides_and_of_several_that_by_holm(labels, p, holm, found):
    assert title(MOOD, labels, of_tests(("mood", "top", p, holm))).replace("\xa0", " ") == found


@pytest.mark.parametrize(
    ("low", "high", "found"),
    [
        (0.05, 0.35, "Good or very good: Consumers 70.0%, Businesses 50.0%"),
        (-0.35, -0.05, "Good or very good: Consumers 70.0%, Businesses 50.0%"),
        (-0.05, 0.45, "Good or very good: no clear difference by market"),
    ],
)
def test_the_interval_of_the_one_difference_decides(labels, low, high, found):
    assert title(MOOD, labels, frame(difference(low, high))) == found


def test_of_several_pairs_none_was_named_beforehand(labels):
    pairs = [difference(0.05, 0.35), difference(0.01, 0.2, group="people – others")]
    assert title(MOOD, labels, frame(*pairs)) == "Good or very good, by market"


def test_a_weighted_test_and_one_of_another_breakdown_show_nothing(labels):
    sure = of_tests(("mood", "top", 0.001, None))
    assert title(MOOD, labels, sure.assign(weighted=True)) == "Good or very good, by market"
    assert title(MOOD, labels, sure.assign(by="trade")) == "Good or very good, by market"


def test_of_several_answers_the_widest_of_the_clear_gaps_is_named(labels):
    rows = shares("media", "paper", 0.1, 0.6) + shares("media", "web", 0.3, 0.5)
    one = of_tests(("media", "paper", 0.2, 0.4), ("media", "web", 0.001, 0.002))
    found = "Website & web shop, the widest of the clear gaps by market: Consumers 50.0%, Businesses 30.0%"
    assert title(rows, labels, one) == found
    none = of_tests(("media", "paper", 0.2, 0.4), ("media", "web", 0.1, 0.2))
    found = "Media used: no clear difference by market in any (smallest p = .200)"
    assert title(rows, labels, none).replace("\xa0", " ") == found
    assert title(rows, labels) == "Media used, by market"


def test_reconstructed_answers_show_no_difference_whatever_a_test_says(codebook):
    made = Labels(codebook.changed(provenance="reconstructed"), "en")
    sure = of_tests(("mood", "top", 0.0001, 0.0001))
    assert title(MOOD, made, sure) == "Good or very good, by market"
    assert title(MOOD, made, frame(difference(0.1, 0.3))) == "Good or very good, by market"


def test_groups_on_a_scale_are_compared_without_a_finding(labels, mood):
    twice = pd.concat([mood.assign(by="market", group=group) for group in ("firms", "people")])
    assert drawn(plots.likert, twice, labels).words.title == "Good or very good, by market"
