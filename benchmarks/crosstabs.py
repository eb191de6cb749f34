"""Time of cross-tables beside pandas.crosstab, measured in one run: a part of ``make bench``.

60 questions of five answers by 8 banners of five groups, of 5,000 respondents: 480 tables, with bases,
shares, standard errors and intervals, unweighted and weighted (calibrated to two margins), and with letters
for the columns that differ. pandas counts the same tables one by one, unweighted and without any of that. The
two take turns; seconds are those of the processor, which a busy machine leaves as they are. Writes
benchmarks/crosstabs.md.

    python benchmarks/crosstabs.py            a minute
    python benchmarks/crosstabs.py --quick    once, prints, writes nothing
"""

import argparse
import platform
import statistics
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from nsmo.study import Codebook, load_codebook
from nsmo.survey import Survey
from nsmo.survey.crosstabs import crosstabs

HERE = Path(__file__).parent
QUESTIONS, BANNERS, ROWS = 60, 8, 5_000
ANSWERS = ["a", "b", "c", "d", "e"]
WEIGHTING = {"subgroup_tables": True, "limits": {"min_effective_n": 0}, "method": "raking"}


def codebook(folder: Path) -> Codebook:
    """A questionnaire of single questions, the first of which are the banners."""
    options = "".join(f"      - {{name: {name}, code: {name}, label: {name}}}\n" for name in ANSWERS)
    questions = "".join(
        f"  - name: {name}\n    type: single\n    column: {name}\n    label: {name}\n    text: {name}\n"
        f"    options:\n{options}"
        for name in names()
    )
    head = "study: bench\nunit: people\nlanguage: en\nprovenance: real\n"
    source = "source: {file: responses.csv, format: csv, key: id}\n"
    (folder / "questionnaire.yaml").write_text(f"{head}{source}questions:\n{questions}")
    (folder / "rules.yaml").write_text(
        f"crosstabs:\n  banners: [{', '.join(names()[:BANNERS])}]\n"
        f"  questions: [{', '.join(names()[BANNERS:])}]\nprivacy: {{suppress: base}}\n"
    )
    return load_codebook(folder, ["questionnaire.yaml", "rules.yaml"])


def names() -> list[str]:
    """The banners, then the questions."""
    return [f"b{i}" for i in range(BANNERS)] + [f"q{i}" for i in range(QUESTIONS)]


def responses() -> pd.DataFrame:
    """Answers at random, with weights that two of the banners decide."""
    rng = np.random.default_rng(20181123)
    columns = {}
    for name in names():
        columns[name] = pd.Categorical(rng.choice(ANSWERS, ROWS, p=rng.dirichlet(np.full(5, 4.0))), ANSWERS)
        columns[f"{name}.missing"] = pd.Categorical(
            [None] * ROWS, ["dont_know", "refused", "not_asked", "no_answer"]
        )
    frame = pd.DataFrame(columns)
    by_cell = rng.uniform(0.5, 2, (5, 5))
    weight = by_cell[frame["b0"].cat.codes, frame["b1"].cat.codes]
    return frame.assign(
        **{"weight": weight / weight.mean(), "margin.b0": frame["b0"], "margin.b1": frame["b1"]}
    )


def main() -> None:
    """Measure, and write what was found."""
    parser = argparse.ArgumentParser(description="Time cross-tables beside pandas.")
    parser.add_argument("--quick", action="store_true")
    rounds = 1 if parser.parse_args().quick else 5
    frame = responses()
    with tempfile.TemporaryDirectory() as folder:
        book = codebook(Path(folder))
    survey = Survey.from_responses(frame, WEIGHTING, book, confidence=0.95, min_n=20)
    tables = [(q, b) for q in names()[BANNERS:] for b in names()[:BANNERS]]
    tasks = {
        "pandas.crosstab, counts only, unweighted": lambda: [
            pd.crosstab(frame[q], frame[b]) for q, b in tables
        ],
        "nsmo, unweighted and weighted, standard errors, intervals": lambda: crosstabs(survey, compare=False),
        "the same with letters": lambda: crosstabs(survey, compare=True),
    }
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for task in tasks.values():
        task()  # what is imported and compiled once is no part of it
    for _ in range(rounds):
        for name, task in tasks.items():
            begun = time.process_time()
            task()
            times[name].append(time.process_time() - begun)
    median = {name: statistics.median(taken) for name, taken in times.items()}
    base = next(iter(median.values()))
    lines = [
        "# How fast cross-tables are",
        "",
        f"Written by `make bench`, not by hand. {QUESTIONS} questions by {BANNERS} banners make",
        f"{len(tables)} tables, of {ROWS:,} respondents. Python {platform.python_version()},",
        f"numpy {version('numpy')}, pandas {version('pandas')}; seconds of the processor, medians of",
        f"{rounds} rounds in turns.",
        "",
        "| | time | per table | times pandas |",
        "|---|---:|---:|---:|",
        *(
            f"| {name} | {taken:.2f} s | {1000 * taken / len(tables):.2f} ms | {taken / base:.2f} |"
            for name, taken in median.items()
        ),
    ]
    print("\n".join(lines))
    if rounds > 1:
        (HERE / "crosstabs.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
