"""One plan for all figures of a wave: which ones are not shown, so that no reader learns what a few answered.

The totals are settled first. What is hidden among all respondents is hidden in every breakdown, so that those
who change places between two hidden categories can do so everywhere. Then each breakdown is settled as if the
reader had all totals, hidden ones too; so no breakdown has to know of another one, and whichever stage asks
gets the same answer.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nsmo.results import MISSING, VALUES
from nsmo.stats.disclosure import audit, dominated, sensitive, weakest
from nsmo.stats.suppression import Hidden, protect
from nsmo.study import Codebook, StudyError
from nsmo.survey.answers import ANSWERED, Answers
from nsmo.survey.cells import Cells
from nsmo.survey.linked import BASE, DECIMALS, MEAN, TOLD, TOTALS, Block, Key, Tables
from nsmo.survey.places import Places
from nsmo.survey.ticked import Ticked
from nsmo.survey.weighed import COARSE, Weighed

#: So many different whole numbers may be counted one by one: with the exact sum and the sum of squares a
#: reader would have two equations for the few of them that are hidden.
ONE_BY_ONE = 20

#: What tells how far answers lie apart.
_SPREAD = ("se", "ci_low", "ci_high", "deff", "n_eff")


@dataclass(frozen=True)
class Limits:
    """What a figure must satisfy to be shown.

    Attributes
    ----------
    min_base, min_count : int
        Respondents in the denominator and in the numerator.
    max_share : float
        A share of a group above this is not shown.
    width : int
        Respondents between the bounds that a reader can find for a hidden figure.
    dominance : float
        Percentage of the largest number of a sum that the others but one must add up to.
    reasons : bool
        Whether a reason for having no answer, where it counts in the base, must satisfy them too.
    """

    min_base: int
    min_count: int
    max_share: float
    width: int
    dominance: float
    reasons: bool = True


@dataclass(frozen=True)
class _Plan:
    block: Block
    found: Hidden
    reasons: dict[Key, str]
    width: NDArray[np.float64]

    @cached_property
    def bounds(self) -> pd.DataFrame:
        """What a reader knows of each hidden figure, by cell."""
        return audit(self.block.linked, self.found.hidden).set_index("cell")

    @cached_property
    def _bases(self) -> dict[Key, Key]:
        return {figure.key: figure.base for figure in self.block.figures}

    def hides(self, key: Key) -> bool:
        """Whether a figure is hidden; one that equals a total, or has a base, is hidden where that is.

        A mean may stand without its number of respondents.
        """
        return any(
            self.found.hidden[self.block.places[one]] or self.reasons.get(one) in ("total", "routing")
            for one in {key, *([] if key.option == MEAN else [self._bases[key]])}
        )


class Protection:
    """The plan of a wave: as the stage weight left it, or settled here when a breakdown is first asked for.

    Parameters
    ----------
    codebook : Codebook
        Of the wave.
    responses : DataFrame or Cells
        The cleaned responses.
    limits : Limits
        What may be shown.
    groupings : sequence of str
        The variables whose answers make groups anywhere in the report.
    settled : DataFrame, optional
        The `frame` of the plan, where it was settled before.
    told : sequence of (str, list of str)
        Questions and answers: how many gave one of these is told elsewhere, whatever is hidden.
    """

    def __init__(
        self,
        codebook: Codebook,
        responses: pd.DataFrame | Cells,
        limits: Limits,
        groupings: Sequence[str],
        settled: pd.DataFrame | None = None,
        told: Sequence[tuple[str, list[str]]] = (),
    ) -> None:
        self.limits = limits
        self.codebook = codebook
        self.tables = Tables(Answers(codebook, responses), groupings, told)
        self._known = None if settled is None else set(map(Key._make, settled[list(Key._fields)].to_numpy()))
        self._plans: dict[int, _Plan] = {}
        self._few_numbers: dict[str, bool] = {}
        self._settling: set[int] = set()
        self._routes: dict[str, list[tuple[str, str]]] = {}

    def hidden(self, question: str, option: str, by: str = "", group: str = "") -> bool:
        """Return whether a figure is not shown.

        Parameters
        ----------
        question, option : str
            The option; or `base`, the denominator; `mean`, the mean of scores; `answered`, its denominator.
            Of a question that takes several answers the option is its name.
        by, group : str
            The group; empty: among all.

        Raises
        ------
        StudyError
            If the variable `by` makes no groups in the plan.
        """
        if question in self.codebook.variables and self.codebook.variable(question).type == "multi":
            question, option = self._ticked(question, option)
        by, group = self.flagged(by, group)
        if question not in self.tables.answers.variables:
            return False
        key = Key(question, option, by, group)
        if by and by not in self.tables.groupings:
            raise StudyError(
                found=f"'{by}' makes groups, but the plan of what may be shown does not know it",
                where="rules.yaml, privacy > groupings",
                expected=", ".join(self.tables.groupings) or "the variables whose answers make groups",
                fix="add it there; every figure of the wave is then weighed again",
            )
        if question not in self.tables.questions:
            return self._of_few(by, group)
        if by and self.tables.block_of(question, by) is None:
            return True
        if self._known is not None:
            return key in self._known
        plan = self._of(question, by)
        return key in plan.block.places and plan.hides(key)

    def _ticked(self, question: str, option: str) -> tuple[str, str]:
        """Which figure of a question with several answers: of one of them, or, alike in each, of a reason."""
        if option.startswith(MISSING):
            return f"{question}.{self.codebook.variable(question).option_names[0]}", option
        return f"{question}.{option}", BASE if option == BASE else "yes"

    def _of_few(self, by: str, group: str) -> bool:
        """Whether a group is small or hidden: of a question without a table of its own, since all answered.

        That is a number which everybody gave, or what the rules of cleaning leave. The base is the group.
        """
        size = self.tables.answers.size(by, group) if by else self.tables.answers.respondents
        return 0 < size < self.limits.min_base or (bool(by) and self.hidden(by, group))

    def flagged(self, by: str, group: str) -> tuple[str, str]:
        """Return an answer of several as a group: those who gave it, of its own grouping."""
        several = by in self.codebook.variables and self.codebook.variable(by).type == "multi"
        return (f"{by}.{group}", "yes") if several else (by, group)

    @cached_property
    def ticked(self) -> Ticked:
        """What of the numbers of answers ticked is shown."""
        return Ticked(self)

    @cached_property
    def weighed(self) -> Weighed:
        """What of the weighted figures is shown."""
        return Weighed(self)

    @cached_property
    def _places(self) -> Places:
        limits = self.limits
        answers = self.tables.answers
        return Places(self.codebook, answers, limits.min_base, limits.min_count, limits.max_share)

    @cached_property
    def _hidden_in(self) -> set[tuple[str, str]]:
        return {(key.question, key.by) for key in self._known or ()}

    def hides_in(self, question: str, by: str) -> bool:
        """Return whether any figure of a question by a grouping is hidden."""
        if self._known is not None:
            return (question, by) in self._hidden_in
        plan = self._of(question, by)
        return any(plan.hides(key) for key in plan.block.places if (key.question, key.by) == (question, by))

    def suppress(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Blank every figure that is not shown, and the number of respondents where that is not shown.

        Parameters
        ----------
        frame : DataFrame
            Estimates of shares and means, in the columns of results.

        Returns
        -------
        DataFrame
            With the boolean column `suppressed`.
        """
        frame = frame.copy()
        rows = frame.assign(**{name: frame[name].fillna("") for name in ("option", "by", "group")})
        hide = np.array([self._row_hidden(row) for row in rows.to_dict("records")], dtype=bool)
        hide |= self._last_open(rows, hide)
        while (beside := self._places.beside(rows, hide)).any():
            hide |= beside
            hide |= self._last_open(rows, hide)
        hide |= self.ticked.classes(rows, hide)
        gone, coarse = self.weighed.mark(rows, hide)
        unsized = self.unsized(frame)
        telling = hide | gone | self._beside_hidden(rows, hide)
        hide |= gone
        for column in VALUES:
            frame[column] = frame[column].astype(float).mask(telling if column in _SPREAD else hide)
            if column in ("estimate", "ci_low", "ci_high"):
                frame[column] = frame[column].mask(coarse, frame[column].round(COARSE))
            else:
                frame[column] = frame[column].mask(coarse)
        frame["estimate"] = frame["estimate"].mask(telling, frame["estimate"].round(DECIMALS))
        mean = rows["statistic"].eq("mean").to_numpy(dtype=bool)
        frame["n"] = frame["n"].astype(float).mask((hide | mean) & unsized)
        frame["count"] = frame["count"].mask(mean & unsized)  # of a mean it is the same number
        frame["suppressed"] = hide
        return frame

    def _beside_hidden(self, rows: pd.DataFrame, hide: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Mark the means beside which an answer is hidden.

        With the number of respondents an exact mean gives the sum of the scores, and a standard error that of
        their squares: with these, counts that are hidden, to the last one. A class of numbers has no score.
        """
        cells = pd.MultiIndex.from_frame(rows[["question", "by", "group"]])
        hide = hide & ~rows["option"].str.contains(r"[^\d.,-]").to_numpy(dtype=bool)
        beside = cells.isin(cells[hide].unique())
        found = np.zeros(len(rows), dtype=bool)
        for place, row in enumerate(rows.to_dict("records")):
            if row["statistic"] == "mean":
                tells = self.mean_tells(row["question"], row["by"], row["group"])
                found[place] = beside[place] or tells
        return found

    def mean_tells(self, question: str, by: str = "", group: str = "") -> bool:
        """Return whether an answer is hidden of which the exact mean, or its error, would tell the count."""
        if self.codebook.variable(question).type == "numeric":
            return self._singly(question) or self.ticked.tells(question, by, group)
        names = self.codebook.variable(question).option_names
        return any(self.hidden(question, name, by, group) for name in names)

    def _singly(self, question: str) -> bool:
        """Whether the few numbers that were given are counted one by one, and one of them by few.

        In every group, since the exact sums of all groups add up to that of everybody.
        """
        if question not in self._few_numbers:
            numbers, n = self.tables.answers.numbers(question)
            known = ~np.isnan(numbers)
            values, places = np.unique(numbers[known], return_inverse=True)
            given = np.bincount(places, weights=n[known], minlength=len(values))
            whole = bool((values % 1 == 0).all()) and len(values) <= ONE_BY_ONE
            self._few_numbers[question] = whole and bool((given < self.limits.min_count).any())
        return self._few_numbers[question]

    def _row_hidden(self, row: Mapping[str, Any]) -> bool:
        question, by, group = row["question"], row["by"], row["group"]
        numeric = self.codebook.variable(question).type == "numeric"
        if row["statistic"] == "mean":
            few = self.hidden(question, BASE if numeric else MEAN, by, group)
            few |= numeric and self.ticked.few(question, by, group, row["n"])
            return few or (numeric and self._gives_away(question, by, group))
        if not numeric:
            return self.hidden(question, row["option"], by, group)
        # Classes of numbers are no answers of their own: each is weighed by itself.
        limits = self.limits
        return (not by and self._places.hides(question, row["option"])) or bool(
            sensitive(
                row["count"],
                row["n"],
                min_base=limits.min_base,
                min_count=limits.min_count,
                max_share=limits.max_share,
                group=bool(by),
            ).item()
        )

    def unsized(self, frame: pd.DataFrame) -> NDArray[np.bool_]:
        """Mark the rows, of whatever statistic, whose number of respondents is not shown.

        Parameters
        ----------
        frame : DataFrame
            Estimates, in the columns of results.
        """
        rows = frame.assign(**{name: frame[name].fillna("") for name in ("option", "by", "group")})
        return np.array([self._size_hidden(row) for row in rows.to_dict("records")], dtype=bool)

    def _size_hidden(self, row: Mapping[str, Any]) -> bool:
        question, option = row["question"], row["option"]
        if row["statistic"] == "mean" and self.codebook.variable(question).type != "numeric":
            return self.hidden(question, ANSWERED, row["by"], row["group"])
        if self.codebook.variable(question).type == "multi":
            names = self.codebook.variable(question).option_names
            question = f"{question}.{option if option in names else names[0]}"
        return row["n"] < self.limits.min_base or self.hidden(question, BASE, row["by"], row["group"])

    def _last_open(self, rows: pd.DataFrame, hide: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Mark the smallest class, or group with a mean of numbers, where one alone is hidden among them."""
        numeric = rows["question"].map(lambda name: self.codebook.variable(name).type == "numeric")
        more = np.zeros(len(rows), dtype=bool)
        there = numeric & (rows["by"].ne("") | rows["statistic"].eq("proportion"))
        keys = ["question", "by", "statistic", "weighted"]
        for places in rows[there].groupby(keys, sort=False).indices.values():
            own = np.flatnonzero(there)[places]
            if hide[own].sum() == 1 and len(own) > 1:
                left = own[~hide[own]]
                size = rows["count" if rows["statistic"].iloc[own[0]] == "proportion" else "n"]
                more[left[np.argmin(size.to_numpy(dtype=float)[left])]] = True
        return more

    def _gives_away(self, question: str, by: str, group: str) -> bool:
        """Whether a mean of numbers tells one respondent's, or that of each, since all gave the same."""
        numbers, n = self.tables.answers.numbers(question, *self.flagged(by, group))
        given = numbers[~np.isnan(numbers) & (n > 0)]
        alike = len(given) > 0 and given.min() == given.max()
        return alike or dominated(np.abs(numbers), n, percent=self.limits.dominance)

    def frame(self) -> pd.DataFrame:
        """Settle everything and list what is not shown.

        Returns
        -------
        DataFrame
            ``question, option, by, group, reason``: a rule of `nsmo.stats.disclosure.REASONS`, or
            `complementary`. It tells which figures are small: it belongs in no file that leaves.
        """
        numbers = {n for n in (self.tables.block_of(q, b) for q, b in self._pairs()) if n is not None}
        rows = []
        for plan in [self._plan(number) for number in sorted(numbers | {TOTALS})]:
            for key in plan.block.places:
                if plan.hides(key):
                    rows.append((*key, plan.reasons.get(key) or "complementary"))
        return pd.DataFrame(rows, columns=[*Key._fields, "reason"])

    def count(self, by: str = "") -> int:
        """Count the figures of a grouping that could be shown; of all respondents without one."""
        plans = [self._plan(number) for number in self._numbers(by)]
        keys = [key for plan in plans for key in plan.block.places if not key.option.startswith(TOLD)]
        return sum(key.by == by for key in keys)

    def audit(self, question: str, by: str = "") -> pd.DataFrame:
        """Bound the hidden figures of a breakdown for a reader who has every total and all that is shown.

        Returns
        -------
        DataFrame
            ``question, option, by, group, value, low, high, width``: `width` is what was asked for.
        """
        plan = self._of(question, by)
        mine = {
            key: place
            for key, place in plan.block.places.items()
            if (key.question, key.by) == (question, by) and plan.found.hidden[place]
        }
        rows = [(*key, *plan.bounds.loc[place], plan.width[place]) for key, place in mine.items()]
        return pd.DataFrame(rows, columns=[*Key._fields, "value", "low", "high", "width"])

    def attack(self, by: str = "") -> pd.DataFrame:
        """Bound those hidden figures of a grouping that are known best, as `audit` does.

        Returns
        -------
        DataFrame
            As of `audit`: every figure that has less than was asked for, and of those that were promised the
            full width the narrowest of all, with some others.
        """
        plans = [self._plan(number) for number in self._numbers(by)]
        rows: list[tuple] = []
        narrowest = np.inf
        for plan in plans:
            mine = {
                place: key
                for key, place in reversed(plan.block.places.items())
                if key.by == by and plan.found.hidden[place]
            }
            found = weakest(
                plan.block.linked,
                plan.found.hidden,
                list(mine),
                width=plan.width,
                least=self.limits.width,
                narrowest=narrowest,
                moves=plan.found.moves,
            )
            for cell, value, low, high in found.itertuples(index=False):
                rows.append((*mine[cell], value, low, high, plan.width[cell]))
                if plan.width[cell] >= self.limits.width:
                    narrowest = min(narrowest, high - low)
        return pd.DataFrame(rows, columns=[*Key._fields, "value", "low", "high", "width"])

    def _numbers(self, by: str) -> list[int]:
        """The blocks that the breakdowns by a grouping belong to; without one that of the totals."""
        blocks = (
            {self.tables.block_of(question, by) for question in self.tables.questions} if by else {TOTALS}
        )
        return sorted(number for number in blocks if number is not None)

    def _of(self, question: str, by: str) -> _Plan:
        number = self.tables.block_of(question, by) if by else None
        return self._totals if number is None else self._plan(number)

    def _pairs(self) -> list[tuple[str, str]]:
        return [(question, by) for question in self.tables.questions for by in self.tables.groupings]

    @cached_property
    def _totals(self) -> _Plan:
        block = self.tables.totals()
        hidden: set[Key] = set()
        while True:
            plan = self._settle(block, hidden)
            # What is hidden among all is hidden in breakdowns that are weighed with it, either way round.
            keys = (figure.key for figure in block.figures)
            more = {key for key in keys if key.by and key not in hidden and _whole_hidden(plan, key)}
            if not more:
                return plan
            hidden |= more

    def _plan(self, number: int) -> _Plan:
        if number == TOTALS:
            return self._totals
        if number not in self._plans:
            self._settling.add(number)
            self._plans[number] = self._settle(self.tables.block(number))
            self._settling.discard(number)
        return self._plans[number]

    def _settle(self, block: Block, beside: Set[Key] = frozenset()) -> _Plan:
        linked, places = block.linked, block.places
        primary = np.zeros(len(linked.truth), dtype=bool)
        reasons: dict[Key, str] = {}
        for figure in block.figures:
            key, place = figure.key, places[figure.key]
            count, base = linked.truth[place], linked.truth[places[figure.base]]
            limits, no_answer = self.limits, key.option.startswith(MISSING)
            if key.option.startswith(TOLD):
                reason = self._told(key, count)
            elif key in beside or (block.known and _whole_hidden(self._totals, key)):
                reason = "total"
            elif block.known and self._routing_hidden(figure.base, float(base)):
                reason = "routing"
            elif key.option in (BASE, ANSWERED, MEAN) or (no_answer and not limits.reasons):
                reason = "base" if 0 < base < limits.min_base else ""
            elif no_answer:  # that nobody in a group has none tells of nobody
                reason = sensitive(
                    count, base, min_base=limits.min_base, min_count=limits.min_count, group=False
                ).item()
            else:
                reason = sensitive(
                    count,
                    base,
                    min_base=limits.min_base,
                    min_count=limits.min_count,
                    max_share=limits.max_share,
                    group=bool(key.by),
                ).item()
            if reason:
                primary[place] = True
                reasons[key] = reason
        wide = np.full(len(linked.truth), float(self.limits.width))
        if block.known:
            self._narrow(block, wide)
        found = protect(linked, primary, width=wide, cost=self._cost(block), always=block.always)
        # Totals that leave no room, such as the routing of a question, are no fault of what is hidden here.
        left = audit(linked, ~block.always, np.flatnonzero(found.short).tolist())
        wide[left["cell"]] = np.minimum(wide[left["cell"]], left["high"] - left["low"])
        return _Plan(block, found, reasons, wide)

    def _cost(self, block: Block) -> NDArray[np.float64]:
        """What it costs to hide each figure: its respondents, so that small ones go first.

        With a denominator all that stand on it go. A mean of scores, which is the sum of all scores, would
        take most of the shares of its group along to stay; it is worth as much as a share of middling size.
        """
        linked, places = block.linked, block.places
        cost = linked.truth + 1
        own = cost.copy()
        on = {(places[f.base], places[f.key]) for f in block.figures if f.key.option not in (ANSWERED, MEAN)}
        for base, share in on:
            cost[base] += own[share] * (share != base)
        for figure in block.figures:
            if figure.key.option == MEAN:
                shares = len(self.tables.answers.variables[figure.key.question].scores)
                cost[places[figure.key]] = linked.truth[places[figure.base]] / shares + 1
        return cost

    def _narrow(self, block: Block, wide: NDArray[np.float64]) -> None:
        """Limit what is asked to what an answer and a group of these sizes can have in common."""
        totals, everybody = self._totals.block, self.tables.answers.respondents
        for key, place in block.places.items():
            if key.option != MEAN:
                row = totals.linked.truth[totals.places[Key(key.question, key.option)]]
                column = totals.linked.truth[totals.places[Key(key.by, key.group)]]
                wide[place] = min(wide[place], min(row, column) - max(0, row + column - everybody))

    def _told(self, key: Key, count: float) -> str:
        """Stop where the weights tell how few are in a category of a margin."""
        if 0 < count < self.limits.min_count:
            raise few_told(key.question, key.option.removeprefix(TOLD), self.limits.min_count)
        return ""

    def _routing_hidden(self, base: Key, n: float) -> bool:
        """Whether a group of those to whom a question was put is one answer to another one, which is hidden.

        A question that is put to whoever pays has as many respondents in a region as pay there.
        """
        decide = self._routes.setdefault(base.question, self.tables.answers.routed(base.question))
        found = False
        for question, option in decide:
            number = self.tables.block_of(question, base.by)
            if number is None or number in self._settling:
                continue
            plan, key = self._plan(number), Key(question, option, base.by, base.group)
            if key in plan.block.places and plan.hides(key):
                close = plan.block.linked.truth[plan.block.places[key]] < n + self.limits.width
                found |= close or len(decide) > 1
        return found


def few_told(question: str, answers: str, least: int) -> StudyError:
    """Return the refusal of a category of a margin that so few respondents are in that nobody may know it.

    Parameters
    ----------
    question, answers : str
        What makes the category.
    least : int
        The fewest respondents that may be told of.
    """
    return StudyError(
        found=f"a category of a margin has fewer than {least} respondents: {question}, {answers}; "
        "the page on weights would tell how many",
        where="rules.yaml, weighting",
        expected="at least as many respondents in each category as a figure that may be shown",
        fix="raise min_category of params.yaml (weight), or declare a merger under merge:",
    )


def _whole_hidden(totals: _Plan, key: Key) -> bool:
    """Whether the answer or the group of a figure is hidden among all respondents."""
    whole = [Key(key.question, key.option)]
    if key.by:
        whole += [Key(key.by, key.group), Key(key.by, BASE)]
    places = totals.block.places
    return any(one in places and totals.found.hidden[places[one]] for one in whole)
