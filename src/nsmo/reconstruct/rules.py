"""What the rules of a codebook and the published statements mean for plain records.

A record is a dict: a question's name gives an option, a frozenset of ticked options, a number or a text, or a
`Missing` with its reason. Derived variables are computed by `value`.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from nsmo.study.codebook import Codebook
from nsmo.study.conditions import Condition
from nsmo.study.derived import Count, FirstMatch, Flag, Mean, Recode
from nsmo.study.estimands import Association, Difference, Estimate, Extreme, Proportion, Ranking
from nsmo.study.estimands import Mean as PublishedMean

Record = dict[str, Any]


class Missing(str):
    """The reason why there is no answer."""


class Rules:
    """Computes derived variables and published quantities from records.

    Parameters
    ----------
    codebook : Codebook
        Whose rules these are.
    """

    def __init__(self, codebook: Codebook) -> None:
        self._derived = {definition.name: definition for definition in codebook.derived}
        self._variables = codebook.variables
        self._scores = {
            name: {option: _exact(score) for option, score in variable.scores.items()}
            for name, variable in codebook.variables.items()
        }

    def value(self, record: Record, name: str) -> Any:
        """Return the answer to a question, or the value of a derived variable."""
        if name not in self._derived:
            return record[name]
        definition = self._derived[name]
        match definition:
            case Recode():
                answer = self.value(record, definition.from_)
                homes = [group.name for group in definition.options if answer in group.of]
                return answer if isinstance(answer, Missing) else homes[0]
            case Count():
                answer = self.value(record, definition.of)
                return answer if isinstance(answer, Missing) else len(answer - set(definition.exclude))
            case Mean():
                scores = [self.score(record, question) for question in definition.of]
                known = [score for score in scores if score is not None]
                enough = len(known) >= definition.min_answered
                return Fraction(sum(known), len(known)) if enough else Missing("no_answer")
            case Flag():
                return "yes" if self.holds(definition.when, record) else "no"
            case FirstMatch():
                for case in definition.options:
                    if self.holds(case.when, record):
                        return case.name
                otherwise = definition.otherwise
                if otherwise in ("missing", "error"):
                    return Missing("no_answer")
                return otherwise if isinstance(otherwise, str) else otherwise.name
        raise TypeError(f"{name}: {type(definition).__name__}")

    def holds(self, condition: Condition, record: Record) -> bool:
        """Return whether a condition holds; what is said of a missing answer does not."""
        if condition.all_:
            return all(self.holds(part, record) for part in condition.all_)
        if condition.any_:
            return any(self.holds(part, record) for part in condition.any_)
        if condition.not_:
            return not self.holds(condition.not_, record)
        answer = self.value(record, str(condition.question))
        if condition.missing is not None:
            reasons = condition.missing
            return isinstance(answer, Missing) and (reasons is True or str(answer) in reasons)
        if isinstance(answer, Missing):
            return False
        tests: list[tuple[Any, Callable[[Any], bool]]] = [
            (condition.is_, lambda wanted: answer in wanted),
            (condition.is_not, lambda wanted: answer not in wanted),
            (condition.has, lambda wanted: bool(answer & set(wanted))),
            (condition.has_all, lambda wanted: answer >= set(wanted)),
            (condition.at_least, lambda bound: answer >= bound),
            (condition.above, lambda bound: answer > bound),
            (condition.at_most, lambda bound: answer <= bound),
            (condition.below, lambda bound: answer < bound),
        ]
        return next(test(wanted) for wanted, test in tests if wanted is not None)

    def score(self, record: Record, name: str, high: str | None = None) -> int | Fraction | None:
        """Return a number for an answer: its own, the score of an option, or 1 for `high`, 0 for others."""
        answer = self.value(record, name)
        if isinstance(answer, Missing):
            return None
        if high is not None:
            return int(answer == high)
        scores = self._scores[name]
        return scores[answer] if scores else answer if isinstance(answer, int) else _exact(answer)

    def estimate(self, wanted: Estimate, records: Sequence[Record]) -> Fraction | None:
        """Compute a published quantity: in per cent, or in its own unit.

        For an order (an extreme or a ranking) it is the distance by which the order holds; below or at zero
        it does not hold.
        """
        if wanted.where is not None:
            records = [record for record in records if self.holds(wanted.where, record)]
        match wanted:
            case Proportion():
                if wanted.when is not None:
                    return self._share_when(records, wanted.question, wanted.when)
                return self._share(records, wanted.question, self._chosen(wanted))
            case PublishedMean():
                return self._mean(records, wanted.question)
            case Difference():
                first, second = (
                    self._level(wanted, self._group(records, wanted.by, g)) for g in wanted.groups
                )
                return first - second
            case Extreme():
                names = [o for o in self._variables[wanted.by].option_names if o != wanted.group]
                own = self._level(wanted, self._group(records, wanted.by, wanted.group))
                others = [self._level(wanted, self._group(records, wanted.by, name)) for name in names]
                return min(others) - own if wanted.which == "lowest" else own - max(others)
            case Ranking():
                names = self._variables[wanted.question].option_names
                lower = wanted.lower or [name for name in names if name not in wanted.higher]
                share = {o: self._share(records, wanted.question, {o}) for o in (*wanted.higher, *lower)}
                return min(share[o] for o in wanted.higher) - max(share[o] for o in lower)
            case Association(method="somers_d"):
                pairs = [
                    (x, y)
                    for record in records
                    if (x := self.score(record, wanted.x, wanted.high.get(wanted.x))) is not None
                    and (y := self.score(record, wanted.y, wanted.high.get(wanted.y))) is not None
                ]
                return somers_d(pairs)
        return None

    def _chosen(self, wanted: Proportion) -> set[str] | Callable[[Any], bool]:
        if wanted.above is not None:
            return lambda number: number > wanted.above
        return {option for option in wanted.options or [wanted.option] if option is not None}

    def _share(
        self, records: Sequence[Record], name: str, chosen: set[str] | Callable[[Any], bool]
    ) -> Fraction:
        answers = [self.value(record, name) for record in records]
        asked = [answer for answer in answers if answer != Missing("not_asked")]
        if callable(chosen):
            hits = [not isinstance(a, Missing) and chosen(a) for a in asked]
        else:
            hits = [bool(a & chosen) if isinstance(a, frozenset) else a in chosen for a in asked]
        return Fraction(100 * sum(hits), len(asked))

    def _share_when(self, records: Sequence[Record], name: str, when: Condition) -> Fraction:
        asked = [record for record in records if self.value(record, name) != Missing("not_asked")]
        return Fraction(100 * sum(self.holds(when, record) for record in asked), len(asked))

    def _mean(self, records: Sequence[Record], name: str) -> Fraction:
        scores = [score for record in records if (score := self.score(record, name)) is not None]
        return Fraction(sum(scores)) / len(scores)

    def _level(self, wanted: Difference | Extreme, records: Sequence[Record]) -> Fraction:
        if wanted.of == "mean":
            return self._mean(records, wanted.question)
        return self._share(records, wanted.question, {str(wanted.option)})

    def _group(self, records: Sequence[Record], by: str, group: str) -> list[Record]:
        return [record for record in records if self.value(record, by) == group]


def _exact(number: float | str | Fraction) -> int | Fraction:
    """Return a number without rounding; whole ones as int, with which Python is quicker."""
    fraction = Fraction(number)
    return fraction.numerator if fraction.denominator == 1 else fraction


def somers_d(pairs: Sequence[tuple[Any, Any]]) -> Fraction:
    """Compute Somers' D of the second given the first.

    Concordant less discordant pairs, as a share of the pairs that differ in the first (Somers, 1962).

    Raises
    ------
    ZeroDivisionError
        If the first never differs.
    """
    surplus = untied = 0
    for i, (x, y) in enumerate(pairs):
        for other_x, other_y in pairs[:i]:
            if x != other_x:
                untied += 1
                surplus += ((y > other_y) - (y < other_y)) * (1 if x > other_x else -1)
    return Fraction(surplus, untied)
