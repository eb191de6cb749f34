"""The ensemble of reconstructions: what varies, what stays, when it is stale, and how pages read it."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nsmo.ensemble import run
from nsmo.ensemble.members import figures
from nsmo.ensemble.table import combine, made_of, problems
from nsmo.reconstruct import load_assumptions, reconstruct
from nsmo.reconstruct.chance import Chance
from nsmo.reconstruct.vary import FACTORS, vary
from nsmo.results import COLUMNS
from nsmo.runner.declarations import Declaration, read_params
from nsmo.runner.stage import Stage
from nsmo.study import StudyError, load_codebook
from nsmo.study.statements import load_published
from nsmo.survey.ensemble import KEYS, ranges

ROOT = Path(__file__).parents[2]
RAW = ROOT / "data/raw/2018"


@pytest.fixture(scope="module")
def known():
    published = load_published(RAW / "published.yaml")
    return load_assumptions(RAW / "assumptions.yaml", load_codebook(RAW), published), published


class TestStrengths:
    def test_counts_stay_and_what_was_not_published_of_an_association_goes(self, known):
        assumptions, published = known
        varied = vary(assumptions, published, Chance(1))
        assert [a.counts for a in varied.all("answers")] == [a.counts for a in assumptions.all("answers")]
        assert varied.claims.within_one_unit == assumptions.claims.within_one_unit
        assert varied.claims.apart_by == {}
        # "Significantly more platforms" keeps its strength; of the others only the sign was published.
        assert list(varied.claims.between) == ["assoc_budget_platforms"]

    def test_the_part_of_chance_is_multiplied_by_one_of_the_factors(self, known):
        assumptions, published = known
        varied = vary(assumptions, published, Chance(2))
        ratios = {
            after.noise / before.noise
            for before, after in zip(assumptions.all("answers"), varied.all("answers"), strict=True)
            if before.follows
        }
        assert len(ratios) > 1
        assert ratios <= {above / below for above, below in FACTORS}

    def test_another_reconstruction_is_the_same_for_the_same_seed_and_agrees_with_what_was_published(self):
        first, again, other = (reconstruct(RAW, seed, other_strengths=True) for seed in (7, 7, 8))
        assert first == again
        assert first != other
        assert first != reconstruct(RAW, 7)


@pytest.fixture(scope="module")
def member():
    return figures(RAW, 7, run.settings_of(read_params(ROOT)))


def value(member: pd.DataFrame, question: str, option: str = "", group: str = "", weighted: bool = False):
    rows = member[(member["question"] == question) & (member["option"] == option)]
    rows = rows[(rows["group"] == group) & (rows["weighted"] == weighted)]
    return float(rows["estimate"].iloc[0])


class TestMembers:
    def test_what_was_published_is_the_same_in_every_member(self, member):
        assert value(member, "important", "yes") == pytest.approx(155 / 185)
        assert value(member, "important", "yes", "b2b") == pytest.approx(36 / 46)
        assert value(member, "platforms", "facebook") == pytest.approx(167 / 185)
        assert value(member, "goals", "awareness") == pytest.approx(89 / 185)

    def test_weighted_figures_are_those_of_raked_respondents(self, member):
        """What everybody says is what each size says, times its share of the population."""
        population = {"s2_9": 344240 / 412600, "s10_49": 53200 / 412600, "s50plus": 15160 / 412600}
        everybody = value(member, "important", "yes", weighted=True)
        by_size = {name: value(member, "important", "yes", name, weighted=True) for name in population}
        assert everybody == pytest.approx(sum(population[name] * by_size[name] for name in population))

    def test_stated_associations_are_there_with_their_sign(self, member):
        stated = member[member["statement"].str.startswith("assoc_") & ~member["weighted"]]
        assert len(stated) >= 8
        assert (stated["estimate"] > 0).all()

    def test_no_figure_is_there_twice(self, member):
        assert not member.duplicated(KEYS).any()


def row(estimate: float, **names) -> dict:
    return dict.fromkeys(KEYS, "") | {"weighted": False, "estimate": estimate} | names


class TestTable:
    def test_the_ends_the_middle_and_how_many_members_there_are(self):
        members = [
            pd.DataFrame([row(e, question="a"), row(0.5, question="same"), row(m, question="few")])
            for e, m in ((0.3, np.nan), (0.1, 0.2), (0.8, 0.4))
        ]
        table = combine(members, "abc").set_index("question")
        assert table.loc["a", ["low", "middle", "high", "members"]].tolist() == [0.1, 0.3, 0.8, 3]
        assert table.loc["few", ["low", "high", "members"]].tolist() == [0.2, 0.4, 2]
        assert "same" not in table.index, "a figure that every member has alike is no range"
        assert (table["made_of"] == "abc").all()

    @pytest.fixture
    def wave(self, tmp_path):
        folder = tmp_path / "2018"
        folder.mkdir()
        for name in ("assumptions.yaml", "published.yaml"):
            shutil.copy(RAW / name, folder)
        return folder

    def test_an_ensemble_that_is_not_there_is_named_with_the_command(self, wave):
        (problem,) = problems(wave)
        assert "there is no ensemble" in str(problem)
        assert "nsmo ensemble --wave 2018" in str(problem)

    @pytest.mark.parametrize("name", ["assumptions.yaml", "published.yaml"])
    def test_it_is_stale_when_what_it_was_made_of_changes(self, wave, name):
        table = combine([pd.DataFrame([row(e)]) for e in (0.1, 0.2)], made_of(wave))
        table.to_csv(wave / "ensemble.csv", index=False)
        assert problems(wave) == []
        (wave / "README.md").write_text("Nothing of it.", encoding="utf-8")
        assert problems(wave) == []
        text = (wave / name).read_text(encoding="utf-8")
        (wave / name).write_text(
            text.replace("      en: >-\n        ", "      en: >-\n        O, ") + "# a thought\n",
            encoding="utf-8",
        )
        assert problems(wave) == [], "no figure rests on a wording"
        (wave / name).write_text(text.replace("185", "186").replace("78.4", "78.5"), encoding="utf-8")
        (problem,) = problems(wave)
        assert "other assumptions, statements or code" in str(problem)
        assert "nsmo ensemble --wave 2018" in str(problem)

    def test_a_file_of_something_else_is_no_ensemble(self, wave):
        (wave / "ensemble.csv").write_text("a,b\n1,2\n", encoding="utf-8")
        (problem,) = problems(wave)
        assert "other assumptions" in str(problem)

    def test_the_one_of_the_study_is_up_to_date(self):
        assert problems(RAW) == []


class TestRun:
    def test_members_that_are_there_are_not_made_again(self, tmp_path, monkeypatch, capsys):
        shutil.copytree(RAW, tmp_path / "data/raw/2018")
        raw = tmp_path / "data/raw/2018"
        (raw / "ensemble.csv").unlink(missing_ok=True)
        for name in ("params.yaml", "dvc.yaml"):
            shutil.copy(ROOT / name, tmp_path)
        monkeypatch.setenv("NSMO_ROOT", str(tmp_path))
        kept = tmp_path / ".nsmo/ensemble/2018" / made_of(raw)
        old = kept.parent / "of-other-assumptions"
        for folder in (kept, old):
            folder.mkdir(parents=True)
        for number, estimate in enumerate((0.2, 0.6), 1):
            rows = [row(estimate, question="important", option="no", statistic="proportion")]
            pd.DataFrame(rows).to_csv(kept / f"{number:04d}.csv", index=False)
        assert run.main("2018", read_params(tmp_path), members=2, jobs=1) == 0
        table = pd.read_csv(raw / "ensemble.csv")
        assert table[["low", "high", "members"]].to_numpy().tolist() == [[0.2, 0.6, 2]]
        assert "2 of them there already" in capsys.readouterr().out
        assert problems(raw) == []
        assert not old.exists(), "members of other assumptions are of no use any more"

    def test_a_real_wave_has_none(self, tmp_path, monkeypatch):
        shutil.copytree(RAW, tmp_path / "data/raw/2018")
        file = tmp_path / "data/raw/2018/questionnaire.yaml"
        text = file.read_text(encoding="utf-8").replace("provenance: reconstructed", "provenance: real")
        file.write_text(text, encoding="utf-8")
        monkeypatch.setenv("NSMO_ROOT", str(tmp_path))
        with pytest.raises(StudyError, match="there is no ensemble of real responses"):
            run.main("2018", read_params(ROOT), members=2, jobs=1)


class TestPages:
    TABLE = pd.DataFrame(
        [row(np.nan, question="important", option="yes", statistic="proportion", weighted=True)]
    ).assign(low=0.7, high=0.9, members=200)

    def test_a_figure_gets_the_range_of_the_same_name_and_no_other(self):
        frame = pd.DataFrame(
            {
                "question": ["important", "important", "important"],
                "option": ["yes", "no", "yes"],
                "by": [None, None, None],
                "group": [None, None, None],
                "statistic": "proportion",
                "weighted": [True, True, False],
            }
        )
        found = ranges(frame, self.TABLE)
        assert found["range_low"].tolist()[0] == 0.7
        assert found["range_high"].isna().tolist() == [False, True, True]

    def stage(self, tmp_path, *deps: str, provenance: str = "reconstructed") -> Stage:
        folder = tmp_path / "data/raw/2018"
        shutil.copytree(RAW, folder)
        text = (folder / "questionnaire.yaml").read_text(encoding="utf-8")
        changed = text.replace("provenance: reconstructed", f"provenance: {provenance}")
        (folder / "questionnaire.yaml").write_text(changed, encoding="utf-8")
        self.TABLE.to_csv(folder / "ensemble.csv", index=False)
        declared = Declaration("importance", "2018", "", "", deps, (), ())
        return Stage(declared, {}, tmp_path, tmp_path / "out")

    def test_a_stage_reads_them_where_dvc_yaml_lets_it(self, tmp_path):
        found = self.stage(tmp_path, "data/raw/2018").ranges(self.TABLE)
        assert found[["range_low", "range_high", "members"]].to_numpy().tolist() == [[0.7, 0.9, 200]]

    def test_of_real_answers_nothing_is_said(self, tmp_path):
        assert self.stage(tmp_path, "data/raw/2018", provenance="real").ranges(self.TABLE).empty

    def test_a_stage_that_does_not_declare_them_has_none(self, tmp_path):
        assert self.stage(tmp_path, "data/raw/2018/questionnaire.yaml").ranges(self.TABLE).empty

    def found(self) -> pd.DataFrame:
        return self.TABLE.assign(estimate=0.81).reindex(columns=COLUMNS)

    def test_a_page_names_the_figures_and_calls_their_range_no_interval(self, tmp_path, monkeypatch):
        said, tables = [], []
        monkeypatch.setattr(Stage, "say", lambda self, text, **values: said.append(text))
        monkeypatch.setattr(Stage, "table", lambda self, frame, name, **options: tables.append(frame))
        self.stage(tmp_path, "data/raw/2018").other_reconstructions(self.found())
        assert "200 other reconstructions" in said[1]
        assert "no interval" in said[1]
        (table,) = tables
        assert table[["estimate", "range_low", "range_high"]].to_numpy().tolist() == [
            ["81.0%", "70.0%", "90.0%"]
        ]
        assert table["figure"].tolist() == ["Finds social media important"]

    def test_a_page_of_real_answers_says_nothing(self, tmp_path, monkeypatch):
        monkeypatch.setattr(Stage, "say", lambda self, text, **values: pytest.fail(text))
        self.stage(tmp_path, "data/raw/2018", provenance="real").other_reconstructions(self.found())
