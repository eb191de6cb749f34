"""Large waves from cells: whatever the questionnaire and the pieces, weights and figures are the same."""

import random

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from mapped import apart
from random_waves import answers, questionnaire, wave

from nsmo.runner.mapping import in_threads
from nsmo.stages import crosstabs, topline
from nsmo.stages.clean import clean
from nsmo.stages.ingest import ingest
from nsmo.stages.weight import Weighting
from nsmo.study.errors import StudyError
from nsmo.study.margins import read_targets
from nsmo.study.pieces import Frames, write_pieces
from nsmo.survey.cells import Cells, countable
from nsmo.survey.counted import CountedSurvey, survey_of
from nsmo.survey.estimates import differences, estimates

LIMITS = {
    "min_category": 2,
    "max_ratio": 8,
    "replicates": 30,
    "seed": 1,
    "min_effective_n": 3,
    "max_deff": 9,
    "max_dropped": 1,
}
MARGIN = {"name": "first", "question": "q0", "population": "first", "label": {"nl": "Eerste", "en": "First"}}
HEAD = "margin,category,count,table,period,status,seen_or_derived,source_url,note\n"
COUNTS = {"o0": 500, "o1": 300, "o2": 150, "other": 50}


def study(folder, seed, weighted=True):
    """Clean responses of a questionnaire at random, with a margin, as a file; its codebook and targets."""
    chance = random.Random(seed)
    document, rules = questionnaire(chance)
    rules["cleaning"]["rules"] = []
    rules["privacy"] |= {"min_base": 8, "min_count": 2, "width": 3, "groupings": ["q0", "q1"]}
    if document["questions"][1]["type"] not in ("single", "ordinal"):
        rules["privacy"]["groupings"] = ["q0"]
    used = {name: n for name, n in COUNTS.items() if name != "other" or "other" in document["questions"][0]}
    if weighted:
        rules["weighting"] = {
            "population": {"nl": "Alle kramen", "en": "All stalls"},
            "margins": [MARGIN],
            "sensitivity": [
                {
                    "name": "half",
                    "margin": "first",
                    "label": {"nl": "Half", "en": "Half"},
                    "rates": {"o0": 0.5} | dict.fromkeys(list(used)[1:], 1.0),
                    "source": {"nl": "Niemand", "en": "Nobody"},
                }
            ],
        }
        lines = [f"first,{name},{n},T,2020,final,seen,https://example.org," for name, n in used.items()]
        (folder / "population.csv").write_text(HEAD + "\n".join(lines) + "\n")
    codebook, export = wave(folder, document, rules, answers(document, 150, chance))
    frame = clean(codebook, ingest(codebook, export).responses, min_last_page=1, speeder_ratio=0.1,
                  straightline_items=2).responses  # fmt: skip
    frame = frame[frame["q0"].notna()].reset_index(drop=True)
    write_pieces(iter([frame]), folder / "clean.parquet")
    targets = read_targets(codebook, folder / "population.csv") if weighted else {}
    return codebook, folder / "clean.parquet", targets


def weigh(codebook, path, targets, folder, rows, above):
    limits = LIMITS | {"stream_above": above, "each": in_threads}
    made = Weighting(codebook, Frames(path, rows), targets, folder, **limits)
    write_pieces(iter(made), folder / f"weighted-{above}.parquet")
    survey = survey_of(
        Frames(folder / f"weighted-{above}.parquet", rows),
        made.evidence,
        codebook,
        folder,
        confidence=0.95,
        min_n=8,
        stream_above=above,
        each=in_threads,
        here=in_threads,
    )
    return made, survey


def same(one, other):
    """Whether two frames say the same, but for rounding."""
    pd.testing.assert_frame_equal(one, other, check_dtype=False, rtol=1e-9, atol=1e-12)


@settings(
    max_examples=4,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 10**6), rows=st.sampled_from([7, 31, 64]), weighted=st.booleans())
