"""What a stage may see and must leave, and the object through which its notebook does so.

dvc.yaml says which files a stage reads and writes and which sections of params.yaml it gets. A notebook
gets at exactly these: `nsmo.open` checks its parameters both ways, and `Stage` hands out declared files
only. Reads dvc.yaml and params.yaml directly, because importing DVC costs more than a whole stage.
"""

import ast
import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import yaml

from nsmo.study.errors import StudyError
from nsmo.study.paths import root

if TYPE_CHECKING:
    from nsmo.study import Codebook

# The one in C reads the same and is ten times as fast; a PyYAML built without it has only the other.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

RUN_VARIABLE = "NSMO_RUN"
"""Set by the runner to the staging folder; without it, a notebook is being run by hand."""

TOLD_VARIABLE = "NSMO_TELL"
"""Set when somebody looks on: the runner then says at which cell it is, in lines that begin with `TOLD`."""

TOLD = "\x1e"

SCRATCH = ".nsmo/scratch"
IGNORED = ("__pycache__", ".ipynb_checkpoints", ".DS_Store", ".gitignore")
IGNORED_SUFFIXES = (".pyc", ".swp", "~")


class ContractError(StudyError):
    """A notebook, dvc.yaml and params.yaml do not agree."""


@dataclass(frozen=True)
class Out:
    """One declared output of a stage.

    Parameters
    ----------
    path : str
        Relative to the root; a file or a folder.
    cache : bool
        Whether DVC keeps it; otherwise git does.
    """

    path: str
    cache: bool


@dataclass(frozen=True)
class Declaration:
    """What dvc.yaml says about one stage of one wave.

    Parameters
    ----------
    name, wave, desc, cmd : str
        As they stand there, with the wave filled in.
    deps : tuple of str
        Files and folders it reads, relative to the root.
    outs : tuple of Out
        What it writes.
    sections : tuple of str
        Sections of params.yaml that it gets; `section.key.wave` gives one key, with the wave's own value.
    """

    name: str
    wave: str
    desc: str
    cmd: str
    deps: tuple[str, ...]
    outs: tuple[Out, ...]
    sections: tuple[str, ...]

    @property
    def notebook(self) -> str | None:
        """The notebook that is this stage, if it has one; it is the one named `<number>_<stage>.ipynb`."""
        for dep in self.deps:
            if re.fullmatch(rf"notebooks/\w+?_{re.escape(self.name)}\.ipynb", dep):
                return dep
        return None

    @property
    def executed(self) -> str:
        """Where the executed notebook goes."""
        return f"reports/{self.wave}/executed/{self.name}.ipynb"


def read_params(folder: Path) -> dict[str, Any]:
    """Read params.yaml.

    Parameters
    ----------
    folder : Path
        The root of the repository.

    Returns
    -------
    dict
        Section to keys to values.

    Raises
    ------
    ContractError
        When it cannot be read.
    """
    return _read_yaml(folder / "params.yaml")


def declarations(folder: Path) -> Iterator[Declaration]:
    """Go through the stages of dvc.yaml in their order, once for every wave that has them.

    Parameters
    ----------
    folder : Path
        The root of the repository.

    Yields
    ------
    Declaration
        One stage of one wave.

    Raises
    ------
    ContractError
        When dvc.yaml or params.yaml cannot be read, or name something the other does not have.
    """
    params = read_params(folder)
    stages = _read_yaml(folder / "dvc.yaml").get("stages") or {}
    for name, entry in stages.items():
        if "foreach" not in entry:
            yield _declaration(name, "", entry)
            continue
        waves = _substitute(entry["foreach"], params, f"dvc.yaml, stages: {name}: foreach")
        for wave in waves or ():
            body = _substitute(entry["do"], {"item": str(wave)} | params, f"dvc.yaml, stages: {name}")
            yield _declaration(name, str(wave), body)


