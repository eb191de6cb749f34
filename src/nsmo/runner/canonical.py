"""One form for every notebook, so that the same content is always the same bytes.

A source notebook holds no outputs, counts or traces of the machine. An executed one keeps its outputs,
without what differs from run to run: times, paths, memory addresses, random ids, versions.
"""

import hashlib
import json
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from nsmo.runner.declarations import ContractError
from nsmo.study.paths import relative

KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_ADDRESS = re.compile(r"\b(at )?0x[0-9a-fA-F]{6,}")
_CONFLICT = re.compile(r"^(<{7} |={7}$|>{7} )", re.MULTILINE)
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def source_form(notebook: Mapping[str, Any]) -> dict[str, Any]:
    """Bring a source notebook into its canonical form.

    Parameters
    ----------
    notebook : mapping
        A notebook of format 4, as JSON has it.

    Returns
    -------
    dict
        A new one: no outputs and counts, the metadata that every notebook here has, only tags on cells,
        no empty cells at the end. Ids of cells stay when they are valid and unique.
    """
    cells = [_bare_cell(cell) for cell in notebook["cells"]]
    while cells and cells[-1]["cell_type"] == "code" and not "".join(cells[-1]["source"]).strip():
        cells.pop()
    seen: set[str] = set()
    for place, cell in enumerate(cells):
        if not _ID.fullmatch(cell.get("id") or "") or cell["id"] in seen:
            text = f"{place}\n{''.join(cell['source'])}"
            cell["id"] = hashlib.sha256(text.encode()).hexdigest()[:8]
        seen.add(cell["id"])
    return {
        "cells": cells,
        "metadata": {"kernelspec": dict(KERNELSPEC), "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def executed_form(
    notebook: Mapping[str, Any], root: Path, record: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Bring an executed notebook into its canonical form.

    Parameters
    ----------
    notebook : mapping
        As papermill leaves it.
    root : Path
        The root of the repository; its path is taken out of texts.
    record : mapping, optional
        What is known about the run and may be kept: stage, wave, parameters.

    Returns
    -------
    dict
        A new one, with outputs.
    """
    cells = []
    for cell in notebook["cells"]:
        bare = _bare_cell(cell)
        if "injected-parameters" in bare["metadata"].get("tags", ()):
            bare["id"] = "injected-parameters"
        if cell["cell_type"] == "code":
            bare["execution_count"] = cell.get("execution_count")
            bare["outputs"] = [_clean_output(output, root) for output in _joined(cell.get("outputs", ()))]
        cells.append(bare)
    metadata: dict[str, Any] = {"kernelspec": dict(KERNELSPEC), "language_info": {"name": "python"}}
    if record:
        metadata["nsmo"] = dict(record)
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def dumps(notebook: Mapping[str, Any]) -> str:
    """Write a notebook as Jupyter writes it to a file."""
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True, separators=(",", ": ")) + "\n"


def read_notebook(path: Path) -> dict[str, Any]:
    """Read a notebook, and see that it is one.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    dict
        A notebook of format 4, as JSON has it.

    Raises
    ------
    ContractError
        When it is not there, not of format 4 or damaged; says what to do, and where conflict markers stand.
    """

    def problem(found: str, fix: str, line: int = 0) -> ContractError:
        where = f"{relative(path)}, line {line}" if line else relative(path)
        return ContractError(found=found, where=where, expected="a notebook of format 4", fix=fix)

    again = "save it again in JupyterLab, or restore it from git"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise problem("there is no such notebook", "restore it, or correct its name in dvc.yaml") from None
    except UnicodeDecodeError as error:
        raise problem(f"not UTF-8: byte {error.start} is {error.object[error.start]:#04x}", again) from None
    marker = _CONFLICT.search(text)
    if marker:
        raise problem(
            "conflict markers of git",
            "keep one side of each conflict and take the markers out, then run `nsmo format`",
            text.count("\n", 0, marker.start()) + 1,
        )
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise problem(f"not readable as JSON: {error}", again) from None
    if not isinstance(notebook, dict) or not isinstance(notebook.get("nbformat"), int):
        raise problem("no notebook", again)
    if notebook["nbformat"] != 4:
        raise problem(f"format {notebook['nbformat']}", "open it in JupyterLab and save it there")
    cells = notebook.get("cells")
    if not isinstance(cells, list) or not all(map(_is_cell, cells)):
        raise problem("cells without a type or a source", again)
    return notebook


def _is_cell(cell: object) -> bool:
    return (
        isinstance(cell, dict)
        and cell.get("cell_type") in ("code", "markdown", "raw")
        and isinstance(cell.get("source"), str | list)
        and isinstance(cell.get("metadata", {}), dict)
    )


def _bare_cell(cell: Mapping[str, Any]) -> dict[str, Any]:
    kind = cell["cell_type"]
    bare: dict[str, Any] = {
        "cell_type": kind,
        "id": cell.get("id"),
        "metadata": {},
        "source": _lines(_text(cell["source"]).rstrip("\n")),
    }
    tags = sorted(set(cell.get("metadata", {}).get("tags", ())))
    if tags:
        bare["metadata"]["tags"] = tags
    if kind == "code":
        bare["execution_count"] = None
        bare["outputs"] = []
    elif cell.get("attachments"):
        bare["attachments"] = cell["attachments"]
    return bare


def _joined(outputs: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Join what one stream wrote in pieces, and leave of each line what a terminal would show at the end."""
    joined: list[dict[str, Any]] = []
    pieces: dict[str, list[str]] = {}
    for output in outputs:
        if output["output_type"] != "stream":
            pieces = {}
            joined.append(dict(output))
        elif output["name"] in pieces:
            pieces[output["name"]].append(_text(output["text"]))
        else:
            pieces[output["name"]] = [_text(output["text"])]
            joined.append(dict(output) | {"text": pieces[output["name"]]})
    for output in joined:
        if output["output_type"] == "stream":
            output["text"] = "\n".join(map(_overwritten, "".join(output["text"]).split("\n")))
    return joined


def _overwritten(line: str) -> str:
    """Carry out the carriage returns and backspaces in a line; nbclient takes the square of its length."""
    if "\r" in line:
        line = line.rstrip("\r").rpartition("\r")[2] + "\r" * (line[-1] == "\r")
    if "\b" not in line:
        return line
    shown: list[str] = []
    for sign in line:
        if sign != "\b":
            shown.append(sign)
        elif shown:
            shown.pop()
    return "".join(shown)


def _clean_output(output: Mapping[str, Any], root: Path) -> dict[str, Any]:
    kind = output["output_type"]
    if kind == "stream":
        return {
            "name": output["name"],
            "output_type": kind,
            "text": _lines(_scrub(_text(output["text"]), root)),
        }
    if kind == "error":
        return {
            "ename": output["ename"],
            "evalue": _scrub(output["evalue"], root),
            "output_type": kind,
            "traceback": [_scrub(line, root) for line in output["traceback"]],
        }
    data = {}
    for mime, content in output["data"].items():
        if mime == "text/plain" and len(output["data"]) > 1:
            continue
        if mime.startswith("text/") or mime == "image/svg+xml":
            data[mime] = _lines(_scrub(_text(content), root))
        else:
            data[mime] = content
    clean = {"data": data, "metadata": output.get("metadata", {}), "output_type": kind}
    if kind == "execute_result":
        clean["execution_count"] = output.get("execution_count")
    return clean


def _scrub(text: str, root: Path) -> str:
    """Take out what is about the machine instead of the study."""
    text = _ANSI.sub("", text)
    text = text.replace(f"{root}/", "").replace(str(root), ".").replace(sys.prefix, "<environment>")
    text = re.sub(r"/tmp/ipykernel_\d+/\d+\.py", "<cell>", text)
    return _ADDRESS.sub(lambda match: f"{match[1] or ''}0x…", text)


def _text(source: str | list[str]) -> str:
    return source if isinstance(source, str) else "".join(source)


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)
