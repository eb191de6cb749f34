"""The page on goals with a question of which two answers count together: it has every answer, and the two."""

import in_process
import pandas as pd
import pytest

pytestmark = [pytest.mark.pipeline, pytest.mark.slow]


def test_goals_set_beforehand_with_two_answers_in_its_top_box(study):
    """I12 of the small inputs: the page asked for an answer `top` that no question has."""
    rules, about = "data/raw/2018/rules.yaml", "data/raw/2018/questionnaire.yaml"
    text = study.read(about)
    place = text.index("- name: goals_beforehand")
    study.write(
        about, text[:place] + text[place:].replace("top_box: [always]", "top_box: [sometimes, always]", 1)
    )
    assert "beforehand: goals_beforehand" in study.read(rules)
    in_process.run_notebooks(study.folder, "2018", "goals")
    table = pd.read_csv(study.folder / "reports/2018/tables/goals/estimates.csv")
    shown = table[table["question"].eq("goals_beforehand") & table["by"].isna() & ~table["weighted"]]
    two = shown[shown["option"].isin(["sometimes", "always"])]["estimate"].sum()
    assert shown.set_index("option")["estimate"]["top"] == pytest.approx(two)
