"""How far results can be trusted, on a small study of bakeries whose answers are known."""

import math
from dataclasses import replace

import pandas as pd
import pytest
from bakeries import survey_of
from hypothesis import given
from hypothesis import strategies as st
from made_claims import claim

from nsmo.present.labels import Labels
from nsmo.present.picture import drawn
from nsmo.present.tables import table_of
from nsmo.stages import trust
from nsmo.stages.clean import clean
from nsmo.stages.ingest import ingest
from nsmo.stages.trust import figures, results, words
from nsmo.study import StudyError, load_codebook
from nsmo.study.ensemble import Ensemble, Range
from nsmo.study.statements import Published
from nsmo.survey import Survey

REPORT = """\
analyse:
  trust: {role: online}
headlines:
  - {question: breads, option: white}
  - {question: fresh, option: agree, by: online}
  - {question: n_breads}
"""
THRESHOLDS = {"min_last_page": 3, "speeder_ratio": 0.3, "straightline_items": 3}


@pytest.fixture
def codebook(codebook_file, codebook_text):
    return load_codebook(codebook_file(codebook_text + REPORT))


@pytest.fixture
def received(codebook, export_file):
    """Twelve bakeries that count, and the first one's earlier response."""
    rows = [
        {
            "Q2[SQ001]": "" if i == 0 else "Y",  # all but one bake white bread
            "Q2[SQ002]": "Y" if i == 0 else "",
            "Q4[SQ001]": ("A4" if i == 1 else "A3")
            if i < 8
            else "A1",  # bread must be fresh: 7, don't know: 1
            "Q5": "A1" if i < 6 else "A2",
            "Q6": "" if i == 2 else "10" if i < 6 else "",
            "Q7": "1990-01-01 00:00:00",
            "Q8": f"Bakkerij {i}",
        }
        for i in range(12)
    ]
    first = rows[0] | {"submitdate": "2020-03-04 09:00:00", "Q2[SQ001]": "Y"}
    return ingest(codebook, export_file(first, *rows)).responses


@pytest.fixture
def survey(codebook, received):
    frame = clean(codebook, received, **THRESHOLDS).responses
    heavy = (frame["online"] == "yes").map({True: 1.5, False: 0.5})
    frame = frame.assign(weight=heavy, **{"margin.online": frame["online"], "sensitivity.flat": 1.0})
    return survey_of(frame, codebook)


@pytest.fixture
def shares(survey):
    return trust.shares(survey)


def test_headlines_are_the_shares_that_the_sentences_tell(codebook):
    found = trust.headlines(codebook)
    assert [(head.question, head.option, head.group) for head in found] == [
        ("breads", "white", None),
        ("fresh", "agree", "yes"),
        ("fresh", "agree", "no"),
    ]


def test_a_headline_has_its_share_under_every_choice(shares):
    white, online, _ = shares.to_dict("records")
    assert (white["count"], white["n"], white["share"]) == (11, 12, pytest.approx(11 / 12))
    assert white["weighted"] == pytest.approx((12 - 1.5) / 12)
    assert white["sensitivity.flat"] == pytest.approx(11 / 12)
    # A don't know counts as not chosen, or not at all.
    assert (online["n"], online["share"]) == (6, pytest.approx(5 / 6))
    assert (online["n_answered"], online["answered"]) == (5, pytest.approx(1))


def test_weighted_groups_stay_hidden(survey):
    groups = trust.shares(replace(survey, hide_weighted_groups=True)).iloc[1:]
    assert groups["weighted"].isna().all()
    assert groups["sensitivity.flat"].isna().all()


def test_tilt_undoes_what_it_supposes():
    # The odds in the population are 1 to 1; those who say yes take part twice as readily: 2 of 3 respondents.
    assert trust.tilt(2 / 3, 2) == pytest.approx(1 / 2)
    assert round(trust.tilt(0.84, 2), 2) == 0.72
    assert round(trust.tilt(0.84, 3), 2) == 0.64


