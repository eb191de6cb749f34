"""Latent classes: what they reduce to, what they find again, and another library's answer."""

import numpy as np
import pytest

from nsmo.stats import DesignError, latent
from nsmo.stats.latent import agreement, bootstrap_test, fit_classes, resample, tally

CATEGORIES = [2, 3, 2, 2, 3]
#: Two classes that answer very differently, and how many belong to the first.
TRUTH = [
    ([0.9, 0.1], [0.8, 0.1, 0.1], [0.85, 0.15], [0.9, 0.1], [0.7, 0.2, 0.1]),
    ([0.1, 0.9], [0.1, 0.2, 0.7], [0.2, 0.8], [0.1, 0.9], [0.1, 0.1, 0.8]),
]
FIRST = 0.6
#: A class that answers otherwise than both.
THIRD = ([0.9, 0.1], [0.05, 0.9, 0.05], [0.1, 0.9], [0.9, 0.1], [0.05, 0.9, 0.05])


def drawn(n, seed=1):
    rng = np.random.default_rng(seed)
    belongs = (rng.random(n) > FIRST).astype(int)
    return answers_of(TRUTH, belongs, rng), belongs


def answers_of(truth, belongs, rng):
    return np.array([[rng.choice(len(q), p=q) for q in truth[c]] for c in belongs])


def rng():
    return np.random.default_rng(11)


def test_one_class_is_the_shares_of_the_answers():
    codes, _ = drawn(300)
    codes[:20, 1] = -1
    model = fit_classes(codes, CATEGORIES, 1, rng(), starts=3)
    shares = [np.bincount(codes[codes[:, i] >= 0, i]) for i in range(5)]
    expected = sum((counts * np.log(counts / counts.sum())).sum() for counts in shares)
    assert model.log_likelihood[0] == pytest.approx(expected)
    assert model.shares[0, 0] == pytest.approx(np.concatenate([c / c.sum() for c in shares]))
    assert model.bic(300)[0] == pytest.approx(-2 * expected + 7 * np.log(300))


def test_two_known_classes_are_found_again_with_their_members():
    codes, belongs = drawn(3000)
    model = fit_classes(codes, CATEGORIES, 2, rng(), starts=10)
    assert model.sizes[0] == pytest.approx([FIRST, 1 - FIRST], abs=0.03)
    assert model.shares[0] == pytest.approx(np.array([np.concatenate(q) for q in TRUTH]), abs=0.05)
    assert (model.membership(codes)[0].argmax(axis=1) == belongs).mean() > 0.97
    bic = [fit_classes(codes, CATEGORIES, k, rng(), starts=10).bic(3000)[0] for k in (1, 2, 3)]
    assert np.argmin(bic) == 1


@pytest.mark.parametrize("classes", [2, 3])
def test_stepmix_finds_the_same_model(classes):
    stepmix = pytest.importorskip("stepmix.stepmix")
    random = np.random.default_rng(3)
    codes = answers_of([*TRUTH, THIRD], random.choice(3, 400, p=[0.45, 0.3, 0.25]), random)
    codes[::17, 2] = -1
    other = stepmix.StepMix(
        classes,
        measurement="categorical_nan",
        n_init=5,
        abs_tol=1e-9,
        max_iter=5000,
        random_state=4,
        progress_bar=0,
    )
    answers = np.where(codes < 0, np.nan, codes)
    other.fit(answers)
    model = fit_classes(codes, CATEGORIES, classes, rng(), starts=30)
    assert model.log_likelihood[0] == pytest.approx(other.score(answers) * 400, abs=1e-3)
    assert model.parameters == other.n_parameters
    assert model.bic(400)[0] == pytest.approx(other.bic(answers), abs=1e-2)
    sizes = other.get_parameters()["weights"]
    order = np.argsort(-sizes)
    assert model.sizes[0] == pytest.approx(sizes[order], abs=1e-3)
    assert model.membership(codes)[0] == pytest.approx(other.predict_proba(answers)[:, order], abs=5e-3)


def test_a_missing_answer_leaves_the_others_to_tell_the_class():
    codes, _ = drawn(500)
    model = fit_classes(codes, CATEGORIES, 2, rng(), starts=5)
    sizes, shares = model.sizes[0], model.shares[0]
    first = sizes * shares[:, 0] * shares[:, 2 + 3]
    told = model.membership(np.array([[0, -1, 0, -1, -1], [-1] * 5]))[0]
    assert told[0] == pytest.approx(first / first.sum())
    assert told[1] == pytest.approx(sizes)


