"""What a study is: its codebook, its margins, its published statements. Knows no statistics."""

from typing import TYPE_CHECKING

from nsmo.study.errors import Problem, StudyError

if TYPE_CHECKING:
    from nsmo.study.codebook import Codebook, Variable, load_codebook

__all__ = ["Codebook", "Problem", "StudyError", "Variable", "load_codebook"]


def __getattr__(name: str) -> object:
    # The models take a fifth of a second to build, which every process of the pipeline would pay.
    if name in ("Codebook", "Variable", "load_codebook"):
        from nsmo.study import codebook

        return getattr(codebook, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
