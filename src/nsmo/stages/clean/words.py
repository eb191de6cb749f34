"""The rules of cleaning, and what they did, in the words of the page."""

import pandas as pd

from nsmo.present.labels import Labels
from nsmo.study.conditions import describe
from nsmo.study.rules import (
    ConditionRule,
    DuplicateRule,
    PartialRule,
    PatternRule,
    Rule,
    SpeederRule,
    StraightlineRule,
)

#: What a threshold is, for a reader who does not know params.yaml.
THRESHOLDS = {
    "": "As it was done",
    "min_last_page": "Page to reach without submitting",
    "speeder_ratio": "Shortest duration, as a part of the median",
    "straightline_items": "Number of items all alike that is too many",
}

#: Headings of the columns of the evidence, in their order.
HEADINGS = {
    "response_id": "Response",
    "question": "Question",
    "found": "Answer set aside",
    "reason": "Reason",
    "detail": "What was seen",
    "n": "Responses",
}


def rules(
    flow: pd.DataFrame, labels: Labels, *, min_last_page: int, speeder_ratio: float, straightline_items: int
) -> pd.DataFrame:
    """List what each rule takes, with its threshold, and how many it took.

    Parameters
    ----------
    flow : DataFrame
        Of `nsmo.stages.clean.Cleaned`.
    labels : Labels
    min_last_page, speeder_ratio, straightline_items
        As for `nsmo.stages.clean.clean`.

    Returns
    -------
    DataFrame
        ``rule, reason, what, removed``, in the order in which the rules are tried.
    """

    def what(rule: Rule) -> str:
        match rule:
            case ConditionRule():
                return describe(rule.when, labels.codebook, labels.language)
            case PatternRule():
                return f"{_either(rule.questions, labels)} matches the pattern that rules.yaml gives"
            case PartialRule():
                return f"not submitted, and page {min_last_page} not reached"
            case SpeederRule():
                return (
                    f"duration below {speeder_ratio:g} times the median of the submitted responses still in"
                )
            case StraightlineRule():
                return (
                    f"{straightline_items} or more items of the battery “{rule.battery}” answered, all alike"
                )
            case DuplicateRule():
                when = "later" if rule.keep == "last" else "earlier"
                return f"same {_either(rule.by, labels)} as a response submitted {when}, which counts"

    taken = flow.set_index("rule")["removed"]
    rows = [
        (rule.name, labels.rule(rule.name), what(rule), taken[rule.name])
        for rule in labels.codebook.cleaning.rules
    ]
    return pd.DataFrame(rows, columns=["rule", "reason", "what", "removed"])


def largest(flow: pd.DataFrame, labels: Labels) -> str:
    """Return a sentence on the rule that took most responses."""
    most = flow.loc[flow["removed"].idxmax()]
    if not most["removed"]:
        return "No rule took a response"
    return f"The largest group, {most['removed']}, left because of “{labels.rule(most['rule']).lower()}”"


def thresholds(outcomes: pd.DataFrame) -> pd.DataFrame:
    """Return the outcomes of `nsmo.stages.clean.other_thresholds` with the column `label`.

    The respondents are called `remaining`, as in the flow: of how many in all everything is, is no secret.
    """
    named = outcomes.rename(columns={"respondents": "remaining"})
    return named.assign(label=named["threshold"].map(THRESHOLDS))


def recodes(frame: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    """Return the recodes with `question` as its label, and `counts_as`: the answer that a text named.

    Parameters
    ----------
    frame : DataFrame
        ``question, raw, new, n, rule``, as of `nsmo.stages.clean.Cleaned`.
    labels : Labels
    """
    named = frame["rule"] == "other_text"
    answers = [
        labels.option(question, new) if known else ""
        for question, new, known in zip(frame["question"], frame["new"], named, strict=True)
    ]
    return frame.assign(question=frame["question"].map(labels.question), counts_as=answers)


def corrections(frame: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    """Return how many answers to each question were set aside, and why, with `question` as its label.

    Parameters
    ----------
    frame : DataFrame
        Of `nsmo.stages.clean.Cleaned`: a row for each answer, or counted.
    labels : Labels
    """
    keys = ["question", "reason"]
    counted = frame if "n" in frame else frame.assign(n=1)
    shown = counted.groupby(keys, sort=False)["n"].sum().reset_index()
    return shown.assign(question=shown["question"].map(labels.question))


def headings(frame: pd.DataFrame) -> dict[str, str]:
    """Return the headings of the evidence of cleaning: of single responses, or of how many there were."""
    return {name: heading for name, heading in HEADINGS.items() if name in frame}


def _either(names: list[str], labels: Labels) -> str:
    return " or ".join(name if name.startswith("paradata.") else labels.question(name) for name in names)
