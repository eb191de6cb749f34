"""Which question plays which role in a stage, as the files of the wave say under `analyse:`."""

from collections.abc import Iterator, Mapping
from typing import Any

from nsmo.study.errors import StudyError


class Roles:
    """The roles of a stage as attributes: `roles.by` is the name of a question, or a list of names.

    Parameters
    ----------
    stage : str
        Its name.
    given : mapping
        Role to name or names.

    Examples
    --------
    >>> roles = Roles("importance", {"flag": "important", "by": ["size", "sector"]})
    >>> roles.flag, roles.by
    ('important', ['size', 'sector'])
    """

    def __init__(self, stage: str, given: Mapping[str, str | list[str]]) -> None:
        self.__dict__.update(given)
        self._stage = stage

    def __iter__(self) -> Iterator[str]:
        return (name for name in self.__dict__ if name != "_stage")

    def __repr__(self) -> str:
        return f"<roles of stage {self._stage}: {', '.join(self) or 'none'}>"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        from difflib import get_close_matches

        near = get_close_matches(name, list(self), n=1)
        raise StudyError(
            found=f"the wave names no question for the role '{name}'",
            where=f"rules.yaml, analyse > {self._stage}",
            expected=f"perhaps {near[0]}" if near else ", ".join(self) or "roles with the names of questions",
            fix="add the role there, correct it here, or take the wave out of this stage in params.yaml",
        )
