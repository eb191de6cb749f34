"""Newton's method on a likelihood without local peaks."""

from collections.abc import Callable

import numpy as np

MOST_STEPS = 200


def climb(
    start: np.ndarray,
    height: Callable[[np.ndarray], float],
    slope: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]],
    predictor: Callable[[np.ndarray], np.ndarray],
) -> tuple[np.ndarray, bool]:
    """Climb to where a concave function is highest, halving the steps that lower it.

    Parameters
    ----------
    start
        Coefficients to start from.
    height
        The function; -inf where it cannot be computed.
    slope
        Its first derivative, and the negative of its second.
    predictor
        Linear predictors of the coefficients: they, not the coefficients, say how long a step is.

    Returns
    -------
    tuple of numpy.ndarray and bool
        Where the climb ended, and whether that is the top: no where the function only rises for ever.
    """
    at, now = start, height(start)
    for _ in range(MOST_STEPS):
        score, information = slope(at)
        try:
            step = np.linalg.solve(information, score)
        except np.linalg.LinAlgError:
            return at, False
        gain = float(score @ step)
        while (value := height(at + step)) < now - 1e-12 * (1 + abs(now)) and np.any(step):
            step = step / 2
        before = np.abs(predictor(at)).max()
        at, now = at + step, value
        # Newton's method squares the error: after a step that promised so little, nothing is left to gain,
        # unless the step is long all the same: then the likelihood only rises for ever towards its limit.
        if abs(gain) <= 1e-15 * (1 + abs(now)):
            return at, bool(np.abs(predictor(step)).max() <= 1e-3 * (1 + before))
    return at, False
