"""What the stages of a wave will find, as its files tell: what else the report asks for, stops its build."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, NamedTuple

from nsmo.study.crosstabs import added, banners, made_of, tabulated
from nsmo.study.placeholders import PLACEHOLDERS

if TYPE_CHECKING:
    from nsmo.study.codebook import Codebook
    from nsmo.study.variable import Variable

#: Stages of the engine that estimate nothing in groups; any other one may estimate whatever it likes.
_OF_EVERYBODY = {
    *("ingest", "clean", "weight", "topline", "trend", "questionnaire", "fieldwork", "method", "trust"),
    *("bounds", "claims", "published", "coverage", "choices"),
}
_ESTIMATES = (
    "share",
    "mean",
    "average",
    "count",
    "base",
    "interval",
    "evidence",
    "adjusted",
    "table",
    "figure",
)
_NUMBERS = ("mean", "average", "base", "interval", "evidence", "adjusted", "changed", "earlier")
_JUDGED = ("statement", "printed", "verdict")


class Lacking(NamedTuple):
    """What no stage will find, what there is instead, and what to do."""

    found: str
    expected: str
    fix: str


def lacking(
    use: str, given: Mapping[str, str], codebook: "Codebook", stages: Collection[str]
) -> Lacking | None:
    """Return why what a report asks for will not be found; None where nothing speaks against it.

    Parameters
    ----------
    use : str
        The name of a placeholder.
    given : mapping
        What it is given, by name; the names themselves are known to be right.
    codebook : Codebook
    stages : collection of str
        The stages of the wave that have a notebook.
    """
    if use in _JUDGED and "claims" not in stages:
        fix = "name the wave under waves: claims: in params.yaml, or take the placeholder out"
        return Lacking("no stage judges published statements", "the stage `claims`", fix)
    if use in ("changed", "earlier") and ("trend" not in stages or not codebook.previous):
        fix = "name it under `previous:` in study.yaml, or take the placeholder out"
        return Lacking("this wave is compared with no earlier one", "an earlier wave", fix)
    variable = codebook.variables.get(given.get("question", ""))
    if variable is None or "question" not in PLACEHOLDERS[use].needs:
        return None
    if use in _ESTIMATES and variable.type in ("text", "date"):
        return Lacking(
            f"'{variable.name}' is a {variable.type}: nothing is estimated of it", "", "take it out"
        )
    if use in _NUMBERS and not given.get("option") and variable.type in ("single", "multi"):
        known = ", ".join(variable.option_names[:6])
        return Lacking(f"'{variable.name}' has answers, and no mean", f"an answer: {known}", "name one")
    grouped = use in ("figure", "table") and given.get("by")
    if variable.year and not given.get("option") and (use in _NUMBERS or grouped):
        return Lacking(f"'{variable.name}' is a year, which has no mean", "", "use `figure`, of everybody")
    if given.get("option") == "top" and len(variable.top_box) == 1:
        (only,) = variable.top_box
        return Lacking(f"'{variable.name}' has one answer in its top box", f"'{only}'", "name that answer")
    if use == "adjusted" and not codebook.weighs and codebook.origins is None:
        return Lacking("nothing is weighted here", "", "use `share` or `mean`")
    return _in_groups(use, given, variable, codebook, stages)


def _in_groups(
    use: str, given: Mapping[str, str], variable: "Variable", codebook: "Codebook", stages: Collection[str]
) -> Lacking | None:
    """Return that no stage has it in these groups, or of everybody where only cross-tables need it."""
    by = given.get("by", "")
    if set(stages) - _OF_EVERYBODY - {"crosstabs", *codebook.analyse}:
        return None  # a notebook of somebody's own
    named = [name for stage, parts in codebook.analyse.items() if stage in stages for name in _names(parts)]
    if use == "clear":
        # Whatever differs among reconstructed answers, was put there.
        if codebook.origins is not None or {variable.name, by} <= set(named):
            return None
        fix = "say nothing of the difference, or let a notebook test it"
        return Lacking(f"no stage tests whether '{variable.name}' differs by '{by}'", "", fix)
    if use not in _ESTIMATES or variable.name in named:
        return None
    crossed = banners(codebook) if "crosstabs" in stages and variable.name in tabulated(codebook) else []
    if not by:
        alone = variable.name not in added(codebook) and "topline" in stages
        return None if alone or crossed else _nowhere(variable.name, "")
    crossed = [name for name in crossed if name in codebook.variables]  # a crossed one may not be made yet
    crossed = [name for name in crossed if not made_of(codebook, variable.name) & made_of(codebook, name)]
    return None if by in crossed or by in named else _nowhere(variable.name, by, crossed)


def _names(parts: Mapping[str, str | list[str]]) -> list[str]:
    every = [name for part in parts.values() for name in ([part] if isinstance(part, str) else part)]
    return [name.partition(".")[0] for name in every]


def _nowhere(question: str, by: str, known: Collection[str] = ()) -> Lacking:
    groups = f" by '{by}'" if by else ""
    return Lacking(
        f"no stage estimates '{question}'{groups}",
        f"one of everybody{''.join(f', or by {name}' for name in known)}",
        "name the groups under `crosstabs: banners:` in rules.yaml, and the wave under `waves: crosstabs:`",
    )
