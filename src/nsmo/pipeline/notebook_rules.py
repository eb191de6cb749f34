"""What a cell of a notebook may not hold, so that an analyst who knows pandas dares to edit it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from nsmo.pipeline import notebooks
from nsmo.runner.declarations import ContractError
from nsmo.study.paths import relative

LONGEST = 12

_DEFINED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
#: What reads a file by its path; the working directory by hand is not that of the pipeline.
_READS = re.compile(r"(?:open|(?:pd|pandas)\.read_\w+)$")
_MADE = (ast.GeneratorExp, ast.ListComp, ast.SetComp, ast.DictComp)


def problems(path: Path) -> list[ContractError]:
    """List what breaks the rules in the code cells of a notebook.

    Parameters
    ----------
    path : Path
        A notebook; what cannot be read in it is reported elsewhere.

    Returns
    -------
    list of ContractError
        One per rule and place, with the number of the code cell.
    """
    found = []
    for number, tree in notebooks.code(path).trees.items():
        for line, text, fix in broken(tree):
            where = f"{relative(path)}, cell [{number}], line {line}"
            found.append(ContractError(found=text, where=where, fix=fix))
    return found


def broken(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    """Go through what breaks the rules in one cell: line, what is there, what to do."""
    lines = (
        1
        + max((node.end_lineno or node.lineno for node in tree.body), default=0)
        - min((node.lineno for node in tree.body), default=1)
    )
    if lines > LONGEST:
        fix = f"split it into steps of at most {LONGEST} lines, or compute it in the stage's results.py"
        yield 1, f"a cell of {lines} lines", fix
    for node in ast.walk(tree):
        match node:
            case _ if isinstance(node, _DEFINED):
                fix = "use a method of pandas, or move it into the stage's results.py"
                yield node.lineno, "a function or class of its own", fix
            case ast.JoinedStr() if (node.end_lineno or node.lineno) - node.lineno > 1:
                yield node.lineno, "a text with values over more than two lines", "write it with stage.say"
            case ast.Call(func=ast.Name("Markdown") | ast.Attribute(attr="Markdown")):
                yield node.lineno, "Markdown(…)", "write it with stage.say"
            case ast.Call(func=call, args=[ast.Constant() | ast.JoinedStr(), *_]) if _reads(call):
                fix = "name it in dvc.yaml, under deps: of the stage, and read it with stage.read(…)"
                yield node.lineno, "a file is read that DVC does not know of", fix
            case ast.Subscript(slice=ast.JoinedStr()):
                yield node.lineno, "a key made of code", "give each result a name of its own"
            case ast.Assign(targets=[ast.Tuple() | ast.List()], value=value) if isinstance(value, _MADE):
                yield node.lineno, "several names unpacked from a comprehension", "assign them one by one"


def _reads(call: ast.expr) -> bool:
    return bool(_READS.match(ast.unparse(call)))