@given(st.floats(0.01, 0.99), st.floats(1, 10))
def test_tilt_is_an_odds_ratio(share, ratio):
    truth = trust.tilt(share, ratio)
    assert math.isclose(share / (1 - share), ratio * truth / (1 - truth), rel_tol=1e-9)


def test_selection_tells_what_would_make_a_majority_a_half(shares):
    white = trust.selection(shares, [1.5, 3]).iloc[0]
    assert white["half"] == pytest.approx(11)
    assert trust.tilt(white["share"], white["half"]) == pytest.approx(0.5)
    assert white["3"] < white["1.5"] < white["share"]


def test_missing_answers_are_counted_among_those_asked(codebook, survey):
    found = trust.nonresponse(codebook, survey.frame).set_index("question")
    assert found.loc["fresh", ["asked", "answered", "dont_know"]].tolist() == [12, 11, 1]
    assert found.loc["fresh", ["without", "with_dont_know"]].tolist() == [0, pytest.approx(1 / 12)]
    assert found.loc["turnover", ["asked", "no_answer"]].tolist() == [6, 1]
    assert found.loc["turnover", "without"] == pytest.approx(1 / 6)
    assert "bakery" not in found.index  # it could identify somebody


def test_of_real_answers_it_is_not_told_how_few_did_not_know(codebook, survey):
    strict = codebook.privacy.model_copy(update={"keep_rows": False, "min_count": 3})
    real = codebook.changed(privacy=strict)
    found = trust.nonresponse(real, survey.frame).set_index("question")
    # 1 of 12 did not know: only that it were fewer than 3 is told, and of no reason how many.
    reasons = ["answered", "dont_know", "refused", "no_answer", "without"]
    assert found.loc["fresh", reasons].isna().all()
    assert found.loc["fresh", ["asked", "with_dont_know"]].tolist() == [12, pytest.approx(3 / 12)]
    assert found.loc["size", ["answered", "with_dont_know"]].tolist() == [12, 0]
    drawn_ = drawn(figures.nonresponse, found.reset_index(), Labels(real, "en"))
    assert drawn_.words.title == "At most 50.0% gave no answer to a question, or did not know"


def test_of_a_group_of_real_answers_it_is_not_told_how_many_knew(codebook, survey):
    strict = codebook.privacy.model_copy(update={"keep_rows": False})
    real = codebook.changed(privacy=strict)
    found = trust.shares(replace(survey, codebook=real))
    assert found.loc[found["group"].notna(), ["n_answered", "answered"]].isna().all(axis=None)
    assert found.loc[found["group"].isna(), "n_answered"].notna().all()


def test_a_rule_left_out_lets_its_responses_back(codebook, received, shares):
    found = trust.rules(codebook, received, shares, THRESHOLDS)
    twice = found[found["rule"] == "duplicate"].iloc[0]
    assert (twice["respondents"], twice["kept"]) == (13, 1)
    assert twice["without_rule"] == pytest.approx(12 / 13)
    assert twice["points"] == pytest.approx(100 * (12 / 13 - 11 / 12))
    # Consent and unfinished responses are no judgement.
    assert set(found["rule"]) == {"speeder", "straight", "duplicate"}


def test_roles_are_compared_and_small_ones_hidden(survey):
    found = trust.by_role(replace(survey, min_n=7), "online")
    assert found["group"].fillna("all").tolist() == ["all", "yes", "no"]
    assert found["suppressed"].tolist() == [False, True, True]


def test_power_of_the_groups_that_a_finding_compares(survey, shares):
    found = trust.power(replace(survey, confidence=0.8), shares, chance=0.5, tests=3)
    assert words.compared(found, Labels(survey.codebook))["groups"].tolist() == [
        "Two halves",
        "Yes – No",
        "Yes – No",
    ]
    compared = found.iloc[2]
    assert compared["share"] == pytest.approx(7 / 12)
    assert compared["found"] == pytest.approx(5 / 6 - 2 / 6)
    assert compared["plain"] < compared["holm"]
    # Equal weights within a group cost nothing there.
    assert compared["weighted"] == pytest.approx(compared["plain"])
    # Over everybody they do: 12 / (1 + cv²), with weights of 1.5 and 0.5.
    assert found.loc[0, "effective_first"] == pytest.approx(12 / 1.25 / 2)
    assert found.loc[0, "weighted"] > found.loc[0, "plain"]


