"""The reconstructed responses: the counts after real cleaning, the dirt, and what stops a bad build."""

import ast
import csv
import io
import re
import shutil
import sys
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import somersd

from nsmo import reconstruct as tool
from nsmo.pipeline.reconstructed import crossing_problems, refuse_crossings
from nsmo.reconstruct.chance import Chance
from nsmo.reconstruct.rules import Missing, Rules, somers_d
from nsmo.stages.clean import clean
from nsmo.stages.ingest import ingest
from nsmo.study import StudyError, load_codebook
from nsmo.study.codebook import FILES
from nsmo.study.statements import load_published

ROOT = Path(__file__).parents[2]
RAW = ROOT / "data" / "raw" / "2018"

PLATFORMS = {"facebook": 167, "linkedin": 145, "twitter": 139}
GOALS = {"inform": 82, "awareness": 89, "reputation": 67, "leads": 60, "service": 22, "insights": 12}
CATEGORIES = {
    "market": {"b2c": 139, "b2b": 46},
    "goals_beforehand": {"always": 54, "sometimes": 64, "never": 67},
    "profile": {"p1": 67, "p2": 64, "p3": 54},
    "goal_group": {"g1": 70, "g2": 48, "g3": 67},
}


THRESHOLDS = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))["clean"]


def cleaned(codebook, source):
    return clean(codebook, ingest(codebook, source).responses, **THRESHOLDS)


def published_counts(frame):
    """Everything that was published, as counts of respondents (or a sum of platforms)."""
    counts = {f"platforms.{name}": int(frame[f"platforms.{name}"].sum()) for name in PLATFORMS}
    counts |= {f"goals.{name}": int(frame[f"goals.{name}"].sum()) for name in GOALS}
    for variable, categories in CATEGORIES.items():
        counts |= {f"{variable}.{name}": int((frame[variable] == name).sum()) for name in categories}
    for market in CATEGORIES["market"]:
        inside = frame[frame["market"] == market]
        counts[f"important {market}"] = int((inside["important"] == "yes").sum())
        counts[f"mean platforms {market}"] = round(inside["n_platforms"].mean(), 1)
    return counts | {"respondents": len(frame)}


EXPECTED = {
    **{f"platforms.{name}": count for name, count in PLATFORMS.items()},
    **{f"goals.{name}": count for name, count in GOALS.items()},
    **{f"{v}.{name}": count for v, categories in CATEGORIES.items() for name, count in categories.items()},
    "important b2c": 119,
    "important b2b": 36,
    "mean platforms b2c": 4.1,
    "mean platforms b2b": 3.6,
    "respondents": 185,
}


@pytest.fixture(scope="module")
def codebook():
    return load_codebook(RAW)


@pytest.fixture(scope="module")
def coded(codebook):
    return ingest(codebook, RAW / "responses.csv").responses


@pytest.fixture(scope="module")
def result(codebook):
    return cleaned(codebook, RAW / "responses.csv")


@pytest.fixture(scope="module")
def frame(result):
    return result.responses


