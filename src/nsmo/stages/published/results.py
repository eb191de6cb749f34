"""What the published figures alone can say, without any response.

Everything here is computed from the published statements, the figures of other surveys and the codebook's
labels. Shares are fractions from 0 to 1. An interval is that of a random sample, which the survey was not.
"""

import math
from collections.abc import Iterable, Sequence
from itertools import product

import pandas as pd
from scipy import stats as distributions

from nsmo.stages.claims import (
    CONTRADICT,
    IF_RANDOM,
    INCONCLUSIVE,
    NOT_TESTABLE,
    counts_at,
    fisher,
    random_interval,
    sources_agree,
    splits,
    support_published,
    with_decimals,
)
from nsmo.stats.grim import chance_of_any, chance_with_bases, grim
from nsmo.study import Codebook, StudyError
from nsmo.study.statements import Claim, Published, Whole, Wording
from nsmo.study.wordings import fitting_counts

BENCHMARK_COLUMNS = (
    *("source", "year", "population", "base", "breakdown", "category"),
    *("indicator", "value", "unit", "certainty", "url", "note"),
)

#: What a reader must know first stands first.
VERDICTS = ("contradicted elsewhere", "uncertain", "borne out", "a figure only", "cannot be computed")


# ------------------------------------------------------------------------------ the number of respondents


def fits(published: Published, sizes: Iterable[int]) -> pd.DataFrame:
    """Count, for each number of respondents, the percentages with decimals that it can have given.

    Parameters
    ----------
    published : Published
        The statements.
    sizes : iterable of int
        Numbers of respondents to try.

    Returns
    -------
    DataFrame
        As from `nsmo.stats.grim.grim`; `misfits` names the claims, separated by a semicolon.
    """
    figures = with_decimals(published)
    table = _grim(figures, sizes)
    name = {claim.published: claim.id for claim in figures}
    return table.assign(misfits=["; ".join(name[value] for value in row) for row in table["misfits"]])


def fits_by_question(published: Published, codebook: Codebook, sizes: Iterable[int], n: int) -> pd.DataFrame:
    """Look for the number of respondents question by question, since each may have a base of its own.

    Parameters
    ----------
    published, sizes
        As in `fits`.
    codebook : Codebook
        For the labels.
    n : int
        The number that all figures together imply.

    Returns
    -------
    DataFrame
        A row per question: ``question``, ``label``, ``figures``; ``fits`` at n; ``best`` (most that any size
        fits); ``sizes`` that do so well, how many, and ``smallest`` and ``largest`` of them.
    """
    rows = []
    by_question: dict[str, list[Claim]] = {}
    for claim in with_decimals(published):
        by_question.setdefault(_question(claim), []).append(claim)
    for question, figures in by_question.items():
        table = _grim(figures, sizes).set_index("n")["fits"]
        best = table[table == table.max()]
        rows.append(
            {
                "question": question,
                "label": codebook.variable(question).label("en"),
                "figures": len(figures),
                "fits": int(table[n]),
                "best": int(table.max()),
                "sizes": len(best),
                "smallest": int(best.index.min()),
                "largest": int(best.index.max()),
            }
        )
    return pd.DataFrame(rows)


