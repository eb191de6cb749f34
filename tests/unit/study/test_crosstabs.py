"""`crosstabs:` in rules.yaml: what is refused, and the variables that banners and nets are."""

import pytest
from bakeries import ten_bakeries

from nsmo.study import StudyError, load_codebook
from nsmo.study.crosstabs import banners, made_of, tabulated
from nsmo.study.derivation import derive


@pytest.mark.parametrize(
    ("crosstabs", "found", "expected"),
    [
        ("banners: [sise]", "there is no question or derived variable 'sise'", "perhaps size"),
        (
            "banners: [[size, breads]]",
            "'breads' has several answers, so it makes no cells with another question",
            "one with one answer",
        ),
        ("banners: [[size, turnover]]", "'turnover' is numeric", "a closed one"),
        ("banners: [size, size]", "the banner 'size' is there 2 times", ""),
        ("banners: [[size, size]]", "the variable 'size' is there 2 times", ""),
        ("banners: [[profile, size, fresh]]", "profile and size and fresh make", "at most 20"),
        ("questions: [founded]", "'founded' is date", "a question that can be counted"),
        (
            "nets: {fresh: [{name: high, label: High, of: [agre]}]}",
            "'fresh' has no option 'agre'",
            "perhaps agree",
        ),
        ("nets: {turnover: [{name: high, label: High, of: [a]}]}", "'turnover' is numeric", "a closed one"),
        (
            "nets: {online: [{name: a, label: A, of: ['yes']}, {name: a, label: B, of: ['no']}]}",
            "the net 'a' is there 2 times",
            "",
        ),
        ("rankings: [opinions]", "no battery of numbers is called 'opinions'", ""),
    ],
)
def test_what_does_not_fit_is_named_with_what_was_meant(
    codebook_text, codebook_file, crosstabs, found, expected, monkeypatch
):
    monkeypatch.setattr("nsmo.study.crosstabs.MOST_GROUPS", 20)
    text = codebook_text + "crosstabs: {" + crosstabs + "}\n"
    with pytest.raises(StudyError) as raised:
        load_codebook(codebook_file(text))
    (problem,) = raised.value.problems
    assert found in problem.found
    assert expected in problem.expected
    assert problem.where.startswith("rules.yaml, line")


def test_an_identifying_question_makes_no_columns(codebook_text, codebook_file):
    text = codebook_text.replace("    column: Q5\n", "    column: Q5\n    identifying: true\n")
    with pytest.raises(StudyError, match="'online' is identifying"):
        load_codebook(codebook_file(text + "crosstabs: {banners: [online]}\n"))


CROSSTABS = """\
crosstabs:
  banners: [[size, online]]
  nets:
    breads: [{name: any_bread, nl: Een van beide, en: Either, of: [white, rye]}]
    fresh: [{name: not_against, nl: Niet tegen, en: Not against, of: [neutral, agree]}]
"""


@pytest.fixture
def crossed(codebook_text, codebook_file):
    return load_codebook(codebook_file(codebook_text + CROSSTABS))


def test_a_crossed_banner_is_a_variable_of_all_combinations(crossed):
    assert banners(crossed) == ["size_by_online"]
    variable = crossed.variable("size_by_online")
    assert variable.label("en") == "Size × Online"
    assert len(variable.options) == 6
    assert variable.option("small__yes").label("nl") == "Klein, Ja"
    assert made_of(crossed, "size_by_online") == {"size_by_online", "size", "online"}
    frame = derive(crossed, ten_bakeries(), only=["size_by_online"])
    assert frame["size_by_online"].value_counts()[["small__yes", "small__no", "large__no"]].tolist() == [
        4,
        2,
        2,
    ]


def test_who_misses_one_of_two_answers_is_in_no_combination(crossed):
    frame = ten_bakeries()
    frame.loc[0, "size"] = None
    frame.loc[0, "size.missing"] = "refused"
    found = derive(crossed, frame, only=["size_by_online"])
    assert found.loc[0, "size_by_online.missing"] == "refused"


def test_nets_and_crossed_banners_have_no_table_of_their_own(crossed):
    names = tabulated(crossed)
    assert not {"size_by_online", "breads_any_bread", "fresh_not_against", "bakery", "founded"} & set(names)
    assert {"breads", "size_class", "opinion"} <= set(names)


def test_what_makes_columns_is_known_to_the_plan_of_what_may_be_shown(crossed):
    assert {"size", "online", "size_by_online"} <= set(crossed.groupings)


@pytest.mark.parametrize(
    ("top", "bottom"),
    [("[agree]", ["disagree"]), ("[disagree]", ["agree"]), ("[neutral]", []), ("[neutral, agree]", [])],
)
def test_the_bottom_box_is_the_other_end_of_the_scale(codebook_text, codebook_file, top, bottom):
    text = codebook_text.replace("top_box: [agree]", f"top_box: {top}", 1)
    assert load_codebook(codebook_file(text)).variable("fresh").bottom_box == bottom
