"""Finds the texts of a wave that lack a language in which, as study.yaml declares, all of them stand."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import BaseModel, ValidationError

from nsmo.pipeline.schemas import models
from nsmo.study.errors import Problem, StudyError
from nsmo.study.model import Labelled, Place, Text
from nsmo.study.yamlfile import YamlFile

#: A text of so many words that is the same in two languages was not translated; fewer may be a name.
_WORDS = 4
#: How a period is written so that each language can say it: a year, a quarter, a month or a day.
_PERIOD = re.compile(r"\d{4}(-Q[1-4]|-\d{2}(-\d{2})?)?")


def problems(folder: Path) -> list[Problem]:
    """List the texts that lack a declared language; none where a wave declares no languages.

    Parameters
    ----------
    folder : Path
        ``data/raw/<wave>``. Files that cannot be understood are left to other checks.
    """
    try:
        declared = YamlFile(folder / "study.yaml").data.get("languages") or []
    except StudyError:
        return []
    languages = [str(language) for language in declared] if isinstance(declared, list) else []
    if len(languages) < 2:
        return []
    found: list[Problem] = []
    for name, type_ in models().items():
        if (folder / name).is_file():
            try:
                file = YamlFile(folder / name)
                found += _untranslated(file, type_.model_validate(file.data), languages)
            except (StudyError, ValidationError):
                continue
    return [*dict.fromkeys(found), *_periods(folder / "population.csv")]


def _untranslated(file: YamlFile, model: BaseModel, languages: Sequence[str]) -> Iterator[Problem]:
    for place, text in _texts(model, ()):
        given = _given(file.data, place)
        if given is None:  # a text of the engine, such as the yes and no of a flag
            continue
        missing = [language for language in languages if language not in given]
        said = text.label if isinstance(text, Labelled) else text.__getitem__
        same = len({said(language) for language in languages}) == 1
        if missing:
            yield Problem(
                f"no text in {' or '.join(missing)}",
                file.where(place),
                f"one in {' and '.join(languages)}, as study.yaml declares under languages",
                f"add {' and '.join(f'`{language}:`' for language in missing)}",
            )
        elif same and len(said(languages[0]).split()) >= _WORDS:
            yield Problem(
                f"the same text in {' and '.join(languages)}: {said(languages[0])}",
                file.where(place),
                f"one in {' and '.join(languages)}, as study.yaml declares under languages",
                "translate it",
            )


def _texts(node: Any, place: Place) -> Iterator[tuple[Place, Text | Labelled]]:
    """Yield every text of a model with its place in the file."""
    if isinstance(node, Text | Labelled):
        yield place, node
    if isinstance(node, BaseModel):
        for name, field in type(node).model_fields.items():
            yield from _texts(getattr(node, name), (*place, field.alias or name))
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _texts(value, (*place, key))
    elif isinstance(node, list | tuple):
        for i, value in enumerate(node):
            yield from _texts(value, (*place, i))


def _given(data: Any, place: Place) -> set[str] | None:
    """The languages in which the file has a text; a plain text stands for all. None where it has none."""
    for part in place:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    if isinstance(data, dict) and "label" in data and not {"nl", "en"} & set(data):
        data = data["label"]
    return {"nl", "en"} if isinstance(data, str) else set(data) if isinstance(data, dict) else None


def _periods(path: Path) -> list[Problem]:
    if not path.is_file():
        return []
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (ValueError, UnicodeDecodeError):
        return []
    return [
        Problem(
            f"the period '{period}', which no language can say in its own words",
            f"{path.name}, line {line}",
            expected="a year, a quarter, a month or a day: 2020, 2020-Q3, 2020-07, 2020-07-01",
        )
        for line, period in enumerate(table.get("period", []), start=2)
        if not _PERIOD.fullmatch(period)
    ]
