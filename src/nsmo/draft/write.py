"""Writes a draft as the files of a wave; every guess to confirm is a comment above what it is about."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from nsmo.draft.questions import Draft, Missing, Option, Question
from nsmo.draft.values import is_excel_moment
from nsmo.formats.detect import Reading
from nsmo.formats.rankings import Ranked
from nsmo.study.cells import date_reader
from nsmo.study.drafts import MARK
from nsmo.study.model import TWO_LETTERS
from nsmo.study.questionnaire import column_range
from nsmo.study.visible import CONTROLS

_PLAIN = re.compile(r"[A-Za-zÀ-ÿ][\wÀ-ÿ .()/'’–+&-]*")
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf"}
_SCHEMA = "# yaml-language-server: $schema=../../../docs/schemas/{}.json\n"
_COMPLETE = re.compile(
    r"(survey )?completed?|finished|submitted|true|waar|wahr|vrai|1|yes|ja|voltooid|fertig"
    r"|ip.?address|ip.?adres",
    re.IGNORECASE,
)
#: How tools write that a response is of nobody: the makers of the questionnaire saw how it looks.
_LOOKED = re.compile(
    r"(offline )?survey (preview|test)( spam)?|preview|test( response)?|voorbeeld van enqu[eê]te|testrespons"
    r"|umfragevorschau|vorschau|aper[cç]u( de l.enqu[eê]te)?|vista previa( de la encuesta)?",
    re.IGNORECASE,
)
_LONGEST_LABEL = 80
#: So many days without a response part those before from those after; what share of moments may be slips.
_YEAR, _FAR = 366, 0.1
#: So many questions are proposed as banners, of so many answers each at most.
BANNERS, MOST_COLUMNS = 3, 8


def questionnaire(draft: Draft, reading: Reading, study: str) -> str:
    """Write questionnaire.yaml.

    Parameters
    ----------
    draft : Draft
        What was guessed.
    reading : Reading
        The export.
    study : str
        The name of the study.
    """
    lines = [
        _SCHEMA.format("questionnaire").rstrip(),
        f"# Drafted from {reading.path.name}, a {reading.title}. Look at each line with '{MARK}', "
        f"correct what follows",
        "# it where it is wrong, and take the line out; `nsmo check` lists those that are left.",
        f"study: {quote(study)}",
        f"unit: {'respondenten' if draft.language == 'nl' else 'respondents'}",
        f"language: {_two_letters(draft.language)}",
        "provenance: real",
        '# Shares are of those who gave a reply, "don\'t know" among them; a question may have a base '
        "of its own.",
        "base: replied",
        "",
        *_source(draft, reading),
        "",
        "questions:",
    ]
    for question in draft.questions:
        lines += entry(question, draft)
    return "\n".join(lines) + "\n"


def rules(draft: Draft) -> str:
    """Write rules.yaml: nobody leaves until somebody decides who, but previews, which nobody answered."""
    screening = [question for question in draft.questions if question.role == "screening"]
    previews = [line for question in screening for line in _previews(question, draft.language)]
    lines = [
        _SCHEMA.format("rules").rstrip(),
        "# Who counts as a respondent, how answers are weighted, and which question plays which part.",
        "cleaning:",
        *(["  rules:", *previews] if previews else ["  rules: []"]),
    ]
    for question in screening:
        who = "everybody else counts" if _looks(question) else "everybody counts"
        if not [option for option in question.options if option not in _looks(question)][1:]:
            continue
        lines += [
            f"  {MARK} {who}, whatever '{question.name}' says. To leave some out, "
            f"{'add to the rules' if previews else 'replace `rules: []`'}:",
            *([] if previews else ["  # rules:"]),
            "  #   - name: not_complete",
            "  #     kind: condition",
            f"  #     when: {{not: {{question: {quote(question.name)}, is: [{_complete(question)}]}}}}",
            "  #     reason: Did not complete the questionnaire",
        ]
    lines += _weighting(draft)
    lines += [
        "",
        "# What this wave has of its own of the thresholds in params.yaml:",
        "# thresholds: {min_n: 30}",
    ]
    if names := _likely_banners(draft):
        lines += [
            "",
            "# By which groups every question is shown; these have few answers each. Crossed: [one, other].",
            "# crosstabs:",
            f"#   banners: [{', '.join(map(quote, names))}]",
        ]
    return "\n".join(lines) + "\n"


def _looks(question: Question) -> list[Option]:
    """List the answers that say that somebody looked at the questionnaire, or tried it."""
    return [option for option in question.options if _LOOKED.fullmatch(option.label.strip())]


def _previews(question: Question, language: str) -> list[str]:
    """Return the rule by which previews are left out; nothing where there are none."""
    looks = _looks(question)
    if not looks or len(looks) == len(question.options):
        return []
    reason = (
        "Voorbeeld of proef, geen respondent" if language == "nl" else "A preview or a test, not a respondent"
    )
    names = ", ".join(quote(option.name, flow=True) for option in looks)
    return [
        f"    {MARK} who only looked at the questionnaire is left out: "
        f"{', '.join(option.label for option in looks)}",
        "    - name: preview",
        "      kind: condition",
        f"      when: {{question: {quote(question.name, flow=True)}, is: [{names}]}}",
        f"      reason: {quote(reason)}",
    ]


def _complete(question: Question) -> str:
    """Return the answer that says that a questionnaire was completed, else the one that most have."""
    complete = (o.name for o in question.options if _COMPLETE.fullmatch(o.label.strip()))
    return quote(next(complete, question.options[0].name), flow=True)


def _weighting(draft: Draft) -> list[str]:
    """Return the lines by which weights and design are used as given; none where none came with responses."""
    design = draft.sampling
    if not design.columns:
        return []
    lines, given = ["", "weighting:"], []
    if design.replicates:
        lines.append(
            f"  {MARK} how the {len(design.replicates)} replicate weights were made: {_one_line(design.seen)}"
        )
        given.append(f"replicates: {design.settings}")
    if design.zeros:
        lines.append(
            f"  {MARK} {design.zeros} respondents have a weight of 0: they count in no weighted figure"
        )
        given.append("zero: keep")
    lines.append(f"  given: {{{', '.join(given)}}}" if given else "  given: true")
    weight = design.columns.get("weight")
    asked = f"the weights in '{weight}' stand" if weight else "each respondent stands"
    return [
        *lines,
        f"  {MARK} whom {asked} for",
        "  population: {nl: de populatie van het onderzoek, en: the population of the survey}",
        "  words: {nl: gewogen, en: weighted}",
    ]


def _design(draft: Draft) -> list[str]:
    """List the columns of the design under `source:`."""
    design = draft.sampling
    if not design.columns:
        return []
    what = {"weight": "the weight", "stratum": "strata", "cluster": "clusters", "fpc": "populations"}
    named = [text for use, text in what.items() if use in design.columns]
    named += ["replicate weights"] * bool(design.replicates)
    parts = [f"{use}: {quote(column, flow=True)}" for use, column in design.columns.items()]
    if design.replicates:
        parts.append(f"replicates: {_range(design.replicates)}")
    return [f"  {MARK} {', '.join(named)} that came with the responses", f"  design: {{{', '.join(parts)}}}"]


def _range(columns: Sequence[str]) -> str:
    """Write columns as the first and the last, where these tell the others."""
    text = f"{columns[0]} to {columns[-1]}"
    try:
        return quote(text, flow=True) if column_range(text) == list(columns) else _flow(columns)
    except ValueError:
        return _flow(columns)


def _likely_banners(draft: Draft) -> list[str]:
    """List the first questions with one answer out of few, which may make the columns of cross-tables."""
    return [
        question.name
        for question in draft.questions
        if question.kind in ("single", "ordinal")
        and not (question.items or question.identifying or question.role == "screening")
        and not (question.asked_if or question.asked_when)
        and 2 <= len(question.options) <= MOST_COLUMNS
    ][:BANNERS]


def study(draft: Draft, reading: Reading, wave: str) -> str:
    """Write study.yaml: the title, and when the first and the last response came in."""
    first, last, far = _period(draft, reading)
    lines = [
        _SCHEMA.format("study").rstrip(),
        "# About the study: what it is called and how it was made.",
        *([f"{MARK} the title in the file, as people will read it"] if draft.title else []),
        f"title: {quote(draft.title or wave)}",
        "field_period:",
    ]
    if first and last:
        apart = f", but for {', '.join(far[:3])}, years from the others: slips?" if far else ""
        lines.append(f"  {MARK} the first and the last moment in the responses{apart}")
    lines += [f"  from: {first or 'null'}", f"  until: {last or 'null'}", "  certainty: assumed"]
    lines.append("# Were figures of it published? They can be held against the responses:")
    lines.append("# docs/howto/add-published-figures.md")
    return "\n".join(lines) + "\n"


def _two_letters(language: str) -> str:
    """Return the letters of a language without those of its country: ``pt-BR`` is ``pt``."""
    code = re.split("[-_]", language.casefold())[0]
    return code if code in TWO_LETTERS else "en"


def entry(question: Question, draft: Draft) -> list[str]:
    """Write a question as an item of the list of questions."""
    lines = [f"  {MARK} {_one_line(text)}" for text in question.confirm]
    head = "battery" if question.items else "name"
    lines.append(f"  - {head}: {quote(question.name)}")
    keys: list[tuple[str, str]] = [("type", question.kind)]
    if question.column and not question.items:
        keys.append(("column", quote(question.column)))
    if question.columns:
        keys.append(("columns", _flow(question.columns)))
    if question.separator:
        keys.append(("separator", json.dumps(question.separator)))
    if question.page:
        keys.append(("page", str(question.page)))
    if question.role:
        keys.append(("role", question.role))
    if question.identifying:
        keys.append(("identifying", "true"))
    if question.year:
        keys.append(("year", "true"))
    if question.base:
        keys.append(("base", question.base))
    if question.asked_if:
        name, options = question.asked_if
        keys.append(("asked_if", f"{{question: {quote(name, flow=True)}, is: {_flow(options)}}}"))
    elif question.asked_when:
        keys.append(("asked_if", _condition(question.asked_when)))
    if not question.items:
        keys.append(("label", quote(short_label(question.label, question.apart))))
    keys.append(("text", quote(question.label)))
    lines += [f"    {key}: {value}" for key, value in keys]
    if question.options:
        lines.append("    options:")
        lines += [f"      - {option_line(option)}" for option in question.options]
    if question.missing:
        lines.append("    missing:")
        lines += [f"      - {_missing_line(missing)}" for missing in question.missing]
    if question.other:
        parts = [
            f"column: {quote(question.other.column)}",
            f"label: {quote(question.other.label, flow=True)}",
        ]
        if question.other.code is not None:
            parts.insert(1, f"code: {_quoted(question.other.code)}")
        lines.append(f"    other: {{{', '.join(parts)}}}")
    if question.items:
        lines.append("    items:")
        lines += [f"      - {item_line(item.name, item.column, item.label)}" for item in question.items]
    return lines


def _condition(value: Any) -> str:
    """Write a condition in one line."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_condition(one)}' for key, one in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_condition, value))}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return quote(value, flow=True) if isinstance(value, str) else f"{value:.12g}"


