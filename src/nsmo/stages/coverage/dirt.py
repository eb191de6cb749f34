"""What gets in beside honest responses, and what the rules of cleaning leave of it.

The rules that judge a response are the wave's own, applied by the code of the stage `clean` to made responses
that have what those rules look at: how long it took, the answers to a battery, who it is from. Rules of scope
and consent take exactly whom they name, and have nothing to do here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from nsmo.stages.clean import Thresholds, taken_by
from nsmo.study.codebook import Codebook
from nsmo.study.rules import Cleaning, DuplicateRule, SpeederRule, StraightlineRule

_Judging = SpeederRule | StraightlineRule | DuplicateRule

_MEDIAN = 600.0  # seconds that honest respondents take; only ratios to the median count
_SPREAD = 0.35  # of its logarithm: one honest response in a thousand is faster than a third of the median
_BEGAN = datetime(2000, 1, 1)
# Columns beside those of the questionnaire, which has no such names.
_WHO, _CARELESS = "(who)", "(careless)"


@dataclass(frozen=True)
class Left:
    """What cleaning leaves of made sets of responses.

    Attributes
    ----------
    counts
        (sets, 3): organisations that answered honestly, careless responses, and second responses of an
        organisation of which the first stays too.
    dirty
        Responses of a set that should not count.
    found
        The share of these that the rules took.
    lost
        The share of the honest organisations that the rules took by mistake.
    """

    counts: np.ndarray
    dirty: int
    found: float
    lost: float


def cleaned(
    codebook: Codebook,
    flow: pd.DataFrame,
    thresholds: Thresholds,
    *,
    sets: int,
    rng: np.random.Generator,
    unseen: float = 0.25,
) -> Left:
    """Make sets of responses with dirt in them, and clean them by the rules of the wave.

    Parameters
    ----------
    codebook
        Its rules of the kinds speeder, straightline and duplicate are applied, no others.
    flow
        What cleaning took of the wave: rule, removed, remaining. A set has as many of each as those rules
        took, and so many more that are not seen; with these, as many responses remain as of the wave.
    thresholds
        Of `clean`.
    sets
        How many are made.
    rng
        Where chance comes from.
    unseen
        Share of the careless and of the second responses that no rule can see: not so fast, one answer of the
        battery another one, the name spelt otherwise.

    Returns
    -------
    Left
    """
    rules = [rule for rule in codebook.cleaning.rules if isinstance(rule, _Judging)]
    removed = dict(zip(flow["rule"], flow["removed"], strict=True))
    seen = [int(removed.get(rule.name, 0)) for rule in rules]
    hidden = [round(n * unseen / (1 - unseen)) for n in seen]
    honest = int(flow["remaining"].iloc[-1]) - sum(hidden)
    if not sum(seen):
        return Left(np.array([[honest, 0, 0]]), 0, 0.0, 0.0)
    judging = codebook.changed(cleaning=Cleaning.model_construct(rules=rules, other_texts={}))
    counts = np.empty((sets, 3), dtype=int)
    for i in range(sets):
        frame = _honest(judging, rules, honest, rng)
        for rule, n, missed in zip(rules, seen, hidden, strict=True):
            frame = pd.concat([frame, _dirt(judging, rule, frame, n, missed, thresholds, rng)])
        frame = frame.assign(response_id=[str(number) for number in range(len(frame))]).reset_index(drop=True)
        stays = frame[taken_by(judging, frame, thresholds).isna()]
        # Of two responses of an organisation it does not matter which one stays: they say the same.
        of_each = stays.loc[~stays[_CARELESS], _WHO].value_counts()
        counts[i] = len(of_each), stays[_CARELESS].sum(), (of_each - 1).sum()
    dirty = sum(seen) + sum(hidden)
    return Left(
        counts,
        dirty,
        found=1 - float(counts[:, 1:].sum(axis=1).mean()) / dirty,
        lost=1 - float(counts[:, 0].mean()) / honest,
    )


def _honest(codebook: Codebook, rules: Sequence[_Judging], n: int, rng: np.random.Generator) -> pd.DataFrame:
    columns: dict[str, object] = {
        _WHO: np.arange(n),
        _CARELESS: False,
        "paradata.duration": rng.lognormal(np.log(_MEDIAN), _SPREAD, n),
        "paradata.submitted": [_BEGAN + timedelta(minutes=minute) for minute in range(n)],
    }
    for rule in rules:
        if isinstance(rule, StraightlineRule):
            for name, options in _items(codebook, rule).items():
                columns[name] = rng.choice(np.array(options, dtype=object), n)
        if isinstance(rule, DuplicateRule):
            columns |= {name: [f"organisation {number}" for number in range(n)] for name in rule.by}
    return pd.DataFrame(columns)


def _dirt(
    codebook: Codebook,
    rule: _Judging,
    others: pd.DataFrame,
    seen: int,
    hidden: int,
    thresholds: Thresholds,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Make responses that a rule is to take, and some of the same kind that it cannot see."""
    n, is_hidden = seen + hidden, np.arange(seen + hidden) >= seen
    made = others[~others[_CARELESS]].iloc[rng.choice((~others[_CARELESS]).sum(), n, replace=False)].copy()
    later = [_BEGAN + timedelta(days=30, minutes=len(others) + minute) for minute in range(n)]
    made["paradata.submitted"] = later
    if isinstance(rule, DuplicateRule):
        made.loc[is_hidden, rule.by[0]] += " (otherwise)"
        return made
    made[_CARELESS], made[_WHO] = True, -1
    for name in {
        name for one in codebook.cleaning.rules if isinstance(one, DuplicateRule) for name in one.by
    }:
        made[name] = [f"careless {rule.name} {number}" for number in range(n)]
    if isinstance(rule, SpeederRule):
        ratio = thresholds["speeder_ratio"]
        made["paradata.duration"] = _MEDIAN * np.where(
            is_hidden, rng.uniform(min(1.3 * ratio, 1), 1, n), rng.uniform(0.1 * ratio, 0.8 * ratio, n)
        )
        return made
    first, *rest = _items(codebook, rule).items()
    alike = rng.integers(len(first[1]), size=n)
    for name, options in (first, *rest):
        made[name] = np.array(options, dtype=object)[alike % len(options)]
    varied = np.array(first[1], dtype=object)[(alike + 1) % len(first[1])]
    made[first[0]] = np.where(is_hidden, varied, made[first[0]])
    return made


def _items(codebook: Codebook, rule: StraightlineRule) -> Mapping[str, list[str]]:
    """The items of a battery with the names of their answers."""
    return {item.name: [option.name for option in item.options] for item in codebook.battery(rule.battery)}
