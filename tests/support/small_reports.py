"""A whole small report, built by the publish stage from hand-made results of nobody's survey."""

import json
from pathlib import Path

import nbformat
import pandas as pd
import yaml
from present_rows import frame, result
from waves import write_codebook

from nsmo.pages.publish import build
from nsmo.present import plots, tables
from nsmo.present.labels import Labels
from nsmo.present.picture import drawn
from nsmo.results import TEST_COLUMNS
from nsmo.runner.declarations import declaration
from nsmo.runner.html import notebook_body
from nsmo.runner.stage import Stage
from nsmo.study import load_codebook

WAVE = "2031"
CODEBOOK = Path(__file__).parents[1] / "unit/present/codebook.yaml"

ABOUT = {
    "recruiting": {"nl": "Een oproep in de winkelstraat.", "en": "A call in the high street."},
    "headlines": [
        {"question": "mood", "option": "top"},
        {"question": "mood", "option": "top", "by": "market"},
        {"question": "media", "option": "web"},
    ],
    "unknown": [{"nl": "Hoeveel winkels er zijn <1>.", "en": "How many shops there are <1>."}],
}

#: What is inserted, with words around it in each language.
REPORT = """# {title}

{{{{ share("mood", "top") }}}} <b>{good}</b>: {{{{ evidence("mood", "top") }}}}.

## {mood} {{#mood}}

B2C {{{{ share("mood", "top", by="market", group="people") }}}},
B2B {{{{ share("mood", "top", by="market", group="firms") }}}}.

{{{{ figure("mood", by="market") }}}}

{{{{ question_link("mood") }}}}, {{{{ statement("a") }}}},
{{{{ page_link("notebooks") }}}}, {{{{ page_link("bread") }}}}

## Media {{#media}}

{{{{ adjusted("media", "web") }}}}; {{{{ clear("mood", "market", "top") }}}}

{{{{ figure("media") }}}}

{{{{ table("media") }}}}

## {what} {{#disputed}}

{{{{ agreeing() }}}}/{{{{ statements() }}}}: {{{{ verdict("b") }}}}

{{{{ disputed() }}}}

{{{{ unknown() }}}}

2031:

- 2031: {{{{ page_link("bread") }}}}
"""
REPORTS = {
    "en": REPORT.format(title="Shops are in a good mood", good="are glad", mood="The mood", what="Disputed"),
    "nl": REPORT.format(
        title="Winkels zijn goed gestemd", good="is blij", mood="De stemming", what="Betwist"
    ),
}


def estimates():
    values = {"very_bad": 0.05, "bad": 0.1, "fair": 0.25, "good": 0.4, "very_good": 0.2, "top": 0.6}
    rows = [result("mood", option, value) for option, value in values.items()]
    rows += [result("mood", option, value - 0.02, 0.08, weighted=True) for option, value in values.items()]
    rows += [
        result("mood", "top", 0.7, n=150, by="market", group="people"),
        result("mood", "top", 0.5, 0.1, n=50, by="market", group="firms"),
    ]
    for option, value in {"paper": 0.25, "radio": 0.125, "web": 0.8125}.items():
        rows += [result("media", option, value), result("media", option, value - 0.05, 0.1, weighted=True)]
    return frame(*rows)


