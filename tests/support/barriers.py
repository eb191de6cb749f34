"""What axe-core finds on a page, wide and on a phone, light and dark, with every fold open."""

import os
from itertools import product
from pathlib import Path

import pytest

AXE = Path(__file__).parents[2] / ".nsmo/axe-core/axe.min.js"
#: WCAG 2.2 to level AA, and what axe advises besides.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RUN = """(tags) => axe.run(document, {runOnly: tags, resultTypes: ['violations']}).then((found) =>
  found.violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.target.join(' ')}`)))"""
_OPEN = "document.querySelectorAll('details').forEach((fold) => { fold.open = true; })"


def axe() -> str:
    """Return axe-core, or skip the test: it is no part of the repository."""
    if not AXE.exists():
        if os.environ.get("NSMO_REQUIRE_AXE") == "1":
            pytest.fail(f"NSMO_REQUIRE_AXE is set, and there is no {AXE}")
        pytest.skip("axe-core is not here: run scripts/fetch_axe.sh, which needs npm")
    return AXE.read_text("utf-8")


def barriers(browser, path: Path, source: str) -> list[str]:
    """List what axe finds on a page, with the width and the colours in which it does."""
    context = browser.new_context()
    try:
        tab = context.new_page()
        tab.goto(path.as_uri())
        tab.evaluate(_OPEN)
        tab.evaluate(source)
        found = []
        for width, scheme in product((1280, 360), ("light", "dark")):
            tab.set_viewport_size({"width": width, "height": 900})
            tab.emulate_media(color_scheme=scheme)
            tab.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
            found += [f"{path.name} {width} {scheme}: {one}" for one in tab.evaluate(_RUN, RULES)]
        return found
    finally:
        context.close()
