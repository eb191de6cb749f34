"""What the models of a wave's files have in common: strictness, names, and texts in one or two languages."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from itertools import islice
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

#: The languages of the pages, in which the texts of a wave's files can stand.
LANGUAGES = ("nl", "en")

#: The languages that ISO 639-1 has two letters for.
TWO_LETTERS = frozenset(
    re.findall(
        "..",
        "aaabaeafakamanarasavayazbabebgbibmbnbobrbscacechcocrcscucvcydadedvdzeeeleneoeseteufafffifjfofrfygagdglgn"
        "gugvhahehihohrhthuhyhziaidieigiiikioisitiujajvkakgkikjkkklkmknkokrkskukvkwkylalblglilnloltlulvmgmhmimk"
        "shmlmnmrmsmtmynanbndnengnlnnnonrnvnyocojomorospapiplpsptqurmrnrorurwsascsdsesgsisksl"
        "smsnsosqsrssstsusvswtatetgthtitktltntotrtstttwtyugukuruzvevivowawoxhyiyozazhzu",
    )
)


def _known(code: str) -> str:
    if len(code) == 2 and code not in TWO_LETTERS:
        raise ValueError(
            f"'{code}' are the letters of no language; expected those of ISO 639, such as nl, de or ar"
        )
    return code


#: The language in which a questionnaire was put, by its two letters, or three where it has no two; the
#: messages of the pages are in nl and en.
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$"), AfterValidator(_known)]
#: Files are called after it, which a file system does not let be longer than 255 signs.
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=120)]
#: A wave is a folder below data/raw.
WaveName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+$")]
Filled = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
#: An address that a page may lead to.
Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s<>\"']+$")]

#: Where something stands in a file: keys, and positions in lists.
Place = tuple[str | int, ...]


class Model(BaseModel):
    """A part of a file: no unknown keys, no silent conversions, not to be changed."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)


class Text(Model):
    """A text in nl and en; a plain text, or one of the two, stands for both."""

    nl: Filled
    en: Filled

    @model_validator(mode="before")
    @classmethod
    def _one_language_is_enough(cls, value: Any) -> Any:
        return {"nl": value, "en": value} if isinstance(value, str) else _in_both(value)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: Any) -> dict[str, Any]:
        schema = handler.resolve_ref_schema(handler(core))
        schema.pop("required", None)
        text = {"type": "string", "minLength": 1}
        return {"anyOf": [text, {**schema, "minProperties": 1}], "description": schema.get("description", "")}

    def __getitem__(self, language: str) -> str:
        return self.nl if language == "nl" else self.en


class Labelled(Model):
    """Something with a label: `label:`, or one in nl, in en, or in both."""

    nl: Filled
    en: Filled

    @model_validator(mode="before")
    @classmethod
    def _one_language_is_enough(cls, value: Any) -> Any:
        if isinstance(value, dict) and "label" in value and not {"nl", "en"} & set(value):
            label = value["label"]
            rest = {key: one for key, one in value.items() if key != "label"}
            return rest | (label if isinstance(label, dict) else {"nl": label, "en": label})
        return _in_both(value)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: Any) -> dict[str, Any]:
        schema = handler.resolve_ref_schema(handler(core))
        schema["required"] = [name for name in schema.get("required", ()) if name not in ("nl", "en")]
        schema["properties"]["label"] = {"type": "string", "minLength": 1, "title": "Label"}
        return schema

    def label(self, language: str) -> str:
        """Return the label in a language."""
        return self.nl if language == "nl" else self.en


class NamedText(Labelled):
    """A name with its label."""

    name: Name


#: What something was called in earlier waves: one name for all, or by wave.
SameAs = Name | dict[WaveName, Name]


class Group(NamedText):
    """Several categories under one name."""

    of: list[str] = Field(min_length=1)
    """The names of the categories."""


def _in_both(value: Any) -> Any:
    """Let the text in one of the two languages stand for the other as well."""
    if isinstance(value, dict) and len({"nl", "en"} & set(value)) == 1:
        only = value["nl"] if "nl" in value else value["en"]
        return {"nl": only, "en": only} | value
    return value


def repeated(what: str, values: Sequence[Any]) -> Iterator[str]:
    """Yield a sentence for each value that is there more than once."""
    for value, times in Counter(values).items():
        if times > 1:
            yield f"the {what} '{value}' is there {times} times"


#: Of more names than so, those of the first thousand that begin alike are compared; and how many are listed.
_MANY, _FIRST, _LISTED = 300, 1_000, 40


def closest(name: str, names: Sequence[str]) -> str:
    """Return a suggestion of the names that a misspelt one may have meant."""
    near: Iterable[str] = names
    if len(names) > _MANY:
        near = islice((one for one in names[:_FIRST] if one[:2] == name[:2]), _MANY)
    close = get_close_matches(name, near, n=3)
    if close:
        return f"perhaps {' or '.join(close)}"
    if len(names) > _MANY:
        return f"one of {', '.join(names[:_LISTED])} and {len(names) - _LISTED:,} more"
    return f"one of {', '.join(names)}" if names else "there is none"