@pytest.mark.parametrize(("language", "point", "title"), [("en", ".", "Breads"), ("nl", ",", "Broden")])
def test_figures_tell_their_numbers(codebook, survey, shares, language, point, title):
    labels = Labels(codebook, language)
    selection = trust.selection(shares, [1.5, 3])
    tilted = drawn(figures.selection, selection, labels, odds=[1.5, 3])
    missing = drawn(figures.nonresponse, trust.nonresponse(codebook, survey.frame), labels)
    assert tilted.words.title.startswith(title)
    assert f"91{point}7%" in tilted.words.alt
    assert f"78{point}6%" in tilted.words.alt  # 11 to 1, over 3
    assert f"16{point}7%" in missing.words.title
    assert f"8{point}3%" in missing.words.alt


def test_a_figure_names_the_columns_it_lacks(codebook):
    with pytest.raises(StudyError, match="with_dont_know"):
        figures.nonresponse_words(pd.DataFrame({"question": ["x"], "asked": [1]}), Labels(codebook))


def test_headlines_have_the_name_of_their_share(codebook, shares):
    named = words.named(shares, Labels(codebook, "nl"))
    assert named["label"].tolist()[:2] == ["Broden: Wit brood", "Vers: Eens (Ja)"]


#: What an earlier publication said, and the quantities of other surveys that it is held against.
SOURCES = {"s": {"title": "t", "publisher": "p", "url": "https://example.org", "seen": "complete"}}
EARLIER = (
    claim(id="facebook", published=90.3),
    claim(id="twitter", published=75.1),
    claim(
        "significant",
        id="means",
        statement={"nl": "Meer kanalen", "en": "More channels"},
        sign="+",
        unit="sign",
        estimate={"measure": "association", "x": "a", "y": "b", "method": "somers_d"},
    ),
    claim(id="goals", published=44.0),
)
BESIDE = [
    {"indicator": "on_facebook", "claim": "facebook", "relation": "same", "label": "on Facebook"},
    {
        "indicator": "social_networks",
        "claim": "facebook",
        "relation": "wider",
        "label": "on a social network",
        "among": "social_media_used",
        "among_label": "of the users of social media",
    },
    {"indicator": "on_twitter", "claim": "twitter", "relation": "same", "label": "on Twitter"},
]


@pytest.fixture
def beside():
    """Three made-up figures of other surveys, of two published shares: .903 on Facebook, .751 on Twitter."""
    columns = ["source", "year", "population", "base", "breakdown", "category", "indicator", "value"]
    rows = [
        ("A", 2016, "firms", "firms", "total", "total", "social_networks", 62),
        ("A", 2016, "firms", "firms", "total", "total", "social_media_used", 65),
        ("B", 2017, "firms", "firms", "total", "total", "on_twitter", 50),
    ]
    table = pd.DataFrame(rows, columns=columns).assign(unit="percent", certainty="", url="", note="")
    named = [entry for entry in BESIDE if entry["indicator"] in set(table["indicator"])]
    return Published(sources=SOURCES, claims=EARLIER, benchmarks=named), table


def test_other_surveys_say_which_odds_ratio_to_look_at(beside):
    found = trust.anchors(*beside, year=2017, n=185, confidence=0.95)
    ratios = found.set_index(["claim", "among"])["odds_ratio"]
    assert ratios["facebook", ""] == pytest.approx(0.903 / 0.097 * 0.38 / 0.62)
    # Of users 62 / 65 are on a network: more than .903, so that nobody need have stayed away.
    assert ratios["facebook", "of the users of social media"] == pytest.approx(0.903 / 0.097 * 3 / 62)
    assert ratios["twitter", ""] == pytest.approx(0.751 / 0.249)
    assert found["asks"].tolist() == [True, False, True]
    assert trust.ratios(found, [2]) == [3.0, 4.4, 5.7]
    assert trust.by_statement(found)["asking"].tolist() == [1, 0, 1]


