"""Latent class analysis of categorical answers, many samples at once, as a bootstrap needs it.

Exploratory, and of respondents as they are: no weights of a design. An answer that was not given says nothing
about the class, and the respondent's other answers count all the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from .coding import DesignError
from .outcomes import HypothesisTest

#: Steps that every start takes, before those are chosen that go on to the end.
SHORT = 20
#: Starts that go on to the end.
KEPT = 2
#: Where a likelihood is so flat that steps still gain after this many, it is known to more digits than any
#: use of it needs; the classes then hardly differ, which their stability shows.
MOST_STEPS = 5000
#: The steps of a draw end when none of its starts gains more in log-likelihood; what is left is far less than
#: draws differ among themselves.
ROUGH = 1e-5
#: A share is never quite 0, so that its logarithm exists.
FLOOR = 1e-12


@dataclass(frozen=True)
class LatentClasses:
    """Fitted models of as many samples, the classes of each from the largest to the smallest.

    Attributes
    ----------
    log_likelihood : numpy.ndarray, (samples,)
        Natural logarithm, at the best of the starts.
    sizes : numpy.ndarray, (samples, classes)
        Share of each class.
    shares : numpy.ndarray, (samples, classes, categories of all questions)
        How often members of a class give each answer; the questions lie side by side and add up to 1 each.
    categories : tuple of int
        Of each question.
    """

    log_likelihood: np.ndarray
    sizes: np.ndarray
    shares: np.ndarray
    categories: tuple[int, ...]

    @property
    def classes(self) -> int:
        """How many classes the models have."""
        return self.sizes.shape[1]

    @property
    def parameters(self) -> int:
        """How many numbers are estimated in a model."""
        return self.classes - 1 + self.classes * (sum(self.categories) - len(self.categories))

    def bic(self, n: int) -> np.ndarray:
        """Schwarz's criterion of each model for n respondents; the smaller, the better."""
        return -2 * self.log_likelihood + self.parameters * np.log(n)

    def membership(self, codes: np.ndarray) -> np.ndarray:
        """The chance that a respondent belongs to each class, given the answers.

        Parameters
        ----------
        codes : numpy.ndarray, (n, questions)
            As in `fit_classes`.

        Returns
        -------
        numpy.ndarray, (samples, n, classes)
        """
        answers = _indicators(codes, self.categories)
        joint = answers @ np.log(self.shares).swapaxes(-1, -2) + np.log(self.sizes)[:, None, :]
        joint = np.exp(joint - joint.max(-1, keepdims=True))
        return joint / joint.sum(-1, keepdims=True)


def fit_classes(
    codes: np.ndarray,
    categories: Sequence[int],
    classes: int,
    rng: np.random.Generator,
    *,
    starts: int,
    weights: np.ndarray | None = None,
    tolerance: float = 1e-8,
) -> LatentClasses:
    """Find the classes within which answers to different questions have nothing to do with each other.

    Parameters
    ----------
    codes : numpy.ndarray of int, (n, questions) or (samples, n, questions)
        Place of the answer among the categories of its question, from 0; -1 where there is none.
    categories : sequence of int
        How many categories each question has.
    classes : int
        How many classes.
    rng : numpy.random.Generator
        For the starts.
    starts : int
        Random starts. Each takes a few steps; the best two of them go on to the end.
    weights : numpy.ndarray, (samples, n), optional
        How often each respondent counts in each sample, where all samples are of the same respondents.
    tolerance : float
        The steps end when none of the starts of a sample gains more than this in log-likelihood, or at
        `MOST_STEPS`.

    Returns
    -------
    LatentClasses
        By the EM algorithm (Dempster, Laird and Rubin 1977).

    Raises
    ------
    DesignError
        A code outside the categories, or more parameters than the table of the answers has cells.
    """
    codes, categories = np.asarray(codes), tuple(categories)
    if codes.shape[-1] != len(categories) or (codes < -1).any() or (codes >= np.array(categories)).any():
        raise DesignError(
            f"answers of {codes.shape[-1]} questions with codes {codes.min()} to {codes.max()}; expected "
            f"{len(categories)} questions, each with codes from 0 to below {categories}, -1 for no answer."
        )
    wanted = classes - 1 + classes * (sum(categories) - len(categories))
    if classes < 1 or wanted >= np.prod(categories):
        raise DesignError(
            f"{classes} classes have {wanted} parameters; a table of {np.prod(categories)} cells can carry "
            "fewer than that. Ask for fewer classes, or add a question."
        )
    if weights is None:
        tallies = [tally(one, categories) for one in codes.reshape(-1, *codes.shape[-2:])]
        codes, weights = _side_by_side([(patterns, counts) for patterns, _, counts in tallies])
    answers = _indicators(codes.reshape(-1, *codes.shape[-2:]), categories)
    samples, starts = len(weights), starts if classes > 1 else 1
    shares = np.concatenate(
        [rng.dirichlet(np.ones(count), (samples, classes, starts)) for count in categories], axis=-1
    )
    sizes = np.full((samples, classes, starts), 1 / classes)
    height = np.empty(0)
    for _ in range(SHORT):
        height, next_sizes, next_shares = _step(answers, weights, sizes, shares, categories)
        sizes, shares = next_sizes, next_shares
    best = np.argsort(-height, axis=1, kind="stable")[:, :KEPT]
    sizes = np.take_along_axis(sizes, best[:, None], 2)
    shares = np.take_along_axis(shares, best[:, None, :, None], 2)
    return _to_the_end(answers, weights, sizes, shares, categories, tolerance)