def declaration(folder: Path, name: str, wave: str) -> Declaration:
    """Find one stage of one wave in dvc.yaml.

    Parameters
    ----------
    folder : Path
        The root of the repository.
    name, wave : str
        The stage and the wave.

    Returns
    -------
    Declaration

    Raises
    ------
    ContractError
        When dvc.yaml has no such stage, or params.yaml does not give the wave to it.
    """
    every = list(declarations(folder))
    for one in every:
        if (one.name, one.wave) == (name, wave):
            return one
    known = [one.name for one in every]
    if name not in known:
        raise ContractError(
            found=f"there is no stage {name!r}",
            where="dvc.yaml, stages:",
            expected=", ".join(dict.fromkeys(known)) or "at least one stage",
            fix="correct the name, or declare the stage in dvc.yaml",
        )
    raise ContractError(
        found=f"wave {wave!r} has no stage {name!r}",
        where=f"params.yaml, waves: {name}:",
        expected=", ".join(repr(one.wave) for one in every if one.name == name),
        fix=f"correct the wave, or add it under waves: {name}: and its folder data/raw/{wave}/",
    )


def needs(stages: Mapping[str, Declaration]) -> dict[str, set[str]]:
    """Find for each stage those whose outputs it reads.

    Parameters
    ----------
    stages : mapping
        Any key to a stage.

    Returns
    -------
    dict
        Key to the keys of those that must have run before.
    """
    return {
        name: {
            other
            for other, maker in stages.items()
            if any(_overlap(dep, out.path) for dep in one.deps for out in maker.outs)
        }
        for name, one in stages.items()
    }


def section_values(params: Mapping[str, Any], declared: Declaration) -> dict[str, Any]:
    """Collect the parameters that a stage gets.

    Parameters
    ----------
    params : mapping
        The whole of params.yaml.
    declared : Declaration
        The stage.

    Returns
    -------
    dict
        Key to value, the sections put together.

    Raises
    ------
    ContractError
        When a section is missing, a key stands in two of them or has no value.
    """
    values: dict[str, Any] = {}
    origin: dict[str, str] = {}
    for section in declared.sections:
        content = _section(params, section)
        if not isinstance(content, dict):
            raise ContractError(
                found=f"no section {section!r} with keys",
                where="params.yaml",
                expected=f"one, as dvc.yaml names it under params: of stage {declared.name}",
                fix=f"add the section, or take {section} out of dvc.yaml",
            )
        for key, value in content.items():
            if key in values or key == "wave":
                raise ContractError(
                    found=f"key {key!r} stands in {section}: and also in {origin.get(key, 'every stage')}",
                    where="params.yaml",
                    fix="give one of them another name",
                )
            if value is None:
                raise ContractError(
                    found=f"key {key!r} has no value",
                    where=f"params.yaml, {section.replace('.', ': ')}:",
                    fix="give it one",
                )
            values[key] = value
            origin[key] = section
    return values


def parameter_cell(notebook: Path) -> dict[str, Any]:
    """Read what the parameters cell of a notebook assigns.

    Parameters
    ----------
    notebook : Path
        A notebook with one cell tagged `parameters`.

    Returns
    -------
    dict
        Name to value; a value that is no literal comes as its source text.

    Raises
    ------
    ContractError
        When there is no such cell, more than one, or something else than assignments in it.
    """
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    except FileNotFoundError:
        raise ContractError(
            found="there is no such notebook", where=_shown(notebook), fix="correct its name in dvc.yaml"
        ) from None
    except (ValueError, KeyError, TypeError):
        raise ContractError(
            found="not readable as a notebook",
            where=_shown(notebook),
            fix="restore it from git, or save it again in JupyterLab",
        ) from None
    tagged = [cell for cell in cells if "parameters" in cell.get("metadata", {}).get("tags", [])]
    if len(tagged) != 1:
        raise ContractError(
            found=f"{len(tagged)} cells tagged `parameters`",
            where=_shown(notebook),
            expected="one, with `wave = None` and a line `key = None` for each key of the stage's sections",
            fix="add the tag to that cell (property inspector of JupyterLab, the gear at the top right)",
        )
    source = tagged[0]["source"]
    values: dict[str, Any] = {}
    for line in ast.parse(source if isinstance(source, str) else "".join(source)).body:
        if not (
            isinstance(line, ast.Assign) and len(line.targets) == 1 and isinstance(line.targets[0], ast.Name)
        ):
            raise ContractError(
                found=f"`{ast.unparse(line)}`",
                where=f"{_shown(notebook)}, parameters cell",
                expected="lines of the form `key = None`",
                fix="move it to another cell",
            )
        try:
            values[line.targets[0].id] = ast.literal_eval(line.value)
        except ValueError:
            values[line.targets[0].id] = ast.unparse(line.value)
    return values


