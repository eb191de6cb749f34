"""Cross-tables of waves that are not as one would like them: empty columns, one respondent, many columns."""

import io
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from bakeries import categorical, many_bakeries, reasons, survey_of
from openpyxl import load_workbook
from scipy.stats import f

from nsmo.present.labels import Labels
from nsmo.results import AND
from nsmo.stages.crosstabs import words
from nsmo.study import load_codebook
from nsmo.study.crosstabs import MOST_GROUPS
from nsmo.survey.crosstabs import crosstabs

RULES = "crosstabs: {banners: [size], questions: [is_fresh, fresh, turnover]}\n"


@pytest.fixture
def book(codebook_text, codebook_file):
    return load_codebook(codebook_file(codebook_text + RULES))


def of(frame, question, option, by="size"):
    found = frame[frame["question"].eq(question) & ~frame["weighted"] & frame["by"].eq(by)]
    return found[found["option"].eq(option)].set_index("group")


def test_a_column_that_nobody_is_in_is_left_out(book):
    people = many_bakeries(1, n=300, small=40)
    people = people[people["size"] != "middle"].reset_index(drop=True)
    frame = crosstabs(survey_of(people, book), compare=True)
    assert of(frame, "is_fresh", "yes").index.tolist() == ["small", "large"]
    assert words.book(frame, survey_of(people, book), Labels(book, "en"), notice="").html()


def test_a_banner_that_all_answered_alike_makes_no_columns(book):
    people = many_bakeries(1, n=300, small=40)
    people = people[people["size"] == "small"].reset_index(drop=True)
    survey = survey_of(people, book)
    frame = crosstabs(survey, compare=True)
    assert frame["by"].isna().all()
    assert "is_fresh" in set(frame["question"])
    assert words.book(frame, survey, Labels(book, "en"), notice="").html()


def test_columns_of_one_respondent_have_a_share_and_are_compared_with_none(book):
    people = many_bakeries(1, n=60, small=20).groupby("size", observed=True).head(1).reset_index(drop=True)
    people["fresh"] = categorical(
        ["agree", "neutral", "disagree"], ["disagree", "neutral", "agree"], ordered=True
    )
    people["fresh.missing"] = reasons([None] * 3)
    frame = crosstabs(survey_of(people, book, min_n=1), compare=True)
    cells = of(frame, "fresh", "agree")
    assert cells["n"].tolist() == [1, 1, 1]
    assert set(cells["estimate"]) <= {0.0, 1.0}
    assert frame["higher_than"].eq("").all()
    assert frame["against_rest"].eq("").all()


def test_where_all_answer_alike_in_a_column_nothing_breaks_and_it_stands_out(book):
    people = many_bakeries(1, n=300, small=60)
    large = people["size"].eq("large").to_numpy()
    people["is_fresh"] = categorical(np.where(large, "yes", "no").tolist(), ["yes", "no"])
    people["is_fresh.missing"] = reasons([None] * len(people))
    cells = of(crosstabs(survey_of(people, book), compare=True), "is_fresh", "yes")
    assert cells["estimate"].to_dict() == {"small": 0, "middle": 0, "large": 1}
    assert cells["higher_than"].to_dict() == {"small": "", "middle": "", "large": f"small{AND}middle"}


def test_who_weighs_nothing_is_in_no_weighted_figure(book):
    people = many_bakeries(1, n=300, small=60)
    people["weight"] = np.where(people["size"].eq("large"), 0.0, 1.0)
    survey = survey_of(people, book)
    frame = crosstabs(survey, compare=True)
    weighted = frame[frame["weighted"] & frame["question"].eq("is_fresh") & frame["option"].eq("yes")]
    assert "large" not in set(weighted["group"].dropna())
    everybody = weighted[weighted["by"].isna()].iloc[0]
    counted = people[people["size"].ne("large")]
    assert everybody["estimate"] == pytest.approx(
        counted["is_fresh"].eq("yes").sum() / (everybody["base_weight"] * survey.frame["weight"].max())
    )


# -- many columns -----------------------------------------------------------------------------------------


@pytest.fixture
def wide(codebook_text, codebook_file):
    """As many columns as a banner may have, of 40 each; the more to the right, the more say yes."""
    names = [f"town{i:02d}" for i in range(MOST_GROUPS)]
    options = ", ".join(f"{{name: {one}, code: {one}, nl: {one}, en: {one}}}" for one in names)
    town = f"  - {{name: town, type: single, column: T, label: Town, text: Town, options: [{options}]}}\n"
    text = codebook_text.replace("questions:\n", "questions:\n" + town, 1)
    book = load_codebook(codebook_file(text + "crosstabs: {banners: [town], questions: [is_fresh]}\n"))
    each = 40
    people = pd.DataFrame({"response_id": [str(i) for i in range(each * len(names))]})
    people["town"] = categorical(np.repeat(names, each).tolist(), names)
    yes = np.concatenate([np.arange(each) < each * at / (len(names) + 2) for at in range(1, len(names) + 1)])
    people["is_fresh"] = categorical(np.where(yes, "yes", "no").tolist(), ["yes", "no"])
    for name in ("town", "is_fresh"):
        people[f"{name}.missing"] = reasons([None] * len(people))
    people["weight"] = 1.0
    people["margin.size"] = categorical(["small"] * len(people), ["small", "middle", "large"])
    return people, book


def test_sixty_columns_have_letters_of_their_own(wide):
    people, book = wide
    survey = survey_of(people, book)
    frame = crosstabs(survey, compare=True)
    made = words.book(frame, survey, Labels(book, "en"), notice="")
    (section,) = made.sections
    heads = section.tables[0].heads
    letters = [head.letter for head in heads if head.by]
    assert letters[:2] + letters[25:28] + letters[-1:] == ["A", "B", "Z", "AA", "AB", "BH"]
    assert len(set(letters)) == MOST_GROUPS
    top = of(frame, "is_fresh", "yes", "town").iloc[-1]
    assert len(top["higher_than"].split(AND)) > 20
    sheet = load_workbook(io.BytesIO(made.xlsx("question")))["is_fresh"]
    assert any(" BH" in f" {cell.value}" or cell.value == "BH" for row in sheet.iter_rows() for cell in row)


def test_the_letters_are_those_of_each_test_alone_with_holm(wide):
    """1,770 comparisons of a row: each by Rao and Scott's test, then Holm's adjustment by hand."""
    people, book = wide
    frame = of(crosstabs(survey_of(people, book), compare=True), "is_fresh", "yes", "town")
    counts = frame["count"].to_numpy()
    pairs, p = [], []
    for one, two in combinations(range(MOST_GROUPS), 2):
        cells = np.array([[counts[one], 40 - counts[one]], [counts[two], 40 - counts[two]]], dtype=float)
        expected = cells.sum(1, keepdims=True) * cells.sum(0) / 80
        value = ((cells - expected) ** 2 / expected).sum()
        pairs.append((one, two))
        # As svychisq() of R on the subset of a design of 2,400 who were drawn one by one: F, with 79 degrees.
        p.append(f.sf(value * (len(people) - 1) / len(people), 1, 79))
    adjusted, highest = np.empty(len(p)), 0.0
    for rank, at in enumerate(np.argsort(p)):
        highest = max(highest, min(1.0, p[at] * (len(p) - rank)))
        adjusted[at] = highest
    wanted = {(two, one) for (one, two), value in zip(pairs, adjusted, strict=True) if value < 0.05}
    names = frame.index.tolist()
    found = {
        (high, names.index(low))
        for high, text in enumerate(frame["higher_than"])
        for low in filter(None, text.split(AND))
    }
    assert found == wanted
