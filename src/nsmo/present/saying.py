"""Sentences with values in them: `say("**{important} find it important**", important=frame)`.

The text reads as prose, and each value is written as a reader of the language expects it. A name without a
value, or a value without a name, stops the page.
"""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from numbers import Integral, Real
from string import Formatter
from textwrap import dedent
from typing import Any

import pandas as pd

from nsmo.present.frames import nothing
from nsmo.present.labels import AGAINST, Labels, in_sentence
from nsmo.present.plurals import behind
from nsmo.present.shown import marked, withheld
from nsmo.results import is_tests
from nsmo.study.errors import StudyError
from nsmo.study.origins import ASSUMED
from nsmo.study.visible import visible

#: What can be said of a row of results, after the colon of its name.
KINDS = ("value", "interval", "low", "high", "points", "n", "label")


def said(text: str, values: Mapping[str, Any], labels: Labels, *, markdown: bool = False) -> str:
    """Fill values into a text.

    Parameters
    ----------
    text : str
        With names in braces. A text stands as it is, a whole number is grouped, a list is joined ("a, b and
        c"). Other numbers need a format: `{x:.1f}` with one decimal, `{x:%}` or `{x:.0%}` as a percentage,
        `{x:p}` as a p-value, `{x:points}` as percentage points.

        Of a result the unweighted rows are said, or, with `{x:weighted}`, the others. One row is its estimate
        with interval and n, or, of these, `{x:value}`, `{x:interval}`, `{x:low}`, `{x:high}`, `{x:points}`
        (of a difference of shares), `{x:n}`, `{x:label}`. Several rows are listed with their labels, without
        intervals. Both may be asked for: `{x:weighted value}`. Tests are listed with Holm's p, or p where
        they stand alone.
    values : mapping
        Name to value.
    labels : Labels
        Of the wave, in the language of the text.
    markdown : bool
        Whether the text is Markdown. Values are none: a label or an answer shows as it is written.

    Returns
    -------
    str

    Raises
    ------
    StudyError
        For a name without a value, a value that the text does not name, or a format that does not fit.
    """
    parts = list(Formatter().parse(dedent(text).strip()))
    names = [name for _, name, _, _ in parts if name is not None]
    if missing := [name for name in dict.fromkeys(names) if name not in values]:
        near = get_close_matches(missing[0], list(values), n=1)
        raise _error(
            f"no value for {_braced(missing)}",
            expected=f"perhaps {_braced(near)}" if near else _braced(values) or "values beside the text",
            fix=f"add {missing[0] or 'name'}=… to stage.say, or correct the name in the text",
        )
    if unused := [name for name in values if name not in names]:
        raise _error(
            f"the text does not name {_braced(unused)}",
            expected=_braced(dict.fromkeys(names)) or "a text with names in braces",
            fix="say it in the text, or take the value out",
        )
    form = as_markdown if markdown else str
    found, before = [], ""
    for literal, name, spec, _ in parts:
        found.append(behind(literal, before, labels.language))
        before = "" if name is None else form(_written(name, values[name], spec or "", labels))
        found.append(before)
    return "".join(found)


def may_be_said(text: str, values: Mapping[str, Any]) -> bool:
    """Return whether a text may be said of answers that are no evidence; `nsmo.present.shown` says why not.

    Parameters
    ----------
    text, values
        As of `said`.
    """
    named = {name: spec or "" for _, name, spec, _ in Formatter().parse(text) if name is not None}
    return not any(withheld(values[name], spec) for name, spec in named.items() if name in values)


def as_markdown(text: str) -> str:
    r"""Return Markdown that shows a text as it is written, whatever marks, links or tags it holds.

    Examples
    --------
    >>> as_markdown("*b2b* <b>[x](http://y)</b> & more")
    '&#42;b2b&#42; &#60;b&#62;&#91;x&#93;(http&#58;//y)&#60;/b&#62; &#38; more'
    >>> as_markdown("1. 83.8% (77.7–88.5)")
    '1&#46; 83.8% (77.7–88.5)'
    """
    one_line = visible(" ".join(text.splitlines()))
    one_line = _MARKS.sub(lambda found: f"&#{ord(found[0])};", one_line)
    return _NUMBERED.sub(lambda found: f"{found[1]}&#{ord(found[2])};", one_line)


_NUMBERED = re.compile(r"^(\d+)([.)])(?=\s|$)")
#: What Markdown reads as more than text: marks, tags, entities, mathematics and addresses; at the start of a
#: line also what opens a list or a rule.
_MARKS = re.compile(r"[\\`*_{}\[\]<>#|~$&@^]|:(?=//)|(?<=www)\.|(?<=\bmailto):|(?<=\bjavascript):|^[-+=]")


def row_label(row: Mapping[str, Any], labels: Labels, alone: bool = True) -> str:
    """Return what a row of results is called: its group, else its answer.

    Parameters
    ----------
    row : mapping
        A row of estimates.
    labels : Labels
    alone : bool
        Whether the question is clear, so that the answer needs no question beside it.
    """
    if nothing(row["group"]):
        effect = nothing(row["option"]) and not nothing(row["by"])
        return (
            labels.question(row["by"])
            if effect
            else labels.measure(row["question"], row["option"], alone=alone)
        )
    if AGAINST in str(row["group"]):
        category, reference = labels.contrast(row["by"], row["group"])
        return labels.words("forest.against", category=category, reference=reference)
    return labels.group(row["by"], row["group"])