def check_parameters(
    folder: Path, declared: Declaration, params: Mapping[str, Any], *, values: bool = True
) -> list[StudyError]:
    """Hold the parameters cell of a stage's notebook against params.yaml, both ways.

    Parameters
    ----------
    folder : Path
        The root of the repository.
    declared : Declaration
        The stage.
    params : mapping
        The whole of params.yaml.
    values : bool
        Whether a key that is set to something in the cell is a mistake too; by hand one may try a value.

    Returns
    -------
    list of StudyError
        One for each disagreement, naming both files; empty when they agree.
    """
    if declared.notebook is None:
        return []
    try:
        expected = section_values(params, declared)
        cell = parameter_cell(folder / declared.notebook)
    except StudyError as error:
        return [error]
    sections = ", ".join(f"{section}:" for section in declared.sections) or "no section"
    problems = []
    for key in cell:
        if key != "wave" and key not in expected:
            problems.append(
                ContractError(
                    found=f"parameter {key!r}, which params.yaml does not have{_similar(key, expected)}",
                    where=f"{declared.notebook}, parameters cell",
                    expected=f"the keys of params.yaml, {sections}",
                    fix="correct the name here, or add the key there",
                )
            )
    for key in ("wave", *expected):
        if key not in cell:
            problems.append(
                ContractError(
                    found=f"no line `{key} = None`{_similar(key, cell)}",
                    where=f"{declared.notebook}, parameters cell",
                    expected="the wave" if key == "wave" else f"every key of params.yaml, {sections}",
                    fix="add the line here, or take the key out there",
                )
            )
    for key, value in cell.items():
        if values and value is not None:
            problems.append(
                ContractError(
                    found=f"`{key} = {value!r}`",
                    where=f"{declared.notebook}, parameters cell",
                    expected=f"`{key} = None`: values stand in params.yaml only",
                    fix="put it back to None; to try a value, change params.yaml",
                )
            )
    return problems


def fingerprint(folder: Path, declared: Declaration) -> dict[str, str]:
    """Hash everything that a stage's result depends on.

    Parameters
    ----------
    folder : Path
        The root of the repository.
    declared : Declaration
        The stage.

    Returns
    -------
    dict
        File (or `params.yaml, section:`) to hash; the same for the same content only.

    Raises
    ------
    ContractError
        When a declared dependency is missing; says which and who makes it.
    """
    prints = {}
    for dep in declared.deps:
        path = folder / dep
        if not path.exists():
            raise missing_input(folder, dep, f"{declared.name} ({declared.wave})")
        for file in sorted(files_of(path)):
            prints[file.relative_to(folder).as_posix()] = hashlib.sha256(file.read_bytes()).hexdigest()
    params = read_params(folder)
    for section in declared.sections:
        text = json.dumps(_section(params, section), sort_keys=True, default=str)
        prints[f"params.yaml, {section}:"] = hashlib.sha256(text.encode()).hexdigest()
    return prints


def files_of(path: Path) -> Iterator[Path]:
    """Go through a file, or all files below a folder that count as its content (as .dvcignore has it)."""
    if path.is_file():
        yield path
        return
    for parent, folders, names in os.walk(path):
        folders[:] = [name for name in folders if name not in IGNORED]
        for name in names:
            if name not in IGNORED and not name.endswith(IGNORED_SUFFIXES):
                yield Path(parent, name)


def missing_makers(folder: Path, declared: Declaration, stages: Iterable[Declaration]) -> list[ContractError]:
    """Name the results that a stage reads and that no stage of its wave writes.

    Parameters
    ----------
    folder : Path
        The root of the repository.
    declared : Declaration
        The stage.
    stages : iterable of Declaration
        All stages of all waves.

    Returns
    -------
    list of ContractError
    """
    outs = [out.path for one in stages if one.wave == declared.wave for out in one.outs]
    return [
        missing_input(folder, dep, f"{declared.name} ({declared.wave})")
        for dep in declared.deps
        if dep.startswith((f"data/processed/{declared.wave}/", f"reports/{declared.wave}/"))
        and not any(_overlap(dep, out) for out in outs)
    ]