def claims():
    common = {
        "topic": "mood",
        "source": "gazette",
        "unit": "percent",
        "decimals": 1,
        "n": 200,
        "causal": False,
        "stands_for": None,
        "members": None,
        "generalises": "no: open call",
    }
    rows = [
        (
            "a",
            "Six in ten shops are in a good mood",
            "Zes op de tien winkels",
            "60%",
            60.0,
            60.0,
            "reproduced",
        ),
        ("b", "Nine in ten are on the web & sell there", "Negen op de tien", "90%", 90.0, 81.25, "differs"),
        ("c", "Bakers are happiest", "Bakkers zijn het blijst", "", None, None, "not computable"),
        ("d", "A quarter advertises in the newspaper", "Een kwart", "24%", 24.0, 25.0, "within one unit"),
    ]
    return pd.DataFrame(
        [
            common
            | {
                "id": name,
                "claim": name,
                "type": "exact",
                "first": "agreement" if agreement == "reproduced" else "disagreement",
                "questions": "mood; market" if value else "",
                "measured": "mood" if value else None,
                "notebook": "html/notebooks/bread.html" if value else "html/notebooks/claims.html",
                "table": "tables/bread/estimates.csv" if value else "tables/claims/claims.csv",
                "figure": "figures/claims/claims.svg" if value else None,
                "published_low": None if value is None else published - 0.5,
                "published_high": None if value is None else published + 0.5,
                "statement": english,
                "statement_nl": dutch,
                "wording": wording,
                "published": published,
                "unweighted": value,
                "ci_low": None if value is None else value - 6,
                "ci_high": None if value is None else value + 6,
                "weighted": None if value is None else value - 3,
                "weighted_ci_low": None if value is None else value - 12,
                "weighted_ci_high": None if value is None else value + 6,
                "implied": "not computable" if value is None else "possible",
                "set_statistic": "proportion",
                "set_low": None if value is None else 0.0,
                "set_high": None if value is None else 1.0,
                "agreement": agreement,
                "support_data": "no evidence: reconstructed",
                "support_published": "not computable" if value is None else "not testable",
                "sources_agree": "one source only",
            }
            for name, english, dutch, wording, published, value, agreement in rows
        ]
    )


def notebook(picture, table):
    def code(source, output, count):
        cell = nbformat.v4.new_code_cell(source, id=f"c{count}", execution_count=count)
        cell.outputs = [
            nbformat.v4.new_output("display_data", {"text/html": output._repr_mimebundle_()["text/html"]})
        ]
        return cell

    long = "result = " + " + ".join(f"some_function_with_a_long_name({i})" for i in range(12))
    return nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell("# Are shops in a good mood?\n\nThey are.", id="m1"),
            code("plots.likert(estimates, labels, ax=ax)", picture, 1),
            nbformat.v4.new_markdown_cell(
                "## What could be wrong\n\nA very long address: " + "x" * 90, id="m2"
            ),
            code(long, table, 2),
        ]
    )


def stages() -> dict:
    """Wire the small report: `bread` is made from responses, `claims` from what was published."""
    raw, processed, reports = (f"{place}/${{item}}" for place in ("data/raw", "data/processed", "reports"))

    def page(name: str, *deps: str) -> dict:
        return {
            "deps": [f"notebooks/1_{name}.ipynb", *deps],
            "outs": [f"{reports}/{kind}/{name}" for kind in ("tables", "workbooks")]
            + [f"{reports}/executed/{name}.ipynb"],
        }

    evidence = {
        "clean": ["clean/flow.csv", "clean/responses.parquet"],
        "weight": ["weight/margins.csv", "weight/weighting.json"],
    }
    every = {
        "clean": {"deps": [f"{raw}/responses.csv"]},
        "weight": {"deps": [f"{processed}/clean/responses.parquet"]},
    }
    for name, outs in evidence.items():
        every[name]["outs"] = [f"{processed}/{out}" for out in outs]
    every["bread"] = page("bread", f"{processed}/clean/responses.parquet")
    every["claims"] = page("claims", f"{raw}/published.yaml")
    every["publish"] = {
        "deps": [
            raw,
            *(f"{processed}/{out}" for outs in evidence.values() for out in outs if "parquet" not in out),
            *(f"{reports}/{kind}" for kind in ("tables", "workbooks", "executed")),
        ],
        "outs": [f"{reports}/html", f"{processed}/publish/metrics.json"],
        "params": ["publish", "analyse"],
    }
    return {
        name: {"foreach": "${waves}", "do": {"desc": "", "cmd": ""} | entry} for name, entry in every.items()
    }


