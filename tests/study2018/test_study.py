"""The real study: what runs when, and what a mistake in its files leads to. All in throw-away copies."""

import csv
import io
import os
import re
import shutil
from pathlib import Path

import openpyxl
import projects
import pytest
import yaml

from nsmo.study.ensemble import COLUMNS

pytestmark = pytest.mark.pipeline

RAW = "data/raw/2018"
SPONSOR = "sponsor: {nl: Niemand., en: Nobody., source: a letter, certainty: published}"


@pytest.mark.slow
def test_a_second_build_runs_nothing(study):
    before = study.outputs()
    assert study.ran(study.report()) == []
    assert study.outputs() == before
    assert study.status() == {}


@pytest.mark.slow
def test_the_report_is_where_it_says(study):
    done = study.report()
    last = done.stdout.strip().splitlines()[-1]
    assert last == "Report: reports/2018/html/index.html"
    assert (study.folder / last.removeprefix("Report: ")).is_file()


@pytest.mark.slow
def test_the_committed_evidence_is_what_the_build_makes(built_study):
    # Without locks: another process may be copying the folder.
    asked = ("git", "--no-optional-locks", "status", "--porcelain")
    changed = built_study.call(*asked, "--", "data", "reports", "dvc.lock", "docs").stdout
    assert changed == "", "run `make report` and commit what it changed"


@pytest.mark.slow
def test_the_evidence_that_each_statement_names_is_there(built_study):
    rows = list(csv.DictReader(io.StringIO(built_study.read("reports/2018/tables/claims/claims.csv"))))
    named = {(row["id"], row[column]) for row in rows for column in ("notebook", "table", "figure")}
    there = {name: (built_study.folder / "reports/2018" / name).is_file() for _, name in named if name}
    assert len(there) > 3
    absent = [f"{claim}: {name}" for claim, name in sorted(named) if name and not there[name]]
    assert not absent, "a stage under `analyse:` of rules.yaml has a page and tables/<stage>/estimates.csv"


@pytest.mark.slow
def test_a_parameter_of_publish_leaves_the_rest_alone(study):
    before = study.outputs()
    study.replace("params.yaml", "  language: en", "  language: nl")
    assert study.ran(study.report()) == ["publish"]
    after = study.outputs()
    changed = {name for name in before | after if after.get(name) != before.get(name)}
    assert changed
    assert all(name.startswith("reports/2018/html/") for name in changed)


@pytest.mark.slow
def test_a_reworded_report_reruns_nothing_but_itself(study):
    study.replace(f"{RAW}/report.en.md", "They send;", "They broadcast;")
    assert {stage.partition("@")[0] for stage in study.status()} == {"publish"}
    assert study.ran(study.report()) == ["publish"]
    assert "They broadcast;" in study.read("reports/2018/html/en/index.html")
    assert "They broadcast;" not in study.read("reports/2018/html/nl/index.html")


@pytest.mark.slow
def test_what_a_text_may_insert_is_listed_with_its_value(built_study):
    said = built_study.call("nsmo", "values", "2018", "important", "--language", "nl")
    assert said.returncode == 0, said.stdout
    # 36 of the 46 that serve businesses, as was published.
    assert '{{ share("important", "yes", by="market", group="b2b") }}: 78,3% (gepubliceerd)' in said.stdout
    every = built_study.call("nsmo", "values", "2018").stdout
    assert "{{ respondents() }}: 185" in every
    assert "{{ disputed() }}: " in every
    assert "perhaps important" in built_study.call("nsmo", "values", "2018", "importnt").stdout


@pytest.mark.slow
def test_a_word_about_the_study_reruns_only_what_reads_it(study):
    study.replace(f"{RAW}/study.yaml", "sponsor: not_published", SPONSOR)
    stale = {stage.partition("@")[0] for stage in study.status()}
    about = {"questionnaire", "fieldwork", "choices", "trend", "trust", "method"}
    assert stale == {"claims", "published", *about, "publish"}


