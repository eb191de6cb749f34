"""Looks in what is tracked and what is published for what must not leave: answers, addresses, names."""

import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

from nsmo.runner.declarations import ContractError
from nsmo.study import Codebook
from nsmo.study.errors import StudyError
from nsmo.study.paths import relative
from nsmo.study.personal import Typed, forms_in, house_texts, readable, typed_answers, written_forms

#: Where a wave's results lie that somebody else may get.
PUBLISHED = ("reports/{wave}", "data/processed/{wave}")
#: What a stage that stopped leaves there is for its owner alone.
_FAILED = "failed"
AGGREGATES = ("population.csv", "benchmarks.csv", "ensemble.csv")
_HOWTO = "docs/howto/protect-respondents.md"
_UNREAD = {".parquet", ".woff2"}
#: Archives of text: what offices write.
_OFFICE = {".xlsx", ".docx", ".pptx", ".ods", ".odt", ".zip"}
#: What a sheet says of itself in words.
_WRITTEN = {"/Title", "/Author", "/Subject", "/Keywords"}
#: Pictures, of which only what they say of themselves is read.
_PICTURES = {".png", ".jpg", ".jpeg"}


def problems(folder: Path, codebook: Codebook) -> list[StudyError]:
    """Find what of a wave with real answers must not be where it is.

    Parameters
    ----------
    folder : Path
        The root of the repository.
    codebook : Codebook
        Of the wave; of reconstructed answers nothing needs to be hidden.

    Returns
    -------
    list of StudyError
        They name the file and the kind of thing, never the thing.
    """
    if codebook.privacy.keep_rows:
        return []
    return [*_tracked(folder, codebook), *_readable(folder, codebook), *_pushed(folder)]


def _tracked(folder: Path, codebook: Codebook) -> Iterator[StudyError]:
    raw = f"data/raw/{codebook.wave}"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", raw], cwd=folder, capture_output=True, text=True, check=False
    )
    for name in filter(None, listed.stdout.split("\0")):
        path = Path(name)
        if path.suffix in (".yaml", ".md") or path.name in AGGREGATES or _is_empty(folder / path):
            continue
        yield ContractError(
            found="answers of real people, tracked by git",
            where=name,
            expected="`provenance: reconstructed` in questionnaire.yaml, or a file that git ignores",
            fix=f"`git rm --cached {name}`; if it was committed already, see {_HOWTO}",
        )


def _is_empty(path: Path) -> bool:
    return path.is_file() and path.stat().st_size == 0


def _pushed(folder: Path) -> Iterator[StudyError]:
    """Find outputs with a row per respondent that DVC would send to a remote."""
    import yaml

    declared = yaml.safe_load((folder / "dvc.yaml").read_text(encoding="utf-8"))
    for name, stage in declared["stages"].items():
        for out in stage.get("do", stage).get("outs", []):
            ((path, options),) = out.items() if isinstance(out, dict) else [(out, {})]
            if path.endswith(".parquet") and (options or {}).get("push", True):
                yield ContractError(
                    found="`dvc push` would send the answers of real people to the remote",
                    where=f"dvc.yaml, stages: {name}: outs:",
                    expected=f"{path}: {{persist: true, push: false}}",
                    fix="add push: false there",
                )


def _readable(folder: Path, codebook: Codebook) -> Iterator[StudyError]:
    typed = _typed(folder, codebook)
    allowed = written_forms(folder / f"data/raw/{codebook.wave}")
    for path in _files(folder, codebook.wave):
        text = read_text(path)
        found = forms_in(text, allowed)
        count = typed.found_in(text)
        if count:
            found.append(f"{count} text{'s' * (count > 1)} that respondents typed")
        if found:
            yield ContractError(
                found=" and ".join(found),
                where=relative(path, folder),
                expected="nothing that tells who a respondent is",
                fix=f"leave it out of what the stage saves or shows, then build again; {_HOWTO}",
            )


def _typed(folder: Path, codebook: Codebook) -> Typed:
    import pandas as pd

    received = folder / f"data/processed/{codebook.wave}/ingest/responses.parquet"
    if not received.exists():
        return Typed([])
    return typed_answers(codebook, pd.read_parquet(received), house_texts(folder))


def _files(folder: Path, wave: str) -> Iterator[Path]:
    for place in PUBLISHED:
        top = folder / place.format(wave=wave)
        for path in sorted(top.rglob("*")):
            if path.is_relative_to(top / _FAILED):
                continue
            if path.is_file() and path.suffix not in _UNREAD:
                yield path


def read_text(path: Path) -> str:
    """Return what can be read in a file, without markup and codes, and what it says of itself."""
    if path.suffix in _OFFICE:
        with zipfile.ZipFile(path) as book:
            names = [name for name in book.namelist() if not name.endswith((".png", ".jpeg"))]
            parts = [book.read(name).decode("utf-8", "replace") for name in names]
        return readable("\n".join(parts).replace("><", "> <"))
    if path.suffix == ".pdf":
        from pypdf import PdfReader

        with PdfReader(path) as sheets:
            about = (sheets.metadata or {}).items()  # numbers of versions look like addresses
            told = [str(value) for name, value in about if name in _WRITTEN]
            return "\n".join([*told, *(page.extract_text() for page in sheets.pages)])
    if path.suffix in _PICTURES:
        return "\n".join(_of_picture(path))
    text = path.read_bytes().decode("utf-8", errors="replace")
    # In a notebook markup stands within JSON, whose quotes are escaped.
    return readable(text.replace('\\"', '"')) if path.suffix in (".html", ".svg", ".ipynb") else text


def _of_picture(path: Path) -> Iterator[str]:
    """What a picture says of itself: its description, who made it and with what."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as picture:
            told = [*picture.info.values(), *picture.getexif().values()]
    except UnidentifiedImageError:  # no picture after all
        return
    for one in told:
        if isinstance(one, str | bytes):
            yield one.decode("utf-8", "replace") if isinstance(one, bytes) else one
