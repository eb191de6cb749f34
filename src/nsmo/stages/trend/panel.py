"""Respondents who can be known again in several waves: what their estimates have in common."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nsmo.stats import DesignError, SurveyDesign
from nsmo.stats.change import correlations, deviates
from nsmo.survey import Survey
from nsmo.survey.counted import PANEL_KEY as KEY
from nsmo.survey.counted import CountedSurvey
from nsmo.survey.measures import as_numeric, shares

#: The column of the frame with what stands for the key of a respondent.
PERSON = "person"
_SIGN = "|"


@dataclass(frozen=True)
class Panel:
    """What each respondent adds to each estimate, wave by wave.

    Attributes
    ----------
    frame : DataFrame
        `wave`, `person` and a column for each estimate of everybody; no rows where no wave has keys.
    wave : str
        The last one.
    min_count : int
        So many must have gone from yes to no, from no to yes, and stayed with either, before two shares are
        held together: the narrower interval would tell how few.
    cache : dict
        Of the correlations with earlier waves.
    """

    frame: pd.DataFrame
    wave: str
    min_count: int
    cache: dict = field(default_factory=dict)

    @classmethod
    def of(cls, survey: Survey | CountedSurvey, own: pd.DataFrame, earlier: pd.DataFrame | None) -> "Panel":
        """Put a wave beside the earlier ones.

        Parameters
        ----------
        survey : Survey
        own : DataFrame
            Its record.
        earlier : DataFrame, optional
            What they left.
        """
        parts = [] if earlier is None or earlier.empty else [earlier]
        if isinstance(survey, Survey) and KEY in survey.frame and survey.frame[KEY].notna().any():
            parts.append(_own(survey, own))
        frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["wave", PERSON])
        privacy = survey.codebook.privacy
        return cls(frame, survey.codebook.wave, 1 if privacy.suppress == "base" else privacy.min_count)

    def knows(self, before: str, wave: str = "") -> bool:
        """Return whether respondents of an earlier wave can be known again in this one."""
        return {before, wave or self.wave} <= set(self.frame["wave"])

    def _people(self, wave: str) -> pd.DataFrame:
        return self.frame[self.frame["wave"].eq(wave)]

    def shared(self, before: str) -> int:
        """Count those who took part in an earlier wave and in this one."""
        return len(set(self._people(before)[PERSON]) & set(self._people(self.wave)[PERSON]))

    def too_close(self, before: str, fewest: int) -> bool:
        """Return whether so few took part in one of two waves only that both would tell their answers."""
        if not self.knows(before):
            return False
        both = self.shared(before)
        return any(0 < len(self._people(name)) - both < fewest for name in (before, self.wave))

    def correlations(self, pairs: pd.DataFrame, before: str, wave: str = "") -> NDArray[np.float64]:
        """Correlate the estimates of this wave with those of an earlier one.

        Parameters
        ----------
        pairs : DataFrame
            A row for each: statistic, weighted; its names in the later wave (question, option) and in the
            earlier one (`question_then`, `option_then`); and `by`, of which only everybody ("") is held
            together.
        before, wave : str
            The two waves; left out: this one.

        Returns
        -------
        array
            0 where respondents cannot be known again.
        """
        found = np.zeros(len(pairs))
        if not self.knows(before, wave):
            return found
        then, now = self._people(before), self._people(wave or self.wave)
        columns, rows = ([], []), []
        for at, row in enumerate(pairs.to_dict("records")):
            if row.get("by", "") != "":
                continue
            names = (
                _column(row["question_then"], row["option_then"], row["statistic"], row["weighted"]),
                _column(row["question"], row["option"], row["statistic"], row["weighted"]),
            )
            if names[0] in then and names[1] in now:
                rows.append(at)
                for side, name in zip(columns, names, strict=True):
                    side.append(name)
        if not rows:
            return found
        first, second = (
            part[names].to_numpy(dtype=float) for part, names in zip((then, now), columns, strict=True)
        )
        rho = correlations(np.nan_to_num(first), np.nan_to_num(second), (then[PERSON], now[PERSON]))
        found[rows] = np.where(self._few(then, columns[0], now, columns[1]), 0.0, rho)
        return found

    def _few(
        self, then: pd.DataFrame, first: Sequence[str], now: pd.DataFrame, second: Sequence[str]
    ) -> NDArray[np.bool_]:
        """Whether so few gave one answer then and one now that the narrower interval tells how few."""
        if self.min_count <= 1:
            return np.zeros(len(first), dtype=bool)
        index = [pd.Index(then[PERSON]), pd.Index(now[PERSON])]
        both = index[0].intersection(index[1])
        parts = [part.iloc[one.get_indexer(both)] for part, one in zip((then, now), index, strict=True)]
        few = []
        for one, two in zip(map(_answer, first), map(_answer, second), strict=True):
            if one not in then or two not in now:  # a mean
                few.append(False)
                continue
            a, b = (part[name].to_numpy(dtype=float) for part, name in zip(parts, (one, two), strict=True))
            cells = [((a == x) & (b == y)).sum() for x in (0, 1) for y in (0, 1)]
            few.append(min(cells) < self.min_count)
        return np.array(few, dtype=bool)

    def all_correlations(
        self, rows: Sequence[pd.DataFrame], waves: Sequence[str]
    ) -> NDArray[np.float64] | None:
        """Correlate the estimates of all waves with each other; None where nobody can be known again.

        Parameters
        ----------
        rows : sequence of DataFrame
            The same estimates of everybody in each wave, with `asked_as` and `option_as`.
        waves : sequence of str
            Oldest first.
        """
        if not any(self.knows(name) for name in waves[:-1]):
            return None
        found = np.zeros((len(waves), len(waves), len(rows[0])))
        for i, one in enumerate(waves):
            for j, other in enumerate(waves[:i]):
                pairs = rows[i][["statistic", "weighted"]].assign(
                    by="",
                    question=rows[i]["asked_as"],
                    option=rows[i]["option_as"],
                    question_then=rows[j]["asked_as"],
                    option_then=rows[j]["option_as"],
                )
                found[i, j] = found[j, i] = self.correlations(pairs, other, one)
        return found


def _own(survey: Survey, own: pd.DataFrame) -> pd.DataFrame:
    """What each respondent adds to each estimate of everybody; missing for who was not in its base."""
    frame, book = survey.frame, survey.codebook
    columns: dict[str, NDArray[np.float64]] = {}
    everybody = own[own["by"].eq("") & ~own["suppressed"].astype(bool)]
    for weighted, design in survey.designs():
        rows = everybody[everybody["weighted"].eq(weighted)]
        for (question, statistic), part in rows.groupby(["question", "statistic"], sort=False):
            variable = book.variable(question)
            if statistic == "mean":
                values = as_numeric(frame, variable).to_frame()
            elif variable.options:
                values = shares(frame, variable, part["option"])
            else:
                continue
            numbers = values.to_numpy(dtype=float, na_value=np.nan)
            try:
                found = _deviates(design, numbers)
            except DesignError:  # drawn in clusters
                return pd.DataFrame(columns=["wave", PERSON])
            for at, option in enumerate(part["option"]):
                name = _column(question, option, statistic, weighted)
                columns[name] = found[:, at]
                if statistic == "proportion":
                    columns[_answer(name)] = numbers[:, at]
    return pd.DataFrame({"wave": book.wave, PERSON: _people_of(frame[KEY], book.wave), **columns})


def _people_of(keys: pd.Series, wave: str) -> list[str]:
    """What stands for each respondent; who has no key, or that of another, is known again in no wave."""
    known = ["" if pd.isna(key) else str(key).strip() for key in keys]
    return [
        f"{wave}-{at}" if not key or again else sha256(key.encode()).hexdigest()[:24]
        for at, (key, again) in enumerate(zip(known, pd.Series(known).duplicated(), strict=True))
    ]


def _deviates(design: SurveyDesign, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    inside = ~np.isnan(numbers)
    weights = np.where(inside, design.weights[:, None], 0.0)
    size = weights.sum(axis=0)
    mean = np.nansum(np.where(inside, numbers, 0) * weights, axis=0) / size
    scores = np.where(inside, weights * (numbers - mean), 0.0) / size
    return np.where(inside, deviates(design, scores), np.nan)


def _column(question: str, option: str, statistic: str, weighted: bool) -> str:
    return _SIGN.join([question, option, statistic, "weighted" if weighted else "plain"])


def _answer(name: str) -> str:
    """Where the answers stand from which a column is made, whatever the weights; only of shares."""
    return _SIGN.join([*name.split(_SIGN)[:2], "answer"])
