"""Who counts as a respondent, and why the others do not."""

from nsmo.stages.clean.results import Cleaned, clean, other_thresholds, rules_in_words

__all__ = [
    "Cleaned",
    "clean",
    "other_thresholds",
    "rules_in_words",
]
