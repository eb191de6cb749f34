import math
import re
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from bakeries import many_bakeries, survey_of
from made_claims import claim
from scipy import stats

from nsmo.present.labels import Labels
from nsmo.stages import claims
from nsmo.stages.bounds import results as bounds
from nsmo.stages.claims import Finding, Pair, words
from nsmo.stages.claims.adjusted import adjusted
from nsmo.stages.claims.support_published import largest_mcnemar_p
from nsmo.study import StudyError, load_codebook, wordings
from nsmo.study.statements import Published
from nsmo.survey.estimates import estimates

DOCS = Path(__file__).parents[3] / "docs"


def directed(kind="association", sign="+", **changes):
    estimate = {"measure": "association", "x": "a", "y": "b", "method": "somers_d"}
    return claim(kind, sign=sign, unit="sign", estimate=estimate, **changes)


def difference():
    estimate = {"measure": "difference", "of": "mean", "question": "q", "by": "g", "groups": ["a", "b"]}
    return claim("difference", unit="score", estimate=estimate)


def extreme():
    estimate = {
        "measure": "extreme",
        "of": "mean",
        "question": "q",
        "by": "g",
        "group": "a",
        "which": "lowest",
    }
    return claim("extreme", unit="score", estimate=estimate)


UNMEASURED = claim("unmeasured", estimate=None, unit=None, why="nobody was asked")


def pairs(*rows):
    return Finding(1, n=9, p=max(p for *_, p in rows), pairs=tuple(Pair("a – b", *row) for row in rows))


def test_every_rule_in_the_docs_is_a_function_that_is_there():
    text = (DOCS / "method.md").read_text(encoding="utf-8")
    rules = text[text.index("## Claims") : text.index("## What follows from the figures alone")]
    places = ("stages.claims.verdicts", "stages.claims.support_published", "stages.claims.sources")
    places += ("stages.claims.generalises", "stages.bounds.verdicts", "study.wordings")
    there = {name for place in places for name in vars(import_module(f"nsmo.{place}"))}
    named = {name.rpartition(".")[2] for name in re.findall("`([a-z_.]+)`", rules)}
    wanted = {
        *("rounded", "about", "almost", "almost_spoken", "over", "spoken", "more_than"),
        *("figure_agrees", "size_agrees", "order_agrees", "sign_agrees", "significance_agrees"),
        *("bound_supported", "sign_supported", "order_supported", "significance_supported"),
        *("implied", "agreement", "support_data", "support_published", "sources_agree", "generalises"),
        *("bound_by_figures", "groups_by_figures", "ranking_by_figures"),
    }
    assert wanted <= named & there


@pytest.mark.parametrize(
    ("worded", "inside", "outside"),
    [
        (wordings.rounded(48.2, 1), (48.15, 48.2499), (48.1499, 48.25)),
        (wordings.about(84), (83.01, 84.99), (83, 85)),
        (wordings.almost(86), (85, 85.99), (84.99, 86)),
        (wordings.over(36), (36.01, 36.99), (36, 37)),
        (wordings.spoken("1/3"), (29.17, 36.66), (29.16, 36.67)),
        (wordings.almost_spoken("1/3"), (29.17, 33.3), (29.16, 33.34)),
        (wordings.more_than(25, percent=True), (25.01, 100), (25, 100.1)),
        (wordings.on_side("+", 1), (0.01, 1), (0, -0.01)),
        (wordings.on_side("-", 1), (-0.01, -1), (0, 0.01)),
    ],
)
def test_a_wording_allows_what_its_rule_says(worded, inside, outside):
    assert all(worded.contains(value) for value in inside)
    assert not any(worded.contains(value) for value in outside)


# -- agreement -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "value", "verdict"),
    [
        (claim(published=90.3), 100 * 167 / 185, "reproduced"),
        (claim(published=48.2), 100 * 89 / 185, "within one unit"),
        (claim(published=48.2), 48.35, "differs"),
        (claim(published=48.2), 48.3, "within one unit"),
        (claim(published=78, decimals=0), 100 * 36 / 46, "reproduced"),
        (claim(published=78, decimals=0), 79.2, "within one unit"),
        (claim("about", published=84), 100 * 155 / 185, "reproduced"),
        (claim("about", published=84), 85.2, "differs"),
        (claim("almost", published=86), 100 * 119 / 139, "reproduced"),
        (claim("almost", published=86), 86.0, "differs"),
        (claim("over", published=36), 100 * 67 / 185, "reproduced"),
        (claim("over", published=36), 37.0, "differs"),
        (claim("fraction", fraction="1/3"), 36.2, "reproduced"),
        (claim("fraction", fraction="1/3"), 70.8, "differs"),
        (claim("more_than", published=25), 25.4, "reproduced"),
        (claim("more_than", published=25), 25.0, "differs"),
        (claim("group_share", worded="about", published=29), 30.2, "differs"),
        (claim("group_share", worded="exact", published=29.0), 29.1, "within one unit"),
        (difference(), 0.1, "reproduced"),
        (difference(), -0.1, "differs"),
        (difference(), math.nan, "not computable"),
        (directed(), 0.2, "reproduced"),
        (directed(), -0.2, "differs"),
        (directed(sign="-"), -0.2, "reproduced"),
    ],
)
def test_agreement_follows_the_wording(entry, value, verdict):
    assert claims.agreement(entry, Finding(value, n=185, p=0.5)).word == verdict


