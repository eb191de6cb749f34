"""One thing known of every response, whether it was asked or derived."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Literal

from nsmo.study.errors import StudyError

QuestionType = Literal["single", "multi", "ordinal", "numeric", "text", "date"]
#: Who is in the denominator of a share: those asked, those who replied (with an answer or a reason for having
#: none,
#: such as "don't know"), those who answered, or all.
Base = Literal["asked", "replied", "answered", "all"]
Role = Literal["background", "substantive", "screening"]


class Variable:
    """One thing known of every response, whether asked or derived.

    Attributes
    ----------
    name : str
        Its column in the coded frame (multi: the columns are ``name.option``).
    type : str
        single, multi, ordinal, numeric, text or date; of a derived variable what it amounts to.
    definition : Question or one of the derived kinds
        How it stands in questionnaire.yaml.
    options : list
        With `name` and `label(language)`, in the order of the questionnaire; ordinal from low to high.
    scores : dict
        Score by option; empty unless ordinal.
    derived : bool
        Whether it is computed from answers.
    year : bool
        Whether its numbers are years of the calendar, of which a mean says nothing.
    """

    def __init__(
        self,
        definition: Any,
        type_: QuestionType,
        options: Sequence[Any] = (),
        scores: dict[str, float] | None = None,
        *,
        derived: bool = True,
    ) -> None:
        self.definition = definition
        self.name: str = definition.name
        self.type = type_
        self.options = list(options)
        self.scores = scores or {}
        self.base: Base = definition.base
        self.role: Role = definition.role
        self.top_box: list[str] = list(getattr(definition, "top_box", []))
        self.battery: str | None = getattr(definition, "battery", None)
        self.identifying: bool = getattr(definition, "identifying", False)
        self.year: bool = getattr(definition, "year", False)
        self.derived = derived

    def __repr__(self) -> str:
        return f"Variable({self.name!r}, {self.type})"

    @property
    def sources(self) -> list[str]:
        """The variables that it is computed from; none of a question."""
        return self.definition.sources if self.derived else []

    @property
    def columns(self) -> list[str]:
        """The columns of the coded frame that hold the answers (without ``.missing`` and ``.other_text``)."""
        if self.type == "multi":
            return [f"{self.name}.{option.name}" for option in self.options]
        return [self.name]

    @property
    def bottom_box(self) -> list[str]:
        """The options at the other end of the scale, as many as the top box has; none if that lies inside."""
        names, size = self.option_names, len(self.top_box)
        if self.type != "ordinal" or not size or 2 * size > len(names):
            return []
        if self.top_box == names[-size:]:
            return names[:size]
        return names[-size:] if self.top_box == names[:size] else []

    @cached_property
    def option_names(self) -> list[str]:
        """The names of the options, in order."""
        return [option.name for option in self.options]

    @cached_property
    def _options_by_name(self) -> dict[str, Any]:
        return {option.name: option for option in reversed(self.options)}

    def option(self, name: str) -> Any:
        """Look up an option.

        Raises
        ------
        StudyError
            If the variable has no such option.
        """
        if name in self._options_by_name:
            return self._options_by_name[name]
        raise StudyError(
            found=f"'{self.name}' has no option '{name}'",
            where="questionnaire.yaml",
            expected=", ".join(self.option_names) or f"no options: it is {self.type}",
        )

    def label(self, language: str) -> str:
        """Return the short label."""
        return self.definition.label[language]

    def text(self, language: str) -> str:
        """Return the question as it was asked; of a derived variable its text, else its label."""
        return (self.definition.text or self.definition.label)[language]
