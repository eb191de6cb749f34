"""What goes wrong with a study's files, said so that the reader can mend it."""

from collections.abc import Sequence
from dataclasses import dataclass

from nsmo.study.visible import visible

#: So many signs of what was found, and of the place, are told.
LONGEST = 4000
#: So many problems are told at once; who has mended these sees the next.
MOST_SHOWN = 100


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a file of the study.

    Parameters
    ----------
    found : str
        What is there, with the value in question.
    where : str
        File, with line, column or key.
    expected : str
        What would have been right.
    fix : str
        What to do now.
    """

    found: str
    where: str = ""
    expected: str = ""
    fix: str = ""

    def __str__(self) -> str:
        found = short(self.found)
        first = f"{short(self.where.rstrip(':'))}: {found}" if self.where else found
        rest = [
            f"    {word}: {text}" for word, text in (("expected", self.expected), ("do", self.fix)) if text
        ]
        # A name may come from an export: what it holds is shown, not obeyed by a terminal.
        return visible("\n".join([first, *rest]))


def short(text: str) -> str:
    """Return a text that can be read: an answer of a megabyte does not stand in a message."""
    left = len(text) - LONGEST
    return f"{text[: LONGEST // 2]} … ({left} signs left out) … {text[-LONGEST // 2 :]}" if left > 0 else text


class StudyError(Exception):
    """A mistake in the files of a study, or in how they fit together; its text is meant for people.

    Parameters
    ----------
    message : str
        The whole text, where the four parts do not fit; else what was found.
    found, where, expected, fix : str
        See `Problem`. `found` is the same as `message`.
    problems : sequence of Problem
        Several at once; then the other arguments stay empty, or `message` is their heading.
    """

    def __init__(
        self,
        message: str = "",
        *,
        found: str = "",
        where: str = "",
        expected: str = "",
        fix: str = "",
        problems: Sequence[Problem] = (),
    ) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        heading = message
        if not self.problems:
            self.problems = (Problem(found or message, where, expected, fix),)
            heading = message if found and message else ""
        shown = [*([heading] if heading else []), *map(str, self.problems[:MOST_SHOWN])]
        if (more := len(self.problems) - MOST_SHOWN) > 0:
            shown.append(f"and {more:,} more problem{'s' * (more != 1)}")
        super().__init__("\n".join(shown))

    def _render_traceback_(self) -> list[str]:
        """Show the text alone in a notebook: where our code noticed the mistake helps nobody to mend it."""
        return str(self).splitlines()
