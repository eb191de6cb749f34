"""DVC's record of the results: what is out of date, and dvc.lock."""

import contextlib
import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import fsspec
from dvc.exceptions import DvcException
from dvc.lock import LockError
from dvc.repo import Repo, lock_repo
from dvc.stage import PipelineStage

from nsmo.pipeline.kept import Kept
from nsmo.pipeline.lock import UNREADABLE, update
from nsmo.runner.declarations import Declaration
from nsmo.runner.inputs import check_unchanged, fingerprint
from nsmo.runner.run import BusyError, stage_lock
from nsmo.study.errors import StudyError
from nsmo.study.textfile import conflict_line

_TIMES = 20
"""So many times what it takes to write dvc.lock goes by until it is written again."""


class Record:
    """The record of a repository.

    DVC reads dvc.yaml and dvc.lock whole, however little of them it is about. So they are read once, and
    dvc.lock is written for several stages at a time.

    Parameters
    ----------
    folder : Path
        Its root, which is the working directory.
    order : sequence of str
        DVC's names of all stages, as they stand in dvc.lock: those that run at once end in any order.

    Raises
    ------
    BusyError
        When another DVC is at work.
    """

    def __init__(self, folder: Path, order: Sequence[str]) -> None:
        self.folder = folder
        self.order = order
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
        return {stage.addressing: stage for stage in self._repo.index.stages}

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
            text = (self.folder / "dvc.lock").read_text("utf-8", errors="replace")
            if line := conflict_line(text):
                marked = "conflict markers of git"
                raise StudyError(found=marked, where=f"dvc.lock, line {line}", fix=UNREADABLE) from None
            raise StudyError(found=str(error), fix=UNREADABLE) from None

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
            # DVC puts folders there in passing, leaves them, and looks through all of them for each.
            fsspec.filesystem("memory").store.clear()
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
            When what stands there cannot be read.
        OSError
            When the machine does not let it.
        """
        if not self._unwritten or not (now or time.monotonic() > self._due):
            return
        began = time.monotonic()
        stages, self._unwritten = self._unwritten, []
        with _in_our_words(), lock_repo(self._repo):
            update(self.folder / "dvc.lock", stages, self.order)
        ended = time.monotonic()
        self._due = ended + _TIMES * (ended - began)

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
