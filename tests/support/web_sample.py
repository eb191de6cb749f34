"""A population of organisations of which the large take part far more often, as in a web survey by open call.

Shares of size class and sector are like those of the study: the largest class is 4 % of the population and
more than a third of the sample, so that calibration makes its weights very small.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from nsmo.stats import SurveyDesign

SIZES = ["2-9", "10-49", "50+"]
SECTORS = ["a-f", "g-i", "j-n", "o-u"]
IN_POPULATION = np.array([0.80, 0.163, 0.037])
IN_SAMPLE = np.array([0.34, 0.28, 0.38])
SECTORS_BY_SIZE = np.array([[0.23, 0.35, 0.25, 0.17], [0.30, 0.30, 0.22, 0.18], [0.25, 0.15, 0.25, 0.35]])
TAKES_PART = np.array([0.6, 0.7, 1.5, 1.3])  # by sector, within a size class


@dataclass(frozen=True)
class Population:
    """Organisations with an answer, and how often each takes part."""

    frame: pd.DataFrame
    chance: np.ndarray  # cumulated
    margins: dict

    def draw(self, rng: np.random.Generator, n: int) -> SurveyDesign:
        """A sample of n, each by itself; the design does not know the chances."""
        rows = np.searchsorted(self.chance, rng.random(n))
        return SurveyDesign(self.frame.iloc[rows].reset_index(drop=True))

    def share(self, **domain) -> float:
        """The true share of yes, in a domain such as ``size="50+"``."""
        inside = np.ones(len(self.frame), dtype=bool)
        for column, value in domain.items():
            inside &= (self.frame[column] == value).to_numpy()
        return float(self.frame["yes"][inside].mean())


def population(level: float, organisations: int = 200_000, seed: int = 2018) -> Population:
    """Organisations whose answers depend on size and sector; ``level``: share of yes among the small."""
    rng = np.random.default_rng(seed)
    size = rng.choice(3, organisations, p=IN_POPULATION)
    sector = (rng.random(organisations)[:, None] > SECTORS_BY_SIZE[size].cumsum(1)[:, :3]).sum(1)
    lean = np.log(level / (1 - level)) + np.array([0, 0.5, 0.8])[size] + np.array([-0.4, 0, 0.2, 0.4])[sector]
    frame = pd.DataFrame(
        {
            "size": pd.Categorical.from_codes(size, SIZES),
            "sector": pd.Categorical.from_codes(sector, SECTORS),
            "yes": rng.random(organisations) < 1 / (1 + np.exp(-lean)),
        }
    )
    chance = (IN_SAMPLE / (np.bincount(size) / organisations))[size] * TAKES_PART[sector]
    margins = {name: frame[name].value_counts(normalize=True).to_dict() for name in ("size", "sector")}
    return Population(frame, chance.cumsum() / chance.sum(), margins)
