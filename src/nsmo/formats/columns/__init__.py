"""How each column of an export is read: which codes may stand in it, and what becomes of them.

This is the one place that knows how options, ticks, numbers and dates are written. `disagreements` asks a
column what it cannot read; the stage ingest asks it for coded answers, and for the counts that show how it
came to them.
"""

from nsmo.formats.columns.coded import ChoiceColumn, ReasonColumn, TickColumn
from nsmo.formats.columns.column import Column
from nsmo.formats.columns.declared import other_column, paradata_columns, question_columns
from nsmo.formats.columns.parsed import NumberColumn

__all__ = [
    "ChoiceColumn",
    "Column",
    "NumberColumn",
    "ReasonColumn",
    "TickColumn",
    "other_column",
    "paradata_columns",
    "question_columns",
]
