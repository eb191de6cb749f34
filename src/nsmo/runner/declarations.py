"""What dvc.yaml says about each stage: the files it reads and writes, and its sections of params.yaml.

Reads dvc.yaml and params.yaml directly, because importing DVC costs more than a whole stage.
"""

import difflib
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from nsmo.study.errors import StudyError
from nsmo.study.textfile import read_utf8
from nsmo.study.yamlfile import refuse_deep

# The one in C reads the same and is ten times as fast; a PyYAML built without it has only the other.
YAML_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_WAVE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")


class ContractError(StudyError):
    """A notebook, dvc.yaml and params.yaml do not agree."""


@dataclass(frozen=True)
class Out:
    """One declared output of a stage.

    Parameters
    ----------
    path : str
        Relative to the root; a file or a folder.
    cache : bool
        Whether DVC keeps it; otherwise git does.
    """

    path: str
    cache: bool


@dataclass(frozen=True)
class Declaration:
    """What dvc.yaml says about one stage of one wave.

    Parameters
    ----------
    name, wave, desc, cmd : str
        As they stand there, with the wave filled in.
    deps : tuple of str
        Files and folders it reads, relative to the root.
    outs : tuple of Out
        What it writes.
    sections : tuple of str
        Sections of params.yaml that it gets; `section.key.wave` gives one key, with the wave's own value.
    """

    name: str
    wave: str
    desc: str
    cmd: str
    deps: tuple[str, ...]
    outs: tuple[Out, ...]
    sections: tuple[str, ...]

    @property
    def title(self) -> str:
        """What messages call it."""
        return f"{self.name} ({self.wave})" if self.wave else self.name

    @property
    def notebook(self) -> str | None:
        """The notebook that is this stage, if it has one; it is the one named `<number>_<stage>.ipynb`."""
        for dep in self.deps:
            if re.fullmatch(rf"notebooks/\w+?_{re.escape(self.name)}\.ipynb", dep):
                return dep
        return None

    @property
    def executed(self) -> str:
        """Where the executed notebook goes."""
        return f"reports/{self.wave}/executed/{self.name}.ipynb"

    def writes(self, path: str) -> bool:
        """Whether a path is one of its outputs, or in one."""
        return any(within(path, out.path) for out in self.outs)


def read_params(folder: Path, wave: str = "") -> dict[str, Any]:
    """Read params.yaml.

    Parameters
    ----------
    folder : Path
        The root of the repository.
    wave : str
        With the values that this wave has of its own, under `thresholds:` in its rules.yaml.

    Returns
    -------
    dict
        Section to keys to values.

    Raises
    ------
    ContractError
        When it cannot be read.
    """
    params = _read_yaml(folder / "params.yaml")
    for key, value in own_thresholds(folder, wave).items() if wave else ():
        for section in OWN:
            if key in (params.get(section) or {}):
                params[section][key] = value
    return params


#: The sections of params.yaml of which a wave may have values of its own.
OWN = ("clean", "weight", "analyse", "topline")


def own_thresholds(folder: Path, wave: str) -> dict[str, Any]:
    """Read what rules.yaml of a wave has under `thresholds:`; mostly nothing."""
    path = folder / "data/raw" / wave / "rules.yaml"
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    if not re.search(r"(?m)^[\"']?thresholds\b", text):
        return {}
    found = _read_yaml(path).get("thresholds")
    return found if isinstance(found, dict) else {}


def stage_names(folder: Path) -> list[str]:
    """List the stages of dvc.yaml, also those that no wave has."""
    return list(_read_yaml(folder / "dvc.yaml").get("stages") or {})


def plain_stages(folder: Path) -> set[str]:
    """List the stages of dvc.yaml of which it says no more than `Declaration` does."""
    stages = _read_yaml(folder / "dvc.yaml").get("stages") or {}
    said = {"desc", "cmd", "deps", "params", "outs", "metrics", "plots"}
    return {name for name, entry in stages.items() if (entry.get("do") or entry).keys() <= said}


