"""Writes the cleaned answers of a wave to a folder, in every format."""

from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd

from nsmo.deposit.coded import coded
from nsmo.deposit.crate import write_citation, write_crate
from nsmo.deposit.ddi import write_ddi
from nsmo.deposit.described import dictionary, write_csv, write_datapackage, write_parquet
from nsmo.deposit.packages import write_dta, write_sav, write_sets
from nsmo.deposit.page import write_page
from nsmo.deposit.questionnaire import questionnaire
from nsmo.study import Codebook, StudyError, load_codebook

#: Where the files go, which git and DVC leave alone.
FOLDER = ".nsmo/export"


def export(
    root: Path, wave: str, folder: Path | None = None, language: str = "en", on: date | None = None
) -> list[Path]:
    """Write the cleaned answers of a wave in every format, with all that an archive wants to know of them.

    Parameters
    ----------
    root : Path
        The repository.
    wave : str
        A folder of data/raw.
    folder : Path, optional
        Where to; left out, ``.nsmo/export/<wave>``. It has a row for each respondent: it is for its owner.
    language : str
        Of the labels.
    on : date, optional
        When the deposit is made; left out, today.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    StudyError
        If the wave has not been built as far as the weights, or real answers would go where git keeps them.
    """
    raw = root / "data" / "raw" / wave
    answers = root / "data" / "processed" / wave / "weight" / "responses.parquet"
    if not (raw / "questionnaire.yaml").is_file() or not answers.is_file():
        raise StudyError(
            found=f"no cleaned answers of wave {wave!r}",
            where=str(answers.relative_to(root)),
            expected="those that the stage weight leaves",
            fix="correct the name of the wave, or run `make report` first",
        )
    codebook = load_codebook(raw)
    target = folder or root / FOLDER / wave
    _keep_apart(codebook, root, target)
    made = coded(codebook, pd.read_parquet(answers), language)
    on = on or datetime.now(UTC).date()
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = f"{codebook.study}-{wave}"
    if codebook.provenance == "reconstructed":
        name += "-reconstructed"
    ends = (".sav", "-sets.sps", ".dta", ".csv", ".parquet", "-ddi.xml", ".md", ".html")
    ends += ("-questionnaire.md", "-questionnaire.html")
    written = [target / f"{name}{end}" for end in ends]
    sav, sets, dta, data, parquet, ddi, words, page, asked, asked_page = written
    write_sav(made, sav, on)
    write_sets(made, sets)
    write_dta(made, dta, on)
    write_csv(made, data)
    write_parquet(made, parquet)
    write_ddi(made, codebook, data.name, ddi)
    texts = {words: dictionary(made), asked: questionnaire(codebook, made.words)}
    for path, html in ((words, page), (asked, asked_page)):
        path.write_text(texts[path], encoding="utf-8", newline="\n")
        write_page(texts[path], made.title, language, html)
    package, citation = target / "datapackage.json", target / "CITATION.cff"
    write_datapackage(made, data.name, package)
    write_citation(made, codebook, on, citation)
    written += [package, citation]
    written.append(write_crate(made, codebook, written, on, target))
    if not codebook.privacy.keep_rows:
        for path in written:  # the folder may be one that others read
            path.chmod(0o600)
    return written


def _keep_apart(codebook: Codebook, root: Path, target: Path) -> None:
    """Refuse a folder in which git would keep real answers, a row for each respondent."""
    inside = target.resolve().is_relative_to(root.resolve())
    aside = target.resolve().is_relative_to((root / ".nsmo").resolve())
    if codebook.provenance == "real" and not codebook.privacy.keep_rows and inside and not aside:
        raise StudyError(
            found="real answers, a row for each respondent, would lie where git keeps files",
            where=str(target),
            expected="a folder outside of the repository, or none: then they go to .nsmo/export",
            fix="give another folder, or say `privacy: {keep_rows: true}` in rules.yaml if they are public",
        )
