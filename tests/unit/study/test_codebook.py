import re

import pytest

from nsmo.study import StudyError, load_codebook


def refusal(codebook_file, text: str) -> str:
    with pytest.raises(StudyError) as caught:
        load_codebook(codebook_file(text))
    return str(caught.value)


def test_variables_hold_questions_and_derived_in_order(codebook_file):
    codebook = load_codebook(codebook_file())
    names = list(codebook.variables)
    assert names[:3] == ["consent", "breads", "size"]
    assert names[-5:] == ["size_class", "n_breads", "opinion", "is_fresh", "profile"]
    assert codebook.variable("n_breads").type == "numeric"
    assert codebook.variable("is_fresh").option_names == ["yes", "no"]
    assert codebook.variable("profile").option_names == ["modern", "broad", "plain"]


def test_other_text_makes_an_option(codebook_file):
    breads = load_codebook(codebook_file()).variable("breads")
    assert breads.columns == ["breads.white", "breads.rye", "breads.none", "breads.other"]
    assert breads.option("other").label("nl") == "Anders"


def test_labels_in_both_languages(codebook_file):
    codebook = load_codebook(codebook_file())
    assert codebook.variable("breads").label("nl") == "Broden"
    assert codebook.variable("breads").option("rye").label("en") == "Rye bread"
    assert codebook.variable("fresh").text("en") == "Bread must be fresh"


def test_scores_follow_the_order_unless_given(codebook_file, codebook_text):
    codebook = load_codebook(codebook_file())
    assert codebook.variable("fresh").scores == {"disagree": 1.0, "neutral": 2.0, "agree": 3.0}
    scored = codebook_text
    for option, score in (("disagree", -1), ("neutral", 0), ("agree", 1)):
        scored = scored.replace(f"{{name: {option}, code", f"{{name: {option}, score: {score}, code")
    assert load_codebook(codebook_file(scored)).variable("cheap").scores == {
        "disagree": -1.0,
        "neutral": 0.0,
        "agree": 1.0,
    }


def test_yes_and_no_are_words(codebook_file):
    assert load_codebook(codebook_file()).variable("online").option_names == ["yes", "no"]


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("column: Q3", "colum: Q3", "colum: Q3", "the key 'colum' is unknown here"),
        ("type: date", "type: datum", "type: datum", "'datum' is not known here"),
        ("large, code: A3", "large, code: 3", "large, code: 3", "3 is not a text"),
        ("large, code: A3", "small, code: A3", "- name: size", "the option 'small' is there 2 times"),
        ("large, code: A3", "large, code: A2", "- name: size", "the code 'A2' is there 2 times"),
        ("reason: refused, code: A9", "reason: refused, code: A1", "- name: size", "code 'A1' is there 2"),
        ("Q4[SQ002]", "Q4[SQ001]", "- {name: cheap", "the column 'Q4[SQ001]' is already read for 'fresh'"),
        ("founded\n", "turnover\n", "turnover\n    type: date", "'turnover' is already used on line 84"),
        ("top_box: [agree]", "top_box: [agre]", "- battery: opinions", "'agre' in top_box is no option"),
        ("if: {question: online", "if: {question: onlin", "question: onlin,", "perhaps online"),
        ("is: [agree]", "is: [agre]", "is: [agre]", "'fresh' has no option 'agre'"),
        ("from: size", "from: sise", "from: sise", "no question or derived variable 'sise'"),
        (
            "of: [large]",
            "of: [middle]",
            "    options:\n      - {name: smaller",
            "no place for large of 'size'",
        ),
        (
            "of: [small, middle]",
            "of: [small, tiny]",
            "    options:\n      - {name: smaller",
            "'size' has no option 'tiny'",
        ),
        ("count, of: breads", "count, of: size", "name: n_breads", "'size' is single"),
        ("min_answered: 2", "min_answered: 4", "min_answered", "4 answers are asked of 3 questions"),
        ("question: n_breads, at", "question: breads, at", "breads, at", "'at_least' does not fit 'breads'"),
        ("'^test\\b'", "'^(test'", "'^(test'", "no regular expression"),
        ("opinions, reason", "opinion, reason", "opinion, reason", "no question belongs to a battery"),
        ("rye: [rogge", "ry: [rogge", "ry: [rogge", "'breads' has no option 'ry'"),
        ("of: [middle, large]", "of: [middle, huge]", "huge", "'huge' is no category of 'size'"),
        ("margin: size", "margin: sector", "margin: sector", "there is no margin 'sector'"),
        ("large: 0.9", "large: 1.9", "large: 1.9", "1.9"),
        ("last_page: lastpage, ", "", "kind: partial", "needs source.paradata submitted and last_page"),
        ("    kind: recode\n", "", "- name: size_class", "the key 'kind' is missing"),
        (", en: bakeries}", ", de: Bäckereien}", "nl: bakkerijen", "the key 'de' is unknown here"),
        ("language: nl", "language: xx", "language: xx", "'xx' are the letters of no language"),
        ("language: nl", "language: nl\nlanguage: en", "language: en", "the key 'language' stands twice"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path, codebook_file, codebook_text, old, new, line, message):
    assert old in codebook_text
    broken = codebook_text.replace(old, new, 1)
    text = refusal(codebook_file, broken)
    assert message in text
    file = next(f for f in sorted(tmp_path.glob("2020/*.yaml")) if line in f.read_text("utf-8"))
    written = file.read_text("utf-8")
    number = 1 + written[: written.index(line)].count("\n")
    assert re.search(rf"{file.name}, line {number}\b", text), text


