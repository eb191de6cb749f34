"""The pages of the study hold at any threshold for a group."""

import in_process
import pandas as pd
import pytest


@pytest.mark.pipeline
@pytest.mark.slow
@pytest.mark.parametrize("min_n", [1, 50, 300])
def test_any_threshold_for_a_group_gives_pages(study, min_n):
    """From everything shown to nothing: 300 are more than there are respondents."""
    lines = study.read("params.yaml").splitlines()
    changed = [f"  min_n: {min_n}" if line.startswith("  min_n: ") else line for line in lines]
    assert changed != lines
    study.write("params.yaml", "\n".join(changed) + "\n")
    stages = ("topline", "accountability", "platforms", "budget", "goals", "importance", "claims")
    assert sorted(in_process.run_notebooks(study.folder, "2018", *stages)) == sorted(stages)
    claims = pd.read_csv(study.folder / "reports/2018/tables/claims/claims.csv")
    assert claims["n"].dropna().ge(min_n).all()
