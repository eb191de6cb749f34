"""DVC's record of the results: what is out of date, and dvc.lock."""

import contextlib
import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import groupby
from pathlib import Path

import yaml
from dvc.exceptions import DvcException
from dvc.lock import LockError
from dvc.repo import Repo, lock_repo
from dvc.stage import PipelineStage
from dvc.utils.serialize import modify_yaml

from nsmo.pipeline.kept import Kept
from nsmo.runner.declarations import YAML_LOADER, Declaration
from nsmo.runner.inputs import check_unchanged, fingerprint
from nsmo.runner.run import BusyError, stage_lock
from nsmo.study.errors import StudyError
from nsmo.study.textfile import conflict_line

_TIMES = 20
"""So many times what it takes to write dvc.lock goes by until it is written again."""


class Record:
    """The record of a repository.

    DVC reads dvc.yaml and dvc.lock whole, and writes dvc.lock whole, however little of them it is about. So
    they are read once, and dvc.lock is written for several stages at a time.

    Parameters
    ----------
    folder : Path
        Its root, which is the working directory.

    Raises
    ------
    BusyError
        When another DVC is at work.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # Its hints would stand between the lines of the build.
        for name in ("dvc", "dvc_data"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        try:
            with lock_repo(Repo(str(folder))):
                pass
        except LockError:
            raise BusyError from None
        # From now on another one is about to be done with a stage: wait for that.
        self._repo = Repo(str(folder), _wait_for_lock=True)
        self._kept = Kept(folder, Path(self._repo.cache.local.path))
        self._unwritten: list[PipelineStage] = []
        self._due = 0.0

    @cached_property
    def _stages(self) -> dict[str, PipelineStage]:
        """All stages by DVC's name; of none of them does anybody else change the record meanwhile."""
        began = time.monotonic()
        found = {stage.addressing: stage for stage in self._repo.index.stages}
        # To write takes about as long as to read.
        self._wait_since(began)
        return found

    def stale(self, names: Iterable[str]) -> set[str]:
        """Compare stages with their record.

        Parameters
        ----------
        names : iterable of str
            DVC's names of them.

        Returns
        -------
        set of str
            Those that are out of date.

        Raises
        ------
        BusyError
            When another DVC holds what they read or write.
        StudyError
            When DVC cannot compare them.
        """
        try:
            with lock_repo(self._repo):
                return {found for name in names for found in self._stages[name].status()}
        except LockError:
            raise BusyError from None
        except DvcException as error:
            if "dvc.lock" not in str(error):
                raise StudyError(str(error)) from None
            fix = "docs/howto/solve-a-lock-conflict.md says what to do with a lock that git merged"
            text = (self.folder / "dvc.lock").read_text("utf-8", errors="replace")
            if line := conflict_line(text):
                marked = "conflict markers of git"
                raise StudyError(found=marked, where=f"dvc.lock, line {line}", fix=fix) from None
            raise StudyError(found=str(error), fix=fix) from None

    def commit(self, declared: Declaration, before: Mapping[str, str]) -> None:
        """Take over the results of a stage, as `dvc repro` does after it has run one; `write` records them.

        Parameters
        ----------
        declared : Declaration
            The stage.
        before : mapping
            Fingerprint of what the results were made from.

        Raises
        ------
        BusyError
            When another process is at the stage.
        StudyError
            When what they were made from is not there any more, or DVC cannot take them.
        OSError
            When the machine does not let it.
        """
        with _in_our_words(), stage_lock(self.folder, declared), lock_repo(self._repo):
            check_unchanged(declared, before, fingerprint(self.folder, declared))
            # What `Repo.commit` does for each stage before it writes dvc.lock. DVC's own memory of runs would
            # stay empty, and to see that it would read params.yaml again.
            stage = self._stages[f"{declared.name}@{declared.wave}"]
            stage.save(run_cache=False)
            stage.commit()
            cached = {out.def_path: out.hash_info.value for out in stage.outs if out.use_cache}
            self._kept.keep(declared, before, cached)
            self._unwritten.append(stage)

    def write(self, *, now: bool) -> None:
        """Write to dvc.lock what was taken over.

        Where the build is killed before, the next one finds these results among those it has kept.

        Parameters
        ----------
        now : bool
            Whether it has to be; otherwise it waits until most of the time went into something else.

        Raises
        ------
        StudyError
            When DVC cannot write it.
        OSError
            When the machine does not let it.
        """
        if not self._unwritten or not (now or time.monotonic() > self._due):
            return
        began = time.monotonic()
        stages, self._unwritten = self._unwritten, []
        with _in_our_words(), lock_repo(self._repo):
            for file, several in groupby(stages, key=lambda one: one.dvcfile):
                file.dump_stages(list(several), update_pipeline=False)
        self._wait_since(began)

    def _wait_since(self, began: float) -> None:
        now = time.monotonic()
        self._due = now + _TIMES * (now - began)

    def restore(self, declared: Declaration, before: Mapping[str, str]) -> bool:
        """Put results of an earlier build in place, made from the same, and record them; False without such.

        Parameters
        ----------
        declared : Declaration
            The stage.
        before : mapping
            Fingerprint of what it would be made from now.

        Raises
        ------
        BusyError, StudyError, OSError
            As `commit` does.
        """
        with stage_lock(self.folder, declared):
            if not self._kept.restore(declared, before):
                return False
        self.commit(declared, before)
        return True

    def sort(self, names: Sequence[str]) -> None:
        """Bring the stages in dvc.lock into an order; those that ran at once stand as they ended."""
        path = self.folder / "dvc.lock"
        if not path.exists():
            return
        place = {name: number for number, name in enumerate(names)}
        with lock_repo(self._repo):
            recorded = list(yaml.load(path.read_bytes(), YAML_LOADER)["stages"])
            wanted = sorted(recorded, key=lambda name: place.get(name, len(place)))
            # To write the file takes DVC twenty times as long as it takes to look.
            if wanted == recorded:
                return
            with modify_yaml(path) as content:
                stages = content["stages"]
                for name in wanted:
                    stages[name] = stages.pop(name)


@contextlib.contextmanager
def _in_our_words() -> Iterator[None]:
    """Raise what DVC raises as a BusyError, a StudyError or an OSError."""
    try:
        yield
    except LockError:
        raise BusyError from None
    except DvcException as error:
        if isinstance(error.__cause__, OSError):
            raise error.__cause__ from None
        raise StudyError(str(error)) from None
