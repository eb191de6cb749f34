"""What the notebooks 4_* call: the two designs, the base of a percentage, and estimates in one long format.

A module per stage stands beside this one. Which question plays which part is said under `analyse:` in the
codebook; nothing here knows a questionnaire.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from nsmo.present import Wording
from nsmo.present.tables import TESTS
from nsmo.stats import SurveyDesign, calibrated_design
from nsmo.stats.association import chisquare
from nsmo.stats.comparison import ranktest, ttest
from nsmo.stats.multiplicity import holm
from nsmo.stats.outcomes import Effect, HypothesisTest
from nsmo.stats.regression import Regression, glm
from nsmo.study import Codebook, StudyError
from nsmo.study.variable import Variable

#: The columns of every file of estimates. `n` is the unweighted number of respondents in the denominator,
#: `count` those of them in the numerator, `base` who they are: asked, answered, all, or complete (those who
#: answered all of several questions).
COLUMNS = [
    "wave",
    "question",
    "option",
    "by",
    "group",
    "n",
    "count",
    "base",
    "statistic",
    "estimate",
    "se",
    "ci_low",
    "ci_high",
    "deff",
    "n_eff",
    "weighted",
    "suppressed",
    "confidence",
]
#: The option of the rows for the box that counts, the codebook's `top`.
TOP = "top"
#: The columns of every file of tests.
TEST_COLUMNS = ["wave", *TESTS]

_HIDDEN = ["count", "estimate", "se", "ci_low", "ci_high", "deff", "n_eff"]


@dataclass(frozen=True)
class Designs:
    """The respondents as they are, and the same adjusted to the population.

    Attributes
    ----------
    unweighted : SurveyDesign
        Every respondent counts once; the published figures were such.
    weighted : SurveyDesign
        With the calibrated weights; its standard errors know of the calibration.
    withhold : bool
        Whether the weights cost so much that weighted figures of subgroups are not shown.
    """

    unweighted: SurveyDesign
    weighted: SurveyDesign
    withhold: bool

    @property
    def frame(self) -> pd.DataFrame:
        """The responses that both designs hold."""
        return self.unweighted.frame


def designs(frame: pd.DataFrame, weighting: Mapping[str, Any]) -> Designs:
    """Build the unweighted design and the calibrated one that the weight stage made.

    Parameters
    ----------
    frame : DataFrame
        The responses with `weight` (mean 1) and the calibration variables `margin.<name>`.
    weighting : mapping
        Evidence of the weight stage (weighting.json); `subgroup_tables` says whether weighted figures of
        subgroups may be shown.

    Returns
    -------
    Designs

    Raises
    ------
    StudyError
        If the frame holds no weights or calibration variables, or the evidence does not say what may be
        shown.
    """
    margins = [name for name in frame.columns if name.startswith("margin.")]
    if "weight" not in frame or not margins:
        raise StudyError(
            found="the responses have no " + ("calibration variables" if "weight" in frame else "weights"),
            where="weight/responses.parquet",
            expected="the column weight and a column margin.<name> for each margin",
            fix="run the stage weight again",
        )
    if not isinstance(weighting.get("subgroup_tables"), bool):
        raise StudyError(
            found=f"subgroup_tables is {weighting.get('subgroup_tables')!r}",
            where="weight/weighting.json",
            expected="true or false: may weighted figures of subgroups be shown",
            fix="run the stage weight again",
        )
    return Designs(
        SurveyDesign(frame),
        calibrated_design(frame, "weight", margins),
        not weighting["subgroup_tables"],
    )


# ------------------------------------------------------------------------------------------------ bases


def base_mask(frame: pd.DataFrame, variable: Variable, base: str | None = None) -> pd.Series:
    """Tell who is in the denominator of a percentage.

    Parameters
    ----------
    frame : DataFrame
        Coded responses.
    variable : Variable
        The question.
    base : {"asked", "replied", "answered", "all"}, optional
        Left out: what the codebook says. "asked" leaves only those out whom the routing skipped.
    """
    reasons = frame[f"{variable.name}.missing"]
    match base or variable.base:
        case "all":
            return pd.Series(True, index=frame.index)
        case "asked":
            return reasons.ne("not_asked") | reasons.isna()
        case "replied":
            return reasons.isna() | reasons.isin(["dont_know", "refused"])
        case "answered":
            return reasons.isna()
        case other:
            raise ValueError(f"no such base: {other!r}")


def shares(frame: pd.DataFrame, variable: Variable, options: Iterable[str] | None = None) -> pd.DataFrame:
    """Turn the answers to a closed question into a yes or no per option.

    In the base, no substantive answer (don't know, refused, nothing) counts as "not chosen"; outside of it
    the value is missing.

    Parameters
    ----------
    frame : DataFrame
        Coded responses.
    variable : Variable
        A single, multi or ordinal question, or a derived one.
    options : iterable of str, optional
        Which; `top` is the box that counts. Left out: all, and the top box where it is made of several.

    Returns
    -------
    DataFrame of boolean
        A column ``name.option`` each.
    """
    if options is None:
        options = [*variable.option_names, *([TOP] if len(variable.top) > 1 else [])]
    inside = base_mask(frame, variable)
    columns = {}
    for option in options:
        if option == TOP and TOP not in variable.option_names:
            chosen = chose(frame, variable, variable.top)
        else:
            chosen = chose(frame, variable, [option])
        columns[f"{variable.name}.{option}"] = chosen.astype("boolean").where(inside, pd.NA)
    return pd.DataFrame(columns, index=frame.index)


def chose(frame: pd.DataFrame, variable: Variable, options: Sequence[str]) -> pd.Series:
    """Tell who chose at least one of some options; false where there is no answer.

    Raises
    ------
    StudyError
        If the question has no such option.
    """
    for option in options:
        variable.option(option)
    if variable.type == "multi":
        ticks = frame[[f"{variable.name}.{option}" for option in options]]
        return ticks.fillna(False).any(axis=1)
    return frame[variable.name].isin(list(options))


def numbers(frame: pd.DataFrame, variable: Variable) -> pd.Series:
    """Give the numbers of a numeric question, or the scores of an ordered one; missing where not answered.

    Raises
    ------
    StudyError
        If the answers are no numbers and have no order.
    """
    if variable.type == "numeric":
        return frame[variable.name].astype(float)
    if variable.type == "ordinal":
        return frame[variable.name].astype(object).map(variable.scores).astype(float)
    raise StudyError(
        found=f"a mean of '{variable.name}' was asked for, which is {variable.type}",
        where="questionnaire.yaml",
        expected="a numeric or ordinal question",
    )


def scale(frame: pd.DataFrame, variable: Variable, option: str | None = None) -> pd.Series:
    """Give the answers to a question as something that goes up; missing where not answered.

    Parameters
    ----------
    frame : DataFrame
        Coded responses.
    variable : Variable
        The question.
    option : str, optional
        Of a closed question: true for this answer, false for another. Left out: the `numbers`, and of a
        question without order whether the answer is one of the codebook's `top`.

    Raises
    ------
    StudyError
        For a question without order and without `top_box`.
    """
    if option is None and variable.type in ("numeric", "ordinal"):
        return numbers(frame, variable)
    options = variable.top if option is None else [option]
    if not options:
        raise StudyError(
            found=f"'{variable.name}' is {variable.type} without `top_box`: nothing goes up in it",
            where="questionnaire.yaml",
            expected="a numeric or ordinal question, or one with `top_box`",
        )
    chosen = chose(frame, variable, options).astype("boolean")
    return chosen.where(frame[f"{variable.name}.missing"].isna(), pd.NA)


# --------------------------------------------------------------------------------------------- estimates


def estimates(
    designs: Designs,
    codebook: Codebook,
    questions: str | Sequence[str],
    by: Sequence[str | None] = (None,),
    *,
    confidence: float,
    min_n: int,
    options: Iterable[str] | None = None,
    statistics: Sequence[str] = ("proportion", "mean"),
) -> pd.DataFrame:
    """Estimate shares and means of questions, unweighted and weighted, for everybody and by group.

    Parameters
    ----------
    designs : Designs
        See `designs`.
    codebook : Codebook
        Says type, base and top box of every question.
    questions : str or sequence of str
        Names. Closed questions give a share per option (and for the top box), numeric ones a mean, ordinal
        ones both; text and dates cannot be estimated.
    by : sequence of str or None
        Questions whose answers make groups; None is everybody.
    confidence : float
        Of the intervals, for example 0.95. Shares: logit, means: t.
    min_n : int
        Figures of fewer respondents are suppressed, and a second group with them where the rest would give
        the first away.
    options : iterable of str, optional
        Only these options.
    statistics : sequence of str
        "proportion", "mean" or both.

    Returns
    -------
    DataFrame
        Long, with the columns of `COLUMNS`, in the order of the arguments. Weighted figures of groups are
        left out where `Designs.withhold` says so.

    Raises
    ------
    StudyError
        For a question that cannot be estimated, or groups that are no closed question with one answer.
    """
    names = [questions] if isinstance(questions, str) else list(questions)
    options = None if options is None else list(options)
    parts = []
    for name in names:
        variable = codebook.variable(name)
        columns = _columns(designs.frame, variable, statistics, options)
        for grouping in by:
            if grouping is not None:
                _require_groups(codebook.variable(grouping))
            for weighted in (False, True):
                if weighted and grouping is not None and designs.withhold:
                    continue
                design = designs.weighted if weighted else designs.unweighted
                for statistic, frame in columns.items():
                    parts.append(
                        estimate(design, statistic, frame, grouping, confidence).assign(
                            base=variable.base if statistic == "proportion" else "answered",
                            weighted=weighted,
                        )
                    )
    if not parts:
        return pd.DataFrame(columns=COLUMNS)
    result = pd.concat(parts, ignore_index=True).assign(wave=codebook.wave, confidence=confidence)
    return suppress(result, min_n)[COLUMNS]


def _columns(
    frame: pd.DataFrame, variable: Variable, statistics: Sequence[str], options: list[str] | None
) -> dict[str, pd.DataFrame]:
    """Give the columns to estimate, by statistic."""
    columns = {}
    if variable.type in ("single", "multi", "ordinal") and "proportion" in statistics:
        columns["proportion"] = shares(frame, variable, options)
    if variable.type in ("numeric", "ordinal") and "mean" in statistics and options is None:
        columns["mean"] = numbers(frame, variable).to_frame(variable.name)
    if not columns:
        raise StudyError(
            found=f"'{variable.name}' is {variable.type}: it has no {' or '.join(statistics)} to estimate"
        )
    return columns


def _require_groups(variable: Variable) -> None:
    if variable.type not in ("single", "ordinal"):
        raise StudyError(
            found=f"'{variable.name}' is {variable.type}, so it makes no groups",
            where="rules.yaml, analyse",
            expected="a question with one answer",
        )


def estimate(
    design: SurveyDesign, statistic: str, columns: pd.DataFrame, by: str | None, confidence: float
) -> pd.DataFrame:
    """Estimate columns that belong to one question, each over the respondents for whom it is not missing.

    Parameters
    ----------
    design : SurveyDesign
        Unweighted or weighted.
    statistic : {"proportion", "mean"}
        Of yes or no, or one answer of several; or of numbers.
    columns : DataFrame
        With the index of the design's frame. A column of yes or no is called ``question.option``.
    by : str or None
        Column of the design's frame that makes groups.
    confidence : float
        Of the intervals.

    Returns
    -------
    DataFrame
        As the estimators of `nsmo.stats` give it, without groups that nobody belongs to.
    """
    local = design.assign(**{name: columns[name] for name in columns})
    table = getattr(local, statistic)(list(columns.columns), by=by, level=confidence)
    return table[table["n"] > 0]


def suppress(frame: pd.DataFrame, min_n: int) -> pd.DataFrame:
    """Blank figures of too few respondents, and those that would give them away.

    Where one group alone is too small, everybody less the other groups would tell its figures: the next
    smallest group of that grouping is blanked too. How many respondents a group has stays.

    Parameters
    ----------
    frame : DataFrame
        Estimates with n, question, by, group, weighted.
    min_n : int
        Smallest number of respondents that may be shown.

    Returns
    -------
    DataFrame
        With the boolean column `suppressed`.
    """
    frame = frame.copy()
    hide = frame["n"].to_numpy(dtype=float) < min_n
    grouped = frame["by"].notna().to_numpy()
    keys = ["question", "option", "by", "statistic", "weighted"]
    for _, rows in frame[grouped].groupby(keys, dropna=False, sort=False, observed=True).indices.items():
        places = np.flatnonzero(grouped)[rows]
        if hide[places].sum() == 1 and len(places) > 1:
            shown = places[~hide[places]]
            hide[shown[np.argmin(frame["n"].to_numpy(dtype=float)[shown])]] = True
    for column in _HIDDEN:
        frame[column] = frame[column].astype(float).mask(hide)
    frame["suppressed"] = hide
    return frame


def differences(
    designs: Designs,
    codebook: Codebook,
    question: str,
    by: str,
    *,
    confidence: float,
    min_n: int,
    option: str | None = None,
) -> pd.DataFrame:
    """Estimate how much each group differs from each later one, in a share or a mean.

    Parameters
    ----------
    designs, codebook, confidence, min_n
        As in `estimates`.
    question : str
        What is compared: the share of `option`, or, without one, the mean.
    by : str
        Question whose answers make the groups.
    option : str, optional
        The answer, or `top`.

    Returns
    -------
    DataFrame
        In the columns of `COLUMNS`; `group` is "first – second" in the names of the codebook, statistic
        "difference in proportions" or "difference in means". The interval is by t and design-based. n is that
        of both groups; too small a group suppresses its differences.
    """
    variable, groups = codebook.variable(question), codebook.variable(by)
    _require_groups(groups)
    if option is None:
        measured, statistic = numbers(designs.frame, variable), "difference in means"
    else:
        measured = shares(designs.frame, variable, [option]).iloc[:, 0]
        statistic = "difference in proportions"
    known = measured.notna()
    sizes = {name: int((known & designs.frame[by].eq(name)).sum()) for name in groups.option_names}
    rows = []
    for weighted in (False, True):
        if weighted and designs.withhold:
            continue
        design = (designs.weighted if weighted else designs.unweighted).assign(measured=measured)
        for first, second in combinations([name for name, n in sizes.items() if n > 1], 2):
            effect = ttest(design, "measured", by, (second, first), level=confidence)
            hidden = min(sizes[first], sizes[second]) < min_n
            rows.append(
                effect_row(
                    effect,
                    hidden=hidden,
                    wave=codebook.wave,
                    question=question,
                    option=option,
                    by=by,
                    group=f"{first} – {second}",
                    n=sizes[first] + sizes[second],
                    base="answered" if option is None else variable.base,
                    statistic=statistic,
                    weighted=weighted,
                    confidence=confidence,
                )
            )
    return pd.DataFrame(rows, columns=COLUMNS)


def effect_row(effect: Effect, *, hidden: bool, **about: Any) -> dict[str, Any]:
    """Make a row in the columns of `COLUMNS` of an effect size.

    Parameters
    ----------
    effect : Effect
        As the functions of `nsmo.stats` give it.
    hidden : bool
        Whether too few respondents are behind it to show it.
    **about
        The other columns: what it is about.
    """
    shown = {name: getattr(effect, name) for name in ("estimate", "se", "ci_low", "ci_high")}
    return {
        **about,
        **dict.fromkeys(_HIDDEN, np.nan),
        **({} if hidden else shown),
        "suppressed": hidden,
    }


def distribution(
    designs: Designs, codebook: Codebook, question: str, *, confidence: float, min_n: int
) -> pd.DataFrame:
    """Estimate the share of every whole number from the smallest to the largest that was answered.

    Parameters
    ----------
    designs, codebook, confidence, min_n
        As in `estimates`.
    question : str
        A numeric question that was answered in whole numbers.

    Returns
    -------
    DataFrame
        In the columns of `COLUMNS`; `option` is the number as text. The base is those who answered.

    Raises
    ------
    StudyError
        If the question is not numeric, or an answer is not a whole number.
    """
    variable = codebook.variable(question)
    values = numbers(designs.frame, variable)
    if variable.type != "numeric" or (values.dropna() % 1 != 0).any():
        raise StudyError(
            found=f"the distribution of '{question}' was asked for, whose answers are not whole numbers",
            where="rules.yaml, analyse",
        )
    present = range(int(values.min()), int(values.max()) + 1) if values.notna().any() else []
    answers = values.map(lambda value: f"{value:.0f}", na_action="ignore")
    options = [str(number) for number in present]
    return spread(designs, codebook, question, answers, options, confidence=confidence, min_n=min_n)


def spread(
    designs: Designs,
    codebook: Codebook,
    question: str,
    answers: pd.Series,
    options: Sequence[str],
    *,
    confidence: float,
    min_n: int,
) -> pd.DataFrame:
    """Estimate the shares of answers that were put together from a question's own.

    Parameters
    ----------
    designs, codebook, confidence, min_n
        As in `estimates`.
    question : str
        The question they were made from.
    answers : Series
        One of `options` for each respondent, or missing; the base is who has one.
    options : sequence of str
        All answers, in order; one that nobody gave has a share of nothing.

    Returns
    -------
    DataFrame
        In the columns of `COLUMNS`.
    """
    columns = pd.DataFrame({question: pd.Categorical(answers, categories=list(options))}, index=answers.index)
    parts = [
        estimate(design, "proportion", columns, None, confidence).assign(base="answered", weighted=weighted)
        for weighted, design in ((False, designs.unweighted), (True, designs.weighted))
    ]
    result = pd.concat(parts, ignore_index=True).assign(wave=codebook.wave, confidence=confidence)
    return suppress(result, min_n)[COLUMNS]


def together(results: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Put the results of a stage into one file of estimates, each row once.

    Parameters
    ----------
    results : mapping
        Name to frame, each in the columns of `COLUMNS`.
    """
    keys = ["question", "option", "by", "group", "statistic", "weighted"]
    return pd.concat(results.values(), ignore_index=True).drop_duplicates(keys, ignore_index=True)


# ------------------------------------------------------------------------------------------ tests and models


def group_tests(
    designs: Designs,
    codebook: Codebook,
    questions: Iterable[str | tuple[str, str]],
    by: Sequence[str],
    *,
    min_n: int,
) -> pd.DataFrame:
    """Test, question by question, whether groups answer differently, and adjust for the number of tests.

    Parameters
    ----------
    designs, codebook, min_n
        As in `estimates`.
    questions : iterable of str or (str, str)
        What is compared: all answers to a question, or the share of one option of it (`top` for the box that
        counts). A question is not held against itself.
    by : sequence of str
        Questions whose answers make the groups. Groups, and answers, of fewer than `min_n` respondents make
        no test with their question: it has no p then, and does not count for Holm.

    Returns
    -------
    DataFrame
        In the columns of `TEST_COLUMNS`. Numbers and ordered answers: test "rank" (Kruskal-Wallis, knowing
        the design); others, and shares: "chisquare" (Rao-Scott, second order). Holm's adjustment covers all
        tests of one call, the unweighted and the weighted ones apart.
    """
    rows = []
    for weighted in (False, True):
        if weighted and designs.withhold:
            continue
        design = designs.weighted if weighted else designs.unweighted
        for grouping in by:
            _require_groups(codebook.variable(grouping))
            for asked in questions:
                question, option = (asked, None) if isinstance(asked, str) else asked
                if question == grouping:
                    continue
                found = _group_test(design, codebook.variable(question), option, grouping, min_n)
                rows.append(
                    {
                        "wave": codebook.wave,
                        "question": question,
                        "option": option,
                        "by": grouping,
                        "group": None,
                        **found,
                        "p_holm": np.nan,
                        "weighted": weighted,
                    }
                )
    return adjusted(pd.DataFrame(rows, columns=TEST_COLUMNS))


def adjusted(tests: pd.DataFrame) -> pd.DataFrame:
    """Fill in Holm's p over all tests that were made, the unweighted and the weighted ones apart.

    Parameters
    ----------
    tests : DataFrame
        In the columns of `TEST_COLUMNS`; a test that was not made has no p.
    """
    tests = tests.copy()
    for weighted in (False, True):
        made = tests.index[tests["p"].notna() & (tests["weighted"] == weighted)]
        tests.loc[made, "p_holm"] = holm(tests.loc[made, "p"])
    return tests


def _group_test(
    design: SurveyDesign, variable: Variable, option: str | None, by: str, min_n: int
) -> dict[str, Any]:
    ranked = option is None and variable.type in ("numeric", "ordinal")
    if ranked:
        measured = numbers(design.frame, variable)
    elif option is None:
        measured = design.frame[variable.name]
    else:
        measured = shares(design.frame, variable, [option]).iloc[:, 0]
    complete = measured.notna() & design.frame[by].notna()
    counts = [design.frame.loc[complete, by].value_counts()]
    if not ranked:
        counts.append(measured[complete].value_counts())
    kept = {"test": "rank" if ranked else "chisquare", "n": int(complete.sum())}
    sizes = [count[count > 0] for count in counts]
    if any(len(count) < 2 or count.min() < min_n for count in sizes):
        return {**kept, "statistic": np.nan, "df": np.nan, "ddf": np.nan, "p": np.nan}
    local = design.assign(measured=measured)
    found = ranktest(local, "measured", by) if ranked else chisquare(local, "measured", by)
    if isinstance(found, Effect):  # two groups: F with one degree of freedom is the square of t
        found = HypothesisTest("rank", (found.estimate / found.se) ** 2, "F", 1, found.df, found.p, found.n)
    return {**kept, "statistic": found.statistic, "df": found.df, "ddf": found.ddf, "p": found.p}


def ratios(
    designs: Designs,
    codebook: Codebook,
    question: str,
    terms: Sequence[str],
    *,
    statistic: str,
    confidence: float,
    min_n: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Explain a number by groups: how many times as high it is as in the first group, other terms equal.

    Parameters
    ----------
    designs, codebook, confidence, min_n
        As in `estimates`.
    question : str
        A numeric question that counts something.
    terms : sequence of str
        Questions with one answer, all in one Poisson model. Each answer is held against the first one.
    statistic : str
        What the ratios are called: "rate ratio", or "adjusted rate ratio".

    Returns
    -------
    tuple of DataFrame
        The ratios, in the columns of `COLUMNS`: `by` is the term, `group` "category – reference", `n` all
        respondents in the model; a pair with fewer than `min_n` on one side is suppressed. And a Wald test of
        each term, in the columns of `TEST_COLUMNS`.
    """
    frame = designs.frame[[question, *terms]].dropna()
    rows, tests = [], []
    for weighted in (False, True):
        if weighted and designs.withhold:
            continue
        design = designs.weighted if weighted else designs.unweighted
        model = glm(design, question, list(terms), "poisson", level=confidence)
        about = {"statistic": statistic, "weighted": weighted, "confidence": confidence}
        rows += ratio_rows(model, codebook, frame, min_n=min_n, **about)
        tests += term_tests(model, codebook, weighted)
    return pd.DataFrame(rows, columns=COLUMNS), pd.DataFrame(tests, columns=TEST_COLUMNS)


def ratio_rows(
    model: Regression, codebook: Codebook, frame: pd.DataFrame, *, min_n: int, **about: Any
) -> list[dict[str, Any]]:
    """Give the ratios of a model as rows in the columns of `COLUMNS`.

    Parameters
    ----------
    model : Regression
        Its outcome and its terms have the names of questions.
    codebook : Codebook
        Of the same wave.
    frame : DataFrame
        The terms of those who are in the model. Of a categorical one the first that occurs is the reference:
        `group` is "category – reference". A number has the ratio of one more, and no group.
    min_n : int
        With fewer respondents in the category or the reference a ratio is suppressed.
    **about
        statistic, weighted, confidence, and the option of the outcome that is meant, if one is.
    """
    rows = []
    for found in model.coefficients[model.coefficients["term"].isin(frame.columns)].to_dict("records"):
        hidden, group = model.n < min_n, None
        if pd.notna(found["category"]):
            sizes = frame[found["term"]].value_counts()
            reference = next(name for name in frame[found["term"]].cat.categories if sizes[name])
            hidden = min(sizes[found["category"]], sizes[reference]) < min_n
            group = f"{found['category']} – {reference}"
        ratio = Effect(
            found["term"],
            found["ratio"],
            found["ratio"] * found["se"],
            found["ratio_low"],
            found["ratio_high"],
            model.df,
            found["p"],
            model.n,
        )
        rows.append(
            effect_row(
                ratio,
                hidden=hidden,
                wave=codebook.wave,
                question=model.outcome,
                by=found["term"],
                group=group,
                n=model.n,
                base="complete",
                **{"option": None, **about},
            )
        )
    return rows


def term_tests(
    model: Regression, codebook: Codebook, weighted: bool, option: str | None = None
) -> list[dict[str, Any]]:
    """Give the Wald test of every term of a model, as rows in the columns of `TEST_COLUMNS`."""
    return [
        {
            "wave": codebook.wave,
            "question": model.outcome,
            "option": option,
            "by": found["term"],
            "group": None,
            "test": "wald",
            "statistic": found["F"],
            "df": found["df"],
            "ddf": found["ddf"],
            "p": found["p"],
            "p_holm": np.nan,
            "n": model.n,
            "weighted": weighted,
        }
        for found in model.terms().to_dict("records")
    ]


# ------------------------------------------------------------------------------------ who plays which part


def parts(codebook: Codebook, stage: str, *needed: str) -> dict[str, Any]:
    """Look up which questions a stage is about.

    Parameters
    ----------
    codebook : Codebook
        Its key `analyse` has an entry per stage: part to question, or to a list of them.
    stage : str
        Name of the stage.
    *needed : str
        The parts that the stage knows; all are needed.

    Returns
    -------
    dict
        Part to name or names.

    Raises
    ------
    StudyError
        Naming the parts that are missing or unknown.
    """
    given = dict(codebook.analyse.get(stage, {}))
    if set(given) != set(needed):
        missing, strange = sorted(set(needed) - set(given)), sorted(set(given) - set(needed))
        found = [f"no {', '.join(missing)}"] if missing else []
        found += [f"the unknown part {', '.join(strange)}"] if strange else []
        raise StudyError(
            found=" and ".join(found),
            where=f"rules.yaml, analyse > {stage}",
            expected=", ".join(needed),
            fix="name a question for each part, or take the wave out of this stage in params.yaml",
        )
    return given


def row(frame: pd.DataFrame, *, weighted: bool = False, **where: Any) -> pd.Series:
    """Pick the one row of a result that a sentence speaks of.

    Parameters
    ----------
    frame : DataFrame
        In the columns of `COLUMNS`.
    weighted : bool
        Which of the two.
    **where
        Column to value; None stands for an empty cell.

    Raises
    ------
    StudyError
        If not exactly one row fits.
    """
    found = frame[frame["weighted"] == weighted]
    for column, value in where.items():
        found = found[found[column].isna() if value is None else found[column].eq(value)]
    if len(found) != 1:
        raise StudyError(
            found=f"{len(found)} rows fit {where or 'no condition'}, weighted {weighted}",
            expected="one",
            fix="name question, option, by, group or statistic so that one row is left",
        )
    return found.iloc[0]


def listed(frame: pd.DataFrame, codebook: Codebook, language: str) -> str:
    """Put unweighted estimates into a list for a sentence: label, value, interval and n of each.

    Parameters
    ----------
    frame : DataFrame
        In the columns of `COLUMNS`; of a row with a group the group is named, else the option.
    codebook : Codebook
        Gives the labels.
    language : str
        nl or en.
    """
    wording = Wording(language)
    items = []
    for entry in frame[~frame["weighted"]].to_dict("records"):
        grouped = not pd.isna(entry["group"])
        name = f"{entry['by']}.{entry['group']}" if grouped else f"{entry['question']}.{entry['option']}"
        items.append(f"{codebook.label(name, language)} {wording.estimate(entry)}")
    return wording.join(items)
