"""What the means of a question are means of, in a sentence."""

import pandas as pd

from nsmo.present import Wording, figures
from nsmo.study import Codebook


def means(frame: pd.DataFrame, codebook: Codebook, language: str) -> str:
    """List the unweighted means of a result, and what a mean is of: numbers, or scores of ordered answers.

    A score says at which step of its scale an answer stands; it is no number of anything, so both ends of the
    scale are named.

    Parameters
    ----------
    frame : DataFrame
        One of the `results`.
    codebook : Codebook
        Of the same wave.
    language : str
        nl or en.

    Returns
    -------
    str
        A sentence for each scale, none where nothing has a mean.
    """
    wording = Wording(language)
    several = len(set(frame["question"])) > 1
    texts: dict[str, list[str]] = {}
    for row in frame[frame["statistic"].eq("mean") & ~frame["weighted"]].to_dict("records"):
        variable = codebook.variable(row["question"])
        head = wording("topline.mean")
        if variable.scores:
            ends = [pick(variable.scores, key=variable.scores.__getitem__) for pick in (min, max)]
            scores = [variable.scores[name] for name in ends]
            low, high = (wording.number(score, 0 if score.is_integer() else 2) for score in scores)
            first, last = (figures.option_label(variable, name, language) for name in ends)
            head = wording("topline.score", low=low, first=first, high=high, last=last)
        estimate = wording.estimate(row)
        texts.setdefault(head, []).append(f"{variable.label(language)} {estimate}" if several else estimate)
    return " ".join(f"{head}: {'; '.join(items)}." for head, items in texts.items())
