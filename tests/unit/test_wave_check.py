import time
from pathlib import Path

import pytest

from nsmo.draft import new as draft
from nsmo.ensemble import table
from nsmo.pipeline.wave import check
from nsmo.study import load_codebook

POPULATION = """\
margin,category,count,table,period,status,seen_or_derived,source_url,note
size,small,600,T,2020,final,seen,https://example.org,
size,middle,300,T,2020,final,seen,https://example.org,
size,large,100,T,2020,final,seen,https://example.org,
"""
PUBLISHED = """\
sources:
  newspaper: {title: Bread, publisher: The Crust, url: "https://example.org", seen: complete}
respondents: {n: 40, source: newspaper}
claims:
  - id: white
    topic: breads
    type: exact
    statement: {nl: De helft bakt wit, en: Half bake white}
    source: newspaper
    wording: "50%"
    published: 50
    unit: percent
    decimals: 0
    estimate: {measure: proportion, question: breads, option: white, where: {question: size, is: [small]}}
"""


@pytest.fixture
def wave(tmp_path, codebook_file, export_file):
    """Return a function that lays out a whole wave, with replacements by file."""

    def lay_out(*rows, **changes: tuple[str, str]) -> Path:
        folder = tmp_path / "2020"
        codebook_file()
        export_file(*(rows or ({},)), {}).rename(folder / "responses.csv")
        (folder / "population.csv").write_text(POPULATION, encoding="utf-8")
        (folder / "published.yaml").write_text(PUBLISHED, encoding="utf-8")
        for name, (old, new) in changes.items():
            path = next(folder.glob(f"{name}.*"))
            text = path.read_text(encoding="utf-8")
            assert old in text
            path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return folder

    return lay_out


def test_a_wave_that_fits_has_no_problems(wave):
    assert check(wave()) == []


@pytest.mark.parametrize(
    ("changes", "where", "found"),
    [
        (
            {"questionnaire": ("column: Q5", "column: Q55")},
            "2020/responses.csv, line 1",
            "the column 'Q55' of 'online'",
        ),
        ({"rules": ("rye: [rogge", "rye: [wit brood")}, "2020/rules.yaml", "the spelling 'witbrood'"),
        ({"population": ("middle", "medium")}, "2020/population.csv, line 3", "'medium' is no category"),
        (
            {"published": ("option: white", "option: whole")},
            "2020/published.yaml, line 14",
            "no option 'whole'",
        ),
        ({"published": ("is: [small]", "is: [tiny]")}, "2020/published.yaml, line 14", "no option 'tiny'"),
        ({"published": ("question: breads", "question: bread")}, "2020/published.yaml, line 14", "'bread'"),
        (
            {"published": ("respondents: {n: 40, source: newspaper}\n", "")},
            "2020/published.yaml",
            "no number of respondents",
        ),
        ({"published": ("type: exact", "type: exakt")}, "2020/published.yaml", "exakt"),
    ],
)
def test_a_mismatch_is_named_with_its_place(wave, changes, where, found):
    problems = check(wave(**changes))
    assert [p for p in problems if where in p.where and found in p.found], "\n".join(map(str, problems))


@pytest.mark.parametrize(
    "name", ["questionnaire.yaml", "rules.yaml", "population.csv", "published.yaml", "responses.csv"]
)
def test_a_file_that_git_could_not_merge_is_named_with_its_line(wave, name):
    folder = wave()
    lines = (folder / name).read_text(encoding="utf-8").splitlines(keepends=True)
    marks = ["<<<<<<< HEAD\n", lines[1], "=======\n", lines[1], ">>>>>>> theirs\n"]
    (folder / name).write_text("".join([lines[0], *marks, *lines[2:]]), encoding="utf-8")
    said = [str(problem) for problem in check(folder)]
    assert any(f"{name}, line 2: conflict markers of git" in text for text in said), said


def test_mismatches_of_all_files_come_at_once(wave):
    folder = wave(
        {"Q3": "A7"},
        population=("large", "huge"),
        published=("option: white", "option: whole"),
        rules=("battery: opinions", "battery: opinion"),
    )
    files = {problem.where.partition(",")[0].partition(" ")[0] for problem in check(folder)}
    assert files == {
        "2020/responses.csv",
        "2020/population.csv",
        "2020/published.yaml",
        "2020/rules.yaml",
    }


def test_a_codebook_that_cannot_be_read_says_what_was_not_compared(wave):
    folder = wave(questionnaire=("study: bakery", "study: 'bakery"))
    unreadable, left = check(folder)
    assert "not readable as YAML" in unreadable.found
    assert "not yet compared" in left.found