def test_weights_count_respondents_as_often_as_copies_of_them():
    codes, _ = drawn(120)
    times = np.random.default_rng(2).integers(0, 4, 120)
    weighted = fit_classes(codes, CATEGORIES, 2, rng(), starts=10, weights=times[None].astype(float))
    copied = fit_classes(np.repeat(codes, times, axis=0), CATEGORIES, 2, rng(), starts=10)
    assert weighted.log_likelihood == pytest.approx(copied.log_likelihood, abs=1e-6)
    assert weighted.sizes == pytest.approx(copied.sizes, abs=1e-4)


def test_the_bootstrap_wants_two_classes_where_there_are_two_and_no_more():
    samples = [drawn(250, seed)[0] for seed in range(4)]
    kept = {"starts": 5, "draws": 39}
    assert bootstrap_test(samples[0], CATEGORIES, 1, rng(), **kept).p == pytest.approx(1 / 40)
    # Where the hypothesis is true, every p is as likely: all four below .2 happens in one of 600 cases.
    assert max(bootstrap_test(codes, CATEGORIES, 2, rng(), **kept).p for codes in samples) > 0.2


@pytest.mark.slow
def test_the_bootstrap_rejects_a_true_model_no_more_often_than_it_says():
    rejected = [
        bootstrap_test(drawn(150, seed)[0], CATEGORIES, 2, rng(), starts=8, draws=39).p <= 0.1
        for seed in range(60)
    ]
    # A tenth of 60, with three standard errors on top.
    assert sum(rejected) <= 13


def test_draws_keep_the_order_of_the_classes():
    codes, _ = drawn(400)
    model = fit_classes(codes, CATEGORIES, 2, rng(), starts=5)
    again = resample(codes, model, rng(), starts=5, draws=30)
    # Were two classes of one draw to change places, their shares would be far from those of the model.
    assert np.abs(again.shares - model.shares).max() < 0.3
    assert again.sizes.mean(axis=0) == pytest.approx(model.sizes[0], abs=0.03)
    spread = again.shares.std(axis=0)[0, 0]
    assert spread == pytest.approx(np.sqrt(0.9 * 0.1 / (400 * FIRST)), rel=0.4)


def test_the_same_seed_gives_the_same_model():
    codes, _ = drawn(100)
    first, second = (fit_classes(codes, CATEGORIES, 3, rng(), starts=6) for _ in range(2))
    assert (first.shares == second.shares).all()
    assert (np.diff(first.sizes[0]) <= 0).all()


@pytest.mark.parametrize(
    ("codes", "categories", "classes", "message"),
    [
        ([[0, 2], [1, 0]], [2, 2], 1, "expected 2 questions, each with codes from 0"),
        ([[0, 1, 1]], [2, 2], 1, "answers of 3 questions"),
        ([[0, 1], [1, 0]], [2, 2], 2, "5 parameters; a table of 4 cells"),
        ([[0, 1], [1, 0]], [2, 2], 0, "0 classes"),
    ],
)
def test_what_cannot_be_fitted_is_refused(codes, categories, classes, message):
    with pytest.raises(DesignError, match=message):
        fit_classes(np.array(codes), categories, classes, rng(), starts=2)


def test_more_respondents_with_the_same_answers_are_no_more_work(monkeypatch):
    codes, _ = drawn(150)
    rows = []
    step = latent._step
    monkeypatch.setattr(latent, "_step", lambda *args: rows.append(args[1].shape[1]) or step(*args))

    def widest(times):
        rows.clear()
        many = np.tile(codes, (times, 1))
        fit_classes(many, CATEGORIES, 2, rng(), starts=2)
        bootstrap_test(many, CATEGORIES, 1, rng(), starts=2, draws=5)
        return max(rows)

    assert widest(400) <= np.prod(CATEGORIES)
    assert widest(1) <= len(codes)


def test_patterns_are_counted_and_each_respondent_knows_its_own():
    codes = np.array([[1, 0], [0, -1], [1, 0], [1, 2]])
    patterns, pattern, counts = tally(codes, [2, 3])
    assert (patterns[pattern] == codes).all()
    assert patterns.tolist() == [[0, -1], [1, 0], [1, 2]]
    assert counts.tolist() == [1, 2, 1]
    # Of so many questions that their patterns have no number of their own.
    wide = np.tile(np.arange(4)[:, None] % 2, (1, 90))
    assert tally(wide, [2] * 90)[2].tolist() == [2, 2]


def test_agreement_is_the_adjusted_rand_index_of_the_respondents():
    from sklearn.metrics import adjusted_rand_score

    random = np.random.default_rng(5)
    one, other, counts = random.integers(3, size=40), random.integers(4, size=40), random.integers(9, size=40)
    expected = adjusted_rand_score(np.repeat(one, counts), np.repeat(other, counts))
    assert agreement(one, other, counts) == pytest.approx(expected, abs=1e-12)
    assert agreement(one, one, counts) == 1
    assert agreement(one * 0, one * 0, counts) == 1
