"""The groups by which every question is counted: everybody, and those of each banner."""

from functools import cached_property
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

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
        (k, groups) which are the others.
    """

    group: NDArray[np.integer]
    rest: NDArray[np.bool_]
    banner: NDArray[np.integer]


class Divisions:
    """Everybody, and the banners with their groups, numbered on.

    Attributes
    ----------
    banners : list of str
        The variables whose answers make the groups.
    by, group : list of str or None
        Of each group its variable and its answer; None for everybody, who come first.
    codes : list of array
        For everybody and each banner, the group of every respondent within it, -1 for none.
    sizes : list of int
        How many groups each of them has.
    """

    def __init__(self, survey: Survey) -> None:
        codebook, frame = survey.codebook, survey.frame
        names = [name for name in banners(codebook) if f"{name}.missing" in frame]
        self.banners = names
        self.by: list[str | None] = [None]
        self.group: list[str | None] = [None]
        self.codes: list[NDArray[np.integer]] = [np.zeros(len(frame), dtype=np.int64)]
        self.sizes = [1]
        self.sources = {name: made_of(codebook, name) for name in names}
        for name in names:
            variable = codebook.variable(name)
            require_groups(variable)
            options = variable.option_names
            self.by += [name] * len(options)
            self.group += options
            self.codes.append(pd.Categorical(frame[name].astype(object), options).codes.astype(np.int64))
            self.sizes.append(len(options))

    @cached_property
    def _starts(self) -> dict[str, int]:
        return dict(zip(self.banners, np.cumsum(self.sizes)[:-1].tolist(), strict=True))

    def places(self, banner: str) -> range:
        """The numbers of the groups of a banner."""
        start = self._starts[banner]
        return range(start, start + self.sizes[self.banners.index(banner) + 1])

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
        group = np.arange(1, len(self.by))
        same = self._banner[group][:, None] == self._banner
        return Others(group, same & (group[:, None] != np.arange(len(self.by))), self._banner[group])

    @cached_property
    def _banner(self) -> NDArray[np.integer]:
        """(groups,): the number of the banner of each group, -1 for everybody."""
        return np.repeat(np.arange(-1, len(self.banners)), self.sizes)

    def shown(self, sources: set[str]) -> NDArray[np.bool_]:
        """Which groups a question is shown by: none that are made of what it is made of."""
        out = {name for name, own in self.sources.items() if own & sources}
        return np.array([by not in out for by in self.by])
