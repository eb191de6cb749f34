"""Gathers every mistake in a study and its wiring, for `nsmo check`."""

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from nsmo.pipeline import notebook_rules, notebooks, previous, wiring
from nsmo.pipeline.designs import design_problems
from nsmo.pipeline.keys import NO_WAVE, unknown_keys
from nsmo.pipeline.leftovers import ASIDE, leftovers
from nsmo.pipeline.reconstructed import crossing_problems
from nsmo.runner import packages
from nsmo.runner.declarations import ContractError, Declaration, declarations, read_params
from nsmo.runner.inputs import missing_makers
from nsmo.runner.parameters import check_parameters, similar, time_limit
from nsmo.runner.values import value_problems
from nsmo.study.drafts import marks
from nsmo.study.errors import Problem, StudyError
from nsmo.study.headlines import headlines
from nsmo.study.load import read_codebook
from nsmo.study.model import LANGUAGES
from nsmo.study.paths import PRIVATE, raw, relative, root
from nsmo.study.yamlfile import YamlFile


def write_all(found: Sequence[StudyError | Problem]) -> str:
    """Write problems that are too many to show into a file that only its owner may read.

    Returns
    -------
    str
        The file, seen from the root of the repository.
    """
    path = root() / PRIVATE / "problems.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.writelines(f"{number}. {problem}\n" for number, problem in enumerate(found, 1))
    return relative(path)


def problems() -> list[StudyError | Problem]:
    """Look at params.yaml, dvc.yaml, the notebooks and every wave.

    Returns
    -------
    list
        One entry per problem, in words; empty when all is well.
    """
    from nsmo.pipeline.wave import check

    folder = root()
    found: list[StudyError | Problem] = []
    try:
        params = read_params(folder)
        stages = list(declarations(folder))
    except StudyError as error:
        return [error]
    found += _packages(folder)
    values = value_problems(folder)
    found += values + YamlFile(folder / "params.yaml").repeated_keys()
    found += _lock(folder) + _time_limits(params, stages)
    unknown, corrected = unknown_keys(folder, params, stages)
    found += unknown
    gone = [wave for wave in dict.fromkeys(one.wave for one in stages) if not raw(wave).is_dir()]
    found += [_gone(wave) for wave in gone]
    there = [declared for declared in stages if declared.wave not in gone]
    by_wave: dict[str, list[Declaration]] = {}
    for declared in stages:
        by_wave.setdefault(declared.wave, []).append(declared)
    for declared in there:
        found += check_parameters(folder, declared, corrected)
        found += missing_makers(folder, declared, by_wave[declared.wave])
    # What a stage imports is the same in every wave.
    for declared in {(one.name, wiring.code_of(one)): one for one in reversed(there)}.values():
        found += wiring.problems(folder, declared)
    found += notebooks.orphans(folder)
    found += [
        ContractError(
            found="no stage makes this; another branch left it, or a stage that is gone",
            where=name,
            fix=f"`make report` moves it to {ASIDE}",
        )
        for name in leftovers(folder, stages)
    ]
    for path in notebooks.files([folder / "notebooks"]):
        found += notebooks.code(path).problems
        found += notebook_rules.problems(path)
    for path in notebooks.reformat([folder / "notebooks"], write=False).changed:
        found.append(
            ContractError(
                found="not in the form git keeps", where=relative(path, folder), fix="run `nsmo format`"
            )
        )
    for wave in dict.fromkeys(declared.wave for declared in there):
        here = by_wave[wave]
        pages = {declared.name for declared in here if declared.notebook}
        own = check(raw(wave), pages)
        # What is tried with a value that cannot be would stop for that, which is said at its place.
        found += own or ([] if values else design_problems(raw(wave), read_params(folder, wave)))
        found += crossing_problems(raw(wave))
        found += _leaks(folder, wave)
        found += _responses(wave, params)
        found += previous.problems(folder, wave, params)
        found += _analyses(wave, {declared.name for declared in here})
        # One that is not there has been named.
        if all((folder / one.notebook).is_file() for one in here if one.notebook):
            found += _ensemble(folder, wave, here)
            found += _unnamed(wave, here)
    return list({str(problem): problem for problem in found}.values())


def _packages(folder: Path) -> list[StudyError | Problem]:
    """List the packages that are missing, or what is wrong with the file that names them."""
    try:
        others = packages.others(folder)
    except StudyError as error:
        return [error]
    return [
        ContractError(
            found=f"package {one.name} is missing",
            where=sys.executable,
            expected=f"{one.name} {one.locked}, as {packages.LOCK} has it",
            fix="run `make setup`",
        )
        for one in others
        if not one.installed
    ]


