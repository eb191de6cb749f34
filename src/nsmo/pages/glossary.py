"""The glossary: its page, and links from where a term first stands on a page."""

import re
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib import resources

import yaml

from nsmo.pages.page import Page
from nsmo.pages.site import SitePage
from nsmo.pages.template import fragment
from nsmo.study.model import LANGUAGES

NAME = "glossary"
#: Elements whose text is no running text, or is linked or spoken as a whole already.
_CLOSED = frozenset(
    (
        "a",
        "h1",
        "h2",
        "h3",
        "h4",
        "summary",
        "button",
        "label",
        "select",
        "th",
        "dt",
        "caption",
        "script",
        "style",
        "svg",
        "code",
        "pre",
        "q",
        "blockquote",
        "figure",
        "table",
        "output",
        "option",
    )
)
_VOID = frozenset(("br", "hr", "img", "input", "link", "meta", "source", "wbr"))
_TAG = re.compile(r"<!--.*?-->|<(/?)([a-zA-Z][a-zA-Z0-9]*)([^>]*)>", re.DOTALL)


@dataclass(frozen=True)
class Term:
    """One term: its address, what it is called, other forms of it, what it means."""

    id: str
    term: str
    forms: tuple[str, ...]
    text: str

    @property
    def href(self) -> str:
        """Its address, among the pages of its language."""
        return f"{NAME}.html#term-{self.id}"


#: Terms of no use where nothing is weighted.
_OF_WEIGHTS = frozenset(
    ("weighting", "raking", "margin", "design_effect", "effective_sample_size", "doubly_robust")
)
#: Terms of no use where the answers are those of real people, and where nothing was published before.
_OF_A_RECONSTRUCTION = frozenset(("reconstruction", "assumed", "ensemble"))
_OF_WHAT_WAS_PUBLISHED = frozenset(("statement", "reading", "published", "bounds"))
#: Terms of what some surveys ask about: of use where the files of the wave have them.
_OF_A_SUBJECT = ("b2c", "one_way_goals")


@cache
def terms(language: str, without: frozenset[str] = frozenset()) -> tuple[Term, ...]:
    """List the terms of a language, in its alphabet, but for some.

    Parameters
    ----------
    language : str
    without : frozenset of str
        Ids of the terms that are of no use to a wave: `no_use`.
    """
    text = resources.files("nsmo.pages").joinpath("glossary.yaml").read_text("utf-8")
    entries = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    found = [
        Term(name, one["term"], (one["term"], *one.get("also", ())), one["text"].strip())
        for name, entry in entries.items()
        if name not in without
        for one in [entry[language]]
    ]
    return tuple(sorted(found, key=lambda term: term.term.casefold()))


def no_use(page: Page) -> frozenset[str]:
    """List the terms of no use to the readers of a wave, of what it has not: weights, such a subject."""
    folder = page.stage.path("raw/questionnaire.yaml").parent
    files = sorted(path for path in folder.glob("*.*") if path.suffix in (".yaml", ".md"))
    said = " ".join(path.read_text("utf-8", errors="replace") for path in files).casefold()
    named = {
        term.id
        for language in LANGUAGES
        for term in terms(language)
        if any(form.casefold() in said for form in term.forms)
    }
    found = frozenset(term for term in _OF_A_SUBJECT if term not in named)
    if not page.codebook.weighs:
        found |= _OF_WEIGHTS
    if page.codebook.provenance == "real":
        found |= _OF_A_RECONSTRUCTION
    if not any(path.name == "published.yaml" for path in files):
        found |= _OF_WHAT_WAS_PUBLISHED
    return found


def glossary_page(page: Page) -> SitePage:
    """Return the page that explains the terms."""
    every = terms(page.language, no_use(page))
    letters: dict[str, list[Term]] = {}
    for term in every:
        letters.setdefault(term.term[0].upper(), []).append(term)
    body = fragment("glossary.html.j2", page.language, letters=letters, total=len(every))
    return SitePage(NAME, "made", page.words("glossary.title"), body)


def linked(body: str, language: str, without: frozenset[str] = frozenset()) -> str:
    """Return the body of a page in which each term is linked where it first stands in running text.

    Parameters
    ----------
    body : str
        As HTML, well nested.
    language : str
    without : frozenset of str
        Terms that are not explained.

    Examples
    --------
    >>> linked("<p>The margin of error, the margin of error.</p>", "en").count("<a ")
    1
    """
    pattern, by_form = _pattern(language, without)
    seen: set[str] = set()
    out: list[str] = []
    closed: list[str] = []
    at = 0

    def link(found: re.Match[str]) -> str:
        term = by_form[found.group().casefold()]
        if term.id in seen:
            return found.group()
        seen.add(term.id)
        return f'<a class="term" href="{escape(term.href)}">{found.group()}</a>'

    for tag in _TAG.finditer(body):
        text = body[at : tag.start()]
        out.append(text if closed else pattern.sub(link, text))
        out.append(tag.group())
        at = tag.end()
        name = (tag.group(2) or "").lower()
        if not name or name in _VOID or tag.group(3).endswith("/"):
            continue
        if tag.group(1):
            if closed and closed[-1] == name:
                closed.pop()
        elif closed or name in _CLOSED or 'lang="' in tag.group(3):
            closed.append(name)
    rest = body[at:]
    out.append(rest if closed else pattern.sub(link, rest))
    return "".join(out)


@cache
def _pattern(language: str, without: frozenset[str]) -> tuple[re.Pattern[str], dict[str, Term]]:
    """Every form of every term, the longest first; one of a letter or two is too easily something else."""
    by_form = {
        escape(form, quote=False).casefold(): term
        for term in terms(language, without)
        for form in term.forms
        if len(form) > 2
    }
    every = "|".join(re.escape(form) for form in sorted(by_form, key=len, reverse=True)) or r"(?!)"
    return re.compile(rf"(?<![\w-])(?:{every})(?![\w-])", re.IGNORECASE), by_form
