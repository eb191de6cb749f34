"""Which cells an analyst would not dare to edit."""

import ast

import pytest
from projects import notebook_text

from nsmo.pipeline import notebook_rules

GOOD = """\
important = stage.estimate(q.flag, option="yes")
for by in q.by:
    groups = stage.estimate(q.flag, option="yes", by=by)
    stage.table(groups, f"by_{by}_table")
own = pd.read_parquet(stage.path("weight/respondents.parquet"))
low, high = important["ci_low"].min(), important["ci_high"].max()
"""


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("\n".join(f"a{i} = 1" for i in range(13)), "a cell of 13 lines"),
        ("def f():\n    return 1", "a function or class of its own"),
        ("f = lambda x: x", "a function or class of its own"),
        ('text = (\n    f"{a} and"\n    f"{b} and"\n    f"{c}"\n)', "over more than two lines"),
        ('Markdown("so")', "Markdown"),
        ('results[f"by {name}"]', "a key made of code"),
        ('pd.read_csv("../data/raw/2018/population.csv")', "a file is read that DVC does not know of"),
        ('open(f"data/raw/{wave}/published.yaml")', "a file is read that DVC does not know of"),
        (
            "plain, adjusted = (pick(frame, weighted=w) for w in (False, True))",
            "unpacked from a comprehension",
        ),
    ],
)
def test_what_breaks_a_rule_is_named(source, words):
    (found,) = notebook_rules.broken(ast.parse(source))
    assert words in found[1]


def test_an_ordinary_cell_breaks_none():
    assert list(notebook_rules.broken(ast.parse(GOOD))) == []


def test_a_problem_names_notebook_and_cell(tmp_path):
    path = tmp_path / "1_x.ipynb"
    path.write_text(notebook_text("# x", "wave = None", 'Markdown("so")'), encoding="utf-8")
    (problem,) = notebook_rules.problems(path)
    assert "1_x.ipynb, cell [2], line 1" in str(problem)
    assert "stage.say" in str(problem)
