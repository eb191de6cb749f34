"""Makes room for a survey of one's own: what belongs to the studies that are here moves to examples/."""

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from nsmo.draft import front
from nsmo.draft.taken_out import without_blocks, without_waves
from nsmo.study.errors import StudyError

EXAMPLES = "examples"
#: Where the stages of dvc.yaml go; DVC reads every file of that name, wherever it is.
_STAGES = "stages.yaml"
#: What is of a study, and what it is called in its folder below `examples/`.
_OF_A_WAVE = {
    "data/raw/{wave}": "raw",
    "data/processed/{wave}": "processed",
    "reports/{wave}": "reports",
    "tests/study{wave}": "tests",
}
#: What is of the study that came with the engine; the first three are written anew for the survey that comes.
_OF_RECONSTRUCTED = {name: name for name in front.FILES} | {
    "docs/assumptions.md": "assumptions.md",
    "docs/report.png": "report.png",
}


@dataclass(frozen=True)
class Adopted:
    """What was done, in a few lines."""

    said: list[str]


def adopt(root: Path, waves: Sequence[str] = ()) -> Adopted:
    """Move studies to `examples/`, with their notebooks, reports, evidence and tests.

    Notebooks go along that only these waves have and that no code of the engine belongs to; their stages
    leave dvc.yaml, their sections params.yaml. README.md, CITATION.cff and LICENSE-DATA go with a study that
    came with the engine, and short ones take their place. Everything is moved by git and staged, nothing is
    committed. What a later version brought of a study that was moved before goes after it.

    Parameters
    ----------
    root : Path
        The repository.
    waves : sequence of str
        Which; left out: all whose answers are a reconstruction.

    Returns
    -------
    Adopted

    Raises
    ------
    StudyError
        If something is not committed, or there is no such wave; nothing is moved then.
    """
    _must_be_clean(root)
    there = {path.name: _provenance(path) for path in sorted((root / "data/raw").glob("*/")) if path.is_dir()}
    chosen = list(waves) or [name for name, provenance in there.items() if provenance == "reconstructed"]
    moved = sorted(path.name for path in (root / EXAMPLES).glob("*/") if not there.get(path.name))
    if moved and set(chosen) <= set(moved):
        return _after(root, chosen or moved)
    unknown = [name for name in chosen if name not in there]
    if unknown or not chosen:
        raise StudyError(
            found=f"no wave {', '.join(unknown)}"
            if unknown
            else "no wave whose answers are a reconstruction",
            where="data/raw",
            expected=f"one of {', '.join(there)}" if there else "a folder for each wave",
            fix="say which waves are to move: nsmo adopt WAVE" if there else "begin: nsmo new WAVE EXPORT",
        )
    taken = [name for name in chosen if (root / EXAMPLES / name).exists()]
    if taken:
        raise StudyError(
            found=f"{EXAMPLES}/{taken[0]} is there already", where=EXAMPLES, fix="move it, or take it away"
        )
    for wave in chosen:
        _must_be_in_git(root, f"data/raw/{wave}")
    own = _own_stages(root, chosen)
    home = f"{EXAMPLES}/{chosen[0]}"
    moves = {
        place.format(wave=wave): f"{EXAMPLES}/{wave}/{name}"
        for wave in chosen
        for place, name in _OF_A_WAVE.items()
    }
    if any(there[name] == "reconstructed" for name in chosen):
        moves |= {place: f"{home}/{name}" for place, name in _OF_RECONSTRUCTED.items()}
    for stage in own:
        for path in sorted((root / "notebooks").glob(f"*_{stage}.ipynb")):
            moves[f"notebooks/{path.name}"] = f"{home}/notebooks/{path.name}"
    new = (
        front.front(root, [name for name in there if name not in chosen], home)
        if "README.md" in moves
        else {}
    )
    for source, target in moves.items():
        _move(root, source, target)
    _rewrite(root, chosen, own, home)
    for name, text in new.items():
        _write(root / name, text)
    pages = _lead_there(root, moves)
    if "README.md" in moves:
        _say_where(root, moves)
    _git(root, "add", "-A", "--", EXAMPLES, "params.yaml", "dvc.yaml", ".gitignore", *pages, *new)
    _git(root, "add", "-A", "--ignore-errors", "--", "dvc.lock")
    notebooks = f", its own notebooks: {', '.join(own)}" if own else ""
    return Adopted(
        [
            f"moved to {EXAMPLES}/: {', '.join(chosen)} with raw files, evidence, report, tests{notebooks}",
            "params.yaml, dvc.yaml and dvc.lock name them no longer; what went is in "
            f"{home}/params.yaml and {home}/{_STAGES}",
            "left: the engine, the notebooks that any survey has, and their tests",
            *(
                [f"{', '.join(new)} are short new ones: put your title, authors and terms there"]
                if new
                else []
            ),
            "now: nsmo new WAVE EXPORT; then git commit. To undo it all: "
            "git reset -q --hard && git clean -fdq " + EXAMPLES,
        ]
    )


