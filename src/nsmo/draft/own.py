"""Finds what is of no question: the id, moments, numbers of rows, and how an export says that nothing is."""

import re
from collections import Counter
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

import pandas as pd

from nsmo.draft.asked import names_who_asked, says_where
from nsmo.draft.values import Column, date_forms, is_moment, is_number
from nsmo.formats.structure import Variable

_ID = re.compile(
    r"((response|respondent|record|case|participant|panel|survey|contribution|interview|ticket)[ _.-]?)?"
    r"(id|nr|no|number|key|uuid|guid)"
    r"|respondent|participant|subject|panell?ist|#|seqn|lfdn?"
    r"|prolific([ _.-]?(p?id|id))?|(worker|mturk|assignment|session)[ _.-]?id|pid"
    r"|(respondent|case|record|response)[ _.-]?(sequence )?(number|no\.?|nr\.?)"
    r"|(customer|client|klant)[ _.-]?(id|no|nr|number|nummer)\.?"
    r"|(teilnehmer|fall|interview|klant|kunden|respondenten|haushalts?|personen)[ _.-]?(nummer|nr\.?|id)"
    r"|(p|hh|person|household|user|submission|entry|form|answer|student|pupil|patient|member|employee|unique"
    r"|u|r|s|m|ind(iv(idual)?)?)[ _.-]?(id|nr|no|key|code)"
    r"|(respondent|antwoord|case)(nummer|[ _]?nr)|caseid|respid|index|volgnummer|lfdn|_?id_?"
    # Of a household or a member of a panel, as archives have them.
    r"|\w+_encr|hid|idhh|(nummer|number|id) (van|of) (het |de |the )?(huishoud(en|lid)|household"
    r"|person(en|s)?|persoon|panell?id|panel member)\b.*",
    re.IGNORECASE,
)
_MOMENTS = (
    (
        "submitted",
        r"(submit|submission (date|time)|complet|(\b|_)end|finish"
        r"|ingevuld|invul|einde|recorded|timestamp|tijdstempel"
        r"|datum ingestuurd|last (update|modified)|laatst gewijzigd"
        r"|(interview|survey|response|enqu[eê]te|fill)[ _-]*dat|int_?dat"
        r"|dat\w* (of|van|der|des|de l'|del) ?(the |het )?(interviews?|survey|befragung|erhebung|enquête"
        r"|encuesta)"
        r"|^entry date\b|提交|回答日時|作答时间"
        r"|ausgefüllt|abgeschlossen|^(datum|date|zeitpunkt|tijdstip)( (datum|date|zeitpunkt|tijdstip))?$)",
    ),
    ("started", r"(start|begin|creation date|created|aangemaakt)"),
)
_DURATION = re.compile(
    r"(.*\b)?(duration|interviewtime|time[ _]taken|duur|dauer|seconds)(\b.*)?", re.IGNORECASE
)
#: As a label says it: of the interview, and not of a stay or a journey.
_SECONDS = re.compile(
    r"(total |totale )?(interview ?)?(duration|duur|dauer)( in)?,? \(?(seconds|seconden|sekunden)\)?",
    re.IGNORECASE,
)
_LENGTH = re.compile(
    r"loi|(interview|survey|response) (length|duration|time)( \(?in \w+\)?| \(\w+\))?"
    r"|(length|duration) of (the )?(interview|survey)( \(?in \w+\)?| \(\w+\))?"
    r"|(interview|invul|bearbeitungs)(duur|dauer|zeit)( in \w+| \(\w+\))?",
    re.IGNORECASE,
)
#: What the plugins of web sites add, and nobody was asked.
_OF_THE_TOOL = re.compile(
    r"所用时间|来源(详情)?|user[ _-]?agent|browser([ _-]?version)?|(source|referr?er|referring|entry"
    r"|submission|page)[ _-]?url|referr?er"
    r"|((user|client|remote|ip)[ _-])?(ip|address of ip)([ _-]?addr(ess)?)?|来自ip|transaction id|post id"
    r"|payment (amount|date|status|method)|(created|(last )?updated) by( \(user id\))?|(date|last) updated"
    r"|consent \((text|description)\)|external reference|email list|duplicate|custom variable \d+"
    r"|seq(uence)?\.? ?(number|no\.?|nr\.?)",
    re.IGNORECASE,
)
#: How bureaus write that somebody answered to the end, and that somebody did not.
_DONE = re.compile(
    r"complete[ds]?|full( complete)?|voltooid|volledig|compleet|abgeschlossen|vollständig", re.IGNORECASE
)
_NOT_DONE = re.compile(
    r"(screen(ed)?|screen[- ]?out|quota|over ?quota|partial|incomplete|terminate|drop|break|afgebroken|quotum"
    r"|unvollständig|abgebrochen|screening)(ed|d)?\b.*",
    re.IGNORECASE,
)

