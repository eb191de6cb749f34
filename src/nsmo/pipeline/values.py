"""Lists what the text of a report may insert, for `nsmo values`."""

from collections.abc import Iterator
from pathlib import Path

from nsmo.pages.found import Found
from nsmo.pages.page import Page
from nsmo.pages.values import Values
from nsmo.runner.declarations import ContractError, declaration, read_params
from nsmo.runner.parameters import section_values
from nsmo.runner.stage import Stage
from nsmo.study.errors import StudyError
from nsmo.study.paths import root
from nsmo.study.placeholders import PLACEHOLDERS


def listed(wave: str, question: str = "", language: str = "") -> Iterator[str]:
    """Yield a line for each thing that may be inserted, with its value where there is one.

    Parameters
    ----------
    wave : str
        A wave that has the stage `publish`.
    question : str
        Only what is about this question or derived variable, its groups too; left out: everybody.
    language : {"", "en", "nl"}
        Of the values; left out: that of params.yaml.

    Raises
    ------
    StudyError
        For a question that there is not.
    """
    folder = root()
    declared = declaration(folder, "publish", wave)
    stage = Stage(declared, section_values(read_params(folder, wave), declared), folder, Path("."))
    values = Values(Page(stage, language or stage.params.language, Found(stage)))
    if question:
        values.codebook.variable(question)
        yield from _estimates(values, question)
        return
    yield "# of the survey, and of what was published"
    for name, one in PLACEHOLDERS.items():
        if not one.needs and not one.block:
            yield _line(f"{name}()", values, name)
    for claim in values.page.found.published["claims"] if _has_statements(stage) else ():
        yield _line(f'printed("{claim["id"]}")', values, "printed", claim["id"])
    yield "# of everybody; `nsmo values WAVE QUESTION` lists the groups of one"
    yield from _estimates(values)
    yield from _changes(values)
    yield "# what else there is, and what it takes (in brackets: what may be left out)"
    for name, one in PLACEHOLDERS.items():
        takes = ", ".join([*one.needs, *(f"[{part}]" for part in one.takes)])
        yield f"{{{{ {name}({takes}) }}}}: {one.says}{'; alone in a paragraph' if one.block else ''}"


def _changes(values: Values) -> Iterator[str]:
    """Yield a line for each change since the wave before; none where there was none."""
    waves = values.earlier_waves
    if waves.compared:
        yield f"# since {waves.before}"
    for row in waves.since_last().to_dict("records"):
        args = [row["question"], *([row["option"]] if row["option"] else [])]
        call = ", ".join(f'"{one}"' for one in args)
        yield _line(f"changed({call})", values, "changed", *args)


def _has_statements(stage: Stage) -> bool:
    """Whether statements about the wave were published; where a stage wants the file, it may be empty."""
    path = stage.root / f"data/raw/{stage.wave}/published.yaml"
    return path.exists() and path.stat().st_size > 0


def _estimates(values: Values, question: str = "") -> Iterator[str]:
    """Yield a line for each share and mean that was estimated; none where nothing is built."""
    try:
        table = values.page.found.estimates
    except (StudyError, ContractError):
        yield "# nothing is built yet: make report"
        return
    rows = table[~table["weighted"] & table["statistic"].isin(["proportion", "mean"])]
    rows = rows[rows["question"].eq(question)] if question else rows[rows["by"].eq("")]
    rows = rows.drop_duplicates(["question", "option", "by", "group"])
    # Only what the text may name; some stages count the reasons for no answer too.
    known = {name: {"", "top", *one.option_names} for name, one in values.codebook.variables.items()}
    rows = rows[[row["option"] in known[row["question"]] for row in rows.to_dict("records")]]
    order = {name: at for at, name in enumerate(values.codebook.variables)}
    for row in rows.sort_values("question", key=lambda names: names.map(order), kind="stable").to_dict(
        "records"
    ):
        given = {"by": row["by"], "group": row["group"]} if row["by"] else {}
        name = "share" if row["option"] else "mean"
        args = [row["question"], *([row["option"]] if row["option"] else [])]
        call = ", ".join([*(f'"{one}"' for one in args), *(f'{key}="{one}"' for key, one in given.items())])
        yield _line(f"{name}({call})", values, name, *args, **given)


def _line(call: str, values: Values, name: str, *args: str, **given: str) -> str:
    try:
        value = values.functions()[name](*args, **given).text
    except (StudyError, ContractError) as error:
        value = f"– ({error.problems[0].found})"
    return f"{{{{ {call} }}}}: {value}"
