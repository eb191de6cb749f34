"""Builds the report: an index in each language, a page per executed notebook, and the files to download."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from nsmo import __version__
from nsmo.pages import files
from nsmo.pages.findings import headlines
from nsmo.pages.index import index_content
from nsmo.pages.page import Page
from nsmo.pages.template import render
from nsmo.present.wording import LANGUAGES, Wording
from nsmo.runner.html import NotebookBody
from nsmo.runner.stage import Stage


def build(stage: Stage, notebook_body: Callable[[Path], NotebookBody]) -> None:
    """Write the report of a wave to `html/`.

    Parameters
    ----------
    stage : Stage
        Gives declared inputs and takes the pages.
    notebook_body : callable
        Path of an executed notebook → its `title`, `html` and `headings`.

    Raises
    ------
    StudyError
        When a finding named in study.yaml has no estimate, or a table is not what it should be.
    """
    # Of weights there is nothing to say where there are none.
    unsaid = ["weight"] if stage.read("weight/weighting.json").get("method") == "none" else []
    names = [name for name, one in stage.earlier.items() if one.notebook and name not in unsaid]
    bodies = {name: notebook_body(stage.path(f"executed/{name}.ipynb")) for name in names}
    # What a page says that uses no response does not depend on where the responses come from.
    from_responses = stage.uses(f"raw/{stage.codebook.source.file}")
    inputs = files.checksums(stage)
    downloads = files.downloads(stage, from_responses)
    others_of = {f"{name}.html": files.other_packages(stage.path(f"executed/{name}.ipynb")) for name in names}
    all_others = list(dict.fromkeys(one for others in others_of.values() for one in others))
    languages = [stage.params.language, *(code for code in LANGUAGES if code != stage.params.language)]
    homes = {code: "index.html" if i == 0 else f"index.{code}.html" for i, code in enumerate(languages)}
    notebooks = [
        {"href": f"{name}.html", "title": body.title, "stage": name, "lang": "en"}
        for name, body in bodies.items()
    ]

    made = stage.codebook.provenance == "reconstructed"

    def frame(language: str, here: str, others: Sequence[str] = (), responses: bool = True) -> dict[str, Any]:
        wording = Wording(language)
        home = {"href": homes[language], "title": wording("page.report"), "stage": "", "lang": language}
        return {
            "study": stage.codebook.title[language],
            "home": homes[language],
            "here": here,
            "pages": [home, *notebooks],
            "others": [
                {"href": homes[code], "language": code, "name": Wording(code)("page.language_name")}
                for code in others
            ],
            "reconstructed": made and responses,
            "reconstructed_elsewhere": made and not responses,
            "version": __version__,
            "other_packages": others_of.get(here, all_others),
            "digests": [(Path(path).name, digest[:12]) for path, digest in files.roots(inputs)],
        }

    for language in languages:
        page = Page(stage, language, {notebook["stage"]: notebook for notebook in notebooks}, downloads)
        content = index_content(page)
        others = [code for code in languages if code != language]
        html = render("index.html.j2", language, **frame(language, homes[language], others), **content)
        stage.save(html, f"html/{homes[language]}")
    for i, (entry, body) in enumerate(zip(notebooks, bodies.values(), strict=True)):
        html = render(
            "notebook.html.j2",
            "en",
            **frame("en", entry["href"], responses=entry["stage"] in from_responses),
            title=body.title,
            stage=entry["stage"],
            body=body.html,
            contents=[(anchor, text) for level, anchor, text in body.headings if level == 2],
            before=notebooks[i - 1] if i else None,
            after=notebooks[i + 1] if i + 1 < len(notebooks) else None,
        )
        stage.save(html, f"html/{entry['href']}")
    stage.save(headlines(Page(stage, stage.language)), "publish/metrics.json")
    stage.save({"wave": stage.wave, "inputs": inputs, "outputs": files.written(stage)}, "html/manifest.json")
    stage.save(files.checklist(files.written(stage)), "html/checksums.txt")
