"""From the answers to result frames: a survey (responses, design, codebook) and the names of questions in.

What comes out has the columns of `nsmo.results`, unweighted and weighted. The files of the wave say which
question plays which role in a stage; nothing here knows a questionnaire.
"""

from nsmo.survey.designs import Survey

__all__ = ["Survey"]
