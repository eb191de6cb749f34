"""Makes the folder of a wave from an export, or brings an existing one up to date with a newer export."""

import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from nsmo.draft import earlier, merge, write
from nsmo.draft.guess import draft as guess
from nsmo.draft.naming import slug
from nsmo.draft.ordered import with_rankings
from nsmo.draft.questions import Draft
from nsmo.formats.detect import Reading, read
from nsmo.formats.parquet import parts
from nsmo.study.drafts import marks
from nsmo.study.ensemble import COLUMNS as OF_ENSEMBLE
from nsmo.study.ensemble import FILE as ENSEMBLE
from nsmo.study.errors import StudyError
from nsmo.study.first_report import first_report
from nsmo.study.load import read_codebook
from nsmo.study.margins import COLUMNS
from nsmo.study.model import LANGUAGES
from nsmo.study.paths import REFERENCE
from nsmo.study.ranked import Ranked
from nsmo.study.report import file_of, read_reports

#: The stages that any questionnaire has.
STAGES = (
    "ingest", "clean", "weight", "topline", "trend", "crosstabs", "questionnaire", "fieldwork", "publish",
)  # fmt: skip
#: Of those, the ones of which params.yaml says something for each wave.
MAPPED = ("ingest", "trend")
_FILES = ("questionnaire.yaml", "rules.yaml", "study.yaml", "population.csv")


@dataclass(frozen=True)
class Made:
    """What was done: the folder, its files, and ten lines that say so."""

    folder: Path
    said: list[str]
    changes: str = ""


