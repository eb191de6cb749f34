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
from nsmo.present.shown import (
    as_saved,
    marked,
    of_headlines,
    statement_interval,
    statement_origin,
    statement_range,
)
from nsmo.study.ensemble import KEYS, Ensemble, Range, of_column
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
    assert sentences.dots(media, made).title == "Media used: Website & web shop, 81.3%"
    without = media[media["option"] != "web"]
    assert sentences.dots(without, made).title == "Media used: Newspaper, 25.0%"
    radio = media[media["option"] == "radio"]
    assert sentences.dots(radio, made).title.endswith("12.5% (assumed)")
    assert sentences.dots(radio, real).title.endswith("12.5%")


@pytest.mark.parametrize("width", ["wide", "phone"])
def test_a_figure_marks_its_origins_in_the_drawing(made, real, media, mood, width):
    legend = {"published as a number", "follows from what was published", "assumed"}
    drawing = getattr(drawn(plots.dots, media[~media["weighted"]], made), width)
    assert legend <= set(words(drawing))
    whole = getattr(drawn(plots.likert, mood, made), width)
    assert "assumed" in words(whole)
    assert b"<pattern" in whole
    for plot, rows in ((plots.dots, media), (plots.likert, mood)):
        plain = getattr(drawn(plot, rows, real), width)
        assert not legend & set(words(plain))
        assert b"<pattern" not in plain


def test_the_words_of_a_figure_say_its_origins_to_those_who_do_not_see_it(made, media):
    spoken = drawn(plots.dots, media, made).words
    assert "81.3% (published, 76.3 to 86.3)" in spoken.alt
    assert "12.5% (assumed)" in spoken.alt
    radio = media[(media["option"] == "radio")]
    assert "interval" not in " ".join(drawn(plots.dots, radio, made).words)


def test_a_table_marks_origins_and_explains_the_marks(made, real, media, odds):
    plain = media[~media["weighted"]]
    table = tables.estimates(plain, made)
    by_heading = {column.heading: table.cells(column) for column in table.columns}
    answers = dict(zip(by_heading["Answer"], by_heading["Origin"], strict=True))
    assert set(answers.values()) == {"●", "◉", "○"}
    spans = dict(zip(by_heading["Answer"], table.cells(table.columns[-1]), strict=True))
    assert [spans[name] != "–" for name in answers] == [mark != "○" for mark in answers.values()]
    assert "● published as a number" in table.note
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
    assert list(saved.columns[-3:]) == ["origin", "range_low", "range_high"]
    assert saved["origin"].tolist() == ["implied", "assumed", "published", *["assumed"] * 3]
    assert saved[["range_low", "range_high"]].isna().all(axis=None), (
        "nothing is known of other reconstructions"
    )
    ends = ["se", "ci_low", "ci_high"]
    assert saved.drop(columns=["origin", "range_low", "range_high", *ends]).equals(media.drop(columns=ends))
    known = saved["origin"].ne("assumed")
    assert saved.loc[known, ends].equals(media.loc[known, ends])
    assert saved.loc[~known, ends].isna().all(axis=None), "chance had no part in what was assumed"
    checks = as_saved(tested, made.codebook)
    assert not {"p", "p_holm"} & set(checks)
    assert checks["pipeline_check"].tolist() == ["p 0.0143; Holm p 0.0286"]
    assert as_saved(media, real.codebook) is media
    assert as_saved(tested, real.codebook) is tested


def named(**names) -> tuple[str, ...]:
    return tuple(str(names.get(name, "")) for name in KEYS)


@pytest.fixture
def others(made):
    """The same, of which other reconstructions are known: one assumed share and one printed one differ."""
    radio = {"question": "media", "option": "radio", "statistic": "proportion"}
    found = {
        named(**radio, weighted=False): Range(0.1, 0.2, 200),
        named(**radio, weighted=True): Range(0.05, 0.3, 199),
        named(question="media", option="web", statistic="proportion", weighted=False): Range(0.7, 0.9, 200),
        named(statement="a", statistic="value", weighted=False): Range(20.0, 31.5, 200),
        named(statement="a", statistic="difference", weighted=False): Range(-4.0, 9.0, 200),
    }
    made.codebook.ensemble = Ensemble(found)
    return made


