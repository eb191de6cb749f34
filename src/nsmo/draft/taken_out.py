"""Takes waves and stages out of params.yaml, dvc.yaml and dvc.lock, and leaves all else as it is written."""

import re
from collections.abc import Collection

import yaml


def without_waves(params: str, waves: Collection[str] = ()) -> str:
    """Take waves out of the lists of params.yaml, and what its sections say of them.

    Parameters
    ----------
    params : str
        The text of params.yaml.
    waves : collection of str
        Which; left out: all that are named there.

    Returns
    -------
    str
        A list or mapping that has nothing left is written `[]` or `{}`.
    """
    if not waves:
        lists = (yaml.safe_load(params).get("waves") or {}).values()
        waves = {str(wave) for ones in lists for wave in ones or ()}
    names = "|".join(re.escape(wave) for wave in sorted(waves))
    own = re.compile(rf"(\s+)(-\s+)?[\"']?({names})[\"']?\s*(:.*)?$")
    kept: list[str] = []
    below = None
    for line in params.splitlines():
        depth = len(line) - len(line.lstrip())
        if below is not None and line.strip() and depth > below:
            continue
        below = None
        found = own.fullmatch(line) if waves else None
        if found and (found[2] or found[4]):
            below = depth
            _emptied(kept, depth, "[]" if found[2] else "{}")
        else:
            kept.append(_filled(line, kept))
    return "\n".join(kept) + "\n"


def _emptied(kept: list[str], depth: int, nothing: str) -> None:
    """Write a key whose first entry went as empty; `_filled` opens it again if another follows."""
    last = kept[-1] if kept else ""
    if last.rstrip().endswith(":") and len(last) - len(last.lstrip()) < depth:
        kept[-1] = f"{last.rstrip()} {nothing}"


def _filled(line: str, kept: list[str]) -> str:
    """Return a line; the key above it that was written as empty gets it as its entry."""
    last = kept[-1] if kept else ""
    empty = re.fullmatch(r"(\s*)(\S+:) (\[\]|\{\})", last)
    depth = len(line) - len(line.lstrip())
    if empty and line.strip() and depth > len(empty[1]):
        kept[-1] = f"{empty[1]}{empty[2]}"
    return line


def without_blocks(text: str, names: Collection[str], *, depth: int, within: str = "") -> tuple[str, str]:
    """Take blocks of YAML out of a text by their keys, with the comments right above each.

    Parameters
    ----------
    text : str
        A YAML text of blocks.
    names : collection of str
        Their keys.
    depth : int
        By how many blanks these keys are indented.
    within : str
        Only below this key, which is not indented; left out: anywhere.

    Returns
    -------
    tuple of str
        What is left, and what went.
    """
    kept: list[str] = []
    gone: list[str] = []
    out, inside = False, not within
    for line in text.splitlines(keepends=True):
        indent = len(line) - len(line.lstrip())
        if line.strip() and indent <= depth:
            if within and indent == 0 and not line.startswith("#"):
                inside = line.startswith(f"{within}:")
            found = re.match(r"([\w@-]+):", line.lstrip()) if indent == depth and inside else None
            out = bool(found and found[1] in names)
            if out:
                above = len(kept)
                while above and kept[above - 1].startswith(" " * depth + "#"):
                    above -= 1
                gone += kept[above:]
                del kept[above:]
        (gone if out else kept).append(line)
    return "".join(kept), "".join(gone)
