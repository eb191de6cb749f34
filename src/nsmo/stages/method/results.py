"""How the study was made: the items of two checklists and what this project adds, filled from its files.

Nothing on the page is written by hand: a value is computed from a file, or stands in the codebook with its
source, or is said to be unknown. The checklists are those of the Transparency Initiative of AAPOR (code of
2021, III.A) and CHERRIES (Eysenbach 2004); their items are named in our own words in the message catalogues.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from nsmo.present import Wording
from nsmo.present.figures import margin_label
from nsmo.present.wording import LANGUAGES
from nsmo.stages import claims
from nsmo.study import Codebook, StudyError
from nsmo.study.codebook import Told
from nsmo.study.published import Published

#: Checklist → its items in order: number (CHERRIES has none), name in the catalogues, facts that answer it.
CHECKLISTS: dict[str, tuple[tuple[str, str, tuple[str, ...]], ...]] = {
    "aapor": (
        ("A1", "strategy", ("mode",)),
        ("A2", "sponsor", ("conducted_by", "sponsor")),
        ("A3", "instrument", ("questionnaire", "instrument")),
        ("A4", "population", ("population",)),
        ("A5", "sample", ("frame", "contact", "incentives")),
        ("A6", "mode", ("mode", "language")),
        ("A7", "dates", ("field_period",)),
        ("A8", "size", ("implied_n", "flow", "precision")),
        ("A9", "weights", ("original_weighting", "margins", "weights")),
        ("A10", "processing", ("cleaning", "corrections")),
        ("A11", "limits", ("selection", "assumptions")),
    ),
    "cherries": (
        ("1", "design", ("population", "frame")),
        ("2", "ethics", ("ethics",)),
        ("2", "consent", ("consent",)),
        ("2", "protection", ("data_protection", "identifying")),
        ("3", "testing", ("testing",)),
        ("4", "open", ("frame",)),
        ("4", "contact", ("contact",)),
        ("4", "advertising", ("invitation",)),
        ("5", "web", ("mode",)),
        ("5", "context", ("context",)),
        ("5", "voluntary", ("voluntary",)),
        ("5", "incentives", ("incentives",)),
        ("5", "dates", ("field_period",)),
        ("5", "randomisation", ("randomisation",)),
        ("5", "adaptive", ("adaptive",)),
        ("5", "items", ("items",)),
        ("5", "screens", ("screens",)),
        ("5", "completeness", ("completeness",)),
        ("5", "review", ("review",)),
        ("6", "visitors", ("visitors",)),
        ("6", "view_rate", ("view_rate",)),
        ("6", "participation_rate", ("participation_rate",)),
        ("6", "completion_rate", ("completion_rate",)),
        ("7", "cookies", ("cookies",)),
        ("7", "ip_check", ("ip_check",)),
        ("7", "log_files", ("log_files",)),
        ("7", "registration", ("registration", "duplicates")),
        ("8", "incomplete", ("partial",)),
        ("8", "timestamps", ("speeder",)),
        ("8", "correction", ("original_weighting", "weights")),
    ),
    "own": (
        ("", "outcome_rates", ("outcome_rates",)),
        ("", "sensitivity", ("sensitivity",)),
        ("", "missing", ("missing",)),
        ("", "software", ("software",)),
        ("", "seeds", ("seeds",)),
        ("", "unknown", ("unknown",)),
    ),
}
#: What is known, and what is not.
UNKNOWN = ("not_published", "not_computable")


@dataclass(frozen=True)
class Files:
    """What the page is filled from.

    Attributes
    ----------
    codebook : Codebook
        With `method`, `weighting` and `report`.
    published : Published or None
        The statements, for the number of respondents that they imply; None where nothing was published.
    flow, recodes, corrections : DataFrame
        From cleaning: flow.csv, recodes.csv, corrections.csv.
    weighting : mapping
        weighting.json.
    nonresponse : DataFrame
        Item nonresponse by question, from the stage trust.
    assumptions : mapping
        assumptions.yaml; empty where the responses are real.
    lock : str
        The text of requirements.lock.
    """

    codebook: Codebook
    published: Published | None
    flow: pd.DataFrame
    recodes: pd.DataFrame
    corrections: pd.DataFrame
    weighting: Mapping[str, Any]
    nonresponse: pd.DataFrame
    assumptions: Mapping[str, Any]
    lock: str


@dataclass(frozen=True)
class Fact:
    """One thing known, or known to be unknown.

    Attributes
    ----------
    status : str
        published, inferred, assumed, computed, reconstructed, not_published or not_computable.
    text : mapping
        By language.
    source : str
        File and key, or publication.
    """

    status: str
    text: Mapping[str, str]
    source: str


def items(
    files: Files,
    *,
    sizes: Sequence[int],
    confidence: float,
    min_last_page: int,
    speeder_ratio: float,
    seed: int,
) -> pd.DataFrame:
    """Fill every item of the checklists.

    Parameters
    ----------
    files : Files
        What was recorded.
    sizes : sequence of int
        Numbers of respondents among which the published base is looked for.
    confidence : float
        Of the interval that stands for precision.
    min_last_page, speeder_ratio
        The thresholds of cleaning.
    seed : int
        Of every stage that draws.

    Returns
    -------
    DataFrame
        A row per item and fact: ``checklist, number, item, item_nl, status, value, value_nl, source``, in the
        order of the checklists.

    Raises
    ------
    StudyError
        If the codebook does not say what only a person can know.
    """
    known = facts(
        files,
        sizes=sizes,
        confidence=confidence,
        min_last_page=min_last_page,
        speeder_ratio=speeder_ratio,
        seed=seed,
    )
    words = {language: Wording(language) for language in LANGUAGES}
    rows = [
        {
            "checklist": checklist,
            "number": number,
            "item": words["en"](f"method.item.{name}"),
            "item_nl": words["nl"](f"method.item.{name}"),
            "status": known[fact].status,
            "value": known[fact].text["en"],
            "value_nl": known[fact].text["nl"],
            "source": known[fact].source,
        }
        for checklist, entries in CHECKLISTS.items()
        for number, name, needed in entries
        for fact in needed
        if fact in known
    ]
    return pd.DataFrame(rows)


def tally(table: pd.DataFrame) -> pd.DataFrame:
    """Count, for each checklist, how many items are known and how.

    Parameters
    ----------
    table : DataFrame
        From `items`.

    Returns
    -------
    DataFrame
        ``checklist, items, known, inferred, in_part, reconstructed, not_published, not_computable``.
        `known`: a fact of it is published or computed from the files; `inferred`: the best that there is, is
        inferred or assumed; `in_part`: one fact is there and another is not; `reconstructed`: all that is
        known is of the reconstruction. Each item counts once.
    """
    rows = []
    for checklist, part in table.groupby("checklist", sort=False):
        counts = dict.fromkeys(["known", "inferred", "in_part", "reconstructed", *UNKNOWN], 0)
        items = part.groupby(["number", "item"], sort=False)["status"]
        for _, statuses in items:
            counts[_standing(set(statuses))] += 1
        rows.append({"checklist": checklist, "items": items.ngroups, **counts})
    return pd.DataFrame(rows)


def _standing(statuses: set[str]) -> str:
    known = statuses - set(UNKNOWN)
    if not known:
        return "not_computable" if statuses == {"not_computable"} else "not_published"
    if known == {"reconstructed"}:
        return "reconstructed"
    if statuses - known:
        return "in_part"
    return "known" if known & {"published", "computed"} else "inferred"


def facts(
    files: Files,
    *,
    sizes: Sequence[int],
    confidence: float,
    min_last_page: int,
    speeder_ratio: float,
    seed: int,
) -> dict[str, Fact]:
    """Give every fact by its name; parameters as in `items`."""
    codebook = files.codebook
    absent = [name for name in ("method", "weighting", "report") if getattr(codebook, name) is None]
    if absent:
        raise StudyError(
            found=f"nothing stands under {', '.join(absent)}",
            where="codebook.yaml",
            expected="who made the study, how respondents were found, whom they stand for, what is unknown",
            fix="add it; `not_published` is an answer",
        )
    made = "reconstructed" if codebook.provenance == "reconstructed" else "computed"
    thresholds = {"min_last_page": min_last_page, "speeder_ratio": speeder_ratio}
    found = dict(_told(codebook))
    found |= _instrument(codebook, made)
    found |= _sizes(files, sizes, confidence, made)
    found |= _cleaning(files, thresholds, made)
    found |= _weights(files, made)
    found |= _record(files, seed, made)
    return found


def packages(lock: str) -> dict[str, str]:
    """Read the versions of the packages that the project names itself from a lock.

    Parameters
    ----------
    lock : str
        A requirements file with hashes, each package followed by comments on what needs it.

    Returns
    -------
    dict
        Package to version, in order of name.

    Raises
    ------
    StudyError
        If the lock names none.
    """
    blocks = re.split(r"^(?=[A-Za-z0-9][\w.\-]*==)", lock, flags=re.MULTILINE)
    found = {}
    for block in blocks:
        head = re.match(r"([\w.\-]+)==([^\s\\;]+)", block)
        if head and re.search(r"# .*\(pyproject\.toml\)", block):
            found[head[1]] = head[2]
    if not found:
        raise StudyError(
            found="no package of which pyproject.toml is the reason",
            where="requirements.lock",
            expected="lines name==version, each followed by '# via nsmo (pyproject.toml)'",
            fix="make lock",
        )
    return found


# ------------------------------------------------------------------------------------------------- facts


def _both(text: Callable[[Wording], str]) -> dict[str, str]:
    return {language: text(Wording(language)) for language in LANGUAGES}


def _fact(status: str, source: str, key: str, **values: Callable[[Wording], object] | object) -> Fact:
    """A sentence of the catalogues; values that are functions are asked for the words of each language."""

    def told(wording: Wording) -> str:
        given = {name: value(wording) if callable(value) else value for name, value in values.items()}
        return wording(f"method.value.{key}", **given)

    return Fact(status, _both(told), source)


def _absent(name: str, source: str) -> Fact:
    return _fact("not_published", source, "not_published", what=lambda w: w(f"method.what.{name}"))


def _told(codebook: Codebook) -> Iterator[tuple[str, Fact]]:
    """What only a person can know; it stands in the codebook."""
    for name in type(codebook.method).model_fields:
        entry = getattr(codebook.method, name)
        if isinstance(entry, Told):
            yield name, Fact(entry.certainty, {"nl": entry.nl, "en": entry.en}, entry.source)
        else:
            yield name, _absent(name, f"codebook.yaml, method > {name}")


def _instrument(codebook: Codebook, made: str) -> dict[str, Fact]:
    questions = codebook.questions
    pages = sorted({question.page for question in questions if question.page is not None})
    most = max((sum(question.page == page for question in questions) for page in pages), default=0)
    routed = [question for question in questions if question.asked_if is not None]
    identifying = [question for question in questions if question.identifying]
    period = codebook.field_period

    def dates(wording: Wording) -> str:
        ends = (wording.date(day) if day else "?" for day in (period.from_, period.until))
        text = wording("index.field_text", **dict(zip(("from_", "until"), ends, strict=True)))
        return f"{text[:1].upper()}{text[1:]}. {period.note[wording.language] if period.note else ''}".strip()

    found = {
        "population": Fact(
            "computed",
            _both(lambda w: f"{codebook.weighting.population[w.language]}."),
            "codebook.yaml, weighting > population",
        ),
        "language": _fact(
            made,
            "codebook.yaml, language",
            "language",
            name=lambda w: w(f"method.language.{codebook.language}"),
        ),
        "field_period": Fact(period.certainty, _both(dates), "codebook.yaml, field_period"),
        "instrument": _fact(
            made,
            "codebook.yaml, questions",
            "instrument",
            questions=lambda w: w.integer(len(questions)),
            closed=lambda w: w.integer(sum(bool(question.options) for question in questions)),
        ),
        "items": _fact(
            made,
            "codebook.yaml, questions",
            "items",
            questions=lambda w: w.integer(len(questions)),
            most=lambda w: w.integer(most),
        ),
        "adaptive": _fact(
            made,
            "codebook.yaml, questions > asked_if",
            "adaptive" if routed else "adaptive_none",
            n=lambda w: w.integer(len(routed)),
            labels=lambda w: w.join(f"“{question.label[w.language]}”" for question in routed),
        ),
        "identifying": _fact(
            made,
            "codebook.yaml, questions > identifying",
            "identifying" if identifying else "identifying_none",
            n=lambda w: w.integer(len(identifying)),
            labels=lambda w: w.join(f"“{question.label[w.language]}”" for question in identifying),
        ),
    }
    if pages:
        found["screens"] = _fact(
            made, "codebook.yaml, questions > page", "screens", pages=lambda w: w.integer(len(pages))
        )
    else:
        found["screens"] = _absent("screens", "codebook.yaml, questions > page")
    return found


def _sizes(files: Files, sizes: Sequence[int], confidence: float, made: str) -> dict[str, Fact]:
    first, last = files.flow["remaining"].iloc[0], int(files.flow["remaining"].iloc[-1])
    found = {
        "flow": _fact(
            made,
            "clean/flow.csv",
            "flow",
            first=lambda w: w.integer(first),
            last=lambda w: w.integer(last),
            unit=lambda w: files.codebook.unit[w.language],
        ),
        "view_rate": _fact("not_computable", "codebook.yaml, method > visitors", "view_rate"),
        "participation_rate": _fact("not_computable", "codebook.yaml, method > frame", "participation_rate"),
        "outcome_rates": _fact("not_computable", "codebook.yaml, method > frame", "outcome_rates"),
    }
    n, status, source = last, "computed", "clean/flow.csv"
    if files.published is not None:
        base = claims.implied_base(files.published, sizes)
        n, status, source = base.n, "inferred", "published.yaml, claims"
        found["implied_n"] = _fact(
            status,
            source,
            "implied_n",
            n=lambda w: w.integer(base.n),
            fits=lambda w: w.integer(base.fits),
            of=lambda w: w.integer(base.of),
        )
    low, high = claims.random_interval([n // 2], n, confidence)
    found["precision"] = _fact(
        status,
        source,
        "precision",
        n=lambda w: w.integer(n),
        level=lambda w: w.percent(confidence, 0),
        points=lambda w: w.number(50 * (high - low), 1),
    )
    return found


def _cleaning(files: Files, thresholds: Mapping[str, float], made: str) -> dict[str, Fact]:
    flow = files.flow.set_index("rule")
    kinds = {rule.kind: rule for rule in files.codebook.cleaning.rules}
    texts = int(files.recodes.loc[files.recodes["rule"] == "other_text", "n"].sum())

    def removed(wording: Wording) -> str:
        label = "label_nl" if wording.language == "nl" else "label"
        rules = files.flow[files.flow["removed"] > 0]
        return "; ".join(
            f"{row[label]} ({wording.integer(row['removed'])})" for row in rules.to_dict("records")
        )

    found = {
        "cleaning": _fact(made, "clean/flow.csv, clean/exclusions.csv", "cleaning", rules=removed),
        "corrections": _fact(
            made,
            "clean/recodes.csv, clean/corrections.csv",
            "corrections",
            texts=lambda w: w.integer(texts),
            routing=lambda w: w.integer(len(files.corrections)),
        ),
    }

    def count(kind: str) -> Callable[[Wording], str]:
        return lambda w: w.integer(flow.loc[kinds[kind].name, "removed"])

    if "partial" in kinds:
        name = kinds["partial"].name
        after, before = (flow.loc[name, "remaining"], flow.loc[name, ["remaining", "removed"]].sum())
        page = {"page": lambda w: w.integer(thresholds["min_last_page"])}
        found["partial"] = _fact(made, "clean/flow.csv", "partial", removed=count("partial"), **page)
        found["completion_rate"] = _fact(
            made,
            "clean/flow.csv",
            "completion_rate",
            after=lambda w: w.integer(after),
            before=lambda w: w.integer(before),
            share=lambda w: w.percent(after / before),
            **page,
        )
    if "speeder" in kinds:
        found["speeder"] = _fact(
            made,
            "clean/flow.csv",
            "speeder",
            ratio=lambda w: w.percent(thresholds["speeder_ratio"], 0),
            removed=count("speeder"),
        )
    if "duplicate" in kinds:
        found["duplicates"] = _fact(
            made,
            "clean/flow.csv",
            "duplicates",
            by=lambda w: w.join(
                f"“{files.codebook.label(name, w.language)}”" for name in kinds["duplicate"].by
            ),
            removed=count("duplicate"),
        )
    return found


def _weights(files: Files, made: str) -> dict[str, Fact]:
    codebook, weighting = files.codebook, files.weighting

    def margins(wording: Wording) -> str:
        told = []
        for margin in weighting["margins"]:
            note = f" {margin['note'][wording.language]}" if margin["note"] else ""
            told.append(
                wording(
                    "method.value.margin",
                    label=margin_label(codebook, margin["name"], wording.language),
                    table=margin["table"],
                    period=margin["period"],
                    status=wording(f"method.figures.{margin['status']}"),
                )
                + note
            )
        return " ".join(told)

    found = {
        "margins": Fact("computed", _both(margins), "population.csv, weight/weighting.json"),
        "weights": _fact(
            made,
            "weight/weighting.json",
            "weights",
            low=lambda w: w.number(weighting["min"]),
            high=lambda w: w.number(weighting["max"]),
            deff=lambda w: w.number(weighting["deff"]),
            n=lambda w: w.integer(weighting["n"]),
            n_eff=lambda w: w.integer(weighting["n_eff"]),
            held=lambda w: w(f"method.value.{'held' if weighting['held'] else 'not_held'}"),
        ),
    }
    if weighting["sensitivity"]:
        found["sensitivity"] = Fact(
            made,
            _both(
                lambda w: " ".join(
                    w(
                        "method.value.sensitivity",
                        label=entry["label"][w.language],
                        points=w.number(entry["largest_change"]["points"], 1),
                        source=entry["source"][w.language],
                    )
                    for entry in weighting["sensitivity"]
                    if entry["largest_change"]
                )
            ),
            "weight/weighting.json",
        )
    return found


def _record(files: Files, seed: int, made: str) -> dict[str, Fact]:
    table = files.nonresponse
    most = table.loc[table["with_dont_know"].idxmax()]
    entries = files.assumptions.get("assumptions") or []
    versions = packages(files.lock)

    def unknown(wording: Wording) -> str:
        told = [text[wording.language] for text in files.codebook.report.unknown]
        if files.published is not None and files.published.not_published:
            gaps = "; ".join(gap.missing[wording.language] for gap in files.published.not_published)
            told.append(wording("method.value.gaps", missing=gaps))
        return " ".join(told) or wording("method.value.nothing")

    found = {
        "missing": _fact(
            made,
            "tables/trust/nonresponse.csv",
            "missing",
            high=lambda w: w.percent(most["with_dont_know"]),
            label=lambda w: most["label_nl" if w.language == "nl" else "label"],
            none=lambda w: w.integer((table["with_dont_know"] == 0).sum()),
            all=lambda w: w.integer(len(table)),
        ),
        "software": _fact(
            "computed",
            "requirements.lock",
            "software",
            packages=", ".join(f"{name} {version}" for name, version in versions.items()),
        ),
        "seeds": _fact(
            "computed",
            "params.yaml, chance > seed" + ("; assumptions.yaml, seed" if entries else ""),
            "seeds_reconstructed" if entries else "seeds",
            seed=seed,
            reconstruct=files.assumptions.get("seed"),
        ),
        "selection": Fact("inferred", _both(lambda w: w("notice.selection")), "docs/method.md"),
        "unknown": Fact(
            "not_published", _both(unknown), "codebook.yaml, report; published.yaml, not_published"
        ),
    }
    if entries:
        found["assumptions"] = _fact(
            "assumed",
            "assumptions.yaml",
            "assumptions",
            n=lambda w: w.integer(len(entries)),
            high=lambda w: w.integer(sum(entry.get("impact") == "high" for entry in entries)),
        )
    return found