@pytest.mark.parametrize("written", ["0123", "1_0", "1:30", "0x1f"])
def test_a_code_that_only_looks_like_a_number_is_the_text_that_it_is(codebook_file, codebook_text, written):
    text = codebook_text.replace("code: A1, nl: Klein", f"code: {written}, nl: Klein")
    codes = [option.code for q in load_codebook(codebook_file(text)).questions for option in q.options]
    assert written in codes


@pytest.mark.parametrize("written", ["+12", "1.50", "2018-01-02", "true"])
def test_a_code_that_yaml_takes_for_something_else_is_named_as_it_is_written(
    codebook_file, codebook_text, written
):
    text = codebook_text.replace("code: A1, nl: Klein", f"code: {written}, nl: Klein")
    with pytest.raises(StudyError) as caught:
        load_codebook(codebook_file(text))
    assert f"{written} is not a text" in str(caught.value)
    assert "put it between quotes" in str(caught.value)


def test_mistakes_in_form_and_in_references_are_reported_together(codebook_file, codebook_text):
    broken = codebook_text.replace("column: Q3", "colum: Q3").replace("is: [agree]", "is: [agre]")
    text = refusal(codebook_file, broken)
    assert "2 problems" in text
    assert "'colum'" in text
    assert "'agre'" in text


def test_a_broken_question_does_not_make_its_users_wrong(codebook_file, codebook_text):
    text = refusal(codebook_file, codebook_text.replace("column: Q3", "colum: Q3"))
    assert "1 problem in" in text


def test_a_name_used_before_it_is_derived_is_refused(codebook_file, codebook_text):
    late = codebook_text.replace("kind: mean, of: [fresh", "kind: flag, of: [fresh")
    assert "opinion" in refusal(codebook_file, late)
    early = codebook_text.replace("{question: fresh, is: [agree]}", "{question: profile, is: [broad]}")
    assert "'profile' is used here before it is derived" in refusal(codebook_file, early)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(StudyError, match="there is no such file"):
        load_codebook(tmp_path / "2099")


def test_broken_yaml_names_the_line(codebook_file, codebook_text):
    assert "line 9: not readable as YAML" in refusal(
        codebook_file, codebook_text.replace('decimal: ","', "decimal: ,'")
    )


