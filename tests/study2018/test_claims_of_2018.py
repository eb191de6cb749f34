"""Every statement about 2018, judged on the responses as cleaning leaves them."""

from pathlib import Path

import pandas as pd
import pytest
import yaml
from bakeries import survey_of

from nsmo.present import Wording
from nsmo.present.labels import Labels
from nsmo.present.picture import drawn
from nsmo.stages import claims, topline
from nsmo.stages import published as alone
from nsmo.stages.clean import clean
from nsmo.stages.ingest import ingest
from nsmo.stages.profiles import words as profiles
from nsmo.stages.topline import figures
from nsmo.study import load_codebook
from nsmo.study.crosstabs import is_counted
from nsmo.study.statements import load_published
from nsmo.survey.estimates import estimates

ROOT = Path(__file__).parents[2]
RAW = ROOT / "data/raw/2018"
PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
KEPT = {key: PARAMS["analyse"][key] for key in ("confidence", "min_n")}
TABLES = ROOT / "reports/2018/tables"


@pytest.fixture(scope="module")
def codebook():
    return load_codebook(RAW)


@pytest.fixture(scope="module")
def survey(codebook):
    coded = ingest(codebook, RAW / codebook.source.file).responses
    frame = clean(codebook, coded, **PARAMS["clean"]).responses
    # Weights of one: what is tested here is unweighted.
    frame = frame.assign(weight=1.0, **{"margin.size": frame["size_class"]})
    return survey_of(frame, codebook, **KEPT)


@pytest.fixture(scope="module")
def judged(survey):
    low, high = PARAMS["implied_base"]["base_sizes"]
    return claims.judge(
        load_published(RAW / "published.yaml"),
        survey,
        directional=PARAMS["claims"]["directional"]["2018"],
        base_sizes=range(low, high + 1),
        sets=pd.read_csv(TABLES / "bounds/sets.csv"),
    ).set_index("id")


@pytest.mark.parametrize(
    ("claim", "question", "option"),
    [
        ("platform_facebook", "platforms", "facebook"),
        ("goal_service", "goals", "service"),
        ("goal_insights", "goals", "insights"),
    ],
)
def test_a_published_share_has_one_interval_wherever_it_is_shown(judged, survey, claim, question, option):
    published = load_published(RAW / "published.yaml")
    splits = alone.group_splits(published, 185)
    printed = alone.intervals(published, splits, 185, KEPT["confidence"]).set_index("id").loc[claim]
    row = judged.loc[claim]
    # The pages of the analysis, topline and index show what `estimates` gives.
    shown = estimates(survey, question, options=[option]).query("not weighted").iloc[0]
    assert (shown["ci_low"], shown["ci_high"]) == pytest.approx(
        (printed["ci_low"], printed["ci_high"]), abs=1e-12
    )
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((100 * shown["ci_low"], 100 * shown["ci_high"]))
    assert f"interval {shown['ci_low']:.1%} to {shown['ci_high']:.1%}" in row["support_published_reason"]


def test_every_figure_is_reproduced_but_for_known_readings(judged):
    measured = judged[judged["type"] != "unmeasured"]
    assert set(judged.loc[judged["type"] == "unmeasured", "agreement"]) == {"not computable"}
    assert measured.index[measured["agreement"] == "within one unit"].tolist() == ["goal_awareness"]
    assert measured.index[measured["agreement"] == "differs"].tolist() == [
        "goals_beforehand_article.ever",
        "goals_beforehand_article.reversed",
        "goals_almost_a_third.ever",
        "goals_not_beforehand_mf.not_always",
        # "Only" is ours to read; 19 of 185 pursue nothing but two goals that send, 91 nothing but four.
        "goals_only_sending.two",
        "goals_only_sending.four",
    ]
    assert set(measured["agreement"]) == {"reproduced", "size reproduced", "within one unit", "differs"}