def _gone(wave: str) -> Problem:
    """Name once that a whole wave is not there, and not of every file that its stages would read."""
    return Problem(
        f"there is no wave '{wave}', which params.yaml names",
        f"data/raw/{wave}",
        "a folder for every wave under waves:",
        f"bring it back: git checkout HEAD -- data/raw/{wave}; to leave it behind, whole: nsmo adopt "
        f"{wave}; or take its name out of params.yaml",
    )


def _lock(folder: Path) -> list[StudyError | Problem]:
    """See that dvc.lock is whole, and has the form that DVC reads."""
    if not (folder / "dvc.lock").exists():
        return []
    expected, fix = "the record of a build", "docs/howto/solve-a-lock-conflict.md"
    try:
        lock = YamlFile(folder / "dvc.lock")
    except StudyError as error:
        first = error.problems[0]
        return [Problem(first.found, first.where, expected, fix)]
    if again := lock.repeated_keys():
        return [Problem(again[0].found, again[0].where, expected, fix)]
    stages = lock.data.get("stages", {})
    if lock.data.get("schema") != "2.0" or not isinstance(stages, dict):
        return [Problem("not in the form of DVC" if lock.data else "empty", "dvc.lock", expected, fix)]
    return [
        Problem(f"the record of {name} is none", "dvc.lock", expected, fix)
        for name, record in stages.items()
        if not isinstance(record, dict) or "cmd" not in record
    ]


def _leaks(folder: Path, wave: str) -> list[StudyError]:
    """Look for real answers where they must not be."""
    from nsmo.pipeline import leaks
    from nsmo.study.load import read_codebook

    left = read_codebook(raw(wave)).left
    return leaks.problems(folder, left) if left else []


def _ensemble(folder: Path, wave: str, stages: Iterable[Declaration]) -> list[Problem]:
    """Check that the ensemble is up to date, where stages of the wave read it."""
    from nsmo.ensemble import notebooks as notebooks_of_ensemble
    from nsmo.ensemble import table
    from nsmo.study.ensemble import FILE
    from nsmo.study.load import read_codebook

    left = read_codebook(raw(wave)).left
    named = f"data/raw/{wave}/{FILE}"
    if left is None or not any(named in one.deps for one in stages):
        return []
    tables = {one.name: folder / f"reports/{wave}/tables/{one.name}/estimates.csv" for one in stages}
    readers = {one.name for one in notebooks_of_ensemble.readers(folder, wave)}
    found = table.problems(raw(wave), left, [path for name, path in tables.items() if name in readers])
    return [
        *found,
        *(
            Problem(
                "shows assumed figures without their ranges over other reconstructions",
                f"dvc.yaml, stages: {name}",
                expected=f"{named} among its deps",
                fix=f"add it, and run `nsmo ensemble --wave {wave}`; some minutes",
            )
            for name, path in tables.items()
            if name not in readers and table.has_assumed(path)
        ),
    ]


def _responses(wave: str, params: Mapping[str, Any]) -> list[StudyError]:
    """Compare the file that params.yaml names for ingest with the one that the questionnaire names."""
    from nsmo.study.load import read_codebook

    left = read_codebook(raw(wave)).left
    waves = (params.get("waves") or {}).get("ingest") or {}
    named = waves.get(wave) if isinstance(waves, Mapping) else None
    if left is None or named in (None, left.source.file):
        return []
    return [
        StudyError(
            found=f"the responses are in {named}, by questionnaire.yaml in {left.source.file}",
            where=f"params.yaml, waves: ingest: {wave}",
            expected="the same file in both",
            fix="correct the one that is wrong",
        )
    ]


def _time_limits(params: Mapping[str, Any], stages: Iterable[Declaration]) -> list[StudyError]:
    """Check that each time limit is a number, and of a stage."""
    found: list[StudyError] = []
    for declared in stages:
        try:
            time_limit(params, declared)
        except StudyError as error:
            found.append(error)
    names = [declared.name for declared in stages]
    limits = params.get("timeout") or {}
    found += [
        ContractError(
            found=f"there is no stage {name!r}{similar(str(name), dict.fromkeys(names))}",
            where="params.yaml, timeout:",
            fix="correct the name, or take the line out",
        )
        for name in (limits if isinstance(limits, Mapping) else ())
        if name not in names
    ]
    return found


_LATIN = 0x24F  # the last sign of the blocks of Latin letters


def aside() -> list[str]:
    """List the waves of data/raw that params.yaml names for no stage: nobody looks at them, so say it.

    Returns
    -------
    list of str
        Empty where every folder with a questionnaire has a stage; one line where no wave has any.
    """
    try:
        named = {declared.wave for declared in declarations(root())}
    except StudyError:
        return []  # said among the problems
    folders = sorted(path.parent for path in (root() / "data" / "raw").glob("*/questionnaire.yaml"))
    nothing = [] if named else [f"Nothing to look at: {NO_WAVE}"]
    return nothing + [
        f"data/raw/{folder.name} is not looked at: params.yaml names it for no stage, under waves:"
        for folder in folders
        if folder.name not in named
    ]


