"""Which kinds of organisations there are: by declared rules, and by an exploratory latent class analysis."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from nsmo.results import TOP
from nsmo.stats.latent import LatentClasses, agreement, bootstrap_test, fit_classes, resample, tally
from nsmo.study import Codebook, StudyError, Variable
from nsmo.study.derived import Flag
from nsmo.survey import Survey
from nsmo.survey.estimates import estimates


def described(
    survey: Survey, groups: Sequence[str], by: Sequence[str], scored: Sequence[str] = ()
) -> pd.DataFrame:
    """Estimate what the members of each group answer to other questions.

    Parameters
    ----------
    survey : Survey
        The respondents.
    groups : sequence of str
        Variables whose categories are the groups.
    by : sequence of str
        Questions on which the groups are compared: a number by its mean, others by the shares of `telling`.
    scored : sequence of str
        Ordered questions on which they are compared by the mean of the scores.

    Returns
    -------
    DataFrame
        In the columns of `nsmo.results.COLUMNS`.
    """
    frames = []
    for name in by:
        variable = survey.codebook.variable(name)
        options = None if variable.type == "numeric" else telling(variable)
        frames.append(estimates(survey, name, by=groups, options=options))
    frames += [estimates(survey, name, by=groups, statistics=["mean"]) for name in scored]
    return pd.concat(frames, ignore_index=True)


def telling(variable: Variable) -> list[str]:
    """Choose the answers that tell groups apart: the top box, the yes, one of two, or else all of them."""
    if variable.top_box:
        return [TOP]
    if isinstance(variable.definition, Flag):
        return ["yes"]
    return variable.option_names[:1] if len(variable.option_names) == 2 else list(variable.option_names)


# ---------------------------------------------------------------------------------------- latent classes


@dataclass(frozen=True)
class Exploration:
    """What the latent class analysis found.

    Attributes
    ----------
    fits : DataFrame
        A row per number of classes: classes, parameters, log_likelihood, bic, smallest (share of the smallest
        class), certainty (mean chance of the class that a respondent is put into), stability, stability_low,
        stability_high (adjusted Rand index with the classes of respondents drawn anew: mean and interval),
        ratio and p (of one class more, by the bootstrap; missing where the series of tests had ended).
    by_bic, by_test : int
        The number of classes with the lowest BIC, and the first that one class more does not improve.
    items : DataFrame
        Of the model that BIC chooses: question, option, class (from 1, the largest), size, estimate, ci_low,
        ci_high, n, confidence.
    crossed : DataFrame
        Respondents by class (rows) and declared group (columns), as counts. Without rows where answers are
        real and a count is of fewer than `privacy > min_count`.
    agreement : float
        Adjusted Rand index of class and declared group; 1 is the same, 0 what chance would give.
    respondents : int
        Those who answered at least one of the indicators.
    library : float
        Log-likelihood of the chosen model by the library stepmix, from its own starts.
    """

    fits: pd.DataFrame
    by_bic: int
    by_test: int
    items: pd.DataFrame
    crossed: pd.DataFrame
    agreement: float
    respondents: int
    library: float


def latent_classes(
    frame: pd.DataFrame,
    codebook: Codebook,
    indicators: Sequence[str],
    compared: str,
    *,
    max_classes: int,
    starts: int,
    draws: int,
    seed: int,
    confidence: float,
) -> Exploration:
    """Find classes within which the answers to the indicators have nothing to do with each other.

    Exploratory: it uses no weights and knows nothing of the declared rules. The respondents are refitted some
    hundreds of times, which is why the fits are made by `nsmo.stats.latent`, all draws at once; the library
    stepmix, which takes them one by one, fits the chosen model once more as a check.

    Parameters
    ----------
    frame : DataFrame
        The responses.
    codebook : Codebook
        Of the same wave.
    indicators : sequence of str
        Questions with one answer.
    compared : str
        The declared groups that the classes are crossed with.
    max_classes : int
        Up to how many classes.
    starts, draws : int
        Random starts of each fit; samples for the test and for the stability.
    seed : int
        Of both. Every number of classes has random numbers of its own.
    confidence : float
        Of the intervals; the test of one class more is made at one minus this.

    Returns
    -------
    Exploration

    Raises
    ------
    StudyError
        If the indicators are no questions with one answer, or are too few for so many classes.
    """
    variables = [codebook.variable(name) for name in indicators]
    codes = _codes(frame, variables)
    known = (codes >= 0).any(axis=1)
    codes, n = codes[known], int(known.sum())
    categories = [len(variable.option_names) for variable in variables]
    cells = int(np.prod(categories))
    most = max_classes * (sum(categories) - len(categories) + 1) - 1
    if most >= cells:
        raise StudyError(
            found=f"{max_classes} classes of {len(indicators)} questions: {most} parameters, {cells} cells",
            where="params.yaml, profiles > max_classes; rules.yaml, analyse > profiles > indicators",
            expected="fewer parameters than cells",
            fix="ask for fewer classes, or name more indicators",
        )
    patterns, pattern, counts = tally(codes, categories)
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    models, again, rows, ended = {}, {}, [], False
    for classes in range(1, max_classes + 1):
        rng = np.random.default_rng([seed, classes])
        model = models[classes] = fit_classes(codes, categories, classes, rng, starts=starts)
        again[classes] = resample(codes, model, rng, starts=starts, draws=draws)
        belongs = model.membership(patterns)[0]
        others = again[classes].membership(patterns).argmax(axis=2)
        rand = [agreement(belongs.argmax(axis=1), other, counts) for other in others]
        tested = None
        if not ended and classes < max_classes:
            tested = bootstrap_test(codes, categories, classes, rng, starts=starts, draws=draws)
            ended = tested.p >= 1 - confidence
        alone = classes == 1  # one class is always stable
        low, high = (np.nan, np.nan) if alone else np.quantile(rand, tails)
        rows.append(
            {
                "classes": classes,
                "parameters": model.parameters,
                "log_likelihood": float(model.log_likelihood[0]),
                "bic": float(model.bic(n)[0]),
                "smallest": float(model.sizes.min()),
                "certainty": float(np.average(belongs.max(axis=1), weights=counts)),
                "stability": np.nan if alone else float(np.mean(rand)),
                "stability_low": low,
                "stability_high": high,
                "ratio": tested.statistic if tested else np.nan,
                "p": tested.p if tested else np.nan,
            }
        )
    fits = pd.DataFrame(rows)
    by_bic = int(fits.loc[fits["bic"].idxmin(), "classes"])
    chosen = models[by_bic]
    belongs = chosen.membership(patterns)[0].argmax(axis=1)[pattern]
    groups = frame.loc[known, compared]
    known = groups.notna().to_numpy()
    crossed = pd.crosstab(belongs + 1, groups.astype(str).where(groups.notna(), "missing"))
    order = [g for g in codebook.variable(compared).option_names if g in crossed.columns]
    crossed = crossed[[*order, *[g for g in crossed.columns if g not in order]]]
    if not codebook.privacy.keep_rows and (crossed < codebook.privacy.min_count).any(axis=None):
        # Classes are in no plan of what is shown: with the sizes of the groups the rest would tell the few.
        crossed = crossed.iloc[:0]
    return Exploration(
        fits,
        by_bic,
        int(fits.loc[~(fits["p"] < 1 - confidence), "classes"].iloc[0]),
        _items(chosen, again[by_bic], variables, n, confidence),
        crossed.rename_axis(index="class", columns=None).reset_index(),
        agreement(belongs[known], pd.factorize(groups[known].astype(str))[0], np.ones(known.sum())),
        n,
        _by_stepmix(patterns, counts, by_bic, starts, seed),
    )


def _codes(frame: pd.DataFrame, indicators: Sequence[Variable]) -> np.ndarray:
    """Return the place of each answer among the options of its question, -1 where there is none."""
    for variable in indicators:
        if variable.type not in ("single", "ordinal"):
            raise StudyError(
                found=f"'{variable.name}' is {variable.type}",
                where="rules.yaml, analyse > profiles > indicators",
                expected="questions with one answer",
                fix="derive a variable with one answer from it, and name that",
            )
    return np.column_stack(
        [pd.Categorical(frame[v.name].astype(object), categories=v.option_names).codes for v in indicators]
    ).astype(int)


def _items(
    model: LatentClasses, again: LatentClasses, indicators: Sequence[Variable], n: int, confidence: float
) -> pd.DataFrame:
    low, high = np.quantile(again.shares, [(1 - confidence) / 2, (1 + confidence) / 2], axis=0)
    rows: list[dict[str, Any]] = []
    place = 0
    for variable in indicators:
        for option in variable.option_names:
            for number in range(model.classes):
                rows.append(
                    {
                        "question": variable.name,
                        "option": option,
                        "class": number + 1,
                        "size": float(model.sizes[0, number]),
                        "estimate": float(model.shares[0, number, place]),
                        "ci_low": float(low[number, place]),
                        "ci_high": float(high[number, place]),
                        "n": n,
                        "confidence": confidence,
                    }
                )
            place += 1
    return pd.DataFrame(rows)


def _by_stepmix(patterns: np.ndarray, counts: np.ndarray, classes: int, starts: int, seed: int) -> float:
    from stepmix.stepmix import StepMix

    patterns = np.where(patterns < 0, np.nan, patterns)
    model = StepMix(
        classes,
        measurement="categorical_nan",
        n_init=starts,
        abs_tol=1e-8,  # of the mean log-likelihood
        max_iter=5000,
        random_state=seed,
        progress_bar=0,
    )
    model.fit(patterns, sample_weight=counts)
    return float(model.score(patterns, sample_weight=counts) * counts.sum())
