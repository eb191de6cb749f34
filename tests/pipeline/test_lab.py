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
from projects import wait_for

pytestmark = [pytest.mark.pipeline, pytest.mark.slow]


@pytest.fixture
def address(miniature):
    """JupyterLab as `nsmo lab` starts it, and where it listens."""
    options = ("--no-browser", "--allow-root", "--port=0", "--IdentityProvider.token=t")
    process = miniature.start(sys.executable, "-m", "nsmo", "lab", *options)
    found = None
    for line in process.stdout:
        found = re.search(r"http://127\.0\.0\.1:\d+/", line)
        if found:
            break
    assert found, "JupyterLab did not start"
    yield found[0]
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


@pytest.fixture
def lab(address):
    """A function that calls its contents service."""

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

    return contents


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


class Window:
    """A notebook in JupyterLab, in a browser."""

    def __init__(self, browser, address: str, path: str, pictures) -> None:
        self.page = browser.new_page(viewport={"width": 1280, "height": 900})
        self.pictures = pictures
        # The address is printed a moment before the server listens.
        wait_for(lambda: self.answers(f"{address}api"))
        self.page.goto(f"{address}lab/tree/{path}?token=t")
        self.page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60_000)
        # Cells that are run before the kernel has started are forgotten.
        idle = "document.querySelector('#jp-main-statusbar').innerText.includes('Idle')"
        self.page.wait_for_function(idle, timeout=120_000)

    def answers(self, address: str) -> bool:
        try:
            return urllib.request.urlopen(address, timeout=30).status == 200
        except urllib.error.URLError:
            return False

    def menu(self, name: str, command: str) -> None:
        self.page.locator(f'.lm-MenuBar-item:has-text("{name}")').first.click()
        self.page.locator(f'.lm-Menu-item[data-command="{command}"]').first.click()

    def run_all(self) -> str:
        """Run every cell, and give what the first one with an output says."""
        self.menu("Run", "runmenu:run-all")
        cells = self.page.locator(".jp-CodeCell").count()
        prompts = "[...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].map(p => p.textContent)"
        done = f"{prompts}.filter(text => /[0-9]/.test(text)).length === {cells}"
        self.page.wait_for_function(done, timeout=120_000)
        return self.page.locator(".jp-OutputArea-output").first.inner_text()

    def save(self) -> None:
        with self.page.expect_response(lambda answer: answer.request.method == "PUT"):
            self.page.keyboard.press("Control+s")

    def edit(self, cell: int, text: str) -> None:
        """Type at the end of a code cell."""
        self.page.locator(".jp-CodeCell .cm-content").nth(cell).click()
        self.page.keyboard.press("Control+End")
        self.page.keyboard.type(text)

    def picture(self, name: str) -> None:
        self.page.screenshot(path=self.pictures / f"{name}.png")

    def close(self) -> None:
        self.menu("File", "filemenu:close-and-cleanup")
        accept = self.page.locator(".jp-Dialog .jp-mod-accept")
        if accept.count():
            accept.click()
        self.page.wait_for_selector(".jp-NotebookPanel", state="detached")
        self.page.close()


@pytest.mark.web
def test_in_a_browser(browser, address, miniature, tmp_path):
    """What an analyst does: open, run all, save, close; then really edit a cell."""
    path = "notebooks/2_count.ipynb"
    before, results = miniature.read(path), miniature.outputs()
    window = Window(browser, address, path, tmp_path)
    assert "Run by hand: stage count, wave 2018, no parameters." in window.run_all()
    window.picture("run")
    window.save()
    window.close()
    assert miniature.read(path) == before
    assert miniature.call("git", "diff", "--", "notebooks").stdout == ""
    assert miniature.status() == {}
    assert miniature.outputs() == results

    window = Window(browser, address, path, tmp_path)
    window.edit(cell=2, text="  # all of it")
    window.run_all()
    window.picture("edited")
    window.save()
    window.close()
    changed = miniature.call("git", "diff", "--unified=0", "--", "notebooks").stdout.splitlines()
    lines = [line for line in changed if line[0] in "+-" and not line.startswith(("+++", "---"))]
    assert lines == ['-    "total"', '+    "total  # all of it"']
    assert list(miniature.status()) == ["count@2018"]
    assert miniature.outputs() == results
