"""The rows of a frame of effects in blocks with names: the one order of figures, sentences and tables."""

from dataclasses import dataclass

import pandas as pd

from nsmo.present.frames import Row, by_key, rows_of
from nsmo.present.labels import Labels


def is_ratio(statistic: str) -> bool:
    """Whether no effect is 1, by the name of a statistic: odds ratio, rate ratio."""
    return statistic.endswith("ratio")


@dataclass(frozen=True)
class Effect:
    """The result rows of one effect, unweighted before weighted, and how it is called.

    Attributes
    ----------
    heading, label : str
        Of the block and of the row in it.
    short, full : str
        The effect in a title, and in a text that has no headings.
    rows : list of dict
    """

    heading: str
    label: str
    short: str
    full: str
    rows: list[Row]


def named_effects(frame: pd.DataFrame, labels: Labels) -> tuple[list[Effect], str]:
    """List the effects of a frame in blocks with names, and return what they are the effects on.

    One outcome: a block for each term, which names the reference. Several outcomes and one contrast: a row
    for each outcome. Several of both: a block for each outcome.

    Parameters
    ----------
    frame : DataFrame
        As in `plots.effects`.
    labels : Labels
    """
    words = labels.words
    known = by_key(rows_of(frame, labels), "question", "option", "by", "group")
    order = list(known)
    outcomes = list(dict.fromkeys(key[:2] for key in order))
    contrasts = list(dict.fromkeys(key[2:] for key in order))
    terms = [by for by, _ in contrasts]
    order.sort(key=lambda key: outcomes.index(key[:2]) if len(outcomes) > 1 else terms.index(key[2]))
    effects = []
    for key in order:
        (question, option, by, group), rows = key, known[key]
        outcome = labels.outcome(question, option)
        term = labels.question(by)
        label, heading, against, whole, short = term, "", "", term, term
        if not group and is_ratio(rows[0]["statistic"]):
            numeric = labels.codebook.variable(by).type == "numeric"
            label, heading = words("forest.one_more" if numeric else "forest.one_step"), term
            whole = words("forest.contrast", term=term, contrast=label)
        elif group:
            category, reference = labels.contrast(by, group)
            against = words("forest.against", category=category, reference=reference)
            whole, short = (words("forest.contrast", term=term, contrast=c) for c in (against, category))
            label, heading = category, words("forest.reference", term=term, reference=reference)
        if len(outcomes) == 1:
            effects.append(Effect(heading, label, short, whole, rows))
        elif len(contrasts) == 1:
            effects.append(Effect(whole, outcome, outcome, outcome, rows))
        else:
            full = words("forest.contrast", term=outcome, contrast=whole)
            row = whole if len(set(terms)) > 1 else against or whole
            effects.append(Effect(outcome, row, full, full, rows))
    if len(outcomes) == 1:
        return effects, labels.outcome(*outcomes[0])
    if len(contrasts) == 1:
        return effects, effects[0].heading
    return effects, words.join(dict.fromkeys(labels.question(question) for question, _ in outcomes))
