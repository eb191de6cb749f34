"""Reading what a reconstruction assumes, and holding it against the codebook and the published figures."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from nsmo.reconstruct.assumptions import (
    Answers,
    Assumption,
    Assumptions,
    Battery,
    Claims,
    Patterns,
    Propensity,
    Spread,
    Ticks,
    Totals,
)
from nsmo.study.codebook import Codebook
from nsmo.study.conditions import REASONS
from nsmo.study.derived import Count
from nsmo.study.errors import Problem, StudyError
from nsmo.study.estimands import Estimate, Mean, Proportion
from nsmo.study.statements import Claim, Published
from nsmo.study.wordings import Interval, interval
from nsmo.study.yamlfile import YamlFile


def load_assumptions(path: Path, codebook: Codebook, published: Published) -> Assumptions:
    """Read the assumptions and hold them against the codebook and the published figures.

    Parameters
    ----------
    path : Path
        assumptions.yaml.
    codebook : Codebook
        The questions that they are about.
    published : Published
        The statements that they must agree with.

    Returns
    -------
    Assumptions

    Raises
    ------
    StudyError
        Naming everything that is wrong at once: forms, names, counts that do not add up to the records, and
        counts that contradict a published figure.
    """
    file = YamlFile(path)
    problems = file.repeated_keys()
    try:
        assumptions = Assumptions.model_validate(file.data)
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            found = fault["msg"].removeprefix("Value error, ")
            problems.append(
                Problem(found, file.where(fault["loc"]), fix="the head of the file tells the forms")
            )
        raise StudyError(problems=problems) from None
    places = {a.id: file.where(("assumptions", i)) for i, a in enumerate(assumptions.assumptions)}
    problems += _names(assumptions, codebook, published, places)
    if not problems:
        problems += _sums(assumptions, codebook, places)
        problems += _contradictions(assumptions, codebook, published, path.name)
    if problems:
        raise StudyError(problems=problems)
    return assumptions


def agrees(claim: Claim, value: Fraction, claims: Claims) -> bool:
    """Return whether a value agrees with a published statement as it is to be met."""
    allowed = allowed_values(claim, claims)
    return value > 0 if allowed is None else allowed.contains(float(value))


def allowed_values(claim: Claim, claims: Claims) -> Interval | None:
    """Return which values meet a statement; None where only an order counts."""
    allowed = interval(claim)
    if allowed is not None and claim.claim in claims.within_one_unit:
        unit = 10.0 ** -(claim.decimals or 0)
        allowed = Interval(allowed.low - unit, allowed.high + unit, allowed.closed_low, allowed.closed_high)
    return allowed


def _names(
    assumptions: Assumptions, codebook: Codebook, published: Published, places: Mapping[str, str]
) -> Iterator[Problem]:
    """Find names of questions, options, rules and claims that do not exist."""
    claims = {name for row in published.rows for name in (row.id, row.claim)}
    traits = {name for part in assumptions.all("traits") for name in part}
    for assumption in assumptions.assumptions:
        ((_, content),) = assumption.content.items()
        found = [f"no claim is called '{name}'" for name in assumption.from_ if name not in claims]
        found += _names_of_content(content, codebook)
        if isinstance(content, Claims):
            found += [f"no claim is called '{name}'" for name in content.named if name not in claims]
        if isinstance(content, Propensity):
            strange = [one for one in content.follows if one not in traits and one not in codebook.variables]
            found += [f"'{name}' under follows is neither a trait nor a variable" for name in strange]
        found += _names_of_dirt(assumption, codebook)
        for question, texts in (assumption.written_as_other or {}).items():
            found += _options(codebook, question, texts, reasons=False)
        for entry in assumption.unrouted or []:
            found += _options(codebook, entry.question, entry.answers)
        for text in found:
            yield Problem(text, places[assumption.id], fix="correct the name")


def _options(codebook: Codebook, question: str, names: Any, *, reasons: bool = True) -> Iterator[str]:
    """Find options that a question does not have; reasons for no answer may stand among them."""
    if question not in codebook.variables:
        yield f"no question or derived variable is called '{question}'"
        return
    for name in names:
        if name not in codebook.variables[question].option_names and not (reasons and name in REASONS):
            yield f"'{question}' has no option '{name}'"


def _names_of_content(content: Any, codebook: Codebook) -> Iterator[str]:
    """Find questions and options in what is assumed of answers that do not exist."""
    if isinstance(content, Answers | Ticks | Patterns | Totals):
        name = content.variable if isinstance(content, Totals) else content.question
        for group, counts in content.groups().items():
            yield from _options(codebook, name, counts)
            if content.by:
                yield from _options(codebook, content.by, [group], reasons=False)
    match content:
        case Ticks():
            yield from _options(codebook, content.question, content.percent_of_asked)
        case Patterns():
            for pattern in content.patterns:
                named = [*pattern.always, *pattern.some_of, *pattern.may]
                yield from _options(codebook, content.question, named)
        case Battery():
            for name, counts in content.counts.items():
                yield from _options(codebook, name, counts)
        case Totals():
            for name in content.by_swapping:
                yield from _options(codebook, name, [])


def _names_of_dirt(assumption: Assumption, codebook: Codebook) -> Iterator[str]:
    """Find rules of cleaning, and answers of responses that they take out, that do not exist."""
    rules = {rule.name for rule in codebook.cleaning.rules}
    for dirt in assumption.excluded or []:
        if dirt.rule not in rules:
            yield f"the codebook has no rule of cleaning '{dirt.rule}'"
        for name, values in dirt.set_.items():
            kind = codebook.variables[name].type if name in codebook.variables else ""
            yield from _options(codebook, name, [] if kind == "text" else values)


def _sums(assumptions: Assumptions, codebook: Codebook, places: Mapping[str, str]) -> Iterator[Problem]:
    """Find counts that do not add up to the number of records that they are about."""
    n = assumptions.the("records")
    sizes = {a.answers.question: a.answers for a in assumptions.assumptions if a.answers}
    for assumption in assumptions.assumptions:
        wanted: list[tuple[str, int, int]] = []
        if assumption.answers and not codebook.question(assumption.answers.question).asked_if:
            answers = assumption.answers
            for group, counts in answers.groups().items():
                size = n if group is None else _total(sizes[str(answers.by)], group)
                wanted.append(
                    (
                        f"{answers.question} of {group}" if group else answers.question,
                        sum(counts.values()),
                        size,
                    )
                )
        if assumption.battery:
            wanted += [(name, sum(counts.values()), n) for name, counts in assumption.battery.counts.items()]
        if assumption.numbers:
            wanted.append((assumption.numbers.question, sum(assumption.numbers.values.values()), n))
        if assumption.patterns:
            wanted.append(("the patterns", sum(p.records for p in assumption.patterns.patterns), n))
        for what, total, size in wanted:
            if total != size:
                yield Problem(
                    f"the counts of {what} add up to {total}",
                    places[assumption.id],
                    expected=f"{size} records",
                    fix="correct a count; a don't know or no answer needs one too",
                )


def _total(answers: Answers, option: str) -> int:
    return sum(counts.get(option, 0) for counts in answers.groups().values())


def _contradictions(
    assumptions: Assumptions, codebook: Codebook, published: Published, name: str
) -> Iterator[Problem]:
    """Find assumed counts that do not agree with a published figure, before anything is drawn."""
    for row in published.rows:
        if row.estimate is None or row.id in assumptions.claims.not_followed:
            continue
        assumed = _assumed(row.estimate, assumptions, codebook)
        if assumed is None:
            continue
        value, counts, source = assumed
        allowed = allowed_values(row, assumptions.claims)
        if allowed is not None and not allowed.contains(float(value)):
            yield Problem(
                f"'{source}' assumes {counts}, which is {float(value):.2f}: not what '{row.id}' published",
                name,
                expected=f"{row.wording}, that is from {allowed.low:g} to {allowed.high:g}",
                fix="correct the counts, or name the claim under `not_followed` with the reason",
            )


def _assumed(
    wanted: Estimate, assumptions: Assumptions, codebook: Codebook
) -> tuple[Fraction, str, str] | None:
    """Compute a published quantity from assumed counts alone, where they tell it.

    Returns the value, the count in words, and which assumption tells.
    """
    if not isinstance(wanted, Proportion | Mean) or getattr(wanted, "when", None) is not None:
        return None
    several = isinstance(wanted, Proportion) and wanted.options
    if several and codebook.variable(wanted.question).type == "multi":
        return None  # who ticks two of the options counts once
    by, group = None, None
    if wanted.where is not None:
        if wanted.where.question is None or len(wanted.where.is_ or []) != 1:
            return None
        by, group = wanted.where.question, (wanted.where.is_ or [""])[0]
    bases = [a.answers for a in assumptions.assumptions if a.answers and a.answers.question == by]
    base = assumptions.the("records") if by is None else _total(bases[0], str(group)) if bases else 0
    derived = {definition.name: definition for definition in codebook.derived}.get(wanted.question)
    counted = derived.of if isinstance(derived, Count) and not derived.exclude else None
    for assumption in assumptions.assumptions:
        content = next(iter(assumption.content.values()))
        count: int | None = None
        if isinstance(content, Spread) and isinstance(wanted, Proportion) and by is None:
            if content.question == counted and content.above == wanted.above:
                count = content.records
        elif isinstance(content, Answers | Ticks | Totals | Patterns) and (by is None or content.by == by):
            chosen = [content.groups().get(group, {})] if by else list(content.groups().values())
            name = content.variable if isinstance(content, Totals) else content.question
            if isinstance(wanted, Mean) and name == counted and isinstance(content, Ticks) and content.counts:
                count = sum(sum(counts.values()) for counts in chosen)
            elif isinstance(wanted, Proportion) and name == wanted.question and wanted.above is None:
                options = wanted.options or (str(wanted.option),)
                known = [counts[o] for counts in chosen for o in options if o in counts]
                count = sum(known) if known else None
                if isinstance(content, Patterns):
                    always = sum(p.records for p in content.patterns if set(options) & set(p.always))
                    count = (count or 0) + always
        if count is not None and base:
            scale = 100 if isinstance(wanted, Proportion) else 1
            return Fraction(scale * count, base), f"{count} of {base}", assumption.id
    return None
