"""One plan for all figures of a wave: which ones are not shown, so that no reader learns what a few answered.

The totals are settled first. What is hidden among all respondents is hidden in every breakdown, so that those
who change places between two hidden categories can do so everywhere. Then each breakdown is settled as if the
reader had all totals, hidden ones too; so no breakdown has to know of another one, and whichever stage asks
gets the same answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nsmo.results import VALUES
from nsmo.stats.disclosure import audit, dominated, sensitive, weakest
from nsmo.stats.suppression import Hidden, protect
from nsmo.study import Codebook, StudyError
from nsmo.survey.cells import Cells
from nsmo.survey.linked import ANSWERED, BASE, DECIMALS, MEAN, Answers, Block, Key, Tables

#: What tells how far answers lie apart.
_SPREAD = ("se", "ci_low", "ci_high", "deff")


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
    """

    min_base: int
    min_count: int
    max_share: float
    width: int
    dominance: float


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
        """Whether a figure is hidden; one that equals a total, or has a base, is hidden where that is."""
        return any(
            self.found.hidden[self.block.places[one]] or self.reasons.get(one) == "total"
            for one in {key, self._bases[key]}
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
    """

    def __init__(
        self,
        codebook: Codebook,
        responses: pd.DataFrame | Cells,
        limits: Limits,
        groupings: Sequence[str],
        settled: pd.DataFrame | None = None,
    ) -> None:
        self.limits = limits
        self.codebook = codebook
        self.tables = Tables(Answers(codebook, responses), groupings)
        self._known = None if settled is None else set(map(Key._make, settled[list(Key._fields)].to_numpy()))
        self._plans: dict[int, _Plan] = {}

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
            question, option = f"{question}.{option}", BASE if option == BASE else "yes"
        by, group = self._flagged(by, group)
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

    def _of_few(self, by: str, group: str) -> bool:
        """Whether a group is small or hidden: of a question without a table of its own, since all answered.

        That is a number which everybody gave, or what the rules of cleaning leave. The base is the group.
        """
        size = self.tables.answers.size(by, group) if by else self.tables.answers.respondents
        return 0 < size < self.limits.min_base or (bool(by) and self.hidden(by, group))

    def _flagged(self, by: str, group: str) -> tuple[str, str]:
        """An answer of several as a group: those who gave it, of its own grouping."""
        several = by in self.codebook.variables and self.codebook.variable(by).type == "multi"
        return (f"{by}.{group}", "yes") if several else (by, group)

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
        unsized = np.array([self._size_hidden(row) for row in rows.to_dict("records")], dtype=bool)
        telling = hide | self._beside_hidden(rows, hide)
        for column in VALUES:
            frame[column] = frame[column].astype(float).mask(telling if column in _SPREAD else hide)
        frame["estimate"] = frame["estimate"].mask(telling, frame["estimate"].round(DECIMALS))
        frame["n"] = frame["n"].astype(float).mask(hide & unsized)
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
        names = self.codebook.variable(question).option_names
        return any(self.hidden(question, name, by, group) for name in names)

    def _row_hidden(self, row: Mapping[str, Any]) -> bool:
        question, by, group = row["question"], row["by"], row["group"]
        numeric = self.codebook.variable(question).type == "numeric"
        if row["statistic"] == "mean":
            few = self.hidden(question, BASE if numeric else MEAN, by, group)
            return few or (numeric and self._gives_away(question, by, group))
        if not numeric:
            return self.hidden(question, row["option"], by, group)
        # Classes of numbers are no answers of their own: each is weighed by itself.
        limits = self.limits
        return bool(
            sensitive(
                row["count"],
                row["n"],
                min_base=limits.min_base,
                min_count=limits.min_count,
                max_share=limits.max_share,
                group=bool(by),
            ).item()
        )

    def _size_hidden(self, row: Mapping[str, Any]) -> bool:
        question, option = row["question"], row["option"]
        if row["statistic"] == "mean" and self.codebook.variable(question).type != "numeric":
            return self.hidden(question, ANSWERED, row["by"], row["group"])
        if self.codebook.variable(question).type == "multi":
            question = f"{question}.{option}"
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
        numbers, n = self.tables.answers.numbers(question, *self._flagged(by, group))
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
        numbers = sorted({n for n in (self.tables.block_of(q, b) for q, b in self._pairs()) if n is not None})
        rows = []
        for plan in [self._totals, *(self._plan(number) for number in numbers)]:
            for key in plan.block.places:
                if plan.hides(key):
                    rows.append((*key, plan.reasons.get(key) or "complementary"))
        return pd.DataFrame(rows, columns=[*Key._fields, "reason"])

    def count(self, by: str = "") -> int:
        """Count the figures of a grouping that could be shown; of all respondents without one."""
        numbers = {self.tables.block_of(question, by) for question in self.tables.questions} - {None}
        plans = [self._plan(number) for number in numbers if number is not None] if by else [self._totals]
        return sum(key.by == by for plan in plans for key in plan.block.places)

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
        blocks = {self.tables.block_of(question, by) for question in self.tables.questions}
        numbers = sorted(number for number in blocks if number is not None)
        plans = [self._plan(number) for number in numbers] if by else [self._totals]
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

    def _of(self, question: str, by: str) -> _Plan:
        number = self.tables.block_of(question, by) if by else None
        return self._totals if number is None else self._plan(number)

    def _pairs(self) -> list[tuple[str, str]]:
        return [(question, by) for question in self.tables.questions for by in self.tables.groupings]

    @cached_property
    def _totals(self) -> _Plan:
        return self._settle(self.tables.totals())

    def _plan(self, number: int) -> _Plan:
        if number not in self._plans:
            self._plans[number] = self._settle(self.tables.block(number))
        return self._plans[number]

    def _settle(self, block: Block) -> _Plan:
        linked, places = block.linked, block.places
        primary = np.zeros(len(linked.truth), dtype=bool)
        reasons: dict[Key, str] = {}
        for figure in block.figures:
            key, place = figure.key, places[figure.key]
            count, base = linked.truth[place], linked.truth[places[figure.base]]
            limits = self.limits
            if block.known and self._hidden_in_total(key):
                reason = "total"
            elif key.option in (BASE, ANSWERED, MEAN):
                reason = "base" if 0 < base < limits.min_base else ""
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

        A mean of scores, which is the sum of all scores, would take most of the shares of its group along to
        stay; it is worth as much as a share of middling size.
        """
        linked, places = block.linked, block.places
        cost = linked.truth + 1
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

    def _hidden_in_total(self, key: Key) -> bool:
        """Whether the answer or the group is hidden among all respondents."""
        plan = self._totals
        whole = [Key(key.question, key.option)]
        if key.by:
            whole += [Key(key.by, key.group), Key(key.by, BASE)]
        return any(k in plan.block.places and plan.found.hidden[plan.block.places[k]] for k in whole)
