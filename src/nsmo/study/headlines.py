"""The shares that stand for a study."""

from typing import NamedTuple

from nsmo.study.codebook import Codebook


class Headline(NamedTuple):
    """A share that stands for the study; without `by` and `group` it is about everybody."""

    question: str
    option: str
    by: str | None
    group: str | None


def headlines(codebook: Codebook) -> list[Headline]:
    """List the shares that stand for the study, in the order of study.yaml.

    A headline in groups gives one for each of them. Means are left out.
    """
    return [
        Headline(one.question, one.option, one.by, group)
        for one in codebook.headlines
        if one.option
        for group in (codebook.variable(one.by).option_names if one.by else [None])
    ]
