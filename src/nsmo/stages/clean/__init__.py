"""Who counts as a respondent, and why the others do not."""

from nsmo.stages.clean.evidence import common, evidence, public
from nsmo.stages.clean.pieces import Cleaning, each_piece
from nsmo.stages.clean.results import (
    JUDGEMENTS,
    Cleaned,
    around_the_speeders,
    clean,
    other_thresholds,
    taken_by,
    under,
)
from nsmo.stages.clean.rules import Thresholds

__all__ = [
    "JUDGEMENTS",
    "Cleaned",
    "Cleaning",
    "Thresholds",
    "around_the_speeders",
    "clean",
    "common",
    "each_piece",
    "evidence",
    "other_thresholds",
    "public",
    "taken_by",
    "under",
]
