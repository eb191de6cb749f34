from itertools import product
from unittest.mock import Mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import milp
from scipy.sparse import block_diag, csr_array

from nsmo.stats import suppression
from nsmo.stats.disclosure import Linked, audit, dominated, sensitive, weakest
from nsmo.stats.suppression import protect


def two_way(counts, slack=0.0):
    """A table with its row totals, column totals and grand total, all published."""
    counts = np.asarray(counts, dtype=float)
    place = np.arange(counts.size).reshape(counts.shape)
    sums = [[i] for i in place.flat] + list(place) + list(place.T) + [place.ravel()]
    matrix = np.array([np.isin(np.arange(counts.size), those) for those in sums], dtype=float)
    room = np.full(len(matrix), float(slack))
    return Linked(counts.ravel(), csr_array(matrix), csr_array((0, counts.size)), room, room)


def shown(linked, *cells):
    hidden = np.zeros(len(linked.truth), dtype=bool)
    hidden[list(cells)] = True
    return hidden


def by_trying_everything(linked, hidden, cell):
    """The values of a cell in every table of whole numbers that fits what is published."""
    most = int(linked.atoms.sum()) + int(2 * linked.above.max()) + 1
    fits = []
    for atoms in product(range(most + 1), repeat=len(linked.atoms)):
        values = linked.cells @ np.array(atoms, dtype=float)
        off = (values > linked.truth + linked.above + 1e-9) | (values < linked.truth - linked.below - 1e-9)
        ties = linked.relations @ np.array(atoms, dtype=float)
        if not (off & ~hidden).any() and not ties.any():
            fits.append(values[cell])
    return min(fits), max(fits)


# -- rules ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "base", "group", "reason"),
    [
        (10, 20, True, ""),
        (9, 20, True, "count"),
        (1, 20, False, "count"),
        (0, 20, True, "none"),
        (0, 20, False, ""),
        (20, 20, True, "all"),
        (20, 20, False, "all"),
        (19, 20, True, "all"),
        (18, 20, True, ""),
        (5, 9, True, "base"),
        (0, 9, True, "base"),
        (0, 0, True, ""),
    ],
)
def test_each_rule_at_its_edge(count, base, group, reason):
    assert sensitive(count, base, min_base=10, min_count=10, max_share=0.9, group=group) == reason


@pytest.mark.parametrize(
    ("numbers", "found"),
    [
        ([], False),
        ([0, 0], False),
        ([100], True),
        ([100, 100], True),
        ([100, 50, 9], True),
        ([100, 50, 10], False),
        ([100, 50, 5, 5, np.nan], False),
    ],
)
def test_a_sum_is_dominated_when_the_rest_is_less_than_ten_percent_of_the_largest(numbers, found):
    assert dominated(numbers, percent=10) is found


@given(
    st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 4)), max_size=8),
    st.sampled_from([5, 10, 50]),
)
def test_numbers_that_several_gave_are_dominated_as_when_each_is_written_out(counted, percent):
    numbers, n = np.array(counted, dtype=float).reshape(-1, 2).T
    written_out = np.repeat(numbers, n.astype(int))
    assert dominated(numbers, n.astype(int), percent=percent) is dominated(written_out, percent=percent)
    largest = np.sort(written_out)[::-1]
    assert dominated(written_out, percent=percent) is bool(
        written_out.sum() > 0 and 100 * largest[2:].sum() < percent * largest[0]
    )


# -- attack --------------------------------------------------------------------------------------------------


def test_one_hidden_cell_is_the_total_less_the_others():
    table = two_way([[20, 3], [8, 19]])
    assert audit(table, shown(table, 1)).to_numpy().tolist() == [[1, 3, 3, 3]]


def test_a_square_of_hidden_cells_leaves_what_the_smaller_diagonal_has():
    table = two_way([[20, 3, 7], [8, 19, 7], [5, 5, 5]])
    found = audit(table, shown(table, 0, 1, 3, 4)).set_index("cell")
    # One step moves 20 and 19 up and 3 and 8 down, or the other way round.
    assert found.loc[0, ["low", "high"]].tolist() == [20 - 19, 20 + 3]
    assert found.loc[1, ["low", "high"]].tolist() == [0, 3 + 19]


