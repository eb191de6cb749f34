"""The one format of results: a long frame of estimates, and one of tests, that every stage writes and reads.

Frames carry names of questions, options and groups; `nsmo.present.labels` knows what these are called in a
language.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from nsmo.study.errors import StudyError

#: The columns of every file of estimates. `n` is the unweighted number of respondents in the denominator,
#: `count` those of them in the numerator, `base` who they are: asked, answered, all, or complete (those who
#: answered all of several questions).
COLUMNS = [
    "wave",
    "question",
    "option",
    "by",
    "group",
    "n",
    "count",
    "base",
    "statistic",
    "estimate",
    "se",
    "ci_low",
    "ci_high",
    "deff",
    "n_eff",
    "weighted",
    "suppressed",
    "confidence",
]
#: What of an estimate is blank where it may not be shown.
VALUES = ["count", "estimate", "se", "ci_low", "ci_high", "deff", "n_eff"]
#: The columns of every file of tests: `question` and `by` are the questions that were held together, `option`
#: and `group` narrow them down, `test` is its kind. `ddf` is the second number of degrees of freedom of an F.
#: A file holds besides, in `of`, which results of the stage a test belongs to.
TEST_COLUMNS = [
    "wave",
    "question",
    "option",
    "by",
    "group",
    "test",
    "statistic",
    "df",
    "ddf",
    "p",
    "p_holm",
    "n",
    "weighted",
]
#: The column of estimates of reconstructed answers that says where each comes from, and that of tests of them
#: that holds their p-values, which are a check of the pipeline.
ORIGIN = "origin"
PIPELINE_CHECK = "pipeline_check"
#: The option of the rows for the box that counts, which the questionnaire names for each question.
TOP = "top"
#: The option of the rows for the box at the other end of the scale.
BOTTOM = "bottom"
#: Before the reason in the option of a row for those in the base who gave no answer.
MISSING = "missing."
#: How many of all answers that were ticked are this one.
OF_ANSWERS = "proportion of answers"
#: The option of a ranking for those who put it first.
FIRST = "1"
#: What a row of a cross-table has besides: the groups that it is significantly above, with `AND` between, and
#: whether it is above or below all other groups of its banner together.
HIGHER_THAN, AGAINST_REST = "higher_than", "against_rest"
#: Whether it is above or below what it was in the wave before, and which wave that was.
AGAINST_BEFORE, BEFORE = "against_before", "before"
AND, ABOVE, BELOW = "; ", "above", "below"
#: The respondents of its base by weight, and by Kish's design effect.
BASE_WEIGHT, BASE_WORTH = "base_weight", "base_worth"
#: Between the ends of a class of numbers, as in the option "0–<5"; the upper end is not of the class.
CLASS = "–<"

_KEYS = ["wave", "question", "option", "by", "group", "statistic", "weighted"]
_TEST_KEYS = ["wave", "question", "option", "by", "group", "test", "weighted"]
_BASES = ("asked", "replied", "answered", "all", "complete")
_SLACK = 1e-9  # what rounding may add


def combine_estimates(*frames: pd.DataFrame) -> pd.DataFrame:
    """Combine results into one frame of estimates, each row once.

    Parameters
    ----------
    *frames : DataFrame
        Each in the columns of `COLUMNS`; a row that stands in several is kept where it comes first. Without
        any, nothing was estimated.

    Examples
    --------
    >>> row = dict.fromkeys(COLUMNS) | {"question": "fresh", "option": "yes", "estimate": 0.4}
    >>> everybody = pd.DataFrame([row])
    >>> groups = pd.DataFrame([row, row | {"by": "size", "group": "small"}])
    >>> combine_estimates(everybody, groups)["group"].tolist()
    [None, 'small']
    """
    if not frames:
        return pd.DataFrame(columns=list(COLUMNS))
    return pd.concat(frames, ignore_index=True).drop_duplicates(_KEYS, ignore_index=True)


def combine_tests(tests: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Combine the tests of a stage into one frame.

    Parameters
    ----------
    tests : mapping
        What the tests are of to a frame in the columns of `TEST_COLUMNS`; the name goes into the column `of`.
    """
    return pd.concat([frame.assign(of=name) for name, frame in tests.items()], ignore_index=True)


