"""Tries to read, clean and weight the responses of a wave, to say beforehand what would stop these stages."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from nsmo.study.errors import Problem, StudyError
from nsmo.study.load import read_codebook
from nsmo.study.margins import read_targets
from nsmo.study.propensity import FILE, read_reference

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
        Each names the wave. Empty where there is no rule that cleaning could stop at, and nothing to weight
        by; and where the responses cannot be read: that is said by whoever looks at these. Of a wave that is
        read in pieces margins are not tried, which takes as long as the stage.
    """
    codebook = read_codebook(folder).left
    if codebook is None:
        return []
    weighting = codebook.weighting
    if weighting is None and not any(rule.kind == "straightline" for rule in codebook.cleaning.rules):
        return []
    from nsmo.stages import clean, ingest, weight  # slow to import, and needed for few waves

    found: list[Problem] = []
    try:
        received = ingest.ingest(codebook, folder / codebook.source.file).responses
        stay = clean.clean(codebook, received, **(params.get("clean") or {})).responses
        reference = read_reference(codebook, folder / FILE)
        if weighting is not None and (weighting.given or weighting.propensity):
            found += weight.design_problems(codebook, stay)
        if reference is not None:
            found += weight.propensity_problems(codebook, stay, reference, params["weight"]["max_ratio"])
        if (
            weighting is not None
            and weighting.margins
            and not found
            and len(stay) <= params["pieces"]["rows"]
        ):
            limits = {key: params["weight"][key] for key in _OF_WEIGHT}
            targets = read_targets(codebook, folder / "population.csv")
            weight.weight(codebook, stay, targets, **limits, seed=params["chance"]["seed"])
    except StudyError as error:
        found += error.problems
    except TypeError:  # a parameter of another kind than it should be, which is said elsewhere
        return []
    return [
        replace(one, where=one.where if one.where.startswith("params") else f"{folder.name}/{one.where}")
        for one in found
    ]
