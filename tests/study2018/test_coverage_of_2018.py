"""The simulation of selection and of careless answers, with the definitions of 2018."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from nsmo.present.labels import Labels
from nsmo.present.picture import drawn
from nsmo.stages.coverage import figures, words
from nsmo.stages.coverage.dirt import Left, cleaned
from nsmo.stages.coverage.results import Plan, simulate
from nsmo.stages.coverage.world import World
from nsmo.study import load_codebook
from nsmo.study.margins import read_targets

RAW = Path(__file__).parents[2] / "data/raw/2018"

THRESHOLDS = {"min_last_page": 8, "speeder_ratio": 0.33, "straightline_items": 8}

CLEAN = Left(np.array([[185, 0, 0]]), 0, 0.0, 0.0)


def plan(**changed) -> Plan:
    settings = {"replications": 400, "bootstrapped": 0, "draws": 50, "reference": 1000, "min_category": 20}
    return Plan(**settings | {"max_ratio": 8, "confidence": 0.95, "min_n": 10} | changed)


class TestDirt:
    @pytest.fixture
    def codebook(self):
        return load_codebook(RAW)

    @pytest.fixture
    def flow(self):
        """What cleaning took of the wave: 4 too fast, 4 of the same answer, 7 twice; 185 remain."""
        rules = {"": 0, "no_consent": 6, "speeder": 4, "straightliner": 4, "duplicate": 7}
        return pd.DataFrame({"rule": rules.keys(), "removed": rules.values(), "remaining": 185})

    def left(self, codebook, flow, unseen: float) -> Left:
        return cleaned(codebook, flow, THRESHOLDS, unseen=unseen, sets=4, rng=np.random.default_rng(1))

    def test_what_no_rule_can_see_stays_and_the_rest_goes(self, codebook, flow):
        left = self.left(codebook, flow, 0.5)
        assert left.dirty == 2 * (4 + 4 + 7)
        assert (left.counts[:, 1] == 8).all()
        assert (left.counts[:, 2] == 7).all()
        # With the unseen ones as many remain as of the wave; a fast honest response may be lost.
        assert ((left.counts.sum(axis=1) <= 185) & (left.counts.sum(axis=1) >= 182)).all()
        assert left.found == pytest.approx(0.5)

    def test_rules_that_see_everything_leave_nothing(self, codebook, flow):
        left = self.left(codebook, flow, 0.0)
        assert not left.counts[:, 1:].any()
        assert left.found == 1

    def test_a_wave_without_such_rules_has_none(self, codebook):
        flow = pd.DataFrame({"rule": ["", "no_consent"], "removed": [0, 6], "remaining": [206, 200]})
        left = self.left(codebook, flow, 0.25)
        assert left.counts.tolist() == [[200, 0, 0]]
        assert left.dirty == 0


@pytest.fixture(scope="module")
def rows():
    """A few samples of the wave of 2018, without a bootstrap."""
    codebook = load_codebook(RAW)
    targets = read_targets(codebook, RAW / "population.csv")
    shares = {
        "size": {"s2_9": 0.31, "s10_49": 0.3, "s50plus": 0.39},
        "sector": {"a_f": 0.14, "g_i": 0.25, "j_n": 0.39, "o_u": 0.22},
    }
    few = plan(replications=150)
    return simulate([World(targets, shares, 0.8, 2.0, 0.25)], [1, 4], CLEAN, few, seed=3)


class TestPage:
    @pytest.fixture
    def labels(self):
        return Labels(load_codebook(RAW), "en")

    def test_the_figure_says_whose_standard_error_is_most_wrong(self, rows, labels):
        options = {"report": "adjusted", "confidence": 0.95}
        picture = drawn(figures.domains, words.compared(rows, "adjusted"), labels, **options)
        assert picture.words.title.startswith("50 or more persons at work: by R’s convention")
        assert "as in this report" in picture.words.title
        assert "bootstrap" not in picture.svg().decode(), "nothing was drawn of it"

    def test_the_figure_says_what_is_left_where_the_answer_decides(self, rows, labels):
        options = {"report": "adjusted", "confidence": 0.95}
        picture = drawn(figures.selections, words.of_everybody(rows, "adjusted"), labels, **options)
        assert picture.words.title.startswith("Where a yes makes the odds of taking part 4 times as high")
        assert "doubly robust" in picture.words.alt

    def test_the_tables_have_names_that_people_read(self, rows, labels):
        table = words.readable(words.by_margins(rows), labels, "adjusted")
        assert "50 or more persons at work less 2–9 persons at work" in set(table["quantity"])
        assert "weighted, adjusted residuals, as in this report" in set(table["way"])
        assert set(table["taking_part"]) == {"By the margins, as in this survey"}

    def test_a_wave_whose_weights_are_not_made_here_is_told_so(self, tmp_path, monkeypatch):
        """The code of the notebook, on the files of a wave without margins."""
        root = RAW.parents[2]
        shutil.copytree(RAW, tmp_path / "data/raw/2018")
        for name in ("params.yaml", "dvc.yaml", "notebooks/5_coverage.ipynb"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            shutil.copy(root / name, tmp_path / name)
        clean = tmp_path / "data/processed/2018/clean"
        clean.mkdir(parents=True)
        shutil.copy(root / "data/processed/2018/clean/flow.csv", clean)
        rules = tmp_path / "data/raw/2018/rules.yaml"
        content = yaml.safe_load(rules.read_text(encoding="utf-8"))
        del content["weighting"]
        rules.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
        monkeypatch.setenv("NSMO_ROOT", str(tmp_path))
        shown: list[str] = []
        monkeypatch.setattr("IPython.display.display", lambda one: shown.append(one.data))
        names: dict[str, object] = {}
        for cell in json.loads((tmp_path / "notebooks/5_coverage.ipynb").read_text())["cells"]:
            if cell["cell_type"] == "code":
                exec("".join(cell["source"]), names)
        assert len(shown) == 1
        assert shown[0].startswith("**Nothing is simulated: the weights of this wave are not made here.**")