def test_of_described_groups_the_size_agrees_and_the_description_does_not(judged):
    """Counted by hand: of 67 in profile 1, 18 are as described; of goal group 1, 19 tick all three goals."""
    groups = judged[judged["type"] == "group_share"]
    found = {name: (row["fitting"], row["members"], row["agreement"]) for name, row in groups.iterrows()}
    assert found == {
        "goalgroup_1": (19, 70, "size reproduced"),
        "goalgroup_2": (23, 48, "size reproduced"),
        "goalgroup_3": (67, 67, "reproduced"),
        "profile_1": (18, 67, "size reproduced"),
        "profile_2": (37, 64, "size reproduced"),
        "profile_3": (54, 54, "reproduced"),
    }


def test_eight_statements_are_contradicted_and_four_have_a_second_source(judged):
    by_word = judged.groupby("sources_agree")["claim"].nunique()
    assert by_word["sources contradict"] == 8
    assert by_word["consistent"] == 4
    undisputed = ["goal_awareness", "goal_inform", "goal_leads"]
    assert judged.loc[undisputed, "sources_agree"].tolist() == ["consistent", "consistent", "one source only"]


def test_mainly_sending_is_borne_out_by_four_goals_and_not_by_two(judged):
    two, four = judged.loc["goals_mainly_sending.two"], judged.loc["goals_mainly_sending.four"]
    assert (two["implied"], four["implied"]) == ("possible", "implied")
    assert (two["support_published"], four["support_published"]) == (
        "inconclusive",
        "supported if a random sample",
    )
    assert four["support_published_reason"].startswith("117 to 118 of 185")
    # Nobody can only send by two goals where so many tick others as well.
    assert judged.loc["goals_only_sending.two", "implied"] == "impossible"


def test_more_than_four_platforms_are_used_by_142_at_most(judged):
    # All use one at least and 758 are used in all, so 4 x + 185 <= 758, in each market in whole numbers.
    reason = judged.loc["platforms_gt4", "support_published_reason"]
    assert reason.startswith("47 to 142 of 185")
    assert "57 would be needed" in reason


def test_no_statement_may_be_said_of_organisations_at_large(judged):
    assert set(judged["generalises"]) == {"no: open call", "not claimed"}
    advice = judged.loc[judged["generalises"] == "not claimed", "claim"]
    assert set(advice) == {"purposeful_use_shows_value", "serves_other_purposes"}


def test_a_row_says_what_stands_for_a_thing_that_was_not_asked(judged):
    assert judged.index[judged["causal"]].tolist() == ["assoc_goals_results"]
    said = judged["stands_for"].dropna()
    assert "a budget; financial means themselves" in said["assoc_importance_means.budget"]
    assert "measured as a written policy" in said["assoc_policy_budget.size"]
    assert "able to use was not asked" in said["assoc_budget_platforms"]


def test_every_statement_with_a_value_sign_or_order_has_a_row_with_its_verdicts(judged):
    """Read as plain YAML, not through the model that makes the rows."""
    entries = yaml.safe_load((RAW / "published.yaml").read_text(encoding="utf-8"))["claims"]
    stated = {entry["id"]: entry for entry in entries}
    assert {i for i, e in stated.items() if e["type"] == "unmeasured"} == set(
        judged.loc[judged["type"] == "unmeasured", "claim"]
    )
    wanted = set()
    for name, entry in stated.items():
        variants = [variant["id"] for key in ("readings", "parts") for variant in entry.get(key, ())]
        wanted |= {f"{name}.{variant}" for variant in variants} or {name}
    assert set(judged.index) == wanted
    assert judged.index.is_unique
    assert all(judged["type"] == [stated[name]["type"] for name in judged["claim"]])
    valued = [name for name, entry in stated.items() if "published" in entry or "fraction" in entry]
    assert set(judged.loc[judged["published"].notna(), "claim"]) == set(valued)
    assert judged[list(claims.VERDICTS)].notna().all(axis=None)
    # A statement has a figure to be held against, or a direction, unless nothing measures it.
    drawn = judged["published_low"].notna() | judged["difference"].notna()
    assert (drawn == (judged["type"] != "unmeasured")).all()
    assert (drawn == judged["figure"].notna()).all()


