"""What a difference that does not show leaves possible, and how large it is on a scale of its own."""

import numpy as np
import pandas as pd

from .coding import DesignError
from .comparison import share_difference
from .design import SurveyDesign


def excluded_difference(first: tuple[int, int], second: tuple[int, int], *, alpha: float = 0.05) -> float:
    """Compute the smallest margin within which two shares are equivalent by two one-sided tests.

    D. J. Schuirmann (1987), *Journal of Pharmacokinetics and Biopharmaceutics* 15: both tests reject at alpha
    when the interval at 1 - 2 alpha lies within the margin; so that is the larger end of it. A true
    difference of this size or more, either way, is excluded by the data at alpha.

    Parameters
    ----------
    first, second
        (yes, n) of each group, unweighted.
    alpha
        Of each one-sided test; below a half.

    Returns
    -------
    float
        A difference of shares (fraction).

    Raises
    ------
    DesignError
        For a group of fewer than two, or counts that do not fit.
    """
    if not 0 < alpha < 0.5:
        raise DesignError(f"alpha must lie between 0 and a half, not {alpha:g}.")
    for yes, n in (first, second):
        if n < 2 or not 0 <= yes <= n:
            raise DesignError(f"{yes} of {n}: a group needs two respondents, and no more yes than there are.")
    frame = pd.concat(
        pd.DataFrame({"yes": np.arange(n) < yes, "group": name})
        for name, (yes, n) in (("a", first), ("b", second))
    ).reset_index(drop=True)
    gap = share_difference(SurveyDesign(frame), "yes", "group", ("a", "b"), level=1 - 2 * alpha)
    return max(abs(gap.ci_low), abs(gap.ci_high))


def cohens_h(first: float, second: float) -> float:
    """Compute the standardised difference of two shares, ``2 asin √p1 - 2 asin √p2``.

    J. Cohen (1988), *Statistical Power Analysis for the Behavioral Sciences*, chapter 6: by his own rule of
    thumb 0.2 is small, 0.5 medium and 0.8 large.

    Examples
    --------
    >>> round(cohens_h(0.5, 0.25), 4)
    0.5236
    """
    return float(2 * np.arcsin(np.sqrt(first)) - 2 * np.arcsin(np.sqrt(second)))
