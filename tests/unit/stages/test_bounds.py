"""What published figures leave possible, against every response set of a small study."""

from fractions import Fraction
from itertools import combinations_with_replacement

import pandas as pd
import pytest
from made_claims import claim
from mapped import apart

from nsmo.present.labels import Labels
from nsmo.present.picture import drawn
from nsmo.stages.bounds import figures as plots
from nsmo.stages.bounds import results, words
from nsmo.stages.bounds.kinds import TooManyKindsError, Uses, kinds
from nsmo.stages.bounds.model import Printed
from nsmo.stages.bounds.printed import allowed, figures, loose_groups
from nsmo.stages.bounds.reach import holds, reach
from nsmo.stats import SurveyDesign, somers_d
from nsmo.study.conditions import Condition
from nsmo.study.statements import Published


def share(name: str, question: str, option: str, value: float, **changes) -> dict:
    return statement(
        name,
        "exact",
        {"measure": "proportion", "question": question, "option": option},
        published=value,
        **changes,
    )


def statement(name: str, kind: str, estimate: dict | None, **changes) -> dict:
    text = {"nl": name, "en": name}
    made = {
        "id": name,
        "topic": "t",
        "type": kind,
        "statement": text,
        "source": "s",
        "unit": "percent",
        "decimals": 0,
    }
    return made | ({"estimate": estimate} if estimate else {}) | changes


def said(*claims: dict, **more) -> Published:
    source = {"title": "t", "publisher": "p", "url": "https://example.org", "seen": "complete"}
    return Published.model_validate({"sources": {"s": source}, "claims": list(claims), **more})


def printed(published: Published, codebook, size: int) -> Printed:
    return Printed(codebook, figures(published), size, 10_000, loose_groups(published))


def estimate_of(published: Published, name: str):
    return next(row.estimate for row in published.rows if row.id == name)


# ---------------------------------------------------------------------------------------- what was printed


@pytest.mark.parametrize(
    ("figure", "low", "high"),
    [
        (claim(published=78, decimals=0), (Fraction(775, 1000), True), (Fraction(785, 1000), True)),
        (claim(published=4.1, unit="channels"), (Fraction(405, 100), True), (Fraction(415, 100), False)),
        (claim("about", published=84), (Fraction(83, 100), False), (Fraction(85, 100), False)),
        (claim("almost", published=86), (Fraction(85, 100), True), (Fraction(86, 100), False)),
        (claim("over", published=36), (Fraction(36, 100), False), (Fraction(37, 100), False)),
        (claim("more_than", published=25), (Fraction(1, 4), False), (Fraction(1), True)),
    ],
)
def test_a_figure_allows_what_may_have_been_printed_so(figure, low, high):
    values = allowed(figure, figure.unit)
    for end, included in (low, high):
        assert values.contains(end) is included
    inside = (low[0] + high[0]) / 2
    assert values.contains(inside)
    assert not values.contains(low[0] - Fraction(1, 10**6))
    assert not values.contains(high[0] + Fraction(1, 10**6))


def test_the_numbers_of_respondents_are_those_that_give_most_percentages(codebook):
    published = said(
        *(share(f"c{i}", "size", "small", value, decimals=1) for i, value in enumerate((27.3, 63.6, 9.1)))
    )
    found = results.sizes(published, range(5, 40))
    assert found[0] == 11
    assert 22 in found
    assert 12 not in found


# ------------------------------------------------------------------------------------- kinds of respondent


def test_kinds_tell_apart_only_what_is_asked_about(codebook):
    uses = Uses(codebook)
    uses.variable("is_fresh")
    assert sorted(kinds(uses)["is_fresh"].astype(object).map(str)) == ["nan", "no", "yes"]
    counted = Uses(codebook)
    counted.variable("n_breads")
    counted.variable("breads", ["rye"])
    frame = kinds(counted)
    # Two more breads can be baked beside rye; "none" counts as no bread, and no one asks for it.
    assert sorted(zip(frame["breads.rye"], frame["n_breads"], strict=True)) == [
        (False, 0.0),
        (False, 1.0),
        (False, 2.0),
        (True, 1.0),
        (True, 2.0),
        (True, 3.0),
    ]


def test_only_who_is_asked_has_an_answer(codebook):
    uses = Uses(codebook)
    uses.condition(Condition.model_validate({"question": "turnover", "at_least": 10}))
    uses.variable("online")
    frame = kinds(uses)
    assert (frame["turnover.missing"].eq("not_asked") == frame["online"].eq("no")).all()


def test_a_number_without_end_is_refused_with_its_name(codebook):
    uses = Uses(codebook)
    uses.variable("turnover")
    with pytest.raises(TooManyKindsError, match="turnover"):
        kinds(uses)


# ------------------------------------------------------------------------------ against every response set


