"""Weights by the chance of taking part: from a declared reference sample to figures with replicates."""

import numpy as np
import pandas as pd
import pytest
from bakeries import many_bakeries

from nsmo.stages import weight
from nsmo.stages.weight import propensity_problems
from nsmo.study import StudyError, load_codebook
from nsmo.study.propensity import read_reference, reference_problems
from nsmo.survey import Survey
from nsmo.survey.crosstabs import crosstabs
from nsmo.survey.estimates import estimates

PROPENSITY = """\
weighting:
  population: {nl: Bakkerijen, en: Bakeries}
  propensity:
    by: [BY]
    weight: stands_for
    replicates: 100
    period: "2020"
    source: {nl: Steekproef, en: A sample}
"""
LIMITS = {
    "min_category": 5, "max_ratio": 50, "replicates": 20, "seed": 1, "max_dropped": 0.5,
    "min_effective_n": 0, "max_deff": 100,
}  # fmt: skip
NAMES = {"size": ["small", "middle", "large"], "online": ["yes", "no"]}


ASKED = """\
study: bakery
title: Survey of bakers
unit: bakeries
provenance: real
language: en
field_period: {from: null, until: null, certainty: assumed}
source: {file: responses.csv, format: csv, key: id, encoding: utf-8, delimiter: ","}
privacy: {suppress: base, keep_rows: true}
questions:
""" + "".join(
    f"  - {{name: {name}, type: single, column: {name}, label: {name}, text: {name}, options: "
    f"[{', '.join(f'{{name: {one}, code: {one}, label: {one}}}' for one in options)}]}}\n"
    for name, options in {**NAMES, "is_fresh": ["yes", "no"]}.items()
).replace("yes", '"yes"').replace(": no", ': "no"')


@pytest.fixture
def book(codebook_file):
    def made(by="size, online", more=""):
        return load_codebook(codebook_file(ASKED + PROPENSITY.replace("BY", by) + more))

    return made