def test_reconstructed_responses_support_nothing(judged):
    assert set(judged["support_data"]) == {"no evidence: reconstructed"}
    assert not {"p", "test", "pipeline_check"} & set(claims.COLUMNS)


def test_directional_claims_are_all_that_state_a_direction(judged):
    planned = set(PARAMS["claims"]["directional"]["2018"])
    signs = set(judged.index[judged["type"].isin(["association", "significant"])])
    # Of readings one is in the family.
    stated = judged.loc[list(signs), "claim"]
    assert set(stated) - {judged.loc[name, "claim"] for name in planned} == {"assoc_importance_means"}
    assert {"importance_market", "assoc_b2c_platforms", "assoc_nogoals_satisfaction.never"} <= planned


def on_page(stage, kind="estimates"):
    """The unweighted rows of a table that git keeps."""
    table = pd.read_csv(TABLES / stage / f"{kind}.csv")
    return table[~table["weighted"]]


def rows_of(table, **where):
    for column, value in where.items():
        table = table[table[column] == value]
    return table


def test_an_association_is_the_same_number_on_every_page(judged):
    pages = pd.concat([on_page("budget"), on_page("accountability"), on_page("platforms")])
    pages = pages[pages["statistic"] == "Somers' D"].set_index(["question", "by"])
    stated = {
        "assoc_importance_budget": ("importance", "budget"),
        "assoc_importance_budgetsize.holders": ("importance", "budget_size"),
        "assoc_policy_budget.budget": ("policy", "budget"),
        "assoc_policy_budget.size": ("policy", "budget_size"),
        "assoc_importance_budgetsize.level": ("importance", "budget_level"),
        "assoc_means_platforms": ("n_platforms", "budget"),
        "assoc_budget_platforms": ("n_platforms", "budget_size"),
        "assoc_goals_results": ("results", "goals_beforehand"),
        "assoc_importance_policy.goals": ("goals_beforehand", "importance"),
        "assoc_importance_policy.measuring": ("measuring", "importance"),
        "assoc_importance_policy.monitoring": ("monitoring", "importance"),
    }
    for name, key in stated.items():
        for here, there in (("estimate", "unweighted"), ("n", "n")):
            assert pages.loc[key, here] == pytest.approx(judged.loc[name, there], abs=1e-9), (name, here)
    assumed = pages.loc[list(stated.values()), "origin"] == "assumed"
    assert assumed.all(), "none of them was published, so that none has an interval"
    assert pages.loc[list(stated.values()), "ci_low"].isna().all()


def test_a_statement_points_at_a_table_that_has_its_estimate(judged):
    rows = {row.id: row for row in load_published(RAW / "published.yaml").rows}
    places = judged["table"].str.split("/").str[1]
    for name, stage in {
        "assoc_means_platforms": "platforms",
        "assoc_budget_platforms": "platforms",
        "assoc_importance_budgetsize.level": "budget",
        "assoc_nogoals_monitor.measuring_budget": "accountability",
        "assoc_nogoals_satisfaction.goals": "accountability",
        "profile_2_monitors": "profiles",
        "profile_3_monitors": "profiles",
        # Without those that do not know of a budget: on no page.
        "assoc_nogoals_satisfaction.known": "claims",
    }.items():
        assert places[name] == stage, name
    for name, row in judged.iterrows():
        stage = row["table"].split("/")[1]
        if stage == "claims":
            continue
        table = on_page(stage)
        estimate = rows[name].estimate
        if estimate.measure == "association":
            there = table[
                (table["question"] == estimate.y)
                & (table["by"] == estimate.x)
                & (table["statistic"] == row["statistic"])
            ]
            assert there["estimate"].tolist() == pytest.approx([row["unweighted"]], abs=1e-9), name
        elif getattr(estimate, "by", None):
            there = table[(table["question"] == estimate.question) & (table["by"] == estimate.by)]
            assert len(there), name
        elif getattr(estimate, "above", None) is None:
            assert (table["question"] == estimate.question).any(), name


