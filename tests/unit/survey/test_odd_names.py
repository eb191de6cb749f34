"""Whatever an answer is called, its figures are the same."""

import csv
from pathlib import Path

import in_turn
import numpy as np
import pandas as pd
import pytest

from nsmo.draft.new import new
from nsmo.pipeline.wave import check

PLAIN = tuple(f"option_{i}" for i in range(8))
#: What stands for reasons, bases and means where figures are weighed against each other, and words of pandas.
ODD = ("base", "mean", "answered", "not_asked", "no_answer", "dont_know", "nan", "index")


def found(root: Path, kind: str, names: tuple[str, ...]) -> pd.DataFrame:
    """Make a study whose answers have these names, and estimate it."""
    root.mkdir()
    (root / "dvc.yaml").write_text("stages: {}\n", "utf-8")
    (root / "params.yaml").write_text("waves: {}\n", "utf-8")
    with (root / "e.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["rid", "Which"])
        writer.writerows([row, f"A{min(row * row % 11, 9)}"] for row in range(1, 181))
    folder = new(root, "w", [root / "e.csv"]).folder
    asked = folder / "questionnaire.yaml"
    text = asked.read_text("utf-8")
    lines = [
        f"  - {{name: which, type: {kind}, column: Which, label: Which, text: Which,",
        "     missing: [{code: A9, reason: dont_know, label: No idea}], options: [",
        *(f"       {{name: '{name}', code: A{at}, label: L{at}}}," for at, name in enumerate(names)),
        "     ]}",
    ]
    asked.write_text(text[: text.index("questions:")] + "questions:\n" + "\n".join(lines) + "\n", "utf-8")
    (folder / "report.en.md").write_text("# {{ title() }}\n", "utf-8")
    assert check(folder) == []
    frame = pd.concat(in_turn.passed(folder).found.values(), ignore_index=True)
    called = dict(zip(names, PLAIN, strict=True))
    return frame.assign(option=[called.get(name, name) for name in frame["option"].astype(object)])


@pytest.mark.parametrize("kind", ["single", "ordinal"])
def test_answers_that_are_called_like_what_the_product_has_beside_them(kind: str, tmp_path: Path):
    plain, odd = found(tmp_path / "plain", kind, PLAIN), found(tmp_path / "odd", kind, ODD)
    for column in ("option", "statistic", "n", "count", "suppressed"):
        pd.testing.assert_series_equal(plain[column], odd[column], check_categorical=False)
    np.testing.assert_allclose(plain["estimate"].astype(float), odd["estimate"].astype(float))
    assert plain["estimate"].notna().sum() > 1
