"""The groups by which every question is counted: everybody, and those of each banner.

The answers to a question that takes several make groups that overlap. Each of them is a division of its own,
with those who did not choose it; and so is each pair of them, with those who are in both.
"""

from collections.abc import Sequence
from functools import cached_property
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nsmo.study import Variable
from nsmo.study.crosstabs import banners, made_of
from nsmo.survey.designs import Survey
from nsmo.survey.estimates import require_groups


class Others(NamedTuple):
    """Groups with all others of their banner.

    Attributes
    ----------
    group, banner : array of int
        (k,) the number of the group and of its banner.
    rest : array of bool
        (k, groups) which are the others; of a group that overlaps, those who were asked and are not in it.
    """

    group: NDArray[np.integer]
    rest: NDArray[np.bool_]
    banner: NDArray[np.integer]


class Divisions:
    """Everybody, and the banners with their groups, numbered on.

    Attributes
    ----------
    banners : list of str
        The variables whose answers make the groups; one that all answered alike makes none.
    by, group : list of str or None
        Of each group its variable and its answer; None for everybody, who come first.
    codes : list of array
        For everybody and each division, the group of every respondent within it, -1 for none.
    sizes : list of int
        How many groups each of them has.
    overlaps : dict
        Of each two groups that overlap, by their numbers: the number of those who are in both.
    """

    def __init__(self, survey: Survey) -> None:
        codebook, frame = survey.codebook, survey.frame
        names = [name for name in banners(codebook) if f"{name}.missing" in frame]
        self.banners: list[str] = []
        self.by: list[str | None] = [None]
        self.group: list[str | None] = [None]
        self.codes: list[NDArray[np.integer]] = [np.zeros(len(frame), dtype=np.int64)]
        self.sizes = [1]
        self.sources = {name: made_of(codebook, name) for name in names}
        self._columns: dict[str, list[int]] = {}
        self._rests: dict[int, int] = {}
        self.overlaps: dict[tuple[int, int], int] = {}
        for name in names:
            variable = codebook.variable(name)
            if variable.type == "multi":
                self._add_overlapping(variable, frame)
                self.banners.append(name)
                continue
            require_groups(variable)
            options = variable.option_names
            # What is no option of it is in no group.
            codes = pd.Index(options).get_indexer(pd.Index(frame[name].astype(object))).astype(np.int64)
            # One group divides nobody; its column would tell that everybody is in it.
            if len(np.unique(codes[codes >= 0])) > 1:
                self._columns[name] = self._add(name, options, codes)
                self.banners.append(name)

    def _add(self, by: str, groups: Sequence[str | None], codes: NDArray[np.integer]) -> list[int]:
        start = len(self.by)
        self.by += [by] * len(groups)
        self.group += groups
        self.codes.append(codes)
        self.sizes.append(len(groups))
        return list(range(start, len(self.by)))

    def _add_overlapping(self, variable: Variable, frame: pd.DataFrame) -> None:
        answered = frame[f"{variable.name}.missing"].isna().to_numpy(dtype=bool)
        ticks = {
            option: answered & frame[f"{variable.name}.{option}"].to_numpy(dtype=bool, na_value=False)
            for option in variable.option_names
        }
        places = self._columns[variable.name] = []
        for option, chose in ticks.items():
            codes = np.where(chose, 0, np.where(answered, 1, -1))
            own, rest = self._add(variable.name, [option, None], codes)
            places.append(own)
            self._rests[own] = rest
        for (one, chose), (two, also) in combinations(zip(places, ticks.values(), strict=True), 2):
            (both,) = self._add(variable.name, [None], np.where(chose & also, 0, -1))
            self.overlaps[one, two] = both

    def places(self, banner: str) -> list[int]:
        """The numbers of the groups of a banner."""
        return self._columns[banner]

    @cached_property
    def pairs(self) -> NDArray[np.integer]:
        """(pairs, 2): the numbers of every two groups of one banner."""
        found = [pair for banner in self.banners for pair in combinations(self.places(banner), 2)]
        return np.array(found, dtype=np.int64).reshape(-1, 2)

    @cached_property
    def banner_of_pairs(self) -> NDArray[np.integer]:
        """(pairs,): the number of the banner of each pair."""
        return self._banner[self.pairs[:, 0]]

    @cached_property
    def others(self) -> "Others":
        """Each group with all others of its banner."""
        group = np.array([place for banner in self.banners for place in self.places(banner)], dtype=np.int64)
        rest = np.zeros((len(group), len(self.by)), dtype=bool)
        for row, place in zip(rest, group.tolist(), strict=True):
            if place in self._rests:  # who is in other columns may be in this one, too
                row[self._rests[place]] = True
            else:
                row[self.places(str(self.by[place]))] = True
                row[place] = False
        return Others(group, rest, self._banner[group])

    @cached_property
    def _banner(self) -> NDArray[np.integer]:
        """(groups,): the number of the banner of each group, -1 for everybody."""
        number = {name: i for i, name in enumerate(self.banners)}
        return np.array([-1 if by is None else number[by] for by in self.by], dtype=np.int64)

    def shown(self, sources: set[str]) -> NDArray[np.bool_]:
        """Which groups a question is shown by: none made of what it is made of, or that help to compare."""
        out = {name for name, own in self.sources.items() if own & sources}
        named = zip(self.by, self.group, strict=True)
        return np.array([by not in out and (by is None or group is not None) for by, group in named])
