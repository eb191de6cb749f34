import math
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from made_claims import claim

from nsmo.study.comparisons import Term
from nsmo.study.errors import StudyError
from nsmo.study.statements import load_published
from nsmo.study.wordings import Interval, fitting_counts, interval, values_of

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "data/raw/2018/published.yaml"
SHARED = ROOT.parent / "shared/study/published.yaml"
IDS = ROOT / "tests/study2018/published_figures.txt"


@pytest.fixture(scope="module")
def published():
    return load_published(PUBLISHED)


def written(tmp_path, change):
    content = yaml.safe_load(PUBLISHED.read_text(encoding="utf-8"))
    change(content)
    path = tmp_path / "published.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


# -- the file of 2018 ------------------------------------------------------------------------------


def test_every_published_figure_is_a_claim_or_omitted_with_a_reason(published):
    listed = [line for line in IDS.read_text().splitlines() if not line.startswith("#")]
    claims = {claim.id for claim in published.claims}
    omitted = {entry.id for entry in published.omitted}
    assert set(listed) - claims - omitted == set()
    assert omitted <= set(listed)


def test_the_list_of_ids_is_still_that_of_the_study_material():
    if not SHARED.exists():
        pytest.skip("the study material is not beside this repository")
    material = yaml.safe_load(SHARED.read_text(encoding="utf-8"))
    ids = [entry["id"] for entry in material["figures"] + material["derived"]]
    assert [line for line in IDS.read_text().splitlines() if not line.startswith("#")] == ids


def test_figures_are_those_of_the_study_material(published):
    if not SHARED.exists():
        pytest.skip("the study material is not beside this repository")
    material = {entry["id"]: entry for entry in yaml.safe_load(SHARED.read_text(encoding="utf-8"))["figures"]}
    compared = 0
    for entry in published.claims:
        figure = material.get(entry.id)
        if figure and figure["value"] is not None:
            assert entry.value == pytest.approx(figure["value"], abs=0.05), entry.id
            compared += 1
    assert compared == 25


def test_figures_of_the_article_stand_in_it_as_worded(published):
    article = SHARED.parent / "article_nl.txt"
    if not article.exists():
        pytest.skip("the study material is not beside this repository")
    text = article.read_text(encoding="utf-8").replace("\u2019", "'")
    for entry in published.claims:
        if entry.source == "customertalk":
            for piece in entry.wording.replace("\u2019", "'").split("…"):
                assert piece.strip() in text, entry.id


@pytest.mark.parametrize(
    ("name", "n", "counts"),
    [
        ("platform_facebook", 185, [167]),
        ("platform_linkedin", 185, [145]),
        ("platform_twitter", 185, [139]),
        ("goal_inform", 185, [82]),
        ("goal_awareness", 185, []),
        ("goal_reputation", 185, [67]),
        ("goal_leads", 185, [60]),
        ("goal_service", 185, [22]),
        ("goal_insights", 185, [12]),
        ("goals_beforehand_article", 185, [54]),
        ("goalgroup_1", 185, [69, 70]),
        ("goalgroup_2", 185, [47, 48]),
        ("goalgroup_3", 185, [67, 68]),
        ("profile_1", 185, [67, 68]),
        ("profile_2", 185, [63, 64]),
        ("profile_3", 185, [52, 53, 54, 55]),
        ("importance_total", 185, [154, 155, 156, 157]),
        ("importance_b2c", 139, [119]),
        ("importance_b2b", 46, [36]),
        ("platforms_mean_b2b", 46, [164, 165, 166, 167]),
    ],
)
def test_counts_that_agree_with_the_wording(published, name, n, counts):
    assert fitting_counts(published.claim(name), n) == counts


def test_two_wordings_of_one_figure_narrow_it(published):
    entry = published.claim("importance_b2c")
    assert fitting_counts(entry, 400) == [340, 341, 342, 343]
    assert fitting_counts([entry, *entry.also], 400) == [342, 343]


def test_disputed_figure_has_its_readings_as_rows_of_their_own(published):
    rows = {row.id: row for row in published.rows if row.claim == "goals_beforehand_article"}
    assert list(rows) == [
        "goals_beforehand_article.always",
        "goals_beforehand_article.ever",
        "goals_beforehand_article.reversed",
    ]
    assert rows["goals_beforehand_article.reversed"].estimate.option == "never"
    assert all(row.published == 29.2 and row.reading for row in rows.values())


def test_without_goals_has_both_readings(published):
    groups = {row.estimate.by for row in published.rows if row.claim == "assoc_nogoals_satisfaction"}
    # Without both, read in two ways, and without either.
    assert groups == {"goals_budget_never", "goals_budget_not_always", "goals_beforehand", "budget"}


# -- what a wording means --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "inside", "outside"),
    [
        (claim(published=90.3), [90.25, 90.3, 90.349], [90.2499, 90.35]),
        (claim(published=78, decimals=0), [77.5, 78.49], [77.49, 78.5]),
        (claim("about", published=84), [83.01, 84.99], [83, 85]),
        (claim("almost", published=86), [85, 85.99], [84.99, 86]),
        (claim("over", published=36), [36.01, 36.99], [36, 37]),
        (claim("fraction", fraction="1/3"), [29.17, 36.66], [29.16, 36.67]),
        (claim("fraction", fraction="4/5"), [77.5, 90], [77.4, 90.1]),
        (claim("almost", fraction="1/3"), [29.17, 33.33], [29.16, 33.34]),
        (claim("more_than", published=25), [25.01, 100], [25, 24.9]),
        (claim("group_share", worded="over", published=36), [36.2], [36, 37]),
        (claim("group_share", worded="almost", published=35), [34.6], [35]),
    ],
)
def test_interval_of_each_wording(entry, inside, outside):
    values = interval(entry)
    assert [x for x in inside if not values.contains(x)] == []
    assert [x for x in outside if values.contains(x)] == []


