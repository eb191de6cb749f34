"""Puts days of the week and months in their order, in which no text has them."""

from nsmo.draft.questions import Option

_WEEKS = (
    ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"),
    ("montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag"),
    ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
)
_MONTHS = (
    ("january", "february", "march", "april", "may", "june",
     "july", "august", "september", "october", "november", "december"),
    ("januari", "februari", "maart", "april", "mei", "juni",
     "juli", "augustus", "september", "oktober", "november", "december"),
)  # fmt: skip


def days_in_order(options: list[Option]) -> list[Option]:
    """Put answers in order that are days or months, in full or by their first three letters."""
    labels = [option.label.strip(" .").casefold() for option in options]
    for row in (*_WEEKS, *_MONTHS):
        places = [
            next((at for at, name in enumerate(row) if text in (name, name[:3])), None) for text in labels
        ]
        known = [at for at in places if at is not None]
        if len(known) == len(options) > 2 and len(set(known)) == len(known):
            return [option for _, option in sorted(zip(known, options, strict=True), key=lambda one: one[0])]
    return options