def test_an_unknown_name_is_answered_with_a_close_one(codebook_file):
    codebook = load_codebook(codebook_file())
    with pytest.raises(StudyError, match="perhaps breads"):
        codebook.variable("bread")
    with pytest.raises(StudyError, match="has no option 'spelt'"):
        codebook.variable("breads").option("spelt")


def test_parts_of_the_analysis_are_held_against_the_questions(codebook_file, codebook_text):
    given = codebook_text + "\nanalyse:\n  bread: {kinds: breads, by: [size], battery: opinions}\n"
    assert load_codebook(codebook_file(given)).analyse["bread"]["by"] == ["size"]
    message = refusal(codebook_file, given.replace("kinds: breads", "kinds: bread"))
    assert "'bread'" in message
    assert "perhaps breads" in message
    assert "analyse > bread > kinds" in message


def test_a_part_of_the_analysis_can_be_an_answer(codebook_file, codebook_text):
    given = codebook_text + "\nanalyse:\n  bread: {without: online.no}\n"
    assert load_codebook(codebook_file(given)).analyse["bread"]["without"] == "online.no"
    assert "has no option 'never'" in refusal(codebook_file, given.replace("online.no", "online.never"))
    assert "'onlin'" in refusal(codebook_file, given.replace("online.no", "onlin.no"))


def test_the_headlines_are_held_against_the_questions(codebook_file, codebook_text):
    given = codebook_text + "\nheadlines:\n  - {question: breads, option: white}\n"
    assert load_codebook(codebook_file(given)).headlines[0].question == "breads"
    assert "perhaps breads" in refusal(codebook_file, given.replace("question: breads", "question: bread"))
    assert "has no top box" in refusal(codebook_file, given.replace("option: white", "option: top"))
    message = refusal(codebook_file, given.replace("option: white", "option: spelt"))
    assert "'breads' has no option 'spelt'" in message


def test_a_rule_of_cleaning_cannot_use_what_is_derived_after_it(codebook_file, codebook_text):
    codebook = load_codebook(codebook_file())
    rule = "    - {name: late, kind: duplicate, by: [NAME], reason: {nl: x, en: x}}\n"
    given = codebook_text.replace("  rules:\n", "  rules:\n" + rule)
    assert given != codebook_text
    derived, asked = codebook.derived[0].name, codebook.questions[0].name
    assert load_codebook(codebook_file(given.replace("NAME", asked)))
    assert f"'{derived}' is derived after cleaning" in refusal(codebook_file, given.replace("NAME", derived))


def test_a_wrong_head_does_not_hide_what_else_is_wrong(codebook_file, codebook_text):
    given = re.sub(r"(?m)^provenance: .*$", "provenance: perhaps", codebook_text)
    given += "\nanalyse:\n  bread: {kinds: bread}\n"
    message = refusal(codebook_file, given)
    assert "'perhaps' is not known here" in message
    assert "perhaps breads" in message


def test_items_of_a_battery_are_questions_that_share_what_the_block_says(codebook_file):
    codebook = load_codebook(codebook_file())
    assert [question.name for question in codebook.battery("opinions")] == ["fresh", "cheap", "warm"]
    fresh, cheap = codebook.question("fresh"), codebook.question("cheap")
    assert fresh.columns == ["Q4[SQ001]"]
    assert fresh.text["en"] == "Bread must be fresh"
    assert cheap.text["en"] == "Bread must be …"
    assert fresh.options == cheap.options
    assert (codebook.variable("fresh").top_box, codebook.variable("cheap").top_box) == (["agree"], [])


def test_a_mistake_in_an_item_is_named_at_the_item(codebook_file, codebook_text):
    text = refusal(codebook_file, codebook_text.replace("{name: cheap, column", "{name: cheap, colum"))
    assert "items > cheap > colum): the key 'colum' is unknown here" in text
    assert "items > cheap > column): the key 'column' is missing" in text