@pytest.mark.parametrize(
    "text", ['title: "a\\u202eb"\n', "- one\n", "title: [\n", "title: x\nzz: 1\n", "1: 1\n"]
)
def test_a_study_file_that_cannot_be_read_is_named_and_hides_no_mistake_elsewhere(wave, text):
    folder = wave(population=("size,small,600", "size,small,six"))
    (folder / "study.yaml").write_text(text, encoding="utf-8")
    where = [problem.where for problem in check(folder, {"topline"})]
    assert where[0].startswith("2020/study.yaml, line")
    assert any("population.csv" in place for place in where)
    assert not any("dvc.yaml" in place for place in where)


def test_a_part_of_the_codebook_that_is_wrong_hides_no_mistake_elsewhere(wave):
    folder = wave(
        {"Q3": "A7"},
        questionnaire=("type: multi", "type: multy"),
        population=("large", "huge"),
        published=("is: [small]", "is: [tiny]"),
    )
    problems = check(folder)
    found = [(p.where.partition(",")[0].partition(" ")[0].removeprefix("2020/"), p.found) for p in problems]
    assert any(file == "questionnaire.yaml" and "multy" in text for file, text in found)
    assert any(file == "responses.csv" and "A7" in text for file, text in found)
    assert any(file == "population.csv" and "huge" in text for file, text in found)
    assert any(file == "published.yaml" and "tiny" in text for file, text in found)
    # Its own columns, and statements about it, are no mistakes.
    assert not any("breads" in text or "Q2" in text for file, text in found if file != "questionnaire.yaml")


def test_a_margin_of_a_question_that_is_wrong_is_not_compared_yet(wave):
    problems = check(wave(questionnaire=("name: size\n    type: single", "name: size\n    type: singel")))
    assert [p for p in problems if p.found == "not yet compared: population"]
    assert not [p for p in problems if "population.csv" in p.where]


def test_one_response_alone_is_told(wave):
    folder = wave()
    path = folder / "responses.csv"
    path.write_text("".join(path.read_text("utf-8-sig").splitlines(keepends=True)[:2]), "utf-8")
    (problem,) = check(folder)
    assert problem.found == "1 response"


def test_a_wave_without_files_names_the_codebook(tmp_path):
    assert "there is no such file" in str(check(tmp_path / "2099")[0])