def test_cells_give_what_all_respondents_give(seed, rows, weighted, tmp_path_factory):
    folder = tmp_path_factory.mktemp("wave")
    codebook, path, targets = study(folder, seed, weighted)
    whole, everybody = weigh(codebook, path, targets, folder, 1000, 1000)
    pieces, counted = weigh(codebook, path, targets, folder, rows, 0)
    assert isinstance(counted, CountedSurvey)
    # Bit for bit: the weights that each respondent has, and every number of respondents.
    pd.testing.assert_frame_equal(
        pd.read_parquet(folder / "weighted-0.parquet"),
        pd.read_parquet(folder / "weighted-1000.parquet"),
        check_exact=True,
    )
    for name in ("n", "min", "max", "at_bound", "iterations", "smallest_feasible_bound"):
        assert pieces.evidence.get(name) == whole.evidence.get(name)
    for name in ("deff", "n_eff"):
        assert pieces.evidence[name] == pytest.approx(whole.evidence[name], rel=1e-12)
    same(pieces.margins, whole.margins)
    same(pieces.groups, whole.groups)
    same(pieces.shares.drop(columns="se_bootstrap"), whole.shares.drop(columns="se_bootstrap"))
    known = [q for q in codebook.questions if q.type not in ("text", "date")]
    shares = [estimates(each, [q.name for q in known], [None, "q0"]) for each in (counted, everybody)]
    gaps = {
        q.name: [differences(each, q.name, "q0") for each in (counted, everybody)]
        for q in known
        if q.type in ("ordinal", "numeric")
    }
    for one, other in (
        ({"": shares[0]}, {"": shares[1]}),
        *(({"": one}, {"": other}) for one, other in gaps.values()),
        (topline.results(counted, classes=3), topline.results(everybody, classes=3)),
        ({"": crosstabs.results(counted, compare=True)}, {"": crosstabs.results(everybody, compare=True)}),
    ):
        assert list(one) == list(other)
        for name in one:
            same(one[name], other[name])
            for count in {"n", "count"} & {*one[name]}:
                np.testing.assert_array_equal(one[name][count].to_numpy(), other[name][count].to_numpy())


def test_the_bootstrap_of_cells_is_as_wide_as_that_of_respondents(tmp_path):
    codebook, path, targets = study(tmp_path, 2)
    many = LIMITS | {"replicates": 1000}
    found = []
    for above in (0, 1000):
        made = Weighting(codebook, Frames(path, 50), targets, tmp_path, stream_above=above, **many)
        list(made)
        found.append(made)
    ratio = found[0].shares["se_bootstrap"] / found[1].shares["se_bootstrap"]
    # Each of the two has an error of 1 / sqrt(2 × 1000), 2.2 %.
    assert ratio.dropna().between(0.87, 1.13).all()
    assert len(found[0].replicates) < 10
    assert found[0].replicates["n"].sum() == len(found[1].replicates)
    # What each replicate weighs on average is 1.
    first = found[0].replicates["r0001"].to_numpy(float)
    assert (first * found[0].replicates["n"]).sum() / found[0].replicates["n"].sum() == pytest.approx(1, 1e-6)


def test_a_large_wave_is_coded_once_and_the_same_figures_are_hidden(tmp_path, monkeypatch):
    codebook, path, targets = study(tmp_path, 2)
    coded, found = [], []
    monkeypatch.setattr(
        "nsmo.stages.weight.pieces.Cells", lambda *args: coded.append(Cells(*args)) or coded[-1]
    )
    for above in (0, 1000):
        made = Weighting(codebook, Frames(path, 50), targets, tmp_path, stream_above=above, **LIMITS)
        assert sum(map(len, made)) == len(pd.read_parquet(path))
        found.append(made.shown(min_n=60))
    assert len(coded) == 1
    frames = [[part for part in shown if isinstance(part, pd.DataFrame)] for shown in found]
    assert len(frames[0]) > 1
    for one, other in zip(*frames, strict=True):
        pd.testing.assert_frame_equal(one, other)
    assert len(found[0].hidden)


