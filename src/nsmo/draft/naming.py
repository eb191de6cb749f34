"""Makes short names for questions and answers."""

import re
import unicodedata
from collections.abc import Collection

#: Words that tell nothing about a question.
_EMPTY = frozenset(
    [
        "a",
        "about",
        "all",
        "an",
        "and",
        "any",
        "apply",
        "are",
        "as",
        "at",
        "be",
        "been",
        "by",
        "can",
        "check",
        "choose",
        "could",
        "currently",
        "describe",
        "did",
        "do",
        "does",
        "each",
        "following",
        "for",
        "from",
        "had",
        "has",
        "have",
        "how",
        "i",
        "if",
        "in",
        "is",
        "it",
        "its",
        "let",
        "many",
        "may",
        "might",
        "most",
        "much",
        "of",
        "often",
        "on",
        "one",
        "or",
        "our",
        "out",
        "over",
        "own",
        "please",
        "rate",
        "see",
        "select",
        "should",
        "some",
        "such",
        "tell",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "this",
        "to",
        "top",
        "up",
        "us",
        "use",
        "used",
        "using",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "whether",
        "which",
        "who",
        "whom",
        "why",
        "will",
        "with",
        "within",
        "would",
        "you",
        "your",
        "aan",
        "alle",
        "als",
        "bij",
        "dat",
        "de",
        "den",
        "der",
        "deze",
        "die",
        "dit",
        "door",
        "een",
        "en",
        "er",
        "geef",
        "hebben",
        "heeft",
        "het",
        "hoe",
        "hoeveel",
        "hun",
        "ik",
        "in",
        "is",
        "kunt",
        "met",
        "naar",
        "of",
        "om",
        "op",
        "over",
        "te",
        "tot",
        "u",
        "uit",
        "uw",
        "van",
        "voor",
        "waar",
        "waarom",
        "wanneer",
        "wat",
        "welke",
        "wie",
        "worden",
        "wordt",
        "zijn",
        "zou",
        "das",
        "dem",
        "den",
        "der",
        "des",
        "die",
        "ein",
        "eine",
        "einen",
        "haben",
        "hat",
        "ich",
        "ihr",
        "ihre",
        "im",
        "ist",
        "mit",
        "oder",
        "sie",
        "sind",
        "und",
        "von",
        "was",
        "welche",
        "wie",
        "zu",
    ]
)
#: Codes that say nothing: Q12, v3, QID7, x5, group/q4, SQ001.
_CODE = re.compile(
    r"([a-z]{1,3}_?|quest(ion)?_?|vraag_?|frage_?|var_?|item_?|sq|qid|field_?)\d+[a-z]?(_\d+)*", re.IGNORECASE
)
#: Letters that no accent can be taken from, and those of other alphabets as their railways spell them.
_SPELLED = """
    ł l  ø o  đ d  ı i  æ ae  œ oe  þ th  ð d
    α a  β v  γ g  δ d  ε e  ζ z  η i  θ th  ι i  κ k  λ l  μ m  ν n  ξ x  ο o  π p  ρ r  σ s  ς s  τ t  υ y
    φ f  χ ch  ψ ps  ω o
    а a  б b  в v  г g  д d  е e  ж zh  з z  и i  й y  к k  л l  м m  н n  о o  п p  р r  с s  т t  у u  ф f
    х kh  ц ts  ч ch  ш sh  щ shch  ы y  э e  ю yu  я ya  і i  ї yi  є ye  ґ g
"""
_WORDS = _SPELLED.split()
_LETTERS = str.maketrans(
    dict(zip(_WORDS[::2], _WORDS[1::2], strict=True)) | {"ъ": "", "ь": "", "+": " plus "}
)
_RESERVED = frozenset(
    {"response_id", "paradata", "design", "weight", "margin", "wave", "top", "missing", "other_text", "other"}
)


def slug(text: str, words: int = 4, longest: int = 28) -> str:
    """Make a name of the words of a text that tell most: small letters, digits and underscores."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    plain = plain.translate(_LETTERS).replace("'", "").replace("’", "")
    every = re.findall(r"[a-z0-9]+", plain)
    chosen = [word for word in every if word not in _EMPTY] if len(every) > 2 else every
    chosen = chosen or every
    name = ""
    for word in chosen[:words]:
        longer = f"{name}_{word}" if name else word[:longest]
        if len(longer) > longest:
            break
        name = longer
    return f"n{name}" if name[:1].isdigit() else name


def question_name(code: str, label: str, taken: Collection[str], fallback: str) -> str:
    """Return the name of a question: its code where that is a word, else by its text."""
    own = slug(code, words=6, longest=40)
    if 3 < len(own) <= 8 and own != slug(label, words=1) and slug(label, words=1).startswith(own):
        own = slug(label)  # a name that was cut off
    wordy = own and not _CODE.fullmatch(code) and len(code) <= 40 and " " not in code.strip()
    return unique(own if wordy else slug(label) or own or fallback, taken, fallback)


def option_name(label: str, code: str, taken: Collection[str], place: int) -> str:
    """Return the name of an answer: its label, else its code."""
    return unique(slug(label, words=5, longest=32) or slug(code), taken, f"option_{place}")


def unique(name: str, taken: Collection[str], fallback: str) -> str:
    """Add a number to a name that is taken or reserved."""
    name = name or fallback
    if name in _RESERVED:
        name = f"{name}_{fallback.rsplit('_', 1)[-1]}" if name != "other" else "other_answer"
    found, number = name, 2
    while found in taken or found in _RESERVED:
        found, number = f"{name}_{number}", number + 1
    return found
