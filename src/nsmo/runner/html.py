"""Turns an executed notebook into the main content of a page, for people with any browser and no network."""

import base64
import json
import re
from dataclasses import astuple, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nsmo.runner import parts
from nsmo.runner.declarations import ContractError
from nsmo.runner.remembered import installed, remembered
from nsmo.study.visible import visible

if TYPE_CHECKING:
    from bs4 import BeautifulSoup
    from nbconvert.exporters import HTMLExporter

_UNDESCRIBED = "No description has been provided for this image"
_TEMPLATES = Path(__file__).parent / "templates"
_LOADS = {"src", "srcset", "href", "xlink:href", "data", "poster", "action", "formaction", "background"}
#: What a browser does not only show.
_ACTIVE = {
    *("script", "iframe", "frame", "object", "embed", "applet", "base", "link", "meta", "form", "input"),
    *("button", "textarea", "select", "video", "audio", "portal", "foreignobject", "animate"),
}
#: The title of a notebook in another language, which its own page does not show.
_TITLES = re.compile(r"^<!-- *title:([a-z]{2}): *(\S.*?) *-->$", re.MULTILINE)
_LOADING = re.compile(r"url\s*\(\s*[\"']?(?!#)|@import|expression\s*\(|-moz-binding", re.IGNORECASE)


@dataclass(frozen=True)
class NotebookBody:
    """The main content of a notebook's page.

    Parameters
    ----------
    title : str
        The notebook's first heading, as text.
    html : str
        All the rest: markdown and results, and at the end the code, each cell folded in
        `<details class="nb-code">`. Empty feet of figures and tables wait for the addresses of their files.
    headings : tuple of (int, str, str)
        Level (2 or 3), anchor and text of each heading, in order.
    drawings : dict of str
        The SVG of the figures that it shows, by path in the folder of the report.
    titles : dict of str
        What other languages call it, by their code: what its cells say in `<!-- title:nl: … -->`.
    """

    title: str
    html: str
    headings: tuple[tuple[int, str, str], ...]
    drawings: dict[str, str]
    titles: dict[str, str]


def notebook_body(path: Path) -> NotebookBody:
    """Render an executed notebook.

    Parameters
    ----------
    path : Path
        The notebook, in its executed canonical form.

    Returns
    -------
    NotebookBody
        The same for the same notebook, byte for byte.

    Raises
    ------
    ContractError
        When it does not open with a heading, shows an image without a description, or would load something
        from
        the network.
    """
    import nbformat
    from bs4 import BeautifulSoup, Comment

    notebook = nbformat.read(path, as_version=4)
    html, _ = _exporter().from_notebook_node(notebook)
    soup = BeautifulSoup(html, "html.parser")
    first = soup.find("h1")
    if first is None:
        raise ContractError(
            found="no heading of the first level",
            where=path.name,
            expected="a first cell with the notebook's question as its title: `# …`",
            fix=f"add one to notebooks/*_{path.stem}.ipynb",
        )
    title = first.get_text(" ", strip=True)
    first.extract()
    _check_images(soup, path)
    _check_safe(soup, path)
    for table in soup.select("table.dataframe"):
        _accessible(table, soup)
    for comment in soup.find_all(string=lambda text: isinstance(text, Comment)):
        comment.extract()
    for section in soup.select("section.nb-text"):
        if not section.get_text(strip=True) and not section.find("img"):
            section.extract()
    parts.code_to_the_end(soup, title)
    titles = {
        language: visible(text)
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        for language, text in _TITLES.findall(cell.source)
    }
    used: set[str] = set()
    headings = _headings(soup, used)
    parts.say_once(soup)
    drawings = parts.figures_to_files(soup, path.stem, used)
    parts.tables_with_addresses(soup, used)
    parts.feet(soup)
    return NotebookBody(visible(title), visible(str(soup)).strip() + "\n", headings, drawings, titles)


def kept_notebook_body(path: Path, folder: Path) -> NotebookBody:
    """Render an executed notebook, or take what an earlier build made of the same one.

    Parameters
    ----------
    path : Path
        As in `notebook_body`.
    folder : Path
        Where one file per notebook is kept, as `nsmo.runner.remembered` does it.

    Returns
    -------
    NotebookBody
        That of `notebook_body`.

    Raises
    ------
    ContractError
        As `notebook_body` does; nothing is kept then.
    """
    made_from = (path.read_bytes(), *_rendering())
    content = remembered(
        folder / f"{path.stem}.json", made_from, lambda: json.dumps(astuple(notebook_body(path)))
    )
    title, html, headings, drawings, titles = json.loads(content)
    known = tuple((level, anchor, text) for level, anchor, text in headings)
    return NotebookBody(title, html, known, drawings, titles)


