"""Delimited text: which encoding and delimiter it has, and its rows with the lines on which they begin."""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from nsmo.formats.cells import Layout, Records, bad_file
from nsmo.formats.kinds import kind_of_text
from nsmo.study.textfile import conflict

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: How packed files begin that are no workbooks.
_PACKED = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "rar",
    b"\x28\xb5\x2f\xfd": "zstd",
}
_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
#: So much of a file is looked at to find out how it is written.
_SAMPLE = 1_000_000
#: A cell of more characters is a quote that was never closed.
_LONGEST_CELL = 1_000_000


@dataclass(frozen=True)
class Guessed:
    """What a text looks like, and why; `doubts` are for a person to confirm."""

    layout: Layout
    doubts: list[str]


def read_text(layout: Layout, path: Path) -> Records:
    """Read the rows of a delimited text; a first line ``sep=;`` is no row.

    Raises
    ------
    StudyError
        With the line, if a byte does not fit the encoding or a quote is not closed.
    """
    text = decode(path.read_bytes(), layout.encoding, path.name)
    skipped, declared = _declared_delimiter(text)
    if declared and declared != layout.delimiter:
        raise bad_file(
            f"the file says sep={declared}, and the delimiter is {layout.delimiter!r}",
            f"{path.name}, line 1",
            f"delimiter: {declared!r}",
            f"write delimiter: {declared!r} under source: in questionnaire.yaml",
        )
    records: list[list[str]] = []
    lines: list[int] = []
    csv.field_size_limit(max(_LONGEST_CELL, len(text) + 1))
    reader = csv.reader(
        io.StringIO(text[skipped:], newline=""),
        delimiter=layout.delimiter,
        quotechar=layout.quote,
        strict=True,
    )
    first = 2 if declared else 1
    begin = first
    try:
        for record in reader:
            if record:
                records.append(record)
                lines.append(begin)
            begin = first + reader.line_num
    except csv.Error as error:
        raise bad_file(
            f"not readable as a delimited text: {error}",
            f"{path.name}, line {begin}",
            f"cells between {layout.quote} that are closed, with {layout.quote * 2} for a quote inside",
            "look for a quote that is not closed or not doubled in the row that begins there",
        ) from None
    _refuse_conflict(records, lines, path.name)
    return records, lines


def _refuse_conflict(records: list[list[str]], lines: list[int], name: str) -> None:
    """Refuse rows that are git's marks of a conflict; within the quotes of a cell they are an answer."""
    marks = [
        (row[0][:8], line)
        for row, line in zip(records, lines, strict=True)
        if row[0].startswith(("<<<<<<< ", ">>>>>>> "))
    ]
    begins = next((line for mark, line in marks if mark[0] == "<"), 0)
    if begins and any(mark[0] == ">" and line > begins for mark, line in marks):
        raise conflict(name, begins)


def decode(content: bytes, encoding: str, name: str) -> str:
    """Decode a text, and name the line where that is impossible."""
    try:
        return content.decode(encoding)
    except LookupError:
        raise bad_file(
            f"{encoding!r} is no encoding",
            f"{name}, source.encoding",
            "utf-8-sig, utf-16, windows-1252, iso-8859-15, …",
            "correct the encoding",
        ) from None
    except UnicodeError as error:
        if not isinstance(error, UnicodeDecodeError):  # UTF-16 without its mark
            raise bad_file(f"not {encoding}: {error}", name, fix="correct the encoding") from None
        line = error.object[: error.start].count(b"\n") + 1
        likely = guess_encoding(content)[0]
        same = codecs.lookup(likely).name == codecs.lookup(encoding.removesuffix("-sig")).name
        raise bad_file(
            f"byte {error.object[error.start]:#04x} is not {encoding}",
            f"{name}, line {line}",
            f"a text in {encoding}, as the rest of it is" if same else f"a text in {encoding}",
            "correct that line, or export again"
            if same
            else f"correct source.encoding (it may be {likely}), or export again",
        ) from None


def guess_encoding(content: bytes) -> tuple[str, str]:
    """Find the encoding of a text, and what is doubtful about it (nothing, mostly)."""
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return encoding, ""
    sample = content[:_SAMPLE]
    for offset, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if sample and sample[offset::2].count(0) > len(sample) // 5:
            return encoding, ""
    try:
        content.decode("utf-8")
        return "utf-8", ""
    except UnicodeDecodeError:
        if _mostly_utf8(content):
            return "utf-8", ""  # whoever decodes it says where it is broken
    from charset_normalizer import from_bytes

    odd = b"\n".join(line for line in sample.split(b"\n") if not line.isascii())
    found = [str(match.encoding) for match in from_bytes(odd[:50_000])]
    try:
        odd.decode("windows-1252")
        # In the West most texts that are not UTF-8 come from Excel, and short ones fit many encodings alike.
        if not found or set(found) & {
            "cp1252",
            "cp1250",
            "cp1254",
            "latin_1",
            "mac_roman",
            "mac_iceland",
            "hp_roman8",
        }:
            likely = "mac_roman" if _of_a_mac(odd) else "windows-1252"
            return likely, f"no UTF-8; read as {likely}"
    except UnicodeDecodeError:
        pass
    best = found[0] if found else "latin-1"
    return best, f"no UTF-8; read as {best}"


