"""Puts answers that say how often in order: "twice a week", "mehrmals im Monat", "une fois par an"."""

import re
from collections.abc import Sequence

#: Times a month that something happens once in each.
_UNITS = (
    (r"hour|uur|stunde|heure|hora", 720.0),
    (r"(work)?day|daily|(werk)?dag|dagelijks|tag|täglich|jour|quotidien\w*|d[ií]a|diari\w*|giorno", 30.0),
    (r"week(ly)?|weken|wekelijks|woche|wöchentlich|semaine|hebdomadaire\w*|semana|settimana", 4.3),
    (r"month(ly)?|maand(elijks)?|monat(lich)?|mois|mensuel\w*|mes|mese", 1.0),
    (r"quarter(ly)?|kwartaal|quartal|vierteljährlich|trimestre", 0.33),
    (r"year(ly)?|annual(ly)?|jaar(lijks)?|jahr|jährlich|an(née|nuel\w*)?|año|anno", 0.083),
)
_TIMES = (
    (r"several|multiple|a few|many|various|some|meerdere|enkele|paar|verschillende|mehrmals|mehrere|einige"
     r"|plusieurs|quelques|varias|algunas|più", 3.0),
    (r"twice|two|twee|tweemaal|zweimal|zwei|deux|dos|due", 2.0),
    (r"once|one|een|één|eenmaal|einmal|eine|une?|una", 1.0),
    (r"three|drie|dreimal|drei|trois|tres|tre", 3.0),
    (r"four|vier|viermal|quatre|cuatro|quattro", 4.0),
    (r"five|vijf|fünf|fünfmal|cinq|cinco|cinque", 5.0),
)  # fmt: skip
_LESS = re.compile(
    r"\b(less|fewer|rarer|minder|seltener|weniger|moins|menos|meno|under|not every|(almost|nearly) never)\b"
)
_MORE = re.compile(r"\b(more|at least|meer|minstens|häufiger|öfter|mehr|mindestens|plus|más|almeno)\b|\+")
_NEVER = re.compile(
    r"(have |has )?never( at all)?|not (once|at all)|nooit|(noch )?nie(mals)?|jamais|nunca|mai"
)
_HARDLY = re.compile(
    r"less( often| frequently)?|rarely|seldom|(almost|hardly|nearly) (ever|never)|minder( vaak)?|zelden"
    r"|(bijna|vrijwel|haast) nooit|seltener?|(fast|so gut wie) nie|kaum|moins souvent|rarement"
    r"|presque jamais|menos|rara vez|casi nunca|raramente|quasi mai"
)


def rates(labels: Sequence[str]) -> list[float] | None:
    """Score answers by how often a month they say; None if one of them says something else.

    At least two must name a period of time, since "often" alone says no number.
    """
    found, named = [], 0
    for label in labels:
        text = " ".join(label.casefold().replace("’", "'").split()).strip(" .")
        text = re.sub(r"\s*\([^()]*\)$", "", text)
        rate = _rate(text)
        if rate is None:
            return None
        named += rate > 0.02
        found.append(rate)
    return found if named >= 2 else None


def _rate(text: str) -> float | None:
    if _NEVER.fullmatch(text):
        return 0.0
    if _HARDLY.fullmatch(text):
        return 0.01
    unit = next((size for words, size in _UNITS if re.search(rf"\b({words})s?\b", text)), None)
    if unit is None or len(text) > 45 or re.search(r"\bago\b|\bgeleden\b|\bvor\b|\bil y a\b", text):
        return None
    # A time of day or a length of time is no rate: "2 to 4 hours", "morning of the day".
    numbers = [float(one) for one in re.findall(r"\d+", text)]
    said = next((times for words, times in _TIMES if re.search(rf"\b({words})\b", text)), None)
    each = re.search(
        r"\b(times?|every|each|per|once|twice|keer|maal|elke|iedere|mal|jede[nrs]?|pro|im|in der|am|fois|par"
        r"|chaque|tous|veces|vez|por|cada|volt[ae]|al|ogni|annual|days? an?)\b|\w+mal\b|ly\b|lijks\b|lich\b"
        r"|\dx\b|/|\bdiari|quotidien|hebdo|mensuel",
        text,
    )
    if not each:
        return None
    rate = unit * (sum(numbers) / len(numbers) if numbers else said or 1.0)
    # "Three days a week" counts days in a week.
    if re.search(
        r"\b(days?|dagen|tage?|jours|días|giorni)\b.*\b(week|woche|semaine|semana|settimana)\b", text
    ):
        rate = 4.3 * (sum(numbers) / len(numbers) if numbers else said or 1.0)
    if re.search(r"\b(almost|nearly|bijna|vrijwel|fast|presque|casi|quasi)\b", text):
        rate *= 0.9
    if _LESS.search(text):
        rate *= 0.5
    elif _MORE.search(text):
        rate *= 1.5
    return rate
