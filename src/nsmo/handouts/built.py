"""Reads the pages of a built report, as far as paper, slides and Word need them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property, reduce

from bs4 import BeautifulSoup, Tag

from nsmo.present.wording import LANGUAGES
from nsmo.study.errors import StudyError
from nsmo.study.paths import relative, reports

#: What serves on a screen only.
_SCREEN = (
    ".anchor, .tools, .onward, .toggle, .foot, script, button, template, "
    'p.small:has(a[href^="../notebooks/"]), .source:has(> a[href^="../notebooks/"]), '
    'p:has(> a[href^="search.html"])'
)

_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


def written_languages(wave: str) -> list[str]:
    """List the languages that the built report of a wave has; all where there is no report."""
    there = [code for code in LANGUAGES if (reports(wave) / "html" / code / "index.html").is_file()]
    return there or list(LANGUAGES)


@dataclass(frozen=True)
class BuiltPage:
    """A page of the report.

    Attributes
    ----------
    name : str
        Its file, without the ending.
    title : str
    text : Tag
        What stands below the title, without what serves on a screen only; nothing is folded away.
    """

    name: str
    title: str
    text: Tag


class BuiltReport:
    """The pages of a wave in one language.

    Parameters
    ----------
    wave : str
    language : str

    Raises
    ------
    StudyError
        If there are no pages.
    """

    def __init__(self, wave: str, language: str) -> None:
        self.language = language
        self.folder = reports(wave) / "html" / language
        if not (self.folder / "index.html").is_file():
            raise StudyError(
                found="there is no report",
                where=relative(self.folder / "index.html"),
                expected="the pages that `make report` writes",
                fix="run `make report` first",
            )

    @cached_property
    def _first(self) -> BeautifulSoup:
        return self._soup("index")

    def _soup(self, name: str) -> BeautifulSoup:
        return BeautifulSoup((self.folder / f"{name}.html").read_text("utf-8"), "html.parser")

    @property
    def study(self) -> str:
        """What the study is called."""
        return said(_one(self._first, ".masthead .study"))

    @property
    def style(self) -> str:
        """The style of all pages: each carries only what it needs, in one order."""
        found: dict[str, None] = {}
        for page in sorted(self.folder.glob("*.html")):
            found |= dict.fromkeys(_STYLE.findall(page.read_text("utf-8")))
        return "\n".join(reduce(_merged, map(_rules, found), []))

    @property
    def notice(self) -> str:
        """What is said above everything of where the responses come from; empty where they are real."""
        found = self._first.select_one("#reconstructed")
        return said(found) if found else ""

    @property
    def reading(self) -> str:
        """What intervals do not say; it stands at the foot of every page."""
        return said(_one(self._first, "footer p"))

    @property
    def citation(self) -> str:
        """How the report is cited."""
        return said(_one(self._first, "#cite"))

    def page(self, name: str) -> BuiltPage:
        """Return one page, for changing as one likes."""
        soup = self._soup(name)
        text = _one(soup, "#text")
        for useless in text.select(_SCREEN):
            useless.decompose()
        for fold in text.select("details"):  # nothing is folded away where nobody can unfold it
            fold.name = "div"
            for summary in fold.find_all("summary", recursive=False):
                summary.name = "p"
                summary["class"] = "summary"
        return BuiltPage(name, said(_one(soup, "h1")), text)

    def menu(self) -> list[str]:
        """List the names of the pages that the menu leads to, in its order, in this language only."""
        return list(dict.fromkeys(self._linked(self._first, ".menu a")))

    def listed(self, name: str) -> list[str]:
        """List the names of the pages that a page leads to, in the order of the links."""
        return list(dict.fromkeys(self._linked(self._soup(name), "#text a")))

    def _linked(self, soup: BeautifulSoup, links: str) -> Iterator[str]:
        for link in soup.select(links):
            target = str(link.get("href", "")).partition("#")[0]
            if target.endswith(".html") and "/" not in target and (self.folder / target).is_file():
                yield target.removesuffix(".html")


def _rules(style: str) -> list[str]:
    """The rules of a style sheet, each with all that is nested in it."""
    rules, depth, begun = [], 0, 0
    for brace in re.finditer(
        r"[{}]", re.sub(r"/\*.*?\*/", lambda found: " " * len(found[0]), style, flags=re.S)
    ):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            rules.append(style[begun : brace.end()].strip())
            begun = brace.end()
    return rules


def _merged(first: list[str], second: list[str]) -> list[str]:
    """The rules of both, in the order that they have in each."""
    lines: list[str] = []
    for kind, a, b, c, d in SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
        lines += first[a:b]
        if kind in ("insert", "replace"):
            lines += second[c:d]
    return lines


def said(node: Tag) -> str:
    """Return the text of an element in one line: what is heard in words, what is only seen left out."""
    if node.select_one("[aria-hidden=true], .anchor"):
        node = BeautifulSoup(str(node), "html.parser")
        for mark in node.select("[aria-hidden=true], .anchor"):
            mark.decompose()
    return " ".join(node.get_text().split())


def _one(soup: Tag, selector: str) -> Tag:
    found = soup.select_one(selector)
    if found is None:
        raise StudyError(
            found=f"no {selector} on a page of the report",
            where="reports/<wave>/html",
            expected="pages of this version of nsmo",
            fix="run `make report` again",
        )
    return found
