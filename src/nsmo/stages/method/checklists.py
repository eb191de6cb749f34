"""The items of four checklists for surveys, and how much of each is known.

The checklists are those of the Transparency Initiative of AAPOR (code of 2021, III.A), CHERRIES (Eysenbach
2004), the 37 questions of ESOMAR and GRBN on online samples (2021), and the subjects that a report documents
by ISO 20252:2019 (numbered here). Their items are named in our own words in the message catalogues.
"""

import re
from typing import get_args

import pandas as pd

from nsmo.runner.packages import installed, normal
from nsmo.study import StudyError
from nsmo.study.about import Further

#: Checklist → its items in order: number (CHERRIES has none), name in the catalogues, facts that answer it.
CHECKLISTS: dict[str, tuple[tuple[str, str, tuple[str, ...]], ...]] = {
    "aapor": (
        ("A1", "strategy", ("mode",)),
        ("A2", "sponsor", ("conducted_by", "sponsor")),
        ("A3", "instrument", ("questionnaire", "instrument")),
        ("A4", "population", ("population",)),
        ("A5", "sample", ("frame", "contact", "incentives")),
        ("A6", "mode", ("mode", "language")),
        ("A7", "dates", ("field_period",)),
        ("A8", "size", ("published_n", "flow", "precision")),
        ("A9", "weights", ("original_weighting", "margins", "weights")),
        ("A10", "processing", ("cleaning", "corrections")),
        ("A11", "limits", ("selection", "assumptions")),
    ),
    "cherries": (
        ("1", "design", ("population", "frame")),
        ("2", "ethics", ("ethics",)),
        ("2", "consent", ("consent",)),
        ("2", "protection", ("data_protection", "identifying")),
        ("3", "testing", ("testing",)),
        ("4", "open", ("frame",)),
        ("4", "contact", ("contact",)),
        ("4", "advertising", ("invitation",)),
        ("5", "web", ("mode",)),
        ("5", "context", ("context",)),
        ("5", "voluntary", ("voluntary",)),
        ("5", "incentives", ("incentives",)),
        ("5", "dates", ("field_period",)),
        ("5", "randomisation", ("randomisation",)),
        ("5", "adaptive", ("adaptive",)),
        ("5", "items", ("items",)),
        ("5", "screens", ("screens",)),
        ("5", "completeness", ("completeness",)),
        ("5", "review", ("review",)),
        ("6", "visitors", ("visitors",)),
        ("6", "view_rate", ("view_rate",)),
        ("6", "participation_rate", ("participation_rate",)),
        ("6", "completion_rate", ("completion_rate",)),
        ("7", "cookies", ("cookies",)),
        ("7", "ip_check", ("ip_check",)),
        ("7", "log_files", ("log_files",)),
        ("7", "registration", ("registration", "duplicates")),
        ("8", "incomplete", ("partial",)),
        ("8", "timestamps", ("speeder",)),
        ("8", "correction", ("original_weighting", "weights")),
    ),
    "esomar": (
        ("1", "provider", ("conducted_by",)),
        ("2", "staff", ("staff",)),
        ("3", "services", ("services",)),
        ("4", "sources", ("frame", "contact")),
        ("5", "source_shares", ("source_shares",)),
        ("6", "channels", ("contact", "invitation")),
        ("7", "real_people", ("registration", "duplicates")),
        ("8", "brand", ("context",)),
        ("9", "delivery", ("frame",)),
        ("10", "composition", ("frame", "population")),
        ("11", "suitability", ("selection",)),
        ("12", "likeness", ("contact", "margins")),
        ("13", "profiles_held", ("profiles_held",)),
        ("14", "feasibility", ("feasibility",)),
        ("15", "field_failure", ("field_failure",)),
        ("16", "router", ("router",)),
        ("17", "router_time", ("router",)),
        ("18", "told_before", ("invitation",)),
        ("19", "choice_of_surveys", ("choice_of_surveys",)),
        ("20", "incentive_changes", ("incentives",)),
        ("21", "participant_satisfaction", ("participant_satisfaction",)),
        ("22", "debrief", ("flow", "outcome_rates")),
        ("23", "how_often", ("registration", "duplicates")),
        ("24", "histories", ("log_files",)),
        ("25", "identity", ("ip_check", "registration")),
        ("26", "blend", ("source_shares",)),
        ("27", "quality_tracking", ("quality_tracking",)),
        ("28", "undesired", ("cleaning", "speeder", "partial", "missing")),
        ("29", "privacy_notice", ("data_protection",)),
        ("30", "data_law", ("data_protection",)),
        ("31", "consent", ("consent",)),
        ("32", "other_law", ("other_law",)),
        ("33", "children", ("children",)),
        ("34", "by_design", ("identifying",)),
        ("35", "security", ("security",)),
        ("36", "quality_framework", ("quality_framework",)),
        ("37", "metrics", ("completion_rate", "outcome_rates", "speeder")),
    ),
    "iso": (
        ("1", "client", ("sponsor",)),
        ("2", "provider", ("conducted_by",)),
        ("3", "objectives", ("objectives",)),
        ("4", "subcontractors", ("contact",)),
        ("5", "population", ("population",)),
        ("6", "sample", ("frame",)),
        ("7", "size", ("published_n", "flow")),
        ("8", "dates", ("field_period",)),
        ("9", "collection", ("mode",)),
        ("10", "outcome_rates", ("outcome_rates",)),
        ("11", "channels", ("contact", "invitation")),
        ("12", "incentives", ("incentives",)),
        ("13", "field_checks", ("registration", "ip_check", "duplicates")),
        ("14", "questionnaire", ("questionnaire", "instrument")),
        ("15", "translation", ("language", "translation")),
        ("16", "testing", ("testing",)),
        ("17", "coding", ("corrections",)),
        ("18", "editing", ("cleaning", "partial")),
        ("19", "weights", ("original_weighting", "margins", "weights")),
        ("20", "precision", ("precision",)),
        ("21", "missing", ("missing",)),
        ("22", "limits", ("selection", "unknown")),
        ("23", "protection", ("data_protection", "identifying")),
        ("24", "software", ("software",)),
    ),
    "own": (
        ("", "outcome_rates", ("outcome_rates",)),
        ("", "sensitivity", ("sensitivity",)),
        ("", "missing", ("missing",)),
        ("", "software", ("software",)),
        ("", "seeds", ("seeds",)),
        ("", "unknown", ("unknown",)),
    ),
}
#: Facts of the checklists that only a person can know, beside the items of `method:`; study.yaml may tell
#: them under `method: further:`.
FURTHER: tuple[Further, ...] = get_args(Further)
#: What is known, and what is not.
UNKNOWN = ("not_published", "not_computable")


