"""Trying a parameter of the study, as docs/howto/try-a-parameter.md says."""

import json
import re

import pytest

pytestmark = pytest.mark.pipeline


def comments(text: str) -> list[str]:
    return re.findall(r"#.*", text)


@pytest.mark.slow
def test_a_parameter_of_the_study(study):
    """The literal commands of the how-to, without `--temp`."""
    texts = comments(study.read("params.yaml"))
    done = study.call("dvc", "exp", "run", "-S", "weight.max_ratio=5", "-n", "bound-5")
    assert done.returncode == 0, done.stdout
    assert "Stage 'clean@2018' didn't change, skipping" in done.stdout
    assert comments(study.read("params.yaml")) == texts
    assert study.status() == {}

    changed = json.loads(study.call("dvc", "metrics", "diff", "--json").stdout)
    largest = changed["data/processed/2018/weight/metrics.json"]["max"]
    assert largest["new"] == pytest.approx(5)
    assert largest["old"] > 5
    assert any(name.endswith(".adjusted") for name in changed["data/processed/2018/publish/metrics.json"])

    assert study.call("dvc", "plots", "diff").returncode == 0
    page = study.read("dvc_plots/index.html")
    assert "Margins after weighting" in page
    assert "Published statements, weighted estimates" in page
    assert "dvc_plots" not in study.call("git", "status", "--porcelain").stdout
