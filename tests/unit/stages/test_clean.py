import re

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nsmo.present.labels import Labels
from nsmo.stages.clean import around_the_speeders, clean, common, evidence, other_thresholds, words
from nsmo.stages.ingest import ingest
from nsmo.study import StudyError, load_codebook
from nsmo.study.privacy import Privacy

THRESHOLDS = {"min_last_page": 3, "speeder_ratio": 0.3, "straightline_items": 3}
STRAIGHT = {"Q4[SQ001]": "A2", "Q4[SQ002]": "A2", "Q4[SQ003]": "A2"}


@pytest.fixture
def cleaned(codebook, export_file):
    """Return a function that ingests and cleans responses written as differences to a complete one."""

    def run(*responses, book=codebook, **thresholds):
        coded = ingest(book, export_file(*responses)).responses
        return clean(book, coded, **(THRESHOLDS | thresholds))

    return run


def taken(result) -> dict[str, str]:
    return dict(zip(result.exclusions["response_id"], result.exclusions["rule"], strict=True))


def test_a_complete_response_stays(cleaned):
    result = cleaned({})
    assert len(result.responses) == 1
    assert result.exclusions.empty


@pytest.mark.parametrize("answer", ["A2", ""])
def test_no_consent(cleaned, answer):
    assert taken(cleaned({}, {"Q1": answer})) == {"2": "no_consent"}


def test_test_entry_in_any_case(cleaned):
    assert taken(cleaned({"Q8": "TEST 123"}, {"Q8": "Protest bakery"})) == {"1": "test_entry"}


def test_partial_is_neither_submitted_nor_far_enough(cleaned):
    result = cleaned(
        {"submitdate": "", "lastpage": "2"},
        {"submitdate": "", "lastpage": ""},
        {"submitdate": "", "lastpage": "3"},
        {"lastpage": "2"},
    )
    assert taken(result) == {"1": "partial", "2": "partial"}
    assert result.exclusions["detail"].tolist()[0] == "not submitted, last page 2 of 3"


def test_min_last_page_moves_the_line(cleaned):
    assert taken(cleaned({"submitdate": "", "lastpage": "2"}, min_last_page=2)) == {}


def test_speeder_is_held_against_the_median_of_those_still_in(cleaned):
    # 600, 600, 170: the median is 600, the line 180. Those without consent would have pulled it down to 51.
    result = cleaned(
        {},
        {},
        {"interviewtime": "170"},
        {"interviewtime": "100", "Q1": "A2"},
        {"interviewtime": "100", "Q1": "A2"},
    )
    assert taken(result) == {"3": "speeder", "4": "no_consent", "5": "no_consent"}
    assert result.exclusions["detail"].tolist()[0] == "170 s, below 0.3 × the median of 600 s"


def test_a_response_on_the_line_is_no_speeder(cleaned):
    assert taken(cleaned({}, {}, {"interviewtime": "180"})) == {}


def test_a_response_without_duration_is_no_speeder(cleaned):
    assert taken(cleaned({}, {}, {"interviewtime": ""})) == {}


def test_straight_lining(cleaned):
    result = cleaned(STRAIGHT, STRAIGHT | {"Q4[SQ003]": "A3"})
    assert taken(result) == {"1": "straight"}
    assert result.exclusions["detail"].tolist() == ["3 of 3 items: neutral"]


def test_a_dont_know_neither_makes_nor_breaks_a_straight_line(cleaned):
    answers = STRAIGHT | {"Q4[SQ003]": "A4"}
    assert taken(cleaned(answers)) == {}
    assert taken(cleaned(answers, straightline_items=2)) == {"1": "straight"}
    only_dont_know = dict.fromkeys(STRAIGHT, "A4")
    assert taken(cleaned(only_dont_know, straightline_items=2)) == {}


def test_the_later_of_two_complete_responses_counts(cleaned):
    result = cleaned(
        {"Q8": "Jansen", "submitdate": "2020-03-09 10:00:00"},
        {"Q8": "Jansen", "submitdate": "2020-03-08 10:00:00"},
    )
    assert taken(result) == {"2": "duplicate"}
    assert result.exclusions["detail"].tolist() == ["response 1 counts"]


def test_a_complete_response_goes_before_a_later_one_that_was_not_submitted(cleaned):
    later = {"Q8": "Jansen", "submitdate": "", "lastpage": "3"}
    assert taken(cleaned({"Q8": "Jansen"}, later)) == {"2": "duplicate"}


