"""The questionnaire as it was put."""

from nsmo.stages.questionnaire.results import COLUMNS, rows, tally

__all__ = ["COLUMNS", "rows", "tally"]
