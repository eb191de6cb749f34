"""The small study of docs/gallery, for the examples in docstrings."""

import json
from pathlib import Path

import pandas as pd

from nsmo.present.labels import Labels
from nsmo.present.picture import Drawing
from nsmo.study import load_codebook
from nsmo.survey import Survey

FOLDER = Path(__file__).parents[2] / "docs/gallery"


def shops() -> Survey:
    """Return forty shops that answered, for the examples of `nsmo.survey`; half of them sell to consumers."""
    numbers = range(40)
    moods = ["very_bad", "bad", "fair", "good", "very_good"]
    markets = ["people" if number % 2 else "firms" for number in numbers]
    # Shops that sell to consumers are one step happier.
    mood = [moods[min(4, number // 2 % 5 + number % 2)] for number in numbers]
    media = {"paper": 2, "radio": 3, "web": 5}
    ticks = {name: [number % step == 0 for number in numbers] for name, step in media.items()}
    frame = pd.DataFrame(
        {
            "mood": pd.Categorical(mood, categories=moods, ordered=True),
            "market": pd.Categorical(markets, categories=["people", "firms"]),
            **{f"media.{name}": pd.array(ticked, dtype="boolean") for name, ticked in ticks.items()},
            "n_media": [float(sum(ticked[number] for ticked in ticks.values())) for number in numbers],
            "weight": [1.2 if market == "people" else 0.8 for market in markets],
        }
    )
    for name in ("mood", "market", "media", "n_media"):
        frame[f"{name}.missing"] = pd.Categorical(
            [None] * 40, categories=["dont_know", "not_asked", "no_answer"]
        )
    frame["margin.market"] = frame["market"]
    codebook = load_codebook(FOLDER, ["questionnaire.yaml"]).changed(provenance="reconstructed")
    weighting = {"subgroup_tables": True, "limits": {"min_effective_n": 0}}
    return Survey.from_responses(frame, weighting, codebook, confidence=0.95, min_n=5)


def names() -> dict[str, object]:
    """Return what the examples of plots and tables take as given: labels, and result frames by name."""
    frames = json.loads((FOLDER / "results.json").read_text("utf-8"))
    found = {name: pd.DataFrame(rows) for name, rows in frames.items()}
    labels = Labels(load_codebook(FOLDER, ["questionnaire.yaml"]))
    return {"labels": labels, "Drawing": Drawing, **found}
