"""How the study was made."""

from nsmo.stages.method.checklists import CHECKLISTS, packages, tally

__all__ = ["CHECKLISTS", "packages", "tally"]
