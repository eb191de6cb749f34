import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from nsmo.present.labels import Labels
from nsmo.stages.clean import clean
from nsmo.stages.ingest import ingest
from nsmo.stages.weight import weight, words
from nsmo.study import StudyError, load_codebook
from nsmo.study.derivation import derive
from nsmo.study.margins import read_targets
from nsmo.survey import Survey

POPULATION = """\
margin,category,count,table,period,status,seen_or_derived,source_url,note
size,small,600,81589NED,2020,final,seen,https://example.org,
size,middle,300,81589NED,2020,final,seen,https://example.org,
size,large,100,81589NED,2020,final,seen,https://example.org,
"""
LIMITS = {
    "min_category": 5,
    "max_ratio": 8,
    "replicates": 40,
    "seed": 1,
    "min_effective_n": 20,
    "max_deff": 3,
    "max_dropped": 0.5,
}
SIZES = {"small": "A1", "middle": "A2", "large": "A3", "refused": "A9"}


@pytest.fixture
def weigh(codebook, export_file, tmp_path):
    """Return a function that weights so many respondents of each size."""
    known: dict[tuple, pd.DataFrame] = {}

    def respondents(counts: dict[str, int]) -> pd.DataFrame:
        key = tuple(counts.items())
        if key not in known:
            rows = [
                {"Q3": SIZES[size], "Q4[SQ001]": "A3" if i % 3 else "A1", "Q2[SQ002]": "" if i % 4 else "Y"}
                for size, n in counts.items()
                for i in range(n)
            ]
            coded = ingest(codebook, export_file(*rows)).responses
            kept = clean(codebook, coded, min_last_page=3, speeder_ratio=0.3, straightline_items=3)
            known[key] = kept.responses
        return known[key]

    def run(*, counts=None, population=POPULATION, **limits):
        path = tmp_path / "population.csv"
        path.write_text(population, encoding="utf-8")
        frame = respondents(counts or {"small": 20, "middle": 30, "large": 30})
        return weight(codebook, frame, read_targets(codebook, path), **(LIMITS | limits))

    return run


@pytest.fixture
def responses(codebook, export_file):
    """Respondents without weights."""
    rows = [{"Q3": code, "Q4[SQ001]": "A3"} for code in ("A1", "A2", "A3") for _ in range(10)]
    coded = ingest(codebook, export_file(*rows)).responses
    return clean(codebook, coded, min_last_page=3, speeder_ratio=0.3, straightline_items=3).responses


def test_weights_reproduce_the_margin_and_have_mean_one(weigh):
    result = weigh()
    shares = result.responses.groupby("size", observed=True)["weight"].sum() / len(result.responses)
    assert shares.to_dict() == pytest.approx({"small": 0.6, "middle": 0.3, "large": 0.1})
    assert result.responses["weight"].mean() == pytest.approx(1)
    assert result.evidence["held"] is True


def test_margins_stand_before_and_after(weigh):
    margins = weigh().margins.set_index("category")
    assert margins["n"].to_dict() == {"small": 20, "middle": 30, "large": 30}
    assert margins["before"].tolist() == pytest.approx([0.25, 0.375, 0.375])
    assert margins["target"].tolist() == pytest.approx([0.6, 0.3, 0.1])
    assert margins["after"].tolist() == pytest.approx([0.6, 0.3, 0.1])
    assert margins.loc["small", ["period", "table"]].tolist() == ["2020", "81589NED"]


def test_the_cost_is_kish(weigh):
    result = weigh()
    w = np.repeat([0.6 / 0.25, 0.3 / 0.375, 0.1 / 0.375], [20, 30, 30])
    assert result.evidence["n_eff"] == pytest.approx(w.sum() ** 2 / (w**2).sum())
    assert result.evidence["deff"] == pytest.approx(80 / result.evidence["n_eff"])
    assert result.evidence["cv"] == pytest.approx(np.std(w) / np.mean(w))
    assert result.evidence["max"] == pytest.approx(2.4)


def test_small_categories_are_merged_as_declared_and_reported(weigh):
    result = weigh(counts={"small": 30, "middle": 30, "large": 3})
    assert result.evidence["margins"][0]["merged"] == ["not_small"]
    assert list(result.responses["margin.size"].cat.categories) == ["small", "not_small"]
    assert result.margins["category"].tolist() == ["small", "not_small"]
    assert result.margins["target"].tolist() == pytest.approx([0.6, 0.4])


