"""How far any of it can be trusted: selection, missing answers, who answered, and what the sample can show.

The headlines are the shares that stand for the study (`headlines:` in study.yaml). Nothing
here is a finding about the world; it says how much another choice, or another reality, would change them.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nsmo.results import COLUMNS, MISSING
from nsmo.stages.clean import JUDGEMENTS, Thresholds, clean
from nsmo.stats.equivalence import cohens_h, excluded_difference
from nsmo.stats.power import smallest_difference
from nsmo.study import Codebook
from nsmo.study.headlines import Headline, headlines
from nsmo.study.privacy import Privacy
from nsmo.survey import Survey, measures
from nsmo.survey.answers import ANSWERED, COUNTED
from nsmo.survey.estimates import estimates
from nsmo.survey.linked import BASE
from nsmo.survey.protection import Protection
from nsmo.survey.weighed import COARSE


def shares(survey: Survey) -> pd.DataFrame:
    """Estimate every headline, unweighted, adjusted, and in each sensitivity of the weights.

    Parameters
    ----------
    survey : Survey
        The respondents; their columns ``sensitivity.<name>`` hold other weights.

    Returns
    -------
    DataFrame
        A row per headline, with its fields and ``n, count, share, ci_low, ci_high``, ``weighted,
        weighted_low, weighted_high`` (adjusted; missing where withheld), a column
        ``sensitivity.<name>`` each, and ``n_answered, answered``: the share with every don't know left out of
        the base instead of counted as not chosen, of real answers only among all. Shares are fractions;
        missing where suppressed.
    """
    codebook, frame = survey.codebook, survey.frame
    rows = []
    for head in headlines(codebook):
        variable = codebook.variable(head.question)
        found = estimates(survey, head.question, [head.by], options=[head.option], statistics=["proportion"])
        found = found[found["group"].isna() if head.group is None else found["group"].eq(head.group)]
        own = found[~found["weighted"]].iloc[0]
        row = head._asdict() | {name: own[name] for name in ("n", "count", "ci_low", "ci_high")}
        row["share"] = own["estimate"]
        for adjusted in found[found["weighted"]].to_dict("records"):
            row["weighted"] = adjusted["estimate"]
            row |= {f"weighted_{end}": adjusted[f"ci_{end}"] for end in ("low", "high")}
        inside = pd.Series(True, index=frame.index)
        if head.group:
            inside = frame[head.by].eq(head.group)
        yes = measures.shares(frame, variable, [head.option]).iloc[:, 0]
        asked, answered = inside & yes.notna(), inside & frame[f"{variable.name}.missing"].isna()
        chosen = yes.fillna(False).astype(bool)
        row["n_answered"] = int(answered.sum())
        row["answered"] = chosen[answered].mean()
        for name in (column for column in frame if column.startswith("sensitivity.")):
            weights = frame[name]
            row[name] = weights[asked & chosen].sum() / weights[asked].sum()
        others = [name for name in row if name.startswith("sensitivity.")]
        told = survey.protection is not None and pd.isna(row.get("weighted"))
        if own["suppressed"] or "weighted" not in row or told:
            row |= dict.fromkeys(others)
        elif survey.protection and head.by and survey.protection.weighed.coarse(head.question, head.by):
            row |= {name: round(row[name], COARSE) for name in others}
        if own["suppressed"]:
            row["answered"] = None
        silent = _silent_hidden(codebook, survey.protection, head.question)
        if not codebook.privacy.keep_rows and (own["suppressed"] or head.group or silent):
            # With the number of the group it would tell how few did not know.
            row |= {"n_answered": None, "answered": None}
        rows.append(row)
    return pd.DataFrame(rows)


def tilt(share: float, odds_ratio: float) -> float:
    """Compute the share in the population if those who give this answer take part more readily.

    Parameters
    ----------
    share : float
        Share among the respondents, a fraction.
    odds_ratio : float
        By what giving the answer multiplies the odds of taking part. The odds of the answer among respondents
        are then its odds in the population times this ratio.

    Returns
    -------
    float
        A fraction.
    """
    odds = share / odds_ratio
    return odds / (odds + 1 - share)


def selection(found: pd.DataFrame, odds: Sequence[float]) -> pd.DataFrame:
    """Compute what self-selection could hide behind every headline.

    Parameters
    ----------
    found : DataFrame
        From `shares`.
    odds : sequence of float
        Odds ratios of taking part, from 1.

    Returns
    -------
    DataFrame
        ``question, option, by, group, n, share, ci_low, ci_high``; a column per odds ratio,
        named by it ("1.5"), with the share in the population; ``half``, the odds ratio at which the finding
        would be a half (missing where it is no majority).
    """
    table = found[[*Headline._fields, "n", "share", "ci_low", "ci_high"]].copy()
    for ratio in odds:
        table[f"{ratio:g}"] = [tilt(share, ratio) for share in table["share"]]
    table["half"] = (table["share"] / (1 - table["share"])).where(table["share"] > 0.5)
    return table


# ------------------------------------------------------------------------------------ missing answers


def nonresponse(
    codebook: Codebook, frame: pd.DataFrame, protection: Protection | None = None
) -> pd.DataFrame:
    """Count who gave no answer to each question, among those to whom it was put.

    Parameters
    ----------
    codebook : Codebook
        Questions whose answers could identify somebody are not in the cleaned responses and left out here.
    frame : DataFrame
        The responses that count.
    protection : Protection, optional
        Says of real answers which numbers are hidden.

    Returns
    -------
    DataFrame
        A row per question in the order of the codebook: ``question, asked, answered,
        dont_know, refused, no_answer`` (respondents); ``without`` and ``with_dont_know``: the share without
        an answer, a don't know counted as an answer or as none (fractions of those asked). Of real answers
        what would tell of few respondents is missing, and where fewer than `min_count` have no answer,
        ``with_dont_know`` is what it is at most.
    """
    rows = []
    for question in codebook.questions:
        if f"{question.name}.missing" not in frame:
            continue
        reasons = frame[f"{question.name}.missing"]
        counts = {name: int(reasons.eq(name).sum()) for name in ("dont_know", "refused", "no_answer")}
        asked = int((reasons.isna() | reasons.ne("not_asked")).sum())
        silent = counts["refused"] + counts["no_answer"]
        rows.append(
            {
                "question": question.name,
                "asked": asked,
                "answered": int(reasons.isna().sum()),
                **counts,
                "without": silent / asked if asked else None,
                "with_dont_know": (silent + counts["dont_know"]) / asked if asked else None,
            }
        )
    counted = ("asked", "answered", "dont_know", "refused", "no_answer", "without", "with_dont_know")
    table = pd.DataFrame(rows, columns=["question", *counted])
    if codebook.privacy.keep_rows:
        return table
    hidden = [_silent_hidden(codebook, protection, name) for name in table["question"]]
    return _without_few(table, codebook.privacy.min_count, np.array(hidden, dtype=bool))


def _silent_hidden(codebook: Codebook, protection: Protection | None, question: str) -> bool:
    """Whether the plan hides how many gave an answer, or some reason for having none."""
    if protection is None:
        return False
    reasons = COUNTED[codebook.variable(question).base]
    several = codebook.variable(question).type == "multi"
    kinds = [*(MISSING + reason for reason in reasons), *([] if several else [BASE, ANSWERED])]
    return any(protection.hidden(question, kind) for kind in kinds)


def _without_few(table: pd.DataFrame, least: int, closed: NDArray[np.bool_]) -> pd.DataFrame:
    """Leave out how few respondents gave which reason, and all reasons beside it."""
    reasons = ["dont_know", "refused", "no_answer"]
    few = (table[reasons].gt(0) & table[reasons].lt(least)).any(axis=1) | closed
    away = table["asked"] - table["answered"]
    steps = (away / least).apply(np.ceil).clip(lower=1)
    most = (steps * least / table["asked"].clip(lower=1)).clip(upper=1)
    fewer = (away.gt(0) & away.lt(least)) | closed
    hidden = {name: table[name].astype(float).mask(few) for name in (*reasons, "without")}
    return table.assign(
        **hidden,
        answered=table["answered"].astype(float).mask(fewer),
        with_dont_know=table["with_dont_know"].astype(float).mask(fewer, most),
    )


# ------------------------------------------------------------------------------- who counts as a respondent


def rules(
    codebook: Codebook, received: pd.DataFrame, found: pd.DataFrame, thresholds: Thresholds
) -> pd.DataFrame:
    """Clean again without each rule that is a judgement, and see what becomes of the headlines.

    Parameters
    ----------
    codebook : Codebook
        Its `cleaning` has the rules; those of a kind in `JUDGEMENTS` are left out one at a time.
    received : DataFrame
        The coded frame of ingest.
    found : DataFrame
        From `shares`: the headlines as they are.
    thresholds : mapping
        The keyword arguments of `clean`.

    Returns
    -------
    DataFrame
        A row per rule and headline: ``rule, respondents, kept`` (how many more count), ``question, option,
        by, group, n, share, without_rule, points`` (change in percentage points). Of real answers n and the
        share without the rule are missing, and the change is rounded.
    """
    done = len(clean(codebook, received, **thresholds).responses)
    rows = []
    for left_out in (rule for rule in codebook.cleaning.rules if rule.kind in JUDGEMENTS):
        others = [rule for rule in codebook.cleaning.rules if rule is not left_out]
        other = codebook.changed(cleaning=codebook.cleaning.model_copy(update={"rules": others}))
        frame = clean(other, received, **thresholds).responses
        for head in found.to_dict("records"):
            yes = measures.shares(frame, codebook.variable(head["question"]), [head["option"]]).iloc[:, 0]
            if not pd.isna(head["group"]):
                yes = yes[frame[head["by"]].eq(head["group"])]
            # What may not be shown as it is may not be shown without a rule either.
            share = float(yes.mean()) if pd.notna(head["share"]) else float("nan")
            rows.append(
                {
                    "rule": left_out.name,
                    "respondents": len(frame),
                    "kept": len(frame) - done,
                    **{name: head[name] for name in (*Headline._fields, "share")},
                    "n": int(yes.notna().sum()),
                    "without_rule": share,
                    "points": 100 * (share - head["share"]),
                }
            )
    columns = ["rule", "respondents", "kept", *Headline._fields, "share", "n", "without_rule", "points"]
    return _blurred(pd.DataFrame(rows, columns=columns), codebook.privacy)


def _blurred(rows: pd.DataFrame, privacy: Privacy) -> pd.DataFrame:
    """Leave of real answers only the change, rounded so that it does not tell what those who joined said."""
    if privacy.keep_rows or rows.empty:
        return rows
    step = np.where(rows["kept"].lt(privacy.min_count), 5.0, 1.0)
    points = (rows["points"] / step).round() * step
    return rows.assign(points=points + 0.0, without_rule=np.nan, n=np.nan)


def by_role(survey: Survey, role: str | None) -> pd.DataFrame:
    """Estimate the headlines about everybody by the role of whoever answered.

    Parameters
    ----------
    survey : Survey
        The respondents.
    role : str or None
        The question whose answers are the roles; without one there are no rows.

    Returns
    -------
    DataFrame
        With everybody beside the roles; unweighted.
    """
    tables = [
        estimates(survey, head.question, [None, role], options=[head.option], statistics=["proportion"])
        for head in headlines(survey.codebook)
        if head.by is None and role is not None
    ]
    found = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)
    return found[~found["weighted"].astype(bool)].reset_index(drop=True)


# --------------------------------------------------------------------------------- what the sample can show


def power(
    survey: Survey, found: pd.DataFrame, *, chance: float, tests: int, deff: float | None = None
) -> pd.DataFrame:
    """Compute the smallest difference between two groups that these respondents can show.

    Parameters
    ----------
    survey : Survey
        The respondents with their weights. A difference shows if it is significant at one minus the
        confidence, two-sided.
    found : DataFrame
        From `shares`. The groups are those that a finding compares, and two halves of all respondents.
    chance : float
        With which it should show.
    tests : int
        How many tests Holm's adjustment covers: the smallest p of all must be below the level over this.
    deff : float, optional
        The design effect of the weights as it is told: what everybody is worth, in every group. Where hidden
        cells are weighted by, that of each group would tell them.

    Returns
    -------
    DataFrame
        ``by, first, second`` (two groups; empty for two halves of all respondents), ``question, option``
        (empty for any share near a half), ``share, n_first, n_second, effective_first, effective_second,
        alpha, tests, power``; ``plain, holm, weighted, weighted_holm``: by how much the first group must be
        above the second, as fractions, missing where no difference would do; ``found``: the difference among
        the respondents, ``h``: the same as Cohen's h; ``excluded``: a true difference of this size or more,
        either way, is excluded at alpha by two one-sided tests. Effective numbers are Kish's, within each
        group.
    """
    frame, alpha = survey.frame, 1 - survey.confidence
    half = {"question": None, "option": None, "share": 0.5, "found": None, "h": None, "excluded": None}
    cases = [_halves(frame["weight"], deff) | half]
    for (question, option, by), rows in found.dropna(subset=["by", "count"]).groupby(
        ["question", "option", "by"], sort=False
    ):
        for first, second in combinations(rows.to_dict("records"), 2):
            groups = {"by": by, "first": first["group"], "second": second["group"]}
            for side, row in (("first", first), ("second", second)):
                groups[f"n_{side}"] = row["n"]
                weights = frame.loc[frame[by].eq(row["group"]), "weight"]
                groups[f"effective_{side}"] = _effective(weights) if deff is None else row["n"] / deff
            pooled = (first["count"] + second["count"]) / (first["n"] + second["n"])
            own = {"question": question, "option": option, "share": pooled}
            counts = [(int(row["count"]), int(row["n"])) for row in (first, second)]
            own |= {"found": first["share"] - second["share"], "h": cohens_h(first["share"], second["share"])}
            own |= {"excluded": excluded_difference(*counts, alpha=alpha)}
            cases += [groups | half, groups | own]
    order = ["by", "first", "second", "question", "option", "share"]
    sizes = ["n_first", "n_second", "effective_first", "effective_second"]
    rows = [
        {name: case[name] for name in (*order, *sizes)}
        | {"alpha": alpha, "tests": tests, "power": chance}
        | _smallest(case, alpha, chance, tests)
        | {name: case[name] for name in ("found", "h", "excluded")}
        for case in cases
    ]
    # A share of the same groups near a half is the same case, whatever the finding.
    return pd.DataFrame(rows).drop_duplicates(order, ignore_index=True)


def _halves(weights: pd.Series, deff: float | None) -> dict[str, Any]:
    sides = {"by": None, "first": None, "second": None}
    effective = (_effective(weights) if deff is None else len(weights) / deff) / 2
    return (
        sides
        | dict.fromkeys(["n_first", "n_second"], len(weights) / 2)
        | dict.fromkeys(["effective_first", "effective_second"], effective)
    )


def _smallest(case: Mapping[str, Any], alpha: float, chance: float, tests: int) -> dict[str, float]:
    """The smallest differences that show: of respondents as they are, and as many as they are worth."""
    adjusted = alpha / max(tests, 1)
    found = {}
    for name, sizes, level in (
        ("plain", "n", alpha),
        ("holm", "n", adjusted),
        ("weighted", "effective", alpha),
        ("weighted_holm", "effective", adjusted),
    ):
        first, second = case[f"{sizes}_first"], case[f"{sizes}_second"]
        # Where more pairs of equal groups than that are called different, any difference shows.
        found[name] = (
            smallest_difference(first, second, case["share"], alpha=level, power=chance)
            if level < chance
            else 0.0
        )
    return found


def _effective(weights: pd.Series) -> float:
    """Kish: as many respondents of equal weight would give the same variance."""
    return float(weights.sum() ** 2 / (weights**2).sum())