def _of_a_mac(content: bytes) -> bool:
    """Return whether the quotes, dashes and blanks of an old Mac stand in a text: "donÕt" in windows-1252."""
    text = content.decode("windows-1252")
    signs = re.findall(
        r"(?<=[a-z])Õ(?=[a-z])|(?<=[a-z.,?!:])Ê(?![a-z])|(?<=\s)[ÐÑ](?=\s)|(?<![A-Za-z])Ò(?=[A-Za-z][^Ó]{0,80}Ó)",
        text,
    )
    # Small letters with accents are others in that encoding.
    accents = re.findall(r"(?<=[a-z])[à-öø-ý]|[à-öø-ý](?=[a-z])", text)
    return len(signs) > len(accents)


def _mostly_utf8(content: bytes) -> bool:
    """Return whether a text is UTF-8 but for a few bytes; another encoding hardly ever looks like that."""
    text = content.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    return sum(not sign.isascii() for sign in text) - broken > 3 * broken


def _encoded_twice(text: str) -> str:
    """Find a word that was UTF-8, was read as something else, and was written as UTF-8 once more."""
    odd = Counter(word for word in re.findall(r"[^\s,;\"]+", text[:_SAMPLE]) if not word.isascii())
    twice = []
    for word in odd:
        if any(_is_utf8(word, encoding) for encoding in ("windows-1252", "mac_roman")):
            twice.append(word)
    return twice[0] if sum(odd[word] for word in twice) > 0.5 * odd.total() else ""


def _is_utf8(word: str, encoding: str) -> bool:
    try:
        word.encode(encoding).decode("utf-8")
    except UnicodeError:
        return False
    return True


def guess_layout(path: Path) -> Guessed:
    """Find out encoding, delimiter and the rows of title above the header of a text.

    Raises
    ------
    StudyError
        If the file is no text, or nothing stands in it.
    """
    content = path.read_bytes()
    for mark, kind in _PACKED.items():
        if content.startswith(mark):
            raise bad_file(f"this is a packed file ({kind})", path.name, "the file in it", "unpack it first")
    if kind := kind_of_text(content[:1000]):
        raise bad_file(
            f"this is {kind}, and no table",
            path.name,
            f"a text with a row for each response, or a file that ends in {', '.join(_known_suffixes())}",
            "export the responses as CSV or as a workbook",
        )
    if not content.strip(b"\x00\r\n\t ,;\xef\xbb\xbf\xff\xfe"):
        raise bad_file("nothing stands in it", path.name, "a header and rows", "export the responses again")
    encoding, doubt = guess_encoding(content)
    doubts = [doubt] if doubt else []
    text = decode(content, encoding, path.name)
    if twice := _encoded_twice(text):
        doubts.append(f"it seems to be encoded twice ({twice[:30]!r} stands there): export again as UTF-8")
    start = text[:20_000]
    # What was pasted from slides or Word has a few in each answer; a file of another kind many more.
    if sum(sign < " " and sign not in "\t\r\n\f\v" for sign in start) > 20 + len(start) // 200:
        raise bad_file(
            "this is no text, and no other kind of file that is known",
            path.name,
            f"a text, or a file that ends in {', '.join(_known_suffixes())}",
            "export the responses as CSV, or give the file the ending of its format",
        )
    skipped, declared = _declared_delimiter(text)
    sample = text[skipped : skipped + _SAMPLE]
    scores = {sign: _score(_rows(sample, sign)) for sign in _DELIMITERS}
    delimiter = declared or max(scores, key=lambda sign: scores[sign])
    if not declared and scores[delimiter] == 0:
        delimiter = ","
        doubts.append(f"no delimiter found: tried {', '.join(_DELIMITERS.values())}; read as one column")
    rows = list(_rows(sample, delimiter))
    return Guessed(
        replace(Layout(), encoding=encoding, delimiter=delimiter, title_rows=count_title_rows(rows)), doubts
    )


def count_title_rows(rows: list[list[str]]) -> int:
    """Count the rows above a header: one text, where the rows below have three and more."""
    filled = [sum(1 for cell in row if cell.strip()) for row in rows if any(cell.strip() for cell in row)]
    if not filled or (Counter(filled[:50]).most_common(1)[0][0] < 3 and max(filled[:50]) < 3):
        return 0
    count = 0
    while count < min(10, len(filled) - 2) and filled[count] <= 1:
        count += 1
    return count if filled[count] >= 3 else 0


def other_delimiter(path: Path, layout: Layout) -> str | None:
    """Name the delimiter under which a text has several columns, if it has one under the declared one."""
    guessed = guess_layout(path).layout.delimiter
    return guessed if guessed != layout.delimiter else None


def _declared_delimiter(text: str) -> tuple[int, str]:
    """Read a first line such as ``sep=;``: how many characters it has, and the delimiter."""
    end = text.find("\n")
    line = text[: end if end >= 0 else len(text)].rstrip("\r").strip('"\ufeff')
    if line[:4].lower() == "sep=" and len(line) == 5:
        return end + 1 if end >= 0 else len(text), line[4]
    return 0, ""


def _rows(sample: str, delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(_LONGEST_CELL)
    reader: Iterable[list[str]] = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    try:
        yield from (row for row in islice(reader, 300) if row)
    except csv.Error:
        return


def _score(rows: Iterator[list[str]]) -> float:
    """Judge a delimiter: how many columns in how large a share of the rows; one column counts nothing."""
    widths = Counter(len(row) for row in rows)
    if not widths:
        return 0.0
    (width, count) = max(widths.items(), key=lambda item: (item[1], item[0]))
    share = count / sum(widths.values())
    return 0.0 if width < 2 else share**2 * (1 + min(width, 50) / 50)


def _known_suffixes() -> list[str]:
    from nsmo.formats.cells import SUFFIXES

    return list(SUFFIXES)
