"""The items of the checklists in words, filled from the files of the project.

Nothing is written by hand: a value is computed from a file, or stands in study.yaml with its source, or is
said to be unknown.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from nsmo.present.labels import Labels
from nsmo.present.wording import Wording
from nsmo.stages import claims
from nsmo.stages.method.checklists import CHECKLISTS, FURTHER, packages
from nsmo.study import StudyError
from nsmo.study.about import Disclosed, Method
from nsmo.study.rules import DuplicateRule
from nsmo.study.statements import Published


@dataclass(frozen=True)
class Files:
    """What the page is filled from.

    Attributes
    ----------
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
    text : str
        In the language of the labels.
    source : str
        File and key, or publication.
    """

    status: str
    text: str
    source: str


def items(
    files: Files,
    labels: Labels,
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
    labels : Labels
        Of the wave; its codebook needs `method`.
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
        A row per item and fact: ``checklist, number, item, status, value, source``, in the order of the
        checklists.

    Raises
    ------
    StudyError
        If the codebook does not say what only a person can know.
    """
    codebook = labels.codebook
    if codebook.method is None:
        raise StudyError(
            found="nothing stands under method",
            where="study.yaml",
            expected="who made the study, and how respondents were found",
            fix="add it; `not_published` is an answer",
        )
    made = "reconstructed" if codebook.provenance == "reconstructed" else "computed"
    thresholds = {"min_last_page": min_last_page, "speeder_ratio": speeder_ratio}
    known = dict(_disclosed(labels))
    known |= _instrument(labels, made)
    known |= _sizes(files, labels, sizes, confidence, made)
    known |= _cleaning(files, labels, thresholds, made)
    known |= _weights(files, labels, made)
    known |= _record(files, labels, seed, made)
    rows = [
        (checklist, number, labels.words(f"method.item.{name}"), fact.status, fact.text, fact.source)
        for checklist, entries in CHECKLISTS.items()
        for number, name, needed in entries
        for fact in (known[one] for one in needed if one in known)
    ]
    return pd.DataFrame(rows, columns=["checklist", "number", "item", "status", "value", "source"])


def _fact(words: Wording, status: str, source: str, key: str, **values: object) -> Fact:
    return Fact(status, words(f"method.value.{key}", **values), source)


def _absent(words: Wording, name: str, source: str) -> Fact:
    return _fact(words, "not_published", source, "not_published", what=words(f"method.what.{name}"))


def _disclosed(labels: Labels) -> Iterator[tuple[str, Fact]]:
    """What only a person can know; it stands in study.yaml."""
    codebook = labels.codebook
    for name in Method.model_fields:
        if name != "further":
            entry = getattr(codebook.method, name, None)
            yield name, _entry(entry, name, f"study.yaml, method > {name}", labels)
    further = codebook.method.further if codebook.method else {}
    for name in FURTHER:
        yield name, _entry(further.get(name), name, f"study.yaml, method > further > {name}", labels)


def _entry(entry: object, name: str, source: str, labels: Labels) -> Fact:
    if isinstance(entry, Disclosed):
        return Fact(entry.certainty, entry.label(labels.language), entry.source[labels.language])
    return _absent(labels.words, name, source)


def _population(labels: Labels) -> Fact:
    weighting, source = labels.codebook.weighting, "rules.yaml, weighting > population"
    if weighting is None:
        return _absent(labels.words, "population", source)
    return Fact("computed", f"{weighting.population[labels.language]}.", source)


def _instrument(labels: Labels, made: str) -> dict[str, Fact]:
    codebook, w = labels.codebook, labels.words
    questions = codebook.questions
    pages = sorted({question.page for question in questions if question.page is not None})
    most = max((sum(question.page == page for question in questions) for page in pages), default=0)
    routed = [question for question in questions if question.asked_if is not None]
    identifying = [question for question in questions if question.identifying]
    period = codebook.field_period

    first, last = (w.date(day) if day else "?" for day in (period.from_, period.until))
    dates = w("index.field_text", from_=first, until=last)
    dates = f"{dates[:1].upper()}{dates[1:]}. {period.note[w.language] if period.note else ''}".strip()
    found = {
        "population": _population(labels),
        "language": _fact(
            w,
            made,
            "questionnaire.yaml, language",
            "language",
            name=w.language_called(codebook.language),
        ),
        "field_period": Fact(period.certainty, dates, "study.yaml, field_period"),
        "instrument": _fact(
            w,
            made,
            "questionnaire.yaml, questions",
            "instrument",
            questions=w.integer(len(questions)),
            closed=w.integer(sum(bool(question.options) for question in questions)),
        ),
        "items": _fact(
            w,
            made,
            "questionnaire.yaml, questions",
            "items",
            questions=w.integer(len(questions)),
            most=w.integer(most),
        ),
        "adaptive": _fact(
            w,
            made,
            "questionnaire.yaml, questions > asked_if",
            "adaptive" if routed else "adaptive_none",
            n=w.integer(len(routed)),
            labels=w.join(w("index.wording", text=question.label[w.language]) for question in routed),
        ),
        "identifying": _fact(
            w,
            made,
            "questionnaire.yaml, questions > identifying",
            "identifying" if identifying else "identifying_none",
            n=w.integer(len(identifying)),
            labels=w.join(w("index.wording", text=question.label[w.language]) for question in identifying),
        ),
    }
    if pages:
        found["screens"] = _fact(
            w, made, "questionnaire.yaml, questions > page", "screens", pages=w.integer(len(pages))
        )
    else:
        found["screens"] = _absent(labels.words, "screens", "questionnaire.yaml, questions > page")
    return found


