"""How it was made: respondents, questionnaire, cleaning, weighting and trust in short, and where more is."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from nsmo.pages.page import Page
from nsmo.pages.site import SitePage
from nsmo.pages.template import fragment
from nsmo.present import tables
from nsmo.present.frames import nothing
from nsmo.present.shown import is_evidence
from nsmo.study.about import Disclosed
from nsmo.study.model import Text
from nsmo.study.rules import Weighting

#: The notebooks of the stages that tell more of each part.
MORE = {
    "respondents": ("ingest", "clean", "fieldwork"),
    "instrument": ("questionnaire",),
    "weighting": ("weight", "coverage"),
    "trust": ("trust", "choices", "bounds", "published"),
    "making": ("method",),
}


def made_page(page: Page) -> SitePage:
    """Return the page on how the study was made.

    Parameters
    ----------
    page : Page
    """
    flow = page.stage.read("clean/flow.csv")
    margins = page.stage.read("weight/margins.csv")
    known, unknown = making(page)
    assumed = assumptions(page)
    unsaid = [text[page.language] for text in page.codebook.about.unknown]
    errors = list(_errors(page))
    parts = {
        "short": True,
        "respondents": True,
        "instrument": True,
        "weighting": bool(page.codebook.weighting),
        "trust": True,
        "making": bool(known or unknown),
        "unknown": bool(unsaid or assumed),
    }
    body = fragment(
        "made.html.j2",
        page.language,
        there=parts,
        facts=facts(page, flow, margins),
        rules=list(_rules(page, flow)),
        received=page.words.integer(flow["remaining"].iloc[0]),
        unit=page.labels.unit,
        questions=len(page.codebook.questions),
        derived=len(page.codebook.derived),
        margins=margins_table(page, margins) if len(margins) else "",
        errors=errors,
        evidence=is_evidence(page.codebook),
        level=page.level,
        known=known,
        not_published=unknown,
        unsaid=unsaid,
        assumptions=assumed,
        more={
            part: [page.notebooks[s] for s in stages if s in page.notebooks] for part, stages in MORE.items()
        },
    )
    return SitePage(
        "made",
        "made",
        page.words("made.title"),
        body,
        contents=[(part, page.words(f"made.{part}")) for part, there in parts.items() if there],
    )


def facts(page: Page, flow: pd.DataFrame, margins: pd.DataFrame) -> list[tuple[str, str]]:
    """List the method in short, each item from the data, as term and text."""
    recruiting, weighting = page.codebook.about.recruiting, page.codebook.weighting
    evidence = page.stage.read("weight/weighting.json")
    period = page.codebook.field_period
    entries: list[tuple[str, str]] = []
    if weighting:
        entries.append(("population", weighting.population[page.language]))
    if recruiting:
        entries.append(("recruiting", recruiting[page.language]))
    note = f" {period.note[page.language]}" if period.note else ""
    entries.append(("field_period", f"{page.period}.{note}"))
    entries.append(
        (
            "responses",
            page.words(
                "index.responses_text" if flow["removed"].sum() else "index.responses_all",
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
                f"index.errors_{_kind_of_errors(weighting)}",
                level=page.level,
                min_n=page.stage.params.min_n,
                worth=page.words.integer(evidence["limits"]["min_effective_n"]),
            ),
        )
    )
    return [(page.words(f"index.{name}"), text) for name, text in entries]


def _kind_of_errors(weighting: Weighting | None) -> str:
    if weighting is None:
        return "unweighted"
    if weighting.propensity:
        return "propensity"
    return "text" if weighting.margins else "given"


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
    chances = evidence.get("propensity")
    how = "propensity" if chances else "text" if named else "given"
    text = page.words(
        f"index.weighting_{how}",
        margins=page.words.join(named) if named else "",
        **_chances(page, chances),
        span=_span(page, evidence),
        n=page.words.integer(evidence["n"]),
        n_eff=page.words.integer(evidence["n_eff"]),
    )
    parts = [text, *_design(page, evidence.get("design"), raked=how == "text")]
    if not evidence["subgroup_tables"]:
        parts.append(page.words("index.subgroups_withheld"))
    return " ".join(parts)


def _span(page: Page, evidence: Mapping[str, Any]) -> str:
    """Return between which ends the weights lie, where that is told, and their design effect."""
    if "max" not in evidence:
        return page.words("index.weights_about", deff=page.words.number(evidence["deff"], 1))
    ends = {end: page.words.number(evidence[name], 2) for end, name in (("low", "min"), ("high", "max"))}
    return page.words("index.weights_span", deff=page.words.number(evidence["deff"], 2), **ends)


def _chances(page: Page, about: Mapping[str, Any] | None) -> dict[str, str]:
    """Return with which reference sample the chances of taking part were estimated, and by what."""
    if about is None:
        return {}
    return {
        "by": page.words.join(page.labels.question(name).lower() for name in about["by"]),
        "reference": page.words.integer(about["reference"]),
        "source": about["source"][page.language],
        "period": page.words.date(about["period"]),
    }


def _design(page: Page, design: Mapping[str, Any] | None, *, raked: bool) -> Iterator[str]:
    """Yield what is known of the design that came with the responses, in sentences."""
    if design is None:
        return
    words = page.words
    if raked:
        yield words("index.given_raked")
    if again := design["replicates"]:
        yield words("index.design_replicates", number=words.integer(again["number"]), type=again["type"])
    known = [
        words(f"index.design_{what}", n=words.integer(design[what]))
        for what in ("strata", "clusters")
        if design[what]
    ]
    known += [words("index.design_fpc")] * bool(design["fpc"])
    if known:
        yield words("index.design_drawn", parts=words.join(known))


def margins_table(page: Page, margins: pd.DataFrame) -> str:
    """Return the table of the margins: shares of the sample, of the population and after weighting."""
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


def assumptions(page: Page) -> dict[str, Any] | None:
    """Return how much was assumed; None where nothing was."""
    entries = page.assumptions
    if not entries:
        return None
    return {
        "total": len(entries),
        "high": [
            Text.model_validate(e["states"])[page.language] for e in entries if e.get("impact") == "high"
        ],
    }


def _rules(page: Page, flow: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield the rules of cleaning in their order, with how many responses each took."""
    for row in flow.to_dict("records"):
        if not nothing(row["rule"]):
            yield {
                "number": row["step"],
                "reason": page.labels.rule(row["rule"]),
                "removed": page.words.integer(row["removed"]),
                "remaining": page.words.integer(row["remaining"]),
            }


def _errors(page: Page) -> Iterator[tuple[str, str, str]]:
    """Yield what somebody judges of sources of error: the source, in which direction, why."""
    for error in page.codebook.errors:
        yield (
            page.words(f"trust.errors.source.{error.source}"),
            page.words(f"trust.errors.direction.{error.direction}"),
            error.text[page.language],
        )


def making(page: Page) -> tuple[list[dict[str, str]], list[str]]:
    """Return what study.yaml tells of how the study was made, and what nobody published of it."""
    method = page.codebook.method
    known: list[dict[str, str]] = []
    unknown: list[str] = []
    if method is None:
        return known, unknown
    entries = {name: getattr(method, name) for name in type(method).model_fields if name != "further"}
    for name, fact in (entries | dict(method.further)).items():
        what = page.words(f"method.what.{name}")
        if isinstance(fact, Disclosed):
            known.append(
                {
                    "what": what,
                    "text": fact.label(page.language),
                    "source": fact.source[page.language],
                    "certainty": page.words(f"method.status.{fact.certainty}"),
                }
            )
        else:
            unknown.append(what)
    return known, unknown
