import pytest

from nsmo.study import StudyError, load_codebook
from nsmo.study.margins import merge_until, population_problems, rated, read_targets

ROWS = {
    "small": "size,small,600,81589NED,2020,final,seen,https://example.org,",
    "middle": "size,middle,300,81589NED,2020,final,derived,https://example.org,",
    "large": "size,large,100,81589NED,2021,final,seen,https://example.org,",
}
HEADER = "margin,category,count,table,period,status,seen_or_derived,source_url,note"


@pytest.fixture
def population(tmp_path):
    def write(*rows: str, header: str = HEADER):
        path = tmp_path / "population.csv"
        path.write_text("\n".join([header, *(rows or ROWS.values())]) + "\n", encoding="utf-8")
        return path

    return write


def refusal(codebook, path) -> str:
    with pytest.raises(StudyError) as caught:
        read_targets(codebook, path)
    return str(caught.value)


def test_shares_are_computed_from_counts(codebook, population):
    target = read_targets(codebook, population())["size"]
    assert target.shares == {"small": 0.6, "middle": 0.3, "large": 0.1}
    assert target.period == "2020; 2021"
    assert target.categories[0].label("nl") == "Klein"


def test_categories_stand_in_the_order_of_the_codebook(codebook, population):
    target = read_targets(codebook, population(ROWS["large"], ROWS["small"], ROWS["middle"]))["size"]
    assert [category.name for category in target.categories] == ["small", "middle", "large"]


def test_the_population_may_be_known_only_for_merged_categories(codebook_file, codebook_text, population):
    text = codebook_text.replace("middle: 0.7, large: 0.9", "not_small: 0.8")
    codebook = load_codebook(codebook_file(text))
    merged = "size,not_small,400,T,2020,final,seen,https://u.nl,"
    target = read_targets(codebook, population(ROWS["small"], merged))["size"]
    assert target.groups == {"small": "small", "middle": "not_small", "large": "not_small"}
    assert target.shares["not_small"] == 0.4


@pytest.mark.parametrize(
    ("rows", "line", "message"),
    [
        ([ROWS["small"], ROWS["middle"]], None, "margin 'size' lacks large of 'size'"),
        ([*ROWS.values(), "size,huge,9,T,2020,f,seen,https://u.nl,"], 5, "'huge' is no category of 'size'"),
        ([*ROWS.values(), ROWS["small"]], 5, "'small' of margin 'size' is there again, first on line 2"),
        (
            [*ROWS.values(), "size,not_small,400,T,2020,f,seen,https://u.nl,"],
            5,
            "'large' counts in 'large' and again",
        ),
        (
            [*ROWS.values(), "sector,a,400,T,2020,f,seen,https://u.nl,"],
            5,
            "the margin 'sector' is used by no margin",
        ),
        ([ROWS["middle"], ROWS["large"], ROWS["small"].replace("600", "many")], 4, "the count 'many'"),
        ([ROWS["middle"], ROWS["large"], ROWS["small"].replace("600", "0")], 4, "the count '0'"),
        ([ROWS["middle"], ROWS["large"], ROWS["small"].replace("600", "1.234")], 4, "the count '1.234'"),
        ([ROWS["middle"], ROWS["large"], ROWS["small"] + ",more"], 4, "more fields than the header has"),
        (
            [ROWS["middle"], ROWS["large"], ROWS["small"].replace("seen", "guessed")],
            4,
            "seen_or_derived is 'guessed'",
        ),
        ([ROWS["middle"], ROWS["large"], ROWS["small"].replace(",2020,", ",,")], 4, "no period"),
        ([row.replace("size,", "sise,", 1) for row in ROWS.values()], None, "the margin 'size' of weighting"),
    ],
)
def test_a_mistake_is_named_with_its_line(codebook, population, rows, line, message):
    text = refusal(codebook, population(*rows))
    assert message in text
    assert "population.csv" in text
    assert line is None or f"population.csv, line {line}" in text


def test_mistakes_come_at_once(codebook, population):
    rows = [ROWS["small"].replace("600", "-1"), ROWS["middle"].replace("middle", "midle"), ROWS["large"]]
    assert len(population_problems(codebook, population(*rows))) == 2


def test_an_unknown_column_is_refused(codebook, population):
    text = refusal(codebook, population(header=HEADER.replace("period", "date")))
    assert "the column 'period' is missing; the column 'date' is unknown" in text


def test_a_missing_file_is_named(codebook, tmp_path):
    assert "the margins of the population are not there" in refusal(codebook, tmp_path / "population.csv")


def test_enough_respondents_need_no_merger(codebook, population):
    target = read_targets(codebook, population())["size"]
    assert merge_until(target, {"small": 20, "middle": 20, "large": 20}, 20).merged == ()


def test_a_declared_merger_is_applied_when_a_category_is_too_small(codebook, population):
    target = read_targets(codebook, population())["size"]
    merged = merge_until(target, {"small": 50, "middle": 30, "large": 4}, 20)
    assert merged.merged == ("not_small",)
    assert merged.shares == pytest.approx({"small": 0.6, "not_small": 0.4})
    assert merged.groups["large"] == "not_small"


def test_mergers_that_do_not_suffice_are_an_error_with_counts_and_cure(codebook, population):
    target = read_targets(codebook, population())["size"]
    with pytest.raises(StudyError) as caught:
        merge_until(target, {"small": 7, "middle": 30, "large": 40}, 20)
    text = str(caught.value)
    assert "in margin 'size', 'small' has 7 respondents (all: small 7, middle 30, large 40)" in text
    assert "at least 20 (min_category of params.yaml, weight)" in text
    assert "declare a further merger" in text


def test_a_merger_may_build_on_an_earlier_one(codebook_file, codebook_text, population):
    further = "        - {name: not_small, nl: Niet klein, en: Not small, of: [middle, large]}\n"
    text = codebook_text.replace(
        further, further + "        - {name: everybody, nl: Alle, en: All, of: [small, not_small]}\n"
    )
    target = read_targets(load_codebook(codebook_file(text)), population())["size"]
    assert merge_until(target, {"small": 3, "middle": 30, "large": 40}, 20).merged == ("everybody",)


def test_rates_multiply_the_counts(codebook, population):
    target = read_targets(codebook, population())["size"]
    shares = rated(target, codebook.weighting.sensitivity[0]).shares
    assert shares == pytest.approx({"small": 300 / 600, "middle": 210 / 600, "large": 90 / 600})


def test_a_rate_that_is_missing_is_named(codebook_file, codebook_text, population):
    codebook = load_codebook(codebook_file(codebook_text.replace(", large: 0.9", "")))
    text = refusal(codebook, population())
    assert "the rates of 'by_use' are for small, middle" in text
    assert "one for each category of margin 'size': small, middle, large" in text


def test_another_encoding_is_told_with_its_line(codebook, population):
    path = population(*ROWS.values())
    path.write_bytes(path.read_text("utf-8").replace("81589NED", "tabel é", 1).encode("cp1252"))
    assert "population.csv, line 2: not UTF-8: byte 0xe9" in refusal(codebook, path)
