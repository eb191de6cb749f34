"""Figures of other surveys, that published statements are compared with."""

import math
from pathlib import Path

import pandas as pd

from nsmo.study.cells import read_count
from nsmo.study.errors import Problem, StudyError
from nsmo.study.statements import Published
from nsmo.study.textfile import read_rows

COLUMNS = (
    *("source", "year", "population", "base", "breakdown", "category"),
    *("indicator", "value", "unit", "certainty", "url", "note"),
)
_BESIDE = (
    *("claim", "published", "relation", "indicator", "label", "label_nl", "source", "year", "population"),
    *("base", "breakdown", "category", "value", "derived", "odds_ratio", "certainty", "url", "note"),
)
_PLACE = ["year", "population", "breakdown", "category"]


def benchmark_problems(path: Path, published: Published | None = None) -> list[Problem]:
    """List what of benchmarks.csv cannot be read, in one way only, or be held against a statement.

    Parameters
    ----------
    path : Path
        The table.
    published : Published, optional
        Says which of its figures are used: these must be percentages, and there.

    Raises
    ------
    StudyError
        As `nsmo.study.textfile.read_rows`.
    """
    problems = []
    columns, rows = read_rows(path)
    if absent := [column for column in COLUMNS if column not in columns]:
        return [
            Problem(f"the column '{column}' is missing", f"{path.name}, line 1", fix="add it")
            for column in absent
        ]
    for line, row in rows:
        for column in ("value", "year"):
            try:
                read_count(row[column].strip())
            except ValueError:
                problems.append(
                    Problem(
                        f"the {column} {row[column]!r}",
                        f"{path.name}, line {line}",
                        expected="a number, as 12.5: with a point before decimals",
                    )
                )
    if published is not None and not problems:
        index = [line - 2 for line, _ in rows]
        try:
            _checked(pd.DataFrame([row for _, row in rows], index, columns), published)
        except StudyError as error:
            problems += error.problems
    return problems


def beside(published: Published, table: pd.DataFrame, year: int | None) -> pd.DataFrame:
    """List each published percentage beside the figures of other surveys that it can be held against.

    Parameters
    ----------
    published : Published
        Says which indicators a claim can be held against.
    table : DataFrame
        benchmarks.csv of the wave.
    year : int or None
        Of the field work; of several years of one series the nearest is marked, and the last if
        it is not known.

    Returns
    -------
    DataFrame
        A row per claim and figure of another survey: ``claim``, ``published``, ``relation``, ``indicator``,
        ``label``, ``label_nl``, ``source``, ``year``, ``population``, ``base``, ``breakdown``, ``category``,
        ``value`` (fractions), ``derived`` (turned by us into a share of those with another indicator),
        ``odds_ratio`` (odds of taking part, of those that the claim counts against the others, that would
        turn the value into the published figure), ``nearest``, ``certainty``, ``url``, ``note``.

    Raises
    ------
    StudyError
        Naming absent columns, values that are no percentages, or indicators without a row.
    """
    table = _checked(table, published)
    rows = []
    for entry in published.benchmarks:
        share = (published.claim(entry.claim).value or math.nan) / 100
        own = table[table["indicator"] == entry.indicator]
        records = [(row, row["value"] / 100, False) for row in own.to_dict("records")]
        if entry.among and entry.among_label:
            group = table[table["indicator"] == entry.among].drop_duplicates(_PLACE)
            both = own.merge(group, on=_PLACE, suffixes=("", "_group"))
            for row in both.to_dict("records"):
                if row["source"] != row["source_group"]:
                    row["source"] = f"{row['source']}; {row['source_group']}"
                records.append(
                    (row | {"base": entry.among_label.en}, row["value"] / row["value_group"], True)
                )
        for row, value, derived in records:
            label, label_nl = entry.label.en, entry.label.nl
            if derived and entry.among_label:
                label, label_nl = f"{label}, {entry.among_label.en}", f"{label_nl}, {entry.among_label.nl}"
            rows.append(
                {
                    "claim": entry.claim,
                    "published": share,
                    "relation": entry.relation,
                    "indicator": entry.indicator,
                    "label": label,
                    "label_nl": label_nl,
                    **{name: row[name] for name in ("source", "year", "population", "base")},
                    **{name: row[name] for name in ("breakdown", "category")},
                    "value": value,
                    "derived": derived,
                    "odds_ratio": share / (1 - share) * (1 - value) / value if 0 < value < 1 else math.nan,
                    **{name: row[name] for name in ("certainty", "url", "note")},
                }
            )
    found = pd.DataFrame(rows, columns=_BESIDE).astype({"derived": bool, "value": float, "year": int})
    distance = (found["year"] - (found["year"].max() if year is None else year)).abs()
    series = ["claim", "indicator", "derived", "population", "breakdown", "category"]
    found["nearest"] = distance == distance.groupby([found[name] for name in series]).transform("min")
    return found


def _checked(table: pd.DataFrame, published: Published) -> pd.DataFrame:
    absent = [name for name in COLUMNS if name not in table.columns]
    problems = [f"no column {name}" for name in absent]
    if not absent:
        wanted = {b.indicator for b in published.benchmarks} | {
            b.among for b in published.benchmarks if b.among
        }
        problems += [f"no row with the indicator '{i}'" for i in sorted(wanted - set(table["indicator"]))]
        used = table[table["indicator"].isin(wanted)]
        values = pd.to_numeric(used["value"], errors="coerce")
        years = pd.to_numeric(used["year"], errors="coerce")
        for at in used.index[(used["unit"] != "percent") | ~values.between(0, 100) | (years % 1 != 0)]:
            row = used.loc[at]
            problems.append(f"line {at + 2}: value {row['value']} {row['unit']}, year {row['year']}")
        unknown = sorted({b.claim for b in published.benchmarks} - {c.id for c in published.claims})
        problems += [f"published.yaml compares the unknown claim '{name}'" for name in unknown]
    if problems:
        raise StudyError(
            found="; ".join(problems),
            where="benchmarks.csv (against `benchmarks` in published.yaml)",
            expected=f"the columns {', '.join(COLUMNS)}; percentages from 0 to 100; whole years",
            fix="complete the file, or take the indicator out of published.yaml",
        )
    return table.assign(value=pd.to_numeric(table["value"]), year=pd.to_numeric(table["year"]).astype(int))