@pytest.fixture(scope="module")
def cells():
    with (RAW / "responses.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


# --- the committed files are what the tool makes ---


def test_the_committed_responses_are_rebuilt_byte_for_byte():
    assert tool.reconstruct(RAW) == (RAW / "responses.csv").read_bytes()


def test_the_page_about_the_assumptions_is_up_to_date():
    page = (ROOT / "docs" / "assumptions.md").read_text(encoding="utf-8")
    assert page == tool.describe(RAW)
    stated = yaml.safe_load((RAW / "assumptions.yaml").read_text(encoding="utf-8"))["assumptions"]
    assert all(f"`{assumption['id']}` ·" in page for assumption in stated)


def test_check_tells_what_is_stale_and_writes_nothing(tmp_path):
    for file in (*FILES, "published.yaml", "assumptions.yaml", "responses.csv"):
        (tmp_path / file).write_bytes((RAW / file).read_bytes())
    (tmp_path / "responses.csv").write_bytes((RAW / "responses.csv").read_bytes() + b"\n")
    before = (tmp_path / "responses.csv").read_bytes()
    assert tool.rebuild(tmp_path, tmp_path, check=True) == [
        tmp_path / "responses.csv",
        tmp_path / "assumptions.md",
    ]
    assert (tmp_path / "responses.csv").read_bytes() == before
    assert not (tmp_path / "assumptions.md").exists()
    tool.rebuild(tmp_path, tmp_path)
    assert (tmp_path / "responses.csv").read_bytes() == (RAW / "responses.csv").read_bytes()


# --- what was published, after ingest and clean of the pipeline ---


@pytest.mark.parametrize("name", EXPECTED)
def test_published_count_after_cleaning(frame, name):
    assert published_counts(frame)[name] == EXPECTED[name]


def test_more_than_four_platforms_is_a_little_over_a_quarter(frame):
    assert 47 <= (frame["n_platforms"] > 4).sum() <= 60
    assert (frame["n_platforms"] >= 1).all()


def test_other_platforms_stay_below_the_published_three(frame, codebook):
    others = set(codebook.variable("platforms").option_names) - set(PLATFORMS)
    assert max(frame[f"platforms.{name}"].sum() for name in others) < PLATFORMS["twitter"]


def test_small_organisations_are_there_but_fewer_than_in_the_country(frame):
    assert 55 <= (frame["size_class"] == "s2_9").sum() <= 60


def test_every_category_of_the_margins_has_twenty_respondents(frame):
    for margin in ("size_class", "sector_group"):
        assert frame[margin].notna().all()
        assert frame[margin].value_counts().min() >= 20


def test_profiles_do_not_follow_the_goals_exactly(frame):
    table = pd.crosstab(frame["profile"], frame["goals_beforehand"])
    off = table.sum().sum() - sum(
        table.loc[p, g] for p, g in (("p1", "never"), ("p2", "sometimes"), ("p3", "always"))
    )
    assert 30 <= off <= 90
    assert (pd.crosstab(frame["profile"], frame["goal_group"]) > 0).all().all()
    means = frame.groupby("profile", observed=True)["importance_score"].mean()
    assert means["p3"] > means[["p1", "p2"]].max() + 0.3


@pytest.mark.parametrize("question", ["measuring", "monitoring", "satisfaction"])
@pytest.mark.parametrize("groups", ["goals_budget_never", "goals_budget_not_always"])
def test_no_goals_and_no_budget_is_lowest_under_both_readings(frame, codebook, question, groups):
    score = frame[question].astype(object).map(codebook.variable(question).scores).astype(float)
    means = score.groupby(frame[groups], observed=True).mean()
    assert means.idxmin() == "neither"
    assert means.drop("neither").min() - means["neither"] >= 0.1


ASSOCIATIONS = [
    ("budget", "importance"),
    ("budget_size", "importance"),
    ("budget", "policy"),
    ("budget_size", "policy"),
    ("importance", "goals_beforehand"),
    ("importance", "monitoring"),
    ("goals_beforehand", "results"),
    ("budget", "n_platforms"),
    ("budget_size", "n_platforms"),
]


@pytest.mark.parametrize(("x", "y"), ASSOCIATIONS)
def test_published_associations_are_there_and_moderate(frame, codebook, x, y):
    def numbers(name):
        variable = codebook.variable(name)
        scores = variable.scores or {"no": 0.0, "yes": 1.0}
        values = frame[name]
        return (values if variable.type == "numeric" else values.astype(object).map(scores)).astype(float)

    pairs = pd.concat([numbers(x), numbers(y)], axis=1).dropna().to_numpy()
    found = somersd(pairs[:, 0], pairs[:, 1])
    assert 0.05 < found.statistic < 0.46
    if (x, y) == ("budget_size", "n_platforms"):
        assert found.pvalue < 0.01


def test_importance_differs_between_the_markets_by_no_more_than_published(frame):
    share = (frame["important"] == "yes").groupby(frame["market"], observed=True).mean()
    assert round(100 * share["b2c"]) == 86
    assert round(100 * share["b2b"]) == 78


# --- the dirt ---


def test_each_rule_of_cleaning_takes_several_responses(result, codebook):
    taken = result.exclusions["rule"].value_counts()
    assert len(result.exclusions) == 55
    assert {rule.name: taken.get(rule.name, 0) >= 3 for rule in codebook.cleaning.rules} == dict.fromkeys(
        (rule.name for rule in codebook.cleaning.rules), True
    )


@pytest.mark.parametrize(
    "rule",
    [
        *("no_consent", "test_entry", "partial", "not_dutch", "private_person"),
        *("one_person", "speeder", "straightliner", "duplicate"),
    ],
)
def test_without_one_rule_the_published_figures_are_missed(codebook, coded, rule):
    rules = [r for r in codebook.cleaning.rules if r.name != rule]
    without = codebook.changed(
        cleaning=codebook.cleaning.model_copy(update={"rules": rules}),
        # Responses that stay by mistake may fit no category; that is not what is looked at here.
        derived=[d.model_copy(update=_forgiving(d)) for d in codebook.derived],
    )
    found = published_counts(clean(without, coded, **THRESHOLDS).responses)
    wrong = {name for name, count in found.items() if count != EXPECTED[name]}
    assert wrong > {"respondents"}


def _forgiving(definition):
    return {"otherwise": "missing"} if getattr(definition, "otherwise", None) == "error" else {}


@pytest.mark.parametrize("question", ["platforms", "goals", "country", "sector", "role", "tools"])
def test_answers_written_as_other_matter(codebook, coded, result, question):
    texts = {name: words for name, words in codebook.cleaning.other_texts.items() if name != question}
    without = codebook.changed(cleaning=codebook.cleaning.model_copy(update={"other_texts": texts}))
    recodes = result.recodes
    ours = recodes[(recodes["question"] == question) & (recodes["rule"] == "other_text")]
    assert ours["n"].sum() >= 3
    left = clean(without, coded, **THRESHOLDS).recodes
    left = left[(left["question"] == question) & (left["rule"] == "other_text")]
    assert left["n"].sum() < ours["n"].sum()


def test_contradictions_of_the_routing_are_put_right(result):
    assert result.corrections["question"].value_counts().to_dict() == {"budget_size": 5, "tools": 4}


def test_the_export_has_what_exports_stumble_over(cells):
    content = (RAW / "responses.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert 230 <= len(cells) <= 250
    assert 55 <= len(cells[0]) <= 75
    values = [value for row in cells for value in row.values()]
    assert sum("\u00a0" in value for value in values) >= 10
    assert sum(value != value.strip(" ") for value in values) >= 10
    assert sum(value != "" and value.strip() == "" for value in values) >= 3
    assert sum("\n" in value for value in values) >= 3
    assert sum('"' in value for value in values) >= 1
    assert sum(bool(re.fullmatch(r"\d+,\d+", row["Q23"].strip())) for row in cells) >= 10
    forms = [re.sub(r"\d", "9", row["startdate"]) for row in cells]
    assert {form: forms.count(form) > 20 for form in set(forms)} == {
        "9999-99-99 99:99:99": True,
        "99-99-9999 99:99": True,
    }
    assert len({row["id"] for row in cells}) == len(cells)


def test_an_organisation_takes_part_up_to_three_times_and_the_last_complete_one_counts(coded, result):
    gone = result.exclusions.query("rule == 'duplicate'")["response_id"]
    names = coded.set_index("response_id")["organisation"].str.lower().str.replace(r"\W", "", regex=True)
    submitted = coded.set_index("response_id")["paradata.submitted"]
    times = [int((names == names[name]).sum()) for name in gone]
    assert max(times) == 3
    kept = result.responses["response_id"]
    began_later = 0
    for response in gone:
        ((winner),) = [name for name in kept if names[name] == names[response]]
        assert submitted[winner] > submitted[response]
        started = coded.set_index("response_id")["paradata.started"]
        began_later += started[response] > started[winner]
    assert began_later == 1


def test_an_unfinished_second_time_does_not_replace_the_first(coded, result):
    names = coded.set_index("response_id")["organisation"].str.lower().str.replace(r"\W", "", regex=True)
    kept = set(names[result.responses["response_id"]])
    partial = names[result.exclusions.query("rule == 'partial'")["response_id"]].dropna()
    assert sum(name in kept for name in partial) == 3


def test_nobody_is_named_twice_among_those_who_count(coded, result):
    names = coded.set_index("response_id").loc[result.responses["response_id"], "organisation"]
    assert names.str.casefold().is_unique


# --- another seed, other assumptions ---


def test_another_seed_gives_other_answers_and_the_same_counts(codebook, frame, tmp_path):
    (tmp_path / "responses.csv").write_bytes(tool.reconstruct(RAW, seed=7))
    other = cleaned(codebook, tmp_path / "responses.csv").responses
    assert published_counts(other) == EXPECTED
    assert (other["importance"].astype(str) != frame["importance"].astype(str)).mean() > 0.2


@pytest.fixture
def changed(tmp_path):
    """Write the folder with one text of one file replaced."""

    def change(old, new, file="assumptions.yaml"):
        for name in (*FILES, "published.yaml", "assumptions.yaml"):
            text = (RAW / name).read_text(encoding="utf-8")
            if name == file:
                assert text.count(old) >= 1
                text = text.replace(old, new, 1)
            (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path

    return change


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("awareness: 89", "awareness: 92", r"'goals' assumes 92 of 185.*'goal_awareness'.*48,2%"),
        ("facebook: 131", "facebook: 130", r"'platforms' assumes 166 of 185.*'platform_facebook'.*90,3%"),
        ('b2b: {"yes": 36}', 'b2b: {"yes": 38}', r"38 of 46.*'importance_b2b'"),
        ("pinterest: 27", "pinterest: 47", r"591 of 139.*'platforms_mean_b2c'"),
        ("p1: 67, p2: 64", "p1: 71, p2: 60", r"71 of 185.*'profile_1'"),
        ("above: 4, records: 53", "above: 4, records: 46", r"46 of 185.*'platforms_gt4'"),
        ("records: 185\n", "records: 184\n", r"add up to 185.*expected: 184"),
        ("not_followed:\n        - goals_beforehand_article.ever", "not_followed:", "63.78.*article.ever"),
    ],
)
def test_an_assumption_that_contradicts_a_publication_stops(changed, old, new, message):
    with pytest.raises(StudyError, match=f"(?s){message}"):
        tool.reconstruct(changed(old, new))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("quality: good", "quality: fine", r"assumptions.yaml, line \d+ .*'good', 'fair' or 'weak'"),
        ("    reason:\n", "    reasn:\n", r"reasn"),
        ("{question: market, counts: {b2c: 139", "{question: market, counts: {b2x: 139", "no option 'b2x'"),
        ("from: [goal_awareness]", "from: [goal_fame]", "no claim is called 'goal_fame'"),
        ("{rule: one_person", "{rule: one_dog", "no rule of cleaning 'one_dog'"),
        ("follows: {maturity: 5}", "follows: {maturty: 5}", "'maturty' under follows"),
        ("id: rounding", "id: base", "two assumptions are called base"),
        ("{never: 67, sometimes: 64, always: 54}", "{never: 67, sometimes: 64, always: 53}", "add up to 184"),
    ],
)
def test_a_slip_in_the_assumptions_is_named_with_its_place(changed, old, new, message):
    with pytest.raises(StudyError, match=f"(?s){message}"):
        tool.reconstruct(changed(old, new))


