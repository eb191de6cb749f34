"""Everything that is known of a wave: its questionnaire, its rules, and what stands about the study."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from nsmo.study.about import About, Design, FieldPeriod, Headlined, Method, Publisher, Remarked, SurveyError
from nsmo.study.derived import Derived
from nsmo.study.ensemble import Ensemble
from nsmo.study.errors import StudyError
from nsmo.study.given import Given
from nsmo.study.model import Language, Text, closest
from nsmo.study.origins import Origins
from nsmo.study.privacy import Privacy
from nsmo.study.questionnaire import Question, Questionnaire, Source
from nsmo.study.rules import Cleaning, ConditionRule, Rules, Weighting
from nsmo.study.variable import Variable

if TYPE_CHECKING:
    from nsmo.study.rules import Part

#: The files that make a codebook, and the model of each.
FILES: Mapping[str, type[Questionnaire | Rules | About]] = {
    "questionnaire.yaml": Questionnaire,
    "rules.yaml": Rules,
    "study.yaml": About,
}


class Codebook:
    """What is known of a wave, from the files that were read; `load_codebook` reads them.

    Parameters
    ----------
    wave : str
        The wave, which is the name of its folder.
    questionnaire : Questionnaire
        questionnaire.yaml.
    rules : Rules or None
        rules.yaml; None where it was not read.
    about : About or None
        study.yaml; None where it was not read.
    read_ensemble : callable, optional
        Reads ensemble.csv, when somebody asks for it; left out of real answers.
    """

    def __init__(
        self,
        wave: str,
        questionnaire: Questionnaire,
        rules: Rules | None = None,
        about: About | None = None,
        read_ensemble: Callable[[], Ensemble] = Ensemble,
    ) -> None:
        self.wave = wave
        self.questionnaire = questionnaire
        self.read_ensemble = read_ensemble
        self._rules = rules
        self._about = about

    def __repr__(self) -> str:
        return f"<codebook of {self.study}, wave {self.wave}>"

    @cached_property
    def ensemble(self) -> Ensemble:
        """How far figures lie apart in other reconstructions; empty of real answers."""
        return self.read_ensemble()

    @property
    def rules(self) -> Rules:
        """Everything in rules.yaml.

        Raises
        ------
        StudyError
            If the file was not read; so do the properties that stand in it.
        """
        if self._rules is None:
            raise _unread("rules.yaml", self.wave)
        return self._rules

    @property
    def read_rules(self) -> Rules | None:
        """Everything in rules.yaml, or None where it was not read."""
        return self._rules

    @property
    def about(self) -> About:
        """Everything in study.yaml.

        Raises
        ------
        StudyError
            If the file was not read; so do the properties that stand in it.
        """
        if self._about is None:
            raise _unread("study.yaml", self.wave)
        return self._about

    @property
    def read_about(self) -> About | None:
        """Everything in study.yaml, or None where it was not read."""
        return self._about

    @property
    def study(self) -> str:
        """The name of the study."""
        return self.questionnaire.study

    @property
    def unit(self) -> Text:
        """What one response speaks for."""
        return self.questionnaire.unit

    @property
    def language(self) -> Language:
        """The language of the questionnaire."""
        return self.questionnaire.language

    @property
    def provenance(self) -> str:
        """Whether the answers are real or reconstructed."""
        return self.questionnaire.provenance

    @property
    def origins(self) -> Origins | None:
        """Where the figures of reconstructed answers come from; None where the answers are real."""
        if self.provenance != "reconstructed":
            return None
        return self._rules.origins if self._rules else Origins()

    @property
    def source(self) -> Source:
        """How the export is written."""
        return self.questionnaire.source

    @property
    def questions(self) -> list[Question]:
        """Every question, in order."""
        return self.questionnaire.questions

    @property
    def derived(self) -> list[Derived]:
        """How each derived variable is made, in order."""
        return self.questionnaire.derived

    @property
    def variables(self) -> dict[str, Variable]:
        """Every question and every derived variable by its name, in order."""
        return self.questionnaire.variables

    @property
    def cleaning(self) -> Cleaning:
        """Who counts as a respondent."""
        return self.rules.cleaning

    @property
    def excluded(self) -> set[tuple[str, str]]:
        """The answers (question and option) whose share is 0 by a rule of cleaning, and so no estimate."""
        rules = self._rules.cleaning.rules if self._rules else []
        found = [rule.excludes(self.variables) for rule in rules if isinstance(rule, ConditionRule)]
        return {answer for answers in found for answer in answers}

    @property
    def weighting(self) -> Weighting | None:
        """Whom the weights stand for; None where nothing is said about it."""
        return self.rules.weighting

    @property
    def weighs(self) -> bool:
        """Whether anything is weighted, as far as rules.yaml was read."""
        return self._rules is None or self._rules.weighting is not None

    @property
    def given(self) -> Given | None:
        """How weights and a design that came with the responses are used; None where rules.yaml has none."""
        weighting = self._rules.weighting if self._rules else None
        return weighting.as_given if weighting else None

    @property
    def weighted_words(self) -> Text | None:
        """What weighted figures are called here; None where rules.yaml does not say, or was not read."""
        weighting = self._rules.weighting if self._rules else None
        return weighting.words if weighting else None

    @property
    def analyse(self) -> "dict[str, dict[str, Part | list[Part]]]":
        """Which question plays which part in a stage, by stage and part."""
        return self.rules.analyse

    @property
    def privacy(self) -> Privacy:
        """What may be shown: what rules.yaml says, else what the origin of the answers asks for."""
        declared = self._rules.privacy if self._rules else None
        if declared is None and self.provenance == "reconstructed":
            return Privacy(suppress="base", keep_rows=True)
        return declared or Privacy()

    @property
    def groupings(self) -> list[str]:
        """The variables whose answers make groups, as `analyse:`, `crosstabs:` or `privacy:` names them."""
        parts = [named for stage in self.analyse.values() for named in stage.values()]
        names = [name for part in parts for name in ([part] if isinstance(part, str) else part)]
        crossed = self.rules.crosstabs.makes_groups if self.rules.crosstabs else []
        names = [*(name.partition(".")[0] for name in names), *crossed, *self.privacy.groupings]
        fit = [n for n in names if n in self.variables and self.variables[n].type in ("single", "ordinal")]
        return list(dict.fromkeys(fit))

    @property
    def title(self) -> Text:
        """The title of the study."""
        return self.about.title

    @property
    def publisher(self) -> Publisher | None:
        """Who published the study."""
        return self.about.publisher

    @property
    def field_period(self) -> FieldPeriod:
        """When the questionnaire was open."""
        return self.about.field_period

    @property
    def previous(self) -> list[str]:
        """The earlier waves that it is compared with, oldest first; none where study.yaml was not read."""
        return self._about.previous if self._about else []

    @property
    def design(self) -> Design | None:
        """How respondents were found, as far as it was declared."""
        return self.about.design

    @property
    def method(self) -> Method | None:
        """How the study was made."""
        return self.about.method

    @property
    def headlines(self) -> list[Headlined]:
        """The estimates that stand for the study."""
        return self.about.headlines

    @property
    def errors(self) -> list[SurveyError]:
        """Judgements on sources of error."""
        return self.about.errors

    def remarks(self, page: Remarked) -> list[Text]:
        """Return what a page says of this study beside what it computes."""
        return self.about.remarks.get(page, [])

    def changed(self, **parts: Any) -> "Codebook":
        """Return a codebook in which some parts are others, to see what would come of it.

        Parameters
        ----------
        **parts
            Names at the top of one of the files, such as `cleaning`, with what shall stand there.
        """
        copies = []
        for model in (self.questionnaire, self._rules, self._about):
            own = {name: part for name, part in parts.items() if model and name in type(model).model_fields}
            # Built anew: a copy would keep what was computed from the parts before.
            copies.append(type(model).model_construct(**dict(model) | own) if model and own else model)
        return Codebook(self.wave, *copies, read_ensemble=self.read_ensemble)

    @cached_property
    def _questions_by_name(self) -> dict[str, Question]:
        return {question.name: question for question in reversed(self.questions)}

    def question(self, name: str) -> Question:
        """Look up the definition of a question.

        Raises
        ------
        StudyError
            If no question has this name.
        """
        if name in self._questions_by_name:
            return self._questions_by_name[name]
        raise StudyError(
            found=f"no question is called '{name}'",
            where="questionnaire.yaml",
            expected=closest(name, [question.name for question in self.questions]),
        )

    def variable(self, name: str) -> Variable:
        """Look up a question or derived variable.

        Raises
        ------
        StudyError
            If nothing has this name.
        """
        if name not in self.variables:
            raise StudyError(
                found=f"no question or derived variable is called '{name}'",
                where="questionnaire.yaml",
                expected=closest(name, list(self.variables)),
            )
        return self.variables[name]

    def can_say_dont_know(self, name: str) -> bool:
        """Return whether "don't know" is offered at a question, or at one that a variable is derived from."""
        variable = self.variable(name)
        if variable.derived:
            return any(self.can_say_dont_know(source) for source in variable.sources)
        return any(one.reason == "dont_know" for one in variable.definition.missing)

    def battery(self, name: str) -> list[Question]:
        """List the questions of a battery, in order.

        Raises
        ------
        StudyError
            If no question belongs to it.
        """
        questions = [question for question in self.questions if question.battery == name]
        if not questions:
            batteries = sorted({question.battery for question in self.questions if question.battery})
            raise StudyError(
                found=f"no question belongs to a battery '{name}'",
                where="questionnaire.yaml",
                expected=closest(name, batteries),
            )
        return questions


def _unread(file: str, wave: str) -> StudyError:
    return StudyError(
        found=f"{file} of wave {wave} was not read",
        where="dvc.yaml",
        expected=f"data/raw/{wave}/{file} among the deps of a stage that uses what stands in it",
        fix="add the line to the stage in dvc.yaml, or do without",
    )
