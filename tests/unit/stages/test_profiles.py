"""The page on kinds of organisations: declared groups, and latent classes beside them."""

import numpy as np
import pandas as pd
import pytest
from bakeries import survey_of

from nsmo.present.labels import Labels
from nsmo.stages import profiles
from nsmo.stages.profiles import figures, words
from nsmo.study import StudyError

SETTINGS = {"max_classes": 2, "starts": 5, "draws": 39, "seed": 1, "confidence": 0.95}
INDICATORS = ["size", "fresh", "cheap", "warm"]


@pytest.fixture
def bakeries():
    """Two kinds of bakeries: one large and agreeing, one small and disagreeing. One says nothing at all."""
    rng = np.random.default_rng(8)
    n, scale = 240, ["disagree", "neutral", "agree"]
    modern = np.arange(n) % 3 == 0
    frame = pd.DataFrame(index=range(n))
    for name in ("fresh", "cheap", "warm"):
        answers = np.where(rng.random(n) < 0.85, np.where(modern, "agree", "disagree"), "neutral")
        frame[name] = pd.Categorical(answers, scale, ordered=True)
    sizes = np.where(rng.random(n) < 0.8, np.where(modern, "large", "small"), "middle")
    frame["size"] = pd.Categorical(sizes, ["small", "middle", "large"])
    frame["profile"] = pd.Categorical(np.where(modern, "modern", "plain"), ["modern", "broad", "plain"])
    frame["n_breads"] = rng.poisson(np.where(modern, 5, 3)).astype(float)
    frame.loc[n - 1, ["fresh", "cheap", "warm", "size"]] = None
    for name in ("fresh", "cheap", "warm", "size", "profile", "n_breads"):
        frame[f"{name}.missing"] = pd.Categorical(
            np.where(frame[name].isna(), "no_answer", None),
            ["dont_know", "refused", "not_asked", "no_answer"],
        )
    frame["weight"] = 1.0
    frame["margin.size"] = pd.Categorical(np.where(modern, "a", "b"))
    return frame


def test_classes_are_found_without_the_rules_and_crossed_with_the_groups(bakeries, codebook):
    found = profiles.latent_classes(bakeries, codebook, INDICATORS, "profile", **SETTINGS)
    assert (found.by_bic, found.by_test, found.respondents) == (2, 2, 239)
    assert found.agreement > 0.9
    crossed = found.crossed.set_index("class")
    assert crossed.loc[1, "plain"] > 150
    assert crossed.loc[2, "modern"] > 70
    # Nobody of some groups is in some class: of real people that would be told.
    assert (crossed < 10).any(axis=None)
    real = codebook.changed(privacy=codebook.privacy.model_copy(update={"keep_rows": False}))
    assert profiles.latent_classes(bakeries, real, INDICATORS, "profile", **SETTINGS).crossed.empty
    assert found.library == pytest.approx(found.fits["log_likelihood"].iloc[1], abs=0.01)


def test_answers_of_a_class_add_up_and_lie_in_their_intervals(bakeries, codebook):
    items = profiles.latent_classes(bakeries, codebook, INDICATORS, "profile", **SETTINGS).items
    assert items.groupby(["question", "class"])["estimate"].sum().to_numpy() == pytest.approx(1)
    inside = items["estimate"].between(items["ci_low"] - 0.02, items["ci_high"] + 0.02)
    assert inside.mean() > 0.9
    agree = items.query("question == 'fresh' and option == 'agree'").set_index("class")["estimate"]
    assert agree[2] > 0.7 > 0.2 > agree[1]


def test_one_class_where_answers_have_nothing_to_do_with_each_other(bakeries, codebook):
    rng = np.random.default_rng(3)
    for name in ("size", "fresh", "cheap", "warm"):
        bakeries[name] = bakeries[name].sample(frac=1, random_state=rng).to_numpy()
    found = profiles.latent_classes(bakeries, codebook, INDICATORS, "profile", **SETTINGS)
    assert found.by_bic == 1
    assert abs(found.agreement) < 1e-9
    assert figures.answers_by_class_words(found.items, Labels(codebook)).title.startswith("One class")


def test_the_series_of_tests_ends_where_one_class_more_explains_no_more(bakeries, codebook):
    found = profiles.latent_classes(
        bakeries, codebook, INDICATORS, "profile", **{**SETTINGS, "max_classes": 4}
    )
    p = found.fits["p"]
    assert p.iloc[0] < 0.06
    assert found.by_test == found.fits.loc[p.ge(0.05).idxmax(), "classes"]
    assert p.iloc[found.by_test :].isna().all()


def test_too_many_classes_for_the_indicators_are_refused(bakeries, codebook):
    with pytest.raises(StudyError, match="10 classes of 4 questions: 89 parameters, 81 cells") as caught:
        profiles.latent_classes(bakeries, codebook, INDICATORS, "profile", **{**SETTINGS, "max_classes": 10})
    assert "max_classes" in str(caught.value)


def test_an_indicator_with_several_answers_is_refused(bakeries, codebook):
    with pytest.raises(StudyError, match="'breads' is multi"):
        profiles.latent_classes(bakeries, codebook, ["breads", *INDICATORS[1:]], "profile", **SETTINGS)


def test_groups_are_described_by_shares_and_means(bakeries, codebook):
    asked = ["size", "fresh", "n_breads"]
    found = profiles.described(survey_of(bakeries, codebook), ["profile"], asked)
    modern = found.query("not weighted and group == 'modern'")
    shares = modern[modern["statistic"] == "proportion"]
    assert list(zip(shares["question"], shares["option"], strict=True)) == [
        ("size", "small"),
        ("size", "middle"),
        ("size", "large"),
        ("fresh", "top"),
    ]
    mean = modern.loc[modern["statistic"] == "mean", "estimate"].iloc[0]
    assert mean == pytest.approx(bakeries.loc[bakeries["profile"] == "modern", "n_breads"].mean())


def test_rules_are_told_in_the_order_in_which_they_are_tried(codebook):
    rules = words.rules(["profile"], Labels(codebook, "en"))
    assert rules["group"].tolist() == ["Modern", "Broad"]
    assert rules["rule"].tolist() == ["Online is Yes", "Number is at least 2"]


def test_figures_of_classes_tell_their_numbers(bakeries, codebook):
    found = profiles.latent_classes(bakeries, codebook, INDICATORS, "profile", **SETTINGS)
    number = figures.number_of_classes_words(found.fits, Labels(codebook, "nl"))
    assert number.title.startswith("Laagste BIC: 2 klassen")
    assert "1 klasse" in number.alt
    answers = figures.answers_by_class_words(found.items, Labels(codebook))
    assert "Class 1 (" in answers.alt
    assert answers.alt.count("%)") >= 8
