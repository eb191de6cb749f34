"""The small study of docs/gallery, for the examples in docstrings."""

import json
from pathlib import Path

import pandas as pd

from nsmo.present.labels import Labels
from nsmo.present.picture import Drawing
from nsmo.study import load_codebook

FOLDER = Path(__file__).parents[2] / "docs/gallery"


def names() -> dict[str, object]:
    """Return what the examples of plots and tables take as given: labels, and result frames by name."""
    frames = json.loads((FOLDER / "results.json").read_text("utf-8"))
    found = {name: pd.DataFrame(rows) for name, rows in frames.items()}
    labels = Labels(load_codebook(FOLDER, ["questionnaire.yaml"]))
    return {"labels": labels, "Drawing": Drawing, **found}
