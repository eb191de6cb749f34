"""What each parameter of params.yaml may be: its kind, its range, and how that is said."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError

from nsmo.runner.declarations import OWN, ContractError, own_thresholds
from nsmo.study.yamlfile import YamlFile


@dataclass(frozen=True)
class Kind:
    """What a parameter may be.

    Parameters
    ----------
    type : type
        As pydantic checks it, strictly: a text that looks like a number is none.
    words : str
        The same for people.
    """

    type: Any
    words: str

    def fits(self, value: Any) -> bool:
        """Whether a value is of the kind, and in its range."""
        try:
            TypeAdapter(self.type).validate_python(value, strict=True)
        except ValidationError:
            return False
        return True


def _whole(of: str, least: int, most: int | None = None) -> Kind:
    end = "" if most is None else f" to {most}"
    return Kind(Annotated[int, Field(ge=least, le=most)], f"a whole number of {of}, from {least}{end}")


def _share(example: float, *, ends: bool = False) -> Kind:
    if ends:
        return Kind(Annotated[float, Field(ge=0, le=1)], f"a share from 0 to 1, for example {example}")
    return Kind(Annotated[float, Field(gt=0, lt=1)], f"a share between 0 and 1, for example {example}")


def _rising(ends: list[int]) -> list[int]:
    if ends[0] > ends[1]:
        raise ValueError("from is above to")
    return ends


_Count = Annotated[int, Field(ge=1)]


def _number(words: str, **limits: Any) -> Kind:
    return Kind(Annotated[float, Field(allow_inf_nan=False, **limits)], words)


#: By section and key. What is not here is a parameter of somebody's own notebook: it may be anything.
KINDS: dict[str, dict[str, Kind]] = {
    "chance": {"seed": Kind(Annotated[int, Field(ge=0, lt=2**32)], f"a whole number from 0 to {2**32 - 1}")},
    "pieces": {"rows": _whole("responses", 1000)},
    "cells": {"stream_above": _whole("respondents", 1000)},
    "clean": {
        "min_last_page": Kind(_Count, "the number of a page, from 1"),
        "speeder_ratio": _share(0.33, ends=True),
        "straightline_items": _whole("items", 2),
    },
    "weight": {
        "min_category": _whole("respondents", 1),
        "max_ratio": Kind(
            Annotated[float, Field(gt=1, allow_inf_nan=False)], "a number above 1, times the mean weight"
        ),
        "replicates": _whole("replicates", 2),
        "max_dropped": _share(0.1, ends=True),
        "min_effective_n": Kind(
            Annotated[float, Field(ge=0, allow_inf_nan=False)], "a number of respondents, from 0"
        ),
        "max_deff": _number("a ratio of variances, from 1", ge=1),
    },
    "analyse": {"confidence": _share(0.95), "min_n": _whole("respondents", 1)},
    "topline": {"classes": _whole("classes", 1)},
    "crosstabs": {"sheets": Kind(Literal["question", "one"], "question or one")},
    "platforms": {"shown": _whole("platforms", 1)},
    "profiles": {
        "max_classes": _whole("classes", 1),
        "starts": _whole("starts", 1),
        "draws": _whole("samples", 1),
    },
    "implied_base": {
        "base_sizes": Kind(
            Annotated[list[_Count], Field(min_length=2, max_length=2), AfterValidator(_rising)],
            "two whole numbers of respondents, from and to, as in [20, 400]",
        )
    },
    "bounds": {
        "sizes": Kind(
            dict[str, list[_Count]], 'for each wave a list of whole numbers, as in "2018": [185], or []'
        ),
        "nodes": _whole("nodes", 1),
    },
    "claims": {
        "directional": Kind(
            dict[str, list[str]], 'for each wave a list of ids, as in "2018": [importance_market], or []'
        )
    },
    "published": {
        "horizons": Kind(list[_Count], "a list of whole numbers of respondents, as in [300]"),
        "smaller_bases": _share(0.2, ends=True),
        "draws": _whole("draws", 1),
    },
    "coverage": {
        "replications": _whole("samples", 1),
        "odds": Kind(
            list[Annotated[float, Field(gt=0, allow_inf_nan=False)]],
            "a list of odds ratios above 0, as in [1, 2, 5]",
        ),
        "workers": _whole("processes", 0),
    },
    "trust": {
        "tilt_odds": Kind(
            list[Annotated[float, Field(gt=0, allow_inf_nan=False)]],
            "a list of odds ratios above 0, as in [1.5, 2, 3]",
        ),
        "power": _share(0.8),
    },
    "publish": {"language": Kind(Literal["nl", "en"], "nl or en")},
}


def value_problems(folder: Path, sections: Collection[str] | None = None) -> list[ContractError]:
    """List the parameters that are of another kind than they should be, or out of their range.

    Parameters
    ----------
    folder : Path
        The root of the repository.
    sections : collection of str, optional
        Only of these sections, as dvc.yaml names them under `params:`; of all by default.

    Returns
    -------
    list of ContractError
        Each with its line in params.yaml.
    """
    file = YamlFile(folder / "params.yaml")
    wanted = KINDS if sections is None else {name.partition(".")[0] for name in sections}
    found = []
    for section in wanted:
        keys = file.data.get(section)
        for key, kind in KINDS.get(section, {}).items():
            if isinstance(keys, dict) and keys.get(key) is not None and not kind.fits(keys[key]):
                found.append(
                    ContractError(
                        found=f"{key} is {keys[key]!r}",
                        where=f"params.yaml, line {file.line([section, key])}, {section}",
                        expected=kind.words,
                        fix="correct it there",
                    )
                )
    if sections is None:
        waves = sorted((folder / "data/raw").glob("*/rules.yaml"))
        found += [problem for path in waves for problem in _threshold_problems(folder, path)]
    return found


def _threshold_problems(folder: Path, path: Path) -> Iterator[ContractError]:
    """Yield what is wrong with the thresholds that a wave has of its own."""
    allowed = {key: kind for section in OWN for key, kind in KINDS.get(section, {}).items()}
    own = own_thresholds(folder, path.parent.name)
    file = YamlFile(path) if own else None
    for key, value in own.items():
        kind = allowed.get(key)
        if file is not None and (kind is None or not kind.fits(value)):
            yield ContractError(
                found=f"{key} is {value!r}" if kind else f"a wave has no {key!r} of its own",
                where=f"{path.parent.name}/rules.yaml, line {file.line(['thresholds', key])}, thresholds",
                expected=kind.words if kind else f"one of {', '.join(allowed)}",
                fix="correct it there" if kind else "set it for all waves, in params.yaml",
            )