def missing_input(folder: Path, path: str, wanted_by: str) -> ContractError:
    """Say which file a stage misses and who makes it."""
    parts = Path(path).parts
    for one in declarations(folder):
        if any(_overlap(path, out.path) for out in one.outs):
            return ContractError(
                found=f"the input {path} is missing",
                where=f"stage {wanted_by}",
                expected=f"stage {one.name} writes it",
                fix=f"run `make report`, or `dvc repro {one.name}@{one.wave}` for that stage alone",
            )
    if parts[:2] == ("data", "raw"):
        return ContractError(
            found=f"the input {path} is missing",
            where=f"stage {wanted_by}",
            expected="raw files come from outside the pipeline: git keeps those of this study",
            fix=f"put the file there, or get it back with `git checkout -- {path}`",
        )
    place = 2 if parts[0] == "data" else 1
    for one in declarations(folder):
        twin = "/".join([*parts[:place], one.wave, *parts[place + 1 :]])
        if any(_overlap(twin, out.path) for out in one.outs):
            return ContractError(
                found=f"the input {path} is missing",
                where=f"stage {wanted_by}",
                expected=f"stage {one.name} writes it, but wave {parts[place]} has no such stage",
                fix=f"name the wave in params.yaml, under waves: {one.name}:",
            )
    return ContractError(
        found=f"the input {path} is missing",
        where=f"stage {wanted_by}",
        expected="dvc.yaml names it as a dependency",
        fix=f"restore it with `git checkout -- {path}`, or correct dvc.yaml",
    )


