"""Published figures: what each is a share or a mean of, and which values may have been printed so."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import numpy as np
import pandas as pd

from nsmo.stages.bounds.kinds import Uses
from nsmo.study import Codebook
from nsmo.study.conditions import evaluate
from nsmo.study.estimands import Association, Difference, Estimate, Extreme, Mean, Proportion, Ranking
from nsmo.study.statements import Claim, Published, Wording
from nsmo.study.wordings import interval
from nsmo.survey.measures import as_numeric, base_mask, chosen

FIGURES = ("exact", "about", "almost", "over", "fraction", "more_than", "group_share")


@dataclass(frozen=True)
class Allowed:
    """Values from `low` to `high` that may have been printed as a figure; None: no end."""

    low: Fraction
    high: Fraction | None
    open_low: bool = False
    open_high: bool = False

    def contains(self, value: Fraction) -> bool:
        """Return whether a value may have been printed so."""
        above = value > self.low if self.open_low else value >= self.low
        return above and (self.high is None or (value < self.high if self.open_high else value <= self.high))


def allowed(figure: Claim | Wording, unit: str | None, slip: bool = False) -> Allowed:
    """Return which values may have been printed as a figure.

    Parameters
    ----------
    figure : Claim or Wording
        A published figure.
    unit : str
        "percent" becomes a share from 0 to 1.
    slip : bool
        Allow one unit more in the last digit of a rounded figure.

    Returns
    -------
    Allowed
        As `nsmo.study.published.interval`, in exact fractions. A half in a rounded figure may have been
        rounded up or to the even digit: the upper end belongs to it where the last digit is even.
    """
    kind = getattr(figure, "worded", None) or figure.type
    scale = 100 if unit == "percent" else 1
    if kind == "exact":
        decimals = figure.decimals or 0
        digits = round((figure.value or 0.0) * 10**decimals)
        step = Fraction(1, scale * 10**decimals)
        reach = Fraction(3, 2) if slip else Fraction(1, 2)
        return Allowed((digits - reach) * step, (digits + reach) * step, open_high=bool(digits % 2) or slip)
    found = interval(figure)
    if found is None:
        raise ValueError(f"a statement of the type {kind} allows no range of values")
    # The ends are simple fractions of a hundred, which floats come as near to as they can.
    low, high = (
        Fraction(end).limit_denominator(10**6) if abs(end) < np.inf else None
        for end in (found.low, found.high)
    )
    return Allowed(
        Fraction(0) if low is None else low / scale,
        None if high is None else high / scale,
        not found.closed_low,
        not found.closed_high,
    )


@dataclass(frozen=True, eq=False)
class Figure:
    """A published figure: what it may be a share or mean of (one of several readings), and what it allows."""

    id: str
    readings: tuple[tuple[str, Proportion | Mean], ...]
    allows: tuple[Allowed, ...]
    with_slip: tuple[Allowed, ...] | None


def premises(published: Published) -> list[Figure]:
    """List what is taken to hold of everybody, as figures that allow nothing but all."""
    everybody = (Allowed(Fraction(1), Fraction(1)),)
    return [Figure(p.id, ((p.id, p.estimate),), everybody, None) for p in published.premises]


def figures(published: Published) -> list[Figure]:
    """List the published figures; no direction or order is one, and no bound that the words do not number."""
    found = []
    for claim in published.claims:
        if claim.type not in FIGURES or claim.value is None or claim.implicit:
            continue
        wordings = [claim, *claim.also]
        rows = [(row.id, row.estimate) for row in claim.rows() if isinstance(row.estimate, Proportion | Mean)]
        # Parts are said all at once, readings instead of one another.
        groups = [[row] for row in rows] if claim.parts else [rows]
        rounded = any("exact" in (wording.type, getattr(wording, "worded", None)) for wording in wordings)
        for group in groups:
            found.append(
                Figure(
                    claim.id,
                    tuple(group),
                    tuple(allowed(wording, claim.unit) for wording in wordings),
                    tuple(allowed(wording, claim.unit, slip=True) for wording in wordings)
                    if rounded
                    else None,
                )
            )
    return found


# ------------------------------------------------------------------------------- estimates as sums over kinds


def loose_groups(published: Published) -> dict[str, tuple[str, ...]]:
    """List the described groups, with the options whose words say exactly who belongs.

    Of the others a publication gave the size and a description that no rule follows from; the rule by which
    the study measures them is its own and binds no answer.
    """
    found: dict[str, tuple[str, ...]] = {}
    for claim in published.claims:
        if claim.type == "group_share":
            for row in claim.rows():
                if isinstance(row.estimate, Proportion) and row.estimate.option is not None:
                    literal = (row.estimate.option,) if claim.literal else ()
                    found[row.estimate.question] = found.get(row.estimate.question, ()) + literal
    return found


def uses_of(
    estimate: Estimate,
    codebook: Codebook,
    loose: Mapping[str, tuple[str, ...]] | None = None,
    named: Collection[tuple[str, str]] = (),
) -> Uses:
    """Return which answers an estimate of the published statements is about.

    Parameters
    ----------
    loose : mapping, optional
        As in `Uses`.
    named : collection of (str, str)
        Options of questions that figures name. Of the other options of a ranking one stands for all.
    """
    uses = Uses(codebook, loose or {})
    if estimate.where is not None:
        uses.condition(estimate.where)
    match estimate:
        case Association():
            for name in (estimate.x, estimate.y):
                high = estimate.high.get(name)
                uses.variable(name, codebook.variable(name).top_box if high is None else [high])
        case Ranking():
            lower = lower_of(estimate, codebook)
            known = [option for option in lower if (estimate.question, option) in named]
            alike = [option for option in lower if option not in known]
            uses.variable(estimate.question, [*estimate.higher, *known, *alike[:1]])
        case Proportion() if estimate.when is not None:
            uses.condition(estimate.when)
        case Proportion():
            option = [estimate.option] if estimate.option is not None else None
            uses.variable(estimate.question, estimate.options or option)
        case Difference() | Extreme():
            uses.variable(estimate.question, None if estimate.option is None else [estimate.option])
            uses.variable(estimate.by)
        case Mean():
            uses.variable(estimate.question)
    return uses


def lower_of(estimate: Ranking, codebook: Codebook) -> list[str]:
    """List the options that a ranking puts below the others."""
    options = codebook.variable(estimate.question).option_names
    return list(estimate.lower or [name for name in options if name not in estimate.higher])


def sums(
    estimate: Proportion | Mean, frame: pd.DataFrame, codebook: Codebook
) -> tuple[np.ndarray, np.ndarray]:
    """Return a share or mean as one sum over kinds over another.

    Returns
    -------
    (part, whole)
        Whole coefficients; of a mean both are multiplied until the scores are whole.
    """
    inside = np.ones(len(frame), dtype=bool)
    if estimate.where is not None:
        inside &= evaluate(estimate.where, frame).to_numpy()
    variable = codebook.variable(estimate.question)
    if isinstance(estimate, Mean):
        return scores(as_numeric(frame, variable).to_numpy(), inside)
    inside &= base_mask(frame, variable).to_numpy()
    if estimate.when is not None:
        yes = evaluate(estimate.when, frame)
    elif estimate.above is not None:
        yes = as_numeric(frame, variable).gt(estimate.above)
    else:
        yes = chosen(frame, variable, estimate.options or [str(estimate.option)])
    return (yes.to_numpy() & inside).astype(np.int64), inside.astype(np.int64)


def scores(values: np.ndarray, inside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean of some values, over those inside that have one, as a sum over a sum."""
    known = inside & ~np.isnan(values)
    fractions = [Fraction(v).limit_denominator(10_000) for v in np.where(known, values, 0.0)]
    by = lcm(*(f.denominator for f in fractions))
    return np.array([int(f * by) for f in fractions]), known.astype(np.int64) * by