@pytest.mark.parametrize(
    ("value", "fitting", "verdict"),
    [
        (36.2, 67, "reproduced"),
        (36.2, 18, "size reproduced"),
        (36.2, None, "size reproduced"),
        (38, 18, "differs"),
    ],
)
def test_a_described_group_is_reproduced_only_with_members_that_fit(value, fitting, verdict):
    entry = claim("group_share", worded="over", published=36)
    members = None if fitting is None else 67
    found = claims.agreement(entry, Finding(value, n=185, members=members, fitting=fitting))
    assert found.word == verdict
    if fitting == 18:
        assert found.reason == "18 of 67 members fit the description (27%)"


def test_agreement_of_an_order_asks_for_every_pair():
    assert claims.agreement(extreme(), pairs((0.1, -1, 1, 0.8), (2.0, 1, 3, 0.01))).word == "reproduced"
    assert claims.agreement(extreme(), pairs((-0.1, -1, 1, 0.8), (2.0, 1, 3, 0.01))).word == "differs"


def test_agreement_of_significance_takes_the_unadjusted_p():
    assert claims.agreement(directed("significant"), Finding(0.3, p=0.04)).word == "reproduced"
    assert claims.agreement(directed("significant"), Finding(0.3, p=0.06)).word == "differs"
    assert claims.agreement(directed("significant"), Finding(-0.3, p=0.01)).word == "differs"


def test_agreement_with_nothing_that_measures_it():
    assert claims.agreement(UNMEASURED, None).word == "not computable"


# -- support by the responses --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "finding", "verdict"),
    [
        (claim(published=90.3), Finding(90.3, 85, 94, 185), "not testable"),
        (claim("group_share", worded="over", published=36), Finding(36.2, 30, 43, 185), "not testable"),
        (UNMEASURED, None, "not testable"),
        (claim("more_than", published=25), Finding(31, 25, 38, 185, 0.03), "supported"),
        (claim("more_than", published=25), Finding(26, 20, 33, 185, 0.4), "inconclusive"),
        (claim("more_than", published=25), Finding(15, 10, 21, 185, 0.999), "contradicted"),
        (difference(), Finding(0.5, 0.1, 0.9, 185, 0.01), "supported"),
        (difference(), Finding(0.5, -0.1, 1.1, 185, 0.1), "inconclusive"),
        (difference(), Finding(-0.1, -0.5, 0.3, 185, 0.6), "inconclusive"),
        (difference(), Finding(-0.5, -0.9, -0.1, 185, 0.01), "contradicted"),
        (directed(), Finding(0.3, 0.1, 0.5, 185, 0.01), "supported"),
        (directed(), Finding(0.1, -0.1, 0.3, 185, 0.3), "inconclusive"),
        (directed(), Finding(-0.3, -0.5, -0.1, 185, 0.01), "contradicted"),
        (directed(sign="-"), Finding(-0.3, -0.5, -0.1, 185, 0.01), "supported"),
        (directed(sign="-"), Finding(0.3, 0.1, 0.5, 185, 0.01), "contradicted"),
        (extreme(), pairs((1, 0.5, 1.5, 0.01), (2, 1, 3, 0.001)), "supported"),
        (extreme(), pairs((1, -0.1, 2.1, 0.06), (2, 1, 3, 0.001)), "inconclusive"),
        (extreme(), pairs((-1, -1.5, -0.5, 0.01), (2, 1, 3, 0.001)), "contradicted"),
    ],
)
def test_support_by_real_responses(entry, finding, verdict):
    assert claims.support_data(entry, finding, "real") == verdict


def test_support_of_significance_takes_the_adjusted_p():
    finding = Finding(0.3, 0.05, 0.5, 185, 0.02)
    assert claims.support_data(directed("significant"), finding, "real", adjusted_p=0.04) == "supported"
    assert claims.support_data(directed("significant"), finding, "real", adjusted_p=0.06) == "inconclusive"
    wrong = Finding(-0.3, -0.5, -0.05, 185, 0.02)
    assert claims.support_data(directed("significant"), wrong, "real", adjusted_p=0.04) == "contradicted"


def test_significance_without_a_planned_adjustment_is_refused():
    with pytest.raises(StudyError, match=r"claims\.directional"):
        claims.support_data(directed("significant"), Finding(0.3, 0.1, 0.5, 185, 0.01), "real")


# -- support by the published figures alone --------------------------------------------------------------


SOURCE = {"s": {"title": "t", "publisher": "p", "url": "https://x.nl", "seen": "complete"}}