class Stage:
    """What a notebook, or the function of a stage without one, works through.

    Parameters
    ----------
    declared : Declaration
        What dvc.yaml says.
    values : mapping
        Its parameters.
    folder : Path
        The root of the repository.
    target : Path
        Folder under which outputs are written, with the paths they have in the repository: a staging
        folder in the pipeline, a scratch folder by hand.
    """

    def __init__(self, declared: Declaration, values: Mapping[str, Any], folder: Path, target: Path) -> None:
        self.declared = declared
        self.name = declared.name
        self.wave = declared.wave
        self.params = SimpleNamespace(**values)
        self.language = "en"
        self.root = folder
        self.target = target

    def __repr__(self) -> str:
        return f"<stage {self.name}, wave {self.wave}>"

    @cached_property
    def codebook(self) -> "Codebook":
        """The codebook of the wave; dvc.yaml must name it as a dependency."""
        from nsmo.study import load_codebook

        return load_codebook(self.path("raw/codebook.yaml"))

    @cached_property
    def earlier(self) -> dict[str, Declaration]:
        """The stages of the wave that this one rests on, directly or not, in the order of dvc.yaml."""
        stages = {one.name: one for one in declarations(self.root) if one.wave == self.wave}
        makers, found = needs(stages), set[str]()
        waiting = [self.name]
        while waiting:
            new = makers[waiting.pop()] - found
            found |= new
            waiting += new
        return {name: one for name, one in stages.items() if name in found}

    def uses(self, rel: str) -> set[str]:
        """Name the earlier stages that read a raw file, or anything that was made from it.

        Parameters
        ----------
        rel : str
            `raw/x`; see `path`.

        Returns
        -------
        set of str
        """
        raw = self._locate(rel)
        direct = {n for n, one in self.earlier.items() if any(_within(raw, dep) for dep in one.deps)}
        makers, found = needs(self.earlier), set(direct)
        while new := {name for name in makers if makers[name] & found} - found:
            found |= new
        return found

    def inputs(self) -> list[Path]:
        """List the files of all declared inputs; of a folder of results, those that earlier stages write.

        What a stage left there that the wave has no more is no input.
        """
        made = [out.path for one in self.earlier.values() for out in one.outs]
        found = []
        for dep in self.declared.deps:
            for file in sorted(files_of(self.root / dep)):
                path = file.relative_to(self.root).as_posix()
                results = any(_within(out, dep) for out in made)
                if not results or any(_within(path, out) for out in made):
                    found.append(file)
        return found

    def path(self, rel: str) -> Path:
        """Give the path of a declared input.

        Parameters
        ----------
        rel : str
            `raw/x` for data/raw/<wave>/x; `<stage>/x` for data/processed/<wave>/<stage>/x; `tables/…`,
            `figures/…`, `workbooks/…`, `executed/…` below reports/<wave>.

        Returns
        -------
        Path
            It exists.

        Raises
        ------
        ContractError
            When dvc.yaml does not declare it, or it is not there.
        """
        path = self._locate(rel)
        if not any(_within(path, dep) for dep in self.declared.deps):
            raise ContractError(
                found=f"{path} is no declared input of stage {self.name}",
                where="dvc.yaml, deps:",
                expected=", ".join(dep for dep in self.declared.deps if not dep.startswith("src/")),
                fix="add it there with ${item} for the wave, or read another file",
            )
        if not (self.root / path).exists():
            raise missing_input(self.root, path, f"{self.name} ({self.wave})")
        return self.root / path

    def read(self, rel: str) -> Any:
        """Read a declared input by its ending: parquet and csv to a frame, json and yaml to a dict.

        Parameters
        ----------
        rel : str
            See `path`.

        Returns
        -------
        DataFrame or dict

        Raises
        ------
        ContractError
            When it is not declared, not there, not readable or of another kind.
        """
        path = self.path(rel)
        try:
            match path.suffix:
                case ".parquet":
                    import pandas as pd

                    return pd.read_parquet(path)
                case ".csv":
                    import pandas as pd

                    return pd.read_csv(path)
                case ".json":
                    return json.loads(path.read_text(encoding="utf-8"))
                case ".yaml":
                    return yaml.load(path.read_text(encoding="utf-8"), _LOADER)
        except (ValueError, OSError, yaml.YAMLError) as error:
            shown = path.relative_to(self.root).as_posix()
            maker = next((one for one in declarations(self.root) if _written_by(one, shown)), None)
            raise ContractError(
                found=f"not readable as {path.suffix[1:]}: {_first_line(error)}",
                where=shown,
                expected=f"what stage {maker.name} writes" if maker else "a whole file",
                fix=f"run `dvc repro -f {maker.name}@{maker.wave}`" if maker else "restore the file",
            ) from None
        raise ContractError(
            found=f"no reader for {path.name}",
            where=f"stage {self.name}",
            fix="use stage.path(…) and read it yourself",
        )

    def save(self, thing: Any, rel: str) -> Path:
        """Write a declared output, always with the same bytes for the same content.

        Parameters
        ----------
        thing : DataFrame, dict, list, str or bytes
            A frame goes to parquet or csv, a dict or list to json; their floats with the digits of
            `nsmo.study.precision`.
        rel : str
            See `path`.

        Returns
        -------
        Path
            Where it stands now: staged in the pipeline, in the scratch folder by hand.

        Raises
        ------
        ContractError
            When dvc.yaml does not declare it, or the ending does not fit the thing.
        """
        from nsmo.study.precision import rounded  # it needs pandas, which the runner does without

        path = self._output(rel)
        kind = path.suffix
        if isinstance(thing, bytes):
            path.write_bytes(thing)
        elif isinstance(thing, str):
            path.write_text(thing, encoding="utf-8", newline="\n")
        elif isinstance(thing, dict | list) and kind == ".json":
            text = json.dumps(rounded(thing), indent=2, ensure_ascii=False, allow_nan=False, default=_plain)
            path.write_text(text + "\n", encoding="utf-8", newline="\n")
        elif hasattr(thing, "to_parquet") and kind == ".parquet":
            rounded(thing).to_parquet(path)
        elif hasattr(thing, "to_csv") and kind == ".csv":
            rounded(thing).to_csv(path, index=False, lineterminator="\n", encoding="utf-8")
        else:
            raise ContractError(
                found=f"a {type(thing).__name__} cannot be written as {rel}",
                where=f"stage {self.name}",
                expected="DataFrame → .parquet or .csv, dict or list → .json, str or bytes → anything",
            )
        return path

    def show(self, thing: Any, name: str) -> Any:
        """Save a picture or a table under a name, and return it so that the notebook displays it.

        Parameters
        ----------
        thing : Picture or Table
            From `nsmo.present`. A picture goes to figures/<stage>/<name>.svg, a table to
            tables/<stage>/<name>.csv and workbooks/<stage>/<name>.xlsx.
        name : str
            File name without ending.

        Returns
        -------
        Picture or Table
            The same.
        """
        if hasattr(thing, "svg"):
            self.save(thing.svg(), f"figures/{self.name}/{name}.svg")
        elif hasattr(thing, "frame"):
            self.save(thing.frame, f"tables/{self.name}/{name}.csv")
            self.save(thing.xlsx(), f"workbooks/{self.name}/{name}.xlsx")
        else:
            raise TypeError(
                f"stage.show takes a Picture or a Table of nsmo.present, not a {type(thing).__name__}"
            )
        return thing

    def _locate(self, rel: str) -> str:
        first, _, rest = rel.partition("/")
        if not rest or ".." in Path(rel).parts:
            raise ContractError(
                found=f"path {rel!r}",
                where=f"stage {self.name}",
                expected="raw/…, <stage>/…, tables/…, figures/…, workbooks/…, executed/… or html/…",
            )
        if first == "raw":
            return f"data/raw/{self.wave}/{rest}"
        if first in ("tables", "figures", "workbooks", "executed", "html"):
            return f"reports/{self.wave}/{rel}"
        return f"data/processed/{self.wave}/{rel}"

    def _output(self, rel: str) -> Path:
        path = self._locate(rel)
        if not _written_by(self.declared, path):
            raise ContractError(
                found=f"{path} is no declared output of stage {self.name}",
                where="dvc.yaml, outs:",
                expected=", ".join(out.path for out in self.declared.outs),
                fix="add it there with ${item} for the wave, or write another file",
            )
        full = self.target / path
        full.parent.mkdir(parents=True, exist_ok=True)
        return full


