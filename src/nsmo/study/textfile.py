"""Reads a text that must be UTF-8."""

import re
from pathlib import Path

from nsmo.study.errors import StudyError
from nsmo.study.paths import check_own_file

_BEGINS = re.compile(r"^<{7} ", re.MULTILINE)
_ENDS = re.compile(r"^>{7} ", re.MULTILINE)


def conflict_line(text: str) -> int:
    """Return on which line git's marks of a conflict begin; 0 where it has left none."""
    begins = _BEGINS.search(text)
    if begins is None or _ENDS.search(text, begins.end()) is None:
        return 0
    return text.count("\n", 0, begins.start()) + 1


def conflict(where: str, line: int) -> StudyError:
    """Return what to say about a file that git could not merge."""
    return StudyError(
        found="conflict markers of git",
        where=f"{where}, line {line}",
        fix="keep one side of each conflict, and take out the lines <<<<<<<, ======= and >>>>>>>",
    )


def read_utf8(path: Path) -> str:
    """Read a file in UTF-8, with or without a byte-order mark; line breaks stay as they are.

    Raises
    ------
    StudyError
        If it is in another encoding, with the line where that shows, a link that leads out of its folder, or
        git could not merge it.
    """
    check_own_file(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
        if line := conflict_line(text):
            raise conflict(path.name, line)
        return text
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise StudyError(
            found=f"not UTF-8: byte {error.object[error.start]:#04x}",
            where=f"{path.name}, line {line}",
            fix="save the file as UTF-8 (in Excel: CSV UTF-8)",
        ) from None