def bootstrap_test(
    codes: np.ndarray,
    categories: Sequence[int],
    classes: int,
    rng: np.random.Generator,
    *,
    starts: int,
    draws: int,
) -> HypothesisTest:
    """Test whether one class more describes the answers better than so many classes do by chance.

    Parameters
    ----------
    codes, categories, rng, starts
        As in `fit_classes`, of one sample.
    classes : int
        How many, if the hypothesis is true.
    draws : int
        Samples that are drawn from the model of so many classes, with answers missing where they are; both
        models are fitted to each (McLachlan 1987).

    Returns
    -------
    HypothesisTest
        The likelihood ratio; df is the number of parameters more. p is the share of the draws that reach it,
        the observed one counted among them.
    """
    fewer = fit_classes(codes, categories, classes, rng, starts=starts)
    more = fit_classes(codes, categories, classes + 1, rng, starts=starts)
    observed = 2 * float(more.log_likelihood[0] - fewer.log_likelihood[0])
    asked, _, counts = tally(np.where(codes < 0, -1, 0), (1,) * len(fewer.categories))
    drawn, weights = _side_by_side([_drawn(fewer, asked, counts, rng) for _ in range(draws)])
    options = {"starts": starts, "tolerance": ROUGH, "weights": weights}
    ratio = 2 * (
        fit_classes(drawn, categories, classes + 1, rng, **options).log_likelihood
        - fit_classes(drawn, categories, classes, rng, **options).log_likelihood
    )
    p = (1 + int((ratio >= observed).sum())) / (1 + draws)
    return HypothesisTest(
        f"bootstrap likelihood ratio, {classes} against {classes + 1} classes",
        observed,
        "bootstrap",
        more.parameters - fewer.parameters,
        None,
        p,
        len(codes),
    )


def resample(
    codes: np.ndarray,
    found: LatentClasses,
    rng: np.random.Generator,
    *,
    starts: int,
    draws: int,
) -> LatentClasses:
    """Fit the model again to respondents drawn anew from the respondents, with replacement.

    Parameters
    ----------
    codes, rng, starts
        As in `fit_classes`, of one sample.
    found : LatentClasses
        Its model.
    draws : int
        Samples.

    Returns
    -------
    LatentClasses
        A model per draw. A class has no name of its own, so the classes of each draw stand in the order in
        which they share most respondents with those of `found`.
    """
    n = len(codes)
    patterns, _, counts = tally(codes, found.categories)
    weights = rng.multinomial(n, counts / n, draws).astype(float)
    again = fit_classes(
        patterns, found.categories, found.classes, rng, starts=starts, weights=weights, tolerance=ROUGH
    )
    shared = (found.membership(patterns)[0] * counts[:, None]).T @ again.membership(patterns)
    order = np.array([linear_sum_assignment(-overlap)[1] for overlap in shared])
    return LatentClasses(
        again.log_likelihood,
        np.take_along_axis(again.sizes, order, 1),
        np.take_along_axis(again.shares, order[..., None], 1),
        found.categories,
    )