def surprise(
    published: Published,
    sizes: Iterable[int],
    n: int,
    horizons: Sequence[int],
    *,
    smaller_bases: float,
    draws: int,
    seed: int,
) -> pd.DataFrame:
    """Say how often so many percentages would fit some number of respondents by chance.

    Parameters
    ----------
    published, sizes, n
        As in `fits_by_question`; chances are about at least as many fits as n has.
    horizons : sequence of int
        "Some number of respondents up to here", besides n itself and the largest size.
    smaller_bases : float
        For the case that each question has a base of its own: up to this share smaller than n.
    draws, seed : int
        Of the simulation.

    Returns
    -------
    DataFrame
        ``if``: "no base at all" (the percentages have nothing to do with any number) or "a base per
        question"; ``up_to`` (0: n itself, fixed beforehand); ``chance`` and ``se`` of the simulation.
    """
    figures = with_decimals(published)
    sizes = sorted(set(sizes))
    table = _grim(figures, sizes).set_index("n")
    reached = int(table.loc[n, "fits"])
    decimals = {claim.decimals for claim in figures}
    if len(decimals) > 1:
        raise StudyError(
            found=f"percentages with {' and '.join(map(str, sorted(decimals)))} decimals",
            where="published.yaml",
            expected="the same number of decimals for all: the simulation knows one rounding",
        )
    ends = sorted({n, *horizons, sizes[-1]})
    absent = [end for end in ends if end not in sizes]
    if absent:
        raise StudyError(
            found=f"{', '.join(map(str, absent))} is not among the sizes {sizes[0]} to {sizes[-1]}",
            where="params.yaml, published.horizons and implied_base.base_sizes",
            fix="widen the sizes, or choose other horizons",
        )
    common = {"decimals": decimals.pop(), "rounding": "half_up", "seed": seed}
    unrelated = chance_of_any(reached, len(figures), sizes, draws=draws, **common).set_index("n")
    shared = pd.Series([_question(claim) for claim in figures]).value_counts(sort=False)
    bases = (max(1, math.ceil(n * (1 - smaller_bases))), n)
    own = chance_with_bases(shared.tolist(), bases, reached, sizes, draws=50 * draws, **common).set_index("n")
    rows = [{"if": "no base at all", "up_to": 0, "chance": float(table.loc[n, "chance"]), "se": 0.0}]
    for reading, chances in (("no base at all", unrelated), ("a base per question", own)):
        rows += [{"if": reading, "up_to": end, **chances.loc[end].to_dict()} for end in ends]
    return pd.DataFrame(rows)


def _grim(figures: Sequence[Claim], sizes: Iterable[int]) -> pd.DataFrame:
    return grim([c.published for c in figures], sizes, [c.decimals for c in figures], rounding="half_up")


def _question(claim: Claim) -> str:
    return next(claim.rows()).estimate.question


# ------------------------------------------------------------------------------------ groups that add up


def sums(published: Published, n: int) -> pd.DataFrame:
    """List every way in which groups that are everybody can have given their published shares.

    Parameters
    ----------
    published : Published
        The statements, with their wholes.
    n : int
        Number of respondents.

    Returns
    -------
    DataFrame
        A row per whole, solution and part: ``whole``, ``label``, ``inference`` (no publication says that
        these are the parts), ``solution``, ``part``, ``count``, ``share``, ``n``, ``claims``. A whole without
        a solution has no rows.
    """
    rows = []
    for whole in published.wholes:
        for number, counts in enumerate(_solutions(whole, published, n), start=1):
            for part, count in zip(whole.parts, counts, strict=True):
                rows.append(
                    {
                        "whole": whole.name,
                        "label": whole.label.en,
                        "inference": whole.assumption is not None,
                        "solution": number,
                        "part": part.label.en,
                        "count": count,
                        "share": count / n,
                        "n": n,
                        "claims": "; ".join(part.claims),
                    }
                )
    columns = ["whole", "label", "inference", "solution", "part", "count", "share", "n", "claims"]
    return pd.DataFrame(rows, columns=columns)


def sums_over_sizes(published: Published, sizes: Iterable[int], n: int) -> pd.DataFrame:
    """Say how much it means that groups add up: at how many other numbers of respondents they do, too.

    Parameters
    ----------
    published, n
        As in `sums`.
    sizes : iterable of int
        Numbers of respondents to try.

    Returns
    -------
    DataFrame
        A row per whole: ``whole``, ``label``; ``solutions`` at n; ``sizes`` tried; ``adding_up`` (sizes with
        a solution); ``strict`` (those with one when every worded figure is the nearest whole per cent).
    """
    sizes = list(sizes)
    rows = []
    for whole in published.wholes:
        strict = [size for size in sizes if _solutions(whole, published, size, strict=True)]
        rows.append(
            {
                "whole": whole.name,
                "label": whole.label.en,
                "solutions": len(_solutions(whole, published, n)),
                "sizes": len(sizes),
                "adding_up": sum(bool(_solutions(whole, published, size)) for size in sizes),
                "strict": len(strict),
            }
        )
    return pd.DataFrame(rows)


