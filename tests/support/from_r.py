"""The samples of tests/reference, and what R found in them, with R's conventions."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nsmo.stats import SurveyDesign, calibrate

FOLDER = Path(__file__).resolve().parents[1] / "reference"
DESIGNS: dict[str, dict[str, Any]] = {
    "srs": {"fpc": "fpc1"},
    "unequal": {},
    "stratified": {"strata": "stratum", "fpc": "fpc1"},
    "cluster": {"clusters": "psu", "fpc": "fpc1"},
    "twostage": {"strata": "stratum", "clusters": ["psu", "person"], "fpc": ["fpc1", "fpc2"]},
    "threestage": {
        "strata": "stratum",
        "clusters": ["psu", "ssu", "person"],
        "fpc": ["fpc1", "fpc2", "fpc3"],
    },
    "paired": {"strata": "stratum", "clusters": "psu", "nest": True},
}
#: Those that the scripts after reference.R took up.
FOUR = ("srs", "unequal", "stratified", "twostage")


@lru_cache
def expected(name: str) -> Any:
    """What a script of R found."""
    return json.loads((FOLDER / "expected" / f"{name}.json").read_text("utf-8"))


@lru_cache
def margins(name: str) -> dict[str, dict[str, float]]:
    """The totals that a sample is calibrated to: margin → category → total."""
    return json.loads((FOLDER / "data" / "margins.json").read_text("utf-8"))[name]


def three_margins(name: str) -> dict[str, dict[str, float]]:
    """Those of them that raking takes."""
    return {key: margins(name)[key] for key in ("sex", "age", "region")}


@lru_cache
def sample(name: str) -> pd.DataFrame:
    frame = pd.read_csv(FOLDER / "data" / f"{name}.csv")
    return frame.assign(logx=np.log(frame["x"])) if "x" in frame else frame


@lru_cache
def design(name: str, calibration: str = "none") -> SurveyDesign:
    """The design of a sample, raked to three margins unless `none`; residuals by the weights before."""
    base = SurveyDesign(sample(name), weights="w", **DESIGNS[name])
    if calibration == "none":
        return base
    return calibrate(base, three_margins(name), residuals="base")


def close(ours: Any, theirs: Any, rel: float = 1e-8) -> None:
    ours, theirs = np.ravel(np.asarray(ours, dtype=float)), np.ravel(np.asarray(theirs, dtype=float))
    np.testing.assert_allclose(ours, theirs, rtol=rel, atol=1e-13)
