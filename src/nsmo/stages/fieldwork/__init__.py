"""How the answers came in."""

from nsmo.stages.fieldwork.narrow import narrowed
from nsmo.stages.fieldwork.results import arrivals, break_off, durations, outcomes, told
from nsmo.stages.fieldwork.thirds import early_and_late

__all__ = ["arrivals", "break_off", "durations", "early_and_late", "narrowed", "outcomes", "told"]
