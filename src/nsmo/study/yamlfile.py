"""Reads YAML so that every value can be traced back to its line."""

import math
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from nsmo.study.errors import Problem, StudyError
from nsmo.study.textfile import read_utf8
from nsmo.study.visible import CONTROLS

# The one in C reads the same and is ten times as fast; a PyYAML built without it has only the other.
_Fastest: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Fastest):
    """YAML in which a text is what does not look like anything else to a person who knows no YAML.

    Only `true` and `false` are switches, so that an option may be called yes, no or on. Numbers are written
    with digits, a point and an exponent; ``12:30``, ``0123``, ``1_000`` and ``0x1f`` are texts; YAML 1.1
    would have made 750, 83, 1000 and 31 of them. There are no tags but those of plain values.
    """


_TAG = "tag:yaml.org,2002:"
_PLAIN = ("str", "int", "float", "bool", "null", "timestamp", "map", "seq")
_KNOWN_TAGS = {_TAG + kind for kind in (*_PLAIN, "merge")}
_EXAMPLES = {
    "int": "a number of at most 18 digits, or the value between quotes",
    "float": "a number such as 2.5, or the value between quotes",
    "bool": "true or false",
    "timestamp": "a day as 2018-01-26, or the value between quotes",
}


class _NoValueError(Exception):
    """A value that looks like a number or a day, and is none."""

    def __init__(self, node: Any) -> None:
        self.node = node


def _constructor(kind: str) -> Any:
    """Return what makes a value of one kind, and names the place where it cannot."""
    construct = _Fastest.yaml_constructors[_TAG + kind]

    def constructed(loader: Any, node: Any) -> Any:
        try:
            match kind:
                case "int" if len(node.value) > 19:
                    raise _NoValueError(node)
                case "int":
                    return int(node.value)
                case "float":
                    value = float(node.value)
                    if not math.isfinite(value):
                        raise _NoValueError(node)
                    return value
            return construct(loader, node)
        except (ValueError, ArithmeticError, LookupError, AttributeError, TypeError):
            raise _NoValueError(node) from None

    return constructed


_Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in resolvers if tag.removeprefix(_TAG) not in ("bool", "int", "float")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.yaml_constructors = {
    _TAG + kind: _constructor(kind) if kind in _EXAMPLES else _Fastest.yaml_constructors[_TAG + kind]
    for kind in _PLAIN
}
for _kind, _form, _first in (
    ("bool", r"^(?:true|false)$", "tf"),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$", "-+0123456789"),
    ("float", r"^[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$", "-+0123456789."),
):
    _Loader.add_implicit_resolver(_TAG + _kind, re.compile(_form), list(_first))


#: So many values and keys no file of a study has, aliases unfolded.
MOST_PARTS = 1_000_000
#: So many brackets stand within each other in no file of a study.
MOST_DEEP = 200
#: No file of a study has so many bytes; a person could not read it.
MOST_BYTES = 50_000_000
#: Where YAML begins a new line, and no editor does: what a text with it means cannot be seen.
_BREAKS = re.compile("[\x85\u2028\u2029]")
_COMPACT = re.compile(rf"^ *(?:[-?:][ \t]+){{{MOST_DEEP}}}", re.MULTILINE)


