"""Published cross-tables of real surveys come out of their raw exports."""

from pathlib import Path

import pytest
from exports_by_others import EXPORTS

from nsmo.draft.new import new
from nsmo.stages.ingest import ingest
from nsmo.study import load_codebook
from nsmo.study.derivation import derive
from nsmo.survey import Survey
from nsmo.survey.crosstabs import crosstabs

pytestmark = pytest.mark.skipif(not EXPORTS.is_dir(), reason="the exports by others are not here")

UNWEIGHTED = {"method": "none", "subgroup_tables": True, "limits": {"min_effective_n": 0}}


def crossed(folder: Path, rules: str, change=lambda text: text, only=lambda frame: frame):
    """Cross-tables of an export as `nsmo new` drafts it, with a few lines of rules."""
    path = folder / "questionnaire.yaml"
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    with (folder / "rules.yaml").open("a", encoding="utf-8") as file:
        file.write(f"{rules}\nprivacy: {{suppress: base}}\n")
    codebook = load_codebook(folder)
    frame = derive(codebook, only(ingest(codebook, folder / codebook.source.file).responses))
    survey = Survey.from_responses(frame, UNWEIGHTED, codebook, confidence=0.95, min_n=20)
    return crosstabs(survey, compare=True)


def percent(frame, question, option, by, group):
    rows = frame[frame["question"].eq(question) & frame["option"].eq(option) & frame["by"].eq(by)]
    (row,) = rows[rows["group"].eq(group) & rows["statistic"].eq("proportion")].to_dict("records")
    return 100 * row["estimate"], row["n"]


def test_open_source_programmes_by_size(tmp_path):
    folder = new(tmp_path, "w", [EXPORTS / "ospo2018/ospo2018_results.csv"]).folder
    rules = """crosstabs:
  banners: [people_work_company]
  nets: {company_open_source_program: [{name: some, label: Has or plans one, of: [yes, no_but_planning]}]}
""".replace("[yes,", '["yes",')
    frame = crossed(folder, rules)
    question, by = "company_open_source_program", "people_work_company"
    assert percent(frame, question, "yes", by, "greater_10_000") == (pytest.approx(62.5), 160)
    some = frame[frame["question"].eq(f"{question}_some") & frame["by"].isna()]
    assert 100 * some["estimate"].item() == pytest.approx(53.342, abs=5e-4)
    (large,) = frame[
        frame["question"].eq(question) & frame["option"].eq("yes") & frame["group"].eq("greater_10_000")
    ].to_dict("records")
    assert large["against_rest"] == "above"
    assert "n51_250" in large["higher_than"]


# The structure lists 247 countries, which would be too many columns.
COUNTRY = """
derived:
  - name: country
    kind: first_match
    label: Country
    options:
      - {name: netherlands, label: Netherlands, when: {question: socio1, is: [netherlands]}}
      - {name: germany, label: Germany, when: {question: socio1, is: [germany]}}
    otherwise: {name: elsewhere, label: Elsewhere}
"""


def test_languages_and_developers_by_country(tmp_path):
    files = ["rse2018/rse2018_public_data.csv", "rse2018/rse2018_limesurvey.tsv"]
    folder = new(tmp_path, "w", [EXPORTS / name for name in files]).folder
    frame = crossed(
        folder,
        "crosstabs: {banners: [country], questions: [tool4can, soft2can]}",
        lambda text: text.replace("  - name: tool4can\n", "  - name: tool4can\n    base: all\n") + COUNTRY,
        lambda frame: frame[frame["socio1"].ne("canada")].reset_index(drop=True),
    )
    assert frame.loc[frame["question"].eq("tool4can") & frame["by"].isna(), "n"].max() == 985
    languages = {
        ("python", "netherlands"): (81.481481, 54),
        ("javascript", "netherlands"): (40.740741, 54),
        ("python", "germany"): (63.363363, 333),
    }
    for (option, country), (published, n) in languages.items():
        assert percent(frame, "tool4can", option, "country", country) == (
            pytest.approx(published, abs=5e-7),
            n,
        )
    developers = percent(frame, "soft2can", "yes", "country", "netherlands")
    assert developers == (pytest.approx(54.716981, abs=5e-7), 53)
