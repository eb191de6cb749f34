"""A column of a deposit."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Column:
    """A column of the data.

    Attributes
    ----------
    name, label : str
    kind : str
        nominal, ordinal, scale, date or text.
    codes : dict
        Code to label, of the answers.
    missing : dict
        Code to label, of the reasons for having no answer.
    question : str
        The question that it is of, which several columns may share.
    option_of : str
        The label of the question, where the column is one of the several answers that it takes.
    text : str
        The question as it was put.
    made : list of str
        How it is computed from answers, a line for each step; empty where it was asked.
    sources : list of str
        The questions that it is computed from.
    weight : bool
        Whether respondents are counted by it.
    """

    name: str
    label: str
    kind: str
    codes: dict[int, str] = field(default_factory=dict)
    missing: dict[int, str] = field(default_factory=dict)
    question: str = ""
    option_of: str = ""
    text: str = ""
    made: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    weight: bool = False

    @property
    def every(self) -> dict[int, str]:
        """The label of every code, answers before reasons."""
        return self.codes | self.missing
