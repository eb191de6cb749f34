"""What a study is: its codebook, its margins, its published statements. Knows no statistics."""

from importlib import import_module
from typing import TYPE_CHECKING

from nsmo.study.errors import Problem, StudyError

if TYPE_CHECKING:
    from nsmo.study.codebook import Codebook
    from nsmo.study.load import load_codebook
    from nsmo.study.variable import Variable

__all__ = ["Codebook", "Problem", "StudyError", "Variable", "load_codebook"]


_HOMES = {"Codebook": "codebook", "Variable": "variable", "load_codebook": "load"}


def __getattr__(name: str) -> object:
    # The models take a fifth of a second to build, which every process of the pipeline would pay.
    if name in _HOMES:
        return getattr(import_module(f"nsmo.study.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
