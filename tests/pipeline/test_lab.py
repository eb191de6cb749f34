"""Saving in JupyterLab leaves a notebook as git keeps it."""

import json
import os
import re
import signal
import sys
import time
import urllib.error
import urllib.request

import pytest

pytestmark = [pytest.mark.pipeline, pytest.mark.slow]


@pytest.fixture
def lab(miniature):
    """JupyterLab as `nsmo lab` starts it: a function that calls its contents service."""
    options = ("--no-browser", "--allow-root", "--port=0", "--IdentityProvider.token=t")
    process = miniature.start(sys.executable, "-m", "nsmo", "lab", *options)
    address = None
    for line in process.stdout:
        found = re.search(r"http://127\.0\.0\.1:\d+/", line)
        if found:
            address = found[0]
            break
    assert address, "JupyterLab did not start"

    def contents(path: str, model: dict | None = None) -> dict:
        request = urllib.request.Request(
            f"{address}api/contents/{path}",
            data=json.dumps(model).encode() if model else None,
            method="PUT" if model else "GET",
            headers={"Authorization": "token t", "Content-Type": "application/json"},
        )
        # The address is printed a moment before the server listens.
        until = time.monotonic() + 20
        while True:
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return json.load(answer)
            except urllib.error.URLError as error:
                if not isinstance(error.reason, ConnectionRefusedError) or time.monotonic() > until:
                    raise
                time.sleep(0.3)

    yield contents
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def ran(model: dict) -> dict:
    """What the browser sends when every cell has been run."""
    content = model["content"]
    for number, cell in enumerate(content["cells"], 1):
        cell["metadata"]["collapsed"] = False
        if cell["cell_type"] == "code":
            cell["execution_count"] = number
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "done\n"}]
    content["metadata"]["language_info"]["version"] = "3.11.99"
    content["metadata"]["widgets"] = {}
    return {"type": "notebook", "format": "json", "content": content}


def test_open_run_save_leaves_the_bytes_and_dvc_as_they_were(lab, miniature):
    before = miniature.read("notebooks/1_draw.ipynb")
    lab("notebooks/1_draw.ipynb", ran(lab("notebooks/1_draw.ipynb")))
    assert miniature.read("notebooks/1_draw.ipynb") == before
    assert miniature.status() == {}


def test_an_edit_is_saved(lab, miniature):
    model = ran(lab("notebooks/1_draw.ipynb"))
    model["content"]["cells"][0]["source"] = "# What was drawn, really?"
    lab("notebooks/1_draw.ipynb", model)
    assert "What was drawn, really?" in miniature.read("notebooks/1_draw.ipynb")
    assert "done" not in miniature.read("notebooks/1_draw.ipynb")


def test_executed_notebooks_keep_their_outputs(lab, miniature):
    model = lab("reports/2018/executed/draw.ipynb")
    lab(
        "reports/2018/executed/draw.ipynb",
        {"type": "notebook", "format": "json", "content": model["content"]},
    )
    assert "Run by the pipeline" in miniature.read("reports/2018/executed/draw.ipynb")
