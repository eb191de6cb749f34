"""The estimates that the notebooks of a wave save, had its respondents answered otherwise."""

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, cached_property
from pathlib import Path
from types import CodeType
from typing import Any, cast

import pandas as pd

import nsmo
from nsmo.runner.declarations import Declaration, declarations, read_params
from nsmo.runner.parameters import section_values
from nsmo.runner.stage import Stage
from nsmo.study.ensemble import FILE, Ensemble, of_column
from nsmo.study.errors import StudyError
from nsmo.study.pieces import Frames
from nsmo.survey import Survey

#: What notebooks read of the answers, and what the member has in place of it.
RECEIVED = "ingest/responses.parquet"
RESPONSES, WEIGHTING = "weight/responses.parquet", "weight/weighting.json"
#: What these show, `members` measures itself: their notebooks make what the others read.
MEASURED_APART = ("weight",)


def readers(folder: Path, wave: str) -> list[Declaration]:
    """List the stages of a wave that show the ensemble beside figures of their own."""
    return [
        one
        for one in declarations(folder)
        if one.wave == wave
        and one.notebook
        and one.name not in MEASURED_APART
        and f"data/raw/{wave}/{FILE}" in one.deps
        and _has_figures((folder / one.notebook).read_text(encoding="utf-8"), one)
    ]


def saved_figures(folder: Path, declared: Declaration, inputs: Mapping[str, Any]) -> pd.DataFrame:
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
        What the notebook saves as tables/<stage>/estimates.csv, and the columns of its tables that have
        ranges; empty where there are none, or it is not in Python.

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
    return pd.concat([stage.saved, pd.DataFrame(stage.shown)]) if stage.shown else stage.saved


@cache
def _opened(folder: Path, declared: Declaration) -> tuple["_Silent", list[tuple[int, CodeType]]]:
    """The stage, whose questionnaire is read once for all members, and the cells of its notebook."""
    assert declared.notebook is not None, "readers() has only notebooks"
    notebook = json.loads((folder / declared.notebook).read_text(encoding="utf-8"))
    stage = _Silent(declared, section_values(read_params(folder, declared.wave), declared), folder, folder)
    if notebook["metadata"].get("kernelspec", {}).get("language", "python") != "python":
        return stage, []
    cells = [
        (number, "".join(cell["source"]))
        for number, cell in enumerate(notebook["cells"])
        if cell["cell_type"] == "code" and "parameters" not in cell["metadata"].get("tags", ())
    ]
    # What comes after the last figure is not asked for.
    last = max((number for number, text in cells if _has_figures(text, declared)), default=-1)
    return stage, [
        (number, compile(text, f"cell {number}", "exec")) for number, text in cells if number <= last
    ]


class _Silent(Stage):
    """A stage that shows nothing and keeps its figures."""

    inputs_instead: Mapping[str, Any]
    saved: pd.DataFrame
    shown: list[dict[str, Any]]

    def begin(self, inputs: Mapping[str, Any]) -> None:
        """Take other answers."""
        self.inputs_instead, self.saved, self.shown = inputs, pd.DataFrame(), []
        self._scratch = tempfile.TemporaryDirectory(prefix="nsmo-ensemble-")
        for name in ("survey", "counted"):
            vars(self).pop(name, None)

    @cached_property
    def counted(self) -> Survey:
        """The other answers, which are in memory and in no file."""
        return self.survey

    def _ensemble(self) -> Callable[[], Ensemble]:
        return Ensemble  # it is being made

    def read(self, rel: str) -> Any:
        return self.inputs_instead[rel] if rel in self.inputs_instead else super().read(rel)

    def pieces(self, rel: str, rows: int) -> Frames:
        if rel not in self.inputs_instead:
            return super().pieces(rel, rows)
        path = self.aside / rel.replace("/", "-")
        self.inputs_instead[rel].to_parquet(path)
        return Frames(path, rows)

    @property
    def aside(self) -> Path:
        return Path(self._scratch.name)

    def save(self, thing: Any, rel: str) -> None:
        if rel == _table(self.declared):
            self.saved = thing

    def figure(self, *_: Any, **__: Any) -> Iterator[Any]:
        return iter(())

    def table(
        self,
        frame: pd.DataFrame,
        name: str | None = None,
        *,
        ranges: Sequence[str] = (),
        each: str = "",
        **_: Any,
    ) -> None:
        for column in ranges:
            self.shown += of_column(frame, self.place(name), column, each)

    def say(self, *_: Any, **__: Any) -> None:
        pass

    def text(self, *_: Any, **__: Any) -> None:
        return None

    def log(self, *_: Any, **__: Any) -> None:
        return None

    def show(self, thing: Any, name: str) -> Any:
        return thing

    def other_reconstructions(self, *_: Any) -> None:
        pass


def _has_figures(text: str, declared: Declaration) -> bool:
    """Whether a notebook, or a cell, saves estimates or shows a table with ranges."""
    return _table(declared) in text or "ranges=" in text


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
