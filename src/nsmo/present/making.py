"""How a derived variable is made, in words."""

from collections.abc import Iterator

from nsmo.present.labels import Labels
from nsmo.study.conditions import describe
from nsmo.study.derived import Count, Cross, FirstMatch, Flag, Mean, Recode


def how_made(name: str, labels: Labels) -> list[str]:
    """List how a derived variable is made, where it has answers a line for each; of a question no line.

    Parameters
    ----------
    name : str
        The variable.
    labels : Labels
        In whose language it is said.
    """
    return list(_lines(labels.codebook.variable(name).definition, labels))


def _lines(definition: object, labels: Labels) -> Iterator[str]:
    words, codebook, language = labels.words, labels.codebook, labels.language
    match definition:
        case Flag():
            yield words("question.flag", condition=describe(definition.when, codebook, language))
        case Recode():
            source = codebook.variable(definition.from_)
            for group in definition.options:
                merged = [source.option(name).label(language) for name in group.of]
                yield words("question.case", label=group.label(language), when="; ".join(merged))
        case Count():
            yield words("question.ticked", label=labels.question(definition.of))
            for name in definition.exclude:
                yield words("question.ticked_not", label=labels.option(definition.of, name))
        case Mean():
            of = words.join(labels.question(name) for name in definition.of)
            yield words("question.mean_of", labels=of, least=definition.min_answered)
        case Cross():
            yield words(
                "question.crossed", labels=words.join(labels.question(name) for name in definition.of)
            )
        case FirstMatch():
            yield words("question.first_match")
            for case in definition.options:
                when = describe(case.when, codebook, language)
                yield words("question.case", label=case.label(language), when=when)
            if not isinstance(definition.otherwise, str):
                yield words("question.otherwise", label=definition.otherwise.label(language))
