"""One page of the report by itself, as it looks while somebody works at its notebook."""

from pathlib import Path

from nsmo import __version__
from nsmo.pages.template import render
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
    codebook = load_codebook(wave)
    contents = [(anchor, text) for level, anchor, text in body.headings if level == 2]
    here = {"href": f"{stage}.html", "title": body.title, "stage": stage, "lang": "en"}
    return render(
        "notebook.html.j2",
        "en",
        study=codebook.title["en"],
        home="#main",
        here=here["href"],
        pages=[here],
        others=[],
        reconstructed=codebook.provenance == "reconstructed",
        reconstructed_elsewhere=False,
        version=__version__,
        other_packages=[],
        digests=[],
        title=body.title,
        stage=stage,
        body=body.html,
        contents=contents,
        before=None,
        after=None,
    )
