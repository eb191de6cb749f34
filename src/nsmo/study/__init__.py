"""What a study is: its codebook, its margins, its published statements. Knows no statistics."""

from nsmo.study.codebook import Codebook, Variable, load_codebook
from nsmo.study.errors import Problem, StudyError

__all__ = ["Codebook", "Problem", "StudyError", "Variable", "load_codebook"]