def option_line(option: Option) -> str:
    """Write an answer in one line."""
    parts = [f"name: {quote(option.name, flow=True)}"]
    if option.code is not None:
        parts.append(f"code: {_quoted(option.code)}")
    if option.column is not None:
        parts.append(f"column: {quote(option.column, flow=True)}")
    parts.append(f"label: {quote(option.label or option.name, flow=True)}")
    return f"{{{', '.join(parts)}}}"


def item_line(name: str, column: str, label: str) -> str:
    """Write a question of a battery in one line."""
    parts = {"name": name, "column": column, "label": label}
    return f"{{{', '.join(f'{key}: {quote(text, flow=True)}' for key, text in parts.items())}}}"


def quote(text: str, *, flow: bool = False) -> str:
    """Write a text as YAML: bare where it can be nothing but a text."""
    text = CONTROLS.sub("", text)
    bare = _PLAIN.fullmatch(text) and text == text.strip() and text.casefold() not in _WORDS
    return text if bare and not (flow and "," in text) else _quoted(text)


def short_label(text: str, apart: str = "") -> str:
    """Shorten a question to what tables and figures have room for, at the end of a word.

    Parameters
    ----------
    text : str
        The question.
    apart : str
        What tells it from another in the same words; it is put behind, in brackets.
    """
    text = _one_line(
        re.sub(r"\s*\((check|choose|select|please|kies|meerdere)[^()]*\)\s*$", "", text, flags=re.IGNORECASE)
    )
    behind = f" ({_one_line(apart)})" if apart else ""
    longest = _LONGEST_LABEL - len(behind)
    if len(text) > longest:
        text = text[: longest - 1].rsplit(" ", 1)[0].rstrip(" ,;:–-") + "…"
    return text + behind


