"""Drafts an export and reads it by the draft."""

import csv
from pathlib import Path

import pandas as pd

from nsmo.draft.new import new
from nsmo.pipeline.wave import check
from nsmo.stages.ingest import ingest
from nsmo.study import Codebook, load_codebook
from nsmo.study.drafts import marks


def drafted(path: Path) -> tuple[Codebook, pd.DataFrame, list[str]]:
    """Draft an export and read it by the draft; give back what must be confirmed, too."""
    folder = new(path.parent, "w", [path]).folder
    assert [str(problem) for problem in check(folder)] == []
    codebook = load_codebook(folder)
    told = [text for file in folder.glob("*.yaml") for _, text in marks(file)]
    return codebook, ingest(codebook, folder / codebook.source.file).responses, told


def written(folder: Path, *rows: list, name: str = "export.csv") -> Path:
    path = folder / name
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def kinds(codebook: Codebook) -> dict[str, str]:
    return {question.name: question.type for question in codebook.questions}


def options(codebook: Codebook, name: str) -> list[str]:
    return [option.label("en") for option in codebook.variable(name).definition.options]
