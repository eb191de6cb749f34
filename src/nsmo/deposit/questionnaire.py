"""The questionnaire as a document: every question as it was put, its answers, and who was asked."""

from nsmo.present.wording import Wording
from nsmo.study import Codebook
from nsmo.study.conditions import describe
from nsmo.study.personal import masked
from nsmo.study.questionnaire import Battery, Question


def questionnaire(codebook: Codebook, words: Wording) -> str:
    """Return the questionnaire in Markdown, in the order in which it was put.

    Parameters
    ----------
    codebook : Codebook
    words : Wording
        Of the language; addresses and telephone numbers in a wording are masked.
    """
    language = words.language
    title = words("deposit.questionnaire", title=codebook.title[language])
    lines, page = [f"# {plain(title)}", ""], None
    for number, entry in enumerate(codebook.questionnaire.entries, start=1):
        if entry.page is not None and entry.page != page:
            page = entry.page
            lines += [f"## {words('deposit.page', number=words.integer(page))}", ""]
        name = entry.battery if isinstance(entry, Battery) else entry.name
        lines += [f"### {number}. {plain(masked(entry.text[language]))}", "", f"`{name}`", ""]
        if entry.asked_if is not None:
            condition = describe(entry.asked_if, codebook, language)
            lines += [f"*{plain(words('question.asked_if', condition=condition))}*", ""]
        if isinstance(entry, Battery):
            numbered = enumerate(entry.items, start=1)
            lines += [f"{i}. {plain(masked(item.label[language]))} (`{item.name}`)" for i, item in numbered]
            lines.append("")
        lines += _answers(entry, words)
    return "\n".join(lines).rstrip() + "\n"


def _answers(entry: Question | Battery, words: Wording) -> list[str]:
    language = words.language
    mark = "☐" if entry.type == "multi" else "○"
    lines = [f"- {mark} {plain(masked(option.label(language)))}" for option in entry.options]
    lines += [f"- {mark} *{plain(one.label(language))}*" for one in entry.missing]
    if entry.type in ("numeric", "text", "date"):
        ends = [f"{end:g}" for end in (entry.minimum, entry.maximum) if end is not None]
        limits = f" ({'–'.join(ends)})" if ends else ""
        lines.append(f"- {words(f'deposit.open.{entry.type}')}{limits}")
    return [*lines, ""]


def plain(text: str) -> str:
    """Return a text on one line, with signs that Markdown reads as something else taken for what they are."""
    text = " ".join(text.split())
    for sign in "\\`*_[]<>#|&~$":
        text = text.replace(sign, f"\\{sign}")
    return text
