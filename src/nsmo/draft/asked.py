"""Reads from the words of a question what its answers are: a count, own words, several, who somebody is."""

import re
from collections.abc import Iterable

_IDENTIFYING = re.compile(
    r"\b(e-?mail|phone|telefoon|telephone|mobile|address|adres|post ?code|zip( code)?|(your"
    r"|first|last|full|sur|"
    r"company|organi[sz]ation|firm)[ -]?name|name of (your|the)|naam|voornaam|achternaam|hoe heet"
    r"|twitter handle|"
    r"contact details|contactgegevens|ip[- ]address|linkedin profile"
    r"|e-mail-adresse|telefonnummer|rufnummer|postleitzahl|plz|vorname|nachname|anschrift"
    r"|courriel|adresse|téléphone|code postal|prénom|nom d'utilisateur|votre nom"
    r"|correo|tel[eé]fono|direcci[oó]n|c[oó]digo postal|apellidos?|su nombre|user ?name"
    r"|date of birth|birth ?date|dob|geboorte ?datum|geburts(datum|tag)|date de naissance"
    r"|fecha de nacimiento|data di nascita|ip|gps( co-?ordinates?)?|geo ?(point|location)|co-?ordinat(es|en)"
    r"|bsn|ssn|social security number|iban|passport number|licen[cs]e plate|kenteken)\b",
    re.IGNORECASE,
)
#: Who somebody is, and nothing else: however few names there are, they are no answers to choose from.
_NAMES = re.compile(
    r"((your|uw|je|ihr|votre|su|tu|il tuo|twoje|what is your|wat is uw|quel est votre) )?"
    r"((first|last|full|sur|family|given|middle|user|nick) ?)?(name|e-?mail( address)?|phone( number)?)s?"
    r"|(voor|achter|familie|gebruikers)?naa?m(en)?|e-?mail(adres|-adresse)?|telefoon(nummer)?"
    r"|(vor|nach|familien|benutzer)?name|nom|prénom|nom de famille|nombre|apellidos?|nome|cognome"
    r"|name[ _]?\(?(first|last|middle|full)\)?|imię( i nazwisko)?|nazwisko|όνομα|επώνυμο",
    re.IGNORECASE,
)
#: The same of an employer or a school, within a question.
_NAMES_OF_FIRMS = re.compile(
    r"\bname of (the|your) (company|firm|employer|organi[sz]ation|institution|school|repository)\b"
    r"|\b(company|firm|employer|organi[sz]ation|institution|school)(/\w+)?('s)?[ _]name\b"
    r"|\b(bedrijfs|firmen|schul|school)name?\b"
    r"|\bnaam van (uw|je|het|de) (bedrijf|organisatie|werkgever|school)\b"
    r"|\bname (ihrer?|deiner?|der|des) (firma|unternehmens|arbeitgebers?|organisation|schule)\b"
    r"|\bnom de (votre|l'|la) ?(entreprise|organisation|société|école)\b"
    r"|\bnombre de (su|tu|la) (empresa|organización|institución|escuela)\b|\bnome da (sua )?empresa\b"
    r"|\b(şirket|firma|kurum)(ınızın)? ad[ıi]",
    re.IGNORECASE,
)
#: Where on the map somebody is, as devices write it.
_PLACE = re.compile(
    r"(.*[\s_./(-])?(latitude|longitude|lat|lon|lng|altitude|gps|geo ?point|geolocation)\)?"
    r"|_?.*_(latitude|longitude|altitude|precision)",
    re.IGNORECASE,
)
#: Who put the questions.
_ASKED_BY = re.compile(
    r"((name|code|id|number|naam|nummer) (of|van) (the |de )?)?"
    r"(interviewer|enumerator|surveyor|data ?collector|enqu[eê]t(eur|rice|ador)|befrager(in)?|encuestador)"
    r"('?s)?([ _.-]?(name|id|code|number|nr|no|naam|nummer|initials))?"
    r"|(interviewed|surveyed) by|encuestad[oa] por"
    r"|¿?qui[eé]n te (solicit[oó]|pidi[oó]) (contestar|responder|llenar) .*"
    r"|who asked you to (fill|complete|answer|take) .*",
    re.IGNORECASE,
)
_YEAR = re.compile(
    r"\b(birth ?year|year|yob|since when|sinds wanneer|\w*jaar|\w*jahr|geb ?jr"
    r"|année|an de naissance|depuis quand|año|anno|ano|rok(u)?|év|vuosi|år|έτος)\b",
    re.IGNORECASE,
)
_SEVERAL = re.compile(
    r"all that apply|several answers|multiple answers|choose (two|three|up to)|top (two|three|five)"
    r"|as many|meerdere antwoorden"
    r"|alles wat|aankruisen|mehrfach|zutreffende|plusieurs réponses|varias respuestas"
    r"|todas las que|tutte le|tutte quelle|zaznacz wszystkie|wszystkie odpowiedzi|όσα ισχύουν",
    re.IGNORECASE,
)
#: Questions that are answered in one's own words, however few people did.
_OPEN = re.compile(
    r"\b(remarks?|comments?|suggestions?|explain|in your own words|anything else|could (be|we do) better"
    r"|could (we|be) improved?|tell us more|opmerking(en)?|toelicht(ing|en)"
    r"|suggesties|licht toe|kwijt|kan beter|verbeterd worden"
    r"|anmerkung(en)?|bemerkung(en)?|anregung(en)?|kommentare?|vorschläge|erläutern"
    r"|commentaires?|remarques?|améliorations?|préciser|comentarios?|sugerencias?)\b"
    r"|\bwhy( not)?\?$|\bwaarom( niet)?\?$|\bwarum( nicht)?\?$|\bpourquoi( pas)? ?\?$",
    re.IGNORECASE,
)
_COUNT = re.compile(
    r"\b(how many|number of|how old|aantal|hoeveel|hoe oud|wie viele?|anzahl|wie alt"
    r"|combien d(e|'\w+)|nombre d(e|'\w+)|quel âge|cuánt[oa]s|número de"
    r"|quant[ie]|ile (masz|pani|pan|osób|razy|godzin)|liczba|πόσ(ες|α|οι|ους)|ηλικία"
    r"|(people|persons|children|adults|members) in (the|your) (household|family|home)"
    r"|(hh|household|family) size"
    r"|(personen|kinder|mensen) (im|in het|in uw) (haushalt|huishouden))\b"
    r"|^\W*(hours?|minutes|days|times|uren|minuten|dagen|keren|stunden|tage|heures|jours|horas|días)\b",
    re.IGNORECASE,
)
_RANGE = re.compile(r"\b(0|1) ?(?:-|–|—|/|to|tot|t/m|bis|à|a|until) ?(10|[3-9])\b")
#: What the ends of a scale mean: "1 = not at all, 7 = very much".
_NAMED_ENDS = re.compile(r"\b(0|1)\s*[=:]\s*[^=:]+?[\W_](10|[3-9])\s*[=:]")
_RECOMMEND = re.compile(
    r"recommend|aanbeve|beveelt .*aan|aanrad|raadt .*aan|weiterempf|empfehl|recommand|recomend"
    r"|raccomand|\bnps\b",
    re.IGNORECASE,
)
#: That one may leave it open says nothing of what is asked.
_NEED_NOT = re.compile(
    r"\s*\((optional|not required|optioneel|niet verplicht|vrijwillig|freiwillig|keine pflicht\w*"
    r"|facultati\w+"
    r"|optionnel|opcional|facoltativo)[^()]*\)\s*$",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}\.[a-z]{2,}", re.IGNORECASE)


