"""What earlier waves asked, and what of it can be compared with what this one asks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nsmo.study.codebook import Codebook
from nsmo.study.derived import Flag
from nsmo.study.model import LANGUAGES
from nsmo.study.variable import Variable

#: What may have changed between two waves, in the order in which it is said. Of a question with a change of
#: `WHOLE` nothing is compared; with another change it is, and the change is said.
CHANGES = ("wording", "routing", "options", "scale", "box", "made", "type", "base", "unit")
WHOLE = {"type", "base", "unit", "made"}
#: What stands in their place where only one of two waves has a question: this one, or the earlier one.
ADDED, DROPPED = "added", "dropped"

Asked = dict[str, Any]


def described(codebook: Codebook) -> Asked:
    """Return what a later wave must know of this one, as values for JSON.

    Parameters
    ----------
    codebook : Codebook
        With its three files.

    Returns
    -------
    dict
        wave, title, period, provenance, and of each variable in `asked` how it was put and what was offered.
    """
    period = codebook.field_period
    return {
        "wave": codebook.wave,
        "title": _both(codebook.title),
        "from": period.from_.isoformat() if period.from_ else None,
        "until": period.until.isoformat() if period.until else None,
        "provenance": codebook.provenance,
        "language": codebook.language,
        "asked": {name: _variable(one) for name, one in codebook.variables.items() if not one.identifying},
    }


def _variable(one: Variable) -> dict[str, Any]:
    definition = one.definition
    routing = getattr(definition, "asked_if", None)
    unit = getattr(definition, "unit", None)
    same = definition.same_as
    return {
        "type": one.type,
        "label": {language: one.label(language) for language in LANGUAGES},
        "text": {language: one.text(language) for language in LANGUAGES},
        "base": one.base,
        "top_box": one.top_box,
        "options": [
            {
                "name": option.name,
                "label": {language: option.label(language) for language in LANGUAGES},
                "score": one.scores.get(option.name),
                "same_as": getattr(option, "same_as", None),
            }
            for option in one.options
        ],
        "routing": routing.model_dump(mode="json", exclude_none=True, by_alias=True) if routing else None,
        "unit": _both(unit) if unit else None,
        "made": _made(definition) if one.derived else None,
        "same_as": {"": same} if isinstance(same, str) else same,
        **({"year": True} if one.year else {}),
    }


def _made(definition: Any) -> dict[str, Any]:
    """How a variable is derived, without what it and its answers are called; and what it is made of."""
    left_out = {"name", "label", "text", "role", "same_as", "base", "top_box", "otherwise"}
    content = definition.model_dump(mode="json", by_alias=True, exclude=left_out)
    if isinstance(definition, Flag):
        content.pop("options")
    for option in content.get("options", ()):
        for language in LANGUAGES:
            option.pop(language, None)
    return {"how": content, "of": list(definition.sources)}


def _both(text: Any) -> dict[str, str]:
    return {language: text[language] for language in LANGUAGES}


@dataclass(frozen=True)
class Match:
    """A question of this wave with the same one of an earlier wave.

    Attributes
    ----------
    question, before, asked_as : str
        Its name; the earlier wave, and its name there.
    changes : tuple of str
        Of `CHANGES`.
    options : dict
        The answers that are the same: name now to name then. `top` and `bottom` among them where the boxes
        are.
    means : bool
        Whether means can be compared.
    new, gone : tuple of str
        Answers that only this wave has, or only the earlier one; one whose label is another stands in both.
    """

    question: str
    before: str
    asked_as: str
    changes: tuple[str, ...]
    options: dict[str, str]
    means: bool
    new: tuple[str, ...]
    gone: tuple[str, ...]

    @property
    def compared(self) -> bool:
        """Whether anything of it can be compared."""
        return not WHOLE & set(self.changes) and bool(self.options or self.means)


def matches(waves: Sequence[Asked], before: str) -> list[Match]:
    """Find the questions of the last wave in an earlier one, by name or by `same_as:`.

    Parameters
    ----------
    waves : sequence of dict
        As `described`, oldest first; the last is the one that is compared.
    before : str
        The earlier wave.

    Returns
    -------
    list of Match
        In the order of the questionnaire. What a question was called in a wave between the two counts, too.
    """
    now, then = waves[-1], next(one for one in waves if one["wave"] == before)
    at = [one["wave"] for one in waves].index(before)
    between = list(reversed(waves[at + 1 : -1]))
    found: dict[str, Match] = {}
    for name, asked in now["asked"].items():
        called = _names(name, asked, before)
        for one in between:
            near = [*_declared(asked, one["wave"]), *called]
            known = next((candidate for candidate in near if candidate in one["asked"]), None)
            called += _names(known, one["asked"][known], before) if known else []
        there = next((candidate for candidate in called if candidate in then["asked"]), None)
        if there is not None:
            match = _match(name, asked, before, there, then["asked"][there], now["language"])
            found[name] = _as_its_sources(match, asked, found)
    return list(found.values())


def _as_its_sources(match: Match, asked: Mapping[str, Any], found: Mapping[str, Match]) -> Match:
    """What is derived of a question changes with it."""
    if not asked["made"] or asked["same_as"]:
        return match
    changes = set(match.changes)
    for source in asked["made"]["of"]:
        of_source = set(found[source].changes) if source in found else {"made"}
        changes |= of_source & {"wording", "routing"}
        changes |= {"made"} if of_source - {"wording", "routing", "box"} else set()
    return replace(match, changes=tuple(one for one in CHANGES if one in changes))


def _names(name: str, asked: Mapping[str, Any], before: str) -> list[str]:
    """What a question may be called in an earlier wave: as declared of it, else as now, else as of others."""
    same = asked["same_as"] or {}
    return list(dict.fromkeys([*_declared(asked, before), name, *same.values()]))


def _declared(asked: Mapping[str, Any], wave: str) -> list[str]:
    """What a question was called in a wave, as `same_as:` says of that wave, or of all."""
    same = asked["same_as"] or {}
    return [same[key] for key in (wave, "") if same.get(key)]


def _match(
    name: str, now: Mapping[str, Any], before: str, there: str, then: Mapping[str, Any], language: str
) -> Match:
    changes = set()
    if not _alike(now["text"], then["text"], language):
        changes.add("wording")
    changes |= {key for key in ("routing", "type", "base", "unit") if now[key] != then[key]}
    if (now["made"] or {}).get("how") != (then["made"] or {}).get("how") and not now["same_as"]:
        changes.add("made")
    if {now["type"], then["type"]} == {"single", "ordinal"}:
        changes.discard("type")  # an order that was declared later changes no share
    options, new, gone = _same_options(now["options"], then["options"], language)
    ordered = "ordinal" in (now["type"], then["type"])
    if new or gone:
        changes.add("scale" if ordered else "options")
    scores = [{one["name"]: one["score"] for one in asked["options"]} for asked in (now, then)]
    whole = not new and not gone
    numbers = now["type"] == then["type"] == "numeric" and not now.get("year")
    means = numbers or (
        now["type"] == then["type"] == "ordinal"
        and whole
        and all(scores[0][one] == scores[1][two] for one, two in options.items())
    )
    if ordered and whole and not means and now["type"] == then["type"]:
        changes.add("scale")
    if now["top_box"] and then["top_box"]:
        if whole and {options[one] for one in now["top_box"]} == set(then["top_box"]):
            options = options | {"top": "top", "bottom": "bottom"}
        elif whole:
            changes.add("box")
    return Match(
        name, before, there, tuple(one for one in CHANGES if one in changes), options, means, new, gone
    )


def _same_options(
    now: Iterable[Mapping[str, Any]], then: Iterable[Mapping[str, Any]], language: str
) -> tuple[dict[str, str], tuple[str, ...], tuple[str, ...]]:
    earlier = {one["name"]: one for one in then}
    same, new = {}, []
    for one in now:
        named = one["same_as"]
        other = earlier.get(named or one["name"])
        if other is not None and (named or _alike(one["label"], other["label"], language)):
            same[one["name"]] = other["name"]
        else:
            new.append(one["name"])
    return same, tuple(new), tuple(name for name in earlier if name not in same.values())


def _alike(one: Mapping[str, str], other: Mapping[str, str], language: str) -> bool:
    """Whether a text is the same, but for blanks and capitals, in the language in which it was put."""
    languages = [language] if language in LANGUAGES else LANGUAGES
    return all(_plain(one[code]) == _plain(other[code]) for code in languages)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
