"""From answers to what is estimated: who is in the base, yes or no to an option, numbers, and order."""

from collections.abc import Iterable, Sequence

import pandas as pd

from nsmo.results import BOTTOM, TOP
from nsmo.study import StudyError, Variable
from nsmo.study.conditions import REPLIES


def base_mask(frame: pd.DataFrame, variable: Variable, base: str | None = None) -> pd.Series:
    """Find who is in the denominator of a percentage.

    Parameters
    ----------
    frame : DataFrame
        Coded responses.
    variable : Variable
        The question.
    base : {"asked", "replied", "answered", "all"}, optional
        Left out: what the codebook says. "asked" leaves only those out whom the routing skipped.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> fresh = SimpleNamespace(name="fresh", base="asked")
    >>> frame = pd.DataFrame({"fresh.missing": [None, "dont_know", "not_asked"]})
    >>> base_mask(frame, fresh).tolist(), base_mask(frame, fresh, "answered").tolist()
    ([True, True, False], [True, False, False])
    """
    reasons = frame[f"{variable.name}.missing"]
    match base or variable.base:
        case "all":
            return pd.Series(True, index=frame.index)
        case "asked":
            return reasons.ne("not_asked") | reasons.isna()
        case "replied":
            return reasons.isna() | reasons.isin(REPLIES)
        case "answered":
            return reasons.isna()
        case other:
            raise ValueError(f"no such base: {other!r}")


def shares(frame: pd.DataFrame, variable: Variable, options: Iterable[str] | None = None) -> pd.DataFrame:
    """Return the answers to a closed question as a yes or no per option.

    In the base, no substantive answer (don't know, refused, nothing) counts as "not chosen"; outside of it
    the value is missing.

    Parameters
    ----------
    frame : DataFrame
        Coded responses.
    variable : Variable
        A single, multi or ordinal question, or a derived one.
    options : iterable of str, optional
        Which; `top` is the box that counts, `bottom` that at the other end of the scale. Left out: all, and
        the top box where it is made of several.

    Returns
    -------
    DataFrame of boolean
        A column ``name.option`` each.
    """
    if options is None:
        options = [*variable.option_names, *([TOP] if len(variable.top_box) > 1 else [])]
    inside = base_mask(frame, variable)
    columns = {}
    for option in options:
        boxes = {TOP: variable.top_box, BOTTOM: variable.bottom_box}
        box = None if option in variable.option_names else boxes.get(option)
        yes = chosen(frame, variable, [option] if box is None else box)
        columns[f"{variable.name}.{option}"] = yes.astype("boolean").where(inside, pd.NA)
    return pd.DataFrame(columns, index=frame.index)


def chosen(frame: pd.DataFrame, variable: Variable, options: Sequence[str]) -> pd.Series:
    """Find who chose at least one of some options; false where there is no answer.

    Raises
    ------
    StudyError
        If the question has no such option.
    """
    for option in options:
        variable.option(option)
    if variable.type == "multi":
        ticks = frame[[f"{variable.name}.{option}" for option in options]]
        return ticks.fillna(False).any(axis=1)
    return frame[variable.name].isin(list(options))


def as_numeric(frame: pd.DataFrame, variable: Variable) -> pd.Series:
    """Return the numbers of a numeric question, or the scores of an ordered one; missing where not answered.

    Raises
    ------
    StudyError
        If the answers are no numbers and have no order.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> fresh = SimpleNamespace(name="fresh", type="ordinal", scores={"disagree": 1.0, "agree": 2.0})
    >>> as_numeric(pd.DataFrame({"fresh": ["agree", None, "disagree"]}), fresh).tolist()
    [2.0, nan, 1.0]
    """
    if variable.type == "numeric":
        return frame[variable.name].astype(float)
    if variable.type == "ordinal":
        return frame[variable.name].astype(object).map(variable.scores).astype(float)
    raise StudyError(
        found=f"a mean of '{variable.name}' was asked for, which is {variable.type}",
        where="questionnaire.yaml",
        expected="a numeric or ordinal question",
    )


def as_ordered(frame: pd.DataFrame, variable: Variable, option: str | None = None) -> pd.Series:
    """Return the answers to a question as something that goes up; missing where not answered.

    Parameters
    ----------
    frame : DataFrame
        Coded responses.
    variable : Variable
        The question.
    option : str, optional
        Of a closed question: true for this answer, false for another. Left out: the numbers, and of a
        question without order whether the answer is in the top box.

    Raises
    ------
    StudyError
        For a question without order and without a top box.
    """
    if option is None and variable.type in ("numeric", "ordinal"):
        return as_numeric(frame, variable)
    options = variable.top_box if option is None else [option]
    if not options:
        raise StudyError(
            found=f"'{variable.name}' is {variable.type} and has no `top_box`: nothing goes up in it",
            where="questionnaire.yaml",
            expected="a numeric or ordinal question, or one with `top_box`",
        )
    yes = chosen(frame, variable, options).astype("boolean")
    return yes.where(frame[f"{variable.name}.missing"].isna(), pd.NA)