def open_stage(stage: str, namespace: Mapping[str, Any]) -> Stage:
    """Open a stage from its notebook: `stage = nsmo.open("weight", locals())`.

    Takes the parameters that the pipeline injected, or reads params.yaml when the notebook is run by hand,
    and says which. By hand, `wave` may be set to try another one than the newest.

    Parameters
    ----------
    stage : str
        Its name.
    namespace : mapping
        The notebook's variables, from `locals()`.

    Returns
    -------
    Stage

    Raises
    ------
    ContractError
        When notebook, dvc.yaml and params.yaml do not agree.
    """
    folder = root()
    staging = os.environ.get(RUN_VARIABLE)
    params = read_params(folder)
    wave = namespace.get("wave")
    if wave is None:
        if staging:
            raise ContractError(
                found="no wave was given",
                where=f"stage {stage}",
                fix="run it with `nsmo run <stage> --wave <wave>`",
            )
        wave = newest_wave(params, stage)
    declared = declaration(folder, stage, str(wave))
    expected = section_values(params, declared)
    for key in expected:
        if key not in namespace:
            raise ContractError(
                found=f"no line `{key} = None`{_similar(key, namespace)}",
                where=f"{declared.notebook or 'the notebook'}, parameters cell",
                expected=f"every key of params.yaml, {', '.join(declared.sections)}",
                fix="add the line and run its cell, or take the key out there",
            )
    sections = " and ".join(f"{section}:" for section in declared.sections)
    source = f"parameters from params.yaml, {sections}" if sections else "no parameters"
    if staging:
        for key, value in expected.items():
            if namespace[key] != value:
                raise ContractError(
                    found=f"{key} = {namespace[key]!r} in the notebook, {value!r} in params.yaml",
                    where=f"stage {stage}",
                    expected="the same: only the cell tagged `parameters` may set it",
                    fix=f"remove the line that sets {key}, or run again if params.yaml was just changed",
                )
        print(f"Run by the pipeline: stage {stage}, wave {wave}, {source}.")
        return Stage(declared, expected, folder, Path(staging))

    problems = check_parameters(folder, declared, params, values=False)
    if problems:
        raise problems[0]
    tried = {key: namespace[key] for key in expected if namespace[key] is not None}
    target = folder / SCRATCH / declared.wave / stage
    print(f"Run by hand: stage {stage}, wave {wave}, {source}.")
    for key, value in tried.items():
        print(f"Tried here: {key} = {value!r} instead of {expected[key]!r}.")
    print(f"Results go to {SCRATCH}/{declared.wave}/{stage}/; the real ones are made by `make report`.")
    return Stage(declared, expected | tried, folder, target)


