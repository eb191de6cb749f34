"""Where the figures of reconstructed answers come from: published, implied by what was, or assumed."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import StringConstraints

from nsmo.study.derived import Flag
from nsmo.study.estimands import Mean, Proportion
from nsmo.study.model import Model
from nsmo.study.statements import Claim, Published

if TYPE_CHECKING:
    from nsmo.study.codebook import Codebook
    from nsmo.study.scope import Scope

PUBLISHED, IMPLIED, ASSUMED = "published", "implied", "assumed"
#: From what is known to what is not.
ORIGINS = (PUBLISHED, IMPLIED, ASSUMED)

#: The share of an answer, or the mean of a question, of everybody or of a group.
Cell = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)?( in [a-z][a-z0-9_]*\.[a-z0-9_]+)?$")
]
#: The option of the box that counts, as `nsmo.results` has it.
TOP = "top"
_WORDED = ("about", "almost", "over", "fraction", "group_share")


class Origins(Model):
    """Which figures are not assumed: `question.option`, a mean `question`; of a group `… in by.group`."""

    published: list[Cell] = []
    """Printed as a number."""
    implied: list[Cell] = []
    """Printed in words, such as "about 84 %", or with a slip in the last digit: known to within that."""

    def check(self, scope: "Scope") -> None:
        """Check the names against the questionnaire."""
        for origin in (PUBLISHED, IMPLIED):
            for name in getattr(self, origin):
                figure, _, where = name.partition(" in ")
                for part in filter(None, (figure, where)):
                    question, _, option = part.partition(".")
                    variable = scope.variable(("origins", origin), question)
                    if option and not (option == TOP and variable is not None and variable.top_box):
                        scope.options(("origins", origin), question, [option])

    def of(self, row: Mapping[str, Any]) -> str:
        """Return the origin of a row of estimates: one of `ORIGINS`.

        Weighted figures and effects are always assumed: how many respondents were of which size and sector,
        and what went together with what, nobody published.
        """
        if row["weighted"] or row["statistic"] not in ("proportion", "mean"):
            return ASSUMED
        share = row["statistic"] == "proportion"
        name = cell(row["question"], row["option"] if share else None, row.get("by"), row.get("group"))
        return next((origin for origin in (PUBLISHED, IMPLIED) if name in getattr(self, origin)), ASSUMED)


def cell(question: str, option: object = None, by: object = None, group: object = None) -> str:
    """Return the name of a figure, as rules.yaml has it.

    Examples
    --------
    >>> cell("media", "web"), cell("n_media", None, "market", "firms")
    ('media.web', 'n_media in market.firms')
    """
    of_group = f" in {by}.{group}" if isinstance(group, str) and group else ""
    return f"{question}.{option}{of_group}" if isinstance(option, str) and option else f"{question}{of_group}"


def may_have_interval(row: Mapping[str, Any]) -> bool:
    """Return whether a figure of reconstructed answers, with its `origin`, may have an interval.

    Only a share of everybody that was published or follows from that: neither how large a group was nor how
    far numbers lay apart was published.
    """
    group = row.get("group")
    of_group = isinstance(group, str) and bool(group)
    return row["origin"] != ASSUMED and row["statistic"] == "proportion" and not of_group


def origins_of(published: Published, codebook: "Codebook") -> Origins:
    """Work out which figures the published statements print: as a number, or in words.

    Parameters
    ----------
    published : Published
        The statements. One that can be read in several ways prints the figure of none of them, and a bound
        ("more than a quarter") prints no figure.
    codebook : Codebook
        Tells which answers a derived variable stands for.

    Returns
    -------
    Origins
    """
    found: dict[str, list[str]] = {PUBLISHED: [], IMPLIED: []}
    for claim in published.claims:
        if claim.readings or claim.type not in ("exact", *_WORDED):
            continue
        origin = PUBLISHED if claim.type == "exact" else IMPLIED
        for row in claim.rows():
            found[origin] += [name for name in _cells(row, codebook) if name not in found[origin]]
    return Origins(published=found[PUBLISHED], implied=found[IMPLIED])


def _cells(claim: Claim, codebook: "Codebook") -> Iterator[str]:
    """Return the figure of a statement; that of a flag that is no more than a top box is that box's, too."""
    estimate = claim.estimate
    if not isinstance(estimate, Proportion | Mean):
        return
    by = group = None
    if estimate.where is not None:
        tests = estimate.where.tests
        if len(tests.get("is", ())) != 1:
            return
        by, (group,) = estimate.where.question, tests["is"]
    if isinstance(estimate, Mean):
        yield cell(estimate.question, None, by, group)
    elif estimate.option is not None:
        yield cell(estimate.question, estimate.option, by, group)
        definition = codebook.variable(estimate.question).definition
        if isinstance(definition, Flag) and estimate.option == "yes" and definition.when.question:
            source = codebook.variable(definition.when.question)
            if source.top_box and definition.when.tests.get("is") == source.top_box:
                yield cell(source.name, TOP, by, group)
