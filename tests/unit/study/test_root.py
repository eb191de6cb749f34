"""Where the study is."""

import pytest

from nsmo.study import StudyError
from nsmo.study.paths import root


def test_a_variable_that_names_a_folder_which_is_not_there_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("NSMO_ROOT", str(tmp_path / "gone"))
    with pytest.raises(
        StudyError, match=r"the variable NSMO_ROOT: there is no folder .*gone[\s\S]*unset NSMO_ROOT"
    ):
        root()
    monkeypatch.setenv("NSMO_ROOT", str(tmp_path))
    assert root() == tmp_path
