"""Finds the keys of params.yaml that nobody reads."""

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from nsmo.runner.declarations import ContractError, Declaration, section_names
from nsmo.runner.parameters import parameter_cell
from nsmo.study.errors import StudyError
from nsmo.study.yamlfile import YamlFile

NO_WAVE = "params.yaml names no wave. Begin: nsmo new WAVE EXPORT"


def unknown_keys(
    folder: Path, params: Mapping[str, Any], stages: Iterable[Declaration]
) -> tuple[list[StudyError], dict[str, Any]]:
    """List the keys and sections that no notebook has; each is one mistake, and it is in params.yaml.

    Parameters
    ----------
    folder : Path
        The root of the repository.
    params : mapping
        The whole of params.yaml.
    stages : iterable of Declaration
        Every stage of every wave.

    Returns
    -------
    list of StudyError
        Each with its line, and the name that is probably meant.
    dict
        params.yaml as it is probably meant, about which not every notebook need complain again.
    """
    stages = list(stages)
    found: list[StudyError] = []
    corrected = {name: dict(keys) if isinstance(keys, Mapping) else keys for name, keys in params.items()}
    lines = YamlFile(folder / "params.yaml")
    wanted = section_names(folder)
    for section in params.keys() - wanted - {"waves", "timeout"}:
        near = difflib.get_close_matches(str(section), wanted - params.keys(), n=1, cutoff=0.7)
        if not near:  # it harms nobody
            continue
        corrected |= dict.fromkeys(near, corrected.pop(section))
        found.append(
            ContractError(
                found=f"no stage has this section; {near[0]!r} looks like it",
                where=f"params.yaml, line {lines.line([section])}, {section}:",
                expected="a section that a stage names under params: in dvc.yaml",
                fix="correct the name here, or take the section out",
            )
        )
    for section, keys in params.items():
        # Each once, however many waves have it.
        readers = dict.fromkeys(
            str(one.notebook) for one in stages if section in one.sections and one.notebook
        )
        try:
            cells = [parameter_cell(folder / notebook) for notebook in readers]
        except StudyError:  # named by the check of the notebook
            continue
        names = ", ".join([*readers][:3]) + (" and others" if len(readers) > 3 else "")
        for key in keys if cells and isinstance(keys, Mapping) else ():
            if any(key in cell for cell in cells):
                continue
            value = corrected[section].pop(key)
            missing = {name for name in cells[0] if all(name in cell for cell in cells)} - keys.keys()
            near = difflib.get_close_matches(str(key), missing, n=1, cutoff=0.7)
            corrected[section] |= dict.fromkeys(near, value)
            found.append(
                ContractError(
                    found=f"no notebook has this key{f'; {near[0]!r} looks like it' if near else ''}",
                    where=f"params.yaml, line {lines.line([section, key])}, {section}: {key}:",
                    expected=f"a line `{key} = None` in {names}",
                    fix="correct the key here, or add that line there",
                )
            )
    return found, corrected
