"""The same answers as a reconstruction and as real ones: what the reports show of them, and what not."""

import csv
import re
import shutil
from html import unescape

import no_findings
import projects
import pytest
import yaml

from nsmo.present.labels import Labels
from nsmo.study.ensemble import COLUMNS, read_ensemble
from nsmo.study.load import load_codebook

pytestmark = [pytest.mark.pipeline, pytest.mark.slow]

ANALYSES = ["topline", "importance", "goals", "budget", "accountability", "platforms", "profiles", "trust"]
#: What tests and intervals decide, and latent classes.
FINDINGS = {
    "importance": ["Adjusted for size and sector: 8", "The difference is"],
    "budget": ["Does importance rise with a budget?", "times as high with a budget", "Holm’s p"],
    "accountability": ["lower than the others in", "with an interval below 0", "Somers’ D 0.", "Holm’s p"],
    "platforms": ["tests find a difference", "times as many platforms", "Holm’s p"],
    "profiles": ["tests, adjusted together by Holm", "latent classes by BIC", "Lowest BIC", "Holm’s p"],
}
#: Figures of claims and of the index: titles that count intervals.
COUNTS = r"associations are clear of|intervals exclude|lie within the interval|lie wholly above zero"
ORIGINS = {"published as a number", "follows from what was published", "assumed"}


@pytest.fixture(scope="module")
def both(built_study, tmp_path_factory):
    """A built copy of the study with a second wave: the same files, whose answers are said to be real."""
    study = built_study.copy(tmp_path_factory.mktemp("both") / "study")
    new = study.folder / "data/raw/2019"
    shutil.copytree(study.folder / "data/raw/2018", new, ignore=shutil.ignore_patterns("assumptions.yaml"))
    study.replace("data/raw/2019/questionnaire.yaml", "provenance: reconstructed", "provenance: real")
    study.write("data/raw/2019/ensemble.csv", ",".join(COLUMNS) + "\n")
    rules = yaml.safe_load(study.read("data/raw/2019/rules.yaml"))
    # What small groups answered is shown here, so that both reports can be held together.
    rules["privacy"] = {"suppress": "base", "keep_rows": True}
    study.write("data/raw/2019/rules.yaml", yaml.safe_dump(rules, allow_unicode=True))
    params = yaml.safe_load(study.read("params.yaml"))
    params["waves"]["ingest"]["2019"] = params["waves"]["ingest"]["2018"]
    for stage in ("clean", "weight", "crosstabs", *ANALYSES, "bounds", "claims", "publish"):
        params["waves"][stage].append("2019")
    params["waves"]["trend"]["2019"] = "2019/weight"
    params["claims"]["directional"]["2019"] = params["claims"]["directional"]["2018"]
    params["bounds"]["sizes"]["2019"] = [185]
    study.write("params.yaml", yaml.safe_dump(params, sort_keys=False))
    done = study.report()
    assert done.returncode == 0, done.stdout
    return study


def page(study: projects.Project, wave: str, name: str) -> str:
    """What a reader sees of a page, without code."""
    folder = "en" if name == "index" else "notebooks"
    text = study.read(f"reports/{wave}/html/{folder}/{name}.html")
    for tag in ("script", "style", "pre"):
        text = re.sub(rf"<{tag}\b.*?</{tag}>", "", text, flags=re.DOTALL)
    text = re.sub(r'alt="([^"]*)"[^>]*>', r">\1 ", text)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


@pytest.mark.parametrize("name", FINDINGS)
def test_findings_are_shown_of_real_answers_only(both, name):
    real, made = page(both, "2019", name), page(both, "2018", name)
    assert [text for text in FINDINGS[name] if text not in real] == []
    assert [text for text in FINDINGS[name] if text in made] == []
    assert "assumed" in made
    assert "in other reconstructions" in made.lower()
    assert "assumed" not in real
    assert "reconstruction" not in real


def test_columns_of_cross_tables_are_compared_for_real_answers_only(both):
    real, made = page(both, "2019", "crosstabs"), page(both, "2018", "crosstabs")
    assert "Rao and Scott" in real
    assert "Rao and Scott" not in made
    assert "Columns are not compared" in made
    heads = [
        (both.folder / f"reports/{wave}/tables/crosstabs/estimates.csv").read_text("utf-8").partition("\n")[0]
        for wave in ("2019", "2018")
    ]
    assert ["higher_than" in head for head in heads] == [True, False]
    assert ["origin" in head for head in heads] == [False, True]


def test_no_title_of_the_index_or_the_claims_counts_intervals_of_reconstructed_answers(both):
    assert len(re.findall(COUNTS, page(both, "2019", "claims"))) >= 2
    for name in ("index", "claims"):
        assert not re.search(COUNTS, page(both, "2018", name))


