"""Lets a wave go from its files to the estimates, as the stages of the pipeline do, in this process."""

from pathlib import Path
from typing import NamedTuple

import pandas as pd

from nsmo import results
from nsmo.stages import clean, topline
from nsmo.stages.ingest import ingest, overview, untidy
from nsmo.stages.weight import weight
from nsmo.study import Codebook, load_codebook
from nsmo.study.margins import read_targets
from nsmo.survey import Survey


class Passed(NamedTuple):
    """What came of a wave."""

    codebook: Codebook
    responses: pd.DataFrame
    found: dict[str, pd.DataFrame]
    survey: Survey


def passed(folder: Path) -> Passed:
    """Read, clean, weight and estimate the wave of a folder of data/raw; what a stage refuses is raised."""
    codebook = load_codebook(folder)
    received = ingest(codebook, folder / codebook.source.file)
    overview(codebook, received.responses)
    untidy(received.problems)
    thresholds = {"min_last_page": 8, "speeder_ratio": 0.33, "straightline_items": 8}
    cleaned = clean.clean(codebook, received.responses, **thresholds)
    public = clean.evidence(cleaned, codebook.privacy)
    clean.other_thresholds(codebook, received.responses, thresholds)
    weighted = weight(
        codebook,
        public.responses,
        read_targets(codebook, folder / "population.csv"),
        min_category=20,
        max_ratio=8,
        replicates=20,
        seed=1,
        max_dropped=0.1,
        min_effective_n=60,
        max_deff=3,
    )
    survey = Survey.from_responses(weighted.responses, weighted.evidence, codebook, confidence=0.95, min_n=10)
    found = topline.results(survey, classes=8)
    topline.caveats(found, codebook)
    results.check(results.combine_estimates(*found.values()))
    return Passed(codebook, received.responses, found, survey)
