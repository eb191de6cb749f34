"""One reconstruction more, through the whole pipeline, to the figures that the report shows."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from nsmo.reconstruct import reconstruct
from nsmo.stages.claims.measure import measure
from nsmo.stages.clean import Thresholds, clean
from nsmo.stages.ingest import ingest
from nsmo.stages.weight.results import merged_margins, rake
from nsmo.stats import SurveyDesign
from nsmo.study.codebook import Codebook
from nsmo.study.load import load_codebook
from nsmo.study.margins import read_targets
from nsmo.study.statements import load_published
from nsmo.survey import Survey
from nsmo.survey.ensemble import KEYS
from nsmo.survey.estimates import estimates


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
        question for everybody; by group where a stage or the index shows groups; and what each published
        statement that is a mean, a difference or an association speaks of.
    """
    codebook = load_codebook(raw)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / codebook.source.file
        file.write_bytes(reconstruct(raw, seed, other_strengths=True))
        received = ingest(codebook, file).responses
    survey = _survey(codebook, raw, clean(codebook, received, **settings.thresholds).responses, settings)
    parts = [estimates(survey, [name], by=[None, *groups]) for name, groups in _shown(codebook).items()]
    found = pd.concat([*parts, pd.DataFrame(_statements(survey, raw))], ignore_index=True)
    found = found.assign(estimate=found["estimate"].astype(float))
    return found.fillna(dict.fromkeys(KEYS, ""))[[*KEYS, "estimate"]]


def _survey(codebook: Codebook, raw: Path, responses: pd.DataFrame, settings: Settings) -> Survey:
    targets = read_targets(codebook, raw / "population.csv")
    unweighted, weighted = SurveyDesign(responses), None
    if targets:
        frame, merged = merged_margins(responses, targets, settings.min_category)
        unweighted = SurveyDesign(frame)
        weighted, _ = rake(unweighted, merged, settings.max_ratio)
    return Survey(codebook, unweighted, weighted, False, settings.confidence, settings.min_n)


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
    for finding in codebook.report.findings if codebook.report else ():
        if finding.by and finding.by not in shown[finding.question]:
            shown[finding.question].append(finding.by)
    return shown


def _statements(survey: Survey, raw: Path) -> Iterator[dict]:
    for row in load_published(raw / "published.yaml").rows:
        if row.estimate is None or row.estimate.measure == "proportion":
            continue
        for weighted, design in survey.designs():
            finding = measure(row, design, survey.codebook, survey.confidence)
            if finding is not None:
                yield {"statement": row.id, "weighted": weighted, "estimate": finding.value}
