from pathlib import Path

import pytest
from present_rows import frame, result
from waves import write_codebook

from nsmo.study.load import load_codebook

CODEBOOK = Path(__file__).parent / "codebook.yaml"


@pytest.fixture(scope="session")
def codebook(tmp_path_factory):
    return load_codebook(
        write_codebook(tmp_path_factory.mktemp("wave") / "2031", CODEBOOK.read_text("utf-8"))
    )


@pytest.fixture
def media():
    return frame(
        result("media", "paper", 0.25),
        result("media", "radio", 0.125),
        result("media", "web", 0.8125),
        result("media", "paper", 0.5, 0.1, weighted=True),
        result("media", "radio", 0.25, 0.1, weighted=True),
        result("media", "web", 0.625, 0.1, weighted=True),
    )


@pytest.fixture
def mood():
    values = {"very_bad": 0.05, "bad": 0.1, "fair": 0.25, "good": 0.4, "very_good": 0.2, "top": 0.6}
    return frame(*(result("mood", option, value) for option, value in values.items()))
