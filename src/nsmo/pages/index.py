"""What stands on the first page of the report.

Everything comes from result frames, the files of the wave and the message catalogues. Which findings open it
stands in study.yaml under `report:`.
"""

from typing import Any

import pandas as pd

from nsmo.pages.findings import estimates, finding_content
from nsmo.pages.page import Page
from nsmo.pages.site import SitePage
from nsmo.pages.statements import statements, tally
from nsmo.pages.template import fragment
from nsmo.present.shown import is_evidence
from nsmo.study.drafts import marks


def pages(page: Page) -> list[SitePage]:
    """Return the first page of the report in one language."""
    content = _content(page)
    contents = content.pop("contents")
    body = fragment("index.html.j2", page.language, **content)
    title = page.codebook.title[page.language]
    return [SitePage("index", "findings", title, body, contents)]


def _content(page: Page) -> dict[str, Any]:
    """Return everything that the template of the index names."""
    report = page.codebook.report
    table = estimates(page.stage)
    found = report.findings if report else []
    findings = [finding_content(page, finding, i, table) for i, finding in enumerate(found)]
    flow = page.stage.read("clean/flow.csv")
    told = statements(page)
    parts = {
        "short": bool(findings),
        "figures": any(item["figure"] for item in findings),
        "claims": bool(told),
    }
    return {
        "level": page.level,
        "lead": _lead(page, flow),
        "findings": findings,
        "statements": len(told),
        "disputed": [one for one in told if one.verdict("agreement").mark == "bad"],
        "tally": tally(page, told),
        "weighted": page.codebook.weighting is not None,
        "evidence": is_evidence(page.codebook),
        "unconfirmed": _unconfirmed(page),
        "contents": [(name, page.words(f"index.{name}")) for name, there in parts.items() if there],
    }


def _lead(page: Page, flow: pd.DataFrame) -> str:
    publisher = page.codebook.publisher
    return page.words(
        "index.lead" if is_evidence(page.codebook) else "index.inferred_n",
        n=page.words.integer(flow["remaining"].iloc[-1]),
        unit=page.labels.unit,
        period=page.period,
        publisher=page.words("index.publisher", name=publisher.name) if publisher else "",
    ).strip()


def _unconfirmed(page: Page) -> int:
    """Count the guesses of `nsmo new` in the files of the wave that nobody has confirmed."""
    names = ("questionnaire.yaml", "rules.yaml", "study.yaml")
    return sum(len(marks(page.stage.path(f"raw/{name}"))) for name in names)
