"""Brings a questionnaire that people have edited up to date with a newer export, line by line.

Nothing that stands there is rewritten: new questions, items and answers are put in where they belong, each
with its mark, and what is no longer in the export is marked, never taken out.
"""

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import yaml

from nsmo.draft import naming, write
from nsmo.draft.closed import closed_or_open
from nsmo.draft.guess import name_all
from nsmo.draft.questions import Draft, Option, Question
from nsmo.draft.values import Column
from nsmo.formats.cells import normal_column
from nsmo.formats.detect import Reading
from nsmo.formats.rankings import Ranked
from nsmo.formats.structure import MissingValue, Variable
from nsmo.study.drafts import MARK
from nsmo.study.errors import StudyError
from nsmo.study.questionnaire import column_range

_LAYOUT = (
    "file",
    "format",
    "encoding",
    "delimiter",
    "quote",
    "sheet",
    "title_rows",
    "last_rows",
    "header_rows",
    "names_row",
)


@dataclass(frozen=True)
class Merged:
    """The completed questionnaire, what was done, and the difference to what was there."""

    text: str
    said: list[str]
    difference: str


@dataclass(frozen=True)
class _Entry:
    """A question as it stands in the file: its data, and the lines from its first to after its last."""

    data: dict[str, Any]
    node: yaml.MappingNode
    first: int
    end: int


def merge(text: str, draft: Draft, reading: Reading) -> Merged:
    """Complete a questionnaire by what an export has and it does not.

    Parameters
    ----------
    text : str
        questionnaire.yaml as it stands.
    draft : Draft
        What was guessed of the newer export.
    reading : Reading
        The newer export.

    Returns
    -------
    Merged

    Raises
    ------
    StudyError
        If the questionnaire is no YAML, or has no questions.
    """
    root = _root(text)
    lines = text.splitlines()
    entries = _entries(root, text)
    source = _value(root, "source")
    inserts: dict[int, list[str]] = {}
    said: list[str] = []

    def insert(line: int, new: Sequence[str]) -> None:
        inserts.setdefault(line, []).extend(new)

    known = _columns(yaml.load(text, yaml.CSafeLoader))
    exported = {normal_column(column) for column in reading.export.columns}
    owner = {normal_column(column): one for one in entries for column in _columns(one.data)}
    taken = {str(one.data.get("name", one.data.get("battery"))) for one in entries}
    taken |= {str(item.get("name")) for one in entries for item in one.data.get("items") or ()}

    ignored_new = [c for c in draft.ignored if normal_column(c) not in known and c not in draft.weights]
    if ignored_new:
        insert(*_into_ignore(source, lines, ignored_new))
        said.append(f"{len(ignored_new)} new columns that hold no question, under source: ignore")
    last = entries[0].first if entries else len(lines)
    for question in draft.questions:
        own = [column for column in question.every_column if normal_column(column) in owner]
        fresh = [column for column in question.every_column if normal_column(column) not in known]
        if own:
            one = owner[normal_column(own[0])]
            last = one.end
            texts = Column(own[0], reading.export.cells[own[0]]).distinct
            for where, new, told in _completed(one, question, fresh, texts):
                insert(where, new)
                said.append(told)
            rest = [column for column in fresh if column not in _placed(one, question)]
            for new in _alone(question, rest, reading):
                _rename(new, taken)
                new.confirm = [f"new in this export; of one question with '{_name(one)}'?", *new.confirm]
                insert(last, write.entry(new, draft))
                said.append(f"new question '{new.name}' ({', '.join(new.every_column[:2])})")
        elif len(fresh) == len(question.every_column) and fresh:
            _rename(question, taken)
            question.confirm.insert(0, "new in this export")
            insert(last, write.entry(question, draft))
            said.append(f"new question '{question.name}' ({', '.join(fresh[:2])})")
    for one in entries:
        gone = [column for column in _columns(one.data) if normal_column(column) not in exported]
        name = one.data.get("name", one.data.get("battery"))
        if gone:
            mark = f"not in this export: {', '.join(gone[:3])}{' …' * (len(gone) > 3)}"
            if MARK not in lines[one.first - 1] or mark not in lines[one.first - 1]:
                insert(one.first, [f"  {MARK} {mark}"])
            said.append(f"'{name}': {mark}")
    # From behind, since several may stand on a line.
    for ranked, at, column, texts in reversed([*_new_answers(source, reading.rankings)]):
        more = "".join(f", {write.quote(text, flow=True)}" for text in texts)
        lines[at] = lines[at][:column] + more + lines[at][column:]
        said.append(f"source: the ranking '{ranked}' has new answers: {', '.join(texts[:3])}")
    replaced = _layout_changes(source, write.source_keys(draft, reading), lines)
    for number, (old, new) in replaced.items():
        lines[number] = new
        said.append(f"source: {old.strip()} is now {new.strip()}")
    result: list[str] = []
    for number, line in enumerate([*lines, None]):
        result += inserts.get(number, [])
        if line is not None:
            result.append(line)
    after = "\n".join(result) + "\n"
    difference = "\n".join(
        difflib.unified_diff(text.splitlines(), after.splitlines(), "before", "after", lineterm="", n=1)
    )
    return Merged(after, said or ["nothing is new"], difference)


