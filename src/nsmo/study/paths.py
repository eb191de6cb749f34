"""Where things stand in the repository, whatever the working directory."""

import os
from pathlib import Path

from nsmo.study.errors import StudyError

ROOT_VARIABLE = "NSMO_ROOT"

#: The file of a wave that holds the reference sample; empty where no weights are made with one. Every build
#: looks for it, so it stands where naming it imports nothing.
REFERENCE = "reference.csv"

#: The folder of what only its owner may read: rows of respondents, for who audits a wave. Every build that
#: runs a stage names it too.
PRIVATE = ".nsmo/private"


def root() -> Path:
    """Find the top folder of the repository: the one with dvc.yaml and params.yaml.

    The environment variable ``NSMO_ROOT`` wins (the pipeline sets it), then the working directory and those
    above it, then the checkout that this package is installed from.

    Returns
    -------
    Path
        Absolute.

    Raises
    ------
    StudyError
        When there is none.
    """
    given = os.environ.get(ROOT_VARIABLE)
    if given:
        if not Path(given).is_dir():
            raise StudyError(
                found=f"there is no folder {given}",
                where=f"the variable {ROOT_VARIABLE}",
                expected="the folder that holds the study, or no such variable",
                fix=f"unset {ROOT_VARIABLE}",
            )
        return Path(given)
    here = Path.cwd()
    for folder in (here, *here.parents, Path(__file__).resolve().parents[3]):
        if (folder / "dvc.yaml").is_file() and (folder / "params.yaml").is_file():
            return folder
    raise StudyError(
        found="no folder with dvc.yaml and params.yaml",
        where=f"{here} and the folders above it",
        fix="change to the folder that holds the study",
    )


def raw(wave: str) -> Path:
    """Return the folder of a wave's input: codebook, responses, population, published statements."""
    return root() / "data" / "raw" / wave


def processed(wave: str) -> Path:
    """Return the folder of a wave's data between the stages, one folder per stage."""
    return root() / "data" / "processed" / wave


def reports(wave: str) -> Path:
    """Return the folder of a wave's figures, tables, notebooks and pages."""
    return root() / "reports" / wave


def relative(path: Path, folder: Path | None = None) -> str:
    """Return a file as it is seen from the root, or from another folder; one outside of it in full."""
    folder = folder or root()
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)


def check_own_file(path: Path) -> None:
    """Check that a file of a wave lies in its folder, and is no link to another place.

    Parameters
    ----------
    path : Path
        The file; one that is not there passes.

    Raises
    ------
    StudyError
        Naming the file, not where it leads.
    """
    if path.exists() and not path.resolve().is_relative_to(path.parent.resolve()):
        raise StudyError(
            found="a link that leads out of the folder of the wave",
            where=path.name,
            expected="the file itself",
            fix="copy the file there in place of the link",
        )
