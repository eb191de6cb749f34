"""Compares the files of a codebook with each other: every name that one part uses, another must have."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from nsmo.study.about import About
from nsmo.study.errors import Problem
from nsmo.study.model import Place
from nsmo.study.questionnaire import RESERVED, Questionnaire
from nsmo.study.rules import Rules
from nsmo.study.scope import Scope
from nsmo.study.yamlfile import YamlFile

_DRAWN = re.compile(r"(stratum|cluster)\d*")


def cross_check(
    questionnaire: Questionnaire,
    rules: Rules | None,
    about: About | None,
    files: Mapping[str, YamlFile],
    broken: Collection[str],
) -> list[tuple[Place, Problem]]:
    """List what is wrong between the parts of a codebook.

    Parameters
    ----------
    questionnaire, rules, about
        What stands in the files, as far as it was read and could be understood.
    files : mapping
        The files that were read, by name.
    broken : collection of str
        Names of parts that are wrong in themselves; who uses them is not wrong for that.

    Returns
    -------
    list of tuple
        The place of each problem, and the problem.
    """
    data = {key: value for file in files.values() for key, value in file.data.items()}
    home = {key: file for file in files.values() for key in file.data}

    def where(place: Place) -> str:
        return home[str(place[0])].where(place)

    places: dict[str, dict[str, Place]] = {}

    def place_of(keys: str, name: str) -> Place:
        parts = tuple(keys.split("."))
        if keys not in places:
            node: Any = data
            for part in parts:
                node = node[part]
            # Of two of one name the first.
            places[keys] = dict(reversed(list(_every_name(node, parts))))
        return places[keys][name]

    batteries = {question.battery for question in questionnaire.questions if question.battery}
    scope = Scope(where, place_of, questionnaire.variables, broken, batteries)
    questionnaire.source.check(scope)
    _check_names(scope, data, home)
    _check_columns(scope, questionnaire)
    for question in questionnaire.questions:
        question.check(scope, place_of("questions", question.name), questionnaire.source)
        scope.known[question.name] = questionnaire.variables[question.name]
    for definition in questionnaire.derived:
        definition.check(scope, place_of("derived", definition.name))
        scope.known[definition.name] = questionnaire.variables[definition.name]
    if rules is not None:
        rules.check(scope, questionnaire)
    if about is not None:
        about.check(scope)
    return scope.found


def _check_names(scope: Scope, data: Mapping[str, Any], home: Mapping[str, YamlFile]) -> None:
    """Refuse a name that is there twice, or that something else in the responses has."""
    seen: dict[str, Place] = {}
    # Two of one name share the place of the first; the second is found by walking the lists themselves.
    for key in ("questions", "derived"):
        for name, place in _every_name(data.get(key) or [], (key,)):
            if name in seen:
                line = home["questions"].line(seen[name])
                scope.problem((*place, "name"), f"the name '{name}' is already used on line {line}")
            if name in RESERVED:
                scope.problem(
                    (*place, "name"),
                    f"the name '{name}' is taken: the responses have a column of that name",
                    f"any other than {', '.join(RESERVED)}",
                    "give it another name",
                )
            seen.setdefault(name, place)


def _check_columns(scope: Scope, questionnaire: Questionnaire) -> None:
    """Refuse a column of the export that is read for two things.

    In what somebody was drawn may be a question too, such as the region.
    """
    columns: dict[str, str] = {}
    drawn = [f"design.{use}" for use in questionnaire.source.design.columns if _DRAWN.match(use)]
    for use, column in questionnaire.columns:
        if columns.get(column) in drawn and not use.startswith(("design.", "paradata.")):
            columns[column] = use
            continue
        # The number of a respondent is often that by which the respondent is known again, too.
        if column in columns and (use, columns[column]) != ("design.panel_key", "source.key"):
            group, _, one = use.partition(".")
            place = ("source", group, one) if one else scope.place("questions", use)
            scope.problem(place, f"the column '{column}' is already read for '{columns[column]}'")
        columns.setdefault(column, use)


def _every_name(entries: Any, place: Place) -> Iterator[tuple[str, Place]]:
    """Yield every name in a list of the file with its place, those of the items of a battery among them."""
    for i, entry in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(entry, dict):
            if isinstance(entry.get("name"), str):
                yield entry["name"], (*place, i)
            yield from _every_name(entry.get("items"), (*place, i, "items"))