def stated(*entries, **others) -> Published:
    """Published statements with these entries."""
    claims = [entry.model_dump(exclude_none=True, exclude={"claim"}) for entry in entries]
    return Published.model_validate({"sources": SOURCE, "claims": claims} | others)


def test_without_decimals_and_without_a_published_number_there_is_no_base():
    rounded = stated(claim(published=78, decimals=0))
    with pytest.raises(StudyError, match="no number of respondents") as refused:
        claims.base_of(rounded, range(20, 30))
    assert "respondents:" in str(refused.value)


def test_a_published_number_of_respondents_is_the_base_whatever_the_decimals_say():
    printed = {"n": 41, "source": "s", "wording": "41 shops"}
    base = claims.base_of(stated(claim(published=78, decimals=0), respondents=printed), range(20, 30))
    assert (base.n, base.inferred, base.of) == (41, False, 0)
    # 32 of 41 are 78.0 %, and no count of 41 is 78.4 %.
    fits = claims.base_of(stated(claim(published=78.0, decimals=1), respondents=printed), range(20, 30))
    misses = claims.base_of(stated(claim(published=78.4, decimals=1), respondents=printed), range(20, 30))
    assert (fits.fits, fits.misfits) == (1, ())
    assert (misses.n, misses.fits, len(misses.misfits)) == (41, 0, 1)


def test_a_published_number_has_a_source():
    with pytest.raises(ValueError, match="unknown source 'elsewhere'"):
        stated(claim(published=78, decimals=0), respondents={"n": 41, "source": "elsewhere"})


def test_paired_test_takes_the_least_favourable_overlap():
    worst = largest_mcnemar_p(82, 67, 185)
    every = [stats.binomtest(67 - c, 149 - 2 * c, 0.5).pvalue for c in range(0, 68)]
    assert worst == pytest.approx(max(every))
    assert largest_mcnemar_p(50, 60, 185) == 1


# -- the sources against each other ------------------------------------------------------------------------


def test_two_wordings_of_one_figure_may_contradict():
    other = {"source": "s", "wording": "88%", "type": "exact", "published": 88, "decimals": 0}
    entry = claim("almost", published=86, wording="bijna 86%", also=[other])
    source = {"s": {"title": "t", "publisher": "p", "url": "https://x.nl", "seen": "complete"}}
    both = Published(sources=source, claims=(entry,))
    row = both.rows[0]
    assert claims.sources_agree(row, both).word == "sources contradict"
    assert "88%" in claims.sources_agree(row, both).reason
    # The same figure twice in one publication is one source; in another it is a second.
    also = [other | {"published": 86}]
    fitting = claim("almost", published=86, also=also)
    assert (
        claims.sources_agree(fitting, Published(sources=source, claims=(fitting,))).word == "one source only"
    )
    elsewhere = claim("almost", published=86, also=[also[0] | {"source": "t"}])
    found = claims.sources_agree(
        elsewhere, Published(sources=source | {"t": source["s"]}, claims=(elsewhere,))
    )
    assert found.word == "consistent"


# -- what the responses say ----------------------------------------------------------------------------------

SIZE = ["small"] * 8 + ["middle"] * 7 + ["large"] * 5
WHITE = [*[1, 1, 1, 1, 1, 1, 1, 0], *[1, 1, 1, 0, 0, 0, 0], *[1, 0, 0, 0, 0]]
RYE = [*[1, 1, 0, 0, 0, 0, 0, 0], *[1, 0, 0, 0, 0, 0, 0], *[0, 0, 0, 0, 0]]
NUMBER = [*[3, 2, 3, 2, 3, 2, 3, 2], *[1, 2, 1, 2, 1, 2, 1], *[0, 1, 0, 1, 1]]
ONLINE = ["yes"] * 7 + ["no"] * 12 + [None]


@pytest.fixture
def bakers():
    rows = len(SIZE)
    none = pd.Series([None] * rows, dtype=object)
    return pd.DataFrame(
        {
            "breads.white": pd.array(np.array(WHITE, dtype=bool), dtype="boolean"),
            "breads.rye": pd.array(np.array(RYE, dtype=bool), dtype="boolean"),
            "breads.none": pd.array([False] * rows, dtype="boolean"),
            "breads.other": pd.array([False] * rows, dtype="boolean"),
            "breads.missing": none,
            "size": pd.Categorical(SIZE, ["small", "middle", "large"]),
            "size.missing": none,
            "n_breads": np.array(NUMBER, dtype=float),
            "n_breads.missing": none,
            "online": pd.Categorical(ONLINE, ["yes", "no"]),
            "online.missing": pd.Series([None] * (rows - 1) + ["dont_know"], dtype=object),
            "weight": [0.5] * 8 + [1.0] * 7 + [1.8] * 5,
            "margin.size": pd.Categorical(SIZE, ["small", "middle", "large"]),
        }
    )


@pytest.fixture
def bakery(codebook_file):
    return load_codebook(codebook_file())


@pytest.fixture
def survey(bakers, bakery):
    return survey_of(bakers, bakery)


def estimate(**content):
    return content


