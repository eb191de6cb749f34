"""What a reader can work out of a ranking about the few who put an answer at some place."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from bakeries import many_bakeries, reasons, survey_of

from nsmo.stages.topline.results import in_classes
from nsmo.study import load_codebook
from nsmo.survey.crosstabs import crosstabs

NAMES = ["taste", "price", "look", "smell"]
ITEMS = "".join(
    f"      - {{name: {name}, column: R{i}, label: {name.title()}}}\n" for i, name in enumerate(NAMES)
)


@pytest.fixture
def ranked(codebook_text, codebook_file):
    text = codebook_text.replace("privacy: {suppress: base, keep_rows: true}\n", "").replace(
        "  - name: founded\n",
        "  - battery: order\n    type: numeric\n    text: In which order?\n    items:\n"
        f"{ITEMS}  - name: founded\n",
    )
    return load_codebook(
        codebook_file(
            f"{text}privacy: {{min_base: 5, min_count: 3, max_share: 1, width: 4, groupings: [online]}}\n"
            "crosstabs: {banners: [online], rankings: [order]}\n"
        )
    )


def answered(seed: int) -> pd.DataFrame:
    """Responses of which few put the smell first, the others all kinds of things."""
    frame, rng = many_bakeries(seed), np.random.default_rng(seed)
    orders = [order for order in permutations(range(4)) if order[0] != 3]
    rare = [order for order in permutations(range(4)) if order[0] == 3]
    for row in range(len(frame)):
        order = rare[rng.integers(len(rare))] if row in (0, 1) else orders[rng.integers(len(orders))]
        for place, at in enumerate(order, 1):
            frame.loc[row, NAMES[at]] = float(place)
    for name in NAMES:
        frame[f"{name}.missing"] = reasons([None] * len(frame))
    return frame


@pytest.mark.parametrize("seed", range(2))
def test_no_first_place_is_hidden_alone_in_a_group(seed, ranked):
    found = crosstabs(survey_of(answered(seed), ranked), compare=False)
    first = found[found["question"].isin(NAMES) & found["option"].eq("1") & ~found["weighted"]]
    assert set(first["by"].dropna()) == {"online"}
    hidden = (
        first.assign(by=first["by"].fillna("")).groupby(["by", "group"], dropna=False)["suppressed"].sum()
    )
    assert 1 not in set(hidden)
    assert hidden.iloc[0] or hidden.max() > 1
    smell = first[first["question"].eq("smell") & first["by"].isna()].iloc[0]
    assert smell["suppressed"]


@pytest.mark.parametrize("seed", range(2))
def test_no_place_is_hidden_alone_among_all_answers_or_all_places(seed, ranked):
    survey = survey_of(answered(seed), ranked)
    cells = {name: in_classes(survey, name, 10) for name in NAMES}
    hidden = np.zeros((4, 4), dtype=bool)
    for at, frame in enumerate(cells.values()):
        shares = frame[frame["statistic"].eq("proportion") & ~frame["weighted"]].set_index("option")
        for place in range(4):
            option = str(place + 1)
            hidden[at, place] = option not in shares.index or shares.loc[option, "suppressed"]
    assert hidden[3, 0]
    assert 1 not in {*hidden.sum(axis=0), *hidden.sum(axis=1)}
    assert not hidden.all()
