"""GRIM against brute force and known cases."""

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from nsmo.stats.grim import chance_of_any, chance_with_bases, grim, possible_counts, printable_share

MODES = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN, "down": ROUND_DOWN}


def printed(count, n, decimals, rounding):
    exact = (
        Decimal(100 * count * 10**12 // n) / 10**12 if (100 * count * 10**6) % n else Decimal(100 * count) / n
    )
    return exact.quantize(Decimal(1).scaleb(-decimals), rounding=MODES[rounding])


@given(st.integers(1, 160), st.integers(0, 100_000), st.integers(0, 2), st.sampled_from(sorted(MODES)))
def test_counts_are_those_that_decimal_arithmetic_prints_so(n, at, decimals, rounding):
    percentage = Decimal(at % (100 * 10**decimals + 1)).scaleb(-decimals)
    brute = [c for c in range(n + 1) if printed(c, n, decimals, rounding) == percentage]
    assert possible_counts(str(percentage), n, decimals, rounding) == brute


@given(st.integers(1, 300), st.integers(0, 300), st.integers(0, 2))
def test_every_count_finds_itself(n, count, decimals):
    count = min(count, n)
    text = str(printed(count, n, decimals, "half_up"))
    assert count in possible_counts(text, n, decimals, "half_up")
    assert count in possible_counts(text, n, decimals)


def test_a_value_halfway_is_read_both_ways_unless_told():
    assert possible_counts("12.5", 8, 1) == [1]
    assert possible_counts("12", 8, 0, "half_even") == [1]
    assert possible_counts("13", 8, 0, "half_even") == []
    assert possible_counts("13", 8, 0, "half_up") == [1]
    assert possible_counts("12", 8, 0) == possible_counts("13", 8, 0) == [1]
    assert possible_counts("12", 8, 0, "down") == [1]


def test_a_small_base_can_print_few_values():
    found = grim(["33.3", "66.7", "50.0"], range(2, 7)).set_index("n")
    assert found["fits"].to_dict() == {2: 1, 3: 2, 4: 1, 5: 0, 6: 3}
    assert found.loc[3, "misfits"] == ["50.0"]
    assert printable_share(3) == pytest.approx(4 / 1001)


def test_chance_is_the_binomial_tail_of_the_printable_values():
    row = grim([10.0, 20.0, 33.3], 10).iloc[0]
    share = 11 / 1001
    assert row["fits"] == 2
    assert row["chance"] == pytest.approx(3 * share**2 * (1 - share) + share**3)


def test_chance_with_unlike_decimals_multiplies_their_shares():
    row = grim(["10", "20.0"], 10, decimals=[0, 1]).iloc[0]
    assert row["fits"] == 2
    assert row["chance"] == pytest.approx(11 / 101 * 11 / 1001)


def test_chance_up_to_a_size_adds_those_of_smaller_sizes():
    found = grim([12.5, 37.5], range(5, 9))
    last = found.iloc[-1]
    shares = np.array([printable_share(n) for n in range(5, 9)])
    assert last["fits"] == 2
    assert last["chance_up_to"] == pytest.approx((shares**2).sum())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((["101"], 10), "between 0 and 100; found 101"),
        ((["12.55"], 10), "12.55 has more than 1 decimals"),
        ((["many"], 10), "'many' is not a percentage"),
        (([], 10), "no percentages"),
        (([10.0], 0), "at least 1 respondent"),
        (([10.0, 20.0], 5, [1]), "2 percentages, but decimals for 1"),
        (([10.0], 5, 1, "up"), "rounding must be one of"),
    ],
)
def test_bad_input_is_refused_with_what_was_found(arguments, message):
    with pytest.raises(ValueError, match=message):
        grim(*arguments)


# -- chances over several sizes ------------------------------------------------------------------------


@pytest.mark.parametrize("n", [7, 185, 400])
def test_one_size_has_the_closed_form(n):
    found = chance_of_any(9, 10, [n], draws=20)
    assert found["chance"].item() == pytest.approx(stats.binom.sf(8, 10, printable_share(n)))


def test_chance_of_some_size_agrees_with_counting_random_percentages():
    sizes = range(3, 16)
    random = np.random.default_rng(5)
    fits = np.array(
        [[bool(possible_counts(value, n, 0, "half_up")) for value in range(101)] for n in sizes], dtype=bool
    )
    drawn = random.integers(0, 101, size=(40_000, 4))
    hit = fits[:, drawn].sum(axis=2) >= 2
    expected = np.maximum.accumulate(hit, axis=0).mean(axis=1)
    found = chance_of_any(2, 4, sizes, 0, "half_up", draws=4000, seed=2)
    assert found["n"].tolist() == list(sizes)
    assert np.abs(found["chance"] - expected).max() < 0.01
    assert found["chance"].is_monotonic_increasing


def test_no_larger_than_the_sum_of_the_chances_and_no_smaller_than_the_last():
    tail = [stats.binom.sf(8, 10, printable_share(n, 1, "half_up")) for n in range(20, 120)]
    found = chance_of_any(9, 10, range(20, 120), rounding="half_up", draws=50, seed=1)["chance"]
    assert found.iloc[-1] <= sum(tail) * (1 + 1e-9)
    assert found.iloc[-1] >= max(tail)


def test_a_base_of_their_own_always_fits_the_size_that_is_that_base():
    found = chance_with_bases([4], (37, 37), 4, [37], draws=500)
    assert found["chance"].item() == 1.0


def test_different_bases_make_one_size_for_all_rare():
    one = chance_with_bases([10], (100, 120), 9, range(100, 121), draws=2000)["chance"].iloc[-1]
    three = chance_with_bases([6, 1, 3], (100, 120), 9, range(100, 121), draws=2000)["chance"].iloc[-1]
    assert one == 1.0
    assert 0 < three < 0.3


@pytest.mark.parametrize("rounding", ["half_up", "half_even", "down"])
def test_counts_are_printed_by_the_rounding_that_is_tested(rounding):
    table = chance_with_bases([1], (8, 8), 1, [8], 0, rounding, draws=400)
    assert table["chance"].item() == 1.0


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda: chance_of_any(0, 10, [5]), "fits"),
        (lambda: chance_of_any(3, 2, [5]), "fits"),
        (lambda: chance_of_any(1, 2, []), "sizes"),
        (lambda: chance_of_any(1, 2, [5], rounding="up"), "rounding"),
        (lambda: chance_with_bases([1], (9, 8), 1, [5]), "smallest first"),
        (lambda: chance_with_bases([1], (8, 9), 1, [5], rounding="either"), "half_up"),
    ],
)
def test_wrong_arguments_are_refused(call, word):
    with pytest.raises(ValueError, match=word):
        call()
