"""Which figures of 2018 were published, and which follow from what was."""

from pathlib import Path

import pandas as pd

from nsmo.study import load_codebook
from nsmo.study.origins import cell, origins_of
from nsmo.study.statements import load_published

STUDY = Path(__file__).parents[2] / "data/raw/2018"


def test_what_the_study_calls_published_is_the_figure_as_printed():
    """Every figure of 2018 that is called published is, rounded as it was printed, what was printed."""
    statements, codebook = load_published(STUDY / "published.yaml"), load_codebook(STUDY)
    listed, printed = codebook.origins, origins_of(statements, codebook)
    assert set(listed.published) <= set(printed.published)
    assert {*listed.published, *listed.implied} == {*printed.published, *printed.implied}
    # 48.2 % is no count of 185: it follows, to within one unit of the last digit.
    assert set(printed.published) - set(listed.published) == {"goals.awareness"}
    tables = STUDY.parents[2] / "reports/2018/tables"
    frames = [
        pd.read_csv(tables / f"{name}/estimates.csv") for name in ("topline", "importance", "platforms")
    ]
    frame = pd.concat(frames).drop_duplicates(["question", "option", "by", "group", "statistic", "weighted"])
    known = {}
    for row in frame[~frame["weighted"]].to_dict("records"):
        share = row["statistic"] == "proportion"
        name = cell(row["question"], row["option"] if share else None, row["by"], row["group"])
        known[name] = 100 * row["estimate"] if share else row["estimate"]
    shown = 0
    for statement in statements.claims:
        for name in origins_of(statements.model_copy(update={"claims": (statement,)}), codebook).published:
            if name in listed.published and name in known:
                assert round(known[name], statement.digits) == statement.figure, name
                shown += 1
    assert shown >= 10


def test_a_figure_that_can_have_one_value_only_is_no_assumption():
    """The sets of the page bounds find no figure of 2018 that the list leaves out."""
    statements, codebook = load_published(STUDY / "published.yaml"), load_codebook(STUDY)
    sets = pd.read_csv(STUDY.parents[2] / "reports/2018/tables/bounds/sets.csv")
    single = sets[sets["statistic"].eq("proportion") & (sets["high"] - sets["low"] < 0.0005)]
    known = [*codebook.origins.published, *codebook.origins.implied]
    rows = {row.id: row.estimate for row in statements.rows}
    named = [cell(rows[name].question, rows[name].option) for name in single["id"] if name in rows]
    assert len(named) >= 9
    assert set(named) <= set(known)
    # Nor is a quantity that nobody printed known to the last digit.
    assert not [name for name in single["id"] if name not in rows]
