"""Looks at weights and a design that came with the responses, of those who stay after cleaning."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nsmo.study.errors import Problem, StudyError
from nsmo.study.load import read_codebook


def design_problems(folder: Path, thresholds: Mapping[str, Any]) -> list[Problem]:
    """List what the stage weight would refuse of the weights and the design of a wave.

    Parameters
    ----------
    folder : Path
        ``data/raw/<wave>``.
    thresholds : mapping
        Those of cleaning, from params.yaml.

    Returns
    -------
    list of Problem
        Each names the wave. Empty where none are used as given, and where the responses cannot be read or
        cleaned: that is said by whoever looks at these.
    """
    codebook = read_codebook(folder).left
    if codebook is None or codebook.weighting is None or not codebook.weighting.given:
        return []
    from nsmo.stages import clean, ingest, weight  # slow to import, and needed for few waves

    try:
        received = ingest.ingest(codebook, folder / codebook.source.file).responses
        stay = clean.clean(codebook, received, **thresholds).responses
    except (StudyError, TypeError):
        return []
    problems = weight.design_problems(codebook, stay)
    return [Problem(p.found, f"{folder.name}/{p.where}", p.expected, p.fix) for p in problems]