def _name(one: _Entry) -> str:
    return str(one.data.get("name", one.data.get("battery")))


def _placed(one: _Entry, question: Question) -> set[str]:
    """Return the columns of a question, as drafted, that have a place in one that stands in the file."""
    listed = {str(item.column) for item in question.items} if one.data.get("items") else set()
    if _columned(one):
        listed |= {option.column for option in question.options if option.column}
    return listed


def _columned(one: _Entry) -> bool:
    """Whether the options of a question have columns of their own."""
    options = one.data.get("options")
    return isinstance(options, list) and any(isinstance(o, dict) and o.get("column") for o in options)


def _alone(question: Question, columns: Sequence[str], reading: Reading) -> list[Question]:
    """Make questions of columns that were drafted together with others, which a question of the file has."""
    items = [item for item in question.items if item.column in columns]
    if len(items) > 1:
        return [replace(question, items=items, other=None, confirm=[], asked_if=None, asked_when=None)]
    found = []
    for column in columns:
        known = reading.structure.variables.get(column) or Variable(column)
        label = f"{known.label} {known.item}".strip() or column
        variable = replace(known, part="answer", label=label, item="", question=column)
        found.append(closed_or_open(variable, Column(column, reading.export.cells[column])))
    name_all(found)
    return found


def _completed(
    one: _Entry, question: Question, fresh: Sequence[str], texts: Sequence[str]
) -> list[tuple[int, list[str], str]]:
    """List the lines that a question lacks: items or options in new columns, and new answers."""
    found = []
    name = one.data.get("name", one.data.get("battery"))
    indent = " " * 6
    items = [item for item in question.items if item.column in fresh]
    if items and one.data.get("items"):
        at = _list_end(one.node, "items")
        taken = {str(item.get("name")) for item in one.data["items"]}
        for item in items:
            own = naming.unique(f"{name}_{naming.slug(item.label, 3)}", taken, f"{name}_{len(taken) + 1}")
            taken.add(own)
            line = f"{indent}- {write.item_line(own, item.column, item.label)}"
            found.append(
                (at, [f"{indent}{MARK} new in this export", line], f"'{name}': new item '{item.label}'")
            )
    options = one.data.get("options") or []
    if not options or not isinstance(options, list):
        return found
    codes = {str(option.get("code")) for option in options}
    columns = {normal_column(str(option["column"])) for option in options if option.get("column")}
    reasons = [missing for missing in one.data.get("missing") or () if isinstance(missing, dict)]
    codes |= {str(missing.get("code")) for missing in reasons}
    ranges = [MissingValue(str(r["from"]), str(r["to"])) for r in reasons if "from" in r and "to" in r]
    other = one.data.get("other") or {}
    codes.add(str(other.get("code")))
    names = {str(option.get("name")) for option in options}
    end = _list_end(one.node, "options")
    seen = [
        *question.options,
        *(Option(one.label, one.code) for one in question.missing if one.code and not one.column),
    ]
    if one.data.get("column") and one.data.get("type") in ("single", "ordinal"):
        known = {option.code for option in seen}
        seen += [Option(text, text) for text in texts if text not in known]
    for option in seen:
        new_column = (
            bool(columns) and option.column in fresh and normal_column(str(option.column)) not in columns
        )
        new_code = option.column is None and option.code is not None and option.code not in codes
        if not (new_column or new_code) or any(one.holds(option.code or "") for one in ranges):
            continue
        option.name = naming.option_name(option.label, option.code or "", names, len(names) + 1)
        names.add(option.name)
        line = f"{indent}- {write.option_line(option)}"
        remark = f"'{name}': new answer '{option.label}'"
        at = _place_on_scale(one, question, option) or end
        found.append((at, [f"{indent}{MARK} an answer that was not there before", line], remark))
    return found


