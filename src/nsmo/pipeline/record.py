"""DVC's record of the results: what is out of date, and dvc.lock."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import yaml
from dvc.exceptions import DvcException
from dvc.lock import LockError
from dvc.repo import Repo, lock_repo
from dvc.utils.serialize import modify_yaml

from nsmo.pipeline.kept import Kept
from nsmo.runner.declarations import YAML_LOADER, Declaration
from nsmo.runner.inputs import check_unchanged, fingerprint
from nsmo.runner.run import BusyError, stage_lock
from nsmo.study.errors import StudyError
from nsmo.study.textfile import conflict_line


class Record:
    """The record of a repository.

    Parameters
    ----------
    folder : Path
        Its root, which is the working directory.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # Its hints would stand between the lines of the build.
        for name in ("dvc", "dvc_data"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._repo = Repo(str(folder))
        # Another stage may be about to be recorded: wait for that.
        self._patient = Repo(str(folder), _wait_for_lock=True)
        self._kept = Kept(folder, Path(self._patient.cache.local.path))

    def stale(self, names: Iterable[str], *, patient: bool = True) -> set[str]:
        """Compare stages with their record.

        Parameters
        ----------
        names : iterable of str
            DVC's names of them.
        patient : bool
            Whether to wait for another DVC.

        Returns
        -------
        set of str
            Those that are out of date.

        Raises
        ------
        BusyError
            When another DVC is at it.
        StudyError
            When DVC cannot compare them.
        """
        try:
            repo = self._patient if patient else self._repo
            wanted = set(names)
            with lock_repo(repo):
                # By the index: `Repo.status` reads dvc.yaml and dvc.lock again for each name.
                asked = [stage for stage in repo.index.stages if stage.addressing in wanted]
                return {name for stage in asked for name in stage.status()}
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
        """Record the results of a stage, as `dvc repro` does after it has run one.

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
            When what they were made from is not there any more, or DVC cannot record them.
        OSError
            When the machine does not let it.
        """
        try:
            with stage_lock(self.folder, declared), lock_repo(self._patient):
                check_unchanged(declared, before, fingerprint(self.folder, declared))
                (stage,) = self._patient.commit(f"{declared.name}@{declared.wave}", force=True)
                cached = {out.def_path: out.hash_info.value for out in stage.outs if out.use_cache}
                self._kept.keep(declared, before, cached)
        except LockError:
            raise BusyError from None
        except DvcException as error:
            if isinstance(error.__cause__, OSError):
                raise error.__cause__ from None
            raise StudyError(str(error)) from None

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
        with lock_repo(self._patient):
            recorded = list(yaml.load(path.read_bytes(), YAML_LOADER)["stages"])
            wanted = sorted(recorded, key=lambda name: place.get(name, len(place)))
            # To write the file takes DVC twenty times as long as it takes to look.
            if wanted == recorded:
                return
            with modify_yaml(path) as content:
                stages = content["stages"]
                for name in wanted:
                    stages[name] = stages.pop(name)
