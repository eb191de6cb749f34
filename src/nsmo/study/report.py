"""report.<language>.md: the report as people read it, in Markdown with placeholders for what is computed."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nsmo.study.errors import Problem, StudyError
from nsmo.study.model import LANGUAGES, closest
from nsmo.study.placeholders import PAGES, PLACEHOLDERS, VERDICTS
from nsmo.study.promised import lacking
from nsmo.study.textfile import read_utf8
from nsmo.study.visible import CONTROLS

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

    from nsmo.study.codebook import Codebook

#: `## A heading {#anchor}`
HEADING = re.compile(r"^(?P<level>#{1,3}) +(?P<text>.*?)(?: +\{#(?P<anchor>[a-z][a-z0-9-]*)\})?\s*$")
_TYPED = re.compile(r"(?<!\d)\d++(?:[.,]\d++)?+\s?(?:%|per ?cent\b|procent\b)", re.IGNORECASE)
#: A placeholder where Markdown has the address or the title of a link: `[x](… {{`, `<http:…{{`, `[x]: … {{`.
_IN_ADDRESS = re.compile(
    r"\]\([^()]*?{{|<[a-z][a-z0-9+.-]*:[^<>\s]*{{|^ {0,3}\[[^\]]{1,999}\]:[^\n]*{{", re.MULTILINE
)
#: Addresses on a page that are its own.
_OWN = ("main", "text", "notes", "cite", "code", "reconstructed", "no-responses")
_ALONE = re.compile(r"^\s*\{\{[^{}]*\}\}\s*$")
_COMMENT = ("<!--", "-->")
_PLACEHOLDER = ("{{", "}}")
#: What does not show, or breaks a line where Markdown sees none.
_UNSEEN = re.compile(f"{CONTROLS.pattern}|[\u2028\u2029]")


@dataclass(frozen=True)
class Use:
    """One placeholder where it stands: its name, what it is given by name, and the line."""

    name: str
    given: Mapping[str, str]
    line: int


@dataclass(frozen=True)
class ReportText:
    """The text of a report in one language.

    Attributes
    ----------
    file : str
        Its name, for messages.
    text : str
        As it was written.
    """

    file: str
    text: str

    @property
    def headings(self) -> list[tuple[int, int, str, str]]:
        """Line, level, text and anchor of each heading; an anchor that was not given is empty."""
        found = []
        for number, line in enumerate(self.text.splitlines(), 1):
            if match := HEADING.match(line):
                found.append((number, len(match["level"]), match["text"], match["anchor"] or ""))
        return found

    def uses(self) -> list[Use]:
        """List the placeholders, in order.

        Raises
        ------
        StudyError
            Naming everything at once that is none, with its line.
        """
        from jinja2 import TemplateSyntaxError, nodes

        try:
            tree = environment().parse(self.text)
        except TemplateSyntaxError as error:
            raise StudyError(
                found=f"what stands between braces cannot be read: {error.message}",
                where=f"{self.file}, line {error.lineno}",
                expected='a placeholder: {{ share("question", "answer") }}',
                fix="close every {{ with }}, and put what is given between quotes",
            ) from None
        except (RecursionError, ValueError):  # brackets within brackets, a number of thousands of digits
            raise StudyError(
                found="what stands between braces is too deep or too long to be read",
                where=f"{self.file}, line {_unreadable(self.text)}",
                expected='placeholders: {{ share("question", "answer") }}',
                fix="write names and texts between quotes only",
            ) from None
        found: list[Use] = []
        problems: list[Problem] = []
        for node in tree.body:
            parts = node.nodes if isinstance(node, nodes.Output) else [node]
            for part in parts:
                if isinstance(part, nodes.TemplateData):
                    continue
                try:
                    found.append(_use(part))
                except _NoPlaceholderError as error:
                    where = f"{self.file}, line {part.lineno}"
                    problems.append(Problem(str(error), where, error.expected, error.fix))
        if problems:
            raise StudyError(problems=problems)
        return found

    def filled(self, values: Mapping[str, Any]) -> str:
        """Return the text with every placeholder filled in.

        Parameters
        ----------
        values : mapping
            A function for each of `PLACEHOLDERS`.

        Raises
        ------
        StudyError
            As `uses`.
        """
        self.uses()  # Only what can be named there is run.
        return environment().from_string(self.text).render(values)


def _unreadable(text: str) -> int:
    """Return the number of the longest line with braces, which is that in which no end is found."""
    lines = [(len(line), number) for number, line in enumerate(text.splitlines(), 1) if "{" in line]
    return max(lines)[1]


class _NoPlaceholderError(Exception):
    """What stands between braces is no placeholder."""

    def __init__(self, found: str, expected: str = "", fix: str = "") -> None:
        super().__init__(found)
        self.expected, self.fix = expected, fix


@cache
def environment() -> "SandboxedEnvironment":
    """Return the environment in which placeholders are filled in; a comment is `<!-- … -->`."""
    from jinja2 import StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    return SandboxedEnvironment(
        undefined=StrictUndefined,
        comment_start_string=_COMMENT[0],
        comment_end_string=_COMMENT[1],
        keep_trailing_newline=True,
    )


def _use(node: Any) -> Use:
    """Read one placeholder; anything else that Jinja could compute is refused."""
    from jinja2 import nodes

    only = "only placeholders: no attributes, filters, conditions or loops"
    if isinstance(node, nodes.Name):
        if node.name in PLACEHOLDERS:
            raise _NoPlaceholderError(f"{node.name} without brackets", f"{{{{ {node.name}() }}}}")
        raise _unknown(node.name)
    if not isinstance(node, nodes.Call) or not isinstance(node.node, nodes.Name):
        raise _NoPlaceholderError("something between braces that is no placeholder", only, "leave it out")
    name = node.node.name
    if name not in PLACEHOLDERS:
        raise _unknown(name)
    known = PLACEHOLDERS[name]
    takes = (*known.needs, *known.takes)
    wanted = f"{name}({', '.join([*known.needs, *(f'[{one}]' for one in known.takes)])})"
    values: list[Any] = [*node.args, *(pair.value for pair in node.kwargs)]
    if (
        node.dyn_args
        or node.dyn_kwargs
        or not all(isinstance(one, nodes.Const) and isinstance(one.value, str) for one in values)
    ):
        raise _NoPlaceholderError(
            f"{name} is given something else than a text", f"{wanted}, each between quotes"
        )
    texts = [one.value for one in values]
    given = dict(zip(takes, texts[: len(node.args)], strict=False))
    for pair, text in zip(node.kwargs, texts[len(node.args) :], strict=True):
        if pair.key in given:
            raise _NoPlaceholderError(f"{name} is given {pair.key} twice", wanted, "give it once")
        if pair.key not in takes:
            raise _NoPlaceholderError(f"{name} does not take {pair.key}=", wanted, closest(pair.key, takes))
        given[pair.key] = text
    if len(node.args) > len(takes) or not set(known.needs) <= set(given):
        raise _NoPlaceholderError(f"{name} is given {len(values)} texts", wanted)
    if "group" in given and "by" not in given:
        raise _NoPlaceholderError(f"{name} names a group, and not of what", f'{name}(…, by="…", group="…")')
    return Use(name, given, node.lineno)


def _unknown(name: str) -> _NoPlaceholderError:
    return _NoPlaceholderError(
        f"there is no placeholder {name!r}", closest(name, list(PLACEHOLDERS)), "`nsmo values` lists them all"
    )


def file_of(language: str) -> str:
    """Return the name of the text in a language."""
    return f"report.{language}.md"


def read_reports(folder: Path) -> dict[str, ReportText]:
    """Read the texts of the report of a wave, by language; those that are there.

    Parameters
    ----------
    folder : Path
        ``data/raw/<wave>``.

    Raises
    ------
    StudyError
        As `nsmo.study.textfile.read_utf8`; or naming a sign that does not show, as the files in YAML do.
    """
    found = {}
    for language in LANGUAGES:
        path = folder / file_of(language)
        if path.is_file():
            text = read_utf8(path).replace("\r\n", "\n").replace("\r", "\n")
            if unseen := _UNSEEN.search(text):
                raise StudyError(
                    found=f"the sign U+{ord(unseen[0][0]):04X}, which does not show",
                    where=f"{path.name}, line {text.count(chr(10), 0, unseen.start()) + 1}",
                    fix="delete it; it came along when the text was pasted",
                )
            found[language] = ReportText(path.name, text)
    return found


def stray_reports(folder: Path) -> list[Problem]:
    """List the texts of a report in languages in which there can be none."""
    known = [file_of(language) for language in LANGUAGES]
    return [
        Problem("a text that no report has", path.name, " or ".join(known), "call it so, or move it away")
        for path in sorted(folder.glob("report*.md"))
        if path.name not in known
    ]


def report_problems(
    reports: Mapping[str, ReportText],
    codebook: "Codebook",
    statements: Collection[str],
    notebooks: Collection[str] | None,
    broken: Collection[str] = (),
) -> list[Problem]:
    """List what is wrong in the texts of a report, in themselves and beside each other.

    Parameters
    ----------
    reports : mapping
        The texts, by language.
    codebook : Codebook
        What may be named.
    statements : collection of str
        The ids of the published statements.
    notebooks : collection of str or None
        The stages of the wave that have a page; None where nobody knows, and links to pages are let pass.
    broken : collection of str
        Names of what is wrong in itself; who uses them is not wrong for that.
    """
    # A figure shows a battery of scales; of other questions each has its own.
    of_type = {question.battery: question.type for question in codebook.questions if question.battery}
    scales = [battery for battery, kind in of_type.items() if kind == "ordinal"]
    batteries = (scales, of_type.keys() - set(scales))
    problems = []
    for report in reports.values():
        problems += _form(report, len(reports) > 1)
        try:
            uses = report.uses()
        except StudyError as error:
            problems += error.problems
            continue
        lines = report.text.splitlines()
        gone = {i: names for i, use in enumerate(uses) if (names := _gone(use, codebook, broken, batteries))}
        problems += _parts_gone(report, uses, gone, list(codebook.variables))
        for i, use in enumerate(uses):
            if PLACEHOLDERS[use.name].block and not _ALONE.match(lines[use.line - 1]):
                where = f"{report.file}, line {use.line}"
                problems.append(Problem(f"{use.name} within a sentence", where, "a paragraph of its own"))
            where = f"{report.file}, line {use.line}"
            misnamed = list(_names(use, codebook, statements, notebooks, broken, batteries))
            for found, near in misnamed:
                problems.append(Problem(f"{use.name}: {found}", where, near, "correct the name"))
            known = notebooks is not None and codebook.read_rules is not None and not misnamed and not broken
            known = known and i not in gone
            if lacks := lacking(use.name, use.given, codebook, notebooks or ()) if known else None:
                problems.append(Problem(f"{use.name}: {lacks.found}", where, lacks.expected, lacks.fix))
    return [*problems, *_side_by_side(reports)]


def _form(report: ReportText, several: bool) -> Iterator[Problem]:
    """Yield what is wrong in the headings, and numbers that somebody typed."""
    titles = [heading for heading in report.headings if heading[1] == 1]
    if len(titles) != 1:
        yield Problem(f"{len(titles)} titles", report.file, "one line that begins with `# `")
    anchors = Counter(anchor for _, _, _, anchor in report.headings)
    for line, level, text, anchor in report.headings:
        where = f"{report.file}, line {line}"
        if level > 1 and not anchor and several:
            expected = f"`{'#' * level} {text} {{#name}}`, the same name in each language"
            yield Problem("a heading without an address", where, expected, "add one")
        if anchor in _OWN:
            yield Problem(f"the address #{anchor} is one of the page itself", where, fix="choose another one")
        if anchor and anchors[anchor] > 1:
            yield Problem(f"the address #{anchor} stands there {anchors[anchor]} times", where)
    bare = _blanked(report.text, *_COMMENT)
    for found in _IN_ADDRESS.finditer(bare):
        yield Problem(
            "a placeholder inside an address",
            f"{report.file}, line {bare.count(chr(10), 0, found.end()) + 1}",
            "addresses without placeholders",
            "use page_link, question_link or statement, which are links themselves",
        )
    for number, line in enumerate(report.text.splitlines(), 1):
        bare = _blanked(_blanked(line, *_PLACEHOLDER), *_COMMENT)
        for typed in _TYPED.findall(bare):
            yield Problem(
                f"a percentage that was typed: {typed.strip()}",
                f"{report.file}, line {number}",
                "a placeholder, so that it cannot differ from the result",
                "`nsmo values` lists what may be inserted",
            )


def _blanked(text: str, opening: str, closing: str) -> str:
    """Return a text with blanks for what is enclosed, in time that grows with its length alone."""
    parts, at = [], 0
    while (start := text.find(opening, at)) >= 0:
        if (end := text.find(closing, start)) < 0:
            break
        parts += [text[at:start], re.sub(r"[^\n]", " ", text[start : end + len(closing)])]
        at = end + len(closing)
    return "".join([*parts, text[at:]])


def _names(
    use: Use,
    codebook: "Codebook",
    statements: Collection[str],
    notebooks: Collection[str] | None,
    broken: Collection[str],
    batteries: tuple[Collection[str], Collection[str]],
) -> Iterator[tuple[str, str]]:
    """Yield each name that a placeholder is given and nothing has, with what is near to it."""
    given = use.given
    kinds: dict[str, tuple[Sequence[str], str]] = {
        "statement": (list(statements), "statement"),
        "which": (VERDICTS, "verdict"),
    }
    if notebooks is not None:
        kinds["page"] = ([*PAGES, *notebooks], "page")
    for key, (known, what) in kinds.items():
        if key in given and given[key] not in known:
            yield f"there is no {what} '{given[key]}'", closest(given[key], list(known))
    variables = codebook.variables
    scales, others = batteries
    for key in ("question", "by"):
        name = given.get(key)
        if name is None or name in broken:
            continue
        if key == "question" and use.name == "figure" and name in scales:
            continue
        if name in others:
            members = [question.name for question in codebook.questions if question.battery == name]
            yield f"the questions of '{name}' have no scale, and no figure together", ", ".join(members)
        elif name in variables and variables[name].identifying:
            yield f"'{name}' is identifying: its answers leave the data in cleaning", ""
    for key, option in (("question", "option"), ("by", "group")):
        variable, name = variables.get(given.get(key, "")), given.get(option)
        if variable is None or name is None or (name == "top" and option == "option" and variable.top_box):
            continue
        if name not in variable.option_names:
            known = [*variable.option_names, *(["top"] if variable.top_box else [])]
            yield f"'{given[key]}' has no option '{name}'", closest(name, known)


def _gone(
    use: Use,
    codebook: "Codebook",
    broken: Collection[str],
    batteries: tuple[Collection[str], Collection[str]],
) -> list[str]:
    """List the questions that a placeholder names and the questionnaire has not, or no more."""
    scales, others = batteries
    known = {*codebook.variables, *broken, *others, *(scales if use.name == "figure" else ())}
    names = [use.given[key] for key in ("question", "by") if key in use.given]
    return [name for name in names if name not in known]


def _parts_gone(
    report: ReportText, uses: Sequence[Use], gone: Mapping[int, list[str]], variables: Sequence[str]
) -> Iterator[Problem]:
    """Yield one problem for each part that is about questions that are not there, else one for each name."""
    lines = report.text.splitlines()
    begins = [1, *(line for line, level, *_ in report.headings if level > 1), len(lines) + 1]
    for begin, end in pairwise(begins):
        here = [i for i, use in enumerate(uses) if begin <= use.line < end]
        names = list(dict.fromkeys(name for i in here for name in gone.get(i, ())))
        asked = [i for i in here if "question" in uses[i].given]
        if begin > 1 and len(asked) > 1 and all(uses[i].given["question"] in gone.get(i, ()) for i in asked):
            last = max(n for n in range(begin, end) if lines[n - 1].strip())
            more = f" and {len(names) - 2} more" * (len(names) > 2)
            yield Problem(
                f"the part in lines {begin} to {last} is about {', '.join(map(repr, names[:2]))}{more}, and "
                f"there is no such question or derived variable",
                f"{report.file}, line {begin}",
                closest(names[0], variables),
                "take the part out, or correct the name in it",
            )
            continue
        for name in names:
            at = list(dict.fromkeys(uses[i].line for i in here if name in gone.get(i, ())))
            yield Problem(
                f"there is no question or derived variable '{name}'",
                f"{report.file}, line{'s' * (len(at) > 1)} {', '.join(map(str, at))}",
                closest(name, variables),
                "correct the name, or take the sentence out",
            )


def _side_by_side(reports: Mapping[str, ReportText]) -> Iterator[Problem]:
    """Yield where one language has a part that another has not: a reader who changes it would be lost."""
    texts = list(reports.values())
    for other in texts[1:]:
        first = texts[0]
        ours, theirs = ([anchor for *_, anchor in one.headings if anchor] for one in (first, other))
        for anchor in [one for one in ours if one not in theirs]:
            yield Problem(f"no part #{anchor}, which {first.file} has", other.file)
        for anchor in [one for one in theirs if one not in ours]:
            yield Problem(f"no part #{anchor}, which {other.file} has", first.file)
        if sorted(ours) == sorted(theirs) and ours != theirs:
            yield Problem(f"the parts stand in another order than in {first.file}", other.file)