@pytest.mark.slow
def test_a_shared_parameter_of_the_analysis_leaves_clean_untouched(study):
    clean = study.read("data/processed/2018/clean/flow.csv")
    study.replace("params.yaml", "  confidence: 0.95", "  confidence: 0.9")
    ran = study.ran(study.report())
    assert "topline" in ran
    assert not {"ingest", "clean", "weight"} & set(ran)
    assert study.read("data/processed/2018/clean/flow.csv") == clean


@pytest.mark.slow
def test_other_answers_rerun_everything_downstream(study):
    rows = study.read(f"{RAW}/responses.csv").splitlines(keepends=True)
    # One respondent less is one row less everywhere.
    study.write(f"{RAW}/responses.csv", "".join(rows[:-1]))
    ran = study.ran(study.report())
    stages = list(study.call("dvc", "stage", "list", "--name-only").stdout.split())
    assert {f"{name}@2018" for name in ran} >= {
        name for name in stages if name.split("@")[0] in ("ingest", "clean")
    }


def in_a_workbook(path: Path, source: dict) -> None:
    """Put the responses of a text into a workbook beside it, and say so in the codebook."""
    with path.open(encoding=source.pop("encoding"), newline="") as file:
        rows = list(csv.reader(file, delimiter=source.pop("delimiter", ",")))
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append([cell or None for cell in row])
    book.save(path.with_suffix(".xlsx"))
    path.unlink()
    # The presets of LimeSurvey are said in words.
    source |= {"file": "responses.xlsx", "format": "excel"}


def without_a_column(path: Path) -> None:
    """Take the column of a question out of an export."""
    rows = list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(row[:20] + row[21:] for row in rows)
    path.write_bytes(out.getvalue().encode("utf-8-sig"))


