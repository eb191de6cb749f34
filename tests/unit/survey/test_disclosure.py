import pandas as pd
import pytest
from bakeries import survey_of
from hypothesis import given
from hypothesis import strategies as st

from nsmo.survey.disclosure import suppress
from nsmo.survey.estimates import estimates


def groups(*sizes):
    return pd.DataFrame(
        {
            "question": "q",
            "option": "a",
            "by": "g",
            "group": [f"g{i}" for i in range(len(sizes))],
            "n": sizes,
            "count": 3.0,
            "statistic": "proportion",
            "estimate": 0.3,
            "se": 0.1,
            "ci_low": 0.2,
            "ci_high": 0.4,
            "deff": 1.0,
            "n_eff": 10.0,
            "weighted": False,
        }
    )


@pytest.mark.parametrize(
    ("sizes", "hidden"),
    [
        ((30, 20, 10), [False, False, False]),
        ((30, 20, 9), [False, True, True]),
        ((30, 8, 9), [False, True, True]),
        ((9,), [True]),
        ((12, 12, 9), [True, False, True]),
    ],
)
def test_small_groups_are_hidden_with_a_second_one_that_would_give_them_away(sizes, hidden):
    table = suppress(groups(*sizes), 10)
    assert table["suppressed"].tolist() == hidden
    assert table["estimate"].isna().tolist() == hidden
    assert table["count"].isna().tolist() == hidden
    assert table["n"].tolist() == list(sizes)


@given(st.lists(st.integers(1, 40), min_size=2, max_size=7), st.integers(2, 15))
def test_never_exactly_one_group_is_hidden(sizes, min_n):
    table = suppress(groups(*sizes), min_n)
    assert table["suppressed"].sum() != 1
    assert table.loc[~table["suppressed"], "n"].min() >= min_n or table["suppressed"].all()


def test_everybody_is_hidden_alone(bakeries, codebook):
    table = estimates(survey_of(bakeries, codebook, min_n=5), "turnover")
    assert table["suppressed"].all()
    assert table["estimate"].isna().all()