def test_interval_of_signs():
    plus = claim(
        "association",
        sign="+",
        unit="sign",
        estimate={"measure": "association", "x": "a", "y": "b", "method": "somers_d"},
    )
    minus = plus.model_copy(update={"sign": "-"})
    assert interval(plus).contains(0.01)
    assert not interval(plus).contains(0)
    assert interval(minus).contains(-0.01)
    assert not interval(minus).contains(0.01)
    assert interval(claim("unmeasured", estimate=None, why="nobody asked", unit=None)) is None


@given(st.integers(1, 400), st.data())
def test_a_count_agrees_with_its_own_rounded_percentage(n, data):
    count = data.draw(st.integers(0, n))
    rounded = math.floor(1000 * count / n + 0.5 + 1e-9) / 10
    assert count in fitting_counts(claim(published=rounded), n)


@given(st.floats(0.1, 99.9), st.floats(0.01, 40), st.floats(0.1, 99.9), st.floats(0.01, 40))
def test_overlap_agrees_with_looking_for_a_common_value(low, width, other_low, other_width):
    first = Interval(low, low + width)
    second = Interval(other_low, other_low + other_width)
    middle = (max(first.low, second.low) + min(first.high, second.high)) / 2
    common = first.contains(middle) and second.contains(middle)
    if abs(first.low - second.high) > 1e-6 and abs(second.low - first.high) > 1e-6:
        assert first.overlaps(second) == second.overlaps(first) == common


def test_terms_of_a_comparison(published):
    both = values_of(Term.model_validate({"claims": ["profile_2", "profile_3"], "as": "sum"}), published)
    assert (both.low, both.high) == (62, 65)
    rest = values_of(Term.model_validate({"claims": ["profile_1"], "as": "complement"}), published)
    assert (rest.low, rest.high) == (63, 64)
    assert both.overlaps(rest)
    assert not both.overlaps(interval(published.claim("goals_beforehand_article")))


# -- faults are named with their place -------------------------------------------------------------


def the(content, name="importance_total"):
    """Return the entry of a claim in a file as it was read."""
    return next(entry for entry in content["claims"] if entry["id"] == name)


def fault(tmp_path, change):
    with pytest.raises(StudyError) as caught:
        load_published(written(tmp_path, change))
    return str(caught.value)


def test_unknown_key_is_named_with_claim_and_line(tmp_path):
    def change(content):
        the(content, "importance_underlined")["publsihed"] = 3

    message = fault(tmp_path, change)
    assert "publsihed" in message
    assert "importance_underlined" in message
    assert "line" in message


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: the(c).update(type="roughly"), ["importance_total", "roughly"]),
        (lambda c: the(c).pop("published"), ["importance_total", "published"]),
        (lambda c: the(c).update(source="newspaper"), ["importance_total", "newspaper"]),
        (lambda c: c["claims"].append(the(c)), ["importance_total", "twice"]),
        (lambda c: c["omitted"].append({"id": "goal_leads", "reason": "no reason"}), ["goal_leads", "both"]),
        (lambda c: the(c)["estimate"].update(options=["x"]), ["importance_total", "one of option"]),
        (
            lambda c: the(c)["also"].append(the(c)["also"][0] | {"type": "exact"}),
            ["decimals"],
        ),
        (
            lambda c: c["comparisons"][0]["terms"].append({"claims": ["platforms_top_three"]}),
            ["platforms_top_three", "no range"],
        ),
        (lambda c: c["claims"][0].pop("why"), ["presence_where_customers_are", "why"]),
        (lambda c: the(c).update(causal=True), ["importance_total", "`causal` belongs to"]),
        (lambda c: the(c).update(implicit=True), ["importance_total", "`implicit` belongs to"]),
        (lambda c: the(c).update(described={"question": "size", "is": ["p1"]}), ["`described` belongs to"]),
        (
            lambda c: the(c)["estimate"].update(option=None, when={"question": "a", "above": 1}),
            ["`when` does"],
        ),
        (lambda c: c["premises"].append(c["premises"][0]), ["on_a_platform", "two claims"]),
        (
            lambda c: c["wholes"][0]["parts"][0].update(claims=["assoc_goals_results"]),
            ["profiles", "assoc_goals_results", "no share"],
        ),
        (lambda c: c["wholes"][2].update(reconciles="the weather"), ["goals_beforehand", "the weather"]),
        (lambda c: c["benchmarks"][0].update(claim="platform_x"), ["platform_facebook", "platform_x"]),
        (lambda c: c["benchmarks"][1].pop("among_label"), ["among", "together"]),
        (lambda c: c["not_published"][3].update(claims=["gone"]), ["respondents by market", "gone"]),
    ],
)
def test_faults_are_named(tmp_path, change, words):
    message = fault(tmp_path, change)
    assert [word for word in words if word not in message] == []


def test_all_faults_come_at_once(tmp_path):
    def change(content):
        the(content)["type"] = "roughly"
        the(content, "importance_b2b")["unit"] = "miles"

    message = fault(tmp_path, change)
    assert "roughly" in message
    assert "miles" in message
