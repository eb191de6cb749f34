"""Questionnaires at random, with answers at random as an export has them."""

import random

import pandas as pd
import yaml

from nsmo.study import load_codebook

CODES = ["A1", "A2", "A3"]
#: What stands in a cell besides a code: blanks of every kind, an odd decimal sign, another form of date.
TEXTS = ["", "", "kiosk", "Kiosk ", "a stall", "kiosk, a stall", "test", "x y"]


def questionnaire(chance: random.Random) -> tuple[dict, dict]:
    """A questionnaire at random, with rules in an order at random."""
    questions, kinds = [], ["single", "ordinal", "multi", "numeric", "text", "date"]
    for i in range(chance.randint(2, 5)):
        kind = kinds[i] if i < 2 else chance.choice(kinds)
        about = {
            "name": f"q{i}",
            "type": kind,
            "label": f"Q {i}",
            "text": f"Question {i}?",
            "page": 1 + i // 2,
        }
        options = [{"name": f"o{j}", "code": code, "label": f"O {j}"} for j, code in enumerate(CODES)]
        if kind in ("single", "ordinal"):
            about |= {"column": f"C{i}", "options": options}
            if chance.random() < 0.5:
                about["missing"] = [{"code": "DK", "reason": "dont_know", "label": "Don't know"}]
        elif kind == "multi":
            about["options"] = [
                {"name": f"o{j}", "column": f"C{i}_{j}", "label": f"O {j}"} for j in range(len(CODES))
            ]
        else:
            about["column"] = f"C{i}"
        if kind in ("single", "multi") and chance.random() < 0.7:
            about["other"] = {"column": f"C{i}_other", "label": "Other"}
            if kind == "single":
                about["other"]["code"] = "-oth-"
        if i and chance.random() < 0.3:
            about["asked_if"] = {"question": "q0", "is": ["o0", "o1"]}
        questions.append(about)
    rules = [
        {"name": "last", "kind": "condition", "when": {"question": "q0", "is": ["o2"]}, "reason": "Out"},
        {"name": "partial", "kind": "partial", "reason": "Not finished"},
        {"name": "fast", "kind": "speeder", "reason": "Too fast"},
        {"name": "again", "kind": "duplicate", "by": ["q0", "q1"], "reason": "Again"},
        {"name": "again2", "kind": "duplicate", "by": ["q1"], "keep": "first", "reason": "Once more"},
    ]
    chance.shuffle(rules)
    source = {
        "file": "responses.parquet",
        "format": "parquet",
        "key": "id",
        "ticked": "Y",
        "missing_codes": [""],
        "date_formats": ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d", "%d-%m-%Y"],
        "paradata": {"submitted": "done", "last_page": "page", "duration": "time", "token": "token"},
    }
    head = {"study": "pieces", "unit": "stalls", "language": "en", "provenance": "real", "source": source}
    cleaning = {"rules": rules[: chance.randint(0, 5)], "other_texts": {}}
    return head | {"questions": questions}, {"cleaning": cleaning, "privacy": {"min_givers": 3}}


def answers(document: dict, n: int, chance: random.Random) -> pd.DataFrame:
    """Cells at random, as an export has them."""
    rows = []
    for i in range(n):
        row = {"id": f"r{i}", "token": f"t{i}", "page": chance.choice(["1", "2", "3"])}
        row["done"] = chance.choice(["", "2018-01-0{} 10:00:00", "2018-02-0{} 11:00:00"]).format(i % 9 + 1)
        row["time"] = chance.choice(["", "12", "40", "55.5", "60", "61"])
        for question in document["questions"]:
            name, kind = question.get("column", ""), question["type"]
            if kind in ("single", "ordinal"):
                more = ["DK"] if "missing" in question else []
                more += ["-oth-"] if "other" in question else []
                row[name] = chance.choice([*CODES, " A1", "", *more])
            elif kind == "multi":
                row |= {option["column"]: chance.choice(["Y", "", ""]) for option in question["options"]}
            else:
                values = {"numeric": ["1", "2,5", "2.5", ""], "date": ["2018-03-01", "01-03-2018", ""]}
                row[name] = chance.choice(values.get(kind, TEXTS))
            if "other" in question:
                row[question["other"]["column"]] = chance.choice(TEXTS)
        rows.append(row)
    return pd.DataFrame(rows).rename(columns={"time": " time"} if chance.random() < 0.5 else {})


def wave(folder, document, rules, cells):
    """Write a wave whose export is a folder of files, and return its codebook."""
    export = folder / "responses.parquet"
    export.mkdir(parents=True, exist_ok=True)
    half = len(cells) // 2
    cells.iloc[:half].to_parquet(export / "part-0.parquet")
    cells.iloc[half:].to_parquet(export / "part-1.parquet")
    (folder / "questionnaire.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    (folder / "rules.yaml").write_text(yaml.safe_dump(rules, sort_keys=False))
    return load_codebook(folder, ["questionnaire.yaml", "rules.yaml"]), export
