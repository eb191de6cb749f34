"""The simulation weights and estimates as the report does, and shows the fault of R's convention."""

import json
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from nsmo.present.labels import Labels
from nsmo.present.picture import drawn
from nsmo.stages.coverage import figures, raking, robust, samples, words
from nsmo.stages.coverage.dirt import Left, cleaned
from nsmo.stages.coverage.results import Plan, errors_of_report, simulate
from nsmo.stages.coverage.world import ANSWER, MARGINS, NONE, Selection, World, selections
from nsmo.stats import CalibrationError, SurveyDesign, calibrate, model_participation
from nsmo.study import load_codebook
from nsmo.study.margins import Category, Target, read_targets
from nsmo.study.rules import Margin

RAW = Path(__file__).parents[3] / "data/raw/2018"
THRESHOLDS = {"min_last_page": 8, "speeder_ratio": 0.33, "straightline_items": 8}
SHARES = ["estimate", "se", "ci_low", "ci_high"]


def target(name: str, merge: list[str], **counts: float) -> Target:
    """A margin whose last two categories may be merged."""
    both = {"name": "_".join(merge), "en": "both", "nl": "beide", "of": merge}
    margin = Margin.model_validate({"name": name, "question": name, "population": name, "merge": [both]})
    categories = tuple(Category(one, one, one, (one,), n) for one, n in counts.items())
    return Target(margin, categories, "table", "2020", "final")


TARGETS = {
    "size": target("size", ["middle", "large"], small=834_000, middle=129_000, large=37_000),
    "sector": target("sector", ["trade", "care"], farm=234_000, make=347_000, trade=253_000, care=166_000),
}
TAKEN_PART = {
    "size": {"small": 0.31, "middle": 0.3, "large": 0.39},
    "sector": {"farm": 0.14, "make": 0.25, "trade": 0.39, "care": 0.22},
}
CLEAN = Left(np.array([[185, 0, 0]]), 0, 0.0, 0.0)


@pytest.fixture(scope="module")
def world() -> World:
    return World(TARGETS, TAKEN_PART, level=0.8, gradient=2.0, apart=0.25)


def plan(**changed) -> Plan:
    settings = {"replications": 400, "bootstrapped": 0, "draws": 50, "reference": 1000, "min_category": 20}
    return Plan(**settings | {"max_ratio": 8, "confidence": 0.95, "min_n": 10} | changed)


def rows_of(counts: np.ndarray, world: World, margins: raking.Margins) -> tuple[pd.DataFrame, dict]:
    """A sample as a frame with a row per respondent, and its margins."""
    cell, group, yes = np.unravel_index(np.repeat(np.arange(counts.size), counts.ravel()), counts.shape)
    frame, wanted = pd.DataFrame({"yes": yes == 1, "other": group == 1}), {}
    for j, (code, share) in enumerate(zip(margins.codes, margins.shares, strict=True)):
        names = [str(i) for i in range(len(share))]
        frame[f"margin{j}"] = pd.Categorical.from_codes(code[cell], names)
        wanted[f"margin{j}"] = dict(zip(names, share, strict=True))
    for j, names in enumerate(world.categories):
        frame[f"own{j}"] = pd.Categorical.from_codes(world.codes[cell, j], names)
    return frame, wanted


@pytest.mark.parametrize("selection", [Selection(NONE), Selection(MARGINS), Selection(ANSWER, 3.0)])
def test_samples_are_weighted_and_estimated_as_in_the_report(world, selection):
    """Weights to the bound, mergers, refusals, standard errors and intervals of all three kinds."""
    counts = samples.draw(world, selection, CLEAN, 25, np.random.default_rng(3))
    tables = counts.sum(axis=(2, 3))
    seen, refused = 0, 0
    for margins, numbers in raking.merged(world, tables, 20):
        weights = margins.weights(tables[numbers], 5)
        for row, w in zip(numbers, weights, strict=True):
            frame, wanted = rows_of(counts[row], world, margins)
            cell = np.repeat(np.arange(len(w)), tables[row])
            for residuals in ("base", "final", "adjusted"):
                try:
                    options = {"trim": 5, "total": len(frame), "residuals": residuals}
                    design = calibrate(SurveyDesign(frame), wanted, **options)
                except CalibrationError:
                    assert np.isnan(w).any()
                    refused += 1
                    break
                assert design.weights == pytest.approx(w[cell], rel=1e-8)
                made = samples.linearised(world, counts[[row]], w[None], margins, residuals)
                found = made.estimates(world, 0.95, 1)[0]
                known = {(q.by, q.group): values for q, values in zip(world.quantities, found, strict=True)}
                parts = [(("", ""), design.proportion("yes").iloc[0])]
                for j, name in enumerate(world.targets):
                    by = design.proportion("yes", by=f"own{j}")
                    parts += [((name, one["group"]), one) for _, one in by.iterrows()]
                gap = design.difference("yes", by="other", pairs=[("True", "False")])
                parts.append((("unknown", "unknown"), gap.iloc[0]))
                for key, expected in parts:
                    assert known[key] == pytest.approx(expected[SHARES].astype(float), rel=1e-6), key
                seen += 1
    assert seen > 40
    assert refused > 0 or selection.kind == NONE


