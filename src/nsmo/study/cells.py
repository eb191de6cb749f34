"""What stands in one cell: texts without stray signs, numbers and dates that can be read in one way only."""

import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache

_MARKS = re.compile("[\ufeff\u200b\u200c\u200d\u2060]")
# All but tab and line break; what turns the direction of the text behind it; and letters that no screen
# shows, but for those behind a black flag, which make the flag of a country.
_CONTROLS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f\ufff9-\ufffb]"
    "|(?<![\U0001f3f4\U000e0020-\U000e007f])[\U000e0000-\U000e007f]+"
)
_ODD_BLANKS = re.compile("[\u00a0\u2000-\u200a\u202f\u205f\u3000]")
_GROUPED = re.compile(r"[+-]?\d{1,3}([.,]\d{3})+")
_NUMBER = re.compile(r"[+-]?(?:\d+(?:([.,])\d*)?|([.,])\d+)(?:[eE][+-]?\d+)?")
_LENGTH = re.compile(r"(\d{1,3}):([0-5]?\d):([0-5]?\d(?:[.,]\d+)?)")
_ZONE = re.compile(r"(?:GMT|UTC)([+-])(\d{1,2})(?::?(\d\d))?$")
#: Day 0 of the serial numbers of Excel; those from 1904 are of workbooks that were made on older Macs.
_EXCEL_EPOCHS = {"excel": datetime(1899, 12, 30), "excel_1904": datetime(1904, 1, 1)}

#: What was mended in a cell without asking, and how the note calls it.
REPAIRS = {
    "mark": "byte-order mark or zero-width sign inside a value",
    "control": "sign that controls a screen or turns the direction of text",
    "blank": "no-break or other odd blank",
    "trim": "blanks around a value",
    "lines": "line break inside a value",
    "form": "letter and accent as two signs, where one stands for both",
}


def clean_text(text: str) -> tuple[str, tuple[str, ...]]:
    """Take out byte-order marks and controls, make every blank an ordinary one, and trim.

    Of two ways to write a letter with an accent, which nobody sees apart, the one of a single sign is left.

    Returns
    -------
    text : str
        The text.
    repairs : tuple of str
        What was done, as keys of `REPAIRS`.
    """
    if text.isascii() and text.isprintable() and text == text.strip():  # most are
        return text, ()
    kinds = []
    if _MARKS.search(text):
        text = _MARKS.sub("", text)
        kinds.append("mark")
    if _CONTROLS.search(text):
        text = _CONTROLS.sub("", text)
        kinds.append("control")
    if _ODD_BLANKS.search(text):
        text = _ODD_BLANKS.sub(" ", text)
        kinds.append("blank")
    if "\r" in text or "\n" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        kinds.append("lines")
    if text != text.strip():
        text = text.strip()
        kinds.append("trim")
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
        kinds.append("form")
    return text, tuple(kinds)


def all_clean(texts: Sequence[str]) -> bool:
    """Return whether `clean_text` surely leaves some texts as they are, of all of them at once."""
    joined = "|".join(texts)
    plain = (
        joined.isascii() and joined.isprintable() and not joined.startswith(" ") and not joined.endswith(" ")
    )
    return plain and " |" not in joined and "| " not in joined


def normal_column(column: str) -> str:
    """Return the name of a column as `Export.columns` has it: with single ordinary blanks."""
    return " ".join(clean_text(column)[0].split())


def is_exact(text: str) -> bool:
    """Return whether a whole number keeps all of its digits as a float; an id of 18 does not."""
    return not re.fullmatch(r"[+-]?\d{16,300}", text) or int(float(text)) == int(text)


@lru_cache(maxsize=1 << 16)  # a column is asked what it cannot read, what is odd, and what it says
def read_number(text: str, decimal: str) -> tuple[float, bool]:
    """Read a number, and whether its decimal sign is the declared one.

    Parameters
    ----------
    text : str
        Without blanks around it.
    decimal : str
        The decimal sign, "." or ",".

    Raises
    ------
    ValueError
        Where the text is no number, could be read in two ways (``1.234`` when the comma is the decimal sign),
        or has more digits than a number keeps.
    """
    whole, sign, part = text.partition(decimal)
    if text.isascii() and whole.isdigit() and (part.isdigit() if sign else len(whole) < 16):  # most are
        value = float(f"{whole}.{part}")
        if math.isfinite(value):
            return value, True
    found = _NUMBER.fullmatch(text)
    other = "." if decimal == "," else ","
    if found is None or (_GROUPED.fullmatch(text) and other in text):
        raise ValueError(text)
    value = float(text.replace(",", "."))
    if not is_exact(text) or not math.isfinite(value):
        raise ValueError(text)
    return value, (found[1] or found[2]) in (None, decimal)


def is_length(text: str) -> bool:
    """Return whether a text is a length of time, or a time of day, in hours, minutes and seconds."""
    return bool(_LENGTH.fullmatch(text))


def seconds(text: str) -> float:
    """Return a length of time in seconds: ``00:12:33`` is 753.

    Raises
    ------
    ValueError
        If it is none.
    """
    found = _LENGTH.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return 3600 * int(found[1]) + 60 * int(found[2]) + float(found[3].replace(",", "."))


def read_count(text: str) -> float:
    """Read a number of a file that declares no decimal sign: digits, with a point before decimals.

    Raises
    ------
    ValueError
        Where the text is no number, or could be read in two ways: ``1.234`` may be 1234 or a little above 1.
    """
    if _GROUPED.fullmatch(text):
        raise ValueError(text)
    value, pointed = read_number(text, ".")
    if not pointed:
        raise ValueError(text)
    return value


