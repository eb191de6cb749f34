"""Programs of SAS that read an export (.sas), as REDCap writes them: labels, formats and what they say."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from nsmo.formats.cells import bad_file
from nsmo.formats.limesurvey_files import Syntax
from nsmo.formats.structure import Structure, Variable, plain_text
from nsmo.formats.text import decode, guess_encoding

_COMMENT = re.compile(r"/\*.*?\*/|(?:(?<=;)|^)\s*\*[^;]*;", re.DOTALL)
_TOKEN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|[^\s'\"=;]+|=|;")
_TICKED = re.compile(r"(\w+?)___\w+")
_CHOICE = re.compile(r"(.*\S)\s*\(choice=(.*)\)", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_]\w*")


def read_sas_syntax(path: Path) -> Syntax:
    """Read a program of SAS: ``value``, ``label``, ``format``, and ``input`` where the data have no header.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Syntax
        Without columns where the data have a row of names.

    Raises
    ------
    StudyError
        If it gives no column a label or a format.
    """
    content = path.read_bytes()
    text = _COMMENT.sub(" ", decode(content, guess_encoding(content)[0], path.name).lstrip("\ufeff"))
    formats: dict[str, dict[str, str]] = {}
    labels: dict[str, str] = {}
    formatted: dict[str, str] = {}
    columns: list[str] = []
    for word, *rest in _statements(text):
        match word.lower():
            case "value" if rest:
                formats[_format(rest[0])] = dict(_pairs(rest[1:]))
            case "label":
                labels |= {name: plain_text(said) for name, said in _pairs(rest)}
            case "format":
                formatted |= _given(rest)
            case "input":
                columns = [one for one in rest if _NAME.fullmatch(one)]
    options = {name: formats[one] for name, one in formatted.items() if one in formats}
    if not labels and not options:
        raise bad_file(
            "it labels no column", path.name, "a program that reads an export: label, format", "leave it out"
        )
    named = list(dict.fromkeys([*columns, *labels, *formatted]))
    variables = {name: _variable(name, labels.get(name, ""), options.get(name, {})) for name in named}
    header = re.search(r"\bfirstobs\s*=\s*(\d+)", text, re.IGNORECASE)
    return Syntax([] if header and int(header[1]) > 1 else columns, Structure(variables))


def _statements(text: str) -> Iterator[list[str]]:
    tokens: list[str] = []
    for token in _TOKEN.findall(text):
        if token != ";":
            tokens.append(token)
        elif tokens:
            yield tokens
            tokens = []


def _pairs(tokens: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield what stands before each ``=`` with the text behind it."""
    for left, sign, right in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if sign == "=" and right[0] in "'\"":
            yield _bare(left), _bare(right)


def _given(tokens: Sequence[str]) -> dict[str, str]:
    """Return the format of each column: names stand before the format that they share."""
    found, names = {}, []
    for token in tokens:
        if "." in token:
            found |= dict.fromkeys(names, _format(token))
            names = []
        else:
            names.append(token)
    return found


def _format(token: str) -> str:
    """Return the name of a format without the width with which it is used."""
    return re.sub(r"\d*\.\d*$", "", token).lower()


def _bare(text: str) -> str:
    return text[1:-1].replace(text[0] * 2, text[0]) if text[0] in "'\"" else text


def _variable(name: str, label: str, options: dict[str, str]) -> Variable:
    ticked, choice = _TICKED.fullmatch(name), _CHOICE.fullmatch(label)
    if ticked:
        question, item = choice.groups() if choice else (label, name)
        return Variable(
            name,
            name,
            ticked[1],
            "tick",
            question,
            item,
            counted=("1", "Checked"),
            unticked=("0", "Unchecked"),
        )
    return Variable(name, name, name, label=label, options=options)