_ROWS = re.compile(r"\(column 1\)|Unnamed: 0|index|rownames|row\.?names|X|V1", re.IGNORECASE)
#: How R, pandas, SPSS, SAS and databases write that there is no value.
_NO_VALUE = frozenset(
    {"[not completed]", "NA", "<NA>", "NaN", "nan", "NaT", "NULL", "null", "#NULL!", "\\N", "."}
)

#: How people and programs write it among words.
_DASHES = frozenset({"-", "--", "–", "—", "."})
_NO_ANSWER = _DASHES | {"NA", "<NA>", "NaN", "nan", "NULL", "null", "#NULL!"}


def no_values(cells: pd.DataFrame) -> list[str]:
    """List the texts by which programs write that there is no value: of numbers or moments, or of several."""
    found: dict[str, None] = {}
    written: Counter[str] = Counter()
    for name in cells.columns:
        texts = cells[name].value_counts()
        marks = [text for text in texts.index if text in _NO_VALUE]
        rest = [text for text in texts.index if text and text not in _NO_VALUE]
        written.update(
            text for text in texts.index if text in _NO_ANSWER and len(rest) > 1 and texts[text] > 2
        )
        plain = bool(marks and rest) and (all(map(is_number, rest)) or bool(date_forms(rest)))
        if plain and texts[rest].sum() >= 3:
            found |= dict.fromkeys(marks)
    # Among words NA may be a place; where it stands in several columns, no program asked for that.
    found |= dict.fromkeys(text for text, n in written.items() if n > 2 or (n and text in _DASHES))
    return list(found)


def own_columns(
    variables: dict[str, Variable], columns: dict[str, Column], *, tool: bool
) -> tuple[dict[str, Variable], dict[str, str], str | None, list[str]]:
    """Return what a tool adds to the answers itself: the id, moments, duration.

    Parameters
    ----------
    variables : dict
        What is known of each column, by its name; what is of no question becomes unused.
    columns : dict
        What stands in it.
    tool : bool
        Whether the export is of a known tool, which says itself what its columns are.

    Returns
    -------
    variables : dict
    uses : dict
        Columns by what they tell, such as `submitted`.
    key : str or None
        The column of the id.
    confirm : list of str
        What a person must look at.
    """
    uses: dict[str, str] = {}
    key, confirm = None, []
    for name, variable in variables.items():
        if variable.part != "paradata" or not columns[name].answered:
            continue
        if variable.use == "id":
            key = key or (name if columns[name].unique else None)
        elif variable.use in ("submitted", "started", "last_page", "duration", "language", "token"):
            uses.setdefault(variable.use, name)
    readable = {name for name, column in columns.items() if is_moment(column) or not column.answered}
    for use in ("submitted", "started"):
        if use in uses and uses[use] not in readable:
            confirm.append(f"the moments in '{uses[use]}' are in no known form, so the column is left out")
            variables[uses.pop(use)] = Variable(name, part="unused")
    if "duration" in uses and not columns[uses["duration"]].numbers:
        del uses["duration"]
    status = [
        name for name, one in variables.items() if one.use == "status" and len(columns[name].counts) > 1
    ]
    for name in status:
        seen, known = columns[name].counts, variables[name].options
        options = (
            {code: text for code, text in known.items() if code in seen} if set(seen) <= set(known) else {}
        )
        variables[name] = Variable(name, name, name, label=name, options=options, kind="single", use="status")
    for name, column in columns.items():
        named = any(
            _ID.fullmatch(part.strip())
            for text in (name, variables[name].label)
            for part in (text, text.rpartition(" / ")[2])
        )
        if key is None and variables[name].part == "answer" and column.unique and named:
            key = name
    first = next(iter(columns), None)
    if first is not None and first != key and _numbers_rows(columns[first]):
        # R and pandas number the rows that they write.
        variables[first] = Variable(first, part="unused")
        key = key or first
    if key is None and first is not None and variables[first].part == "answer":
        # Numbered on, from one mostly, or codes of one form, whatever the language of its name.
        key = first if _counts_on(columns[first]) or _codes(columns[first]) else None
    varied = any(len(column.counts) > 1 for name, column in columns.items() if name != key)
    for name, column in columns.items():
        one = variables[name]
        if name == key or one.part != "answer" or one.options:
            continue
        if says_where(name) or says_where(one.label) or _OF_THE_TOOL.fullmatch(name.strip()):
            variables[name] = Variable(name, part="unused")
        elif names_who_asked(name) or names_who_asked(one.label):
            variables[name] = Variable(name, part="unused")
            confirm.append(f"'{name}' tells who asked, and is left out")
        elif varied and _same_everywhere(column):
            variables[name] = Variable(name, part="unused")
            confirm.append(f"'{name}' says '{column.distinct[0]}' of every response, and is left out")
        elif _opaque(column) or (
            (_ID.fullmatch(name.strip()) or _ID.fullmatch(one.label.strip())) and _numbers_somebody(column)
        ):
            variables[name] = Variable(name, part="unused")
            several = bool(column.answered > 2 * len(column.counts))
            rows = f"; {len(column.counts)} come back in {column.answered} rows: is a row a respondent?"
            confirm.append(
                f"'{name}' tells which person or household it was, and is left out{rows * several}"
            )
    if not tool:
        if first is not None and variables[first].part == "answer" and _stamps(columns[first]):
            uses["submitted"] = first
        for use, pattern in _MOMENTS:
            for name, column in columns.items():
                text = f"{name} {variables[name].label}"
                if use not in uses and is_moment(column) and (
                    column.answered > 0.5 * len(column.texts) and re.search(pattern, text, re.IGNORECASE)
                    and name not in uses.values()
                ):  # fmt: skip
                    uses[use] = name
        for name, column in columns.items():
            if "duration" not in uses and column.numbers and (
                _DURATION.fullmatch(name) or _SECONDS.fullmatch(variables[name].label)
            ):  # fmt: skip
                uses["duration"] = name
            elif (
                variables[name].part == "answer"
                and column.numbers
                and _LENGTH.fullmatch(variables[name].label)
            ):
                # In minutes mostly, and a duration is in seconds.
                variables[name] = Variable(name, part="unused")
            elif variables[name].part == "answer" and _outcomes(variables[name], column):
                variables[name] = replace(variables[name], use="status")
    return variables, uses, key, confirm


