"""Makes a stage of one's own for `nsmo new-stage`: a notebook that runs, and where it is declared."""

import re
from collections.abc import Sequence
from pathlib import Path

from nsmo.runner.canonical import dumps, source_form
from nsmo.runner.declarations import ContractError, declarations, newest_wave, read_params, stage_names
from nsmo.study import Codebook, load_codebook
from nsmo.study.errors import StudyError
from nsmo.study.paths import raw

_NAME = re.compile(r"[a-z][a-z0-9_]*")

_BLOCK = """\
  {name}:
    foreach: ${{waves.{name}}}
    do:
      desc: {desc}
      cmd: exec python -m nsmo run {name} --wave ${{item}}
      deps:
        - {notebook}
        - data/raw/${{item}}/questionnaire.yaml
        - data/raw/${{item}}/rules.yaml
        - data/raw/${{item}}/ensemble.csv
        - data/processed/${{item}}/weight/responses.parquet
        - data/processed/${{item}}/weight/weighting.json
        - data/processed/${{item}}/weight/hidden.parquet
        - requirements.lock
        - src/nsmo/__init__.py
        - src/nsmo/results.py
        - src/nsmo/study
        - src/nsmo/stats
        - src/nsmo/survey
        - src/nsmo/present
        - src/nsmo/runner
      params:
        - analyse
      outs:
        - reports/${{item}}/tables/{name}: {{cache: false, persist: true}}
        - reports/${{item}}/workbooks/{name}: {{persist: true}}
        - reports/${{item}}/figures/{name}: {{persist: true}}
        - reports/${{item}}/executed/{name}.ipynb: {{persist: true}}

"""

_WRONG = """\
## What could be wrong

Say what a reader should know before these numbers are used: who was asked, what the question leaves open."""


def new_stage(folder: Path, name: str, title: str = "") -> list[Path]:
    """Write a notebook that shows one question, whole and by a group, and declare its stage.

    Parameters
    ----------
    folder : Path
        The root of the repository.
    name : str
        Of the stage: of its notebook, of its page and of its folders.
    title : str
        The heading of the page.

    Returns
    -------
    list of Path
        The files that were written or changed.

    Raises
    ------
    StudyError
        When there is such a stage, the name cannot be one, or no wave has weighted responses. Then nothing is
        written.
    """
    if not _NAME.fullmatch(name):
        raise StudyError(
            found=f"the name {name!r}",
            where="nsmo new-stage",
            expected="small letters, digits and _, a letter first: it names files and folders",
            fix="choose another one, for example regions",
        )
    if name in stage_names(folder) or list((folder / "notebooks").glob(f"*_{name}.ipynb")):
        raise StudyError(
            found=f"there is a stage or a notebook of the name {name!r}",
            where="nsmo new-stage",
            fix="choose another name, or edit that notebook",
        )
    params = read_params(folder)
    wave = newest_wave(params, "weight")
    before = _analysis_stages(folder)
    heading = title or name.replace("_", " ").capitalize()
    notebook = folder / "notebooks" / f"4_{name}.ipynb"
    desc = re.sub(r"[^\w ,.()-]", "", heading).strip().lower() or name
    block = _BLOCK.format(name=name, desc=desc, notebook=f"notebooks/{notebook.name}")
    texts = {
        notebook: dumps(source_form({"cells": _cells(name, heading, load_codebook(raw(wave)))})),
        folder / "dvc.yaml": _inserted(folder / "dvc.yaml", "stages", before, block),
        folder / "params.yaml": _inserted(
            folder / "params.yaml", "waves", before, f'  {name}:\n    - "{wave}"\n'
        ),
    }
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8", newline="\n")
    return list(texts)


def _analysis_stages(folder: Path) -> list[str]:
    """List the stages up to the last that analyses weighted responses: after these the new one stands."""
    names, last = [], 0
    for one in declarations(folder):
        if one.name not in names:
            names.append(one.name)
        if (one.notebook or "").startswith("notebooks/4_"):
            last = len(names)
    return names[:last] or names


def _inserted(path: Path, top: str, before: Sequence[str], text: str) -> str:
    """Put a block after those of some stages below a key of a file; all else stays as it is."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    inside, found, place = False, False, None
    for number, line in enumerate(lines):
        if re.match(r"\S", line) and not line.startswith("#"):
            if inside and found:
                place = place or number
            inside = line.startswith(f"{top}:")
        elif inside and (key := re.match(r"  ([\w-]+):", line)):
            if found and key[1] not in before:
                place = place or number
            found = found or key[1] == before[-1]
    if not found:
        raise ContractError(
            found=f"no line '{before[-1]}:' below {top}:",
            where=path.name,
            fix="write it there with two blanks before it",
        )
    place = len(lines) if place is None else place
    # What stands above the next block, blank lines and comments, belongs to that.
    while place and not lines[place - 1].strip() and top == "waves":
        place -= 1
    return "".join([*lines[:place], text, *lines[place:]])


def _cells(name: str, heading: str, codebook: Codebook) -> list[dict]:
    question, by = _shown(codebook)
    parts = [f'question = "{question}"  # a name of questionnaire.yaml']
    parts += [f'by = "{by}"  # whose answers make groups'] * bool(by)
    parts += ['everybody = stage.estimate(question, statistic="proportion")']
    parts += ['groups = stage.estimate(question, by=by, statistic="proportion")'] * bool(by)
    frames = "everybody, groups" if by else "everybody"
    sources = [
        ("markdown", f"# {heading}"),
        ("code", "wave = None\nconfidence = None\nmin_n = None"),
        (
            "code",
            "import nsmo\nfrom nsmo import results\nfrom nsmo.present import plots\n\n"
            f'stage = nsmo.open("{name}", locals())\nlabels = stage.labels',
        ),
        ("code", "\n".join(parts)),
        (
            "code",
            'for ax in stage.figure("answers", of=everybody):\n    plots.dots(everybody, labels, ax=ax)',
        ),
        ("code", f'stage.table({"groups" if by else "everybody"}, "answers_table")'),
        ("code", f'stage.save(results.combine_estimates({frames}), "tables/{name}/estimates.csv");'),
        ("markdown", _WRONG),
    ]
    return [
        {
            "cell_type": kind,
            "id": f"cell-{place:02}",
            "metadata": {"tags": ["parameters"]} if place == 1 else {},
            "source": source,
        }
        for place, (kind, source) in enumerate(sources)
    ]


def _shown(codebook: Codebook) -> tuple[str, str]:
    """Choose a question with closed answers, and one by which the plan of what is shown knows groups."""
    closed = [
        question.name
        for kind in ("single", "ordinal", "multi")
        for question in codebook.questions
        if question.type == kind and not question.identifying
    ]
    if not closed:
        raise StudyError(
            found="no question with closed answers",
            where="questionnaire.yaml",
            fix="add one, or copy the notebook of another stage",
        )
    grouping = [name for name in codebook.groupings if name in closed]
    if grouping:
        # What makes groups is worth a page of its own, and the next one divides it.
        return grouping[0], grouping[1] if grouping[1:] else ""
    return max(closed, key=lambda name: len(codebook.variable(name).option_names)), ""