SHARE = estimate(measure="proportion", question="breads", option="white")
MEAN = estimate(measure="mean", question="n_breads", where={"question": "size", "is": ["small"]})
DIFFERENCE = estimate(
    measure="difference",
    of="proportion",
    question="breads",
    option="white",
    by="size",
    groups=["small", "large"],
)
LOWEST = estimate(measure="extreme", of="mean", question="n_breads", by="size", group="large", which="lowest")
HIGHEST = LOWEST | {"group": "small", "which": "highest"}
RANKING = estimate(measure="ranking", question="breads", higher=["white"], lower=["rye", "none"])
ASSOCIATION = estimate(
    measure="association", x="online", y="n_breads", method="somers_d", high={"online": "yes"}
)
ODDS = estimate(
    measure="association",
    x="online",
    y="breads",
    method="log_odds",
    high={"online": "yes", "breads": "white"},
)


def measured(entry, survey, weighted=False):
    design = survey.weighted if weighted else survey.unweighted
    return claims.measure(entry, design, survey.codebook, 0.95)


def test_share_in_per_cent(survey):
    found = measured(claim(published=55.0, estimate=SHARE), survey)
    assert (found.value, found.n) == (pytest.approx(55.0), 20)
    assert found.ci_low < 55 < found.ci_high
    weighted = measured(claim(published=55.0, estimate=SHARE), survey, weighted=True)
    assert weighted.value == pytest.approx(100 * (7 * 0.5 + 3 * 1.0 + 1 * 1.8) / 20)


def test_share_above_a_bound_has_an_exact_one_sided_test(survey):
    above = estimate(measure="proportion", question="n_breads", above=1)
    found = measured(claim("more_than", published=25, estimate=above), survey)
    assert found.value == pytest.approx(55.0)
    assert found.p == pytest.approx(stats.binom.sf(10, 20, 0.25))
    assert "one-sided" in found.test


def test_mean_in_a_group(survey):
    found = measured(claim(published=2.5, unit="channels", estimate=MEAN), survey)
    assert (found.value, found.n) == (pytest.approx(2.5), 8)


def test_difference_in_points(survey):
    found = measured(claim("difference", estimate=DIFFERENCE), survey)
    assert found.value == pytest.approx(100 * (7 / 8 - 1 / 5))
    assert found.ci_low < found.value < found.ci_high
    assert found.n == 13


@pytest.mark.parametrize(("content", "value"), [(LOWEST, 3 / 5), (HIGHEST, 20 / 8)])
def test_extreme_is_held_against_every_other_group(survey, content, value):
    found = measured(claim("extreme", unit="score", estimate=content), survey)
    assert found.value == pytest.approx(value)
    # The estimate is of the one group, each difference of two.
    sizes = {group: SIZE.count(group) for group in SIZE}
    assert found.n == sizes[content["group"]]
    assert [pair.n for pair in found.pairs] == [
        sizes[content["group"]] + n for group, n in sizes.items() if group != content["group"]
    ]
    assert len(found.pairs) == 2
    assert all(pair.estimate > 0 for pair in found.pairs)
    assert found.p == max(pair.p for pair in found.pairs)


def test_extreme_that_is_not_the_lowest_differs(survey):
    entry = claim("extreme", unit="score", estimate=LOWEST | {"group": "middle"})
    assert claims.agreement(entry, measured(entry, survey)).word == "differs"


def test_extreme_of_a_group_that_nobody_belongs_to(survey, bakery):
    bakers = survey.frame.assign(size=survey.frame["size"].replace({"large": "middle"}))
    bakers["size"] = pd.Categorical(bakers["size"], ["small", "middle", "large"])
    entry = claim("extreme", unit="score", estimate=LOWEST)
    empty = survey_of(bakers, bakery)
    assert claims.agreement(entry, measured(entry, empty)).word == "not computable"


def test_ranking_compares_answers_of_the_same_respondents(survey):
    found = measured(claim("extreme", estimate=RANKING), survey)
    assert found.value == pytest.approx(100 * (11 - 3) / 20)
    assert [pair.between for pair in found.pairs] == ["white – rye", "white – none"]


def test_weights_do_not_change_the_pair_that_an_order_rests_on(survey, bakery):
    entry = claim("extreme", estimate=RANKING, id="order")
    # Rye comes nearest to white; among large bakeries, which have the weight, none does better than white.
    frame = survey.frame.assign(weight=[0.1] * 8 + [1.0] * 7 + [2.44] * 5)
    frame["breads.rye"] = pd.array([True] * 8 + [False] * 12, dtype="boolean")
    frame["breads.none"] = pd.array([False] * 16 + [True] * 4, dtype="boolean")
    tilted = survey_of(frame, bakery)
    plain, weighted = (claims.measure(entry, d, bakery, 0.95) for d in (tilted.unweighted, tilted.weighted))
    assert plain.weakest.between != weighted.weakest.between
    table = judge(together(ENTRIES[0], entry), tilted, directional=[])
    row = table.set_index("id").loc["order"]
    pair = weighted.pair(row["between"])
    assert row["between"] == plain.weakest.between
    assert row["weighted"] == row["weighted_difference"] == pair.estimate
    assert row["weighted_ci_low"] == row["weighted_difference_ci_low"] == pair.ci_low
    assert (row["unweighted"], row["ci_high"]) == (row["difference"], row["difference_ci_high"])


