"""Builds the study again in throw-away copies and holds every file against the others: `nsmo verify`.

The first copy is built by `nsmo report`, the second by a plain `dvc repro` in other surroundings: another
folder, time zone, locale, hash seed, number of threads and one processor. Both start from what is committed,
without a single result and with an empty cache. What comes out is compared with each other and with what
dvc.lock and git say.
"""

import hashlib
import locale
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nsmo.runner import packages
from nsmo.runner.declarations import declarations
from nsmo.runner.inputs import files_of
from nsmo.runner.process import die_with_parent, without_git
from nsmo.study.errors import StudyError
from nsmo.study.paths import root

LOCK = "dvc.lock"
SAME, DIFFERS, MISSING, NEW = "same", "differs", "missing", "new"
# The surroundings of the second build.
ELSEWHERE = {
    "TZ": "Pacific/Auckland",
    "LC_ALL": "nl_NL.UTF-8",
    "PYTHONHASHSEED": "77",
    "OMP_NUM_THREADS": "2",
    "COLUMNS": "40",
}
if platform.machine() == "x86_64":
    # The numerical libraries choose their instructions by the processor; so they take those of an old one.
    ELSEWHERE |= {"OPENBLAS_CORETYPE": "Prescott", "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL"}
# What lies about in a checkout and is no part of it; only looked at where there is no git to ask.
_NO_PART = (".git", ".venv", ".nsmo", "config.local", "cache", "tmp", "site", "build", "dist")
_CACHES = ("__pycache__", ".*_cache", ".hypothesis", ".ipynb_checkpoints", "*.pyc")


@dataclass(frozen=True)
class Verdict:
    """What became of one file.

    Parameters
    ----------
    path : str
        Relative to the root.
    digest : str
        SHA-256 of what the first build made of it; empty when it made none.
    committed : str
        `same`, `differs`, `missing` (committed, but not built) or `new` (built, but not committed).
    builds : str
        How the second build compares with the first, in the same words; empty with one build.
    """

    path: str
    digest: str
    committed: str
    builds: str

    @property
    def good(self) -> bool:
        """Whether all agree."""
        return self.committed == SAME and self.builds in (SAME, "")


def verify(*, once: bool) -> int:
    """Build in throw-away copies, and print for each file whether it came out as it should.

    Parameters
    ----------
    once : bool
        Build one copy only, and compare it with what is committed.

    Returns
    -------
    int
        Exit status: 0 when every file agrees, 1 when one does not or a build stopped, 130 after Ctrl-C.
    """
    folder = root()
    if not (folder / LOCK).is_file():
        raise StudyError(
            found="there is no such file",
            where=LOCK,
            expected="the record of a build, to compare with",
            fix="run `make report` and commit what it writes",
        )
    other = packages.others(folder)
    if other:
        raise StudyError(
            found=f"this is another environment: {', '.join(map(str, other))}",
            where=sys.executable,
            expected=f"the packages of {packages.LOCK}, with which the results were made",
            fix="run `make setup`, or verify in a fresh clone",
        )
    place = Path(tempfile.mkdtemp(prefix="nsmo-verify-"))
    keep = False
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        first = _copy(folder, place / "first")
        if not (first / LOCK).is_file():
            raise StudyError(
                found="not committed",
                where=LOCK,
                expected="the record of a build, to compare with",
                fix="commit it, with what `make report` wrote",
            )
        committed = _hashes(first)
        recorded = _recorded(first)
        _empty(first)
        if not _build(first, "nsmo report", [sys.executable, "-m", "nsmo", "report"], {}):
            return 1
        second = None
        if not once:
            second = _copy(folder, place / "second, elsewhere", quiet=True)
            _empty(second)
            if not _build(second, "dvc repro", [sys.executable, "-m", "dvc", "repro"], ELSEWHERE):
                return 1
        verdicts = list(_compare(first, second, committed, recorded))
        keep = not all(verdict.good for verdict in verdicts)
        _tell(verdicts, place if keep else None)
    except KeyboardInterrupt:
        print("\nInterrupted; nothing in this folder was touched.", file=sys.stderr)
        return 130
    finally:
        if not keep:
            shutil.rmtree(place, ignore_errors=True)
    return int(keep)


