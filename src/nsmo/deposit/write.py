"""Writes the cleaned answers of a wave to a folder, in every format."""

from pathlib import Path

import pandas as pd

from nsmo.deposit.coded import coded
from nsmo.deposit.described import write_csv, write_datapackage, write_ddi, write_dictionary
from nsmo.deposit.packages import write_dta, write_sav, write_sets
from nsmo.study import StudyError, load_codebook

#: Where the files go, which git and DVC leave alone.
FOLDER = ".nsmo/export"


def export(root: Path, wave: str, folder: Path | None = None, language: str = "en") -> list[Path]:
    """Write the cleaned answers of a wave as .sav, .dta and .csv, with DDI, a data package and a dictionary.

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

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    StudyError
        If the wave has not been built as far as the weights.
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
    made = coded(codebook, pd.read_parquet(answers), language)
    target = folder or root / FOLDER / wave
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = f"{codebook.study}-{wave}"
    if codebook.provenance == "reconstructed":
        name += "-reconstructed"
    written = [
        target / f"{name}{suffix}" for suffix in (".sav", "-sets.sps", ".dta", ".csv", "-ddi.xml", ".md")
    ]
    sav, sets, dta, data, ddi, dictionary = written
    write_sav(made, sav)
    write_sets(made, sets)
    write_dta(made, dta)
    write_csv(made, data)
    write_ddi(made, codebook, data.name, ddi)
    write_dictionary(made, dictionary)
    package = target / "datapackage.json"
    write_datapackage(made, data.name, package)
    return [*written, package]
