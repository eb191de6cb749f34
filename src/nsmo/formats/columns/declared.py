"""The columns that a questionnaire declares."""

from collections.abc import Mapping
from typing import Any

from nsmo.formats.columns.coded import (
    AnyChoiceColumn,
    ChoiceColumn,
    JoinedColumn,
    OtherInCellColumn,
    OwnTextColumn,
    ReasonColumn,
    TickColumn,
)
from nsmo.formats.columns.column import Column
from nsmo.formats.columns.parsed import DateColumn, NumberColumn, OtherColumn, TextColumn, WholeColumn
from nsmo.study.cells import normal_column
from nsmo.study.model import Language
from nsmo.study.questionnaire import OTHER, Question, Source


def question_columns(question: Question, source: Source, language: Language) -> list[Column]:
    """List the columns of the answers to a question, without the text beside "other" of a single one."""
    shared: dict[str, Any] = {
        "language": language,
        "empty": frozenset(source.missing_codes),
        "missing": {one.code: one for one in question.missing if one.code is not None and not one.column},
        "ranges": tuple(one for one in question.missing if one.from_ is not None),
        "private": question.identifying,
    }
    own: dict[str, Any] = shared | {"name": normal_column(question.column or ""), "use": question.name}
    options = tuple(question.options)
    other_code = _other_code(question, source)
    if question.ticked:
        found = _tick_columns(question, source, shared)
        if question.other and question.type == "multi":
            name, use = normal_column(question.other.column), f"{question.name}.{OTHER}"
            found.append(OtherColumn(name=name, use=use, **dict(shared, missing={})))
        return found
    match question.type:
        case "single" | "ordinal":
            ordered = question.type == "ordinal"
            return [ChoiceColumn(options=options, ordered=ordered, other_code=other_code, **own)]
        case "numeric":
            bounds: dict[str, Any] = {"minimum": question.minimum, "maximum": question.maximum}
            return [NumberColumn(**_written(source), **bounds, **own)]
        case "date":
            return [DateColumn(forms=tuple(source.date_formats), **own)]
        case "text":
            return [TextColumn(**own)]
    joined = _joined_column(question, source, own) if question.separator else None
    found: list[Column] = [joined] if joined else []
    for name in question.answer_columns:
        found.append(AnyChoiceColumn(options=options, **dict(own, name=normal_column(name))))
    if question.other:
        name, use = normal_column(question.other.column), f"{question.name}.{OTHER}"
        if joined and question.other_in_cell:
            found.append(OtherInCellColumn(joined=joined, **dict(own, use=use, missing={})))
        else:
            found.append(OtherColumn(name=name, use=use, **dict(shared, missing={})))
    return found


def other_column(question: Question, source: Source) -> TextColumn | None:
    """Return the column of the text beside "other", if the question has one."""
    if question.other is None:
        return None
    own = {
        "name": normal_column(question.other.column),
        "use": f"{question.name}.other_text",
        "empty": frozenset(source.missing_codes),
        "private": True,
    }
    if question.other_in_cell:
        (joined, *_) = question_columns(question, source, "en")
        if isinstance(joined, JoinedColumn):
            return OwnTextColumn(joined=joined, **own)
    return TextColumn(**own)


def _tick_columns(question: Question, source: Source, shared: Mapping[str, Any]) -> list[Column]:
    limesurvey = _of_limesurvey(source)
    preset = source.ticked if source.ticked is not None else "Y" if limesurvey else None
    found: list[Column] = []
    for option in question.options:
        if option.column is not None:
            ticked = option.code if option.code is not None else preset
            found.append(
                TickColumn(
                    name=normal_column(option.column),
                    use=f"{question.name}.{option.name}",
                    option=option,
                    ticked=(ticked,) if ticked is not None else (),
                    unticked=tuple(sorted({*source.unticked, *(["N"] if limesurvey else [])})),
                    **shared,
                )
            )
    boxes = [missing for missing in question.missing if missing.column is not None]
    for place, missing in enumerate(boxes, 1):
        first = next(column for column in found if isinstance(column, TickColumn))
        found.append(
            ReasonColumn(
                name=normal_column(missing.column or ""),
                use=f"{question.name}, {missing.reason}{f' {place}' * (len(boxes) > 1)}",
                option=first.option,
                ticked=(missing.code,) if missing.code is not None else (preset,) if preset else (),
                unticked=first.unticked,
                box=missing,
                **shared,
            )
        )
    return found


def _joined_column(question: Question, source: Source, own: Mapping[str, Any]) -> JoinedColumn:
    return JoinedColumn(
        options=tuple(question.options),
        separator=question.separator or "",
        other_code=_other_code(question, source),
        own_texts=question.other_in_cell,
        **own,
    )


def _of_limesurvey(source: Source) -> bool:
    return source.format in ("limesurvey", "limesurvey_archive")


def _other_code(question: Question, source: Source) -> str | None:
    """Return the code of "other" that LimeSurvey writes by itself, where the questionnaire gives none."""
    own = question.other is not None and question.other.code is None
    return "-oth-" if own and _of_limesurvey(source) else None


def _written(source: Source) -> dict[str, Any]:
    """How numbers are written in an export."""
    return {"decimal": source.decimal, "thousands": source.thousands, "signs": tuple(source.signs)}


def paradata_columns(source: Source) -> list[Column]:
    """List the columns that tell how a response came about, and how the respondent was drawn."""
    found: list[Column] = []
    empty = frozenset(source.missing_codes)
    for name, column in source.design.columns.items():
        own = {"name": normal_column(column), "use": f"design.{name}", "empty": empty}
        if name.startswith(("weight", "fpc", "replicate")):
            found.append(NumberColumn(**_written(source), minimum=0, **own))
        else:
            found.append(TextColumn(**own))
    for name, column in source.paradata.columns.items():
        own = {"name": normal_column(column), "use": f"paradata.{name}", "empty": empty}
        match name:
            case "submitted" | "started":
                found.append(DateColumn(forms=tuple(source.date_formats), **own))
            case "last_page":
                found.append(WholeColumn(**own))
            case "duration":
                found.append(NumberColumn(**_written(source), **own))
            case _:
                found.append(TextColumn(**own))
    return found
