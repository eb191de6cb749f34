"""Other assumptions that the published words allow as well: how strongly answers go with one another."""

from typing import Any

from nsmo.reconstruct.assumptions import Assumption, Assumptions, Claims, Propensity, Traits
from nsmo.reconstruct.chance import Chance
from nsmo.study.statements import Published

#: What the part of chance in a score is multiplied by: less makes an association stronger, more weaker.
FACTORS = ((1, 2), (1, 1), (2, 1), (4, 1))


def vary(assumptions: Assumptions, published: Published, chance: Chance) -> Assumptions:
    """Draw other strengths of association, and ask no more of them than was published.

    Counts stay as they are. The part of chance in who gives which answer is multiplied by one of `FACTORS`,
    drawn for each question. The assumed ranges and distances under ``between`` and ``apart_by`` go, so that a
    stated direction needs only its sign and an order only its first; what was said to be significant keeps
    the assumed range.

    Parameters
    ----------
    assumptions : Assumptions
        Of the wave.
    published : Published
        Its statements.
    chance : Chance
        Where the factors come from.
    """
    significant = {row.id for row in published.rows if row.type == "significant"}
    return assumptions.model_copy(
        update={
            "assumptions": [
                _varied(assumption, significant, chance) for assumption in assumptions.assumptions
            ]
        }
    )


def _varied(assumption: Assumption, significant: set[str], chance: Chance) -> Assumption:
    ((key, content),) = assumption.content.items()
    if isinstance(content, Claims):
        kept = {name: ends for name, ends in content.between.items() if name in significant}
        content = content.model_copy(update={"between": kept, "apart_by": {}})
    elif isinstance(content, Propensity) and content.follows:
        content = _noisier(content, chance)
    elif assumption.traits:
        content = {
            name: _noisier(trait, chance) if trait.follows else trait
            for name, trait in assumption.traits.items()
        }
    else:
        return assumption
    return assumption.model_copy(update={key: content})


def _noisier(content: Propensity | Traits, chance: Chance) -> Any:
    above, below = chance.pick(FACTORS)
    return content.model_copy(update={"noise": max(1, content.noise * above // below)})
