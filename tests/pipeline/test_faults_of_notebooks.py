"""What a notebook may do to `make report`, for real; test_faults.py says what holds after each."""

import sys
import time

import pytest
from interrupted import FIRST, stopped
from projects import DRAW, notebook_text

pytestmark = [
    pytest.mark.pipeline,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]


class TestTheNotebook:
    def test_a_cell_raises(self, made):
        made.draw_with("1 / 0")
        said = stopped(made.report())
        made.afterwards(said, "ZeroDivisionError", "open reports/2018/failed/1_draw.ipynb")
        assert not (made.folder / "reports/2018/failed/1_draw.ipynb").exists()

    def test_its_error_would_be_obeyed_by_a_terminal_and_has_no_end(self, made):
        made.draw_with("raise ValueError('\\x1b]0;t\\x07\\x9b31m\\u202e' + 'x' * 1_000_000)")
        said = stopped(made.report())
        assert "ValueError: \ufffd]0;t\ufffd\ufffd31m\ufffdxxx" in said
        assert len(said) < 6_000
        made.afterwards(
            said, f"cell [6] of {FIRST}, line 1: raise ValueError(", "signs left out", "open reports"
        )

    @pytest.mark.parametrize(
        ("cell", "told"),
        [
            ("%nosuch", "UsageError: Line magic function `%nosuch` not found."),
            ("%%script false", "UsageError: %%script is a cell magic, but the cell body is empty."),
        ],
    )
    def test_a_magic_is_unknown(self, made, cell, told):
        """IPython only prints that, and raises nothing."""
        made.draw_with(cell)
        said = stopped(made.report())
        made.afterwards(said, f"cell [6] of {FIRST}\n{told}\nopen reports/2018/failed/1_draw.ipynb")
        assert "Traceback" not in said

    def test_a_file_is_not_where_it_is_looked_for(self, made):
        made.draw_with("open('../data/raw/2018/responses.csv')")
        said = stopped(made.report())
        made.afterwards(
            said, "FileNotFoundError", "a notebook runs in the root of the repository", "open reports"
        )
        assert f"cell [6] of {FIRST}, line 1: open(" in said

    def test_its_kernel_dies(self, made):
        made.draw_with("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
        said = stopped(made.report())
        left = made.read("reports/2018/failed/1_draw.ipynb")
        assert "stage.save(frame" in left
        assert "<th>value</th>" in left
        made.afterwards(said, "The kernel died", f"cell [6] of {FIRST}", "open reports/2018/failed")

    def test_its_kernel_dies_before_the_last_cell(self, made):
        made.write(FIRST, notebook_text(*DRAW[:3], "import os\nos._exit(3)", *DRAW[3:]))
        said = stopped(made.report())
        made.afterwards(said, "The kernel died", f"cell [3] of {FIRST}", "open reports/2018/failed")

    @pytest.mark.parametrize("cell", ["import sys\nsys.exit(0)", "import sys\nsys.exit(2)", "exit()"])
    def test_a_cell_ends_it_early(self, made, cell):
        """Everything is saved, but not all of it ran."""
        made.write(FIRST, notebook_text(*DRAW, cell, "print('never')"))
        said = stopped(made.report())
        made.afterwards(said, f"cell [6] of {FIRST}", "open reports/2018/failed")

    def test_it_takes_longer_than_it_may(self, made):
        made.replace("params.yaml", "draw:\n  factor", "timeout:\n  draw: 0.05\ndraw:\n  factor")
        made.draw_with("print('until here', flush=True)\nwhile True: pass")
        said = stopped(made.report())
        left = made.read("reports/2018/failed/1_draw.ipynb")
        assert '"until here\\n"' in left
        assert "<th>value</th>" in left
        made.afterwards(said, f"cell [6] of {FIRST}", "longer than `timeout:` in params.yaml allows")

    def test_a_time_limit_that_is_none(self, made):
        made.replace("params.yaml", "draw:\n  factor", "timeout:\n  draw: soon\ndraw:\n  factor")
        made.mended()
        assert "params.yaml, timeout: draw: 'soon'" in stopped(made.report())

    def test_no_line_of_its_output_is_lost(self, made):
        made.draw_with("for number in range(10_000):\n    print(f'<{number}>', flush=True)")
        assert made.ran(made.report()) == ["draw"]
        shown = made.read("reports/2018/executed/draw.ipynb")
        assert [number for number in range(10_000) if f"<{number}>" not in shown] == []

    @pytest.mark.parametrize("code", ["while True:\n    print('x' * 1000)", "print('x' * 10**9)"])
    def test_it_prints_without_end(self, made, code):
        """In memory, in a file and on a page all of it would have to be."""
        made.draw_with(code)
        said = stopped(made.report())
        assert (made.folder / "reports/2018/failed/1_draw.ipynb").stat().st_size < 10**7
        made.afterwards(said, f"cell [6] of {FIRST}", "the notebook has printed more than 5 million signs")

    def test_a_long_line_takes_no_more_than_its_share_of_time(self, made):
        made.draw_with("print('x' * 1_000_000)\nprint('half', end='\\r')\nprint('whole')")
        began = time.monotonic()
        assert made.ran(made.report()) == ["draw"]
        assert time.monotonic() - began < 60
        shown = made.read("reports/2018/executed/draw.ipynb")
        assert "x" * 1_000_000 in shown
        assert "half" not in shown.split("print('whole')")[-1]