def _solutions(whole: Whole, published: Published, n: int, strict: bool = False) -> list[tuple[int, ...]]:
    possible = []
    for part in whole.parts:
        claims = [published.claim(name) for name in part.claims]
        wordings: list[Claim | Wording] = [*claims, *(other for claim in claims for other in claim.also)]
        counts = fitting_counts(wordings, n)
        if strict:
            counts = [c for c in counts if all(_nearest(claim, 100 * c / n) for claim in claims)]
        possible.append(counts)
    last = set(possible[-1])
    first = product(*possible[:-1])
    return [(*counts, n - sum(counts)) for counts in first if n - sum(counts) in last]


def _nearest(claim: Claim, percent: float) -> bool:
    """Whether a figure worded as about, almost or over a number lies nearest to that number."""
    kind = claim.worded or claim.type
    if kind not in ("about", "almost", "over") or claim.fraction:
        return True
    return abs(percent - claim.published) <= 0.5 + 1e-9


# ------------------------------------------------------------------------------------- the market split


def market_splits(published: Published, codebook: Codebook, n: int) -> pd.DataFrame:
    """List every split of the respondents in two groups that gives the three published shares, and test it.

    Parameters
    ----------
    published : Published
        Claims with the rule `two_groups` are looked at.
    codebook : Codebook
        For the labels of the groups.
    n : int
        Number of respondents.

    Returns
    -------
    DataFrame
        A row per claim and split: ``claim``, ``first``, ``second`` (labels), ``first_count``, ``first_n``,
        ``second_count``, ``second_n``, ``first_share``, ``second_share``, ``share``, ``p`` (Fisher, two
        sided), ``rounded`` (fits too when the share of all is a rounded figure, whatever the words around).
    """
    rows = []
    for claim, (first, second, both) in _two_groups(published):
        narrow = set(splits(first, second, both, n, rounded=True))
        labels = [codebook.label(f"{claim.estimate.by}.{group}", "en") for group in claim.estimate.groups]
        for split in splits(first, second, both, n):
            a, m, b, k = split
            rows.append(
                {
                    "claim": claim.id,
                    "first": labels[0],
                    "second": labels[1],
                    **{"first_count": a, "first_n": m, "second_count": b, "second_n": k},
                    "first_share": a / m,
                    "second_share": b / k,
                    "share": (a + b) / n,
                    "p": fisher(split),
                    "rounded": split in narrow,
                }
            )
    columns = ["claim", "first", "second", "first_count", "first_n", "second_count", "second_n"]
    return pd.DataFrame(rows, columns=[*columns, "first_share", "second_share", "share", "p", "rounded"])


