"""The ensemble of reconstructions: what varies, what stays, when it is stale, and how pages read it."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from mapped import apart

from nsmo.ensemble import run
from nsmo.ensemble.members import figures
from nsmo.ensemble.notebooks import readers
from nsmo.ensemble.table import combine, made_of, problems
from nsmo.reconstruct import load_assumptions, reconstruct
from nsmo.reconstruct.chance import Chance
from nsmo.reconstruct.vary import FACTORS, vary
from nsmo.results import COLUMNS
from nsmo.runner.declarations import Declaration, read_params
from nsmo.runner.stage import Stage
from nsmo.study import StudyError, load_codebook
from nsmo.study.ensemble import COLUMNS as OF_FILE
from nsmo.study.ensemble import KEYS, read_ensemble
from nsmo.study.statements import load_published

ROOT = Path(__file__).parents[2]
RAW = ROOT / "data/raw/2018"
READERS = {one.name for one in readers(ROOT, "2018")}


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
    return figures("2018", 7, read_params(ROOT))


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
        differences = stated[stated["statistic"] == "difference"]
        assert len(differences) >= 8
        assert (differences["estimate"] > 0).all(), "turned so that the statement says that they are above 0"

    def test_no_figure_is_there_twice(self, member):
        assert not member.duplicated(list(KEYS)).any()

    def test_there_is_every_estimate_that_the_stages_save_which_read_the_ensemble(self, member):
        """Those of models and differences, too: all that the committed tables hold and call assumed."""
        tables = (ROOT / "reports/2018/tables").glob("*/estimates.csv")
        shown = [path for path in tables if path.parent.name in READERS]
        assert {"crosstabs", "trust"} <= {path.parent.name for path in shown}
        there = set(member[list(KEYS)].astype(str).itertuples(index=False, name=None))
        for path in shown:
            rows = pd.read_csv(path, keep_default_na=False, dtype=str)
            rows = rows[(rows["origin"] == "assumed") & (rows["estimate"] != "")].assign(statement="")
            rows = rows[~rows["option"].str.isdigit()]  # a count that nobody of this member gave
            assert set(rows[list(KEYS)].itertuples(index=False, name=None)) <= there, path

    def test_differences_and_ratios_are_those_of_the_member(self, member):
        rows = member[
            member["question"].eq("important") & member["option"].isin(["", "yes"]) & ~member["weighted"]
        ]
        gap = rows.loc[rows["statistic"] == "difference in proportions", "estimate"].item()
        by_market = rows[rows["by"].eq("market") & rows["statistic"].eq("proportion")]
        shares = by_market.set_index("group")["estimate"]
        assert gap == pytest.approx(shares["b2c"] - shares["b2b"])
        assert {"rate ratio", "adjusted odds ratio", "Somers' D"} <= set(member["statistic"])


def row(estimate: float, **names) -> dict:
    return dict.fromkeys(KEYS, "") | {"weighted": False, "estimate": estimate} | names


@pytest.fixture(scope="module")
def codebook():
    return load_codebook(RAW)


class TestTablesOfStages:
    """Figures in tables that are no estimates: what a column holds is measured under its own name."""

    def test_columns_with_ranges_are_there_under_stage_table_and_column(self, member):
        found = set(member["statistic"])
        assert {
            "trust.rules.without_rule",
            "trust.nonresponse.with_dont_know",
            "trust.choices.weighted",
            "fieldwork.early_and_late.late",
            "choices.extremes.highest",
            "weight.unweighted",
            "weight.n_eff",
        } <= found

    def test_the_rule_that_was_left_out_tells_rows_apart(self, member):
        rows = member[member["statistic"].eq("trust.rules.without_rule")]
        assert set(rows["statement"]) == {"speeder", "straightliner", "duplicate"}
        assert rows["estimate"].between(0, 1).all()

    def test_what_the_weights_move_is_what_the_estimates_say(self, member):
        names = {"question": "platforms", "option": "facebook", "by": "", "group": ""}
        rows = member[(member[list(names)] == pd.Series(names)).all(axis=1)].set_index("statistic")
        moved = rows.loc["weight.weighted", "estimate"]
        assert moved == pytest.approx(rows[rows["weighted"]].loc["proportion", "estimate"])

    def test_groups_in_cross_tables_add_up_to_everybody(self, member):
        rows = member[member["question"].eq("policy") & member["option"].eq("yes") & ~member["weighted"]]
        everybody = rows.loc[rows["by"].eq(""), "estimate"].item()
        by_size = rows[rows["by"].eq("size_class")].set_index("group")["estimate"]
        sizes = member[member["statistic"].eq("weight.n") & member["by"].eq("size_class")]
        n = sizes.set_index("group")["estimate"]
        assert everybody == pytest.approx((by_size * n).sum() / n.sum())


class TestTable:
    def test_the_ends_the_middle_and_how_many_members_there_are(self):
        members = [
            pd.DataFrame([row(e, question="a"), row(0.5, question="same"), row(m, question="few")])
            for e, m in ((0.3, np.nan), (0.1, 0.2), (0.8, 0.4))
        ]
        table = combine(members, "abc").set_index("question")
        assert table.loc["a", ["low", "middle", "high", "members"]].tolist() == [0.1, 0.3, 0.8, 3]
        assert table.loc["few", ["low", "high", "members"]].tolist() == [0.2, 0.4, 2]
        assert table.loc["same", ["low", "high"]].tolist() == [0.5, 0.5]
        assert (table["made_of"] == "abc").all()

    def test_the_order_in_which_figures_come_changes_nothing(self):
        rows = [row(0.3, question=name) for name in "cab"]
        assert combine([pd.DataFrame(rows)], "x").equals(combine([pd.DataFrame(rows[::-1])], "x"))

    def test_an_answer_that_nobody_gave_in_a_member_has_a_share_of_zero_there(self):
        names = {"question": "channels", "statistic": "proportion"}
        first = pd.DataFrame([row(0.9, option="1", **names), row(0.1, option="2", **names)])
        second = pd.DataFrame([row(1.0, option="1", **names)])
        hidden = pd.DataFrame([row(0.8, option="1", **names), row(np.nan, option="2", **names)])
        table = combine([first, second, hidden], "abc").set_index("option")
        assert table.loc["2", ["low", "high", "members"]].tolist() == [0.0, 0.1, 2]

    @pytest.fixture
    def wave(self, tmp_path):
        folder = tmp_path / "2018"
        folder.mkdir()
        for name in ("assumptions.yaml", "published.yaml"):
            shutil.copy(RAW / name, folder)
        return folder

    def write(self, wave, *rows):
        members = [pd.DataFrame([one | {"estimate": e} for one in rows or [row(0)]]) for e in (0.1, 0.2)]
        combine(members, made_of(wave)).to_csv(wave / "ensemble.csv", index=False)

    def test_an_ensemble_that_is_not_there_is_named_with_the_command(self, wave, codebook):
        (problem,) = problems(wave, codebook)
        assert "there is no ensemble" in str(problem)
        assert "nsmo ensemble --wave 2018" in str(problem)

    @pytest.mark.parametrize("name", ["assumptions.yaml", "published.yaml"])
    def test_it_is_stale_when_what_it_was_made_of_changes(self, wave, codebook, name):
        self.write(wave)
        assert problems(wave, codebook) == []
        (wave / "README.md").write_text("Nothing of it.", encoding="utf-8")
        assert problems(wave, codebook) == []
        text = (wave / name).read_text(encoding="utf-8")
        (wave / name).write_text(
            text.replace("      en: >-\n        ", "      en: >-\n        O, ") + "# a thought\n",
            encoding="utf-8",
        )
        assert problems(wave, codebook) == [], "no figure rests on a wording"
        (wave / name).write_text(text.replace("185", "186").replace("78.4", "78.5"), encoding="utf-8")
        (problem,) = problems(wave, codebook)
        assert "other assumptions, statements or code" in str(problem)
        assert "nsmo ensemble --wave 2018" in str(problem)

    def test_it_is_stale_when_the_report_shows_what_it_does_not_have(self, wave, codebook, tmp_path):
        names = {"question": "important", "option": "yes", "statistic": "proportion", "weighted": True}
        self.write(wave, row(0, **names))
        shown = pd.DataFrame([row(0.5, **names) | {"origin": "assumed"}])
        shown.to_csv(tmp_path / "estimates.csv", index=False)
        assert problems(wave, codebook, [tmp_path / "estimates.csv", tmp_path / "none.csv"]) == []
        more = [shown, shown.assign(by="market", group="b2b"), shown.assign(by="market", estimate=np.nan)]
        more.append(shown.assign(weighted=False, origin="published"))
        pd.concat(more).to_csv(tmp_path / "estimates.csv", index=False)
        (problem,) = problems(wave, codebook, [tmp_path / "estimates.csv"])
        assert "1 figures of the report are not in it, the first important yes market b2b" in str(problem)
        assert "nsmo ensemble --wave 2018" in str(problem)

    def test_of_real_answers_it_has_a_head_alone(self, wave, codebook):
        real = codebook.changed(provenance="real")
        (wave / "ensemble.csv").write_text(",".join(OF_FILE) + "\n", encoding="utf-8")
        assert problems(wave, real) == []
        self.write(wave)
        assert "beside answers that were not made from assumptions" in str(problems(wave, real)[0])

    def test_a_file_of_something_else_is_no_ensemble(self, wave, codebook):
        (wave / "ensemble.csv").write_text("a,b\n1,2\n", encoding="utf-8")
        (problem,) = problems(wave, codebook)
        assert "no column statement, question" in str(problem)
        with pytest.raises(StudyError, match="no column by, group, high"):
            read_ensemble(wave / "ensemble.csv")

    def test_the_one_of_the_study_is_up_to_date(self, codebook):
        shown = list((ROOT / "reports/2018/tables").glob("*/estimates.csv"))
        assert problems(RAW, codebook, [path for path in shown if path.parent.name in READERS]) == []


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
        assert problems(raw, load_codebook(raw)) == []
        assert not old.exists(), "members of other assumptions are of no use any more"

    def test_the_file_does_not_depend_on_who_makes_the_members(self, tmp_path, monkeypatch):
        seeds, found = [], []

        def figures(wave, seed, params):
            seeds.append(seed)
            estimate = seed % 7 / 10
            return pd.DataFrame([row(estimate, question="important", option="no", statistic="proportion")])

        monkeypatch.setattr(run, "figures", figures)
        for name, each in (("alone", map), ("apart", apart)):
            shutil.copytree(RAW, tmp_path / name / "data/raw/2018")
            for file in ("params.yaml", "dvc.yaml"):
                shutil.copy(ROOT / file, tmp_path / name)
            monkeypatch.setenv("NSMO_ROOT", str(tmp_path / name))
            monkeypatch.setattr(run, "mapper", lambda jobs, say, each=each: each)
            assert run.main("2018", read_params(tmp_path / name), members=5, jobs=2) == 0
            found.append((tmp_path / name / "data/raw/2018/ensemble.csv").read_bytes())
        assert found[0] == found[1]
        assert len(set(seeds)) == 5

    def test_of_a_real_wave_the_file_has_no_row(self, tmp_path, monkeypatch):
        shutil.copytree(RAW, tmp_path / "data/raw/2018")
        file = tmp_path / "data/raw/2018/questionnaire.yaml"
        text = file.read_text(encoding="utf-8").replace("provenance: reconstructed", "provenance: real")
        file.write_text(text, encoding="utf-8")
        monkeypatch.setenv("NSMO_ROOT", str(tmp_path))
        assert run.main("2018", read_params(ROOT), members=2, jobs=1) == 0
        table = pd.read_csv(tmp_path / "data/raw/2018/ensemble.csv")
        assert list(table.columns) == list(OF_FILE)
        assert table.empty


class TestPages:
    TABLE = pd.DataFrame(
        [row(np.nan, question="important", option="yes", statistic="proportion", weighted=True)]
    ).assign(low=0.7, middle=0.8, high=0.9, members=200, made_of="")

    def test_a_figure_gets_the_range_of_the_same_name_and_no_other(self, tmp_path):
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
        found = self.stage(tmp_path, "data/raw/2018").ranges(frame)
        assert found[["option", "range_low", "weighted"]].to_numpy().tolist() == [["yes", 0.7, True]]

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
