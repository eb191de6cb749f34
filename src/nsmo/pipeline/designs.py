"""Looks at weights, a design or a reference sample that came along, with those who stay after cleaning."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nsmo.study.errors import Problem, StudyError
from nsmo.study.load import read_codebook
from nsmo.study.paths import REFERENCE
from nsmo.study.propensity import read_reference


def design_problems(folder: Path, params: Mapping[str, Any]) -> list[Problem]:
    """List what the stage weight would refuse of the weights and the design of a wave, or of its reference.

    Parameters
    ----------
    folder : Path
        ``data/raw/<wave>``.
    params : mapping
        params.yaml, for the thresholds of cleaning and weighting.

    Returns
    -------
    list of Problem
        Each names the wave. Empty where none are used as given, and where the responses cannot be read or
        cleaned: that is said by whoever looks at these.
    """
    codebook = read_codebook(folder).left
    weighting = codebook.weighting if codebook is not None else None
    if codebook is None or weighting is None or not (weighting.given or weighting.propensity):
        return []
    from nsmo.stages import clean, ingest, weight  # slow to import, and needed for few waves

    try:
        received = ingest.ingest(codebook, folder / codebook.source.file).responses
        stay = clean.clean(codebook, received, **(params.get("clean") or {})).responses
        reference = read_reference(codebook, folder / REFERENCE)
    except (StudyError, TypeError):
        return []
    problems = weight.design_problems(codebook, stay)
    if reference is not None:
        problems += weight.propensity_problems(codebook, stay, reference, params["weight"]["max_ratio"])
    return [Problem(p.found, f"{folder.name}/{p.where}", p.expected, p.fix) for p in problems]
