"""Numbers that are years, rows, or none at all: what a draft makes of them, and what is shown of it."""

from pathlib import Path

import in_turn
import openpyxl
import pandas as pd
import pyreadstat
import pytest
from drafting import drafted, kinds, written

from nsmo.draft.closed import battery
from nsmo.draft.new import new
from nsmo.draft.values import Column
from nsmo.formats.structure import Variable
from nsmo.pages.story_figures import picture
from nsmo.present.crosstab import sections_of
from nsmo.present.labels import Labels
from nsmo.study import load_codebook
from nsmo.study.first_report import first_report
from nsmo.study.promised import lacking
from nsmo.survey.crosstabs import crosstabs


@pytest.fixture(scope="module")
def years(tmp_path_factory: pytest.TempPathFactory) -> in_turn.Passed:
    """Sixty people, born from 1950 on, one every year."""
    rows = [[i, 1950 + i, ["a", "b"][i % 2], i % 9, 1990 + i % 5] for i in range(60)]
    head = ["id", "In welk jaar bent u geboren?", "Groep", "Hoeveel jaar werkt u hier?", "startjaar"]
    path = written(tmp_path_factory.mktemp("years"), head, *rows)
    return in_turn.passed(new(path.parent, "w", [path]).folder)


def test_a_year_has_no_mean_and_a_number_of_years_has(years: in_turn.Passed):
    codebook, _, found, _ = years
    born, _, works, begun = (question.name for question in codebook.questions)
    assert [question.year for question in codebook.questions] == [True, False, False, False]
    assert kinds(codebook)[begun] == "single"  # of five years it can be said how many chose each
    assert set(found[born]["statistic"]) == {"proportion"}
    decades = found[born].set_index("option")["estimate"]
    assert decades["1950–<1960"] == pytest.approx(10 / 60)
    assert "mean" in set(found[works]["statistic"])


def test_a_cross_table_has_the_quartiles_of_a_year_and_no_mean(years: in_turn.Passed):
    born = years.codebook.questions[0].name
    table = crosstabs(years.survey, compare=False)
    (section,) = sections_of(table[table["question"].eq(born)], Labels(years.codebook, "en"))
    text = section.tables[0].html()
    # Of 1950 to 2009 a quarter is born before 1965, and a half before 1980.
    assert [year in text for year in ("1964", "1979", "1994")] == [True] * 3
    assert "Mean" not in text
    assert "1,9" not in text


def test_a_text_asks_for_no_mean_of_a_year(years: in_turn.Passed):
    codebook = years.codebook
    born, _, works, _ = (question.name for question in codebook.questions)
    report = first_report(codebook, "nl")
    assert f'average("{works}")' in report
    assert f'average("{born}")' not in report
    assert f'figure("{born}")' in report
    told = lacking("mean", {"question": born}, codebook, ["topline"])
    assert told is not None
    assert "is a year, which has no mean" in told.found
    grouped = lacking("figure", {"question": born, "by": "groep"}, codebook, ["topline", "crosstabs"])
    assert grouped is not None
    assert "no mean" in grouped.found
    assert lacking("figure", {"question": born}, codebook, ["topline"]) is None
    drawn = picture(years.found[born].assign(stage="topline"), Labels(codebook, "nl"), "")
    assert "1950–1959" in drawn.wide.decode("utf-8")
    assert lacking("mean", {"question": works}, codebook, ["topline"]) is None


def test_the_items_of_a_battery_may_be_years(codebook_file, codebook_text):
    items = [
        Variable(
            name,
            question="q",
            part="item",
            label="In which year did you begin with …",
            item=name,
            kind="numeric",
        )
        for name in ("sports", "work")
    ]
    cells = {name: Column(name, pd.Series([str(1950 + i) for i in range(60)])) for name in ("sports", "work")}
    (drafted_one,) = battery(items, cells)
    assert (drafted_one.kind, drafted_one.year, len(drafted_one.items)) == ("numeric", True, 2)
    begun = """\
  - battery: begun
    type: numeric
    year: true
    text: In which year did you begin with …
    items: [{name: sports, column: s, label: sports}, {name: work, column: w, label: work}]
derived:
"""
    codebook = load_codebook(codebook_file(codebook_text.replace("derived:\n", begun, 1)))
    assert codebook.variable("sports").year
    assert codebook.variable("work").year
    assert not codebook.variable("fresh").year


