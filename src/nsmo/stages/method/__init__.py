"""How the study was made."""

from nsmo.stages.method.results import CHECKLISTS, Fact, Files, facts, items, packages, tally

__all__ = [
    "CHECKLISTS",
    "Fact",
    "Files",
    "facts",
    "items",
    "packages",
    "tally",
]