def test_the_doubly_robust_estimate_is_that_of_the_package(world):
    rng = np.random.default_rng(4)
    counts = samples.draw(world, Selection(MARGINS), CLEAN, 6, rng)
    there = rng.multinomial(800, world.shares, 6)
    tables = counts.sum(axis=(2, 3))
    margins, numbers = next(raking.merged(world, tables, 1))
    found = robust.estimated(margins, tables, counts[..., 1].sum(axis=2), there, 50.0, 0.95)
    for row in numbers:
        frame, wanted = rows_of(counts[row], world, margins)
        cell = np.repeat(np.arange(len(world.codes)), there[row])
        reference = pd.DataFrame(
            {
                f"margin{j}": pd.Categorical.from_codes(code[cell], list(wanted[f"margin{j}"]))
                for j, code in enumerate(margins.codes)
            }
        )
        reference = SurveyDesign(reference.assign(w=50.0), "w")
        model = model_participation(SurveyDesign(frame), reference, list(wanted))
        one = model.doubly_robust("yes", list(wanted), family="gaussian")
        assert found[row] == pytest.approx([one.estimate, one.se, one.ci_low, one.ci_high], rel=1e-9)


def test_the_truth_of_a_population_is_counted_by_hand():
    """Half are small, of whom 1 in 2 say yes; among the large the odds are 4 times as high: 4 in 5."""
    two = {"size": target("size", ["small", "large"], small=50, large=50)}
    world = World(two, {"size": {"small": 0.5, "large": 0.5}}, 2 / 3, 4.0, 0.25)
    assert world.truth == pytest.approx([0.65, 0.5, 0.8, 0.65, 0.3, 0.0])
    assert world.members.sum() == pytest.approx(1)


def test_the_category_that_weighting_shrinks_most_is_named(world):
    assert world.shrunk == ("size", "large")


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

    def test_careless_answers_pull_a_share_towards_a_half(self, world):
        drawn = {
            careless: samples.draw(
                world,
                Selection(NONE),
                Left(np.array([[200 - careless, careless, 0]]), 0, 0.0, 0.0),
                400,
                np.random.default_rng(2),
            )
            for careless in (0, 100)
        }
        share = {careless: counts[..., 1].sum() / counts.sum() for careless, counts in drawn.items()}
        assert share[0] == pytest.approx(world.truth[0], abs=0.01)
        assert share[100] == pytest.approx((world.truth[0] + 0.5) / 2, abs=0.01)


@pytest.fixture(scope="module")
def found(world) -> pd.DataFrame:
    return simulate([world], [1, 2, 5], CLEAN, plan(), seed=2018, workers=1)


def pick(found: pd.DataFrame, selection: str, estimator: str, errors: str, odds: float = 1.0, **where):
    rows = found[(found["selection"] == selection) & (found["odds"] == odds)]
    rows = rows[(rows["estimator"] == estimator) & (rows["errors"] == errors)]
    for name, value in where.items():
        rows = rows[rows[name] == value]
    (row,) = rows.to_dict("records")
    return row


def test_by_r_the_class_that_weighting_shrinks_has_intervals_twice_too_wide_and_in_the_report_not(found):
    by_r = pick(found, MARGINS, "raked", "base", by="size", group="large")
    assert by_r["coverage"] > 0.99
    assert by_r["se_ratio"] > 2
    own = pick(found, MARGINS, "raked", errors_of_report(), by="size", group="large")
    assert 0.92 < own["coverage"] < 0.985
    assert 0.9 < own["se_ratio"] < 1.12
    assert own["coverage_low"] < own["coverage"] < own["coverage_high"]


def test_everybody_is_covered_where_only_the_margins_decide_and_missed_where_the_answer_does(found):
    adjusted = {
        odds: pick(found, ANSWER if odds > 1 else MARGINS, "raked", "adjusted", odds, target="everybody")
        for odds in (1.0, 2.0, 5.0)
    }
    assert 0.92 < adjusted[1.0]["coverage"] < 0.98
    assert abs(adjusted[1.0]["bias"]) < 0.01
    for less, more in pairwise(adjusted.values()):
        assert more["bias"] > less["bias"] + 0.05
        assert more["coverage"] < less["coverage"]
    robust_too = pick(found, ANSWER, "doubly robust", "linearised", 5.0, target="everybody")
    assert robust_too["coverage"] < 0.3, "a reference sample does not know the answer either"
    plain = pick(found, MARGINS, "unweighted", "linearised", target="everybody")
    assert plain["bias"] > 0.03, "larger organisations say yes more often, and take part more often"


def test_nothing_is_wrong_where_everybody_takes_part_alike(found):
    rows = found[(found["selection"] == NONE) & (found["estimator"] == "unweighted")]
    rows = rows[~rows["group"].str.contains("large")]  # too few to be shown in most samples
    assert rows["coverage"].between(0.915, 0.985).all()


def test_figures_of_too_few_respondents_are_left_out_as_in_the_report(found):
    row = pick(found, NONE, "unweighted", "linearised", by="size", group="large")
    # 185 times 3.7 % are 7 on average; ten or more come up in a sixth of the samples.
    assert row["shown"] < 0.4 * row["samples"]


def test_any_number_of_processes_gives_the_same_numbers(world):
    small = plan(replications=1200, bootstrapped=20, draws=20)
    alone, together = (simulate([world], [1], CLEAN, small, seed=7, workers=workers) for workers in (1, 2))
    pd.testing.assert_frame_equal(alone, together, check_exact=True)
    other = simulate([world], [1], CLEAN, small, seed=8, workers=1)
    assert not alone.equals(other)


def test_the_ways_of_taking_part_start_harmless_and_end_worst():
    assert selections([5, 1, 2]) == [
        Selection(NONE),
        Selection(MARGINS),
        Selection(ANSWER, 2.0),
        Selection(ANSWER, 5.0),
    ]


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
    return simulate([World(targets, shares, 0.8, 2.0, 0.25)], [1, 4], CLEAN, few, seed=3, workers=1)


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
