"""What may be shown of reconstructed answers, and that everything is shown of real ones."""

import numpy as np
import pandas as pd
import pytest
from drawings import words
from present_rows import frame, result

from nsmo import results
from nsmo.present import plots, sentences, tables
from nsmo.present.labels import Labels
from nsmo.present.picture import drawn
from nsmo.present.saying import may_be_said, said
from nsmo.present.shown import as_saved, marked
from nsmo.study.origins import Origins

KNOWN = Origins(published=["media.web", "mood.top in market.people"], implied=["media.paper"])


@pytest.fixture
def made(codebook):
    """Labels of the same study with reconstructed answers, of which some figures were published."""
    return Labels(codebook.changed(provenance="reconstructed", origins=KNOWN), "en")


@pytest.fixture
def real(codebook):
    return Labels(codebook, "en")


@pytest.fixture
def odds():
    row = result("mood", "top", 2.0, by="market", group="firms – people", statistic="odds ratio")
    return frame(row | {"ci_low": 1.2, "ci_high": 3.4})


@pytest.fixture
def tested():
    row = dict.fromkeys(results.TEST_COLUMNS) | {"question": "mood", "by": "market", "test": "rank"}
    row |= {"statistic": 6.1, "df": 1.0, "ddf": 198.0, "p": 0.0143, "p_holm": 0.0286, "n": 200}
    return pd.DataFrame([row | {"weighted": False}])


def test_only_a_printed_share_of_everybody_keeps_its_interval(made, real, media):
    group = result("mood", "top", 0.7, n=150, by="market", group="people")
    mean = result("n_media", None, 1.5, statistic="mean")
    rows = [*media.to_dict("records"), group, mean]
    found = {(row["option"], row["group"], row["weighted"]): row for row in marked(rows, made.codebook)}
    assert [found[option, None, False]["origin"] for option in ("web", "paper", "radio")] == [
        "published",
        "implied",
        "assumed",
    ]
    with_interval = [key for key, row in found.items() if not np.isnan(row["ci_low"])]
    assert sorted(with_interval) == [("paper", None, False), ("web", None, False)]
    # Its share was printed, its size was not.
    assert found["top", "people", False]["origin"] == "published"
    assert {row["origin"] for key, row in found.items() if key[2]} == {"assumed"}
    assert {row["origin"] for row in marked(rows, real.codebook)} == {""}
    assert not any(np.isnan(row["ci_low"]) for row in marked(rows, real.codebook))


def test_a_sentence_says_where_a_number_comes_from(made, real, media):
    text = {"share": media[media["option"] == "web"]}
    radio = {"share": media[media["option"] == "radio"]}
    people = {"share": frame(result("mood", "top", 0.7, n=150, by="market", group="people"))}
    plain = [said("{share}", one, made).replace("\xa0", " ") for one in (text, radio, people)]
    assert plain == [
        "81.3% (published; 95% interval 76.3 to 86.3; n = 200)",
        "12.5% (assumed; n = 200)",
        "70.0% (published; n = 150, assumed)",
    ]
    assert said("{share}", text, real).replace("\xa0", " ") == "81.3% (95% interval 76.3 to 86.3; n = 200)"


def test_what_tests_and_intervals_decide_is_not_said(media, odds, tested):
    web = media[media["option"] == "web"]
    assert may_be_said("{n} shops: {share}, {level:.0%}", {"n": 12, "share": web, "level": 0.95})
    for text, value in (
        ("{x:p}", 0.03),
        ("{x}", tested),
        ("{x} of them differ", results.tested(odds["ci_low"] > 1)),
        ("{x} times as high", odds),
        ("{x:points} points", results.pick(odds)),
        ("{x:weighted}", web),
        ("{x:value}", results.pick(web, weighted=True)),
    ):
        assert not may_be_said(text, {"x": value}), text
    # Who they are of may be said.
    assert may_be_said("{x:label}, {x:n}", {"x": results.pick(odds)})