def test_no_headline_of_reconstructed_answers_is_adjusted(both):
    real, made = (page(both, wave, "index").replace("\xa0", " ") for wave in ("2019", "2018"))
    adjusted = r"the share that find social media important runs "
    assert re.search(adjusted + r"\d+\.\d% \(\d+\.\d to \d+\.\d\)", real)
    assert re.search(adjusted + r"from \d+\.\d% to \d+\.\d% in \d+ reconstructions", made)
    assert "implied; 95% interval" in made
    assert "83.8% ◉ (implied)" in made
    assert "83.8% of the organisations" in real


@pytest.mark.parametrize("name", ANALYSES)
def test_estimates_say_their_origin_and_tests_hold_no_p_while_reconstructed(both, name):
    def rows(wave, file):
        path = both.folder / f"reports/{wave}/tables/{name}/{file}"
        return list(csv.DictReader(path.open(encoding="utf-8"))) if path.exists() else []

    made, real = rows("2018", "estimates.csv"), rows("2019", "estimates.csv")
    assert {row["origin"] for row in made} <= {"published", "implied", "assumed"}
    ranges = [row for row in made if row["range_low"]]
    assert {row["origin"] for row in ranges} == {"assumed"}
    assert len(ranges) > 10
    assert not [row for row in made if row["origin"] == "assumed" and (row["se"] or row["ci_low"])]
    assert [row for row in real if row["se"] and row["ci_low"]]
    assert not {"range_low", "range_high"} & set(real[0])
    assert {row.pop("origin") for row in made if row["weighted"] == "True"} <= {"assumed"}
    assert "origin" not in real[0]
    assert len(made) == len(real)
    tests = rows("2018", "tests.csv")
    assert len(tests) == len(rows("2019", "tests.csv"))
    for row in tests:
        assert not {"p", "p_holm"} & set(row)
        assert not row["pipeline_check"] or re.match(r"p [\d.e-]+", row["pipeline_check"])
    assert all(row["p"] or row["test"] for row in rows("2019", "tests.csv"))


def test_no_table_or_workbook_of_reconstructed_answers_holds_tests(both):
    def names(wave):
        reports = both.folder / f"reports/{wave}"
        return {
            path.relative_to(reports).with_suffix("")
            for kind in ("tables", "workbooks")
            for name in ANALYSES
            for path in (reports / kind / name).iterdir()
        }

    only_real = {str(path) for path in names("2019") - names("2018")}
    only_made = {path.name for path in names("2018") - names("2019")}
    assert only_made == {"ranges", "associations"}, "what trust has of other reconstructions"
    assert {
        "workbooks/budget/associations_tests",
        "tables/profiles/fits",
        "tables/profiles/crossed",
    } <= only_real
    # Nothing else is missing: every table of estimates stands in both.
    assert not [name for name in only_real if not re.search(r"tests|fits|items|class|crossed", name)]


def test_no_page_drawing_table_or_workbook_of_a_reconstruction_holds_a_finding(both):
    """No p, no count of what is clear, no interval of an assumed figure: searched in every file."""
    made, real = (both.folder / f"reports/{wave}" for wave in ("2018", "2019"))
    assert no_findings.findings(made) == []
    assert no_findings.intervals_of_assumed(made) == []
    assert no_findings.findings(real), "the search finds what stands in a report of real answers"


def test_every_assumed_figure_stands_with_its_range_wherever_it_is_shown(both):
    raw = both.folder / "data/raw/2018"
    codebook, known = load_codebook(raw), read_ensemble(raw / "ensemble.csv")
    words = {language: Labels(codebook, language).words for language in ("en", "nl")}
    assert no_findings.without_range(both.folder / "reports/2018", known, words) == []


#: Of the publications alone, or simulated: of no answer of these respondents.
OF_NO_ANSWER = {"bounds", "published", "coverage"}


def test_every_figure_of_reconstructed_answers_has_their_origin_in_the_drawing(both):
    """A figure travels without its page."""
    drawings = list((both.folder / "reports/2018/figures").rglob("*.svg"))
    assert len(drawings) > 80
    for path in drawings:
        text = no_findings.prose(path.read_text(encoding="utf-8"))
        assert path.parent.name in OF_NO_ANSWER or any(origin in text for origin in ORIGINS), path


def test_figures_carry_their_origins_with_them_while_reconstructed(both):
    drawn = 0
    for wave, marked in (("2018", True), ("2019", False)):
        for name in ("topline", "goals", "budget", "platforms"):
            for path in (both.folder / f"reports/{wave}/figures/{name}").glob("*.svg"):
                text = unescape(path.read_text(encoding="utf-8"))
                shown = {origin for origin in ORIGINS if re.search(rf"(>|: ){origin}<", text)}
                assert bool(shown) is marked, path
                drawn += marked
                if name == "goals" and path.stem == "goals":
                    assert shown == (ORIGINS if marked else set())
    assert drawn > 30
