"""What the models of a wave's files have in common: strictness, names, and texts in both languages."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Language = Literal["nl", "en"]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Filled = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]

#: Where something stands in a file: keys, and positions in lists.
Place = tuple[str | int, ...]


class Model(BaseModel):
    """A part of a file: no unknown keys, no silent conversions, not to be changed."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)


class Text(Model):
    """A text in both languages."""

    nl: Filled
    en: Filled

    def __getitem__(self, language: str) -> str:
        return getattr(self, language)


class NamedText(Model):
    """A name with its label in both languages."""

    name: Name
    nl: Filled
    en: Filled

    def label(self, language: str) -> str:
        """Return the label in a language."""
        return getattr(self, language)


class Group(NamedText):
    """Several categories under one name."""

    of: list[str] = Field(min_length=1)
    """The names of the categories."""


def repeated(what: str, values: Sequence[Any]) -> Iterator[str]:
    """Yield a sentence for each value that is there more than once."""
    for value in dict.fromkeys(values):
        if values.count(value) > 1:
            yield f"the {what} '{value}' is there {values.count(value)} times"


def closest(name: str, names: Sequence[str]) -> str:
    """Return a suggestion of the names that a misspelt one may have meant."""
    close = get_close_matches(name, names, n=3)
    if close:
        return f"perhaps {' or '.join(close)}"
    return f"one of {', '.join(names)}" if names else "there is none"
