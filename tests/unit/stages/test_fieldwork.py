"""How the answers came in, on exports of the bakeries."""

import random
from contextlib import ExitStack

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_waves import answers, questionnaire, wave

from nsmo.present.labels import Labels
from nsmo.present.picture import drawn
from nsmo.stages import fieldwork
from nsmo.stages.fieldwork import figures, words
from nsmo.stages.fieldwork.narrow import lasted
from nsmo.stages.ingest import ingest
from nsmo.study import load_codebook
from nsmo.study.headlines import Headline, headlines
from nsmo.study.pieces import Frames
from nsmo.study.privacy import Privacy

THRESHOLDS = {"min_last_page": 3, "speeder_ratio": 0.3, "straightline_items": 3}
OPEN = Privacy(keep_rows=True)
KEPT = "privacy: {suppress: base, keep_rows: true}"
REPORT = """\
headlines:
  - {question: breads, option: white}
"""


def day(number: int) -> str:
    return f"2020-03-{number:02d} 09:30:00"


@pytest.fixture
def codebook(codebook_file, codebook_text):
    return load_codebook(codebook_file(codebook_text + REPORT))


@pytest.fixture
def came(codebook, export_file, tmp_path):
    """Return a function from rows of an export to what the fieldwork is told by."""
    with ExitStack() as stack:

        def run(*rows):
            coded = ingest(codebook, export_file(*rows)).responses
            coded.to_parquet(tmp_path / "coded.parquet")
            received, heads = Frames(tmp_path / "coded.parquet", 1000), headlines(codebook)
            return stack.enter_context(fieldwork.narrowed(codebook, received, THRESHOLDS, heads, tmp_path))

        yield run


def test_arrivals_are_counted_by_day_with_the_days_between(came):
    narrow = came({"submitdate": day(2)}, {"submitdate": day(2), "Q1": "A2"}, {"submitdate": day(4)})
    found = fieldwork.arrivals(narrow, OPEN)
    assert found["from"].tolist() == ["2020-03-02", "2020-03-03", "2020-03-04"]
    assert found["received"].tolist() == [2, 0, 1]
    assert found["counted"].tolist() == [1, 0, 1]


@pytest.mark.parametrize("wrong", ["0201-01-01 00:00:00", "1980-01-01 00:00:00", "9999-12-31 23:59:59"])
def test_one_wrong_clock_does_not_make_a_row_of_every_week_between(came, codebook, wrong):
    narrow = came({"submitdate": day(2)}, {"submitdate": day(3)}, {"submitdate": wrong})
    found = fieldwork.arrivals(narrow, OPEN)
    assert len(found) <= 105
    assert found["received"].sum() == 3
    assert sorted(found.loc[found["received"] > 0, "received"]) == [1, 2]
    first, *_ = words.periods(found, Labels(codebook))
    assert found["from"].iloc[0][:4].lstrip("0") in first


def test_a_long_field_period_is_shown_by_week(came):
    narrow = came({"submitdate": day(2)}, {"submitdate": "2020-05-01 10:00:00"})
    found = fieldwork.arrivals(narrow, OPEN)
    assert found.loc[0, ["from", "until"]].tolist() == ["2020-03-02", "2020-03-08"]
    assert len(found) == 9
    assert found["received"].sum() == 2


def test_moments_of_real_answers_leave_in_steps(came):
    narrow = came(*({"submitdate": day(2)} for _ in range(13)), {"submitdate": day(3)})
    found = fieldwork.arrivals(narrow, Privacy())
    assert found["received"].tolist() == [10, 0]


def test_outcomes_go_by_the_share_of_the_questions_that_were_seen(codebook, came):
    pages = [question.page for question in codebook.questions]
    stopped = [{"submitdate": "", "lastpage": str(page)} for page in range(1, max(pages) + 1)]
    narrow = came({}, {"lastpage": "1"}, *stopped)
    found = fieldwork.outcomes(codebook, narrow, 3).set_index("outcome")
    seen = [sum(number <= page for number in pages) / len(pages) for page in range(1, max(pages) + 1)]
    assert found.loc["complete", "n"] == 2 + sum(share >= 0.8 for share in seen)
    assert found.loc["partial", "n"] == sum(0.5 <= share < 0.8 for share in seen)
    assert found.loc["break_off", "n"] == sum(share < 0.5 for share in seen)
    assert found["n"].sum() == len(narrow)
    assert found["counting"].sum() == 2 + sum(page >= 3 for page in range(1, max(pages) + 1))


def test_break_off_is_told_page_by_page(codebook, came):
    narrow = came({}, {"submitdate": "", "lastpage": "2"}, {"submitdate": "", "lastpage": ""})
    found = fieldwork.break_off(codebook, narrow).set_index("page")
    assert found.loc[1, ["reached", "stopped"]].tolist() == [2, 0]
    assert found.loc[2, ["reached", "stopped", "share"]].tolist() == [2, 1, 0.5]
    assert found.loc[3, ["reached", "stopped"]].tolist() == [1, 0]