@pytest.fixture(scope="module")
def every_set(request):
    """All ways in which five respondents can answer three questions, as frames of kinds and counts."""

    def of(codebook, names, size):
        uses = Uses(codebook)
        for name in names:
            uses.variable(name)
        frame = kinds(uses)
        for chosen in combinations_with_replacement(range(len(frame)), size):
            yield frame.iloc[list(chosen)].reset_index(drop=True)

    return of


def test_every_measure_has_the_ends_of_all_response_sets_that_agree(codebook, every_set):
    published = said(
        share("online", "online", "yes", 40),
        share("small", "size", "small", 60, also=[]),
        statement(
            "fresh_online",
            "more_than",
            {
                "measure": "proportion",
                "question": "fresh",
                "option": "agree",
                "where": {"question": "online", "is": ["yes"]},
            },
            published=40,
        ),
        statement(
            "gap",
            "difference",
            {
                "measure": "difference",
                "of": "mean",
                "question": "fresh",
                "by": "online",
                "groups": ["yes", "no"],
            },
        ),
        statement(
            "tie",
            "association",
            {
                "measure": "association",
                "x": "online",
                "y": "fresh",
                "method": "somers_d",
                "high": {"online": "yes"},
            },
            sign="+",
            unit="sign",
        ),
        statement("mean", "exact", {"measure": "mean", "question": "fresh"}, published=9, unit="score"),
    )
    figures_of = printed(published, codebook, 5).without("mean").without("small")
    values = {name: [] for name in ("gap", "tie", "mean")}
    for frame in every_set(codebook, ["online", "fresh"], 5):
        yes = frame["online"].eq("yes")
        if yes.sum() != 2 or not (frame.loc[yes, "fresh"].eq("agree")).sum() / 2 > 0.4:
            continue
        score = frame["fresh"].astype(object).map({"disagree": 1, "neutral": 2, "agree": 3}).astype(float)
        if score.notna().any():
            values["mean"].append(score.mean())
        if score[yes].notna().any() and score[~yes].notna().any():
            values["gap"].append(score[yes].mean() - score[~yes].mean())
            design = SurveyDesign(pd.DataFrame({"x": yes, "y": score}))
            values["tie"].append(somers_d(design, "x", "y").estimate)
    for name, every in values.items():
        extent = reach(estimate_of(published, name), figures_of).extent
        assert extent is not None, name
        assert [float(extent.low), float(extent.high)] == pytest.approx([min(every), max(every)]), name
        assert extent.sharp, name


def test_two_shares_of_one_question_bound_those_who_have_both(codebook):
    published = said(share("white", "breads", "white", 70), share("rye", "breads", "rye", 60))
    at_20 = printed(published, codebook, 20)
    both = Condition.model_validate({"question": "breads", "has_all": ["white", "rye"]})
    either = Condition.model_validate({"question": "breads", "has": ["white", "rye"]})
    assert [float(end) for end in (holds(both, at_20).extent.low, holds(both, at_20).extent.high)] == [
        0.3,
        0.6,
    ]
    assert [float(end) for end in (holds(either, at_20).extent.low, holds(either, at_20).extent.high)] == [
        0.7,
        1.0,
    ]


def test_tied_questions_are_bounded_through_what_ties_them(codebook):
    # All who sell online are small, and most are online: so most are small.
    where = {"question": "online", "is": ["yes"]}
    within = {"measure": "proportion", "question": "size", "option": "small", "where": where}
    published = said(share("online", "online", "yes", 80), statement("small", "exact", within, published=100))
    extent = reach(
        estimate_of(said(share("all", "size", "small", 1)), "all"), printed(published, codebook, 10)
    ).extent
    assert (float(extent.low), float(extent.high)) == (0.8, 1.0)


# ------------------------------------------------------------------------------------------------ verdicts


def judged(published: Published, codebook, size: int) -> pd.DataFrame:
    return results.sets(published, codebook, size, alpha=0.05, nodes=10_000)[0].set_index("id")


def test_a_figure_follows_from_the_others_or_does_not(codebook):
    options = ("small", "middle", "large")
    published = said(
        *(share(name, "size", name, value) for name, value in zip(options, (50, 30, 20), strict=True)),
        share("rye", "breads", "rye", 33),
    )
    table = judged(published, codebook, 10)
    # Who rather does not say may be the rest, so two shares do not give the third.
    assert table.loc["large", "implied"] == "possible"
    assert (table.loc["large", "others_low"], table.loc["large", "others_high"]) == (0.0, 0.2)
    assert table.loc["rye", "implied"] == "impossible"
    assert "no count of 10" in table.loc["rye", "reason"]
    assert (table.loc["small", "count_low"], table.loc["small", "count_high"]) == (5, 5)