def section_names(folder: Path) -> set[str]:
    """List the sections of params.yaml that some stage of dvc.yaml gets, also a stage that no wave has."""
    stages = _read_yaml(folder / "dvc.yaml").get("stages") or {}
    bodies = [entry.get("do") or entry for entry in stages.values()]
    return {str(section).partition(".")[0] for body in bodies for section in body.get("params") or ()}


def declarations(folder: Path) -> Iterator[Declaration]:
    """Yield the stages of dvc.yaml in their order, once for every wave that has them.

    Parameters
    ----------
    folder : Path
        The root of the repository.

    Yields
    ------
    Declaration
        One stage of one wave.

    Raises
    ------
    ContractError
        When dvc.yaml or params.yaml cannot be read, or name something the other does not have.
    """
    params = read_params(folder)
    stages = _read_yaml(folder / "dvc.yaml").get("stages") or {}
    for name, entry in stages.items():
        if "foreach" not in entry:
            yield _declaration(name, "", entry)
            continue
        waves = _substitute(entry["foreach"], params, f"dvc.yaml, stages: {name}: foreach")
        if isinstance(waves, list) and "${key}" in json.dumps(entry["do"]):
            raise ContractError(
                found=f"waves: {name}: is a list",
                where="params.yaml",
                expected='for each wave the file with its responses, as in "2018": responses.csv',
                fix="write it so; source.file of questionnaire.yaml names the file",
            )
        # In a mapping each wave has something of its own; DVC calls the wave `key` then, and that `item`.
        items = waves if isinstance(waves, dict) else {wave: str(wave) for wave in waves or ()}
        for wave, item in items.items():
            if not _WAVE.fullmatch(str(wave)):
                raise ContractError(
                    found=f"wave {wave!r}",
                    where=f"params.yaml, waves: {name}:",
                    expected="letters, digits, - and _ only, no - in front: it is the name of folders",
                    fix="rename the wave, and its folder below data/raw",
                )
            known = {"key": str(wave), "item": item} | params
            body = _substitute(entry["do"], known, f"dvc.yaml, stages: {name}")
            yield _declaration(name, str(wave), body)


def declaration(folder: Path, name: str, wave: str) -> Declaration:
    """Return one stage of one wave in dvc.yaml.

    Parameters
    ----------
    folder : Path
        The root of the repository.
    name, wave : str
        The stage and the wave.

    Returns
    -------
    Declaration

    Raises
    ------
    ContractError
        When dvc.yaml has no such stage, or params.yaml does not give the wave to it.
    """
    every = list(declarations(folder))
    for one in every:
        if (one.name, one.wave) == (name, wave):
            return one
    known = [one.name for one in every]
    if name not in known:
        raise ContractError(
            found=f"there is no stage {name!r}",
            where="dvc.yaml, stages:",
            expected=", ".join(dict.fromkeys(known)) or "at least one stage",
            fix="correct the name, or declare the stage in dvc.yaml",
        )
    raise ContractError(
        found=f"wave {wave!r} has no stage {name!r}",
        where=f"params.yaml, waves: {name}:",
        expected=", ".join(repr(one.wave) for one in every if one.name == name),
        fix=f"correct the wave, or add it under waves: {name}: and its folder data/raw/{wave}/",
    )


def newest_wave(params: Mapping[str, Any], stage: str) -> str:
    """Return the newest wave of a stage: the last in its list in params.yaml."""
    known = params.get("waves") or {}
    waves = list(known.get(stage) or [])
    if not waves:
        near = difflib.get_close_matches(stage, map(str, known), n=1)
        raise ContractError(
            found=f"no wave has stage {stage!r}",
            where="params.yaml, waves",
            expected=f"perhaps {near[0]}" if near else "",
            fix=f"add a line {stage}: with a wave" if not near else "",
        )
    return str(waves[-1])


def needs(stages: Mapping[str, Declaration]) -> dict[str, set[str]]:
    """Return for each stage those whose outputs it reads.

    Parameters
    ----------
    stages : mapping
        Any key to a stage.

    Returns
    -------
    dict
        Key to the keys of those that must have run before.
    """
    made = Paths((out.path, name) for name, one in stages.items() for out in one.outs)
    return {name: {*itertools.chain(*map(made.overlapping, one.deps))} for name, one in stages.items()}


