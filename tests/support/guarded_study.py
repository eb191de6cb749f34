"""A study of real answers with every kind of figure that could give a hidden one away, in two waves."""

import csv
import random
from pathlib import Path

import yaml

from nsmo.study.benchmarks import COLUMNS as OF_BENCHMARKS
from nsmo.study.ensemble import COLUMNS as OF_ENSEMBLE
from nsmo.study.margins import COLUMNS as OF_MARGINS

STAGES = (
    "clean",
    "weight",
    "topline",
    "trend",
    "crosstabs",
    "trust",
    "choices",
    "questionnaire",
    "fieldwork",
)
SCALE = ["very_bad", "bad", "fair", "good", "very_good"]
REGIONS = {"north": 40, "south": 35, "east": 20, "isles": 5}
AGES = {"young": 30, "middle": 40, "old": 24, "oldest": 6}

QUESTIONNAIRE = """\
study: g
unit: members
language: en
provenance: real
base: replied
source:
  file: responses.csv
  format: csv
  key: id
  encoding: utf-8
  ticked: "Y"
  missing_codes: [""]
  date_formats: ["%Y-%m-%d %H:%M:%S"]
  paradata: {submitted: sub, duration: secs}
  design: {panel_key: pan}
questions:
  - name: region
    type: single
    column: region
    role: background
    label: Region
    text: Where do you live?
    options:
      - {name: north, code: north, label: North}
      - {name: south, code: south, label: South}
      - {name: east, code: east, label: East}
      - {name: isles, code: isles, label: Isles}
  - name: age
    type: ordinal
    column: age
    role: background
    label: Age
    text: How old are you?
    options:
      - {name: young, code: young, label: Young}
      - {name: middle, code: middle, label: Middle}
      - {name: old, code: old, label: Old}
      - {name: oldest, code: oldest, label: Oldest}
  - name: pays
    type: single
    column: pays
    label: Pays
    text: Do you pay a fee?
    options:
      - {name: paying, code: "yes", label: Paying}
      - {name: free, code: "no", label: Free}
  - name: fee
    type: single
    column: fee
    label: Fee
    text: What do you think of the fee?
    asked_if: {question: pays, is: [paying]}
    options:
      - {name: low, code: low, label: Too low}
      - {name: right, code: right, label: Right}
      - {name: high, code: high, label: Too high}
    missing: [{reason: dont_know, code: dk, label: Do not know}]
  - name: uses
    type: multi
    label: Uses
    text: What do you use?
    options:
      - {name: pool, column: u_pool, label: Pool}
      - {name: gym, column: u_gym, label: Gym}
      - {name: court, column: u_court, label: Court}
      - {name: boat, column: u_boat, label: Boat}
    other: {column: u_other, label: Other}
  - battery: rated
    type: ordinal
    text: How do you rate …
    options:
      - {name: very_bad, code: "1", label: Very bad}
      - {name: bad, code: "2", label: Bad}
      - {name: fair, code: "3", label: Fair}
      - {name: good, code: "4", label: Good}
      - {name: very_good, code: "5", label: Very good}
    missing:
      - {reason: dont_know, code: "8", label: Do not know}
      - {reason: refused, code: "9", label: Rather not}
    top_box: [good, very_good]
    items:
      - {name: staff, column: r_staff, label: Staff}
      - {name: price, column: r_price, label: Price}
      - {name: place, column: r_place, label: Place}
  - name: channel
    type: single
    column: channel
    label: Channel
    text: How did you hear of us?
    other: {column: ch_other, code: other, label: Other}
    options:
      - {name: friends, code: friends, label: Friends}
      - {name: web, code: web, label: Website}
      - {name: paper, code: paper, label: Newspaper}
      - {name: radio, code: radio, label: Radio}
      - {name: poster, code: poster, label: Poster}
  - name: visits
    type: numeric
    column: visits
    minimum: 0
    label: Visits
    text: How often did you come this year?
  - name: spent
    type: numeric
    column: spent
    minimum: 0
    label: Spent
    text: How much did you spend?
derived:
  - name: age_class
    kind: recode
    from: age
    label: Age class
    options:
      - {name: younger, label: Younger, of: [young, middle]}
      - {name: older, label: Older, of: [old, oldest]}
  - {name: n_uses, kind: count, of: uses, label: Number of uses}
  - {name: opinion, kind: mean, of: [staff, price, place], min_answered: 2, label: Opinion}
  - {name: pleased, kind: flag, when: {question: staff, is: [very_good]}, label: Pleased}
"""
RULES = """\
thresholds: {min_category: 10, min_n: 10, min_effective_n: 10}
cleaning:
  rules:
    - {name: fast, kind: speeder, reason: Too fast}
  other_texts:
    uses: {boat: [canoe]}
weighting:
  population: All members
  words: weighted
  margins:
    - name: region
      question: region
      population: region
      merge: [{name: far, label: Far, of: [south, isles]}]
    - name: age
      question: age
      population: age
      merge: [{name: elder, label: Elder, of: [middle, oldest]}]
crosstabs:
  banners: [region, age, pays, uses, [age_class, pays]]
  nets:
    channel: [{name: media, label: Media, of: [paper, radio, poster]}]
"""
STUDY = """\
title: G
field_period: {from: 2026-01-01, until: 2026-01-31, certainty: assumed}
headlines:
  - {question: staff, option: top}
  - {question: uses, option: pool}
  - {question: pays, option: paying, by: region}
  - {question: channel, option: friends, by: age}
"""