def test_a_published_total_of_zero_tells_that_its_parts_are_zero():
    table = two_way([[0, 0, 0], [4, 5, 6]])
    found = audit(table, shown(table, 0, 1, 2, 3, 4))
    assert found.loc[found["value"] == 0, "high"].tolist() == [0, 0, 0]
    assert found.loc[found["value"] > 0, "low"].tolist() == [4, 5]


def test_rounding_leaves_room():
    exact, rounded = two_way([[20, 3], [8, 19]]), two_way([[20, 3], [8, 19]], slack=2)
    assert audit(exact, shown(exact, 1))["high"].item() == 3
    # The column total less the other cell: 22 give or take 2, less 19 give or take 2.
    assert audit(rounded, shown(rounded, 1))[["low", "high"]].to_numpy().tolist() == [[0, 7]]


def test_what_nothing_bounds_has_no_upper_bound():
    alone = Linked(np.array([4.0]), csr_array([[1.0]]), csr_array((0, 1)), np.zeros(1), np.zeros(1))
    assert audit(alone, np.array([True]))[["low", "high"]].to_numpy().tolist() == [[0, np.inf]]


def test_two_tables_about_the_same_respondents_tell_of_each_other():
    # Both add up to the same two answers (5 and 4), which are published nowhere themselves.
    atoms = np.array([2.0, 3, 1, 3, 4, 1, 2, 2, 5, 4])
    cells = csr_array(np.eye(10)[:8])
    ties = np.zeros((4, 10))
    for row, (those, hub) in enumerate([((0, 1), 8), ((2, 3), 9), ((4, 5), 8), ((6, 7), 9)]):
        ties[row, list(those)], ties[row, hub] = 1, -1
    linked = Linked(atoms, cells, csr_array(ties), np.zeros(8), np.zeros(8))
    found = audit(linked, shown(linked, 0, 3)).set_index("cell")
    # Alone the first table would leave both open; the second one gives its totals.
    assert found.loc[0, ["low", "high"]].tolist() == [2, 2]
    assert found.loc[3, ["low", "high"]].tolist() == [3, 3]


@settings(max_examples=25, deadline=None)
@given(
    arrays(int, (2, 2), elements=st.integers(0, 2)),
    arrays(bool, 9),
    st.sampled_from([0, 1]),
)
def test_bounds_are_those_of_trying_every_table(counts, hidden, slack):
    table = two_way(counts, slack)
    hidden[-1] = False
    for row in audit(table, hidden).to_dict("records"):
        assert (row["low"], row["high"]) == by_trying_everything(table, hidden, row["cell"])


@settings(max_examples=25, deadline=None)
@given(arrays(int, (3, 3), elements=st.integers(0, 30)), arrays(bool, 16))
def test_bounds_hold_the_truth_and_whole_numbers_narrow_them(counts, hidden):
    table = two_way(counts)
    hidden[-1] = False
    whole, plain = audit(table, hidden), audit(table, hidden, whole=False)
    assert (whole["low"] <= whole["value"] + 1e-6).all()
    assert (whole["high"] >= whole["value"] - 1e-6).all()
    assert (plain["low"] <= whole["low"] + 1e-6).all()
    assert (plain["high"] >= whole["high"] - 1e-6).all()


@settings(max_examples=25, deadline=None)
@given(
    arrays(int, (3, 4), elements=st.integers(0, 30)),
    arrays(bool, 20),
    arrays(float, 20, elements=st.sampled_from([2.0, 4.0])),
)
def test_what_is_known_too_well_or_best_is_found_without_a_search_for_every_cell(counts, hidden, promised):
    table = two_way(counts)
    hidden[-1] = False
    places = list(np.flatnonzero(hidden))
    every = audit(table, hidden).set_index("cell")
    some = weakest(table, hidden, places, width=promised, least=4).set_index("cell")
    assert every.loc[some.index].equals(some)
    gap, found = every["high"] - every["low"], some["high"] - some["low"]
    assert set(gap[gap < promised[gap.index]].index) <= set(found.index)
    full = promised[gap.index] == 4
    assert found[promised[found.index] == 4].min() == gap[full].min() or not full.any()
    # Of cells that were bounded before, narrower than any of these.
    later = weakest(table, hidden, places, width=promised, least=4, narrowest=-1)
    assert set(gap[gap < promised[gap.index]].index) <= set(later["cell"])