def test_the_pair_the_other_way_round_has_the_least_to_show():
    pairs = (claims.Pair("a – b", 1.0, -1, 3, 0.3), claims.Pair("a – c", -5.0, -6, -4, 0.001))
    assert claims.Finding(1.0, pairs=pairs).weakest.between == "a – c"


def test_association_leaves_out_who_did_not_answer(survey):
    entry = claim("association", sign="+", unit="sign", estimate=ASSOCIATION)
    found = measured(entry, survey)
    assert found.n == 19
    pairs = [np.sign(a - b) for a in NUMBER[:7] for b in NUMBER[7:19]]
    assert found.value == pytest.approx(sum(pairs) / len(pairs))


def test_association_of_two_yes_or_no_answers(survey, bakery):
    entry = claim("association", sign="+", unit="sign", estimate=ODDS)
    bakers = survey.frame.assign(**{"breads.white": pd.array([True, False] * 10, dtype="boolean")})
    found = measured(entry, survey_of(bakers, bakery))
    assert found.value == pytest.approx(np.log((4 / 3) / (6 / 6)))
    assert found.ci_low < found.value < found.ci_high


# -- all together ----------------------------------------------------------------------------------


def together(*entries):
    source = {"s": {"title": "t", "publisher": "p", "url": "https://x.nl", "seen": "complete"}}
    return Published(sources=source, claims=entries)


def test_the_p_of_an_order_is_missing_where_that_of_one_pair_is(survey, bakery):
    # Nobody ticked one of the two only, so that pair has no test; which place it has is of no consequence.
    bakers = survey.frame.assign(**{"breads.rye": survey.frame["breads.white"]})
    for lower in (["rye", "none"], ["none", "rye"]):
        entry = claim("extreme", estimate=RANKING | {"lower": lower})
        found = measured(entry, survey_of(bakers, bakery))
        assert math.isnan(found.p)


@pytest.mark.parametrize(("white", "value"), [(True, math.inf), (False, -math.inf)])
def test_a_log_odds_ratio_with_an_empty_cell_is_infinite(survey, bakery, white, value):
    frame = survey.frame
    ticked = frame["breads.white"].where(frame["online"].ne("yes"), white)
    found = measured(
        claim("association", sign="+", unit="sign", estimate=ODDS),
        survey_of(frame.assign(**{"breads.white": ticked}), bakery),
    )
    assert found.value == value
    assert math.isnan(found.ci_low)
    assert math.isnan(found.p)


# Kish: the squared sum of the weights over the sum of their squares, of the group that is worth least.
@pytest.mark.parametrize(
    ("row", "parts"),
    [
        (claim(published=55.0, estimate=SHARE), "all"),
        (claim(published=1.0, unit="channels", estimate=MEAN), "small"),
        (claim("difference", estimate=DIFFERENCE), "groups"),
        (claim("extreme", unit="score", estimate=LOWEST), "sizes"),
        (claim("significant", sign="+", unit="sign", estimate=ASSOCIATION), "both"),
    ],
)
def test_a_weighted_figure_needs_those_behind_it_to_be_worth_enough(survey, row, parts):
    frame = survey.frame
    everybody = pd.Series(True, index=frame.index)
    known = frame["n_breads"].notna()
    inside = {
        "all": [everybody],
        "small": [known & frame["size"].eq("small")],
        "groups": [frame["size"].eq(name) for name in DIFFERENCE["groups"]],
        "sizes": [known & frame["size"].eq(name) for name in ("small", "middle", "large")],
        "both": [frame[ASSOCIATION["x"]].notna() & frame[ASSOCIATION["y"]].notna()],
    }[parts]
    weights = frame["weight"]
    inside = [part for part in inside if part.any()]
    least = min(weights[part].sum() ** 2 / (weights[part] ** 2).sum() for part in inside)
    assert adjusted(row, replace(survey, min_effective_n=least - 0.01)) is not None
    assert adjusted(row, replace(survey, min_effective_n=least + 0.01)) is None
    assert adjusted(row, replace(survey, weighted=None)) is None


ENTRIES = [
    claim(published=55.0, estimate=SHARE, id="white", wording="55,0%"),
    claim("difference", estimate=DIFFERENCE, id="sizes"),
    claim("significant", sign="+", unit="sign", estimate=ASSOCIATION, id="online"),
    UNMEASURED,
]


def judge(published, survey, directional):
    """Judge statements, with what follows from them at twenty respondents."""
    sets, _ = bounds.sets(published, survey.codebook, 20, alpha=0.05, nodes=1000)
    return claims.judge(published, survey, directional=directional, base_sizes=range(10, 31), sets=sets)


