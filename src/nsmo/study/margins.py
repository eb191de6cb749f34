"""What is known of the population: margins with their source and date, and which categories may be merged."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from nsmo.study.cells import read_count
from nsmo.study.codebook import Codebook
from nsmo.study.errors import Problem, StudyError
from nsmo.study.rules import Margin, Sensitivity
from nsmo.study.textfile import read_rows

COLUMNS = (
    "margin",
    "category",
    "count",
    "table",
    "period",
    "status",
    "seen_or_derived",
    "source_url",
    "note",
)
ORIGINS = ("seen", "derived")


@dataclass(frozen=True)
class Category:
    """A category of a margin: what it is called, which options of the variable it holds, and its count."""

    name: str
    nl: str
    en: str
    of: tuple[str, ...]
    count: float

    def label(self, language: str) -> str:
        """Return the label in a language."""
        return getattr(self, language)


@dataclass(frozen=True)
class Target:
    """A margin of the population.

    Attributes
    ----------
    margin : Margin
        Its definition in the codebook.
    categories : tuple of Category
        In the order of the variable's options.
    table, period, status : str
        Of the source; several are joined by "; ".
    merged : tuple of str
        Names of the mergers that were applied.
    """

    margin: Margin
    categories: tuple[Category, ...]
    table: str
    period: str
    status: str
    merged: tuple[str, ...] = ()

    @property
    def shares(self) -> dict[str, float]:
        """The share of each category in the population; they add up to 1."""
        total = sum(category.count for category in self.categories)
        return {category.name: category.count / total for category in self.categories}

    @property
    def groups(self) -> dict[str, str]:
        """The category that each option of the variable belongs to."""
        return {option: category.name for category in self.categories for option in category.of}


def read_targets(codebook: Codebook, path: Path | str) -> dict[str, Target]:
    """Read the margins of the population that a codebook weights by.

    Parameters
    ----------
    codebook : Codebook
        Its `weighting` names the margins.
    path : Path or str
        population.csv, with the columns of `COLUMNS`.

    Returns
    -------
    dict of Target
        By the margin's name, in the order of the codebook.

    Raises
    ------
    StudyError
        Naming everything in which file and codebook disagree, with lines.
    """
    targets, problems = _read(codebook, Path(path))
    if problems:
        raise StudyError(
            f"{len(problems)} problem{'s' * (len(problems) > 1)} in {Path(path).name}:", problems=problems
        )
    return targets


def population_problems(codebook: Codebook, path: Path | str) -> list[Problem]:
    """List everything in which population.csv and codebook disagree; empty where they agree."""
    try:
        return _read(codebook, Path(path))[1]
    except StudyError as error:
        return list(error.problems)


def merge_until(target: Target, counts: Mapping[str, int], least: int) -> Target:
    """Merge categories by the declared mergers until each has enough respondents.

    A merger is applied when one of its categories has too few; they are tried in the order of the codebook.

    Parameters
    ----------
    target : Target
        The margin.
    counts : mapping
        Respondents per option of the variable.
    least : int
        The number of respondents that every category must have.

    Returns
    -------
    Target
        With fewer categories where that was needed; `merged` tells by which mergers.

    Raises
    ------
    StudyError
        If a category has too few respondents when every declared merger was tried, naming margin, categories
        and counts.
    """

    def n(category: Category) -> int:
        return sum(counts.get(option, 0) for option in category.of)

    for group in target.margin.merge:
        options = _options(target.margin, group.of)
        parts = [category for category in target.categories if set(category.of) <= options]
        if len(parts) > 1 and any(n(category) < least for category in parts):
            target = _merge(target, group.name, parts)
    short = [category for category in target.categories if n(category) < least]
    if short:
        name = target.margin.name
        raise StudyError(
            found=f"in margin '{name}', "
            + " and ".join(f"'{c.name}' has {n(c)} respondents" for c in short)
            + f" (all: {', '.join(f'{c.name} {n(c)}' for c in target.categories)})",
            where=f"weighting > margins > {name} in rules.yaml",
            expected=f"at least {least} (min_category of params.yaml, weight)",
            fix="declare a further merger under merge:, or lower min_category",
        )
    return target


def rated(target: Target, sensitivity: Sensitivity) -> Target:
    """Multiply the counts of a margin by a rate per category, such as the share that uses a service.

    Parameters
    ----------
    target : Target
        Before any merger.
    sensitivity : Sensitivity
        Its rates are per category of the population.

    Raises
    ------
    StudyError
        If a category has no rate, or a rate no category.
    """
    names = [category.name for category in target.categories]
    if set(names) != set(sensitivity.rates):
        raise StudyError(
            found=f"the rates of '{sensitivity.name}' are for {', '.join(sensitivity.rates)}",
            where="rules.yaml, weighting > sensitivity",
            expected=f"one for each category of margin '{target.margin.name}': {', '.join(names)}",
        )
    categories = [replace(c, count=c.count * sensitivity.rates[c.name]) for c in target.categories]
    return replace(target, categories=tuple(categories))


def _merge(target: Target, name: str, parts: list[Category]) -> Target:
    group = next(group for group in target.margin.merge if group.name == name)
    joint = Category(
        name,
        group.nl,
        group.en,
        tuple(option for part in parts for option in part.of),
        sum(part.count for part in parts),
    )
    first = target.categories.index(parts[0])
    categories = [category for category in target.categories if category not in parts]
    categories.insert(min(first, len(categories)), joint)
    return replace(target, categories=tuple(categories), merged=(*target.merged, name))


def _options(margin: Margin, names: list[str]) -> set[str]:
    """Resolve names of categories, which may be names of earlier mergers, to options of the variable."""
    merged = {group.name: group.of for group in margin.merge}
    return set().union(*(_options(margin, merged[n]) if n in merged else {n} for n in names))


def _read(codebook: Codebook, path: Path) -> tuple[dict[str, Target], list[Problem]]:
    if codebook.weighting is None or not codebook.weighting.margins:  # then no counts are needed
        return {}, []
    if not path.is_file():
        raise StudyError(
            found="the margins of the population are not there",
            where=str(path),
            expected=f"a file with the columns {', '.join(COLUMNS)}",
            fix="write it; each row is a category of a margin with its count and source",
        )
    columns, read = read_rows(path)
    absent = [column for column in COLUMNS if column not in columns]
    extra = [column for column in columns if column not in COLUMNS]
    if absent or extra:
        raise StudyError(
            found="; ".join(
                [
                    *(f"the column '{c}' is missing" for c in absent),
                    *(f"the column '{c}' is unknown" for c in extra),
                ]
            ),
            where=f"{path.name}, line 1",
            expected=", ".join(COLUMNS),
        )
    problems: list[Problem] = []
    rows: dict[str, dict[str, dict[str, str]]] = {}
    lines: dict[tuple[str, str], int] = {}
    for line, row in read:
        key = (row["margin"], row["category"])
        where = f"{path.name}, line {line}"
        problems += _row_problems(row, where)
        if key in lines:
            problems.append(
                Problem(f"'{key[1]}' of margin '{key[0]}' is there again, first on line {lines[key]}", where)
            )
        lines.setdefault(key, line)
        rows.setdefault(key[0], {}).setdefault(key[1], row)
    targets = {}
    for margin in codebook.weighting.margins:
        found = rows.pop(margin.population, None)
        if found is None:
            problems.append(
                Problem(
                    f"the margin '{margin.population}' of weighting > margins > {margin.name} is not there",
                    path.name,
                    expected=f"one of {', '.join(rows)}" if rows else "",
                    fix="add its categories, or correct population: in rules.yaml",
                )
            )
            continue
        own = _compare(codebook, margin, found, lines, path.name)
        problems += own
        if not own and not problems:
            targets[margin.name] = _target(codebook, margin, found)
    for name, found in rows.items():
        first = min(lines[name, category] for category in found)
        problems.append(
            Problem(
                f"the margin '{name}' is used by no margin of rules.yaml",
                f"{path.name}, line {first}",
                fix="name it under weighting > margins, or remove its rows",
            )
        )
    for sensitivity in codebook.weighting.sensitivity:
        if sensitivity.margin in targets:
            try:
                rated(targets[sensitivity.margin], sensitivity)
            except StudyError as error:
                problems += error.problems
    return targets, problems


def _row_problems(row: dict[str, str], where: str) -> list[Problem]:
    problems = []
    try:
        count = read_count(row["count"].strip())
    except ValueError:
        count = 0
    if count <= 0:
        problems.append(
            Problem(
                f"the count {row['count']!r}",
                where,
                expected="a number above zero, as 1234 or 1234.5: without a sign between thousands",
            )
        )
    if row["seen_or_derived"] not in ORIGINS:
        problems.append(
            Problem(f"seen_or_derived is {row['seen_or_derived']!r}", where, expected="seen or derived")
        )
    for column in ("margin", "category", "table", "period", "source_url"):
        if not row[column].strip():
            problems.append(Problem(f"no {column}", where, expected="every count has its source and date"))
    if row["source_url"].strip() and not re.fullmatch(r"https?://\S+", row["source_url"].strip()):
        problems.append(
            Problem(
                f"source_url is {row['source_url']!r}", where, expected="the address of a page: https://…"
            )
        )
    return problems


def _compare(codebook, margin: Margin, found: dict, lines: dict, file: str) -> list[Problem]:
    variable = codebook.variable(margin.question)
    merged = {group.name: _options(margin, group.of) for group in margin.merge}
    problems, covered = [], {}
    for category in found:
        where = f"{file}, line {lines[margin.population, category]}"
        options = {category} if category in variable.option_names else merged.get(category)
        if options is None:
            problems.append(
                Problem(
                    f"'{category}' is no category of '{variable.name}', by which margin '{margin.name}' goes",
                    where,
                    expected=f"one of {', '.join([*variable.option_names, *merged])}",
                    fix="correct it, or derive a variable with these categories in questionnaire.yaml",
                )
            )
            continue
        for option in sorted(options & set(covered)):
            problems.append(
                Problem(f"'{option}' counts in '{covered[option]}' and again in '{category}'", where)
            )
        covered |= dict.fromkeys(options, category)
    absent = [name for name in variable.option_names if name not in covered]
    if absent and not problems:
        problems.append(
            Problem(
                f"margin '{margin.population}' lacks {', '.join(absent)} of '{variable.name}'",
                file,
                expected="a count for every category",
                fix="add it, or derive a variable without it in questionnaire.yaml",
            )
        )
    return problems


def _target(codebook, margin: Margin, found: dict) -> Target:
    variable = codebook.variable(margin.question)
    groups = {group.name: group for group in margin.merge}
    categories = []
    for name, row in found.items():
        of = _options(margin, [name])
        label = variable.option(name) if name in variable.option_names else groups[name]
        order = tuple(option for option in variable.option_names if option in of)
        categories.append(
            Category(name, label.label("nl"), label.label("en"), order, read_count(row["count"].strip()))
        )
    categories.sort(key=lambda category: variable.option_names.index(category.of[0]))

    def joined(column: str) -> str:
        return "; ".join(dict.fromkeys(row[column] for row in found.values()))

    return Target(margin, tuple(categories), joined("table"), joined("period"), joined("status"))
