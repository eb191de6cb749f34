"""The foot of a figure or table: its table or chart, its files, its code, how it is cited, its address."""

import html
import re
from collections.abc import Collection, Iterable

from nsmo.present.wording import Wording

_EMPTY = re.compile(r'<p class="foot"((?: data-[a-z]+="[^"]*")+)></p>')
_ASKED = re.compile(r'data-([a-z]+)="([^"]*)"')


def foot(words: Wording, anchor: str, links: Iterable[tuple[str, str]]) -> str:
    """Return a line of links below a figure or table, the last of which is its own address.

    Parameters
    ----------
    words : Wording
    anchor : str
        The id of the figure or table.
    links : iterable of (str, str)
        What is linked, by its message below `foot.`, and the address.
    """
    shown = "".join(
        f'<a href="{html.escape(href)}"{" download" if _is_file(href) else ""}>{words(f"foot.{kind}")}</a>'
        for kind, href in [*links, ("cite", "#cite")]
    )
    address = html.escape(words("foot.address"))
    return f'<p class="foot">{shown}<a href="#{anchor}" title="{address}" aria-label="{address}">¶</a></p>'


def _is_file(href: str) -> bool:
    return not href.startswith("#") and not href.endswith(".html")


def fill(body: str, words: Wording, stage: str, known: Collection[str]) -> str:
    """Fill in the feet of the page of a notebook.

    Parameters
    ----------
    body : str
        Of `nsmo.runner.html`.
    words : Wording
    stage : str
        Of the notebook.
    known : collection of str
        Addresses of the files that can be had.
    """

    def filled(found: re.Match[str]) -> str:
        asked = dict(_ASKED.findall(found[1]))
        name, other = asked["name"], asked["other"]
        is_figure = asked["kind"] == "figure"
        table = other.removeprefix("table-") if is_figure else name
        own = {
            "csv": f"../data/{stage}/{table}.csv",
            "excel": f"../data/{stage}/{table}.xlsx",
            "svg": f"../data/{stage}/{name}.svg",
            "png": f"../data/{stage}/{name}.png",
        }
        links = [(kind, href) for kind, href in own.items() if name and href in known]
        every = f"../data/{stage}/estimates.csv"
        if is_figure and not table and every in known:
            links.insert(0, ("estimates", every))
        if other:
            links.insert(0, ("table" if is_figure else "chart", f"#{other}"))
        if asked["code"]:
            links.append(("code", f"#{asked['code']}"))
        return foot(words, asked["anchor"], links)

    return _EMPTY.sub(filled, body)