def test_a_row_for_each_statement_with_its_verdicts(survey):
    table = judge(together(*ENTRIES), survey, directional=["sizes", "online"])
    # What is not supported stands before what cannot be computed, and that before what agrees. Of thirteen
    # bakers a difference of 67 points is not clear of zero.
    assert table["id"].tolist() == ["sizes", "c", "white", "online"]
    assert table["implied"].tolist() == ["possible", "not computable", "possible", "possible"]
    assert table["agreement"].tolist() == ["reproduced", "not computable", "reproduced", "reproduced"]
    assert table["support_data"].tolist() == ["inconclusive", "not testable", "not testable", "supported"]
    assert table["support_published"].tolist() == [*["not computable"] * 2, "not testable", "not computable"]
    assert table["n"].tolist()[::2] == [13, 20]
    assert table["generalises"].tolist() == ["not claimed"] * 4
    assert set(claims.COLUMNS) < set(table.columns)


def test_of_fewer_than_figures_are_shown_of_nothing_is_said(bakers, codebook, survey):
    directional = ["sizes", "online"]
    shown = judge(together(*ENTRIES), survey, directional=directional).set_index("id")
    few = survey_of(bakers, codebook, min_n=15)
    table = judge(together(*ENTRIES), few, directional=directional).set_index("id")
    # The difference of sizes is of 13 bakers, the share of white bread of 20.
    assert table.loc["sizes", ["unweighted", "weighted", "ci_low", "n", "difference"]].isna().all()
    assert table.loc["sizes", "agreement"] == "not computable"
    assert table.loc["sizes", "agreement_reason"].startswith("too few respondents are behind it")
    assert table.loc["sizes", "support_data"] in ("not testable", "not computable")
    assert table.loc["white", "unweighted"] == shown.loc["white", "unweighted"]
    tested = claims.tests(together(*ENTRIES), few, directional)
    assert tested["id"].tolist() == ["online"]


def test_support_follows_the_provenance(bakers, codebook_file, codebook_text):
    rebuilt = load_codebook(
        codebook_file(codebook_text.replace("provenance: real", "provenance: reconstructed"))
    )
    table = judge(together(*ENTRIES), survey_of(bakers, rebuilt), directional=["sizes", "online"])
    assert set(table["support_data"]) == {"no evidence: reconstructed"}
    # What was tested stands elsewhere, so that no table of findings has it.
    assert not {"p", "p_holm", "test"} & set(table)


def test_a_table_has_no_column_for_a_verdict_that_is_no_evidence(
    bakers, codebook_file, codebook_text, survey
):
    real = judge(together(*ENTRIES), survey, directional=["sizes", "online"])
    assert words.shown(real) == list(claims.VERDICTS)
    rebuilt = load_codebook(
        codebook_file(codebook_text.replace("provenance: real", "provenance: reconstructed"))
    )
    table = judge(together(*ENTRIES), survey_of(bakers, rebuilt), directional=["sizes", "online"])
    assert words.shown(table) == [verdict for verdict in claims.VERDICTS if verdict != "support_data"]


def test_what_a_row_must_be_read_with_stands_beside_it(survey):
    means = {"nl": "n", "en": "ovens stand for bakeries"}
    entries = [
        claim("association", sign="+", unit="sign", estimate=ASSOCIATION, id="causes", causal=True),
        claim(published=55.0, estimate=SHARE, id="proxy", stands_for=means),
        claim(
            "group_share",
            worded="exact",
            published=40.0,
            estimate=estimate(measure="proportion", question="size", option="small"),
            id="group",
            described={"question": "breads", "has": ["rye"]},
        ),
    ]
    table = judge(together(*entries, ENTRIES[0]), survey, directional=[])
    shown = words.readable(table, Labels(survey.codebook)).set_index(table["id"])["statement"]
    assert "tested here as an association" in shown["causes"]
    assert shown["proxy"] == "e. Ovens stand for bakeries."
    # Of the 8 small ones, 2 bake rye; that 8 of 20 are small agrees all the same.
    assert table.set_index("id").loc["group", "agreement"] == "size reproduced"
    assert shown["group"] == "e. Of the 8 in this group 2 fit the description."


def test_a_share_for_whom_a_condition_holds(survey):
    both = {
        "all": [{"question": "breads", "has": ["white"]}, {"not": {"question": "breads", "has": ["rye"]}}]
    }
    only_white = estimate(measure="proportion", question="breads", when=both)
    found = measured(claim("more_than", published=50, implicit=True, estimate=only_white), survey)
    assert found.value == pytest.approx(100 * sum(w and not r for w, r in zip(WHITE, RYE, strict=True)) / 20)
    assert found.p == pytest.approx(stats.binom.sf(7, 20, 0.5))


STRICT = "privacy: {min_base: 5, min_count: 9, max_share: 0.95, width: 4, groupings: [size, online]}\n"
WHOLE = "privacy: {suppress: base, keep_rows: true}\n"