@pytest.mark.slow
def test_a_reviewer_gets_the_same_bytes_twice(built_study):
    """By `make report`, and elsewhere by a plain `dvc repro`: no preloaded process, other surroundings."""
    done = built_study.call("nsmo", "verify")
    assert done.returncode == 0, done.stdout
    compared = re.findall(r"^same +same +[0-9a-f]{12} +(\S.*)$", done.stdout, re.MULTILINE)
    assert set(compared) == {"dvc.lock", *built_study.outputs()}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("analyses", "left_out"),
    [
        pytest.param(["topline", "platforms", "bounds", "claims"], ["benchmarks.csv"], id="fewer analyses"),
        pytest.param(
            ["platforms", "trust", "choices", "questionnaire", "fieldwork"],
            ["benchmarks.csv", "published.yaml"],
            id="nothing published, responses in a workbook",
        ),
    ],
)
def test_a_second_wave_needs_its_folder_and_params_only(study, analyses, left_out):
    """Other provenance, fewer stages, fewer files; no line of src/ or dvc.yaml, and the first wave stays."""
    before = study.outputs()
    new = study.folder / "data/raw/2019"
    shutil.copytree(study.folder / RAW, new, ignore=shutil.ignore_patterns("assumptions.yaml", *left_out))
    asked, rules, about = (
        yaml.safe_load(study.read(f"data/raw/2019/{name}.yaml"))
        for name in ("questionnaire", "rules", "study")
    )
    asked["provenance"] = "real"
    study.write("data/raw/2019/ensemble.csv", ",".join(COLUMNS) + "\n")
    if "published.yaml" in left_out:
        in_a_workbook(new / "responses.csv", asked["source"])
    about["headlines"] = [one for one in about["headlines"] if "platforms" in one["question"]]
    for language in ("nl", "en"):
        # Of the questions that the stages of this wave estimate.
        study.write(
            f"data/raw/2019/report.{language}.md", '# Platforms\n\n{{ share("platforms", "facebook") }}\n'
        )
    for name in left_out if "trust" in analyses else ():
        study.write(f"data/raw/2019/{name}", "")
    study.write("data/raw/2019/questionnaire.yaml", yaml.safe_dump(asked, allow_unicode=True))
    study.write("data/raw/2019/study.yaml", yaml.safe_dump(about, allow_unicode=True))
    params = yaml.safe_load(study.read("params.yaml"))
    params["waves"]["ingest"]["2019"] = asked["source"]["file"]
    for stage in ("clean", "weight", *analyses, "publish"):
        params["waves"][stage].append("2019")
    if "claims" in analyses:
        params["claims"]["directional"]["2019"] = ["assoc_budget_platforms", "importance_market"]
        params["bounds"]["sizes"]["2019"] = [185]
    else:
        params["claims"]["directional"]["2019"] = []
    study.write("params.yaml", yaml.safe_dump(params, sort_keys=False))
    checked = study.call("nsmo", "check")
    assert checked.returncode == 1
    assert "2019/rules.yaml, analyse: goals:" in checked.stdout
    rules["analyse"] = {name: parts for name, parts in rules["analyse"].items() if name in analyses}
    study.write("data/raw/2019/rules.yaml", yaml.safe_dump(rules, allow_unicode=True))
    checked = study.call("nsmo", "check")
    assert checked.returncode == 0, checked.stdout

    done = study.report()
    ran = study.ran(done)
    assert sorted(ran) == sorted(["ingest", "clean", "weight", *analyses, "publish"])
    assert (
        ran.index("ingest") < ran.index("clean") < ran.index("weight") < ran.index("publish") == len(ran) - 1
    )
    assert done.stdout.strip().splitlines()[-1] == "Report: reports/2019/html/index.html"
    html = study.folder / "reports/2019/html"
    notebooks = {path.stem for path in (html / "notebooks").glob("*.html")}
    assert notebooks == {"ingest", "clean", "weight", *analyses}
    for page in html.rglob("*.html"):
        assert 'id="reconstructed"' not in page.read_text("utf-8")
    after = study.outputs()
    assert {name: after[name] for name in before} == before
    # The wave gains an analysis: its page appears in the report.
    original = yaml.safe_load(study.read(f"{RAW}/rules.yaml"))
    rules["analyse"]["importance"] = original["analyse"]["importance"]
    study.write("data/raw/2019/rules.yaml", yaml.safe_dump(rules, allow_unicode=True))
    study.replace("params.yaml", "  importance:\n  - '2018'", "  importance:\n  - '2018'\n  - '2019'")
    done = study.report()
    assert "importance" in study.ran(done)
    assert "@2018" not in done.stdout
    assert (study.folder / "reports/2019/html/notebooks/importance.html").is_file()
    # It loses it again: what that left behind is in no report that is built from now on.
    study.replace("params.yaml", "  importance:\n  - '2018'\n  - '2019'", "  importance:\n  - '2018'")
    shutil.rmtree(study.folder / "reports/2019/tables/importance")
    assert study.ran(study.report()) == ["publish"]
    assert not (study.folder / "reports/2019/html/notebooks/importance.html").exists()


