"""Small inputs at which the pages on published figures, trust and method once stopped."""

from pathlib import Path

import in_process
import pandas as pd
import pytest
import small_inputs
import yaml

from nsmo.draft.demo import copy_engine
from nsmo.pipeline.wave import check
from nsmo.study.about import Method
from nsmo.study.benchmarks import COLUMNS

pytestmark = [pytest.mark.pipeline, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
ROWS = small_inputs.rows()
#: Of the sixty, thirty have a programme; of these, and of the others, ten each are very satisfied.
CLAIM = """\
  - id: {id}
    topic: all
    type: exact
    unit: percent
    published: {published}
    decimals: {decimals}
    statement: {{en: Some say so}}
    source: annual
    wording: "{published}%"
    estimate: {estimate}
"""
DIFFERENCE = """\
  - id: those_with_one
    topic: all
    type: difference
    unit: percent
    decimals: 0
    statement: {en: Those who have one are more often satisfied}
    source: annual
    wording: more often satisfied
    estimate: {measure: difference, of: proportion, question: sat, option: s3, by: org, groups: [a, b]}
"""
SATISFIED = "{measure: proportion, question: sat, option: s3}"
HAS_ONE = "{measure: proportion, question: org, option: a}"
SOURCES = """\
sources:
  annual: {title: Report, publisher: We, url: "https://example.org/", seen: complete}
claims:
"""
TOOK_PART = "respondents: {n: 60, source: annual, wording: 60 took part}\n"
WHOLE = SOURCES + CLAIM.format(id="satisfied", published=33, decimals=0, estimate=SATISFIED)
WHOLE += CLAIM.format(id="has", published=50, decimals=0, estimate=HAS_ONE) + TOOK_PART
DIRECTED = WHOLE.replace("claims:\n", "claims:\n" + DIFFERENCE)
TENTHS = SOURCES + CLAIM.format(id="satisfied", published=33.3, decimals=1, estimate=SATISFIED)
TENTHS += CLAIM.format(id="has", published=50.9, decimals=1, estimate=HAS_ONE)
NOTHING = [f"  {name}: not_published\n" for name in Method.model_fields if name != "further"]
ABOUT = "headlines:\n  - {question: org, option: a}\nmethod:\n" + "".join(NOTHING)
DUPLICATES = """\
cleaning:
  rules:
    - {name: twice, kind: duplicate, by: [num], reason: {nl: dubbel, en: twice}}
"""
WHEN = '  key: id\n  date_formats: ["%Y-%m-%d"]\n  paradata: {submitted: sent}\n'


def study(root: Path, *stages: str, published: str = "", more: str = "", rules: str = "") -> Path:
    """Make a repository of the engine, with one wave that has these stages."""
    copy_engine(ROOT, root)
    rows = [[*row[:5], str(i % 59), *row[6:], f"2026-01-{1 + i // 4:02d}"] for i, row in enumerate(ROWS)]
    raw = small_inputs.write(
        root,
        questionnaire=small_inputs.QUESTIONNAIRE.replace("  key: id\n", WHEN),
        rules=(rules or small_inputs.RULES) + "crosstabs: {banners: [org]}\n",
        head=[*small_inputs.HEAD, "sent"],
        responses=rows,
    )
    about = small_inputs.STUDY + more
    (raw / "study.yaml").write_text(about, encoding="utf-8")
    (raw / "benchmarks.csv").write_text(",".join(COLUMNS) + "\n", encoding="utf-8")
    (raw / "assumptions.yaml").write_text("", encoding="utf-8")
    (raw / "published.yaml").write_text(published, encoding="utf-8")
    path = root / "params.yaml"
    params = yaml.safe_load(path.read_text(encoding="utf-8"))
    every = ["ingest", "clean", "weight", "topline", "crosstabs", *stages]
    params["waves"] = {name: ["m"] if name in every else [] for name in params["waves"]}
    params["waves"] |= {"ingest": {"m": "responses.csv"}, "trend": {"m": "m/weight"}}
    params["bounds"]["sizes"] = {"m": []} if "bounds" in stages else {}
    params["claims"]["directional"] = {"m": []} if {"claims", "trust"} & set(stages) else {}
    path.write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")
    return root


def test_statements_with_decimals_or_without_and_one_on_a_direction(tmp_path: Path):
    """I14."""
    root = study(tmp_path / "study", "bounds", "claims", "published", published=WHOLE)
    stages = ("bounds", "claims", "published")
    raw = root / "data/raw/m"
    (raw / "published.yaml").write_text(WHOLE.replace(TOOK_PART, ""), encoding="utf-8")
    assert any("no number of respondents" in str(problem) for problem in check(raw))
    (raw / "published.yaml").write_text(WHOLE, encoding="utf-8")
    in_process.run_notebooks(root, "m")
    # 20 of 60 are 33.3 %; 30 of 60 are 50 %, and not 50.9 %.
    for text, has in (
        (WHOLE, "reproduced"),
        (TENTHS, "differs"),
        (DIRECTED, "reproduced"),
    ):
        (raw / "published.yaml").write_text(text, encoding="utf-8")
        assert in_process.run_notebooks(root, "m", *stages) == list(stages)
        found = pd.read_csv(root / "reports/m/tables/claims/claims.csv").set_index("id")["agreement"]
        assert found["satisfied"] == "reproduced"
        assert found["has"] == has
    assert found["those_with_one"] == "differs"


def test_the_method_of_a_survey_of_which_nothing_was_published(tmp_path: Path):
    """I15 and I16: a rule that finds duplicates and none that is a judgement, no published.yaml."""
    root = study(tmp_path / "study", "method", "trust", more=ABOUT, rules=DUPLICATES)
    assert {"method", "trust"} <= set(in_process.run_notebooks(root, "m"))


def test_a_survey_of_which_the_export_tells_no_moment_has_a_page_on_fieldwork(tmp_path: Path):
    """Nothing was written for it, so the build stopped."""
    root = study(tmp_path / "study", "fieldwork")
    path = root / "data/raw/m/questionnaire.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace(WHEN, "  key: id\n  ignore: [sent]\n"), encoding="utf-8"
    )
    assert "fieldwork" in in_process.run_notebooks(root, "m")
    told = pd.read_csv(root / "reports/m/tables/fieldwork/told.csv")
    assert set(told["told"]) == {"no"}