def boxes() -> list[str]:
    """List the waves whose labels have signs that a figure as PNG cannot show, each in a line.

    Returns
    -------
    list of str
        Empty where all can be shown, as in every language of Latin, Greek or Cyrillic letters.
    """
    found = []
    for folder in sorted((root() / "data" / "raw").glob("*/")):
        book = read_codebook(folder).left
        if book is None:
            continue
        named = [one for variable in book.variables.values() for one in (variable, *variable.options)]
        text = "".join(one.label(code) for one in named for code in LANGUAGES)
        if not any(ord(sign) > _LATIN for sign in text):
            continue
        from nsmo.present.lettering import lacking

        if signs := lacking(text):
            more = f" and {len(signs) - 3} others" if len(signs) > 3 else ""
            found.append(
                f"{folder.name}: a figure as PNG shows a box in place of {', '.join(signs[:3])}{more}, "
                "which its face lacks; pages and SVG have them"
            )
    return found


def guesses() -> list[str]:
    """List the guesses of `nsmo new` that nobody has confirmed yet, each with its place.

    Returns
    -------
    list of str
        Empty when none is left, or no wave was drafted.
    """
    found = []
    for folder in sorted((root() / "data" / "raw").glob("*/")):
        for path in sorted(folder.glob("*.yaml")):
            found += [f"{folder.name}/{path.name}, line {number}: {text}" for number, text in marks(path)]
    if not found:
        return []
    count = f"{len(found)} guess{'es' * (len(found) > 1)} to confirm"
    return [*found, f"{count}: correct what is wrong below each, and take the line `# confirm:` out."]


def _analyses(wave: str, stages: set[str]) -> list[StudyError]:
    """Compare the stages that the codebook has questions for with those that the wave has."""
    from nsmo.study.load import read_codebook

    read = read_codebook(raw(wave))
    return [
        StudyError(
            found=f"questions for the stage '{name}', which the wave does not have",
            where=f"{wave}/rules.yaml, analyse: {name}:",
            expected="an entry for each stage of the analysis that the wave has",
            fix=f"name the wave under waves: {name}: in params.yaml, or take the entry out",
        )
        for name in (read.left.analyse if read.left and read.rules else ())
        if name not in stages
    ]


#: The stages that have nothing to do without published statements.
_OF_STATEMENTS = ("bounds", "claims", "published")


def _empty(wave: str, stage: str) -> list[StudyError]:
    """See that there are published statements, and a table of other surveys where one is read."""
    names = {"published.yaml": "statements"} | (
        {"benchmarks.csv": "a header"} if stage == "published" else {}
    )
    return [
        StudyError(
            found=f"the file is empty, and the stage '{stage}' reads it",
            where=f"{wave}/{name}",
            expected=f"{what}: docs/howto/add-published-figures.md",
            fix=f"write them, or take the wave out of waves: {stage}: in params.yaml",
        )
        for name, what in names.items()
        if (raw(wave) / name).exists() and not (raw(wave) / name).stat().st_size
    ]


def _unnamed(wave: str, stages: Sequence[Declaration]) -> list[StudyError]:
    """List the stages whose page asks for questions or headlines that the files of the wave do not name."""
    from nsmo.study.load import read_codebook

    read, found = read_codebook(raw(wave)), list[StudyError]()
    if read.left is None or read.problems:
        return []
    for declared in stages:
        code = (root() / declared.notebook).read_text(encoding="utf-8") if declared.notebook else ""
        if "stage.roles" in code and "in stage.roles" not in code and declared.name not in read.left.analyse:
            found.append(
                StudyError(
                    found=f"no questions for the stage '{declared.name}', whose page asks for some",
                    where=f"{wave}/rules.yaml, analyse:",
                    expected=f"an entry `{declared.name}:` with the question for each part",
                    fix=f"add it, or take the wave out of waves: {declared.name}: in params.yaml",
                )
            )
        if f"data/raw/{wave}/published.yaml" in declared.deps and declared.name in _OF_STATEMENTS:
            found += _empty(wave, declared.name)
        if declared.name == "method" and read.left.method is None:
            found.append(
                StudyError(
                    found="nothing stands under method, which the page on the method lists",
                    where=f"{wave}/study.yaml, method:",
                    expected="who made the study, how respondents were found; `not_published` is an answer",
                    fix="add it, or take the wave out of waves: method: in params.yaml",
                )
            )
        if declared.name == "trust" and not headlines(read.left):
            found.append(
                StudyError(
                    found="no headlines, of which the page on trust speaks",
                    where=f"{wave}/study.yaml, headlines:",
                    expected="at least one share of an answer that stands for the study",
                    fix="add one, or take the wave out of waves: trust: in params.yaml",
                )
            )
    return found
