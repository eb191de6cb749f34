"""What `nsmo check` finds nothing wrong with, all stages can work with."""

import os
import random
import tempfile
from pathlib import Path

import in_process
import in_turn
import pytest
import survey_exports
import whole_studies
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st

from nsmo.draft.demo import copy_engine
from nsmo.draft.new import new
from nsmo.pipeline.check import problems
from nsmo.pipeline.wave import check
from nsmo.study import StudyError

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]

LABELS = st.sampled_from(
    ["Yes", "No", "Don't know", "NA", "None", "1", "#N/A", "=1+1", "C#", "C", "Zoë", "-"]
)
SCALE = st.sampled_from(["Never", "Rarely", "Sometimes", "Often", "Always", ""])
NUMBER = st.one_of(
    st.integers(-5, 2000).map(str), st.sampled_from(["", "0.5", "1e3", "1.234", "1,5", "99999999"])
)
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=20)
TICK = st.sampled_from(["", "1", "0", "Yes"])
KINDS = [LABELS, SCALE, NUMBER, TEXT, TICK, st.just(""), st.just("Yes")]
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=12)


@st.composite
def exports(draw, least=1):
    """A table of responses: whatever somebody's survey tool might have written."""
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=6))
    names = draw(
        st.lists(
            NAMES | st.sampled_from(["weight", "group", "n", "estimate", "by"]),
            min_size=len(kinds),
            max_size=len(kinds),
            unique=True,
        )
    )
    count = draw(st.integers(least, 40))
    columns = [[draw(kind) for _ in range(count)] for kind in kinds]
    return [
        ["id", *names],
        *([str(number), *row] for number, row in enumerate(zip(*columns, strict=True), 1)),
    ]


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=exports())
def test_no_stage_stops_on_what_check_lets_pass(rows):
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        try:
            folder = new(root, "w", [survey_exports.write_csv(root / "export.csv", rows)]).folder
        except StudyError:
            return event("refused")
        if check(folder):
            return event("problems")
        event("no problems")
        in_turn.passed(folder)  # raises where a stage stops; of nothing but open questions nothing is found
        return None


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@example(rows=[["id", "0"], *([str(i), "Yes"] for i in range(1, 13))], banners=False, least=1)
@given(rows=exports(least=12), banners=st.booleans(), least=st.sampled_from([1, 3, 10]))
def test_no_notebook_stops_on_what_check_lets_pass(rows, banners, least):
    """Every notebook that a drafted wave has, with the gate that real answers pass through.

    With the banners that the draft proposes or without, under limits that hide little or nearly all.
    """
    with tempfile.TemporaryDirectory() as place:
        root = Path(place) / "study"
        copy_engine(ROOT, root)
        try:
            folder = new(root, "w", [survey_exports.write_csv(Path(place) / "export.csv", rows)]).folder
        except StudyError:
            return event("refused")
        rules = (folder / "rules.yaml").read_text("utf-8")
        if banners:
            rules = rules.replace("# crosstabs:", "crosstabs:").replace("#   banners:", "  banners:")
        rules += f"privacy: {{min_base: {least}, min_count: {least}, width: 2}}\n"
        (folder / "rules.yaml").write_text(rules, "utf-8")
        if check(folder):
            return event("problems")
        event("no problems")
        assert {"ingest", "clean", "topline"} <= set(in_process.run_notebooks(root, "w"))
        return None


#: How many whole studies are run to their end, from which seed on, and of how many each may be the first that
#: check lets pass: `STUDIES=100 FIRST=5000 pytest …` tries others.
STUDIES, FIRST, TRIES = int(os.environ.get("STUDIES", "2")), int(os.environ.get("FIRST", "1")), 12


def test_no_stage_and_no_page_stops_on_a_whole_study_that_check_lets_pass():
    """Every kind of file that a wave may have, at random, one wave or two.

    What somebody wrote is as often wrong as right, so check refuses many; of those that pass, every notebook
    of the wave is run and its report written.
    """
    seeds, ran, pages = range(FIRST, FIRST + TRIES * STUDIES), [], 0
    for seed in seeds:
        if made := _run_whole_study(seed):
            ran.append(seed)
            pages += made
        if len(ran) == STUDIES:
            break
    assert len(ran) == STUDIES, f"of {len(seeds)} studies check lets only {ran} pass"
    assert pages > 10 * STUDIES


def _run_whole_study(seed: int) -> int:
    """Count the pages of the reports of a study; none where check refuses it."""
    with tempfile.TemporaryDirectory() as place, pytest.MonkeyPatch.context() as patch:
        root, chance = Path(place) / "study", random.Random(seed)
        copy_engine(ROOT, root)
        patch.setenv("NSMO_ROOT", str(root))
        patch.chdir(root)
        study, waves = whole_studies.Study(chance, "w"), ["w"]
        study.write(root)
        if "crosstabs trend" in study.further and chance.random() < 0.4:
            study.wave, study.respondents = "x", chance.choice([2, 30, 70])
            study.write(root, "w")
            waves.append("x")
        try:
            if problems():
                return 0
            for wave in waves:
                in_process.run_notebooks(root, wave)
                in_process.write_pages(root, wave)
        except BaseException as error:
            error.add_note(f"It happens with STUDIES=1 FIRST={seed}.")
            raise
        return len(list(root.glob("reports/*/html/*/*.html")))
