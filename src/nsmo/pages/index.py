"""What stands on the first page of the report.

Everything comes from result frames, the files of the wave and the message catalogues. Which findings open it
stands in study.yaml under `report:`.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from nsmo.pages.files import writes
from nsmo.pages.findings import estimates, finding_content
from nsmo.pages.page import Page
from nsmo.pages.site import SitePage
from nsmo.pages.statements import statements
from nsmo.pages.template import fragment
from nsmo.present import tables
from nsmo.present.picture import drawn
from nsmo.present.shown import is_evidence
from nsmo.stages.clean import figures as clean
from nsmo.stages.weight import figures as weight
from nsmo.study.drafts import marks
from nsmo.study.model import Text


def pages(page: Page) -> list[SitePage]:
    """Return the first page of the report in one language."""
    content = _content(page)
    contents = content.pop("contents")
    body = fragment("index.html.j2", page.language, notebooks=list(page.notebooks.values()), **content)
    title = page.codebook.title[page.language]
    return [SitePage("index", "findings", title, body, contents)]


def _content(page: Page) -> dict[str, Any]:
    """Return everything that the template of the index names."""
    report = page.codebook.report
    table = estimates(page.stage)
    found = report.findings if report else []
    findings = [finding_content(page, finding, i, table) for i, finding in enumerate(found)]
    flow = page.stage.read("clean/flow.csv")
    margins = page.stage.read("weight/margins.csv")
    claims = statements(page) if writes(page.stage, "claims", "tables") else None
    unknown = [text[page.language] for text in report.unknown] if report else []
    assumptions = _assumptions(page)
    parts = {
        "short": bool(findings),
        "figures": any(item["figure"] for item in findings),
        "claims": bool(claims),
        "respondents": True,
        "method": True,
        "unknown": bool(unknown or assumptions),
        "pages": True,
        "files": True,
    }
    return {
        "level": page.level,
        "lead": _lead(page, flow),
        "findings": findings,
        "claims": claims,
        "respondents": [
            page.place(drawn(clean.flow, flow, page.labels), "flow"),
            *([page.place(drawn(weight.margins, margins, page.labels), "margins")] if len(margins) else []),
        ],
        "facts": _facts(page, flow, margins),
        "margins": _margins_table(page, margins) if len(margins) else "",
        "weighted": page.codebook.weighting is not None,
        "evidence": is_evidence(page.codebook),
        "unknown": unknown,
        "assumptions": assumptions,
        "unconfirmed": _unconfirmed(page),
        "reconstructed": page.codebook.provenance == "reconstructed",
        "downloads": page.downloads,
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


def _facts(page: Page, flow: pd.DataFrame, margins: pd.DataFrame) -> list[tuple[str, str]]:
    """List the method in short, each item from the data."""
    report, weighting = page.codebook.report, page.codebook.weighting
    evidence = page.stage.read("weight/weighting.json")
    period = page.codebook.field_period
    entries: list[tuple[str, str]] = []
    if weighting:
        entries.append(("population", weighting.population[page.language]))
    if report and report.recruiting:
        entries.append(("recruiting", report.recruiting[page.language]))
    note = f" {period.note[page.language]}" if period.note else ""
    entries.append(("field_period", f"{page.period}.{note}"))
    entries.append(
        (
            "responses",
            page.words(
                "index.responses_text",
                first=page.words.integer(flow["remaining"].iloc[0]),
                last=page.words.integer(flow["remaining"].iloc[-1]),
                removed=page.words.integer(flow["removed"].sum()),
                rules=page.words.integer((flow["removed"] > 0).sum()),
            ),
        )
    )
    if weighting:
        entries.append(("weighting", _weighting(page, margins, evidence)))
    entries.append(
        (
            "errors",
            page.words(
                "index.errors_text" if weighting else "index.errors_unweighted",
                level=page.level,
                min_n=page.stage.params.min_n,
                worth=page.words.integer(evidence["limits"]["min_effective_n"]),
            ),
        )
    )
    return [(page.words(f"index.{name}"), text) for name, text in entries]


def _weighting(page: Page, margins: pd.DataFrame, evidence: Mapping[str, Any]) -> str:
    """Return what was weighted to, or that the weights came with the responses, and what that cost."""
    named = [
        page.words(
            "index.margin_text",
            label=page.labels.margin(margin).lower(),
            table=rows["table"].iloc[0],
            period=page.words.date(rows["period"].iloc[0]),
        )
        for margin, rows in margins.groupby("margin", sort=False)
    ]
    text = page.words(
        "index.weighting_text" if named else "index.weighting_given",
        margins=page.words.join(named) if named else "",
        low=page.words.number(evidence["min"], 2),
        high=page.words.number(evidence["max"], 2),
        deff=page.words.number(evidence["deff"], 2),
        n=page.words.integer(evidence["n"]),
        n_eff=page.words.integer(evidence["n_eff"]),
    )
    return text if evidence["subgroup_tables"] else f"{text} {page.words('index.subgroups_withheld')}"


def _unconfirmed(page: Page) -> int:
    """Count the guesses of `nsmo new` in the files of the wave that nobody has confirmed."""
    names = ("questionnaire.yaml", "rules.yaml", "study.yaml")
    return sum(len(marks(page.stage.path(f"raw/{name}"))) for name in names)


def _margins_table(page: Page, margins: pd.DataFrame) -> str:
    shown = margins.assign(
        label=[
            page.labels.category(margin, category)
            for margin, category in zip(margins["margin"], margins["category"], strict=True)
        ],
        margin=[page.labels.margin(m) for m in margins["margin"]],
    )
    columns = ("label", "n", "before", "target", "after")
    return tables.table(
        shown,
        page.labels,
        title=page.words("margins.table"),
        columns={c: page.words(f"margins.{c}") for c in columns},
        formats={"before": "percent", "target": "percent", "after": "percent"},
        groups="margin",
        id="margins",
    ).html()


def _assumptions(page: Page) -> dict[str, Any] | None:
    """Return how much was assumed; None where the responses are real."""
    if page.codebook.provenance == "real":
        return None
    entries = page.stage.read("raw/assumptions.yaml")["assumptions"]
    return {
        "total": len(entries),
        "high": [
            Text.model_validate(e["states"])[page.language] for e in entries if e.get("impact") == "high"
        ],
    }