def channels(
    published: Published, codebook: Codebook, found: pd.DataFrame, alpha: float = 0.05
) -> pd.DataFrame:
    """Say what the published means of two groups give together, for each split of the respondents.

    Parameters
    ----------
    published, codebook
        As in `market_splits`.
    found : DataFrame
        The splits.
    alpha : float
        Level of the test that was not possible.

    Returns
    -------
    DataFrame
        A row per claim on a difference of means and split: ``claim``, ``first_n``, ``second_n``;
        ``total_low``, ``total_high`` (all that was counted, in both groups), ``mean_low``, ``mean_high``;
        ``named`` (counted by the published shares of options), ``other_low``, ``other_high`` (what is left
        for all other options); ``sd`` below which the difference would have been significant (t test, equal
        spread, difference as printed) and ``sd_most`` (the largest difference that the rounding allows).
    """
    rows = []
    means = {
        str(claim.estimate.where.model_dump()) if claim.estimate.where else "": claim
        for claim in published.claims
        if claim.estimate is not None and claim.estimate.measure == "mean"
    }
    for claim, (first, second, _) in _two_groups(published):
        pair = [means.get(str(group.estimate.where.model_dump())) for group in (first, second)]
        if None in pair:
            continue
        for row in found[(found["claim"] == claim.id)].to_dict("records"):
            m, k = row["first_n"], row["second_n"]
            n = m + k
            named = _named_total(published, codebook, pair[0].estimate.question, n)
            totals = [fitting_counts(mean, size) for mean, size in zip(pair, (m, k), strict=True)]
            low, high = sum(t[0] for t in totals), sum(t[-1] for t in totals)
            reach = distributions.t.ppf(1 - alpha / 2, n - 2) * math.sqrt(1 / m + 1 / k)
            difference = abs(pair[0].published - pair[1].published)
            step = 10.0 ** -pair[0].decimals
            rows.append(
                {
                    "claim": claim.id,
                    **{"first_n": m, "second_n": k, "rounded": row["rounded"]},
                    **{"total_low": low, "total_high": high, "mean_low": low / n, "mean_high": high / n},
                    **{"named": named, "other_low": low - named, "other_high": high - named},
                    "sd": difference / reach,
                    "sd_most": (difference + step) / reach,
                }
            )
    return pd.DataFrame(rows)


def _two_groups(published: Published) -> list[tuple[Claim, list[Claim]]]:
    return [
        (claim, [published.claim(name) for name in claim.from_published.claims])
        for claim in published.claims
        if claim.from_published is not None and claim.from_published.rule == "two_groups"
    ]


def _named_total(published: Published, codebook: Codebook, question: str, n: int) -> int:
    """Count the ticks that the published shares of single options make among n respondents."""
    counted = getattr(codebook.variable(question).definition, "of", None)
    named = [
        claim
        for claim in published.claims
        if claim.estimate is not None
        and claim.estimate.measure == "proportion"
        and claim.estimate.question == counted
        and claim.estimate.where is None
    ]
    return sum(counts_at(claim, n)[0] for claim in named)


# ------------------------------------------------------------------------------------------- intervals


def intervals(published: Published, found: pd.DataFrame, n: int, confidence: float = 0.95) -> pd.DataFrame:
    """Give each published percentage the interval it would have if the respondents were a random sample.

    Parameters
    ----------
    published : Published
        The statements.
    found : DataFrame
        The splits: a figure of one of the two groups has every size that is possible.
    n : int
        Number of respondents.
    confidence : float
        Of the intervals (Wilson's).

    Returns
    -------
    DataFrame
        A row per published percentage in the order of the file: ``id``, ``topic``, ``statement``,
        ``statement_nl``, ``publisher``, ``wording``, ``decimals``, ``published``, ``n_low``, ``n_high``,
        ``count_low``, ``count_high``, ``ci_low``, ``ci_high``, ``confidence``, ``fits`` (some count of n
        agrees; else the nearest were taken). Where several counts or sizes are possible the interval covers
        those of all.
    """
    groups: dict[str, list[tuple[int, int]]] = {}
    for claim, (first, second, _) in _two_groups(published):
        rows = found[found["claim"] == claim.id]
        groups[first.id] = list(zip(rows["first_count"], rows["first_n"], strict=True))
        groups[second.id] = list(zip(rows["second_count"], rows["second_n"], strict=True))
    records = []
    for claim in published.claims:
        if claim.unit != "percent" or claim.value is None or claim.type == "more_than":
            continue
        if claim.id in groups:
            possible = groups[claim.id]
        elif getattr(claim.estimate, "where", None) is None:
            possible = [(count, n) for count in counts_at(claim, n)]
        else:
            possible = []
        ends = [random_interval([count], base, confidence) for count, base in possible]
        source = published.sources[claim.source]
        records.append(
            {
                "id": claim.id,
                "topic": claim.topic,
                "statement": claim.statement.en,
                "statement_nl": claim.statement.nl,
                "publisher": source.publisher,
                "wording": claim.wording,
                "decimals": claim.decimals,
                "published": claim.value / 100,
                "n_low": min((base for _, base in possible), default=None),
                "n_high": max((base for _, base in possible), default=None),
                "count_low": min((count for count, _ in possible), default=None),
                "count_high": max((count for count, _ in possible), default=None),
                "ci_low": min((low for low, _ in ends), default=math.nan),
                "ci_high": max((high for _, high in ends), default=math.nan),
                "confidence": confidence,
                "fits": bool(claim.id in groups or fitting_counts(claim, n)),
            }
        )
    counts = dict.fromkeys(("n_low", "n_high", "count_low", "count_high", "decimals"), "Int64")
    return pd.DataFrame(records).astype(counts)


