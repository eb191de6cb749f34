"""What the texts of a column look like: numbers, moments, a few answers, or free text."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from nsmo.study.cells import is_exact
from nsmo.study.cells import is_moment as is_moment_in

_NUMBER = re.compile(r"[+-]?\d+(?:([.,])\d+)?")
_GROUPED = re.compile(r"[+-]?\d{1,3}([., '])\d{3}(?:\1\d{3})*(?:[.,]\d+)?")
_UNIT = re.compile(r"\(?([€$£¥%]|EUR|USD|GBP|CHF)?\s*(.*?)\s*([€$£¥%]|EUR|USD|GBP|CHF|,?-)?\)?", re.DOTALL)
_CUT = re.compile(r"-?\d([.,]\d+)?E\+\d\d")
_DATE_FORMS = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%dT%H:%M:%S.%f%z",
    "%Y-%m-%dT%H:%M:%S%z",
    "%Y-%m-%d %H:%M:%S%z",
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %I:%M:%S %p %Z",
    "%Y/%m/%d",
    "%d-%m-%Y %H:%M:%S",
    "%d-%m-%Y %H:%M",
    "%d-%m-%Y",
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y",
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y %I:%M %p",
    "%m/%d/%y %H:%M:%S",
    "%m/%d/%y %H:%M",
    "%d/%m/%y %H:%M",
    "%d-%m-%y %H:%M",
    "%b %d, %Y %H:%M:%S",
    "%b %d, %Y %I:%M:%S %p",
    "%b %d, %Y %I:%M %p",
    "%b %d, %Y",
    "%B %d, %Y %I:%M %p",
    "%B %d, %Y",
    "%d %b %Y %H:%M:%S",
    "%d %b %Y",
    "%d %B %Y",
    "%d %B %Y %H:%M",
    "%d %B %Y %H:%M:%S",
    "%d %b %Y %H:%M",
    "%d. %B %Y",
    "%d. %B %Y %H:%M",
    "%d de %B de %Y",
    "%d-%b-%Y",
    "%d-%b-%Y %H:%M:%S",
    "%m-%d-%Y %H:%M",
    "%m-%d-%Y",
    "%Y.%m.%d",
    "%Y.%m.%d %H:%M:%S",
    "%Y%m%d",
)


@dataclass
class Column:
    """The texts of one column, and what they look like."""

    name: str
    texts: pd.Series
    counts: Counter[str] = field(init=False)

    def __post_init__(self) -> None:
        self.counts = Counter(text for text in self.texts if text)

    @property
    def answered(self) -> int:
        """Count the cells in which something stands."""
        return sum(self.counts.values())

    @property
    def distinct(self) -> list[str]:
        """List the different texts, the most frequent first."""
        return sorted(self.counts, key=lambda text: (-self.counts[text], text))

    @cached_property
    def numbers(self) -> bool:
        """Return whether all texts are numbers, with or without a thousands sign."""
        return bool(self.counts) and all(is_number(text) for text in self.counts)

    @cached_property
    def whole_numbers(self) -> list[int] | None:
        """List the numbers, if all are whole, none has a zero in front, and all have at most 18 digits."""
        if not all(re.fullmatch(r"-?(0|[1-9]\d{0,17})([.,]0)?", text) for text in self.counts):
            return None
        return sorted(whole_number(text) for text in self.counts)

    @cached_property
    def leading_zeros(self) -> bool:
        """Return whether some numbers begin with a zero, as codes do."""
        return any(re.fullmatch(r"0\d+", text) for text in self.counts)

    @cached_property
    def unique(self) -> bool:
        """Return whether every response has a text of its own here."""
        return self.answered == len(self.texts) == len(self.counts) > 1

    @cached_property
    def mean_length(self) -> float:
        """Compute the mean number of characters of the different texts."""
        return sum(map(len, self.counts)) / max(len(self.counts), 1)

    @cached_property
    def date_forms(self) -> list[str]:
        """List the forms of `strptime` in which every text is a moment."""
        return date_forms(self.counts)


def whole_number(text: str) -> int:
    """Return a whole number, of which programs write an empty decimal: 1, 1.0 or 1,0."""
    return int(re.split(r"[.,]", text)[0])


def is_number(text: str) -> bool:
    """Return whether a text is a number that can be kept; with a thousands sign or without."""
    return bool(_NUMBER.fullmatch(text) or _GROUPED.fullmatch(text)) and is_exact(text)


def oddity(column: Column) -> str:
    """Return what keeps the texts of a column from being numbers or moments, where nearly all are."""
    texts = column.distinct
    if len(texts) < 3 or column.numbers:
        return ""
    if cut := [text for text in texts if _CUT.fullmatch(text)]:
        return f"a spreadsheet has cut numbers, such as {cut[0]}: format the column as text, and export again"
    if all((found := _UNIT.fullmatch(text)) and is_number(found[2]) for text in texts):
        return f"numbers with a sign beside them, such as '{texts[0]}', are read as texts"
    for kind, test in (("numbers", is_number), ("moments", _any_moment)):
        if sum(map(test, texts[:20])) < 0.6 * len(texts[:20]):
            continue
        odd = [text for text in texts if not test(text)]
        plain = column.answered - sum(column.counts[text] for text in odd)
        if odd and len(odd) <= 5 and plain >= 5:
            shown = ", ".join(map(repr, odd[:3]))
            return f"{plain:,} of {column.answered:,} are {kind}, but not {shown}: all are read as texts"
        if kind == "moments" and not odd and not column.date_forms:
            return f"moments in several forms, such as '{texts[0]}' and '{texts[-1]}', are read as texts"
    return ""


def _any_moment(text: str) -> bool:
    return _may_be_dates([text]) and any(is_moment_in(text, form) for form in _DATE_FORMS)


def date_forms(texts: Iterable[str]) -> list[str]:
    """List the forms in which every one of some texts is a moment; none where there is no text."""
    every = list(texts)
    if not _may_be_dates(every):
        return []
    first = every[:40]
    forms = [form for form in _DATE_FORMS if all(is_moment_in(text, form) for text in first)]
    if "%Y%m%d" in forms and not all(re.fullmatch(r"(19|20)\d{6}", text) for text in every):
        forms.remove("%Y%m%d")  # digits of another kind
    return [form for form in forms if all(is_moment_in(text, form) for text in every)]


def mixed_date_forms(texts: Iterable[str]) -> list[str]:
    """List a few forms of which every text has one, each of them in several; none if there are no such."""
    left = list(texts)
    if not _may_be_dates(left):
        return []
    forms: list[str] = []
    while left and len(forms) < 3:
        hits = {form: sum(is_moment_in(text, form) for text in left) for form in _DATE_FORMS}
        best = max(hits, key=lambda form: hits[form])
        if hits[best] < 2:
            return []
        forms.append(best)
        left = [text for text in left if not is_moment_in(text, best)]
    return forms if not left else []


def is_moment(column: Column) -> bool:
    """Return whether every text of a column is a moment, in one or a few forms."""
    return bool(column.date_forms) or is_excel_moment(column.counts) or bool(mixed_date_forms(column.counts))


def _may_be_dates(texts: Sequence[str]) -> bool:
    return bool(texts) and all(
        6 <= len(text) <= 40 and sum(sign.isdigit() for sign in text) >= 4 for text in texts
    )


def is_excel_moment(texts: Iterable[str]) -> bool:
    """Return whether all texts are serial numbers of Excel, of days between 1990 and 2060."""
    every = list(texts)
    return bool(every) and all(
        re.fullmatch(r"\d{5}(\.\d+)?", text) and 32874 <= float(text) <= 58440 for text in every
    )


def decimal_sign(columns: Sequence[Column]) -> tuple[str, str]:
    """Find the decimal sign of an export, and what is doubtful about it (nothing, mostly)."""
    votes: Counter[str] = Counter()
    doubtful = 0
    for column in columns:
        if not column.numbers:
            continue
        for text in column.counts:
            found = _NUMBER.fullmatch(text)
            if found and found[1] and not _GROUPED.fullmatch(text):
                votes[found[1]] += 1
            elif _GROUPED.fullmatch(text) and not (found and found[1]):
                signs = re.sub("[^.,]", "", text)
                if len(set(signs)) == 2 or len(signs) == 1:
                    votes[signs[-1]] += 1
                elif signs:  # one sign several times stands between thousands
                    votes["," if signs[0] == "." else "."] += 1
            elif found and found[1]:
                doubtful += 1
    if not votes:
        return ".", f"{doubtful} numbers as 1,234 or 1.234" if doubtful else ""
    sign = votes.most_common(1)[0][0]
    other = votes["," if sign == "." else "."]
    return sign, f"{votes[sign]} numbers with '{sign}', {other} with the other sign" if other else ""


def grouping(columns: Sequence[Column], decimal: str) -> str:
    """Find the sign between the thousands of numbers; an empty text where there is none."""
    texts = [text for column in columns if column.numbers for text in column.counts]
    for group in ("." if decimal == "," else ",", " ", "'"):
        pattern = re.compile(rf"[+-]?\d{{1,3}}({re.escape(group)}\d{{3}})+(\{decimal}\d+)?")
        if any(pattern.fullmatch(text) for text in texts):
            return group
    return ""


def pieces(column: Column, separator: str) -> Counter[str]:
    """Count the parts of joined cells."""
    found: Counter[str] = Counter()
    for text, count in column.counts.items():
        for piece in text.split(separator):
            if piece.strip():
                found[piece.strip()] += count
    return found
