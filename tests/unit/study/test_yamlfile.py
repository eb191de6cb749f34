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
        ("a: 1\nb: " + "[" * 100_000, 2, "more than 200 brackets within each other"),
        ("a: 1\nb: café\n".encode("cp1252"), 2, "not UTF-8: byte 0xe9"),
        ("a: 1\nb: [1\n", None, "not readable as YAML"),
        ("a: 1\nb: 2017-02-30\n", None, "a value that is none"),
        (unfolding(12), None, "its aliases unfold to more than"),
        ("x:\n  " + "- " * 5000 + "a\n", None, "within each other without end"),
        ("? " * 3000 + "a\n", None, "within each other without end"),
        ("".join(" " * i + "a:\n" for i in range(3000)), None, "within each other without end"),
        ("a: 1\n<<<<<<< HEAD\nb: 2\n=======\nb: 3\n>>>>>>> x\n", 2, "conflict markers of git"),
        ("a: " + "9" * 5000 + "\n", None, "a value that is none"),
        ("a: !!python/object/apply:os.system [ls]\n", 1, "could not determine a constructor"),
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


def test_an_alias_that_repeats_a_list_is_fine(read):
    assert read("a: &a [1, 2]\nb: *a\n").data["b"] == [1, 2]
    assert read("a: &a [1, 2]\nb: *a\n").repeated_keys() == []


def test_a_file_in_which_nothing_stands_yet_has_no_keys(read):
    assert read("# rules come later\n").data == {}


@pytest.mark.parametrize("sign", ["\\e", "\\v", "\\x07", "\\u202e", "\\u2066"])
def test_a_sign_that_a_screen_obeys_is_named_with_its_line(tmp_path, sign):
    (tmp_path / "questionnaire.yaml").write_text(f'study: x\nlabel: {{en: "a{sign}b"}}\n')
    with pytest.raises(StudyError, match=r"questionnaire\.yaml, line 2: the sign U\+[0-9A-F]{4} in a text"):
        YamlFile(tmp_path / "questionnaire.yaml")
