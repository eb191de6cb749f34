"""What may be inserted into the text of a report: each placeholder with what it takes and what it says."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Placeholder:
    """Something that a build fills in: `{{ share("bread", "rye") }}`.

    Attributes
    ----------
    says : str
        What comes in its place.
    needs : tuple of str
        What it must be given, in this order.
    takes : tuple of str
        What it may be given beside, in this order or by name.
    block : bool
        Whether it stands alone in a paragraph, and not in a sentence.
    """

    says: str
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    block: bool = False


_GROUP = ("by", "group")

#: Every placeholder, by name.
PLACEHOLDERS: Mapping[str, Placeholder] = {
    "share": Placeholder("a share of everybody, or of a group", ("question", "option"), _GROUP),
    "mean": Placeholder("the mean of a number or a scale", ("question",), _GROUP),
    "average": Placeholder(
        "a mean and of how many it is; or, once, that it is not shown", ("question",), _GROUP
    ),
    "count": Placeholder("how many gave an answer", ("question", "option"), _GROUP),
    "base": Placeholder("of how many a share or a mean is", ("question",), ("option", *_GROUP)),
    "interval": Placeholder(
        "the interval of a share or a mean; of what is assumed, that there is none",
        ("question",),
        ("option", *_GROUP),
    ),
    "evidence": Placeholder(
        "origin, interval and base of a share or a mean, to stand in brackets",
        ("question",),
        ("option", *_GROUP),
    ),
    "adjusted": Placeholder(
        "a share or a mean after weighting; of a reconstruction, its range over others",
        ("question",),
        ("option",),
    ),
    "clear": Placeholder(
        "whether groups differ: clear, not clear, or not known (of a reconstruction)",
        ("question", "by"),
        ("option",),
    ),
    "figure": Placeholder("a figure", ("question",), ("option", "by"), block=True),
    "table": Placeholder("a table of estimates", ("question",), ("by",), block=True),
    "question": Placeholder("what a question is called", ("question",)),
    "answer": Placeholder("what an answer is called", ("question", "option")),
    "question_link": Placeholder(
        "what a question is called, or a text, as a link to its page", ("question",), ("text",)
    ),
    "page_link": Placeholder("the title of a page, as a link to it", ("page",)),
    "changed": Placeholder(
        "how much a share or a mean changed since the wave before, with its interval",
        ("question",),
        ("option",),
    ),
    "earlier": Placeholder("a share or a mean in the wave before", ("question",), ("option",)),
    "changes": Placeholder(
        "what changed since earlier waves: a sentence and the clearest changes", block=True
    ),
    "changes_figure": Placeholder("a figure of the clearest changes, wave by wave", block=True),
    "previous": Placeholder("what the wave before is called"),
    "statement": Placeholder("a published statement, as a link to its verdicts", ("statement",)),
    "printed": Placeholder("the figure that a statement printed", ("statement",)),
    "verdict": Placeholder("a verdict on a statement, in words", ("statement",), ("which",)),
    "statements": Placeholder("how many statements were checked"),
    "agreeing": Placeholder("on how many of them the estimate agrees"),
    "disputed": Placeholder("a list of the statements with which the estimate does not agree", block=True),
    "respondents": Placeholder("how many respondents were analysed"),
    "received": Placeholder("how many responses were received"),
    "title": Placeholder("the title of the study"),
    "unit": Placeholder("what one response speaks for"),
    "period": Placeholder("when the questionnaire was open"),
    "publisher": Placeholder("who published the study"),
    "recruiting": Placeholder("how respondents were found"),
    "level": Placeholder("the level of the intervals"),
    "unknown": Placeholder("a list of what nobody knows about the survey", block=True),
    "assumptions": Placeholder("how many assumptions a reconstruction rests on"),
}

#: The verdicts on a statement that `verdict` may name, the first where it names none.
VERDICTS = ("agreement", "implied", "support_published", "sources_agree", "generalises")

#: The pages, beside those of the notebooks, that `page_link` may name.
PAGES = ("changes", "questions", "claims", "made", "data", "glossary", "notebooks")