def test_a_stage_reads_only_the_files_it_declares(codebook_file, codebook_text):
    folder = codebook_file(codebook_text)
    (folder / "study.yaml").write_text("title: [", encoding="utf-8")
    codebook = load_codebook(folder, ["questionnaire.yaml"])
    assert codebook.variable("size").label("en") == "Size"
    with pytest.raises(StudyError, match=r"rules.yaml of wave 2020 was not read") as caught:
        codebook.cleaning  # noqa: B018
    assert "data/raw/2020/rules.yaml among the deps of a stage" in str(caught.value)
    with pytest.raises(StudyError, match=r"study.yaml of wave 2020 was not read"):
        codebook.title  # noqa: B018


def test_the_one_file_of_before_is_refused_with_what_to_do(tmp_path, codebook_text):
    folder = tmp_path / "2020"
    folder.mkdir()
    (folder / "codebook.yaml").write_text(codebook_text, encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        load_codebook(folder)
    text = str(caught.value)
    assert "codebook.yaml is no longer read" in text
    assert "rules.yaml: cleaning, weighting, analyse" in text
    assert "then remove codebook.yaml" in text


@pytest.mark.parametrize(
    ("file", "key", "advice"),
    [
        ("questionnaire.yaml", "weighting: {}", "move it to rules.yaml"),
        ("rules.yaml", "title: {nl: x, en: x}", "move it to study.yaml"),
        ("study.yaml", 'wave: "2020"', "the name of the folder is the wave"),
        ("rules.yaml", "claening: {}", "correct its spelling"),
    ],
)
def test_a_key_in_the_wrong_file_is_sent_home(codebook_file, file, key, advice):
    folder = codebook_file()
    (folder / file).write_text((folder / file).read_text("utf-8") + key + "\n", encoding="utf-8")
    with pytest.raises(StudyError, match=advice):
        load_codebook(folder)


def test_a_mistake_in_one_file_hides_none_in_another(codebook_file):
    folder = codebook_file()
    for file, old, new in (
        ("rules.yaml", "kind: partial", "kind: parttial"),
        ("study.yaml", "certainty: published", "certainty: sure"),
        ("questionnaire.yaml", "is: [agree]", "is: [agre]"),
    ):
        text = (folder / file).read_text("utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        load_codebook(folder)
    text = str(caught.value)
    assert "3 problems" in text
    assert all(word in text for word in ("parttial", "sure", "agre"))


@pytest.mark.parametrize("name", ["weight", "margin", "response_id", "paradata"])
def test_a_name_that_the_responses_have_already_is_refused(codebook_file, codebook_text, name):
    text = refusal(codebook_file, codebook_text.replace("- name: founded", f"- name: {name}"))
    assert f"the name '{name}' is taken" in text


def test_a_question_cannot_depend_on_one_that_is_asked_later(codebook_file, codebook_text):
    early = codebook_text.replace(
        "  - name: consent\n", '  - name: consent\n    asked_if: {question: online, is: ["yes"]}\n'
    )
    assert "'online' is used here before it is asked" in refusal(codebook_file, early)


@pytest.mark.parametrize(
    "kind", ["kind: duplicate, by: [breads]", "kind: pattern, pattern: x, questions: [breads]"]
)
def test_a_rule_that_needs_one_answer_takes_no_question_with_several(codebook_file, codebook_text, kind):
    rule = f"    - {{name: late, {kind}, reason: {{nl: x, en: x}}}}\n"
    text = refusal(codebook_file, codebook_text.replace("  rules:\n", "  rules:\n" + rule))
    assert "'breads' is multi" in text


def test_what_leaves_the_data_in_cleaning_can_play_no_part_after_it(codebook_file, codebook_text):
    secret = codebook_text.replace("  - name: size\n", "  - name: size\n    identifying: true\n", 1)
    text = refusal(codebook_file, secret + "\nanalyse:\n  bread: {by: [size]}\n")
    assert "weighting > margins > size > question): 'size' is identifying" in text
    assert "analyse > bread > by): 'size' is identifying" in text
