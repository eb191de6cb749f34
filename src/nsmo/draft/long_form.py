"""Refuses tables that have a row for each answer instead of a row for each respondent."""

import re
from collections.abc import Mapping

from nsmo.draft.values import Column
from nsmo.formats.cells import bad_file

_QUESTION = re.compile(
    r"(question|item|variable|vraag|frage|pregunta|domanda)s?([ _.-]?(id|no|nr|number|code|name|text))?",
    re.IGNORECASE,
)


def refuse_long_form(columns: Mapping[str, Column]) -> None:
    """Stop where each respondent has a row for each question.

    Raises
    ------
    StudyError
        With the columns that tell respondents and questions apart.
    """
    asked = next((one for name, one in columns.items() if _QUESTION.fullmatch(name.strip())), None)
    if asked is None or len(columns) > 12 or not 2 <= len(asked.counts) <= 2_000:
        return
    rows = len(asked.texts)
    for column in columns.values():
        if column is asked or not 5 <= len(column.counts) < 0.6 * rows:
            continue
        pairs = set(zip(column.texts, asked.texts, strict=True))
        # Most respondents have most of the questions, and none of them twice.
        if len(pairs) == rows >= 0.7 * len(column.counts) * len(asked.counts):
            raise bad_file(
                f"each row is one answer: the {len(column.counts)} texts of '{column.name}' come back with "
                f"the {len(asked.counts)} of '{asked.name}'",
                "the export",
                "a row for each respondent, and a column for each question",
                "export it with one row for each respondent, or make such a table of it (a pivot table of "
                f"'{column.name}' by '{asked.name}')",
            )
