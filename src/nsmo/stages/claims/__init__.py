"""Does each published statement hold: one row per statement, with separate verdicts.

`implied` says what follows from the published figures whatever the responses were (stage bounds),
`agreement` compares the unweighted estimate with the figure as it was worded, `support_data` tests the
statement on the responses, `support_published` on the published figures alone, `sources_agree` compares the
publications with each other, and `generalises` says whether the design lets it be said of others.
"""

from nsmo.stages.claims.base import base_of, counts_at
from nsmo.stages.claims.disputed import disputed
from nsmo.stages.claims.evidence import evidence
from nsmo.stages.claims.generalises import generalises
from nsmo.stages.claims.judge import COLUMNS, FIRST, VERDICTS, in_order, judge, stated, tally, tests
from nsmo.stages.claims.measure import Finding, Pair, measure
from nsmo.stages.claims.sources import quantities, sources_agree
from nsmo.stages.claims.support_published import (
    counts_possible,
    fisher,
    random_interval,
    splits,
    support_published,
)
from nsmo.stages.claims.verdicts import (
    CONTRADICT,
    IF_RANDOM,
    INCONCLUSIVE,
    NOT_COMPUTABLE,
    NOT_TESTABLE,
    agreement,
    support_data,
)
from nsmo.stages.claims.withheld import withheld

__all__ = [
    "COLUMNS",
    "CONTRADICT",
    "FIRST",
    "IF_RANDOM",
    "INCONCLUSIVE",
    "NOT_COMPUTABLE",
    "NOT_TESTABLE",
    "VERDICTS",
    "Finding",
    "Pair",
    "agreement",
    "base_of",
    "counts_at",
    "counts_possible",
    "disputed",
    "evidence",
    "fisher",
    "generalises",
    "in_order",
    "judge",
    "measure",
    "quantities",
    "random_interval",
    "sources_agree",
    "splits",
    "stated",
    "support_data",
    "support_published",
    "tally",
    "tests",
    "withheld",
]
