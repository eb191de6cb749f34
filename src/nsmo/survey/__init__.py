"""From the answers to result frames: a survey (responses, design, codebook) and the names of questions in.

What comes out has the columns of `nsmo.results`, unweighted and weighted. The files of the wave say which
question plays which role in a stage; nothing here knows a questionnaire.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nsmo.survey.designs import Survey

__all__ = ["Survey"]


def __getattr__(name: str) -> object:
    # It needs the statistics, which take half a second to load; workers that count respondents do without.
    if name == "Survey":
        from nsmo.survey.designs import Survey

        return Survey
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