def _must_be_clean(root: Path) -> None:
    found = _git(root, "status", "--porcelain", check=False)
    if found is None:
        raise StudyError(
            found="no git here to move files safely",
            where=str(root),
            fix="run it in a clone of the repository",
        )
    if found.strip():
        first = found.splitlines()[0][3:]
        raise StudyError(
            found=f"changes that are not committed, such as {first}",
            where=str(root),
            expected="a clean tree, so that all of this can be undone",
            fix="commit or stash them, then run nsmo adopt again",
        )


def _must_be_in_git(root: Path, folder: str) -> None:
    """Refuse what git does not keep: it could not be brought back."""
    left = _git(root, "ls-files", "--others", "--", folder)
    if left:
        raise StudyError(
            found=f"{left.splitlines()[0]} is not in git",
            where=folder,
            expected="a wave of which git has every file, as of a reconstruction",
            fix="leave this wave where it is, or put that file elsewhere",
        )


def _provenance(folder: Path) -> str:
    path = folder / "questionnaire.yaml"
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    found = re.search(r"(?m)^provenance:\s*[\"']?(\w+)", text)
    return found[1] if found else ""


def _own_stages(root: Path, waves: Sequence[str]) -> list[str]:
    """List the stages that no other wave has, and that the engine has no code for."""
    named = yaml.safe_load((root / "params.yaml").read_text(encoding="utf-8"))["waves"]
    code = {path.stem for path in (root / "src/nsmo/stages").iterdir()} | {"publish"}
    return [stage for stage, ones in named.items() if ones and set(ones) <= set(waves) and stage not in code]


def _move(root: Path, source: str, target: str) -> None:
    """Move what git has of a place, and take away what is ignored there: it can be built again."""
    if not _git(root, "ls-files", "--", source):
        return
    (root / target).parent.mkdir(parents=True, exist_ok=True)
    if not source.startswith("data/raw/"):
        _git(root, "clean", "-fdqX", "--", source)
    _git(root, "mv", source, target)


def _rewrite(root: Path, waves: Sequence[str], stages: Sequence[str], home: str) -> None:
    """Take waves and stages out of the files that name them, and keep what went."""
    path = root / "params.yaml"
    params, sections = without_blocks(without_waves(path.read_text(encoding="utf-8"), waves), stages, depth=0)
    params, _ = without_blocks(params, stages, depth=2, within="waves")
    path.write_text(params, encoding="utf-8", newline="\n")
    _write(root / home / "params.yaml", sections)
    path = root / "dvc.yaml"
    text, blocks = without_blocks(path.read_text(encoding="utf-8"), stages, depth=2, within="stages")
    path.write_text(text, encoding="utf-8", newline="\n")
    _write(root / home / _STAGES, f"stages:\n{blocks}" if blocks else "")
    path = root / "dvc.lock"
    if path.is_file():
        text = path.read_text(encoding="utf-8")
        names = [name for name in yaml.safe_load(text).get("stages") or {} if name.split("@")[-1] in waves]
        text, _ = without_blocks(text, names, depth=2, within="stages")
        if yaml.safe_load(text).get("stages"):
            path.write_text(text, encoding="utf-8", newline="\n")
        else:
            path.unlink()
    path = root / ".gitignore"
    kept = [
        line
        for line in path.read_text(encoding="utf-8").splitlines()
        if not any(line.startswith(f"!/data/raw/{wave}/") for wave in waves)
    ]
    path.write_text("\n".join(kept) + "\n", encoding="utf-8", newline="\n")