def tally(codes: np.ndarray, categories: Sequence[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Put respondents with the same answers together.

    Parameters
    ----------
    codes, categories
        As in `fit_classes`, of one sample.

    Returns
    -------
    patterns : numpy.ndarray, (patterns, questions)
        In the order of their codes.
    pattern : numpy.ndarray, (n,)
        Which of them is the respondent's.
    counts : numpy.ndarray, (patterns,)
        How many respondents have each.
    """
    number, cells = np.zeros(len(codes), dtype=np.int64), 1
    for i, count in enumerate(categories):
        if cells * (count + 1) >= 2**62:
            number = np.unique(number, return_inverse=True)[1]
            cells = len(codes)
        number, cells = number * (count + 1) + codes[:, i] + 1, cells * (count + 1)
    _, first, pattern, counts = np.unique(number, return_index=True, return_inverse=True, return_counts=True)
    return codes[first], pattern, counts


def agreement(one: np.ndarray, other: np.ndarray, counts: np.ndarray) -> float:
    """Compute the adjusted Rand index of two ways to put respondents into groups (Hubert and Arabie 1985).

    Parameters
    ----------
    one, other : numpy.ndarray of int, (patterns,)
        The group of each pattern, from 0.
    counts : numpy.ndarray, (patterns,)
        How many respondents have each.

    Returns
    -------
    float
        1 for the same groups, 0 for what chance would give.
    """
    crossed = np.zeros((one.max() + 1, other.max() + 1))
    np.add.at(crossed, (one, other), counts)

    def pairs(sizes: np.ndarray) -> float:
        return float((sizes * (sizes - 1) / 2).sum())

    rows, columns = pairs(crossed.sum(axis=1)), pairs(crossed.sum(axis=0))
    most, chance = (rows + columns) / 2, rows * columns / max(pairs(crossed.sum()), 1)
    return 1.0 if most == chance else (pairs(crossed) - chance) / (most - chance)


def _indicators(codes: np.ndarray, categories: Sequence[int]) -> np.ndarray:
    """A column of 0 and 1 per category, the questions side by side: (..., n, categories)."""
    return np.concatenate(
        [(codes[..., [i]] == np.arange(count)).astype(float) for i, count in enumerate(categories)], axis=-1
    )


def _step(
    answers: np.ndarray,
    weights: np.ndarray,
    sizes: np.ndarray,
    shares: np.ndarray,
    categories: Sequence[int],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The log-likelihood (samples, starts) where it stands, and sizes and shares after one EM step.

    Respondents lie along the last axis and classes before the starts, since sums over the longest axis, and
    products of whole matrices, are what numpy is fast at.
    """
    samples, classes, starts, width = shares.shape
    rows = (samples, classes * starts, width)
    joint = np.log(shares).reshape(rows) @ answers.swapaxes(-1, -2)
    joint = joint.reshape(samples, classes, starts, -1) + np.log(sizes)[..., None]
    top = joint.max(axis=1)
    joint = np.exp(joint - top[:, None])
    total = joint.sum(axis=1)
    height = ((top + np.log(total)) * weights[:, None]).sum(-1)
    joint *= (weights[:, None] / total)[:, None]
    counts = joint.reshape(samples, classes * starts, -1) @ answers
    counts = np.maximum(counts, FLOOR).reshape(shares.shape)
    start = 0
    for count in categories:
        counts[..., start : start + count] /= counts[..., start : start + count].sum(-1, keepdims=True)
        start += count
    sizes = np.maximum(joint.sum(-1), FLOOR)
    return height, sizes / sizes.sum(axis=1, keepdims=True), counts


def _to_the_end(answers, weights, sizes, shares, categories, tolerance) -> LatentClasses:
    """Go on with all starts of all samples until none gains; samples that are done drop out."""
    samples = np.arange(len(sizes))
    heights = np.full((sizes.shape[0], sizes.shape[2]), -np.inf)
    last_sizes, last_shares = sizes.copy(), shares.copy()
    for _ in range(MOST_STEPS):
        height, next_sizes, next_shares = _step(
            answers if len(answers) == 1 else answers[samples], weights[samples], sizes, shares, categories
        )
        going = (height - heights[samples] > tolerance).any(axis=1)
        heights[samples], last_sizes[samples], last_shares[samples] = height, sizes, shares
        samples, sizes, shares = samples[going], next_sizes[going], next_shares[going]
        if not len(samples):
            break
    best = heights.argmax(axis=1)
    rows = np.arange(len(best))
    sizes, shares = last_sizes[rows, :, best], last_shares[rows, :, best]
    order = np.argsort(-sizes, axis=1, kind="stable")
    return LatentClasses(
        heights[rows, best],
        np.take_along_axis(sizes, order, 1),
        np.take_along_axis(shares, order[..., None], 1),
        tuple(categories),
    )


def _drawn(
    model: LatentClasses, asked: np.ndarray, counts: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Answers drawn from a model, as patterns with how often each was drawn.

    `asked` has a row per set of questions that respondents answered, -1 for those they did not, and `counts`
    how many they are. They are drawn by their number: first how many belong to each class, then how many of
    these give each answer, so that the work does not grow with the number of respondents.
    """
    drawn = rng.multinomial(counts, model.sizes[0])
    row, belongs = np.nonzero(drawn)
    drawn, answers, start = drawn[row, belongs], np.empty((len(row), 0), dtype=int), 0
    for i, count in enumerate(model.categories):
        silent = asked[row, i] < 0
        shares = np.column_stack([silent, model.shares[0, belongs, start : start + count] * ~silent[:, None]])
        split = rng.multinomial(drawn, shares)
        place, answer = np.nonzero(split)
        drawn, row, belongs = split[place, answer], row[place], belongs[place]
        answers = np.column_stack([answers[place], answer - 1])
        start += count
    patterns, pattern, _ = tally(answers, model.categories)
    return patterns, np.bincount(pattern, weights=drawn)


def _side_by_side(samples: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Patterns and weights of samples as one array each; those with fewer end in rows that weigh nothing."""
    most = max(len(patterns) for patterns, _ in samples)
    codes = np.full((len(samples), most, samples[0][0].shape[1]), -1)
    weights = np.zeros((len(samples), most))
    for i, (patterns, counts) in enumerate(samples):
        codes[i, : len(patterns)], weights[i, : len(counts)] = patterns, counts
    return codes, weights
