"""What was answered to a question, as its page shows it: rows and their words, of everybody and by group."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from nsmo.pages.page import Page
from nsmo.present.arrange import is_largest
from nsmo.present.frames import Row, by_key, nothing
from nsmo.present.gaps import gaps_of
from nsmo.present.labels import in_sentence
from nsmo.present.shown import assumed_base, has_range, is_evidence
from nsmo.present.tables import ORIGIN_MARKS
from nsmo.results import AND, BASE_WORTH, BOTTOM, HIGHER_THAN, MISSING, TOP
from nsmo.study.crosstabs import Crosstabs
from nsmo.study.derived import Flag
from nsmo.study.rules import ConditionRule
from nsmo.study.variable import Variable

#: Why somebody has no answer though the question was put, in the order in which that is shown.
REASONS = ("dont_know", "refused", "no_answer")


@dataclass(frozen=True)
class Mark:
    """An estimate as it stands in a figure: where it lies from 0 to 100, in words, and what it is above.

    With `members` its ends are no interval, but how far it lies apart in so many other reconstructions.
    """

    at: float | None
    low: float | None
    high: float | None
    value: str
    interval: str = ""
    than: str = ""
    members: int = 0


@dataclass(frozen=True)
class Answer:
    """One row of a figure and its table.

    Attributes
    ----------
    option, label : str
        What was answered: its name, and what it is called.
    kind : str
        answer, box (several answers counted together), missing (don't know and the like), rule (nobody can
        have given it).
    count : int or None
        How many; None where that is not shown.
    mark : Mark
        The unweighted share.
    adjusted : Mark or None
        The weighted one, where there is one that may be shown.
    origin : str
        The sign of where the figure comes from; empty where answers are real.
    note : str
        What stands in place of an interval.
    """

    option: str
    label: str
    kind: str
    count: int | None
    mark: Mark
    adjusted: Mark | None = None
    origin: str = ""
    note: str = ""


@dataclass(frozen=True)
class Breakdown:
    """The answers by group.

    Attributes
    ----------
    by, label : str
        The grouping and what it is called.
    described : bool
        Whether it describes respondents, rather than being an answer of theirs.
    groups : list of (str, str)
        Label and number of respondents of each.
    rows : list of (str, bool, list of Mark)
        An answer, whether the groups clearly differ in it, and its share in each group.
    verdict : str
        What the tests of this question by this grouping say, in a sentence.
    clear : bool
        Whether any of them finds a difference.
    """

    by: str
    label: str
    described: bool
    groups: list[tuple[str, str]]
    rows: list[tuple[str, bool, list[Mark]]]
    verdict: str = ""
    clear: bool = False


@dataclass(frozen=True)
class Result:
    """Everything that was estimated of one question."""

    answers: list[Answer] = field(default_factory=list)
    means: list[str] = field(default_factory=list)
    base: str = ""
    lead: str = ""
    adjusted: bool = False
    breakdowns: list[Breakdown] = field(default_factory=list)

    @property
    def members(self) -> int:
        """Over how many other reconstructions figures of everybody have ranges; 0 where none has."""
        return max((one.mark.members for one in self.answers), default=0)

    @property
    def of_groups(self) -> int:
        """As `members`, of the figures of groups."""
        marks = (mark for one in self.breakdowns for _, _, row in one.rows for mark in row)
        return max((mark.members for mark in marks), default=0)


def result(
    page: Page, name: str, rows: Sequence[Row], silent: Mapping[str, Any], tests: Sequence[Row]
) -> Result:
    """Return what was estimated of a question.

    Parameters
    ----------
    page : Page
    name : str
        A question or derived variable.
    rows : list of dict
        Its estimates, each figure once.
    silent : mapping
        ``asked, answered, dont_know, refused, no_answer`` of the question; empty where that is not known.
    tests : list of dict
        Those of the question; see `tested`.
    """
    variable = page.codebook.variable(name)
    everybody = [row for row in rows if not row["by"]]
    shares = by_key((row for row in everybody if row["statistic"] == "proportion"), "option")
    found = _answers(page, variable, shares, silent)
    means = [row for row in everybody if row["statistic"] == "mean" and not variable.year]
    plain = [row for same in shares.values() for row in same if not row["weighted"]] or [
        row for row in means if not row["weighted"]
    ]
    return Result(
        answers=found,
        means=_means(page, variable, means),
        base=page.words(
            "question.base", base=page.words(f"base_of.{plain[0]['base']}"), n=_n(page, plain[0]["n"])
        )
        if plain
        else "",
        lead=_lead(page, variable, shares, means),
        adjusted=any(answer.adjusted for answer in found),
        breakdowns=[
            one
            for by in groupings(page, rows)
            if (one := _breakdown(page, variable, by, [r for r in rows if r["by"] == by], tests, found))
        ],
    )


def groupings(page: Page, rows: Sequence[Row]) -> list[str]:
    """List by what the answers to a question are broken down: what describes respondents comes first."""
    there = {row["by"] for row in rows if row["by"] and row["statistic"] in ("proportion", "mean")}
    known = [name for name in page.codebook.variables if name in there]
    return sorted(known, key=lambda name: page.codebook.variable(name).role != "background")


# ------------------------------------------------------------------------------------------- of everybody


def _answers(
    page: Page, variable: Variable, rows: Mapping[tuple, list[Row]], silent: Mapping[str, Any]
) -> list[Answer]:
    by_option = {key[0]: same for key, same in rows.items()}
    boxes = [name for name in (BOTTOM, TOP) if name in by_option and name not in variable.option_names]
    missing = [name for name in by_option if name.startswith(MISSING)]
    rules = ruled_out(page, variable.name)
    names = [name for name in by_option if name not in (*boxes, *missing)]
    names += [name for name in rules if name not in by_option]
    answers = [
        _answer(page, variable, name, by_option.get(name, []), rules.get(name, 0))
        for name in _ordered(variable, names)
    ]
    if not variable.scores and variable.type != "numeric":
        answers.sort(key=lambda one: (one.kind == "rule", -1 if one.mark.at is None else -one.mark.at))
    answers += [_answer(page, variable, name, by_option[name], 0, "box") for name in boxes]
    answers += [_answer(page, variable, name, by_option[name], 0, "missing") for name in missing]
    silent = (
        {} if missing and any(row["suppressed"] for name in missing for row in by_option[name]) else silent
    )
    return answers + _silent(page, variable, by_option, silent)


def _ordered(variable: Variable, names: Sequence[str]) -> list[str]:
    """Return names in the order of the questionnaire; classes of numbers stay as they come."""
    known = variable.option_names
    return sorted(names, key=known.index) if set(names) <= set(known) else list(names)


def _answer(
    page: Page, variable: Variable, option: str, rows: Sequence[Row], rule: int, kind: str = "answer"
) -> Answer:
    label = named(page, variable, option)
    if rule:
        note = page.words("question.by_rule", n=rule)
        return Answer(option, label, "rule", 0, Mark(None, None, None, "–"), note=note)
    plain = next((row for row in rows if not row["weighted"]), rows[0])
    weighted = next((row for row in rows if row["weighted"]), None)
    return Answer(
        option,
        label,
        kind,
        None if nothing(plain.get("count")) else int(plain["count"]),
        _with_range(page, plain, mark(page, plain)),
        mark(page, weighted) if weighted and is_evidence(page.codebook) and weighted is not plain else None,
        ORIGIN_MARKS.get(plain["origin"], ""),
        page.words("question.hidden") if plain["suppressed"] else "",
    )


def named(page: Page, variable: Variable, option: str) -> str:
    """Return what an answer, a box of several, or a reason for having none is called."""
    if option.startswith(MISSING):
        return _reason(page, variable, option.removeprefix(MISSING))
    return page.labels.option(variable.name, option)


def mark(page: Page, row: Row) -> Mark:
    """Return an estimate as it stands in a figure; one that may not be shown has a dash."""
    share = row["statistic"] == "proportion"
    if nothing(row["estimate"]):
        return Mark(None, None, None, "–")
    low, high = (None if nothing(row[end]) else float(row[end]) for end in ("ci_low", "ci_high"))
    kind, decimals = ("percent", 1) if share else ("number", 2)
    span = "" if low is None or high is None else page.words.span(low, high, kind, decimals)
    scale = 100 if share else 1
    at, low, high = (
        None if one is None else round(scale * one, 2) for one in (float(row["estimate"]), low, high)
    )
    above = row.get(HIGHER_THAN) if is_evidence(page.codebook) else None
    others = [] if nothing(above) else [page.labels.group(row["by"], one) for one in str(above).split(AND)]
    than = page.words("question.above", groups=page.words.join(others)) if others else ""
    return Mark(at, low, high, page.words.statistic(row), span, than)


def _with_range(page: Page, row: Row, plain: Mark) -> Mark:
    """Return the mark of an assumed share with how far it lies apart in other reconstructions, if it does."""
    if plain.at is None or plain.interval or not has_range(row):
        return plain
    low, high = (round(100 * row[f"range_{end}"], 2) for end in ("low", "high"))
    text = page.words("ensemble.range", range=page.words.range(row))
    return replace(plain, low=low, high=high, interval=text, members=int(row["members"]))


def _in_short(page: Page, row: Row) -> Mark:
    """Return the mark of a group; beneath an assumed one stands its range, without words."""
    plain = mark(page, row)
    if plain.at is None or plain.interval or not has_range(row):
        return plain
    scale, kind, decimals = (100, "percent", 1) if row["statistic"] == "proportion" else (1, "number", 2)
    text = page.words.span(row["range_low"], row["range_high"], kind, decimals)
    low, high = (round(scale * row[f"range_{end}"], 2) for end in ("low", "high"))
    return replace(plain, low=low, high=high, interval=text, members=int(row["members"]))


def ruled_out(page: Page, name: str) -> dict[str, int]:
    """Return the answers that a rule of cleaning keeps out, with the number of the rule, counted from 1."""
    found: dict[str, int] = {}
    for number, rule in enumerate(page.codebook.cleaning.rules, start=1):
        if isinstance(rule, ConditionRule):
            for question, option in rule.excludes(page.codebook.variables):
                if question == name:
                    found.setdefault(option, number)
    return found


def _silent(
    page: Page, variable: Variable, shown: Mapping[str, Sequence[Row]], silent: Mapping[str, Any]
) -> list[Answer]:
    """Rows for those who were asked and gave no answer, by the reason."""
    asked = silent.get("asked", 0)
    if not asked:
        return []
    # A count of few, or one that gives a hidden figure away as what is left, is not shown.
    closed = page.codebook.privacy.suppress == "linked"
    hides = closed and any(row["suppressed"] for rows in shown.values() for row in rows)
    answers = []
    for reason in REASONS:
        if silent[reason] != silent[reason]:  # not told, of few
            continue
        count = int(silent[reason])
        if not count or f"{MISSING}{reason}" in shown:
            continue
        inside = variable.base in ("asked", "all") or (variable.base == "replied" and reason != "no_answer")
        hidden = hides or (closed and count < page.codebook.privacy.min_count)
        share = 100 * count / asked if inside and not hidden else None
        answers.append(
            Answer(
                f"{MISSING}{reason}",
                _reason(page, variable, reason),
                "missing",
                None if hidden else count,
                Mark(None if share is None else round(share, 2), None, None, _percent(page, share)),
                note=page.words("question.hidden" if hidden else "question.outside")
                if hidden or not inside
                else "",
            )
        )
    return answers


def _percent(page: Page, share: float | None) -> str:
    return "–" if share is None else page.words.percent(share / 100)


def _reason(page: Page, variable: Variable, reason: str) -> str:
    """What a reason for having no answer is called: as the questionnaire offers it, else in our words."""
    offered = [
        code.label(page.language)
        for code in getattr(variable.definition, "missing", [])
        if code.reason == reason
    ]
    return offered[0] if len(offered) == 1 else page.words(f"question.reason.{reason}")


def _means(page: Page, variable: Variable, rows: Iterable[Row]) -> list[str]:
    """The mean of numbers, in words; scores of an ordered answer are no numbers of anything."""
    if variable.scores:
        return []
    weighting = page.words.weighting
    shown = [row for row in rows if not row["weighted"] or is_evidence(page.codebook)]
    return [
        page.words("question.mean", weighting=weighting(row["weighted"]), estimate=page.words.estimate(row))
        for row in shown
    ]


def _lead(page: Page, variable: Variable, rows: Mapping[tuple, list[Row]], means: Sequence[Row]) -> str:
    """The answer in a sentence: of the box that counts, else of what was answered most."""
    by_option = {key[0]: same[0] for key, same in rows.items() if not same[0]["weighted"]}
    open_ = {name: row for name, row in by_option.items() if not nothing(row["estimate"])}
    given = [name for name in open_ if not name.startswith(MISSING) and name not in (TOP, BOTTOM)]
    if len(variable.top_box) == 1 and variable.top_box[0] in open_:
        name, key = variable.top_box[0], "question.lead_box"
    elif variable.top_box and TOP in open_:
        name, key = TOP, "question.lead_box"
    elif variable.type == "numeric" and means and not nothing(means[0]["estimate"]):
        return page.words("question.lead_mean", estimate=page.words.estimate(means[0]))
    elif isinstance(variable.definition, Flag) and "yes" in open_:
        return page.words("question.lead_flag", estimate=page.words.estimate(open_["yes"]))
    elif given:
        name, key = max(given, key=lambda one: open_[one]["estimate"]), "question.lead_most"
        # A share that is not shown may be larger.
        asked = [row for one, row in by_option.items() if one in variable.option_names]
        if not is_largest(open_[name], asked, exclusive=variable.type != "multi"):
            return ""
    else:
        return ""
    label = page.labels.option(variable.name, name)
    return page.words(key, label=label, estimate=page.words.estimate(open_[name]))


def _n(page: Page, n: Any) -> str:
    return page.words("n.hidden") if nothing(n) else page.words("n.one", n=page.words.integer(n))


# ------------------------------------------------------------------------------------------------ by group


def _breakdown(
    page: Page,
    variable: Variable,
    by: str,
    own: Sequence[Row],
    tests: Sequence[Row],
    answers: Sequence[Answer],
) -> Breakdown | None:
    """The answers by one grouping, in the order in which they stand for everybody."""
    numbers = variable.type == "numeric"
    if variable.year:  # the quartiles of groups stand in the cross-tables
        return None
    wanted = "mean" if numbers else "proportion"
    by_option: dict[str, dict[str, Row]] = {}
    for row in own:
        if row["statistic"] == wanted and not row["weighted"]:
            by_option.setdefault(row["option"], {})[row["group"]] = row
    names = [
        name
        for name in page.codebook.variable(by).option_names
        if any(name in row for row in by_option.values())
    ]
    if not names:
        return None
    clear, verdict = tested(page, by, own, tests)
    order = {one.option: place for place, one in enumerate(answers)}
    out = {one.option for one in answers if one.kind == "rule"}
    options = sorted(
        (name for name in by_option if name not in out),
        key=lambda name: order.get(name, len(order)),
    )
    hidden = {name: None for name in options if all(_unshown(row) for row in by_option[name].values())}
    if hidden and not numbers:
        options = [name for name in options if name not in hidden]
        labels = page.words.join([named(page, variable, name) for name in hidden])
        some = [verdict, page.words("question.hidden_groups", labels=labels)]
        verdict = " ".join(filter(None, some)) if options else page.words("question.all_hidden")
    empty = Mark(None, None, None, "–")
    return Breakdown(
        by,
        in_sentence(page.labels.question(by), page.words),
        page.codebook.variable(by).role == "background",
        [(page.labels.group(by, name), _group_n(page, by_option, name)) for name in names],
        [
            (
                page.words("question.mean_row") if numbers else named(page, variable, option),
                option in clear,
                [
                    _in_short(page, by_option[option][name]) if name in by_option[option] else empty
                    for name in names
                ],
            )
            for option in options
        ],
        verdict,
        bool(clear),
    )


def _unshown(row: Row) -> bool:
    return bool(row["suppressed"]) or nothing(row["estimate"])


def _group_n(page: Page, by_option: Mapping[str, Mapping[str, Row]], name: str) -> str:
    """How many are in a group: one number, or the smallest and the largest where answers differ in it."""
    rows = [groups[name] for groups in by_option.values() if name in groups]
    numbers = [row["n"] for row in rows if not nothing(row["n"]) and not row["suppressed"]]
    if not numbers:
        return page.words("estimate.suppressed")
    low, high = page.words.integer(min(numbers)), page.words.integer(max(numbers))
    text = page.words("n.one", n=low) if low == high else page.words("n.range", low=low, high=high)
    return page.words("origin.assumed_n", n=text) if any(map(assumed_base, rows)) else text


def tested(page: Page, by: str, own: Sequence[Row], tests: Sequence[Row]) -> tuple[set[str], str]:
    """Return the answers in which groups clearly differ, and what the tests say in a sentence.

    By the rule that titles follow, of `nsmo.present.gaps`: a test (Holm's p) decides, without one the
    interval of the difference between two groups. Of reconstructed answers nothing is said to differ.
    """
    if not is_evidence(page.codebook):
        return set(), ""
    level = page.stage.params.confidence
    label = in_sentence(page.labels.question(by), page.words)
    counted = [row["option"] for row in own if not nothing(row.get(BASE_WORTH)) and not row["weighted"]]
    if counted and len(set(counted)) == len(counted):  # of each answer one group alone is shown
        return set(), page.words("question.untested")
    if counted:
        above = {row["option"] for row in own if not nothing(row.get(HIGHER_THAN)) and not row["weighted"]}
        key = "question.compared" if above else "question.compared_none"
        adjust = (page.codebook.rules.crosstabs or Crosstabs()).adjust
        how = page.words(f"question.pairs.{adjust}", alpha=page.words.percent(1 - level, 0))
        return above, page.words(key, by=label, how=how)
    differences = [row for row in own if row["statistic"].startswith("difference")]
    found = gaps_of(tests, by, level) or gaps_of(differences, by, level)
    if not found:
        return set(), page.words("question.untested")
    clear = {option for (_, option), gap in found.items() if gap.clear}
    counts = {"by": label, "some": len(clear), "all": len(found)}
    known = [gap.p for gap in found.values() if gap.p is not None]
    if known:
        least = page.words.p(min(known))
        p = least if least.startswith("<") else f"= {least}"
        return clear, page.words("question.clear" if clear else "question.not_clear", p=p, **counts)
    key = "question.gap_clear" if clear else "question.gap_not_clear"
    return clear, page.words(key, level=page.level, **counts)