BENCHMARKS = """\
source,year,population,base,breakdown,category,indicator,value,unit,certainty,url,note
union,2020,bakers,all,,,use,40,percent,published,https://example.org,
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("40", "12.5", None),
        ("40", "1.250", "line 2: the value '1.250'"),
        ("40", '"12,5"', "line 2: the value '12,5'"),
        ("2020", "2020/21", "line 2: the year '2020/21'"),
        # What the stage that reads it would stop for.
        ("40", "140", "line 2: value 140 percent"),
        ("40", "-4", "line 2: value -4 percent"),
        ("2020", "2020.5", "line 2: value 40 percent, year 2020.5"),
        ("percent", "%", "line 2: value 40 %"),
        (",use,", ",uses,", "no row with the indicator 'use'"),
        (",note\n", "\n", "the column 'note' is missing"),
    ],
)
def test_a_figure_of_another_survey_that_cannot_be_held_against_ours_is_told(wave, old, new, said):
    folder = wave()
    text = BENCHMARKS.replace(old, new, 1)
    if old == ",note\n":
        text = text.replace("org,", "org")
    (folder / "benchmarks.csv").write_text(text, encoding="utf-8")
    with (folder / "published.yaml").open("a", encoding="utf-8") as file:
        file.write("benchmarks:\n  - {claim: white, indicator: use, relation: same, label: {nl: B, en: B}}\n")
    found = [str(problem) for problem in check(folder)]
    if said is None:
        assert found == []
    else:
        (problem,) = found
        assert problem.startswith("2020/benchmarks.csv")
        assert said in problem


def test_a_report_that_cannot_be_read_hides_nothing_else(wave):
    folder = wave(population=("large,100", "large,1,00"))
    (folder / "report.en.md").write_bytes("caf\u00e9".encode("windows-1252"))
    assert [problem.where for problem in check(folder)] == [
        "2020/population.csv, line 4",
        "2020/report.en.md, line 1",
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "2020/ensemble.csv: there is no head"),
        (b"statement,question\n", "2020/ensemble.csv: no column option, by"),
        ("caf\u00e9\n".encode("windows-1252"), "2020/ensemble.csv, line 1: not UTF-8: byte 0xe9"),
    ],
)
def test_ranges_of_reconstructions_that_cannot_be_read_are_told(wave, content, said):
    folder = wave()
    (folder / "ensemble.csv").write_bytes(content)
    (problem,) = table.problems(folder, load_codebook(folder))
    assert str(problem).startswith(said)
    assert problem.fix == "run `nsmo ensemble --wave 2020`"


def test_the_one_file_of_before_is_told_though_the_new_files_are_there(wave):
    folder = wave()
    (folder / "codebook.yaml").write_text("study: bakery\n", encoding="utf-8")
    (problem,) = check(folder)
    assert "codebook.yaml is no longer read" in problem.found


def reconstructed(origins: str) -> dict:
    """The changes that make the small wave a reconstruction with these origins."""
    return {
        "questionnaire": ("provenance: real", "provenance: reconstructed"),
        "rules": ("cleaning:", f"origins: {origins}\ncleaning:"),
    }


def test_origins_are_held_against_the_published_statements(wave):
    printed = "{published: [breads.white in size.small]}"
    assert check(wave(**reconstructed(printed))) == []


@pytest.mark.parametrize(
    ("origins", "found"),
    [
        ("{}", "published.yaml prints 'breads.white in size.small', which is not among the origins"),
        ("{implied: [breads.white in size.small]}", None),  # it may claim to be less than it is
        (
            "{published: [breads.white in size.small, breads.rye]}",
            "'breads.rye' is called published, and no statement of published.yaml prints it so",
        ),
        ("{published: [breads.white in size.tiny]}", "'size' has no option 'tiny'"),
        ("{published: [bread.white in size.small]}", "there is no question or derived variable 'bread'"),
    ],
)
def test_an_origin_that_does_not_fit_is_named(wave, origins, found):
    problems = check(wave(**reconstructed(origins)))
    assert (found in [problem.found for problem in problems]) if found else not problems


def test_an_answer_to_choose_that_tells_who_gave_it_is_named_without_being_repeated(wave):
    folder = wave(questionnaire=("en: Small}", 'en: "Call 06-12345678"}'))
    (problem,) = check(folder)
    assert problem.found == "a telephone number in the option 'small'"
    assert problem.where == "2020/questionnaire.yaml, size"
    assert "06-12345678" not in str(problem)


def seconds(folder, rows, *, checked=False):
    """How much of a processor drafting an export takes at best of two: a machine that is busy adds to one."""
    folder.mkdir()
    (folder / "export.csv").write_text("".join(",".join(row) + "\n" for row in rows), "utf-8")
    taken = []
    for name in ("a", "b"):
        root = folder / name
        root.mkdir()
        (root / "dvc.yaml").write_text("stages: {}\n", "utf-8")
        (root / "params.yaml").write_text("waves: {}\n", "utf-8")
        started = time.process_time()
        drafted = draft.new(root, "w", [folder / "export.csv"]).folder
        assert not checked or check(drafted) == []
        taken.append(time.process_time() - started)
    return min(taken)


@pytest.mark.slow
def test_the_time_of_a_draft_and_its_check_grows_with_the_number_of_columns_and_no_faster(tmp_path):
    def columns(many):
        return [[f"c{i}" for i in range(many)], *[[str(1 + i % 2)] * many for i in range(3)]]

    few, more = (seconds(tmp_path / str(many), columns(many), checked=True) for many in (500, 2000))
    assert more < 8 * few, "four times as many; with a look at all for each it took sixteen times"


def test_a_number_of_a_hundred_thousand_digits_is_named_and_no_fault_of_ours(tmp_path):
    (tmp_path / "dvc.yaml").write_text("stages: {}\n", "utf-8")
    (tmp_path / "params.yaml").write_text("waves: {}\n", "utf-8")
    (tmp_path / "export.csv").write_text(f"id,n\n1,{'9' * 100_000}\n2,1\n3,2\n", "utf-8")
    (problem,) = check(draft.new(tmp_path, "w", [tmp_path / "export.csv"]).folder)
    assert "'9999" in problem.found
    assert len(str(problem)) < 5000, "cut"


def test_as_many_different_answers_as_respondents_take_no_look_at_all_of_them_for_each(tmp_path):
    def answers(many):
        return [["id", "a"], *([str(i), f"v{i}"] for i in range(many))]

    seconds(tmp_path / "first", answers(10))  # what is imported once
    few, more = (seconds(tmp_path / str(many), answers(many)) for many in (5000, 20_000))
    assert more < 9 * few, "four times as many; with a look at all for each it took sixteen times"
