"""Search over questions, answers, statements and terms: an index that stands in the page itself."""

import json
from collections.abc import Iterator, Sequence

from nsmo.pages.glossary import no_use, terms
from nsmo.pages.page import Page
from nsmo.pages.questions import Questions, address
from nsmo.pages.site import SEARCH, SitePage
from nsmo.pages.statements import Statement
from nsmo.pages.template import fragment
from nsmo.present.wording import answered

#: What can be found, in the order in which it is shown.
KINDS = ("question", "answer", "statement", "term")


def search_page(page: Page, questions: Questions, statements: Sequence[Statement]) -> SitePage:
    """Return the page that searches; without script it leads to the lists instead.

    Parameters
    ----------
    page : Page
    questions : Questions
    statements : sequence of Statement
    """
    every = [list(entry) for entry in entries(page, questions, statements)]
    index = json.dumps(
        {
            "kinds": {kind: page.words(f"search.kind.{kind}") for kind in KINDS},
            "none": page.words("search.none"),
            "one": page.words("search.one"),
            "found": page.words("search.found", n="{n}"),
            "more": page.words("search.more", shown="{shown}", n="{n}"),
            "entries": every,
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )
    body = fragment("search.html.j2", page.language, index=index, statements=bool(statements))
    return SitePage(SEARCH, "questions", page.words("search.title"), body)


def entries(
    page: Page, questions: Questions, statements: Sequence[Statement]
) -> Iterator[tuple[str, str, str, str]]:
    """Yield what can be found: its kind, its heading, the text below that is searched too, its address."""
    for name in questions.names:
        found = questions.results[name]
        text = page.labels.text(name)
        yield (
            "question",
            page.labels.question(name),
            " ".join(filter(None, (text, found.lead))),
            address(name),
        )
    for name in questions.names:
        for one in questions.results[name].answers:
            if one.kind in ("answer", "rule"):
                value = one.mark.value if one.kind == "answer" else one.note
                below = answered(page.labels.question(name), value)
                yield "answer", one.label, below, f"{address(name)}#answers"
    for one in statements:
        below = " · ".join(filter(None, (one.wording, one.source, one.verdict("agreement").text)))
        yield "statement", one.text, below, one.href
    for term in terms(page.language, no_use(page)):
        yield "term", term.term, term.text, term.href
