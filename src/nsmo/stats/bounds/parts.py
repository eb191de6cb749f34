"""Which questions need a common table, when each figure speaks of a few of them."""

from collections.abc import Iterable, Sequence

Sources = frozenset[str]


def join_tree(
    sets: Sequence[Sources],
) -> tuple[list[Sources], list[tuple[int, int, Sources]]]:
    """Arrange sets so that what two of them share is shared by all that lie between them.

    Returns
    -------
    (parts, links)
        The largest sets, and pairs of them (by place) with what they share. Sets that cannot be arranged so,
        because their sharing goes round in a circle, are put together.
    """
    parts: list[Sources] = []
    for one in sorted(set(sets), key=lambda s: (-len(s), sorted(s))):
        if not any(one <= other for other in parts):
            parts.append(one)
    while True:
        # A part whose shared questions all lie in one other part is a leaf; without leaves there is a circle.
        left, links = list(range(len(parts))), []
        while len(left) > 1:
            for i in left:
                others = [j for j in left if j != i]
                shared = parts[i] & frozenset().union(*(parts[j] for j in others))
                host = next((j for j in others if shared <= parts[j]), None)
                if host is not None:
                    links += [(i, host, shared)] if shared else []
                    left.remove(i)
                    break
            else:
                break
        if len(left) <= 1:
            return parts, links
        ring = frozenset().union(*(parts[i] for i in left))
        parts = [ring] + [part for i, part in enumerate(parts) if not part <= ring]


def reached(start: Sources, ties: Iterable[Sources]) -> Sources:
    """Return everything that a chain of ties leads to."""
    ties, found = list(ties), start
    while True:
        more = found.union(*(tie for tie in ties if tie & found))
        if more == found:
            return found
        found = more
