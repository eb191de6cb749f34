"""Four times as much of something takes no more than some four times as long."""

import time
from collections.abc import Callable

import pandas as pd
import pytest

from nsmo.draft import joined
from nsmo.draft.values import Column
from nsmo.formats.columns.coded import JoinedColumn
from nsmo.formats.rankings import Ranked
from nsmo.formats.texts import Texts
from nsmo.study.model import closest
from nsmo.study.questionnaire import Option


def ranking(many: int) -> Callable[[], object]:
    answers = [f"answer {i}" for i in range(many)]
    ranked = Ranked("c", ("c",), tuple(answers), ";")
    cells = Texts.of(["; ".join(reversed(answers)), "; ".join(answers)])
    return lambda: ranked.places_in([cells])


def unread_rankings(many: int) -> Callable[[], object]:
    ranked, cells = Ranked("c", ("c",), ("a", "b"), ";"), Texts.of([f"x {i}" for i in range(many)])
    return lambda: ranked.places_in([cells])


def ticks_in_a_cell(many: int) -> Callable[[], object]:
    column = JoinedColumn(
        name="c",
        use="c",
        options=tuple(Option(name=f"o{i}", code=f"code {i}", nl="o", en="o") for i in range(10)),
        separator=",",
    )
    cell = ",".join(f"code {i % 10},something else" for i in range(many))
    return lambda: column.split(cell)


def texts_with_commas(many: int) -> Callable[[], object]:
    column = Column("c", pd.Series([f"Red, Blue, foo {i}, bar {i}" for i in range(many)] * 2))
    return lambda: joined.options(column, ",")


def misspelt(many: int) -> Callable[[], object]:
    names = [f"question_{i}" for i in range(many)]
    return lambda: [closest(f"qestion_{i}x", names) for i in range(many)]


@pytest.mark.parametrize(
    ("made", "few"),
    [
        (ranking, 500),
        (unread_rankings, 4_000),
        (ticks_in_a_cell, 500),
        (texts_with_commas, 300),
        (misspelt, 1_000),
    ],
)
def test_time_grows_with_the_size_and_no_faster(made: Callable[[int], Callable[[], object]], few: int):
    def seconds(many: int) -> float:
        work, taken = made(many), []
        for _ in range(2):
            started = time.process_time()
            work()
            taken.append(time.process_time() - started)
        return min(taken)

    less, more = seconds(few), seconds(4 * few)
    assert more < 9 * less + 0.02, "four times as much; with a look at all for each it takes sixteen times"


def test_of_thousands_of_names_some_are_listed():
    names = [f"question_{i}" for i in range(2_000)]
    assert closest("question_17x", names) == "perhaps question_17 or question_217 or question_197"
    assert closest("zzz", names).endswith("question_39 and 1,960 more")


def test_options_with_commas_are_found_together_as_one_by_one():
    column = Column(
        "c",
        pd.Series(
            [
                "Red, Blue, tea, or coffee, Black (dark, deep)",
                "Blue",
                "tea, or coffee, Red",
                "Black (dark, deep)",
            ]
            * 3
        ),
    )
    found, held, own = joined.options(column, ",")
    assert set(found) == {"Red", "Blue", "tea, or coffee", "Black (dark, deep)"}
    assert set(held) == {"tea, or coffee", "Black (dark, deep)"}
    assert own == []
