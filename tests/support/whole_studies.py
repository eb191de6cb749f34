"""Whole studies at random: every kind of file that a wave may have, filled in as somebody might."""

import csv
import random
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from nsmo.study.about import Further, Method
from nsmo.study.benchmarks import COLUMNS as OF_BENCHMARKS
from nsmo.study.ensemble import COLUMNS as OF_ENSEMBLE
from nsmo.study.margins import COLUMNS as OF_MARGINS
from nsmo.study.placeholders import PLACEHOLDERS, VERDICTS

#: The stages that every wave has, and those that need more than an export.
ALWAYS = ("ingest", "clean", "weight", "topline", "questionnaire", "fieldwork", "publish")
FURTHER = ("crosstabs trend", "bounds claims published", "coverage", "trust", "choices", "method")
SOURCE = "https://example.org/x"
_WORDS = ("Bread", "Rye & <b>", "Zoë's", "50 %", "$x$", "=1+1", "a, b; c", "{name}", "मस्ते", "None", "NA")
_TESTED = ("is", "is_not", "missing", "all", "any", "not", "number", "has")
_BASES = ("asked", "answered", "all")


class Study:
    """One wave at random; `write` puts its files below a folder.

    Parameters
    ----------
    chance : random.Random
        Decides everything.
    wave : str
        The wave.
    """

    def __init__(self, chance: random.Random, wave: str = "w") -> None:
        self.chance, self.wave = chance, wave
        self.respondents = chance.choice([0, 1, *[2, 3, 12, 30, 60, 90, 150] * 3])
        self.further = [names for names in FURTHER if self.maybe(0.7)]
        self.bilingual = chance.random() < 0.4
        self.questions: list[dict] = []
        self.derived: list[dict] = []
        #: Name to type and options of everything that can be asked about.
        self.known: dict[str, tuple[str, list[str]]] = {}
        self.batteries: dict[str, list[str]] = {}
        self.tops: set[str] = set()
        self._ask()
        self._derive()
        self.source = self._source()
        self.rules = self._rules()
        self.published = self._published() if chance.random() < 0.6 else None
        self.about = self._about()

    # ------------------------------------------------------------------------------- small things

    def maybe(self, share: float) -> bool:
        return self.chance.random() < share

    def text(self, what: str) -> Any:
        words = f"{what} {self.chance.choice(_WORDS)}"
        return {"nl": f"{words} nl", "en": words} if self.bilingual else words

    def labelled(self, name: str, **more: Any) -> dict:
        label = self.text(name)
        return {"name": name} | (label if isinstance(label, dict) else {"label": label}) | more

    def of(self, *types: str) -> list[str]:
        """The names of what has one of these types."""
        return [name for name, (kind, _) in self.known.items() if kind in types]

    def pick(self, *types: str) -> str | None:
        names = self.of(*types)
        return self.chance.choice(names) if names else None

    def option(self, name: str) -> str:
        return self.chance.choice(self.known[name][1])

    def condition(self, depth: int = 0) -> dict:
        """A condition on what stands above."""
        test = self.chance.choice(_TESTED)
        if test in ("all", "any") and depth < 2:
            return {test: [self.condition(depth + 1) for _ in range(self.chance.randint(1, 2))]}
        if test == "not" and depth < 2:
            return {"not": self.condition(depth + 1)}
        kinds = {"number": ("numeric",), "has": ("multi",)}.get(test, ("single", "ordinal"))
        name = self.pick(*kinds)
        if name is None or test == "missing":
            reasons: Any = self.chance.choice([True, ["no_answer"], ["not_asked", "dont_know"]])
            return {"question": self.chance.choice(list(self.known)), "missing": reasons}
        if test == "number":
            return {"question": name, self.chance.choice(["at_least", "above", "at_most", "below"]): 3}
        word = "has" if test == "has" else self.chance.choice(["is", "is_not"])
        return {"question": name, word: self.chance.sample(self.known[name][1], 1)}

    # ------------------------------------------------------------------------------ questionnaire

    def _ask(self) -> None:
        kinds = ["single", "ordinal", "multi", "numeric", "text", "date", "battery", "amounts"]
        for place in range(self.chance.randint(1, 6)):
            kind = self.chance.choice(kinds)
            about = {"name": f"q{place}", "type": kind, "text": self.text("Asked"), "label": self.text("Q")}
            if self.maybe(0.3):
                about["page"] = 1 + place
            if self.known and self.maybe(0.25):
                about["asked_if"] = self.condition()
            if kind in ("battery", "amounts"):
                about = self._battery(about, "ordinal" if kind == "battery" else "numeric")
            else:
                self._question(about, place)
            self.questions.append(about)

    def _question(self, about: dict, place: int) -> None:
        kind, name = about["type"], about["name"]
        options = [f"o{i}" for i in range(self.chance.choice([2, 2, 3, 5, 12]))]
        if kind in ("single", "ordinal"):
            about |= {"column": f"C{place}", "options": self._options(options, kind)}
        elif kind == "multi":
            way = self.chance.choice(["ticks", "joined", "columns"])
            if way == "ticks":
                about["options"] = [self.labelled(o, column=f"C{place}_{o}") for o in options]
            elif way == "joined":
                about |= {"column": f"C{place}", "separator": ";", "options": self._options(options, kind)}
            else:
                columns = [f"C{place}_{i}" for i in range(2)]
                about |= {"columns": columns, "options": self._options(options, kind)}
        else:
            about["column"] = f"C{place}"
        if kind == "ordinal" and self.maybe(0.5):
            about["top_box"] = options[-self.chance.randint(1, 2) :]
            self._topped(about["top_box"], [name])
        if kind in ("single", "ordinal", "numeric") and self.maybe(0.4):
            reasons = ["dont_know", "refused", "not_asked", "no_answer"]
            about["missing"] = [
                self.labelled("", code=str(code), reason=self.chance.choice(reasons)) for code in (98, 99)
            ]
            for one in about["missing"]:
                del one["name"]
        if kind == "numeric" and self.maybe(0.3):
            about |= {"minimum": 0, "maximum": 1000, "unit": self.text("loaves")}
        if kind == "single" and self.maybe(0.3):
            about["other"] = {"column": f"C{place}_other", "code": "oth", "label": "Other"}
        if kind in ("text", "date") and self.maybe(0.5):
            about["identifying"] = True
        if self.maybe(0.4):
            about["base"] = self.chance.choice(_BASES)
        if self.maybe(0.3) and not about.get("identifying"):
            about["role"] = "background"
        if not about.get("identifying"):
            closed = kind in ("single", "ordinal", "multi")
            self.known[name] = kind, (options if closed else []) + ["other"] * ("other" in about)

    def _topped(self, box: list[str], names: list[str]) -> None:
        """Mark what has a top box to speak of; now and then one that has not."""
        if len(box) > 1 or self.maybe(0.1):
            self.tops |= set(names)

    def _options(self, names: list[str], kind: str) -> list[dict]:
        scores = kind == "ordinal" and self.maybe(0.2)
        return [
            self.labelled(name, code=name.upper(), **({"score": place * 2.5} if scores else {}))
            for place, name in enumerate(names)
        ]

    def _battery(self, about: dict, kind: str) -> dict:
        name = about.pop("name")
        del about["label"]
        items = [f"{name}_{i}" for i in range(self.chance.randint(2, 4))]
        about |= {"battery": name, "type": kind}
        about["items"] = [self.labelled(item, column=item) for item in items]
        for item in about["items"]:
            item["label"] = {key: item.pop(key) for key in ("nl", "en") if key in item} or item["label"]
        options = ["low", "mid", "high"] if kind == "ordinal" else []
        if options:
            about["options"] = self._options(options, kind)
            if self.maybe(0.5):
                about["top_box"] = self.chance.choice([["high"], ["mid", "high"]])
                self._topped(about["top_box"], items)
        self.batteries[name] = items
        self.known |= dict.fromkeys(items, (kind, options))
        return about

    def _derive(self) -> None:
        for place in range(self.chance.randint(0, 4)):
            kind = self.chance.choice(["recode", "count", "mean", "flag", "first_match", "cross"])
            about: dict = {"name": f"d{place}", "kind": kind, "label": self.text("D")}
            if self.maybe(0.3):
                about["base"] = self.chance.choice(_BASES)
            options: list[str] = []
            made = "numeric"
            single, several, scales = self.pick("single", "ordinal"), self.pick("multi"), self.of("ordinal")
            if kind == "recode" and single and len(self.known[single][1]) > 2:
                every = self.known[single][1]
                at, options, made = self.chance.randint(1, len(every) - 1), ["lo", "hi"], "single"
                groups = zip(options, (every[:at], every[at:]), strict=True)
                about |= {"from": single, "options": [self.labelled(n, of=o) for n, o in groups]}
            elif kind == "count" and several:
                about |= {"of": several, "exclude": self.known[several][1][-1:] if self.maybe(0.3) else []}
            elif kind == "mean" and len(scales) > 1:
                about |= {"of": scales[:3], "min_answered": self.chance.randint(1, min(3, len(scales)))}
            elif kind == "flag" and self.known:
                about["when"], options, made = self.condition(), ["yes", "no"], "single"
            elif kind == "first_match" and self.known:
                options, made = ["first", "second"], "single"
                about["options"] = [self.labelled(name, when=self.condition()) for name in options]
                about["ordered"] = self.maybe(0.5)
                made = "ordinal" if about["ordered"] else made
                about["otherwise"] = self.chance.choice(["missing", "second", self.labelled("rest")])
                options = options + ["rest"] * isinstance(about["otherwise"], dict)
            elif kind == "cross" and len(self.of("single", "ordinal")) > 1:
                of, made = self.chance.sample(self.of("single", "ordinal"), 2), "single"
                options = [f"{a}_{b}" for a in self.known[of[0]][1] for b in self.known[of[1]][1]]
                about["of"] = of
            else:
                continue
            self.derived.append(about)
            self.known[about["name"]] = made, options

    def _source(self) -> dict:
        source: dict = {"file": "responses.csv", "format": "csv", "key": "id", "ticked": "Y"}
        source |= {"encoding": "utf-8", "missing_codes": ["", "-9"], "date_formats": ["%Y-%m-%d"]}
        if self.maybe(0.6):
            names = ["submitted", "started", "last_page", "duration", "language", "token"]
            source["paradata"] = {name: f"p_{name}" for name in names if self.maybe(0.8)}
            source["date_formats"].append("%Y-%m-%d %H:%M:%S")
        self.design = [w for w in ("weight", "stratum", "cluster", "fpc", "panel_key") if self.maybe(0.5)]
        if self.maybe(0.3):
            source["design"] = {what: f"w_{what}" for what in self.design}
            if self.maybe(0.4) and "weight" in self.design:
                source["design"] = {"weight": "w_weight", "replicates": "rw1 to rw8"}
        return source

    # --------------------------------------------------------------------------------------- rules

    def _rules(self) -> dict:
        rules: dict = {"cleaning": self._cleaning()}
        if self.maybe(0.6):
            rules["weighting"] = self._weighting()
            if rules["weighting"] is None:
                del rules["weighting"]
        if self.maybe(0.6):
            rules["crosstabs"] = self._crosstabs()
        if self.maybe(0.5):
            limits = {"suppress": ["linked", "base"], "min_base": [1, 3, 10, 1000], "min_count": [1, 3, 50]}
            limits |= {"max_share": [0.01, 0.5, 1], "dominance": [0, 50, 99.9], "width": [2, 40]}
            limits |= {"min_givers": [1, 3, 1000], "digits": [1, 6], "keep_rows": [True, False]}
            rules["privacy"] = {
                key: self.chance.choice(ones) for key, ones in limits.items() if self.maybe(0.4)
            }
            if group := self.pick("single", "ordinal"):
                rules["privacy"]["groupings"] = [group]
        if self.maybe(0.4):
            limits = {
                "min_last_page": [1, 99],
                "speeder_ratio": [0.01, 0.5, 0.99],
                "straightline_items": [2, 99],
            }
            limits |= {"min_category": [1, 5, 1000], "max_ratio": [1.01, 3, 1e6], "replicates": [2, 30]}
            limits |= {"max_dropped": [0.0, 1.0], "min_effective_n": [0, 5, 1e6], "max_deff": [1, 1e6]}
            limits |= {"confidence": [0.01, 0.5, 0.999999], "min_n": [1, 2, 1000], "classes": [1, 2, 100]}
            rules["thresholds"] = {
                key: self.chance.choice(ones) for key, ones in limits.items() if self.maybe(0.4)
            }
        return rules

    def _cleaning(self) -> dict:
        found: list[dict] = []
        paradata = self.source.get("paradata", {})
        asked = [name for name in self.known if not name.startswith("d")]
        one = [name for name in asked if self.known[name][0] != "multi"]
        for kind in ("condition", "pattern", "partial", "speeder", "straightline", "duplicate"):
            rule: dict = {"name": f"r_{kind}", "kind": kind, "reason": self.text("Out")}
            if not self.maybe(0.35):
                continue
            if kind == "condition" and asked:
                rule["when"] = {"question": self.chance.choice(asked), "missing": True}
            elif kind == "pattern" and one:
                rule |= {"questions": [self.chance.choice(one)], "pattern": "^(O|test)0?$"}
            elif kind == "straightline" and self.batteries:
                rule["battery"] = self.chance.choice(list(self.batteries))
            elif kind == "duplicate" and one and "submitted" in paradata:
                rule |= {"by": [self.chance.choice(one)], "keep": self.chance.choice(["first", "last"])}
            elif (kind == "partial" and {"submitted", "last_page"} <= paradata.keys()) or (
                kind == "speeder" and {"submitted", "duration"} <= paradata.keys()
            ):
                pass
            else:
                continue
            found.append(rule)
        self.chance.shuffle(found)
        others = [q["name"] for q in self.questions if "other" in q]
        return {"rules": found, "other_texts": {name: {"o0": ["stall", "A Stall"]} for name in others}}

    def _weighting(self) -> dict | None:
        way = self.chance.choice(["given", "margins", "margins", "both", "propensity"])
        found: dict = {"population": self.text("All shops")}
        single = [n for n in self.of("single", "ordinal") if 1 < len(self.known[n][1]) < 13]
        design = self.source.get("design", {})
        if way in ("given", "both") and "weight" in design:
            given: dict = {
                "lonely_psu": self.chance.choice(["adjust", "average", "remove", "certainty", "fail"])
            }
            given["zero"] = self.chance.choice(["refuse", "keep"])
            if "replicates" in design:
                kind = self.chance.choice(["BRR", "Fay", "JK1", "bootstrap", "JK2", "successive-difference"])
                given["replicates"] = {"type": kind} | ({"rho": 0.3} if kind == "Fay" else {})
            elif way == "given" and self.maybe(0.4):
                given["trim"] = 2.5
            found["given"] = self.chance.choice([True, given]) if "replicates" not in design else given
        if way in ("margins", "both") and single:
            named = self.chance.sample(single, min(len(single), self.chance.randint(1, 2)))
            found["margins"] = [{"name": n, "question": n, "population": n} for n in named]
            if self.maybe(0.4):
                every = self.known[named[0]][1]
                found["margins"][0]["merge"] = [self.labelled("merged", of=every[:2])]
            if self.maybe(0.3):
                rates = dict.fromkeys(self.known[named[0]][1], 0.5)
                found["sensitivity"] = [
                    {"name": "s", "margin": named[0], "label": "S", "rates": rates, "source": "Somebody"}
                ]
            if self.maybe(0.3):
                found["alternatives"] = [{"name": "a", "label": "A", "margins": named[:1]}]
                if self.maybe(0.5):
                    found["alternatives"][0]["only"] = {"question": named[0], "is": [self.option(named[0])]}
        elif way == "propensity" and single:
            found["propensity"] = {"by": single[:2], "period": "2020", "source": "Panel", "replicates": 50}
        return found if found.keys() & {"given", "margins", "propensity"} else None

    def _crosstabs(self) -> dict:
        found: dict[str, Any] = {}
        closed = self.of("single", "ordinal")
        if closed and self.maybe(0.8):
            found["banners"] = self.chance.sample(closed, min(2, len(closed)))
            if len(closed) > 1 and self.maybe(0.4):
                found["banners"].append(self.chance.sample(closed, 2))
        if (name := self.pick("single", "multi", "ordinal")) and self.maybe(0.4):
            found["nets"] = {name: [self.labelled("net", of=self.known[name][1][:2])]}
        if self.maybe(0.3) and (name := self.pick("single", "multi", "ordinal", "numeric")):
            found["questions"] = [name]
        amounts = [name for name, items in self.batteries.items() if self.known[items[0]][0] == "numeric"]
        if amounts and self.maybe(0.5):
            found["rankings"] = amounts[:1]
        return found | {"adjust": self.chance.choice(["holm", "none"])}

    # ------------------------------------------------------------------------ about the study

    def estimate(self) -> dict | None:
        """What a statement may be about."""
        kind = self.chance.choice(["proportion", "proportion", "mean", "ranking"])
        if kind == "mean" and (name := self.pick("numeric", "ordinal")):
            return {"measure": "mean", "question": name}
        if (name := self.pick("single", "multi", "ordinal")) is None:
            return None
        if kind == "ranking":
            return {"measure": "ranking", "question": name, "higher": [self.option(name)]}
        found: dict = {"measure": "proportion", "question": name, "option": self.option(name)}
        if self.maybe(0.3) and (group := self.pick("single", "ordinal")):
            found["where"] = {"question": group, "is": [self.option(group)]}
        return found

    def _published(self) -> dict | None:
        claims: list[dict] = []
        for place in range(self.chance.randint(1, 5)):
            estimate = self.estimate()
            claim: dict = {"id": f"c{place}", "topic": self.chance.choice(["one", "two"]), "source": "s"}
            claim |= {
                "statement": self.text("Said"),
                "unit": "percent",
                "decimals": self.chance.choice([0, 1]),
            }
            if estimate is None or self.maybe(0.1):
                claim |= {"type": "unmeasured", "why": self.text("Not asked")}
                del claim["unit"], claim["decimals"]
            elif estimate["measure"] == "ranking":
                claim |= {"type": "extreme", "estimate": estimate}
            else:
                kind = self.chance.choice(["exact", "about", "almost", "over", "more_than", "fraction"])
                if estimate["measure"] == "mean":
                    claim["unit"], kind = "score", "exact"
                figure = {"fraction": "1/3"} if kind == "fraction" else {}
                figure = figure or {"published": self.chance.choice([0, 33, 50, 99, 100])}
                claim |= {"type": kind, "estimate": estimate, "wording": "a third"} | figure
            claims.append(claim)
        found: dict = {
            "sources": {
                "s": {"title": "T", "publisher": "P", "url": "https://example.org", "seen": "complete"}
            },
            "claims": claims,
        }
        if self.maybe(0.95):
            found["respondents"] = {"n": max(1, self.respondents), "source": "s", "wording": "so many"}
        if self.maybe(0.3) and self.known:
            found["quantities"] = [{"id": "x", "text": self.text("X"), "when": self.condition()}]
        return found

    def _about(self) -> dict:
        period = {
            key: self.chance.choice([None, date(2026, month, 5)])
            for key, month in (("from", 1), ("until", 2))
        }
        about: dict = {"title": self.text("Shops"), "field_period": period | {"certainty": "assumed"}}
        if self.maybe(0.4):
            about["publisher"] = {"name": "P <b>"}
        if self.maybe(0.5):
            about["design"] = self.chance.choice(["probability", "open_call", "panel", "quota"])
        if self.maybe(0.4):
            told = [
                "not_published",
                {"label": "Told & <i>", "source": "S", "certainty": "inferred"},
            ]
            items = [name for name in Method.model_fields if name != "further"]
            about["method"] = {name: self.chance.choice(told) for name in items}
            if self.maybe(0.5):
                about["method"]["further"] = {self.chance.choice(Further.__args__): told[1]}
        if self.maybe(0.3):
            about["citation"] = {"authors": self.text("A"), "licence": {"name": "CC0"}, "contact": "the desk"}
        about["headlines"] = [one for _ in range(self.chance.randint(0, 3)) if (one := self._headline())]
        if self.maybe(0.3):
            about["unknown"] = [self.text("Unknown")]
        if self.maybe(0.3):
            about["recruiting"] = self.text("A call")
        if self.maybe(0.4):
            judged = ["trust", "method"] * bool(about["headlines"] or self.maybe(0.1))
            about["remarks"] = {page: [self.text("Mind")] for page in ("claims", "published", *judged)}
        if self.maybe(0.3):
            about["errors"] = [{"source": "coverage", "direction": "unknown", "text": self.text("E")}]
        if self.bilingual and self.maybe(0.3):
            about["languages"] = ["nl", "en"]
        return about

    def _headline(self) -> dict | None:
        name = self.pick("single", "multi", "ordinal", "numeric")
        if name is None:
            return None
        found = {"question": name}
        if self.known[name][0] != "numeric":
            found["option"] = "top" if name in self.tops and self.maybe(0.5) else self.option(name)
        if self.maybe(0.3) and (groups := self.groups()):
            found["by"] = self.chance.choice(groups)
        return found

    def groups(self) -> list[str]:
        """What makes groups in tables; now and then something that does not."""
        banners = self.rules.get("crosstabs", {}).get("banners", [])
        named = [one for one in banners if isinstance(one, str)] if "crosstabs trend" in self.further else []
        return self.of("single", "ordinal") if self.maybe(0.1) else named

    def report(self, previous: str = "") -> dict[str, str]:
        """The texts of the report, by language; the same parts in each."""
        parts = []
        for place in range(self.chance.randint(1, 3)):
            lines = [line for _ in range(self.chance.randint(1, 6)) if (line := self._placeholder(previous))]
            parts.append(f"## Part {place} {{#part{place}}}\n\n" + "\n\n".join(lines) + "\n")
        text = "# Shops *now*\n\nA $first$ paragraph.\n\n" + "\n".join(parts)
        return dict.fromkeys(self.chance.choice([["nl"], ["en"], ["nl", "en"]]), text)

    def _placeholder(self, previous: str) -> str | None:
        name = self.chance.choice(list(PLACEHOLDERS))
        known = PLACEHOLDERS[name]
        subject = self.pick("single", "multi", "ordinal", "numeric")
        given: dict[str, str] = {}
        statements = [claim["id"] for claim in (self.published or {"claims": []})["claims"]]
        of_claims = name in ("statement", "printed", "verdict", "statements", "agreeing", "disputed")
        judged = self.published is not None and "bounds claims published" in self.further
        if (of_claims and not judged) or (name in ("changed", "earlier") and not previous):
            return None
        if name in ("base", "interval", "evidence", "adjusted", "clear", "changed", "earlier"):
            subject = self.pick("numeric", "ordinal")
        if name == "mean":
            subject = self.pick("numeric", "ordinal")
        if name in ("share", "count", "answer") or (name == "figure" and self.maybe(0.3)):
            subject = self.pick("single", "multi", "ordinal")
        for key in (*known.needs, *(key for key in known.takes if self.maybe(0.3))):
            if key == "question" and subject:
                given[key] = subject
            elif key == "option" and subject and self.known[subject][1]:
                given[key] = self.option(subject)
            elif key in ("by", "group") and (given.get("by") or (groups := self.groups())):
                given["by"] = group = given.get("by") or self.chance.choice(groups)
                if key == "group":
                    given[key] = self.option(group)
            elif key == "statement" and statements:
                given[key] = self.chance.choice(statements)
            elif key == "page":
                given[key] = self.chance.choice(["questions", "made", "data", "topline"])
            elif key == "which":
                given[key] = self.chance.choice(VERDICTS)
            elif key in known.needs:
                return None
        inner = ", ".join(f'{key}="{value}"' for key, value in given.items())
        return f"{{{{ {name}({inner}) }}}}" if known.block else f"So {{{{ {name}({inner}) }}}} it is."

    # --------------------------------------------------------------------------------------- files

    def answers(self) -> list[list[str]]:
        """The export: a header and a row for each respondent."""
        rows = [self._row(place) for place in range(self.respondents)]
        head = list(dict.fromkeys(name for row in [self._row(0), *rows] for name in row))
        return [head, *([row.get(name, "") for name in head] for row in rows)]

    def _row(self, place: int) -> dict[str, str]:
        chance, row = self.chance, {"id": str(place + 1)}
        moment = f"2026-01-{1 + place % 28:02d} 10:{place % 60:02d}:00"
        values = {
            "submitted": moment if place % 7 else "",
            "started": moment,
            "last_page": str(1 + place % 6),
        }
        values |= {"duration": str(60 + place % 9 * 50), "language": "nl", "token": f"t{place}"}
        row |= {column: values[name] for name, column in self.source.get("paradata", {}).items()}
        design = self.source.get("design", {})
        values = {"weight": f"{0.5 + place % 5 / 2}", "stratum": f"s{place % 3}", "cluster": f"c{place % 9}"}
        values |= {"fpc": "5000", "panel_key": f"k{place}"}
        row |= {column: values[name] for name, column in design.items() if name != "replicates"}
        if "replicates" in design:
            row |= {f"rw{i}": f"{chance.choice([0.5, 1, 1.5])}" for i in range(1, 9)}
        for asked in self.questions:
            for one in asked.get("items", [asked]):
                row |= self._cells(asked, one["column"] if "items" in asked else asked.get("column"))
        return row

    def _cells(self, asked: dict, column: str | None) -> dict[str, str]:
        chance = self.chance
        codes = [option.get("code", "") for option in asked.get("options", [])]
        missing = [one["code"] for one in asked.get("missing", [])]
        kind = asked["type"]
        if kind == "multi" and column is None and "columns" not in asked:
            return {option["column"]: chance.choice(["Y", ""]) for option in asked["options"]}
        if kind == "multi":
            chosen = chance.sample(codes, chance.randint(0, 2))
            if column is not None:
                return {column: ";".join(chosen)}
            return dict(zip(asked["columns"], [*chosen, "", ""], strict=False))
        assert column is not None
        if kind in ("single", "ordinal"):
            cell = chance.choice([codes[0], codes[0], *codes, *missing, ""] + ["oth"] * ("other" in asked))
            other = {asked["other"]["column"]: chance.choice(["stall", "mine"])} if cell == "oth" else {}
            return {column: cell, **({asked["other"]["column"]: ""} if "other" in asked else {}), **other}
        values = {"numeric": ["1", "2", "0", "7.5", "300", "", *missing], "date": ["2026-01-03", ""]}
        return {column: chance.choice(values.get(kind, ["well", "Well ", "so so", ""]))}

    def write(self, root: Path, previous: str = "") -> Path:
        """Write the wave, and name it in params.yaml; returns its folder.

        Parameters
        ----------
        root : Path
            A copy of the engine.
        previous : str, optional
            The wave before it.
        """
        folder = root / "data/raw" / self.wave
        folder.mkdir(parents=True)
        head = {"study": "s", "unit": self.text("shops"), "language": self.chance.choice(["nl", "en", "de"])}
        head["provenance"] = self.chance.choice(["real", "real", "reconstructed"])
        about = self.about | ({"previous": [previous]} if previous else {})
        asked = {"source": self.source, "questions": self.questions, "derived": self.derived}
        parts = {"questionnaire": head | asked, "rules": self.rules, "study": about}
        if self.published:
            parts["published"] = self.published
        for name, content in parts.items():
            text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
            (folder / f"{name}.yaml").write_text(text, "utf-8")
        self._tables(folder)
        if self.maybe(0.6):
            for code, text in self.report(previous).items():
                (folder / f"report.{code}.md").write_text(text, "utf-8")
        self._name(root, previous)
        return folder

    def _tables(self, folder: Path) -> None:
        weighting = self.rules.get("weighting", {})
        margins: list[tuple[str, ...]] = [OF_MARGINS]
        for margin in weighting.get("margins", []):
            for option in self.known[margin["question"]][1]:
                count = str(self.chance.choice([10, 100, 2000]))
                margins.append(
                    (margin["population"], option, count, "T", "2026", "final", "seen", SOURCE, "")
                )
        reference: list[list[str]] = []
        if "propensity" in weighting:
            by = weighting["propensity"]["by"]
            reference = [[*by, "weight"]]
            reference += [[*(self.option(name) for name in by), "12.5"] for _ in range(60)]
        _write(folder / "responses.csv", self.answers())
        _write(folder / "population.csv", margins)
        _write(folder / "ensemble.csv", [OF_ENSEMBLE])
        _write(folder / "benchmarks.csv", [OF_BENCHMARKS])
        _write(folder / "reference.csv", reference)
        for name in ("published.yaml", "assumptions.yaml"):
            if not (folder / name).exists():
                (folder / name).write_text("", "utf-8")

    def _name(self, root: Path, previous: str) -> None:
        path = root / "params.yaml"
        params = yaml.safe_load(path.read_text("utf-8"))
        stages = {name for names in (*ALWAYS, *self.further) for name in names.split()}
        if not self.published:
            stages -= {"bounds", "claims", "published"}
        if "method" not in self.about or not self.about["headlines"] or "trust" not in stages:
            stages -= {"method"}
        if not self.about["headlines"]:
            stages -= {"trust"}
        for name, waves in params["waves"].items():
            if name not in stages:
                continue
            if isinstance(waves, dict):
                before = f"{previous}/trend" if previous else f"{self.wave}/weight"
                waves[self.wave] = "responses.csv" if name == "ingest" else before
            else:
                waves.append(self.wave)
        params["bounds"]["sizes"][self.wave] = self.chance.choice([[], [20], [30, 60]])
        params["claims"]["directional"][self.wave] = []
        params["bounds"]["nodes"] = self.chance.choice([1, 300])
        params["coverage"] |= {"replications": self.chance.choice([1, 20]), "odds": [1, 5]}
        params["published"] |= {
            "draws": self.chance.choice([1, 20]),
            "horizons": self.chance.choice([[], [40]]),
        }
        params["implied_base"]["base_sizes"] = self.chance.choice([[20, 60], [1, 1]])
        params["weight"] |= {"replicates": 20, "min_category": 3}
        params["clean"]["straightline_items"] = self.chance.choice([2, 2, 2, 8])
        params["crosstabs"]["sheets"] = self.chance.choice(["question", "one"])
        params["trust"]["tilt_odds"] = self.chance.choice([[2], [0.5, 1e6]])
        params["publish"]["language"] = self.chance.choice(["nl", "en"])
        path.write_text(yaml.safe_dump(params, sort_keys=False), "utf-8")


def _write(path: Path, rows: list) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
