"""A browser without a window, for all tests that look at pages."""

import os
from pathlib import Path

import pytest

CHROMIUM = Path("/usr/bin/chromium")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser():
    if not CHROMIUM.exists():
        if os.environ.get("NSMO_REQUIRE_CHROMIUM") == "1":
            pytest.fail(f"NSMO_REQUIRE_CHROMIUM is set, and there is no {CHROMIUM}")
        pytest.skip(f"no {CHROMIUM}: install the package chromium to run the page tests")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
        yield chromium
        chromium.close()
