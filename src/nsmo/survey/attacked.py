"""What a plan hides of the figures of a wave, counted, and an attack on it with everything that is shown."""

import numpy as np
import pandas as pd

from nsmo.study import StudyError
from nsmo.survey.protection import Protection


def attacked(plan: Protection | None) -> pd.DataFrame:
    """Count what is hidden, by grouping, and work out what a reader of all the rest can bound.

    Parameters
    ----------
    plan : Protection or None
        What is shown; None where only figures of few respondents are hidden.

    Returns
    -------
    DataFrame
        A row for everybody (`by` is empty) and for each grouping: ``by, figures, shown``; ``narrowest``: the
        respondents between the bounds of the hidden figure that is known best, where the totals leave as much
        room as was asked for; ``width``: what was asked for. Without rows
        where nothing is planned, as for a reconstruction. By which rules is not told, not even in numbers: of
        two hidden answers that eighteen gave, both by fewer than ten, each was given by nine.

    Raises
    ------
    StudyError
        If a hidden figure can be bounded more narrowly than was promised.
    """
    columns = ["by", "figures", "shown", "narrowest", "width"]
    if plan is None:
        return pd.DataFrame(columns=columns)
    why = plan.frame()
    rows = []
    for by in ["", *plan.tables.groupings]:
        bounds = plan.attack(by)
        gap = (bounds["high"] - bounds["low"]).astype(float)
        short = bounds[gap < bounds["width"].astype(float) - 1e-6]
        if len(short):
            where = ", ".join(short["question"].unique()[:5])
            raise StudyError(
                found=f"{len(short)} hidden figures can be bounded more narrowly than promised: {where}",
                where=f"figures by {by}" if by else "figures of all respondents",
                fix="this is a mistake in nsmo itself; publish nothing of this wave before it is corrected",
            )
        wide = gap[bounds["width"].astype(float) >= plan.limits.width]
        figures = plan.count(by)
        rows.append(
            {
                "by": by,
                "figures": figures,
                "shown": figures - int(why["by"].eq(by).sum()),
                "narrowest": wide.min() if len(wide) else np.nan,
                "width": plan.limits.width,
            }
        )
    return pd.DataFrame(rows, columns=columns)
