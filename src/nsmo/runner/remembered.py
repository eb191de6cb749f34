"""Keeps a part of a report beside what it was made from, so that of the same it is made once."""

import contextlib
import hashlib
import os
import sys
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

#: Gives the text of this name that was made from the same before, or lets it be made.
Remember = Callable[[str, Iterable[bytes], Callable[[], str]], str]


def anew(name: str, made_from: Iterable[bytes], make: Callable[[], str]) -> str:
    """Make a text, and keep nothing: a `Remember` for whoever needs none."""
    return make()


def remembered(place: Path, made_from: Iterable[bytes], make: Callable[[], str]) -> str:
    """Return what was made from the same before, or make it and keep it.

    Parameters
    ----------
    place : Path
        Its file. Without it, or with a damaged one, the text is made; so it may be deleted at any time.
    made_from : iterable of bytes
        All that it depends on.
    make : callable
        Gives the text; what it raises passes, and nothing is kept then.
    """
    key = digest(*made_from)
    with contextlib.suppress(OSError, ValueError):
        before, content = place.read_text("utf-8").split("\n", 1)
        if before == f"{key} {digest(content.encode())}":
            return content
    content = make()
    # What cannot be kept is made again the next time.
    with contextlib.suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        beside = place.with_suffix(".new")
        beside.write_text(f"{key} {digest(content.encode())}\n{content}", "utf-8", newline="\n")
        os.replace(beside, place)
    return content


def digest(*contents: bytes) -> str:
    """Return the SHA-256 of several contents, each by itself."""
    return hashlib.sha256(b"".join(hashlib.sha256(one).digest() for one in contents)).hexdigest()


@cache
def installed() -> bytes:
    """List Python and all packages with their versions."""
    # Their folders bear name and version; reading these from the files within takes as long as two pages.
    folders = sorted(p.name for folder in map(Path, sys.path) for p in folder.glob("*.dist-info"))
    return "\n".join([sys.version, *folders]).encode()
