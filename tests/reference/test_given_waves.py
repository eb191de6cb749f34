"""A file of SPSS with its design, from `nsmo new` through the notebooks to the tables: the numbers of R."""

from pathlib import Path

import in_process
import pandas as pd
import pyreadstat
import pytest
from from_r import expected, sample

from nsmo.draft.demo import copy_engine
from nsmo.draft.new import new
from nsmo.study.drafts import marks

pytestmark = [pytest.mark.pipeline, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
EXPECTED = expected("given")
STAGES = ("ingest", "clean", "weight", "topline", "trend", "crosstabs")
LABELS = {
    "cat": ["Apple", "Banana", "Cherry", "Date"],
    "sex": ["F", "M"],
    "group": ["Young", "Middle", "Old"],
}
#: What R has them called.
CODES = {"cat": "abcd", "sex": "fm", "group": ["g1", "g2", "g3"]}
TEXTS = {
    "cat": "Which fruit do you like best?",
    "sex": "Are you a woman or a man?",
    "group": "Which age group?",
    "y": "How many euros do you spend?",
}
DESIGN = {
    "weighted": ["stratum", "psu", "fpc", "w"],
    "replicates": ["w", *(f"rw{i:02d}" for i in range(1, 21))],
}


def as_a_user_would(folder: Path) -> None:
    """Confirm the guesses; say that the rows are public, and by what to cross."""
    path = folder / "rules.yaml"
    text = path.read_text("utf-8").replace("# crosstabs:", "crosstabs:")
    lines = ["  banners: [group]" if line.startswith("#   banners") else line for line in text.splitlines()]
    public = "privacy: {keep_rows: true, suppress: base, min_base: 1}"
    path.write_text("\n".join([*lines, public]) + "\n", "utf-8")


@pytest.mark.parametrize("kind", DESIGN)
def test_a_survey_with_its_design_becomes_a_report_with_the_numbers_of_r(tmp_path, kind):
    data = sample("given").copy()
    for name, codes in CODES.items():
        data[name] = data[name].map({code: place for place, code in enumerate(codes, 1)})
    columns = ["id", *CODES, "y", *DESIGN[kind]]
    export = tmp_path / "survey.sav"
    pyreadstat.write_sav(
        data[columns],
        export,
        column_labels=[TEXTS.get(name, name) for name in columns],
        variable_value_labels={name: dict(enumerate(texts, 1)) for name, texts in LABELS.items()},
    )
    root = tmp_path / "study"
    copy_engine(ROOT, root)
    folder = new(root, "w", [export]).folder
    assert sum(len(marks(path)) for path in folder.glob("*.yaml")) <= 4, "few guesses to confirm"
    as_a_user_would(folder)
    assert set(in_process.run_notebooks(root, "w", *STAGES)) == set(STAGES)
    reports = root / "reports/w/tables"
    for stage in ("topline", "crosstabs"):
        rows = pd.read_csv(reports / stage / "estimates.csv")
        rows = rows[rows["weighted"] & ~rows["suppressed"] & rows["statistic"].isin(["proportion", "mean"])]
        assert compared(rows, EXPECTED[kind]) >= (7 if stage == "topline" else 21), stage


def compared(rows: pd.DataFrame, wanted: dict) -> int:
    names = {
        (question, text.lower()): code
        for question, texts in LABELS.items()
        for text, code in zip(texts, CODES[question], strict=True)
    }
    count = 0
    for row in rows.to_dict("records"):
        if row["by"] == "group":
            group = names.get(("group", row["group"]))
        else:
            group = "all" if pd.isna(row["group"]) or row["by"] == "all" else None
        answer = names.get((row["question"], row["option"]))
        key = f"{group}.{row['question']}" + ("" if row["statistic"] == "mean" else f".{answer}")
        if key not in wanted:
            continue
        theirs = wanted[key]
        assert row["estimate"] == pytest.approx(theirs["est"][0], rel=1e-8), key
        assert row["se"] == pytest.approx(theirs["se"][0], rel=1e-8), key
        assert [row["ci_low"], row["ci_high"]] == pytest.approx(theirs["ci"], rel=1e-8), key
        count += 1
    return count