def newest_wave(params: Mapping[str, Any], stage: str) -> str:
    """Tell which wave of a stage is the newest: the last in its list in params.yaml."""
    waves = (params.get("waves") or {}).get(stage) or []
    if not waves:
        raise ContractError(
            found=f"no wave has stage {stage!r}",
            where="params.yaml, waves:",
            fix=f"add a line {stage}: with a wave",
        )
    return str(waves[-1])


def _declaration(name: str, wave: str, entry: Mapping[str, Any]) -> Declaration:
    outs = []
    for key in ("outs", "metrics", "plots"):
        for item in entry.get(key) or ():
            path, options = next(iter(item.items())) if isinstance(item, dict) else (item, {})
            outs.append(Out(path.rstrip("/"), (options or {}).get("cache", True)))
    return Declaration(
        name=name,
        wave=wave,
        desc=entry.get("desc", ""),
        cmd=entry.get("cmd", ""),
        deps=tuple(dep.rstrip("/") for dep in entry.get("deps") or ()),
        outs=tuple(outs),
        sections=tuple(entry.get("params") or ()),
    )


def _section(params: Mapping[str, Any], name: str) -> Any:
    """Find a section of params.yaml; of `section.key.wave` that key, with the value of the wave."""
    first, *below = name.split(".")
    content = params.get(first)
    for part in below:
        content = content.get(part) if isinstance(content, Mapping) else None
    return {below[0]: content} if below else content


def _substitute(value: Any, known: Mapping[str, Any], where: str) -> Any:
    """Fill in `${a.b}` as DVC does; a text that is nothing but one keeps the type of what it names."""
    if isinstance(value, dict):
        return {
            _substitute(key, known, where): _substitute(item, known, where) for key, item in value.items()
        }
    if isinstance(value, list):
        return [_substitute(item, known, where) for item in value]
    if not isinstance(value, str):
        return value

    def look_up(name: str) -> Any:
        found: Any = known
        for part in name.strip().split("."):
            if not isinstance(found, Mapping) or part not in found:
                raise ContractError(
                    found=f"${{{name}}} names nothing",
                    where=where,
                    fix="add that key to params.yaml, or correct it",
                )
            found = found[part]
        return found

    whole = re.fullmatch(r"\$\{([^}]+)\}", value)
    if whole:
        return look_up(whole[1])
    return re.sub(r"\$\{([^}]+)\}", lambda match: str(look_up(match[1])), value)


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _LOADER)
    except FileNotFoundError:
        raise ContractError(
            found="there is no such file",
            where=path.name,
            fix=f"restore it with `git checkout -- {path.name}`",
        ) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise ContractError(
            found=f"not readable as YAML: {getattr(error, 'problem', None) or _first_line(error)}",
            where=f"{path.name}, line {mark.line + 1}" if mark else path.name,
            fix="look at that line and the one before it: a colon, a quote or the indentation",
        ) from None
    if not isinstance(content, dict):
        raise ContractError(found="no keys at all", where=path.name, fix=f"restore it from git: {path.name}")
    return content


def _written_by(declared: Declaration, path: str) -> bool:
    return any(_within(path, out.path) for out in declared.outs)


def _overlap(one: str, other: str) -> bool:
    return _within(one, other) or _within(other, one)


def _within(path: str, declared: str) -> bool:
    return path == declared or path.startswith(declared + "/")


def _shown(path: Path) -> str:
    """Name a file as it is seen from the root."""
    try:
        return path.relative_to(root()).as_posix()
    except ValueError:
        return str(path)


def _similar(name: str, known: Mapping[str, Any]) -> str:
    import difflib

    near = difflib.get_close_matches(name, [key for key in known if not key.startswith("_")], n=1, cutoff=0.7)
    return f"; {near[0]!r} looks like it" if near else ""


def _plain(value: Any) -> Any:
    """Turn a numpy scalar or a timestamp into something json knows."""
    if hasattr(value, "item"):
        return value.item()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    raise TypeError(f"{value!r} of type {type(value).__name__} cannot go into json")


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
