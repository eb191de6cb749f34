"""What the published figures alone can say."""

from nsmo.stages.published.results import (
    VERDICTS,
    benchmarks,
    channels,
    fits,
    fits_by_question,
    gaps,
    intervals,
    market_splits,
    sentences,
    sums,
    sums_over_sizes,
    surprise,
)

__all__ = [
    "VERDICTS",
    "benchmarks",
    "channels",
    "fits",
    "fits_by_question",
    "gaps",
    "intervals",
    "market_splits",
    "sentences",
    "sums",
    "sums_over_sizes",
    "surprise",
]