def test_a_title_counts_no_intervals_and_names_no_effect(made, real, odds):
    plain = [sentences.effects(odds, labels).title for labels in (real, made)]
    assert plain[0] == "Mood in the shop: Good or very good: higher for Market: Businesses"
    assert plain[1] == "Mood in the shop: Good or very good: odds ratio, assumed"
    related = frame(result("mood", None, 0.3, by="n_media", statistic="Somers' D"))
    related = pd.concat([related, related.assign(weighted=True)])
    titles = [sentences.associations_title(related, labels) for labels in (real, made)]
    assert "1 of 1 associations are clear of 0" in titles[0]
    assert titles[1] == "1 associations, assumed"


def test_a_title_says_when_its_number_is_assumed(made, real, media):
    assert sentences.bars(media, made).title == "Media used: Website & web shop, 81.3%"
    without = media[media["option"] != "web"]
    assert sentences.bars(without, made).title == "Media used: Newspaper, 25.0%"
    radio = media[media["option"] == "radio"]
    assert sentences.bars(radio, made).title.endswith("12.5% (assumed)")
    assert sentences.bars(radio, real).title.endswith("12.5%")


@pytest.mark.parametrize("width", ["wide", "phone"])
def test_a_figure_marks_its_origins_in_the_drawing(made, real, media, mood, width):
    legend = {"printed as a number", "follows from what was printed", "assumed"}
    drawing = getattr(drawn(plots.bars, media[~media["weighted"]], made), width)
    assert legend <= set(words(drawing))
    whole = getattr(drawn(plots.likert, mood, made), width)
    assert "assumed" in words(whole)
    assert b"<pattern" in whole
    for plot, rows in ((plots.bars, media), (plots.likert, mood)):
        plain = getattr(drawn(plot, rows, real), width)
        assert not legend & set(words(plain))
        assert b"<pattern" not in plain


def test_the_words_of_a_figure_say_its_origins_to_those_who_do_not_see_it(made, media):
    spoken = drawn(plots.bars, media, made).words
    assert "81.3% (published, 76.3 to 86.3)" in spoken.alt
    assert "12.5% (assumed)" in spoken.alt
    radio = media[(media["option"] == "radio")]
    assert "interval" not in " ".join(drawn(plots.bars, radio, made).words)


def test_a_table_marks_origins_and_explains_the_marks(made, real, media, odds):
    plain = media[~media["weighted"]]
    table = tables.estimates(plain, made)
    by_heading = {column.heading: table.cells(column) for column in table.columns}
    answers = dict(zip(by_heading["Answer"], by_heading["Origin"], strict=True))
    assert set(answers.values()) == {"●", "◉", "○"}
    spans = dict(zip(by_heading["Answer"], table.cells(table.columns[-1]), strict=True))
    assert [spans[name] != "–" for name in answers] == [mark != "○" for mark in answers.values()]
    assert "● printed as a number" in table.note
    assert table.frame["origin"].tolist() == ["implied", "assumed", "published"]
    # Where a whole block is assumed its head says so, and it has no intervals.
    both = tables.estimates(media, made)
    heads = dict.fromkeys(column.over for column in both.columns if column.over)
    assert [("○" in head) for head in heads] == [False, True]
    assert not [column for column in tables.effects(odds, made).columns if column.format == "span2"]
    without = tables.estimates(media, real)
    assert "Origin" not in [column.heading for column in without.columns]
    assert "origin" not in without.frame
    assert "printed" not in without.note


def test_saved_estimates_have_an_origin_and_saved_tests_no_p(made, real, media, tested):
    saved = as_saved(media, made.codebook)
    assert saved.columns[-1] == "origin"
    assert saved["origin"].tolist() == ["implied", "assumed", "published", *["assumed"] * 3]
    assert saved.drop(columns="origin").equals(media)
    checks = as_saved(tested, made.codebook)
    assert not {"p", "p_holm"} & set(checks)
    assert checks["pipeline_check"].tolist() == ["p 0.0143; Holm p 0.0286"]
    assert as_saved(media, real.codebook) is media
    assert as_saved(tested, real.codebook) is tested
