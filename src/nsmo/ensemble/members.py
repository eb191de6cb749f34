"""One reconstruction more, through the whole pipeline, to the figures that the report shows."""

import math
import tempfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from nsmo.ensemble.notebooks import RECEIVED, RESPONSES, WEIGHTING, readers, saved_figures
from nsmo.reconstruct import reconstruct
from nsmo.stages.claims.judge import figures as stated_figures
from nsmo.stages.clean import clean
from nsmo.stages.ingest import ingest
from nsmo.stages.weight import weight
from nsmo.study.codebook import Codebook
from nsmo.study.ensemble import DIFFERENCE, KEYS, NAMES, VALUE, of_column
from nsmo.study.load import load_codebook
from nsmo.study.margins import Target, read_targets
from nsmo.study.paths import raw as raw_folder
from nsmo.study.paths import root
from nsmo.study.statements import Published, load_published
from nsmo.survey import Survey


def figures(wave: str, seed: int, params: Mapping[str, Any]) -> pd.DataFrame:
    """Make a reconstruction and measure it.

    Parameters
    ----------
    wave : str
        The folder of data/raw.
    seed : int
        Of the reconstruction.
    params : mapping
        params.yaml.

    Returns
    -------
    DataFrame
        ``statement, question, option, by, group, statistic, weighted, estimate``: every estimate that a
        stage saves which shows the ensemble, the columns of its tables that have ranges, and of every
        published statement the estimate beside it and what its direction rests on.
    """
    raw = raw_folder(wave)
    codebook, published, targets = _known(raw)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / codebook.source.file
        file.write_bytes(reconstruct(raw, seed, other_strengths=True))
        received = ingest(codebook, file).responses
    counted = clean(codebook, received, **params["clean"]).responses
    inputs, of_weights = _weighted(codebook, counted, targets, params["weight"])
    inputs[RECEIVED] = received
    found = [saved_figures(root(), one, inputs) for one in _readers(root(), wave)]
    found += [pd.DataFrame(of_weights), _of_statements(codebook, published, inputs, params["analyse"])]
    rows = pd.concat([one.reindex(columns=[*KEYS, "estimate"]) for one in found if len(one)])
    rows[list(NAMES)] = rows[list(NAMES)].astype(object).where(rows[list(NAMES)].notna(), "")
    # Several stages estimate what everybody answered.
    return rows.astype({"weighted": bool}).drop_duplicates(list(KEYS)).reset_index(drop=True)


_readers = cache(readers)
#: Of the shares that weights move, what is no estimate of one.
_OF_SHARES = ("question", "option", "n", "se", "se_bootstrap")


@cache
def _known(raw: Path) -> tuple[Codebook, Published, dict[str, Target]]:
    """What all members have in common."""
    codebook = load_codebook(raw)
    return codebook, load_published(raw / "published.yaml"), read_targets(codebook, raw / "population.csv")


def _weighted(
    codebook: Codebook, responses: pd.DataFrame, targets: Mapping[str, Target], settings: Mapping[str, Any]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What the stage weight leaves, and the figures that it shows.

    No weighted figure is withheld here, since it is shown in no member.
    """
    made = weight(
        codebook,
        responses,
        targets,
        min_category=settings["min_category"],
        max_ratio=settings["max_ratio"],
        replicates=0,
        seed=0,
        min_effective_n=0,
        max_deff=math.inf,
        max_dropped=0,
    )
    ways = [column for column in made.shares if column not in _OF_SHARES]
    margins = made.margins.assign(by=made.margins["margin"], group=made.margins["category"])
    tables = (
        (made.shares, ways),
        (made.groups, ("n", "n_eff")),
        (margins, ("n", "before")),
        (pd.DataFrame([made.evidence]), ("n_eff", "deff", "cv", "min", "max")),
    )
    figures = [row for table, names in tables for name in names for row in of_column(table, "weight", name)]
    return {RESPONSES: made.responses, WEIGHTING: made.evidence}, figures


def _of_statements(
    codebook: Codebook, published: Published, inputs: Mapping[str, Any], limits: Mapping[str, Any]
) -> pd.DataFrame:
    survey = Survey.from_responses(
        inputs[RESPONSES],
        inputs[WEIGHTING],
        codebook,
        confidence=limits["confidence"],
        min_n=limits["min_n"],
    )
    return pd.DataFrame(_rows(stated_figures(published, survey)))


def _rows(found: pd.DataFrame) -> Iterator[dict[str, object]]:
    columns = {
        "unweighted": (VALUE, False),
        "weighted": (VALUE, True),
        "difference": (DIFFERENCE, False),
        "weighted_difference": (DIFFERENCE, True),
    }
    for row in found.to_dict("records"):
        for column, (statistic, weighted) in columns.items():
            yield {
                "statement": row["id"],
                "statistic": statistic,
                "weighted": weighted,
                "estimate": row[column],
            }
