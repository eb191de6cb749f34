"""Where they are, on how many platforms, and what goes with that number."""

import pandas as pd

from nsmo.stages import analyse
from nsmo.stats.regression import dispersion
from nsmo.study import Codebook


def results(
    designs: analyse.Designs, codebook: Codebook, *, confidence: float, min_n: int
) -> dict[str, pd.DataFrame]:
    """Estimate how many use each platform, and how many platforms they use.

    Parameters
    ----------
    designs, codebook, confidence, min_n
        As in `analyse.estimates`. Of the codebook's `analyse: platforms:` the parts are `question` (the
        platforms), `number` (how many), `several` and `many` (yes or no: more than one, and more than the
        bound that was published), `by` (questions that make groups), `compared` (the one whose groups are
        compared in their mean number), and two for `explained`.

    Returns
    -------
    dict of DataFrame
        total, number (distribution), several, many, mean, difference, and "platforms by <question>" for each
        grouping; in the columns of `analyse.COLUMNS`.
    """
    parts = _parts(codebook)
    kept = {"confidence": confidence, "min_n": min_n}
    number, compared = parts["number"], parts["compared"]
    found = {
        "total": analyse.estimates(designs, codebook, parts["question"], **kept),
        "number": analyse.distribution(designs, codebook, number, **kept),
        "several": analyse.estimates(designs, codebook, parts["several"], options=["yes"], **kept),
        "many": analyse.estimates(
            designs, codebook, parts["many"], by=[None, compared], options=["yes"], **kept
        ),
        "mean": analyse.estimates(designs, codebook, number, by=[None, compared], **kept),
        "difference": analyse.differences(designs, codebook, number, compared, **kept),
    }
    for grouping in parts["by"]:
        found[f"platforms by {grouping}"] = analyse.estimates(
            designs, codebook, parts["question"], by=[grouping], **kept
        )
    return found


def tests(designs: analyse.Designs, codebook: Codebook, *, min_n: int) -> pd.DataFrame:
    """Test in which platforms the groups differ.

    Parameters
    ----------
    designs, codebook, min_n
        As in `results`.

    Returns
    -------
    DataFrame
        A row per platform and grouping, in the columns of `analyse.TEST_COLUMNS`; Holm's adjustment covers
        them all.
    """
    parts = _parts(codebook)
    platforms = [(parts["question"], option) for option in codebook.variable(parts["question"]).option_names]
    return analyse.group_tests(designs, codebook, platforms, parts["by"], min_n=min_n)


def explained(
    designs: analyse.Designs, codebook: Codebook, *, confidence: float, min_n: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Explain the number of platforms by the questions of the part `explained_by`.

    Parameters
    ----------
    designs, codebook, confidence, min_n
        As in `results`.

    Returns
    -------
    tuple of DataFrame
        Rate ratios, in the columns of `analyse.COLUMNS`, and those adjusted for the part `adjusted_for`
        besides. And the test of every term of the first model, in the columns of `analyse.TEST_COLUMNS`.
    """
    parts = _parts(codebook)
    models = {
        "rate ratio": parts["explained_by"],
        "adjusted rate ratio": [*parts["explained_by"], *parts["adjusted_for"]],
    }
    found = [
        analyse.ratios(
            designs, codebook, parts["number"], terms, statistic=name, confidence=confidence, min_n=min_n
        )
        for name, terms in models.items()
    ]
    return pd.concat([ratios for ratios, _ in found], ignore_index=True), found[0][1]


def spread(designs: analyse.Designs, codebook: Codebook, *, confidence: float) -> pd.DataFrame:
    """Estimate how much the number varies about the model, against what a Poisson model says (1).

    Parameters
    ----------
    designs, codebook, confidence
        As in `results`.

    Returns
    -------
    DataFrame
        A row unweighted and one weighted: estimate, se, ci_low, ci_high, p, n, weighted.
    """
    parts = _parts(codebook)
    rows = []
    for weighted, design in ((False, designs.unweighted), (True, designs.weighted)):
        found = dispersion(design, parts["number"], parts["explained_by"], level=confidence)
        rows.append({**found.as_dict(), "weighted": weighted})
    return pd.DataFrame(rows)[["estimate", "se", "ci_low", "ci_high", "p", "n", "weighted"]]


def _parts(codebook: Codebook) -> dict:
    return analyse.parts(
        codebook,
        "platforms",
        "question",
        "number",
        "several",
        "many",
        "by",
        "compared",
        "explained_by",
        "adjusted_for",
    )
