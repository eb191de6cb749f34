"""Whether the publications agree with each other."""

import pandas as pd

from nsmo.stages.claims.verdicts import CONSISTENT, CONTRADICT, ONE_SOURCE, Verdict
from nsmo.study.statements import Claim, Published
from nsmo.study.wordings import Interval, interval, values_of


def sources_agree(claim: Claim, published: Published) -> Verdict:
    """Decide whether the publications agree on what the claim speaks of.

    Two terms of a comparison contradict each other when no value fits both. That counts for the claims of
    both, unless one is this project's reading of a label: that contradicts the claims of the reading alone.

    Parameters
    ----------
    claim : Claim
        A row of the published statements.
    published : Published
        All of them, with the comparisons.

    Returns
    -------
    Verdict
        sources contradict; consistent, where at least two publications say so; else one source only.
    """
    reasons, sources = [], {claim.source}
    own = interval(claim)
    for other in claim.also:
        theirs = interval(other)
        if own is not None and theirs is not None and not own.overlaps(theirs):
            reasons.append(f"“{claim.wording}” and “{other.wording}” have no value in common")
        sources.add(other.source)
    for comparison in published.comparisons:
        for term in comparison.terms:
            if claim.claim not in term.claims:
                continue
            here = values_of(term, published)
            # A reading is held against what was published, and nothing that was published against a reading.
            others = [o for o in comparison.terms if o is not term and not o.reading]
            against = [(o, values_of(o, published)) for o in others]
            against = [f"{_range(v)} ({' + '.join(o.claims)})" for o, v in against if not here.overlaps(v)]
            if against:
                reasons.append(f"{comparison.quantity}: {_range(here)} here, against {', '.join(against)}")
            elif term.as_ == "same" and not term.reading:
                same = [o for o in others if o.as_ == "same"]
                sources |= {published.claim(name).source for o in same for name in o.claims}
    if reasons:
        return Verdict(CONTRADICT, "; ".join(reasons))
    if len(sources) == 1:
        return Verdict(ONE_SOURCE, f"only in {published.sources[claim.source].publisher}")
    publishers = [published.sources[name].publisher for name in published.sources if name in sources]
    return Verdict(CONSISTENT, f"in {', '.join(publishers)}")


def quantities(published: Published) -> pd.DataFrame:
    """List what each publication says about the quantities that several of them speak of.

    Returns
    -------
    DataFrame
        ``quantity, wording, publisher, low, high, agrees``: the values, in per cent, that each term of a
        comparison allows, and whether some value fits it and every other term that was published.
    """
    rows = []
    for comparison in published.comparisons:
        values = [values_of(term, published) for term in comparison.terms]
        for term, here in zip(comparison.terms, values, strict=True):
            claims = [published.claim(name) for name in term.claims]
            wording = " and ".join(
                words if term.as_ in ("same", "sum") else f"“{words}”"
                for words in (claim.wording or claim.id for claim in claims)
            )
            rows.append(
                {
                    "quantity": comparison.quantity,
                    "wording": _TERMS[term.as_].format(wording=wording)
                    + (", as we read the label" if term.reading else ""),
                    "publisher": published.sources[claims[0].source].publisher,
                    "low": here.low / 100,
                    "high": here.high / 100,
                    # As in `sources_agree`: nothing that was published clashes with how we read it.
                    "agrees": all(
                        here.overlaps(value)
                        for other, value in zip(comparison.terms, values, strict=True)
                        if other is term or not other.reading
                    ),
                }
            )
    return pd.DataFrame(rows, columns=["quantity", "wording", "publisher", "low", "high", "agrees"])


#: How a term of a comparison is made of the words as printed.
_TERMS = {
    "same": "{wording}",
    "sum": "{wording}",
    "complement": "100% less {wording}",
    "at_most": "at most {wording}",
}


def _range(values: Interval) -> str:
    return f"{values.low:.4g} to {values.high:.4g}%"
