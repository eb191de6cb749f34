"""Rankings in one cell ("b; a; c"): each answer gets a column of its own, with the place that it has."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nsmo.formats.cells import Export
from nsmo.formats.texts import Texts


@dataclass(frozen=True)
class Ranked:
    """A column whose cells hold answers in an order, what stands between them, and the answers."""

    column: str
    separator: str
    answers: tuple[str, ...]

    def name(self, answer: str) -> str:
        """Return what the column with the places of an answer is called."""
        return f"{self.column} [{answer}]"

    def places(self, cell: str) -> list[str]:
        """List the place of each answer; nothing where it has none, the cell where it cannot be read."""
        order = self._order([part.strip() for part in cell.split(self.separator)])
        if order is None:
            return [cell] * len(self.answers)
        return [str(order.index(answer) + 1) if answer in order else "" for answer in self.answers]

    def _order(self, parts: Sequence[str]) -> list[str] | None:
        """Put parts together to answers, which may hold what stands between them; None where that fails."""
        order: list[str] = []
        left = [part for part in parts if part]
        known = {self._alone(answer): answer for answer in self.answers}
        while left:
            longest = next((n for n in range(len(left), 0, -1) if tuple(left[:n]) in known), 0)
            if not longest or known[tuple(left[:longest])] in order:
                return None
            order.append(known[tuple(left[:longest])])
            left = left[longest:]
        return order

    def _alone(self, answer: str) -> tuple[str, ...]:
        return tuple(part.strip() for part in answer.split(self.separator) if part.strip())


def taken_apart(export: Export, rankings: Sequence[Ranked]) -> Export:
    """Put columns with places where rankings stood."""
    texts: dict[str, Texts] = {}
    known = {one.column: one for one in rankings}
    for column, cells in export.texts.items():
        ranked = known.get(column)
        if ranked is None:
            texts[column] = cells
            continue
        places = [ranked.places(text) for text in cells.found]
        for at, answer in enumerate(ranked.answers):
            texts[ranked.name(answer)] = Texts.of([row[at] for row in places], cells.place)
    return replace(export, texts=texts)
