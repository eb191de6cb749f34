"""Which differences between groups the title of a figure may state: those that a test of the page shows.

The largest of ten estimates is always larger than the smallest; a title that says so announces noise. So a
title states a difference only where a test (Holm's p where several were made together) or the interval of the
one difference between two groups shows it, and never of reconstructed answers.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from nsmo.present.frames import Row, by_key, leading, nothing, rows_of
from nsmo.present.labels import Labels, in_sentence
from nsmo.present.shown import is_evidence
from nsmo.results import is_tests
from nsmo.study.derived import Flag

#: From how many questions a title counts them instead of naming them.
_MANY = 4

Measure = tuple[str, str]


@dataclass(frozen=True)
class Gap:
    """What a test says of the difference between groups in one measure.

    Attributes
    ----------
    clear : bool
        Whether it shows one.
    p : float or None
        Of the test; None where the interval of the difference decides.
    """

    clear: bool
    p: float | None = None


def tested_gaps(tests: pd.DataFrame | None, by: str, labels: Labels, confidence: float) -> dict[Measure, Gap]:
    """Return what tests say of each measure (question, option) between the groups of `by`.

    Parameters
    ----------
    tests : DataFrame or None
        Tests, in the columns of `results.TEST_COLUMNS`, or differences, as of `stage.difference`. Only
        unweighted rows count. Differences between more than two groups say nothing here: which pair lies
        furthest apart was not said beforehand.
    by : str
    labels : Labels
    confidence : float
        A p below 1 less this shows a difference.

    Returns
    -------
    dict
        Empty without tests, and where answers are no evidence.
    """
    if tests is None or not is_evidence(labels.codebook):
        return {}
    return gaps_of(rows_of(tests, labels), by, confidence)


def gaps_of(rows: Iterable[Row], by: str, confidence: float) -> dict[Measure, Gap]:
    """Return what rows of tests, or of differences, say of each measure; for the rest as `tested_gaps`."""
    own = (row for row in rows if row["by"] == by and not row["weighted"])
    found: dict[Measure, Gap] = {}
    for key, same in by_key(own, "question", "option").items():
        if is_tests(same[0]):
            known = [row["p"] if nothing(row["p_holm"]) else row["p_holm"] for row in same]
            if not any(map(nothing, known)):
                found[key] = Gap(max(known) < 1 - confidence, max(known))
        elif len(same) == 1 and not nothing(same[0]["ci_low"]):
            found[key] = Gap(not same[0]["ci_low"] <= 0 <= same[0]["ci_high"])
    return found


def title(rows: Sequence[Row], by: str, labels: Labels, tests: pd.DataFrame | None, confidence: float) -> str:
    """Return the title of estimates by group: the difference that tests show, that none is clear, or neither.

    Parameters
    ----------
    rows : list of dict
        Estimates of one or several measures.
    by : str
        What the groups are made of.
    labels : Labels
    tests : DataFrame or None
        As in `tested_gaps`.
    confidence : float
    """
    wording, divider = labels.words, in_sentence(labels.question(by), labels.words)
    measures = list(by_key(rows, "question", "option"))
    alone = len({question for question, _ in measures}) == 1
    lead = [row for row in leading(rows) if row["group"] and not pd.isna(row["estimate"])]
    each = {key: part for key, part in by_key(lead, "question", "option").items() if len(part) > 1}
    known = tested_gaps(tests, by, labels, confidence)
    gaps = {key: gap for key in each if (gap := known.get(key) or known.get(_whole(key, labels)))}
    clear = [key for key, gap in gaps.items() if gap.clear]
    if clear:
        ends = {key: _ends(each[key]) for key in clear}
        widest = max(ends, key=lambda key: ends[key][1]["estimate"] - ends[key][0]["estimate"])
        low, high = ends[widest]
        what = labels.measure(*widest, alone=alone)
        return wording(
            "title.comparison",
            what=wording("title.widest", option=what, by=divider) if len(measures) > 1 else what,
            high=labels.group(by, high["group"]),
            high_value=wording.statistic(high),
            low=labels.group(by, low["group"]),
            low_value=wording.statistic(low),
        )
    what = labels.measure(*measures[0], alone=alone) if len(measures) == 1 else _named(measures, labels)
    if not gaps:
        return wording("title.by", what=what, by=divider)
    chances = [gap.p for gap in gaps.values() if gap.p is not None]
    several = len(measures) > 1
    said = (
        wording("title.smallest_p" if several else "title.p", p=wording.p_is(min(chances))) if chances else ""
    )
    p = f" {said}" if said else ""
    return wording("title.no_gaps" if several else "title.no_gap", what=what, by=divider, p=p)


def _ends(rows: Iterable[Row]) -> tuple[Row, Row]:
    """The lowest and the highest group of a measure."""
    ordered = sorted(rows, key=lambda row: row["estimate"])
    return ordered[0], ordered[-1]


def _whole(measure: Measure, labels: Labels) -> Measure:
    """The question of which a measure is all there is: a yes or no is tested without naming the answer."""
    question, _ = measure
    return (question, "") if isinstance(labels.codebook.variable(question).definition, Flag) else measure


def _named(measures: Iterable[Measure], labels: Labels) -> str:
    names = list(dict.fromkeys(question for question, _ in measures))
    if len(names) < _MANY:
        return labels.words.join(labels.question(name) for name in names)
    return labels.words("title.questions", n=labels.words.integer(len(names)))
