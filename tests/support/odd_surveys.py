"""Small made-up exports of surveys with the habits of their tools and countries."""

import csv
import json
import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import openpyxl
import pandas as pd
import pyreadstat


def _write(path: Path, rows: Sequence[Sequence[object]], *, encoding: str = "utf-8", sign: str = ",") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=sign).writerows(rows)
    return path


def _workbook(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    book.save(path)
    return path


def german_google_forms(folder: Path) -> list[Path]:
    """Checkboxes joined by commas, an own text beside them, a scale from 1 to 5, a grid in brackets."""
    chance = random.Random(1)
    offers = ["Bus, Bahn oder Tram", "Fahrrad", "Auto", "Zu Fuß"]
    often = ["Nie", "Selten", "Manchmal", "Oft", "Immer"]
    head = ["Zeitstempel", "Wie alt sind Sie?", "Welche Verkehrsmittel nutzen Sie?"]
    head += [
        "Wie zufrieden sind Sie insgesamt?",
        "Wie oft nutzen Sie … [Morgens]",
        "Wie oft nutzen Sie … [Abends]",
    ]
    head += ["Haben Sie ein Abo?", "Anmerkungen"]
    rows = [head]
    for i in range(80):
        chosen = [offer for offer in offers if chance.random() < 0.5]
        if i % 20 == 0:
            chosen.append(f"Roller Nummer {i}")
        moment = datetime(2026, 5, 1, 8) + timedelta(hours=7 * i)
        rows.append(
            [
                f"{moment:%d.%m.%Y %H:%M:%S}",
                chance.choice(["unter 25", "25 bis 44", "45 bis 64", "65 und älter", "Keine Angabe"]),
                ", ".join(chosen),
                chance.randint(1, 5),
                chance.choice(often),
                chance.choice(often),
                chance.choice(["Ja", "Nein", "Weiß nicht"]),
                "" if i % 3 else f"Mehr Busse, bitte ({i})",
            ]
        )
    return [_write(folder / "Mobilität (Antworten).csv", rows)]


def french_microsoft_forms(folder: Path) -> list[Path]:
    """A workbook with its own columns, multi-selects joined by semicolons, a Likert, a grade."""
    chance = random.Random(2)
    services = ["Prêt de livres", "Espace de travail", "Ateliers; conférences", "Presse"]
    agree = ["Pas du tout d'accord", "Pas d'accord", "Neutre", "D'accord", "Tout à fait d'accord"]
    head = ["ID", "Heure de début", "Heure de fin", "Adresse de messagerie", "Nom"]
    head += ["Quels services utilisez-vous ?", "Le personnel est aimable", "Les horaires conviennent"]
    head += ["Quelle note donnez-vous ?", "Votre tranche d'âge"]
    rows: list[list[object]] = [head]
    for i in range(60):
        start = datetime(2026, 4, 2, 9) + timedelta(minutes=31 * i)
        chosen = [service for service in services if chance.random() < 0.5] or [services[0]]
        rows.append(
            [
                i + 1,
                start,
                start + timedelta(minutes=4),
                "anonymous",
                "",
                "".join(f"{one};" for one in chosen),
                chance.choice(agree),
                chance.choice(agree),
                chance.randint(0, 10),
                chance.choice(["Moins de 25 ans", "25 à 44 ans", "45 à 64 ans", "65 ans et plus"]),
            ]
        )
    return [_workbook(folder / "Bibliothèque.xlsx", rows)]


def dutch_excel(folder: Path) -> list[Path]:
    """Semicolons, windows-1252, decimal commas and points between thousands, dates with the day first."""
    chance = random.Random(3)
    rows = [
        [
            "Respondentnr",
            "Datum",
            "Provincie",
            "Omzet (€)",
            "Rapportcijfer",
            "Bent u tevreden?",
            "Toelichting",
        ]
    ]
    mood = [
        "Zeer ontevreden",
        "Ontevreden",
        "Niet tevreden, niet ontevreden",
        "Tevreden",
        "Zeer tevreden",
        "Weet ik niet",
    ]
    for i in range(70):
        amount = chance.choice(["1.250,00", "980,50", "12.400,75", ""])
        rows.append(
            [
                f"{i + 1:04d}",
                f"{1 + i % 28}-3-2026",
                chance.choice(["Fryslân", "Groningen", "Drenthe", "Overijssel"]),
                amount,
                f"{chance.randint(4, 10)}",
                chance.choice(mood),
                "" if i % 4 else "Prima; niets op aan te merken",
            ]
        )
    return [_write(folder / "ondernemers.csv", rows, encoding="windows-1252", sign=";")]


def kobo_groups(folder: Path) -> list[Path]:
    """Names of groups before the slashes, select_multiple joined and as 0/1 columns, the form."""
    chance = random.Random(4)
    water = {"well": "Well", "tap": "Tap", "river": "River"}
    head = ["start", "end", "intro/consent", "household/members", "household/water"]
    head += [f"household/water/{code}" for code in water]
    head += ["household/water_note", "_id", "_uuid", "_submission_time", "_index"]
    rows = [head]
    for i in range(50):
        chosen = [code for code in water if chance.random() < 0.5]
        consent = "no" if i % 10 == 9 else "yes"
        asked = consent == "yes"
        moment = datetime(2026, 6, 1, 7) + timedelta(minutes=20 * i)
        rows.append(
            [
                f"{moment:%Y-%m-%dT%H:%M:%S}.000+02:00",
                f"{moment + timedelta(minutes=9):%Y-%m-%dT%H:%M:%S}.000+02:00",
                consent,
                chance.randint(1, 9) if asked else "",
                " ".join(chosen) if asked else "",
                *((int(code in chosen) if chosen else "") if asked else "" for code in water),
                "",
                1000 + i,
                f"uuid-{i:04d}",
                f"{moment:%Y-%m-%dT%H:%M:%S}",
                i + 1,
            ]
        )
    form = openpyxl.Workbook()
    survey = form.active
    survey.title = "survey"
    for row in (
        ["type", "name", "label::English", "relevant"],
        ["start", "start", "", ""],
        ["end", "end", "", ""],
        ["begin_group", "intro", "", ""],
        ["select_one yes_no", "consent", "Do you agree to take part?", ""],
        ["end_group", "", "", ""],
        ["begin_group", "household", "Household", "${consent} = 'yes'"],
        ["integer", "members", "How many people live here?", ""],
        ["select_multiple water", "water", "Where does your water come from?", ""],
        ["text", "water_note", "Anything on water?", ""],
        ["end_group", "", "", ""],
    ):
        survey.append(row)
    choices = form.create_sheet("choices")
    choices.append(["list_name", "name", "label::English"])
    for name, code, label in [
        ("yes_no", "yes", "Yes"),
        ("yes_no", "no", "No"),
        *(("water", code, label) for code, label in water.items()),
    ]:
        choices.append([name, code, label])
    form.save(folder / "form.xlsx")
    return [_write(folder / "kobo.csv", rows), folder / "form.xlsx"]


def panel_sav(folder: Path) -> list[Path]:
    """A panel: labels, a weight, user-missing values and a range, a constant sum, names of eight letters."""
    chance = random.Random(5)
    n = 120
    frame = pd.DataFrame(
        {
            "RESPID": range(50_001, 50_001 + n),
            "S01": [chance.choice([1, 2, 3]) for _ in range(n)],
            "Q01_1": [chance.choice([1, 2, 3, 4, 5, 98]) for _ in range(n)],
            "Q01_2": [chance.choice([1, 2, 3, 4, 5, 98, 99]) for _ in range(n)],
            "Q02": [chance.choice([0, 1, 12, 40, 997, 999]) for _ in range(n)],
            "Q03M1": [chance.choice([0, 1]) for _ in range(n)],
            "Q03M2": [chance.choice([0, 1]) for _ in range(n)],
            "WEEGFACTOR": [round(0.4 + chance.random() * 1.6, 4) for _ in range(n)],
        }
    )
    agree = {1: "Helemaal mee oneens", 2: "Mee oneens", 3: "Neutraal", 4: "Mee eens", 5: "Helemaal mee eens"}
    agree |= {98: "Weet niet", 99: "Wil niet zeggen"}
    path = folder / "panel.sav"
    pyreadstat.write_sav(
        frame,
        path,
        column_labels={
            "RESPID": "Respondentnummer",
            "S01": "Opleiding",
            "Q01_1": "Stelling: ik vertrouw de gemeente",
            "Q01_2": "Stelling: ik vertrouw de regering",
            "Q02": "Aantal bezoeken per jaar",
            "Q03M1": "Kanalen: krant",
            "Q03M2": "Kanalen: televisie",
            "WEEGFACTOR": "Weegfactor",
        },
        variable_value_labels={
            "S01": {1: "Laag", 2: "Middelbaar", 3: "Hoog"},
            "Q01_1": agree,
            "Q01_2": agree,
            "Q02": {997: "Weet niet", 999: "Geen antwoord"},
            "Q03M1": {0: "Niet genoemd", 1: "Genoemd"},
            "Q03M2": {0: "Niet genoemd", 1: "Genoemd"},
        },
        missing_ranges={"Q01_1": [98, 99], "Q01_2": [98, 99], "Q02": [{"lo": 997, "hi": 999}]},
    )
    return [path]


def qualtrics_loop(folder: Path) -> list[Path]:
    """Three rows of header, a question looped over brands, display logic, a rank order, an "other"."""
    chance = random.Random(6)
    brands = ["Alpha", "Beta"]
    names = ["StartDate", "EndDate", "Status", "Progress", "Finished", "ResponseId", "DistributionChannel"]
    texts = ["Start Date", "End Date", "Response Type", "Progress", "Finished", "Response ID", "Channel"]
    ids = ["startDate", "endDate", "status", "progress", "finished", "_recordId", "distributionChannel"]
    names += ["Q1", "Q2_1", "Q2_2", "Q2_3", "Q2_3_TEXT"]
    texts += ["Do you shop online?"]
    texts += [f"Which brands do you know? - Selected Choice - {one}" for one in [*brands, "Other, namely"]]
    texts += ["Which brands do you know? - Other, namely - Text"]
    ids += ["QID1", "QID2_1", "QID2_2", "QID2_3", "QID2_3_TEXT"]
    for place, brand in enumerate(brands, 1):
        names += [f"{place}_Q3"]
        texts += [f"How satisfied are you with {brand}?"]
        ids += [f"{place}_QID3"]
    names += [f"Q4_{i}" for i in (1, 2, 3)]
    texts += [f"Rank these by importance - {one}" for one in ("Price", "Quality", "Service")]
    ids += [f"QID4_{i}" for i in (1, 2, 3)]
    satisfied = ["Very dissatisfied", "Dissatisfied", "Neutral", "Satisfied", "Very satisfied"]
    rows = [names, texts, [json.dumps({"ImportId": one}) for one in ids]]
    for i in range(60):
        start = datetime(2026, 2, 1, 10) + timedelta(hours=i)
        shops = chance.random() < 0.8
        knows = [shops and chance.random() < 0.7 for _ in brands]
        other = shops and i % 15 == 0
        ranks = chance.sample([1, 2, 3], 3) if shops else ["", "", ""]
        rows.append(
            [
                f"{start:%Y-%m-%d %H:%M:%S}",
                f"{start + timedelta(minutes=6):%Y-%m-%d %H:%M:%S}",
                "IP Address",
                100,
                "True",
                f"R_{i:04d}",
                "anonymous",
                "Yes" if shops else "No",
                *(brand if known else "" for brand, known in zip(brands, knows, strict=True)),
                "Other, namely" if other else "",
                f"Gamma {i}" if other else "",
                *(chance.choice(satisfied) if known else "" for known in knows),
                *ranks,
            ]
        )
    return [_write(folder / "qualtrics.csv", rows)]


def five_responses(folder: Path) -> list[Path]:
    """A pilot: five people, one of whom said nothing."""
    rows = [
        ["id", "How was it?", "Would you come again?", "Why?"],
        ["1", "Good", "Yes", "It was fun"],
        ["2", "Good", "No", ""],
        ["3", "Bad", "Yes", "Long queue"],
        ["4", "Good", "Yes", ""],
        ["5", "", "", ""],
    ]
    return [_write(folder / "pilot.csv", rows)]


def many_columns(folder: Path) -> list[Path]:
    """Four hundred columns: eighty statements on one scale, the rest ticks and numbers."""
    chance = random.Random(7)
    scale = ["Disagree", "Neutral", "Agree", "Don't know"]
    head = ["id", *(f"Statement [item {i}]" for i in range(80)), *(f"Tools [tool {i}]" for i in range(200))]
    head += [f"Amount {i}" for i in range(119)]
    rows = [head]
    for i in range(40):
        rows.append(
            [
                str(i + 1),
                *(chance.choice(scale) for _ in range(80)),
                *(chance.choice(["Yes", "No"]) for _ in range(200)),
                *(str(chance.randint(0, 500)) for _ in range(119)),
            ]
        )
    return [_write(folder / "wide.csv", rows)]


def one_question(folder: Path) -> list[Path]:
    """A poll, without an id."""
    answers = ["For", "Against", "For", "Don't know"]
    return [
        _write(folder / "poll.csv", [["Are you for or against?"], *([answers[i % 4]] for i in range(48))])
    ]


def right_to_left(folder: Path) -> list[Path]:
    """Questions and answers in Hebrew and Arabic, with marks of direction in them."""
    chance = random.Random(8)
    hebrew = ["מאוד לא מרוצה", "לא מרוצה", "מרוצה", "מאוד מרוצה"]
    rows = [["\u200fמספר", "\u200fעד כמה אתה מרוצה?", "ما هي لغتك؟", "גיל"]]
    for i in range(50):
        rows.append(
            [
                i + 1,
                chance.choice(hebrew),
                chance.choice(["العربية", "עברית", "English"]),
                chance.randint(18, 80),
            ]
        )
    return [_write(folder / "rtl.csv", rows, encoding="utf-8-sig")]


EVERY: dict[str, Callable[[Path], list[Path]]] = {
    one.__name__: one
    for one in (
        german_google_forms,
        french_microsoft_forms,
        dutch_excel,
        kobo_groups,
        panel_sav,
        qualtrics_loop,
        five_responses,
        many_columns,
        one_question,
        right_to_left,
    )
}