def test_numbers_that_may_be_years_are_asked_and_amounts_are_not(tmp_path: Path):
    rows = [[i, 1960 + i, 1000 + 37 * i, 1950 + i if i else 9999] for i in range(50)]
    codebook, frame, told = drafted(written(tmp_path, ["id", "q1", "q2", "gebjaar"], *rows))
    assert [question.year for question in codebook.questions] == [True, False, True]
    assert "numbers from 1960 to 2009: years?" in told
    assert frame["gebjaar"].max() == 1999
    assert frame["gebjaar.missing"].tolist()[0] == "no_answer"


def test_na_of_r_is_no_answer_and_the_numbers_of_rows_are_no_question(tmp_path: Path):
    who, member = ["man", "vrouw", "NA"], ["1", "2", "NA"]
    rows = [
        [i + 1, f"r{100 + i}", who[i % 3], "NA" if i % 5 == 0 else 20 + i, member[i % 3]] for i in range(60)
    ]
    codebook, frame, told = drafted(written(tmp_path, ["", "id", "geslacht", "leeftijd", "lid"], *rows))
    assert codebook.source.key == "id"
    assert codebook.source.ignore == ["(column 1)"]
    assert kinds(codebook) == {"geslacht": "single", "leeftijd": "numeric", "lid": "single"}
    assert frame["geslacht"].value_counts().to_dict() == {"man": 20, "vrouw": 20}
    assert frame["leeftijd"].isna().sum() == 12
    assert "'NA' is no answer: read as none in every column" in told


def test_the_numbers_of_rows_of_pandas_are_the_id_where_there_is_no_other(tmp_path: Path):
    rows = [[i, ["yes", "no"][i % 2]] for i in range(30)]
    codebook, frame, _ = drafted(written(tmp_path, ["Unnamed: 0", "member"], *rows))
    assert list(kinds(codebook)) == ["member"]
    assert frame["response_id"].tolist()[:2] == ["0", "1"]


def test_the_title_is_that_of_the_file_where_it_has_one(tmp_path: Path):
    book = openpyxl.Workbook()
    rows = [[i, ["yes", "no"][i % 2], "x"] for i in range(20)]
    for row in [["Title: Consultation on energy"], [], ["id", "member", "note"], *rows]:
        book.active.append(row)
    book.save(tmp_path / "above.xlsx")
    book.active.delete_rows(1, 2)
    book.properties.title = "Energy & us"
    book.save(tmp_path / "inside.xlsx")
    frame = pd.DataFrame({"id": [1.0, 2, 3, 4], "q": [1.0, 2, 1, 2]})
    pyreadstat.write_sav(frame, tmp_path / "label.sav", file_label="Buurtenquête 2017")
    written(tmp_path, ["id", "member"], *([i, ["yes", "no"][i % 2]] for i in range(20)), name="none.csv")
    found = {}
    for name in ("above.xlsx", "inside.xlsx", "label.sav", "none.csv"):
        folder = new(tmp_path, name.partition(".")[0], [tmp_path / name]).folder
        assert load_codebook(folder)
        found[name] = (folder / "study.yaml").read_text(encoding="utf-8").splitlines()[2:4]
    mark = "# confirm: the title in the file, as people will read it"
    assert found["above.xlsx"] == [mark, "title: Consultation on energy"]
    assert found["inside.xlsx"] == [mark, "title: Energy & us"]
    assert found["label.sav"] == [mark, "title: Buurtenquête 2017"]
    assert found["none.csv"][0] == "title: none"
