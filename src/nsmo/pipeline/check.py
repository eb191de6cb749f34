"""Gathers every mistake in a study and its wiring, for `nsmo check`."""

from nsmo.pipeline import notebooks, wiring
from nsmo.runner.declarations import ContractError, declarations, read_params
from nsmo.runner.inputs import missing_makers
from nsmo.runner.parameters import check_parameters
from nsmo.study.errors import StudyError
from nsmo.study.paths import raw, relative, root


def problems() -> list[StudyError]:
    """Look at params.yaml, dvc.yaml, the notebooks and every wave.

    Returns
    -------
    list
        One entry per problem, in words; empty when all is well.
    """
    from nsmo.study import check

    folder = root()
    found: list[StudyError] = []
    try:
        params = read_params(folder)
        stages = list(declarations(folder))
    except StudyError as error:
        return [error]
    for declared in stages:
        found += check_parameters(folder, declared, params)
        found += missing_makers(folder, declared, stages)
        found += wiring.problems(folder, declared)
    for path in notebooks.files([folder / "notebooks"]):
        found += notebooks.code(path).problems
    for path in notebooks.reformat([folder / "notebooks"], write=False).changed:
        found.append(
            ContractError(
                found="not in the form git keeps", where=relative(path, folder), fix="run `nsmo format`"
            )
        )
    for wave in dict.fromkeys(declared.wave for declared in stages):
        found += check.check(raw(wave))
        found += _analyses(wave, {declared.name for declared in stages if declared.wave == wave})
    return list({str(problem): problem for problem in found}.values())


def _analyses(wave: str, stages: set[str]) -> list[StudyError]:
    """Hold the stages that the codebook has questions for against those that the wave has."""
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
