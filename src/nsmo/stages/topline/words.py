"""What the means of a question are means of, in a sentence."""

import pandas as pd

from nsmo.present.labels import Labels
from nsmo.present.shown import marked


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
