"""What `nsmo check` lets a report ask for, the stages have found; what it refuses, they have not."""

from itertools import product
from pathlib import Path
from types import SimpleNamespace

import in_turn
import pytest
import small_inputs

from nsmo.pages.found import Found
from nsmo.pages.page import Page
from nsmo.pages.story_figures import picture, rows_of_figure
from nsmo.pages.values import Values
from nsmo.pipeline.wave import check
from nsmo.present.labels import Labels
from nsmo.results import combine_estimates
from nsmo.runner.declarations import Out
from nsmo.stages import crosstabs
from nsmo.study import StudyError
from nsmo.study.placeholders import PLACEHOLDERS

MORE = """\
  - name: remarks
    type: text
    column: remarks
    label: Remarks
    text: Remarks?
derived:
  - name: happy
    label: Happy
    kind: flag
    when: {question: sat, is: [s3]}
"""
QUESTIONNAIRE = small_inputs.QUESTIONNAIRE + MORE
ROWS = [[*row, f"text {i}"] for i, row in enumerate(small_inputs.rows())]
BANNERS = "crosstabs: {banners: [org, role]}\n"
OPTIONS = {"org": "a", "sat": "top", "multi": "m1", "role": "director", "routed": "new", "happy": "yes"}
#: Of which nothing depends on a question, or that need no estimate.
OTHERS = ("question", "answer", "question_link", "page_link")


class Built:
    """A wave of which two stages have left their estimates."""

    def __init__(self, folder: Path, rules: str, stages: tuple[str, ...]) -> None:
        self.raw = small_inputs.write(
            folder,
            questionnaire=QUESTIONNAIRE,
            rules=rules,
            head=[*small_inputs.HEAD, "remarks"],
            responses=ROWS,
        )
        passed = in_turn.passed(self.raw)
        self.codebook, self.wave, self.folder = passed.codebook, "m", folder
        self.params = SimpleNamespace(confidence=0.95, language="en")
        self.earlier = {
            name: SimpleNamespace(outs=(Out(f"reports/m/tables/{name}", False),)) for name in stages
        }
        frames = {"topline": lambda: combine_estimates(*passed.found.values())}
        frames["crosstabs"] = lambda: crosstabs.results(passed.survey, compare=True)
        for name in stages:
            (folder / f"tables/{name}").mkdir(parents=True)
            frames[name]().to_csv(folder / f"tables/{name}/estimates.csv", index=False)

    def path(self, name: str) -> Path:
        return self.folder / name

    def save(self, content: object, rel: str) -> None:
        pass


def uses() -> list[tuple[str, dict[str, str]]]:
    """Every placeholder that needs a question, with and without an answer, a group and groups."""
    found = []
    for name, placeholder in PLACEHOLDERS.items():
        if "question" not in placeholder.needs or name in OTHERS:
            continue
        known = (*placeholder.needs, *placeholder.takes)
        for question, by, one in product((*OPTIONS, "num", "remarks"), ("", "org", "sat"), (False, True)):
            given = {"question": question}
            if one and "option" in known and question in OPTIONS:
                given["option"] = OPTIONS[question]
            if by and "by" in known:
                given |= {"by": by} | ({"group": OPTIONS[by]} if "group" in known and by == "org" else {})
            if set(placeholder.needs) <= set(given) and (name, given) not in found:
                found.append((name, given))
    return found


@pytest.mark.parametrize("rules", ["", BANNERS], ids=["no banners", "banners"])
@pytest.mark.parametrize("stages", [("topline",), ("topline", "crosstabs")], ids=["alone", "with crosstabs"])
def test_check_says_what_no_stage_will_have(rules: str, stages: tuple[str, ...], tmp_path: Path):
    built = Built(tmp_path, small_inputs.RULES + rules, stages)
    drawn = SimpleNamespace(words=SimpleNamespace(title=""))
    # Only the title of what is drawn is read here: a stand-in of another type serves.
    page = Page(built, "en", Found(built), draw=lambda *_: drawn)  # type: ignore[arg-type]
    object.__setattr__(page, "place", lambda *_: "")
    values = Values(page).functions()
    lines, found = [], []
    for name, given in uses():
        lines.append(f"{{{{ {name}({', '.join(f'{key}={text!r}' for key, text in given.items())}) }}}}")
        try:
            values[name](**given)
            found.append(True)
        except StudyError:
            found.append(False)
    text = "# Title\n\n" + "\n\n".join(lines)
    (built.raw / "report.en.md").write_text(text.replace("'", '"'), encoding="utf-8")
    refused = {
        int(problem.where.rsplit(" ", 1)[1])
        for problem in check(built.raw, set(stages))
        if "line" in problem.where
    }
    passed = [3 + 2 * place not in refused for place in range(len(lines))]
    wrong = [
        f"{line}: found {is_found}"
        for line, ok, is_found in zip(lines, passed, found, strict=True)
        if ok != is_found
    ]
    assert "\n".join(wrong) == ""
    assert 20 < sum(found) < len(found)


#: Nobody with one of the answers by which groups are made is left.
EMPTIED = """\
cleaning:
  rules:
    - name: happy_or_not
      kind: condition
      when: {question: sat, is: [s2]}
      reason: Whoever is neither is no respondent
crosstabs: {banners: [sat]}
"""


def test_a_group_that_cleaning_emptied_is_left_out_of_what_is_drawn_by_it(tmp_path: Path):
    built = Built(tmp_path, EMPTIED, ("topline", "crosstabs"))
    asked = '{{ figure("org", "a", by="sat") }}\n\n{{ table("org", by="sat") }}'
    (built.raw / "report.en.md").write_text(f"# Title\n\n{asked}\n", encoding="utf-8")
    assert [str(problem) for problem in check(built.raw, {"topline", "crosstabs"})] == []
    table = Found(built).estimates
    rows = rows_of_figure(table, built.codebook, "org", "a", by="sat")
    assert set(rows.loc[rows["by"].eq("sat"), "group"]) == {"s1", "s3"}
    drawn = picture(rows, Labels(built.codebook, "en"), "sat")
    assert b"very" in drawn.wide.lower()
    assert b"rather" not in drawn.wide.lower()
    # It is still an answer that could be given, which nobody who is left gave.
    nobody = table["question"].eq("sat") & table["by"].eq("") & table["option"].eq("s2")
    assert set(table.loc[nobody, "count"]) == {0}
