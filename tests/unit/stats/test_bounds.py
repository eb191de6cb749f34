"""Extents over tables of counts: against closed forms, and against every table where there are few."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from nsmo.stats.bounds import (
    Extent,
    Program,
    d_of_classes,
    d_of_margins,
    join_tree,
    reached,
    somers_d,
    sorted_table,
    union,
)
from nsmo.stats.bounds.lines import Lines

small = settings(max_examples=40, deadline=None)


def tables(kinds: int, size: int):
    """Every way to deal respondents out over kinds."""
    if kinds == 1:
        yield (size,)
        return
    for first in range(size + 1):
        for rest in tables(kinds - 1, size - first):
            yield (first, *rest)


@st.composite
def programs(draw):
    kinds, size = draw(st.integers(2, 4)), draw(st.integers(1, 6))
    program = Program.of(kinds, size)
    for _ in range(draw(st.integers(0, 2))):
        row = np.array(draw(st.lists(st.integers(-2, 3), min_size=kinds, max_size=kinds)))
        low = draw(st.integers(-4, 6))
        program = program.require(row, low, low + draw(st.integers(0, 5)))
    found = [np.array(t) for t in tables(kinds, size) if program.holds(np.array(t))]
    rows = st.lists(st.integers(-3, 3), min_size=kinds, max_size=kinds).map(np.array)
    return program, found, draw(rows), draw(rows)


@small
@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(0, n))))
def test_two_shares_bound_those_who_have_both_and_either_as_frechet_says(case):
    n, a, b = case
    first, second, both = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.array([0, 0, 0, 1])
    program = Program.of(4, n).require(first, a, a).require(second, b, b)
    assert program.total(both) == Extent.exactly(max(0, a + b - n), min(a, b))
    assert program.total(np.array([0, 1, 1, 1])) == Extent.exactly(max(a, b), min(n, a + b))


@small
@given(programs())
def test_sums_ratios_and_the_weakest_of_two_sums_have_the_ends_of_all_tables(case):
    program, found, one, other = case
    assert program.feasible == bool(found)
    sums = [int(one @ table) for table in found]
    assert program.total(one) == (Extent.exactly(min(sums), max(sums)) if found else None)
    weakest = [min(int(one @ table), int(other @ table)) for table in found]
    assert program.weakest([one, other]) == (Extent.exactly(min(weakest), max(weakest)) if found else None)
    whole = np.abs(other)
    ratios = [Fraction(int(one @ table), int(whole @ table)) for table in found if whole @ table > 0]
    assert program.ratio(one, whole) == (Extent.exactly(min(ratios), max(ratios)) if ratios else None)


@small
@given(st.data())
def test_answers_on_a_scale_have_the_ends_of_all_tables_though_a_scale_is_two_unknowns(data):
    size, steps = data.draw(st.integers(1, 5)), data.draw(st.integers(2, 3))
    group = np.repeat([0, 1], steps + 1)
    score = np.tile(np.arange(steps + 1), 2) * data.draw(st.sampled_from([2, 3, 5]))
    program = Program.of(len(group), size).require(group, 0, data.draw(st.integers(0, size)))
    low = data.draw(st.integers(0, 5 * size))
    program = program.require(score, low, low + data.draw(st.integers(0, 4)))
    found = [np.array(t) for t in tables(len(group), size) if program.holds(np.array(t))]
    assert program.feasible == bool(found)
    for objective in (score * group, 2 * score - 3, score + group, group):
        sums = [int(objective @ table) for table in found]
        assert program.total(objective) == (Extent.exactly(min(sums), max(sums)) if found else None)


def test_kinds_in_even_steps_are_two_unknowns_and_counted_back_to_tables_with_the_same_sums():
    group, score = np.array([0, 0, 0, 1, 1, 1, 1, 1]), np.array([4, 0, 2, 7, 1, 3, 5, 8])
    lines = Lines.of(np.array([group, 1 - group, score]))
    # 0, 2, 4 of one group; 1, 3, 5, 7 of the other, whose 8 is no step of two.
    assert [score[line].tolist() for line in lines.lines] == [[0, 2, 4], [1, 3, 5, 7]]
    assert score[lines.first].tolist() == [8]
    counts = lines.counts(np.array([6, 5, 4, 7, 12]), len(group))
    assert counts.sum() == 6 + 5 + 4
    assert score @ counts == 6 * 8 + 2 * 7 + 4 * 1 + 2 * 12


@small
@given(programs())
def test_all_combinations_of_two_sums_are_those_of_all_tables(case):
    program, found, one, other = case
    pairs = {(int(one @ table), int(other @ table)) for table in found}
    assert set(program.values([one, other], limit=500)) == pairs


def test_more_combinations_than_wanted_are_given_up():
    program = Program.of(3, 100)
    assert program.values([np.array([1, 0, 0]), np.array([0, 1, 0])], limit=50) is None


@small
@given(st.integers(1, 40), st.integers(0, 20), st.integers(1, 20), st.booleans(), st.booleans())
def test_a_share_between_two_ends_keeps_or_leaves_the_ends(n, low, width, open_low, open_high):
    ends = Fraction(low, 20), Fraction(low + width, 20)
    program = Program.of(2, n).share(
        np.array([1, 0]), np.array([1, 1]), *ends, open_low=open_low, open_high=open_high
    )
    fits = [
        count
        for count in range(n + 1)
        if (ends[0] < Fraction(count, n) or (not open_low and ends[0] == Fraction(count, n)))
        and (Fraction(count, n) < ends[1] or (not open_high and Fraction(count, n) == ends[1]))
    ]
    found = program.total(np.array([1, 0]))
    assert found == (Extent.exactly(min(fits), max(fits)) if fits else None)


def test_conditions_need_whole_coefficients():
    with pytest.raises(ValueError, match="whole coefficients"):
        Program.of(2, 5).require(np.array([0.5, 1]))


@small
@given(st.integers(1, 50), st.integers(3, 9), st.data())
def test_a_search_that_stops_early_gives_ends_on_both_sides_of_the_true_ones(n, kinds, data):
    weights = [
        np.array(data.draw(st.lists(st.integers(1, 40), min_size=kinds, max_size=kinds))) for _ in "ab"
    ]
    limit = int(weights[0].sum()) * n // kinds
    full = Program.of(kinds, n).require(weights[0], high=limit)
    early = Program(full.matrix, full.low, full.high, nodes=1)
    true, found = full.total(weights[1]), early.total(weights[1])
    if true is not None and found is not None:
        assert found.outer_low <= true.low <= found.low
        assert found.high <= true.high <= found.outer_high


def test_extents_of_several_sets_of_tables_are_put_together():
    one, other = Extent(Fraction(1), Fraction(2), Fraction(0), Fraction(2)), Extent.exactly(3, 5)
    assert union([None, one, other]) == Extent(Fraction(1), Fraction(5), Fraction(0), Fraction(5))
    assert not union([one, other]).sharp
    assert union([None, None]) is None
    assert other / 2 == Extent.exactly(Fraction(3, 2), Fraction(5, 2))


# ------------------------------------------------------------------------------------------------ Somers' D


def by_pairs(table: np.ndarray) -> Fraction | None:
    cells = [(i, j) for (i, j), count in np.ndenumerate(table) for _ in range(count)]
    pairs = [(a, b) for k, a in enumerate(cells) for b in cells[k + 1 :] if a[0] != b[0]]
    signs = [np.sign(a[0] - b[0]) * np.sign(a[1] - b[1]) for a, b in pairs]
    return Fraction(int(sum(signs)), len(pairs)) if pairs else None


def crossed(rows, columns):
    """Every table of counts with these margins."""
    if len(rows) == 1:
        yield [tuple(columns)]
        return
    for first in tables(len(columns), rows[0]):
        if all(a <= b for a, b in zip(first, columns, strict=True)):
            for rest in crossed(rows[1:], [b - a for a, b in zip(first, columns, strict=True)]):
                yield [first, *rest]


margins = st.integers(2, 7).flatmap(
    lambda n: st.tuples(st.sampled_from(list(tables(3, n))), st.sampled_from(list(tables(3, n))))
)


@small
@given(margins)
def test_d_between_two_margins_has_the_ends_of_all_tables_with_them(case):
    rows, columns = case
    found = [by_pairs(np.array(table)) for table in crossed(list(rows), list(columns))]
    assert [somers_d(np.array(table)) for table in crossed(list(rows), list(columns))] == found
    ends = d_of_margins(rows, columns)
    assert ends == (None if found[0] is None else Extent.exactly(min(found), max(found)))
    for turned in (False, True):
        table = sorted_table(rows, columns, turned)
        assert table.sum(1).tolist() == list(rows)
        assert table.sum(0).tolist() == list(columns)


@small
@given(
    st.sampled_from([(2, 1), (1, 2), (2, 2), (3,), (1, 1, 2)]),
    st.integers(2, 7),
    st.data(),
)
def test_d_with_classes_whose_split_is_free_has_the_ends_of_every_split(classes, n, data):
    total = data.draw(st.sampled_from(list(tables(len(classes), n))))
    columns = data.draw(st.sampled_from(list(tables(data.draw(st.integers(2, 4)), n))))
    splits = product(*[list(tables(levels, count)) for levels, count in zip(classes, total, strict=True)])
    every = union(d_of_margins([c for part in split for c in part], columns) for split in splits)
    found = d_of_classes(classes, [total], [columns])
    if every is None:
        assert found is None
    else:
        assert found[0] == every
        assert (somers_d(found[1]), somers_d(found[2])) == (every.low, every.high)


# ------------------------------------------------------------------------------------------- common tables


def test_questions_that_meet_in_one_question_stay_apart_but_for_it():
    parts, links = join_tree([frozenset("am"), frozenset("m"), frozenset("mp")])
    assert parts == [frozenset("am"), frozenset("mp")]
    assert [link[2] for link in links] == [frozenset("m")]


def test_questions_that_meet_in_a_ring_need_a_common_table():
    parts, links = join_tree([frozenset("ab"), frozenset("bc"), frozenset("ca"), frozenset("cd")])
    assert sorted(parts, key=len) == [frozenset("cd"), frozenset("abc")]
    assert [link[2] for link in links] == [frozenset("c")]


def test_questions_without_a_tie_have_no_link():
    parts, links = join_tree([frozenset("ab"), frozenset("cd")])
    assert len(parts) == 2
    assert links == []


def test_what_a_chain_of_ties_leads_to():
    ties = [frozenset("ab"), frozenset("bc"), frozenset("de")]
    assert reached(frozenset("a"), ties) == frozenset("abc")


def test_a_share_of_a_group_of_known_size_needs_no_search_for_whole_numbers(monkeypatch):
    """90 % (rounded) of 7 of 20 respondents is none; of 11 of 20 it is 10, without a branch of the search."""
    group, part = np.array([1, 1, 0]), np.array([1, 0, 0])
    rounded = Fraction(895, 1000), Fraction(905, 1000)
    searches = []
    solve = optimize.milp
    monkeypatch.setattr(
        optimize, "milp", lambda *a, **k: (searches.append(k["integrality"].any()), solve(*a, **k))[1]
    )
    loose = Program.of(3, 20).share(part, group, *rounded)
    assert loose.require(group, 7, 7).total(part) is None
    assert Program.of(3, 20).share(part, group, Fraction(8, 10), Fraction(92, 100)).require(
        group, 11, 11
    ).total(part) == Extent.exactly(9, 10)
    assert not any(searches)


def test_a_table_that_was_found_is_used_again_where_it_agrees(monkeypatch):
    program = Program.of(3, 10).require(np.array([1, 1, 0]), 4, 8)
    assert program.total(np.array([1, 0, 0])) == Extent.exactly(0, 8)
    monkeypatch.setattr(optimize, "milp", None)
    assert program.require(np.array([1, 0, 0]), 0, 3).feasible
    assert program.require(np.array([0, 0, 1]), 1).feasible
