"""What an export or a file beside it says of the columns: the same words for every survey tool."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Literal

Part = Literal["answer", "tick", "item", "choice", "other", "paradata", "unused"]


@dataclass(frozen=True)
class MissingValue:
    """A code, or a range of numbers from `low` to `high`, that says why there is no answer."""

    low: str
    high: str
    label: str = ""

    def holds(self, code: str) -> bool:
        """Return whether a code is this one or lies in this range."""
        if self.low == self.high:
            return code == self.low
        try:
            return float(self.low) <= float(code) <= float(self.high)
        except ValueError:
            return False


@dataclass(frozen=True)
class Variable:
    """What is known of one column.

    Attributes
    ----------
    column : str
        Its name in the export, as `Export.columns` has it; in a file of structure the same as `code`.
    code : str
        What the tool calls the column (``Q01[SQ001]``).
    question : str
        What the tool calls the question; columns that share it belong together.
    part : str
        What the column holds of its question: the `answer`; a `tick` of one option; an `item` of a battery;
        one `choice` of several that hold codes of the same options; the `other` text. Or it is `paradata`, or
        `unused`.
        `unused`.
    label, item : str
        The question as it was put; the option or item that this column is about.
    options : mapping
        Labels by code, in order.
    missing : tuple of MissingValue
        Codes and ranges that are no answer.
    kind : str
        single, ordinal, joined (several options in one cell), ranking (all options in one cell, in an order),
        numeric, text, date; empty if not known.
    counted : tuple of str
        The texts that tick an option.
    unticked : tuple of str
        The texts that say that it was shown and left.
    separator : str
        Between the options of a joined cell.
    use : str
        Of paradata what it tells: id, submitted, started, last_page, duration, language, token, status,
        weight.
    routing : str
        For whom the question was, as the tool writes it.
    page : int or None
        On which page of the questionnaire it stood.
    """

    column: str
    code: str = ""
    question: str = ""
    part: Part = "answer"
    label: str = ""
    item: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[MissingValue, ...] = ()
    kind: str = ""
    counted: tuple[str, ...] = ()
    unticked: tuple[str, ...] = ()
    separator: str = ""
    use: str = ""
    routing: str = ""
    page: int | None = None

    @classmethod
    def aside(cls, column: str, use: str = "", code: str = "") -> "Variable":
        """Describe a column that is of no question: paradata of a use, or without one unused."""
        code = code or column
        return cls(column, code, code, "paradata" if use else "unused", use=use)

    def completed(self, other: "Variable") -> "Variable":
        """Take from another description of the same column what it says and this one does not, or says worse.

        The other one, of a file of structure, goes before in all but the name of the column.
        """
        said = {
            one.name: getattr(other, one.name)
            for one in fields(other)
            if one.name != "column" and getattr(other, one.name) not in ("", (), {}, None)
        }
        return replace(self, **said)


@dataclass(frozen=True)
class ResponseSet:
    """Columns that are one question: `ticks` of its options, or `categories` chosen, one a column."""

    name: str
    label: str
    kind: Literal["ticks", "categories"]
    columns: tuple[str, ...]
    counted: tuple[str, ...] = ()


@dataclass(frozen=True)
class Structure:
    """What is known of all columns, and of the survey."""

    variables: dict[str, Variable] = field(default_factory=dict)
    sets: list[ResponseSet] = field(default_factory=list)
    title: str = ""
    language: str = ""

    def completed(self, other: "Structure") -> "Structure":
        """Take over what a file of structure says; columns are matched by their code, else by their label."""
        by_code = {variable.code: variable for variable in other.variables.values() if variable.code}
        by_text: dict[str, Variable | None] = {}
        by_item: dict[str, Variable | None] = {}
        for variable in other.variables.values():
            key = same_text(f"{variable.label} {variable.item}")
            by_text[key] = None if key in by_text else variable
            if variable.part == "item":
                key = same_text(variable.item)
                by_item[key] = None if key in by_item else variable
        variables = {}
        for column, variable in self.variables.items():
            if variable.part in ("unused", "paradata"):
                variables[column] = variable
                continue
            found = by_code.get(variable.code or column) or by_code.get(column)
            if found is None and (variable.label or variable.item):
                key = same_text(f"{variable.label} {variable.item}")
                # A header with labels may name an item of a battery without its question.
                found = by_text.get(key) or (by_item.get(key) if not variable.item else None)
                # A text beside an option is called as the option is, and is not its box.
                if found and variable.part == "other" != found.part:
                    found = None
            variables[column] = variable.completed(found) if found else variable
        return Structure(
            variables, [*self.sets, *other.sets], other.title or self.title, other.language or self.language
        )


def plain_text(text: str) -> str:
    """Take the HTML out of a text, and make every run of blanks one."""
    text = re.sub(r"<(script|style)\b.*?</\1>", " ", text, flags=re.DOTALL | re.IGNORECASE)
    text = html.unescape(re.sub(r"<[a-zA-Z/!][^>]*>", " ", text))
    return " ".join(re.sub("[\ufeff\u200b\u200c\u200d\u2060]", "", text).split())


def same_text(text: str) -> str:
    """Reduce a text to its letters and digits, to tell whether two are the same."""
    return "".join(sign for sign in text.casefold() if sign.isalnum())


def is_other(label: str) -> bool:
    """Return whether a label is that of "other, namely"."""
    text = label.strip().casefold()
    if text == "-oth-":  # the code of LimeSurvey
        return True
    return bool(
        re.fullmatch(
            r"(other|others|another|anders|overig|overige|sonstiges?|anderes?|autres?|otros?|altro)"
            r"(( (word|reason|answer|option)(s|\(s\))?)?\s*:?|\s*[-–,:(].*"
            r"|\s+(please|namely|namelijk|specify|write|en wel|nl\.?).*|\s*\.\.\.|…)?",
            text,
        )
    )
