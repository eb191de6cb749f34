"""Writes what a repository says of itself when another survey takes it."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

#: The files that say what a repository is about.
FILES = ("README.md", "CITATION.cff", "LICENSE-DATA")
#: What of README.md is of the engine, and so of any survey.
_OF_THE_ENGINE = ("How the code is laid out", "Setting up otherwise")
_TITLE, _AUTHOR = "Our survey", "Our organisation"
#: README.md, with places to fill.
_README = Path(__file__).with_suffix(".md")

_LICENSE_DATA = """\
Licence of the data
===================

Nobody has said yet under which terms the questionnaire, the tables and the
reports of this survey may be used; until then they may not. Say it here.

What came with the software, the folder examples/, keeps the terms of
{home}/LICENSE-DATA.
"""


def front(root: Path, waves: Sequence[str], home: str) -> dict[str, str]:
    """Write the files that say what a repository is about, for the waves that are left.

    Parameters
    ----------
    root : Path
        The repository, with these files as they were.
    waves : sequence of str
        The waves that are left, the newest last; it gives title and authors.
    home : str
        Where the files that were there go.

    Returns
    -------
    dict
        Name → text.
    """
    about = _yaml(root / "data/raw" / waves[-1] / "study.yaml") if waves else {}
    title = _words(about.get("title")) or _TITLE
    readme = root / "README.md"
    old = readme.read_text(encoding="utf-8") if readme.is_file() else ""
    sections = re.findall(r"(?ms)^## ([^\n]+)\n(.*?)(?=^## |\Z)", old)
    engine = "".join(f"## {name}\n{text}" for name, text in sections if name in _OF_THE_ENGINE)
    return {
        "README.md": _README.read_text(encoding="utf-8").format(title=title, home=home, engine=engine),
        "CITATION.cff": _citation(title, about, _yaml(root / "CITATION.cff")),
        "LICENSE-DATA": _LICENSE_DATA.format(home=home),
    }


def _citation(title: str, about: dict[str, Any], software: dict[str, Any]) -> str:
    """Write CITATION.cff: the survey, and the software that it was made with."""
    citation, publisher = about.get("citation"), about.get("publisher")
    authors = _words(citation.get("authors")) if isinstance(citation, dict) else ""
    name = _words(publisher.get("name")) if isinstance(publisher, dict) else ""
    cited: dict[str, Any] = {
        "cff-version": "1.2.0",
        "message": "If you use figures of this survey, please cite it as below.",
        "title": title,
        "type": "dataset",
        "authors": [{"name": authors or name or _AUTHOR}],
    }
    known = {key: software[key] for key in ("title", "authors", "version", "license") if key in software}
    if known.get("authors") and known.get("title"):
        cited["references"] = [{"type": "software", **known}]
    return yaml.safe_dump(cited, sort_keys=False, allow_unicode=True, width=100)


def _words(text: Any) -> str:
    """Return a text of one language, or of several the English one."""
    if isinstance(text, dict):
        text = text.get("en") or next(iter(text.values()), "")
    return text if isinstance(text, str) else ""


def _yaml(path: Path) -> dict[str, Any]:
    """Return what a file says; nothing where it is not there or cannot be read: `nsmo check` names that."""
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return {}
    return said if isinstance(said, dict) else {}
