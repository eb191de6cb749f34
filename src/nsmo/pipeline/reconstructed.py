"""Looks for what a reconstruction cannot compute, before it starts."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nsmo.study.crosstabs import made_of
from nsmo.study.derived import Cross
from nsmo.study.errors import Problem, StudyError
from nsmo.study.load import read_codebook
from nsmo.study.yamlfile import YamlFile

_FILES = ("published.yaml", "assumptions.yaml")


def crossing_problems(folder: Path) -> list[Problem]:
    """List where statements and assumptions of a reconstructed wave name a variable of `kind: cross`.

    The reconstruction has its own notion of what a rule means, apart from that of the pipeline, and none of
    crossings; of real answers a crossing can be stated like any other variable.

    Parameters
    ----------
    folder : Path
        ``data/raw/<wave>``.
    """
    codebook = read_codebook(folder).left
    if codebook is None or codebook.provenance != "reconstructed":
        return []
    crossed = {one.name for one in codebook.derived if isinstance(one, Cross)}
    known = codebook.variables
    unknown = {name for name in known if crossed & made_of(codebook, name)} if crossed else set()
    return list(_named(folder, unknown)) if unknown else []


def refuse_crossings(folder: Path) -> None:
    """Stop before a reconstruction would.

    Raises
    ------
    StudyError
        Naming everything that `crossing_problems` finds.
    """
    found = crossing_problems(folder)
    if found:
        raise StudyError("the wave cannot be reconstructed:", problems=found)


def _named(folder: Path, unknown: set[str]) -> Iterator[Problem]:
    for name in _FILES:
        if not (folder / name).is_file():
            continue
        try:
            file = YamlFile(folder / name)
        except StudyError:
            continue  # said by whoever reads the file for what stands in it
        for place, text in _texts(file.data, ()):
            variable = text.partition(".")[0]
            if variable in unknown:
                yield Problem(
                    f"'{variable}' rests on a variable of `kind: cross`, which no reconstruction computes",
                    f"{folder.name}/{file.where(place)}",
                    "a question, or a derived variable of another kind",
                    "write it in questionnaire.yaml as `kind: first_match`, with `all:` of both answers",
                )


def _texts(value: Any, place: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from _texts(key, (*place, key)) if isinstance(key, str) else ()
            yield from _texts(one, (*place, key))
    elif isinstance(value, list):
        for at, one in enumerate(value):
            yield from _texts(one, (*place, at))