@cache
def _rendering() -> tuple[bytes, ...]:
    """Everything but the notebook that a page depends on: this module, the templates, what is installed."""
    templates = sorted(p for p in _TEMPLATES.rglob("*") if p.is_file())
    return (
        Path(__file__).read_bytes(),
        Path(parts.__file__).read_bytes(),
        Path(visible.__code__.co_filename).read_bytes(),
        *(b for p in templates for b in (str(p.relative_to(_TEMPLATES)).encode(), p.read_bytes())),
        installed(),
    )


@cache
def _exporter() -> "HTMLExporter":
    from nbconvert.exporters import HTMLExporter

    exporter = HTMLExporter(
        template_name="page",
        extra_template_basedirs=[str(_TEMPLATES)],
        exclude_anchor_links=True,
    )
    exporter.register_filter("text_base64", lambda text: base64.b64encode(text.encode()).decode("ascii"))
    return exporter


def _check_images(soup: "BeautifulSoup", path: Path) -> None:
    bare = [image for image in soup.find_all("img") if image.get("alt", "") in ("", _UNDESCRIBED)]
    bare += [
        drawing
        for drawing in soup.find_all("svg")
        if not (drawing.get("aria-label") or drawing.get("aria-hidden"))
    ]
    if bare:
        raise ContractError(
            found=f"{len(bare)} of the images shown has no description",
            where=path.name,
            expected="words for those who cannot see it; in markdown, ![description](…)",
            fix='draw it in `for ax in stage.figure("name", title="…", alt="…"):`',
        )


def _check_safe(soup: "BeautifulSoup", path: Path) -> None:
    """Refuse what would run, load or lead anywhere but to a page: such things are no results."""
    for tag in soup.find_all(True):
        if tag.name in _ACTIVE:
            what = "a script" if tag.name == "script" else f"<{tag.name}>"
            raise _unsafe(f"{what} in an output", path, "show a static table or figure instead")
        for name, value in tag.attrs.items():
            value = " ".join(value) if isinstance(value, list) else str(value)
            if name.lower().startswith("on"):
                raise _unsafe(f"<{tag.name} {name}=…> would run a script", path, "leave the attribute out")
            if name.lower() == "style" and _LOADING.search(value):
                raise _unsafe(f"<{tag.name} style=…> would load something", path, "leave it out of the style")
            if name.lower() not in _LOADS:
                continue
            # Browsers leave out blanks and controls before they look for the scheme.
            address = re.sub(r"[\x00-\x20\x7f]", "", value).lower()
            scheme = re.match(r"([a-z][a-z0-9+.-]*):", address)
            leads = tag.name == "a" and (scheme is None or scheme[1] in ("http", "https", "mailto"))
            held = tag.name in ("img", "source") and address.startswith("data:image/")
            beside = scheme is None and not address.startswith("//")
            if not (leads or held or beside):
                raise ContractError(
                    found=f"<{tag.name}> would load {value[:80]}",
                    where=path.name,
                    expected="a page that needs no network, with links to http and https only",
                    fix="put the file into the page, or link to it",
                )


def _unsafe(found: str, path: Path, fix: str) -> ContractError:
    return ContractError(found=found, where=path.name, expected="text, tables and figures", fix=fix)


def _accessible(table: Any, soup: "BeautifulSoup") -> None:
    """Add the markup that screen readers need to a pandas table, and a place to scroll in on a phone."""
    del table["border"]
    for cell in table.select("thead th"):
        if cell.get_text(strip=True):
            cell["scope"] = "col"
        else:
            cell.name = "td"
        del cell["style"]
    for row in table.select("thead tr"):
        del row["style"]
    for cell in table.select("tbody th"):
        cell["scope"] = "row"
    style = table.find_previous_sibling("style")
    if style:
        style.extract()
    frame = soup.new_tag("div", attrs={"class": "table-box", "tabindex": "0", "role": "region"})
    frame["aria-label"] = "Table"
    table.wrap(frame)


def _headings(soup: "BeautifulSoup", used: set[str]) -> tuple[tuple[int, str, str], ...]:
    """Number anchors that occur twice, and list the headings; their anchors come to those that are used."""
    used |= {str(tag["id"]) for tag in soup.select("[id]:not(h1, h2, h3, figure.picture, div.table)")}
    found = []
    for heading in soup.find_all(["h1", "h2", "h3"]):
        text = heading.get_text(" ", strip=True)
        anchor = parts.unlike(parts.anchor(text), used)
        heading["id"] = anchor
        if heading.name == "h1":
            heading.name = "h2"
        if heading.find_parent("figure") is None:
            found.append((int(heading.name[1]), anchor, text))
    return tuple(found)
