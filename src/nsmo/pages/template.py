"""The pages of the report: templates, style and the one script; a page needs nothing beside itself."""

import base64
import hashlib
import json
from functools import cache
from importlib import resources
from typing import Any

from nsmo.present.wording import Wording
from nsmo.study.visible import visible


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


def _policy() -> str:
    """What a browser may do on a page, whatever got into it: run the one script, nothing more."""
    # The element holds a line break before the script, which belongs to what is hashed.
    script = base64.b64encode(hashlib.sha256(f"\n{_read('page.js')}".encode()).digest()).decode("ascii")
    return (
        "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{script}'; base-uri 'none'; form-action 'none'"
    )


def render(template: str, language: str, **values: Any) -> str:
    """Return a template filled in.

    Parameters
    ----------
    template : str
        `index.html.j2` or `notebook.html.j2`.
    language : {"en", "nl"}
    **values
        What the template names; an absent one is an error.

    Returns
    -------
    str
        A whole page without a request to anywhere.
    """
    wording = Wording(language)
    words = {key: wording(f"page.{key}") for key in ("show_code", "hide_code")}
    words["shown"] = wording("page.shown", shown="{shown}", all="{all}")
    return visible(
        _environment()
        .get_template(template)
        .render(
            w=wording,
            style=_read("style.css"),
            script=_read("page.js"),
            policy=_policy(),
            words=json.dumps(words, ensure_ascii=False).replace("<", "\\u003c"),
            **values,
        )
    )
