"""The models of study.yaml: what the study is called, how it was made, and its headlines."""

from datetime import date
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from nsmo.study.model import Filled, Labelled, Model, Name, Place, Text, Url, WaveName, repeated

if TYPE_CHECKING:
    from nsmo.study.scope import Scope


#: The pages that say something of one study beside what they compute.
Remarked = Literal["claims", "published", "trust", "method"]
#: How respondents were found.
Design = Literal["probability", "open_call", "panel", "quota"]


class FieldPeriod(Model):
    """When the questionnaire was open, and how sure that is."""

    from_: date | None = Field(alias="from")
    until: date | None
    certainty: Literal["assumed", "published"]
    note: Text | None = None

    @property
    def year(self) -> int | None:
        """The year in which it began; where that is not known, in which it ended."""
        first = self.from_ or self.until
        return first.year if first else None


class Publisher(Model):
    """Who published the study."""

    name: Filled
    url: Url | None = None


class Disclosed(Labelled):
    """What somebody knows about how the study was made, and where that was read."""

    source: Text
    certainty: Literal["published", "inferred", "assumed"]
    """Whether the source says so, or it is inferred from it, or assumed."""


Disclosure = Disclosed | Literal["not_published"]


#: What ESOMAR's 37 questions and ISO 20252 ask beside the items of `method`.
Further = Literal[
    "staff",
    "services",
    "source_shares",
    "profiles_held",
    "feasibility",
    "field_failure",
    "router",
    "choice_of_surveys",
    "participant_satisfaction",
    "quality_tracking",
    "other_law",
    "children",
    "security",
    "quality_framework",
    "objectives",
    "translation",
]


class Method(Model):
    """How the study was made, as far as no other part of a wave tells; every item is answered."""

    conducted_by: Disclosure
    """Who made the study."""
    sponsor: Disclosure
    """Who paid."""
    questionnaire: Disclosure
    """The questionnaire as it was put."""
    frame: Disclosure
    """The list that respondents were drawn from, if there was one."""
    mode: Disclosure
    """How the questionnaire was filled in: on the web, by telephone, on paper."""
    contact: Disclosure
    """How respondents were reached."""
    invitation: Disclosure
    """What the invitation said."""
    context: Disclosure
    """Where the invitation stood."""
    incentives: Disclosure
    voluntary: Disclosure
    ethics: Disclosure
    consent: Disclosure
    data_protection: Disclosure
    testing: Disclosure
    """How the questionnaire was tried before."""
    randomisation: Disclosure
    """Whether questions or answers changed their order."""
    completeness: Disclosure
    """Whether answers were compulsory, and checked."""
    review: Disclosure
    """Whether respondents could go back."""
    visitors: Disclosure
    """How visitors of the site were counted."""
    cookies: Disclosure
    ip_check: Disclosure
    log_files: Disclosure
    registration: Disclosure
    original_weighting: Disclosure
    """How the published figures were weighted."""
    further: dict[Further, Disclosed] = {}
    """What else the checklists of ESOMAR and ISO 20252 ask; what is left out is not stated."""


class Headlined(Model):
    """An estimate that stands for the study: `dvc metrics diff` shows it, and other pages look into it."""

    question: Name
    option: Name | None = None
    """An option of the question, or `top` for its top box; a number has none, and its mean is taken."""
    by: Name | None = None
    """The variable in whose groups it is taken; left out: among everybody."""

    def check(self, scope: "Scope", place: Place) -> None:
        """Check question, option and groups against the questionnaire."""
        counted = ("single", "multi", "ordinal", "numeric")
        subject = scope.of_type((*place, "question"), self.question, counted, "one that can be counted")
        if self.by:
            scope.of_type((*place, "by"), self.by, ("single", "ordinal"), "one with one answer")
        scope.shown((*place, "question"), self.question)
        scope.shown((*place, "by"), self.by or "")
        if subject and self.option and self.option != "top":
            scope.options((*place, "option"), subject.name, [self.option])
        if subject and self.option == "top" and len(subject.top_box) < 2:
            known = f"only '{subject.top_box[0]}' in its top box" if subject.top_box else "no top box"
            scope.problem(
                (*place, "option"), f"'{subject.name}' has {known}", "a `top_box:` of several answers"
            )


class Licence(Model):
    """Under which terms a report may be used."""

    name: Filled
    url: Url | None = None


class Citation(Model):
    """What a reader needs to cite the report, or to ask about it; what is left out stands on no page."""

    authors: Text | None = None
    """Who made this report, where that is not the publisher."""
    licence: Licence | None = None
    contact: Filled | None = None
    """Whom a reader may ask: an address of any kind."""


class SurveyError(Model):
    """What somebody judges of a source of error that no number here can tell."""

    source: Literal[
        "coverage", "selection", "nonresponse", "measurement", "processing", "adjustment", "chance"
    ]
    """Where in the making of a figure the error arises."""
    direction: Literal["too_high", "too_low", "either", "unknown"]
    """In which direction the published figures are off by it."""
    text: Text
    """What is the matter, and why it is thought so."""


class About(Model):
    """study.yaml: title, publisher and field period of the study, how it was made, and its headlines."""

    title: Text
    languages: list[Literal["nl", "en"]] = []
    """The languages in which every text of the wave's files stands; left out, one language is enough."""
    publisher: Publisher | None = None
    field_period: FieldPeriod
    previous: list[WaveName] = []
    """The earlier waves that this one is compared with, oldest first; the last is the one before it."""
    design: Design | None = None
    """How respondents were found: drawn by chance (`probability`), by themselves after an `open_call`, from a
    `panel` of volunteers, or until a `quota` was full. Left out: no statement is judged to hold of others.
    """
    method: Method | None = None
    citation: Citation | None = None
    recruiting: Text | None = None
    """How respondents were found, in a sentence."""
    headlines: list[Headlined] = []
    """The estimates that stand for the study, in this order."""
    unknown: list[Text] = []
    """What nobody knows about the survey."""
    remarks: dict[Remarked, list[Text]] = {}
    """What these pages say of this study beside what they compute, by the name of the stage."""
    errors: list[SurveyError] = []
    """Judgements on sources of error, beside the numbers that the page trust computes."""

    def check(self, scope: "Scope") -> None:
        """Check the headlines against the questionnaire."""
        for i, headline in enumerate(self.headlines):
            headline.check(scope, ("headlines", i))
        for fault in repeated("wave", self.previous):
            scope.problem(("previous",), fault)
