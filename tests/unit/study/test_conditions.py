import pandas as pd
import pytest

from nsmo.study import StudyError, load_codebook
from nsmo.study.conditions import describe, evaluate, evaluate_known, names

FRAME = pd.DataFrame(
    {
        "size": pd.Categorical(["small", "large", None, None], categories=["small", "middle", "large"]),
        "size.missing": pd.Categorical([None, None, "refused", "not_asked"]),
        "breads.white": pd.array([True, True, False, None], dtype="boolean"),
        "breads.rye": pd.array([True, False, False, None], dtype="boolean"),
        "breads.missing": pd.Categorical([None, None, None, "no_answer"]),
        "turnover": [10.0, 20.0, None, 30.0],
        "turnover.missing": pd.Categorical([None, None, "dont_know", None]),
    }
)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"question": "size", "is": ["small"]}, [1, 0, 0, 0]),
        ({"question": "size", "is_not": ["small"]}, [0, 1, 0, 0]),
        ({"not": {"question": "size", "is": ["small"]}}, [0, 1, 1, 1]),
        ({"question": "size", "missing": True}, [0, 0, 1, 1]),
        ({"question": "size", "missing": ["refused"]}, [0, 0, 1, 0]),
        ({"question": "breads", "has": ["white", "rye"]}, [1, 1, 0, 0]),
        ({"question": "breads", "has_all": ["white", "rye"]}, [1, 0, 0, 0]),
        ({"question": "turnover", "at_least": 20}, [0, 1, 0, 1]),
        ({"question": "turnover", "above": 20}, [0, 0, 0, 1]),
        ({"question": "turnover", "at_most": 20}, [1, 1, 0, 0]),
        ({"question": "turnover", "below": 20}, [1, 0, 0, 0]),
        (
            {"all": [{"question": "size", "missing": True}, {"question": "turnover", "above": 0}]},
            [0, 0, 0, 1],
        ),
        (
            {"any": [{"question": "size", "is": ["small"]}, {"question": "turnover", "above": 25}]},
            [1, 0, 0, 1],
        ),
    ],
)
def test_a_condition_holds_or_not_and_is_never_missing(condition, holds):
    result = evaluate(condition, FRAME)
    assert result.dtype == bool
    assert result.tolist() == [bool(value) for value in holds]


def test_known_truth_is_missing_only_where_it_hangs_on_a_missing_answer():
    either = {"any": [{"question": "size", "is": ["large"]}, {"question": "turnover", "above": 25}]}
    assert evaluate_known(either, FRAME).tolist() == [False, True, pd.NA, True]
    negation = evaluate_known({"not": {"question": "size", "is": ["small"]}}, FRAME)
    assert negation.tolist() == [False, True, pd.NA, pd.NA]


def test_names_come_once_and_in_order():
    tree = {
        "all": [
            {"question": "b", "missing": True},
            {"not": {"question": "a", "is": ["x"]}},
            {"question": "b", "is": ["y"]},
        ]
    }
    assert names(tree) == ["b", "a"]


def test_an_unknown_question_or_option_is_refused():
    with pytest.raises(StudyError, match=r"asks for 'sise.missing'"):
        evaluate({"question": "sise", "is": ["small"]}, FRAME)
    with pytest.raises(StudyError, match=r"asks whether 'size' is 'tiny'(.|\n)*small, middle, large"):
        evaluate({"question": "size", "is": ["tiny"]}, FRAME)
    with pytest.raises(StudyError, match=r"breads.spelt(.|\n)*breads.white, breads.rye"):
        evaluate({"question": "breads", "has": ["spelt"]}, FRAME)


@pytest.mark.parametrize(
    "condition", [{"question": "size"}, {"is": ["a"]}, {"question": "size", "equals": "a"}, {}]
)
def test_a_malformed_condition_is_refused(condition):
    with pytest.raises(StudyError, match="no condition"):
        evaluate(condition, FRAME)


def test_conditions_are_put_into_words(codebook_file):
    codebook = load_codebook(codebook_file())
    tree = {
        "all": [
            {"not": {"question": "consent", "is": ["yes"]}},
            {"question": "breads", "has": ["white", "rye"]},
        ]
    }
    assert describe(tree, codebook, "en") == "Consent is not Yes and Breads: White bread or Rye bread ticked"
    nothing = {"not": {"question": "breads", "has": ["white"]}}
    assert describe(nothing, codebook, "en") == "not (Breads: White bread ticked)"
    assert describe({"question": "opinion", "below": 2.5}, codebook, "nl") == "Mening is minder dan 2,5"
    assert (
        describe({"question": "size", "missing": ["refused"]}, codebook, "en") == "Size is missing (refused)"
    )