def test_duplicates_are_recognised_in_other_spellings(cleaned):
    result = cleaned({"Q8": "Bakkerij Jansén"}, {"Q8": "bakkerij-jansen "}, {"Q8": "BAKKERIJ\u00a0JANSEN."})
    assert taken(result) == {"1": "duplicate", "2": "duplicate"}


def test_responses_without_a_name_are_no_duplicates(cleaned):
    assert taken(cleaned({"Q8": ""}, {"Q8": ""}, {"Q8": "..."}, {"Q8": "!"})) == {}


def test_only_responses_still_in_make_duplicates(cleaned):
    assert taken(cleaned({"Q8": "Jansen"}, {"Q8": "Jansen", "Q1": "A2"})) == {"2": "no_consent"}


def test_the_first_rule_that_holds_takes_the_response(cleaned, codebook_file, codebook_text):
    both = {"Q8": "test"} | STRAIGHT
    assert taken(cleaned(both)) == {"1": "test_entry"}
    lines = codebook_text.splitlines(keepends=True)
    straight = next(line for line in lines if "name: straight," in line)
    moved = codebook_text.replace(straight, "").replace("  rules:\n", "  rules:\n" + straight)
    assert taken(cleaned(both, book=load_codebook(codebook_file(moved)))) == {"1": "straight"}


def test_the_flow_adds_up_and_names_every_rule(cleaned):
    result = cleaned({}, {"Q1": "A2"}, {"Q8": "test"}, {"submitdate": "", "lastpage": "1"}, STRAIGHT)
    assert result.flow["removed"].tolist() == [0, 1, 1, 1, 0, 1, 0]
    assert result.flow["remaining"].tolist() == [5, 4, 3, 2, 2, 1, 1]
    assert result.flow["rule"].tolist()[:3] == ["", "no_consent", "test_entry"]


def test_identifying_answers_do_not_leave_this_stage(cleaned):
    result = cleaned({"Q8": "Jansen"})
    assert not [column for column in result.responses if column.startswith("bakery")]


def test_an_other_text_that_names_an_option_is_recoded(cleaned):
    result = cleaned(
        {"Q2[SQ001]": "", "Q2[other]": "Rogge-brood"}, {"Q2[other]": "zwart brood"}, {"Q2[other]": "Spelt"}
    )
    assert result.responses["breads.rye"].tolist() == [True, True, False]
    assert result.responses["breads.other"].tolist() == [False, False, True]
    assert result.responses["breads.other_text"].isna().tolist() == [True, True, False]
    assert result.recodes.to_dict("records") == [
        {"question": "breads", "raw": "Spelt", "new": "other", "n": 1, "rule": "left_as_other"},
        {"question": "breads", "raw": "Rogge-brood", "new": "rye", "n": 1, "rule": "other_text"},
        {"question": "breads", "raw": "zwart brood", "new": "rye", "n": 1, "rule": "other_text"},
    ]


def test_an_enumeration_is_taken_apart(cleaned):
    responses = cleaned({"Q2[SQ001]": "", "Q2[other]": "wit brood, spelt en rogge"}).responses
    assert responses.loc[0, ["breads.white", "breads.rye", "breads.other"]].tolist() == [True, True, True]
    assert responses.loc[0, "breads.other_text"] == "spelt"


def test_a_recode_counts_before_the_rules(cleaned, codebook_file, codebook_text):
    rule = "- {name: no_rye, kind: condition, when: {question: breads, has: [rye]}, reason: {nl: R, en: R}}"
    book = load_codebook(codebook_file(codebook_text.replace("  rules:\n", f"  rules:\n    {rule}\n")))
    assert taken(cleaned({"Q2[other]": "rogge"}, {"Q2[other]": "spelt"}, book=book)) == {"1": "no_rye"}


def test_an_ambiguous_spelling_is_refused(cleaned, codebook_file, codebook_text):
    twice = codebook_text.replace("rye: [rogge, zwart", "rye: [wit brood, rogge, zwart")
    with pytest.raises(StudyError, match="the spelling 'witbrood' of 'breads' names rye and white"):
        cleaned({}, book=load_codebook(codebook_file(twice)))


