"""Words and numbers as a reader of one language expects them; the sentences stand in `messages/`."""

import datetime
import math
import re
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from importlib import resources
from string import Formatter
from typing import Any

import pandas as pd
import yaml

from nsmo.present.plurals import agreeing
from nsmo.present.shown import assumed_base
from nsmo.study.errors import StudyError

LANGUAGES = ("en", "nl")
_STOP_AND_COLON = re.compile(r"(?<=\w{4})\.: ")


@lru_cache(maxsize=8)
def catalogue(language: str) -> dict[str, str]:
    """Return the messages of a language, key → template.

    Raises
    ------
    StudyError
        For a language without a catalogue.
    """
    if language not in LANGUAGES:
        raise StudyError(
            found=f"language {language!r}",
            where="publish.language in params.yaml, or the argument language",
            expected=f"one of {', '.join(LANGUAGES)}",
            fix=f"choose one of them, or add messages/{language}.yaml to nsmo.present and to LANGUAGES",
        )
    text = resources.files("nsmo.present").joinpath("messages", f"{language}.yaml").read_text("utf-8")
    return dict(_flatten(yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))))


def _flatten(tree: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, str]]:
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value).strip()


def _without_colons(message: str, values: Mapping[str, object]) -> str:
    """Fill in a message without its colon behind a value that asks: "How many work here? 2–9".

    What a value has of its own stays as it is.
    """
    parts: list[str] = []
    for literal, name, form, conversion in Formatter().parse(message):
        asks = bool(parts) and parts[-1].endswith("?") and literal.startswith(": ")
        parts.append(literal[1:] if asks else literal)
        if name is not None:
            field = f"{{{name}{'!' + conversion if conversion else ''}{':' + form if form else ''}}}"
            parts.append(field.format(**values))
    return "".join(parts)


#: A year, a month or a day as people write them in files.
_DAY = re.compile(r"[0-9]+|[0-9]{4}-(0?[1-9]|1[0-2])(-[0-9]{1,2})?")


