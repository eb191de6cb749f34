"""Builds responses that agree with what was published of a study whose answers were not.

A tool, not a stage: what it writes is committed beside the codebook and read by the pipeline like any export.
It knows no figure itself; each count comes from ``assumptions.yaml`` and is compared with ``published.yaml``.

It has its own, deliberately separate, notion of what a rule of the codebook and a published statement mean
(`nsmo.reconstruct.rules`). If the pipeline and the reconstruction shared that code, a mistake in it would
cancel out and the figures would still agree.
"""

from pathlib import Path

from nsmo.reconstruct.assumptions import Assumptions, load_assumptions
from nsmo.reconstruct.chance import Chance
from nsmo.reconstruct.document import describe
from nsmo.reconstruct.draw import ATTEMPTS, draw
from nsmo.reconstruct.export import export
from nsmo.reconstruct.vary import vary
from nsmo.study import paths
from nsmo.study.codebook import Codebook
from nsmo.study.errors import StudyError
from nsmo.study.load import load_codebook
from nsmo.study.paths import root
from nsmo.study.statements import Published, load_published

__all__ = ["Assumptions", "describe", "load_assumptions", "main", "rebuild", "reconstruct"]


def reconstruct(raw: Path | str, seed: int | None = None, *, other_strengths: bool = False) -> bytes:
    """Build the export of a wave that agrees with its published figures.

    Parameters
    ----------
    raw : Path or str
        The folder with the codebook, published.yaml and assumptions.yaml.
    seed : int, optional
        Instead of the seed in assumptions.yaml: other answers, the same counts.
    other_strengths : bool
        Whether associations may be as strong or weak as the published words allow (`vary`).

    Returns
    -------
    bytes
        What the codebook's source file must hold; the same on every machine and Python version.

    Raises
    ------
    StudyError
        If a file is wrong, an assumption contradicts a published figure, or the assumptions cannot hold
        together.
    """
    raw = Path(raw)
    codebook = load_codebook(raw)
    if codebook.provenance != "reconstructed":
        raise StudyError(
            found=f"the responses of {codebook.wave} are {codebook.provenance}",
            where=str(raw / "questionnaire.yaml"),
            expected="provenance: reconstructed",
            fix="do not reconstruct what was really answered",
        )
    published = load_published(raw / "published.yaml")
    assumptions = load_assumptions(raw / "assumptions.yaml", codebook, published)
    chance = Chance(assumptions.seed if seed is None else seed)
    if other_strengths:
        return _with_other_strengths(codebook, published, assumptions, chance)
    return export(draw(codebook, published, assumptions, chance), codebook, assumptions, chance)


def _with_other_strengths(
    codebook: Codebook, published: Published, assumptions: Assumptions, chance: Chance
) -> bytes:
    """Draw strengths and answers together, until answers agree with everything that was published."""
    failed = None
    for _ in range(ATTEMPTS):
        varied = vary(assumptions, published, chance)
        try:
            records = draw(codebook, published, varied, chance, attempts=1)
        except StudyError as error:
            failed = error
            continue
        return export(records, codebook, varied, chance)
    raise failed or StudyError(found="no draw was made")


def rebuild(raw: Path | str, docs: Path | str, check: bool = False) -> list[Path]:
    """Write the responses and the page about the assumptions, or tell which of them are out of date.

    Parameters
    ----------
    raw : Path or str
        The wave's folder under data/raw.
    docs : Path or str
        The folder of assumptions.md.
    check : bool
        Write nothing.

    Returns
    -------
    list of Path
        The files that differed from what was built (and were written, unless `check`).

    Raises
    ------
    StudyError
        See `reconstruct`.
    """
    raw, docs = Path(raw), Path(docs)
    responses = reconstruct(raw)
    source = load_codebook(raw).source.file
    wanted = {raw / source: responses, docs / "assumptions.md": describe(raw).encode()}
    stale = [path for path, content in wanted.items() if not path.exists() or path.read_bytes() != content]
    if not check:
        for path in stale:
            path.write_bytes(wanted[path])
    return stale


def main(wave: str, check: bool = False) -> int:
    """Reconstruct a wave of this repository and say what changed.

    Returns
    -------
    int
        The exit code: 1 if `check` found a file that is out of date.
    """
    top = root()
    stale = rebuild(paths.raw(wave), top / "docs", check)
    for path in stale:
        print(f"{path.relative_to(top)}: {'is not what nsmo reconstruct makes' if check else 'written'}")
    if not stale:
        print("everything is as nsmo reconstruct makes it")
    return int(check and bool(stale))