class TestWithheld:
    """Real answers under a plan: what tables do not show, no statement shows."""

    @pytest.fixture
    def strict(self, codebook_text, codebook_file):
        codebook = load_codebook(codebook_file(codebook_text.replace(WHOLE, STRICT)))
        return survey_of(many_bakeries(1, small=4), codebook)

    def entry(self, name, kind="exact", **content):
        return claim(kind, id=name, published=50.0, estimate=estimate(**content))

    @pytest.fixture
    def statements(self):
        share = {"measure": "proportion", "question": "fresh"}
        return [
            self.entry("common", measure="proportion", question="online", option="yes"),
            self.entry("beside", **share, option="agree"),
            self.entry("rare", **share, option="disagree"),
            self.entry("in_few", **share, option="agree", where={"question": "size", "is": ["large"]}),
            self.entry("in_many", **share, option="agree", where={"question": "online", "is": ["yes"]}),
            self.entry("no_group", **share, option="agree", where={"question": "turnover", "above": 5}),
            self.entry("with_rare", **share, options=["disagree", "neutral"]),
            claim("difference", id="of_few", estimate=DIFFERENCE | {"question": "fresh", "option": "agree"}),
        ]

    def test_a_statement_is_withheld_where_a_table_hides_its_figure(self, strict, statements):
        hidden = {one.id for one in statements if claims.withheld(one, strict)}
        assert {"rare", "in_few", "no_group", "with_rare", "of_few"} <= hidden
        shown = {
            "common": ("online", "yes", None, None),
            "beside": ("fresh", "agree", None, None),
            "rare": ("fresh", "disagree", None, None),
            "in_many": ("fresh", "agree", "online", "yes"),
        }
        for name, (question, option, by, group) in shown.items():
            table = estimates(strict, question, [by], options=[option])
            row = table[~table["weighted"] & (table["group"].eq(group) if group else table["group"].isna())]
            assert (name in hidden) is bool(row["suppressed"].item()), name
        assert "common" not in hidden

    def test_nothing_of_it_stands_in_the_tables(self, strict, statements):
        table = judge(together(*statements), strict, directional=["of_few"]).set_index("id")
        rare = table.loc["rare"]
        assert rare[["unweighted", "weighted", "ci_low", "ci_high", "n", "difference"]].isna().all()
        assert rare["agreement"] == "not computable"
        assert "too few respondents" in rare["agreement_reason"]
        assert table.loc["common", "unweighted"] > 40
        assert not set(claims.tests(together(*statements), strict, ["of_few"])["id"]) & {"of_few", "rare"}

    def test_without_a_plan_only_few_respondents_hide_one(self, bakers, bakery, statements):
        whole = survey_of(bakers, bakery, min_n=6)
        few = self.entry("few", **SHARE, where={"question": "size", "is": ["large"]})
        assert claims.withheld(few, whole)
        assert not claims.withheld(self.entry("many", **SHARE), whole)


def test_tests_stand_in_a_table_of_their_own(survey):
    found = claims.tests(together(*ENTRIES), survey, ["sizes", "online"]).set_index("id")
    assert found.index.tolist() == ["sizes", "online"]
    assert (found["p_holm"] >= found["p"]).all()
    # Holm doubles the smaller of two.
    assert found["p_holm"].min() == pytest.approx(min(1, 2 * found["p"].min()))


# -- may it be said of others ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "design", "word"),
    [
        ({}, "open_call", "no: open call"),
        ({}, "panel", "no: panel of volunteers"),
        ({}, "quota", "no: quota sample"),
        ({}, "probability", "yes, if a probability sample"),
        ({}, None, "not claimed"),
        ({"at_large": False}, "probability", "not claimed"),
        ({"at_large": False}, "open_call", "not claimed"),
    ],
)
def test_a_statement_generalises_by_how_respondents_were_found(changes, design, word):
    assert claims.generalises(claim(published=84, **changes), design).word == word


def test_a_causal_sentence_gets_no_more_than_the_association():
    finding = Finding(0.3, 0.1, 0.5, 185, 0.01)
    for provenance in ("real", "reconstructed"):
        plain, causal = (
            claims.support_data(directed(causal=cause), finding, provenance) for cause in (False, True)
        )
        assert plain == causal


@pytest.mark.parametrize(
    ("directional", "words"),
    [(["sizes", "shape"], ["'shape'", "no row"]), (["sizes", "white"], ["'white'", "no test"])],
)
def test_directional_claims_must_exist_and_have_a_test(survey, directional, words):
    with pytest.raises(StudyError) as caught:
        judge(together(*ENTRIES), survey, directional=directional)
    assert all(word in str(caught.value) for word in [*words, "claims.directional"])


def test_a_statement_without_a_set_is_named(survey):
    published = together(*ENTRIES)
    sets, _ = bounds.sets(published, survey.codebook, 20, alpha=0.05, nodes=1000)
    with pytest.raises(StudyError, match="no set for white"):
        claims.judge(published, survey, directional=[], base_sizes=[20], sets=sets[sets["id"] != "white"])