def test_an_answer_against_the_routing_becomes_not_asked(cleaned):
    result = cleaned({"Q5": "A2", "Q6": "40"}, {"Q5": "A1", "Q6": "40"}, {"Q5": "A2", "Q6": "40"})
    assert result.responses["turnover"].isna().tolist() == [True, False, True]
    reasons = result.responses["turnover.missing"].astype(object).fillna("answered")
    assert reasons.tolist() == ["not_asked", "answered", "not_asked"]
    same = {"question": "turnover", "found": "40", "now": "not_asked", "rule": "routing"}
    same["reason"] = "asked only if Online is Yes"
    assert result.corrections.to_dict("records") == [{"response_id": "1"} | same, {"response_id": "3"} | same]
    assert result.recodes.to_dict("records") == [
        {"question": "turnover", "raw": "40", "new": "not_asked", "n": 2, "rule": "routing"}
    ]


def test_nothing_is_logged_of_the_answers_of_those_who_left(cleaned):
    result = cleaned({}, {"Q1": "A2", "Q5": "A2", "Q6": "40", "Q2[other]": "rogge"})
    assert result.corrections.empty
    assert result.recodes.empty


def test_derived_variables(cleaned):
    result = cleaned(
        {"Q3": "A2", "Q2[SQ002]": "Y", "Q5": "A1"},
        {"Q3": "A3", "Q2[SQ001]": "", "Q2[SQ003]": "Y", "Q4[SQ001]": "A4"},
        {"Q3": "A9", "Q2[SQ001]": "", "Q4[SQ001]": "A4", "Q4[SQ002]": ""},
        {"Q2[SQ002]": "Y", "Q4[SQ001]": "A1"},
    ).responses
    assert result["size_class"].astype(object).fillna("-").tolist() == ["smaller", "larger", "-", "smaller"]
    assert result["size_class.missing"].astype(object).fillna("-").tolist() == ["-", "-", "refused", "-"]
    assert result["n_breads"].fillna(-1).tolist() == [2, 0, -1, 2]
    assert result["n_breads.missing"].astype(object).fillna("-").tolist() == ["-", "-", "no_answer", "-"]
    assert result["opinion"].fillna(-1).tolist() == [2.0, 1.5, -1, 4 / 3]
    assert result["opinion.missing"].astype(object).fillna("-").tolist() == ["-", "-", "dont_know", "-"]
    assert result["is_fresh"].astype(object).fillna("-").tolist() == ["yes", "-", "-", "no"]
    assert result["is_fresh.missing"].astype(object).fillna("-").tolist() == [
        "-",
        "dont_know",
        "dont_know",
        "-",
    ]
    assert result["profile"].tolist() == ["modern", "plain", "plain", "broad"]


def test_a_response_without_category_is_an_error_where_the_codebook_says_so(
    cleaned, codebook_file, codebook_text
):
    strict = codebook_text.replace("otherwise: {name: plain, nl: Gewoon, en: Plain}", "otherwise: error")
    with pytest.raises(StudyError, match=r"no category of 'profile' holds for 2 responses"):
        cleaned({}, {}, book=load_codebook(codebook_file(strict)))


def test_otherwise_missing_gives_the_reason_of_what_it_needs(cleaned, codebook_file, codebook_text):
    loose = codebook_text.replace("otherwise: {name: plain, nl: Gewoon, en: Plain}", "otherwise: missing")
    responses = cleaned({"Q2[SQ001]": ""}, {}, book=load_codebook(codebook_file(loose))).responses
    assert responses["profile"].isna().all()
    assert responses["profile.missing"].tolist() == ["no_answer", "no_answer"]


@pytest.mark.parametrize(
    ("threshold", "value", "message"),
    [
        ("min_last_page", 0, "min_last_page is 0"),
        ("speeder_ratio", 1.0, "speeder_ratio is 1.0"),
        ("straightline_items", 1, "straightline_items is 1"),
        ("straightline_items", 4, "the battery 'opinions' has 3 items"),
    ],
)
def test_a_threshold_out_of_range_is_refused(cleaned, threshold, value, message):
    with pytest.raises(StudyError, match=message) as caught:
        cleaned({}, **{threshold: value})
    assert "params.yaml, clean" in str(caught.value)


def test_every_rule_is_told_in_words_with_what_it_took(codebook, cleaned):
    flow = cleaned({}, {"Q1": "A2"}, {"Q8": "test"}, {"Q8": "test"}, STRAIGHT).flow
    rules = words.rules(flow, Labels(codebook, "en"), **THRESHOLDS).set_index("rule")
    what = rules["what"]
    assert what["no_consent"] == "Consent is not Yes"
    assert what["partial"] == "not submitted, and page 3 not reached"
    assert what["speeder"].startswith("duration below 0.3 times the median")
    assert what["straight"] == "3 or more items of the battery “opinions” answered, all alike"
    assert what["duplicate"] == "same Name as a response submitted later, which counts"
    assert rules["removed"].to_dict() == dict(zip(rules.index, flow["removed"][1:], strict=True))
    assert words.largest(flow, Labels(codebook, "en")) == "The largest group, 2, left because of “test”"