def source_keys(draft: Draft, reading: Reading) -> dict[str, str]:
    """List the keys of `source:` that say how the export is written, each as YAML."""
    layout = reading.layout
    text = layout.format == "csv"
    form = "limesurvey" if text and reading.tool == "limesurvey" else layout.format
    keys = {"file": quote(responses_name(reading.path)), "format": form}
    if text:
        keys["encoding"] = layout.encoding
        keys["delimiter"] = json.dumps(layout.delimiter)
    if layout.quote != '"':
        keys["quote"] = json.dumps(layout.quote)
    if layout.sheet:
        keys["sheet"] = quote(layout.sheet)
    if layout.title_rows:
        keys["title_rows"] = str(layout.title_rows)
    if layout.last_rows:
        keys["last_rows"] = str(layout.last_rows)
    if layout.header_rows != 1:
        keys["header_rows"] = str(layout.header_rows)
    if layout.names_row:
        keys["names_row"] = str(layout.names_row)
    if layout.columns:
        keys["columns"] = _flow(layout.columns)
    if draft.decimal != ".":
        keys["decimal"] = json.dumps(draft.decimal)
    if draft.grouping:
        keys["thousands"] = json.dumps(draft.grouping)
    if draft.signs:
        keys["signs"] = _flow(draft.signs, always=True)
    if reading.rankings:
        ranked = [_ranking(one) for one in reading.rankings]
        keys["rankings"] = f"[{', '.join(ranked)}]"
    if draft.date_formats:
        keys["date_formats"] = _flow(draft.date_formats, always=True)
    keys["key"] = quote(draft.key) if draft.key else "null"
    return keys


