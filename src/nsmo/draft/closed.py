"""Guesses of what kind a question is: from options that a structure names, else from the answers."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from nsmo.draft import joined
from nsmo.draft.asked import (
    asks_for_a_number,
    asks_for_a_year,
    asks_for_own_words,
    asks_for_several,
    holds_addresses,
    is_identifying,
    names_somebody,
    whole_scale,
)
from nsmo.draft.days import days_in_order
from nsmo.draft.questions import Item, Missing, Option, Other, Question
from nsmo.draft.scales import is_undecided, order, reason, tells_a_number
from nsmo.draft.ticks import (
    begins_with_yes,
    begins_with_yes_or_no,
    is_tick,
    multi,
    reasons_alone,
    reasons_in_boxes,
)
from nsmo.draft.values import Column, is_excel_moment, oddity, whole_number
from nsmo.formats.structure import MissingValue, Variable, is_other, same_text

#: Answers as codes without labels: A1, SQ002.
CODE = re.compile(r"[A-Z]{1,3}\d{1,4}")
#: 5'11", 6 ft 2 in.
_FEET = re.compile(r"[3-8] ?(?:'|′|’|ft\.?|feet) ?(?:1?\d ?(?:\"|″|”|''|’’|in\.?|inches)?)?", re.IGNORECASE)
#: Numbers that by habit stand for a reason of having no answer, where they lie apart from the others.
_MISSING_NUMBERS = {
    "-99",
    "-98",
    "-97",
    "-9",
    "-8",
    "-7",
    "-1",
    "77",
    "88",
    "96",
    "97",
    "98",
    "99",
    "997",
    "998",
    "999",
    "9999",
}


def closed_or_open(variable: Variable, column: Column) -> Question:
    """Guess what kind of question one column is."""
    label = variable.label or variable.column
    question = Question("text", label, variable.code or variable.column, variable.column)
    question.role = "screening" if variable.use == "status" else ""
    question.missing = declared_missing([variable], {column.name: column})
    for text in column.distinct:
        if text.startswith("#") and reason(text):
            question.confirm.append(f"'{text}' stands there: an error of the workbook, read as no answer")
    if variable.kind == "joined":
        return _joined(question, variable, column, variable.separator or ",")
    if variable.options and variable.kind != "numeric":
        return _from_options(question, variable, column)
    if variable.kind in ("numeric", "text", "date") and _fits(variable.kind, column):
        question.kind = variable.kind
        question.identifying = variable.kind != "numeric" and is_identifying(
            label, column.counts if variable.kind == "text" else ()
        )
        if variable.kind == "numeric":
            _numeric(question, column)
            _labelled_reasons(question, variable.options)
        return question
    declared = [MissingValue(m.low or m.code or "", m.high or m.code or "") for m in question.missing]
    answers = [
        text for text in column.distinct if not reason(text) and not any(one.holds(text) for one in declared)
    ]
    plain = replace_counts(column, answers)
    if names_somebody(label) and not plain.numbers and not all(map(begins_with_yes_or_no, plain.counts)):
        question.identifying = True
        return question
    # Ids and phone numbers that begin with a zero are codes, not numbers.
    if plain.numbers and len(plain.counts) > 12 and is_identifying(label):
        question.identifying = True
        return question
    if joined.codes(column, label, variable.separator):
        question.confirm.append("codes of several answers in a cell, such as "
                                f"{max(column.distinct, key=len)[:40]}, without labels")  # fmt: skip
        return _joined(question, variable, column, ",")
    if plain.numbers and not plain.leading_zeros:
        return _numbers(question, plain, column)
    if plain.date_forms or (
        is_excel_moment(plain.counts) and re.search(r"dat[eu]m?|moment|time", label, re.IGNORECASE)
    ):
        question.kind, question.identifying = "date", is_identifying(label)
        return question
    if plain.counts and all(map(_FEET.fullmatch, plain.counts)):
        question.confirm.append(
            f"lengths in feet and inches, such as {plain.distinct[0]}, are texts here: put one number, "
            "such as inches, in the export to have their mean"
        )
        return question
    numbered = order(plain.distinct) if len(plain.counts) <= 12 else None
    if (odd := oddity(plain)) and not (numbered and numbered[1].startswith("numbers")):
        question.confirm.append(odd)
    one = variable.kind == "single" or asks_for_own_words(label)
    sign = None if one else joined.separator(column, variable.separator)
    if sign:
        return _joined(question, variable, column, sign)
    question = _texts(question, plain, column)
    if variable.separator and question.kind == "single":
        _ask_about_own_words(question, plain, variable.separator)
    return question


def battery(items: Sequence[Variable], columns: Mapping[str, Column]) -> list[Question]:
    """Make a battery of columns that share their answers; where they do not, a question of each."""
    every = _together([columns[one.column] for one in items])
    first = items[0]
    missing = [value for one in items for value in one.missing]
    offered = [
        {code: text for code, text in one.options.items() if not any(value.holds(code) for value in missing)}
        for one in items
    ]
    options = offered[0] if all(one == offered[0] for one in offered) else {}
    # Where a page was not reached, or a question not put, LimeSurvey and others write N/A.
    answers = [without_reasons(columns[one.column]) for one in items]
    ticks = all(
        is_tick(column, one.item) for column, one in zip(answers, items, strict=True) if column.answered
    )
    if ticks and not options and len(items) > 1 and any(columns[one.column].answered for one in items):
        question = multi(items, columns)
        reasons_in_boxes(question, columns)
        if any(text for text in question.unticked) and not asks_for_several(question.label):
            question.confirm.append(
                f"{len(items)} columns of {question.counted[0]} and {question.unticked[0]}: options of "
                f"one question, or "
                "questions of their own?"
            )
        return [question]
    shared = closed_or_open(replace(first, options=options, kind=first.kind, part="answer"), every)
    codes = every.whole_numbers or []
    if shared.kind == "numeric" and not options and _recoded(codes, shared.label):
        # Codes of a scale that a tool has numbered anew, such as 11 to 15.
        shared.kind, shared.options = "ordinal", [Option(str(n), str(n)) for n in codes]
        shared.confirm.append(f"scale from low {codes[0]} to high {codes[-1]}; or a number, or codes?")
    if (
        len(items) < 2
        or shared.kind not in ("single", "ordinal", "numeric")
        or (shared.kind == "numeric" and options)
    ):
        return [
            closed_or_open(replace(one, label=f"{one.label} – {one.item}".strip(" –"), question=one.code),
                           columns[one.column])
            for one in items
        ]  # fmt: skip
    shared.label = first.label or first.question.strip()
    shared.code, shared.column = first.question.strip(), None
    shared.missing = shared.missing or declared_missing(items, columns)
    shared.items = [Item(one.item or one.column, one.column) for one in items]
    look_for_years(shared, every)
    return [shared]


def _recoded(numbers: Sequence[int], label: str) -> bool:
    """Return whether all items have the same few numbers, one after the other: codes, and not amounts."""
    few = 3 <= len(numbers) <= 11 and numbers[0] > 10
    return few and _in_row(numbers) and not asks_for_a_number(label)


def _in_row(numbers: Sequence[int]) -> bool:
    """Return whether whole numbers, from low to high, follow each other without a gap."""
    return numbers[-1] - numbers[0] == len(numbers) - 1


def declared_missing(variables: Sequence[Variable], columns: Mapping[str, Column]) -> list[Missing]:
    """List the codes that a file declares as missing, each with the reason that its label gives."""
    declared: dict[MissingValue, None] = {}
    for variable in variables:
        declared |= dict.fromkeys(variable.missing)
    found = []
    for one in declared:
        why = reason(one.label) or "no_answer"
        label = one.label or (f"({one.low})" if one.low == one.high else f"({one.low} … {one.high})")
        if one.low == one.high:
            found.append(Missing(why, label, one.low))
        else:
            found.append(Missing(why, label, low=one.low, high=one.high))
    return found


def without_reasons(column: Column) -> Column:
    """Leave the texts of a column that are no reasons for having no answer."""
    return replace_counts(column, [text for text in column.distinct if not reason(text)])


def replace_counts(column: Column, kept: Sequence[str]) -> Column:
    """Leave only some of the texts of a column."""
    return Column(column.name, column.texts.where(column.texts.isin(set(kept)), ""))


def _together(columns: Sequence[Column]) -> Column:
    import pandas as pd

    return Column(columns[0].name, pd.concat([column.texts for column in columns], ignore_index=True))


def _fits(kind: str, column: Column) -> bool:
    plain = without_reasons(column)
    if not plain.counts or kind == "text":
        return True
    if kind == "numeric":
        return plain.numbers
    return bool(plain.date_forms) or is_excel_moment(plain.counts)


def _from_options(question: Question, variable: Variable, column: Column) -> Question:
    """Take the options that a structure names; the export may hold their codes or their labels."""
    observed = set(column.counts)
    codes, labels = (
        set(variable.options),
        {same_text(label): code for code, label in variable.options.items()},
    )
    by_label = len(observed & codes) < sum(same_text(text) in labels for text in observed)
    labels_seen = Counter(variable.options.values())
    if twice := [label for label, count in labels_seen.items() if count > 1 and label]:
        question.confirm.append(f"several codes are called {', '.join(map(repr, twice[:3]))}: one answer?")
    options = []
    for code, label in variable.options.items():
        text = (
            next((t for t in column.distinct if same_text(t) == same_text(label)), label)
            if by_label
            else code
        )
        options.append(Option(label or code, text))
    known = {option.code for option in options}
    declared = {missing.code for missing in question.missing if missing.code}
    ranges = [
        MissingValue(m.low, m.high) for m in question.missing if m.low is not None and m.high is not None
    ]
    extra = [
        text
        for text in column.distinct
        if text not in known | declared and not any(one.holds(text) for one in ranges)
    ]
    if scale := _between_labelled_ends(options, extra):
        return _choose(question, scale, "ordinal")
    if len(extra) > 5 and column.numbers:
        # A number of which only the ends, or a special value, have a label.
        question.kind = "numeric"
        _labelled_reasons(question, variable.options)
        return question
    if "-oth-" in extra:
        options.append(Option("Other", "-oth-"))
        extra.remove("-oth-")
    for text in extra:
        options.append(Option(text, text))
    extra = [text for text in extra if not is_other(text) and not reason(text)]
    if extra:
        question.confirm.append(f"answers that the structure does not name: {', '.join(extra[:4])}")
    return _choose(question, options, variable.kind)


def _labelled_reasons(question: Question, labels: Mapping[str, str]) -> None:
    """Add the codes among numbers that by their labels stand for having no answer."""
    known = {one.code for one in question.missing}
    question.missing += [
        Missing(why, label, code)
        for code, label in labels.items()
        if code not in known and (why := reason(label))
    ]


def _between_labelled_ends(options: Sequence[Option], extra: Sequence[str]) -> list[Option]:
    """Return the whole scale where its ends have labels, and those between are numbers or have none.

    Parameters
    ----------
    options : sequence of Option
        Those that have a label.
    extra : sequence of str
        The answers that have none.

    Returns
    -------
    list of Option
        From the lowest code to the highest, behind them reasons for no answer; empty if it is none.
    """
    reasons = [option for option in options if reason(option.label)]
    by_code = {str(option.code): option for option in options if option not in reasons}
    if not all(re.fullmatch(r"\d{1,2}", code) for code in (*by_code, *extra)):
        return []
    worded = [int(code) for code, option in by_code.items() if option.label != code]
    numbers = sorted({int(code) for code in (*by_code, *extra)})
    ends = len(worded) > 1 and (min(worded), max(worded)) == (numbers[0], numbers[-1])
    many = numbers[-1] - numbers[0] + 1
    # Most of those between must be there as numbers, or 1, 2 and 9 of a sex would be a scale.
    between = many - len(worded)
    if not ends or not 5 <= many <= 11 or len(worded) > 3 or 2 * (len(numbers) - len(worded)) <= between:
        return []
    every = [str(number) for number in range(numbers[0], numbers[-1] + 1)]
    return [*(by_code.get(code) or Option(code, code) for code in every), *reasons]


def _choose(question: Question, options: list[Option], kind: str) -> Question:
    """Split answers into options and reasons for having none, and choose between single and ordinal."""
    for option in list(options):
        why = reason(option.label)
        if why and len(options) > 2:
            options.remove(option)
            question.missing.append(Missing(why, option.label, option.code))
            if why == "not_asked":
                question.confirm.append(f"'{option.label}' counts as not asked")
    without = [option for option in options if not is_undecided(option.label)]
    if len(without) == len(options) - 1 and not order([o.label for o in options]) and (
        order([o.label for o in without])
    ):  # fmt: skip
        (odd,) = (option for option in options if option not in without)
        options.remove(odd)
        question.missing.append(Missing("dont_know", odd.label, odd.code))
        question.confirm.append(f"'{odd.label}' counts as no place on the scale")
    scale = [option for option in options if not is_other(option.label)]
    places = order([option.label for option in scale]) if len(scale) == len(options) else None
    if places:
        question.kind = "ordinal"
        question.options = _with_those_between([options[i] for i in places[0]], question.label)
        if places[1].endswith("?"):
            low, high = question.options[0].label, question.options[-1].label
            question.confirm.append(f"scale from low '{low}' to high '{high}'")
        return question
    question.kind = "ordinal" if kind == "ordinal" and len(options) > 2 else "single"
    if question.kind == "ordinal":
        question.confirm.append(f"scale from low '{options[0].label}' to high '{options[-1].label}'")
    question.options = options if question.kind == "ordinal" else _sizes_in_order(days_in_order(options))
    return question


def _with_those_between(options: list[Option], label: str) -> list[Option]:
    """Add the numbers of a scale that nobody chose, where words stand at some of them, such as its ends."""
    found = [re.match(r"(\d{1,2})(\W|$)", option.label) for option in options]
    numbers = [int(one[1]) for one in found if one]
    plain = sum(option.label.isdigit() and option.label == option.code for option in options)
    if len(numbers) < len(options) or not plain or numbers != sorted(set(numbers)):
        return options
    by_number = dict(zip(numbers, options, strict=True))
    return [by_number.get(n, Option(str(n), str(n))) for n in whole_scale(label, numbers)]


def _sizes_in_order(options: list[Option]) -> list[Option]:
    """Put ranges of numbers in order, where one answer among them is none ("self-employed")."""
    wordy = [option for option in options if not tells_a_number(option.label)]
    # Of two without a number one would be left among the ranges; a list of countries is none.
    for odd in (wordy or options) if len(options) > 4 and len(wordy) < 2 else ():
        rest = [option for option in options if option is not odd]
        places = order([option.label for option in rest])
        if places and places[1] == "ranges":
            return [*(rest[i] for i in places[0]), odd]
    return options


def _numbers_of_somebody(whole: Sequence[int], plain: Column, label: str) -> bool:
    """Return whether whole numbers are long, not round and nearly all different: of cards, no amounts."""
    apart = len(whole) >= 20 and len(whole) > 0.8 * plain.answered and whole[0] >= 1_000_000
    long = apart and len(str(whole[0])) == len(str(whole[-1]))
    return long and 2 * sum(n % 100 == 0 for n in whole) < len(whole) and not asks_for_a_number(label)


def _numbers(question: Question, plain: Column, column: Column) -> Question:
    """Decide between a number, a scale and codes, where nothing but numbers is there."""
    question.missing += _reasons(column)
    whole = plain.whole_numbers
    if whole and _numbers_of_somebody(whole, plain, question.label):
        question.identifying, question.missing = True, []
        question.confirm.append(
            f"numbers of {len(str(whole[0]))} digits, nearly all different: of a person, or an amount?"
        )
        return question
    outliers = []
    if whole and len(whole) > 2:
        declared = [MissingValue(m.low or m.code or "", m.high or m.code or "") for m in question.missing]
        whole = [n for n in whole if not any(one.holds(str(n)) for one in declared)] or whole
        apart = [n for n in whole if str(n) in _MISSING_NUMBERS]
        rest = [n for n in whole if n not in apart]
        if apart and rest and (min(apart) > 2 * max(*rest, 5) or max(apart) < min(*rest, 0)):
            outliers, whole = apart, rest
        # On a short scale a nine, or an eight and a nine, far above the rest: "don't know", "missing".
        low = [n for n in whole if n < 7]
        if not outliers and len(low) >= 2 and low[0] >= 0 and low[-1] <= 5 and _in_row(low):
            high = [n for n in whole if n not in low]
            if high and high in ([9], [8], [8, 9], [7, 8, 9]) and asks_for_a_number(question.label) is False:
                outliers, whole = high, low
    written = {whole_number(text): text for text in plain.counts} if whole else {}
    for number in outliers:
        question.missing.append(Missing("no_answer", f"({number})", written[number]))
        times = plain.counts[written[number]]
        question.confirm.append(f"{number} stands {times} times: a reason for no answer?")
    if whole and len(whole) > 2 and asks_for_a_number(question.label):
        question.kind = "numeric"
        return question
    if (
        whole
        and 1 < len(whole) <= 11
        and whole[0] >= 0
        and whole[-1] <= 10
        and plain.answered >= 3 * len(whole)
    ):
        options = [Option(str(number), written[number]) for number in whole]
        if len(options) > 2:
            whole = whole_scale(question.label, whole)
            options = [Option(str(number), written.get(number, str(number))) for number in whole]
        if len(options) == 2:
            question.kind, question.options = "single", options
            question.confirm.append(f"two answers without labels: {whole[0]} and {whole[1]}")
        else:
            question.kind, question.options = "ordinal", options
            question.confirm.append(f"scale from low {whole[0]} to high {whole[-1]}; or a number, or codes?")
        return question
    if (
        whole
        and 1 < len(whole) <= 12
        and whole[0] >= 1000
        and len({len(str(n)) for n in whole}) == 1
        and plain.answered >= 8 * len(whole)
    ):
        question.kind = "single"
        question.options = [Option(str(number), written[number]) for number in whole if number in written]
        if not (asks_for_a_year(question.label) and _years(whole)):
            question.confirm.append(f"{len(whole)} different numbers such as {whole[0]}: codes, or a number?")
        return question
    question.kind = "numeric"
    return question


def look_for_years(question: Question, column: Column) -> None:
    """Say of a question that is answered with a number whether the numbers are years."""
    declared = [MissingValue(m.low or m.code or "", m.high or m.code or "") for m in question.missing]
    given = [text for text in column.counts if not any(one.holds(text) for one in declared)]
    whole = replace_counts(column, given).whole_numbers if question.kind == "numeric" else None
    if not whole or not _years(whole):
        return
    question.year = asks_for_a_year(f"{question.label} {column.name}")
    if not question.year and len(whole) > 7 and whole[0] >= 1900 and whole[-1] < 2035:
        question.year = True
        question.confirm.append(f"numbers from {whole[0]} to {whole[-1]}: years?")


def _years(whole: Sequence[int]) -> bool:
    """Return whether whole numbers, in order, may be years in which people lived or something was built."""
    return whole[0] >= 1000 and whole[-1] <= 2100


def _numeric(question: Question, column: Column) -> None:
    question.missing += _reasons(column)


def _reasons(column: Column) -> list[Missing]:
    return [Missing(why, text, text) for text in column.distinct if (why := reason(text))]


def _texts(question: Question, plain: Column, column: Column) -> Question:
    """Decide between a few answers and free texts."""
    different, answered = len(plain.counts), plain.answered
    often = sum(n for n in plain.counts.values() if n > 1)
    seen = f"{different} different texts in {answered:,} answers"
    clear = different <= 12 and answered >= 4 * different and plain.mean_length < 120
    maybe = (
        different <= 60 and answered >= 3 * different and often >= 0.9 * answered and plain.mean_length < 80
    )
    # Of very few people: a text that came back is an answer to choose.
    maybe = maybe or (
        2 * answered > len(column.texts)
        and answered < 20
        and 1 < different < answered
        and different <= 5
        and plain.mean_length < 25
    )
    own_words = asks_for_own_words(question.label) and plain.mean_length > 4
    addresses = holds_addresses(plain.counts)
    known = addresses or is_identifying(question.label, plain.counts)
    if own_words or not (clear or maybe) or (known and (different > 12 or addresses)):
        question.kind = "text"
        question.identifying = known
        question.missing = question.missing[:0]
        if not own_words and 2 < different <= 60 and answered >= 2 * different and plain.mean_length < 60:
            question.confirm.append(f"{seen}: free text, or single?")
        return question
    if not clear:
        question.confirm.append(f"{seen}: single, or free text?")
    options = [Option("Other" if text == "-oth-" else text, text) for text in plain.distinct]
    question.confirm += [
        f"'{text}' counts as not asked" for text in column.distinct if reason(text) == "not_asked"
    ]
    if all(CODE.fullmatch(option.label) for option in options if not is_other(option.label)):
        options.sort(key=lambda option: option.label)
    # "Yes" before "no", as they are asked, however many said so.
    options.sort(key=lambda option: not begins_with_yes(option.label))
    options = [*(o for o in options if not is_other(o.label)), *(o for o in options if is_other(o.label))]
    question.missing += _reasons(column)
    if len(options) < 2:
        question.kind, question.identifying = "text", known
        question.missing = []
        if options and not known and 5 <= answered < len(column.texts) and not options[0].label.isdigit():
            _tick_alone(question, options[0])
        return question
    return _choose(question, options, "")


def _ask_about_own_words(question: Question, plain: Column, sign: str) -> None:
    """Ask whether texts of one or two people were typed, as web forms put them among the answers."""
    often = [text for text, n in plain.counts.items() if n > 2 and not is_other(text)]
    own = [text for text in plain.counts if text not in often]
    if len(own) < 2 or len(often) < 2 or plain.answered < 40:
        return
    shown = "; ".join(own[:2])[:80]
    question.confirm.append(
        f"{len(own)} answers stand there once or twice, such as '{shown}': typed by somebody? Reports would "
        f"print them; `type: multi`, `separator: '{sign}'` and `other: {{column: …, label: Other}}` count "
        "them as one, if the options that are left are those that were offered"
    )


def _tick_alone(question: Question, option: Option) -> None:
    """Make of one text or nothing a box that was ticked or left."""
    question.options = [Option(option.label, option.code, question.column)]
    # Of those who ticked it all have.
    question.kind, question.column, question.base = "multi", None, "asked"
    question.counted = [option.label]
    question.label = question.label.removesuffix(option.label).rstrip(" -–:[(") or question.label


def _joined(question: Question, variable: Variable, column: Column, sign: str) -> Question:
    """Make a multi question of one column whose cells join answers."""
    question.kind, question.separator = "multi", sign
    if variable.options:
        observed = {piece.strip() for text in column.counts for piece in text.split(sign)}
        by_label = len(observed & set(variable.options)) < len(observed & set(variable.options.values()))
        question.options = [
            Option(label or code, label if by_label else code) for code, label in variable.options.items()
        ]
        reasons_alone(question)
        return question
    found, held, own = joined.options(column, sign)
    chosen = [text for text in found if not is_other(text)]
    opens = [text for text in found if is_other(text)]
    question.options = [Option(text, text) for text in chosen if not reason(text) or len(chosen) < 3]
    question.missing += [
        Missing(why, text, text) for text in chosen if (why := reason(text)) and len(chosen) >= 3
    ]
    if held:
        question.confirm.append(f"options that hold the separator: {'; '.join(held[:3])}")
    if own:
        question.other = Other(column.name, opens[0] if opens else "Other", opens[0] if opens else None)
        opens = opens[1:]
    question.options += [Option(text, text) for text in opens]
    if own:
        question.confirm.append(
            f"{len(own)} parts stand there once or twice, read as own texts: {'; '.join(own[:3])[:120]}"
        )
    return question
