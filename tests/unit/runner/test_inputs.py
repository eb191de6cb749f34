"""The hashes by which a run knows what it was made from."""

import hashlib
import os
import time

import pytest

from nsmo.runner import inputs


@pytest.fixture
def folder(tmp_path, monkeypatch):
    # As if what is written here had been written long ago.
    monkeypatch.setattr(inputs, "TOO_YOUNG", 0)
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "a.py").write_text("one")
    (tmp_path / "table.csv").write_text("two")
    time.sleep(0.02)
    return tmp_path


def digests(folder):
    return inputs.hashes(folder, [folder / "code", folder / "table.csv"])


def test_files_and_those_in_folders_have_their_hash(folder):
    expected = {"code/a.py": b"one", "table.csv": b"two"}
    assert digests(folder) == {name: hashlib.sha256(text).hexdigest() for name, text in expected.items()}


def test_an_edit_counts_though_size_and_time_of_the_file_are_as_before(folder):
    path = folder / "code" / "a.py"
    before, stat = digests(folder), path.stat()
    path.write_text("two")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    after = digests(folder)
    assert after["code/a.py"] == after["table.csv"] == before["table.csv"]


def test_a_file_is_read_once(folder, monkeypatch):
    before = digests(folder)
    monkeypatch.setattr(inputs.Path, "read_bytes", lambda path: pytest.fail(f"{path} is read again"))
    assert digests(folder) == before


def test_what_was_written_just_now_is_read_again(tmp_path):
    path = tmp_path / "a.csv"
    for text in ("one", "two"):
        path.write_text(text)
        found = inputs.hashes(tmp_path, [path])
        assert found == {"a.csv": hashlib.sha256(text.encode()).hexdigest()}


def test_what_only_editors_and_python_leave_is_no_input(folder):
    for name in ("a.py~", ".a.py.swp"):
        (folder / "code" / name).touch()
    (folder / "code" / "__pycache__").mkdir()
    (folder / "code" / "__pycache__" / "a.pyc").touch()
    (folder / "code" / "more").mkdir()
    (folder / "code" / "more" / "b.py").touch()
    assert sorted(inputs.files_of(folder / "code")) == [
        folder / "code" / "a.py",
        folder / "code" / "more" / "b.py",
    ]
    assert list(inputs.files_of(folder / "gone")) == []
