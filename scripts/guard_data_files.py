"""Refuse data files where none belong, so that responses of real people do not slip into a commit.

Given file names it judges those (pre-commit passes what is staged); without any it judges all tracked files.
"""

import re
import subprocess
import sys
from pathlib import Path, PurePosixPath

DATA_SUFFIXES = {
    *(".csv", ".tsv", ".xls", ".xlsx", ".xlsm", ".ods"),
    *(".sav", ".zsav", ".por", ".dta", ".sas7bdat", ".xpt", ".rds", ".rdata", ".lsa"),
    *(".parquet", ".feather", ".arrow", ".pkl", ".pickle", ".npy", ".npz", ".h5", ".hdf5"),
    *(".db", ".sqlite", ".sqlite3", ".duckdb", ".zip"),
}
FOLDERS = {"data", "tests", "benchmarks", "examples"}
#: Data files of a wave that count a population, quote others, or say how far figures lie apart.
AGGREGATES = {"population.csv", "benchmarks.csv", "ensemble.csv"}


def is_data(path: PurePosixPath) -> bool:
    """Whether a name is that of a data file, compressed ones (`answers.csv.gz`) included."""
    return any(suffix.lower() in DATA_SUFFIXES for suffix in path.suffixes)


def is_in_its_place(path: PurePosixPath) -> bool:
    """Whether data files may stand here."""
    return path.parts[0] in FOLDERS or (path.parts[0] == "reports" and path.parts[2:3] == ("tables",))


def is_answers(path: PurePosixPath) -> bool:
    """Whether a file holds the answers of a wave, and nothing says that these are a reconstruction."""
    if path.parts[:2] != ("data", "raw") or len(path.parts) < 4 or path.name in AGGREGATES:
        return False
    if Path(path).is_file() and Path(path).stat().st_size == 0:
        return False
    try:
        about = Path(*path.parts[:3], "questionnaire.yaml").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return True
    return re.search(r"(?m)^provenance:\s*[\"']?reconstructed\b", about) is None


def tracked_files() -> list[str]:
    """Every file that git tracks in the working directory; none without git."""
    listing = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, check=False)
    return [name for name in listing.stdout.split("\0") if name]


def main(names: list[str]) -> int:
    """Print each misplaced data file; return the exit code."""
    paths = [PurePosixPath(name) for name in names or tracked_files()]
    misplaced = [path for path in paths if is_data(path) and not is_in_its_place(path)]
    for path in misplaced:
        print(
            f"{path}: data files belong in data/, tests/, benchmarks/, examples/ or reports/<wave>/tables/. "
            "Move it there, or leave it out of the commit."
        )
    answers = [path for path in paths if is_data(path) and path not in misplaced and is_answers(path)]
    for path in answers:
        print(
            f"{path}: answers of real people stay out of git. Take it out of the commit with "
            f"`git rm --cached {path}`; only a wave with `provenance: reconstructed` keeps them here."
        )
    return 1 if misplaced or answers else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