def test_a_figure_within_the_interval_asks_for_nothing(beside):
    published, table = beside
    wide = trust.anchors(published, table, year=2017, n=10, confidence=0.95)
    assert not wide["asks"].any()  # .596 to .982, and .443 to .935


def test_without_other_surveys_the_ratios_are_declared(codebook, beside):
    labels = Labels(codebook)
    none = trust.anchors(None, None, year=2017, n=185, confidence=0.95)
    assert trust.ratios(none, [5, 2]) == [2, 5]
    assert "suppositions" in words.asked(none, labels)
    assert "2 and 5 are suppositions" in words.anchored(none, [2, 5], labels)
    some = trust.anchors(*beside, year=2017, n=185, confidence=0.95)
    assert "2 of 3 figures" in words.anchored(some, [3.0], labels)
    assert "2 need selection to be explained, at an odds ratio of 3.0–5.7" in words.asked(some, labels)
    assert "None of the 1 figure recomputed" in words.asked(some, labels)


def test_indices_say_how_far_the_make_up_is_off(survey):
    """Six bakeries of twelve sell online, three quarters of the population by their weights."""
    (row,) = trust.composition(survey.frame).to_dict("records")
    assert (row["margin"], row["classes"]) == ("online", 2)
    # .75 (.5/.75 - 1)² + .25 (.5/.25 - 1)² = 1/3
    assert row["cv"] == pytest.approx(math.sqrt(1 / 3))
    assert row["largest_rate"] == pytest.approx(0.5)
    assert row["r_indicator"] == pytest.approx(1 - math.sqrt(1 / 3))
    assert row["points"] == pytest.approx(50 * math.sqrt(1 / 3))


def test_several_margins_count_together_by_the_weights(survey):
    frame = survey.frame.assign(**{"margin.other": ["a", "b"] * 6})
    assert trust.composition(frame)["margin"].tolist() == ["online", "other", ""]
    # Chances of 1 / 1.5 and 1 / 0.5, each of half of the respondents: (2/3 + 2) / 2 - 1.
    assert trust.composition(frame)["cv"].iloc[-1] == pytest.approx(math.sqrt(1 / 3))


def test_what_all_margins_tell_together_can_be_left_out(survey, shares):
    frame = survey.frame.assign(**{"margin.other": ["a", "b"] * 6})
    assert trust.composition(frame, together=False)["margin"].tolist() == ["online", "other"]
    assert trust.indices(survey, shares, together=False).empty
    row = trust.power(survey, shares, chance=0.8, tests=4, deff=1.5).iloc[0]
    assert row["effective_first"] == pytest.approx(row["n_first"] / 1.5)


def test_an_index_tells_how_far_a_headline_is_too_high(survey, shares):
    found = trust.indices(survey, shares).set_index("question")
    # The one that bakes none sells online, as half of the respondents and three quarters of all do.
    white = found.loc["breads"]
    assert white["value"] == pytest.approx(11 / 12)
    assert 0 < white["by_classes"] < white["by_both"]
    # Everybody bakes one kind of bread, so that the classes tell nothing of the number.
    assert found.loc["n_breads", ["value", "n"]].tolist() == [1, 12]
    assert math.isnan(found.loc["n_breads", "by_both"])


def test_an_index_of_a_mean_is_in_standard_deviations(survey, codebook, shares):
    frame = survey.frame.assign(n_breads=[4.0, 2, 3, 2, 4, 3, 1, 2, 1, 2, 1, 2])
    (row,) = (
        trust.indices(survey_of(frame, codebook), shares).query("question == 'n_breads'").to_dict("records")
    )
    # Means of 3 and 1.5 by online; half of the respondents have each, three quarters of all the first: the
    # proxy is (2.25 - 2.625) / .75 too high at phi = 0.5.
    assert row["by_both"] == pytest.approx(-0.5)
    assert row["by_classes"] == pytest.approx(-0.5 * row["correlation"])
    assert row["by_answer"] == pytest.approx(-0.5 / row["correlation"])