def make(
    folder: Path,
    provenance: str = "reconstructed",
    language: str = "en",
    other_packages: tuple[str, ...] = (),
    citation: dict | None = None,
    texts: dict[str, str] = REPORTS,
) -> Path:
    """Lay out the inputs below a folder, run the publish stage, and return the folder of the pages.

    `other_packages` are those that the notebook `bread` says it was run with, in place of those of the lock;
    `citation` is that of study.yaml, `texts` are those of the report by language.
    """
    raw, processed, reports = (
        folder / p for p in (f"data/raw/{WAVE}", f"data/processed/{WAVE}", f"reports/{WAVE}")
    )

    def put(path: Path, content: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")

    book = yaml.safe_load(CODEBOOK.read_text("utf-8")) | {"provenance": provenance} | ABOUT
    if citation:
        book["citation"] = citation
    write_codebook(raw, yaml.safe_dump(book, allow_unicode=True))
    for code, text in texts.items():
        put(raw / f"report.{code}.md", text)
    put(
        raw / "published.yaml",
        yaml.safe_dump(
            {
                "sources": {"gazette": {"publisher": "Gazette", "url": "https://example.org/a"}},
                "claims": [{"id": "a", "statement": {"nl": "Zes op de tien", "en": "Six in ten are"}}],
            }
        ),
    )
    put(
        raw / "assumptions.yaml",
        yaml.safe_dump(
            {
                "assumptions": [
                    {"states": {"nl": "Winkels zijn open.", "en": "Shops are open."}, "impact": "high"},
                    {"states": "So be it.", "impact": "low"},
                ]
            }
        ),
    )
    put(
        processed / "clean/flow.csv",
        "step,rule,removed,remaining\n0,,0,230\n1,no_consent,20,210\n2,too_fast,10,200\n",
    )
    put(
        processed / "weight/margins.csv",
        "margin,category,n,before,target,after,period,table\n"
        "market,people,150,0.75,0.9,0.9,2030,Table 1\n"
        "market,firms,50,0.25,0.1,0.1,2030,Table 1\n",
    )
    put(
        processed / "weight/weighting.json",
        json.dumps(
            {"n": 200, "n_eff": 180.0, "deff": 1.11, "min": 0.4, "max": 1.2, "subgroup_tables": True}
            | {"limits": {"min_effective_n": 30}}
        ),
    )
    for name, table in (("bread", estimates()), ("claims", None)):
        (reports / f"tables/{name}").mkdir(parents=True)
        (reports / f"workbooks/{name}").mkdir(parents=True)
        if table is not None:
            table.to_csv(reports / f"tables/{name}/estimates.csv", index=False)
    claims().to_csv(reports / "tables/claims/details.csv", index=False)
    claims().to_csv(reports / "tables/claims/claims.csv", index=False)
    if provenance == "real":
        p = {
            "question": "mood",
            "option": "top",
            "by": "market",
            "weighted": False,
            "p": 0.01,
            "p_holm": 0.02,
        }
        test = pd.DataFrame([p], columns=list(dict.fromkeys([*TEST_COLUMNS, *p])))
        test.to_csv(reports / "tables/bread/tests.csv", index=False)
    labels = Labels(load_codebook(raw))
    table = tables.estimates(estimates().query("by.isna() and question == 'media'"), labels)
    (reports / "workbooks/bread/media.xlsx").write_bytes(table.xlsx())
    picture = drawn(plots.likert, estimates().query("by.isna() and question == 'mood'"), labels)
    for name in ("bread", "claims"):
        path = reports / f"executed/{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        executed = notebook(picture, table)
        if name == "bread" and other_packages:
            executed.metadata["nsmo"] = {"other_packages": list(other_packages)}
        nbformat.write(executed, path)
    put(folder / "params.yaml", f'waves: ["{WAVE}"]\n')
    put(folder / "dvc.yaml", yaml.safe_dump({"stages": stages()}, sort_keys=False))
    declared = declaration(folder, "publish", WAVE)
    target = folder / "built"
    build(
        Stage(declared, {"language": language, "confidence": 0.95, "min_n": 10}, folder, target),
        notebook_body,
    )
    return target / f"reports/{WAVE}/html"
