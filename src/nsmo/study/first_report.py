"""A first text of a report, from the questions of a wave: to begin with, and until somebody writes one."""

from collections.abc import Collection

from nsmo.study.codebook import Codebook
from nsmo.study.crosstabs import rankings
from nsmo.study.variable import Variable

_WORDS = {
    "en": {
        "lead": "{{ respondents() }} {{ unit() }} answered. Question by question, this is what they said.",
        "mean": "Mean: {{ average(NAME) }}.",
        "item": "{{ question_link(NAME) }} – mean: {{ average(NAME) }}.",
        "place": "{{ question_link(NAME) }} – mean place: {{ average(NAME) }}.",
        "link": '{{ question_link(NAME, "All answers") }}',
        "how": "How it was made",
        "told": 'Of {{ received() }} responses, {{ respondents() }} are analysed. {{ page_link("made") }}',
    },
    "nl": {
        "lead": "{{ respondents() }} {{ unit() }} deden mee. Dit is wat zij antwoordden, vraag voor vraag.",
        "mean": "Gemiddelde: {{ average(NAME) }}.",
        "item": "{{ question_link(NAME) }} – gemiddelde: {{ average(NAME) }}.",
        "place": "{{ question_link(NAME) }} – gemiddelde plaats: {{ average(NAME) }}.",
        "link": '{{ question_link(NAME, "Alle antwoorden") }}',
        "how": "Hoe het is gemaakt",
        "told": 'Van {{ received() }} antwoorden tellen er {{ respondents() }} mee. {{ page_link("made") }}',
    },
}
#: A scale with more answers is no bar: its pieces would be too small to read and to show.
MOST_IN_A_BAR = 7
_SHOWN = ("single", "multi", "ordinal", "numeric")


def first_report(codebook: Codebook, language: str, estimated: Collection[str] | None = None) -> str:
    """Return a text with a part for every question of substance, and a battery as one.

    Parameters
    ----------
    codebook : Codebook
    language : {"en", "nl"}
    estimated : collection of str, optional
        Only questions of which there is an estimate.
    """
    words = _WORDS[language]
    lines = ["# {{ title() }}", "", words["lead"]]
    if codebook.previous:
        lines += ["", "{{ changes() }}", "", "{{ changes_figure() }}"]
    batteries: set[str] = set()
    ranked = rankings(codebook)
    for question in codebook.questions:
        variable = codebook.variables[question.name]
        shown = variable.type in _SHOWN and variable.role == "substantive" and not variable.identifying
        if not shown or (estimated is not None and question.name not in estimated):
            continue
        name, head = question.name, f'{{{{ question("{question.name}") }}}}'
        link = words["link"].replace("NAME", f'"{name}"')
        numbers = variable.type == "numeric" and not variable.year
        said = words["mean"] if numbers else "{{ figure(NAME) }}"
        if variable.type == "ordinal" and _numbered(variable, language):
            said = f"{words['mean']}\n\n{said}"
        anchor = name
        if variable.battery:
            first = variable.battery not in batteries
            batteries.add(variable.battery)
            anchor = variable.battery
            head = plain(question.text[language]) if first else ""
            if variable.type == "ordinal":  # one figure of all
                if not first:
                    continue
                name, link, said = variable.battery, "", "{{ figure(NAME) }}"
            elif variable.type == "numeric":
                said, link = words["place" if variable.battery in ranked else "item"], ""
        if head:
            lines += ["", f"## {head} {{#{anchor.replace('_', '-')}}}"]
        lines += ["", said.replace("NAME", f'"{name}"'), *(["", link] if link else [])]
    return "\n".join([*lines, "", f"## {words['how']} {{#made}}", "", words["told"], ""])


def _numbered(variable: Variable, language: str) -> bool:
    """Return whether the answers of a scale are numbers, of which a mean says something."""
    labels = [option.label(language) for option in variable.options]
    return len(labels) > MOST_IN_A_BAR and all(label.strip().isdigit() for label in labels)


def plain(text: str) -> str:
    """Return a text in one line in which nothing is markup, nor a placeholder."""
    line = " ".join(text.replace("{", "(").replace("}", ")").split())
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>#!|" else sign for sign in line)
