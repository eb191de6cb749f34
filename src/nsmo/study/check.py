"""Holds the files of a wave against each other, and tells everything that does not fit at once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nsmo.study.codebook import Codebook, closest, read_codebook
from nsmo.study.errors import Problem, StudyError
from nsmo.study.export import disagreements, read_export
from nsmo.study.margins import population_problems
from nsmo.study.published import Published, load_published
from nsmo.study.spelling import ambiguous
from nsmo.study.yamlfile import YamlFile


def check(folder: Path | str) -> list[Problem]:
    """Look through the input of a wave.

    Compared are the codebook with itself, the export with the codebook (columns, answer codes with counts and
    lines), the margins of the population with the codebook, and the published statements with the codebook.

    Parameters
    ----------
    folder : Path or str
        ``data/raw/<wave>``.

    Returns
    -------
    list of Problem
        Empty where all fits. Each names the wave, the file and the place in it.
    """
    folder = Path(folder)
    problems: list[Problem] = []
    codebook = None
    try:
        codebook, problems = read_codebook(folder / "codebook.yaml")
    except StudyError as error:
        problems = list(error.problems)
    if codebook is None:
        problems.append(
            Problem(
                "not yet compared: responses, population and published statements",
                "codebook.yaml",
                cure="mend the problems above first, then check again",
            )
        )
    else:
        problems += ambiguous(codebook)
        try:
            problems += disagreements(codebook, read_export(codebook, folder / codebook.source.file))
        except StudyError as error:
            problems += error.problems
        if codebook.weighting is not None:
            problems += population_problems(codebook, folder / "population.csv")
        if codebook.wave != folder.name:
            problems.append(
                Problem(
                    f"wave is '{codebook.wave}', but the folder is called '{folder.name}'",
                    "codebook.yaml (wave)",
                    cure="give them the same name",
                )
            )
    statements = folder / "published.yaml"
    if statements.exists():
        try:
            published = load_published(statements)
            problems += _published_problems(codebook, published, statements) if codebook is not None else []
        except StudyError as error:
            problems += error.problems
    return [Problem(p.found, f"{folder.name}/{p.where}", p.expected, p.cure) for p in problems]


def _published_problems(codebook: Codebook, published: Published, path: Path) -> Iterator[Problem]:
    """Yield the names in published statements that the codebook does not know."""
    file = YamlFile(path)
    for i, claim in enumerate(published.claims):
        variants = [("readings", v) for v in enumerate(claim.readings)] + [
            ("parts", v) for v in enumerate(claim.parts)
        ]
        places = [(("claims", i, "estimate"), claim.estimate)] if claim.estimate else []
        places += [(("claims", i, part, j, "estimate"), v.estimate) for part, (j, v) in variants]
        for place, estimate in places:
            for key, question, options in _named(estimate):
                where = (*place, *key)
                if question not in codebook.variables:
                    yield Problem(
                        f"there is no question or derived variable '{question}'",
                        file.where(where),
                        closest(question, list(codebook.variables)),
                        "correct the name, or derive the variable in codebook.yaml",
                    )
                    continue
                variable = codebook.variable(question)
                for option in options:
                    if option not in variable.option_names and not (option == "top" and variable.top):
                        yield Problem(
                            f"'{question}' has no option '{option}'",
                            file.where(where),
                            closest(option, variable.option_names),
                            "correct the name",
                        )


def _named(estimate: Any) -> Iterator[tuple[tuple[str | int, ...], str, list[str]]]:
    """Yield key, question and options of everything that an estimate names."""
    given = {key: getattr(estimate, key, None) for key in type(estimate).model_fields}
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
    if given.get("where"):
        for leaf, below in given["where"].leaves():
            ((word, value),) = leaf.tests.items()
            options = value if word in ("is", "is_not", "has", "has_all") else []
            yield ("where", *below), str(leaf.question), options