class Wording:
    """Numbers, phrases and sentences of one language.

    Parameters
    ----------
    language : {"en", "nl"}
    weighted : str
        What weighted figures are called, in small letters; left out, only that they are weighted.
    weighs : bool
        Whether anything is weighted; else a message is that of its key with ``_without_weights``, if it is
        there.
    protects : bool
        Whether more is hidden than figures of few respondents, so that these are not the reason of each; then
        a message is that of its key with ``_protected``, if it is there.

    Examples
    --------
    >>> Wording("en").percent(155 / 185), Wording("nl").percent(155 / 185)
    ('83.8%', '83,8%')
    """

    def __init__(
        self, language: str, weighted: str = "", *, weighs: bool = True, protects: bool = False
    ) -> None:
        self.language, self.weighs, self.protects = language, weighs, protects
        self._messages = catalogue(language)
        weighted = weighted or self._messages["weighting.weighted"]
        self._terms = {"weighted": weighted, "Weighted": weighted[0].upper() + weighted[1:]}

    def __call__(self, key: str, /, **values: object) -> str:
        """Fill in a message; an unknown key or a missing value is an error, never an empty string."""
        if self.protects and f"{key}_protected" in self._messages:
            key = f"{key}_protected"
        if not self.weighs and f"{key}_without_weights" in self._messages:
            key = f"{key}_without_weights"
        try:
            message = agreeing(self._messages[key], values, self.language)
            said = message.format(**(self._terms | values))
            if "?: " in said:
                said = _without_colons(message, self._terms | values)
            # At the end of a label a full stop gives way.
            return _STOP_AND_COLON.sub(": ", said)
        except KeyError as error:
            missing = (
                f"no message {key!r}" if key not in self._messages else f"no value for {error} in {key!r}"
            )
            raise StudyError(
                found=missing,
                where=f"src/nsmo/present/messages/{self.language}.yaml",
                expected="a message for every key, and a value for every {name} in it",
                fix="add the key to the catalogue of every language, or pass the value",
            ) from None

    def has(self, key: str) -> bool:
        """Whether the catalogue has this key."""
        return key in self._messages

    def language_called(self, code: str) -> str:
        """Return what a language is called; of one that no catalogue names, its letters."""
        key = f"method.language.{code}"
        return self(key) if self.has(key) else code

    # -- numbers -----------------------------------------------------------------------------------------

    def number(self, value: float, decimals: int = 2) -> str:
        """Return a number, rounded half away from zero, with the marks of the language; "–" for none."""
        if value is None or pd.isna(value):
            return "–"
        if math.isinf(value):
            return "∞" if value > 0 else "−∞"
        rounded = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
        text = f"{abs(rounded):,.{decimals}f}"
        if self.language == "nl":
            text = text.translate(str.maketrans(",.", ".,"))
        return ("−" if rounded < 0 else "") + text

    def integer(self, value: float) -> str:
        """Return a whole number."""
        return self.number(value, 0)

    def percent(self, fraction: float, decimals: int = 1, sign: bool = True) -> str:
        """Return a fraction as a percentage."""
        if fraction is None or pd.isna(fraction):
            return "–"
        return self.number(_exact_times_100(fraction), decimals) + ("%" if sign else "")

    def p(self, value: float) -> str:
        """Return a p-value for a table, with three decimals: ".048", "< .001"; in Dutch "0,048"."""
        if value is None or pd.isna(value):
            return "–"
        sign, shown = "", value
        if value < 0.001:
            sign, shown = "< ", 0.001
        elif value >= 0.9995:
            sign, shown = "> ", 0.999
        text = self.number(shown, 3)
        # Journals in English leave the zero out, since p has no other.
        return sign + (text.removeprefix("0") if self.language == "en" else text)

    def p_is(self, value: float) -> str:
        """Return a p-value for a sentence: "p = .048", "p < .001"."""
        text = self.p(value)
        return f"p {text}" if text[:1] in "<>" else f"p = {text}"

    def interval(self, low: float, high: float, kind: str = "percent", decimals: int = 1) -> str:
        """Return an interval in words, "78.0 to 88.6": of fractions (`percent`) or numbers (`number`)."""
        return self(
            "interval.to", low=self._plain(low, kind, decimals), high=self._plain(high, kind, decimals)
        )

    def span(self, low: float, high: float, kind: str = "percent", decimals: int = 1) -> str:
        """Return an interval in short, "78.0–88.6", for tables; in words where it begins below zero."""
        if pd.isna(low) or pd.isna(high):
            return "–"
        if low < 0:
            return self.interval(low, high, kind, decimals)
        return f"{self._plain(low, kind, decimals)}–{self._plain(high, kind, decimals)}"

    def _plain(self, value: float, kind: str, decimals: int) -> str:
        return (
            self.percent(value, decimals, sign=False) if kind == "percent" else self.number(value, decimals)
        )

    def own(self, row: Mapping[str, Any], column: str) -> str:
        """Return a text of a row: from `label_nl` where there is one for the language, else from `label`."""
        text = row.get(f"{column}_{self.language}")
        return row[column] if text is None or pd.isna(text) or text == "" else text

    def date(self, value: object) -> str:
        """Return a date: "14 December 2016"; a year, quarter or month alone stays one ("December 2016").

        Of several, joined by "; ", each; what is no date stays as it is.
        """
        if isinstance(value, int):
            return str(value)
        if isinstance(value, str) and "; " in value:
            return "; ".join(map(self.date, value.split("; ")))
        if isinstance(value, str) and (quarter := re.fullmatch(r"(\d{4})-Q([1-4])", value.strip())):
            return self(f"quarter.{quarter[2]}", year=quarter[1])
        if isinstance(value, str):
            parts = value.strip().split("-")
            if not _DAY.fullmatch(value.strip()):  # "2019-2020" and "01-2020" are none either
                return value
        else:
            day = value if isinstance(value, datetime.date) else pd.Timestamp(value).date()
            parts = [str(day.year), str(day.month), str(day.day)]
        words = [parts[0]]
        if len(parts) > 1:
            words.insert(0, self(f"month.{int(parts[1])}"))
        if len(parts) > 2:
            words.insert(0, str(int(parts[2])))
        return " ".join(words)

    def join(self, items: Iterable[str]) -> str:
        """Return a list in a sentence: "a, b and c"."""
        items = list(items)
        if len(items) < 2:
            return "".join(items)
        return self("list.and", first=", ".join(items[:-1]), last=items[-1])

    # -- phrases -----------------------------------------------------------------------------------------

    def base(self, name: str, n: float, unit: str) -> str:
        """Return who the percentages are of: "185 organisations that were asked"."""
        return self(f"base.{name}", n=self.integer(n), unit=unit)

    def weighting(self, weighted: bool) -> str:
        """Return what was done to the estimate, in the words used everywhere."""
        return self("weighting.adjusted" if weighted else "weighting.unweighted")

    def verdict(self, column: str, value: str) -> str:
        """Return a verdict of the claims table in this language.

        Raises
        ------
        StudyError
            For a word that is not among the verdicts of that column.
        """
        return self(f"verdict.{column}.{slug(value)}")

    def measured(self, row: Mapping[str, Any], value: float, decimals: int | None = None) -> str:
        """Return an estimate of a statement (`row` of details.csv) with its unit: "74.1%", "7.4 points"."""
        unit = row["unit"]
        statistic = "" if pd.isna(row.get("statistic")) else str(row["statistic"])
        if unit == "sign":
            unit = slug(statistic)
        elif "difference" in statistic:
            unit = f"{unit}_difference"
        text = self.number(value, (1 if row["unit"] == "percent" else 2) if decimals is None else decimals)
        return text if pd.isna(value) else self(f"claims.measured.{unit}", value=text)

    def as_published(self, row: Mapping[str, Any]) -> str:
        """Return what a statement (`row` of details.csv) printed: its figure, or how its words are read."""
        value, kind = row["published"], row["type"]
        if pd.isna(value):
            return "–"
        sign = "%" if row["unit"] == "percent" else ""
        if kind == "more_than":
            return self("claims.read_as_more", value=self._shortest(value) + sign)
        if kind == "exact" or pd.isna(row.get("published_low")):
            known = not pd.isna(row.get("decimals"))
            return self.measured(row, value, int(row["decimals"]) if known else 1)
        low, high = (self._shortest(row[f"published_{end}"]) for end in ("low", "high"))
        return self("claims.read_as", range=f"{low}–{high}{sign}")

    def _shortest(self, value: float) -> str:
        return self.number(value, 0 if abs(value - round(value)) < 1e-9 else 1)

    def statistic(self, row: Mapping[str, Any], value: float | None = None) -> str:
        """Return an estimate of a result row with its unit: a percentage, or a number with two decimals."""
        shown: float = row["estimate"] if value is None else value
        return self.percent(shown) if row["statistic"] == "proportion" else self.number(shown, 2)

    def estimate(self, row: Mapping[str, Any]) -> str:
        """Return an estimate with interval and base: "83.8% (95% interval 78.0 to 88.6; n = 185)".

        Of reconstructed answers its origin stands with it: "51.9% (assumed; n = 185)".
        """
        if row.get("suppressed", False):
            return self("estimate.suppressed")
        return self("estimate.full", value=self.statistic(row), facts="; ".join(self.facts(row)))

    def brief(self, row: Mapping[str, Any]) -> str:
        """Return an estimate alone, of reconstructed answers with its origin: "51.9% (assumed)"."""
        if row.get("suppressed", False):
            return self("estimate.suppressed")
        value, origin = self.statistic(row), row.get("origin")
        return self("estimate.full", value=value, facts=self(f"origin.{origin}")) if origin else value

    def facts(self, row: Mapping[str, Any], *, level: bool = True) -> list[str]:
        """List what stands beside an estimate: its origin where it has one, interval or range, and base.

        Parameters
        ----------
        row : mapping
            A row of results.
        level : bool
            Whether the interval says its level.
        """
        origin = row.get("origin")
        facts = [self(f"origin.{origin}")] if origin else []
        if not pd.isna(row["ci_low"]):
            kind, decimals = ("percent", 1) if row["statistic"] == "proportion" else ("number", 2)
            interval = self.interval(row["ci_low"], row["ci_high"], kind, decimals)
            shown = self.percent(row.get("confidence", 0.95), 0)
            facts.append(self("estimate.interval", level=shown, interval=interval) if level else interval)
        if not pd.isna(row.get("range_low", math.nan)):
            facts.append(self("ensemble.beside", range=self.range(row)))
        n = self("n.hidden") if pd.isna(row["n"]) else self("n.one", n=self.integer(row["n"]))
        return [*facts, self("origin.assumed_n", n=n) if assumed_base(row) else n]

    def range(self, row: Mapping[str, Any]) -> str:
        """Return how far an estimate lies apart in other reconstructions: "48.1 to 60.2"."""
        kind, decimals = ("percent", 1) if row["statistic"] == "proportion" else ("number", 2)
        return self.interval(row["range_low"], row["range_high"], kind, decimals)


def _exact_times_100(fraction: float) -> float:
    # 0.575 * 100 is 57.49999… in binary; the decimal text of the fraction is what rounding must see.
    return float(Decimal(repr(float(fraction))) * 100) if math.isfinite(fraction) else fraction


def answered(question: str, answer: str) -> str:
    """Return a question and an answer to it as one text; one that asks ends with a sign of its own.

    Examples
    --------
    >>> answered("Size", "2–9"), answered("How many work here?", "2–9")
    ('Size: 2–9', 'How many work here? 2–9')
    """
    return f"{question} {answer}" if question.endswith("?") else f"{question}: {answer}"


def slug(text: str) -> str:
    """Return a key made of a verdict: lower case, words joined by underscores, no punctuation."""
    return "_".join("".join(c if c.isalnum() else " " for c in text.casefold()).split())
