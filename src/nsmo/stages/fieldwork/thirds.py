"""Whether those who came late answered otherwise.

Who answers late, after reminders, is sometimes taken to be nearer to those who never answered. Of real
answers, differences leave in steps of five points.
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pandas as pd

from nsmo.stages.fieldwork.narrow import added_up
from nsmo.stats import DesignError, SurveyDesign, share_difference
from nsmo.stats.median import at_places
from nsmo.study import Codebook
from nsmo.study.headlines import Headline
from nsmo.study.pieces import Frames
from nsmo.study.privacy import Privacy
from nsmo.survey.given import linearised


def early_and_late(
    codebook: Codebook, narrow: Frames, heads: Sequence[Headline], confidence: float
) -> pd.DataFrame:
    """Compare the headlines of the third that came first with those of the third that came last.

    Parameters
    ----------
    codebook : Codebook
    narrow : Frames
        As of `nsmo.stages.fieldwork.narrowed`, of the same headlines.
    heads : sequence of Headline
        Shares about everybody that may be shown.
    confidence : float
        Of the intervals.

    Returns
    -------
    DataFrame
        ``question, option, by, group, n_early, n_late, early, late`` (unweighted shares), ``points`` (late
        minus early, in percentage points) and its interval ``low, high``. Of real answers the shares are
        missing, the points are in steps of five and the respondents in multiples of `min_count`. Without rows
        where moments or respondents are too few.
    """
    columns = ["question", "option", "by", "group", "n_early", "n_late", "early", "late", "points"]
    columns += ["low", "high"]
    turns = _Turns(narrow)
    if turns.third < max(2, codebook.privacy.min_base):
        return pd.DataFrame(columns=columns)
    rows = []
    for place, head in enumerate(heads):
        cells = _alike(turns.of([str(place)]), str(place))
        row = _shares(cells)
        if row["n_early"] and row["n_late"]:
            try:
                design = _design(codebook, turns, cells, str(place))
                gap = share_difference(design, "yes", "turn", ("early", "late"), level=confidence)
                row |= {"low": 100 * gap.ci_low, "high": 100 * gap.ci_high}
            except DesignError:  # nobody, or everybody, said so; or a stratum is left with one cluster
                pass
        rows.append(head._asdict() | row)
    return _rounded(pd.DataFrame(rows, columns=columns), codebook.privacy)


class _Turns:
    """Who came in the first third and who in the last, of those who count and whose moment is known.

    Of those who came at the same moment, the one is earlier that stands first in the export.

    Parameters
    ----------
    narrow : Frames
        As of `narrowed`.

    Attributes
    ----------
    third : int
        How many a third are.
    """

    def __init__(self, narrow: Frames) -> None:
        self._narrow = narrow
        self.third = sum(int((~np.isnan(part)).sum()) for part in self) // 3
        if self.third:
            self._ends = at_places(self, lambda n: [n // 3 - 1, n - n // 3])
            self._first = self.third - sum(int((part < self._ends[0]).sum()) for part in self)
            last = self.third - sum(int((part > self._ends[1]).sum()) for part in self)
            self._last = sum(int((part == self._ends[1]).sum()) for part in self) - last

    def __iter__(self) -> Iterator[np.ndarray]:
        """Iterate over the moments in microseconds."""
        for piece in self._narrow.only(lambda _: ["when", "counts"]):
            yield self._moments(piece)

    @staticmethod
    def _moments(piece: pd.DataFrame) -> np.ndarray:
        """Whole numbers of less than 2 ** 53, so a float holds them exactly."""
        known = piece["when"].where(piece["counts"])
        return known.astype("int64").astype(float).where(known.notna()).to_numpy()

    def of(self, columns: Sequence[str], design: bool = False) -> Iterator[pd.DataFrame]:
        """Read some columns of both thirds, with ``turn``: early or late; and the design."""
        wanted = {"when", "counts", *columns}
        at_first = at_last = 0
        for piece in self._narrow.only(
            lambda names: [n for n in names if n in wanted or (design and n.startswith("design."))]
        ):
            when = self._moments(piece)
            first, last = when == self._ends[0], when == self._ends[1]
            early = (when < self._ends[0]) | (first & (at_first + np.cumsum(first) <= self._first))
            late = (when > self._ends[1]) | (last & (at_last + np.cumsum(last) > self._last))
            at_first, at_last = at_first + int(first.sum()), at_last + int(last.sum())
            yield piece.assign(turn=np.where(early, "early", "late"))[early | late]


def _alike(thirds: Iterable[pd.DataFrame], place: str) -> pd.DataFrame:
    """Count the respondents by when they came and whether they said yes: ``turn, yes, n``."""
    cells = added_up(
        piece.dropna(subset=place).astype({place: bool}).groupby(["turn", place]).size().to_frame("n")
        for piece in thirds
    )
    return cells.reset_index().rename(columns={place: "yes"})


def _shares(cells: pd.DataFrame) -> dict[str, float]:
    n = cells.groupby("turn")["n"].sum().reindex(["early", "late"], fill_value=0)
    yes = cells[cells["yes"].astype(bool)].groupby("turn")["n"].sum().reindex(n.index, fill_value=0)
    share = yes / n.where(n > 0)
    row = {"n_early": int(n["early"]), "n_late": int(n["late"])} | share.to_dict()
    return row | {"points": 100 * (row["late"] - row["early"]), "low": np.nan, "high": np.nan}


def _design(codebook: Codebook, turns: _Turns, cells: pd.DataFrame, place: str) -> SurveyDesign:
    """With strata and clusters a row for each respondent, else one for all who are alike."""
    if codebook.given is None:
        return SurveyDesign.of_cells(cells, cells["n"].to_numpy())
    drawn = pd.concat(turns.of([place], design=True)).dropna(subset=place).rename(columns={place: "yes"})
    return linearised(drawn.astype({"yes": bool}), codebook)


def _rounded(rows: pd.DataFrame, privacy: Privacy) -> pd.DataFrame:
    if privacy.keep_rows or rows.empty:
        return rows
    steps = {name: 5 * (rows[name] / 5).round() + 0.0 for name in ("points", "low", "high")}
    # A third less those who have an answer are those who left it open, of whom there may be few.
    least = privacy.min_count
    steps |= {name: least * (rows[name] / least).round().astype(int) for name in ("n_early", "n_late")}
    return rows.assign(early=np.nan, late=np.nan, **steps)
