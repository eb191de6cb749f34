"""Compares the files of a wave with each other, and lists everything that does not fit at once."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from nsmo.formats.disagreements import disagreements
from nsmo.formats.responses_file import read_responses
from nsmo.pipeline import translations
from nsmo.study.benchmarks import benchmark_problems
from nsmo.study.cells import normal_column
from nsmo.study.codebook import Codebook
from nsmo.study.conditions import Condition
from nsmo.study.errors import Problem, StudyError
from nsmo.study.load import OLD_FILE, Reading, old_file, read_codebook
from nsmo.study.margins import population_problems
from nsmo.study.model import LANGUAGES, closest
from nsmo.study.origins import IMPLIED, PUBLISHED, origins_of
from nsmo.study.paths import REFERENCE
from nsmo.study.personal import forms_in
from nsmo.study.promised import lacking
from nsmo.study.propensity import reference_problems
from nsmo.study.report import read_reports, report_problems, stray_reports
from nsmo.study.spelling import ambiguous
from nsmo.study.statements import Published, load_published
from nsmo.study.yamlfile import YamlFile


def check(folder: Path | str, notebooks: Collection[str] | None = None) -> list[Problem]:
    """Look through the input of a wave.

    Compared are the codebook with itself, the export with the codebook (columns, answer codes with counts and
    lines), the margins of the population with the codebook, and the published statements with the codebook.

    Parameters
    ----------
    folder : Path or str
        ``data/raw/<wave>``.
    notebooks : collection of str, optional
        The stages of the wave that have a page, to which the text of the report may lead.

    Returns
    -------
    list of Problem
        Empty where all fits. Each names the wave, the file and the place in it.
    """
    folder = Path(folder)
    read = read_codebook(folder)
    problems, codebook = list(read.problems), read.left
    if (folder / OLD_FILE).exists() and not any(OLD_FILE in problem.where for problem in problems):
        problems.append(old_file(folder))
    if codebook is None:
        problems.append(_not_compared("responses, population and published statements"))
    else:
        try:
            problems += _export_problems(read, codebook, folder)
            problems += _personal_problems(codebook)
        except StudyError as error:
            problems += error.problems
        if not read.rules:
            problems.append(_not_compared("population"))
        else:
            problems += ambiguous(codebook)
            problems += _population_problems(read, codebook, folder)
    statements, named = folder / "published.yaml", list[str]()
    published = None
    if _given(statements):
        try:
            published = load_published(statements)
            named = [claim.id for claim in published.claims] + [row.id for row in published.rows]
            problems += published.unknown_base()
            if codebook is not None:
                problems += _published_problems(codebook, published, statements, read.broken)
                problems += _origin_problems(codebook, published, read.broken)
        except StudyError as error:
            problems += error.problems
    if codebook is not None and codebook.read_about is None:
        problems.append(_not_compared("headlines and the text of the report", "study.yaml"))
    elif codebook is not None:
        problems += _headline_problems(read, codebook)
        try:
            problems += report_problems(read_reports(folder), codebook, named, notebooks, read.broken)
        except StudyError as error:
            problems += error.problems
        problems += stray_reports(folder)
        if notebooks is not None and read.rules and not read.broken:
            problems += _lacking_headlines(codebook, folder, notebooks)
    benchmarks = folder / "benchmarks.csv"
    if _given(benchmarks):
        try:
            problems += benchmark_problems(benchmarks, published)
        except StudyError as error:
            problems += error.problems
    problems += translations.problems(folder)
    return [
        Problem(p.found, f"{folder.name}/{p.where.removeprefix(f'{folder}/')}", p.expected, p.fix)
        for p in problems
    ]


def _given(path: Path) -> bool:
    """Whether a file says anything: one that a stage reads, and a wave has nothing for, is empty."""
    return path.exists() and path.stat().st_size > 0


def _not_compared(what: str, file: str = "questionnaire.yaml") -> Problem:
    return Problem(
        f"not yet compared: {what}",
        file,
        fix="correct the problems above first, then check again",
    )


def _population_problems(read: Reading, codebook: Codebook, folder: Path) -> list[Problem]:
    if codebook.weighting is None:
        return []
    margins = {margin.question for margin in codebook.weighting.margins}
    if margins & read.broken or any(name.startswith("margin ") for name in read.broken):
        return [_not_compared("population")]
    reference = reference_problems(codebook, folder / REFERENCE)
    return [*population_problems(codebook, folder / "population.csv"), *reference]


def _export_problems(read: Reading, codebook: Codebook, folder: Path) -> list[Problem]:
    """Compare the export with what could be read of the codebook, leaving the columns of the rest alone."""
    export = read_responses(codebook.source, folder / codebook.source.file)
    texts = {normal_column(text) for text in read.texts}
    known = {normal_column(column) for question in codebook.questions for column in question.columns}
    few = [
        Problem(
            f"{len(export.cells)} response{'s' * (len(export.cells) != 1)}",
            codebook.source.file,
            "at least 2: one alone says nothing about how answers differ",
            "wait for more responses",
        )
    ] * (len(export.cells) < 2)
    return [*few, *disagreements(codebook, export, aside=texts - known)]


def _personal_problems(codebook: Codebook) -> Iterator[Problem]:
    """Yield the options that look like answers of one person: they head columns and rows of every table.

    Whatever rules.yaml says of rows: ingest, which does without it, would stop at them.
    """
    if codebook.provenance == "reconstructed":
        return
    for question in codebook.questions:
        for option in question.options:
            texts = "\n".join(filter(None, (option.code, *map(option.label, LANGUAGES))))
            if found := forms_in(texts):
                yield Problem(
                    f"{' and '.join(found)} in the option '{option.name}'",
                    f"questionnaire.yaml, {question.name}",
                    "an answer that many may give",
                    "make it a question of `type: text` with `identifying: true`, or word it otherwise",
                )


def _lacking_headlines(codebook: Codebook, folder: Path, stages: Collection[str]) -> Iterator[Problem]:
    """Yield the headlines that no stage of the wave will have estimated."""
    file = YamlFile(folder / "study.yaml")
    for i, headline in enumerate(codebook.headlines):
        given = {key: text for key, text in headline.model_dump().items() if text}
        if lacks := lacking("share" if headline.option else "mean", given, codebook, stages):
            yield Problem(lacks.found, file.where(("headlines", i)), lacks.expected, lacks.fix)


def _headline_problems(read: Reading, codebook: Codebook) -> Iterator[Problem]:
    """Yield the headlines in groups for which no plan weighs what may be shown."""
    if not read.rules or codebook.read_rules is None or codebook.privacy.suppress == "base":
        return
    for headline in codebook.headlines:
        if headline.by and headline.by not in (*codebook.groupings, *read.broken):
            yield Problem(
                f"a headline by '{headline.by}', whose groups no plan of what may be shown knows",
                "study.yaml, headlines",
                ", ".join(codebook.groupings) or "variables named under privacy: groupings: in rules.yaml",
                "name it there: every figure of the wave is then weighed together",
            )


def _published_problems(
    codebook: Codebook, published: Published, path: Path, broken: Collection[str]
) -> Iterator[Problem]:
    """Yield the names in published statements that the codebook does not know."""
    file = YamlFile(path)
    entries = [("claims", entry) for entry in enumerate(published.claims)]
    entries += [("quantities", entry) for entry in enumerate(published.quantities)]
    for part_of_file, (i, claim) in entries:
        variants = [
            (part, variant)
            for part in ("readings", "parts")
            for variant in enumerate(getattr(claim, part, ()))
        ]
        estimates = [((part_of_file, i, "estimate"), getattr(claim, "estimate", None))]
        estimates += [((part_of_file, i, part, j, "estimate"), v.estimate) for part, (j, v) in variants]
        named: list[tuple[tuple[str | int, ...], str, list[str]]] = [
            ((*place, *key), question, options)
            for place, estimate in estimates
            if estimate is not None and part_of_file != "premises"
            for key, question, options in _named(estimate)
        ]
        for key in ("described", "when"):
            if condition := getattr(claim, key, None):
                found = _asked(condition, key)
                named += [((part_of_file, i, *spot), name, options) for spot, name, options in found]
        for where, question, options in named:
            if question in broken:
                continue
            if question not in codebook.variables:
                yield Problem(
                    f"there is no question or derived variable '{question}'",
                    file.where(where),
                    closest(question, list(codebook.variables)),
                    "correct the name, or derive the variable in questionnaire.yaml",
                )
                continue
            variable = codebook.variable(question)
            for option in options:
                if option not in variable.option_names and not (option == "top" and variable.top_box):
                    yield Problem(
                        f"'{question}' has no option '{option}'",
                        file.where(where),
                        closest(option, variable.option_names),
                        "correct the name",
                    )


def _origin_problems(codebook: Codebook, published: Published, broken: Collection[str]) -> Iterator[Problem]:
    """Yield the figures that rules.yaml calls more than assumed and no statement prints, and the reverse."""
    if codebook.origins is None or broken:
        return
    listed, printed = codebook.origins, origins_of(published, codebook)
    for origin, more in ((PUBLISHED, ()), (IMPLIED, printed.published)):
        # What is printed with a slip follows only: a figure may claim to be less than it is.
        known = [*getattr(printed, origin), *more]
        for name in getattr(listed, origin):
            if name not in known:
                yield Problem(
                    f"'{name}' is called {origin}, and no statement of published.yaml prints it so",
                    f"rules.yaml, origins > {origin}",
                    closest(name, known),
                    "take it out: it is assumed",
                )
    for name in [*printed.published, *printed.implied]:
        if name not in (*listed.published, *listed.implied):
            yield Problem(
                f"published.yaml prints '{name}', which is not among the origins",
                "rules.yaml, origins",
                fix=f"add it to {PUBLISHED if name in printed.published else IMPLIED}",
            )


def _named(estimate: Any) -> Iterator[tuple[tuple[str | int, ...], str, list[str]]]:
    """Yield key, question and options of everything that an estimate names."""
    given: dict[str, Any] = {key: getattr(estimate, key, None) for key in type(estimate).model_fields}
    if question := given.get("question"):
        single = [given["option"]] if given.get("option") else []
        several = [*(given.get("options") or ()), *(given.get("higher") or ()), *(given.get("lower") or ())]
        yield ("question",), question, [*single, *several]
    if by := given.get("by"):
        groups = [*(given.get("groups") or ()), *([given["group"]] if given.get("group") else [])]
        yield ("by",), by, groups
    for key in ("x", "y"):
        if name := given.get(key):
            high = (given.get("high") or {}).get(name)
            yield (key,), name, [high] if high else []
    for key in ("when", "where"):
        if given.get(key):
            yield from _asked(given[key], key)


def _asked(condition: Condition, key: str) -> Iterator[tuple[tuple[str | int, ...], str, list[str]]]:
    """Yield place, question and options of everything that a condition asks for."""
    for leaf, below in condition.leaves():
        ((word, value),) = leaf.tests.items()
        options = value if word in ("is", "is_not", "has", "has_all") else []
        yield (key, *below), str(leaf.question), options