# ------------------------------------------------------------------------------------- other surveys


def benchmarks(published: Published, table: pd.DataFrame, figures: pd.DataFrame, year: int) -> pd.DataFrame:
    """Hold published percentages against figures of other surveys.

    Parameters
    ----------
    published : Published
        Says which indicators a claim can be held against.
    table : DataFrame
        benchmarks.csv of the wave.
    figures : DataFrame
        From `intervals`.
    year : int
        Of the field work; of several years of one series the nearest is marked.

    Returns
    -------
    DataFrame
        A row per claim and figure of another survey: ``claim``, ``statement``, ``statement_nl``,
        ``published``, ``ci_low``, ``ci_high``, ``relation``, ``indicator``, ``label``, ``label_nl``,
        ``source``, ``year``, ``population``, ``base``, ``breakdown``, ``category``, ``value``, ``derived``
        (turned by us into a share of those with another indicator), ``difference`` (published minus value),
        ``odds_ratio`` (odds of taking part, of those that the claim counts against the others, that would
        turn the value into the published figure), ``outside`` (value beyond the interval), ``nearest``,
        ``url``, ``note``.

    Raises
    ------
    StudyError
        Naming absent columns, values that are no percentages, or indicators without a row.
    """
    table = _checked(table, published)
    by_id = figures.set_index("id")
    place = ["year", "population", "breakdown", "category"]
    rows = []
    for entry in published.benchmarks:
        claim = by_id.loc[entry.claim]
        own = table[table["indicator"] == entry.indicator]
        records = [(row, row["value"] / 100, False) for row in own.to_dict("records")]
        if entry.among:
            group = table[table["indicator"] == entry.among].drop_duplicates(place)
            both = own.merge(group, on=place, suffixes=("", "_group"))
            for row in both.to_dict("records"):
                if row["source"] != row["source_group"]:
                    row["source"] = f"{row['source']}; {row['source_group']}"
                records.append(
                    (row | {"base": entry.among_label.en}, row["value"] / row["value_group"], True)
                )
        for row, value, derived in records:
            label, label_nl = entry.label.en, entry.label.nl
            if derived:
                label, label_nl = f"{label}, {entry.among_label.en}", f"{label_nl}, {entry.among_label.nl}"
            odds = claim["published"] / (1 - claim["published"]) * (1 - value) / value
            rows.append(
                {
                    "claim": entry.claim,
                    **{name: claim[name] for name in ("statement", "statement_nl", "published")},
                    **{name: claim[name] for name in ("ci_low", "ci_high", "n_low", "n_high", "decimals")},
                    "relation": entry.relation,
                    "indicator": entry.indicator,
                    "label": label,
                    "label_nl": label_nl,
                    **{name: row[name] for name in ("source", *place[:2], "base", *place[2:])},
                    "value": value,
                    "derived": derived,
                    "difference": claim["published"] - value,
                    "odds_ratio": odds if 0 < value < 1 else math.nan,
                    "outside": not claim["ci_low"] <= value <= claim["ci_high"],
                    "certainty": row["certainty"],
                    "url": row["url"],
                    "note": row["note"],
                }
            )
    found = pd.DataFrame(rows)
    distance = (found["year"] - year).abs()
    series = ["claim", "indicator", "derived", "population", "breakdown", "category"]
    found["nearest"] = distance == distance.groupby([found[name] for name in series]).transform("min")
    return found