def test_a_question_without_assumption_stops(changed):
    raw = changed("  - id: outsourcing", "  - id: elsewhere")
    text = (raw / "assumptions.yaml").read_text(encoding="utf-8")
    start, end = text.index("  - id: elsewhere"), text.index("  - id: remarks")
    (raw / "assumptions.yaml").write_text(text[:start] + text[end:], encoding="utf-8")
    with pytest.raises(StudyError, match="no assumption says how outsourcing are answered"):
        tool.reconstruct(raw)


def test_assumptions_that_cannot_hold_together_stop_with_the_one_that_fails(changed, monkeypatch):
    monkeypatch.setattr(sys.modules["nsmo.reconstruct.draw"], "ATTEMPTS", 2)
    raw = changed("assoc_goals_results: [0.15, 0.40]", "assoc_goals_results: [0.95, 0.99]")
    with pytest.raises(StudyError, match=r"none of 2 draws.*assoc_goals_results \(2 times\)"):
        tool.reconstruct(raw)


def test_real_responses_are_never_overwritten(changed):
    raw = changed("provenance: reconstructed", "provenance: real", file="questionnaire.yaml")
    with pytest.raises(StudyError, match="do not reconstruct what was really answered"):
        tool.reconstruct(raw)


# --- its own rules, and chance ---


