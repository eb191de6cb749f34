"""Draws records with exact counts: who gets which answer is decided by a score that partly is chance."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from nsmo.reconstruct.assumptions import (
    Answers,
    Assumptions,
    Battery,
    FreeTexts,
    Numbers,
    Patterns,
    Propensity,
    Spread,
    Ticks,
    Totals,
    agrees,
)
from nsmo.reconstruct.chance import Chance
from nsmo.reconstruct.rules import Missing, Record, Rules
from nsmo.study.codebook import Codebook
from nsmo.study.conditions import REASONS
from nsmo.study.errors import StudyError
from nsmo.study.questionnaire import OTHER
from nsmo.study.statements import Published

#: Draws before giving up; about one in four meets every condition in the study this was made for.
ATTEMPTS = 200
#: Swaps tried before giving up on the totals of a derived variable.
SWAPS = 5_000
MIDDLE = 50


def draw(
    codebook: Codebook,
    published: Published,
    assumptions: Assumptions,
    chance: Chance,
    attempts: int | None = None,
) -> list[Record]:
    """Draw records that meet every assumption and agree with every published statement.

    Counts are exact by construction: answers are handed out in the order of a score (weights of what the
    record already has, and noise). What no count tells, the strength of associations, is met by drawing
    again.

    Parameters
    ----------
    codebook, published, assumptions
        Of one wave.
    chance : Chance
        Where the noise comes from.
    attempts : int, optional
        Draws before giving up; left out: `ATTEMPTS`.

    Returns
    -------
    list of dict
        One per organisation; see `nsmo.reconstruct.rules`.

    Raises
    ------
    StudyError
        If no draw met everything, naming what failed most often.
    """
    failed: Counter[str] = Counter()
    attempts = attempts or ATTEMPTS
    for _ in range(attempts):
        records = _Drawing(codebook, assumptions, chance).records
        faults = list(_faults(records, codebook, published, assumptions))
        if not faults:
            return records
        failed.update(faults)
    often = "; ".join(f"{what} ({times} times)" for what, times in failed.most_common(3))
    raise StudyError(
        found=f"none of {attempts} draws meets every assumption and statement; most often not: {often}",
        where="assumptions.yaml",
        fix="weaken what `between` or `apart_by` ask, or strengthen `follows` of the questions concerned",
    )


def _faults(
    records: Sequence[Record], codebook: Codebook, published: Published, assumptions: Assumptions
) -> list[str]:
    rules, claims = Rules(codebook), assumptions.claims
    faults = []
    for row in published.rows:
        if row.estimate is None or row.id in claims.not_followed:
            continue
        value = rules.estimate(row.estimate, records)
        if value is None:
            continue
        low, high = claims.between.get(row.id, (value, value))
        least = claims.apart_by.get(row.id, value)
        if not agrees(row, value, claims) or not low <= value <= high or value < least:
            faults.append(row.id)
    for totals in assumptions.all("totals"):
        for group, counts in totals.groups().items():
            inside = [r for r in records if group is None or rules.value(r, totals.by) == group]
            reached = Counter(rules.value(record, totals.variable) for record in inside)
            if any(reached[option] != count for option, count in counts.items()):
                faults.append(f"totals of {totals.variable}")
    return faults


class _Drawing:
    """One draw of all records, assumption by assumption in the order of the file."""

    def __init__(self, codebook: Codebook, assumptions: Assumptions, chance: Chance) -> None:
        self.codebook, self.assumptions, self.chance = codebook, assumptions, chance
        self.rules = Rules(codebook)
        self.records: list[Record] = [{} for _ in range(assumptions.the("records"))]
        self.orders: dict[str, list[str]] = {
            name: variable.option_names
            for name, variable in codebook.variables.items()
            if variable.type == "ordinal"
        }
        steps: dict[type, Callable[[Any], None]] = {
            Answers: self.answers,
            Battery: self.battery,
            Ticks: self.ticks,
            Patterns: self.patterns,
            Spread: self.spread,
            Numbers: self.numbers,
            Totals: self.totals,
            FreeTexts: self.free_texts,
        }
        for assumption in assumptions.assumptions:
            content = next(iter(assumption.content.values()))
            if assumption.constants:
                for record in self.records:
                    record.update(assumption.constants)
            if assumption.traits:
                for name, trait in assumption.traits.items():
                    self.trait(name, Propensity(follows=trait.follows, noise=trait.noise))
            elif type(content) in steps:
                steps[type(content)](content)
        self._all_answered()

    # --- scores

    def level(self, record: Record, name: str) -> int:
        """Place an answer on 0-100; a missing one in the middle."""
        if name in record and isinstance(record[name], int):
            return record[name]
        answer = self.rules.value(record, name)
        if isinstance(answer, Missing):
            return MIDDLE
        order = self.orders[name]
        return 100 * order.index(answer) // (len(order) - 1)

    def ranked(self, records: Sequence[Record], propensity: Propensity) -> list[Record]:
        """Put records in the order of their score, the lowest first."""
        scored = []
        for record in records:
            score = sum(weight * self.level(record, name) for name, weight in propensity.follows.items())
            score += propensity.noise * self.chance.noise()
            scored.append((score, self.chance.below(1 << 30), len(scored), record))
        scored.sort(key=lambda entry: entry[:3])
        return [record for *_, record in scored]

    def trait(self, name: str, propensity: Propensity) -> None:
        ranked = self.ranked(self.records, propensity)
        for place, record in enumerate(ranked):
            record[name] = 100 * place // (len(ranked) - 1)

    # --- questions

    def asked(self, question: str) -> list[Record]:
        """Return the records that are asked, and note of the others that they are not."""
        condition = self.codebook.question(question).asked_if
        asked = [r for r in self.records if condition is None or self.rules.holds(condition, r)]
        for record in self.records:
            record[question] = Missing("not_asked")
        return asked

    def grouped(self, records: Sequence[Record], by: str | None, group: str | None) -> list[Record]:
        return [r for r in records if group is None or self.rules.value(r, str(by)) == group]

    def answers(self, wanted: Answers) -> None:
        if wanted.order:
            self.orders[wanted.question] = wanted.order
        order = self.orders.get(wanted.question) or self.codebook.variable(wanted.question).option_names
        asked = self.asked(wanted.question)
        for group, counts in wanted.groups().items():
            self._hand_out(wanted.question, self.grouped(asked, wanted.by, group), counts, order, wanted)
        self._other_texts(wanted.question, wanted.other_texts)

    def _hand_out(
        self,
        question: str,
        records: list[Record],
        counts: dict[str, int],
        order: Sequence[str],
        by: Propensity,
    ) -> None:
        """Return each answer to as many records as it is to have, the low ones to those with a low score."""
        if sum(counts.values()) != len(records):
            raise StudyError(
                found=f"{sum(counts.values())} answers to '{question}' for {len(records)} records",
                where="assumptions.yaml",
                fix="make the counts add up to those who are asked",
            )
        silent = [Missing(reason) for reason in REASONS for _ in range(counts.get(reason, 0))]
        mixed = self.chance.sample(records, len(records))
        for record, reason in zip(mixed, silent, strict=False):
            record[question] = reason
        options = [option for option in order for _ in range(counts.get(option, 0))]
        ranked = self.ranked(mixed[len(silent) :], by)
        for record, option in zip(ranked, options, strict=True):
            record[question] = option

    def battery(self, wanted: Battery) -> None:
        questions = list(wanted.counts)
        for question, counts in wanted.counts.items():
            self._hand_out(question, self.asked(question), counts, self.orders[question], wanted)
        if not wanted.not_all_equal:
            return

        def flat(record: Record) -> bool:
            answers = [record[q] for q in questions if not isinstance(record[q], Missing)]
            return len(set(answers)) <= 1

        for record in self.records:
            while flat(record):
                other, question = self.chance.pick(self.records), self.chance.pick(questions)
                self._swap(record, other, question)
                if flat(other):
                    self._swap(record, other, question)

    def ticks(self, wanted: Ticks) -> None:
        asked = self.asked(wanted.question)
        groups = wanted.groups()
        if wanted.percent_of_asked:
            groups = {
                None: {o: (share * len(asked) + 50) // 100 for o, share in wanted.percent_of_asked.items()}
            }
        for group, counts in groups.items():
            inside = self.grouped(asked, wanted.by, group)
            for record in inside:
                record[wanted.question] = frozenset()
            for option, count in counts.items():
                for record in self.ranked(inside, wanted)[len(inside) - count :]:
                    record[wanted.question] |= {option}
            self._at_least(wanted.question, inside, wanted.at_least)
        self._other_texts(wanted.question, wanted.other_texts)

    def patterns(self, wanted: Patterns) -> None:
        question, asked = wanted.question, self.asked(wanted.question)
        pattern_of = [pattern for pattern in wanted.patterns for _ in range(pattern.records)]
        ranked = self.ranked(asked, wanted.order)
        for record, pattern in zip(ranked, pattern_of, strict=True):
            record[question] = frozenset(pattern.always)
        members = list(zip(ranked, pattern_of, strict=True))
        for option, count in wanted.groups()[None].items():
            able = [record for record, pattern in members if option in (*pattern.some_of, *pattern.may)]
            for record in self.ranked(able, wanted)[len(able) - count :]:
                record[question] |= {option}
        for record, pattern in members:
            needed = set(pattern.some_of)
            if needed and not record[question] & needed:
                self._give(record, members, question, needed)
        self._other_texts(question, wanted.other_texts)

    def _give(
        self, record: Record, members: Sequence[tuple[Record, Any]], question: str, needed: set[str]
    ) -> None:
        """Move one of the needed ticks here from a record that has several, and may do without."""
        donors = [
            (giver, option)
            for giver, pattern in members
            for option in sorted(needed & giver[question])
            if option in pattern.may or len(giver[question] & set(pattern.some_of)) > 1
        ]
        if not donors:
            raise StudyError(
                found=f"too few ticks of {', '.join(sorted(needed))} for the patterns of '{question}'",
                where="assumptions.yaml",
                fix="raise the counts, or let fewer records need one of them",
            )
        giver, option = self.chance.pick(donors)
        giver[question] -= {option}
        record[question] |= {option}

    def spread(self, wanted: Spread) -> None:
        """Move ticks, keeping every count, until as many records as wanted have more than a number."""
        question, edge = wanted.question, wanted.above
        by = next((t.by for t in self.assumptions.all("ticks") if t.question == question), None)
        groups = (
            [self.grouped(self.records, by, g) for g in self.codebook.variable(by).option_names] if by else []
        )
        groups = groups or [self.records]
        for group in groups:
            self._at_least(question, group, wanted.at_least)

        def many() -> int:
            return sum(len(r[question]) > edge for r in self.records)

        for _ in range(SWAPS):
            surplus = many() - wanted.records
            if not surplus:
                return
            group = self.chance.pick(groups)
            giver, taker = self.chance.pick(group), self.chance.pick(group)
            gives, takes = len(giver[question]), len(taker[question])
            if surplus > 0:
                useful = gives == edge + 1 and takes < edge
            else:
                useful = takes == edge and wanted.at_least < gives and gives != edge + 1
            spare = sorted(giver[question] - taker[question])
            if useful and spare and giver is not taker:
                option = self.chance.pick(spare)
                giver[question] -= {option}
                taker[question] |= {option}
        raise StudyError(
            found=f"{many()} records have more than {edge} of '{question}'",
            where="assumptions.yaml",
            expected=f"{wanted.records}",
            fix="more ticks or another number of records",
        )

    def _at_least(self, question: str, records: Sequence[Record], least: int) -> None:
        for record in records:
            while len(record[question]) < least:
                rich = [r for r in records if len(r[question]) > least and r[question] - record[question]]
                giver = self.chance.pick(rich)
                option = self.chance.pick(sorted(giver[question] - record[question]))
                giver[question] -= {option}
                record[question] |= {option}

    def numbers(self, wanted: Numbers) -> None:
        values = sorted((v for v in wanted.values if v not in REASONS), key=float)
        self._hand_out(wanted.question, self.asked(wanted.question), wanted.values, values, wanted)

    def free_texts(self, wanted: FreeTexts) -> None:
        for record in self.records:
            record[wanted.question] = Missing("no_answer")
        for record, text in zip(
            self.chance.sample(self.records, len(wanted.texts)), wanted.texts, strict=True
        ):
            record[wanted.question] = text

    def totals(self, wanted: Totals) -> None:
        """Swap answers between records until the derived variable adds up; the questions' own counts stay."""
        if not wanted.by_swapping:
            return
        goal = wanted.groups()[None]
        of = [self.rules.value(record, wanted.variable) for record in self.records]
        reached = Counter(of)
        places = range(len(self.records))
        for _ in range(SWAPS):
            if all(reached[option] == count for option, count in goal.items()):
                return
            i, j = self.chance.pick(places), self.chance.pick(places)
            question = self.chance.pick(wanted.by_swapping)
            one, two = self.records[i], self.records[j]
            if of[i] == of[j] or one[question] == two[question]:
                continue
            self._swap(one, two, question)
            new = self.rules.value(one, wanted.variable), self.rules.value(two, wanted.variable)
            after = reached.copy()
            after.subtract([of[i], of[j]])
            after.update(new)
            if _distance(after, goal) < _distance(reached, goal):
                reached, of[i], of[j] = after, *new
            else:
                self._swap(one, two, question)

    def _swap(self, one: Record, two: Record, question: str) -> None:
        one[question], two[question] = two[question], one[question]

    def _other_texts(self, question: str, texts: Sequence[str]) -> None:
        others = [r for r in self.records if r[question] == OTHER or _ticked_other(r[question])]
        if len(others) > len(texts):
            raise StudyError(
                found=f"{len(others)} records answer '{question}' with another text, for {len(texts)} texts",
                where="assumptions.yaml",
                fix="add to other_texts",
            )
        for record, text in zip(others, texts, strict=False):
            record[f"{question}.other_text"] = text

    def _all_answered(self) -> None:
        named = self.assumptions.the("names").question
        silent = [
            q.name for q in self.codebook.questions if q.name not in self.records[0] and q.name != named
        ]
        if silent:
            raise StudyError(
                found=f"no assumption says how {', '.join(silent)} are answered",
                where="assumptions.yaml",
                fix="add one for each question of the codebook",
            )


def _ticked_other(answer: Any) -> bool:
    return isinstance(answer, frozenset) and OTHER in answer


def _distance(reached: Counter, goal: dict[str, int]) -> int:
    return sum(abs(reached[option] - count) for option, count in goal.items())
