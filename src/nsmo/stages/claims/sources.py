"""Whether the publications agree with each other."""

import pandas as pd

from nsmo.stages.claims.verdicts import CONSISTENT, CONTRADICT, Verdict
from nsmo.study.statements import Claim, Published
from nsmo.study.wordings import Interval, interval, values_of


def sources_agree(claim: Claim, published: Published) -> Verdict:
    """Decide whether the publications agree on what the claim speaks of.

    Two terms of a comparison contradict each other when no value fits both. A contradiction counts for the
    claims of both.
    """
    reasons = []
    own = interval(claim)
    for other in claim.also:
        theirs = interval(other)
        if own is not None and theirs is not None and not own.overlaps(theirs):
            reasons.append(f"“{claim.wording}” and “{other.wording}” have no value in common")
    for comparison in published.comparisons:
        for term in comparison.terms:
            if claim.claim not in term.claims:
                continue
            here = values_of(term, published)
            against = [(other, values_of(other, published)) for other in comparison.terms]
            against = [f"{_range(v)} ({' + '.join(o.claims)})" for o, v in against if not here.overlaps(v)]
            if against:
                reasons.append(f"{comparison.quantity}: {_range(here)} here, against {', '.join(against)}")
    return Verdict(CONTRADICT if reasons else CONSISTENT, "; ".join(reasons))


def quantities(published: Published) -> pd.DataFrame:
    """List what each publication says about the quantities that several of them speak of.

    Returns
    -------
    DataFrame
        ``quantity, wording, publisher, low, high, agrees``: the values, in per cent, that each term of a
        comparison allows, and whether some value fits it and every other term.
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
                    "wording": _TERMS[term.as_].format(wording=wording),
                    "publisher": published.sources[claims[0].source].publisher,
                    "low": here.low / 100,
                    "high": here.high / 100,
                    "agrees": all(here.overlaps(other) for other in values),
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
