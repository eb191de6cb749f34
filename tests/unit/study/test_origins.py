"""Which figures of reconstructed answers were published, follow from what was, or were assumed."""

import pytest
from bakeries import survey_of, ten_bakeries
from made_claims import claim

from nsmo.study import load_codebook
from nsmo.study.origins import Origins, cell, origins_of
from nsmo.study.statements import Published
from nsmo.survey.estimates import estimates

SOURCE = {"title": "t", "publisher": "p", "url": "https://example.org", "seen": "complete"}
FRESH = {"measure": "proportion", "question": "is_fresh", "option": "yes"}
RYE = {"measure": "proportion", "question": "breads", "option": "rye"}
READING = {"nl": "n", "en": "e"}


def published(*claims):
    return Published(sources={"s": SOURCE}, claims=claims)


@pytest.mark.parametrize(
    ("kind", "changes", "origin"),
    [
        ("exact", {"published": 44.3}, "published"),
        ("about", {"published": 44}, "implied"),
        ("fraction", {"fraction": "1/3"}, "implied"),
        ("group_share", {"published": 44, "worded": "almost"}, "implied"),
        # A bound prints no figure.
        ("more_than", {"published": 44}, "assumed"),
    ],
)
def test_a_figure_that_was_printed_is_more_than_an_assumption(codebook, kind, changes, origin):
    found = origins_of(published(claim(kind, estimate=RYE, **changes)), codebook)
    row = {"question": "breads", "option": "rye", "statistic": "proportion", "weighted": False}
    assert found.of(row) == origin
    # Nobody published what it would be after weighting, or of another answer.
    assert found.of(row | {"weighted": True}) == "assumed"
    assert found.of(row | {"option": "white"}) == "assumed"
    assert found.of(row | {"by": "size", "group": "small"}) == "assumed"


def test_a_statement_with_several_readings_prints_the_figure_of_none(codebook):
    readings = [{"id": name, "text": READING, "estimate": RYE} for name in ("one", "other")]
    several = claim("exact", published=44.3, estimate=None, readings=readings)
    assert origins_of(published(several), codebook) == Origins()


def test_the_figure_of_a_group_and_of_a_mean_is_known_by_its_name(codebook):
    small = {"question": "size", "is": ["small"]}
    mean = {"measure": "mean", "question": "n_breads", "where": small}
    found = origins_of(
        published(
            claim("exact", published=1.5, unit="channels", estimate=mean),
            claim("exact", id="d", published=44.3, estimate=RYE | {"where": small}),
        ),
        codebook,
    )
    assert found.published == ["n_breads in size.small", "breads.rye in size.small"]


def test_a_flag_that_is_a_top_box_and_the_box_are_one_figure(codebook):
    found = origins_of(published(claim("exact", published=44.3, estimate=FRESH)), codebook)
    assert found.published == ["is_fresh.yes", "fresh.top"]


def test_effects_are_assumed_whatever_was_published_of_their_parts():
    known = Origins(published=["breads.rye", "breads"])
    effect = {"question": "breads", "option": "rye", "weighted": False, "by": "size", "group": "a – b"}
    assert known.of(effect | {"statistic": "difference in proportions"}) == "assumed"
    assert known.of(effect | {"statistic": "Somers' D", "option": None}) == "assumed"


def test_an_empty_cell_of_a_frame_is_no_group():
    assert cell("breads", "rye", float("nan"), float("nan")) == cell("breads", "rye") == "breads.rye"


def test_real_answers_have_no_origin(codebook, codebook_file, codebook_text):
    assert codebook.origins is None
    made = load_codebook(
        codebook_file(codebook_text.replace("provenance: real", "provenance: reconstructed"))
    )
    assert made.origins == Origins()


def test_a_share_that_cleaning_makes_zero_has_no_interval(codebook_file, codebook_text):
    rules = """\
    - {name: large, kind: condition, when: {question: size, is: [large]}, reason: {nl: n, en: e}}
    - {name: shop, kind: condition, when: {not: {question: online, is: ["no"]}}, reason: {nl: n, en: e}}
"""
    text = codebook_text.replace("cleaning:\n  rules:\n", f"cleaning:\n  rules:\n{rules}")
    codebook = load_codebook(codebook_file(text))
    assert codebook.excluded == {("size", "large"), ("online", "yes")} | {("consent", "no")}
    frame = ten_bakeries().query("size != 'large'")
    table = estimates(survey_of(frame, codebook), "size").set_index("option")
    assert table.loc["large", "estimate"].eq(0).all()
    assert table.loc["large", ["se", "ci_low", "ci_high"]].isna().all(axis=None)
    assert table.loc["small", "ci_low"].notna().all()