def test_its_own_rules_agree_with_those_of_the_pipeline(codebook, frame):
    rules = Rules(codebook)
    questions = [q for q in codebook.questions if not q.identifying]
    for _, row in frame.iterrows():
        record = {q.name: _plain(codebook.variable(q.name), row) for q in questions}
        for definition in codebook.derived:
            mine, theirs = rules.value(record, definition.name), row[definition.name]
            if isinstance(mine, Missing):
                assert pd.isna(theirs)
            elif isinstance(mine, Fraction | int):
                assert float(mine) == pytest.approx(theirs, abs=1e-12)
            elif not (definition.kind == "flag" and pd.isna(theirs)):
                assert mine == theirs


def _plain(variable, row):
    reason = row[f"{variable.name}.missing"]
    if pd.notna(reason):
        return Missing(reason)
    if variable.type == "multi":
        return frozenset(o for o in variable.option_names if row[f"{variable.name}.{o}"])
    return row[variable.name]


def test_every_followed_statement_holds_by_its_own_rules_too(codebook, frame):
    rules, published = Rules(codebook), load_published(RAW / "published.yaml")
    questions = [q for q in codebook.questions if not q.identifying]
    records = [
        {q.name: _plain(codebook.variable(q.name), row) for q in questions} for _, row in frame.iterrows()
    ]
    facebook = next(row for row in published.rows if row.id == "platform_facebook")
    assert rules.estimate(facebook.estimate, records) == Fraction(100 * 167, 185)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=40))
