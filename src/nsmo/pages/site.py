"""The site: where each page stands, and the one function through which all of them are written."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from nsmo import __version__
from nsmo.pages import files
from nsmo.pages.template import entry_page, whole_page
from nsmo.present.wording import LANGUAGES, Wording
from nsmo.runner.stage import Stage
from nsmo.study.codebook import Codebook
from nsmo.study.report import read_reports

#: The parts of the menu, in its order; what they are called stands in the messages, under page.group.
GROUPS = ("findings", "changes", "questions", "claims", "made", "data", "notebooks")

#: The page that searches; every page leads to it.
SEARCH = "search"

#: Where the pages of the notebooks stand; all others stand in the folder of their language.
NOTEBOOKS = "notebooks"


@dataclass(frozen=True)
class SitePage:
    """One page as its author gives it, without the frame around it.

    Every page stands in a folder below that of the report: `other.html` leads to a page of the same
    language, `../notebooks/x.html`, `../data/…` and `../figures/…` to what both languages share. Anchors are
    the same in all languages, so that a reader who changes the language stays where he is.

    Attributes
    ----------
    name : str
        File name without ending, the same in all languages.
    group : str
        One of `GROUPS`: the part of the menu in which it stands. The first page of a group is where the menu
        leads to; the others are named below it while somebody reads in that group.
    title : str
        Its only h1, as text.
    body : str
        What follows the title, as HTML that is safe: escaped by its maker.
    contents : sequence of (str, str)
        Anchor and text of what stands on it, for the menu.
    menu : str
        What it is called in the menu, where its title is too long for that.
    kicker : str
        What stands above the title.
    series : str
        Pages of one series lead to the one before and the one after.
    folder : str
        `NOTEBOOKS` for the appendix, which is English only; else the folder of the language.
    from_responses : bool
        Whether responses were used for it; the notice at the top follows from that.
    other_packages : sequence of str, optional
        With which packages, other than those of the lock, its numbers were made; left out: those of the
        report.
    titles : mapping, optional
        What it is called on pages of other languages than its own, by their code.
    """

    name: str
    group: str
    title: str
    body: str
    contents: Sequence[tuple[str, str]] = ()
    menu: str = ""
    kicker: str = ""
    series: str = ""
    folder: str = ""
    from_responses: bool = True
    other_packages: Sequence[str] | None = None
    titles: Mapping[str, str] = field(default_factory=dict)

    @property
    def href(self) -> str:
        """Its address, for a link on a page of the same language."""
        return f"../{self.folder}/{self.name}.html" if self.folder else f"{self.name}.html"

    def called(self, language: str) -> tuple[str, str]:
        """What a link on a page of this language calls it, and in which language that is."""
        own = "en" if self.folder == NOTEBOOKS else language
        if own != language and language in self.titles:
            return self.titles[language], language
        return self.menu or self.title, own


@dataclass(frozen=True)
class Site:
    """The report of one wave while it is written.

    Parameters
    ----------
    stage : Stage
        Takes the pages, and gives what is known of the wave.
    languages : sequence of str
        In which it is written; the first is where a reader goes whose browser asks for none of them.
    other_packages : sequence of str
        As of `SitePage`, for the report as a whole.
    """

    stage: Stage
    languages: Sequence[str]
    other_packages: Sequence[str] = field(default=())

    @cached_property
    def inputs(self) -> dict[str, str]:
        """The SHA-256 of everything that the report is made of, by path."""
        return files.checksums(self.stage)

    @cached_property
    def edition(self) -> str:
        """Twelve digits that stand for the raw data and the lock: another of them is another report."""
        roots = json.dumps(files.roots(self.inputs)).encode()
        return sha256(roots).hexdigest()[:12]

    def write(self, page: SitePage, language: str, pages: Sequence[SitePage]) -> None:
        """Write one page with everything around it: language, title, notice, menu, foot.

        Parameters
        ----------
        page : SitePage
        language : str
            In which it is written. A notebook's is English, whatever the language of the report.
        pages : sequence of SitePage
            All pages of this language and those of the notebooks, in the order of the menu.
        """
        folder = page.folder or language
        report = language if language in self.languages else self.languages[0]
        series = [one for one in pages if one.series and one.series == page.series]
        at = series.index(page) if page in series else 0
        book = self.stage.codebook
        made = book.provenance == "reconstructed"
        html = whole_page(
            language,
            study=book.title[language],
            title=page.title,
            body=page.body,
            contents=page.contents,
            kicker=page.kicker,
            home=self._href("index", folder, report),
            search=next((self._href(one.name, folder, report) for one in pages if one.name == SEARCH), ""),
            languages=self._languages(page, language),
            menu=self._menu(page, pages, folder, report, language),
            before=series[at - 1] if at else None,
            after=series[at + 1] if at + 1 < len(series) else None,
            reconstructed=made and page.from_responses,
            reconstructed_elsewhere=made and not page.from_responses,
            other_packages=self.other_packages if page.other_packages is None else page.other_packages,
            version=__version__,
            edition=self.edition,
            digests=[(Path(path).name, digest[:12]) for path, digest in files.roots(self.inputs)],
            cited=_cited(book, language),
        )
        self.stage.save(html, f"html/{folder}/{page.name}.html")

    def write_entry(self) -> None:
        """Write the page that stands first and leads to the language of the reader."""
        book = self.stage.codebook
        shown = [
            {
                "code": code,
                "words": Wording(code),
                "title": book.title[code],
                "reconstructed": book.provenance == "reconstructed",
            }
            for code in self.languages
        ]
        self.stage.save(entry_page(shown), "html/index.html")

    def write_lists(self) -> None:
        """Write what every file of the report can be checked by; nothing is written after it."""
        manifest = {"wave": self.stage.wave, "inputs": self.inputs, "outputs": files.written(self.stage)}
        self.stage.save(manifest, "html/manifest.json")
        self.stage.save(files.checklist(files.written(self.stage)), "html/checksums.txt")

    def _href(self, name: str, folder: str, language: str) -> str:
        return f"{name}.html" if folder == language else f"../{language}/{name}.html"

    def _languages(self, page: SitePage, language: str) -> list[dict[str, str]]:
        """List the languages of the report, each with the same place in it."""
        if page.folder == NOTEBOOKS:  # which is in one language: back to the report, in either
            return [_language(code, f"../{code}/{NOTEBOOKS}.html") for code in self.languages]
        return [
            _language(code, "" if code == language else f"../{code}/{page.name}.html")
            for code in self.languages
        ]

    def _menu(
        self, page: SitePage, pages: Sequence[SitePage], folder: str, report: str, language: str
    ) -> list[dict[str, Any]]:
        """List the parts of the menu, with the pages of the part in which somebody reads."""
        wording = Wording(language)
        menu = []
        for group in GROUPS:
            own = [one for one in pages if one.group == group and one.name != SEARCH]
            if not own:
                continue
            # Search leads to all of them; a list of them before its field would be in the way.
            here = page.group == group and page.name != SEARCH
            menu.append(
                {
                    "name": wording(f"page.group.{group}"),
                    "href": self._address(own[0], folder, report),
                    "here": own[0] is page,
                    "pages": [
                        {
                            "name": name,
                            "href": self._address(one, folder, report),
                            "here": one is page,
                            "lang": called,
                        }
                        for one in own[1:]
                        for name, called in [one.called(language)]
                        if here
                    ],
                }
            )
        return menu

    def _address(self, page: SitePage, folder: str, language: str) -> str:
        if page.folder:
            return f"{page.name}.html" if page.folder == folder else page.href
        return self._href(page.name, folder, language)


def languages_of(stage: Stage) -> list[str]:
    """List the languages in which the report is written, else those of the wave; the default first."""
    declared = stage.codebook.about.languages or LANGUAGES
    written = read_reports(stage.path("raw/study.yaml").parent) or declared
    return sorted(written, key=lambda code: code != stage.params.language)


def alone(page: SitePage, book: Codebook) -> str:
    """Return a page of a notebook by itself, as it looks while somebody works at it."""
    return whole_page(
        "en",
        study=book.title["en"],
        title=page.title,
        body=page.body,
        contents=page.contents,
        kicker=page.kicker,
        home="#main",
        search="",
        languages=[],
        menu=[],
        before=None,
        after=None,
        reconstructed=book.provenance == "reconstructed",
        reconstructed_elsewhere=False,
        other_packages=[],
        version=__version__,
        edition="",
        digests=[],
        cited=_cited(book, "en"),
    )


def _cited(book: Codebook, language: str) -> dict[str, Any]:
    """Return what a citation names, as far as it is known."""
    citation = book.about.citation
    authors = citation.authors[language] if citation and citation.authors else None
    return {
        "authors": authors or (book.publisher.name if book.publisher else None),
        "title": book.title[language],
        "licence": citation.licence if citation else None,
        "contact": citation.contact if citation else None,
    }


def _language(code: str, href: str) -> dict[str, str]:
    return {"code": code, "href": href, "name": Wording(code)("page.language_name")}


def by_menu(pages: Iterable[SitePage]) -> list[SitePage]:
    """Return pages in the order of the menu; within a part of it as they came."""
    return sorted(pages, key=lambda page: GROUPS.index(page.group))