def test_an_export_without_paradata_has_nothing_to_tell(codebook, came, tmp_path):
    known = came({}, {}).read().drop(columns=["duration", "last_page"])
    known.assign(when=pd.Series(pd.NaT, known.index, "datetime64[us]")).to_parquet(tmp_path / "bare.parquet")
    bare = Frames(tmp_path / "bare.parquet", 1000)
    assert fieldwork.arrivals(bare, OPEN).empty
    assert fieldwork.outcomes(codebook, bare, 3).empty
    assert fieldwork.break_off(codebook, bare).empty
    assert fieldwork.durations(bare, OPEN).empty
    assert fieldwork.early_and_late(codebook, bare, headlines(codebook), 0.95).empty


def test_durations_are_counted_in_classes_of_round_width(came):
    times = ["120", "130", "150", "200", "400", "20"]
    narrow = came(*({"interviewtime": time} for time in times))
    found = fieldwork.durations(narrow, OPEN)
    assert found["received"].sum() == 6
    # The one of 20 seconds is too fast to count; half of the others took 150 seconds or more.
    assert found["counted"].sum() == 5
    assert found["median"].iloc[0] == 2
    width = found["high"].iloc[0]
    assert found["received"].iloc[int(2 / width)] >= 1
    assert pd.isna(found["high"].iloc[-1])


@pytest.mark.parametrize(
    ("started", "submitted", "seconds"),
    [
        ("2026-03-02 09:00:00", "2026-03-02 09:02:30", 150),
        ("2026-03-02 09:00:00", "2026-03-02 09:00:00", None),
        ("2026-03-02 09:02:30", "2026-03-02 09:00:00", None),
        ("2026-03-02", "2026-03-03", None),
        ("2026-03-02 09:00:00", None, None),
    ],
)
def test_a_response_lasted_from_when_it_was_begun_to_when_it_was_sent(started, submitted, seconds):
    moments = pd.DataFrame({"paradata.started": [started], "paradata.submitted": [submitted]}).apply(
        pd.to_datetime
    )
    found = lasted(moments)
    assert found is not None
    assert found.isna().all() if seconds is None else found.tolist() == [seconds]
    # What the export says goes first, and of one moment nothing can be told.
    assert lasted(moments.assign(**{"paradata.duration": "77"})).tolist() == [77]
    assert lasted(moments.drop(columns="paradata.started")) is None


def test_the_first_third_stands_beside_the_last(codebook, came):
    late = {"Q2[SQ001]": "", "Q2[SQ002]": "Y"}
    rows = [
        {"submitdate": day(number + 1), "Q2[SQ001]": "Y"} | (late if number >= 25 else {})
        for number in range(30)
    ]
    narrow = came(*rows)
    (row,) = fieldwork.early_and_late(codebook, narrow, headlines(codebook), 0.95).to_dict("records")
    assert (row["n_early"], row["n_late"]) == (10, 10)
    assert (row["early"], row["late"], row["points"]) == (1.0, 0.5, -50)
    assert row["low"] < -50 < row["high"] < 0
    real = codebook.changed(privacy=Privacy())
    (hidden,) = fieldwork.early_and_late(real, narrow, headlines(real), 0.95).to_dict("records")
    assert pd.isna(hidden["early"])
    assert hidden["points"] == -50
    (hidden,) = fieldwork.early_and_late(real, came(*rows, *rows[:12]), headlines(real), 0.95).to_dict(
        "records"
    )
    assert (hidden["n_early"], hidden["n_late"]) == (10, 10), "of 14: who left it open may be few"
    assert fieldwork.early_and_late(codebook, came(*rows[:3]), headlines(codebook), 0.95).empty


@pytest.mark.parametrize(("language", "title"), [("en", "2 March 2020"), ("nl", "2 maart 2020")])
def test_figures_tell_their_numbers(codebook, came, language, title):
    labels = Labels(codebook, language)
    narrow = came({"submitdate": day(2)}, {"submitdate": day(2)}, {"submitdate": day(4)})
    picture = drawn(figures.arrivals, fieldwork.arrivals(narrow, OPEN), labels)
    assert picture.words.title.startswith(title)
    took = drawn(figures.durations, fieldwork.durations(narrow, OPEN), labels)
    assert "10" in took.words.title  # minutes
    outcome = words.outcomes(fieldwork.outcomes(codebook, narrow, 3), labels)
    assert outcome["label"].is_unique


DESIGN = {"design": {"stratum": "area", "cluster": "street"}}


