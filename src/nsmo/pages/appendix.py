"""The appendix: the notebooks as they were run, in English only, and the page that leads to them."""

from collections.abc import Callable
from pathlib import Path

from nsmo.pages import files
from nsmo.pages.page import Page
from nsmo.pages.site import NOTEBOOKS, SitePage
from nsmo.pages.template import fragment
from nsmo.present.wording import Wording
from nsmo.runner.html import NotebookBody
from nsmo.runner.stage import Stage


def pages(stage: Stage, notebook_body: Callable[[Path], NotebookBody]) -> list[SitePage]:
    """List the pages of the notebooks that the report rests on, in the order in which they run.

    Parameters
    ----------
    stage : Stage
    notebook_body : callable
        Path of an executed notebook → its `title`, `html` and `headings`.
    """
    # Of weights there is nothing to say where there are none.
    unsaid = ["weight"] if stage.read("weight/weighting.json").get("method") == "none" else []
    from_responses = stage.uses(f"raw/{stage.codebook.source.file}")
    found = []
    for name, one in stage.earlier.items():
        if one.notebook and name not in unsaid:
            path = stage.path(f"executed/{name}.ipynb")
            found.append(
                notebook_page(name, notebook_body(path), name in from_responses, files.other_packages(path))
            )
    return found


def notebook_page(
    name: str, body: NotebookBody, from_responses: bool = True, other_packages: list[str] | None = None
) -> SitePage:
    """Return the page of one notebook."""
    return SitePage(
        name=name,
        group="notebooks",
        title=body.title,
        body=fragment("notebook.html.j2", "en", body=body.html),
        contents=[(anchor, text) for level, anchor, text in body.headings if level == 2],
        kicker=Wording("en")("page.notebook", stage=name),
        series=NOTEBOOKS,
        folder=NOTEBOOKS,
        from_responses=from_responses,
        other_packages=other_packages or (),
    )


def overview(page: Page) -> list[SitePage]:
    """Return the page that leads to the notebooks, where there are any."""
    if not page.notebooks:
        return []
    body = fragment("notebooks.html.j2", page.language, notebooks=list(page.notebooks.values()))
    title = page.words("page.group.notebooks")
    return [SitePage(NOTEBOOKS, "notebooks", title, body)]