def _checked(table: pd.DataFrame, published: Published) -> pd.DataFrame:
    absent = [name for name in BENCHMARK_COLUMNS if name not in table.columns]
    problems = [f"no column {name}" for name in absent]
    if not absent:
        wanted = {b.indicator for b in published.benchmarks} | {
            b.among for b in published.benchmarks if b.among
        }
        problems += [f"no row with the indicator '{i}'" for i in sorted(wanted - set(table["indicator"]))]
        used = table[table["indicator"].isin(wanted)]
        values = pd.to_numeric(used["value"], errors="coerce")
        years = pd.to_numeric(used["year"], errors="coerce")
        for at in used.index[(used["unit"] != "percent") | ~values.between(0, 100) | years.isna()]:
            row = used.loc[at]
            problems.append(f"line {at + 2}: value {row['value']} {row['unit']}, year {row['year']}")
        unknown = sorted({b.claim for b in published.benchmarks} - {c.id for c in published.claims})
        problems += [f"published.yaml compares the unknown claim '{name}'" for name in unknown]
    if problems:
        raise StudyError(
            found="; ".join(problems),
            where="benchmarks.csv (against `benchmarks` in published.yaml)",
            expected=f"the columns {', '.join(BENCHMARK_COLUMNS)}; percentages from 0 to 100; whole years",
            fix="complete the file, or take the indicator out of published.yaml",
        )
    return table.assign(value=pd.to_numeric(table["value"]), year=pd.to_numeric(table["year"]).astype(int))


# ------------------------------------------------------------------------------------ statement by statement


def sentences(published: Published, n: int, alpha: float = 0.05, confidence: float = 0.95) -> pd.DataFrame:
    """Judge every published statement by the published figures alone.

    Parameters
    ----------
    published : Published
        The statements.
    n : int
        Number of respondents that the figures imply.
    alpha, confidence : float
        Level of the tests and of the intervals.

    Returns
    -------
    DataFrame
        A row per statement: ``id``, ``topic``, ``statement``, ``publisher``, ``url``, ``wording``,
        ``support_published`` and ``sources_agree`` with their reasons, and ``verdict`` (`VERDICTS`), by which
        the rows are ordered: a contradiction counts before what the figures support.
    """
    records = []
    for claim in published.claims:
        # The readings of one statement share its figures, so the first stands for all.
        row = next(claim.rows())
        support = support_published(row, published, n, alpha, confidence)
        sources = sources_agree(row, published)
        source = published.sources[claim.source]
        records.append(
            {
                "verdict": _verdict(support.word, sources.word),
                "id": claim.id,
                "topic": claim.topic,
                "statement": claim.statement.en,
                "publisher": source.publisher,
                "url": source.url,
                "wording": claim.wording,
                "support_published": support.word,
                "support_published_reason": support.reason,
                "sources_agree": sources.word,
                "sources_agree_reason": sources.reason,
            }
        )
    found = pd.DataFrame(records)
    order = found["verdict"].map(VERDICTS.index)
    return found.iloc[order.argsort(kind="stable")].reset_index(drop=True)


def _verdict(support: str, sources: str) -> str:
    if sources == CONTRADICT:
        return "contradicted elsewhere"
    words = {INCONCLUSIVE: "uncertain", IF_RANDOM: "borne out", NOT_TESTABLE: "a figure only"}
    return words.get(support, "cannot be computed")


def gaps(published: Published) -> pd.DataFrame:
    """List what was not published and what cannot be computed for that reason.

    Returns
    -------
    DataFrame
        ``missing``, ``so``, ``claims`` (ids of the statements that this concerns).
    """
    rows = [
        {"missing": gap.missing.en, "so": gap.so.en, "claims": "; ".join(gap.claims)}
        for gap in published.not_published
    ]
    return pd.DataFrame(rows, columns=["missing", "so", "claims"])
