"""Tells the order of answers: numbered ones, ranges of numbers, and the usual words of scales."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from nsmo.draft.often import rates
from nsmo.draft.rows import ROWS

Reason = Literal["dont_know", "refused", "not_asked", "no_answer"]

_REASONS: tuple[tuple[Reason, str], ...] = (
    (
        "dont_know",
        r"(i |ik )?(don.?t|do not|didn.?t) know\b.*|dk|not sure|unsure|no idea|cannot say|can.?t say"
        r"|(i )?(can.?t|cannot|could not) choose|unsure ?[/,] ?don.?t know"
        r"|dk ?[/,] ?(na|nr|ref(used|usal)?|no (answer|opinion))"
        r"|(dat )?weet (ik )?((het|dat|dit) )?niet.*|ik weet (het|dat|dit) niet( meer)?"
        r"|(ik heb )?geen idee|onbekend|geen (mening|antwoord|opgave) ?[/,] ?weet (ik )?(het )?niet"
        r"|(ich )?wei(ß|ss) (ich |es )?nicht.*|(je )?ne sais? (t )?pas|ne sait pas|no (lo )?s[eé]"
        r"|ns ?/ ?n[cr]"
        r"|non (lo )?so|não sei|nie wiem|nie mam zdania|δεν (ξέρω|γνωρίζω)|не знаю|затрудняюсь ответить"
        r"|(cannot|can.?t|unable to) (judge|assess).*"
        r"|(ich )?kann (ich )?(das |es )?nicht (beurteilen|sagen|einschätzen)"
        r"|((dat )?kan ik )?(dit |dat |het )?niet (goed )?(te )?beoordelen"
        r"|vet (inte|ej|ikke)|ved ikke|en osaa sanoa|nevím|nem tudom|bilmiyorum",
    ),
    (
        "refused",
        r"(i )?(would )?(prefer|rather) not( to)?( (say|answer|disclose|tell)\b.*)?"
        r"|refus(ed?|al)( to (answer|say))?|decline(d)? to .*"
        r"|(dat )?(wil|zeg) ik (liever )?niet.*|liever niet.*|geen opgave( ?/ ?weigert)?|keine angabe"
        r"|(ik )?wil ((het|dat|dit) )?(liever )?niet (zeggen|vertellen|beantwoorden|invullen)"
        r"|(ik )?zegt? ((het|dat|dit) )?liever niet"
        r"|(ik )?wil (hier )?(geen|niet) antwoord(en)?( geven)?|weiger(t|de|ing)|geweigerd"
        r"|(angabe |antwort )?verweigert|refus( de répondre)?"
        r"|ohne angabe|k\. ?a\.?|möchte ich nicht (sagen|angeben|beantworten)"
        r"|(je )?préfère ne pas (répondre|le dire|dire)|(prefiero|preferisco|prefiro) (no|non|não) .*"
        r"|wolę nie (odpowiadać|mówić)|odmowa( odpowiedzi)?|(προτιμώ να μην|δεν) (απαντ\w+|πω)",
    ),
    (
        "not_asked",
        r"n/a|n\.a\.|not (asked|put|shown|displayed)( in (the )?(survey|country|wave|year|this \w+))?"
        r"|iap|inap(plicable)?\.?( \(.*)?|nap( \(not applicable)?|(logical|valid) skip"
        r"|niet (gevraagd|gesteld)|nicht (gefragt|befragt|gestellt)"
        r"|no experience( with .*)?|(never|not) used( it)?|geen ervaring( mee)?|keine erfahrung"
        r"|aucune expérience|not applicable|does not apply|doesn.?t apply|n\.?v\.?t\.?|niet van toepassing"
        # "Trifft nicht zu" is the low end of a scale.
        # Whatever stands before it: "unfamiliar (N/A)".
        r"|[^()]{2,60} \(n/?a"
        r"|nicht zutreffend|entfällt|sans objet|non concernée?|no (aplica|procede)|non applicabile"
        r"|\(?跳过\)?|不适用|não se aplica|nie dotyczy|δεν (ισχύει|με αφορά)|ej aktuellt|ikke relevant",
    ),
    (
        "no_answer",
        r"#(n/a|ref!|value!|div/0!|name\?|num!|null!)"
        r"|no answer|geen antwoord|keine antwort|not answered|niet (beantwoord|ingevuld)|nicht beantwortet"
        r"|(onbekend ?/ ?)?niet ingevuld|geen gegevens|skip(ped( on web)?)?|missing([;,:] unknown)?"
        r"|not (ascertained|stated|available( in this (year|country|wave))?)|(item )?non-?response"
        r"|system missing|\(?空\)?",
    ),
)
_REASON: list[tuple[Reason, re.Pattern[str]]] = [
    (reason, re.compile(pattern, re.IGNORECASE)) for reason, pattern in _REASONS
]

_CODED = re.compile(r"^-?\d{1,4}[.:)] +|^-\d{1,4} +| \((spontaneous|vol(unteered)?|spontaan)$", re.IGNORECASE)
_UNDECIDED = re.compile(r"no opinion|geen mening|keine meinung|sans opinion|sin opinión", re.IGNORECASE)

_UNITS = (
    (r"seconds?|seconden|sekunden?|secondes?|segundos?", 1 / 2_592_000),
    (r"min(ute)?s?|minuut|minuten?|minutos?|minuti|dakika|minut[ay]?", 1 / 43_200),
    (r"hours?|uur|uren|stunden?|heures?|horas?|or[ae]|saat|godzin[ay]?|timm(e|ar)|час\w*", 1 / 720),
    (r"days?|dag(en|ar|e)?|tage?|jours?|d[ií]as?|giorn[oi]|gün|dni|dzień|де?н(ь|я|ей)", 1 / 30),
    (
        r"weeks?|weken|wochen?|semaines?|semanas?|settiman[ae]|hafta|tygod(zień|ni[ea]?)|veck(a|or)|недел\w+",
        7 / 30,
    ),
    (r"months?|maand(en)?|monate?|mois|mes(es)?|mês|mes[ei]|ay|miesiąc\w*|miesięcy|månad(er)?|месяц\w*", 1),
    (r"years?|jaar|jaren|jahre?n?|ans?|années?|a[ñn]os?|ann[oi]|yıl|sene|rok|lata?|år|год\w*|лет", 12),
)
_ANY_UNIT = "|".join(words for words, _ in _UNITS)
_MULTIPLES = {"hundreds": 100, "tens": 10, "thousands": 1_000, "tens of thousands": 10_000,
              "hundreds of thousands": 100_000, "millions": 1_000_000}  # fmt: skip
_NUMBER_WORDS = {
    word: number
    for number, word in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
    )
} | {"none": 0, "geen": 0, "keine": 0, "aucun": 0, "ninguno": 0, "nessuno": 0,
     "twelve": 12, "twenty": 20, "fifty": 50, "hundred": 100, "never": 0, "once": 1, "twice": 2}  # fmt: skip
_IN_WORDS = re.compile(rf"\b({'|'.join([*_NUMBER_WORDS, *_MULTIPLES])}|an?|een|eine[mnrs]?|une?)\b")
_BELOW = re.compile(
    r"^(less|fewer|under|below|up to|at most|until|next|within|minder|tot|onder|hooguit|weniger|unter|bis"
    r"|moins|menos|meno|<)"
)
_ABOVE = re.compile(
    r"^(more|greater|over|above|at least|from|meer|boven|minstens|vanaf|mehr|über|ab|plus|más"
    r"|più|>)|(or more|\+"
    r"|of meer|and over|or longer|en ouder|oder mehr|oder älter|und älter"
    r"|(et|ou) plus|y más|o más|e più|o più)$"
)
#: What may stand before a number in an answer that is a range.
_LEADING = re.compile(
    r"\b(less|fewer|more|greater|over|under|above|below|up|to|at|least|most|next|within|until|from"
    r"|than|between|about"
    r"|only|exactly|age|aged|class|minder|meer|dan|dan|tot|onder|boven|hooguit|minstens|vanaf"
    r"|tussen|ongeveer|weniger"
    r"|als|mehr|unter|über|bis|ab|mindestens|höchstens|zwischen"
    r"|moins|plus|entre|de|des|du|à|dès|menos|más|desde|hasta|meno|più|tra)\b|[-–<>≥≤=€$£~()]"
)
#: Faces, stars and the like before or behind an answer.
_FACE = "[\U0001f300-\U0001faff\u2600-\u27bf\ufe0f]"
_FACES = re.compile(rf"^{_FACE}+\s*|\s*{_FACE}+$")
_DIGITS = re.compile(r"\d{1,3}(?:[.,’' ]\d{3})+(?!\d)|\d+(?:[.,]\d+)?")

_ORDERED = [[re.compile(word, re.IGNORECASE) for word in row] for row in ROWS]

_NOT = r"(not|niet|nicht)"
#: Where the verb embraces the degree: "stimme eher nicht zu".
_ZU = re.compile(r"(?:ich )?(stimme|trifft)\s+(.+?)\s+zu", re.IGNORECASE)
_YES_OR_NO = re.compile(r"(yes|no|ja|nee|nein|oui|non|sí|si)\s*[,:–-]\s+(?=\S)", re.IGNORECASE)
_NOT_AT_ALL = re.compile(r"^not (\w+) at all$", re.IGNORECASE)
_MIDDLE = re.compile(
    r"neutral|neutraal|mittel(mäßig)?|neutre|neutro|undecided|no opinion either way"
    r"|might or might not"
    r"|neither\b.*|noch\b.*|weder\b.*|ni\b.* ni\b.*|teils.*"
    # Not this and not its opposite.
    rf"|{_NOT}\b.+(,|/|\b(and|or|en|noch|und|oder)\b) ?((en|and|und) )?(ook )?{_NOT}\b.+",
    re.IGNORECASE,
)
_DEGREES = (
    (r"not at all|helemaal niet|überhaupt nicht|gar nicht|pas du tout", -3.0),
    (r"(überhaupt|absolutely|helemaal|absoluut) (kein|no|geen)e?", -3.0),
    (r"(not|niet|nicht) (so|very|particularly|really|too|zo|erg|echt|sehr|besonders)", -0.4),
    (r"(eher|rather|probably|mostly|weitgehend) (nicht|not)", -0.5),
    (r"(definitely|certainly|zeker|sicher|certainement) (not|niet|nicht|pas)", -2.0),
    (r"(waarschijnlijk|wahrscheinlich|probablement) (not|niet|nicht|pas)", -0.5),
    (r"(not|niet|nicht|pas|no)", -1.0),
    (r"(definitely|certainly|zeker|sicherlich|certainement)", 2.0),
    (r"(probably|waarschijnlijk|wahrscheinlich|probablement)", 0.5),
    (r"(extremely|completely|totally|fully|strongly|absolutely|entirely|helemaal|volledig|sterk"
     r"|zeer sterk|uiterst"
     r"|voll und ganz|voll(ständig|kommen)?|völlig|stark|äußerst|tout à fait|totalement|totalmente"
     r"|completamente)", 3.0),
    (r"(very|highly|zeer|heel|erg|sehr|très|muy|molto|muito|mycket|meget)", 2.0),
    (r"(quite|fairly|rather|mostly|pretty|redelijk|tamelijk|vrij|ziemlich|plutôt|assez|bastante|abbastanza"
     r"|ganska|ret)", 0.8),
    (r"(moderately|reasonably|matig|mäßig)", 0.6),
    (r"(kaum|hardly|barely|nauwelijks|amper|à peine|apenas)", -0.3),
    (r"(somewhat|tend to|partly|enigszins|een beetje|deels|eher|etwas)", 0.5),
    (r"(slightly|a little|a bit|licht|ein wenig)", 0.3),
    (r"(peu|weinig|wenig|poco|pouco|less|minder|weniger|moins|meno|menos)", -0.4),
    (r"", 1.0),
)  # fmt: skip
_DEGREE = [
    (re.compile(rf"{words}\b\s*" if words else "", re.IGNORECASE), weight) for words, weight in _DEGREES
]
_POSITIVE = re.compile(
    r"(mee )?eens|agree|satisfied|tevreden|zufrieden|(un)?important|belangrijk|wichtig|likely|waarschijnlijk"
    r"|wahrscheinlich|useful|nuttig|easy|makkelijk|gemakkelijk|einfach|happy|confident|interested"
    r"|critical|relevant"
    r"|familiar|bekend|comfortable|helpful|valuable|waardevol|concerned|effective|willing|stimme zu"
    r"|zustimmen|d'accord|satisfaite?s?|satisfechos?|de acuerdo|probable|utile|útil|facile|fácil"
    r"|(good|gut|goed|bien|true|support|favou?r|in favou?r|positi(ve|ef|v|f|vo))\b|clear|safe|active|involved"
    r"|difficult|urgent|supportive|knowledgeable|experienced|interessant|häufig|oft\b|favou?rabl[ey]",
    re.IGNORECASE,
)
_NEGATIVE = re.compile(
    r"(mee )?oneens|disagree|(dis|un)satisfied|ontevreden|unzufrieden|unimportant|onbelangrijk|unwichtig"
    r"|unlikely|onwaarschijnlijk|unwahrscheinlich|useless|nutteloos|hard|moeilijk|schwierig|unhappy"
    r"|uncomfortable|unhelpful"
    r"|pas d'accord|insatisfaite?s?|insatisfechos?|en desacuerdo|improbable|inutile|inútil|difficile|difícil"
    r"|(oppose|schlecht|slecht|bad|poor|mauvais|malo|negati(ve|ef|v|vo)|négatif)\b|stimme nicht zu"
    r"|ineffective|unwilling|untrue|unclear|unsafe|selten|unfavou?rabl[ey]",
    re.IGNORECASE,
)


def reason(label: str) -> Reason | None:
    """Return whether a label is no answer but a reason for having none."""
    # As codes of a form are written: dont_know.
    text = " ".join(label.replace("’", "'").replace("´", "'").replace("_", " ").split()).strip(" .()[]")
    # As interviewers' files have them: the code in front, or that it was not offered behind.
    text = _CODED.sub("", text)
    return next((found for found, pattern in _REASON if pattern.fullmatch(text)), None)


def is_undecided(label: str) -> bool:
    """Return whether an answer says that somebody has no opinion: an answer, but none of a scale."""
    return bool(_UNDECIDED.fullmatch(label.strip(" .()[]")))


def tells_a_number(label: str) -> bool:
    """Return whether a label has a number in it, in digits or in words: no range is without one."""
    text = label.casefold()
    return bool(_DIGITS.search(text) or _IN_WORDS.search(text))


def order(labels: Sequence[str]) -> tuple[list[int], str] | None:
    """Put answers from low to high.

    Parameters
    ----------
    labels : sequence of str
        The answers, without those that are reasons for having none.

    Returns
    -------
    tuple or None
        Their places in the order from low to high, and how that was seen: `numbers`, `ranges` or `words`,
        with a `?` behind it where numbers and words run opposite ways; None if they are no scale.
    """
    if len(labels) < 3:
        return None
    labels = [_FACES.sub("", label) or label for label in labels]
    # As codes of a form are written: strongly_agree.
    labels = [label if " " in label else label.replace("_", " ").strip() or label for label in labels]
    words = _by(labels, _verbal_scores)
    numbers = _by(labels, _leading_numbers)
    if numbers:
        rest = [re.sub(r"^\s*-?\d+\s*[-–—.:)=(]*\s*|\)\s*$", "", label) for label in labels]
        ends = _ends(labels, rest)
        return (ends, "numbers?") if ends and ends != numbers else (numbers, "numbers")
    often = _by(labels, rates)
    if often and not words:
        return often, "words"
    ranges = _by(labels, _ranges) or _by(labels, _chained)
    if ranges:
        return ranges, "ranges"
    return (words, "words") if words else None


def _by(labels: Sequence[str], scores) -> list[int] | None:
    found = scores(labels)
    if found is None or len(set(found)) < len(found):
        return None
    return sorted(range(len(labels)), key=lambda i: found[i])


def _leading_numbers(labels: Sequence[str]) -> list[float] | None:
    found = [
        re.match(r"\s*(-?\d{1,3})(?![\d.,%]|\s*(?:-|–|to|tot|bis)\s*\d)\s*(?:$|[-–—.:)=(])", label)
        for label in labels
    ]
    numbers = [float(one[1]) for one in found if one]
    if len(numbers) < len(labels) or max(numbers) - min(numbers) >= 3 * len(numbers):
        return None
    return numbers


def _ends(labels: Sequence[str], rest: Sequence[str]) -> list[int] | None:
    """Order numbered answers by the words behind the numbers, as far as there are words."""
    spoken = [i for i, text in enumerate(rest) if re.search(r"[^\W\d]", text)]
    if len(spoken) < 2:
        return None
    scores = _verbal_scores([rest[i] for i in spoken])
    if scores is None or len(set(scores)) < len(scores):
        return None
    numbers = _leading_numbers(labels) or []
    rising = (
        sum((scores[j] - scores[0]) * (numbers[i] - numbers[spoken[0]]) for j, i in enumerate(spoken)) > 0
    )
    return sorted(range(len(labels)), key=lambda i: numbers[i] if rising else -numbers[i])


def _ranges(labels: Sequence[str]) -> list[float] | None:
    scores = []
    sizes = [
        next((size for words, size in _UNITS if re.search(rf"\b({words})\b", label.casefold())), None)
        for label in labels
    ]
    # Where only some say the unit, the others mean the same, or the smallest of several.
    smallest = min((size for size in sizes if size is not None), default=1.0)
    for label, size in zip(labels, sizes, strict=True):
        text = label.strip().casefold()
        many = next((w for w in _MULTIPLES if text == w or text.startswith(f"{w} or more")), None)
        if many is not None:
            scores.append(float(_MULTIPLES[many]))
            continue
        if re.search(r"[a-z]\d", text):  # a code
            return None
        found = _DIGITS.search(text)
        word = next((w for w in _NUMBER_WORDS if re.search(rf"\b{w}\b", text)), None)
        if word is None and re.search(rf"\b(an?|een|eine[mnrs]?|une?)\b ({_ANY_UNIT})\b", text):
            word = "one"
        if found is None and word is None:
            return None
        before = text[: found.start()] if found else text
        if found and _LEADING.sub("", before).strip():
            return None
        number = _number(found[0]) if found else float(_NUMBER_WORDS[str(word)])
        unit = size or smallest
        nothing = not found and _NUMBER_WORDS[str(word)] == 0  # "none" stands before a zero
        tilt = -1e-6 if _BELOW.search(text) or nothing else 1e-6 if _ABOVE.search(text) else 0.0
        scores.append(number * unit * (1 + tilt) + tilt)
    # Numbers in sentences are no scale: the answers must be short.
    return scores if max(len(label) for label in labels) <= 40 else None


def _chained(labels: Sequence[str]) -> list[float] | None:
    """Score ranges that follow each other, with "below the first" and "above the last" in any language."""
    found = [[_number(one) for one in _DIGITS.findall(label)] for label in labels]
    spans = sorted(tuple(numbers) for numbers in found if len(numbers) == 2)
    if not spans or any(len(numbers) not in (1, 2) for numbers in found) or max(map(len, labels)) > 40:
        return None
    if any(low >= high for low, high in spans) or any(b[0] < a[1] for a, b in pairwise(spans)):
        return None
    first, last = spans[0][0], spans[-1][1]
    ends = [numbers[0] for numbers in found if len(numbers) == 1]
    if any(first < number < last for number in ends) or not len(spans) + len(ends) >= 2:
        return None
    # "Under 18" stands before "18 to 24", and "65 and more" behind "45 to 64".
    return [
        numbers[0] if len(numbers) == 2 else numbers[0] - 0.5 if numbers[0] <= first else numbers[0] + 0.5
        for numbers in found
    ]


def _number(text: str) -> float:
    grouped = re.fullmatch(r"\d{1,3}(?:[.,’' ]\d{3})+", text)
    return float(re.sub(r"[.,’' ]", "", text) if grouped else text.replace(",", "."))


def _verbal_scores(labels: Sequence[str]) -> list[float] | None:
    plain = [" ".join(label.replace("’", "'").split()).strip(" .") for label in labels]
    if all(map(_YES_OR_NO.match, plain)) and len({text.casefold() for text in plain}) == len(plain):
        # "No, not rude at all", "yes, somewhat rude"
        without = [_YES_OR_NO.sub("", text, count=1) for text in plain]
        plain = without if all(without) else plain
    plain = [_NOT_AT_ALL.sub(r"not at all \1", text) for text in plain]
    if any(re.search(r"\beasy\b", text, re.IGNORECASE) for text in plain):
        # Beside "easy" it is the other end; else more of it is more.
        plain = [re.sub(r"\bdifficult\b", "hard", text, flags=re.IGNORECASE) for text in plain]
    for row in _ORDERED:
        places = [_place(text, row) for text in plain]
        if all(place is not None for place in places):
            return [place for place in places if place is not None]
    scores = [_degree(text) for text in plain]
    if any(score is None for score in scores):
        return _of_one_word(plain)
    return [score for score in scores if score is not None]


def _place(text: str, row: Sequence[re.Pattern[str]]) -> float | None:
    """Find the place of an answer in a row of words; "never, and not so" is less than "never, but so"."""
    for part, less in ((text, 0.0), (re.split(r",| \(| but | maar ", text)[0], 0.1)):
        for place, word in enumerate(row):
            if word.fullmatch(part):
                return place - less * bool(re.search(rf"\b{_NOT}\b", text[len(part) :]))
    return None


def _of_one_word(labels: Sequence[str]) -> list[float] | None:
    """Score degrees of the same word, whatever it is: "very salty", "somewhat salty", "not salty"."""
    found = [next((p, weight) for p, weight in _DEGREE if p.match(label)) for label in labels]
    rests = [
        pattern.sub("", label, count=1).strip().casefold()
        for (pattern, _), label in zip(found, labels, strict=True)
    ]
    graded = sum(bool(pattern.pattern) for pattern, _ in found)
    if len(set(rests)) > 1 or not rests[0] or graded < len(labels) - 1:
        return None
    return [weight for _, weight in found]


def _degree(text: str) -> float | None:
    """Score "very satisfied", "not so important", "neutral"; None where no such word is in it."""
    if _MIDDLE.fullmatch(text):
        return 0.0
    text = _ZU.sub(r"\2 zustimmen", text)
    pattern, weight = next((pattern, weight) for pattern, weight in _DEGREE if pattern.match(text))
    rest = pattern.sub("", text, count=1).strip()
    if not rest and pattern.pattern:
        return weight
    if pattern.pattern and rest.casefold() in ("yes", "ja", "oui", "sí"):
        return weight
    if _NEGATIVE.match(rest):
        return -weight if weight > 0 else -weight / 2
    if _POSITIVE.match(rest):
        return weight
    return None
