"""What a wave that is drafted like another one takes from it, so that the two can be compared."""

import re
from difflib import SequenceMatcher

import yaml

from nsmo.study.drafts import MARK

#: How `nsmo.draft.merge` marks a question that only one of the two exports has.
NEW, GONE = "new in this export", "not in this export"
#: A question is proposed as the same one put in other words when its words are so much alike.
ALIKE = 0.6
_NAME = re.compile(r"  - name: (\w+)\s*")


def previous(text: str, like: str) -> str:
    """Return study.yaml of a wave that is like another, which is the one before it."""
    lines = text.splitlines()
    found = next((at for at, line in enumerate(lines) if re.match(r"previous:\s*\[.*\]", line)), None)
    earlier = re.findall(r"[\w-]+", lines.pop(found).partition(":")[2]) if found is not None else []
    names = ", ".join(f'"{name}"' for name in dict.fromkeys([*earlier, like]))
    mark = f"{MARK} the earlier waves that this one is compared with, oldest first"
    return "\n".join([*(line for line in lines if line != mark), mark, f"previous: [{names}]"]) + "\n"


def opened_by_changes(text: str) -> str:
    """Return the text of a report that opens with what changed since the wave that it is like."""
    if "changes()" in text:
        return text
    first, mark, rest = text.partition("\n## ")
    return f"{first.rstrip()}\n\n{{{{ changes() }}}}\n\n{{{{ changes_figure() }}}}\n{mark}{rest}"


def same_as(text: str, like: str) -> str:
    """Propose which new questions are those that are gone, put in other words.

    Parameters
    ----------
    text : str
        questionnaire.yaml as `merge` completed it.
    like : str
        The earlier wave.

    Returns
    -------
    str
        With a mark and `same_as:` at each question that is so much like one that is gone, of the same type.
    """
    lines = text.splitlines()
    asked = {one["name"]: one for one in yaml.safe_load(text)["questions"] if "name" in one}
    marked: dict[str, tuple[str, int]] = {}
    above: list[str] = []
    for at, line in enumerate(lines):
        found = _NAME.fullmatch(line)
        if found and found[1] in asked:
            kind = next((kind for kind in (NEW, GONE) if any(kind in one for one in above)), "")
            marked[found[1]] = (kind, at)
        above = [*above, line] if line.lstrip().startswith(MARK) else []
    gone = [name for name, (kind, _) in marked.items() if kind == GONE]
    proposed: dict[int, str] = {}
    for name, (kind, at) in marked.items():
        same_type = [one for one in gone if asked[one].get("type") == asked[name].get("type")]
        if kind != NEW or not same_type:
            continue
        likeness = {one: _likeness(asked[name], asked[one]) for one in same_type}
        best = max(likeness, key=likeness.__getitem__)
        if likeness[best] >= ALIKE:
            proposed[at] = best
            gone.remove(best)
    result = []
    for at, line in enumerate(lines):
        if at in proposed:
            result.append(f"  {MARK} '{proposed[at]}' of {like}, put in other words")
        result.append(line)
        if at in proposed:
            result.append(f"    same_as: {proposed[at]}")
    return "\n".join(result) + "\n"


def _likeness(one: dict, other: dict) -> float:
    """How alike two questions are, by their words."""
    first, second = (str(part["text"]).casefold().split() for part in (one, other))
    return SequenceMatcher(None, first, second).ratio()
