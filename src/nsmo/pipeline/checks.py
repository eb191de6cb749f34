"""Gathers every mistake in a study and its wiring, for `nsmo check`."""

from nsmo.pipeline import canonical, contract, wiring
from nsmo.study.errors import StudyError
from nsmo.study.paths import raw, root


def problems() -> list[object]:
    """Look at params.yaml, dvc.yaml, the notebooks and every wave.

    Returns
    -------
    list
        One entry per problem, in words; empty when all is well.
    """
    from nsmo.study import check

    folder = root()
    found: list[object] = []
    try:
        params = contract.read_params(folder)
        stages = list(contract.declarations(folder))
    except StudyError as error:
        return [error]
    for declared in stages:
        found += contract.check_parameters(folder, declared, params)
    for path in [*canonical.tidy([folder / "notebooks"], write=False), *wiring.align(folder, write=False)]:
        found.append(f"{path.relative_to(folder)}: not in the form git keeps\n    do: run `nsmo tidy`")
    for wave in dict.fromkeys(declared.wave for declared in stages):
        found += check.check(raw(wave))
    return list({str(problem): problem for problem in found}.values())
