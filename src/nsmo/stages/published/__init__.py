"""What the published figures alone can say."""

from nsmo.stages.published.benchmarks import benchmarks
from nsmo.stages.published.groups import channels, market_splits, sums, sums_over_sizes
from nsmo.stages.published.respondents import fits, fits_by_question, surprise
from nsmo.stages.published.results import VERDICTS, gaps, intervals, sentences

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
