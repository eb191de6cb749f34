"""Reads YAML so that every value can be traced back to its line."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from nsmo.study.errors import Problem, StudyError


# The one in C reads the same and is ten times as fast; a PyYAML built without it has only the other.
class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """YAML in which only `true` and `false` are switches, so that an option may be called yes, no or on."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), ["t", "f"])


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
        try:
            text = self.path.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            raise StudyError(
                found="there is no such file",
                where=str(path),
                expected="every wave has one beside its responses",
                fix="write it, or correct the name of the wave in params.yaml",
            ) from None
        except UnicodeDecodeError as error:
            raise StudyError(
                found=f"not UTF-8: byte {error.object[error.start]:#04x} at position {error.start}",
                where=self.name,
                fix="save the file as UTF-8",
            ) from None
        try:
            self._root = yaml.compose(text, _Loader)
            # A file in which nothing stands yet has no keys.
            self.data: Any = yaml.load(text, _Loader) or {}
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

    def line(self, place: Sequence[str | int]) -> int:
        """Tell on which line a part stands; parts of the place that do not exist in the file are skipped."""
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
        """Name file, line and key path of a part, with the names of list items in place of their numbers."""
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
        pending = [self._root]
        while pending:
            node = pending.pop()
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
