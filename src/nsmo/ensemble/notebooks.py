"""The estimates that the notebooks of a wave save, had its respondents answered otherwise."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any, cast

import pandas as pd

import nsmo
from nsmo.ensemble.table import LOOK_INTO_IT
from nsmo.runner.declarations import Declaration, declarations, read_params
from nsmo.runner.parameters import section_values
from nsmo.runner.stage import Stage
from nsmo.study.ensemble import FILE, Ensemble
from nsmo.study.errors import StudyError

#: Where estimates are read from, and what the member has in place of it.
RESPONSES, WEIGHTING = "weight/responses.parquet", "weight/weighting.json"


def readers(folder: Path, wave: str) -> list[Declaration]:
    """List the stages of a wave that show the ensemble beside estimates of their own."""
    return [
        one
        for one in declarations(folder)
        if one.wave == wave
        and one.notebook
        and one.name not in LOOK_INTO_IT
        and f"data/raw/{wave}/{FILE}" in one.deps
        and _table(one) in (folder / one.notebook).read_text(encoding="utf-8")
    ]


def saved_estimates(folder: Path, declared: Declaration, inputs: Mapping[str, Any]) -> pd.DataFrame:
    """Run the cells of a notebook on other inputs, without showing anything.

    Parameters
    ----------
    folder : Path
        The root of the repository.
    declared : Declaration
        The stage.
    inputs : mapping
        Name, as of `Stage.read`, to what is read in place of the file.

    Returns
    -------
    DataFrame
        What the notebook saves as tables/<stage>/estimates.csv; empty where it saves none, or is not in
        Python.

    Raises
    ------
    StudyError
        When a cell fails.
    """
    stage, cells = _opened(folder, declared)
    stage.begin(inputs)
    names: dict[str, Any] = {}
    with _given(stage):
        for number, cell in cells:
            try:
                exec(cell, names)
            except Exception as error:
                raise StudyError(
                    found=f"{type(error).__name__}: {error}",
                    where=f"{declared.notebook}, cell {number} from the top, on other answers",
                    expected="a notebook that runs on all answers that agree with what was published",
                    fix="let the cell do without what these answers do not have",
                ) from error
    return stage.saved


@cache
def _opened(folder: Path, declared: Declaration) -> tuple["_Silent", list[tuple[int, CodeType]]]:
    """The stage, whose questionnaire is read once for all members, and the cells of its notebook."""
    assert declared.notebook is not None, "readers() has only notebooks"
    notebook = json.loads((folder / declared.notebook).read_text(encoding="utf-8"))
    stage = _Silent(declared, section_values(read_params(folder, declared.wave), declared), folder, folder)
    if notebook["metadata"].get("kernelspec", {}).get("language", "python") != "python":
        return stage, []
    return stage, [
        (number, compile("".join(cell["source"]), f"cell {number}", "exec"))
        for number, cell in enumerate(notebook["cells"])
        if cell["cell_type"] == "code" and "parameters" not in cell["metadata"].get("tags", ())
    ]


class _Silent(Stage):
    """A stage that shows nothing and keeps its estimates."""

    inputs_instead: Mapping[str, Any]
    saved: pd.DataFrame

    def begin(self, inputs: Mapping[str, Any]) -> None:
        """Take other answers."""
        self.inputs_instead, self.saved = inputs, pd.DataFrame()
        vars(self).pop("survey", None)

    def _ensemble(self) -> Ensemble:
        return Ensemble()  # it is being made

    def read(self, rel: str) -> Any:
        return self.inputs_instead[rel] if rel in self.inputs_instead else super().read(rel)

    def save(self, thing: Any, rel: str) -> None:
        if rel == _table(self.declared):
            self.saved = thing

    def figure(self, *_: Any, **__: Any) -> Iterator[Any]:
        return iter(())

    def table(self, *_: Any, **__: Any) -> None:
        pass

    def say(self, *_: Any, **__: Any) -> None:
        pass

    def text(self, *_: Any, **__: Any) -> None:
        return None

    def log(self, *_: Any, **__: Any) -> None:
        return None

    def show(self, thing: Any, name: str) -> Any:
        return thing


def _table(declared: Declaration) -> str:
    return f"tables/{declared.name}/estimates.csv"


@contextmanager
def _given(stage: Stage) -> Iterator[None]:
    """Let `nsmo.open` of a notebook give this stage."""
    module = cast(dict[str, Any], vars(nsmo))
    module["open"] = lambda *_: stage
    try:
        yield
    finally:
        del module["open"]