def test_somers_d_agrees_with_scipy(pairs):
    if len({x for x, _ in pairs}) == 1:
        with pytest.raises(ZeroDivisionError):
            somers_d(pairs)
        return
    x, y = zip(*pairs, strict=True)
    if len(set(y)) == 1:  # where scipy divides zero by zero
        assert somers_d(pairs) == 0
        return
    assert float(somers_d(pairs)) == pytest.approx(somersd(x, y).statistic, abs=1e-12)


def test_chance_falls_the_same_way_on_every_version():
    chance = Chance(2018)
    assert [chance.below(1000) for _ in range(6)] == [533, 27, 627, 507, 120, 534]
    assert all(-40 <= chance.noise() <= 140 for _ in range(1000))


@given(st.integers(0, 10**9), st.lists(st.integers(), max_size=30))
def test_a_shuffle_keeps_everything(seed, items):
    mixed = list(items)
    Chance(seed).shuffle(mixed)
    assert sorted(mixed) == sorted(items)


def test_the_tool_knows_no_name_of_this_study(codebook):
    names = {*codebook.variables, *(o for v in codebook.variables.values() for o in v.option_names)}
    names = {name for name in names if len(name) > 2} - {"other", "yes"}
    for path in (ROOT / "src" / "nsmo" / "reconstruct").glob("*.py"):
        constants = [n.value for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Constant)]
        assert names & {c for c in constants if isinstance(c, str)} == set(), path.name


def test_the_export_reads_back_as_csv_with_one_form_of_quoting():
    text = (RAW / "responses.csv").read_bytes().decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert {len(row) for row in rows} == {len(rows[0])}


def test_a_statement_about_a_crossing_is_named_before_anything_is_drawn(tmp_path):
    wave = tmp_path / "2018"
    shutil.copytree(RAW, wave)
    with (wave / "questionnaire.yaml").open("a", encoding="utf-8") as file:
        file.write(
            "  - {name: cells, kind: cross, of: [market, size_class], label: {nl: Cellen, en: Cells}}\n"
        )
    assert crossing_problems(wave) == [], "a crossing of which nothing was stated does no harm"
    published = wave / "published.yaml"
    stated = "question: satisfaction, options: [very_dissatisfied"
    text = published.read_text("utf-8")
    assert text.count(stated) >= 1
    published.write_text(text.replace(stated, "question: cells, options: [b2b_s2_9", 1), "utf-8")
    (problem,) = crossing_problems(wave)
    line = 1 + text[: text.index(stated)].count("\n")
    assert problem.where.startswith(f"2018/published.yaml, line {line} (")
    assert "'cells'" in problem.found
    with pytest.raises(StudyError, match="cannot be reconstructed"):
        refuse_crossings(wave)
    real = wave / "questionnaire.yaml"
    real.write_text(real.read_text("utf-8").replace("provenance: reconstructed", "provenance: real"), "utf-8")
    assert crossing_problems(wave) == []
