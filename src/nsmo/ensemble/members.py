"""One reconstruction more, through the whole pipeline, to the figures that the report shows."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from nsmo.reconstruct import reconstruct
from nsmo.stages.claims.measure import measure
from nsmo.stages.clean import Thresholds, clean
from nsmo.stages.ingest import ingest
from nsmo.stages.weight import raked
from nsmo.stats import SurveyDesign
from nsmo.study.codebook import Codebook
from nsmo.study.estimands import Association
from nsmo.study.load import load_codebook
from nsmo.study.margins import read_targets
from nsmo.study.statements import load_published
from nsmo.study.variable import Variable
from nsmo.survey.ensemble import KEYS
from nsmo.survey.measures import as_numeric, shares


@dataclass(frozen=True)
class Settings:
    """How a member goes through the pipeline: parameters of the stages clean, weight and analyse."""

    thresholds: Thresholds
    min_category: int
    max_ratio: float
    confidence: float
    min_n: int


def figures(raw: Path, seed: int, settings: Settings) -> pd.DataFrame:
    """Make a reconstruction and measure it.

    Parameters
    ----------
    raw : Path
        The folder of the wave.
    seed : int
        Of the reconstruction.
    settings : Settings
        As of the report.

    Returns
    -------
    DataFrame
        ``statement, question, option, by, group, statistic, weighted, estimate``: shares and means of every
        question for everybody; by group where a stage or the index shows groups, unless these have too few
        respondents; and the associations that published statements speak of.
    """
    codebook = load_codebook(raw)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / codebook.source.file
        file.write_bytes(reconstruct(raw, seed, other_strengths=True))
        received = ingest(codebook, file).responses
    responses = clean(codebook, received, **settings.thresholds).responses
    designs = list(_designs(codebook, raw, responses, settings))
    rows = [
        row
        for name, groups in _shown(codebook).items()
        for by in (None, *groups)
        for row in _figures(codebook.variable(name), by, designs, settings.min_n)
    ]
    found = pd.DataFrame([*rows, *_associations(codebook, raw, designs, settings)])
    return found.fillna(dict.fromkeys(KEYS, ""))[[*KEYS, "estimate"]]


def _designs(
    codebook: Codebook, raw: Path, responses: pd.DataFrame, settings: Settings
) -> Iterator[SurveyDesign]:
    """The respondents as they are and, where there are margins, raked to them."""
    targets = read_targets(codebook, raw / "population.csv")
    yield SurveyDesign(responses)
    if targets:
        limits = {"min_category": settings.min_category, "max_ratio": settings.max_ratio}
        yield SurveyDesign(responses, raked(responses, targets, **limits))


def _figures(
    variable: Variable, by: str | None, designs: Sequence[SurveyDesign], min_n: int
) -> Iterator[dict[str, object]]:
    """Shares and means, without their errors, which are of no use here and take most of the time."""
    frame = designs[0].frame
    columns = {}
    if variable.type != "numeric":
        for name, answers in shares(frame, variable).items():
            columns["proportion", str(name).partition(".")[2]] = answers.astype("Float64")
    if variable.type in ("numeric", "ordinal"):
        columns["mean", ""] = as_numeric(frame, variable)
    groups = {"": pd.Series(True, index=frame.index)}
    if by is not None:
        groups = {str(group): frame[by].eq(group) for group in frame[by].dropna().unique()}
    for (statistic, option), values in columns.items():
        for group, members in groups.items():
            inside = (members & values.notna()).to_numpy()
            if inside.sum() < min_n:
                continue
            known = values[inside].to_numpy(dtype=float)
            for design in designs:
                yield {
                    "question": variable.name,
                    "option": option,
                    "by": by or "",
                    "group": group,
                    "statistic": statistic,
                    "weighted": design.weighted,
                    "estimate": float(np.average(known, weights=design.weights[inside])),
                }


def _shown(codebook: Codebook) -> dict[str, list[str]]:
    """The questions that can be estimated, each with the variables that the report breaks it down by."""
    shown: dict[str, list[str]] = {
        name: []
        for name, variable in codebook.variables.items()
        if variable.role == "substantive" and variable.type in ("single", "multi", "ordinal", "numeric")
    }
    for roles in codebook.analyse.values():
        by = roles.get("by", [])
        groups = [by] if isinstance(by, str) else list(by)
        named = [one for part in roles.values() for one in ([part] if isinstance(part, str) else part)]
        for name in {one.partition(".")[0] for one in named} & shown.keys() - set(groups):
            shown[name] += [group for group in groups if group not in shown[name]]
    for headline in codebook.headlines:
        if headline.by and headline.by not in shown[headline.question]:
            shown[headline.question].append(headline.by)
    return shown


def _associations(
    codebook: Codebook, raw: Path, designs: Sequence[SurveyDesign], settings: Settings
) -> Iterator[dict[str, object]]:
    for row in load_published(raw / "published.yaml").rows:
        if isinstance(row.estimate, Association):
            for design in designs:
                finding = measure(row, design, codebook, settings.confidence)
                if finding is not None:
                    yield {
                        "statement": row.id,
                        "weighted": design.weighted,
                        "estimate": finding.value,
                    }