class Paths:
    """Files and folders with names, to be found by a path without looking at all of them.

    Parameters
    ----------
    named : iterable of (str, str)
        Path and name of each.
    """

    def __init__(self, named: Iterable[tuple[str, str]]) -> None:
        self._at: dict[str, set[str]] = {}
        self._inside: dict[str, set[str]] = {}
        for path, name in named:
            self._at.setdefault(path, set()).add(name)
            for around in _upwards(path):
                self._inside.setdefault(around, set()).add(name)

    def inside(self, path: str) -> set[str]:
        """List those at a path, or in it."""
        return self._inside.get(path, set())

    def around(self, path: str) -> set[str]:
        """List those at a path, or that it is in."""
        return set().union(*(self._at.get(one, ()) for one in _upwards(path)))

    def overlapping(self, path: str) -> set[str]:
        """List those at a path, in it, or that it is in."""
        return self.inside(path) | self.around(path)


def _upwards(path: str) -> Iterator[str]:
    """Yield a path and the folders that it is in."""
    while path:
        yield path
        path = path.rpartition("/")[0]


def overlap(one: str, other: str) -> bool:
    """Whether one of two paths is the other, or in it."""
    return within(one, other) or within(other, one)


def within(path: str, declared: str) -> bool:
    """Whether a path is a declared one, or in it."""
    return path == declared or path.startswith(declared + "/")


def first_line(text: str) -> str:
    """Return the first line of a text."""
    return (text.strip().splitlines() or [""])[0]


def _declaration(name: str, wave: str, entry: Mapping[str, Any]) -> Declaration:
    outs = []
    for key in ("outs", "metrics", "plots"):
        for item in entry.get(key) or ():
            path, options = next(iter(item.items())) if isinstance(item, dict) else (item, {})
            outs.append(Out(path.rstrip("/"), (options or {}).get("cache", True)))
    return Declaration(
        name=name,
        wave=wave,
        desc=entry.get("desc", ""),
        cmd=entry.get("cmd", ""),
        deps=tuple(dep.rstrip("/") for dep in entry.get("deps") or ()),
        outs=tuple(outs),
        sections=tuple(entry.get("params") or ()),
    )


def _substitute(value: Any, known: Mapping[str, Any], where: str) -> Any:
    """Fill in `${a.b}` as DVC does; a text that is nothing but one keeps the type of what it names."""
    if isinstance(value, dict):
        return {
            _substitute(key, known, where): _substitute(item, known, where) for key, item in value.items()
        }
    if isinstance(value, list):
        return [_substitute(item, known, where) for item in value]
    if not isinstance(value, str):
        return value

    def look_up(name: str) -> Any:
        found: Any = known
        for part in name.strip().split("."):
            if not isinstance(found, Mapping) or part not in found:
                raise ContractError(
                    found=f"${{{name}}} names nothing",
                    where=where,
                    fix="add that key to params.yaml, or correct it",
                )
            found = found[part]
        return found

    whole = re.fullmatch(r"\$\{([^}]+)\}", value)
    if whole:
        return look_up(whole[1])
    return re.sub(r"\$\{([^}]+)\}", lambda match: str(look_up(match[1])), value)


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        text = read_utf8(path)
        refuse_deep(text, path.name)
        content = yaml.load(text, YAML_LOADER)
    except FileNotFoundError:
        raise ContractError(
            found="there is no such file",
            where=path.name,
            fix=f"restore it with `git checkout -- {path.name}`",
        ) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise ContractError(
            found=f"not readable as YAML: {getattr(error, 'problem', None) or first_line(str(error))}",
            where=f"{path.name}, line {mark.line + 1}" if mark else path.name,
            fix="look at that line and the one before it: a colon, a quote or the indentation",
        ) from None
    except (RecursionError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        raise ContractError(
            found=f"not readable as YAML: {first_line(str(error))}",
            where=path.name,
            fix=f"compare it with what git has: git diff -- {path.name}",
        ) from None
    if not isinstance(content, dict):
        raise ContractError(found="no keys at all", where=path.name, fix=f"restore it from git: {path.name}")
    return content
