"""What the published figures alone can say."""

from nsmo.stages.published.benchmarks import benchmarks
from nsmo.stages.published.groups import group_means, group_splits, sums, sums_over_sizes
from nsmo.stages.published.respondents import fits, fits_by_question, surprise
from nsmo.stages.published.results import VERDICTS, gaps, intervals, sentences

__all__ = [
    "VERDICTS",
    "benchmarks",
    "fits",
    "fits_by_question",
    "gaps",
    "group_means",
    "group_splits",
    "intervals",
    "sentences",
    "sums",
    "sums_over_sizes",
    "surprise",
]