def pick(frame: pd.DataFrame, *, weighted: bool = False, **where: Any) -> pd.Series:
    """Pick the one row of a result that a sentence speaks of.

    Parameters
    ----------
    frame : DataFrame
        Estimates or tests.
    weighted : bool
        Which of the two.
    **where
        Column to value; None stands for an empty cell.

    Raises
    ------
    StudyError
        If not exactly one row fits.

    Examples
    --------
    >>> frame = pd.DataFrame({"option": ["yes", "yes"], "weighted": [False, True], "estimate": [0.4, 0.3]})
    >>> pick(frame, option="yes", weighted=True)["estimate"]
    np.float64(0.3)
    """
    absent = [column for column in where if column not in frame]
    rows = frame.iloc[:0] if absent else frame[frame["weighted"] == weighted]
    for column, value in where.items() if not absent else ():
        rows = rows[rows[column].isna() if value is None else rows[column].eq(value)]
    if len(rows) != 1:
        text = ", ".join(f"{column} {value!r}" for column, value in where.items()) or "no condition"
        raise StudyError(
            found=f"no column {', '.join(absent)}"
            if absent
            else f"{len(rows)} rows fit {text}, weighted {weighted}",
            expected="one row",
            fix="name question, option, by, group or statistic so that one row is left",
        )
    return rows.iloc[0]


class Tested(int):
    """A count that tests or intervals decide; it is not said of answers that are no evidence."""


def tested(found: pd.Series) -> Tested:
    """Count of how many rows something holds that tests or intervals decide.

    Parameters
    ----------
    found : Series of bool
        Such as whether an interval excludes zero.

    Examples
    --------
    >>> tested(pd.Series([0.2, -0.1, 0.4]) > 0)
    2
    """
    return Tested(found.sum())


def fixed(frame: pd.DataFrame) -> pd.Series:
    """Find the shares that the weighting itself sets, so that their intervals have no width.

    Parameters
    ----------
    frame : DataFrame
        Estimates.

    Returns
    -------
    Series of bool
        A share of nobody or of everybody is none of them: its interval is one-sided.
    """
    return (
        frame["weighted"].astype(bool)
        & frame["statistic"].eq("proportion")
        & frame["estimate"].between(0, 1, inclusive="neither")
        & (frame["ci_high"] - frame["ci_low"]).lt(1e-9)
    )


def is_tests(frame: pd.DataFrame | Mapping[str, Any]) -> bool:
    """Whether a frame, or a row of one, holds tests rather than estimates."""
    return "p_holm" in frame and "test" in frame


def check(frame: pd.DataFrame, where: str = "a frame of results") -> pd.DataFrame:
    """Check that a frame holds estimates, or tests, in the one format.

    Parameters
    ----------
    frame : DataFrame
        With the columns of `COLUMNS` or of `TEST_COLUMNS`; it may have more.
    where : str
        What it is, for the message: the file that it is written to.

    Returns
    -------
    DataFrame
        The same.

    Raises
    ------
    StudyError
        Naming every rule that is broken, with the first row that breaks it: a column that is absent, a kind
        that is not the column's, a value out of its range, a suppressed row with a value, two rows with
        one key.

    Examples
    --------
    >>> row = dict.fromkeys(COLUMNS) | {"question": "fresh", "n": 9, "statistic": "mean", "base": "asked"}
    >>> row |= {"weighted": False, "suppressed": True, "confidence": 0.95}
    >>> check(pd.DataFrame([row])).shape
    (1, 18)
    >>> check(pd.DataFrame([row | {"estimate": 2.5}]))
    Traceback (most recent call last):
        ...
    nsmo.study.errors.StudyError: a frame of results: a suppressed row with values, 1 time, first in row 0...
    """
    tests = is_tests(frame)
    columns, keys = (TEST_COLUMNS, _TEST_KEYS) if tests else (COLUMNS, _KEYS)
    if absent := [name for name in columns if name not in frame]:
        raise StudyError(
            found=f"no column {', '.join(absent)}",
            where=where,
            expected=f"the columns {', '.join(columns)}",
            fix="make it with stage.estimate, stage.difference or the functions of nsmo.survey",
        )
    problems = [
        f"{text}, {marked.sum()} time{'s'[: marked.sum() - 1]}, first in {_place(frame, marked, tests)}"
        for text, marked in (_test_rules(frame) if tests else _estimate_rules(frame))
        if marked.any()
    ]
    twice = frame.duplicated([*keys, *(["of"] if "of" in frame else [])]).to_numpy()
    if twice.any():
        problems.append(f"{twice.sum()} rows with the key of another, first {_place(frame, twice, tests)}")
    if problems:
        raise StudyError(
            found="; ".join(problems),
            where=where,
            expected="the format that nsmo.results describes",
            fix="correct the cell or function that made it",
        )
    return frame