def test_too_few_respondents_after_all_mergers_name_counts_and_cure(weigh):
    with pytest.raises(StudyError) as caught:
        weigh(counts={"small": 4, "middle": 30, "large": 30})
    assert "in margin 'size', 'small' has 4 respondents" in str(caught.value)
    assert "min_category" in str(caught.value)


def test_an_absent_category_is_named(weigh):
    with pytest.raises(StudyError, match="'small' has 0 respondents"):
        weigh(counts={"middle": 30, "large": 30})


def test_a_respondent_without_category_is_named(weigh):
    with pytest.raises(StudyError) as caught:
        weigh(counts={"small": 20, "middle": 30, "large": 30, "refused": 2})
    text = str(caught.value)
    assert "2 respondents have no 'size' (refused 2): 81, 82" in text
    assert "weighting > margins > size in rules.yaml" in text


def test_a_bound_that_cannot_be_kept_names_the_smallest_that_can(weigh):
    with pytest.raises(StudyError) as caught:
        weigh(max_ratio=2)
    text = str(caught.value)
    assert "no weights up to 2 × the mean meet the margins" in text
    assert "size = small, 2.40 × its share" in text
    assert "at least 2.4" in text
    assert "max_ratio of params.yaml" in text


def test_a_bound_that_can_be_kept_is_kept_with_the_margins(weigh):
    result = weigh(max_ratio=2.5, max_dropped=0.9)
    assert result.responses["weight"].max() <= 2.5 + 1e-9
    assert result.evidence["held"] is True
    assert result.evidence["smallest_feasible_bound"] == pytest.approx(2.4)


@pytest.mark.parametrize(
    ("limits", "shown"),
    [({}, True), ({"min_effective_n": 60}, True), ({"max_deff": 1.2}, False)],
)
def test_weighted_subgroups_are_withheld_when_the_weights_cost_too_much(weigh, limits, shown):
    result = weigh(**limits)
    assert 40 < result.evidence["n_eff"] < 60
    assert result.evidence["subgroup_tables"] is shown


def test_every_group_is_listed_with_what_it_is_worth(weigh):
    result = weigh(min_effective_n=25)
    sizes = result.groups[result.groups["by"] == "size"].set_index("group")
    # Raked on size alone, all of one size weigh the same.
    assert sizes["n_eff"].to_dict() == pytest.approx({"small": 20, "middle": 30, "large": 30})
    assert sizes["shown"].to_dict() == {"small": False, "middle": True, "large": True}
    assert not weigh(max_deff=1.2).groups["shown"].any()


def test_replicates_are_calibrated_again(weigh):
    result = weigh()
    weights = result.replicates.drop(columns="response_id").to_numpy(dtype=float)
    assert weights.shape == (80, 40)
    small = (result.responses["size"] == "small").to_numpy()
    assert weights[small].sum(axis=0) / weights.sum(axis=0) == pytest.approx(np.full(40, 0.6), abs=1e-5)
    assert weights[:, 0].std() > 0
    assert result.replicates["response_id"].tolist() == result.responses["response_id"].tolist()


def test_the_seed_decides_about_the_replicates(weigh):
    pd.testing.assert_frame_equal(weigh().replicates, weigh().replicates)
    assert not weigh().replicates.equals(weigh(seed=2).replicates)


def test_both_routes_to_a_standard_error_agree(weigh):
    shares = weigh(replicates=400).shares.set_index("option")
    assert shares.loc["rye", "se_bootstrap"] == pytest.approx(shares.loc["rye", "se"], rel=0.15)


def test_shares_are_of_those_asked(weigh):
    shares = weigh().shares.set_index(["question", "option"])
    assert shares.loc[("breads", "rye"), "n"] == 80
    assert shares.loc[("breads", "rye"), "unweighted"] == pytest.approx(21 / 80)
    assert ("turnover", "top") not in shares.index


def test_the_sensitivity_multiplies_the_margin_by_its_rates(weigh):
    sensitivity = weigh().evidence["sensitivity"][0]
    assert sensitivity["target"] == pytest.approx({"small": 0.5, "middle": 0.35, "large": 0.15})
    assert sensitivity["largest_change"]["points"] > 0


