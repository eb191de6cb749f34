"""One page of the report by itself, as it looks while somebody works at its notebook."""

from pathlib import Path

from nsmo.pages.appendix import notebook_page
from nsmo.pages.site import alone
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
    page = notebook_page(stage, notebook_body(executed))
    codebook = load_codebook(wave)
    return alone(page, codebook)
