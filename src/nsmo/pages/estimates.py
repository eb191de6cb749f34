"""What the stages of the analysis estimated, and which of it stands for the study."""

from collections.abc import Iterator

import pandas as pd

from nsmo.pages.files import writes
from nsmo.runner.made_tables import read_made_table
from nsmo.runner.stage import Stage
from nsmo.study.about import Headlined
from nsmo.study.codebook import Codebook
from nsmo.study.errors import StudyError


def headline_values(table: pd.DataFrame, codebook: Codebook) -> dict[str, dict[str, float]]:
    """Return the estimates that stand for the study, by question and answer; for `dvc metrics diff`.

    Parameters
    ----------
    table : DataFrame
        Of `estimates`.
    codebook : Codebook
    """
    found: dict[str, dict[str, float]] = {}
    for headline in codebook.headlines:
        values = found.setdefault(".".join(filter(None, [headline.question, headline.option])), {})
        for row in _rows(table, headline).to_dict("records"):
            how = "adjusted" if row["weighted"] else "unweighted"
            if not pd.isna(row["estimate"]):
                values[".".join(filter(None, [how, row["group"]]))] = row["estimate"]
    return found


def _rows(table: pd.DataFrame, headline: Headlined) -> pd.DataFrame:
    """The rows about a headline, from the first stage that has them all; else those of everybody, if any."""
    wanted = (table["question"] == headline.question) & table["by"].isin(["", headline.by or ""])
    if headline.option:
        wanted &= (table["option"] == headline.option) & (table["statistic"] == "proportion")
    else:
        wanted &= table["statistic"] == "mean"
    of_all = None
    for _, rows in table[wanted].groupby("stage", sort=False):
        groups = set(rows.loc[~rows["weighted"], "group"])
        if "" in groups and (not headline.by or len(groups) > 1):
            return rows
        if "" in groups and of_all is None:
            of_all = rows  # no page of the wave shows it in these groups
    # All answered alike, so that there is nothing to show.
    return table[:0] if of_all is None else of_all


def estimates(stage: Stage) -> pd.DataFrame:
    """Return the estimates of all stages of the analysis, with the column `stage`: the one that made them."""
    parts = list(_parts(stage))
    if not parts:
        raise StudyError(
            found="no estimates.csv in any declared folder of tables",
            where=f"reports/{stage.wave}/tables",
            expected="one for each stage of the analysis",
            fix="run the stages of the analysis first",
        )
    table = pd.concat(parts, ignore_index=True)
    for column in ("by", "group", "option"):
        table[column] = table[column].astype("object").where(table[column].notna(), "")
    table["weighted"] = table["weighted"].astype(bool)
    return table


def _parts(stage: Stage) -> Iterator[pd.DataFrame]:
    for name in stage.earlier:
        if not writes(stage, name, "tables"):
            continue
        file = stage.path(f"tables/{name}") / "estimates.csv"
        if file.exists():
            yield read_made_table(file).assign(stage=name)