def test_counts_do_not_depend_on_pieces_or_blocks(tmp_path, monkeypatch):
    codebook, path, _ = study(tmp_path, 5)
    columns = countable(codebook, list(pd.read_parquet(path)))
    frames = Frames(path, 1000)
    whole = Cells(frames.only(lambda names: columns), tmp_path)
    monkeypatch.setattr("nsmo.survey.cells.BLOCK", 13)
    pieces = Cells(Frames(path, 11).only(lambda names: columns), tmp_path)
    one, n = whole.of(columns)
    other, m = pieces.of(columns)
    pd.testing.assert_frame_equal(one, other, check_exact=True)
    np.testing.assert_array_equal(n, m)
    assert n.sum() == whole.respondents == len(pd.read_parquet(path))


def test_counts_do_not_depend_on_who_counts(tmp_path, monkeypatch):
    codebook, path, _ = study(tmp_path, 6)
    monkeypatch.setattr("nsmo.study.pieces.GROUP", 20)
    frame = pd.read_parquet(path)
    frame["year"] = np.arange(len(frame)) % 7 + 2000  # a number, of which each part sees some first
    columns = [*countable(codebook, list(frame)), "year"]
    folder = tmp_path / "files"
    folder.mkdir()
    for i in range(3):
        rows = frame[50 * i : 50 * (i + 1)]
        write_pieces(iter([rows[::2], rows[1::2]]), folder / f"{i}.parquet")
    again = pd.concat([pd.read_parquet(one) for one in sorted(folder.iterdir())], ignore_index=True)
    again.to_parquet(path)
    one = Cells(Frames(path, 1000).only(lambda names: columns), tmp_path)
    monkeypatch.setattr("nsmo.survey.cells.PART", 20)
    done = []
    frames = Frames(folder, 9, lambda *told: done.append(told)).only(lambda names: columns)
    assert len(frames.parts(20)) > 3
    parts = Cells(frames, tmp_path, apart)
    assert {of for _, of in done} == {len(frame)}
    assert done[-1][0] == len(frame)
    asked = [["year"], ["q0", "year"], columns, ["q0"]]
    for names, (cells, counts) in zip(asked, parts.tables(asked, apart), strict=True):
        whole, n = one.of(names)
        pd.testing.assert_frame_equal(cells, whole, check_exact=True)
        np.testing.assert_array_equal(counts, n)
    assert dict(zip(cells["q0"], counts, strict=True)) == frame["q0"].value_counts().to_dict()


def test_a_worker_without_the_disk_says_so(tmp_path):
    _, path, _ = study(tmp_path, 6)
    (tmp_path / "scratch").mkdir()

    def elsewhere(function, items):
        (tmp_path / "scratch").rename(tmp_path / "another disk")
        return map(function, items)

    with pytest.raises(StudyError, match=r"is not there on [\s\S]*a disk that all workers share"):
        Cells(Frames(path, 1000), tmp_path / "scratch", elsewhere)


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch):
    codebook, path, targets = study(tmp_path, 3)
    before = set(tmp_path.iterdir())

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("nsmo.survey.cells._Part.write", full)
    made = Weighting(codebook, Frames(path, 20), targets, tmp_path, stream_above=0, **LIMITS)
    with pytest.raises(OSError, match="No space left"):
        list(made)
    del made
    assert set(tmp_path.iterdir()) == before


def test_an_absent_category_of_a_margin_is_told_as_of_a_small_wave(tmp_path):
    codebook, path, targets = study(tmp_path, 4)
    frame = pd.read_parquet(path)
    gone = frame.index.isin([3, 5])
    frame = frame.assign(q0=frame["q0"].mask(gone))
    frame["q0.missing"] = pd.Categorical(np.where(gone, "no_answer", None), ["no_answer"])
    frame.to_parquet(path)
    for above in (0, 1000):
        made = Weighting(codebook, Frames(path, 20), targets, tmp_path, stream_above=above, **LIMITS)
        with pytest.raises(Exception, match=r"2 respondents have no 'q0' \(no_answer 2\)"):
            list(made)
