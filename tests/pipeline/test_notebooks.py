"""Source notebooks: `nsmo format`, and what `nsmo check` says about the code in them."""

import json
from pathlib import Path

import pytest
from projects import notebook_text

from nsmo.pipeline.notebooks import Reformatted, code, reformat
from nsmo.runner.declarations import ContractError
from nsmo.runner.parameters import parameter_cell


class TestFormat:
    @pytest.fixture
    def saved(self, tmp_path: Path) -> Path:
        """A notebook as an editor saves it that knows nothing of our form."""
        place = tmp_path / "notebooks" / "one.ipynb"
        place.parent.mkdir()
        cell = {"cell_type": "code", "metadata": {}, "source": "1", "outputs": [], "execution_count": 3}
        place.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}))
        return place

    def test_looking_changes_nothing(self, saved):
        before = saved.read_bytes()
        assert reformat([saved.parent], write=False).changed == [saved]
        assert saved.read_bytes() == before

    def test_writing_settles_it(self, saved):
        assert reformat([saved], write=True).changed == [saved]
        assert reformat([saved.parent], write=True) == Reformatted([], [])

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"{}", "one.ipynb: no notebook"),
            (b"[1]", "one.ipynb: no notebook"),
            (b"", "one.ipynb: not readable as JSON"),
            (b'{"nbformat": 3, "worksheets": []}', "one.ipynb: format 3"),
            (
                b'{"nbformat": 4, "cells": [{"cell_type": "code"}]}',
                "one.ipynb: cells without a type or a source",
            ),
            (b'{"nbformat": 4,\n<<<<<<< HEAD\n"cells": []\n', "one.ipynb, line 2: conflict markers of git"),
            (b'{"name": "caf\xe9"}', "one.ipynb: not UTF-8: byte 13 is 0xe9"),
        ],
    )
    def test_what_is_no_notebook_is_named_and_left(self, saved, content, said):
        saved.write_bytes(content)
        beside = saved.with_name("two.ipynb")
        beside.write_text(notebook_text("# Title", "wave = None"))
        done = reformat([saved.parent], write=True)
        assert done.changed == []
        (problem,) = done.problems
        assert said in str(problem)
        assert "do: " in str(problem)
        assert saved.read_bytes() == content


class TestCodeOfNotebooks:
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        return tmp_path / "1_draw.ipynb"

    @pytest.mark.parametrize(
        "cell", ["%time 1 + 1", "%load_ext autoreload", "!ls", "files = !ls", "len?", "%%bash\necho 'a"]
    )
    def test_magics_are_no_mistake(self, path, cell):
        path.write_text(notebook_text("# Title", "wave = None", cell))
        assert code(path).problems == []

    def test_a_mistake_is_named_with_notebook_cell_and_line(self, path):
        path.write_text(notebook_text("# Title", "wave = None", "a = 1\nb = = 2"))
        (problem,) = code(path).problems
        assert "1_draw.ipynb, cell [2], line 2: invalid syntax: `b = = 2`" in str(problem)

    def test_the_parameters_cell_too(self, path):
        path.write_text(notebook_text("# Title", "wave = = None"))
        with pytest.raises(ContractError, match=r"parameters cell, line 1: .*`wave = = None`"):
            parameter_cell(path)