def test_a_flow_without_losses_says_so(codebook, cleaned):
    assert words.largest(cleaned({}, {}).flow, Labels(codebook, "en")) == "No rule took a response"


def test_other_thresholds_tell_who_comes_in_and_goes_out(codebook, export_file):
    rows = [
        {},
        {},
        {},
        {"interviewtime": "170"},
        {"interviewtime": "200"},
        {"submitdate": "", "lastpage": "2"},
    ]
    coded = ingest(codebook, export_file(*rows)).responses
    outcomes = other_thresholds(codebook, coded, THRESHOLDS)
    table = words.thresholds(outcomes).set_index(["threshold", "value"])
    assert table.loc[("", ""), "remaining"] == 4
    assert all(" " in label and "_" not in label for label in table.pop("label"))
    assert table.loc[("min_last_page", "2")].tolist() == [5, 1, 0]
    assert table.loc[("speeder_ratio", "0.225")].tolist() == [5, 1, 0]
    assert table.loc[("speeder_ratio", "0.375")].tolist() == [3, 0, 1]
    assert ("min_last_page", "4") not in table.index
    assert ("straightline_items", "4") not in table.index


response = st.fixed_dictionaries(
    {
        "Q1": st.sampled_from(["A1", "A1", "A1", "A2", ""]),
        "Q8": st.sampled_from(["Jansen", "jansen", "test", "De Bakker", ""]),
        "submitdate": st.sampled_from(["2020-03-05 10:00:00", "06-03-2020 11:30", ""]),
        "lastpage": st.sampled_from(["1", "2", "3", ""]),
        "interviewtime": st.sampled_from(["60", "600", "1200,5", ""]),
        "Q4[SQ001]": st.sampled_from(["A1", "A2", "A4", ""]),
        "Q4[SQ002]": st.sampled_from(["A1", "A2", ""]),
        "Q5": st.sampled_from(["A1", "A2", ""]),
        "Q6": st.sampled_from(["", "12,5"]),
        "Q2[other]": st.sampled_from(["", "rogge", "spelt", "rogge, spelt"]),
    }
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(response, min_size=1, max_size=10))
def test_every_response_stays_or_is_logged_as_left(cleaned, rows):
    result = cleaned(*rows)
    ids = [str(i) for i in range(1, len(rows) + 1)]
    assert sorted([*result.responses["response_id"], *result.exclusions["response_id"]], key=int) == ids
    assert result.flow["removed"].sum() == len(result.exclusions)
    assert result.flow["remaining"].iloc[-1] == len(result.responses)
    assert (result.flow["remaining"].shift(1, fill_value=len(rows)) - result.flow["removed"]).tolist() == (
        result.flow["remaining"].tolist()
    )
    removed = result.exclusions["rule"].value_counts()
    assert result.flow.set_index("rule")["removed"].drop("").to_dict() == {
        rule: int(removed.get(rule, 0)) for rule in result.flow["rule"].tolist()[1:]
    }


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(response, min_size=1, max_size=8))
def test_every_variable_has_a_value_or_a_reason_but_never_both(cleaned, codebook, rows):
    responses = cleaned(*rows).responses
    for variable in codebook.variables.values():
        if not variable.identifying:
            answered = responses[variable.columns].notna().any(axis=1)
            assert (answered ^ responses[f"{variable.name}.missing"].notna()).all(), variable.name


def test_the_frame_of_ingest_is_not_changed(codebook, export_file):
    coded = ingest(codebook, export_file({"Q5": "A2", "Q6": "40", "Q2[other]": "rogge"})).responses
    before = coded.copy(deep=True)
    clean(codebook, coded, **THRESHOLDS)
    pd.testing.assert_frame_equal(coded, before)


SENSITIVE = [
    {"Q2[other]": "spelt", "Q8": "De Korenaar"},
    {"Q2[other]": "spelt", "Q8": "De Molen"},
    {"Q2[other]": "grandmother's own", "Q8": "Bakkerij Anna"},
    {"Q5": "A2", "Q6": "12"},
    {"Q1": "A2"},
    {"submitdate": "", "lastpage": "2"},
]