def _ranking(one: Ranked) -> str:
    """Write a ranking in one line."""
    if one.separator:
        parts = [f"column: {quote(one.name, flow=True)}", f"separator: {_quoted(one.separator)}"]
    else:
        parts = [f"name: {quote(one.name, flow=True)}"] * bool(one.answers)
        parts.append(f"columns: {_flow(one.columns)}")
    parts += [f"answers: {_flow(one.answers)}"] * bool(one.answers)
    parts += [f"places: {_flow(one.places)}"] * bool(one.places)
    missing = [text for text in one.missing if text]
    parts += [f"missing: {_flow(missing, always=True)}"] * bool(missing)
    parts += ["faulty: no_answer"] * one.lenient
    return f"{{{', '.join(parts)}}}"


def responses_name(path: Path) -> str:
    """Return the name of the copy of an export in the folder of the wave."""
    return "responses.parquet" if path.is_dir() else f"responses{path.suffix.lower() or '.csv'}"


def _source(draft: Draft, reading: Reading) -> list[str]:
    lines = ["source:", *(f"  {MARK} {_one_line(text)}" for text in draft.confirm)]
    lines += [f"  {key}: {value}" for key, value in source_keys(draft, reading).items()]
    if draft.ticked is not None:
        lines.append(f"  ticked: {_quoted(draft.ticked)}")
    if draft.missing_codes:
        lines.append(f"  missing_codes: {_flow(['', *draft.missing_codes], always=True)}")
    if draft.unticked != [""]:
        lines.append(f"  unticked: {_flow(draft.unticked, always=True)}")
    if draft.paradata:
        lines.append("  paradata:")
        lines += [f"    {use}: {quote(column)}" for use, column in draft.paradata.items()]
    lines += _design(draft)
    ignored = [column for column in draft.ignored if column != draft.sampling.columns.get("weight")]
    if ignored:
        lines.append("  ignore:")
        lines += [f"    - {quote(column)}" for column in ignored]
    return lines


def _missing_line(missing: Missing) -> str:
    parts = [f"reason: {missing.reason}"]
    if missing.column is not None:
        parts.append(f"column: {quote(missing.column, flow=True)}")
    if missing.code is not None:
        parts.append(f"code: {_quoted(missing.code)}")
    else:
        parts += [f"from: {missing.low}", f"to: {missing.high}"]
    parts.append(f"label: {quote(missing.label or missing.reason, flow=True)}")
    return f"{{{', '.join(parts)}}}"


def _flow(texts: Sequence[str], *, always: bool = False) -> str:
    words = [_quoted(text) if always else quote(text, flow=True) for text in texts]
    return f"[{', '.join(words)}]"


def _quoted(text: str) -> str:
    # What does not show is taken out of answers too, so that these still agree.
    quoted = json.dumps(CONTROLS.sub("", text), ensure_ascii=False)
    # Where YAML begins a line, and an editor does not.
    return re.sub("[\x85\u2028\u2029]", lambda sign: f"\\u{ord(sign[0]):04x}", quoted)


def _one_line(text: str) -> str:
    return " ".join(CONTROLS.sub("", text).split())


def _period(draft: Draft, reading: Reading) -> tuple[str, str, list[str]]:
    """Find the days of the first and the last response, and the few that lie years from all others."""
    columns = [draft.paradata[use] for use in ("started", "submitted") if use in draft.paradata]
    days: Counter[str] = Counter()
    for column in columns:
        for text, count in Counter(reading.export.cells[column]).items():
            if text and (day := _day(text, draft.date_formats)):
                days[day] += count
    spells: list[list[str]] = []
    for day in sorted(days):
        if spells and (date.fromisoformat(day) - date.fromisoformat(spells[-1][-1])).days <= _YEAR:
            spells[-1].append(day)
        else:
            spells.append([day])
    most = max(spells, key=lambda spell: sum(days[day] for day in spell), default=[])
    far = [day for spell in spells if spell is not most for day in spell]
    if not most or sum(days[day] for day in far) > _FAR * days.total():
        return min(days, default=""), max(days, default=""), []
    return most[0], most[-1], far


def _day(text: str, forms: Sequence[str]) -> str:
    if is_excel_moment([text]) and "excel" in forms:
        from datetime import timedelta

        return f"{datetime(1899, 12, 30) + timedelta(days=float(text)):%Y-%m-%d}"
    try:
        return f"{date_reader(forms)(text)[0]:%Y-%m-%d}"
    except ValueError:
        return ""
