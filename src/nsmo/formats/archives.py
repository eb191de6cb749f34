"""Refuses an archive that would fill the machine when it is unpacked, before anything unpacks it.

Workbooks (.xlsx, .xlsm, .xlsb, .ods) and archives of LimeSurvey (.lsa) are such archives.
"""

import zipfile
from pathlib import Path

from nsmo.study.errors import StudyError

#: So many bytes are in no survey: some 50 million cells of a workbook.
MOST_UNPACKED = 2_000_000_000
#: So many times its packed size is what a workbook of one repeated cell has, not one of answers...
MOST_TIMES = 500
#: ...where it is large enough to matter.
HARMLESS = 100_000_000
MOST_FILES = 10_000
#: More cells than this between the first and the last are a mistake, and too many to read.
MOST_CELLS = 50_000_000


def check_archive(path: Path) -> None:
    """Check how large a file becomes when it is unpacked; what is no such archive passes.

    Parameters
    ----------
    path : Path
        Any file.

    Raises
    ------
    StudyError
        Saying how large it would become.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, ValueError):
        return
    unpacked = sum(member.file_size for member in members)
    packed = max(1, sum(member.compress_size for member in members))
    if len(members) > MOST_FILES:
        raise StudyError(
            found=f"an archive of {len(members):,} files",
            where=path.name,
            expected=f"at most {MOST_FILES:,}",
            fix="export the responses again, or to CSV",
        )
    if unpacked > MOST_UNPACKED or (unpacked > HARMLESS and unpacked > MOST_TIMES * packed):
        found = f"{path.stat().st_size:,} bytes that unpack to {unpacked:,}"
    else:
        return
    raise StudyError(
        found=found,
        where=path.name,
        expected=f"at most {MOST_UNPACKED:,} bytes, and no more than {MOST_TIMES} times the packed size",
        fix="save only the sheet with the responses, without formatted empty cells, or export to CSV",
    )


def member(archive: zipfile.ZipFile, name: str) -> bytes:
    """Read a file of an archive, and no more of it than the archive says there is.

    `ZipFile.read` unpacks all of it before it looks: a size that is a lie would fill the memory.

    Parameters
    ----------
    archive : ZipFile
        Open, and looked at by `check_archive`.
    name : str
        The file in it.

    Raises
    ------
    BadZipFile
        If there is more of it than was said.
    """
    with archive.open(name) as file:
        content = file.read(archive.getinfo(name).file_size)
        file.read(1)  # here its sum is compared
    return content
