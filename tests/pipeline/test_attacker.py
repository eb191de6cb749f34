"""A reader of all that a wave publishes works out by linear programming what is hidden, and fails."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from random import Random
from typing import NamedTuple

import attacker
import guarded_study
import in_process
import numpy as np
import openpyxl
import pandas as pd
import pytest
import weights_told
from attacker import Figure, Reader

from nsmo.draft.demo import copy_engine
from nsmo.study import load_codebook

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
#: Seed, respondents and how rare what is rare is.
STUDIES = [(7, 260, 1.0), (5, 170, 0.6)]


class Published(NamedTuple):
    root: Path
    reader: Reader
    hidden: dict[Figure, str]
    tables: dict[str, list[dict[str, str]]]


@pytest.fixture(scope="module", params=STUDIES, ids=str)
def published(request, tmp_path_factory) -> Published:
    seed, respondents, small = request.param
    root = tmp_path_factory.mktemp("guarded") / "study"
    copy_engine(ROOT, root)
    guarded_study.write_wave(root, "w", guarded_study.answers(Random(seed), respondents, small=small))
    in_process.run_notebooks(root, "w")
    in_process.write_pages(root, "w")
    tables = attacker.tables([root / "reports/w/tables", root / "data/processed/w"])
    reader = Reader(load_codebook(root / "data/raw/w"), attacker.largest(tables))
    hidden = attacker.everything(reader, tables)
    hidden = {figure: base for figure, base in hidden.items() if reader.counted(figure, base)}
    reader.close()
    return Published(root, reader, hidden, tables)


def test_nothing_hidden_can_be_bounded_more_narrowly_than_was_promised(published):
    assert _known(published, published.reader, published.hidden) == {}


@pytest.mark.parametrize("published", STUDIES[1:], indirect=True, ids=str)
def test_who_knows_what_everybody_weighs_bounds_nothing_more_narrowly_either(published):
    """By the answers that make a class of weights, to the last digit; which no file tells."""
    responses = pd.read_parquet(published.root / "data/processed/w/weight/responses.parquet")
    classes = responses.groupby(["region", "age"], observed=True)["weight"]
    assert (classes.max() - classes.min() < 1e-9).all()
    reader = Reader(
        published.reader.codebook,
        attacker.largest(published.tables),
        margins=("region", "age"),
        weights=classes.mean().to_dict(),
    )
    attacker.everything(reader, published.tables)
    reader.close()
    assert sum("weighted" in why for why in reader.why) > 100
    assert _known(published, reader, published.hidden) == {}


@pytest.mark.parametrize("published", STUDIES[:1], indirect=True, ids=str)
def test_what_is_told_of_weights_leaves_open_how_many_are_in_each_combination_of_margins(published):
    """Of 109,395 tables three digits of ends and design effect left 16; with what groups were worth, 1."""
    names = [list(guarded_study.REGIONS), list(guarded_study.AGES)]
    shown, base = published.reader.shown, ("region", "age")
    known = np.full((4, 4), np.nan)
    for cell in np.ndindex(4, 4):
        own = [one[place] for one, place in zip(names, cell, strict=True)]
        for at in (0, 1):
            figure = Figure(base[at], own[at], base[1 - at], own[1 - at])
            known[cell] = shown.get(figure, known[cell])
    sums = [[shown[Figure(name, one)] for one in those] for name, those in zip(base, names, strict=True)]
    evidence = json.loads((published.root / "reports/w/html/data/weight/weighting.json").read_text("utf-8"))
    targets = [list(guarded_study.REGIONS.values()), list(guarded_study.AGES.values())]
    targets = [[1000 + 90 * share for share in shares] for shares in targets]
    hidden = np.isnan(known)
    assert hidden.sum() == 12
    fitting = weights_told.left(weights_told.fitting(known, sums, each=23), targets, evidence)
    room = np.ptp(np.array(fitting), axis=0)[hidden] if fitting else np.zeros(1)
    assert room.min() >= published.reader.codebook.privacy.width
    assert not list(published.root.glob("reports/w/figures/weight/weights.*")), "its bars are counts of cells"
    table = published.tables["tables/trust/composition.csv"]
    assert [row["margin"] for row in table] == ["region", "age"]
    deff = evidence["deff"]
    for row in published.tables["tables/trust/power.csv"]:
        # What a group is worth follows from its size.
        assert float(row["effective_first"]) == pytest.approx(float(row["n_first"]) / deff, rel=6e-3)


def test_no_page_has_a_number_beside_the_name_of_an_answer_that_is_hidden_among_all(published):
    """Those of notebooks too, whose tables need not stand in a file."""
    assert Figure("uses", "boat") in published.hidden
    labels = {"Boat"}  # no other question has an answer of that name
    looked = 0
    for file in sorted((published.root / "reports/w").rglob("*.html")):
        rows = re.findall(r"<tr[^>]*>(.*?)</tr>", file.read_text("utf-8"), re.DOTALL)
        cells = [[re.sub(r"<[^>]*>", " ", cell) for cell in re.split(r"</t[dh]>", row)] for row in rows]
        for first, *others in (row for row in cells if row and row[0].strip() in labels):
            looked += 1
            assert not re.search(r"\d%", " ".join(others)), f"{file.name}: {first.strip()}: {others}"
    assert looked > 3


def _known(published: Published, reader: Reader, hidden: dict[Figure, str]) -> dict[Figure, tuple]:
    """The hidden figures that a reader can bound more narrowly than was promised."""
    responses = pd.read_parquet(published.root / "data/processed/w/weight/responses.parquet")
    atoms = attacker.truth(reader, responses)
    assert attacker.untrue(reader, atoms) == []
    # A group of all who were asked has the figures of everybody, which are shown.
    hidden = {figure: base for figure, base in hidden.items() if not _is_total(reader, figure, base, atoms)}
    assert len(hidden) > 100
    counts = {
        figure: sum(atoms[atom] for atom, _ in reader.counted(figure, base))
        for figure, base in hidden.items()
    }
    width = reader.codebook.privacy.width
    asked = {figure: attacker.room(reader, figure, base, atoms, width) for figure, base in hidden.items()}
    bounds = reader.bounds(counts, hidden, asked)
    return {figure: ends for figure, ends in bounds.items() if ends[1] - ends[0] < asked[figure] - 1e-3}


def _is_total(reader: Reader, figure: Figure, base: str, atoms) -> bool:
    whole = figure._replace(by="", group="")
    both = [reader.counted(one, base) or [] for one in (figure, whole)]
    counts = [sum(atoms[atom] for atom, _ in cells) for cells in both]
    return bool(figure.by) and whole in reader.shown and counts[0] == counts[1]


def test_no_count_of_few_is_shown(published):
    least = published.reader.codebook.privacy.min_count
    assert len(published.reader.shown) > 50
    assert [figure for figure, n in published.reader.shown.items() if 0 < n < least] == []


def test_pages_drawings_and_workbooks_have_no_number_that_the_tables_have_not(published):
    """So an attack on the tables is one on all of them."""
    numbers: set[float] = set()
    shares: set[str] = set()
    for rows in published.tables.values():
        for row in rows:
            for text in row.values():
                if number := attacker.Number.of(text):
                    value = (number.low + number.high) / 2
                    numbers |= {round(value, digits) for digits in (1, 2, 3, 4, 9)}
                    shares |= {f"{100 * (value + nudge):.{d}f}" for d in (0, 1) for nudge in (-1e-9, 0, 1e-9)}
    report = published.root / "reports/w"
    seen = 0
    for file in sorted(report.rglob("*.xlsx")):
        for sheet in openpyxl.load_workbook(file):
            for cell in (cell for row in sheet.iter_rows() for cell in row):
                if isinstance(cell.value, float) and cell.value % 1:
                    seen += 1
                    assert round(cell.value, 9) in numbers, f"{file.name}, {sheet.title}!{cell.coordinate}"
                assert cell.comment is None
                assert cell.data_type != "f"
    assert seen > 100
    for file in sorted([*report.rglob("*.html"), *report.rglob("*.svg")]):
        page = _Words()
        page.feed(file.read_text("utf-8"))
        text = " ".join(page.found).replace("\N{NO-BREAK SPACE}", " ")
        if file.parent.name == "notebooks" or "glossary" in file.name:
            continue
        for share in re.findall(r"(\d+\.\d)%", text):
            seen += 1
            assert share in shares, f"{file.name}: {share}%"
        for n in re.findall(r"\bn = (\d+)", text):
            assert float(n) in numbers, f"{file.name}: n = {n}"
    assert seen > 300


class _Words(HTMLParser):
    """What a reader sees and hears of a page or a drawing."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._skip = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._skip += tag in ("script", "style")
        spoken = ("alt", "title", "aria-label", "aria-description", "data-label")
        self.found += [value for name, value in attrs if name in spoken and value]

    def handle_endtag(self, tag: str) -> None:
        self._skip -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._skip:
            self.found.append(data)
