"""What goes wrong in a command is said in words, and nothing that it prints is obeyed by a terminal."""

import sys
from pathlib import Path

import pytest
import survey_exports

from nsmo.draft import new as drafting
from nsmo.pipeline import cli


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