def _written(name: str, value: Any, spec: str, labels: Labels) -> str:
    words = labels.words
    if isinstance(value, pd.DataFrame):
        return _rows(name, value, spec, labels)
    if isinstance(value, pd.Series) and "estimate" in value.index:
        return _row(name, value.to_dict(), spec, labels)
    if isinstance(value, str) and not spec:
        return value
    if isinstance(value, bool):
        pass
    elif isinstance(value, Integral) and not spec:
        return words.integer(int(value))
    elif isinstance(value, Real) and spec:
        return _number(name, float(value), spec, labels)
    elif (
        not spec and isinstance(value, (Sequence, pd.Index, pd.Series)) and not isinstance(value, (str, Real))
    ):
        return words.join(str(item) for item in value)
    raise _error(
        f"{{{name}{':' if spec else ''}{spec}}} with a {type(value).__name__}",
        expected="a text, a whole number, a list or a result; another number with a format such as {x:.1f}",
        fix="add or correct the format, or give another value",
    )


def _number(name: str, value: float, spec: str, labels: Labels) -> str:
    words = labels.words
    if spec == "p":
        return words.p_is(value)
    if spec == "points":
        return words.number(100 * value, 1)
    digits = spec[1:-1] if spec.startswith(".") else "1"
    if spec[-1:] in ("f", "%") and digits.isdigit() and spec in (f".{digits}{spec[-1]}", "%"):
        decimals = int(digits)
        return words.number(value, decimals) if spec[-1] == "f" else words.percent(value, decimals)
    raise _error(
        f"the format {spec!r} of {{{name}}}",
        expected=".1f (decimals), % or .0% (percentage), p (p-value, “p = .048”), points (percentage points)",
        fix="correct the format",
    )


def _rows(name: str, frame: pd.DataFrame, spec: str, labels: Labels) -> str:
    asked = spec.split()
    weighted = "weighted" in asked
    rows = frame[frame["weighted"] == weighted].to_dict("records")
    rest = " ".join(word for word in asked if word != "weighted")
    if not rows:
        raise _error(
            f"the result {{{name}}} has no {'weighted' if weighted else 'unweighted'} rows",
            expected="at least one",
            fix="give another result, or choose its rows otherwise",
        )
    if is_tests(frame) and not rest:
        return labels.words.join(_test(row, labels) for row in rows)
    if len(rows) > 1 and not rest:  # several intervals in one sentence are read by nobody: a figure has them
        texts = [labels.words.brief(row) for row in marked(rows, labels.codebook)]
    else:
        texts = [_row(name, row, rest, labels) for row in rows]
    if len(rows) > 1 and rest in ("", "value"):
        alone = len(set(frame["question"])) == 1
        texts = [f"{row_label(row, labels, alone)} {text}" for row, text in zip(rows, texts, strict=True)]
    return labels.words.join(texts)


def _test(row: Mapping[str, Any], labels: Labels) -> str:
    return labels.words(
        "tests.said",
        outcome=labels.outcome(row["question"], row["option"]),
        by=in_sentence(labels.question(row["by"]), labels.words),
        p=labels.words.p_is(row["p"] if nothing(row["p_holm"]) else row["p_holm"]),
    )


def _row(name: str, row: Mapping[str, Any], spec: str, labels: Labels) -> str:
    words = labels.words
    (row,) = marked([row], labels.codebook)
    if not spec:
        return words.estimate(row)
    if spec not in KINDS:
        raise _error(
            f"{spec!r} of the result {{{name}}}",
            expected=", ".join(("weighted", *KINDS)),
            fix="correct what stands after the colon",
        )
    if spec == "n":
        return words.integer(row["n"])
    if spec == "label":
        return row_label(row, labels)
    if row.get("suppressed", False):
        return words("estimate.suppressed")
    points = row["statistic"] == "difference in proportions"
    if spec == "points" and not points:
        raise _error(
            f"percentage points of {{{name}}}, which is a {row['statistic']}",
            expected="a difference in proportions",
            fix=f"say {{{name}:value}}",
        )
    share = row["statistic"] == "proportion"
    decimals = 1 if share or points else 2
    scale = 100 if points else 1
    if spec == "interval":
        kind = "percent" if share else "number"
        return words.interval(scale * row["ci_low"], scale * row["ci_high"], kind, decimals)
    column = {"value": "estimate", "points": "estimate", "low": "ci_low", "high": "ci_high"}[spec]
    value = scale * row[column]
    text = words.percent(value) if share else words.number(value, decimals)
    return words("title.assumed", title=text) if row["origin"] == ASSUMED else text


def _braced(names: Any) -> str:
    return ", ".join(f"{{{name}}}" for name in names)


def _error(found: str, *, expected: str, fix: str) -> StudyError:
    return StudyError(found=found, where="stage.say", expected=expected, fix=fix)
