"""Reads the files of a codebook, and names everything that is wrong in them at once, with its line."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from nsmo.study.about import About
from nsmo.study.codebook import FILES, Codebook
from nsmo.study.crosscheck import cross_check
from nsmo.study.crosstabs import completed
from nsmo.study.errors import Problem, StudyError
from nsmo.study.model import Model, Place
from nsmo.study.questionnaire import Questionnaire
from nsmo.study.rules import Rules
from nsmo.study.yamlfile import YamlFile

#: The one file that held everything before there were three.
OLD_FILE = "codebook.yaml"


def load_codebook(folder: Path | str, files: Collection[str] = tuple(FILES)) -> Codebook:
    """Read the codebook of a wave and hold every part of it against every other.

    Parameters
    ----------
    folder : Path or str
        ``data/raw/<wave>``; its name is the wave.
    files : collection of str
        Which of `FILES` to read, questionnaire.yaml among them; the others are as if they were not there.

    Returns
    -------
    Codebook

    Raises
    ------
    StudyError
        Naming everything that is wrong at once, each with its line.
    """
    folder = Path(folder)
    read = read_codebook(folder, files)
    if read.left is None or read.problems:
        count = f"{len(read.problems)} problem{'s' if len(read.problems) != 1 else ''}"
        raise StudyError(f"{count} in {folder}:", problems=read.problems)
    return completed(read.left)


@dataclass(frozen=True)
class Reading:
    """A codebook as far as it can be read.

    Attributes
    ----------
    left : Codebook or None
        Without the parts that are wrong in themselves, to be compared with other files and never to be used
        while there are problems. None where the questionnaire could not be understood even so.
    rules : bool
        Whether rules.yaml could be understood.
    broken : frozenset of str
        Names of what was left out, or depends on it: questions, derived variables, batteries, "margin …".
    texts : frozenset of str
        Every text in the list items that were left out, their columns among them.
    problems : list of Problem
        File by file, in the order of the lines.
    """

    left: Codebook | None
    rules: bool
    broken: frozenset[str]
    texts: frozenset[str]
    problems: list[Problem]


def read_codebook(folder: Path | str, files: Collection[str] = tuple(FILES)) -> Reading:
    """Read a codebook as far as it can be read.

    Parts that are wrong in themselves are left out, so that the rest can still be compared with each other
    and with other files.

    Parameters
    ----------
    folder, files
        See `load_codebook`.
    """
    folder = Path(folder)
    problems: list[Problem] = []
    parts: dict[str, _Part] = {}
    for name in FILES:
        if name in files:
            try:
                parts[name] = _Part.read(folder / name)
            except StudyError as error:
                problems += error.problems
    if any(not (folder / name).exists() for name in files) and (folder / OLD_FILE).exists():
        return Reading(None, False, frozenset(), frozenset(), [old_file(folder)])
    models: dict[str, Any] = {name: parts[name].model if name in parts else None for name in FILES}
    questionnaire: Questionnaire | None = models["questionnaire.yaml"]
    rules: Rules | None = models["rules.yaml"]
    about: About | None = models["study.yaml"]
    broken = set().union(*(part.names - part.names_left for part in parts.values()))
    found: dict[str, list[tuple[int, Problem]]] = {name: parts[name].faults[:] for name in parts}
    left = None
    if questionnaire is not None:
        left = Codebook(folder.resolve().name, questionnaire, rules, about)
        yamls = {name: part.file for name, part in parts.items()}
        for place, problem in cross_check(questionnaire, rules, about, yamls, broken):
            name = next(name for name in parts if place[0] in keys(FILES[name]))
            found[name].append((parts[name].file.line(place), problem))
        batteries = {question.battery for question in questionnaire.questions}
        broken |= parts["questionnaire.yaml"].names - set(questionnaire.variables) - batteries
    for name in parts:
        problems += [problem for _, problem in sorted(found[name], key=lambda p: p[0])]
    texts = set().union(*(part.texts_dropped for part in parts.values()))
    return Reading(left, rules is not None, frozenset(broken), frozenset(texts), problems)


def old_file(folder: Path) -> Problem:
    """Return the problem that a wave still has the one file of before."""
    contents = "; ".join(f"{name}: {', '.join(keys(model))}" for name, model in FILES.items())
    return Problem(
        f"{OLD_FILE} is no longer read: what stood in it now stands in {', '.join(FILES)}",
        OLD_FILE,
        expected=contents,
        fix="move each key to its file (`wave` goes, `top` is called `top_box`, questions that share a "
        f"`battery` become one block with `items`), then remove {OLD_FILE}; docs/howto/add-a-wave.md",
    )


def keys(model: type[Model]) -> list[str]:
    """List the keys at the top of the file that a model describes."""
    return [field.alias or name for name, field in model.model_fields.items()]


@dataclass(frozen=True)
class _Part:
    """One file as far as it can be understood."""

    file: YamlFile
    model: Model | None
    faults: list[tuple[int, Problem]]
    names: set[str]
    names_left: set[str]
    texts_dropped: set[str]

    @classmethod
    def read(cls, path: Path) -> "_Part":
        file = YamlFile(path)
        type_ = FILES[path.name]
        faults = [(0, problem) for problem in file.repeated_keys()]
        model, errors = _validate(type_, file.data)
        faults += [(file.line(_place(error)), _readable(error, file)) for error in errors]
        pruned = file.data
        if model is None:
            pruned = _without(type_, file.data, [_place(error) for error in errors])
            if pruned is not None:
                model, _ = _validate(type_, pruned)
        left = _names(pruned) if pruned is not None else set()
        dropped = _texts(file.data) - _texts(pruned) if pruned is not None else set()
        return cls(file, model, faults, _names(file.data), left, dropped)


def _validate(type_: type[Model], data: Any) -> tuple[Model | None, list[Any]]:
    try:
        return type_.model_validate(data), []
    except ValidationError as error:
        return None, error.errors(include_url=False)


#: Lists whose items are of several kinds; pydantic puts the kind into the place, behind the item's number.
_MIXED = (("questions",), ("derived",), ("cleaning", "rules"))


def _place(fault: Mapping[str, Any]) -> Place:
    """Return where a fault lies in the file."""
    place = tuple(fault["loc"])
    for mixed in _MIXED:
        if place[: len(mixed)] == mixed:
            return (*place[: len(mixed) + 1], *place[len(mixed) + 2 :])
    return place


def _readable(fault: Mapping[str, Any], file: YamlFile) -> Problem:
    place, kind, value = _place(fault), fault["type"], fault["input"]
    where = file.where(place)
    key = next((str(part) for part in reversed(place) if isinstance(part, str)), "")
    if kind == "missing":
        return Problem(f"the key '{key}' is missing", where, fix="add it")
    if kind == "extra_forbidden":
        return Problem(f"the key '{key}' is unknown here", where, fix=_home(place))
    if kind == "string_type":
        text = file.written(place) or value
        return Problem(
            f"{text} is not a text", where, expected="a text", fix="put it between quotes, if it is one"
        )
    if kind == "literal_error":
        return Problem(f"{value!r} is not known here", where, expected=fault["ctx"]["expected"])
    if kind == "string_too_long":
        longest = fault["ctx"]["max_length"]
        return Problem(
            f"'{value[:20]}…' of {len(value)} signs",
            where,
            expected=f"at most {longest}, since files are called after it",
            fix="shorten it; the label may be long",
        )
    if kind == "string_pattern_mismatch" and "https" in fault["ctx"]["pattern"]:
        return Problem(f"'{value}' is no address of a page", where, expected="https://… or http://…")
    if kind == "string_pattern_mismatch":
        return Problem(
            f"'{value}' cannot be a name", where, expected="small letters, digits and _, a letter first"
        )
    if kind == "union_tag_invalid":
        return Problem(
            f"'{fault['ctx']['tag']}' is no known kind", where, expected=fault["ctx"]["expected_tags"]
        )
    if kind == "union_tag_not_found":
        return Problem("the key 'kind' is missing", where, fix="add it")
    if kind == "value_error":
        return Problem(str(fault["ctx"]["error"]), where)
    return Problem(f"{value!r}: {fault['msg']}", where)


def _home(place: Place) -> str:
    """Return what to do with a key that is unknown where it stands."""
    if len(place) == 1:
        for name, model in FILES.items():
            if place[0] in keys(model):
                return f"move it to {name}"
    if place[-1] == "top":
        return "call it top_box"
    if place[-1] == "wave":
        return "remove it: the name of the folder is the wave"
    return "correct its spelling or remove it"


#: What the heads of a file may say; read in the place of one that is wrong, to find what else is.
_HEADS: dict[str, Any] = {
    "study": "x",
    "title": {"nl": "x", "en": "x"},
    "unit": {"nl": "x", "en": "x"},
    "provenance": "real",
    "language": "en",
    "field_period": {"from": None, "until": None, "certainty": "assumed"},
}


def _without(type_: type[Model], data: dict, places: Sequence[Place]) -> dict | None:
    """Leave out the list items that have a fault; None where a fault lies in what cannot be left out."""
    heads = {str(place[0]) for place in places if place and place[0] in _HEADS and place[0] in keys(type_)}
    data = data | {head: _HEADS[head] for head in heads}
    places = [place for place in places if not place or place[0] not in heads]
    drop: dict[tuple[str, ...], set[int]] = {}
    for place in places:
        depth = next((i for i, part in enumerate(place) if isinstance(part, int)), None)
        if depth is None:
            if len(place) == 1 and place[0] not in keys(type_):
                drop.setdefault(("", str(place[0])), set())
                continue
            return None
        drop.setdefault(tuple(map(str, place[:depth])), set()).add(int(place[depth]))

    def copy(node: Any, path: tuple[str, ...]) -> Any:
        if isinstance(node, dict):
            return {k: copy(v, (*path, str(k))) for k, v in node.items() if ("", str(k)) not in drop or path}
        if isinstance(node, list):
            return [item for i, item in enumerate(node) if i not in drop.get(path, set())]
        return node

    return copy(data, ())


def _texts(node: Any) -> set[str]:
    """Collect every text below a node of the file, however deep."""
    if isinstance(node, dict | list):
        return set().union(*map(_texts, node.values() if isinstance(node, dict) else node))
    return {node} if isinstance(node, str) else set()


def _names(data: Any) -> set[str]:
    """Collect every name of a question, derived variable, battery or (as "margin …") margin in a file."""
    weighting = data.get("weighting") if isinstance(data.get("weighting"), dict) else {}
    names = set()
    for part, prefix in (
        (data.get("questions"), ""),
        (data.get("derived"), ""),
        (weighting.get("margins"), "margin "),
    ):
        for entry in part if isinstance(part, list) else []:
            items = entry.get("items") if isinstance(entry, dict) else None
            for item in [entry, *(items if isinstance(items, list) else [])]:
                if isinstance(item, dict):
                    names |= {f"{prefix}{item[key]}" for key in ("name", "battery") if item.get(key)}
    return names
