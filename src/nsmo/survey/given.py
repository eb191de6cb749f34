"""The design that came with the responses: weights, strata, clusters, populations, replicate weights."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from nsmo.stats import DesignError, ReplicateDesign, SurveyDesign, calibrated_design
from nsmo.study import Codebook, StudyError
from nsmo.study.given import Replicates

#: What R calls the refusal of a stratum with one unit, and what `nsmo.stats` does.
_LONELY = {"fail": "error"}
#: What the weights of the replicates are called in the responses, on the scale of `weight`.
REPLICATE = "weight.r"
#: What weighting.json calls weights by the chance of taking part.
PROPENSITY = "propensity"


def base_weights(frame: pd.DataFrame) -> np.ndarray:
    """Compute the weights that came with the responses, of mean 1; without any, all are 1."""
    if "design.weight" not in frame:
        return np.ones(len(frame))
    weights = frame["design.weight"].to_numpy(dtype=float)
    return weights / weights.mean()


def linearised(
    frame: pd.DataFrame, codebook: Codebook, weights: np.ndarray | str | None = None
) -> SurveyDesign:
    """Compute the design with the strata, clusters and populations of source.design.

    Parameters
    ----------
    frame : DataFrame
        The responses.
    codebook : Codebook
        Its weighting says that the design is used as given; else respondents were drawn one by one.
    weights : ndarray or str, optional
        Left out, everybody counts once.

    Raises
    ------
    DesignError
        What is wrong with the columns.
    """
    given = codebook.given
    if given is None:
        return SurveyDesign(frame, weights)
    columns = codebook.source.design
    strata, clusters, fpc = (columns.named(what) or None for what in ("stratum", "cluster", "fpc"))
    if weights is None and fpc:
        weights = np.ones(len(frame))  # else the sizes of the population would weight
    lonely = _LONELY.get(given.lonely_psu, given.lonely_psu)
    return SurveyDesign(frame, weights, strata, clusters, fpc, lonely_psu=lonely, nest=True)


def replicated(frame: pd.DataFrame, codebook: Codebook) -> ReplicateDesign | None:
    """Compute the design of the replicate weights that came with the responses; None without any.

    Parameters
    ----------
    frame : DataFrame
        The responses with the columns ``design.replicate…``.
    codebook : Codebook
        Its weighting says what the replicates are.

    Raises
    ------
    DesignError
        What is wrong with the weights.
    """
    names = _replicate_columns(codebook)
    if not names:
        return None
    asked = _asked(codebook)
    given = frame[names].to_numpy(dtype=float)
    if asked.combined:
        given = given / frame["design.weight"].mean()
    return _from(frame, base_weights(frame), given, codebook, combined=asked.combined)


def drawn_again(frame: pd.DataFrame, about: Mapping[str, Any]) -> ReplicateDesign:
    """Compute the weighted design of responses whose chance of taking part was estimated, by its replicates.

    Parameters
    ----------
    frame : DataFrame
        With ``weight`` and ``weight.r…``, as the stage weight leaves them.
    about : mapping
        `propensity` of weighting.json.
    """
    names = [name for name in frame if name.startswith(REPLICATE)]
    matrix, left = frame[names].to_numpy(dtype=float), frame.drop(columns=names)
    scale, degrees = 1 / (len(names) - 1), about["degrees_of_freedom"]
    return ReplicateDesign.from_weights(left, "weight", matrix, scale=scale, degf=degrees)


def restored(frame: pd.DataFrame, codebook: Codebook, margins: list[str]) -> SurveyDesign:
    """Compute the weighted design of responses that the stage weight has left.

    Parameters
    ----------
    frame : DataFrame
        With ``weight``, and where replicate weights came with the responses ``weight.r…``.
    codebook : Codebook
        Its weighting says that weights were given.
    margins : list of str
        The columns to which the given weights were raked; none where they were not.
    """
    names = [name for name in frame if name.startswith(REPLICATE)]
    if _replicate_columns(codebook):
        matrix, known = frame[names].to_numpy(dtype=float), _replicate_columns(codebook)
        earlier = frame[known].to_numpy(dtype=float)
        # Whoever makes groups of the frame need not copy a thousand columns along.
        frame = frame.drop(columns=[*names, *known])
        return _from(frame, "weight", matrix, codebook, combined=True, earlier=earlier)
    if not margins:
        return linearised(frame, codebook, "weight")
    return calibrated_design(frame, "weight", margins, base=linearised(frame, codebook, base_weights(frame)))


def _replicate_columns(codebook: Codebook) -> list[str]:
    given = codebook.given
    return codebook.source.design.replicate_names if given else []


def _asked(codebook: Codebook) -> Replicates:
    given = codebook.given
    asked = given.replicates if given else None
    if asked is None:
        raise StudyError(
            found=f"{len(codebook.source.design.replicates)} replicate weights, and not how they were made",
            where="rules.yaml, weighting > given > replicates",
            expected="their type: JK1, JKn, BRR, Fay (with rho), bootstrap, ACS, JK2, or other (with scale)",
            fix="look it up in the documentation of the data, and write given: {replicates: {type: …}}",
        )
    return asked


def _from(
    frame: pd.DataFrame,
    weights: np.ndarray | str,
    matrix: np.ndarray,
    codebook: Codebook,
    *,
    combined: bool,
    earlier: np.ndarray | None = None,
) -> ReplicateDesign:
    asked = _asked(codebook)
    scale, rscales = asked.scales(matrix.shape[1])
    try:
        return ReplicateDesign.from_weights(
            frame,
            weights,
            matrix,
            scale=scale,
            rscales=rscales,
            centre="estimate" if asked.mse else "mean",
            combined=combined,
            degf=asked.degrees_of_freedom,
            earlier=earlier,
        )
    except DesignError as error:
        raise DesignError(f"replicate weights: {error}") from None
