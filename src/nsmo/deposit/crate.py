"""What archives and aggregators read of a deposit as a whole: an RO-Crate, and how to cite it."""

import hashlib
import json
import mimetypes
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from nsmo.deposit.coded import Coded
from nsmo.study import Codebook

#: Of files that Python's table does not know.
_TYPES = {
    ".sav": "application/x-spss-sav",
    ".sps": "application/x-spss-syntax",
    ".dta": "application/x-stata-dta",
    ".parquet": "application/vnd.apache.parquet",
    ".md": "text/markdown",
    ".cff": "application/yaml",
}
_STANDARDS = {
    "datapackage.json": "https://specs.frictionlessdata.io/tabular-data-package/",
    "-ddi.xml": "https://ddialliance.org/Specification/DDI-Codebook/2.5/",
}


def write_crate(made: Coded, codebook: Codebook, files: list[Path], on: date, folder: Path) -> Path:
    """Write ro-crate-metadata.json: the deposit, who made it, and every file with size, type and checksum.

    Parameters
    ----------
    made : Coded
    codebook : Codebook
    files : list of Path
        What lies in the folder.
    on : date
        When the deposit was made.
    folder : Path
    """
    from rocrate.model import ContextEntity, Person
    from rocrate.rocrate import ROCrate

    crate = ROCrate()
    crate.name, crate.datePublished = made.title, on.isoformat()
    root = crate.root_dataset
    root["description"] = made.notice or made.words(
        "deposit.extent", n=made.words.integer(len(made.frame)), columns=len(made.columns)
    )
    root["inLanguage"], root["identifier"] = made.language, f"{codebook.study}-{codebook.wave}"
    period = codebook.field_period
    if period.from_ is not None and period.until is not None:
        root["temporalCoverage"] = f"{period.from_}/{period.until}"
    citation = codebook.about.citation
    if citation is not None and citation.licence is not None:
        terms = citation.licence
        about = {"@type": "CreativeWork", "name": terms.name}
        root["license"] = crate.add(ContextEntity(crate, terms.url or "#licence", properties=about))
    if citation is not None and citation.authors is not None:
        author = {"name": citation.authors[made.language]}
        root["author"] = crate.add(Person(crate, "#authors", properties=author))
    if codebook.publisher is not None:
        named = {"@type": "Organization", "name": codebook.publisher.name}
        entity = ContextEntity(crate, codebook.publisher.url or "#publisher", properties=named)
        root["publisher"] = crate.add(entity)
    for file in files:
        crate.add_file(file, file.name, properties=_about(file))
    path = folder / "ro-crate-metadata.json"
    text = json.dumps(crate.metadata.generate(), indent=2, ensure_ascii=False, sort_keys=True)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")
    return path


def _about(file: Path) -> dict[str, Any]:
    content = file.read_bytes()
    kind = _TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    standard = next((url for end, url in _STANDARDS.items() if file.name.endswith(end)), None)
    return {
        "name": file.name,
        "encodingFormat": kind,
        "contentSize": str(len(content)),
        "sha256": hashlib.sha256(content).hexdigest(),
        **({"conformsTo": {"@id": standard}} if standard else {}),
    }


def write_citation(made: Coded, codebook: Codebook, on: date, path: Path) -> None:
    """Write CITATION.cff of the data (Citation File Format 1.2.0)."""
    citation, publisher = codebook.about.citation, codebook.publisher
    known = citation.authors[made.language] if citation and citation.authors else None
    author = known or (publisher.name if publisher else made.words("deposit.nobody"))
    about: dict[str, Any] = {
        "cff-version": "1.2.0",
        "message": made.words("deposit.cite"),
        "type": "dataset",
        "title": made.title,
        "version": codebook.wave,
        "date-released": on,
        "authors": [{"name": author}],
    }
    if made.notice:
        about["abstract"] = made.notice
    if citation and citation.licence:
        # Only identifiers of SPDX may stand under license; whatever else it is, its address tells.
        spdx = citation.licence.name.strip().replace(" ", "-")
        if spdx in _SPDX:
            about["license"] = spdx
        elif citation.licence.url:
            about["license-url"] = citation.licence.url
    if publisher and publisher.url:
        about["url"] = publisher.url
    path.write_text(yaml.safe_dump(about, sort_keys=False, allow_unicode=True, width=100), encoding="utf-8")


#: The licences under which data are given away; identifiers of SPDX.
_SPDX = {
    "CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "CC-BY-ND-4.0", "CC-BY-NC-SA-4.0",
    "CC-BY-NC-ND-4.0", "ODbL-1.0", "ODC-By-1.0", "PDDL-1.0", "MIT", "Apache-2.0",
}  # fmt: skip
