"""The parts of a notebook's page: figures and tables with their addresses, and its code in an appendix.

A page is read for its answers. So the code of every cell stands at the end, named by what it does, where
paper and readers without scripts find it; a script moves it to its place for those who ask for it. Figures
become files beside the page, and what belongs together knows of each other: a figure, its table, its code.
"""

import base64
import re
from itertools import count
from typing import Any

_DATA = "data:image/svg+xml;base64,"
#: What only makes ready: opening the stage, imports, saving.
_OPENING = re.compile(r"^\w+ = nsmo\.open\(", re.MULTILINE)
_READY = re.compile(r"(import |from |stage\.save\(|#|\)|$|\s)")
#: What shows something, where there is something to show.
_SHOWING = re.compile(r"\bstage\.(say|show|table|figure)\(")
_LONGEST = 90  # characters of the name of a block of code


def anchor(text: str) -> str:
    """Return the address that a text gives: small letters and figures, joined by hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "part"


def unlike(wanted: str, used: set[str]) -> str:
    """Return an address that is not used yet, numbered where it is, and use it."""
    for number in count(1):
        address = wanted if number == 1 else f"{wanted}-{number}"
        if address not in used:
            used.add(address)
            return address
    raise AssertionError("there are always more numbers")


def code_to_the_end(soup: Any, title: str) -> None:
    """Gather the code of a page in an appendix, each block named, and mark the place that it came from.

    What only makes ready stands in one fold, and what has nothing to show in this wave in another.

    Parameters
    ----------
    soup : BeautifulSoup
        The page, on which `details.nb-code` stands before what it shows.
    title : str
        Of the page.
    """
    blocks = soup.select("details.nb-code")
    if not blocks:
        return
    appendix = soup.new_tag("section", attrs={"class": "nb-appendix", "id": "code"})
    heading = soup.new_tag("h2", attrs={"id": "code-of-this-page"})
    heading.string = "Code of this page"
    setting_up = _fold(soup, "Setting up: parameters, imports, reading, saving")
    silent = _fold(soup, "Nothing to show in this wave")
    appendix.extend([heading, setting_up])
    names: dict[str, int] = {}
    for number, block in enumerate(blocks, 1):
        source, output = block.select_one("pre"), _output_of(block)
        text = source.get_text() if source else ""
        ready = _makes_ready(block, text, output)
        if ready or (output is None and _SHOWING.search(text)):
            fold = setting_up if ready else silent
            block.summary.decompose()
            fold.append(block.extract())
            block.name, block["class"] = "div", "nb-setting-up"
            if output is not None:
                fold.append(output.extract())
            continue
        block["id"] = f"code-{number}"
        block.summary.string = _numbered(_name(text, block, output, title), names)
        place = soup.new_tag("div", attrs={"class": "nb-place", "data-code": block["id"]})
        block.replace_with(place)
        appendix.append(block)
    appendix.append(silent)
    for fold in (setting_up, silent):
        if len(fold.contents) == 1:
            fold.decompose()
    soup.append(appendix)


def _numbered(name: str, used: dict[str, int]) -> str:
    used[name] = used.get(name, 0) + 1
    return name if used[name] == 1 else f"{name} ({used[name]})"


def _fold(soup: Any, name: str) -> Any:
    fold = soup.new_tag("details", attrs={"class": "nb-code nb-ready"})
    summary = soup.new_tag("summary")
    summary.string = name
    fold.append(summary)
    return fold


def _output_of(block: Any) -> Any:
    after = block.find_next_sibling()
    return after if after is not None and "nb-output" in after.get("class", []) else None


def _makes_ready(block: Any, source: str, output: Any) -> bool:
    """Whether a cell only makes ready, so that nobody who asks how a number is made needs it."""
    if output is not None and output.find(["figure", "table", "p", "img"]):
        return False
    if block.get("data-parameters") or _OPENING.search(source):
        return True
    return all(_READY.match(line) for line in source.splitlines())


def _name(source: str, block: Any, output: Any, title: str) -> str:
    """Return what a cell does: by its first comment, by what it shows, or by the heading that it is below."""
    comment = re.match(r"#\s*(.+)", source.lstrip())
    if comment:
        return _cut(comment[1])
    shown = output.select_one(".figure-title, .table-title") if output is not None else None
    if shown is not None:
        kind = "Chart" if "figure-title" in shown["class"] else "Table"
        return _cut(f"{kind}: {shown.get_text(' ', strip=True)}")
    heading = block.find_previous(["h2", "h3"])
    below = heading.get_text(" ", strip=True) if heading is not None else title
    says = output is not None or "stage.say(" in source
    return _cut(f"{'Text' if says else 'Estimates'}: {below}")


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1].rsplit(" ", 1)[0] + "…"


def say_once(soup: Any) -> None:
    """Leave the wording of a question out below a heading that is this wording; files have it still."""
    for line in soup.select(".subtitle"):
        heading = line.find_previous(["h2", "h3"], class_=False)
        said = heading.get_text(" ", strip=True) if heading is not None else ""
        text = line.get_text(" ", strip=True)
        if said and text.startswith(f"{said} "):
            line.string = text.removeprefix(said).strip()


def figures_to_files(soup: Any, stage: str, used: set[str]) -> dict[str, str]:
    """Put each figure's drawings into files and an address on it; return the drawings by their paths.

    Parameters
    ----------
    soup : BeautifulSoup
    stage : str
    used : set of str
        Addresses of the page; those of the figures come to it.
    """
    files = {}
    for figure in soup.select("figure.picture"):
        title = figure.select_one(".figure-title")
        name = figure.get("data-name") or anchor(title.get_text() if title else "")
        figure["id"] = unlike(f"figure-{name}", used)
        stem = figure["id"].removeprefix("figure-")
        for tag, attribute, end in (("img", "src", ""), ("source", "srcset", ".narrow")):
            for one in figure.find_all(tag):
                if one.get(attribute, "").startswith(_DATA):
                    path = f"figures/{stage}/{stem}{end}.svg"
                    files[path] = base64.b64decode(one[attribute].removeprefix(_DATA)).decode("utf-8")
                    one[attribute] = f"../{path}"
    return files


def tables_with_addresses(soup: Any, used: set[str]) -> None:
    """Put an address on each table, and a name of its own on each region that scrolls."""
    names: dict[str, int] = {}
    for table in soup.select("div.table"):
        caption = table.select_one(".table-title")
        name = table.get("data-name") or anchor(caption.get_text() if caption else "")
        table["id"] = unlike(f"table-{name}", used)
    for box in soup.select("[role=region][aria-label]"):
        box["aria-label"] = _numbered(box["aria-label"], names)


def feet(soup: Any) -> None:
    """Put an empty foot below each figure and table, with what it is to lead to; fold away tables of figures.

    The table of the figure `answers` is the one that is called `answers_table`.
    """
    known = {one["id"]: one for one in soup.select("figure.picture, div.table")}
    for address, one in known.items():
        name = one.get("data-name", "")
        is_figure = one.name == "figure"
        other = f"table-{name}_table" if is_figure else f"figure-{name.removesuffix('_table')}"
        paired = bool(name) and other in known and (is_figure or name.endswith("_table"))
        below = soup.new_tag("p", attrs={"class": "foot", "data-kind": "figure" if is_figure else "table"})
        below["data-name"], below["data-anchor"] = name, address
        below["data-other"], below["data-code"] = other if paired else "", _code_of(one)
        one.append(below)
        if paired and not is_figure:
            caption = one.select_one(".table-title")
            fold = soup.new_tag("details", attrs={"class": "nb-table-fold"})
            summary = soup.new_tag("summary")
            summary.string = f"Table: {caption.get_text(' ', strip=True)}" if caption else "Table"
            one.wrap(fold)
            fold.insert(0, summary)


def _code_of(shown: Any) -> str:
    output = shown.find_parent(class_="nb-output")
    place = output.find_previous_sibling() if output is not None else None
    return place.get("data-code", "") if place is not None else ""
