"""A small survey in a folder of its own, to try everything on: visitors of a library that does not exist."""

import csv
import os
import random
import shutil
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

from nsmo.draft.new import Made, new
from nsmo.draft.taken_out import without_waves
from nsmo.study.errors import StudyError

WAVE = "demo"
RESPONDENTS = 240

_AGES = {"Under 25": 3, "25-44": 5, "45-64": 6, "65 or more": 4}
_VISITS = {"Daily": 1, "Weekly": 5, "Monthly": 6, "Yearly": 3, "Never": 1}
_SERVICES = {
    "Borrowing books": 8,
    "Reading newspapers": 4,
    "Study places": 5,
    "Courses, talks and readings": 3,
}
_ASPECTS = ("Opening hours", "Collection", "Staff")
_SATISFIED = ("Very dissatisfied", "Dissatisfied", "Neutral", "Satisfied", "Very satisfied", "Don't know")
_REMARKS = ("", "", "", "More seats, please", "Friendly staff", "Open on Sundays as well")


def demo(root: Path, folder: Path) -> Made:
    """Copy the engine without its studies into a new folder, draft a wave from a made-up export, and commit.

    Parameters
    ----------
    root : Path
        The repository.
    folder : Path
        Where the copy goes; must not be there.

    Returns
    -------
    Made

    Raises
    ------
    StudyError
        If the folder is there.
    """
    if folder.exists():
        raise StudyError(
            found="the folder is there already", where=str(folder), fix="name another one: nsmo demo FOLDER"
        )
    copy_engine(root, folder)
    export = folder / "library.csv"
    with export.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(made_up_responses())
    made = new(folder, WAVE, [export])
    # As of a real wave, answers are not for git.
    with (folder / ".git" / "info" / "exclude").open("a", encoding="utf-8") as file:
        file.write(f"/{export.name}\n")
    _commit(folder)
    return made


def _commit(folder: Path) -> None:
    """Make a first commit, so that pages state one, and what is tried can be undone and verified."""
    _git(folder, "add", "-A")
    # Whoever tries the demo may have told git no name yet, or how to sign.
    who = ["-c", "user.name=nsmo demo", "-c", "user.email=demo@example.org", "-c", "commit.gpgsign=false"]
    _git(folder, *who, "commit", "-q", "--no-verify", "-m", "The demo as it was made")


def _git(folder: Path, *arguments: str) -> None:
    """Run git in a folder, whatever repository the variables of its caller name, quietly about line ends."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    subprocess.run(
        ["git", "-c", "core.safecrlf=false", *arguments],
        cwd=folder,
        env=own,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def made_up_responses(respondents: int = RESPONDENTS, seed: int = 2026) -> list[list[str]]:
    """Make the export: a header and one row per respondent, the same each time for a seed."""
    chance = random.Random(seed)
    head = ["respondent", "Date submitted", "What is your age?", "How often do you visit the library?"]
    head += [f"What do you come for? [{service}]" for service in _SERVICES]
    head += [f"How satisfied are you? [{aspect}]" for aspect in _ASPECTS]
    head += ["How many books do you read in a year?", "Do you have any remarks?"]
    rows = [head]
    moment = datetime(2026, 3, 2, 9)
    for number in range(1, respondents + 1):
        moment += timedelta(minutes=chance.randint(1, 180))
        visits = _drawn(chance, _VISITS)
        comes = visits != "Never"
        services = ["Yes" if chance.random() < weight / 10 else "No" for weight in _SERVICES.values()]
        mood = chance.gauss(3.2, 0.8)
        satisfied = [_SATISFIED[min(4, max(0, round(chance.gauss(mood, 0.7))))] for _ in _ASPECTS]
        satisfied = [one if chance.random() < 0.95 else _SATISFIED[5] for one in satisfied]
        rows.append(
            [
                str(number),
                f"{moment:%Y-%m-%d %H:%M:%S}",
                _drawn(chance, _AGES),
                visits,
                *(services if comes else [""] * len(services)),
                *(satisfied if comes else [""] * len(satisfied)),
                str(max(0, round(chance.gauss(14, 8)))),
                chance.choice(_REMARKS),
            ]
        )
    return rows


def _drawn(chance: random.Random, weights: dict[str, int]) -> str:
    return chance.choices(list(weights), list(weights.values()))[0]


def copy_engine(root: Path, folder: Path) -> None:
    """Copy what git keeps, but for the studies and their results, and begin a history of its own.

    Parameters
    ----------
    root : Path
        The repository.
    folder : Path
        Where the copy goes.

    Raises
    ------
    StudyError
        If there is no git to ask what belongs to the repository.
    """
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    names = [name for name in listed.stdout.split("\0") if name] if listed.returncode == 0 else []
    if not names:
        raise StudyError(
            found="no git here to tell which files belong to the repository",
            where=str(root),
            fix="run it in a clone of the repository",
        )
    for name in names:
        study = name.startswith(("data/raw/", "data/processed/", "reports/")) or name == "dvc.lock"
        if not study and (root / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / name, folder / name)
    path = folder / "params.yaml"
    path.write_text(without_waves(path.read_text(encoding="utf-8")), encoding="utf-8")
    _git(folder, "init", "-q")
