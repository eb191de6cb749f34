"""A program of its own that reads a file of a statistical package, and hands on what it holds.

The C library behind pyreadstat can crash, or ask for any amount of memory, when a file is damaged. A crash
ends the process; so it is this one that ends, and `nsmo.formats.packages` says what happened. It imports no
module of this package, so that it starts quickly.
"""

import contextlib
import os
import pickle
import sys
from collections.abc import Iterable

#: Bytes that importing takes and that any file may use; how many bytes more may come of each byte of a file.
MEMORY, GROWTH = 4_000_000_000, 100
#: Whose declared missing codes pyreadstat can give; it leaves those of .por and .xpt out.
MISSING_KEPT = ("read_sav", "read_dta", "read_sas7bdat")
#: Formats of moments that pyreadstat does not know by itself: dates, and moments with a time.
_SPSS_DATES = ("MOYR", "QYR", "WKYR")
_SAS_DATES = (
    "WORDDATE WORDDATX MONYY YYMON YYMM MMYY YYQ JULIAN NLDATE WEEKV WEEKU".split()  # noqa: SIM905
)
_SAS_MOMENTS = ("NLDATM", "DTMONYY", "DTYEAR", "DTWKDATX", "DTYYQC")


def moments(reader: str, formats: Iterable[str | None]) -> dict[str, list[str]]:
    """List what to tell pyreadstat of the formats of moments, which in Stata people make up themselves."""
    if reader in ("read_sav", "read_por"):
        return {"extra_date_formats": [*_SPSS_DATES]}
    if reader != "read_dta":
        return {"extra_date_formats": [*_SAS_DATES], "extra_datetime_formats": [*_SAS_MOMENTS]}
    own = {one for one in formats if one and not one.startswith(("%tcHH", "%tCHH"))}
    plain = {one: one.replace("%-", "%") for one in own}
    return {
        "extra_date_formats": sorted(one for one in own if plain[one].startswith(("%td", "%d"))),
        "extra_datetime_formats": sorted(one for one in own if plain[one].startswith(("%tc", "%tC"))),
    }


def main(reader: str, path: str, most_cells: str) -> None:
    """Write the columns and the description of a file to the standard output, pickled.

    Parameters
    ----------
    reader : str
        The function of pyreadstat.
    path : str
        The file.
    most_cells : str
        How many cells it may have: a packed file of a few bytes may hold any number.
    """
    import pyreadstat

    with os.fdopen(os.dup(1), "wb") as out:
        # What the C library prints is no part of the answer.
        os.dup2(2, 1)
        with contextlib.suppress(ImportError, ValueError, OSError):  # not every system has such a limit
            import resource

            most = MEMORY + GROWTH * os.stat(path).st_size
            resource.setrlimit(resource.RLIMIT_AS, (most, most))
        # A code that is declared as missing is for the questionnaire to explain.
        options: dict[str, bool | int | list[str]] = {"user_missing": True} if reader in MISSING_KEPT else {}
        try:
            if reader == "read_sas7bcat":  # labels only
                _, meta = pyreadstat.read_sas7bcat(path, output_format="dict")
                pickle.dump(({}, vars(meta)), out)
                return
            _, known = getattr(pyreadstat, reader)(path, metadataonly=True, output_format="dict")
            rows = int(most_cells) // max(1, len(known.column_names))
            options["row_limit"] = rows + 1
            options |= moments(reader, known.original_variable_types.values())
            columns, meta = getattr(pyreadstat, reader)(path, output_format="dict", **options)
            if max(map(len, columns.values()), default=0) > rows:
                sys.exit(f"it holds more than {int(most_cells):,} cells")
            pickle.dump((dict(columns), vars(meta)), out)
        except Exception as error:  # pyreadstat raises whatever its C library met, also errors of decoding
            sys.exit(str(error) or type(error).__name__)


if __name__ == "__main__":
    main(*sys.argv[1:])