def test_readable_rows_name_the_unit_of_each_estimate(survey):
    table = judge(together(*ENTRIES), survey, directional=["sizes", "online"])
    shown = words.readable(table, Labels(survey.codebook))
    assert shown["estimate"].iloc[0].startswith("67.5 points (")
    assert shown["estimate"].iloc[1] == ""
    assert shown["estimate"].iloc[2].startswith("55.0% (")
    assert shown["estimate"].iloc[3].startswith("Somers’ D ")
    assert shown["statement"].tolist() == ["e", "e", "e [55,0%]", "e"]
    assert words.readable(table, Labels(survey.codebook, "nl"))["statement"].iloc[1] == "n"


def test_what_must_be_known_first_stands_first():
    row = {"agreement": "reproduced", "support_data": "supported", "support_published": "not testable"}
    row["sources_agree"] = "consistent"
    rows = [
        row | {"claim": "fits"},
        row | {"claim": "slip", "agreement": "within one unit"},
        row | {"claim": "group", "agreement": "size reproduced"},
        row | {"claim": "unmeasured", "agreement": "not computable"},
        row | {"claim": "unclear", "support_published": "inconclusive"},
        row | {"claim": "untrue", "support_data": "contradicted"},
        row | {"claim": "disputed", "sources_agree": "sources contradict"},
        row | {"claim": "other", "agreement": "differs"},
        # The readings of one statement stay together, at the place of the worst.
        row | {"claim": "unclear"},
    ]
    found = claims.in_order(pd.DataFrame(rows))
    order = ["disputed", "untrue", "other", "group", "unclear", "unclear", "unmeasured", "slip", "fits"]
    assert found["claim"].tolist() == order
    assert tuple(dict.fromkeys(found["first"])) == claims.FIRST


def test_evidence_is_where_the_stage_is_that_knows_the_questions(codebook_file, codebook_text):
    def place(entry, analyse):
        text = codebook_text + f"analyse: {analyse}\n"
        return claims.evidence(entry, load_codebook(codebook_file(text)))

    ovens = "{bread: {question: breads}, ovens: {question: breads, by: [size]}, scale: {question: size}}"
    difference = claim("difference", estimate=DIFFERENCE)
    share, mean = claim(published=55.0, estimate=SHARE), claim(published=2.5, estimate=MEAN)
    # `ovens` knows both questions, `scale` only the groups.
    assert place(difference, ovens) == {
        "notebook": "html/notebooks/ovens.html",
        "table": "tables/ovens/estimates.csv",
        "figure": "figures/claims/directions.svg",
    }
    assert place(share, ovens)["notebook"] == "html/notebooks/bread.html"
    assert place(share, ovens)["figure"] == "figures/claims/claims.svg"
    # An association is where it is reckoned, not where a stage only shows how groups answer.
    described = "{profiles: {groups: [online], described_by: [n_breads]}}"
    reckoned = "{profiles: {groups: [online], described_by: [n_breads]}, "
    reckoned += "budget: {question: online, importance: n_breads}}"
    association = claim("association", sign="+", unit="sign", estimate=ASSOCIATION)
    assert place(association, described)["table"] == "tables/claims/claims.csv"
    assert place(association, reckoned)["table"] == "tables/budget/estimates.csv"
    turned = ASSOCIATION | {"x": "n_breads", "y": "online"}
    turned = claim("association", sign="+", unit="sign", estimate=turned)
    assert place(turned, reckoned)["table"] == "tables/claims/claims.csv"
    # A stage that knows a part of the questions has not the number itself.
    assert place(difference, "{bread: {question: breads}}")["table"] == "tables/claims/claims.csv"
    # No stage is about the number of breads, and nothing measures the last.
    assert place(mean, ovens)["table"] == "tables/claims/claims.csv"
    assert place(UNMEASURED, ovens) == {
        "notebook": "html/notebooks/claims.html",
        "table": "tables/claims/claims.csv",
        "figure": None,
    }


def test_a_direction_rests_on_a_difference_above_zero(survey):
    entries = [
        claim("association", sign="-", unit="sign", estimate=ASSOCIATION, id="down"),
        claim("extreme", unit="channels", estimate=LOWEST, id="order"),
        claim("more_than", published=50, estimate=SHARE, id="bound"),
        claim(published=55.0, estimate=SHARE, id="figure"),
    ]
    table = judge(together(*entries), survey, directional=[]).set_index("id")
    down, order, bound = (table.loc[name] for name in ("down", "order", "bound"))
    # More are online where more kinds are baked, so a statement of the contrary is below zero.
    assert down["difference"] == -down["unweighted"]
    assert down["difference_ci_low"] == -down["ci_high"]
    # Large bakeries bake least; the middle ones come nearest to them.
    assert order["between"] == "middle – large"
    means = [sum(NUMBER[start:end]) / (end - start) for start, end in ((8, 15), (15, 20))]
    assert order["difference"] == pytest.approx(means[0] - means[1])
    assert bound["difference"] == pytest.approx(5)
    assert pd.isna(table.loc["figure", "difference"])
    assert (table.loc["figure", "published_low"], table.loc["figure", "published_high"]) == (54.95, 55.05)
