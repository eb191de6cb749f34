"""Where the evidence on a statement stands: the page, the table and the figure."""

from collections.abc import Mapping, Sequence

from nsmo.stages.claims.verdicts import FIGURES
from nsmo.study import Codebook
from nsmo.study.estimands import Association
from nsmo.study.statements import Claim


def evidence(claim: Claim, codebook: Codebook) -> dict[str, str | None]:
    """Find where the evidence on a statement stands.

    Parameters
    ----------
    claim : Claim
        A row of the published statements.
    codebook : Codebook
        Its `analyse:` says which stage is about which questions.

    Returns
    -------
    dict
        ``notebook`` (its page), ``table`` and ``figure``, below reports/<wave>. The stage is the first that
        is about every question in the statement, and for an association the first that estimates it; if none
        is, the evidence is the estimate in the table of this stage. A statement that nothing measures has no
        figure.
    """
    stage = next((name for name, roles in codebook.analyse.items() if _holds(name, roles, claim)), "claims")
    table = "claims" if stage == "claims" else "estimates"
    drawn = None if claim.estimate is None else "claims" if claim.type in FIGURES else "directions"
    return {
        "notebook": f"html/notebooks/{stage}.html",
        "table": f"tables/{stage}/{table}.csv",
        "figure": drawn and f"figures/claims/{drawn}.svg",
    }


#: Of the stages that estimate associations: which of their roles explain which, all with all.
_ASSOCIATED = {
    "budget": [(("question", "size", "level"), ("importance", "policy"))],
    "accountability": [
        (("goals",), ("results", "frequency", "satisfaction")),
        (("importance",), ("goals", "frequency")),
    ],
    "platforms": [(("associated",), ("number",))],
}


#: Of the stages in which not every question divides respondents into groups: the roles that do.
_DIVIDING = {"profiles": ("groups",), "accountability": ("groups",)}


def _holds(stage: str, roles: Mapping[str, str | list[str]], claim: Claim) -> bool:
    """Whether the table of a stage has the estimate of a statement.

    Shares and means of groups are there where a stage is about both questions. An association is not: a stage
    that shows how groups answer has estimated none.
    """
    asked, estimate = questions_of(claim), claim.estimate
    where = getattr(estimate, "where", None)
    if where is not None and len(where.is_ or ()) != 1:
        return False  # only one answer to a question makes a group of its own on a page
    if isinstance(estimate, Association):
        return estimate.method == "somers_d" and any(
            estimate.x in _entries(roles, explaining) and estimate.y in _entries(roles, explained)
            for explaining, explained in _ASSOCIATED.get(stage, ())
        )
    by = getattr(estimate, "by", None)
    dividing = {entry.split(".")[0] for entry in _entries(roles, _DIVIDING.get(stage))}
    if by is not None and by not in dividing:
        return False
    return bool(asked) and {*asked} <= {entry.split(".")[0] for entry in _entries(roles)}


def _entries(roles: Mapping[str, str | list[str]], names: Sequence[str] | None = None) -> list[str]:
    """List what the roles of a stage (or those of these names) say, each a question or question.option."""
    chosen = [roles[name] for name in (roles if names is None else names) if name in roles]
    return [entry for part in chosen for entry in ([part] if isinstance(part, str) else part)]


def questions_of(claim: Claim) -> list[str]:
    """List the questions that a statement is about, the measured one first."""
    estimate = claim.estimate
    if estimate is None:
        return []
    named = [getattr(estimate, part, None) for part in ("question", "y", "x", "by")]
    where = getattr(estimate, "where", None)
    named += [str(leaf.question) for leaf, _ in where.leaves()] if where else []
    return [name for name in named if name]