def _sizes(
    files: Files, labels: Labels, sizes: Sequence[int], confidence: float, made: str
) -> dict[str, Fact]:
    w = labels.words
    first, last = files.flow["remaining"].iloc[0], int(files.flow["remaining"].iloc[-1])
    found = {
        "flow": _fact(
            w,
            made,
            "clean/flow.csv",
            "flow",
            first=w.integer(first),
            last=w.integer(last),
            unit=labels.unit,
        ),
        "view_rate": _fact(w, "not_computable", "study.yaml, method > visitors", "view_rate"),
        "participation_rate": _fact(w, "not_computable", "study.yaml, method > frame", "participation_rate"),
        "outcome_rates": _fact(w, "not_computable", "study.yaml, method > frame", "outcome_rates"),
    }
    n, status, source = last, "computed", "clean/flow.csv"
    if files.published is not None:
        base = claims.base_of(files.published, sizes)
        printed = files.published.respondents
        n, status, source = base.n, "inferred", "published.yaml, claims"
        values = {"n": w.integer(base.n), "fits": w.integer(base.fits), "of": w.integer(base.of)}
        if printed is not None:
            status, source = "published", "published.yaml, respondents"
            values["publisher"] = files.published.sources[printed.source].publisher
        found["published_n"] = _fact(w, status, source, "published_n" if printed else "implied_n", **values)
    low, high = claims.random_interval([n // 2], n, confidence)
    found["precision"] = _fact(
        w,
        status,
        source,
        "precision",
        n=w.integer(n),
        level=w.percent(confidence, 0),
        points=w.number(50 * (high - low), 1),
    )
    return found


def _cleaning(files: Files, labels: Labels, thresholds: Mapping[str, float], made: str) -> dict[str, Fact]:
    w = labels.words
    flow = files.flow.set_index("rule")
    kinds = {rule.kind: rule for rule in labels.codebook.cleaning.rules}
    texts = int(files.recodes.loc[files.recodes["rule"] == "other_text", "n"].sum())

    rules = files.flow[files.flow["removed"] > 0].to_dict("records")
    removed = "; ".join(f"{labels.rule(row['rule'])} ({w.integer(row['removed'])})" for row in rules)
    found = {
        "cleaning": _fact(w, made, "clean/flow.csv, clean/exclusions.csv", "cleaning", rules=removed),
        "corrections": _fact(
            w,
            made,
            "clean/recodes.csv, clean/corrections.csv",
            "corrections",
            texts=w.integer(texts),
            routing=w.integer(
                int(files.corrections["n"].sum()) if "n" in files.corrections else len(files.corrections)
            ),
        ),
    }

    def count(kind: str) -> str:
        return w.integer(flow.loc[kinds[kind].name, "removed"])

    if "partial" in kinds:
        name = kinds["partial"].name
        after, before = (flow.loc[name, "remaining"], flow.loc[name, ["remaining", "removed"]].sum())
        page = {"page": w.integer(thresholds["min_last_page"])}
        found["partial"] = _fact(w, made, "clean/flow.csv", "partial", removed=count("partial"), **page)
        found["completion_rate"] = _fact(
            w,
            made,
            "clean/flow.csv",
            "completion_rate",
            after=w.integer(after),
            before=w.integer(before),
            share=w.percent(after / before),
            **page,
        )
    if "speeder" in kinds:
        found["speeder"] = _fact(
            w,
            made,
            "clean/flow.csv",
            "speeder",
            ratio=w.percent(thresholds["speeder_ratio"], 0),
            removed=count("speeder"),
        )
    duplicate = kinds.get("duplicate")
    if isinstance(duplicate, DuplicateRule):
        found["duplicates"] = _fact(
            w,
            made,
            "clean/flow.csv",
            "duplicates" if duplicate.keep == "last" else "duplicates_first",
            by=w.join(w("index.wording", text=labels.question(name)) for name in duplicate.by),
            removed=count("duplicate"),
        )
    return found


def finality(words: Wording, margin: Mapping[str, Any]) -> str:
    """Return whether figures of the population are final; what else somebody wrote of it stays as it is."""
    known = [f"method.figures.{one}" for one in margin["status"].split("; ")]
    return words.join(words(key) if words.has(key) else key.removeprefix("method.figures.") for key in known)


def _weights(files: Files, labels: Labels, made: str) -> dict[str, Fact]:
    weighting, w = files.weighting, labels.words
    if weighting["method"] == "none":
        return {}
    costs = {
        "span": w(
            f"method.value.weights_{'span' if 'max' in weighting else 'about'}",
            low=w.number(weighting.get("min", 0)),
            high=w.number(weighting.get("max", 0)),
            deff=w.number(weighting["deff"], 2 if "max" in weighting else 1),
        ),
        "n": w.integer(weighting["n"]),
        "n_eff": w.integer(weighting["n_eff"]),
    }
    if about := weighting.get("propensity"):
        by = w.join(labels.question(name) for name in about["by"])
        costs |= {"by": by, "reference": about["source"][w.language]}
        return {"weights": _fact(w, made, "weight/weighting.json", "weights_propensity", **costs)}
    if not weighting["margins"]:
        return {"weights": _fact(w, made, "weight/weighting.json", "weights_given", **costs)}
    margins = [
        w(
            "method.value.margin",
            label=labels.margin(margin["name"]),
            table=", ".join(filter(None, [margin["table"], w.date(margin["period"]), finality(w, margin)])),
        )
        + (f" {margin['note'][w.language]}" if margin["note"] else "")
        for margin in weighting["margins"]
    ]
    found = {
        "margins": Fact("computed", " ".join(margins), "population.csv, weight/weighting.json"),
        "weights": _fact(
            w,
            made,
            "weight/weighting.json",
            "weights",
            **costs,
            held=w(f"method.value.{'held' if weighting['held'] else 'not_held'}"),
        ),
    }
    if weighting["sensitivity"]:
        found["sensitivity"] = Fact(
            made,
            " ".join(
                w(
                    "method.value.sensitivity",
                    label=entry["label"][w.language],
                    points=w.number(entry["largest_change"]["points"], 1),
                    source=entry["source"][w.language],
                )
                for entry in weighting["sensitivity"]
                if entry["largest_change"]
            ),
            "weight/weighting.json",
        )
    return found


def _record(files: Files, labels: Labels, seed: int, made: str) -> dict[str, Fact]:
    table, w = files.nonresponse, labels.words
    most = table.loc[table["with_dont_know"].idxmax()]
    entries = files.assumptions.get("assumptions") or []
    versions = packages(files.lock)

    unknown = [text[w.language] for text in labels.codebook.about.unknown]
    if files.published is not None and files.published.not_published:
        gaps = "; ".join(gap.missing[w.language] for gap in files.published.not_published)
        unknown.append(w("method.value.gaps", missing=gaps))
    found = {
        "missing": _fact(
            w,
            made,
            "tables/trust/nonresponse.csv",
            "missing",
            high=w.percent(most["with_dont_know"]),
            label=labels.question(most["question"]),
            none=w.integer((table["with_dont_know"] == 0).sum()),
            all=w.integer(len(table)),
        ),
        "software": _fact(
            w,
            "computed",
            "requirements.lock",
            "software",
            packages=", ".join(f"{name} {version}" for name, version in versions.items()),
        ),
        "seeds": _fact(
            w,
            "computed",
            "params.yaml, chance > seed" + ("; assumptions.yaml, seed" if entries else ""),
            "seeds_reconstructed" if entries else "seeds",
            seed=seed,
            reconstruct=files.assumptions.get("seed"),
        ),
        "selection": Fact("inferred", w("notice.selection"), "docs/method.md"),
        "unknown": Fact(
            "not_published",
            " ".join(unknown) or w("method.value.nothing"),
            "study.yaml, unknown; published.yaml, not_published",
        ),
    }
    if entries:
        found["assumptions"] = _fact(
            w,
            "assumed",
            "assumptions.yaml",
            "assumptions",
            n=w.integer(len(entries)),
            high=w.integer(sum(entry.get("impact") == "high" for entry in entries)),
        )
    return found
