"""Guesses in the files of a wave that nobody has confirmed yet."""

from pathlib import Path

#: How the line above a guess begins.
MARK = "# confirm:"


def marks(path: Path) -> list[tuple[int, str]]:
    """List the guesses in a file that nobody has confirmed yet, with their lines."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return [
        (number, line.split(MARK, 1)[1].strip())
        for number, line in enumerate(lines, 1)
        if line.lstrip().startswith(MARK)
    ]
