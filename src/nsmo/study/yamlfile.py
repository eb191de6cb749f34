"""Reads YAML so that every value can be traced back to its line."""

import re
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
    """YAML in which only `true` and `false` are switches, so that an option may be called yes, no or on."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), ["t", "f"])


#: So many values and keys no file of a study has, aliases unfolded.
MOST_PARTS = 1_000_000
#: So many brackets stand within each other in no file of a study.
MOST_DEEP = 200


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
        if not self.path.is_file():
            raise StudyError(
                found="there is no such file",
                where=str(path),
                expected="every wave has one beside its responses",
                fix="write it, or correct the name of the wave in params.yaml",
            )
        text = read_utf8(self.path)
        self._refuse_deep(text)
        try:
            self._root = yaml.compose(text, _Loader)
            self._refuse_endless()
            self._refuse_controls()
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
        except ValueError as error:
            raise StudyError(
                found=f"a value that is none: {error}",
                where=self.name,
                expected="a day as 2018-01-26",
                fix="look for a day that no calendar has, or put the value between quotes",
            ) from None
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
                found=f"a {type(self.data).__name__} where keys with values belong",
                where=f"{self.name}, line 1",
            )

    def _refuse_deep(self, text: str) -> None:
        """Refuse brackets within brackets without end, which the parser does not survive."""
        depth = 0
        for bracket in re.finditer(r"[\[\]{}]", text):
            depth += 1 if bracket[0] in "[{" else -1
            if depth > MOST_DEEP:
                line = text[: bracket.start()].count("\n") + 1
                raise StudyError(
                    found=f"more than {MOST_DEEP} brackets within each other",
                    where=f"{self.name}, line {line}",
                    fix="look for brackets that are not closed",
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

    def _refuse_controls(self) -> None:
        """Refuse texts with signs that a screen obeys or that turn the direction of what follows."""
        pending, visited = [self._root], set[int]()
        while pending:
            node = pending.pop()
            if node is None or id(node) in visited:
                continue
            visited.add(id(node))
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

    def line(self, place: Sequence[str | int]) -> int:
        """Return on which line a part stands; parts of the place that are not in the file are skipped."""
        node, line = self._root, 1
        for part in place:
            found = None
            if isinstance(node, yaml.MappingNode):
                for key, value in node.value:
                    if key.value == str(part):
                        found, line = value, key.start_mark.line + 1
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
                    if key.value in seen:
                        problems.append(
                            Problem(
                                f"the key '{key.value}' stands twice, first on line {seen[key.value]}",
                                f"{self.name}, line {line}",
                                fix="remove one of the two",
                            )
                        )
                    seen.setdefault(key.value, line)
                    pending.append(value)
        return problems
