"""The sets of 2018 beside those of other code: every split tried, and integer programmes written out by hand.

Nothing of the package is used here. What was printed stands below as it was read in the publications.
"""

from fractions import Fraction
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.stats import binomtest, fisher_exact

SETS = Path(__file__).parents[2] / "reports/2018/tables/bounds/sets.csv"
N = 185
GOALS = {"awareness": 89, "inform": 82, "reputation": 67, "leads": 60, "service": 22, "insights": 12}
SENDING = ("awareness", "inform", "reputation", "leads")
CHANNELS = {"facebook": 167, "linkedin": 145, "twitter": 139}
OTHER_CHANNELS = 9  # That the questionnaire offers beside these three, "other" among them.


@pytest.fixture(scope="module")
def found() -> pd.DataFrame:
    sets = pd.read_csv(SETS)
    return sets[sets["n"].eq(N)].set_index("id")


def counts(found: pd.DataFrame, name: str) -> tuple[int, int]:
    return tuple(found.loc[name, ["count_low", "count_high"]].astype(int))


def ends(found: pd.DataFrame, name: str) -> tuple[float, float]:
    return tuple(found.loc[name, ["low", "high"]].astype(float))


@cache
def splits() -> list[tuple[int, int, int]]:
    """List B2C and the important of either: almost 86 that rounds to 86, 78, and about 84 of all."""
    fits = []
    for b2c in range(1, N):
        firsts = [a for a in range(b2c + 1) if Fraction(171, 2) <= Fraction(100 * a, b2c) < 86]
        b2b = N - b2c
        seconds = [
            b for b in range(b2b + 1) if Fraction(155, 2) <= Fraction(100 * b, b2b) <= Fraction(157, 2)
        ]
        of_all = [(a, b) for a, b in product(firsts, seconds) if 83 < Fraction(100 * (a + b), N) < 85]
        fits += [(b2c, a, b) for a, b in of_all]
    return fits


def test_every_split_of_the_markets_gives_a_small_difference_that_is_never_significant(found):
    assert len(splits()) == 15
    differences = [a / m - b / (N - m) for m, a, b in splits()]
    p = [fisher_exact([[a, m - a], [b, N - m - b]]).pvalue for m, a, b in splits()]
    for name in ("importance_market", "importance_by_market"):
        assert ends(found, name) == pytest.approx((min(differences), max(differences)), rel=1e-9)
        assert tuple(found.loc[name, ["p_low", "p_high"]]) == pytest.approx((min(p), max(p)), rel=1e-9)
    assert counts(found, "consumer_market") == (min(s[0] for s in splits()), max(s[0] for s in splits()))
    of_all = {a + b for _, a, b in splits()}
    assert counts(found, "importance_total") == (min(of_all), max(of_all))


def extent(kinds: pd.DataFrame, held: list[tuple[pd.Series, int, int]], wanted: pd.Series) -> tuple[int, int]:
    """Compute the fewest and the most of `wanted` over all counts of `kinds` that hold what is `held`."""
    rows = np.array([row.to_numpy(float) for row, _, _ in held] + [np.ones(len(kinds))])
    low, high = [low for _, low, _ in held] + [N], [high for _, _, high in held] + [N]
    found = []
    for sign in (1, -1):
        answer = milp(
            sign * wanted.to_numpy(float),
            constraints=LinearConstraint(rows, low, high),
            bounds=Bounds(0, N),
            integrality=np.ones(len(kinds)),
        )
        assert answer.status == 0, answer.message
        found.append(round(sign * answer.fun))
    return tuple(found)


def goals() -> tuple[pd.DataFrame, list]:
    names = [*GOALS, "others"]
    kinds = pd.DataFrame(list(product([False, True], repeat=len(names))), columns=names)
    none = ~kinds[list(SENDING)].any(axis=1)  # A little over 36 % pursue none of the four: 67 or 68.
    return kinds, [(kinds[name], count, count) for name, count in GOALS.items()] + [(none, 67, 68)]


GOAL_SETS = {
    "any_sending_goal": lambda k: k[list(SENDING)].any(axis=1),
    "goals_mainly_sending.four": lambda k: k[list(SENDING)].any(axis=1),
    "inform_or_awareness": lambda k: k.inform | k.awareness,
    "goals_mainly_sending.two": lambda k: k.inform | k.awareness,
    "inform_and_awareness": lambda k: k.inform & k.awareness,
    "all_three_goals": lambda k: k.inform & k.awareness & k.leads,
    "only_sending_goals": lambda k: k[list(SENDING)].any(axis=1) & ~(k.service | k.insights),
    "goals_only_sending.four": lambda k: k[list(SENDING)].any(axis=1) & ~(k.service | k.insights | k.others),
    "goals_only_sending.two": lambda k: (
        (k.inform | k.awareness) & ~(k.reputation | k.leads | k.service | k.insights | k.others)
    ),
}


@pytest.mark.parametrize("name", GOAL_SETS)
def test_so_many_can_have_pursued_goals_by_an_integer_programme_of_all_combinations(found, name):
    kinds, held = goals()
    assert counts(found, name) == extent(kinds, held, GOAL_SETS[name](kinds))


