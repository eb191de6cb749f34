"""Guesses which columns tell how respondents were drawn: strata, clusters, populations, replicate weights."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from nsmo.draft.values import Column

_STRATUM = re.compile(
    r"(.*[ _.-])?(strat(um|a|id)?|sdmvstra|v?e?varstrat|vstrat|vestr|stratum[ _.-]?(id|nr)|laag"
    r"|steekproeflaag)([ _.-]?\d)?",
    re.IGNORECASE,
)
_CLUSTER = re.compile(
    r"(.*[ _.-])?(psu|cluster|clus|sdmvpsu|varunit|vpsu|secu|primary[ _.-]?sampling[ _.-]?unit|ppu|klaster)"
    r"([ _.-]?(id|nr))?",
    re.IGNORECASE,
)
_FPC = re.compile(
    r"(.*[ _.-])?(fpc|pop(ulation)?[ _.-]?size|popsize|n[ _.-]?pop|stratum[ _.-]?size|populatieomvang)"
    r"([ _.-]?\d)?",
    re.IGNORECASE,
)
_REPLICATE = re.compile(
    r"(.*?)(rep|repl|replicate|repw|repwt|repwgt|rwgt|rw|wtrep|wrep|brr|brrwt|fay|jk|jkn|jkw|jackknife|boot|bs|bsw"
    r"|btwt|w_fstr|spfwt|pwgtp|wtrp)([ _.-]?(w|wt|wgt|weight)?[ _.-]?)(\d+)",
    re.IGNORECASE,
)
# What a weight may be called where strata, clusters or replicate weights stand beside it.
_SHORT = re.compile(r"(.*[ _.-])?(w|pw|fw|wts?|wght|wei|gew|wf)([ _.-]?\w{0,10})?", re.IGNORECASE)
_FEWEST = 8  # replicate weights; fewer are columns of something else
_NEAR = 1e-4  # of the ratio of a replicate weight to the weight


@dataclass
class Sampling:
    """The columns of a design, and how replicate weights seem to have been made."""

    columns: dict[str, str] = field(default_factory=dict)
    replicates: list[str] = field(default_factory=list)
    settings: str = ""
    """What follows `replicates:` in rules.yaml, in YAML."""
    seen: str = ""
    """By what the type of the replicates was told."""
    zeros: int = 0
    """How many respondents have a weight of 0."""
    unweighted: list[str] = field(default_factory=list)
    """Columns that look like replicate weights of which the weight itself is not there."""
    asked: set[str] = field(default_factory=set)
    """The columns of the design that are questions too, such as the region."""

    @property
    def every_column(self) -> list[str]:
        """List the columns that belong to the design."""
        return [*self.columns.values(), *self.replicates]


def sampling(
    columns: Mapping[str, Column],
    taken: Collection[str],
    labelled: Collection[str],
    weights: Sequence[str],
    whole: Sequence[str],
) -> Sampling:
    """Guess the design of an export.

    Parameters
    ----------
    columns : mapping
        The columns of the export by name.
    taken : collection of str
        Those that are something else, such as the id.
    labelled : collection of str
        Those with labelled answers: they may be strata or clusters, and are questions beside.
    weights : sequence of str
        Columns that look like weights, the likeliest first, replicate weights among them.
    whole : sequence of str
        Columns that are called weights and hold whole numbers: weights where strata, clusters or replicate
        weights stand beside them, as in public microdata.

    Returns
    -------
    Sampling
        Without columns where there is neither a weight nor both strata and clusters.
    """
    answered = {name: column for name, column in columns.items() if name not in taken and column.answered}
    free = {name: column for name, column in answered.items() if name not in labelled}
    found = Sampling()
    replicates = _replicates(free, [*weights, *whole])
    own = [name for name in weights if name not in replicates]
    for use, pattern in (("stratum", _STRATUM), ("cluster", _CLUSTER), ("fpc", _FPC)):
        for name, column in (free if use == "fpc" else answered).items():
            if pattern.fullmatch(name.strip()) and name not in found.every_column and _fits(use, column):
                found.columns.setdefault(use, name)
    if replicates:
        own += [name for name in whole if name not in replicates]
    if not own and (found.columns or replicates):
        ours = {*found.columns.values(), *replicates}
        own = [
            name
            for name, one in free.items()
            if name not in ours and (name in whole or (_SHORT.fullmatch(name) and _weighs(one)))
        ]
    if replicates:
        # Of several, that which the replicates were made of: a weight at birth is called a weight too.
        own.sort(key=_unlike(free, replicates))
    found.asked = set(found.columns.values()) & set(labelled)
    if own:
        found.columns = {"weight": own[0], **found.columns}
    if "weight" not in found.columns and not {"stratum", "cluster"} <= set(found.columns):
        return Sampling(unweighted=replicates)
    if own:
        found.zeros = int((_numbers(free[own[0]]) == 0).sum())
    if set(found.columns) == {"weight", "fpc"}:
        if sum(bool(_FPC.fullmatch(name.strip())) for name in columns) > 1:
            # Of several stages: which units these are, is not in their names.
            del found.columns["fpc"]
        else:
            _stratify(found, answered)
    if "weight" not in found.columns:
        found.unweighted = replicates
    elif replicates:
        found.replicates = replicates
        found.settings, found.seen = _type(free[own[0]], [free[name] for name in replicates], replicates)
    return found


def _fits(use: str, column: Column) -> bool:
    """Return whether a column holds what its name says: groups of rows, or numbers of a population."""
    if column.answered < len(column.texts):
        return False
    if use == "fpc":
        return column.numbers and min(_numbers(column)) > 0
    return 1 < len(column.counts) <= len(column.texts) / 2


def _stratify(found: Sampling, columns: Mapping[str, Column]) -> None:
    """Take as stratum what each population is of, where these differ; without it they say nothing."""
    sizes = columns[found.columns["fpc"]].texts
    if len(set(sizes)) == 1:
        return
    for name, column in columns.items():
        pairs = set(zip(column.texts, sizes, strict=True))
        if name not in found.every_column and _fits("stratum", column) and len(pairs) == len(column.counts):
            found.columns["stratum"] = name
            found.asked.add(name)
            return
    del found.columns["fpc"]


def _unlike(columns: Mapping[str, Column], replicates: Sequence[str]) -> Callable[[str], float]:
    """Return by how much the mean of a weight differs from that of replicate weights, in times."""
    mean = float(np.mean([np.nanmean(_numbers(columns[name])) for name in replicates]))

    def unlike(name: str) -> float:
        own = float(np.nanmean(_numbers(columns[name])))
        return abs(np.log(own / mean)) if own > 0 < mean else np.inf

    return unlike


def _like(means: np.ndarray, mean: float) -> bool:
    """Return whether replicate weights add up to about as many people as a weight of some mean."""
    return bool(mean > 0 and abs(np.median(means) / mean - 1) < 0.1 and (means < 2 * mean).all())


def _weighs(column: Column) -> bool:
    """Return whether a column may be a weight: for everybody a number, above zero for most, not all whole."""
    if not column.numbers or column.answered < len(column.texts):
        return False
    numbers = _numbers(column)
    return bool((numbers >= 0).all() and np.median(numbers) > 0 and (numbers % 1 != 0).any())


def _replicates(columns: Mapping[str, Column], weights: Sequence[str]) -> list[str]:
    """Find the columns of one name with numbers behind it that hold nothing but weights.

    Whole numbers are taken for weights where each column adds up to about as many people as a weight does.
    """
    families: dict[str, list[tuple[int, str]]] = {}
    for name, column in columns.items():
        match = _REPLICATE.fullmatch(name.strip())
        if match and column.numbers and column.answered == len(column.texts):
            families.setdefault(name.strip()[: match.start(5)].lower(), []).append((int(match[5]), name))
    best = max(families.values(), key=len, default=[])
    if len(best) < _FEWEST or any((_numbers(columns[name]) < 0).any() for _, name in best):
        return []
    fractional = any(text for _, name in best for text in columns[name].counts if not text.isdigit())
    names = [name for _, name in sorted(best)]
    if not fractional:
        means = np.array([_numbers(columns[name]).mean() for name in names])
        others = [name for name in weights if name in columns and name not in names]
        if not any(_like(means, _numbers(columns[name]).mean()) for name in others):
            return []
    return names


def _numbers(column: Column) -> np.ndarray:
    def read(text: str) -> float:
        try:
            return float(text.replace(",", "."))
        except ValueError:
            return np.nan

    return np.array([read(text) for text in column.texts])


def _type(weight: Column, replicates: Sequence[Column], names: Sequence[str]) -> tuple[str, str]:
    """Find by the numbers, and by the names where these leave it open, how replicates were made."""
    weights, matrix = _numbers(weight), np.stack([_numbers(one) for one in replicates], axis=1)
    if not (weights > 0).any():
        return "{type: other, scale: 1}", "the weights are 0"
    mean = matrix.mean() / weights.mean()
    combined = "" if 0.2 < mean < 5 else ", combined: false"
    ratio = matrix / weights[:, None] if not combined else matrix
    ratio = ratio[weights > 0]
    none = float((ratio == 0).mean())
    different = np.unique(np.round(ratio / _NEAR).astype(np.int64)) * _NEAR
    said, name = f"{none:.0%} of them are 0", names[0].lower()
    if len(different) == 2 and abs(different.sum() - 2) < 2 * _NEAR and different[0] > 0:
        rho = f"{different[0]:.4g}"
        return (
            f"{{type: Fay, rho: {rho}{combined}}}",
            f"they are {rho} or {2 - float(rho):g} times the weight",
        )
    if 0.4 < none < 0.6:
        return f"{{type: BRR{combined}}}", said
    if "boot" in name or "bs" in name or 0.2 < none <= 0.4:
        return f"{{type: bootstrap{combined}}}", said
    if "fay" in name or "brr" in name:
        return f"{{type: Fay, rho: 0.5{combined}}}", f"{said}; rho stands in the documentation"
    plain = all(len(np.unique(np.round(one / _NEAR))) <= 3 for one in ratio.T)
    largest = ratio.max(axis=0)
    if plain and none > 0 and len(different) > 2 and (largest > 1).all():
        scales = ", ".join(f"{round(1 / one, 4):g}" for one in largest)
        return f"{{type: JKn, rscales: [{scales}]{combined}}}", f"{said}, the others of a stratum are heavier"
    return f"{{type: JK1{combined}}}", said
