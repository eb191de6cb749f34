"""Questions and groups of a frame as numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .coding import DesignError, as_list, codes_of, column

if TYPE_CHECKING:
    from .design import SurveyDesign

JOIN = ", "
MOST_COLUMNS = 4_000  # estimates at once, whose covariance is a square of that size
MANY_COLUMNS, MOST_NUMBERS = 200, 5_000_000  # or so many, of so many rows together


@dataclass(frozen=True, eq=False)
class Question:
    """One column as an estimator needs it: a category number per row, or a value per row."""

    name: str
    labels: list[tuple[str, str | None]]  # (question, option) of every estimate
    codes: np.ndarray | None  # category of each row, -1 missing; a boolean has 1 for yes and 0 for no
    amounts: np.ndarray | None
    kept: list[int] | None = None  # the categories that are estimated

    @property
    def answered(self) -> np.ndarray:
        """Whether each row has an answer."""
        if self.codes is not None:
            return self.codes >= 0
        return ~np.isnan(np.asarray(self.amounts))

    def matrix(self) -> np.ndarray:
        """(rows, estimates): indicators or values, 0 where missing."""
        if self.codes is not None:
            return (self.codes[:, None] == np.array(self.kept)).astype(float)
        return np.where(self.answered, np.asarray(self.amounts), 0.0)[:, None]

    def take(self, first: np.ndarray) -> "Question":
        """The same question on cells, given the first row of each."""
        codes = None if self.codes is None else self.codes[first]
        values = None if self.amounts is None else self.amounts[first]
        return Question(self.name, self.labels, codes, values, self.kept)


def read_question(frame: pd.DataFrame, name: str, statistic: str) -> Question:
    """Read a column as the statistic needs it: categories, or numbers."""
    values = column(frame, name)
    if pd.api.types.is_bool_dtype(values.dtype) or _is_boolean_object(values):
        codes = values.astype("boolean").astype("Int8").fillna(-1).to_numpy(dtype=np.int64)
        question, dot, option = name.rpartition(".")
        label = (question, option) if dot else (name, None)
        return Question(name, [label], codes, None, [1])
    if pd.api.types.is_numeric_dtype(values.dtype):
        if statistic == "proportion":
            raise DesignError(
                f"{name!r} is numeric ({values.dtype}); a proportion needs a boolean or categorical column. "
                "Or use mean()."
            )
        amounts = values.to_numpy(dtype=float, na_value=np.nan)
        if np.isinf(amounts).any():
            raise DesignError(f"{int(np.isinf(amounts).sum())} answers to {name!r} are infinite.")
        return Question(name, [(name, None)], None, amounts)
    if statistic not in ("proportion", "total"):
        raise DesignError(f"{name!r} is {values.dtype}; {statistic} needs a number. Use proportion().")
    codes, labels = codes_of(values)
    if not len(labels):
        raise DesignError(f"nobody answered {name!r}: there is no category to estimate.")
    _check_labels(name, list(labels))
    return Question(name, [(name, str(x)) for x in labels], codes, None, list(range(len(labels))))


def _check_labels(name: str, labels: list) -> None:
    """Refuse different answers that would have the same label in a table."""
    seen: dict[str, object] = {}
    for label in labels:
        text = str(label)
        if text in seen:
            raise DesignError(
                f"two answers to {name!r} are both called {text!r}: {seen[text]!r} and {label!r}; rename one."
            )
        seen[text] = label


def check_size(names: list[str], by, rows: int, columns: int) -> None:
    """Refuse a table that takes the machine: an identifier, or free text, as question or groups."""
    if columns > MOST_COLUMNS or (columns > MANY_COLUMNS and rows * columns > MOST_NUMBERS):
        grouped = f" by {by}" if by else ""
        raise DesignError(
            f"{' and '.join(map(repr, names))}{grouped} makes {columns:,} estimates from {rows:,} rows: "
            "is one an identifier or free text? Group its values first."
        )


def _is_boolean_object(values: pd.Series) -> bool:
    return values.dtype == object and pd.api.types.infer_dtype(values, skipna=True) == "boolean"


def read_groups(
    frame: pd.DataFrame, by: str | Sequence[str] | None
) -> tuple[np.ndarray, Sequence[str | None], str | None]:
    """Group number per row (-1: in none), labels, and the name of the grouping."""
    names = as_list(by)
    if not names:
        return np.zeros(len(frame), dtype=np.int64), [None], None
    parts = [codes_of(column(frame, name)) for name in names]
    joint = np.zeros(len(frame), dtype=np.int64)
    combinations: list[tuple] = [()]
    for name, (codes, values) in zip(names, parts, strict=True):
        if not len(values):
            raise DesignError(f"nobody answered {name!r}: there are no groups.")
        _check_labels(name, list(values))
        check_size([name], by, 1, len(combinations) * len(values))
        joint = np.where((joint < 0) | (codes < 0), -1, joint * len(values) + codes)
        combinations = [(*before, str(value)) for before in combinations for value in values]
    labels = [JOIN.join(combination) for combination in combinations]
    if len(set(labels)) < len(labels):
        twice = next(label for label in labels if labels.count(label) > 1)
        both = [c for c, label in zip(combinations, labels, strict=True) if label == twice]
        raise DesignError(
            f"the groups {both[0]} and {both[1]} are both called {twice!r}; take the {JOIN.strip()!r} out of "
            "their labels."
        )
    return joint, labels, JOIN.join(names)


def collapse(design: "SurveyDesign", questions: list[Question], group: np.ndarray):
    """Collapse rows to cells when all questions are categorical; numbers keep their rows."""
    codes = [q.codes + 1 for q in questions if q.codes is not None]
    if len(codes) < len(questions) or not design.collapsible:
        return design, questions, group
    joint, first = design.cell_numbers([*codes, group + 1])
    cells = design.collapsed(joint, first, pd.DataFrame(index=pd.RangeIndex(len(first))))
    return cells, [q.take(first) for q in questions], group[first]
