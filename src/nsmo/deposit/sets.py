"""Multiple-response sets in a file of SPSS, which no library writes: a record of the file's dictionary.

The form is that of the extension records of system files, as the PSPP manual describes them (record type 7,
subtype 7): variables by their short names, texts with their length in bytes.
"""

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

_HEADER = 176  # bytes before the first record


def declare_sets(path: Path, columns: Sequence[str], sets: Mapping[str, tuple[str, Sequence[str]]]) -> None:
    """Declare in a file of SPSS which columns make one question with several answers; 1 counts.

    Parameters
    ----------
    path : Path
        A .sav file that holds the columns.
    columns : sequence of str
        All columns, in the order of the file.
    sets : mapping
        The label and the columns of each set, by its name.
    """
    if not sets:
        return
    content = path.read_bytes()
    short, place = _dictionary(content)
    names = dict(zip(columns, short, strict=True))
    text = b""
    for name, (said, members) in sets.items():
        label = said.encode("utf-8")
        variables = b" ".join(names[member].lower() for member in members)
        text += b"$" + name.encode("ascii") + b"=D1 1 %d %s %s\n" % (len(label), label, variables)
    record = struct.pack("<iiii", 7, 7, 1, len(text)) + text
    path.write_bytes(content[:place] + record + content[place:])


def _dictionary(content: bytes) -> tuple[list[bytes], int]:
    """List the short names of the variables, and find where the dictionary ends."""
    short: list[bytes] = []
    place = _HEADER
    while True:
        (kind,) = struct.unpack_from("<i", content, place)
        if kind == 2:  # a variable, or a further piece (-1) of one with a long text
            width, has_label, missing = struct.unpack_from("<iii", content, place + 4)
            if width >= 0:
                short.append(content[place + 24 : place + 32].rstrip())
            size = 32
            if has_label:
                (length,) = struct.unpack_from("<i", content, place + 32)
                size += 4 + (length + 3) // 4 * 4
            place += size + 8 * abs(missing)
        elif kind == 3:  # value labels, and in the record behind it the variables that have them
            (count,) = struct.unpack_from("<i", content, place + 4)
            at = place + 8
            for _ in range(count):
                at += 8 + (1 + content[at + 8] + 7) // 8 * 8
            (_, variables) = struct.unpack_from("<ii", content, at)
            place = at + 8 + 4 * variables
        elif kind == 6:  # a note
            (lines,) = struct.unpack_from("<i", content, place + 4)
            place += 8 + 80 * lines
        elif kind == 7:
            size, count = struct.unpack_from("<ii", content, place + 8)
            place += 16 + size * count
        else:
            return short, place
