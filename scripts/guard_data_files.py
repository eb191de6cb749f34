"""Refuse data files where none belong, so that responses of real people do not slip into a commit.

Given file names it judges those (pre-commit passes what is staged); without any it judges all tracked files.
"""

import subprocess
import sys
from pathlib import PurePosixPath

DATA_SUFFIXES = {
    *(".csv", ".tsv", ".xls", ".xlsx", ".xlsm", ".ods"),
    *(".sav", ".zsav", ".por", ".dta", ".sas7bdat", ".xpt", ".rds", ".rdata", ".lsa"),
    *(".parquet", ".feather", ".arrow", ".pkl", ".pickle", ".npy", ".npz", ".h5", ".hdf5"),
    *(".db", ".sqlite", ".sqlite3", ".duckdb", ".zip"),
}
FOLDERS = {"data", "tests", "benchmarks"}


def is_data(path: PurePosixPath) -> bool:
    """Whether a name is that of a data file, compressed ones (`answers.csv.gz`) included."""
    return any(suffix.lower() in DATA_SUFFIXES for suffix in path.suffixes)


def is_in_its_place(path: PurePosixPath) -> bool:
    """Whether data files may stand here."""
    return path.parts[0] in FOLDERS or (path.parts[0] == "reports" and path.parts[2:3] == ("tables",))


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
            f"{path}: data files belong in data/, tests/, benchmarks/ or reports/<wave>/tables/. "
            "Move it there, or leave it out of the commit."
        )
    return 1 if misplaced else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