def _place_on_scale(one: _Entry, question: Question, option: Option) -> int | None:
    """Find the line of the answer of a scale above which a new one belongs; None where there is none."""
    nodes = _value(one.node, "options")
    if one.data.get("type") != "ordinal" or not isinstance(nodes, yaml.SequenceNode):
        return None
    lines = {
        str(data.get("code")): node.start_mark.line
        for data, node in zip(one.data["options"], nodes.value, strict=True)
    }
    codes = [other.code for other in question.options]
    after = codes[codes.index(option.code) + 1 :] if option.code in codes else []
    # The scale of the file may run the other way, or in an order of its own.
    known = [lines[str(code)] for code in codes if str(code) in lines]
    if known != sorted(known):
        return None
    return next((lines[str(code)] for code in after if str(code) in lines), None)


def _rename(question: Question, taken: set[str]) -> None:
    question.name = naming.unique(question.name, taken, question.name)
    taken.add(question.name)
    for number, item in enumerate(question.items, 1):
        item.name = naming.unique(item.name, taken, f"{question.name}_{number}")
        taken.add(item.name)


def _root(text: str) -> yaml.MappingNode:
    try:
        root = yaml.compose(text, yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise StudyError(
            found=f"not readable as YAML: {error}",
            where="questionnaire.yaml",
            fix="run nsmo check, and mend it",
        ) from None
    if not isinstance(root, yaml.MappingNode) or not isinstance(_value(root, "questions"), yaml.SequenceNode):
        raise StudyError(
            found="there are no questions in it",
            where="questionnaire.yaml",
            fix="run nsmo check, and mend it",
        )
    return root


def _value(node: yaml.Node | None, key: str) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for name, value in node.value if name.value == key), None)
    return None


def _entries(root: yaml.MappingNode, text: str) -> list[_Entry]:
    questions = _value(root, "questions")
    data = yaml.load(text, yaml.CSafeLoader)["questions"]
    nodes = questions.value if isinstance(questions, yaml.SequenceNode) else []
    lines = text.splitlines()
    found = []
    for node, entry in zip(nodes, data, strict=True):
        if isinstance(node, yaml.MappingNode) and isinstance(entry, dict):
            found.append(_Entry(entry, node, node.start_mark.line, _end(node, lines)))
    return found


def _end(node: yaml.Node, lines: Sequence[str]) -> int:
    """Find the line after the last one of a node, without the blank lines and comments that follow it."""
    end = node.end_mark.line
    # A block ends where the next item begins; anything else on its own last line.
    end += end < len(lines) and bool(lines[end][: node.end_mark.column].strip())
    while end > node.start_mark.line + 1 and (
        not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")
    ):
        end -= 1
    return end


def _list_end(node: yaml.MappingNode, key: str) -> int:
    """Find the line after the last item of a list."""
    value = _value(node, key)
    if isinstance(value, yaml.SequenceNode) and value.value:
        last = value.value[-1]
        return last.end_mark.line + (1 if last.end_mark.column else 0)
    return node.end_mark.line