def test_evidence_of_real_people_counts_them(cleaned):
    whole = cleaned(*SENSITIVE)
    public = evidence(whole, Privacy(min_givers=2))
    assert public.exclusions.set_index("rule")["n"].to_dict() == {"no_consent": 1, "partial": 1}
    assert public.corrections[["question", "n"]].to_numpy().tolist() == [["turnover", 1]]
    assert list(public.exclusions) == ["rule", "reason", "n"]
    others = public.recodes[public.recodes["rule"] == "left_as_other"]
    assert others[["raw", "n"]].to_numpy().tolist() == [["(different texts)", 1], ["spelt", 2]]
    assert public.recodes["n"].sum() == whole.recodes["n"].sum()


def test_responses_of_real_people_leave_without_texts_times_and_the_ids_of_the_export(cleaned):
    public = evidence(cleaned(*SENSITIVE), Privacy()).responses
    assert not [name for name in public if name.endswith(".other_text") or name.startswith("paradata.")]
    assert public["response_id"].tolist() == [str(i) for i in range(1, len(public) + 1)]
    turned = evidence(cleaned(*SENSITIVE[::-1]), Privacy()).responses
    # Where a response stood in the export cannot be seen.
    assert public.equals(turned)


def test_evidence_of_a_reconstruction_stays_whole(cleaned):
    whole = cleaned(*SENSITIVE)
    assert evidence(whole, Privacy(keep_rows=True)) is whole


def test_the_gap_around_the_speeders_is_told(codebook, export_file):
    rows = [{"interviewtime": seconds} for seconds in ("100", "400", "200", "20")]
    rows.append({"interviewtime": "9000", "Q1": "A2"})  # no consent, so no part of the median
    received = ingest(codebook, export_file(*rows)).responses
    exclusions = clean(codebook, received, **THRESHOLDS).exclusions
    # The median of 20, 100, 200 and 400 is 150.
    assert around_the_speeders(codebook, received, exclusions, 0.3) == pytest.approx((20 / 150, 100 / 150))
    assert around_the_speeders(codebook, received, exclusions, 0.1) is None


def test_a_study_may_keep_the_first_of_two_responses(cleaned, codebook_file, codebook_text):
    book = load_codebook(codebook_file(codebook_text.replace("by: [bakery],", "by: [bakery], keep: first,")))
    early, late = {"submitdate": "2020-03-08 10:00:00"}, {"submitdate": "2020-03-09 10:00:00"}
    result = cleaned({"Q8": "Jansen"} | late, {"Q8": "Jansen"} | early, book=book)
    assert taken(result) == {"1": "duplicate"}
    unsent = {"Q8": "Jansen", "submitdate": "", "lastpage": "3"}
    assert taken(cleaned(unsent, {"Q8": "Jansen"} | late, book=book)) == {"1": "duplicate"}


def test_a_page_shows_no_line_about_one_respondent_even_of_a_reconstruction(cleaned, codebook):
    whole = cleaned(*SENSITIVE)
    assert set(common(whole.recodes, 2)["raw"]) <= {"(different texts)", "spelt"}
    shown = words.corrections(whole.corrections, Labels(codebook, "en"))
    assert list(shown) == ["question", "reason", "n"]
    assert shown["n"].tolist() == [1]


def test_categories_are_shown_in_another_order_than_their_rules_are_tried(
    cleaned, codebook_file, codebook_text
):
    asked = "label: {nl: Profiel, en: Profile}"
    turned = codebook_text.replace(asked, asked + "\n    shown: [plain, broad, modern]")
    book = load_codebook(codebook_file(turned))
    assert book.variable("profile").option_names == ["plain", "broad", "modern"]
    profiles = cleaned({"Q2[SQ002]": "Y", "Q5": "A1"}, book=book).responses["profile"]
    assert profiles.tolist() == ["modern"], "the first rule that holds, as before"
    missing = codebook_text.replace(asked, asked + "\n    shown: [plain, modern]")
    with pytest.raises(StudyError, match=r"the order plain, modern[\s\S]*every category once"):
        load_codebook(codebook_file(missing))


def test_a_threshold_that_no_rule_goes_by_is_not_tried(codebook_file, codebook_text, export_file):
    start = codebook_text.index("cleaning:")
    end = re.search(r"(?m)^(?!cleaning:)\S", codebook_text[start:])
    rest = codebook_text[start + end.start() :] if end else ""
    plain = load_codebook(codebook_file(codebook_text[:start] + "cleaning: {rules: []}\n" + rest))
    coded = ingest(plain, export_file({}, {}, {})).responses
    assert other_thresholds(plain, coded, THRESHOLDS)["threshold"].tolist() == [""]