class YamlFile:
    """The content of a YAML file, and on which line each part of it stands.

    Parameters
    ----------
    path : Path
        The file.

    Attributes
    ----------
    data : dict
        The content.
    name : str
        The file's name as it stands in messages.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self.name = self.path.name
        # Of mappings that were asked for a line: thousands of mistakes in one are as many questions.
        self._known: dict[int, dict[str, tuple[Any, int]]] = {}
        if not self.path.is_file():
            raise StudyError(
                found="there is no such file",
                where=str(path),
                expected="every wave has one beside its responses",
                fix="write it, or correct the name of the wave in params.yaml",
            )
        if (size := self.path.stat().st_size) > MOST_BYTES:
            raise StudyError(
                found=f"{size:,} bytes",
                where=self.name,
                expected=f"at most {MOST_BYTES:,}: it is written for people",
                fix="look for what came into it by mistake; answers belong into the responses",
            )
        # As cells are read: a letter with its accent is one sign.
        text = unicodedata.normalize("NFC", read_utf8(self.path))
        self._refuse_breaks(text)
        refuse_deep(text, self.name)
        try:
            self._root = yaml.compose(text, _Loader)
            self._refuse_endless()
            self._refuse_unreadable()
            # A file in which nothing stands yet has no keys.
            self.data: Any = yaml.load(text, _Loader) or {}
        except yaml.reader.ReaderError as error:
            line = text[: text.find(chr(error.character))].count("\n") + 1 if error.character else 1
            raise StudyError(
                found=f"the sign U+{error.character:04X} cannot stand in YAML",
                where=f"{self.name}, line {line}",
                fix="delete it; it does not show, and came along when the text was pasted",
            ) from None
        except RecursionError:
            raise StudyError(
                found="lists or keys within each other without end",
                where=self.name,
                expected="a few levels",
                fix="look for a row of dashes or question marks, or for lines that are each indented further",
            ) from None
        except _NoValueError as error:
            raise self._no_value(error.node) from None
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line + 1 if mark else 1
            raise StudyError(
                found=f"not readable as YAML: {error.problem or error.context}",
                where=f"{self.name}, line {line}",
                fix="look at that line and the one before it: a colon, a quote or the indentation",
            ) from None
        if not isinstance(self.data, dict):
            raise StudyError(
                found=f"a {'list' if isinstance(self.data, list) else 'value'} where keys with values belong",
                where=f"{self.name}, line 1",
                fix="begin each line with a key and a colon, as in the files of another wave",
            )

    def _refuse_breaks(self, text: str) -> None:
        if found := _BREAKS.search(text):
            raise StudyError(
                found=f"the sign U+{ord(found[0]):04X}, which breaks the line and does not show",
                where=f"{self.name}, line {text.count(chr(10), 0, found.start()) + 1}",
                fix="delete it; it came along when the text was pasted",
            )

    def _no_value(self, node: Any) -> StudyError:
        kind = node.tag.removeprefix(_TAG)
        shown = node.value if isinstance(node.value, str) else "a list or keys"
        shown = shown if len(shown) <= 40 else f"{shown[:40]}… ({len(shown):,} signs)"
        named = {"int": "whole number", "float": "number", "timestamp": "day"}.get(kind, "switch")
        return StudyError(
            found=f"'{shown}' is no {named} that can be used",
            where=f"{self.name}, line {node.start_mark.line + 1}",
            expected=_EXAMPLES[kind],
            fix="correct it, or put the value between quotes if it is a text",
        )

    def _refuse_endless(self) -> None:
        """Refuse aliases (``*name``) that hold themselves, or that unfold to more than a file can mean."""
        sizes: dict[int, int] = {}
        path: set[int] = set()

        def size(node: Any) -> int:
            if id(node) in path:
                raise StudyError(
                    found="an alias stands inside of what it repeats",
                    where=f"{self.name}, line {node.start_mark.line + 1}",
                    fix="write out what it should say",
                )
            if id(node) not in sizes:
                path.add(id(node))
                parts = node.value if isinstance(node, yaml.CollectionNode) else ()
                sizes[id(node)] = 1 + sum(
                    size(part) for item in parts for part in (item if isinstance(item, tuple) else (item,))
                )
                path.discard(id(node))
            return sizes[id(node)]

        if self._root is not None and size(self._root) > MOST_PARTS:
            raise StudyError(
                found=f"its aliases unfold to more than {MOST_PARTS} parts",
                where=self.name,
                fix="take out aliases (*name) of things that hold aliases themselves",
            )

    def _refuse_unreadable(self) -> None:
        """Refuse tags, and signs in texts that a screen obeys or that turn the direction of what follows."""
        pending, visited = [self._root], set[int]()
        while pending:
            node = pending.pop()
            if node is None or id(node) in visited:
                continue
            visited.add(id(node))
            if node.tag not in _KNOWN_TAGS:
                raise StudyError(
                    found=f"a tag of YAML, '{node.tag.replace(_TAG, '!!')}'",
                    where=f"{self.name}, line {node.start_mark.line + 1}",
                    expected="texts, numbers, days, lists and keys",
                    fix="take it out, or put a text that begins with ! between quotes",
                )
            if isinstance(node, yaml.MappingNode):
                pending += [part for pair in node.value for part in pair]
            elif isinstance(node, yaml.SequenceNode):
                pending += node.value
            elif found := CONTROLS.search(node.value):
                raise StudyError(
                    found=f"the sign U+{ord(found[0]):04X} in a text, which does not show",
                    where=f"{self.name}, line {node.start_mark.line + 1}",
                    fix="delete it; it came along when the text was pasted",
                )

    def written(self, place: Sequence[str | int]) -> str | None:
        """Return a value as it is written in the file; None for what is not one value."""
        node = self._root
        for part in place:
            if isinstance(node, yaml.MappingNode):
                node = next((value for key, value in node.value if key.value == str(part)), None)
            elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
                node = node.value[part]
            else:
                return None
        return node.value if isinstance(node, yaml.ScalarNode) else None

    def _entries(self, node: Any) -> dict[str, tuple[Any, int]]:
        """The value of each key of a mapping, and its line; the last one counts, as in what is read."""
        if id(node) not in self._known:
            pairs = {str(key.value): (value, key.start_mark.line + 1) for key, value in node.value}
            self._known[id(node)] = pairs
        return self._known[id(node)]

    def line(self, place: Sequence[str | int]) -> int:
        """Return on which line a part stands; parts of the place that are not in the file are skipped."""
        node, line = self._root, 1
        for part in place:
            found = None
            if isinstance(node, yaml.MappingNode):
                if entry := self._entries(node).get(str(part)):
                    found, line = entry
            elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
                found = node.value[part]
                line = found.start_mark.line + 1
            node = found if found is not None else node
        return line

    def where(self, place: Sequence[str | int]) -> str:
        """Return file, line and keys of a part, with the names of list items in place of their numbers."""
        node: Any = self.data
        words: list[str] = []
        for part in place:
            if isinstance(node, dict) and part in node:
                node = node[part]
                words.append(str(part))
            elif isinstance(node, list) and isinstance(part, int) and part < len(node):
                node = node[part]
                name = node.get("name", node.get("id")) if isinstance(node, dict) else None
                words.append(str(name) if name is not None else str(part + 1))
            elif part == place[-1] and isinstance(node, dict):
                words.append(str(part))
        return f"{self.name}, line {self.line(place)} ({' > '.join(words)})" if words else self.name

    def repeated_keys(self) -> list[Problem]:
        """Find keys that stand twice in one mapping; YAML itself would silently take the last one."""
        problems: list[Problem] = []
        pending, visited = [self._root], set[int]()
        while pending:
            node = pending.pop()
            if id(node) in visited:
                continue
            visited.add(id(node))
            if isinstance(node, yaml.SequenceNode):
                pending.extend(node.value)
            elif isinstance(node, yaml.MappingNode):
                seen: dict[str, int] = {}
                for key, value in node.value:
                    line = key.start_mark.line + 1
                    forms = {key.value, _as_key(key)}
                    if first := min((seen[form] for form in forms if form in seen), default=0):
                        problems.append(
                            Problem(
                                f"the key '{key.value}' stands twice, first on line {first}",
                                f"{self.name}, line {line}",
                                fix="remove one of the two",
                            )
                        )
                    for form in forms:
                        seen.setdefault(form, line)
                    pending.append(value)
        return problems


def _as_key(key: Any) -> str:
    """Return a key as it is told apart from others: 1, 1.0, +1 and true are one."""
    match key.tag.removeprefix(_TAG):
        case "int" | "float":
            return f"{float(key.value)}"
        case "bool":
            return "1.0" if key.value == "true" else "0.0"
    return key.value


def refuse_deep(text: str, name: str) -> None:
    """Refuse lists within lists without end, which the parser does not survive.

    Brackets are counted first, which costs nothing; those in texts (``[18, 25)``) are told apart by reading,
    and only where there are so many of them.

    Parameters
    ----------
    text : str
        What stands in a file of YAML.
    name : str
        The file, for messages.

    Raises
    ------
    StudyError
        Naming the line.
    """
    depth = 0
    for bracket in re.finditer(r"[\[\]{}]", text):
        depth += 1 if bracket[0] in "[{" else -1
        if depth > MOST_DEEP:
            break
    else:
        if not _COMPACT.search(text):
            return
    depth = 0
    try:
        for event in yaml.parse(text, _Loader):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > MOST_DEEP:
                raise StudyError(
                    found=f"more than {MOST_DEEP} lists or brackets within each other",
                    where=f"{name}, line {event.start_mark.line + 1}",
                    fix="look for brackets that are not closed, or for a row of dashes or question marks",
                )
    except yaml.YAMLError:
        return  # it is said where the file is read