def new(root: Path, wave: str, exports: Sequence[Path], like: str = "") -> Made:
    """Make ``data/raw/<wave>`` from an export.

    Parameters
    ----------
    root : Path
        The repository.
    wave : str
        The name of the wave; a folder of that name must not be there.
    exports : sequence of Path
        The responses, and files of structure beside them.
    like : str
        Another wave, whose files are taken over and completed.

    Returns
    -------
    Made

    Raises
    ------
    StudyError
        If the folder is there, or the export cannot be read; nothing is written then.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", wave):
        raise StudyError(
            found=f"{wave!r} cannot be the name of a wave",
            expected="letters, digits, - and _, such as 2026",
            fix="choose another name",
        )
    folder = root / "data" / "raw" / wave
    if folder.exists():
        raise StudyError(
            found="the wave is there already, and is never overwritten",
            where=str(folder.relative_to(root)),
            fix=f"choose another name, or complete it: nsmo new {wave} EXPORT --again",
        )
    other = root / "data" / "raw" / like if like else None
    if other is not None and not (other / "questionnaire.yaml").is_file():
        raise StudyError(
            found=f"there is no wave {like!r} to be like",
            where=str(other.relative_to(root)),
            expected="a folder of data/raw with a questionnaire.yaml",
            fix="correct its name",
        )
    own = _rankings_of(other / "questionnaire.yaml") if other is not None else []
    reading = with_rankings(read(exports), own)
    drafted = guess(reading)
    changes = ""
    if other is not None:
        merged = merge.merge((other / "questionnaire.yaml").read_text(encoding="utf-8"), drafted, reading)
        texts = {
            name: (other / name).read_text(encoding="utf-8") for name in _FILES if (other / name).is_file()
        }
        texts["questionnaire.yaml"], changes = (
            earlier.same_as(merged.text, like, reading.export.columns),
            merged.difference,
        )
        texts |= {
            path.name: earlier.opened_by_changes(path.read_text(encoding="utf-8"))
            for path in sorted(other.glob("report.*.md"))
        }
        about = earlier.in_the_field(
            texts.get("study.yaml", ""), write.study(drafted, reading, wave), like, wave
        )
        texts["study.yaml"] = earlier.previous(about, like)
    else:
        texts = {
            "questionnaire.yaml": write.questionnaire(drafted, reading, slug(wave) or "study"),
            "rules.yaml": write.rules(drafted),
            "study.yaml": write.study(drafted, reading, wave),
            # Nothing is known of the population until somebody writes it there.
            "population.csv": ",".join(COLUMNS) + "\n",
        }
    # Without a row: the answers are real.
    texts[ENSEMBLE] = ",".join(OF_ENSEMBLE) + "\n"
    texts[REFERENCE] = ""  # no weights are made with one yet
    folder.mkdir(parents=True)
    try:
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
        _copy(reading, folder)
        written = _report(folder, drafted.language)
    except OSError:  # a full disk: half a folder would never be overwritten
        shutil.rmtree(folder, ignore_errors=True)
        raise
    file = write.responses_name(reading.path)
    lines = {"ingest": file, "trend": f"{like}/trend" if like else f"{wave}/weight"}
    named = _name_in_params(root / "params.yaml", wave, lines)
    if like:  # so that what it found can be compared with
        _name_in_params(root / "params.yaml", like, {"trend": f"{like}/weight"}, ("trend",))
    left = sum(len(marks(folder / name)) for name in texts)
    return Made(
        folder, _said(reading, drafted, folder.relative_to(root), named, left, like, written), changes
    )


def again(root: Path, wave: str, exports: Sequence[Path]) -> Made:
    """Complete the questionnaire of a wave by a newer export or structure; what people edited stays.

    Raises
    ------
    StudyError
        If the wave is not there, or the export cannot be read; nothing is written then.
    """
    folder = root / "data" / "raw" / wave
    path = folder / "questionnaire.yaml"
    if not path.is_file():
        raise StudyError(
            found=f"there is no wave {wave!r} to complete",
            where=str(path.relative_to(root)),
            fix=f"make it: nsmo new {wave} EXPORT",
        )
    files = list(exports)
    try:
        reading = read(files)
    except StudyError:
        # Only files of structure: the responses are those of the folder.
        own = list(folder.glob("responses.*"))
        if len(own) != 1:
            raise
        reading = read([own[0], *files])
    reading = with_rankings(reading, _rankings_of(path))
    drafted = guess(reading)
    merged = merge.merge(path.read_text(encoding="utf-8"), drafted, reading)
    path.write_text(merged.text, encoding="utf-8", newline="\n")
    _copy(reading, folder)
    said = [
        f"{reading.path.name}: {_a(reading.title)}, {len(reading.export.cells):,} responses, "
        f"{_count(len(reading.export.columns), 'column')}",
        *merged.said,
        _to_confirm(sum(len(marks(folder / name)) for name in _FILES if (folder / name).is_file())),
    ]
    return Made(folder, said, merged.difference)


def _rankings_of(path: Path) -> list[Ranked]:
    """List the rankings that a questionnaire has under `source:`; none where it cannot be read so far."""
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
        return [Ranked.model_validate(one) for one in data["source"].get("rankings", [])]
    except (yaml.YAMLError, ValueError, LookupError, TypeError, AttributeError):
        return []


def _report(folder: Path, language: str) -> list[str]:
    """Write a first text of the report, unless there is one; return the names of those that are there."""
    left = read_codebook(folder).left
    if left is not None and not read_reports(folder):
        own = language if language in LANGUAGES else LANGUAGES[-1]
        text = first_report(left, own)
        (folder / file_of(own)).write_text(text, encoding="utf-8", newline="\n")
    return [report.file for report in read_reports(folder).values()]


def _copy(reading: Reading, folder: Path) -> None:
    """Copy the export and its structure as they are; what is in the folder already stays there."""
    target = folder / write.responses_name(reading.path)
    if reading.path.resolve() != target.resolve():
        if reading.path.is_dir():
            target.mkdir(exist_ok=True)
            for part in parts(reading.path):
                shutil.copyfile(part, target / part.name)
        else:
            shutil.copyfile(reading.path, target)
    used: set[str] = set()
    for path in reading.beside:
        if path.resolve().parent != folder.resolve():
            name, count = f"structure{path.suffix.lower()}", 2
            while name in used:
                name, count = f"structure_{count}{path.suffix.lower()}", count + 1
            used.add(name)
            shutil.copyfile(path, folder / name)


def _name_in_params(
    path: Path, wave: str, mapped: Mapping[str, str], stages: Sequence[str] = STAGES
) -> list[str]:
    """Add the wave to the lists of some stages, unless it is there; return those that were found."""
    if not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    named, at, inside = [], 0, False
    while at < len(lines):
        line = lines[at]
        inside = (inside and (line.startswith(" ") or not line.strip())) or line.startswith("waves:")
        found = re.fullmatch(r"  (\w+):\s*(\[\]|\{\})?\s*", line) if inside else None
        if found and found[1] in stages:
            lines[at] = f"  {found[1]}:"
            end = at + 1
            while end < len(lines) and lines[end].startswith("    "):
                end += 1
            entry = f'    "{wave}": {mapped[found[1]]}' if found[1] in MAPPED else f'    - "{wave}"'
            known = {re.sub(r"\A(- )?[\"']?([\w-]+).*", r"\2", one.strip()) for one in lines[at + 1 : end]}
            if wave not in known:
                # What comes first is what the others follow.
                lines.insert(at + 1 if stages is not STAGES else end, entry)
            named.append(found[1])
            at = end
        at += 1
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    return named


def _said(
    reading: Reading,
    drafted: Draft,
    folder: Path,
    named: Sequence[str],
    guesses: int,
    like: str,
    written: Sequence[str],
) -> list[str]:
    kinds: dict[str, int] = {}
    for question in drafted.questions:
        kind = "battery" if question.items else question.kind
        kinds[kind] = kinds.get(kind, 0) + 1
    counts = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items(), key=lambda item: -item[1]))
    signs = f", by {'; '.join(reading.signs[:2])}" if reading.signs else ""
    tried = f"; no sign of {', '.join(reading.tried)}" if not reading.tool and reading.tried else ""
    some = len(reading.export.cells)
    looked = (
        f" ({some:,} of them looked at, with every answer of short lists)" if some < reading.responses else ""
    )
    lines = [
        f"{reading.path.name}: {_a(reading.title)}{signs}{tried}",
        f"{reading.responses:,} responses{looked}, {_count(len(reading.export.columns), 'column')}; "
        + (f"the id is '{drafted.key}'" if drafted.key else "no id: responses are numbered"),
        f"{_count(len(drafted.questions), 'question')}: {counts}",
    ]
    if reading.beside:
        lines.append(f"structure from {', '.join(path.name for path in reading.beside)}")
    if drafted.paradata:
        lines.append("; ".join(f"{use}: '{column}'" for use, column in drafted.paradata.items()))
    routed = sum(bool(question.asked_if or question.asked_when) for question in drafted.questions)
    if routed:
        lines.append(f"{routed} question{'s' * (routed > 1)} put to some only, by the form or the answers")
    if drafted.sampling.columns:
        design = [f"{use}: '{column}'" for use, column in drafted.sampling.columns.items()]
        many = drafted.sampling.replicates
        design += [f"{len(many)} replicate weights: '{many[0]}' to '{many[-1]}'"] if many else []
        lines.append("; ".join(design))
    lines += [
        f"written: {folder}/ with {', '.join([*_FILES, *written])}{f', as {like} has them' if like else ''}, "
        f"and {write.responses_name(reading.path)} untouched",
        f"params.yaml: the wave has {', '.join(named)}" if named else "params.yaml: name the wave there",
        _to_confirm(guesses),
    ]
    return lines


def _a(thing: str) -> str:
    return f"an {thing}" if thing[0] in "aeio" else f"a {thing}"


def _count(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'s' * (count != 1)}"


def _to_confirm(guesses: int) -> str:
    if not guesses:
        return "nothing to confirm: nsmo check, then make report"
    return f"{guesses} guess{'es' * (guesses != 1)} to confirm: nsmo check lists them; then make report"
