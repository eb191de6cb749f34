"""Checks that the earlier waves with which a wave is compared are there, and leave something for it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nsmo.study.errors import Problem, StudyError
from nsmo.study.load import read_codebook
from nsmo.study.model import closest
from nsmo.study.waves import Asked, described, matches
from nsmo.study.yamlfile import YamlFile

HOWTO = "docs/howto/compare-waves.md"


def problems(folder: Path, wave: str, params: Mapping[str, Any]) -> list[Problem]:
    """List what is wrong with `previous:` of a wave, and with its `same_as:`.

    Parameters
    ----------
    folder : Path
        The root of the repository.
    wave : str
        A folder of data/raw.
    params : mapping
        The whole of params.yaml.
    """
    raw = folder / "data/raw"
    left = read_codebook(raw / wave).left
    if left is None:
        return []
    before = {name: _previous(raw, name) for name in _waves(raw)}
    found = [*_of_previous(raw, wave, left.previous, before), *_chain(raw, wave, left.previous, params)]
    return found or list(_of_names(raw, wave, left.previous, described_waves(raw, [*left.previous, wave])))


def _waves(raw: Path) -> list[str]:
    return sorted(path.parent.name for path in raw.glob("*/questionnaire.yaml"))


def _previous(raw: Path, wave: str) -> list[str]:
    left = read_codebook(raw / wave, ["questionnaire.yaml", "study.yaml"]).left
    return left.previous if left else []


def _of_previous(
    raw: Path, wave: str, previous: list[str], before: Mapping[str, list[str]]
) -> Iterator[Problem]:
    """Yield a wave that is not there, and a circle."""
    if not previous:
        return
    file = YamlFile(raw / wave / "study.yaml")
    others = [name for name in before if name != wave]
    for at, name in enumerate(previous):
        where = f"{wave}/{file.where(('previous', at))}"
        if name == wave:
            yield Problem("a wave is compared with itself", where, fix="take it out")
        elif name not in before:
            yield Problem(
                f"there is no wave '{name}'", where, closest(name, others), "correct the name of the folder"
            )
        elif path := _path(name, wave, before):
            yield Problem(
                f"a circle: {' → '.join([wave, *path])}",
                where,
                "waves that came before this one",
                "take out the one that is later",
            )


def _path(start: str, end: str, before: Mapping[str, list[str]]) -> list[str]:
    """How one wave leads to another by what they are compared with; empty where it does not."""
    waiting: list[list[str]] = [[start]]
    seen: set[str] = set()
    while waiting:
        path = waiting.pop(0)
        for name in before.get(path[-1], ()):
            if name == end:
                return [*path, end]
            if name not in seen:
                seen.add(name)
                waiting.append([*path, name])
    return []


def _chain(raw: Path, wave: str, previous: list[str], params: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield an earlier wave whose results do not reach this one by `waves: trend:` of params.yaml."""
    trends = (params.get("waves") or {}).get("trend") or {}
    trends = {str(name): str(item) for name, item in trends.items()} if isinstance(trends, Mapping) else {}
    where = "params.yaml, waves: trend:"
    if previous and wave not in trends and (raw / previous[-1]).is_dir():
        yield Problem(
            f"wave {wave} is compared with {', '.join(previous)}, and does not have the stage",
            where,
            fix=f'add "{wave}": {previous[-1]}/trend, and "{previous[-1]}" if it is not there; {HOWTO}',
        )
        return
    reached, at = [], wave
    while at in trends and at not in reached:
        reached.append(at)
        named, _, stage = trends[at].partition("/")
        if stage not in ("trend", "weight") or (stage == "weight") != (named == at):
            yield Problem(
                f'"{at}": {trends[at]}',
                where,
                f"{at}/weight for a first wave, or <the wave before it>/trend",
                f"correct it; {HOWTO}",
            )
            return
        if named == at:
            break
        at = named
    if reached and at not in trends:
        yield Problem(
            f'"{reached[-1]}": {at}/trend, and wave {at} does not have the stage',
            where,
            fix=f'add "{at}": {at}/weight above it',
        )
        return
    for name in previous:
        if name not in reached and (raw / name).is_dir():
            path = " ← ".join(reversed(reached))
            yield Problem(
                f"wave {wave} is compared with {name}, whose results do not reach it: {path}",
                where,
                "each wave after the one before it",
                f'put {name} into the line, as in "{wave}": {previous[-1]}/trend; {HOWTO}',
            )


def described_waves(raw: Path, names: list[str]) -> list[Asked]:
    """Return what waves asked, as far as their files can be read."""
    found = []
    for name in names:
        left = read_codebook(raw / name).left
        try:
            found.append(described(left) if left else {"wave": name, "asked": {}, "language": "en"})
        except StudyError:
            found.append({"wave": name, "asked": {}, "language": "en"})
    return found


def _twice(wave: str, previous: list[str], waves: list[Asked]) -> Iterator[Problem]:
    """Yield questions that would be compared with the same earlier one, each pair once."""
    told = set()
    for before in previous:
        same: dict[str, list[str]] = {}
        for match in matches(waves, before):
            same.setdefault(match.asked_as, []).append(match.question)
        for called, two in same.items():
            if len(two) > 1 and tuple(two) not in told:
                told.add(tuple(two))
                yield Problem(
                    f"{' and '.join(map(repr, two))} would each be compared with '{called}' of {before}",
                    f"{wave}/questionnaire.yaml, {two[-1]} > same_as",
                    "one question now for one question then",
                    "correct the name, or give the question that is another one another name",
                )


def _of_names(raw: Path, wave: str, previous: list[str], waves: list[Asked]) -> Iterator[Problem]:
    """Yield a `same_as:` that no earlier wave has, and two questions for one."""
    known = {name for one in waves[:-1] for name in one["asked"]}
    asked_in = {one["wave"]: one["asked"] for one in waves[:-1]}
    for name, asked in waves[-1]["asked"].items() if previous else ():
        for before, same in (asked["same_as"] or {}).items():
            if same not in known:
                yield Problem(
                    f"'{name}' is the same as '{same}', and no earlier wave has that",
                    f"{wave}/questionnaire.yaml, {name} > same_as",
                    closest(same, sorted(known)),
                    "correct the name",
                )
            elif before and before not in previous:
                yield Problem(
                    f"'{name}' was called '{same}' in {before}, with which the wave is not compared",
                    f"{wave}/questionnaire.yaml, {name} > same_as",
                    ", ".join(previous),
                    "correct the wave",
                )
            elif before and asked_in.get(before) and same not in asked_in[before]:
                yield Problem(
                    f"'{name}' was called '{same}' in {before}, which has no such question",
                    f"{wave}/questionnaire.yaml, {name} > same_as",
                    closest(same, sorted(asked_in[before])),
                    "correct the name",
                )
    found = {match.question: match for before in previous for match in matches(waves, before)}
    yield from _twice(wave, previous, waves)
    for name, asked in waves[-1]["asked"].items() if previous else ():
        named = [option["same_as"] for option in asked["options"] if option["same_as"]]
        match = found.get(name)
        lost = [one for one in named if match is not None and one not in match.options.values()]
        for one in lost:
            yield Problem(
                f"an answer to '{name}' is the same as '{one}', which no earlier wave offered",
                f"{wave}/questionnaire.yaml, {name} > options",
                fix="correct the name",
            )
