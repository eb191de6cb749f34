"""How the answers came in."""

from nsmo.stages.fieldwork.results import arrivals, break_off, durations, early_and_late, outcomes

__all__ = ["arrivals", "break_off", "durations", "early_and_late", "outcomes"]
