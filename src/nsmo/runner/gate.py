"""What every table passes on its way to a file that leaves the machine: git, the report, or a colleague.

Answers of real respondents are held to `privacy:` in rules.yaml. A table with a row for each response, or
with what respondents typed, is no result and stops the stage; figures that tell counts are rounded.
"""

import contextlib
import re
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nsmo.runner.unweighed import table_in
from nsmo.study.errors import Problem, StudyError
from nsmo.study.visible import visible

if TYPE_CHECKING:
    import pandas as pd

    from nsmo.runner.files import StageFiles
    from nsmo.runner.stage import Stage
    from nsmo.study import Codebook

#: Columns that are about a single response.
ROWS = ("response_id", "paradata")
#: How many respondents there are of something, in tables that are no results; rounded together.
COUNTS = ("n", "answered", "dont_know", "refused", "no_answer", "not_asked")
#: Whole numbers in tables of this project that count something else, or what cleaning took (docs/method.md).
OTHERS = {
    *("step", "removed", "remaining", "kept", "joined", "left"),
    *("page", "number", "columns", "questions", "options", "odds", "low", "high"),
    *("class", "classes", "parameters", "df", "decimals", "figures", "asking"),
    *("points", "alone", "at_most", "median", "confidence", "half"),
}
#: Beside a verdict on a published figure: what was printed, and what stands against it. What few respondents
#: are behind, the stage has withheld.
_BESIDE_VERDICTS = {
    *("published", "published_low", "published_high", "unweighted", "weighted", "ci_low", "ci_high"),
    *("difference", "difference_ci_low", "difference_ci_high", "set_low", "set_high"),
    *("set_p_low", "set_p_high", "confidence"),
}
#: Weighted shares are shown to this many decimals: a tenth of a percent.
SHARE = 3
#: What Excel and others run: a sign that opens a formula, or one that does with an operator behind it.
_FORMULA = re.compile(r"[=@\t\r]|[+-].*[(|!=@]", re.DOTALL)
#: A frame with a row for each respondent, as a notebook shows it: the head of its column stands by itself.
_ROWS_SHOWN = re.compile(
    r"(?m)(?:^|\s)(?:response_id|paradata\.\w+|design\.panel_key)(?:\s|$)"
    # A row as a dict says it.
    r"|['\"](?:response_id|paradata\.\w+|design\.panel_key)['\"]:"
)
#: So many answers that were typed are looked through at once.
_PIECE = 100_000
_EXPORT = "(left out: it may repeat the export)"
_VALUES = ("estimate", "se", "ci_low", "ci_high")
_HOWTO = "docs/howto/protect-respondents.md"
_WEIGHED = "take the figures from `stage.estimate(question, by=…)` and show them with `stage.table(…)`"


def pass_thing(thing: Any, codebook: "Codebook", where: str, *, of_answers: bool = False) -> Any:
    """Return a table, or the values of a JSON file, as it may leave; see `pass_frame`."""
    if hasattr(thing, "to_csv"):
        return pass_frame(thing, codebook, where, of_answers=of_answers)
    return pass_values(thing, codebook) if isinstance(thing, dict | list) else thing


def pass_frame(
    frame: "pd.DataFrame", codebook: "Codebook", where: str, *, of_answers: bool = False
) -> "pd.DataFrame":
    """Return a table as it may leave.

    Parameters
    ----------
    frame : DataFrame
        What is to be written.
    codebook : Codebook
        Of the wave.
    where : str
        The file, for the message.
    of_answers : bool
        Whether it may count answers: the stage reads responses.

    Returns
    -------
    DataFrame
        With fewer digits where these tell of single respondents, and counts of few that are no results in
        multiples of `min_count`; the same frame for reconstructed answers.

    Raises
    ------
    StudyError
        If it has a row for each response, answers that identify, what has the form of personal data, or
        counts of few that no plan has weighed. The message does not repeat it.
    """
    if codebook.privacy.keep_rows:
        return frame
    marked = {question.name for question in codebook.questions if question.identifying}
    for column in map(str, frame.columns):
        name, _, part = column.partition(".")
        if name in ROWS or part in ("other_text", "panel_key") or (name in marked and part != "missing"):
            raise StudyError(
                found=f"the column '{column}', which is about single respondents",
                where=where,
                expected="counts of respondents, not their answers",
                fix="count first, or leave the column out; docs/howto/protect-respondents.md",
            )
    for column in frame.select_dtypes(["object", "string", "category"]):
        texts = "\n".join(str(text) for text in frame[column].dropna().unique())
        if found := _forms(texts, codebook):
            raise StudyError(
                found=f"{' and '.join(found)} in the column '{column}'",
                where=where,
                expected="nothing that tells who a respondent is",
                fix="mark the question `identifying: true` in questionnaire.yaml, or leave the column out",
            )
    frame = _coarse(frame, codebook.privacy.min_count)
    if of_answers:
        _check_counts(frame, codebook.privacy.min_count, where)
    return _rounded(frame, codebook.privacy.digits)


