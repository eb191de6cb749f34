"""The appendix: the notebooks as they were run, in English only, and the page that leads to them."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from nsmo.pages import files
from nsmo.pages.foot import fill
from nsmo.pages.page import Page
from nsmo.pages.site import NOTEBOOKS, SitePage
from nsmo.pages.template import fragment
from nsmo.present import svg
from nsmo.present.shown import is_evidence
from nsmo.present.wording import LANGUAGES, Wording
from nsmo.runner.html import NotebookBody
from nsmo.runner.stage import Stage


def names(stage: Stage) -> list[str]:
    """List the stages whose notebooks have a page, in the order in which they run."""
    # Of weights there is nothing to say where there are none.
    unsaid = ["weight"] if stage.read("weight/weighting.json").get("method") == "none" else []
    return [name for name, one in stage.earlier.items() if one.notebook and name not in unsaid]


def rendered(stage: Stage, notebook_body: Callable[[Path], NotebookBody], name: str) -> NotebookBody:
    """Return the content of the page of a notebook; write its drawings, and the notebook as it was written.

    Parameters
    ----------
    stage : Stage
    notebook_body : callable
        Path of an executed notebook → its `title`, `html`, `headings` and `drawings`.
    name : str
        Its stage.
    """
    path = stage.path(f"executed/{name}.ipynb")
    body = notebook_body(path)
    assumed = not is_evidence(stage.codebook) and name in stage.uses(f"raw/{stage.codebook.source.file}")
    notice = Wording("en")("notice.file") if assumed else ""
    for address, drawing in body.drawings.items():
        stage.save(svg.adaptive(drawing.encode("utf-8"), notice), f"html/{address}")
    stage.save(as_written(path), f"html/{NOTEBOOKS}/{name}.ipynb")
    return replace(body, drawings={})


def pages(stage: Stage, bodies: Mapping[str, NotebookBody], known: Collection[str]) -> list[SitePage]:
    """List the pages of notebooks.

    Parameters
    ----------
    stage : Stage
    bodies : mapping
        Stage to the content of the page of its notebook, as of `rendered`.
    known : collection of str
        Addresses of the files that can be had.
    """
    from_responses = stage.uses(f"raw/{stage.codebook.source.file}")
    found = []
    for name, body in bodies.items():
        uses = name in from_responses
        html = fill(body.html, Wording("en"), name, known)
        facts = _facts(stage) if uses else []
        others = files.other_packages(stage.path(f"executed/{name}.ipynb"))
        found.append(notebook_page(name, replace(body, html=html), facts, uses, others))
    return found


def _facts(stage: Stage) -> list[str]:
    """What the numbers of a page rest on, in short."""
    words, params = Wording("en"), stage.params
    n = words.integer(stage.read("clean/flow.csv")["remaining"].iloc[-1])
    return [
        words("page.fact.responses", n=n),
        words("page.fact.confidence", level=words.percent(params.confidence, 0)),
        words("page.fact.suppressed", min_n=words.integer(params.min_n)),
    ]


def as_written(executed: Path) -> str:
    """Return a notebook as analysts wrote it: without what the pipeline added, and without results."""
    notebook = json.loads(executed.read_text("utf-8"))
    cells = []
    for cell in notebook["cells"]:
        if "injected-parameters" in cell["metadata"].get("tags", []):
            continue
        kept = {"metadata": {"tags": cell["metadata"]["tags"]} if "tags" in cell["metadata"] else {}}
        if cell["cell_type"] == "code":
            kept |= {"execution_count": None, "outputs": []}
        cells.append({key: kept.get(key, value) for key, value in cell.items()})
    return json.dumps(notebook | {"cells": cells}, indent=1, ensure_ascii=False) + "\n"


def notebook_page(
    name: str,
    body: NotebookBody,
    facts: Sequence[str] = (),
    from_responses: bool = True,
    other_packages: list[str] | None = None,
) -> SitePage:
    """Return the page of one notebook.

    Parameters
    ----------
    name : str
        Its stage.
    body : NotebookBody
        Of it, with the feet filled in.
    facts : sequence of str
        What its numbers rest on, in short.
    from_responses, other_packages
        As of `SitePage`.
    """
    return SitePage(
        name=name,
        group="notebooks",
        title=body.title,
        titles=_known_titles(name, body.title) | body.titles,
        body=fragment("notebook.html.j2", "en", name=name, body=body.html, facts=facts),
        contents=[(anchor, text) for level, anchor, text in body.headings if level == 2],
        kicker=Wording("en")("page.notebook", stage=name),
        series=NOTEBOOKS,
        folder=NOTEBOOKS,
        from_responses=from_responses,
        other_packages=other_packages or (),
    )


def named(notebooks: Sequence[SitePage], language: str) -> dict[str, dict[str, str]]:
    """Return address and title of the pages of notebooks, by stage.

    Those without a title in that language stand as they are, in English.

    Parameters
    ----------
    notebooks : sequence of SitePage
    language : str
        Of the page that leads to them.
    """
    found = {}
    for one in notebooks:
        title, lang = one.called(language)
        found[one.name] = {"href": one.href, "title": title, "stage": one.name, "lang": lang}
    return found


def _known_titles(stage: str, title: str) -> dict[str, str]:
    """The titles of a notebook that serves any study, by language; nothing where it is called otherwise."""
    key = f"stage_title.{stage}"
    if not Wording("en").has(key) or Wording("en")(key) != title:
        return {}
    return {language: Wording(language)(key) for language in LANGUAGES}


def overview(page: Page) -> list[SitePage]:
    """Return the page that leads to the notebooks, where there are any."""
    if not page.notebooks:
        return []
    body = fragment("notebooks.html.j2", page.language, notebooks=list(page.notebooks.values()))
    title = page.words("page.group.notebooks")
    return [SitePage(NOTEBOOKS, "notebooks", title, body)]
