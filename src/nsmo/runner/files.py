"""What a stage may read and write: the files that dvc.yaml declares for it, and nothing else."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, partial
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import yaml

from nsmo.runner import gate
from nsmo.runner.declarations import (
    YAML_LOADER,
    ContractError,
    Declaration,
    declarations,
    first_line,
    needs,
    within,
)
from nsmo.runner.inputs import files_of, missing_input

if TYPE_CHECKING:
    import pandas as pd

    from nsmo.runner.mapping import Map
    from nsmo.runner.progress import Progress
    from nsmo.study import Codebook
    from nsmo.study.ensemble import Ensemble
    from nsmo.study.pieces import Frames


#: Of a frame with more rows is told that it is held in memory.
MANY_ROWS = 200_000


class StageFiles:
    """The declared files of a stage, with its parameters and what is known of its wave.

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
        """What is known of the wave, from those files of its codebook that dvc.yaml names as dependencies."""
        from nsmo.study.codebook import FILES
        from nsmo.study.load import load_codebook

        folder = self.path("raw/questionnaire.yaml").parent
        codebook = load_codebook(folder, [name for name in FILES if self.declares(f"raw/{name}")])
        if codebook.provenance == "reconstructed":
            codebook.read_ensemble = self._ensemble()
        return codebook

    def _ensemble(self) -> "Callable[[], Ensemble]":
        """What reads how far figures lie apart in other reconstructions, where the stage may read that."""
        from nsmo.study.ensemble import FILE, Ensemble, read_ensemble

        # A stage that reads the whole folder runs without the file, too.
        known = self.declares(f"raw/{FILE}") and (self.root / self._locate(f"raw/{FILE}")).exists()
        return partial(read_ensemble, self.path(f"raw/{FILE}")) if known else Ensemble

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
        """List the earlier stages that read a raw file, or anything that was made from it.

        Parameters
        ----------
        rel : str
            `raw/x`; see `path`.

        Returns
        -------
        set of str
        """
        raw = self._locate(rel)
        direct = {n for n, one in self.earlier.items() if any(within(raw, dep) for dep in one.deps)}
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
                results = any(within(out, dep) for out in made)
                if not results or any(within(path, out) for out in made):
                    found.append(file)
        return found

    def declares(self, rel: str) -> bool:
        """Return whether dvc.yaml declares an input, or a folder that it lies in; see `path`."""
        return any(within(self._locate(rel), dep) for dep in self.declared.deps)

    def path(self, rel: str) -> Path:
        """Return the path of a declared input.

        Parameters
        ----------
        rel : str
            `raw/x` for data/raw/<wave>/x; `<stage>/x` for data/processed/<wave>/<stage>/x; `tables/…`,
            `figures/…`, `workbooks/…`, `executed/…` below reports/<wave>; `before/x` in the folder of an
            earlier wave that dvc.yaml names.

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
        if not self.declares(rel):
            raise ContractError(
                found=f"{path} is no declared input of stage {self.name}",
                where="dvc.yaml, deps:",
                expected=", ".join(dep for dep in self.declared.deps if not dep.startswith("src/")),
                fix="add it there with ${item} for the wave, or read another file",
            )
        if not (self.root / path).exists():
            raise missing_input(self.root, path, f"{self.name} ({self.wave})")
        return self.root / path

    @property
    def before(self) -> str | None:
        """The folder that an earlier wave left for this one, as dvc.yaml has it; None where there is none."""
        own = f"data/processed/{self.wave}"
        folders = [
            dep for dep in self.declared.deps if within(dep, "data/processed") and not within(dep, own)
        ]
        return folders[0] if folders else None

    @property
    def follows(self) -> bool:
        """Whether an earlier wave left something for this one; see `before`."""
        return self.before is not None

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

                    frame = pd.read_parquet(path)
                    if len(frame) > MANY_ROWS:
                        size = frame.memory_usage(deep=True).sum() / 2**30
                        self.progress.say(
                            f"all {len(frame):,} rows of {rel} are held, {size:.1f} GB and copies of it; "
                            f"docs/pipeline.md says up to which size that is sensible"
                        )
                    return frame
                case ".csv":
                    return gate.unquoted(self._table(path, rel))
                case ".json":
                    return json.loads(path.read_text(encoding="utf-8"))
                case ".yaml":
                    return yaml.load(path.read_text(encoding="utf-8"), YAML_LOADER)
        except (ValueError, OSError, yaml.YAMLError) as error:
            shown = path.relative_to(self.root).as_posix()
            maker = next((one for one in declarations(self.root) if one.writes(shown)), None)
            raise ContractError(
                found=f"not readable as {path.suffix[1:]}: {first_line(str(error)) or type(error).__name__}",
                where=shown,
                expected=f"what stage {maker.name} writes" if maker else "a whole file",
                fix=f"run `dvc repro -f {maker.name}@{maker.wave}`" if maker else "restore the file",
            ) from None
        raise ContractError(
            found=f"no reader for {path.name}",
            where=f"stage {self.name}",
            fix="use stage.path(…) and read it yourself",
        )

    def _table(self, path: Path, rel: str) -> "pd.DataFrame":
        """Return a table: as a stage wrote it, or as a spreadsheet reads what somebody wrote."""
        if not rel.startswith("raw/"):
            from nsmo.runner.made_tables import read_made_table

            return read_made_table(path)
        import pandas as pd

        # "None" and "N/A" are answers and labels; only what is empty is missing.
        return pd.read_csv(path, keep_default_na=False, na_values=[""])

    def pieces(self, rel: str, rows: int) -> "Frames":
        """Return a declared input in parquet to be read in pieces.

        Parameters
        ----------
        rel : str
            See `path`.
        rows : int
            More rows than this come in pieces of so many.
        """
        from nsmo.study.pieces import Frames

        return Frames(self.path(rel), rows, self.progress)

    @cached_property
    def progress(self) -> "Progress":
        """Show whoever looks on how many of how many responses are done: `stage.progress(done, of)`."""
        from nsmo.runner.progress import Progress

        return Progress(self.declared.title)

    @property
    def map(self) -> "Map":
        """Applies a function to items, wherever that is: `stage.map(function, items)`; see `runner.mapping`.

        `workers` of the parameters of the stage says in how many processes, unless `--scheduler` was given.
        """
        from nsmo.runner.mapping import mapper

        return mapper(getattr(self.params, "workers", 1), self.progress.say)

    @property
    def read_by(self) -> "Map":
        """Applies a function that reads to parts of a wave: by workers of `--scheduler`, or in threads."""
        from nsmo.runner.mapping import reader

        return reader(self.progress.say)

    @property
    def threads(self) -> "Map":
        """Applies a function that mostly reads or counts, in threads of this process."""
        from nsmo.runner.mapping import in_threads

        return in_threads

    @property
    def aside(self) -> Path:
        """A folder for files that are gone when the stage ends: on the disk on which its results will be."""
        self.target.mkdir(parents=True, exist_ok=True)
        return self.target

    def save(self, thing: Any, rel: str) -> None:
        """Write a declared output, always with the same bytes for the same content.

        It stands in the staging folder of the run, by hand in the scratch folder. Nothing is returned: a cell
        that ends with it would show that folder, which has another name in every run.

        Parameters
        ----------
        thing : DataFrame, iterator of DataFrame, dict, list, str or bytes
            A frame goes to parquet or csv, several one below the other to parquet, a dict or list to json;
            their floats with the digits of `nsmo.study.precision`.
        rel : str
            See `path`.

        Raises
        ------
        ContractError
            When dvc.yaml does not declare it, or the ending does not fit the thing.
        """
        from nsmo.study.precision import rounded  # it needs pandas, which the runner does without

        path = self._output(rel)
        if rel.startswith("tables/") and path.name in ("estimates.csv", "tests.csv"):
            from nsmo import results
            from nsmo.present.shown import as_saved

            results.check(thing, rel)
            thing = as_saved(thing, self.codebook)
        kind = path.suffix
        # What is kept for later stages alone, in parquet, leaves the machine with nobody.
        if self.declares("raw/questionnaire.yaml") and kind in (".csv", ".json"):
            thing = gate.pass_thing(
                thing, self.codebook, rel, of_answers=gate.guarded(self) and gate.reads_answers(self)
            )
        if isinstance(thing, bytes):
            path.write_bytes(thing)
        elif isinstance(thing, str):
            path.write_text(thing, encoding="utf-8", newline="\n")
        elif isinstance(thing, dict | list) and kind == ".json":
            text = json.dumps(rounded(thing), indent=2, ensure_ascii=False, allow_nan=False, default=_plain)
            path.write_text(text + "\n", encoding="utf-8", newline="\n")
        elif hasattr(thing, "to_parquet") and kind == ".parquet":
            rounded(thing).to_parquet(path)
        elif isinstance(thing, Iterator) and kind == ".parquet":
            from nsmo.study.pieces import write_pieces

            write_pieces(map(rounded, thing), path)
        elif hasattr(thing, "to_csv") and kind == ".csv":
            gate.quoted(rounded(thing)).to_csv(path, index=False, lineterminator="\n", encoding="utf-8")
        else:
            raise ContractError(
                found=f"a {type(thing).__name__} cannot be written as {rel}",
                where=f"stage {self.name}",
                expected="DataFrame → .parquet or .csv, dict or list → .json, str or bytes → anything",
            )

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
        if first == "before" and self.before:
            return f"{self.before}/{rest}"
        if first in ("tables", "figures", "workbooks", "executed", "html"):
            return f"reports/{self.wave}/{rel}"
        return f"data/processed/{self.wave}/{rel}"

    def _output(self, rel: str) -> Path:
        path = self._locate(rel)
        if not self.declared.writes(path):
            raise ContractError(
                found=f"{path} is no declared output of stage {self.name}",
                where="dvc.yaml, outs:",
                expected=", ".join(out.path for out in self.declared.outs),
                fix="add it there with ${item} for the wave, or write another file",
            )
        full = self.target / path
        full.parent.mkdir(parents=True, exist_ok=True)
        return full


def _plain(value: Any) -> Any:
    """Turn a numpy scalar or a timestamp into something json knows."""
    if hasattr(value, "item"):
        return value.item()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    raise TypeError(f"{value!r} of type {type(value).__name__} cannot go into json")