def tally(table: pd.DataFrame) -> pd.DataFrame:
    """Count, for each checklist, how many items are known and how.

    Parameters
    ----------
    table : DataFrame
        From `items`.

    Returns
    -------
    DataFrame
        ``checklist, items, known, inferred, in_part, reconstructed, not_published, not_computable``.
        `known`: a fact of it is published or computed from the files; `inferred`: the best that there is, is
        inferred or assumed; `in_part`: one fact is there and another is not; `reconstructed`: all that is
        known is of the reconstruction. Each item counts once.
    """
    rows = []
    for checklist, part in table.groupby("checklist", sort=False):
        counts = dict.fromkeys(["known", "inferred", "in_part", "reconstructed", *UNKNOWN], 0)
        items = part.groupby(["number", "item"], sort=False)["status"]
        for _, statuses in items:
            counts[_standing(set(statuses))] += 1
        rows.append({"checklist": checklist, "items": items.ngroups, **counts})
    return pd.DataFrame(rows)


def _standing(statuses: set[str]) -> str:
    known = statuses - set(UNKNOWN)
    if not known:
        return "not_computable" if statuses == {"not_computable"} else "not_published"
    if known == {"reconstructed"}:
        return "reconstructed"
    if statuses - known:
        return "in_part"
    return "known" if known & {"published", "computed"} else "inferred"


def packages(lock: str) -> dict[str, str]:
    """List the versions of the packages that the project names itself, as they run.

    Parameters
    ----------
    lock : str
        A requirements file with hashes, each package followed by comments on what needs it.

    Returns
    -------
    dict
        Package to the version that runs, in order of name; with that of the lock where it is another.

    Raises
    ------
    StudyError
        If the lock names none.
    """
    blocks = re.split(r"^(?=[A-Za-z0-9][\w.\-]*==)", lock, flags=re.MULTILINE)
    found = {}
    for block in blocks:
        head = re.match(r"([\w.\-]+)==([^\s\\;]+)", block)
        if head and re.search(r"# .*\(pyproject\.toml\)", block):
            running = installed().get(normal(head[1]), "–")
            found[head[1]] = running if running == head[2] else f"{running} (requirements.lock: {head[2]})"
    if not found:
        raise StudyError(
            found="no package of which pyproject.toml is the reason",
            where="requirements.lock",
            expected="lines name==version, each followed by '# via nsmo (pyproject.toml)'",
            fix="make lock",
        )
    return found
