"""Reads for whom a question was, as forms write it: XLSForm, REDCap and LimeSurvey."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nsmo.draft.questions import Question
from nsmo.draft.scales import reason
from nsmo.formats.structure import Variable, same_text

#: A condition as questionnaire.yaml has it.
Condition = dict[str, Any]

_TOKEN = re.compile(
    r"""\s*(?:
    \$\{(?P<odk>[^}]+)\}
    |\[(?P<redcap>\w+)(?:\((?P<box>[^)]+)\))?\]
    |(?P<text>'[^']*'|"[^"]*")
    |(?P<number>-?\d+(?:\.\d+)?)(?![\w.])
    |(?P<sign>==|!=|<>|<=|>=|&&|\|\||[=<>!(),])
    |(?P<word>[A-Za-z_][\w-]*)(?:\.(?:NAOK|shown|value|valueNAOK|code))?
    )""",
    re.VERBOSE,
)
_AND, _OR, _NOT = ("and", "&&"), ("or", "||"), ("not", "!")
_TURNED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_BOUNDS = {"<": "below", "<=": "at_most", ">": "above", ">=": "at_least"}
_YES, _NO = ("1", "Y", "Yes", "true", "True"), ("0", "N", "No", "false", "False", "")


class _UnreadableError(ValueError):
    """What stands there is no condition that can be told in answers."""


@dataclass(frozen=True)
class _Asked:
    """Where an answer stands: a question, one of its options that was ticked, or an item of a battery."""

    question: Question
    name: str
    labels: Mapping[str, str]
    tick: str = ""


class Known:
    """What forms may refer to: questions by the codes of their columns."""

    def __init__(self, questions: Sequence[Question], variables: Mapping[str, Variable]) -> None:
        self._known: dict[str, _Asked] = {}
        for question in questions:
            items = {item.column: item.name for item in question.items}
            ticks = {option.column: option.name for option in question.options if option.column}
            for column in question.every_column:
                variable = variables[column]
                own = question.other is not None and question.other.column == column != question.column
                if own:
                    continue
                name = items.get(column, question.name)
                asked = _Asked(question, name, variable.options, ticks.get(column, ""))
                self._known.setdefault(_plain(variable.code or column), asked)
            whole = _Asked(question, question.name, {})
            if question.kind == "multi":
                self._known.setdefault(_plain(question.code), whole)

    def find(self, code: str) -> _Asked:
        """Return what a code stands for; an error where nothing does."""
        try:
            return self._known[_plain(code)]
        except KeyError:
            raise _UnreadableError(code) from None


def read(text: str, known: Known, earlier: Callable[[Question], bool]) -> Condition | None:
    """Return a condition that a form writes, as questionnaire.yaml has it.

    Parameters
    ----------
    text : str
        Such as ``selected(${crops}, 'maize') and ${age} >= 18``.
    known : Known
        The questions.
    earlier : callable
        Whether a question comes before the one that the condition is of.

    Returns
    -------
    dict or None
        None where it is no condition on answers to earlier questions that can be read.
    """
    try:
        reader = _Reader(text, known, earlier)
        found = reader.any()
        return found if reader.at == len(reader.tokens) else None
    except (_UnreadableError, IndexError):
        return None


class _Reader:
    def __init__(self, text: str, known: Known, earlier: Callable[[Question], bool]) -> None:
        self.known, self.earlier, self.at = known, earlier, 0
        self.tokens: list[tuple[str, str, str]] = []
        place = 0
        while text[place:].strip():
            found = _TOKEN.match(text, place)
            if found is None:
                raise _UnreadableError(text[place:])
            kind = next(name for name in ("odk", "redcap", "text", "number", "sign", "word") if found[name])
            self.tokens.append((kind, found[kind], found["box"] or ""))
            place = found.end()

    def any(self) -> Condition:
        parts = [self._all()]
        while self._take(*_OR):
            parts.append(self._all())
        return _joined("any", parts)

    def _all(self) -> Condition:
        parts = [self._one()]
        while self._take(*_AND):
            parts.append(self._one())
        return _joined("all", parts)

    def _one(self) -> Condition:
        if self._take(*_NOT):
            return {"not": self._one()}
        if self._take("("):
            found = self.any()
            self._need(")")
            return found
        kind, word, _ = self.tokens[self.at]
        follows = self.tokens[self.at + 1][1] if self.at + 1 < len(self.tokens) else ""
        if kind == "word" and follows == "(":
            return self._function(word.casefold())
        return self._comparison()

    def _function(self, name: str) -> Condition:
        self.at += 2
        asked = self._reference()
        if name == "selected":
            self._need(",")
            found = self._chosen(asked, self._literal())
        elif name == "is_empty":
            found = {"question": asked.name, "missing": True}
        else:
            raise _UnreadableError(name)
        self._need(")")
        return found

    def _comparison(self) -> Condition:
        if self.tokens[self.at][0] in ("text", "number"):
            value = self._literal()
            sign = self._sign()
            sign = _TURNED.get(sign, sign)
            asked = self._reference()
        else:
            asked = self._reference()
            sign = self._sign()
            value = self._literal()
        if sign in _BOUNDS:
            if asked.question.kind != "numeric":
                raise _UnreadableError(asked.name)
            return {"question": asked.name, _BOUNDS[sign]: _number(value)}
        found = self._chosen(asked, value)
        return found if sign in ("=", "==") else {"not": found}

    def _chosen(self, asked: _Asked, value: str) -> Condition:
        """Return the condition that an answer is the one with a code."""
        if asked.tick:
            found = {"question": asked.name, "has": [asked.tick]}
            if value in _YES:
                return found
            if value in _NO:
                return {"not": found}
            raise _UnreadableError(value)
        if value == "":
            return {"question": asked.name, "missing": True}
        if asked.question.kind == "numeric":
            number = _number(value)
            bounds = [{"question": asked.name, test: number} for test in ("at_least", "at_most")]
            return {"all": bounds}
        label = same_text(asked.labels.get(value, ""))
        for option in asked.question.options:
            same = bool(label) and same_text(option.label) == label
            if option.code == value or same or (option.column or "").endswith((f"/{value}", f"_{value}")):
                test = "has" if asked.question.kind == "multi" else "is"
                return {"question": asked.name, test: [option.name]}
        why = next(
            (
                one.reason
                for one in asked.question.missing
                if (one.column or "").endswith((f"/{value}", f"_{value}"))
                or (one.code == value and not one.column)
            ),
            None,
        )
        why = why or (reason(asked.labels.get(value, "")) if asked.labels.get(value) else None)
        if why and any(one.reason == why for one in asked.question.missing):
            return {"question": asked.name, "missing": [why]}
        raise _UnreadableError(value)

    def _reference(self) -> _Asked:
        kind, code, box = self.tokens[self.at]
        if kind not in ("odk", "redcap", "word"):
            raise _UnreadableError(code)
        self.at += 1
        asked = self.known.find(f"{code}___{box}" if box else code)
        if not self.earlier(asked.question):
            raise _UnreadableError(code)
        return asked

    def _literal(self) -> str:
        kind, text, _ = self.tokens[self.at]
        if kind not in ("text", "number"):
            raise _UnreadableError(text)
        self.at += 1
        return text.strip("'\"")

    def _sign(self) -> str:
        _, text, _ = self.tokens[self.at]
        if text not in (*_BOUNDS, "=", "==", "!=", "<>"):
            raise _UnreadableError(text)
        self.at += 1
        return text

    def _take(self, *words: str) -> bool:
        there = self.at < len(self.tokens) and self.tokens[self.at][0] in ("word", "sign")
        found = there and self.tokens[self.at][1].casefold() in words
        self.at += found
        return found

    def _need(self, sign: str) -> None:
        if not self._take(sign):
            raise _UnreadableError(sign)


def _plain(code: str) -> str:
    """Write a code as conditions have it: the name behind groups, with low strokes for all other signs."""
    return re.sub(r"\W+", "_", code.strip()).strip("_").casefold()


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise _UnreadableError(text) from None
    return int(number) if number == int(number) else number


def _joined(word: str, parts: Sequence[Condition]) -> Condition:
    """Join conditions; several answers to one question of which any will do are one test."""
    merged: list[Condition] = []
    for part in parts:
        test = next((one for one in ("is", "has") if one in part), "")
        same = next((one for one in merged if test in one and one["question"] == part["question"]), None)
        if word == "any" and test and same is not None:
            same[test] = [*same[test], *(name for name in part[test] if name not in same[test])]
        elif part not in merged:
            merged.append(dict(part))
    return merged[0] if len(merged) == 1 else {word: merged}
