import time

import pytest

from nsmo.study import StudyError
from nsmo.study.yamlfile import YamlFile


@pytest.fixture
def read(tmp_path):
    def of(text: str | bytes) -> YamlFile:
        path = tmp_path / "wave.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        return YamlFile(path)

    return of


def unfolding(levels: int) -> str:
    lines = ["a0: &a0 [1, 1, 1]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "line", "found"),
    [
        ("a: 1\nb: &b [*b]\n", 2, "an alias stands inside of what it repeats"),
        ("a: 1\nb: &b {c: *b}\n", 2, "an alias stands inside of what it repeats"),
        ("a: 1\nb: x\x08y\n", 2, "the sign U+0008 cannot stand in YAML"),
        ("a: 1\nb: " + "[" * 100_000, 2, "more than 200 lists or brackets"),
        ("a: 1\nb: café\n".encode("cp1252"), 2, "not UTF-8: byte 0xe9"),
        ("a: 1\nb: [1\n", None, "not readable as YAML"),
        ("a: 1\nb: 2017-02-30\n", 2, "'2017-02-30' is no day that can be used"),
        ("a: 1\nb: 2017-02-03T12:00:00+99:99\n", 2, "is no day that can be used"),
        ("a: 1\nb: 1.0e+400\n", 2, "'1.0e+400' is no number that can be used"),
        ("a: !!bool maybe\n", 1, "'maybe' is no switch"),
        ("a: !!timestamp soon\n", 1, "'soon' is no day"),
        ("a: !!float soon\n", 1, "'soon' is no number"),
        ("a: 1\nb: !important\n", 2, "a tag of YAML, '!important'"),
        ("a: !!set {x, y}\n", 1, "a tag of YAML, '!!set'"),
        ("a: !!binary aGVsbG8=\n", 1, "a tag of YAML, '!!binary'"),
        ("a: 1\nb: of\u2028two lines\n", 2, "the sign U+2028, which breaks the line"),
        ("a: 1\nb: of\x85two: lines\n", 2, "the sign U+0085, which breaks the line"),
        (unfolding(12), None, "its aliases unfold to more than"),
        ("x:\n  " + "- " * 5000 + "a\n", 2, "more than 200 lists or brackets"),
        ("x:\n  " + "- " * 200_000 + "a\n", 2, "more than 200 lists or brackets"),
        ("? " * 3000 + "a\n", 1, "more than 200 lists or brackets"),
        ("".join(" " * i + "a:\n" for i in range(3000)), None, "within each other without end"),
        ("a: 1\n<<<<<<< HEAD\nb: 2\n=======\nb: 3\n>>>>>>> x\n", 2, "conflict markers of git"),
        ("a: " + "9" * 5000 + "\n", 1, "99… (5,000 signs)' is no whole number that can be used"),
        ("a: !!python/object/apply:os.system [ls]\n", 1, "a tag of YAML, '!!python/object"),
        ('a: "\\ud800"\n', 1, "invalid Unicode character escape code"),
        ("a: 1\n---\nb: 2\n", 2, "another document"),
        ("a:\n\tb: 1\n", 2, "not readable as YAML"),
        ("- 1\n- 2\n", 1, "a list where keys with values belong"),
    ],
)
def test_what_no_study_can_mean_is_refused_in_words(read, text, line, found):
    with pytest.raises(StudyError) as caught:
        read(text)
    assert found in str(caught.value)
    assert "wave.yaml" in str(caught.value)
    assert line is None or f"line {line}" in str(caught.value)


def test_yes_no_and_on_are_texts(read):
    assert read("a: yes\nb: [no, on, true]\n").data == {"a": "yes", "b": ["no", "on", True]}


def test_what_a_person_does_not_write_as_a_number_is_a_text(read):
    texts = ["12:30", "1:30.5", "0123", "1_000", "0x1f", "0b11", "0o17", "1e5", ".inf", ".nan"]
    data = read("a: [" + ", ".join(texts) + "]\nb: [0, -7, +7, 1.5, -.5, 2.0e+3, 2.5e-1]\n").data
    assert data == {"a": texts, "b": [0, -7, 7, 1.5, -0.5, 2000.0, 0.25]}


@pytest.mark.parametrize("second", ["1", "1.0", "+1", "true", "'1'"])
def test_a_key_that_is_written_otherwise_is_the_same_key(read, second):
    (problem,) = read(f"a:\n  1: x\n  2: y\n  {second}: z\n").repeated_keys()
    assert "stands twice, first on line 2" in str(problem)
    assert "wave.yaml, line 4" in str(problem)


def test_brackets_in_texts_are_not_nested(read):
    lines = [f"- [{i}, '[{i}, {i + 5})']" for i in range(300)]
    assert len(read("classes:\n" + "\n".join(lines)).data["classes"]) == 300


def test_a_file_that_nobody_wrote_is_not_read(read, monkeypatch):
    monkeypatch.setattr("nsmo.study.yamlfile.MOST_BYTES", 100)
    with pytest.raises(StudyError, match=r"wave\.yaml: 104 bytes\n.*at most 100"):
        read("a: " + "x" * 101)


def test_an_alias_that_repeats_a_list_is_fine(read):
    assert read("a: &a [1, 2]\nb: *a\n").data["b"] == [1, 2]
    assert read("a: &a [1, 2]\nb: *a\n").repeated_keys() == []


def test_a_file_in_which_nothing_stands_yet_has_no_keys(read):
    assert read("# rules come later\n").data == {}


@pytest.mark.parametrize("sign", ["\\e", "\\v", "\\x07", "\\u202e", "\\u2066", "\\u061c", "\\U000E0041"])
def test_a_sign_that_a_screen_obeys_is_named_with_its_line(tmp_path, sign):
    (tmp_path / "questionnaire.yaml").write_text(f'study: x\nlabel: {{en: "a{sign}b"}}\n')
    with pytest.raises(StudyError, match=r"questionnaire\.yaml, line 2: the sign U\+[0-9A-F]{4,5} in a text"):
        YamlFile(tmp_path / "questionnaire.yaml")


def test_the_lines_of_many_keys_take_no_look_at_all_of_them_for_each(read):
    def seconds(many: int) -> float:
        file = read("".join(f"k{i}: {i}\n" for i in range(many)))
        started = time.process_time()
        assert [file.line([f"k{i}"]) for i in range(many)] == list(range(1, many + 1))
        return time.process_time() - started

    few, more = (min(seconds(many) for _ in range(3)) for many in (1000, 4000))
    assert more < 9 * few, "four times as many; with a look at all for each it took sixteen times"
