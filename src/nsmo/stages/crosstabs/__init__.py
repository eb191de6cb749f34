"""Every question by every banner, as market researchers and statistics offices read it."""

from nsmo.stages.crosstabs.results import extent, results, since

__all__ = ["extent", "results", "since"]