def is_identifying(label: str, texts: Iterable[str] = ()) -> bool:
    """Return whether a question asks for something by which somebody can be found, or was answered with it.

    Parameters
    ----------
    label : str
        The question.
    texts : iterable of str
        The different answers; addresses among them tell what the question does not.
    """
    if _IDENTIFYING.search(label) or names_somebody(label):
        return True
    every = list(texts)
    return bool(every) and sum(bool(_ADDRESS.search(text)) for text in every) >= max(2, len(every) / 4)


def names_somebody(label: str) -> bool:
    """Return whether a heading is a name or an address of the respondent alone, or the name of a firm."""
    plain = _NEED_NOT.sub("", label).strip(" :*?")
    return bool(_NAMES.fullmatch(re.sub(r"[ _]?\d+$", "", plain)) or _NAMES_OF_FIRMS.search(plain))


def holds_addresses(texts: Iterable[str]) -> bool:
    """Return whether somebody's address stands among answers, however few there are."""
    return any(_ADDRESS.search(text) for text in texts)


def names_who_asked(heading: str) -> bool:
    """Return whether a heading is that of the interviewer, and not of a question."""
    return bool(_ASKED_BY.fullmatch(heading.strip(" :*?¿")))


def says_where(heading: str) -> bool:
    """Return whether a heading is that of a place on the map, as devices record it."""
    return bool(_PLACE.fullmatch(heading.strip()))


def asks_for_a_year(label: str) -> bool:
    """Return whether a question speaks of a year, which one or how many; the answers tell."""
    return bool(_YEAR.search(label.replace("_", " ")))


def asks_for_several(label: str) -> bool:
    """Return whether a question says that several answers may be given."""
    return bool(_SEVERAL.search(label))


def asks_for_own_words(label: str) -> bool:
    """Return whether a question is answered in one's own words."""
    return bool(_OPEN.search(label))


def asks_for_a_number(label: str) -> bool:
    """Return whether a question asks how many of something there are."""
    return bool(_COUNT.search(label.replace("_", " "))) and not _RANGE.search(label)


def whole_scale(label: str, chosen: list[int]) -> list[int]:
    """Add to the numbers that were chosen of a scale those that nobody chose.

    Parameters
    ----------
    label : str
        The question, which may say from where to where ("1-10").
    chosen : list of int
        In order.

    Returns
    -------
    list of int
        Without a gap: from the one end to the other where the question or the habit of such scales tells
        them, else between the lowest and the highest that was chosen.
    """
    low, high = chosen[0], chosen[-1]
    for said in (_RANGE.search(label), _NAMED_ENDS.search(label)):
        if said and int(said[1]) <= low and int(said[2]) >= high:
            return list(range(int(said[1]), int(said[2]) + 1))
    if (high > 7 or (high > 5 and low == 0)) and _RECOMMEND.search(label):
        return list(range(11))
    if low > 1 and high in (5, 7, 10):
        low = 1
    return list(range(low, high + 1))
