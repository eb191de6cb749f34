"""Tables that somebody writes beside the answers: population.csv, benchmarks.csv, ensemble.csv."""

import pytest

from nsmo.study import StudyError
from nsmo.study.ensemble import COLUMNS, read_ensemble
from nsmo.study.textfile import read_rows


@pytest.fixture
def table(tmp_path):
    def write(text):
        path = tmp_path / "population.csv"
        path.write_bytes(text.encode())
        return path

    return write


@pytest.mark.parametrize(
    "text",
    [
        "size,count\nsmall,12\nlarge,3\n",
        "\ufeffsize,count\r\nsmall,12\r\nlarge,3\r\n",
        "size,count\nsmall,12\n\nlarge,3\n,\n , \n",
        '"size","count"\n"small","12"\n"large","3"',
    ],
)
def test_what_a_spreadsheet_makes_of_a_table_is_the_same_table(table, text):
    columns, rows = read_rows(table(text))
    assert columns == ["size", "count"]
    assert [row for _, row in rows] == [{"size": "small", "count": "12"}, {"size": "large", "count": "3"}]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("size,count,count\nsmall,12,13\n", "line 1: the column 'count' is there twice"),
        # A comma between thousands would move all that follows by one column.
        ("size,count,table\nsmall,1,234,a\n", "line 2: more fields than the header has"),
        ("size,count,table\nsmall,12\n", "line 2: fewer fields"),
        ('size,count\nsmall,"12\nlarge,3\n', "no table"),
        ("size;count\nsmall;1,2\n", "line 1: cells divided by semicolons"),
        ("size\tcount\nsmall\t1,2\n", "line 1: cells divided by tabs"),
        ("sep=;\nsize;count\nsmall;12\n", "line 1: the line 'sep=;', which only Excel reads"),
        ('"sep=,"\rsize,count\rsmall,12\r', "line 1: the line '\"sep=,\"'"),
        # What a terminal or a page would obey, as in the files of YAML.
        ("size,count\nsmall,12\n\nlar\x1b[31mge,3\n", r"line 4: the sign U\+001B in 'size'"),
        ("size,count\nsmall,1\u202e2\n", r"line 2: the sign U\+202E in 'count'"),
        ("size,count\nsma\0ll,12\n", r"line 2: the sign U\+0000 in 'size'"),
    ],
)
def test_what_can_be_read_in_two_ways_is_not_read(table, text, said):
    with pytest.raises(StudyError, match=f"population.csv, {said}" if said[0] == "l" else said):
        read_rows(table(text))


def test_a_break_in_a_cell_stays_whatever_system_wrote_it(table):
    (row,) = (row for _, row in read_rows(table('size,note\r\nsmall,"a\r\nb"\r\n'))[1])
    assert row["note"] == "a\nb"


@pytest.mark.parametrize(
    ("encoded", "said"),
    [
        ("size,count\nsmall,12\n".encode("utf-16"), "not UTF-8 but UTF-16"),
        ("size,count\nsmall,12\n".encode("utf-16-le"), "not UTF-8 but UTF-16"),
        ("size,count\nsmall,12\n".encode("utf-16-be"), "not UTF-8 but UTF-16"),
        (b"PK\x03\x04 and so on", "a workbook or an archive, not a text"),
        ("size,count\ncaf\u00e9,12\n".encode("windows-1252"), "line 2: not UTF-8: byte 0xe9"),
    ],
)
def test_a_table_that_is_no_text_is_said_to_be_none(tmp_path, encoded, said):
    path = tmp_path / "population.csv"
    path.write_bytes(encoded)
    with pytest.raises(StudyError, match=said):
        read_rows(path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda row: row.replace("0.25", "0,25"), "line 2: more fields"),
        (lambda row: row.replace("0.25", "x"), "line 2: no numbers: x, 0.75, 200"),
        (lambda row: row.replace("0.25", "NaN"), "line 2: no numbers: NaN"),
        (lambda row: row.replace("0.25", "0.9"), "line 2: no numbers: 0.9"),
        (lambda row: f"{row}\n{row}", "line 3: a figure that is there already"),
    ],
)
def test_a_range_that_was_edited_is_named_with_its_line(tmp_path, change, said):
    row = ",mood,top,,,proportion,False,0.25,0.5,0.75,200,abc"
    path = tmp_path / "ensemble.csv"
    path.write_text(f"{','.join(COLUMNS)}\n{row}\n\n", "utf-8")
    (known,) = read_ensemble(path).found.values()
    assert (known.low, known.high, known.members) == (0.25, 0.75, 200)
    path.write_text(f"{','.join(COLUMNS)}\n{change(row)}\n", "utf-8")
    with pytest.raises(StudyError, match=said):
        read_ensemble(path)