@settings(max_examples=25, deadline=None)
@given(arrays(int, (3, 4), elements=st.integers(0, 30)), st.integers(0, 11), st.integers(-9, 9))
def test_truths_that_somebody_claims_count_only_where_they_fit_what_is_published(counts, cell, change):
    table = two_way(counts)
    plan = protect(table, (table.truth > 0) & (table.truth < 5), width=4)
    false = np.zeros((1, len(table.atoms)))
    false[0, cell] = change  # nothing makes up for it
    claimed = csr_array(np.vstack([plan.moves.toarray(), false]))
    places = list(np.flatnonzero(plan.hidden))
    every = audit(table, plan.hidden).set_index("cell")
    found = weakest(table, plan.hidden, places, width=4, least=4, moves=claimed).set_index("cell")
    assert every.loc[found.index].equals(found)
    gap = every["high"] - every["low"]
    assert set(gap[gap < 4].index) <= set(found.index)
    if len(gap) and gap.min() >= 4:
        assert (found["high"] - found["low"]).min() == gap.min(), "the narrowest is among them"


# -- protection ----------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(
    st.tuples(st.integers(2, 4), st.integers(2, 4)).flatmap(
        lambda shape: arrays(int, shape, elements=st.integers(0, 40))
    ),
    st.integers(1, 6),
)
def test_whoever_has_all_that_is_published_cannot_bound_a_hidden_cell_more_narrowly(counts, width):
    table = two_way(counts)
    everybody = np.arange(len(table.truth)) == len(table.truth) - 1
    primary = (table.truth > 0) & (table.truth < 5) & ~everybody
    plan = protect(table, primary, width=width, always=everybody)
    assert (plan.hidden[primary]).all()
    assert not plan.hidden[-1]
    bounds = audit(table, plan.hidden).set_index("cell")
    kept = plan.hidden & ~plan.short
    assert (bounds["high"] - bounds["low"])[kept[bounds.index]].ge(width - 1e-6).all()
    # The two ends that the plan shows are possible.
    assert (bounds["low"] <= plan.low[bounds.index] + 1e-6).all()
    assert (bounds["high"] >= plan.high[bounds.index] - 1e-6).all()
    # Only a table of too few respondents cannot be protected.
    assert not plan.short.any() or counts.sum() < width


def test_nothing_more_is_hidden_than_is_needed():
    table = two_way([[20, 50, 10, 3], [80, 19, 22, 12], [17, 32, 12, 25]])
    everybody = np.arange(len(table.truth)) == len(table.truth) - 1
    plan = protect(table, table.truth == 3, width=5, always=everybody)
    # A square of four cells is the least that hides one cell of a table with all its totals.
    assert plan.hidden.sum() == 4
    assert plan.hidden[[3]].all()


def test_what_is_not_sensitive_stays():
    table = two_way([[20, 50], [80, 19]])
    plan = protect(table, shown(table), width=5)
    assert not plan.hidden.any()
    assert plan.low.tolist() == plan.high.tolist() == table.truth.tolist()


def test_a_cell_without_room_is_said_to_be_short():
    table = two_way([[1, 1], [1, 1]])
    everything = np.arange(len(table.truth)) >= 4
    plan = protect(table, shown(table, 0), width=5, always=everything)
    assert plan.short[0]
    assert plan.high[0] - plan.low[0] == 2


def test_the_work_grows_with_the_number_of_tables_and_not_with_its_square(monkeypatch):
    table = two_way([[20, 3, 7, 40], [8, 19, 7, 12], [5, 5, 5, 30]])
    small = np.array([0 < value < 10 for value in table.truth])
    sizes = Mock(wraps=milp)
    monkeypatch.setattr(suppression, "milp", sizes)

    def work(copies):
        """Settle copies of a table with nothing in common; give the size of each problem that was solved."""
        sizes.reset_mock()
        many = Linked(
            np.tile(table.atoms, copies),
            block_diag([table.cells] * copies, format="csr"),
            csr_array((0, len(table.atoms) * copies)),
            np.tile(table.below, copies),
            np.tile(table.above, copies),
        )
        found = protect(many, np.tile(small, copies), width=5)
        assert not found.short.any()
        return found, [len(call.args[0]) for call in sizes.call_args_list]

    one, alone = work(1)
    twenty, together = work(20)
    assert len(together) == 20 * len(alone)
    assert max(together) == max(alone)
    # Nor does it matter what else is in the report.
    assert (twenty.hidden == np.tile(one.hidden, 20)).all()
