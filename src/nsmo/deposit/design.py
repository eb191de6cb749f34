"""Weights and the design of a sample, as columns of a deposit and as a declaration of how to use them."""

from collections.abc import Iterator

import pandas as pd

from nsmo.deposit.column import Column
from nsmo.deposit.questionnaire import plain
from nsmo.present.wording import Wording
from nsmo.study import Codebook

REPLICATE = "weight.r"  # what the stage weight calls replicate weights in the responses
_KINDS = ("stratum", "cluster", "fpc")


def design_columns(
    codebook: Codebook, responses: pd.DataFrame, words: Wording
) -> Iterator[tuple[Column, pd.Series]]:
    """Yield the weight, and where they came with the responses strata, clusters, populations and replicates.

    Strata and clusters are numbered anew: their labels may tell where somebody lives.

    Parameters
    ----------
    codebook : Codebook
    responses : DataFrame
        As the stage weight leaves them.
    words : Wording
        Of the language of the labels.
    """
    if codebook.weighting is None or "weight" not in responses:
        return
    yield Column("weight", words("deposit.weight"), "scale", weight=True), responses["weight"].astype(float)
    if codebook.weighting.propensity:
        yield from _replicates(responses, words)
        return
    if not codebook.weighting.given:
        return
    design = codebook.source.design
    for kind in _KINDS:
        for place, name in enumerate(design.named(kind), start=1):
            own = kind if place == 1 else f"{kind}{place}"
            label = words(f"deposit.{kind}") + (f" {place}" if place > 1 else "")
            if kind == "fpc":
                yield Column(own, label, "scale"), responses[name].astype(float)
            else:
                numbered = pd.Series(pd.factorize(responses[name], sort=True)[0] + 1.0, responses.index)
                yield Column(own, label, "nominal"), numbered
    yield from _replicates(responses, words)


def _replicates(responses: pd.DataFrame, words: Wording) -> Iterator[tuple[Column, pd.Series]]:
    for place, name in enumerate([name for name in responses if name.startswith(REPLICATE)], start=1):
        label = words("deposit.replicate", number=words.integer(place))
        own = f"repwt{name.removeprefix(REPLICATE)}"
        yield Column(own, label, "scale", weight=True), responses[name].astype(float)


def declaration(codebook: Codebook, columns: list[Column], words: Wording) -> list[str]:
    """Return how the weights came about and how they are used, in lines of Markdown; none without weights."""
    weighting, names = codebook.weighting, [column.name for column in columns]
    if weighting is None or "weight" not in names:
        return []
    population = weighting.population[words.language]
    lines = [words("deposit.stands_for", population=plain(population.rstrip(".")))]
    if weighting.given:
        lines[0] += " " + words("deposit.given")
    if weighting.propensity:
        by = words.join(f"`{name}`" for name in weighting.propensity.by)
        lines[0] += " " + words("deposit.by_chance", by=by)
    if weighting.margins:
        listed = words.join(f"`{margin.question}`" for margin in weighting.margins)
        lines[0] += " " + words("deposit.raked", margins=listed)
    return [*lines, "", words("deposit.in_r"), "", "```r", *_in_r(codebook, names), "```"]


def _in_r(codebook: Codebook, names: list[str]) -> list[str]:
    """Write the design in R; replicates as `svrepdesign` has them."""
    given = codebook.weighting.as_given if codebook.weighting else None
    replicates = [name for name in names if name.startswith("repwt")]
    if given is None and replicates:
        scale = f"scale = {1 / (len(replicates) - 1):.10g}, rscales = rep(1, {len(replicates)})"
        return [
            'svrepdesign(weights = ~weight, repweights = "^repwt[0-9]+$", type = "other",',
            f"            {scale}, combined.weights = TRUE, mse = FALSE, data = d)",
        ]
    if given is not None and given.replicates is not None and replicates:
        asked = given.replicates
        scale, rscales = asked.scales(len(replicates))
        alike = len(set(rscales or [1])) == 1
        every = f"rep({(rscales or [1])[0]:g}, {len(replicates)})"
        if rscales and not alike:
            every = f"c({', '.join(f'{one:g}' for one in rscales)})"
        # The weights are those of the deposit, whatever they were made from, and the scale is spelled out.
        return [
            'svrepdesign(weights = ~weight, repweights = "^repwt[0-9]+$", type = "other",',
            f"            scale = {scale:.10g}, rscales = {every},",
            f"            combined.weights = TRUE, mse = {str(asked.mse).upper()}, data = d)",
        ]

    def formula(kind: str) -> str:
        own = [name for name in names if name.rstrip("0123456789") == kind]
        return f"~{' + '.join(own)}" if own else ""

    parts = [f"ids = {formula('cluster') or '~1'}"]
    parts += [
        f"{argument} = {formula(kind)}"
        for argument, kind in (("strata", "stratum"), ("fpc", "fpc"))
        if given is not None and formula(kind)
    ]
    margins = codebook.weighting.margins if codebook.weighting else []
    raked = ["# This design does not know of the raking: most of its standard errors are too large."] * bool(
        margins
    )
    lonely = [f'options(survey.lonely.psu = "{given.lonely_psu}")'] if given and formula("stratum") else []
    return [*raked, *lonely, f"svydesign({', '.join(parts)}, weights = ~weight, nest = TRUE, data = d)"]