#: Months, by the letters that names in English, Dutch, German, French, Spanish and Italian begin with.
_MONTHS = (
    ("January", "jan", "ene", "gen"),
    ("February", "feb", "fév", "fev"),
    ("March", "mar", "maart", "mrt", "mär", "maerz"),
    ("April", "apr", "avr", "abr"),
    ("May", "may", "mei", "mai", "mag"),
    ("June", "jun", "juin", "giu"),
    ("July", "jul", "juil", "lug"),
    ("August", "aug", "aoû", "aou", "ago"),
    ("September", "sep", "set"),
    ("October", "oct", "okt", "ott"),
    ("November", "nov"),
    ("December", "dec", "dez", "déc", "dic"),
)
_WORD = re.compile(r"[^\W\d_]{3,}\.?")


@lru_cache(maxsize=1 << 12)
def _month(word: str) -> str:
    """Return the English name of a month; the word itself where it is none, or one in English."""
    begin = word.casefold().rstrip(".")
    found = [(len(first), names[0]) for names in _MONTHS for first in names[1:] if begin.startswith(first)]
    return max(found)[1] if found and len(begin) <= 10 else word


def _in_english(text: str, form: str) -> str:
    """Write the month of a moment as `strptime` reads it: ``12 maart 2018`` is ``12 March 2018``."""
    if "%B" in form:
        return _WORD.sub(lambda found: _month(found[0]), text)
    if "%b" in form:
        return _WORD.sub(lambda found: found[0] if (name := _month(found[0])) == found[0] else name[:3], text)
    return text


def _with_offset(text: str, form: str) -> tuple[str, str]:
    """Write months in English, and the zone of Google Forms as an offset: ``GMT+1`` is ``+0100``."""
    text = _in_english(text, form)
    found = _ZONE.search(text) if "%Z" in form else None
    if found is None:
        return text, form
    return f"{text[: found.start()]}{found[1]}{found[2]:0>2}{found[3] or '00'}", form.replace("%Z", "%z")


@lru_cache
def _shape(form: str) -> re.Pattern[str]:
    """Make the pattern that every moment of a form has, and most other texts have not."""
    parts = dict.fromkeys(["%m", "%d", "%H", "%I", "%M", "%S", "%y"], r"\s?\d{1,2}")
    parts |= {"%Y": r"\d{4}", "%f": r"\d{1,6}", " ": r"\s+"}
    pieces = re.findall(r"%.| |[^% ]+", re.sub(r"\s+", " ", form))
    written = (parts.get(piece, ".+" if piece[0] == "%" else re.escape(piece)) for piece in pieces)
    return re.compile("".join(written), re.IGNORECASE | re.DOTALL)


def is_moment(text: str, form: str) -> bool:
    """Return whether a text is a moment in a form."""
    if not _shape(form).fullmatch(text):
        return False  # `strptime` takes thirty times as long to say so
    try:
        datetime.strptime(*_with_offset(text, form))
    except ValueError:
        return False
    return True


#: How the parts of a moment are written, as `strptime` reads them, in their order.
_PARTS = {
    "%Y": r"(\d{4})",
    "%m": r"(1[0-2]|0[1-9]|[1-9])",
    "%d": r"(3[01]|[12]\d|0[1-9]|[1-9]| [1-9])",
    "%H": r"(2[0-3]|[01]\d|\d)",
    "%M": r"([0-5]\d|\d)",
    "%S": r"(6[01]|[0-5]\d|\d)",
}


@lru_cache
def _moments(form: str) -> Callable[[str], datetime]:
    """Make the function that reads moments of one form: most by a pattern, which takes less time."""
    if form in _EXCEL_EPOCHS:
        return lambda text: _EXCEL_EPOCHS[form] + timedelta(days=float(text))
    pieces = re.split("(%.)", form)
    signs, parts = pieces[::2], pieces[1::2]
    ordered = [part for part in _PARTS if part in parts]
    # Without hours there are no minutes.
    if sorted(parts) != sorted(ordered) or ordered not in ([*_PARTS][:3], [*_PARTS][:5], [*_PARTS]):

        def read(text: str) -> datetime:
            value = datetime.strptime(*_with_offset(text, form))
            # Offsets differ within a year, by summer time; one column of moments has none.
            return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value

        return read
    between = [re.sub(r"(\\ )+", r"\\s+", re.escape(sign)) for sign in signs]
    written = [_PARTS[part] for part in parts]
    pattern = re.compile("".join(a + b for a, b in zip(between, [*written, ""], strict=True)))
    places = [parts.index(part) for part in ordered]

    def read_parts(text: str) -> datetime:
        found = pattern.fullmatch(text)
        if found is None:
            raise ValueError(text)
        groups = found.groups()
        year, month, day, hour, minute, second = [*(int(groups[place]) for place in places), 0, 0, 0][:6]
        return datetime(year, month, day, hour, minute, second)

    return read_parts


def date_reader(forms: Sequence[str]) -> Callable[[str], tuple[datetime, str]]:
    """Make the function that reads a date.

    It returns the date and the form it was written in, and raises ValueError where none of the declared forms
    fits or two of them give different dates. A moment with an offset from UTC is returned in UTC.
    """
    readers = [(form, _moments(form)) for form in forms]

    def read(text: str) -> tuple[datetime, str]:
        found: list[tuple[datetime, str]] = []
        for form, reader in readers:
            try:
                found.append((reader(text), form))
            except (ValueError, OverflowError):
                continue
        if not found or any(value != found[0][0] for value, _ in found[1:]):
            raise ValueError(text)
        return found[0]

    return read
