"""The page about the assumptions."""

from collections.abc import Iterator
from pathlib import Path

from nsmo.reconstruct.assumptions import Assumption, load_assumptions
from nsmo.study.load import load_codebook
from nsmo.study.statements import load_published


def describe(raw: Path | str) -> str:
    """Write the assumptions of a wave as a page for readers.

    Parameters
    ----------
    raw : Path or str
        The folder with the codebook, published.yaml and assumptions.yaml.

    Returns
    -------
    str
        Markdown.

    Raises
    ------
    StudyError
        If one of the files is wrong.
    """
    raw = Path(raw)
    codebook = load_codebook(raw)
    published = load_published(raw / "published.yaml")
    assumptions = load_assumptions(raw / "assumptions.yaml", codebook, published)
    return "\n".join(_page(codebook.title["en"], codebook.wave, assumptions.assumptions, assumptions.seed))


def _page(title: str, wave: str, assumptions: list[Assumption], seed: int) -> Iterator[str]:
    inferred = [a for a in assumptions if a.basis == "inferred"]
    heavy = [a for a in assumptions if a.quality == "weak" and a.impact == "high"]
    yield f"# What the reconstruction assumes: {title}"
    yield ""
    yield f"<!-- Made by `nsmo reconstruct` from data/raw/{wave}/assumptions.yaml: edit that file. -->"
    yield ""
    yield (
        "The answers to this survey were never published. The responses in this repository were drawn so "
        "that they agree with the published figures; everything else about them is assumed, and stands "
        "below. They prove that the pipeline works. They say nothing about the world that the published "
        "figures do not say already."
    )
    yield ""
    yield (
        f"There are {len(assumptions)} assumptions. {len(inferred)} follow from published figures, though "
        f"never with certainty; {len(assumptions) - len(inferred)} rest on nothing that was published about "
        "this study. *Quality* is how well the reason carries the assumption, *impact* how much of the "
        "report another choice would change. Weak and of high impact at once: "
        f"{', '.join(a.id for a in heavy) or 'no assumption'}. The assumed figures themselves, and what "
        f"makes one answer follow another, stand in `data/raw/{wave}/assumptions.yaml`."
    )
    yield ""
    yield f"The seed is {seed}. Another seed gives other answers with the same counts."
    for topic in dict.fromkeys(a.topic for a in assumptions):
        yield ""
        yield f"## {topic.replace('_', ' ').capitalize()}"
        for assumption in assumptions:
            if assumption.topic == topic:
                yield ""
                yield from _entry(assumption)
    yield ""


def _entry(assumption: Assumption) -> Iterator[str]:
    yield f"**{assumption.states.en}**"
    yield ""
    basis = "assumed"
    if assumption.from_:
        basis = f"inferred from {', '.join(f'`{name}`' for name in assumption.from_)}"
    yield f"{assumption.reason.en}"
    yield ""
    yield f"`{assumption.id}` · {basis} · quality: {assumption.quality} · impact: {assumption.impact}"