def reference(n=500, seed=2, total=60_000):
    """A simple random sample of the population, in which large and online bakeries are more frequent."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "size": pd.Categorical(rng.choice(NAMES["size"], n, p=[0.5, 0.3, 0.2]), NAMES["size"]),
            "online": pd.Categorical(rng.choice(NAMES["online"], n, p=[0.7, 0.3]), NAMES["online"]),
            "stands_for": np.full(n, total / n),
        }
    )


def weighted(codebook, responses, there):
    made = weight.weight(codebook, responses, {}, reference=there, **LIMITS)
    return made, Survey.from_responses(made.responses, made.evidence, codebook, confidence=0.95, min_n=1)


def test_with_one_term_the_weights_are_those_of_post_stratification(book):
    responses, there = many_bakeries(1, n=300, small=40), reference()
    made, _ = weighted(book("size"), responses, there)
    cells = made.margins.set_index("category")
    share = there["size"].value_counts(normalize=True)
    assert cells["target"].to_dict() == pytest.approx(share.to_dict())
    assert cells["after"].to_dict() == pytest.approx(share.to_dict(), rel=1e-9), "met exactly, as of cells"
    large = made.responses["size"].eq("large")
    before = large.mean()
    assert made.responses.loc[large, "weight"].to_numpy() == pytest.approx(share["large"] / before, rel=1e-9)
    assert made.evidence["propensity"]["uncovered"] == 0
    assert (
        made.evidence["propensity"]["largest_gap"] < 1e-9 < made.evidence["propensity"]["largest_gap_before"]
    )


def test_several_terms_solve_the_equations_of_the_pseudo_likelihood(book):
    responses, there = many_bakeries(3, n=300, small=40), reference()
    made, _ = weighted(book(), responses, there)
    ratio = made.responses["weight"].groupby([responses["size"], responses["online"]], observed=True).first()
    chance = made.evidence["propensity"]["highest_chance"] * ratio.min() / ratio
    joint = there.groupby(["size", "online"], observed=True)["stands_for"].sum()
    for name in NAMES:
        expected = (joint * chance).groupby(level=name, observed=True).sum()
        assert expected.to_dict() == pytest.approx(responses[name].value_counts().to_dict(), rel=1e-8)


def test_the_standard_error_is_that_of_the_replicates_in_every_stage(book):
    codebook = book(more="crosstabs: {banners: [size]}\n")
    made, survey = weighted(codebook, many_bakeries(1, n=300, small=40), reference())
    again = [name for name in made.responses if name.startswith("weight.r")]
    about = made.evidence["propensity"]
    assert len(again) == about["replicates"] == 100 - about["dropped"]
    frame = made.responses
    yes = frame["online"].eq("yes").to_numpy(dtype=float)
    shares = [yes @ frame[name] / frame[name].sum() for name in again]
    by_hand = np.sqrt(np.var(shares, ddof=1))
    row = estimates(survey, ["online"]).query("weighted and option == 'yes'").iloc[0]
    assert row["se"] == pytest.approx(by_hand, rel=1e-9)
    cell = crosstabs(survey, compare=False).query("weighted and question == 'online' and option == 'yes'")
    assert cell[cell["by"].isna()]["se"].iloc[0] == pytest.approx(by_hand, rel=1e-9)
    assert survey.weighted is not None
    assert survey.weighted.degf() == about["degrees_of_freedom"] == 300 - 4


def test_replicates_agree_with_the_linearised_error_and_hold_the_truth(book):
    """The chance of taking part depends on both traits, and so does the answer."""
    rng, found = np.random.default_rng(4), []
    n = 30_000
    people = pd.DataFrame(
        {
            "size": pd.Categorical(rng.choice(NAMES["size"], n, p=[0.6, 0.25, 0.15]), NAMES["size"]),
            "online": pd.Categorical(rng.choice(NAMES["online"], n, p=[0.5, 0.5]), NAMES["online"]),
        }
    )
    codes, online = people["size"].cat.codes.to_numpy(), people["online"].eq("yes").to_numpy()
    yes = rng.random(n) < 0.2 + 0.2 * codes + 0.15 * online
    chance = 1 / (1 + np.exp(5.2 - 0.7 * codes - 0.8 * online))
    none = pd.Categorical([None] * n, ["dont_know", "refused", "not_asked", "no_answer"])
    people = people.assign(**{"is_fresh": pd.Categorical(np.where(yes, "yes", "no"), ["yes", "no"])})
    people = people.assign(**{f"{name}.missing": none for name in ("size", "online", "is_fresh")})
    codebook = book()
    for _ in range(40):
        sample = people[rng.random(n) < chance].reset_index(drop=True)
        sample = sample.assign(response_id=[str(i) for i in range(len(sample))])
        there = people.loc[rng.choice(n, 400, replace=False), list(NAMES)].reset_index(drop=True)
        _, survey = weighted(codebook, sample, there.assign(stands_for=n / 400))
        found.append(estimates(survey, ["is_fresh"]).query("weighted and option == 'yes'").iloc[0])
    table = pd.DataFrame(found)
    truth = yes.mean()
    assert table["estimate"].mean() == pytest.approx(truth, abs=3 * table["estimate"].std() / np.sqrt(40))
    assert 0.8 < table["se"].mean() / table["estimate"].std() < 1.25
    assert (table["ci_low"].lt(truth) & table["ci_high"].gt(truth)).mean() >= 0.85
    unweighted = yes[rng.random(n) < chance].mean()
    assert abs(unweighted - truth) > 3 * table["se"].mean(), "without the weights the figure is far off"


# -- what is refused ---------------------------------------------------------------------------------------


def test_what_cannot_be_weighted_is_named_beforehand(book):
    codebook, responses = book(), many_bakeries(1, n=300, small=40)
    there = reference()

    def named(responses, there, ratio=50.0):
        return " ".join(str(p) for p in propensity_problems(codebook, responses, there, ratio))

    assert named(responses, there) == ""
    lost = responses.assign(online=responses["online"].where(responses.index > 1))
    assert "2 respondents have no 'online': 0, 1" in named(lost, there)
    few = there[there["size"] != "large"]
    assert "only the respondents have large of 'size'" in named(responses, few)
    assert "add up to 50" in named(responses, there.assign(stands_for=0.1))
    assert "the largest weight is" in named(responses, there, 1.01)
    with pytest.raises(StudyError, match="only the respondents have large"):
        weight.weight(codebook, responses, {}, reference=few, **LIMITS)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (None, "the reference sample is not there"),
        ("", "the reference sample is empty"),
        ("size,online\nsmall,yes\n", "no column 'stands_for'"),
        ("size,online,stands_for\nsmall,yes,10\nhuge,yes,10\n", "'huge' is no option of 'size'"),
        ("size,online,stands_for\nsmall,,10\n", "no answer to 'online'"),
        ("size,online,stands_for\nsmall,yes,-1\n", "the weight '-1'"),
        ("size,online,stands_for\nsmall,yes,nan\n", "the weight 'nan'"),
        ("size,online,stands_for\nsmall,yes,1_000\n", "the weight '1_000'"),
        ("size,online,stands_for\nsmall,yes,١٢٣\n", "the weight '١٢٣'"),
        (
            "size,online,stands_for\nsmall,yes,987\nlarge,yes,1.234\n",
            "line 3: the weight '1.234' beside weights",
        ),
        ("size,online,stands_for,email\nsmall,yes,10,x\n", "columns that nothing reads: 'email'"),
        ("size,online,stands_for\na@b.example,yes,10\n", "(left out: an e-mail address) is no option"),
    ],
)
def test_a_wrong_reference_is_named_with_its_line(book, tmp_path, rows, said):
    path = tmp_path / "reference.csv"
    if rows is not None:
        path.write_text(rows)
    codebook = book()
    assert said in " ".join(str(p) for p in reference_problems(codebook, path))
    with pytest.raises(StudyError):
        read_reference(codebook, path)


@pytest.mark.parametrize(
    "weights", [("1.234", "0.987"), ("1.234", "2.5"), ("1234.5", "987"), ("12.345", "1.001")]
)
def test_weights_with_decimals_are_read_as_such(book, tmp_path, weights):
    path = tmp_path / "reference.csv"
    path.write_text("size,online,stands_for\n" + "".join(f"small,yes,{one}\n" for one in weights))
    assert [float(one) for one in weights] == read_reference(book(), path)["stands_for"].tolist()


def test_without_a_declaration_no_reference_is_read(codebook_file, tmp_path):
    codebook = load_codebook(codebook_file(ASKED))
    assert read_reference(codebook, tmp_path / "reference.csv") is None


@pytest.mark.parametrize(
    "wrong", ["margins: [{name: size, question: size, population: size}]", "given: true"]
)
def test_chances_go_with_no_other_weights(book, codebook_text, codebook_file, wrong):
    text = codebook_text[: codebook_text.index("weighting:")] + PROPENSITY.replace("BY", "size")
    with pytest.raises(StudyError, match="take given and margins out"):
        load_codebook(codebook_file(text + f"  {wrong}\n"))
