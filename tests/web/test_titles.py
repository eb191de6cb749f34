"""No title on any built page states a difference between groups that no test of its stage shows."""

import html
import re
from pathlib import Path

import pandas as pd
import pytest

from nsmo.present.wording import LANGUAGES, Wording, catalogue
from nsmo.results import TEST_COLUMNS
from nsmo.study import load_codebook

ROOT = Path(__file__).parents[2]
REPORTS = sorted(path.parent.parent for path in (ROOT / "reports").glob("*/html/index.html"))
#: Messages that say that groups differ.
GAPS = ("title.comparison", "title.widest", "latent.answers.title")


def patterns(language):
    """What a title looks like that was made of one of these messages."""
    texts = [catalogue(language)[key] for key in GAPS]
    filled = [re.sub(r"\\\{\w+\\\}", "(.+)", re.escape(text)) for text in texts]
    # Two groups with a value each; other figures name one value.
    value = r"[−\d.,]+%?"
    return [re.compile(rf"{one}$") for one in filled[1:]] + [re.compile(rf".+: .+ {value}, .+ {value}$")]


def titles(path):
    text = path.read_text("utf-8")
    return [html.unescape(one) for one in re.findall(r'class="figure-title">(.*?)</(?:p|h3)>', text)]


def stated(title):
    title = re.sub(r" \((?:assumed|aangenomen)\)$", "", title)
    return any(pattern.match(title) for language in LANGUAGES for pattern in patterns(language))


def shown_by_a_test(folder):
    """Whether any test of the stage, unweighted, shows a difference; reconstructed answers show none."""
    tests = folder / "tests.csv"
    if not tests.exists():
        return False
    frame = pd.read_csv(tests)
    if not set(TEST_COLUMNS) <= set(frame.columns):
        return False
    p = frame["p_holm"].fillna(frame["p"])
    return bool((p[~frame["weighted"].astype(bool)] < 0.05).any())


@pytest.mark.parametrize(
    "title",
    [
        "Recruit staff, the widest of the clear gaps by market: Businesses 21.7%, Consumers 14.4%",
        "Finds social media important: Consumers 85.6%, Businesses 78.3%",
        "Aantal platformen: Consumenten 4,11, Bedrijven 3,59 (aangenomen)",
    ],
)
def test_a_title_that_states_a_difference_is_known_as_one(title):
    assert stated(title)


@pytest.mark.parametrize(
    "title",
    [
        "Finds social media important, by market",
        "Platforms: Facebook, 90.3%",
        "Importance of social media: no clear difference by market (p = .203)",
        Wording("en")("title.flow", first="240", last="185", unit="organisations"),
    ],
)
def test_a_title_that_states_none_is_not(title):
    assert not stated(title)


def unfounded(report, real):
    """The titles that state a difference, by page, where no test of the stage shows one."""
    return {
        f"{path.parent.name}/{path.name}": found
        for path in sorted((report / "html").glob("*/*.html"))
        if (found := [title for title in titles(path) if stated(title)])
        and not (real and shown_by_a_test(report / "tables" / path.stem))
    }


@pytest.mark.parametrize(
    ("real", "p", "p_holm", "found"),
    [
        (True, 0.001, 0.01, False),
        (True, 0.01, 0.2, True),  # clear by itself, not among all that were tested
        (True, 0.3, None, True),
        (True, 0.001, None, False),
        (False, 0.001, 0.01, True),  # reconstructed answers show nothing
    ],
)
def test_a_title_without_evidence_is_found(tmp_path, real, p, p_holm, found):
    page = tmp_path / "html/notebooks/bread.html"
    page.parent.mkdir(parents=True)
    page.write_text('<p class="figure-title">Bakes: Old shops 85.6%, New shops 78.3%</p>', encoding="utf-8")
    assert unfounded(tmp_path, real), "without any test"
    row = dict.fromkeys(TEST_COLUMNS) | {"weighted": False, "p": p, "p_holm": p_holm}
    (tmp_path / "tables/bread").mkdir(parents=True)
    pd.DataFrame([row]).to_csv(tmp_path / "tables/bread/tests.csv", index=False)
    assert bool(unfounded(tmp_path, real)) is found


def test_no_built_title_states_a_difference_without_evidence():
    if not REPORTS:
        pytest.skip("no report has been built: make report")
    for report in REPORTS:
        real = load_codebook(ROOT / "data/raw" / report.name).provenance == "real"
        assert unfounded(report, real) == {}
