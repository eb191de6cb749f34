"""What the parts of a wave's files are checked against, and what was found wrong."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from nsmo.study.errors import Problem
from nsmo.study.model import Place, closest
from nsmo.study.variable import Variable


@dataclass
class Scope:
    """The names that a part may use, and the problems found so far.

    Attributes
    ----------
    where : callable
        Names file, line and keys of a place.
    place : callable
        Finds the item of a list by the keys of the list, joined by dots, and the name of the item.
    declared : mapping
        Every question and derived variable of the questionnaire.
    broken : collection of str
        Names of parts that are wrong in themselves; who uses them is not wrong for that.
    batteries : collection of str
        The batteries of the questionnaire.
    known : dict
        What may be used so far, by name; questions are asked and variables derived in the order of the file.
    found : list
        The problems, each with its place.
    """

    where: Callable[[Place], str]
    place: Callable[[str, str], Place]
    declared: Mapping[str, Variable]
    broken: Collection[str]
    batteries: Collection[str] = ()
    known: dict[str, Variable] = field(default_factory=dict)
    found: list[tuple[Place, Problem]] = field(default_factory=list)

    def problem(self, place: Place, found: str, expected: str = "", fix: str = "") -> None:
        """Note that something is wrong."""
        self.found.append((place, Problem(found, self.where(place), expected, fix)))

    def variable(
        self, place: Place, name: str, what: str = "question or derived variable"
    ) -> Variable | None:
        """Look up a variable, and note when it is not there; None where it cannot be used."""
        if name not in self.known and name not in self.broken:
            later = self.declared.get(name)
            if later is not None:
                when = "derived" if later.derived else "asked"
                self.problem(place, f"'{name}' is used here before it is {when}", fix="move it up")
            else:
                near = closest(name, list(self.known))
                fix = "correct the name, or take it out here"
                self.problem(place, f"there is no {what} '{name}'", near, fix)
        return self.known.get(name)

    def of_type(self, place: Place, name: str, types: Collection[str], expected: str) -> Variable | None:
        """Look up a variable of one of some types, and note when it is of another."""
        variable = self.variable(place, name)
        if variable is not None and variable.type not in types:
            self.problem(place, f"'{name}' is {variable.type}", expected)
            return None
        return variable

    def shown(self, place: Place, name: str) -> None:
        """Note when a variable is to be used after cleaning that leaves the data there."""
        variable = self.known.get(name)
        if variable is not None and variable.identifying:
            self.problem(
                place,
                f"'{name}' is identifying: its answers leave the data in cleaning",
                "a question whose answers may be shown, or a derived variable made of it",
            )

    def options(self, place: Place, name: str, wanted: Sequence[str]) -> None:
        """Note the names that are no options of a variable."""
        if name in self.known:
            names = self.known[name].option_names
            for option in wanted:
                if option not in names:
                    self.problem(
                        place,
                        f"'{name}' has no option '{option}'",
                        closest(option, names),
                        "correct the name, or take it out here",
                    )
