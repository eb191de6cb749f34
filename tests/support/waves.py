"""Writes the files of a wave's codebook from one text, as the small studies of the tests have it."""

import re
from pathlib import Path

from nsmo.study.codebook import FILES
from nsmo.study.load import keys

_HOMES = {key: name for name, model in FILES.items() for key in keys(model)}


def write_codebook(folder: Path, text: str) -> Path:
    """Write each key of the text, with what stands below it, to the file that it belongs to."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = dict.fromkeys(FILES, "")
    for block in re.split(r"(?m)^(?=[a-z_]+:)", text):
        key = block.partition(":")[0]
        parts[_HOMES.get(key, "questionnaire.yaml")] += block
    for name, part in parts.items():
        (folder / name).write_text(part, encoding="utf-8")
    return folder


def read_codebook_text(folder: Path) -> str:
    """Put the files of a codebook together again into one text."""
    return "".join((folder / name).read_text(encoding="utf-8") for name in FILES)
