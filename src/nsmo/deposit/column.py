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
    text : str
        The question as it was put.
    derived : bool
        Whether it is computed from answers.
    weight : bool
        Whether respondents are counted by it.
    """

    name: str
    label: str
    kind: str
    codes: dict[int, str] = field(default_factory=dict)
    missing: dict[int, str] = field(default_factory=dict)
    question: str = ""
    text: str = ""
    derived: bool = False
    weight: bool = False