class TestMistakes:
    def stopped(self, study, stage: str, *named: str) -> str:
        """Run a stage that must stop, name these things, and leave everything as it was."""
        before = study.outputs()
        done = study.run(stage)
        assert done.returncode == 1, done.stdout
        assert "Traceback" not in done.stdout
        for text in named:
            assert text in done.stdout
        assert study.outputs() == before
        return done.stdout

    def change_cell(self, study, column: str, value: str) -> None:
        """Put a value into a column of the first response."""
        text = (study.folder / f"{RAW}/responses.csv").read_bytes().decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline="")))
        rows[1][rows[0].index(column)] = value
        out = io.StringIO(newline="")
        csv.writer(out, quoting=csv.QUOTE_ALL).writerows(rows)
        (study.folder / f"{RAW}/responses.csv").write_bytes(out.getvalue().encode("utf-8-sig"))

    def test_an_unknown_answer_code(self, unbuilt):
        from nsmo.study import load_codebook

        codebook = load_codebook(unbuilt.folder / RAW)
        question = next(q for q in codebook.questions if q.type == "single" and q.options)
        self.change_cell(unbuilt, question.column, "A99")
        self.stopped(unbuilt, "ingest", "responses.csv", "A99", question.column, "questionnaire.yaml")

    @pytest.mark.slow
    def test_an_absent_category_of_a_margin(self, study):
        lines = study.read(f"{RAW}/population.csv").splitlines(keepends=True)
        first = lines[1].split(",")[1]
        kept = [line for line in lines if line.split(",")[:2] != lines[1].split(",")[:2]]
        study.write(f"{RAW}/population.csv", "".join(kept))
        self.stopped(study, "weight", "population.csv", first)

    @pytest.mark.parametrize(("stage", "name"), [("ingest", "responses.csv"), ("weight", "population.csv")])
    def test_a_missing_raw_file(self, unbuilt, stage, name):
        (unbuilt.folder / RAW / name).unlink()
        self.stopped(unbuilt, stage, f"{RAW}/{name}", f"git checkout -- {RAW}/{name}")

    @pytest.mark.slow
    def test_a_stage_without_what_it_reads_is_told_before_the_build(self, unbuilt):
        shutil.copytree(unbuilt.folder / RAW, unbuilt.folder / "data/raw/2020")
        params = yaml.safe_load(unbuilt.read("params.yaml"))
        params["waves"]["ingest"]["2020"] = "responses.csv"
        for stage in ("clean", "topline"):
            params["waves"][stage].append("2020")
        unbuilt.write("params.yaml", yaml.safe_dump(params, sort_keys=False))
        said = unbuilt.call("nsmo", "check").stdout
        assert "stage weight writes it, but wave 2020 has no such stage" in said
        assert "under waves: weight:" in said
        assert "under waves: weight:" in unbuilt.report().stdout

    def test_a_missing_column(self, unbuilt):
        from nsmo.study import load_codebook

        question = next(q for q in load_codebook(unbuilt.folder / RAW).questions if q.column)
        text = (unbuilt.folder / f"{RAW}/responses.csv").read_bytes()
        name = f'"{question.column}"'.encode()
        assert name in text
        (unbuilt.folder / f"{RAW}/responses.csv").write_bytes(text.replace(name, b'"other"', 1))
        self.stopped(unbuilt, "ingest", "responses.csv", question.column)

    @pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00broken"])
    def test_an_empty_or_unreadable_export(self, unbuilt, content):
        (unbuilt.folder / f"{RAW}/responses.csv").write_bytes(content)
        self.stopped(unbuilt, "ingest", "responses.csv")

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("harm", "said", "step"),
        [
            (lambda path: path.unlink(), f"{RAW}/responses.csv is missing", "git checkout -- "),
            (lambda path: path.write_bytes(b""), "there is no response in it", "export the responses again"),
            (
                lambda path: os.truncate(path, path.stat().st_size // 2 + 7),
                "cells in every row",
                "do:",
            ),
            (without_a_column, "is not in the export", "export the responses with all"),
        ],
        ids=["missing", "empty", "truncated", "one column gone"],
    )
    def test_broken_responses_stop_the_report_and_no_more(self, study, harm, said, step):
        path, before = study.folder / RAW / "responses.csv", study.outputs()
        kept = path.read_bytes()
        harm(path)
        done = study.report()
        assert done.returncode == 1
        assert "responses.csv" in done.stdout
        assert said in done.stdout
        assert step in done.stdout
        assert "Traceback" not in done.stdout
        assert len(done.stdout.strip().splitlines()) <= 5
        assert study.outputs() == before
        assert "ingest@2018" in study.status()
        assert projects.processes_in(study.folder) == []
        path.write_bytes(kept)
        assert study.ran(study.report()) == []

    def test_a_misspelt_parameter(self, unbuilt):
        unbuilt.replace("params.yaml", "  speeder_ratio:", "  speeder_ration:")
        self.stopped(
            unbuilt, "clean", "params.yaml", "notebooks/2_clean.ipynb", "'speeder_ration' looks like it"
        )
        # A build says it once, with the line, before it begins.
        done = unbuilt.report()
        assert done.returncode == 1
        assert done.stdout.count("looks like it") == 1
        assert re.search(
            r"params.yaml, line \d+, clean: speeder_ration: .*'speeder_ratio' looks", done.stdout
        )

    def test_check_tells_all_at_once(self, unbuilt):
        unbuilt.replace("params.yaml", "  speeder_ratio:", "  speeder_ration:")
        done = unbuilt.call("nsmo", "check")
        assert done.returncode == 1
        assert "speeder_ration" in done.stdout