def told(codebook, path, rows, folder):
    """Everything that the page tells, of responses that are read so many at a time."""
    heads = [Headline("q0", "o0", None, None), Headline("q0", "o1", None, None)]
    with fieldwork.narrowed(codebook, Frames(path, rows), THRESHOLDS, heads, folder) as narrow:
        return narrow.read(), [
            fieldwork.arrivals(narrow, OPEN),
            fieldwork.outcomes(codebook, narrow, 3),
            fieldwork.break_off(codebook, narrow),
            fieldwork.durations(narrow, OPEN),
            fieldwork.early_and_late(codebook, narrow, heads, 0.95),
        ]


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), rows=st.sampled_from([9, 14, 27]), drawn=st.booleans())
def test_a_wave_that_is_read_in_pieces_tells_the_same(seed, rows, drawn, tmp_path_factory):
    folder, chance = tmp_path_factory.mktemp("wave"), random.Random(seed)
    document, rules = questionnaire(chance)
    export = answers(document, 60, chance)
    if drawn:
        document["source"] |= DESIGN
        rules["weighting"] = {"population": "Stalls.", "given": {"lonely_psu": "adjust"}}
        export["area"] = [chance.choice("NS") for _ in range(60)]
        export["street"] = [area + chance.choice("123") for area in export["area"]]
    codebook, export = wave(folder, document, rules, export)
    codebook = codebook.changed(privacy=OPEN)
    coded = ingest(codebook, export).responses
    # Twenty moments for sixty responses: many came at the same one.
    moments = [pd.Timestamp(2020, 3, chance.randint(1, 9), chance.choice([9, 21])) for _ in coded.index]
    coded["paradata.submitted"] = coded["paradata.submitted"].where(
        coded["paradata.submitted"].isna(), pd.Series(moments, dtype="datetime64[us]")
    )
    coded.to_parquet(folder / "coded.parquet", row_group_size=20)
    whole, as_whole = told(codebook, folder / "coded.parquet", 1000, folder)
    narrow, in_pieces = told(codebook, folder / "coded.parquet", rows, folder)
    pd.testing.assert_frame_equal(narrow, whole)
    for one, other in zip(as_whole, in_pieces, strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)
    thirds(whole, as_whole[-1])
    took = whole.loc[whole["submitted"] & whole["counts"], "duration"] / 60
    if took.notna().any():
        assert as_whole[3]["median"].iloc[0] == round(took.median())


def thirds(whole, found):
    """By sorting everybody, which a large wave cannot."""
    came = whole[whole["counts"] & whole["when"].notna()].sort_values("when", kind="stable")
    third = len(came) // 3
    if third < OPEN.min_base:
        assert found.empty
        return
    for place, row in zip("01", found.to_dict("records"), strict=True):
        early, late = came[place].iloc[:third].dropna(), came[place].iloc[-third:].dropna()
        assert (row["n_early"], row["n_late"]) == (len(early), len(late))
        assert row["early"] == pytest.approx(early.mean() if len(early) else np.nan, nan_ok=True)
        assert row["late"] == pytest.approx(late.mean() if len(late) else np.nan, nan_ok=True)


@pytest.fixture
def real(codebook_file, codebook_text):
    return load_codebook(codebook_file(codebook_text.replace(KEPT, "privacy: {}") + REPORT))


def test_of_few_real_responses_nothing_is_counted_and_the_reason_is_said(came, real):
    narrow = came(*[{"submitdate": day(1 + number % 9)} for number in range(12)])
    found = fieldwork.arrivals(narrow, Privacy())
    assert found.loc[0, ["until", "received"]].tolist() == ["2020-03-07", 10], "no day has enough"
    few = came(*[{"submitdate": day(1 + number)} for number in range(4)])
    assert fieldwork.arrivals(few, Privacy()).empty
    assert fieldwork.durations(few, Privacy()).empty
    assert fieldwork.outcomes(real, few, 3).empty
    assert (
        words.unseen(real)
        == "When responses came in is not shown: they are too few, or the export does not tell it."
    )
    assert words.untimed(real).startswith("How long responses took is not shown")
    assert words.untold(real).startswith("How far responses went is not shown")


def test_what_the_export_does_not_tell_is_said(codebook):
    assert words.unseen(codebook) == "The export does not tell when a response was begun or sent."


def test_shares_of_outcomes_of_real_responses_add_up(came, real):
    assert fieldwork.outcomes(real, came(*[{"submitdate": day(2)}] * 17), 3)["share"].sum() == pytest.approx(
        1
    )


def test_the_title_of_rounded_arrivals_names_no_total(came, real):
    found = fieldwork.arrivals(came(*[{"submitdate": day(2)}] * 12), Privacy())
    title = drawn(figures.arrivals, found, Labels(real, "en")).words.title
    assert title == "2 March 2020: about 10 responses came in"
