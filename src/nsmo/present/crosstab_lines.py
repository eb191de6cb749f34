"""The lines of a cross-table: bases, answers, nets, those without an answer, means."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nsmo.present.frames import Row, by_key, nothing
from nsmo.present.labels import Labels
from nsmo.present.shown import has_range
from nsmo.results import BASE_WEIGHT, BASE_WORTH, BOTTOM, FIRST, MISSING, OF_ANSWERS, TOP
from nsmo.study.crosstabs import nets

if TYPE_CHECKING:
    from nsmo.present.crosstab import Head

#: Of a question with more answers than this, those that nobody gave have one line together.
LONG = 20
_QUANTILES = ("quantile 0.25", "quantile 0.5", "quantile 0.75")


@dataclass(frozen=True)
class Line:
    """A line of a table.

    Attributes
    ----------
    kind : str
        base, answer, box, reason, of_answers or number: how it looks.
    label : str
    format : str
        One of `nsmo.present.table.FORMATS`.
    cells : list of dict or None
        The row of the result in each column.
    take : str
        The column of the result that is shown.
    compared : bool
        Whether letters and arrows belong to it.
    """

    kind: str
    label: str
    format: str
    cells: list[Row | None]
    take: str = "estimate"
    compared: bool = False

    @property
    def estimated(self) -> bool:
        """Whether it shows estimates, which come from somewhere, not bases."""
        return self.kind != "base" and self.take == "estimate"

    def value(self, row: Row) -> Any:
        """Return what stands in the cell of a row."""
        return row[self.take]

    def range(self, row: Row) -> tuple[float, float] | None:
        """Return how far the estimate of a row lies apart in other reconstructions, if it does."""
        return (row["range_low"], row["range_high"]) if self.estimated and has_range(row) else None


def lines_of(
    rows: Sequence[Row], heads: Sequence["Head"], labels: Labels, *, weighted: bool, summary: bool
) -> list[Line]:
    """Return the lines of a question, or of the summary of a battery.

    Parameters
    ----------
    rows : sequence of dict
        Of the question and its nets, or of all items; of one weighting.
    heads : sequence of Head
        The columns.
    labels : Labels
    weighted : bool
        Whether the base stands by weight and by worth, too.
    summary : bool
        Whether each item has a line, not each answer.
    """
    known = by_key(rows, "question", "option", "statistic")
    make = _Lines(known, heads, labels)
    return list(make.summary() if summary else make.question(weighted))


class _Lines:
    def __init__(self, known: dict[tuple, list[Row]], heads: Sequence["Head"], labels: Labels) -> None:
        self.known = known
        self.heads = heads
        self.labels = labels
        self.words = labels.words

    def cells(self, key: tuple[str, str, str]) -> list[Row | None]:
        """The row in each column."""
        found = {(row["by"], row["group"]): row for row in self.known.get(key, [])}
        return [found.get((head.by, head.group)) for head in self.heads]

    def line(self, kind: str, label: str, format_: str, key: tuple[str, str, str], **more: Any) -> Line:
        return Line(kind, label, format_, self.cells(key), **more)

    def question(self, weighted: bool) -> Iterator[Line]:
        """The lines of one question."""
        name = next(iter(self.known))[0]
        variable, words = self.labels.codebook.variable(name), self.words
        shares = [key for key in self.known if key[0] == name and key[2] == "proportion"]
        answers = [key for key in shares if not key[1].startswith(MISSING)]
        means = (name, "", "mean")
        first = answers[0] if answers else means
        yield from self.bases(first, weighted)
        nobody = self._nobody(answers) if len(answers) > LONG else set()
        for key in answers:
            if key in nobody:
                continue
            kind = "box" if key[1] in (TOP, BOTTOM) else "answer"
            label = self.labels.option(name, key[1])
            if kind == "box":
                label = words(f"crosstabs.{key[1]}", options=label)
            elif variable.type == "numeric":
                label = words("crosstabs.first")
            yield self.line(kind, label, "percent", key, compared=True)
        if nobody:
            label = words("crosstabs.nobody", n=words.integer(len(nobody)))
            yield Line("reason", label, "text", [None] * len(self.heads))
        for net in nets(self.labels.codebook, name):
            label = words("crosstabs.net", label=self.labels.question(net))
            yield self.line("box", label, "percent", (net, "yes", "proportion"), compared=True)
        for key in shares:
            if key[1].startswith(MISSING):
                label = words(f"crosstabs.missing.{key[1].removeprefix(MISSING)}")
                yield self.line("reason", label, "percent", key)
        given = [key for key in self.known if key[0] == name and key[2] == OF_ANSWERS]
        for key in [key for key in given if (name, key[1], "proportion") not in nobody]:
            label = words("crosstabs.of_answers", option=self.labels.option(name, key[1]))
            line = self.line("of_answers", label, "percent", key)
            # The share of respondents says already that an answer is not shown.
            if any(row and not row["suppressed"] and not nothing(row["estimate"]) for row in line.cells):
                yield line
        if means in self.known and not variable.year:
            yield from self.mean(name, answers != [])
        yield from self.quartiles(name)

    def _nobody(self, answers: Sequence[tuple[str, str, str]]) -> set[tuple[str, str, str]]:
        """The answers of a long list that nobody gave, as far as that may be shown."""
        found = set()
        for key in answers:
            row = self.cells(key)[0]
            if row is not None and not row["suppressed"] and row["count"] == 0:
                found.add(key)
        return found

    def bases(self, key: tuple[str, str, str], weighted: bool) -> Iterator[Line]:
        yield self.line("base", self.words("crosstabs.n"), "integer", key, take="n")
        if weighted:
            yield self.line("base", self.words("crosstabs.weight"), "number1", key, take=BASE_WEIGHT)
            yield self.line("base", self.words("crosstabs.worth"), "number1", key, take=BASE_WORTH)

    def mean(self, name: str, shares: bool) -> Iterator[Line]:
        """Mean and interval, of scores with their own base."""
        key, words = (name, "", "mean"), self.words
        what = self._mean_of(name)
        if (what == "score" and shares) or (what == "place" and self._fewer(name)):
            label = words("crosstabs.n_mean" if what == "score" else "crosstabs.n_placed")
            yield self.line("number", label, "integer", key, take="n")
        label = words(f"crosstabs.{what}")
        yield self.line("number", label, "number2", key, compared=True)
        if any(row and not nothing(row["ci_low"]) for row in self.cells(key)):
            for end in ("ci_low", "ci_high"):
                yield self.line("number", words(f"crosstabs.{end}"), "number2", key, take=end)

    def _mean_of(self, name: str) -> str:
        """What a mean is one of: scores, places in a ranking, or numbers."""
        if self.labels.codebook.variable(name).scores:
            return "score"
        return "place" if (name, FIRST, "proportion") in self.known else "mean"

    def _fewer(self, name: str) -> bool:
        """Whether fewer gave an answer of a ranking a place than put any of them in order."""
        both = zip(self.cells((name, "", "mean")), self.cells((name, FIRST, "proportion")), strict=True)
        return any(mean and first and mean["n"] != first["n"] for mean, first in both)

    def quartiles(self, name: str) -> Iterator[Line]:
        """The quartiles of numbers; of years without decimals."""
        format_ = "year" if self.labels.codebook.variable(name).year else "number2"
        for at, statistic in enumerate(_QUANTILES):
            if (name, "", statistic) in self.known:
                label = self.words(f"crosstabs.quantile.{at}")
                yield self.line("number", label, format_, (name, "", statistic))

    def summary(self) -> Iterator[Line]:
        """The lines of a battery: of each item the box that counts, and the mean."""
        items = list(dict.fromkeys(key[0] for key in self.known))
        numeric = self.labels.codebook.variable(items[0]).type == "numeric"
        share = FIRST if numeric else TOP
        if (items[0], share, "proportion") in self.known:
            words = self.words("crosstabs.first") if numeric else self.labels.option(items[0], TOP)
            for item in items:
                label = self.words("crosstabs.item", item=self.labels.question(item), what=words)
                yield self.line("answer", label, "percent", (item, share, "proportion"), compared=True)
        for item in items:
            if (item, "", "mean") in self.known:
                what = self.words(f"crosstabs.{self._mean_of(item)}")
                label = self.words("crosstabs.item", item=self.labels.question(item), what=what)
                yield self.line("number", label, "number2", (item, "", "mean"), compared=True)
