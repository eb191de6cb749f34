"""What the means of a question are means of, and how a derived variable is made, in sentences."""

import pandas as pd

from nsmo.present.labels import Labels
from nsmo.present.making import how_made
from nsmo.present.shown import marked
from nsmo.study import Codebook


def means(frame: pd.DataFrame, labels: Labels) -> str:
    """List the unweighted means of a result, with what a mean is of: numbers, or scores of ordered answers.

    A score says at which step of its scale an answer stands; it is no number of anything, so both ends of the
    scale are named. Of classes, such as of sizes, which have no box that counts, no mean is said.

    Parameters
    ----------
    frame : DataFrame
        One of the `results`.
    labels : Labels

    Returns
    -------
    str
        A sentence for each scale, none where nothing has a mean.
    """
    several = len(set(frame["question"])) > 1
    texts: dict[str, list[str]] = {}
    rows = frame[frame["statistic"].eq("mean") & ~frame["weighted"]].to_dict("records")
    for row in marked(rows, labels.codebook):
        variable = labels.codebook.variable(row["question"])
        if variable.scores and not variable.top_box:
            continue
        estimate = labels.words.estimate(row)
        text = f"{labels.question(row['question'])} {estimate}" if several else estimate
        texts.setdefault(labels.score(row["question"]), []).append(text)
    return " ".join(f"{head}: {'; '.join(items)}." for head, items in texts.items())


def of_whom(codebook: Codebook) -> str:
    """Return of whom shares are taken, where a question says nothing else."""
    return {
        "asked": "A percentage counts everybody who was asked, unless its table says otherwise: no answer "
        "and “don’t know” count as not chosen.",
        "all": "A percentage counts all respondents, unless its table says otherwise: who was not asked, "
        "or gave no answer, counts as one who did not choose it.",
        "replied": "A percentage counts those who replied, “don’t know” among them, unless its table says "
        "otherwise; who gave no reply is left out.",
        "answered": "A percentage counts those who answered, unless its table says otherwise; no answer and "
        "“don’t know” are left out.",
    }[codebook.questionnaire.base]


def asked(frame: pd.DataFrame, labels: Labels) -> str:
    """Return the question of a result, or of the first of a battery, in full."""
    return labels.codebook.variable(frame["question"].iloc[0]).text(labels.language)


def title(frame: pd.DataFrame, labels: Labels) -> str | None:
    """Return the title of a table of several questions; that of one needs none."""
    return asked(frame, labels) if len(set(frame["question"])) > 1 else None


def made(frame: pd.DataFrame, labels: Labels) -> str:
    """Return how the derived variable of a result is made, as its page says it; of a question nothing."""
    first, *rest = how_made(frame["question"].iloc[0], labels) or [""]
    between = " " if first.endswith(":") else "; "
    return between.join([first, "; ".join(rest)]) if rest else first
