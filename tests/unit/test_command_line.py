"""What goes wrong in a command is said in words, and nothing that it prints is obeyed by a terminal."""

import sys
from pathlib import Path

import pytest
import survey_exports

from nsmo.draft import new as drafting
from nsmo.pipeline import check, cli
from nsmo.study.errors import Problem, StudyError


@pytest.fixture
def nsmo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run a command in a folder of its own; the status, and what it printed and said of mistakes."""

    def run(*words: str) -> tuple[object, str, str]:
        monkeypatch.setenv("NSMO_ROOT", str(tmp_path))
        monkeypatch.setattr(sys, "argv", ["nsmo", *words])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        return caught.value.code, *capsys.readouterr()

    return run


@pytest.mark.parametrize("sign", ["\x1b[31m", "\u202e", "\x07"])
def test_a_terminal_does_not_obey_the_name_of_a_file_or_a_column(nsmo, tmp_path: Path, sign: str):
    rows = survey_exports.plain_rows()
    rows[0][0] = f"id{sign}"
    path = survey_exports.write_csv(tmp_path / f"plain{sign}.csv", rows)
    status, printed, _ = nsmo("new", "w", str(path))
    assert not status
    assert "plain\ufffd" in printed
    assert sign[0] not in printed


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError(), "nsmo new: the memory of this machine is not enough"),
        (PermissionError(13, "Permission denied", "/data/x"), "/data/x: permission denied"),
        (OSError(28, "No space left on device", "/data/x"), "/data/x: no space left on device"),
    ],
)
def test_what_the_machine_refuses_is_said_without_a_traceback(nsmo, monkeypatch, error: Exception, said: str):
    def fails(*_):
        raise error

    monkeypatch.setattr(drafting, "new", fails)
    status, printed, told = nsmo("new", "w", "x.csv")
    assert (status, printed) == (1, "")
    assert said in told
    assert "    do: " in told
    assert "Traceback" not in told


def test_of_thousands_of_problems_the_first_are_shown_and_all_are_written(nsmo, monkeypatch, tmp_path: Path):
    found = [Problem(f"mistake {number}", "a.yaml", fix="mend it") for number in range(5000)]
    monkeypatch.setattr(check, "problems", lambda: found)
    monkeypatch.setattr(check, "guesses", list)
    monkeypatch.setattr(check, "aside", list)
    status, _, told = nsmo("check")
    assert status == 1
    assert "100. a.yaml: mistake 99\n" in told
    assert "mistake 100\n" not in told
    assert "and 4,900 more; all of them stand in .nsmo/private/problems.txt" in told
    assert "5,000 problems." in told
    file = tmp_path / ".nsmo/private/problems.txt"
    assert file.read_text().count("do: mend it") == 5000
    assert file.stat().st_mode & 0o077 == 0


def test_an_error_of_thousands_of_problems_has_an_end():
    text = str(StudyError("the export:", problems=[Problem(f"mistake {number}") for number in range(5000)]))
    assert text.startswith("the export:\nmistake 0\n")
    assert text.endswith("mistake 99\nand 4,900 more problems")
