"""The one place where a name becomes a label: frames carry names, readers see labels."""

from collections.abc import Sequence
from math import ceil

import pandas as pd

from nsmo.present.frames import nothing
from nsmo.present.wording import Wording, answered, slug
from nsmo.results import BOTTOM, CLASS, TOP
from nsmo.study.codebook import Codebook
from nsmo.study.derived import Flag
from nsmo.study.errors import StudyError

#: Between category and reference in the group of an effect.
AGAINST = " – "


class Labels:
    """The labels of a wave in one language.

    Parameters
    ----------
    codebook : Codebook
    language : {"en", "nl"}
    """

    def __init__(self, codebook: Codebook, language: str = "en") -> None:
        self.codebook = codebook
        self.language = language
        called = codebook.weighted_words if codebook else None
        weighs = codebook.weighs if codebook else True
        protects = codebook is not None and codebook.privacy.suppress != "base"
        name = called[language] if called else ""
        self.words = Wording(language, name, weighs=weighs, protects=protects)

    def __repr__(self) -> str:
        return f"<labels of wave {self.codebook.wave}, {self.language}>"

    @property
    def unit(self) -> str:
        """What a respondent is, in the plural: "organisations"."""
        return self.codebook.unit[self.language]

    def question(self, name: str) -> str:
        """Return the label of a question or derived variable."""
        return self.codebook.variable(name).label(self.language)

    def grouping(self, name: str) -> str:
        """Return the label of what makes groups: a question, or one answer of several (`question.option`)."""
        question, _, option = name.partition(".")
        return (
            answered(self.question(question), self.option(question, option))
            if option
            else self.question(name)
        )

    def text(self, name: str) -> str:
        """Return a question as it was asked; a derived variable was not asked and has none."""
        variable = self.codebook.variable(name)
        text = variable.text(self.language)
        return text if text and text != variable.label(self.language) else ""

    def option(self, question: str, option: object) -> str:
        """Return the label of an answer; without one, that of the question.

        `top` and `bottom` are made of the labels of these boxes, a class of numbers is put into words so that
        neighbours do not seem to share their ends, and a number stays as it is.
        """
        variable = self.codebook.variable(question)
        if nothing(option):
            return variable.label(self.language)
        known = {o.name: o.label(self.language) for o in variable.options}
        name = str(option)
        if name in known:
            return known[name]
        box = {TOP: variable.top_box, BOTTOM: variable.bottom_box}.get(name)
        if box:
            first, *rest = (known[answer] for answer in box)
            return (
                self.words(
                    "list.or", first=first, last=", ".join(in_sentence(one, self.words) for one in rest)
                )
                if rest
                else first
            )
        if variable.year and CLASS in name:
            first, beyond = (ceil(float(end)) for end in name.split(CLASS, maxsplit=1))
            return f"{first}–{beyond - 1}" if beyond - first > 1 else str(first)
        if variable.type == "numeric" and CLASS in name:
            low, high = (
                self.words.number(float(end), len(end.partition(".")[2]))
                for end in name.split(CLASS, maxsplit=1)
            )
            return self.words("class", low=low, high=high)
        return name

    def group(self, by: object, group: object) -> str:
        """Return the label of a group of respondents, the word for everybody where there is no group."""
        if nothing(group):
            return self.words("everybody")
        if nothing(by):
            return str(group)
        options = self.codebook.variable(str(by)).options
        named = [called for o in options if o.name == group and (called := getattr(o, "as_group", None))]
        return named[0][self.language] if named else self.option(str(by), group)

    def outcome(self, question: str, option: object) -> str:
        """Return what an effect is on: the answer that is meant where there is one, else the question."""
        variable = self.codebook.variable(question)
        if nothing(option) or isinstance(variable.definition, Flag):
            return variable.label(self.language)
        label = self.option(question, option)
        return label if variable.type == "multi" else answered(variable.label(self.language), label)

    def scale(self, question: str) -> tuple[tuple[float, str], tuple[float, str]] | None:
        """Return score and label of the lowest and the highest answer; None where answers have no scores."""
        scores = self.codebook.variable(question).scores
        if not scores:
            return None
        first, last = (pick(scores, key=scores.__getitem__) for pick in (min, max))
        return (scores[first], self.option(question, first)), (scores[last], self.option(question, last))

    def score(self, question: str) -> str:
        """Return what the mean of a question is of: numbers, or a scale with what its ends mean."""
        scale = self.scale(question)
        if scale is None:
            return self.words("topline.mean")
        (low, first), (high, last) = scale
        ends = [self.words.number(end, 0 if float(end).is_integer() else 2) for end in (low, high)]
        return self.words("topline.score", low=ends[0], first=first, high=ends[1], last=last)

    def measure(self, question: str, option: object, *, alone: bool) -> str:
        """Return what an estimate is of: the answer alone where all are of one question, else with it."""
        if not alone:
            return self.outcome(question, option)
        is_flag = isinstance(self.codebook.variable(question).definition, Flag)
        return self.question(question) if is_flag else self.option(question, option)

    def contrast(self, by: str, group: object) -> tuple[str, str]:
        """Return the labels of category and reference in the group of an effect; see `contrast`."""
        category, reference = contrast(self.codebook, by, group)
        return self.group(by, category), self.group(by, reference)

    def margin(self, margin: str) -> str:
        """Return the label of a margin: its own in the codebook, or that of the question it is about."""
        for entry in self.codebook.weighting.margins if self.codebook.weighting else ():
            if entry.name == margin:
                return entry.label[self.language] if entry.label else self.question(entry.question)
        return self.question(margin)

    def category(self, margin: str, category: str) -> str:
        """Return the label of a category of a margin, which may be merged of several answers."""
        for entry in self.codebook.weighting.margins if self.codebook.weighting else ():
            if entry.name == margin:
                merged = {group.name: group.label(self.language) for group in entry.merge}
                return merged.get(category) or self.option(entry.question, category)
        return self.option(margin, category)

    def rule(self, name: str) -> str:
        """Return why a rule of cleaning takes a response."""
        for rule in self.codebook.cleaning.rules:
            if rule.name == name:
                return rule.reason[self.language]
        raise StudyError(
            found=f"no rule {name!r}",
            where="cleaning > rules in rules.yaml",
            expected="every rule that took a response",
            fix="run the stage clean again",
        )

    def share(self, question: str, option: object, by: object = "", group: object = "") -> str:
        """Return the name of a share in a text of its own: question and answer, and of whom."""
        is_flag = isinstance(self.codebook.variable(question).definition, Flag)
        label = self.question(question)
        label = label if is_flag or nothing(option) else answered(label, self.option(question, option))
        return label if nothing(group) else f"{label} ({self.group(by, group)})"

    def statistic(self, name: str) -> str:
        """Return the name of a statistic as a reader knows it: "odds ratio"."""
        return self.words(f"statistic.{slug(name)}")

    def heading(self, column: str) -> str:
        """Return the heading of a column of a frame: what the messages call it, else its name as words."""
        if self.words.has(f"column.{column}"):
            return self.words(f"column.{column}")
        return str(column).replace("_", " ")

    def latent_class(self, number: int, size: float) -> str:
        """Return a latent class by its number, with its share: "Class 1 (50.2%)"."""
        return self.words("latent.class", number=self.words.integer(number), size=self.words.percent(size))

    def readable(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return a result frame with labels beside the names, for tables and charts of one's own.

        Parameters
        ----------
        frame : DataFrame
            With some of the columns question, option, by, group, weighted.

        Returns
        -------
        DataFrame
            With `question_label`, `option_label`, `by_label`, `group_label` and `weighting` beside them.
            Answers and groups are categories in the order of the codebook, so that a chart keeps it.

        Examples
        --------
        >>> labels.readable(by_market)[["group_label", "weighting"]].head(3)
          group_label   weighting
        0         All  unweighted
        1   Consumers  unweighted
        2  Businesses  unweighted
        """
        out = frame.copy()
        cells = {name: list(frame[name]) if name in frame else [""] * len(frame) for name in _NAMES}
        questions, options, bys, groups = cells.values()
        if "question" in frame:
            out["question_label"] = [self.question(q) for q in questions]
        if "option" in frame:
            out["option_label"] = self._ordered(questions, options, self.option)
        if "by" in frame:
            out["by_label"] = ["" if nothing(by) else self.question(by) for by in bys]
        if "group" in frame:
            out["group_label"] = self._ordered(bys, groups, self._group_or_contrast)
        if "weighted" in frame:
            out["weighting"] = [self.words.weighting(bool(w)) for w in frame["weighted"]]
        return out

    def _group_or_contrast(self, by: object, group: object) -> str:
        if nothing(group) or nothing(by) or AGAINST not in str(group):
            return self.group(by, group)
        category, reference = self.contrast(str(by), group)
        return self.words("forest.against", category=category, reference=reference)

    def _ordered(self, questions: Sequence, options: Sequence, label) -> pd.Categorical:
        """Labels as categories: in the order of the answers of their question, others as they come."""
        pairs = list(zip(questions, options, strict=True))
        places: dict[object, dict[object, int]] = {}
        ranks = {}
        for question, option in dict.fromkeys(pairs):
            if question not in places:
                names = [] if nothing(question) else self.codebook.variable(question).option_names
                places[question] = {name: place for place, name in enumerate(names)}
            known = places[question]
            ranks[question, option] = known.get(option, -1 if nothing(option) else len(known))
        texts = {pair: label(*pair) for pair in ranks}
        order = dict.fromkeys(texts[pair] for pair in sorted(ranks, key=ranks.__getitem__))
        return pd.Categorical([texts[pair] for pair in pairs], list(order), ordered=True)


_NAMES = ("question", "option", "by", "group")


def contrast(codebook: Codebook, by: str, group: object) -> tuple[str, str]:
    """Return the names of category and reference in "category – reference", empty where there is no group.

    Raises
    ------
    StudyError
        If the group is no pair of categories of the question.
    """
    if nothing(group):
        return "", ""
    names = str(group).split(AGAINST)
    known = list(codebook.variable(by).option_names)
    if len(names) != 2 or not set(names) <= set(known):
        raise StudyError(
            found=f"the group {group!r} of {by}",
            where="a frame of effects",
            expected=f"category – reference, both of {', '.join(known) or 'no categories: an empty group'}",
            fix="say in the column group which category is compared with which",
        )
    return names[0], names[1]


def in_sentence(label: str, words: Wording) -> str:
    """Return a label as it stands within a sentence: its first letter small, unless it is an abbreviation.

    A whole question, as drafts have it for a label, is quoted: the sentence goes on behind its mark.

    Parameters
    ----------
    label : str
    words : Wording
    """
    if label.endswith("?"):
        return words("quoted", text=label)
    return label if label[:2].isupper() else label[:1].lower() + label[1:]