def test_more_than_half_send_and_the_binomial_test_says_so_at_both_ends(found):
    p = [binomtest(count, N, 0.5, "greater").pvalue for count in (118, 117)]
    assert tuple(found.loc["goals_mainly_sending.four", ["p_low", "p_high"]]) == pytest.approx(p, rel=1e-9)
    assert found.loc["goals_mainly_sending.four", "implied"] == "implied"


def test_the_numbers_of_channels_by_an_integer_programme_for_every_split(found):
    names = ["b2c", *CHANNELS, "others"]
    rows = product([False, True], *[[False, True]] * 3, range(OTHER_CHANNELS + 1))
    kinds = pd.DataFrame(list(rows), columns=names)
    used = kinds[[*CHANNELS, "others"]].sum(axis=1)
    kinds, used = kinds[used.gt(0)], used[used.gt(0)]
    several, many, total = [], [], []
    difference = []
    for b2c in {split[0] for split in splits()}:
        means = [
            (used * kinds["b2c"], np.ceil(4.05 * b2c - 1e-9), np.ceil(4.15 * b2c - 1e-9) - 1),
            (used * ~kinds["b2c"], np.ceil(3.55 * (N - b2c) - 1e-9), np.floor(3.65 * (N - b2c) + 1e-9)),
        ]
        held = [(kinds[name], count, count) for name, count in CHANNELS.items()]
        held += [(kinds["b2c"], b2c, b2c), *means, (used.gt(4), 47, N)]  # More than a quarter: 47 and up.
        several += extent(kinds, held, used.gt(1))
        many += extent(kinds, held, used.gt(4))
        total += extent(kinds, held, used)
        difference += [
            means[0][1] / b2c - means[1][2] / (N - b2c),
            means[0][2] / b2c - means[1][1] / (N - b2c),
        ]
    assert counts(found, "platforms_multiple") == (min(several), max(several)) == (133, N)
    assert counts(found, "platforms_gt4") == (min(many), max(many)) == (47, 142)
    assert ends(found, "platforms_mean") == pytest.approx((min(total) / N, max(total) / N), rel=1e-9)
    assert ends(found, "assoc_b2c_platforms") == pytest.approx((min(difference), max(difference)), rel=1e-9)


def d_of_two(first: tuple[int, ...], second: tuple[int, ...]) -> Fraction:
    """Compute Somers' D of an ordered answer: how much oftener the first group has more than less."""
    steps = range(len(first))
    more = sum(first[i] * second[j] * ((i > j) - (i < j)) for i, j in product(steps, steps))
    return Fraction(more, sum(first) * sum(second))


def test_goals_set_beforehand_by_every_choice_of_readings(found):
    third, almost = (Fraction(7, 24), Fraction(11, 30)), (Fraction(7, 24), Fraction(1, 3))
    tables = set()
    for always, sometimes in product(range(N + 1), repeat=2):
        never = N - always - sometimes
        if never < 0 or 54 not in (always, always + sometimes, never):
            continue
        is_almost = any(almost[0] <= Fraction(x, N) < almost[1] for x in (always, always + sometimes))
        not_beforehand = any(third[0] <= Fraction(x, N) <= third[1] for x in (never, sometimes + never))
        either = any(third[0] <= Fraction(x, N) <= third[1] for x in (always, never))
        if is_almost and not_beforehand and either:
            tables.add((never, sometimes, always))
    for at, name in enumerate(("never", "sometimes", "always")):
        of_name = [table[at] for table in tables]
        assert counts(found, f"{name}_beforehand") == (min(of_name), max(of_name))
    # Whoever does not find it important has the lowest answers, or the highest: D has its ends there.
    d = []
    for table, unimportant in product(tables, {N - a - b for _, a, b in splits()}):
        for order in (1, -1):
            left, low = list(table[::order]), []
            for step, count in enumerate(left):
                low.append(min(count, unimportant - sum(low)))
                left[step] -= low[-1]
            d.append(d_of_two(tuple(left[::order]), tuple(low[::order])))
    assert ends(found, "goals_by_importance") == pytest.approx((float(min(d)), float(max(d))), rel=1e-9)


@pytest.mark.parametrize(
    ("names", "printed"),
    [
        (("goalgroup_1", "goalgroup_2", "goalgroup_3"), ((37, 38), (25, 26), (36, 37))),
        (("profile_1", "profile_2", "profile_3"), ((36, 37), (34, 35), (28, 30))),
    ],
)
def test_groups_that_are_everybody_have_so_many_members(found, names, printed):
    # "Almost" has its lower end, "a little over" and "about" neither.
    opens = {"goalgroup_1": False, "profile_2": False}
    held = [
        (*sizes, N - sum(sizes))
        for sizes in product(range(N + 1), repeat=2)
        if all(
            (low < share if opens.get(name, True) else low <= share) and share < high
            for name, (low, high), share in zip(
                names, printed, (Fraction(100 * s, N) for s in (*sizes, N - sum(sizes))), strict=True
            )
        )
    ]
    for at, name in enumerate(names):
        assert counts(found, name) == (min(h[at] for h in held), max(h[at] for h in held))
