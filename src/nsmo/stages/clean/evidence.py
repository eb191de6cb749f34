"""What cleaning did, counted: as a page shows it, and, of real people, as it may leave the machine."""

import dataclasses

import pandas as pd

from nsmo.stages.clean.results import Cleaned
from nsmo.study.privacy import Privacy

#: Stands for texts that too few people typed alike.
RARE = "(different texts)"


def evidence(cleaned: Cleaned, privacy: Privacy) -> Cleaned:
    """Return what cleaning did, without a row for a single person.

    Parameters
    ----------
    cleaned : Cleaned
        With a row for each response that left, and every text that was typed.
    privacy : Privacy
        Says whether rows may be kept, and how many must have typed the same text for it to be shown.

    Returns
    -------
    Cleaned
        The same where rows may be kept. Else responses without texts and times, in another order and numbered
        anew; how many left for each reason; how many answers were set aside for each question; and only texts
        that enough people typed.
    """
    if privacy.keep_rows:
        return cleaned
    cleaned = counted(cleaned, privacy)
    texts = [name for name in cleaned.responses if str(name).endswith(".other_text")]
    times = [name for name in cleaned.responses if str(name).startswith("paradata.")]
    # In the order of their answers, so that a number does not lead back to a row of the export.
    plain = cleaned.responses.drop(columns=["response_id", *texts, *times])
    order = plain.astype("str").sort_values(list(plain.columns), kind="stable").index
    plain = plain.loc[order].reset_index(drop=True)
    return dataclasses.replace(
        cleaned,
        responses=plain.assign(response_id=[str(number) for number in range(1, len(plain) + 1)]),
    )


def counted(cleaned: Cleaned, privacy: Privacy) -> Cleaned:
    """Return what cleaning did with numbers instead of rows: no line of it is about one respondent.

    Parameters
    ----------
    cleaned, privacy
        As of `evidence`.
    """
    return dataclasses.replace(
        cleaned,
        exclusions=_counted(cleaned.exclusions, ["rule", "reason"]),
        recodes=_common(cleaned.recodes, privacy.min_givers),
        corrections=_counted(cleaned.corrections, ["question", "now", "rule", "reason"]),
    )


def _counted(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    return frame.groupby(keys, sort=False).size().rename("n").reset_index().astype({"n": "int64"})


def _common(recodes: pd.DataFrame, least: int) -> pd.DataFrame:
    """Put texts of few people together; what the questionnaire itself says is not one."""
    typed = recodes["rule"].isin(["other_text", "left_as_other"])
    rare = typed & recodes["n"].lt(least)
    shown = recodes.assign(raw=recodes["raw"].mask(rare | ~typed, RARE))
    keys = ["question", "raw", "new", "rule"]
    return shown.groupby(keys, sort=False)["n"].sum().reset_index()[["question", "raw", "new", "n", "rule"]]