def test_the_sensitivity_follows_the_mergers(weigh):
    sensitivity = weigh(counts={"small": 30, "middle": 30, "large": 3}).evidence["sensitivity"][0]
    assert sensitivity["target"] == pytest.approx({"small": 0.5, "not_small": 0.5})


def test_the_cost_table_says_whether_the_margins_hold(weigh, codebook):
    evidence, labels = weigh(counts={"small": 30, "middle": 30, "large": 3}).evidence, Labels(codebook)
    table = words.cost(evidence, labels).set_index("what")
    assert table.loc["Largest gap after weighting", "meaning"] == "margins held"
    assert table.loc["Mergers in margin size", "value"] == "not_small"
    broken = words.cost(evidence | {"held": False}, labels).set_index("what")
    assert broken.loc["Largest gap after weighting", "meaning"] == "margin not held"


def test_the_cost_table_says_why_there_is_no_lower_bound(weigh, codebook):
    """Large ones are 30 of 80 respondents and 100 of 1,000 in the population: 0.1 / 0.375 of the mean."""
    evidence = weigh(counts={"small": 20, "middle": 30, "large": 30}).evidence
    assert evidence["most_shrunk"]["ratio"] == pytest.approx(0.1 / 0.375)
    table = words.cost(evidence, Labels(codebook)).set_index("what")
    assert table.loc["Lower bound", "meaning"].startswith("above 0.267 none could be met: “Large” is 37.5%")
    assert table.loc["Upper bound", "meaning"] == "no weight stands at it, so it changes nothing here"


def test_evidence_is_plain_json(weigh):
    evidence = weigh().evidence
    assert json.loads(json.dumps(evidence)) == evidence


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(1, 400), min_size=3, max_size=3))
def test_whatever_the_population_the_margin_is_met_or_refused(weigh, counts):
    population = POPULATION
    for old, new in zip((",600,", ",300,", ",100,"), counts, strict=True):
        population = population.replace(old, f",{new},")
    wanted = [n / sum(counts) for n in counts]
    asked = max(share / sample for share, sample in zip(wanted, (0.25, 0.375, 0.375), strict=True))
    assume(asked > 3 or asked < 2)  # in between, chance decides whether enough replicates reach the margins
    if asked > 3:
        with pytest.raises(StudyError, match="no weights up to 3"):
            weigh(population=population, max_ratio=3)
        return
    result = weigh(population=population, max_ratio=3)
    assert result.margins["after"].tolist() == pytest.approx(wanted, abs=1e-8)
    assert result.responses["weight"].between(0, 3 + 1e-9).all()


def test_too_many_replicates_without_solution_are_refused(weigh):
    with pytest.raises(StudyError) as caught:
        weigh(max_ratio=2.45, max_dropped=0.1)
    text = str(caught.value)
    assert "no weights up to the bound meet the margins in" in text
    assert "at most 4" in text


def test_without_weighting_everybody_counts_once(codebook_file, codebook_text, responses, tmp_path):
    book = load_codebook(codebook_file(codebook_text[: codebook_text.index("weighting:")]))
    targets = read_targets(book, tmp_path / "population.csv")
    result = weight(book, responses, targets, **LIMITS)
    assert result.evidence["method"] == "none"
    assert (result.responses["weight"] == 1).all()
    assert result.margins.empty
    survey = Survey.from_responses(result.responses, result.evidence, book, confidence=0.95, min_n=1)
    assert [weighted for weighted, _ in survey.designs()] == [False]


def test_given_weights_are_used_as_they_are(codebook_file, codebook_text, responses, tmp_path):
    text = codebook_text[: codebook_text.index("weighting:")]
    given = "weighting: {given: true, population: Everybody, words: weighted}\n"
    book = load_codebook(codebook_file(text + given))
    weights = pd.Series(range(1, len(responses) + 1), dtype=float)
    result = weight(book, responses.assign(**{"design.weight": weights.to_numpy()}), {}, **LIMITS)
    assert result.responses["weight"].to_numpy() == pytest.approx(weights / weights.mean())
    survey = Survey.from_responses(result.responses, result.evidence, book, confidence=0.95, min_n=1)
    assert [weighted for weighted, _ in survey.designs()] == [False, True]
    with pytest.raises(StudyError, match="no column has them"):
        weight(book, responses, {}, **LIMITS)
    with pytest.raises(StudyError, match="1 respondents have no weight"):
        weight(
            book, responses.assign(**{"design.weight": weights.mask(weights == 2).to_numpy()}), {}, **LIMITS
        )


