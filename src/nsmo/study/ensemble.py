"""How far the figures of reconstructed answers lie apart in other reconstructions: ensemble.csv of a wave."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nsmo.study.errors import StudyError
from nsmo.study.textfile import read_rows

if TYPE_CHECKING:
    import pandas as pd

FILE = "ensemble.csv"
#: What names a figure, beside whether it is weighted. Of a table that is no estimates, the statistic is its
#: place and column, and the statement what else tells its rows apart; see `of_column`.
NAMES = ("statement", "question", "option", "by", "group", "statistic")
KEYS = (*NAMES, "weighted")
#: Of the file. A wave whose answers are real has these in its first line, and no row.
COLUMNS = (*KEYS, "low", "middle", "high", "members", "made_of")
#: Ends that are closer than this are the same.
SAME = 1e-9
#: Statistics of a row with a statement: its estimate, and what a stated direction rests on.
VALUE, DIFFERENCE = "value", "difference"


@dataclass(frozen=True)
class Range:
    """The smallest and the largest value of a figure over so many reconstructions that have it."""

    low: float
    high: float
    members: int


@dataclass(frozen=True)
class Ensemble:
    """The figures of many reconstructions by their names: those that are not the same in all.

    The others have no range: a publication, or an assumed count, fixes them, and a range of no width would
    say that they are known.
    """

    found: Mapping[tuple[str, ...], Range] = field(default_factory=dict)

    @property
    def members(self) -> int:
        """How many reconstructions there are; 0 without a figure that differs between them."""
        return max((one.members for one in self.found.values()), default=0)

    def of(self, row: Mapping[str, Any]) -> Range | None:
        """Return the range of a row of estimates; of a statement, of a row with its id in `statement`.

        Examples
        --------
        >>> known = Ensemble({("", "mood", "top", "", "", "proportion", "True"): Range(0.4, 0.7, 200)})
        >>> known.of({"question": "mood", "option": "top", "statistic": "proportion", "weighted": True}).high
        0.7
        """
        return self.found.get(names_of(row)) if self.found else None

    def beside(self, rows: Sequence[Mapping[str, Any]]) -> list[Range | None]:
        """List the range of each row of `of_column`; none where its figure is not shown."""
        return [
            self.of(row) if row["estimate"] is not None and row["estimate"] == row["estimate"] else None
            for row in rows
        ]


def read_ensemble(path: Path) -> Ensemble:
    """Read ensemble.csv.

    Raises
    ------
    StudyError
        When it is no such file.
    """
    columns, rows = read_rows(path)
    again = f"run `nsmo ensemble --wave {path.parent.name}`"
    if absent := set(COLUMNS) - set(columns):
        raise StudyError(
            found=f"no column {', '.join(sorted(absent))}",
            where=f"{path.parent.name}/{path.name}",
            expected=", ".join(COLUMNS),
            fix=again,
        )
    ranges: dict[tuple[str, ...], Range] = {}
    for line, row in rows:
        where = f"{path.parent.name}/{path.name}, line {line}"
        if (key := names_of(row)) in ranges:
            raise StudyError(found="a figure that is there already", where=where, fix=again)
        try:
            ranges[key] = one = Range(float(row["low"]), float(row["high"]), int(row["members"]))
            if not one.low <= one.high:  # nor is anything below a missing one
                raise ValueError
        except ValueError:
            numbers = ", ".join(row[name] for name in ("low", "high", "members"))
            raise StudyError(found=f"no numbers: {numbers}", where=where, fix=again) from None
    return Ensemble({key: one for key, one in ranges.items() if one.high - one.low > SAME})


def of_column(frame: "pd.DataFrame", place: str, column: str, each: str = "") -> list[dict[str, Any]]:
    """List the figures of a column of a table, by the names under which an ensemble knows them.

    Parameters
    ----------
    frame : DataFrame
        With those of ``question, option, by, group`` that tell its rows apart.
    place : str
        The stage, and the table where it has a name: "trust.rules".
    column : str
        Its numbers.
    each : str
        A column besides that tells rows apart, such as the rule that was left out.
    """
    return [
        {
            **{name: row.get(name) for name in ("question", "option", "by", "group")},
            "statement": str(row[each]) if each else "",
            "statistic": f"{place}.{column}",
            "weighted": False,
            "estimate": row[column],
        }
        for row in frame.to_dict("records")
    ]


def names_of(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what names the figure of a row, of estimates or of the file, in the order of `KEYS`."""
    names = (row.get(name) for name in NAMES)
    return (*(name if isinstance(name, str) else "" for name in names), str(row["weighted"]))
