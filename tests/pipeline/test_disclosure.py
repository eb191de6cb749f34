"""A reader attacks what a wave of real answers publishes: with every file, against the answers themselves."""

import csv
import json
from pathlib import Path

import in_process
import openpyxl
import pandas as pd
import pytest

from nsmo.draft.demo import copy_engine, made_up_responses
from nsmo.draft.new import new
from nsmo.results import VALUES
from nsmo.stats.disclosure import audit
from nsmo.study import load_codebook
from nsmo.survey import Survey
from nsmo.survey.answers import ANSWERED
from nsmo.survey.linked import BASE, MEAN, Key

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
STAGES = {"ingest", "clean", "weight", "topline", "crosstabs", "fieldwork", "questionnaire"}


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """The visitors of a library, of whom few come daily or never, by age and by visits."""
    top = tmp_path_factory.mktemp("attack")
    root = top / "study"
    copy_engine(ROOT, root)
    with (top / "export.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(made_up_responses())
    folder = new(root, "w", [top / "export.csv"]).folder
    rules = (folder / "rules.yaml").read_text("utf-8")
    (folder / "rules.yaml").write_text(rules + "\ncrosstabs:\n  banners: [age, visit_library]\n", "utf-8")
    assert set(in_process.run_notebooks(root, "w")) >= STAGES
    return root


@pytest.fixture(scope="module")
def survey(published):
    folder = published / "data/processed/w/weight"
    codebook = load_codebook(published / "data/raw/w")
    assert codebook.privacy.suppress == "linked"
    weighting = json.loads((folder / "weighting.json").read_text("utf-8"))
    responses = pd.read_parquet(folder / "responses.parquet")
    return Survey.from_responses(responses, weighting, codebook, confidence=0.95, min_n=20)


def tables(root: Path) -> dict[str, pd.DataFrame]:
    files = sorted(root.glob("reports/w/tables/**/*.csv")) + sorted(root.glob("data/processed/w/**/*.csv"))
    return {
        file.relative_to(root).as_posix(): pd.read_csv(file, keep_default_na=False, na_values=[""])
        for file in files
    }


def results(root: Path) -> list[dict]:
    """Every row of a figure, in whatever file."""
    found = []
    for name, table in tables(root).items():
        if {"question", "option", "by", "group", "statistic"} <= set(table.columns):
            texts = {
                column: table[column].astype(object).fillna("").astype(str)
                for column in ("option", "by", "group")
            }
            found += [row | {"file": name} for row in table.assign(**texts).to_dict("records")]
    return found


def key_of(row: dict, survey: Survey) -> Key | None:
    """The figure in the plan that a row is about; None for what the plan has not."""
    variable = survey.codebook.variable(row["question"])
    if variable.type == "numeric":
        return Key(variable.name, BASE, row["by"], row["group"]) if row["statistic"] == "mean" else None
    if row["statistic"] not in ("proportion", "mean") or row["option"].startswith("missing."):
        return None
    option = MEAN if row["statistic"] == "mean" else row["option"]
    return Key(variable.name, option, row["by"], row["group"])


def test_what_the_plan_hides_has_no_number_in_any_file(published, survey):
    plan, hidden = survey.protection, 0
    for row in results(published):
        key = key_of(row, survey)
        if key is None or not plan.hidden(*key):
            continue
        hidden += 1
        shown = [name for name in VALUES if name in row and pd.notna(row[name])]
        assert not shown, f"{row['file']}: {key} has {shown}"
    assert hidden > 50


def test_no_hidden_count_follows_from_all_counts_in_all_files(published, survey):
    """Linear programs over the finest counts, with every count that stands in a file as an equation."""
    plan = survey.protection
    seen: dict[str, dict[Key, float]] = {}
    for row in results(published):
        key = key_of(row, survey)
        if key is None or row["weighted"] is True or row["weighted"] == "True":
            continue
        multi = survey.codebook.variable(row["question"]).type == "multi"
        mine = seen.setdefault(row["by"], {})
        if row["statistic"] == "proportion":
            inner = Key(f"{key.question}.{key.option}", "yes", *key[2:]) if multi else key
            base = inner._replace(option=BASE)
            if pd.notna(row["count"]):
                mine[inner] = row["count"]
            if pd.notna(row["n"]):
                mine[base] = row["n"]
        elif key.option == MEAN:
            # The plan has it as how far the scores lie from the printed mean; its number may be hidden.
            if pd.notna(row["n"]):
                mine[key._replace(option=ANSWERED)] = row["n"]
            if pd.notna(row["estimate"]):
                mine[key] = row["estimate"] - round(row["estimate"], 1)
    attacked = 0
    for by in ("", "age", "visit_library"):
        block_of = {name: plan.tables.block_of(name, by) if by else 0 for name in plan.tables.questions}
        for number in sorted({found for found in block_of.values() if found is not None}):
            block = plan.tables.block(number) if by else plan.tables.totals()
            mine = [name for name, found in block_of.items() if found == number]
            promised = pd.concat([plan.audit(name, by) for name in mine]).to_dict("records")
            unknown = ~block.always
            for key, value in seen[by].items():
                if key in block.places:
                    truth, room = block.linked.truth[block.places[key]], 0.0
                    if key.option == MEAN:
                        # Beside a hidden answer it has one decimal.
                        truth /= block.linked.truth[block.places[key._replace(option=ANSWERED)]]
                        room = 0.05
                    assert value == pytest.approx(truth, abs=room + 1e-6), key
                    unknown[block.places[key]] = False
            keys = [Key(*(row[name] for name in Key._fields)) for row in promised]
            bounds = audit(block.linked, unknown, [block.places[key] for key in keys])
            for key, row, one in zip(keys, promised, bounds.itertuples(), strict=True):
                attacked += 1
                assert unknown[block.places[key]], key
                assert one.high - one.low >= row["width"] - 1e-6, key
    assert attacked > 30


def test_no_count_of_few_stands_in_a_table_that_is_no_result(published):
    others = {"step", "removed", "page", "number", "questions", "low", "high", "columns", "rows", "lines"}
    for name, table in tables(published).items():
        if {"question", "by", "weighted"} <= set(table.columns) or "estimate" in table:
            continue
        if name.endswith("weight/disclosure.csv"):  # how many figures are hidden, not what any of them counts
            continue
        for column in table.columns.difference(others):
            values = pd.to_numeric(table[column], errors="coerce").dropna()
            whole = len(values) and (values % 1 == 0).all() and "." not in str(column)
            few = values[(values > 0) & (values < 10)]
            assert not (whole and len(few)), f"{name}: {column} has {sorted(set(few))}"


def test_workbooks_say_no_more_than_the_tables_and_nothing_of_who_made_them(published):
    numbers = {round(float(v), 9) for row in results(published) for v in row.values() if is_number(v)}
    seen = 0
    for file in sorted(published.glob("reports/w/workbooks/**/*.xlsx")):
        book = openpyxl.load_workbook(file)
        assert {book.properties.creator, book.properties.lastModifiedBy} <= {None, "", "nsmo", "openpyxl"}
        for sheet in book:
            for cell in (cell for row in sheet.iter_rows() for cell in row if is_number(cell.value)):
                seen += 1
                value = float(cell.value)
                known = round(value, 9) in numbers
                assert known or not (0 < value < 10 and value % 1 == 0), f"{file.name}!{cell.coordinate}"
    assert seen > 100


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value


def test_no_file_holds_what_somebody_typed_or_when(published):
    names = [*published.glob("reports/w/**/*"), *published.glob("data/processed/w/**/*")]
    texts = [p.read_text("utf-8") for p in names if p.suffix in (".csv", ".json", ".svg", ".ipynb", ".html")]
    assert texts
    for text in texts:
        assert "More seats, please" not in text
        assert "2026-03-02 " not in text
