"""A population whose answers are known, and the chances with which its members take part."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
import pandas as pd

from nsmo.study.margins import Target

NONE, MARGINS, ANSWER = "none", "margins", "margins and answer"
EVERYBODY, DOMAIN, DIFFERENCE = "everybody", "domain", "difference"
UNKNOWN = "unknown"  # the group that the margins say nothing of


@dataclass(frozen=True)
class Selection:
    """Who takes part.

    Attributes
    ----------
    kind
        "none": everybody as readily; "margins": the categories of the margins as they did in the wave;
        "margins and answer": besides, a yes makes the odds `odds` times as high.
    odds
        1 but for the last.
    """

    kind: str
    odds: float = 1.0


def selections(odds: Sequence[float]) -> list[Selection]:
    """List the ways of taking part that are gone through, from harmless to worst."""
    tilted = [Selection(ANSWER, float(ratio)) for ratio in sorted(odds) if ratio != 1]
    return [Selection(NONE), Selection(MARGINS), *tilted]


@dataclass(frozen=True)
class Quantity:
    """A share of yes, or the first of two shares less the second.

    Attributes
    ----------
    kind
        "everybody", "domain" or "difference".
    by, group
        The margin and its category, or "first - second"; empty for everybody.
    parts
        Numbers of one or two domains of `World.domains`.
    """

    kind: str
    by: str
    group: str
    parts: tuple[int, ...]


@dataclass(frozen=True)
class World:
    """A population without end: the cells of the margins, a group that they do not know, and a yes or no.

    The margins are taken to be independent of one another, since no more is known of the population. The log
    odds of a yes go up evenly over the categories of each margin, by the log of `gradient` from the first to
    the last. The other group is a share `apart` of every cell, and answers like everybody else.

    Attributes
    ----------
    targets
        The margins.
    taken_part
        By margin and category: share among the respondents of the wave, before weighting.
    level
        Share of yes in the middle of every margin.
    gradient, apart
        As above.
    """

    targets: Mapping[str, Target]
    taken_part: Mapping[str, Mapping[str, float]]
    level: float
    gradient: float
    apart: float

    @cached_property
    def categories(self) -> list[list[str]]:
        """The categories of each margin."""
        return [[category.name for category in target.categories] for target in self.targets.values()]

    @cached_property
    def codes(self) -> np.ndarray:
        """The number of each cell's category: (cells, margins)."""
        return np.array(list(product(*(range(len(names)) for names in self.categories))))

    @cached_property
    def shares(self) -> np.ndarray:
        """The share of each cell in the population."""
        known = [list(target.shares.values()) for target in self.targets.values()]
        return np.prod([np.array(one)[code] for one, code in zip(known, self.codes.T, strict=True)], axis=0)

    @cached_property
    def yes(self) -> np.ndarray:
        """The chance of a yes in each cell."""
        lean = np.full(len(self.codes), np.log(self.level / (1 - self.level)))
        for names, code in zip(self.categories, self.codes.T, strict=True):
            if len(names) > 1:
                lean += np.log(self.gradient) * (code / (len(names) - 1) - 0.5)
        return 1 / (1 + np.exp(-lean))

    @cached_property
    def members(self) -> np.ndarray:
        """The share of each kind in the population: (cells, 2, 2) by cell, other group, yes."""
        group = np.array([1 - self.apart, self.apart])
        answer = np.column_stack([1 - self.yes, self.yes])
        return self.shares[:, None, None] * group[None, :, None] * answer[:, None, :]

    def readiness(self, selection: Selection) -> np.ndarray:
        """How readily each kind takes part, against the others: (cells, 2, 2)."""
        ready = np.ones(self.members.shape)
        if selection.kind == NONE:
            return ready
        for name, names, code in zip(self.targets, self.categories, self.codes.T, strict=True):
            known = self.targets[name].shares
            ratio = [self.taken_part[name][category] / known[category] for category in names]
            ready *= np.array(ratio)[code][:, None, None]
        ready[:, :, 1] *= selection.odds
        return ready

    @cached_property
    def domains(self) -> np.ndarray:
        """Which kinds are in which domain: (domains, cells, 2); everybody, each category, the other group."""
        found = [np.ones((len(self.codes), 2), dtype=bool)]
        for names, code in zip(self.categories, self.codes.T, strict=True):
            found += [np.repeat(code[:, None] == i, 2, axis=1) for i in range(len(names))]
        group = np.repeat(np.array([[False, True]]), len(self.codes), axis=0)
        return np.array([*found, group, ~group])

    @cached_property
    def quantities(self) -> list[Quantity]:
        """What is estimated: the share of everybody, of each domain, and the ends of each margin compared."""
        found, place = [Quantity(EVERYBODY, "", "", (0,))], 1
        gaps = []
        for name, names in zip(self.targets, self.categories, strict=True):
            found += [Quantity(DOMAIN, name, one, (place + i,)) for i, one in enumerate(names)]
            if len(names) > 1:
                ends = (place + len(names) - 1, place)
                gaps.append(Quantity(DIFFERENCE, name, f"{names[-1]} - {names[0]}", ends))
            place += len(names)
        found.append(Quantity(DOMAIN, UNKNOWN, UNKNOWN, (place,)))
        return [*found, *gaps, Quantity(DIFFERENCE, UNKNOWN, UNKNOWN, (place, place + 1))]

    @cached_property
    def truth(self) -> np.ndarray:
        """The true value of each quantity."""
        inside = self.domains[:, :, :, None] * self.members
        share = inside[..., 1].sum(axis=(1, 2)) / inside.sum(axis=(1, 2, 3))
        return np.array(
            [share[one.parts[0]] - sum(share[i] for i in one.parts[1:]) for one in self.quantities]
        )

    @property
    def shrunk(self) -> tuple[str, str]:
        """The margin and the category that weighting shrinks most."""
        ratio = {
            (name, category): target.shares[category] / self.taken_part[name][category]
            for name, target in self.targets.items()
            for category in target.shares
        }
        return min(ratio, key=ratio.__getitem__)


def shares_before(frame: pd.DataFrame, targets: Mapping[str, Target]) -> dict[str, dict[str, float]]:
    """Compute the share of each category of the margins among respondents.

    Parameters
    ----------
    frame
        The respondents, with the variables of the margins.
    targets
        The margins, before any merger.

    Returns
    -------
    dict
        By margin and category. A category that nobody is in counts as half a respondent, so that it can take
        part at all.
    """
    found = {}
    for name, target in targets.items():
        counts = frame[target.margin.question].value_counts()
        own = {
            category.name: max(float(sum(counts.get(option, 0) for option in category.of)), 0.5)
            for category in target.categories
        }
        found[name] = {category: n / sum(own.values()) for category, n in own.items()}
    return found
