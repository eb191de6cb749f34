"""Published percentages beside figures of other surveys."""

import math

import pandas as pd

from nsmo.study import StudyError
from nsmo.study.statements import Published

BENCHMARK_COLUMNS = (
    *("source", "year", "population", "base", "breakdown", "category"),
    *("indicator", "value", "unit", "certainty", "url", "note"),
)


def benchmarks(published: Published, table: pd.DataFrame, figures: pd.DataFrame, year: int) -> pd.DataFrame:
    """Compare published percentages with figures of other surveys.

    Parameters
    ----------
    published : Published
        Says which indicators a claim can be held against.
    table : DataFrame
        benchmarks.csv of the wave.
    figures : DataFrame
        From `intervals`.
    year : int
        Of the field work; of several years of one series the nearest is marked.

    Returns
    -------
    DataFrame
        A row per claim and figure of another survey: ``claim``, ``statement``, ``statement_nl``,
        ``published``, ``ci_low``, ``ci_high``, ``relation``, ``indicator``, ``label``, ``label_nl``,
        ``source``, ``year``, ``population``, ``base``, ``breakdown``, ``category``, ``value``, ``derived``
        (turned by us into a share of those with another indicator), ``difference`` (published minus value),
        ``odds_ratio`` (odds of taking part, of those that the claim counts against the others, that would
        turn the value into the published figure), ``outside`` (value beyond the interval), ``nearest``,
        ``url``, ``note``.

    Raises
    ------
    StudyError
        Naming absent columns, values that are no percentages, or indicators without a row.
    """
    table = _checked(table, published)
    by_id = figures.set_index("id")
    place = ["year", "population", "breakdown", "category"]
    rows = []
    for entry in published.benchmarks:
        claim = by_id.loc[entry.claim]
        own = table[table["indicator"] == entry.indicator]
        records = [(row, row["value"] / 100, False) for row in own.to_dict("records")]
        if entry.among and entry.among_label:
            group = table[table["indicator"] == entry.among].drop_duplicates(place)
            both = own.merge(group, on=place, suffixes=("", "_group"))
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
            odds = claim["published"] / (1 - claim["published"]) * (1 - value) / value
            rows.append(
                {
                    "claim": entry.claim,
                    **{name: claim[name] for name in ("statement", "statement_nl", "published")},
                    **{name: claim[name] for name in ("ci_low", "ci_high", "n_low", "n_high", "decimals")},
                    "relation": entry.relation,
                    "indicator": entry.indicator,
                    "label": label,
                    "label_nl": label_nl,
                    **{name: row[name] for name in ("source", *place[:2], "base", *place[2:])},
                    "value": value,
                    "derived": derived,
                    "difference": claim["published"] - value,
                    "odds_ratio": odds if 0 < value < 1 else math.nan,
                    "outside": not claim["ci_low"] <= value <= claim["ci_high"],
                    "certainty": row["certainty"],
                    "url": row["url"],
                    "note": row["note"],
                }
            )
    found = pd.DataFrame(rows)
    distance = (found["year"] - year).abs()
    series = ["claim", "indicator", "derived", "population", "breakdown", "category"]
    found["nearest"] = distance == distance.groupby([found[name] for name in series]).transform("min")
    return found


def _checked(table: pd.DataFrame, published: Published) -> pd.DataFrame:
    absent = [name for name in BENCHMARK_COLUMNS if name not in table.columns]
    problems = [f"no column {name}" for name in absent]
    if not absent:
        wanted = {b.indicator for b in published.benchmarks} | {
            b.among for b in published.benchmarks if b.among
        }
        problems += [f"no row with the indicator '{i}'" for i in sorted(wanted - set(table["indicator"]))]
        used = table[table["indicator"].isin(wanted)]
        values = pd.to_numeric(used["value"], errors="coerce")
        years = pd.to_numeric(used["year"], errors="coerce")
        for at in used.index[(used["unit"] != "percent") | ~values.between(0, 100) | years.isna()]:
            row = used.loc[at]
            problems.append(f"line {at + 2}: value {row['value']} {row['unit']}, year {row['year']}")
        unknown = sorted({b.claim for b in published.benchmarks} - {c.id for c in published.claims})
        problems += [f"published.yaml compares the unknown claim '{name}'" for name in unknown]
    if problems:
        raise StudyError(
            found="; ".join(problems),
            where="benchmarks.csv (against `benchmarks` in published.yaml)",
            expected=f"the columns {', '.join(BENCHMARK_COLUMNS)}; percentages from 0 to 100; whole years",
            fix="complete the file, or take the indicator out of published.yaml",
        )
    return table.assign(value=pd.to_numeric(table["value"]), year=pd.to_numeric(table["year"]).astype(int))
