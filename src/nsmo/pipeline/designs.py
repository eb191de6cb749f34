"""Tries to read, clean and weight the responses of a wave, to say beforehand what would stop these stages."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from nsmo.study.errors import Problem, StudyError
from nsmo.study.load import read_codebook
from nsmo.study.margins import read_targets
from nsmo.study.paths import REFERENCE
from nsmo.study.propensity import read_reference

_LARGE = 20_000_000
#: The keys of params.yaml that weighting is given.
_OF_WEIGHT = ("min_category", "max_ratio", "replicates", "min_effective_n", "max_deff", "max_dropped")


def design_problems(folder: Path, params: Mapping[str, Any]) -> list[Problem]:
    """List what the stages clean and weight would stop at, with those who stay after cleaning.

    Parameters
    ----------
    folder : Path
        ``data/raw/<wave>``.
    params : mapping
        params.yaml with the wave's own values, for the thresholds of cleaning and weighting.

    Returns
    -------
    list of Problem
        Each names the wave. Empty where the responses cannot be read: that is said by whoever looks at these.
        Of an export of more than `_LARGE` bytes only weights that came along are looked at: trying all takes
        as long as the stages do.
    """
    codebook = read_codebook(folder).left
    if codebook is None or codebook.read_rules is None:
        return []
    weighting, export = codebook.weighting, folder / codebook.source.file
    looked_at = weighting is not None and (weighting.given or weighting.propensity)
    small = _bytes(export) <= _LARGE
    if not small and not looked_at:
        return []
    from nsmo.stages import clean, ingest, weight  # slow to import

    limits: dict[str, Any] = {key: (params.get("weight") or {}).get(key) for key in _OF_WEIGHT}
    seed: Any = (params.get("chance") or {}).get("seed")
    found: list[Problem] = []
    try:
        received = ingest.ingest(codebook, export).responses
        cleaned = clean.clean(codebook, received, **(params.get("clean") or {}))
        # As the next stage gets them: without ids, and in that order, on which replicates depend.
        stay = clean.evidence(cleaned, codebook.privacy).responses
        reference = read_reference(codebook, folder / REFERENCE)
        if looked_at:
            found += weight.design_problems(codebook, stay)
        if reference is not None:
            found += weight.propensity_problems(codebook, stay, reference, limits["max_ratio"])
        elif small and not found and None not in (seed, *limits.values()):
            targets = read_targets(codebook, folder / "population.csv")
            weighted = weight.weight(codebook, stay, targets, **limits, seed=seed)
            found += weight.told_problems(codebook, weighted.responses, weighted.evidence["margins"])
    except StudyError as error:
        found += error.problems
    except TypeError:  # a parameter that is no number, which is said elsewhere
        return []
    return [
        replace(one, where=one.where if one.where.startswith("params") else f"{folder.name}/{one.where}")
        for one in found
    ]


def _bytes(export: Path) -> int:
    """Return the size of a file, or of all in a folder."""
    if export.is_dir():
        return sum(path.stat().st_size for path in export.rglob("*") if path.is_file())
    return export.stat().st_size if export.exists() else 0
