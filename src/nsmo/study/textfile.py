"""Reads a text that must be UTF-8."""

from pathlib import Path

from nsmo.study.errors import StudyError
from nsmo.study.paths import check_own_file


def read_utf8(path: Path) -> str:
    """Read a file in UTF-8, with or without a byte-order mark; line breaks stay as they are.

    Raises
    ------
    StudyError
        If it is in another encoding, with the line where that shows, or a link that leads out of its folder.
    """
    check_own_file(path)
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise StudyError(
            found=f"not UTF-8: byte {error.object[error.start]:#04x}",
            where=f"{path.name}, line {line}",
            fix="save the file as UTF-8 (in Excel: CSV UTF-8)",
        ) from None