class TestRanges:
    def test_only_assumed_figures_have_one(self, others, media):
        saved = as_saved(media, others.codebook)
        with_range = saved[saved["range_low"].notna()]
        assert with_range[["option", "weighted", "range_low", "range_high"]].to_numpy().tolist() == [
            ["radio", False, 0.1, 0.2],
            ["radio", True, 0.05, 0.3],
        ]

    def test_a_table_has_them_beside_the_estimate_and_says_that_they_are_no_interval(self, others, media):
        table = tables.estimates(media, others)
        ranges = [column for column in table.columns if column.heading == "In other reconstructions"]
        assert [[cell for cell in column.cells if cell] for column in ranges] == [[(0.1, 0.2)], [(0.05, 0.3)]]
        assert "the lowest and the highest of 200" in table.note
        assert "no interval" in table.note
        assert {"range_low", "range_high"} <= set(table.frame)

    def test_a_sentence_names_them(self, others, media):
        text = said("{share}", {"share": media[media["option"] == "radio"]}, others).replace("\xa0", " ")
        assert text == "12.5% (assumed; 10.0 to 20.0 in other reconstructions; n = 200)"

    def test_a_figure_draws_them_as_bands_names_them_once_and_reads_them_out(self, others, media):
        picture = drawn(plots.dots, media, others)
        assert "range over 200 reconstructions" in picture.svg().decode()
        assert "others 10.0 to 20.0" in picture.words.alt.replace("\xa0", " ")

    def test_a_stacked_figure_names_the_bands_of_its_boxes(self, others):
        box = named(question="mood", option="top", statistic="proportion", weighted=False)
        others.codebook.ensemble = Ensemble({box: Range(0.5, 0.7, 150)})
        values = {"very_bad": 0.05, "bad": 0.1, "fair": 0.25, "good": 0.4, "very_good": 0.2, "top": 0.6}
        rows = frame(*(result("mood", option, value) for option, value in values.items()))
        assert "range over 150 reconstructions" in drawn(plots.likert, rows, others).svg().decode()

    def test_of_real_answers_there_are_none(self, real, media):
        assert "range" not in " ".join(as_saved(media, real.codebook).columns)
        assert "reconstructions" not in tables.estimates(media, real).note

    def test_a_statement_has_that_of_its_estimate_and_that_of_its_difference(self, others):
        row = {"id": "a", "type": "more_than", "unit": "percent", "unweighted": 25.0, "difference": 1.0}
        assert statement_range(row, others.codebook)["range_high"] == 31.5
        assert statement_range(row, others.codebook, "difference")["range_low"] == -4.0
        printed = row | {"type": "exact", "agreement": "reproduced"}
        assert np.isnan(statement_range(printed, others.codebook)["range_low"])


def test_a_direction_of_which_print_leaves_one_value_follows_from_it(made):
    row = {
        "id": "a",
        "type": "difference",
        "unit": "percent",
        "unweighted": 32.43243243,
        "questions": "goals",
    }
    row |= {"difference": 32.43243243, "set_low": 0.3243243243, "set_high": 0.3243243243}
    assert statement_origin(row) == statement_origin(row, "difference") == "implied"
    assert statement_origin(row | {"set_high": 0.5}) == "assumed"
    assert statement_origin(row | {"difference": 30.0}, "difference") == "assumed"
    # A difference is no share of everybody, so it has no interval all the same.
    assert not statement_interval(row, made.codebook)
    assert statement_interval(row | {"type": "more_than"}, made.codebook)


def test_a_legend_names_no_estimates_that_are_all_withheld(real):
    shown = [result("mood", "top", 0.6, by="market", group=group) for group in ("people", "firms")]
    hidden = [one | {"weighted": True, "suppressed": True, "estimate": np.nan} for one in shown]
    rows = frame(*shown, *hidden)
    picture = drawn(plots.intervals, rows, real)
    weighted = f">{real.words.weighting(True)}<"
    assert weighted not in picture.svg().decode()
    both = frame(*shown, *[one | {"weighted": True} for one in shown])
    assert weighted in drawn(plots.intervals, both, real).svg().decode()


def test_a_column_of_any_table_has_its_range_beside_each_number(made):
    rows = pd.DataFrame({"rule": ["fast", "twice"], "share": [0.5, 0.25], "moved": [1.5, -2.0], "n": [9, 7]})
    ranges = {"share": [Range(0.4, 0.625, 200), None], "n": [Range(5, 12, 200), None], "moved": [None, None]}
    table = tables.table(rows, made, title="Rules", formats={"share": "percent"}, ranges=ranges)
    headings = [column.heading for column in table.columns]
    assert headings == ["rule", "share", "others", "moved", "n", "others"]
    assert table.cells(table.columns[2]) == ["40.0–62.5", ""]
    assert table.cells(table.columns[5]) == ["5–12", ""]
    assert "lowest and the highest of 200 reconstructions" in table.note
    assert "no interval" in table.note
    assert table.frame["share_range_low"].tolist()[0] == 0.4
    assert "moved_range_low" not in table.frame, "the same in all"
    assert "50.0% <small>40.0–62.5</small>" in table.html().replace("\n", "")


def test_a_figure_that_is_not_shown_has_no_range():
    known = Ensemble(
        {named(statement="fast", statistic="trust.rules.share", weighted=False): Range(0.1, 0.2, 9)}
    )
    frame = pd.DataFrame({"rule": ["fast", "fast", "twice"], "share": [0.15, np.nan, 0.5]})
    rows = of_column(frame, "trust.rules", "share", "rule")
    assert known.beside(rows) == [Range(0.1, 0.2, 9), None, None]


def test_of_no_headline_of_a_reconstruction_there_is_an_empty_table(made):
    assert list(of_headlines(pd.DataFrame(columns=["question", "se"]), made.codebook)) == [
        "question",
        "se",
        "origin",
    ]