def _estimate_rules(frame: pd.DataFrame) -> Iterable[tuple[str, np.ndarray]]:
    number = {name: _numbers(frame, name) for name in ["n", "confidence", *VALUES]}
    yield from _kinds(frame, number, ["weighted", "suppressed"])
    low, high, estimate = number["ci_low"], number["ci_high"], number["estimate"]
    hidden = frame["suppressed"].eq(True).to_numpy()
    share = frame["statistic"].eq("proportion").to_numpy()
    yield "a base that is none of " + ", ".join(_BASES), ~frame["base"].isin(_BASES).to_numpy()
    yield "n below 0", number["n"] < 0
    yield "a count that is no number from 0 to n", (number["count"] < 0) | (number["count"] > number["n"])
    yield "a share outside 0 to 1", share & ((estimate < -_SLACK) | (estimate > 1 + _SLACK))
    yield "a standard error below 0", number["se"] < 0
    slack = _SLACK * np.maximum(1, np.abs(estimate))
    yield "an estimate outside its interval", (estimate < low - slack) | (estimate > high + slack)
    yield "a confidence outside 0 to 1", ~((number["confidence"] > 0) & (number["confidence"] < 1))
    yield "a suppressed row with values", hidden & frame[VALUES].notna().any(axis=1).to_numpy()


def _test_rules(frame: pd.DataFrame) -> Iterable[tuple[str, np.ndarray]]:
    number = {name: _numbers(frame, name) for name in ["n", "statistic", "df", "ddf", "p", "p_holm"]}
    yield from _kinds(frame, number, ["weighted"])
    for name in ("p", "p_holm"):
        yield f"{name} outside 0 to 1", (number[name] < -_SLACK) | (number[name] > 1 + _SLACK)
    yield "p_holm below p", number["p_holm"] < number["p"] - _SLACK
    yield "n below 0", number["n"] < 0


def _kinds(
    frame: pd.DataFrame, numbers: Mapping[str, np.ndarray], booleans: Iterable[str]
) -> Iterable[tuple[str, np.ndarray]]:
    for name, values in numbers.items():
        yield f"{name} that is no number", np.isnan(values) & frame[name].notna().to_numpy()
    for name in booleans:
        yield f"{name} that is neither true nor false", ~frame[name].isin([True, False]).to_numpy()


def _numbers(frame: pd.DataFrame, name: str) -> np.ndarray:
    return pd.to_numeric(frame[name], errors="coerce").to_numpy(dtype=float, na_value=np.nan)


def _place(frame: pd.DataFrame, marked: np.ndarray, tests: bool) -> str:
    at = int(np.flatnonzero(marked)[0])
    row = frame.iloc[at]
    names = ["question", "option", "by", "group", "test" if tests else "statistic"]
    return f"row {at} ({', '.join(str(row[name]) for name in names if pd.notna(row[name]))})"