def answers(chance: random.Random, respondents: int, *, small: float = 1.0) -> list[dict[str, str]]:
    """Draw an export; `small` makes what is rare rarer."""
    rows = []
    for place in range(respondents):
        region, age = _drawn(chance, REGIONS), _drawn(chance, AGES)
        mood = chance.gauss(3.9 + 0.3 * (region == "north"), 0.9)
        rated = [str(min(5, max(1, round(chance.gauss(mood, 0.7))))) for _ in range(3)]
        rated = [one if chance.random() < 0.95 else chance.choice("889") for one in rated]
        pays = "yes" if chance.random() < 0.55 else "no"
        ways = {"friends": 40, "web": 30, "paper": 12, "radio": 5 * small, "poster": 8 * small, "other": 4}
        channel = _drawn(chance, ways)
        uses = {"pool": 0.6, "gym": 0.45, "court": 0.12, "boat": 0.05 * small}
        row = {
            "id": str(place + 1),
            "sub": f"2026-01-{1 + place * 28 // respondents:02d} {9 + place % 9:02d}:{place % 60:02d}:00",
            "secs": str(240 + chance.randint(0, 300)) if place % 40 else "20",
            "pan": f"k{place}",
            "region": region,
            "age": age,
            "pays": pays,
            "fee": _drawn(chance, {"low": 6 * small, "right": 60, "high": 30, "dk": 6})
            if pays == "yes"
            else "",
            **{f"u_{name}": "Y" if chance.random() < p else "" for name, p in uses.items()},
            "u_other": chance.choice(["canoe", "sauna"]) if chance.random() < 0.04 else "",
            "r_staff": rated[0],
            "r_price": rated[1],
            "r_place": rated[2],
            "channel": channel,
            "ch_other": "an uncle" if channel == "other" else "",
            "visits": str(max(0, round(chance.gauss(14, 8)))),
            "spent": str(round(chance.lognormvariate(4, 0.9), 2)) if chance.random() < 0.96 else "",
        }
        rows.append(row)
    return rows


def _drawn(chance: random.Random, weights: dict[str, float]) -> str:
    return chance.choices(list(weights), list(weights.values()))[0]


def write_wave(
    root: Path, wave: str, rows: list[dict[str, str]], *, previous: str = "", rules: str = RULES
) -> None:
    """Write the files of a wave and name it in params.yaml."""
    raw = root / "data/raw" / wave
    raw.mkdir(parents=True)
    with (raw / "responses.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    texts = {"questionnaire.yaml": QUESTIONNAIRE, "rules.yaml": rules, "study.yaml": STUDY}
    if previous:
        texts["study.yaml"] += f'previous: ["{previous}"]\n'
    texts |= dict.fromkeys(("reference.csv", "published.yaml", "assumptions.yaml"), "")
    for name, columns in (("ensemble", OF_ENSEMBLE), ("benchmarks", OF_BENCHMARKS)):
        texts[f"{name}.csv"] = ",".join(columns) + "\n"
    margins = [OF_MARGINS]
    for name, shares in (("region", REGIONS), ("age", AGES)):
        margins += [
            (name, option, str(1000 + 90 * share), "T", "2026", "final", "seen", "https://example.org/x", "")
            for option, share in shares.items()
        ]
    texts["population.csv"] = "".join(",".join(row) + "\n" for row in margins)
    for name, text in texts.items():
        (raw / name).write_text(text, "utf-8")
    path = root / "params.yaml"
    params = yaml.safe_load(path.read_text("utf-8"))
    for name in (*STAGES, "publish"):
        if isinstance(params["waves"][name], list):
            params["waves"][name].append(wave)
    params["waves"]["ingest"][wave] = "responses.csv"
    params["waves"]["trend"][wave] = f"{previous}/trend" if previous else f"{wave}/weight"
    params["claims"]["directional"][wave] = []
    path.write_text(yaml.safe_dump(params, sort_keys=False), "utf-8")