def _forms(text: str, codebook: "Codebook") -> list[str]:
    """List the forms of personal data in a text, but for what people wrote about the study."""
    from nsmo.study.paths import raw
    from nsmo.study.personal import forms_in, written_forms

    return forms_in(text) and forms_in(text, written_forms(raw(codebook.wave)))


def pass_values(values: Any, codebook: "Codebook") -> Any:
    """Return a dict or list as it may leave: with the declared number of digits."""
    if codebook.privacy.keep_rows:
        return values
    return _digits(values, codebook.privacy.digits)


def _is_result(frame: "pd.DataFrame") -> bool:
    """Whether a table is one of estimates or tests, whose figures the plan of the wave has weighed."""
    columns = set(frame.columns)
    if {"figures", "shown", "narrowest"} <= columns:  # how many figures are hidden
        return True
    return {"question", "by", "weighted"} <= columns or bool({"estimate", "p"} & columns)


def _coarse(frame: "pd.DataFrame", step: int) -> "pd.DataFrame":
    """Round the counts of a table that is no result, where it has small ones, to multiples of a number."""
    counts = [name for name in COUNTS if name in frame and frame[name].dtype.kind in "iu"]
    if _is_result(frame) or not any(_few(frame[name], step) for name in counts):
        return frame
    return frame.assign(
        **{name: (frame[name] / step).round().astype(frame[name].dtype) * step for name in counts}
    )


def rounds(frame: "pd.DataFrame", codebook: "Codebook") -> bool:
    """Return whether `pass_frame` rounds the counts of a table, which who reads it is told."""
    privacy = codebook.privacy
    return not privacy.keep_rows and _coarse(frame, privacy.min_count) is not frame


def _few(column: "pd.Series", least: int) -> bool:
    """Whether a column has whole numbers only, and counts of few among them."""
    if column.dtype.kind not in "iuf":
        return False
    known = column.dropna()
    return bool((known % 1 == 0).all() and (known.gt(0) & known.lt(least)).any())


def _check_counts(frame: "pd.DataFrame", least: int, where: str) -> None:
    """Stop a table that is no result and has numbers that may be counts of few respondents."""
    if _is_result(frame):
        return
    known = OTHERS | (_BESIDE_VERDICTS if "agreement" in frame else set())
    few = [
        str(name)
        for place, name in enumerate(frame.columns)
        if str(name) not in known and _few(frame.iloc[:, place], least)
    ]
    if few:
        raise StudyError(
            found=f"numbers below {least} in the columns {', '.join(few[:5])}, which may count respondents",
            where=where,
            expected="counts that were weighed with all others of the wave",
            fix=f"{_WEIGHED}; make a column that counts no respondents text; {_HOWTO}",
        )


def _rounded(frame: "pd.DataFrame", digits: int) -> "pd.DataFrame":
    frame = frame.copy()
    exact = set()
    if {"weighted", "statistic", *_VALUES} <= set(frame.columns):
        share = frame["statistic"].astype(str).str.contains("proportion") & frame["weighted"].eq(True)
        for column in _VALUES:
            frame[column] = frame[column].mask(share, frame[column].round(SHARE))
            other = frame["weighted"].eq(True) & ~share
            frame[column] = frame[column].mask(other, frame[column].map(lambda value: _digits(value, digits)))
        # Unweighted shares say no more than the counts beside them.
        exact = {*_VALUES, "confidence", "count", "n"}
    for column in frame.columns:
        if column not in exact and frame[column].dtype.kind == "f":
            whole = (frame[column].dropna() % 1 == 0).all()
            if not whole:
                frame[column] = frame[column].map(lambda value: _digits(value, digits))
    return frame


def _digits(value: Any, digits: int) -> Any:
    """Round numbers to a number of significant digits, however deep they stand."""
    if isinstance(value, dict):
        return {key: _digits(item, digits) for key, item in value.items()}
    if isinstance(value, list):
        return [_digits(item, digits) for item in value]
    if isinstance(value, float) and value == value and value not in (float("inf"), float("-inf")):
        return float(f"{value:.{digits}g}") if abs(value) < 10**digits else float(round(value))
    return value