def _copy(folder: Path, target: Path, *, quiet: bool = False) -> Path:
    """Take what is committed; without git, the files as they stand."""
    if (folder / ".git").exists() and shutil.which("git"):
        variables = without_git(os.environ)
        done = subprocess.run(
            ["git", "clone", "--quiet", "--no-hardlinks", str(folder), str(target)],
            capture_output=True,
            text=True,
            check=False,
            env=variables,
        )
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if line.strip()] or ["?"]
            cause = next((line for line in lines if "dubious ownership" in line), lines[-1])
            trust = f"`git config --global --add safe.directory {folder / '.git'}` trusts it"
            raise StudyError(
                found=f"git could not copy it: {cause}",
                where=str(folder),
                fix=trust if cause != lines[-1] else "correct that, or verify in an unpacked source archive",
            )
        if not quiet:
            asked = ["git", "-C", str(folder)]
            head = subprocess.check_output(
                [*asked, "rev-parse", "--short", "HEAD"], text=True, env=variables
            ).strip()
            _say(f"Commit {head}.")
            if subprocess.check_output([*asked, "status", "--porcelain"], text=True, env=variables).strip():
                _say("Changes that are not committed are left out.")
        _take_answers(folder, target, quiet=quiet)
        return target
    if not quiet:
        _say("No git here: the files of this folder are taken as they stand.")
    made = {folder / out.path for one in declarations(folder) for out in one.outs if out.cache}
    left_out = shutil.ignore_patterns(*_CACHES)

    def skip(inside: str, names: list[str]) -> set[str]:
        here = Path(inside)
        parts = {name for name in names if name in _NO_PART} if here in (folder, folder / ".dvc") else set()
        return left_out(inside, names) | parts | {name for name in names if here / name in made}

    shutil.copytree(folder, target, symlinks=True, ignore=skip)
    # DVC looks for git unless it is told that there is none.
    with (target / ".dvc" / "config.local").open("w") as file:
        file.write("[core]\n    no_scm = true\n")
    return target


def _take_answers(folder: Path, target: Path, *, quiet: bool) -> None:
    """Copy the answers of real respondents, which git does not keep, from this folder into a copy of it."""
    raw = {folder / dep for one in declarations(folder) for dep in one.deps if dep.startswith("data/raw/")}
    absent = [path.relative_to(folder) for path in raw if path.is_file()]
    absent = sorted(path for path in absent if not (target / path).exists())
    for path in absent:
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / path, target / path)
        (target / path).chmod(0o600)
    if absent and not quiet:
        _say(f"Not in git, taken from this folder: {', '.join(map(str, absent))}.")


def _empty(folder: Path) -> None:
    """Remove every result, so that each must be made."""
    for one in declarations(folder):
        for out in one.outs:
            path = folder / out.path
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def _build(folder: Path, name: str, command: list[str], surroundings: dict[str, str]) -> bool:
    """Build a copy with its own code; say what happens meanwhile."""
    notes = {} if _known(surroundings.get("LC_ALL", "C")) else {"LC_ALL": " (not installed here, so C)"}
    shown = ", ".join(f"{key}={value}{notes.get(key, '')}" for key, value in surroundings.items())
    _say(f"\n{name} in {folder}{f', {shown}, one processor' if shown else ''}")
    variables = {
        key: value for key, value in os.environ.items() if not key.startswith(("NSMO_", "DVC_", "GIT_"))
    }
    paths = [str(folder / "src"), os.environ.get("PYTHONPATH", "")]
    nowhere = str(folder / ".dvc" / "tmp" / "settings")
    variables |= {
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
        # A cache that the user shares between projects would not be an empty one.
        "DVC_GLOBAL_CONFIG_DIR": nowhere,
        "DVC_SYSTEM_CONFIG_DIR": nowhere,
        "DVC_SITE_CACHE_DIR": str(folder / ".dvc" / "tmp" / "site"),
    }
    verifier = os.getpid()

    def before() -> None:
        die_with_parent(verifier)
        if surroundings and hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

    began = time.monotonic()
    plain = command[-1] == "repro"
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=variables | surroundings,
        stdout=subprocess.PIPE if plain else None,
        stderr=subprocess.STDOUT if plain else None,
        # The other build has another locale; what it writes has that of its files.
        encoding="utf-8",
        errors="replace",
        preexec_fn=before,
    )
    said = []
    try:
        for line in process.stdout or ():
            # DVC's lines are many; of these, the stage that begins.
            if line.startswith("Running stage"):
                _say(f"{line.split(chr(39))[1]:<18} after {time.monotonic() - began:5.0f} s")
            else:
                said.append(line.rstrip())
        process.wait()
    finally:
        process.kill()
        process.wait()
    if process.returncode:
        lines = [line for line in said if line and not line.startswith((">", "WARNING"))]
        _say("\n".join([*lines[-6:], f"{name} stopped: nothing to compare. Does `make report` work here?"]))
        return False
    if plain:
        _say(f"Built in {time.monotonic() - began:.0f} s.")
    return True