def test_without_margins_there_are_no_indices(survey, shares, codebook):
    none = Survey.from_responses(
        survey.frame.drop(columns="margin.online"),
        {"method": "none", "subgroup_tables": False, "limits": {"min_effective_n": 0}},
        codebook,
        confidence=0.95,
        min_n=1,
    )
    assert trust.composition(none.frame).empty
    assert trust.indices(none, shares).empty


ERRORS = """\
errors:
  - source: measurement
    direction: too_high
    text: {nl: "Wie bakt, prijst brood", en: "Who bakes praises bread"}
"""


@pytest.fixture
def evidence(survey, codebook, received, shares):
    return {
        "others": trust.anchors(None, None, year=2020, n=12, confidence=0.95),
        "shares": shares,
        "nonresponse": trust.nonresponse(codebook, survey.frame),
        "roles": trust.by_role(survey, "online"),
        "rules": trust.rules(codebook, received, shares, THRESHOLDS),
        "composition": trust.composition(survey.frame),
        "indices": trust.indices(survey, shares),
    }


def test_each_source_of_error_has_its_evidence_size_and_direction(
    codebook_file, codebook_text, received, evidence
):
    judged = load_codebook(codebook_file(codebook_text + REPORT + ERRORS))
    table = trust.errors(judged, received, **evidence)
    known = table.set_index("evidence")
    assert table["source"].drop_duplicates().tolist() == [
        *("selection", "nonresponse", "measurement", "processing", "adjustment", "chance")
    ]
    assert math.isnan(known.loc["no_rate", "high"])
    assert known.loc["broken_off", "high"] == 0  # all thirteen were submitted
    # Five of six that sell online find fresh bread important where a don't know counts as no; all that know.
    assert known.loc["dont_know", "low"] == pytest.approx(100 * (5 / 6 - 1))
    assert known.loc["dont_know", "direction"] == "too_low"
    # White bread: all that do not sell online, five of six that do.
    assert known.loc["roles", "high"] == pytest.approx(100 / 6)
    assert known.loc["weights", "high"] == pytest.approx(100 * (11 / 12 - 10.5 / 12))
    assert known.loc["declared 1", "direction"] == "too_high"
    named = words.errors(table, Labels(judged, "nl"))
    assert "Wie bakt, prijst brood" in named["what"].tolist()
    assert not named[["heading", "what", "size", "way", "known", "where"]].eq("").any(axis=None)


def test_evidence_of_reconstructed_answers_has_its_range_over_others_and_no_surer_direction(
    codebook, received, evidence
):
    shares = evidence["shares"].assign(share=0.5, weighted=0.4)
    one = shares.iloc[0]
    weighted = ("", one["question"], one["option"], "", "", "trust.choices.weighted", "False")
    made = codebook.changed(provenance="reconstructed")
    made.ensemble = Ensemble({weighted: Range(0.45, 0.7, 30)})
    table = trust.errors(made, received, **evidence | {"shares": shares})
    known = table.set_index("evidence")
    assert known.loc["weights", ["low", "high"]].tolist() == pytest.approx([10, 10])
    # One of them lies from 20 points too low to 5 too high, the others are 10 too high in all.
    assert known.loc["weights", ["range_low", "range_high"]].tolist() == pytest.approx([-20, 10])
    assert known.loc["weights", "direction"] == "either"
    assert not known.loc["composition", "differs"]
    said = words.errors(table, Labels(made, "en")).set_index("evidence")["others"]
    assert said["weights"] == "−20.0 to 10.0 percentage points"
    assert said["composition"] == "the same in all: they share what is assumed"
    assert said["no_rate"] == "–"


def test_a_wave_without_judgements_has_what_can_be_computed(codebook, received, evidence):
    table = trust.errors(codebook, received, **evidence)
    assert not table["evidence"].str.startswith("declared").any()
    assert not table["reconstructed"].any()


