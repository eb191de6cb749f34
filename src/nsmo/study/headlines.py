"""The shares that open a report."""

from string import Formatter
from typing import NamedTuple

from nsmo.study.about import Finding
from nsmo.study.codebook import Codebook


class Headline(NamedTuple):
    """A share that opens the report; without `by` and `group` it is about everybody."""

    question: str
    option: str
    by: str | None
    group: str | None


def headlines(codebook: Codebook) -> list[Headline]:
    """List the shares that open the report, in the order of the codebook.

    A finding about groups gives one for each group that its sentence names. Means are left out.
    """
    return [
        Headline(finding.question, finding.option, finding.by if group else None, group)
        for finding in (codebook.report.findings if codebook.report else [])
        if finding.option
        for group in _named_groups(codebook, finding)
    ]


def _named_groups(codebook: Codebook, finding: Finding) -> list[str | None]:
    """Whom the sentence of a finding speaks of: None is everybody."""
    names = {name for _, name, _, _ in Formatter().parse(finding.sentence.en) if name}
    groups = codebook.variable(finding.by).option_names if finding.by else []
    return [*([None] if "value" in names else []), *(group for group in groups if group in names)]