def test_a_disputed_figure_holds_under_one_of_its_readings(codebook):
    readings = [
        {
            "id": name,
            "text": {"nl": name, "en": name},
            "estimate": {"measure": "proportion", "question": "online", "option": name},
        }
        for name in ("yes", "no")
    ]
    disputed = statement("online", "exact", None, published=30, readings=readings)
    published = said(disputed)
    table = judged(published, codebook, 10)
    assert table["implied"].tolist() == ["possible", "possible"]
    assert (table.loc["online.yes", "low"], table.loc["online.yes", "high"]) == (0.3, 0.7)
    settled = said(disputed, share("known", "online", "yes", 70))
    table = judged(settled, codebook, 10)
    assert table.loc["online.no", "implied"] == "implied"
    assert table.loc["online.yes", "implied"] == "impossible"


def test_directions_are_implied_possible_or_impossible(codebook):
    compare = {"measure": "ranking", "question": "breads"}
    published = said(
        share("white", "breads", "white", 70),
        share("rye", "breads", "rye", 60),
        statement("first", "difference", compare | {"higher": ["white"], "lower": ["rye"]}),
        statement("last", "difference", compare | {"higher": ["rye"], "lower": ["white"]}),
        statement("top", "extreme", compare | {"higher": ["white", "rye"]}),
        statement("unknown", "unmeasured", None, why="nobody asked"),
    )
    table = judged(published, codebook, 20)
    assert table.loc["first", "implied"] == "implied"
    assert table.loc["last", "implied"] == "impossible"
    assert table.loc["top", "implied"] == "possible"
    # Some other answer may be given by nobody, or by all.
    assert (table.loc["top", "low"], table.loc["top", "high"]) == pytest.approx((-0.4, 0.6))
    assert (table.loc["unknown", "implied"], table.loc["unknown", "reason"]) == (
        "not computable",
        "nobody asked",
    )
    assert table.loc["first", "p_low"] < table.loc["first", "p_high"] < 1


def test_of_described_groups_only_the_sizes_bind_unless_the_words_are_exact(codebook):
    def group(option: str, value: float, **changes) -> dict:
        estimate = {"measure": "proportion", "question": "profile", "option": option}
        return statement(option, "group_share", estimate, worded="exact", published=value, **changes)

    quantity = {
        "id": "online",
        "text": {"nl": "o", "en": "o"},
        "estimate": {"measure": "proportion", "question": "online", "option": "yes"},
    }
    for literal, ends in ((False, (0.0, 1.0)), (True, (0.3, 0.3))):
        published = said(group("modern", 30, literal=literal), group("broad", 20), quantities=[quantity])
        table = judged(published, codebook, 10)
        assert (table.loc["online", "low"], table.loc["online", "high"]) == ends
        assert (table.loc["online", "ruled_low"], table.loc["online", "ruled_high"]) == (0.3, 0.3)


def test_figures_that_no_responses_give_together_are_named(codebook):
    published = said(
        share("white", "breads", "white", 70),
        share("again", "breads", "white", 20),
        share("rye", "breads", "rye", 33),
    )
    table, found = results.sets(published, codebook, 10, alpha=0.05, nodes=1000)
    aside = results.left_aside(found).set_index("claim")["why"]
    assert aside["again"].startswith("left out")
    # 30 and 33 are more than one unit apart, too.
    assert aside["rye"].startswith("left out")
    assert table.set_index("id").loc["white", "high"] == 0.7


def test_responses_lie_within_what_was_printed_or_are_told_where_not(codebook, survey):
    frame, labels = survey.unweighted.frame, Labels(codebook, "en")
    fits = said(share("white", "breads", "white", 60), share("online", "online", "yes", 40))
    members = results.membership(fits, codebook, frame)
    assert members["as_printed"].all()
    assert words.membership(members, fits, labels) == {"whether": "lie", "held": 2, "all": 2, "but": ""}
    off = said(share("white", "breads", "white", 61), share("online", "online", "yes", 40))
    members = results.membership(off, codebook, frame)
    assert words.membership(members, off, labels)["but"] == " Not as published: white."


def test_verdicts_at_several_sizes_are_compared(codebook):
    published = said(share("rye", "breads", "rye", 33, decimals=0))
    tables = [results.sets(published, codebook, n, alpha=0.05, nodes=1000, brief=True)[0] for n in (9, 10)]
    for each in (map, apart):
        again = results.briefly(published, codebook, [9, 10], each, alpha=0.05, nodes=1000)
        for table, same in zip(tables, again, strict=True):
            pd.testing.assert_frame_equal(same, table)
    found = results.by_size(tables).set_index(["id", "n"])
    assert found.loc[("rye", 9), "same"]
    assert not found.loc[("rye", 10), "same"]
    assert words.sizes([9, 10], found.reset_index()) == {"n": 9, "sizes": ["9", "10"], "change": 1, "all": 1}


def test_a_set_is_a_bar_and_its_ends_are_told(codebook):
    published = said(share("white", "breads", "white", 70), share("rye", "breads", "rye", 60))
    table = results.sets(published, codebook, 20, alpha=0.05, nodes=1000)[0]
    labels = Labels(codebook, "en")
    picture = drawn(plots.sets, table, labels, name="sets")
    assert "white: 70.0%, possible" in picture.words.alt
    assert "2 of 2 are bounded" in picture.words.title
