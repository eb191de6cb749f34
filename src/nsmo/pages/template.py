"""The templates of the report, its style and its scripts; a page needs nothing beside itself."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

from nsmo.present.wording import Wording
from nsmo.study.visible import visible

#: Messages below `page.` that scripts show; one of them with `{places}` that the script fills in.
_SCRIPTED = ("show_code", "hide_code")
_FILLED = {"shown": ("shown", "all")}
#: Those for the notes of a reviewer, with the places that the script fills in.
_NOTES = {
    **dict.fromkeys(
        ("switch", "title", "none", "about", "save", "export", "add", "keep", "cancel", "drop"), ()
    ),
    "count": ("n",),
    "here": ("what",),
}


@cache
def _environment() -> Any:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    return Environment(
        loader=FunctionLoader(_read),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _read(name: str) -> str:
    return resources.files("nsmo.pages").joinpath("html", name).read_text("utf-8")


#: How a style or a script that only some pages need names them: by what stands in their text.
_ONLY = re.compile(r"/\* On pages with: (.*?) \*/\n")


@cache
def _parts(folder: str) -> tuple[tuple[tuple[str, ...], str], ...]:
    """Every part of the style or the script, in the order of the names, with what asks for it."""
    found = []
    for name in sorted(one.name for one in resources.files("nsmo.pages").joinpath("html", folder).iterdir()):
        text = _read(f"{folder}/{name}")
        only = _ONLY.match(text)
        asking = tuple(only[1].split(" | ")) if only else ()
        found.append((asking, _SHORTER[folder](text)))
    return tuple(found)


_STYLE = re.compile(
    r'(?P<kept>"[^"]*")|/\*.*?\*/|;?\s*(?P<end>})\s*|\s*(?P<sign>[{;,])\s*|(?P<colon>:)\s+|\s+', re.DOTALL
)


def short_style(text: str) -> str:
    """Leave out of a style its comments and the blanks that say nothing; what stands in quotes stays."""

    def short(found: re.Match[str]) -> str:
        kept = found["kept"] or found["end"] or found["sign"] or found["colon"]
        return kept or ("" if found.group().startswith("/*") else " ")

    return _STYLE.sub(short, text).strip()


def _short_script(text: str) -> str:
    """Leave out of a script the lines that are comments, and how lines are set in; no text spans lines."""
    lines = map(str.strip, text.split("\n"))
    return "\n".join(line for line in lines if line and not line.startswith("//")) + "\n"


_SHORTER = {"style": short_style, "script": _short_script}


def _needed(folder: str, body: str) -> str:
    """Join the parts of the style or the script that a page needs."""
    return "\n".join(
        text for asking, text in _parts(folder) if not asking or any(one in body for one in asking)
    )


@cache
def _policy(script: str) -> str:
    """What a browser may do on a page, whatever got into it: run the one script, nothing more."""
    # The element holds a line break before the script, which belongs to what is hashed.
    digest = base64.b64encode(hashlib.sha256(f"\n{script}".encode()).digest()).decode("ascii")
    return (
        "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )


def fragment(template: str, language: str, **values: Any) -> str:
    """Return the body of a page: a template filled in, texts escaped.

    Parameters
    ----------
    template : str
        Its file in `html/`; `w` is the wording of the language there.
    language : {"en", "nl"}
    **values
        What the template names; an absent one is an error.
    """
    return _environment().get_template(template).render(w=Wording(language), **values)


def whole_page(language: str, **values: Any) -> str:
    """Return a page with its frame: what `base.html.j2` names.

    Parameters
    ----------
    language : {"en", "nl"}
    **values
        What the template names; an absent one is an error.

    Returns
    -------
    str
        A whole page without a request to anywhere.
    """
    wording = Wording(language)
    words = {key: wording(f"page.{key}") for key in _SCRIPTED}
    for key, places in _FILLED.items():
        words[key] = wording(f"page.{key}", **{place: f"{{{place}}}" for place in places})
    for key, places in _NOTES.items():
        words[f"note_{key}"] = wording(f"notes.{key}", **{place: f"{{{place}}}" for place in places})
    script = _needed("script", values["body"])
    return visible(
        _environment()
        .get_template("base.html.j2")
        .render(
            w=wording,
            style=_needed("style", values["body"]),
            script=script,
            policy=_policy(script),
            words=json.dumps(words, ensure_ascii=False).replace("<", "\\u003c"),
            running=_css_text(values["study"]),
            **values,
        )
    )


def entry_page(languages: Sequence[Mapping[str, Any]]) -> str:
    """Return the page that stands first and leads to the language of the reader.

    Parameters
    ----------
    languages : sequence of mapping
        `code`, `words`, `title` and `reconstructed` of each language, the one for all other readers first.
    """
    script = _read("entry.js")
    return visible(
        _environment()
        .get_template("entry.html.j2")
        .render(
            languages=languages,
            style=_read("style/10-frame.css") + _read("entry.css"),
            script=script,
            policy=_policy(script),
        )
    )


def _css_text(text: str) -> str:
    """Write a text as CSS has it in quotes; nothing in it can end the style."""
    plain = (c if c.isalnum() or c in " .,:–-()" else f"\\{ord(c):x} " for c in text)
    return f'"{"".join(plain)}"'
