"""The table of published statements on the index, with verdicts and where their evidence stands."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from nsmo.pages.page import Page
from nsmo.present.picture import drawn
from nsmo.present.shown import (
    has_range,
    is_evidence,
    statement_interval,
    statement_origin,
    statement_range,
)
from nsmo.present.tables import ORIGIN_MARKS
from nsmo.present.wording import slug
from nsmo.stages.claims import figures, words

#: Mark beside each verdict: a full disc, half of one, a diamond; anything else gets an empty ring.
MARKS = {
    "implied": "good",
    "impossible": "bad",
    "reproduced": "good",
    "supported": "good",
    "supported if a random sample": "good",
    "size reproduced": "half",
    "consistent": "good",
    "within one unit": "half",
    "differs": "bad",
    "contradicted": "bad",
    "sources contradict": "bad",
}


def statements(page: Page) -> dict[str, Any]:
    """Return the table of published statements, its tally and its figure."""
    path = page.stage.path("tables/claims") / "details.csv"
    details = pd.read_csv(path, keep_default_na=False, na_values=[""])
    published = page.stage.read("raw/published.yaml")
    verdicts = words.shown(details)
    rows = [_statement(page, row, published["sources"], verdicts) for row in details.to_dict("records")]
    weighted = is_evidence(page.codebook)  # no headline of reconstructed answers is adjusted
    headings = ("statement", "published", "unweighted", *(["weighted"] if weighted else []), *verdicts)
    right = ("published", "unweighted", "weighted")
    tally = details["agreement"].value_counts()
    plots_of_claims = {"claims": figures.claims, "directions": figures.directions}
    return {
        # What agrees, and contradicts nothing, is folded away.
        "rows": [row for row in rows if not row["agrees"]],
        "rest": [row for row in rows if row["agrees"]],
        "total": len(rows),
        "tally": [
            (page.words.integer(n), page.words.verdict("agreement", word)) for word, n in tally.items()
        ],
        "figures": [
            (name, page.place(drawn(plot, details, page.labels), name))
            for name, plot in plots_of_claims.items()
            if details["figure"].eq(f"figures/claims/{name}.svg").any()
        ],
        "caption": page.words(
            "index.claims_caption" if weighted else "index.claims_caption_assumed", level=page.level
        ),
        "headings": [(page.words(f"index.{h}"), "right" if h in right else "") for h in headings],
        "selects": [
            {
                "name": name,
                "label": page.words(f"index.{name}"),
                "options": [(slug(v), page.words.verdict(name, v)) for v in dict.fromkeys(details[name])],
            }
            for name in verdicts
            if len(set(details[name])) > 1
        ],
        "files": next((files for group, files in page.downloads if group == "claims"), []),
        "weighted": weighted,
        "checked": page.codebook.provenance == "reconstructed",
    }


def _statement(
    page: Page, row: Mapping[str, Any], sources: Mapping[str, Any], verdicts: Sequence[str]
) -> dict[str, Any]:
    """One statement as it is shown."""
    source = sources.get(row["source"], {})
    percent, weighted = row["unit"] == "percent", is_evidence(page.codebook)
    has_span = statement_interval(row, page.codebook)

    def span(low: str, high: str) -> str:
        if pd.isna(row.get(low)) or pd.isna(row.get(high)):
            return ""
        return page.words.span(row[low], row[high], "number", 1 if percent else 2)

    return {
        "id": slug(str(row["id"])),
        "agrees": row["first"] == "agreement",
        "about": ", ".join(map(page.labels.question, _listed(row["questions"]))),
        "links": _links(page, row),
        "statement": page.words.own(row, "statement"),
        "remark": words.remark(row, page.words),
        "wording": "" if pd.isna(row.get("wording")) else row["wording"],
        "source": source.get("publisher", row["source"]),
        "url": source.get("url", ""),
        "published": page.words.as_published(row),
        "unweighted": page.words.measured(row, row["unweighted"]),
        "origin": "" if weighted or pd.isna(row["unweighted"]) else ORIGIN_MARKS[statement_origin(row)],
        "interval": span("ci_low", "ci_high") if has_span else _range(page, row),
        "weighted": page.words.measured(row, row["weighted"]),
        "weighted_interval": span("weighted_ci_low", "weighted_ci_high"),
        "n": _respondents(page, row),
        "sort": {
            name: "" if pd.isna(row[name]) else f"{row[name]:.6g}"
            for name in ("published", "unweighted", "weighted")
        },
        "verdicts": [
            (page.words(f"index.{name}"), words.verdict(row, name, page.words), MARKS.get(row[name], ""))
            for name in verdicts
        ],
        "filters": [(name, slug(row[name])) for name in verdicts],
    }


def _range(page: Page, row: Mapping[str, Any]) -> str:
    """How far an assumed estimate lies apart in other reconstructions; empty where it does not."""
    found = statement_range(row, page.codebook)
    if not has_range(found):
        return ""
    decimals = 1 if row["unit"] == "percent" else 2
    ends = page.words.interval(found["range_low"], found["range_high"], "number", decimals)
    return page.words("ensemble.range", range=ends)


def _respondents(page: Page, row: Mapping[str, Any]) -> str:
    """How many an estimate is of, and which group where it is of one."""
    if pd.isna(row["n"]):
        return ""
    n, group = page.words.integer(row["n"]), row.get("group")
    if pd.isna(group):
        return page.words("n.one", n=n)
    return page.words("group.n", label=page.labels.group(row["by"], group), n=n)


def _links(page: Page, row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List where the evidence on a statement stands in this report, as far as the wave has it."""
    found = []
    notebook = page.notebooks.get(Path(row["notebook"]).stem)
    if notebook:
        found.append((notebook["href"], page.words("index.claim_page", stage=notebook["stage"])))
    _, stage, file = Path(row["table"]).parts
    files = dict(page.downloads).get(stage, [])
    found += [(f["href"], page.words("index.claim_table")) for f in files if f["name"] == file]
    if not pd.isna(row["figure"]):
        found.append((f"#figure-{Path(row['figure']).stem}", page.words("index.claim_figure")))
    return found


def _listed(names: Any) -> list[str]:
    return [] if pd.isna(names) else names.split("; ")
