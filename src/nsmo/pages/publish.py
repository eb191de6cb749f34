"""Builds the report: every page in each language, the pages of the notebooks, and the files to download."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from nsmo.pages import appendix, files, reference
from nsmo.pages.estimates import headline_values
from nsmo.pages.found import Found
from nsmo.pages.page import Page
from nsmo.pages.site import Site, SitePage, by_menu, languages_of
from nsmo.pages.story import story_page
from nsmo.pages.story_figures import redrawn
from nsmo.runner.beside import RunAll, in_turn
from nsmo.runner.html import NotebookBody
from nsmo.runner.remembered import Remember, anew
from nsmo.runner.stage import Stage

#: What makes pages in the language of the report, beside the story; a part of it is one more line here.
MAKERS: Sequence[Callable[[Page], Sequence[SitePage]]] = (reference.pages, appendix.overview)


def build(
    stage: Stage,
    notebook_body: Callable[[Path], NotebookBody],
    remember: Remember = anew,
    run_all: RunAll = in_turn,
) -> None:
    """Write the report of a wave to `html/`.

    Parameters
    ----------
    stage : Stage
        Gives declared inputs and takes the pages.
    notebook_body : callable
        Path of an executed notebook → its `title`, `html` and `headings`.
    remember : callable, optional
        Gives what was made of the same before; left out, everything is made anew.
    run_all : callable, optional
        Renders notebooks, and writes the pages of all languages; left out, one after the other.

    Raises
    ------
    StudyError
        When the text of the report, or study.yaml, names an estimate that there is not.
    """
    # What a page says that uses no response does not depend on where the responses come from.
    from_responses, names = stage.uses(f"raw/{stage.codebook.source.file}"), appendix.names(stage)
    rendering = [partial(appendix.rendered, stage, notebook_body, name) for name in names]
    downloads, *bodies = run_all([partial(files.downloads, stage, from_responses), *rendering])
    known = {file["href"] for _, group in downloads for file in group}
    notebooks = appendix.pages(stage, dict(zip(names, bodies, strict=True)), known)
    others = list(dict.fromkeys(other for one in notebooks for other in one.other_packages or ()))
    site = Site(stage, languages_of(stage), others)
    found, definitions = Found(stage), files.definitions(site.inputs)

    def again(name: str, made_from: Iterable[bytes], make: Callable[[], str]) -> str:
        return remember(name, (definitions, *made_from), make)

    def write(language: str) -> None:
        of_notebooks = appendix.named(notebooks, language)
        page = Page(stage, language, found, of_notebooks, downloads, redrawn(again), again)
        made = [one for maker in MAKERS for one in maker(page)]
        made.append(story_page(page, [*made, *notebooks]))
        every = by_menu([*made, *notebooks])
        for one in made:
            site.write(one, language, every)
        if language == site.languages[-1]:
            for one in notebooks:
                site.write(one, "en", every)

    run_all([partial(write, language) for language in site.languages])
    site.write_entry()
    stage.save(headline_values(found.estimates, stage.codebook), "publish/metrics.json")
    site.write_lists()
