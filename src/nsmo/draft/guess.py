"""Guesses from cells and structure what was asked: questions, answers, and the columns around them."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from nsmo.draft import headers, naming
from nsmo.draft.amounts import amounts
from nsmo.draft.asked import is_identifying
from nsmo.draft.beside import beside, without_counts
from nsmo.draft.closed import CODE, battery, closed_or_open, look_for_years, without_reasons
from nsmo.draft.long_form import refuse_long_form
from nsmo.draft.own import no_values, own_columns
from nsmo.draft.questions import Draft, Item, Option, Other, Question
from nsmo.draft.routing import route
from nsmo.draft.sampling import sampling
from nsmo.draft.ticks import multi, reasons_alone, reasons_in_boxes, split_choice
from nsmo.draft.values import (
    Column,
    decimal_sign,
    grouping,
    is_excel_moment,
    mixed_date_forms,
)
from nsmo.draft.write import short_label
from nsmo.formats.cells import bad_file
from nsmo.formats.detect import Reading
from nsmo.formats.qualtrics import SEEN
from nsmo.formats.structure import Variable, is_other, plain_text, same_text

_WEIGHT = re.compile(
    # What somebody or something weighs is none.
    r"(?!.*(birth|body|over|under|geboorte|lichaams?|eigen|streef)[ _.-]?(weight|gewicht|wt|wgt))"
    r"(.*[ _.-])?([a-z]{0,8}(weights?|wght|wgt|gewicht)|weging|wegingsfactor|weegfac(tor)?|ophoogfactor"
    r"|gewichtung|wt|llcpwt|weightvec|p?wgtp|perwt|hhwt|wtfinl|finalwt)([ _.-]?\w{0,10})?",
    re.IGNORECASE,
)
#: As labels explain it; that somebody weighs something is said otherwise.
_EXPLAINED = re.compile(
    r"((post-?stratification|design|sampling|survey|person(al)?|household|cross-sectional) )*"
    r"(weights?|weight(ing)? factor|wegingsfactor|weegfactor|weging|gewicht(ungsfaktor)?)\b"
    r"(?!.*\b(kg|kilo\w*|gram\w*|pounds?|lbs|stone)\b)(?!.*\?)",
    re.IGNORECASE,
)
# Of several weights, that with which figures of respondents are made.
_FINAL = re.compile(r"(^|[ _.-])(an|psp|post|final|fnl|analysis|eind|rak|cal)", re.IGNORECASE)
_BARE = re.compile(r"weight|gewicht|weight[ _.-]?(kg|lbs?)|(kg|lbs?)[ _.-]?weight", re.IGNORECASE)
# Beside how tall somebody is, a weight is what somebody weighs.
_TALL = re.compile(r"(.*[ _.-])?(height|lengte|bmi|stature|taille)([ _.-]?\w{0,10})?", re.IGNORECASE)
_WEIGHS = (
    "whole numbers: what somebody weighs, or for how many each respondent stands? Then take the question "
    "out, name the column under source: design: weight: and say weighting: given: true in rules.yaml"
)
_CODE = re.compile(r"[A-Za-z_]{1,10}\d+[A-Za-z]?")
_OF_YES_AND_NO = re.compile(r"\d+ (columns of .+: options of one question.*)")
#: Doubts that many questions of a file may share.
_OF_MANY = re.compile(r"scale|two answers without labels|-?\d+ stands \d+ times: ")
_TIMES = re.compile(r" \d+ times")
_NUMBERED = re.compile(r"\s*\((\d+)\)$")


def draft(reading: Reading) -> Draft:
    """Guess everything that a wave's files say of an export.

    Parameters
    ----------
    reading : Reading
        The export as `formats.detect.read` gives it.

    Returns
    -------
    Draft
        With every guess that a person must confirm.

    Raises
    ------
    StudyError
        If no column holds answers.
    """
    export = reading.export
    nothing = no_values(export.cells)
    if reading.tool == "qualtrics" and (export.cells == SEEN).to_numpy().any():
        nothing.append(SEEN)
    cells = export.cells.mask(export.cells.isin(nothing), "") if nothing else export.cells
    found = amounts(cells, nothing)
    cells = found.cells
    columns = {name: Column(name, cells[name]) for name in export.columns}
    known = {
        name: replace(one, kind="numeric") if name in found.told and one.part == "answer" else one
        for name, one in reading.structure.variables.items()
    }
    refuse_long_form(columns)
    variables = headers.grouped(without_counts(_with_shown_numbers(known, columns)), columns)
    variables = beside(variables, columns)
    variables, uses, key, confirm = own_columns(variables, columns, tool=bool(reading.tool))
    called = [
        name
        for name, column in columns.items()
        if variables[name].part == "answer" and _is_called_weight(variables[name], column)
    ]
    if any(_TALL.fullmatch(name) for name in columns):
        called = [name for name in called if not _BARE.fullmatch(name)]
    # Whole numbers may be what somebody weighs, in kilograms.
    weights = [name for name in called if not _are_whole(columns[name])]
    ignored = [
        name
        for name, one in variables.items()
        if name not in uses.values()
        and name != key
        and (one.part in ("unused", "paradata") or not columns[name].answered)
    ]
    ours = {*uses.values(), *ignored, *([key] if key else [])}
    closed = {name for name, one in variables.items() if one.options}
    weights.sort(key=lambda name: not _FINAL.search(f"{name} {variables[name].label}"))
    whole = [name for name in called if name not in weights]
    design = sampling(columns, ours, closed, weights, whole)
    lone = design.unweighted
    weights = [name for name in weights if name not in (*design.replicates, *lone)]
    used = ours | {*weights, *design.every_column} - design.asked
    groups: dict[str, list[Variable]] = {}
    for name, variable in variables.items():
        if name not in used and variable.part not in ("paradata", "unused"):
            groups.setdefault(variable.question or name, []).append(variable)
    questions: list[Question] = []
    for members in groups.values():
        questions += _questions(members, columns)
    if not questions:
        raise bad_file(
            "no column holds answers",
            reading.path.name,
            "a column for each question, with an answer in some row",
            "export the answers too, not only when and by whom they were given",
        )
    for question in questions:
        if question.column in called and question.column not in lone:
            question.confirm.append(_WEIGHS)
        if question.column in found.told and question.kind == "numeric":
            question.confirm.append(found.told[question.column])
    if lone:
        first = next(question for question in questions if lone[0] in question.every_column)
        first.confirm.append(
            f"'{lone[0]}' to '{lone[-1]}' look like replicate weights, but no column is the weight itself: "
            "name it under source: design: weight:, these under replicates:, and take their questions out"
        )
    for question in questions:
        _without_markup(question)
    name_all(questions)
    _say_once(questions)
    route(questions, cells, variables)
    _tell_apart(questions)
    _tell_ends_apart(questions)
    dates = [columns[c] for q in questions if q.kind == "date" for c in q.every_column]
    dates += [columns[uses[use]] for use in ("submitted", "started") if use in uses]
    forms, doubts = _date_formats(dates)
    numbers = [without_reasons(columns[c]) for q in questions if q.kind == "numeric" for c in q.every_column]
    sign, doubt = decimal_sign(numbers)
    confirm += [*reading.doubts, *doubts, *([f"decimal sign '{sign}': {doubt}"] if doubt else [])]
    confirm += _unlabelled(questions)
    if nothing:
        shown = " and ".join(f"'{text}'" for text in nothing)
        confirm.append(f"{shown} is no answer: read as none in every column")
    ticked, unticked = _ticks(questions)
    # Such as the box beside a text of one's own: what no question is read from is left aside.
    known = {column for question in questions for column in question.every_column} | used
    ignored += [name for name in export.columns if name not in known]
    return Draft(
        questions,
        key,
        uses,
        weights,
        [*ignored, *weights],
        sign,
        grouping(numbers, sign),
        found.signs,
        forms,
        ticked,
        unticked,
        nothing,
        confirm,
        reading.structure.language or _language(questions),
        reading.structure.title,
        design,
    )


def _with_shown_numbers(variables: dict[str, Variable], columns: dict[str, Column]) -> dict[str, Variable]:
    """Tell codes from labels that are other numbers (1 for "0", 2 for "1") as the other questions have it."""
    shifted, by_label = [], []
    for name, one in variables.items():
        texts, labels = set(columns[name].counts), set(one.options.values())
        if not one.options or not texts or labels <= set(one.options):
            continue
        if all(re.fullmatch(r"\d+", label) for label in labels):
            shifted.append(name)
        else:
            by_label.append(len(texts & labels) > len(texts & set(one.options)))
    if 2 * sum(by_label) <= len(by_label):
        return variables
    own = {name: {label: label for label in variables[name].options.values()} for name in shifted}
    return variables | {name: replace(variables[name], options=options) for name, options in own.items()}


def _is_called_weight(variable: Variable, column: Column) -> bool:
    """Return whether a column is called a weight, and holds numbers that vary and are never negative."""
    if variable.options or not column.numbers:
        return False
    named = any(_WEIGHT.fullmatch(text) for text in (variable.column, variable.label or "-"))
    if not named and (not _EXPLAINED.match(variable.label or "") or _are_whole(column)):
        return False
    numbers = _numbers(column)
    return len(numbers) > 5 and min(numbers) >= 0


def _are_whole(column: Column) -> bool:
    return all(number == int(number) for number in _numbers(column))


def _numbers(column: Column) -> list[float]:
    return [float(text.replace(",", ".")) for text in column.counts if text.count(",") + text.count(".") < 2]


def _questions(members: Sequence[Variable], columns: dict[str, Column]) -> list[Question]:
    """Make the questions of the columns that belong together; mostly it is one."""
    by_part: dict[str, list[Variable]] = {}
    for variable in members:
        by_part.setdefault(variable.part, []).append(variable)
    found: list[Question] = []
    if ticks := by_part.get("tick"):
        found.append(multi(ticks, columns))
        if split_choice(found[-1], [columns[one.column] for one in ticks]):
            found[-1].kind = "single"
        reasons_in_boxes(found[-1], columns)
    if items := by_part.get("item"):
        found += battery(items, columns)
    if choices := by_part.get("choice"):
        found.append(_categories(choices, columns))
    for variable in by_part.get("answer", ()):
        found.append(closed_or_open(variable, columns[variable.column]))
    for variable in by_part.get("other", ()):
        _attach(variable, found, columns[variable.column])
    for question in found:
        if question.other is not None:
            # Questions with yes and no have no text beside them.
            question.confirm = [text for text in question.confirm if not _OF_YES_AND_NO.match(text)]
    for question in found:
        question.page = members[0].page
        said = {one.routing for one in members if one.column in question.every_column}
        question.routing = next(iter(said)) if len(said) == 1 else ""
        if question.column:
            look_for_years(question, columns[question.column])
    return found


def _attach(variable: Variable, found: list[Question], column: Column) -> None:
    """Make an "other" text part of its question; without answers to choose it is a question of its own."""
    host = next((q for q in found if q.kind in ("single", "multi") and q.other is None and not q.items), None)
    if host is None:
        question = Question(
            "text", f"{variable.label} – {variable.item}".strip(" –"), variable.code, column.name
        )
        question.identifying = is_identifying(question.label)
        found.append(question)
        return
    own = next((option for option in host.options if is_other(option.label)), None) or next(
        (option for option in host.options if same_text(option.label) == same_text(variable.item)), None
    )
    if own is not None and host.kind == "multi" and own.column:
        # The box that opens the text is an option of its own; with a text it is ticked.
        own.label = f"{own.label} (box)"
        host.options.remove(own)
        host.other = Other(column.name, own.label.removesuffix(" (box)"))
        if own.column != column.name:
            host.confirm.append(
                f"the box '{own.label.removesuffix(' (box)')}' counts where a text was written"
            )
        return
    if own is not None:
        host.options.remove(own)
    host.other = Other(column.name, own.label if own else variable.item or "Other", own.code if own else None)


def _categories(choices: Sequence[Variable], columns: dict[str, Column]) -> Question:
    """Make a multi question of columns that each hold a code of the same options."""
    labels: dict[str, str] = {}
    for variable in choices:
        labels |= dict(variable.options)
    for variable in choices:
        labels |= {text: labels.get(text, text) for text in columns[variable.column].distinct}
    missing = [one for variable in choices for one in variable.missing]
    options = [
        Option(label, code) for code, label in labels.items() if not any(one.holds(code) for one in missing)
    ]
    first = choices[0]
    question = Question(
        "multi", first.label, first.question, columns=[one.column for one in choices], options=options
    )
    from nsmo.draft.closed import declared_missing

    question.missing = declared_missing(choices, columns)
    reasons_alone(question)
    return question


def _without_markup(question: Question) -> None:
    """Take HTML and blanks at the ends out of what is shown; what is looked for in cells stays as it is."""
    for one in (question, *question.items, *question.options):
        one.label = plain_text(one.label) or one.label


def name_all(questions: Sequence[Question]) -> None:
    """Name questions with their items and answers, each of its own."""
    taken: set[str] = set()
    for place, question in enumerate(questions, 1):
        question.name = naming.question_name(question.code, question.label, taken, f"question_{place}")
        taken.add(question.name)
        items: set[str] = set()
        for number, item in enumerate(question.items, 1):
            item.name = _item_name(question, item, taken | items, number)
            items.add(item.name)
        taken |= items
        options: set[str] = set()
        for number, option in enumerate(question.options, 1):
            option.name = naming.option_name(option.label, option.code or "", options, number)
            options.add(option.name)


def _item_name(question: Question, item: Item, taken: set[str], number: int) -> str:
    own = naming.slug(item.label, words=3)
    return naming.unique(f"{question.name[:24]}_{own}" if own else "", taken, f"{question.name}_{number}")


def _say_once(questions: Sequence[Question]) -> None:
    """Keep the same doubt about the same answers once, and say for how many questions it stands."""
    seen: dict[str, tuple[Question, str]] = {}
    again: Counter[str] = Counter()
    for question in questions:
        for text in list(question.confirm):
            same = _OF_YES_AND_NO.fullmatch(text)
            doubt = same[1] if same else _TIMES.sub("", text)
            if not same and not _OF_MANY.match(text):
                continue
            if doubt in seen:
                question.confirm.remove(text)
                again[doubt] += 1
            seen.setdefault(doubt, (question, text))
    for doubt, count in again.items():
        question, text = seen[doubt]
        place = question.confirm.index(text)
        question.confirm[place] = f"{text} (and of {count} more question{'s' * (count > 1)})"


def _tell_apart(questions: Sequence[Question]) -> None:
    """Find what tells questions in the same words apart: for whom they were, else their code."""
    alike: dict[str, list[Question]] = {}
    for question in questions:
        worded = any(
            re.search(r"[^\W\d_]{2}", item.label) and item.label != item.column for item in question.items
        )
        if worded and question.label == question.code and _CODE.fullmatch(question.code):
            question.label = _begin_alike([item.label for item in question.items])
        if not question.items:
            alike.setdefault(_words_of(question).casefold(), []).append(question)
    for same in alike.values():
        whom = [_for_whom(question, questions) for question in same]
        for place, (question, group) in enumerate(zip(same, whom, strict=True), 1):
            if len(same) > 1:
                question.label = _words_of(question)
                of_them = bool(group) and len(group) <= 60 and whom.count(group) == 1
                coded = len(question.code) <= 20 and not question.code.startswith(question.label)
                question.apart = group if of_them else question.code if coded else str(place)


def _tell_ends_apart(questions: Sequence[Question]) -> None:
    """Find what tells long questions apart that would be the same ones when they are cut for a table."""
    alike: dict[str, list[Question]] = {}
    for question in questions:
        if not question.apart and not question.items:
            alike.setdefault(short_label(question.label).casefold(), []).append(question)
    for cut, same in alike.items():
        if len(same) < 2 or not cut.endswith("…"):
            continue
        words = [question.label.split() for question in same]
        shared = 0
        while shared < min(map(len, words)) and len({tuple(one[: shared + 1]) for one in words}) == 1:
            shared += 1
        ends = [" ".join(one[shared:]).strip(" .?!:") for one in words]
        if all(ends) and len(set(ends)) == len(ends) and max(map(len, ends)) <= 40:
            for question, end in zip(same, ends, strict=True):
                question.apart = end


def _words_of(question: Question) -> str:
    """Return the words of a question, without the number that a second column of the same name got."""
    words = " ".join(question.label.split())
    return _NUMBERED.sub("", words) if question.label == question.column else words


def _begin_alike(labels: Sequence[str]) -> str:
    """Call a battery without a text by the words with which its questions begin, else by the first."""
    words = [label.split() for label in labels]
    shared = 0
    while shared < min(map(len, words)) and len({tuple(one[: shared + 1]) for one in words}) == 1:
        shared += 1
    return f"{' '.join(words[0][:shared])} …" if shared >= 3 else f"{labels[0]} (+ {len(labels) - 1})"


def _for_whom(question: Question, questions: Sequence[Question]) -> str:
    """Name the one or two answers to an earlier question that those gave to whom this one was put."""
    if not question.asked_if or len(question.asked_if[1]) > 2:
        return ""
    asked, names = question.asked_if
    by_name = {one.name: one for one in questions}
    return ", ".join(option.label for option in by_name[asked].options if option.name in names)


def _date_formats(columns: Sequence[Column]) -> tuple[list[str], list[str]]:
    forms: list[str] = []
    doubts: list[str] = []
    serial: list[str] = []
    # A column in which a day is above twelve tells how the others write theirs.
    for column in sorted(
        columns, key=lambda one: len({_swapped(f) for f in one.date_forms} & {*one.date_forms})
    ):
        if is_excel_moment(column.counts):
            form = "excel"
            serial.append(column.name)
        elif mixed := [] if column.date_forms else mixed_date_forms(column.counts):
            forms += [form for form in mixed if form not in forms]
            continue
        elif column.date_forms:
            form = column.date_forms[0]
            swapped = _swapped(form)
            said = re.search(r"\b(mm?[-/.]dd?|dd?[-/.]mm?)[-/.]yy", column.name, re.IGNORECASE)
            if said and swapped in column.date_forms:
                # "Timestamp (mm/dd/yyyy)"
                first = "%m" if said[1][0] in "mM" else "%d"
                forms += [one for one in (form, swapped) if one.startswith(first) and one not in forms]
                continue
            if swapped in forms and swapped in column.date_forms:
                continue
            if swapped != form and swapped in column.date_forms and form not in forms:
                doubts.append(f"'{column.name}' is read as day before month; all dates fit both ways")
        else:
            continue
        if form not in forms:
            forms.append(form)
    if serial:
        doubts.append(
            f"days since 1900, as Excel numbers them, in {', '.join(map(repr, serial))}; a workbook of an "
            "older Mac counts from 1904: excel_1904"
        )
    return forms, list(dict.fromkeys(doubts))


def _swapped(form: str) -> str:
    return form.replace("%d", "%x").replace("%m", "%d").replace("%x", "%m")


def _ticks(questions: Sequence[Question]) -> tuple[str | None, list[str]]:
    """Find the text that ticks most options, and give the others their own as a code."""
    columns = [
        option for question in questions if question.counted for option in question.options if option.column
    ]
    counted = Counter(option.code for option in columns if option.code is not None)
    ticked, uses = counted.most_common(1)[0] if counted else (None, 0)
    if uses < 2:
        ticked = None
    for option in columns:
        if option.code == ticked:
            option.code = None
    unticked = dict.fromkeys(["", *(text for question in questions for text in question.unticked)])
    return ticked, list(unticked)


def _unlabelled(questions: Sequence[Question]) -> list[str]:
    """Note that answers stand there as codes of which nothing tells the labels."""
    coded = [
        question.name
        for question in questions
        if question.kind in ("single", "ordinal")
        and [option for option in question.options if CODE.fullmatch(option.label)]
    ]
    if not coded:
        return []
    return [
        f"answers to {len(coded)} questions are codes such as "
        f"{next(o.label for q in questions for o in q.options if CODE.fullmatch(o.label))} without "
        f"labels: give the "
        "file of the structure as well"
    ]


#: Words that tell a language, among those that questions are mostly written in.
_LANGUAGES = {
    "nl": "de het een van u uw wat welke hoe niet bent heeft",
    "en": "the of you your what which how do is in are",
    "de": "der die das ein eine sie ihr ihre was welche wie nicht sind haben",
    "fr": "le la les des du vous votre vos quel quelle quels est une",
    "es": "el la los las del usted su que cual como es una",
    "it": "il lo gli del della che quale come sei una hai",
}


#: Words of headings and answers, for exports whose columns are called by a word or two.
_HEADINGS = {
    "nl": "ja nee geen meer minder weet anders namelijk toelichting opmerking opmerkingen leeftijd geslacht "
    "provincie gemeente regio omzet personeel jaar zeer tevreden ontevreden eens oneens gelijk daling "
    "stijging bedrijf bedrijfsgrootte opleiding afdeling vrouw",
    "de": "ja nein keine mehr weniger weiß andere anmerkung anmerkungen alter geschlecht bundesland umsatz "
    "jahr jahre sehr zufrieden unzufrieden männlich weiblich abteilung ausbildung",
    "fr": "oui non aucun moins autre remarques âge sexe région ans très satisfait insatisfait femme homme",
    "es": "sí ninguno más menos otro otra edad sexo región año años muy hombre mujer",
    "it": "sì nessuno più meno altro età sesso regione anno anni molto uomo donna",
}


#: Writing that tells a language, by how Unicode calls its letters; and letters that tell another one.
_WRITING = {
    "ARABIC": ("ar", "fa", "پچژگ"),
    "HEBREW": ("he", "", ""),
    "GREEK": ("el", "", ""),
    "CYRILLIC": ("ru", "uk", "іїєґ"),
    "CJK": ("zh", "ja", ""),
    "HIRAGANA": ("ja", "", ""),
    "KATAKANA": ("ja", "", ""),
    "HANGUL": ("ko", "", ""),
    "THAI": ("th", "", ""),
}


def _by_writing(text: str) -> str:
    """Return the language of a text whose letters are not Latin, as far as they tell it; else nothing."""
    letters = Counter(unicodedata.name(sign, "").split(" ")[0] for sign in text if sign.isalpha())
    script, times = max(letters.items(), key=lambda item: item[1], default=("", 0))
    if script not in _WRITING or 2 * times < letters.total():
        return ""
    usual, other, own = _WRITING[script]
    japanese = script == "CJK" and letters["HIRAGANA"] + letters["KATAKANA"] > 0
    return other if japanese or (own and any(sign in text for sign in own)) else usual


def _language(questions: Sequence[Question]) -> str:
    """Find the language of the questions by writing and commonest words; English where none stands out."""
    if written := _by_writing(" ".join(question.label for question in questions)):
        return written
    words = _words(question.label for question in questions)
    hits = {code: sum(words[word] for word in known.split()) for code, known in _LANGUAGES.items()}
    best = max(hits, key=lambda code: hits[code])
    if hits[best]:
        return best if hits[best] > hits["en"] else "en"
    # Names of columns, without a sentence among them.
    words += _words(option.label for question in questions for option in question.options)
    hits = {code: sum(word in words for word in known.split()) for code, known in _HEADINGS.items()}
    best = max(hits, key=lambda code: hits[code])
    return best if hits[best] > 1 else "en"


def _words(texts: Iterable[str]) -> Counter[str]:
    return Counter(re.findall(r"[^\W\d]+", " ".join(texts).casefold()))
