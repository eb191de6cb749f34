"""What a wave that is drafted like another one takes from it, so that the two can be compared."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import yaml

from nsmo.formats.cells import normal_column
from nsmo.study.drafts import MARK

#: How `nsmo.draft.merge` marks a question that only one of the two exports has.
NEW, GONE = "new in this export", "not in this export"
#: A question is proposed as the same one put in other words when its words are so much alike.
ALIKE = 0.6
_NAME = re.compile(r"  - name: (\w+)\s*")
_ITEM = re.compile(r" +- \{name: (\w+), column: .*\}\s*$")


#: A mapping over lines, or in braces in one.
_PERIOD = re.compile(r"(?m)^field_period:.*\n(?:[ ].*\n)*")


def previous(text: str, like: str) -> str:
    """Return study.yaml of a wave that is like another, which is the one before it."""
    lines = text.splitlines()
    found = next((at for at, line in enumerate(lines) if re.match(r"previous:\s*\[.*\]", line)), None)
    earlier = re.findall(r"[\w-]+", lines.pop(found).partition(":")[2]) if found is not None else []
    names = ", ".join(f'"{name}"' for name in dict.fromkeys([*earlier, like]))
    mark = f"{MARK} the earlier waves that this one is compared with, oldest first"
    return "\n".join([*(line for line in lines if line != mark), mark, f"previous: [{names}]"]) + "\n"


#: What the new export is called, in the file itself or by the name of the file; and any title.
_TITLE_OF_FILE = re.compile(r"^# confirm: the title in the file.*\ntitle: .*$", re.MULTILINE)
_TITLE = re.compile(r"^(# confirm: the title.*\n)?title: .*$", re.MULTILINE)


def in_the_field(text: str, drafted: str, like: str, wave: str) -> str:
    """Return study.yaml with when the responses of this wave came in, and with its own name for a title.

    Parameters
    ----------
    text : str
        That of the wave which this one is like.
    drafted : str
        As it is drafted from the export.
    like, wave : str
        The names of the earlier wave and of this one.
    """
    own = _PERIOD.search(drafted)
    if own:
        text = _PERIOD.sub(lambda _: own[0], text, count=1)
    if titled := _TITLE_OF_FILE.search(drafted):
        return _TITLE.sub(lambda _: titled[0], text, count=1)
    return re.sub(rf"(?m)^title: [\"']?{re.escape(like)}[\"']?$", lambda _: f'title: "{wave}"', text)


def opened_by_changes(text: str) -> str:
    """Return the text of a report that opens with what changed since the wave that it is like."""
    if "changes()" in text:
        return text
    first, mark, rest = text.partition("\n## ")
    return f"{first.rstrip()}\n\n{{{{ changes() }}}}\n\n{{{{ changes_figure() }}}}\n{mark}{rest}"


def same_as(text: str, like: str, exported: Collection[str]) -> str:
    """Propose which new questions are those that are gone, put in other words.

    Parameters
    ----------
    text : str
        questionnaire.yaml as `merge` completed it.
    like : str
        The earlier wave.
    exported : collection of str
        The columns that the export has.

    Returns
    -------
    str
        With a mark and `same_as:` at each question that is so much like one that is gone, of the same type;
        of batteries at each of their questions.
    """
    lines = text.splitlines()
    asked = _asked(text)
    there = {normal_column(column) for column in exported}
    fresh = _fresh(lines)
    gone = [one for one in asked if one.column and normal_column(one.column) not in there]
    gone += [one for one in asked if not one.column and one.name in _marked_gone(lines)]
    proposed: dict[str, str] = {}
    for one in asked:
        candidates = [
            other for other in gone if other.kind == one.kind and bool(other.item) == bool(one.item)
        ]
        if one.name not in fresh or one in gone or not candidates:
            continue
        best = max(candidates, key=lambda other, one=one: _likeness(one, other))
        if _likeness(one, best) >= ALIKE:
            proposed[one.name] = best.name
            gone.remove(best)
    result = []
    for line in lines:
        question, item = _NAME.fullmatch(line), _ITEM.match(line)
        name = (question or item or [None, ""])[1]
        if name not in proposed:
            result.append(line)
            continue
        result.append(
            f"{line[: len(line) - len(line.lstrip())]}{MARK} '{proposed[name]}' of {like}, put in other words"
        )
        if item:
            result.append(f"{line.rstrip()[:-1]}, same_as: {proposed[name]}}}")
        else:
            result += [line, f"    same_as: {proposed[name]}"]
    return "\n".join(result) + "\n"


@dataclass(frozen=True)
class _Asked:
    """A question: its words, and the label that tells it from the others of its battery."""

    name: str
    kind: str
    words: str
    column: str
    item: str = ""


def _asked(text: str) -> list[_Asked]:
    """List the questions of a questionnaire, those of batteries each by itself."""
    found = []
    for one in yaml.safe_load(text)["questions"]:
        kind, words = str(one.get("type", "ordinal")), str(one["text"])
        if "name" in one:
            found.append(_Asked(one["name"], kind, words, str(one.get("column") or "")))
        for item in one.get("items") or ():
            found.append(_Asked(item["name"], kind, words, str(item["column"]), str(item["label"])))
    return found


def _fresh(lines: Sequence[str]) -> set[str]:
    """List the questions that are marked as new, by themselves or by their battery."""
    found: set[str] = set()
    above: list[str] = []
    whole = False
    for line in lines:
        new = any(NEW in one for one in above)
        if line.startswith("  - "):
            whole = new
        name = _NAME.fullmatch(line) or _ITEM.match(line)
        if name and (new or whole):
            found.add(name[1])
        above = [*above, line] if line.lstrip().startswith(MARK) else []
    return found


def _marked_gone(lines: Sequence[str]) -> set[str]:
    """List the questions that are marked as gone; those in several columns have no column of their own."""
    found: set[str] = set()
    above: list[str] = []
    for line in lines:
        name = _NAME.fullmatch(line)
        if name and any(GONE in one for one in above):
            found.add(name[1])
        above = [*above, line] if line.lstrip().startswith(MARK) else []
    return found


def _likeness(one: _Asked, other: _Asked) -> float:
    """How alike two questions are, by their words; of batteries by these and by what tells them apart."""
    words = _ratio(one.words, other.words)
    if not one.item:
        return words
    items = _ratio(one.item, other.item)
    return (words + items) / 2 if items >= ALIKE else 0.0


def _ratio(one: str, other: str) -> float:
    return SequenceMatcher(None, one.casefold().split(), other.casefold().split()).ratio()
