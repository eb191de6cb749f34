"""Indices of selection against R, and against samples whose selection is known."""

import numpy as np
import pandas as pd
import pytest
from from_r import expected

from nsmo.stats import selection

R = expected("selection")
CELLS = [f"{a} {b}" for a, b in zip(R["a"], R["b"], strict=True)]
DUMMIES = np.column_stack([np.array(R["a"]) == "a2", np.array(R["a"]) == "a3", np.array(R["b"]) == "b2"])


@pytest.mark.parametrize(("answer", "key"), [("y", "mean"), ("yes", "share")])
def test_smub_is_what_r_gives(answer, key):
    predicted = selection.proxy(R[answer], DUMMIES)
    r, found = selection.smub(R[answer], predicted, R[key]["mean"][0])
    assert r == pytest.approx(R[key]["r"][0], rel=1e-10)
    assert list(found.values()) == pytest.approx(R[key]["smub"], rel=1e-8)


def test_mubp_is_what_r_gives():
    own = R["share"]
    predicted = selection.proxy(R["yes"], DUMMIES)
    r, found = selection.mubp(R["yes"], predicted, own["mean"][0], own["variance"][0])
    assert r == pytest.approx(own["rho"][0], rel=1e-8)
    assert list(found.values()) == pytest.approx(own["mubp"], rel=1e-8)


def test_the_r_indicator_is_that_of_a_model_of_the_chances():
    counts = {cell: CELLS.count(cell) for cell in R["cells"]}
    found = selection.variation_of_classes(counts, dict(zip(R["cells"], R["shares"], strict=True)))
    assert found.cv == pytest.approx(R["cv"], rel=1e-8)
    assert found.r_indicator(R["rate"]) == pytest.approx(R["R_indicator"], rel=1e-8)


def test_what_chance_adds_is_taken_off():
    """Random samples have equal chances; three classes make 2 / n of the square by chance alone."""
    rng, shares = np.random.default_rng(1), {"a": 0.2, "b": 0.3, "c": 0.5}
    draws = rng.multinomial(50, list(shares.values()), size=4000)
    squares, kept = [], []
    for draw in draws:
        found = selection.variation_of_classes(dict(zip(shares, draw, strict=True)), shares)
        squares.append(found.cv**2)
        own = draw / 50
        kept.append(found.cv**2 - (own * (1 - own) / np.array(list(shares.values()))).sum() / 49)
    assert np.mean(squares) == pytest.approx(2 / 50, rel=0.05)
    assert abs(np.mean(kept)) < 0.002


def test_indices_find_a_selection_that_is_known():
    """A million people; the chance of taking part goes with U itself, as at phi = 1."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=1_000_000)
    u = 0.6 * x + 0.8 * rng.normal(size=len(x))
    taking = rng.random(len(x)) < 0.02 * np.exp(0.5 * u - 0.125)
    people = pd.DataFrame({"x": x, "u": u, "yes": (u > 0.2).astype(float)})
    there = people[taking]
    _, found = selection.smub(there["u"], there["x"], x.mean())
    assert found[1] == pytest.approx((there["u"].mean() - u.mean()) / there["u"].std(), abs=0.02)
    assert found[0] < found[0.5] < found[1]
    _, shares = selection.mubp(there["yes"], there["x"], x.mean(), x.var())
    assert shares[1] == pytest.approx(there["yes"].mean() - people["yes"].mean(), abs=0.01)
