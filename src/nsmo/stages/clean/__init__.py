"""Who counts as a respondent, and why the others do not."""

from nsmo.stages.clean.evidence import evidence
from nsmo.stages.clean.results import (
    Cleaned,
    Thresholds,
    around_the_speeders,
    clean,
    other_thresholds,
    taken_by,
)

__all__ = [
    "Cleaned",
    "Thresholds",
    "around_the_speeders",
    "clean",
    "evidence",
    "other_thresholds",
    "taken_by",
]