def test_the_weights_of_a_sensitivity_go_along(weigh):
    result = weigh()
    weights = result.responses["sensitivity.by_use"]
    shares = weights.groupby(result.responses["size"], observed=True).sum() / len(weights)
    assert weights.mean() == pytest.approx(1)
    assert shares.to_dict() == pytest.approx({"small": 300 / 600, "middle": 210 / 600, "large": 90 / 600})


def test_cells_are_a_margin_of_crossed_variables(codebook_file, codebook_text, responses, tmp_path):
    """Weighting to cells, with the weights that post-stratification gives: target over count."""
    crossed = "  - {name: cell, kind: cross, of: [size, online], label: Size by online}\n"
    text = codebook_text[: codebook_text.index("weighting:")].replace(
        "cleaning:\n", f"{crossed}cleaning:\n", 1
    )
    text += (
        "weighting:\n  population: Everybody\n  margins: [{name: cell, question: cell, population: cell}]\n"
    )
    book = load_codebook(codebook_file(text))
    variable = book.variable("cell")
    assert variable.option_names[:2] == ["small_yes", "small_no"]
    assert variable.option("small_yes").en == "Small × Yes"
    online = pd.Categorical(["yes", "no"] * 15, ["yes", "no"])
    frame = derive(book, responses.assign(online=online, **{"online.missing": None}), only=["cell"])
    assert frame["cell"].value_counts().eq(5).all()
    counts = dict(zip(variable.option_names, [10, 20, 30, 5, 25, 10], strict=True))
    rows = [f"cell,{name},{n},T,2020,final,seen,https://example.org," for name, n in counts.items()]
    path = tmp_path / "population.csv"
    path.write_text("\n".join([POPULATION.splitlines()[0], *rows]))
    result = weight(book, frame, read_targets(book, path), **LIMITS)
    wanted = frame["cell"].astype(object).map(counts) / 5 * 30 / 100
    assert result.responses["weight"].to_numpy() == pytest.approx(wanted.to_numpy(), rel=1e-9)


def test_a_cell_is_missing_where_one_of_its_variables_is(codebook_file, codebook_text, responses):
    crossed = "  - {name: cell, kind: cross, of: [size, online], label: Size by online}\n"
    book = load_codebook(codebook_file(codebook_text.replace("cleaning:\n", f"{crossed}cleaning:\n", 1)))
    online = pd.Categorical(["yes", None, *["no"] * 28], ["yes", "no"])
    gone = pd.Series(["dont_know" if i == 1 else None for i in range(30)], index=responses.index)
    frame = derive(book, responses.assign(online=online, **{"online.missing": gone}), only=["cell"])
    assert frame["cell"].isna().tolist() == [False, True] + [False] * 28
    assert frame["cell.missing"].iloc[1] == "dont_know"
    wrong = crossed.replace("online", "nothing")
    path = codebook_file(codebook_text.replace("cleaning:\n", f"{wrong}cleaning:\n", 1))
    with pytest.raises(StudyError, match="no question or derived variable 'nothing'"):
        load_codebook(path)


def test_what_groups_are_worth_tells_no_more_than_how_many_they_are(codebook_text, codebook_file):
    """With weights that are all one, a group of seven is worth seven."""
    frame = pd.DataFrame(
        {
            "by": "size",
            "group": ["small", "large"],
            "n": [7, 55],
            "n_eff": [7.0, 54.2],
            "shown": [False, True],
        }
    )
    kept = "privacy: {suppress: base, keep_rows: true}"
    real = load_codebook(codebook_file(codebook_text.replace(kept, "privacy: {}")))
    assert words.groups(frame, Labels(real, "en"))["n_eff"].tolist() == [10, 50]
    assert words.groups(frame[frame["n"] > 50], Labels(real, "en"))["n_eff"].tolist() == [54.2]
    known = load_codebook(codebook_file(codebook_text))
    assert words.groups(frame, Labels(known, "en"))["n_eff"].tolist() == [7.0, 54.2]