def test_an_estimate_has_its_unit_and_the_number_it_is_of(judged):
    least, most = judged.loc["assoc_nogoals_monitor.measuring_never"], judged.loc["profile_3_monitors"]
    assert (least["n"], most["n"]) == (41, 54)
    assert least["difference_n"] > least["n"]
    words = Wording("en")
    shown = {name: words.measured(row, row["unweighted"]) for name, row in judged.iterrows()}
    assert shown["importance_market"] == "7.4 points"
    assert shown["profile_3_monitors"] == "mean score 4.98"
    assert shown["goal_leads"] == "32.4%"
    assert shown["assoc_means_platforms"] == "Somers’ D 0.42"
    assert Wording("nl").measured(judged.loc["importance_market"], 7.35) == "7,4 procentpunt"


def test_no_figure_is_shown_as_published_that_nobody_printed(judged):
    shown = {name: Wording("en").as_published(row) for name, row in judged.iterrows()}
    assert shown["platforms_multiple"] == "read as more than 50%"
    assert shown["goals_almost_a_third.always"] == "read as 29.2–33.3%"
    assert shown["goal_leads"] == "32.4%"
    assert shown["platforms_mean_b2c"] == "4.1 channels"
    assert shown["importance_market"] == "–"
    printed = {name for name, text in shown.items() if text != "–" and "read as" not in text}
    assert set(judged.loc[list(printed), "type"]) == {"exact"}
    dutch = Wording("nl").as_published(judged.loc["goals_almost_a_third.always"])
    assert dutch == "gelezen als 29,2–33,3%"


def test_groups_that_pursue_more_than_anybody_contradict_the_goals(judged):
    contradicting = set(judged.loc[judged["sources_agree"] == "sources contradict", "topic"])
    assert contradicting == {"goal_setting", "profiles", "goal_groups"}
    reason = judged.loc["goalgroup_2", "sources_agree_reason"]
    assert "62 to 64% here" in reason
    assert "0 to 32.45% (goal_leads)" in reason
    assert judged.loc["goalgroup_3", "sources_agree"] == "one source only"


def test_the_four_groups_are_compared_as_in_the_statements(codebook, survey):
    estimates, tests = on_page("accountability"), on_page("accountability", "tests")
    rows = [row for row in load_published(RAW / "published.yaml").rows if row.topic == "accountability"]
    readings = ("goals_budget_never", "goals_budget_not_always")
    extremes = [row for row in rows if row.type == "extreme" and row.estimate.by in readings]
    extremes = [row for row in extremes if row.estimate.where is None]
    assert len(extremes) == 6
    for row in extremes:
        about = {"question": row.estimate.question, "by": row.estimate.by}
        pairs = claims.measure(row, survey.unweighted, codebook, survey.confidence).pairs
        here = rows_of(estimates, **about, statistic="difference in means")
        assert (-here["estimate"]).tolist() == pytest.approx([pair.estimate for pair in pairs])
        made = rows_of(tests, **about, test="t")
        # Tests of reconstructed responses are a check of the pipeline, and stand in the column of that name.
        p = made["pipeline_check"].str.extract("^p (.+); Holm p (.+)$").astype(float)
        assert p[0].tolist() == pytest.approx([pair.p for pair in pairs])
        assert (p[1] >= p[0]).all()


def test_both_readings_of_no_goals_have_their_numbers():
    shares = on_page("accountability").query("question == 'satisfaction' and statistic == 'proportion'")
    for groups, without in (("goals_budget_never", 67), ("goals_budget_not_always", 131)):
        sizes = shares[shares["by"] == groups].groupby("group")["n"].first()
        assert sizes.sum() == 185
        assert sizes["neither"] + sizes["budget_only"] == without