def quoted(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Return a table in which a spreadsheet finds no formula, and a terminal nothing to obey.

    A quote stands before what would be run.
    """

    def shown(text: str) -> str:
        text = visible(text)
        return f"'{text}" if _FORMULA.match(text) else text

    return _texts(frame, shown)


def unquoted(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Return a table without the quotes of `quoted`."""
    return _texts(frame, lambda text: text[1:] if text[:1] == "'" and _FORMULA.match(text[1:]) else text)


def _texts(frame: "pd.DataFrame", change: Callable[[str], str]) -> "pd.DataFrame":
    """Change the texts of a table; the same frame where none does."""
    changed = {}
    for column in frame.select_dtypes(["object", "string", "category"]):
        new = {text: change(text) for text in frame[column].dropna().unique() if isinstance(text, str)}
        new = {old: text for old, text in new.items() if old != text}
        if new:
            changed[column] = frame[column].astype(object).replace(new)
    return frame.assign(**changed) if changed else frame


def guarded(stage: "StageFiles") -> bool:
    """Return whether the answers of a stage's wave are real, so that their texts must not leave."""
    return stage.declares("raw/questionnaire.yaml") and not stage.codebook.privacy.keep_rows


def restrict(stage: "StageFiles", rows: Iterable[Path]) -> None:
    """Keep rows of real respondents from other users of the machine: their folders, and what DVC has.

    The modes of files would not do: DVC writes each anew when it checks it out.

    Parameters
    ----------
    stage : StageFiles
        That wrote them.
    rows : iterable of Path
        The files.
    """
    if not guarded(stage):
        return
    for place in {*(path.parent for path in rows), stage.root / ".dvc/cache", stage.root / ".nsmo"}:
        if place.is_dir():
            with contextlib.suppress(OSError):  # of another owner, who decides
                place.chmod(0o700)


def check_outputs(notebook: dict[str, Any], stage: "Stage") -> None:
    """Check that the outputs of a notebook do not show what respondents typed, or single respondents.

    Parameters
    ----------
    notebook : dict
        As it ran.
    stage : Stage
        Whose notebook it is.

    Raises
    ------
    StudyError
        Naming the cells that show it; the message does not repeat it.
    """
    if not guarded(stage):
        return
    weighed = not reads_answers(stage)
    code = [
        cell
        for cell in notebook["cells"]
        if cell["cell_type"] == "code" and "injected-parameters" not in _tags(cell)
    ]
    texts = ["\n".join(map(_read, cell["outputs"])) for cell in code]
    shows = _finder(stage, "\n".join(texts))
    problems = [
        Problem(" and ".join(found), f"{stage.declared.notebook}, code cell {number}")
        for number, text in enumerate(texts, start=1)
        if (found := shows(text))
    ]
    if problems:
        first = problems[0]
        problems[0] = Problem(
            first.found,
            first.where,
            expected="nothing that tells who a respondent is",
            fix=f"show counts instead; {_HOWTO}",
        )
        raise StudyError(problems=problems)
    tables = [number for number, cell in enumerate(code, start=1) if any(map(table_in, cell["outputs"]))]
    if tables and not weighed:
        raise StudyError(
            problems=[
                Problem(
                    "a table, or numbers of one, that no plan of what may be shown has weighed",
                    f"{stage.declared.notebook}, code cell {number}",
                    *(("figures that were weighed", f"{_WEIGHED}; {_HOWTO}") if number == tables[0] else ()),
                )
                for number in tables
            ]
        )


def reads_answers(stage: "StageFiles") -> bool:
    """Return whether a stage reads a row for each respondent, so that what it shows may count them."""
    read = [f"{name}/responses.parquet" for name in ("ingest", "clean", "weight")]
    return any(map(stage.declares, [f"raw/{stage.codebook.source.file}", *read]))


def withhold_outputs(notebook: dict[str, Any], stage: "Stage") -> None:
    """Take from a notebook that is kept because it failed what must not be shown; changes the notebook.

    Parameters
    ----------
    notebook : dict
        As far as it came.
    stage : Stage
        Whose notebook it is.
    """
    if not guarded(stage):
        return
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", ())]
    shows = _finder(stage, "\n".join(map(_read, outputs)), failed=True)
    if stage.declares(f"raw/{stage.codebook.source.file}"):
        # What stands in the export itself, with the columns that are left unread, is known to nobody yet.
        for output in outputs:
            _withhold_all(output)
    for cell in notebook["cells"]:
        for place, output in enumerate(cell.get("outputs", ())):
            ours = not any("Traceback" in line for line in output.get("traceback", ()))
            sees = shows if ours else partial(shows, raised=True)
            if not (found := sees(_read(output))):
                continue
            left_out = _left_out(found)
            if output["output_type"] == "error":
                output["evalue"] = _kept_lines(output["evalue"], sees)
                # The message of an error may stand between the lines that say where it was raised.
                lines = "\n".join(output["traceback"])
                output["traceback"] = [_kept_lines(lines, sees)] if lines else []
            else:
                cell["outputs"][place] = {
                    "output_type": "stream",
                    "name": "stdout",
                    "text": f"{left_out}; `nsmo debug {stage.name}` shows it on the screen\n",
                }


def withheld(text: str, stage: "Stage") -> str:
    """Return the message of an error that is not ours without the lines that show what respondents typed."""
    if not guarded(stage):
        return text
    return _kept_lines(text, partial(_finder(stage, text, failed=True), raised=True))


def _withhold_all(output: dict[str, Any]) -> None:
    """Take what an output says that our own messages do not; these never repeat an answer that identifies."""
    if output["output_type"] != "error":
        output.update(data={}, text="") if "data" in output else output.update(text=_EXPORT)
        return
    if any("Traceback" in line for line in output["traceback"]):
        lines = "\n".join(output["traceback"]).split("\n")
        end = next((i for i, line in enumerate(lines) if line.startswith(f"{output['ename']}:")), len(lines))
        output["traceback"] = ["\n".join([*lines[:end], f"{output['ename']}: {_EXPORT}"])]
        output["evalue"] = _EXPORT


def _kept_lines(text: str, shows: Callable[[str], list[str]]) -> str:
    if not shows(text):
        return text
    lines = [_left_out(found) if (found := shows(line)) else line for line in text.split("\n")]
    kept = "\n".join(lines)
    # An answer may go on over the end of a line.
    return _left_out(found) if (found := shows(kept)) else kept


def _left_out(found: list[str]) -> str:
    return f"(left out: {' and '.join(found)})"


def _finder(stage: "Stage", within: str, *, failed: bool = False) -> Callable[..., list[str]]:
    """Return a function that says what of single respondents a text shows, which is a part of `within`.

    What a stage that `failed` says goes to the screen and into logs of machines, so more is left out of it:
    dates, and whatever looks like the answers of one respondent, each behind the name of its question. Of an
    error that is not ours, which was `raised`, also what stands between quotes and is an answer.
    """
    from nsmo.study.personal import house_texts, typed_answers, typed_columns
    from nsmo.study.quoting import answers_among, quoted_texts

    codebook, typed = stage.codebook, None
    quoted: set[str] = set()
    received = f"data/processed/{stage.wave}/ingest/responses.parquet"
    path = next((p for p in (stage.target / received, stage.root / received) if p.exists()), None)
    if path is not None:
        from nsmo.study.pieces import Frames

        answers = Frames(path, _PIECE, columns=lambda names: typed_columns(codebook, names, dates=failed))
        typed = typed_answers(codebook, answers, house_texts(stage.root), within, dates=failed)
        if failed and (some := quoted_texts(codebook, within)):
            quoted = answers_among(some, Frames(path, _PIECE))

    named = re.compile(rf"\b({'|'.join(map(re.escape, codebook.variables))})['\"]?(?::|=(?!=)) ?\S")

    def shows(text: str, *, raised: bool = False) -> list[str]:
        found = _forms(text, codebook)
        row = failed and codebook.variables and len({hit[1] for hit in named.finditer(text)}) > 1
        if _ROWS_SHOWN.search(text) or row:
            found.append("rows of single respondents")
        if count := typed.found_in(text) if typed else 0:
            found.append(f"{count} text{'s' * (count > 1)} that respondents typed")
        elif raised and quoted and not quoted.isdisjoint(quoted_texts(codebook, text)):
            found.append("an answer")
        return found

    return shows


def _tags(cell: dict[str, Any]) -> list[str]:
    return cell.get("metadata", {}).get("tags", [])


def _read(output: dict[str, Any]) -> str:
    """What can be read in an output of a cell, without markup."""
    from nsmo.study.personal import readable

    texts = [output.get("evalue", ""), *output.get("traceback", ())]
    data = {"text/plain": output.get("text", ""), **output.get("data", {})}
    for kind, content in data.items():
        text = "".join(content) if isinstance(content, list) else str(content)
        if kind.startswith("text/") or kind == "image/svg+xml":
            texts.append(readable(text))
    return "\n".join(texts)
