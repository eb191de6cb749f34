"""Who counts as a respondent, and why the others do not."""

from nsmo.stages.clean.evidence import counted, evidence
from nsmo.stages.clean.results import (
    JUDGEMENTS,
    Cleaned,
    Thresholds,
    around_the_speeders,
    clean,
    other_thresholds,
    taken_by,
    under,
)

__all__ = [
    "JUDGEMENTS",
    "Cleaned",
    "Thresholds",
    "around_the_speeders",
    "clean",
    "counted",
    "evidence",
    "other_thresholds",
    "taken_by",
    "under",
]
