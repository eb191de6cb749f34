"""The findings that open the report: each a sentence with its evidence and its figure."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from nsmo.pages.files import writes
from nsmo.pages.page import Page
from nsmo.present import plots
from nsmo.present.picture import Picture, drawn
from nsmo.present.shown import is_evidence, marked
from nsmo.runner.stage import Stage
from nsmo.study.about import Finding
from nsmo.study.errors import StudyError


def finding_content(page: Page, finding: Finding, number: int, table: pd.DataFrame) -> dict[str, Any]:
    """Return sentence, evidence and figure of one main finding.

    Parameters
    ----------
    page : Page
    finding : Finding
    number : int
        Counted from 0.
    table : DataFrame
        Of `estimates`.
    """
    rows = _rows(table, finding)
    total, *parts = marked(
        [_row(rows, finding, name) for name in ("", *_groups(page, finding))], page.codebook
    )
    groups = page.codebook.variable(finding.by).options if finding.by else []
    by_group = {group.name: row for group, row in zip(groups, parts, strict=True)}
    values = {"value": page.words.statistic(total)} | {
        k: page.words.statistic(r) for k, r in by_group.items()
    }
    template = finding.sentence[page.language]
    sentence = template.format(**values)
    opens = template.startswith("{value} ")
    said_values = [values[name] for name in values if f"{{{name}}}" in template]
    by_itself = "{value}" in template
    evidence = []
    if by_itself:
        evidence += page.words.facts(total)
    evidence += [
        page.words(
            "index.group",
            label=page.labels.group(finding.by, group.name),
            value=values[group.name],
            facts="; ".join(page.words.facts(by_group[group.name], level=False)),
        )
        for group in groups
        if f"{{{group.name}}}" in template
    ]
    text_of = f"{'; '.join(evidence)}."
    text_of = text_of[:1].upper() + text_of[1:]
    adjusted = rows[rows["weighted"] & (rows["group"] == "")]
    if by_itself and len(adjusted) and is_evidence(page.codebook):
        row = adjusted.iloc[0].to_dict()
        text = page.words("index.adjusted", value=page.words.statistic(row), interval=_interval(page, row))
        text_of = f"{text_of} {text}"
    if by_itself:
        text_of = " ".join([text_of, *_over_ensemble(page, adjusted)])
    picture = _picture(page, finding, table)
    return {
        "numbers": [values["value"]] if by_itself else said_values,
        "repeated": not opens,
        "sentence": sentence.removeprefix(values["value"]).strip() + "." if opens else f"{sentence}.",
        "evidence": text_of,
        "figure": page.place(picture, f"finding-{number + 1}-{finding.question}"),
        "page": page.notebooks.get(str(rows["stage"].iloc[0])),
    }


def _over_ensemble(page: Page, adjusted: pd.DataFrame) -> Iterator[str]:
    """Say between which values the adjusted figure lies in other reconstructions, if there are any."""
    for row in page.stage.ranges(adjusted).to_dict("records"):
        share = row["statistic"] == "proportion"
        ends = (row["range_low"], row["range_high"], *(("percent", 1) if share else ("number", 2)))
        range_ = page.words.interval(*ends)
        yield page.words(
            "index.over_ensemble",
            range=f"{range_}%" if share else range_,
            members=page.words.integer(row["members"]),
        )


def _groups(page: Page, finding: Finding) -> list[str]:
    return page.codebook.variable(finding.by).option_names if finding.by else []


def headlines(page: Page) -> dict[str, dict[str, float]]:
    """Return the estimates behind the main findings, by question and answer; for `dvc metrics diff`."""
    table = estimates(page.stage)
    found: dict[str, dict[str, float]] = {}
    for finding in page.codebook.report.findings if page.codebook.report else []:
        values = found.setdefault(".".join(filter(None, [finding.question, finding.option])), {})
        for row in _rows(table, finding).to_dict("records"):
            how = "adjusted" if row["weighted"] else "unweighted"
            if not pd.isna(row["estimate"]):
                values[".".join(filter(None, [how, row["group"]]))] = row["estimate"]
    return found


def _interval(page: Page, row: Mapping[str, Any]) -> str:
    kind, decimals = ("percent", 1) if row["statistic"] == "proportion" else ("number", 2)
    return page.words.interval(row["ci_low"], row["ci_high"], kind, decimals)


def _rows(table: pd.DataFrame, finding: Finding) -> pd.DataFrame:
    """The rows about a finding's estimate, from the first stage that has them all."""
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
        where="reports/<wave>/tables/*/estimates.csv",
        expected="a row for everybody and for each group, for every finding in the codebook's report:",
        fix="let a stage of the analysis estimate it, or take the finding out of study.yaml",
    )


def _row(rows: pd.DataFrame, finding: Finding, group: str) -> dict[str, Any]:
    found = rows[~rows["weighted"] & (rows["group"] == group)]
    if len(found) != 1:
        raise StudyError(
            found=f"{len(found)} unweighted rows of {finding.question} for {group or 'everybody'}",
            where=f"tables/{rows['stage'].iloc[0]}/estimates.csv",
            expected="one",
            fix="look at how that stage makes its estimates",
        )
    return found.iloc[0].to_dict()


def _picture(page: Page, finding: Finding, table: pd.DataFrame) -> Picture:
    """The figure of a finding, from the rows of its whole question."""
    rows = _rows(table, finding)
    if not is_evidence(page.codebook):  # no headline is adjusted
        rows, table = rows[~rows["weighted"]], table[~table["weighted"]]
    same = (table["stage"] == rows["stage"].iloc[0]) & (table["question"] == finding.question)
    everybody = table[same & (table["by"] == "")]
    match finding.figure:
        case "comparison":
            return drawn(plots.intervals, rows[(rows["by"] != "") | (rows["group"] == "")], page.labels)
        case "distribution":
            return drawn(plots.distribution, everybody, page.labels)
        case "likert":
            return drawn(plots.likert, everybody, page.labels)
    return drawn(plots.bars, everybody, page.labels)


def estimates(stage: Stage) -> pd.DataFrame:
    """Return the estimates of all stages of the analysis, with the column `stage`: the one that made them."""
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


def _parts(stage: Stage) -> Iterator[pd.DataFrame]:
    for name in stage.earlier:
        if not writes(stage, name, "tables"):
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
