"""The terms of a model: its matrix of columns, and which columns belong to which term."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .coding import DesignError, column
from .outcomes import categories, numbers, place

if TYPE_CHECKING:
    from .design import SurveyDesign


def parts_of(terms) -> list[str]:
    """The columns that terms and interactions are made of, each once."""
    return list(dict.fromkeys(name for term in terms for name in term_parts(term)))


def term_parts(term) -> tuple[str, ...]:
    """The columns of a term or interaction."""
    return (term,) if isinstance(term, str) else tuple(term)


def term_name(term) -> str:
    """The name of a term or interaction, in words."""
    return " × ".join(term_parts(term))


def model_matrix(
    domain: "SurveyDesign", terms, fixed: dict | None = None
) -> tuple[np.ndarray, list[tuple[str, str | None]], dict[str, np.ndarray]]:
    """Model matrix with an intercept, a (term, category) per column, and the columns of each term.

    ``fixed`` puts a value, or a category, in place of everybody's answer to a term.

    Raises
    ------
    DesignError
        A term listed twice, an interaction without its parts, or terms that determine each other.
    """
    listed = [term_name(term) for term in terms]
    if len(set(listed)) != len(listed):
        raise DesignError(f"a term is listed twice: {', '.join(listed)}.")
    single = {}
    for term in terms:
        missing = [part for part in term_parts(term) if part not in listed]
        if missing:
            raise DesignError(
                f"the interaction {term_name(term)} needs its parts as terms too: {', '.join(missing)}."
            )
        if isinstance(term, str):
            single[term] = _dummies(domain, term, *([fixed[term]] if fixed and term in fixed else []))
    blocks, labels, columns = [np.ones((len(domain.frame), 1))], [("(intercept)", None)], {}
    for term in terms:
        block, names = single[term_parts(term)[0]]
        for part in term_parts(term)[1:]:
            more, more_names = single[part]
            # the first part varies fastest, as in R
            block = (more[:, :, None] * block[:, None, :]).reshape(len(block), -1)
            names = [_join(a, b) for b in more_names for a in names]
        columns[term_name(term)] = np.arange(len(labels), len(labels) + block.shape[1])
        labels += [(term_name(term), name) for name in names]
        blocks.append(block)
    X = np.hstack(blocks)
    if not fixed:
        _refuse_dependence(X[domain.active], labels)
    return X, labels, columns


def _join(a: str | None, b: str | None) -> str | None:
    known = [name for name in (a, b) if name is not None]
    return " × ".join(known) if known else None


def is_categorical(domain: "SurveyDesign", name: str) -> bool:
    """Whether a term has a coefficient per category; numbers have one slope."""
    values = column(domain.frame, name)
    return (
        isinstance(values.dtype, pd.CategoricalDtype)
        or pd.api.types.is_bool_dtype(values)
        or not pd.api.types.is_numeric_dtype(values)
    )


def _dummies(domain: "SurveyDesign", name: str, *fixed) -> tuple[np.ndarray, list[str | None]]:
    rows = len(domain.frame)
    if not is_categorical(domain, name):
        values = np.full(rows, float(fixed[0])) if fixed else numbers(domain, name)
        return values[:, None], [None]
    codes, labels = categories(domain, name)
    if fixed:
        codes = np.full(rows, place(name, labels, fixed[0], "category"))
    return (codes[:, None] == np.arange(1, len(labels))).astype(float), [str(label) for label in labels[1:]]


def _refuse_dependence(X: np.ndarray, labels: list) -> None:
    """Refuse, by name, columns of the model that others determine, instead of fitting some and not others."""
    scale = np.linalg.norm(X, axis=0)
    X = X / np.where(scale > 0, scale, 1)
    _, singular, right = np.linalg.svd(X, full_matrices=False)
    null = right[singular < singular[0] * 1e-10] if len(X) >= len(labels) else right[-1:]
    if len(null):
        involved = [
            term if category is None else f"{term} = {category}"
            for (term, category), size in zip(labels, np.abs(null).max(0), strict=True)
            if size > 1e-6
        ]
        raise DesignError(
            f"these determine each other among {len(X)} rows: {', '.join(involved)}; leave one out."
        )
