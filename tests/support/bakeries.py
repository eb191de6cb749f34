"""Ten bakeries that answered the questionnaire of the unit tests."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from nsmo.study import Codebook
from nsmo.survey import Survey

WEIGHTING = {"subgroup_tables": True, "limits": {"min_effective_n": 0}}

# Number 9 does not know whether bread must be fresh, 10 left before that page.
FRESH = ["agree", "agree", "agree", "neutral", "disagree", "agree", "neutral", "disagree", None, None]
WHY = [None] * 8 + ["dont_know", "no_answer"]
WHITE = [True, True, True, True, True, True, False, False, False, None]
RYE = [True, True, False, False, False, False, False, False, True, None]
SIZE = ["small", "small", "small", "small", "small", "small", "middle", "middle", "large", "large"]
ONLINE = ["yes", "yes", "yes", "yes", "no", "no", "no", "no", "no", "no"]
TURNOVER = [10.0, 20.0, 30.0, None, *[None] * 6]
WHY_TURNOVER = [None, None, None, "no_answer", *["not_asked"] * 6]


def categorical(values: Sequence[str | None], names: list[str], ordered: bool = False) -> pd.Categorical:
    return pd.Categorical(values, categories=names, ordered=ordered)


def reasons(values: Sequence[str | None]) -> pd.Categorical:
    return categorical(values, ["dont_know", "refused", "not_asked", "no_answer"])


def ten_bakeries() -> pd.DataFrame:
    """The responses as the weight stage leaves them."""
    none = reasons([None] * 10)
    frame = pd.DataFrame(
        {
            "response_id": [str(i) for i in range(1, 11)],
            "breads.white": pd.array(WHITE, dtype="boolean"),
            "breads.rye": pd.array(RYE, dtype="boolean"),
            "breads.none": pd.array([False] * 9 + [None], dtype="boolean"),
            "breads.other": pd.array([False] * 9 + [None], dtype="boolean"),
            "breads.missing": reasons([None] * 9 + ["no_answer"]),
            "size": categorical(SIZE, ["small", "middle", "large"]),
            "size.missing": none,
            "fresh": categorical(FRESH, ["disagree", "neutral", "agree"], ordered=True),
            "fresh.missing": reasons(WHY),
            "online": categorical(ONLINE, ["yes", "no"]),
            "online.missing": none,
            "turnover": TURNOVER,
            "turnover.missing": reasons(WHY_TURNOVER),
            "n_breads": [2.0, 2.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0, np.nan],
            "n_breads.missing": reasons([None] * 9 + ["no_answer"]),
            "weight": [0.5] * 6 + [1.5] * 2 + [2.0] * 2,
            "margin.size": categorical(SIZE, ["small", "middle", "large"]),
        }
    )
    for name in ("cheap", "warm"):
        frame[name] = frame["fresh"]
        frame[f"{name}.missing"] = frame["fresh.missing"]
    frame["is_fresh"] = categorical(["yes" if v == "agree" else "no" for v in FRESH], ["yes", "no"])
    frame["is_fresh"] = frame["is_fresh"].where(frame["fresh.missing"].isna())
    frame["is_fresh.missing"] = frame["fresh.missing"]
    frame["consent"] = categorical(["yes"] * 10, ["yes", "no"])
    frame["consent.missing"] = none
    return frame


def survey_of(
    frame: pd.DataFrame,
    codebook: Codebook,
    *,
    subgroups: bool = True,
    confidence: float = 0.95,
    min_n: int = 1,
    min_effective_n: float = 0,
) -> Survey:
    """The survey of some responses, where all is shown unless a test says otherwise."""
    weighting = {"subgroup_tables": subgroups, "limits": {"min_effective_n": min_effective_n}}
    return Survey.from_responses(frame, weighting, codebook, confidence=confidence, min_n=min_n)


def many_bakeries(seed, n=120, small=4):
    """Responses with a rare size and a rare opinion, as cleaning leaves them."""
    rng = np.random.default_rng(seed)
    sizes = np.array(["small"] * (n - 2 * small) + ["middle"] * small + ["large"] * small)
    rng.shuffle(sizes)
    fresh = rng.choice(["disagree", "neutral", "agree"], n, p=[0.03, 0.27, 0.7]).astype(object)
    unsure = rng.random(n) < 0.05
    online = rng.choice(["yes", "no"], n, p=[0.5, 0.5])
    none = reasons([None] * n)
    frame = pd.DataFrame(
        {
            "response_id": [str(i) for i in range(n)],
            "size": categorical(sizes, ["small", "middle", "large"]),
            "size.missing": none,
            "size_class": categorical(np.where(sizes == "large", "larger", "smaller"), ["smaller", "larger"]),
            "size_class.missing": none,
            "fresh": categorical(
                [None if u else f for f, u in zip(fresh, unsure, strict=True)],
                ["disagree", "neutral", "agree"],
                ordered=True,
            ),
            "fresh.missing": reasons(["dont_know" if u else None for u in unsure]),
            "is_fresh": categorical(
                [
                    None if u else ("yes" if f == "agree" else "no")
                    for f, u in zip(fresh, unsure, strict=True)
                ],
                ["yes", "no"],
            ),
            "is_fresh.missing": reasons(["dont_know" if u else None for u in unsure]),
            "online": categorical(online, ["yes", "no"]),
            "online.missing": none,
            "turnover": np.where(online == "yes", rng.integers(1, 100, n).astype(float), np.nan),
            "turnover.missing": reasons([None if o == "yes" else "not_asked" for o in online]),
            "weight": np.ones(n),
            "margin.size": categorical(sizes, ["small", "middle", "large"]),
        }
    )
    return frame