def test_other_surveys_tell_of_coverage_and_of_selection_apart(codebook, received, evidence, beside):
    others = trust.anchors(*beside, year=2017, n=185, confidence=0.95)
    table = trust.errors(codebook, received, **evidence | {"others": others}).set_index("evidence")
    assert table.loc["as_published", ["source", "direction"]].tolist() == ["coverage", "too_high"]
    assert table.loc["as_published", "high"] == pytest.approx(0.903 / 0.097 * 0.38 / 0.62)
    assert table.loc["turned", ["source", "direction"]].tolist() == ["selection", "too_low"]


def test_a_difference_that_does_not_show_excludes_only_larger_ones(survey, shares):
    found = trust.power(survey, shares, chance=0.8, tests=4).iloc[2]
    assert found["h"] == pytest.approx(2 * math.asin(math.sqrt(5 / 6)) - 2 * math.asin(math.sqrt(2 / 6)))
    assert found["excluded"] > found["found"]


def test_headlines_of_reconstructed_answers_have_no_adjusted_interval(codebook, shares, survey):
    made = Labels(codebook.changed(provenance="reconstructed"))
    real, shown = (words.headlines(shares, labels) for labels in (Labels(codebook), made))
    assert real[["ci_low", "weighted_low"]].notna().any(axis=None)
    assert shown[["ci_low", "ci_high", "weighted_low", "weighted_high"]].isna().all(axis=None)
    assert shown["share"].equals(real["share"])
    assert set(shown["origin"]) == {"assumed"}
    assert "origin" not in real
    roles = trust.by_role(survey, "size")
    by_role = words.by_role(roles, made)
    assert by_role["ci_low"].isna().all()
    assert words.by_role(roles, Labels(codebook))["ci_low"].notna().any()
    # What is larger than would show is a finding.
    power = trust.power(survey, shares, chance=0.8, tests=5)
    assert words.compared(power, made)[["gap", "h", "margin"]].isna().all(axis=None)
    assert words.compared(power, Labels(codebook))["gap"].notna().any()
    table = table_of(shown, made, title="Headlines", columns={"label": "Finding", "share": "Share"})
    assert all(cell.endswith(" ○") for cell in table.cells(table.columns[0]))
    assert "assumed" in table.note


def test_other_reconstructions_say_how_strong_an_association_can_be():
    names = ["statement", "question", "by", "statistic", "weighted", "low", "middle", "high", "members"]
    stated = "means"
    ensemble = pd.DataFrame(
        [
            [stated, None, None, "value", False, 0.01, 0.2, 0.5, 200],
            [stated, None, None, "difference", False, 0.02, 0.2, 0.5, 200],
            [stated, None, None, "value", True, -0.3, 0.2, 0.7, 200],
            ["goal_leads", None, None, "value", False, 30.0, 31.0, 32.0, 200],
            ["goals", None, None, "value", False, 0.2, 0.2, 0.2, 200],
            [None, "goals", None, "proportion", True, 0.1, 0.2, 0.3, 200],
            [None, "hours", None, "mean", True, 0.2, 0.2, 0.2, 200],
            [None, "policy", "size_class", "proportion", True, 0.1, 0.2, 0.3, 200],
        ],
        columns=names,
    )
    found = trust.associations(ensemble, Published(sources=SOURCES, claims=EARLIER))
    assert found[["id", "low", "high"]].to_dict("records") == [{"id": "means", "low": 0.01, "high": 0.5}]
    assert "channels" in found["statement"].iloc[0]
    assert trust.varying(ensemble) == ["goals"]


def test_with_hardly_any_confidence_every_difference_shows():
    case = {"n_first": 60, "n_second": 60, "effective_first": 50, "effective_second": 50, "share": 0.5}
    found = results._smallest(case, alpha=0.99, chance=0.8, tests=10)
    assert found["plain"] == found["weighted"] == 0
    assert 0 < found["holm"] < found["weighted_holm"]
