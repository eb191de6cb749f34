"""Questions and groups of a frame as numbers."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .coding import DesignError, as_list, codes_of, column

JOIN = ", "


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
        return self.codes >= 0 if self.codes is not None else ~np.isnan(self.amounts)

    def matrix(self) -> np.ndarray:
        """(rows, estimates): indicators or values, 0 where missing."""
        if self.codes is not None:
            return (self.codes[:, None] == np.array(self.kept)).astype(float)
        return np.where(self.answered, self.amounts, 0.0)[:, None]

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
        return Question(name, [(name, None)], None, values.to_numpy(dtype=float, na_value=np.nan))
    if statistic not in ("proportion", "total"):
        raise DesignError(f"{name!r} is {values.dtype}; {statistic} needs a number. Use proportion().")
    codes, labels = codes_of(values)
    return Question(name, [(name, str(x)) for x in labels], codes, None, list(range(len(labels))))


def _is_boolean_object(values: pd.Series) -> bool:
    return values.dtype == object and pd.api.types.infer_dtype(values, skipna=True) == "boolean"


def read_groups(frame: pd.DataFrame, by) -> tuple[np.ndarray, list[str | None], str | None]:
    """Group number per row (-1: in none), labels, and the name of the grouping."""
    names = as_list(by)
    if not names:
        return np.zeros(len(frame), dtype=np.int64), [None], None
    parts = [codes_of(column(frame, name)) for name in names]
    joint = np.zeros(len(frame), dtype=np.int64)
    labels = [""]
    for codes, values in parts:
        joint = np.where((joint < 0) | (codes < 0), -1, joint * len(values) + codes)
        labels = [f"{a}{JOIN}{b}" if a else str(b) for a in labels for b in values]
    return joint, labels, JOIN.join(names)


def collapse(design, questions: list[Question], group: np.ndarray):
    """Collapse rows to cells when all questions are categorical; numbers keep their rows."""
    if any(q.codes is None for q in questions) or not design.collapsible:
        return design, questions, group
    joint, first = design.cell_numbers([q.codes + 1 for q in questions] + [group + 1])
    cells = design.collapsed(joint, first, pd.DataFrame(index=pd.RangeIndex(len(first))))
    return cells, [q.take(first) for q in questions], group[first]
