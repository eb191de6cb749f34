"""Builds the report: an index in each language, a page per executed notebook, and the files to download.

Everything on the index comes from result frames, the codebook and the message catalogues. Which findings open
it stands in the codebook under `report:`.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import pandas as pd

from nsmo.present import Wording, plots, tables
from nsmo.present.labels import Labels
from nsmo.present.pages import page
from nsmo.present.picture import Picture, drawn
from nsmo.present.provenance import with_provenance
from nsmo.present.wording import LANGUAGES, slug
from nsmo.stages.claims import figures as claims
from nsmo.stages.clean import figures as clean
from nsmo.stages.weight import figures as weight
from nsmo.study import Codebook, StudyError
from nsmo.study.about import Finding

#: Mark beside each verdict: a full disc, half of one, a diamond; anything else gets an empty ring.
MARKS = {
    "reproduced": "good",
    "supported": "good",
    "supported if a random sample": "good",
    "consistent": "good",
    "within one unit": "half",
    "differs": "bad",
    "contradicted": "bad",
    "sources contradict": "bad",
}
VERDICTS = ("agreement", "support_data", "support_published", "sources_agree")
EVIDENCE = ("clean/flow.csv", "weight/margins.csv", "weight/weighting.json")


def build(stage: Any, notebook_body: Callable[[Path], Any]) -> None:
    """Write the report of a wave to `html/`.

    Parameters
    ----------
    stage : Stage
        Gives declared inputs and takes the pages.
    notebook_body : callable
        Path of an executed notebook → its `title`, `html` and `headings`.

    Raises
    ------
    StudyError
        When a finding named in the codebook has no estimate, or a table is not what it should be.
    """
    names = [name for name, one in stage.earlier.items() if one.notebook]
    bodies = {name: notebook_body(stage.path(f"executed/{name}.ipynb")) for name in names}
    # What a page says that uses no response does not hang on where the responses come from.
    from_responses = stage.uses(f"raw/{stage.codebook.source.file}")
    inputs = _checksums(stage)
    downloads = _downloads(stage, from_responses)
    others_of = {f"{name}.html": _other_packages(stage.path(f"executed/{name}.ipynb")) for name in names}
    all_others = list(dict.fromkeys(one for others in others_of.values() for one in others))
    languages = [stage.params.language, *(code for code in LANGUAGES if code != stage.params.language)]
    homes = {code: "index.html" if i == 0 else f"index.{code}.html" for i, code in enumerate(languages)}
    notebooks = [
        {"href": f"{name}.html", "title": body.title, "stage": name, "lang": "en"}
        for name, body in bodies.items()
    ]

    def frame(language: str, here: str, others: Sequence[str] = (), responses: bool = True) -> dict[str, Any]:
        wording = Wording(language)
        home = {"href": homes[language], "title": wording("page.report"), "stage": "", "lang": language}
        return {
            "study": stage.codebook.title[language],
            "home": homes[language],
            "here": here,
            "pages": [home, *notebooks],
            "others": [
                {"href": homes[code], "language": code, "name": Wording(code)("page.language_name")}
                for code in others
            ],
            "reconstructed": responses and stage.codebook.provenance == "reconstructed",
            "version": metadata.version("nsmo"),
            "other_packages": others_of.get(here, all_others),
            "digests": [(Path(path).name, digest[:12]) for path, digest in _roots(inputs)],
        }

    for language in languages:
        content = _Index(stage, language, {n["stage"]: n for n in notebooks}, downloads).content()
        others = [code for code in languages if code != language]
        html = page("index.html.j2", language, **frame(language, homes[language], others), **content)
        stage.save(html, f"html/{homes[language]}")
    for i, (entry, body) in enumerate(zip(notebooks, bodies.values(), strict=True)):
        html = page(
            "notebook.html.j2",
            "en",
            **frame("en", entry["href"], responses=entry["stage"] in from_responses),
            title=body.title,
            stage=entry["stage"],
            body=body.html,
            contents=[(anchor, text) for level, anchor, text in body.headings if level == 2],
            before=notebooks[i - 1] if i else None,
            after=notebooks[i + 1] if i + 1 < len(notebooks) else None,
        )
        stage.save(html, f"html/{entry['href']}")
    stage.save(_Index(stage, stage.language, {}, []).headlines(), "publish/metrics.json")
    stage.save({"wave": stage.wave, "inputs": inputs, "outputs": _written(stage)}, "html/manifest.json")


# -- files --------------------------------------------------------------------------------------------------


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _checksums(stage: Any) -> dict[str, str]:
    """Path below the root → SHA-256 of every file that is an input."""
    return {file.relative_to(stage.root).as_posix(): _digest(file) for file in stage.inputs()}


def _roots(inputs: Mapping[str, str]) -> list[tuple[str, str]]:
    """The inputs that nobody computes: raw data and the locked environment."""
    return [(p, d) for p, d in inputs.items() if p.startswith("data/raw/") or p == "requirements.lock"]


def _other_packages(notebook: Path) -> list[str]:
    """List the packages that a notebook was run with in another version than that of the lock."""
    metadata = json.loads(notebook.read_text(encoding="utf-8"))["metadata"]
    return metadata.get("nsmo", {}).get("other_packages", [])


def _written(stage: Any) -> dict[str, str]:
    folder = stage.target / f"reports/{stage.wave}/html"
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != "manifest.json")
    return {p.relative_to(folder).as_posix(): _digest(p) for p in files}


def _downloads(stage: Any, from_responses: Collection[str]) -> list[tuple[str, list[dict[str, str]]]]:
    """Copy the tables and evidence into the report; stage → its files, in the order of the pipeline.

    A copy that is made from reconstructed responses says so in itself.
    """
    groups: dict[str, list[Path]] = {}
    for name in stage.earlier:
        groups[name] = [stage.path(rel) for rel in EVIDENCE if rel.startswith(f"{name}/")]
        for kind in ("tables", "workbooks"):
            if _writes(stage, name, kind):
                folder = stage.path(f"{kind}/{name}")
                groups[name] += sorted(p for p in folder.rglob("*") if p.is_file())
    out = []
    for group, paths in groups.items():
        if not paths:
            continue
        files = []
        for path in sorted(paths, key=lambda p: (p.stem, p.suffix)):
            href = f"data/{group}/{path.name}"
            content = path.read_bytes()
            if stage.reconstructed and group in from_responses:
                content = with_provenance(content, path.suffix, stage.codebook.provenance)
            stage.save(content, f"html/{href}")
            files.append({"href": href, "name": path.name})
        out.append((group, files))
    return out


def _writes(stage: Any, name: str, kind: str) -> bool:
    """Whether the wave has a stage of this name, and it writes results of this kind."""
    one = stage.earlier.get(name)
    return one is not None and any(out.path == f"reports/{stage.wave}/{kind}/{name}" for out in one.outs)


# -- the index ----------------------------------------------------------------------------------------------


@dataclass
class _Index:
    """What stands on the index in one language."""

    stage: Any
    language: str
    notebooks: Mapping[str, Mapping[str, str]]
    downloads: list[tuple[str, list[dict[str, str]]]]

    def __post_init__(self) -> None:
        self.codebook: Codebook = self.stage.codebook
        self.labels = Labels(self.codebook, self.language)
        self.w = self.labels.words
        self.level = self.w.percent(self.stage.params.confidence, 0)
        self.unit = self.codebook.unit[self.language]
        self.flow = self.stage.read("clean/flow.csv")
        self.estimates = _estimates(self.stage)

    def content(self) -> dict[str, Any]:
        """Everything that the template names."""
        report = self.codebook.report
        margins = self.stage.read("weight/margins.csv")
        claims = self.claims() if _writes(self.stage, "claims", "tables") else None
        headings = ["short", "figures", *(["claims"] if claims else []), "respondents", "method", "unknown"]
        return {
            "level": self.level,
            "lead": self.lead(),
            "findings": [self.finding(f, i) for i, f in enumerate(report.findings if report else [])],
            "claims": claims,
            "respondents": [
                self.place(drawn(clean.flow, self.flow, self.labels), "flow"),
                *(
                    [self.place(drawn(weight.margins, margins, self.labels), "margins")]
                    if len(margins)
                    else []
                ),
            ],
            "facts": self.facts(margins),
            "margins": self.margins_table(margins) if len(margins) else "",
            "unknown": [text[self.language] for text in report.unknown] if report else [],
            "assumptions": self.assumptions(),
            "downloads": self.downloads,
            "contents": [(name, self.w(f"index.{name}")) for name in [*headings, "pages", "files"]],
        }

    def place(self, picture: Picture, name: str) -> str:
        """Write a picture's two drawings beside the page and return its figure element."""
        wide, narrow = (f"figures/{name}.{self.language}{end}.svg" for end in ("", ".narrow"))
        self.stage.save(picture.wide, f"html/{wide}")
        self.stage.save(picture.phone, f"html/{narrow}")
        return picture.html(level=3, files=(wide, narrow))

    def lead(self) -> str:
        publisher = self.codebook.publisher
        return self.w(
            "index.lead",
            n=self.w.integer(self.flow["remaining"].iloc[-1]),
            unit=self.unit,
            period=self.period(),
            publisher=self.w("index.publisher", name=publisher.name) if publisher else "",
        ).strip()

    def period(self) -> str:
        period = self.codebook.field_period
        start, end = (self.w.date(day) if day else "?" for day in (period.from_, period.until))
        text = self.w("index.field_text", from_=start, until=end)
        return f"{text} {self.w('index.assumed_period')}" if period.certainty == "assumed" else text

    # -- findings -----------------------------------------------------------------------------------------

    def finding(self, finding: Finding, number: int) -> dict[str, Any]:
        """Sentence, evidence and figure of one main finding."""
        rows = self.rows(finding)
        total = self.one(rows, finding, "")
        groups = self.codebook.variable(finding.by).options if finding.by else []
        by_group = {g.name: self.one(rows, finding, g.name) for g in groups}
        values = {"value": self.w.statistic(total)} | {k: self.w.statistic(r) for k, r in by_group.items()}
        template = finding.sentence[self.language]
        sentence = template.format(**values)
        opens = template.startswith("{value} ")
        told = [values[name] for name in values if f"{{{name}}}" in template]
        by_itself = "{value}" in template
        evidence = []
        if by_itself:
            evidence.append(self.w("index.interval", level=self.level, interval=self.interval(total)))
            evidence.append(self.w("n.one", n=self.w.integer(total["n"])))
        evidence += [
            self.w(
                "index.group",
                label=group.label(self.language),
                value=values[group.name],
                interval=self.interval(by_group[group.name]),
                n=self.w.integer(by_group[group.name]["n"]),
            )
            for group in groups
            if f"{{{group.name}}}" in template
        ]
        told_of = f"{'; '.join(evidence)}."
        adjusted = rows[rows["weighted"] & (rows["group"] == "")]
        if by_itself and len(adjusted):
            row = adjusted.iloc[0].to_dict()
            text = self.w("index.adjusted", value=self.w.statistic(row), interval=self.interval(row))
            told_of = f"{told_of} {text}"
        picture = self.picture(finding)
        return {
            "numbers": [values["value"]] if by_itself else told,
            "repeated": not opens,
            "sentence": sentence.removeprefix(values["value"]).strip() + "." if opens else f"{sentence}.",
            "evidence": told_of,
            "figure": self.place(picture, f"finding-{number + 1}-{finding.question}"),
            "page": self.notebooks.get(str(rows["stage"].iloc[0])),
        }

    def headlines(self) -> dict[str, dict[str, float]]:
        """The estimates behind the main findings, by question and answer; for `dvc metrics diff`."""
        found: dict[str, dict[str, float]] = {}
        for finding in self.codebook.report.findings if self.codebook.report else []:
            values = found.setdefault(".".join(filter(None, [finding.question, finding.option])), {})
            for row in self.rows(finding).to_dict("records"):
                how = "adjusted" if row["weighted"] else "unweighted"
                if not pd.isna(row["estimate"]):
                    values[".".join(filter(None, [how, row["group"]]))] = row["estimate"]
        return found

    def interval(self, row: Mapping[str, Any]) -> str:
        kind, decimals = ("percent", 1) if row["statistic"] == "proportion" else ("number", 2)
        return self.w.interval(row["ci_low"], row["ci_high"], kind, decimals)

    def rows(self, finding: Finding) -> pd.DataFrame:
        """The rows about a finding's estimate, from the first stage that has them all."""
        table = self.estimates
        wanted = (table["question"] == finding.question) & table["by"].isin(["", finding.by or ""])
        if finding.option:
            wanted &= (table["option"] == finding.option) & (table["statistic"] == "proportion")
        else:
            wanted &= table["statistic"] == "mean"
        for _, rows in table[wanted].groupby("stage", sort=False):
            groups = set(rows.loc[~rows["weighted"], "group"])
            if "" in groups and (not finding.by or len(groups) > 1):
                return rows
        what = ".".join(filter(None, [finding.question, finding.option]))
        raise StudyError(
            found=f"no estimate of {what}{f' by {finding.by}' if finding.by else ''}",
            where=f"tables/*/estimates.csv of wave {self.stage.wave}",
            expected="a row for everybody and for each group, for every finding in the codebook's report:",
            fix="let a stage of the analysis estimate it, or take the finding out of study.yaml",
        )

    def one(self, rows: pd.DataFrame, finding: Finding, group: str) -> dict[str, Any]:
        found = rows[~rows["weighted"] & (rows["group"] == group)]
        if len(found) != 1:
            raise StudyError(
                found=f"{len(found)} unweighted rows of {finding.question} for {group or 'everybody'}",
                where=f"tables/{rows['stage'].iloc[0]}/estimates.csv",
                expected="one",
                fix="look at how that stage makes its estimates",
            )
        return found.iloc[0].to_dict()

    def picture(self, finding: Finding) -> Picture:
        """The figure of a finding, from the rows of its whole question."""
        stage = self.rows(finding)["stage"].iloc[0]
        table = self.estimates[
            (self.estimates["stage"] == stage) & (self.estimates["question"] == finding.question)
        ]
        everybody = table[table["by"] == ""]
        match finding.figure:
            case "comparison":
                rows = self.rows(finding)
                return drawn(plots.intervals, rows[(rows["by"] != "") | (rows["group"] == "")], self.labels)
            case "distribution":
                return drawn(plots.distribution, everybody, self.labels)
            case "likert":
                return drawn(plots.likert, everybody, self.labels)
        return drawn(plots.bars, everybody, self.labels)

    # -- published statements -----------------------------------------------------------------------------

    def claims(self) -> dict[str, Any]:
        """The table of published statements, its tally and its figure."""
        path = self.stage.path("tables/claims") / "details.csv"
        details = pd.read_csv(path, keep_default_na=False, na_values=[""])
        published = self.stage.read("raw/published.yaml")
        rows = [self.claim(row, published["sources"]) for row in details.to_dict("records")]
        headings = ("statement", "published", "unweighted", "weighted", *VERDICTS)
        right = ("published", "unweighted", "weighted")
        tally = details["agreement"].value_counts()
        plots_of_claims = {"claims": claims.claims, "directions": claims.directions}
        return {
            # What agrees, and contradicts nothing, is folded away.
            "rows": [row for row in rows if not row["agrees"]],
            "rest": [row for row in rows if row["agrees"]],
            "total": len(rows),
            "tally": [(self.w.integer(n), self.w.verdict("agreement", word)) for word, n in tally.items()],
            "figures": [
                (name, self.place(drawn(plot, details, self.labels), name))
                for name, plot in plots_of_claims.items()
                if details["figure"].eq(f"figures/claims/{name}.svg").any()
            ],
            "headings": [(self.w(f"index.{h}"), "right" if h in right else "") for h in headings],
            "selects": [
                {
                    "name": name,
                    "label": self.w(f"index.{name}"),
                    "options": [(slug(v), self.w.verdict(name, v)) for v in dict.fromkeys(details[name])],
                }
                for name in VERDICTS
                if len(set(details[name])) > 1
            ],
            "files": next((files for group, files in self.downloads if group == "claims"), []),
            "checked": self.codebook.provenance == "reconstructed",
        }

    def claim(self, row: Mapping[str, Any], sources: Mapping[str, Any]) -> dict[str, Any]:
        """One statement as it is shown."""
        source = sources.get(row["source"], {})
        percent = row["unit"] == "percent"

        def span(low: str, high: str) -> str:
            if pd.isna(row.get(low)) or pd.isna(row.get(high)):
                return ""
            return self.w.span(row[low], row[high], "number", 1 if percent else 2)

        return {
            "id": slug(str(row["id"])),
            "agrees": row["first"] == "agreement",
            "about": ", ".join(
                self.codebook.variable(q).label(self.language) for q in _listed(row["questions"])
            ),
            "links": self.links(row),
            "statement": self.w.own(row, "statement"),
            "wording": "" if pd.isna(row.get("wording")) else row["wording"],
            "source": source.get("publisher", row["source"]),
            "url": source.get("url", ""),
            "published": self.w.as_published(row),
            "unweighted": self.w.measured(row, row["unweighted"]),
            "interval": span("ci_low", "ci_high"),
            "weighted": self.w.measured(row, row["weighted"]),
            "weighted_interval": span("weighted_ci_low", "weighted_ci_high"),
            "n": self.respondents_of(row),
            "sort": {
                name: "" if pd.isna(row[name]) else f"{row[name]:.6g}"
                for name in ("published", "unweighted", "weighted")
            },
            "verdicts": [
                (self.w(f"index.{name}"), self.w.verdict(name, row[name]), MARKS.get(row[name], ""))
                for name in VERDICTS
            ],
            "filters": [(name, slug(row[name])) for name in VERDICTS],
        }

    def respondents_of(self, row: Mapping[str, Any]) -> str:
        """How many an estimate is of, and which group where it is of one."""
        if pd.isna(row["n"]):
            return ""
        n, group = self.w.integer(row["n"]), row.get("group")
        if pd.isna(group):
            return self.w("n.one", n=n)
        return self.w("group.n", label=self.codebook.label(f"{row['by']}.{group}", self.language), n=n)

    def links(self, row: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Where the evidence on a statement stands in this report, as far as the wave has it."""
        found = []
        page = self.notebooks.get(Path(row["notebook"]).stem)
        if page:
            found.append((page["href"], self.w("index.claim_page", stage=page["stage"])))
        _, stage, file = Path(row["table"]).parts
        files = dict(self.downloads).get(stage, [])
        found += [(f["href"], self.w("index.claim_table")) for f in files if f["name"] == file]
        if not pd.isna(row["figure"]):
            found.append((f"#figure-{Path(row['figure']).stem}", self.w("index.claim_figure")))
        return found

    # -- method -------------------------------------------------------------------------------------------

    def facts(self, margins: pd.DataFrame) -> list[tuple[str, str]]:
        """The method in short, each item from the data."""
        report, weighting = self.codebook.report, self.codebook.weighting
        evidence = self.stage.read("weight/weighting.json")
        period = self.codebook.field_period
        entries: list[tuple[str, str]] = []
        if weighting:
            entries.append(("population", weighting.population[self.language]))
        if report and report.recruiting:
            entries.append(("recruiting", report.recruiting[self.language]))
        note = f" {period.note[self.language]}" if period.note else ""
        entries.append(("field_period", f"{self.period()}.{note}"))
        entries.append(
            (
                "responses",
                self.w(
                    "index.responses_text",
                    first=self.w.integer(self.flow["remaining"].iloc[0]),
                    last=self.w.integer(self.flow["remaining"].iloc[-1]),
                    removed=self.w.integer(self.flow["removed"].sum()),
                    rules=self.w.integer((self.flow["removed"] > 0).sum()),
                ),
            )
        )
        if weighting:
            entries.append(("weighting", self.weighting_in_short(margins, evidence)))
        entries.append(
            ("errors", self.w("index.errors_text", level=self.level, min_n=self.stage.params.min_n))
        )
        return [(self.w(f"index.{name}"), text) for name, text in entries]

    def weighting_in_short(self, margins: pd.DataFrame, evidence: Mapping[str, Any]) -> str:
        """What was weighted to, or that the weights came with the responses, and what that cost."""
        named = [
            self.w(
                "index.margin_text",
                label=self.labels.margin(margin).lower(),
                table=rows["table"].iloc[0],
                period=rows["period"].iloc[0],
            )
            for margin, rows in margins.groupby("margin", sort=False)
        ]
        text = self.w(
            "index.weighting_text" if named else "index.weighting_given",
            margins=self.w.join(named) if named else "",
            low=self.w.number(evidence["min"], 2),
            high=self.w.number(evidence["max"], 2),
            deff=self.w.number(evidence["deff"], 2),
            n=self.w.integer(evidence["n"]),
            n_eff=self.w.integer(evidence["n_eff"]),
        )
        if not evidence["subgroup_tables"]:
            text += f" {self.w('index.subgroups_withheld')}"
        return text

    def margins_table(self, margins: pd.DataFrame) -> str:
        shown = margins.assign(
            label=[
                self.labels.category(margin, category)
                for margin, category in zip(margins["margin"], margins["category"], strict=True)
            ],
            margin=[self.labels.margin(m) for m in margins["margin"]],
        )
        columns = ("label", "n", "before", "target", "after")
        return tables.table(
            shown,
            self.labels,
            title=self.w("margins.table"),
            columns={c: self.w(f"margins.{c}") for c in columns},
            formats={"before": "percent", "target": "percent", "after": "percent"},
            groups="margin",
            id="margins",
        ).html()

    def assumptions(self) -> dict[str, Any] | None:
        """How much was assumed; None where the responses are real."""
        if self.codebook.provenance == "real":
            return None
        entries = self.stage.read("raw/assumptions.yaml")["assumptions"]
        return {
            "total": len(entries),
            "high": [str(e["states"]).strip() for e in entries if e.get("impact") == "high"],
        }


def _estimates(stage: Any) -> pd.DataFrame:
    """The estimates of all stages of the analysis, with the stage that made them."""
    parts = list(_parts(stage))
    if not parts:
        raise StudyError(
            found="no estimates.csv in any declared folder of tables",
            where=f"reports/{stage.wave}/tables",
            expected="one for each stage of the analysis",
            fix="run the stages of the analysis first",
        )
    table = pd.concat(parts, ignore_index=True)
    for column in ("by", "group", "option"):
        table[column] = table[column].astype("object").where(table[column].notna(), "")
    table["weighted"] = table["weighted"].astype(bool)
    return table


def _parts(stage: Any) -> Iterator[pd.DataFrame]:
    for name in stage.earlier:
        if not _writes(stage, name, "tables"):
            continue
        file = stage.path(f"tables/{name}") / "estimates.csv"
        if file.exists():
            # Options are names, also where they look like numbers or like a missing value ("none", "1").
            yield pd.read_csv(
                file,
                dtype={"option": str, "group": str, "by": str},
                keep_default_na=False,
                na_values=[""],
            ).assign(stage=name)


def _listed(names: Any) -> list[str]:
    return [] if pd.isna(names) else names.split("; ")
