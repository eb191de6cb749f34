"""Writes the JSON schemas of a wave's files, by which an editor completes and checks them while one types."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel

FOLDER = "docs/schemas"


def models() -> Mapping[str, type[BaseModel]]:
    """Return the model of each file of a wave, by the file's name."""
    from nsmo.reconstruct.assumptions import Assumptions
    from nsmo.study.codebook import FILES
    from nsmo.study.statements import Published

    return {**FILES, "published.yaml": Published, "assumptions.yaml": Assumptions}


def outdated(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield the schemas that are not what the models say, each with the text that it should have.

    Parameters
    ----------
    folder : Path
        The root of the repository.
    """
    for name, model in models().items():
        path = folder / FOLDER / f"{Path(name).stem}.json"
        schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema()}
        text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            yield path, text


def first_line(name: str) -> str:
    """Return the line at the top of a wave's file that names its schema."""
    return f"# yaml-language-server: $schema=../../../{FOLDER}/{Path(name).stem}.json"