def _lead_there(root: Path, moves: Mapping[str, str]) -> list[str]:
    """Let the links of the documentation lead to where files went; returns the pages that changed."""
    changed = []
    # What is written anew is where links lead; those of the one that went are its own.
    led_to = {source: target for source, target in moves.items() if source not in front.FILES}
    gone = {target: source for source, target in moves.items()}
    moved = [root / target for target in gone if (root / target).suffix == ".md"]
    moved += [page for target in gone for page in sorted((root / target).rglob("*.md"))]
    for page in [*sorted(root.glob("*.md")), *sorted((root / "docs").rglob("*.md")), *moved]:
        if not page.is_file():
            continue
        name = page.relative_to(root).as_posix()
        above = next((target for target in gone if name == target or name.startswith(f"{target}/")), "")
        was = root / (gone[above] + name.removeprefix(above)) if above else page
        text = page.read_text(encoding="utf-8")

        def led(link: re.Match[str], page: Path = page, was: Path = was) -> str:
            place = Path(os.path.relpath(was.parent / link[2], root)).as_posix()
            for source, target in led_to.items():
                if place == source or place.startswith(f"{source}/"):
                    place = target + place.removeprefix(source)
                    break
            else:
                if was == page:
                    return link[0]
            return link[1] + Path(os.path.relpath(root / place, page.parent)).as_posix()

        new = re.sub(r"(\]\()(?!https?:|mailto:|#)([^)#\s]+)", led, text)
        if new != text:
            page.write_text(new, encoding="utf-8", newline="\n")
            changed.append(name)
    return changed


def _say_where(root: Path, moves: Mapping[str, str]) -> None:
    """Begin the README that went with where its folders are now, and how to build the study as it was."""
    page = root / moves["README.md"]
    folders = {source: target for source, target in moves.items() if (root / target).is_dir()}
    went = [
        f"`{source}/` is [{Path(target).name}/]({os.path.relpath(root / target, page.parent)})"
        for source, target in folders.items()
    ]
    commit = (_git(root, "rev-parse", "--short=12", "HEAD") or "").strip()
    title, text = page.read_text(encoding="utf-8").split("\n", 1)
    page.write_text(
        f"{title}\n\n> `nsmo adopt` moved this study here; what follows was written before. Of its folders "
        f"{', '.join(went)} now.\n> To build it as it was: `git worktree add ../example {commit}`, and "
        f"`make report` there.\n{text}",
        encoding="utf-8",
        newline="\n",
    )


def _after(root: Path, waves: Sequence[str]) -> Adopted:
    """Move what a later version brought of studies that are in `examples/` already."""
    late = {}
    for wave in waves:
        for place, name in _OF_A_WAVE.items():
            source = place.format(wave=wave)
            for path in (_git(root, "ls-files", "--", source) or "").splitlines():
                late[path] = f"{EXAMPLES}/{wave}/{name}{path.removeprefix(source)}"
    taken = [target for target in late.values() if (root / target).exists()]
    if taken:
        raise StudyError(
            found=f"{taken[0]} is there already",
            where=EXAMPLES,
            expected="each file of the study in one place",
            fix="keep one of the two, and commit; then run nsmo adopt again",
        )
    for source, target in late.items():
        _move(root, source, target)
    if not late:
        return Adopted([f"{', '.join(waves)} is in {EXAMPLES}/ already; nothing was moved"])
    return Adopted(
        [
            f"moved to {EXAMPLES}/, after what is there: {', '.join(late)}",
            "now: nsmo check; then git commit. To undo it: git reset -q --hard",
        ]
    )


def _write(path: Path, text: str) -> None:
    if text.strip():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


def _git(root: Path, *words: str, check: bool = True) -> str | None:
    done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False)
    if done.returncode and check and words[0] != "add":
        raise StudyError(
            found=f"git {' '.join(words)}: {done.stderr.strip()}",
            where=str(root),
            fix="mend that, and undo what was moved: git reset -q --hard",
        )
    return done.stdout if done.returncode == 0 else None
