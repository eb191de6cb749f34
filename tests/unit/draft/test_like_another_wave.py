"""A wave that is drafted like another one says what it is compared with, as guesses to confirm."""

import two_waves
import yaml

from nsmo.draft import earlier
from nsmo.draft.demo import made_up_responses
from nsmo.study import load_codebook
from nsmo.study.drafts import marks
from nsmo.study.waves import described, matches


def test_the_wave_before_it_is_proposed_and_its_report_opens_with_what_changed(tmp_path):
    (tmp_path / "params.yaml").write_text(
        "waves:\n  ingest: {}\n  trend: {}\n  crosstabs: []\n", encoding="utf-8"
    )
    folders = two_waves.waves(tmp_path, {name: made_up_responses(40, 1) for name in ("2025", "2026", "2027")})
    assert yaml.safe_load((tmp_path / "params.yaml").read_text("utf-8"))["waves"]["trend"] == {
        "2025": "2025/weight",
        "2026": "2025/trend",
        "2027": "2026/trend",
    }
    assert load_codebook(folders["2025"]).previous == []
    assert load_codebook(folders["2027"]).previous == ["2025", "2026"]
    assert sum("compared with" in text for _, text in marks(folders["2027"] / "study.yaml")) == 1
    text = (folders["2027"] / "report.en.md").read_text("utf-8")
    assert text.index("{{ changes() }}") < text.index("\n## ")
    assert text.count("{{ changes() }}") == 1
    assert "changes()" not in (folders["2025"] / "report.en.md").read_text("utf-8")


def test_the_field_period_and_the_name_are_those_of_the_new_wave(tmp_path):
    period = "field_period: {from: 2025-01-01, until: 2025-02-01, certainty: known}"
    earlier_wave = f"title: w1\n{period}\nunknown: []\n"
    drafted = "field_period:\n  # confirm: x\n  from: 2026-01-01\n  until: null\n  certainty: assumed\n"
    found = earlier.in_the_field(earlier_wave, drafted, "w1", "w2")
    assert yaml.safe_load(found)["field_period"]["from"].year == 2026
    assert yaml.safe_load(found)["title"] == "w2"
    assert "unknown: []" in found
    named = earlier.in_the_field(f"title: Library survey\n{period}\n", drafted, "w1", "w2")
    assert named.startswith("title: Library survey\n")
    titled = f"# confirm: the title in the file, as people will read it\ntitle: Library 2026\n{drafted}"
    assert earlier.in_the_field(earlier_wave, titled, "w1", "w2").startswith(titled.partition("\nfield")[0])


def test_a_question_in_other_words_is_proposed_as_the_one_that_is_gone(tmp_path):
    first, second = made_up_responses(40, 1), made_up_responses(40, 2)
    head = second[0]
    head[3] = "How often do you come to the library?"
    head[-1] = "Is there anything that you miss here?"
    folders = two_waves.waves(tmp_path, {"2026": first, "2027": second})
    asked = {one.name: one for one in load_codebook(folders["2027"]).questions}
    same = {name: one.same_as for name, one in asked.items() if one.same_as}
    assert list(same.values()) == ["visit_library"]  # the last one is another question
    told = [text for _, text in marks(folders["2027"] / "questionnaire.yaml")]
    assert any("'visit_library' of 2026, put in other words" in text for text in told)
    waves = [described(load_codebook(raw)) for raw in folders.values()]
    found = next(one for one in matches(waves, "2026") if one.question == next(iter(same)))
    assert found.asked_as == "visit_library"
    assert found.changes == ("wording",)


def test_the_questions_of_a_battery_put_in_other_words_are_proposed_one_by_one(tmp_path):
    first, second = made_up_responses(60, 1), made_up_responses(60, 2)
    satisfied = [at for at, name in enumerate(second[0]) if name.startswith("How satisfied")]
    for at in satisfied:
        second[0][at] = second[0][at].replace("How satisfied are you?", "How satisfied are you with us?")
    second[0][satisfied[-1]] = "How satisfied are you with us? [Something else altogether]"
    folders = two_waves.waves(tmp_path, {"2026": first, "2027": second})
    before = [one.name for one in load_codebook(folders["2026"]).questions if one.battery]
    after = [one for one in load_codebook(folders["2027"]).questions if one.battery]
    same = [one.same_as for one in after if one.same_as]
    assert same == before[:-1]
    told = [text for _, text in marks(folders["2027"] / "questionnaire.yaml")]
    assert sum("put in other words" in text for text in told) == len(same)