def _numbers_rows(column: Column) -> bool:
    """Return whether a column has the numbers of rows; without a name of its own some rows may be gone."""
    if not _ROWS.fullmatch(column.name):
        return False
    nameless = column.name.startswith(("(", "Unnamed"))
    return _counts_on(column) or (nameless and column.unique and column.whole_numbers is not None)


def _counts_on(column: Column) -> bool:
    """Return whether a column numbers the responses: each has one more than the one before it."""
    texts = column.texts.tolist()
    if len(texts) < 3 or not all(re.fullmatch(r"\d{1,12}", text) for text in texts):
        return False
    return [int(text) for text in texts] == list(range(int(texts[0]), int(texts[0]) + len(texts)))


def _codes(column: Column) -> bool:
    """Return whether every response has a code of its own, all of one form: H0001, 3f-9c, no words."""
    forms = {re.sub(r"\d", "0", text) for text in column.counts}
    return column.unique and len(column.counts) >= 20 and len(forms) == 1 and bool(
        re.fullmatch(r"(?=.*\d{2})[\w-]{3,40}", next(iter(forms))) and not is_moment(column)
    )  # fmt: skip


def _numbers_somebody(column: Column) -> bool:
    """Return whether a column called like an id holds many different numbers or codes, no few answers."""
    different = len(column.counts)
    return (
        different > 20
        and different > 0.2 * column.answered
        and not any(" " in text for text in column.counts)
    )


def _opaque(column: Column) -> bool:
    """Return whether all texts of a column are codes that a program made up: 5e29c3e725dcfd01cef9f474."""
    return len(column.counts) >= 10 and all(
        re.fullmatch(r"(?=.*\d.*\d)(?=.*[A-Za-z])([0-9a-f]{16,}|[0-9a-f-]{32,}|R_\w{12,})", text)
        for text in column.counts
    )


def _outcomes(variable: Variable, column: Column) -> bool:
    """Return whether a column says how an interview ended: complete, screened out, over quota."""
    labels = list(variable.options.values()) or (column.distinct if len(column.counts) <= 8 else [])
    return any(map(_DONE.fullmatch, labels)) and any(map(_NOT_DONE.fullmatch, labels))


def _same_everywhere(column: Column) -> bool:
    """Return whether a column has the same number in every response: of a wave or a batch, no answer."""
    return len(column.counts) == 1 and column.answered == len(column.texts) >= 20 and column.numbers


def _stamps(column: Column) -> bool:
    """Return whether a column says when each response came in: moments to the minute that never go back."""
    if len(column.counts) < 10 or column.answered < len(column.texts) or not column.date_forms:
        return False
    form = column.date_forms[0]
    if "%M" not in form:
        return False
    moments = [datetime.strptime(text, form) for text in column.texts]
    return all(before <= after for before, after in pairwise(moments))