def test_the_disputed_share_stands_there_in_each_reading(survey, judged):
    published = load_published(RAW / "published.yaml")
    found = claims.disputed(published, survey, "goals_beforehand").set_index("id")
    assert len(found) == 9
    shown = [
        "statement",
        "wording",
        "published",
        "unweighted",
        "ci_low",
        "ci_high",
        "weighted",
        "n",
        "agreement",
    ]
    pd.testing.assert_frame_equal(found[shown], judged.loc[found.index, shown], check_dtype=False)


def test_who_has_no_budget_is_a_share_of_everybody():
    rows = on_page("budget").query("question == 'without_budget'")
    for by in ("size_class", "sector_group", "market"):
        groups = rows[(rows["by"] == by) & (rows["statistic"] == "proportion")]
        assert (groups["n"].sum(), groups["count"].sum()) == (185, 90)
    tests = on_page("budget", "tests").query("question == 'without_budget'")
    assert set(tests["test"]) == {"chisquare", "wald"}
    assert rows.loc[rows["statistic"].str.endswith("ratio"), "n"].unique().tolist() == [173]


def test_counts_of_the_stages_are_those_that_were_published():
    counts = {}
    for stage in ("importance", "goals", "platforms"):
        everybody = on_page(stage).query("by.isna() and statistic == 'proportion'")
        counts |= everybody.set_index(["question", "option"])["count"].to_dict()
    expected = {"inform": 82, "awareness": 89, "reputation": 67, "leads": 60, "service": 22, "insights": 12}
    assert {option: counts["goals", option] for option in expected} == expected
    expected = {"facebook": 167, "linkedin": 145, "twitter": 139}
    assert {option: counts["platforms", option] for option in expected} == expected
    assert [counts["goals_beforehand", o] for o in ("always", "sometimes", "never")] == [54, 64, 67]
    assert [counts["goal_group", o] for o in ("g1", "g2", "g3")] == [70, 48, 67]
    assert counts["important", "yes"] == 155
    assert 47 <= counts["more_than_four", "yes"] <= 60


def test_the_rules_in_words_give_the_profiles_that_the_page_shows(codebook, survey):
    """Sorted by somebody who has the words of the page and the labels of the answers, and nothing else."""
    table = profiles.rules(["profile"], Labels(codebook)).set_index("group")["rule"]
    assert (
        "Measuring results is answered with something other than Every month or Every week or Every day"
        in table.iloc[1]
    )
    asked = ("goals_beforehand", "measuring", "monitoring")
    labels = {
        name: {o: Labels(codebook).option(name, o) for o in survey.frame[name].dtype.categories}
        for name in asked
    }
    often = ("Every month", "Every week", "Every day")

    def sizes(answered):
        found = {"p1": 0, "p2": 0, "p3": 0}
        for row in survey.frame.to_dict("records"):
            goals, measuring, monitoring = (labels[name].get(row[name], "Don't know") for name in asked)
            if row["importance_score"] >= 3.5 and goals in ("Sometimes", "Always") and monitoring in often:
                found["p3"] += 1
            elif measuring == "Never" or (
                goals == "Never" and answered(measuring) and measuring not in often
            ):
                found["p1"] += 1
            elif goals in ("Never", "Sometimes", "Always"):
                found["p2"] += 1
        return found

    assert sizes(lambda answer: answer != "Don't know") == {"p1": 67, "p2": 64, "p3": 54}
    # Without "is answered" the same words would give other groups.
    assert sizes(lambda answer: True) == {"p1": 69, "p2": 62, "p3": 54}


def test_topline_has_a_figure_for_every_question(codebook, survey):
    found = topline.results(survey, classes=PARAMS["topline"]["classes"])
    shown = {name for frame in found.values() for name in frame["question"]}
    counted = {name for name, one in codebook.variables.items() if is_counted(one)}
    assert counted - shown == set(topline.settled(survey))
    assert {name for name, one in codebook.variables.items() if one.derived} <= shown
    for frame in found.values():
        assert topline.tabulated(frame).empty == ("importance_score" in set(frame["question"]))
        assert topline.tabulated(frame).empty or drawn(figures.answers, frame, Labels(codebook)).words.alt
    assert pd.concat(found.values())["n"].max() == 185
