"""One page of the report by itself, as it looks while somebody works at its notebook."""

import base64
from dataclasses import replace
from pathlib import Path

from nsmo.pages.appendix import notebook_page
from nsmo.pages.foot import fill
from nsmo.pages.site import alone
from nsmo.present import svg
from nsmo.present.wording import Wording
from nsmo.runner.html import notebook_body
from nsmo.study import load_codebook


def preview(executed: Path, stage: str, wave: Path) -> str:
    """Return the page of an executed notebook, without the pages around it.

    Parameters
    ----------
    executed : Path
        The notebook, in its executed canonical form.
    stage : str
        Its stage.
    wave : Path
        The folder with the files of the wave.

    Returns
    -------
    str
        A whole page without a request to anywhere.

    Raises
    ------
    ContractError
        When the notebook does not make a page.
    """
    body = notebook_body(executed)
    html = fill(body.html, Wording("en"), stage, ())
    for address, drawing in body.drawings.items():
        data = base64.b64encode(svg.adaptive(drawing.encode("utf-8"))).decode("ascii")
        html = html.replace(f'"../{address}"', f'"data:image/svg+xml;base64,{data}"')
    page = notebook_page(stage, replace(body, html=html))
    codebook = load_codebook(wave)
    return alone(page, codebook)