def _known(name: str) -> bool:
    """Whether this machine has a locale."""
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        locale.setlocale(locale.LC_CTYPE, name)
    except locale.Error:
        return False
    locale.setlocale(locale.LC_CTYPE, before)
    return True


def _compare(
    first: Path, second: Path | None, committed: dict[str, str], recorded: dict[str, dict[str, object]]
) -> Iterator[Verdict]:
    mine = _hashes(first)
    other = _hashes(second) if second else {}
    now = _recorded(first)
    kept = {out.path: out.cache for one in declarations(first) for out in one.outs}
    for path in sorted(mine.keys() | other.keys() | committed.keys()):
        out = next((name for name in kept if path == name or path.startswith(f"{name}/")), None)
        if out and kept[out]:
            # git does not have it; dvc.lock has a hash of it, or of the folder it is in.
            against = _compared(recorded.get(out), now.get(out))
        else:
            against = _compared(committed.get(path), mine.get(path))
        both = _compared(mine.get(path), other.get(path)) if second else ""
        yield Verdict(path, mine.get(path, ""), against, both)


def _compared(one: object, other: object) -> str:
    """Return how a thing is that was `one` and now is `other`; None stands for nothing."""
    if one == other:
        return SAME
    return NEW if one is None else MISSING if other is None else DIFFERS


def _hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of dvc.lock and of every file below the declared outputs."""
    places = [
        folder / LOCK,
        *(folder / out.path for one in declarations(folder) for out in one.outs),
    ]
    files = [file for place in places for file in files_of(place)]
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in files
    }


def _recorded(folder: Path) -> dict[str, dict[str, object]]:
    """What dvc.lock says about each output."""
    import yaml

    stages = yaml.safe_load((folder / LOCK).read_text(encoding="utf-8")).get("stages") or {}
    return {
        out["path"]: {key: value for key, value in out.items() if key != "path"}
        for entry in stages.values()
        for out in entry.get("outs") or ()
    }


def _tell(verdicts: list[Verdict], kept: Path | None) -> None:
    twice = bool(verdicts[0].builds)
    head = f"{'as committed':<13} {'both builds' if twice else '':<12} {'SHA-256':<13} file"
    _say(f"\n{head}")
    for one in verdicts:
        _say(f"{one.committed:<13} {one.builds:<12} {one.digest[:12]:<13} {one.path}")
    wrong = [one for one in verdicts if not one.good]
    agree = "as committed and in both builds" if twice else "as committed"
    if not wrong:
        _say(f"\nAll {len(verdicts)} files are the same, {agree}.")
        return
    _say(f"\n{len(wrong)} of {len(verdicts)} files are not the same {agree}:")
    for one in wrong:
        how = [f"{one.committed} against the commit"] if one.committed != SAME else []
        how += [f"{one.builds} in the second build"] if one.builds not in (SAME, "") else []
        _say(f"  {one.path}: {', '.join(how)}")
    _say(f"The builds are kept in {kept}")


def _say(text: str) -> None:
    print(text, flush=True)