def _columns(data: Any) -> set[str]:
    """List the columns that a part of a questionnaire names, as an export calls them."""
    found: set[str] = set()
    if isinstance(data, dict):
        for key, value in data.items():
            if key in ("column", "key") and value is not None:
                found.add(normal_column(str(value)))
            elif key in ("columns", "ignore") and isinstance(value, list):
                found |= {normal_column(str(one)) for one in value}
            elif key in ("paradata", "design") and isinstance(value, dict):
                found |= {normal_column(one) for named in value.values() for one in _named(key, named)}
            else:
                found |= _columns(value)
    elif isinstance(data, list):
        for one in data:
            found |= _columns(one)
    return found


def _named(key: str, value: Any) -> list[str]:
    if isinstance(value, list):
        return [str(one) for one in value]
    try:
        return column_range(str(value)) if key == "design" else [str(value)]
    except ValueError:
        return [str(value)]


def _into_ignore(source: yaml.Node | None, lines: list[str], columns: Sequence[str]) -> tuple[int, list[str]]:
    """Find where more columns to be left unread go."""
    ignore = _value(source, "ignore")
    if isinstance(ignore, yaml.SequenceNode) and not ignore.flow_style and ignore.value:
        at = ignore.value[-1].end_mark.line + 1
        return at, [f"    - {write.quote(column)}" for column in columns]
    if isinstance(ignore, yaml.SequenceNode) and ignore.value:
        number = ignore.value[-1].end_mark.line
        place = ignore.value[-1].end_mark.column
        more = "".join(f", {write.quote(column, flow=True)}" for column in columns)
        lines[number] = lines[number][:place] + more + lines[number][place:]
        return number, []
    if isinstance(ignore, yaml.ScalarNode):  # rest
        return ignore.end_mark.line, []
    at = source.start_mark.line if source is not None else 0
    return at, ["  ignore:", *(f"    - {write.quote(column)}" for column in columns)]


def _new_answers(
    source: yaml.Node | None, rankings: Sequence[Ranked]
) -> Iterator[tuple[str, int, int, list[str]]]:
    """Yield the answers that rankings of the file lack, with line and column behind their last one."""
    declared = _value(source, "rankings")
    for node in declared.value if isinstance(declared, yaml.SequenceNode) else ():
        answers, name = _value(node, "answers"), _value(node, "column") or _value(node, "name")
        if isinstance(answers, yaml.SequenceNode) and answers.flow_style and answers.value and name:
            known, end = {one.value for one in answers.value}, answers.value[-1].end_mark
            for one in rankings:
                if one.name == name.value and (new := [text for text in one.answers if text not in known]):
                    yield one.name, end.line, end.column, new


def _layout_changes(
    source: yaml.Node | None, wanted: dict[str, str], lines: Sequence[str]
) -> dict[int, tuple[str, str]]:
    """List the lines of `source:` that say otherwise how the export is written."""
    changes = {}
    # A row that is no total any more is a response again, and the other way round.
    wanted, form = {"last_rows": "0", **wanted}, _value(source, "format")
    for key in _LAYOUT:
        node = _value(source, key)
        if key == "last_rows" and node is None and wanted[key] != "0" and form is not None:
            number = form.start_mark.line
            changes[number] = (lines[number], f"{lines[number]}\n  {key}: {wanted[key]}")
        if node is None or key not in wanted:
            continue
        number = node.start_mark.line
        old = lines[number]
        meant = yaml.load(wanted[key], yaml.CSafeLoader)
        now = yaml.load(old[node.start_mark.column : node.end_mark.column], yaml.CSafeLoader)
        same = str(meant) == str(now) or (
            key == "encoding" and {str(meant), str(now)} <= {"utf-8", "utf-8-sig"}
        )
        if not same and not (key == "format" and {meant, now} == {"csv", "limesurvey"}):
            pattern = re.compile(rf"^(\s*{key}:\s*).*$")
            changes[number] = (old, pattern.sub(lambda found, key=key: found[1] + wanted[key], old))
    return changes
