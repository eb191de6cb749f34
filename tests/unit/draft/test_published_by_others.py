"""Published figures of three real surveys come out of raw exports, as `nsmo new` drafts them."""

import pandas as pd
import pytest
from exports_by_others import EXPORTS
from made_claims import claim

from nsmo.draft.new import new
from nsmo.stages import claims
from nsmo.stages.ingest import ingest
from nsmo.study import Codebook, load_codebook
from nsmo.study.derivation import derive
from nsmo.survey import Survey
from nsmo.survey.measures import base_mask, shares

pytestmark = pytest.mark.skipif(not EXPORTS.is_dir(), reason="the exports by others are not here")


def read(tmp_path_factory: pytest.TempPathFactory, *files: str) -> tuple[Codebook, pd.DataFrame]:
    folder = new(tmp_path_factory.mktemp("wave"), "w", [EXPORTS / name for name in files]).folder
    codebook = load_codebook(folder)
    return codebook, ingest(codebook, folder / codebook.source.file).responses


@pytest.fixture(scope="module")
def ospo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Codebook, pd.DataFrame]:
    return read(tmp_path_factory, "ospo2018/ospo2018_results.csv")


@pytest.fixture(scope="module")
def rse(tmp_path_factory: pytest.TempPathFactory) -> tuple[Codebook, pd.DataFrame]:
    return read(tmp_path_factory, "rse2018/rse2018_public_data.csv", "rse2018/rse2018_limesurvey.tsv")


def question_of(codebook: Codebook, part: str) -> str:
    """The question that is read from a column whose name has this in it."""
    return next(q.name for q in codebook.questions if any(part in column for column in q.columns))


def percent(codebook: Codebook, frame: pd.DataFrame, question: str, *options: str) -> tuple[float, int]:
    """Who chose one of the options, per cent of the base that the draft gives, and that base."""
    variable = codebook.variable(question)
    base = base_mask(frame, variable)
    chosen = shares(frame, variable, options).fillna(False).astype(bool).any(axis=1)
    return 100 * (chosen & base).sum() / base.sum(), int(base.sum())


def test_programmes_of_ospo(ospo):
    codebook, frame = ospo
    programme = question_of(codebook, "Does your company have an open source program (")
    assert percent(codebook, frame, programme, "yes", "no_but_planning") == (
        pytest.approx(53.342, abs=5e-4),
        748,
    )
    size = question_of(codebook, "How many people work")
    large = frame[frame[size] == "greater_10_000"]
    assert percent(codebook, large, programme, "yes") == (pytest.approx(62.5), 160)
    organisations = frame[frame[size].notna() & (frame[size] != "self_employed_not_working")]
    found = [percent(codebook, organisations, programme, one)[0] for one in ("yes", "no_but_planning", "no")]
    assert len(organisations) == 676
    assert found == pytest.approx([38.018, 14.349, 47.633], abs=5e-4)


def test_scales_of_ospo(ospo):
    codebook, frame = ospo
    for part, figure in (("noncommercial", 71.603), ("in commercial products", 54.878)):
        question = question_of(codebook, part)
        assert percent(codebook, frame, question, "frequently")[0] == pytest.approx(figure, abs=5e-4)
    critical = question_of(codebook, "business-critical")
    top = codebook.variable(critical).option_names[-2:]
    assert percent(codebook, frame, critical, *top) == (pytest.approx(59.006, abs=5e-4), 161)


def test_languages_of_rse_have_everybody_as_base(rse):
    codebook, frame = rse
    country = question_of(codebook, "In which country do you work")
    languages = question_of(codebook, "tool4can")
    assert (frame[country] != "canada").sum() == 985
    dutch = frame[frame[country] == "netherlands"]
    german = frame[frame[country] == "germany"]
    assert len(dutch) == 54
    assert 100 * dutch[f"{languages}.python"].sum() / len(dutch) == pytest.approx(81.481481)
    assert 100 * dutch[f"{languages}.javascript"].sum() / len(dutch) == pytest.approx(40.740741)
    assert 100 * german[f"{languages}.python"].sum() / len(german) == pytest.approx(63.363363)


def test_questions_of_rse_have_those_who_answered_as_base(rse):
    codebook, frame = rse
    dutch = frame[frame[question_of(codebook, "In which country do you work")] == "netherlands"]
    system = next(q.name for q in codebook.questions if "gnu_linux" in [option.name for option in q.options])
    assert percent(codebook, dutch, system, "gnu_linux") == (pytest.approx(62.5), 48)
    professional = question_of(codebook, "Do you consider yourself a professional")
    assert percent(codebook, dutch, professional, "yes") == (pytest.approx(54.716981), 53)
    licence = question_of(codebook, "open1can[SQ001]")
    first, last = (codebook.variable(licence).option_names[i] for i in (0, -1))
    assert percent(codebook, dutch, licence, last) == (pytest.approx(60.784314), 51)
    # The original publication lost these two to a byte-order mark inside the label, and prints none.
    assert (dutch[licence] == first).sum() == 2


def test_the_one_figure_that_was_published_wrongly_is_a_difference_and_the_rest_are_not(rse):
    """By the verdict that the page of claims gives."""
    codebook, frame = rse
    licence = question_of(codebook, "open1can[SQ001]")
    first, last = (codebook.variable(licence).option_names[i] for i in (0, -1))
    dutch = frame[frame[question_of(codebook, "In which country do you work")] == "netherlands"]
    unweighted = {"method": "none", "subgroup_tables": True, "limits": {"min_effective_n": 0}}
    survey = Survey.from_responses(derive(codebook, dutch), unweighted, codebook, confidence=0.95, min_n=1)
    said = {}
    for option, published in ((last, 60.8), (first, 0.0)):
        estimate = {"measure": "proportion", "question": licence, "option": option}
        entry = claim(published=published, decimals=1, estimate=estimate)
        found = claims.measure(entry, survey.unweighted, codebook, 0.95)
        said[option] = (claims.agreement(entry, found).word, round(found.value, 4))
    assert said == {last: ("reproduced", 60.7843), first: ("differs", 3.9216)}


def test_sessions_of_jupyter(tmp_path_factory):
    codebook, frame = read(tmp_path_factory, "jupyter2015/2015_surveygizmo.csv")
    assert frame["status"].value_counts().to_dict() == {"partial": 927, "complete": 779}
    words = question_of(codebook, "Select all the words")
    assert codebook.question(words).separator == ";"
    assert codebook.question(words).other is not None
    assert frame[f"{words}.missing"].isna().sum() >= 748
