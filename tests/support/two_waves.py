"""Waves of the demo, each with answers of its own, for what compares them; without a build."""

import csv
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import yaml

from nsmo.draft.demo import made_up_responses
from nsmo.draft.new import new
from nsmo.stages.clean import clean
from nsmo.stages.ingest import ingest
from nsmo.stages.trend import Trend, trend
from nsmo.stats import SurveyDesign
from nsmo.study import load_codebook
from nsmo.survey import Survey

BANNERS = "crosstabs:\n  banners: [age]\n"


def write(folder: Path, name: str, rows: list[list[str]]) -> Path:
    path = folder / f"{name}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def waves(folder: Path, rows: dict[str, list[list[str]]], *, banners: bool = False) -> dict[str, Path]:
    """Draft waves, each like the one before it, and return their folders.

    Parameters
    ----------
    folder : Path
        Becomes a repository without an engine.
    rows : dict
        Wave to its export.
    banners : bool
        Whether ages make groups, which takes longer.
    """
    found, before = {}, ""
    for wave, export in rows.items():
        new(folder, wave, [write(folder, wave, export)], like=before)
        if banners and not before:
            with (folder / f"data/raw/{wave}/rules.yaml").open("a", encoding="utf-8") as file:
                file.write(BANNERS)
        found[wave], before = folder / "data/raw" / wave, wave
    return found


def edit(path: Path, change: Callable[[dict], None]) -> None:
    """Change a file of YAML by its content."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")


def asked(content: dict, name: str) -> dict:
    """The entry of a question in questionnaire.yaml."""
    return next(one for one in content["questions"] if name in (one.get("name"), one.get("battery")))


def responses_of(raw: Path) -> pd.DataFrame:
    book = load_codebook(raw)
    received = ingest(book, raw / book.source.file).responses
    return clean(book, received, min_last_page=1, speeder_ratio=0.33, straightline_items=8).responses


def survey_of(raw: Path, confidence: float = 0.95) -> Survey:
    """The respondents of a wave, without weights."""
    book = load_codebook(raw)
    return Survey(book, SurveyDesign(responses_of(raw)), None, False, 30, confidence, 20)


def compared(folders: dict[str, Path]) -> list[Trend]:
    """What the stage finds, wave after wave, each with what the one before it left."""
    found: list[Trend] = []
    for raw in folders.values():
        left = (found[-1].waves, found[-1].record, found[-1].panel) if found else ()
        found.append(trend(survey_of(raw), *left))
    return found


def other_answers(rows: list[list[str]], column: int, text: str, chance: float, seed: int = 5) -> None:
    """Let some respondents answer otherwise."""
    drawn = random.Random(seed)
    for row in rows[1:]:
        if row[column] and drawn.random() < chance:
            row[column] = text


def copy(raw: Path, wave: str) -> Path:
    """Copy the folder of a wave to another name."""
    target = raw.parent / wave
    shutil.copytree(raw, target)
    return target


def two(
    folder: Path,
    respondents: tuple[int, int] = (240, 300),
    seeds: tuple[int, int] = (1, 2),
    *,
    banners: bool = False,
) -> dict[str, Path]:
    """Two waves of the demo whose respondents were drawn alike."""
    first, second = (made_up_responses(n, seed) for n, seed in zip(respondents, seeds, strict=True))
    return waves(folder, {"2026": first, "2027": second}, banners=banners)
