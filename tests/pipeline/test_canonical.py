"""Notebooks in one form: the same content, the same bytes."""

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from nsmo.runner.canonical import dumps, executed_form, source_form

ROOT = Path("/home/someone/study")


def code(source: str, **more: object) -> dict:
    return {"cell_type": "code", "id": "a", "metadata": {}, "source": source, "outputs": []} | more


def of(*cells: dict, **metadata: object) -> dict:
    return {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def outputs(*found: dict) -> list:
    return executed_form(of(code("x", outputs=list(found))), ROOT)["cells"][0]["outputs"]


class TestSource:
    def test_what_running_leaves_is_taken_out(self):
        bare = source_form(of(code("1 + 1")))
        ran = of(
            code(
                "1 + 1",
                execution_count=7,
                outputs=[{"output_type": "stream", "name": "stdout", "text": "2"}],
                metadata={"collapsed": True, "execution": {"iopub.status.busy": "2026-01-01"}},
            ),
            kernelspec={"name": "python3", "display_name": "My own", "language": "python"},
            language_info={"name": "python", "version": "3.12.1"},
            toc={"base_numbering": 1},
        )
        assert dumps(source_form(ran)) == dumps(bare)

    def test_tags_stay_in_order_and_once(self):
        cell = code("x = None", metadata={"tags": ["parameters", "b", "a", "a"], "editable": True})
        assert source_form(of(cell))["cells"][0]["metadata"] == {"tags": ["a", "b", "parameters"]}

    def test_valid_ids_stay_others_become_unique_and_fixed(self):
        cells = [code("1", id="good"), code("2", id="good"), code("3", id="not valid!"), code("4", id=None)]
        first, second = (source_form(of(*cells)) for _ in range(2))
        ids = [cell["id"] for cell in first["cells"]]
        assert ids[0] == "good"
        assert len(set(ids)) == 4
        assert ids == [cell["id"] for cell in second["cells"]]

    def test_empty_cells_at_the_end_go_others_stay(self):
        cells = [code("", id="a"), code("1", id="b"), code(" \n", id="c"), code("", id="d")]
        assert [cell["id"] for cell in source_form(of(*cells))["cells"]] == ["a", "b"]

    @given(
        st.lists(
            st.builds(
                code,
                st.text(st.characters(blacklist_categories=["Cs", "Cc"], whitelist_characters="\n")),
                id=st.one_of(st.none(), st.text(max_size=5)),
            ),
            max_size=4,
        )
    )
    def test_once_is_enough_and_the_code_stays(self, cells):
        once = source_form(of(*cells))
        assert source_form(json.loads(dumps(once))) == once
        kept = ["".join(cell["source"]) for cell in once["cells"]]
        given_sources = [cell["source"].rstrip("\n") for cell in cells]
        assert given_sources[: len(kept)] == kept
        assert not any(source.strip() for source in given_sources[len(kept) :])

    def test_it_is_what_jupyter_writes(self):
        import nbformat

        text = dumps(
            source_form(of(code("a = 'é'\nb = 1"), {"cell_type": "markdown", "id": "m", "source": "# T"}))
        )
        assert nbformat.writes(nbformat.reads(text, as_version=4)) + "\n" == text


class TestExecuted:
    def test_the_machine_does_not_show(self):
        text = f"File {ROOT}/src/nsmo/x.py, in {ROOT}\n<object at 0x7f3b2c1d0a90> /tmp/ipykernel_12/345.py\n"
        (found,) = outputs({"output_type": "stream", "name": "stderr", "text": text})
        assert found["text"] == ["File src/nsmo/x.py, in .\n", "<object at 0x…> <cell>\n"]

    def test_plain_text_goes_where_something_richer_is(self):
        rich = {
            "output_type": "display_data",
            "data": {"text/plain": "<Figure>", "text/html": "<p>"},
            "metadata": {},
        }
        plain = {"output_type": "display_data", "data": {"text/plain": "4.1"}, "metadata": {}}
        assert [list(found["data"]) for found in outputs(rich, plain)] == [["text/html"], ["text/plain"]]

    def test_times_versions_and_paths_of_papermill_go(self):
        notebook = of(
            code(
                "x = 1", id="9f3a", metadata={"tags": ["injected-parameters"], "papermill": {"duration": 0.1}}
            ),
            papermill={"start_time": "2026-01-01", "input_path": str(ROOT)},
            language_info={"name": "python", "version": "3.11.7"},
        )
        text = dumps(executed_form(notebook, ROOT, {"stage": "clean"}))
        assert "papermill" not in text
        assert "3.11.7" not in text
        assert json.loads(text)["cells"][0]["id"] == "injected-parameters"
        assert json.loads(text)["metadata"]["nsmo"] == {"stage": "clean"}
