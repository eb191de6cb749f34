"""What the stages of a wave found, read once for the pages of all languages."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import pandas as pd

from nsmo.pages.estimates import estimates
from nsmo.pages.files import writes
from nsmo.present.frames import Row, rows_of
from nsmo.present.labels import Labels
from nsmo.results import BASE_WORTH, TEST_COLUMNS
from nsmo.runner.made_tables import read_made_table
from nsmo.runner.stage import Stage
from nsmo.study.placeholders import VERDICTS

_KEYS = ["question", "option", "by", "group", "statistic", "weighted"]


def once(estimates: pd.DataFrame) -> pd.DataFrame:
    """Return the estimates of all stages, a figure that several stages have where it comes first."""
    first = estimates
    if BASE_WORTH in estimates:  # cross-tables say of a group which others it is above
        first = estimates.sort_values(BASE_WORTH, key=lambda one: one.isna(), kind="stable")
    return first.drop_duplicates(_KEYS).sort_index().reset_index(drop=True)


class Found:
    """What the stages of a wave found; nothing in it depends on the language of a page.

    Parameters
    ----------
    stage : Stage
        Gives declared inputs.
    """

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    @cached_property
    def estimates(self) -> pd.DataFrame:
        """What all stages estimated, with the column `stage`."""
        return estimates(self.stage)

    def first(self, **names: Any) -> pd.DataFrame:
        """Return the first estimate of this name, of everybody where no group is named, or no row.

        Parameters
        ----------
        **names
            ``question, option, by, group, statistic, weighted``.
        """
        at = self._places.get(tuple(names.get(key, "") for key in _KEYS))
        return self.estimates.iloc[[at] if at is not None else []]

    @cached_property
    def _places(self) -> dict[tuple[Any, ...], int]:
        names = zip(*(self.estimates[key].tolist() for key in _KEYS), strict=True)
        # Backwards, so that the first of several stays.
        return {name: at for at, name in reversed(list(enumerate(names)))}

    @cached_property
    def once(self) -> pd.DataFrame:
        """The estimates, each figure once."""
        return once(self.estimates)

    @cached_property
    def rows(self) -> dict[str, list[Row]]:
        """The rows of `once` as pages show them, by question or derived variable."""
        return self._by_question(self.once)

    @cached_property
    def tests(self) -> dict[str, list[Row]]:
        """The tests of all stages that have a p-value, by question; of reconstructed answers none has."""
        found = list(self._tests())
        return self._by_question(pd.concat(found, ignore_index=True)) if found else {}

    def _tests(self) -> Iterator[pd.DataFrame]:
        for name in self.stage.earlier:
            if not writes(self.stage, name, "tables"):
                continue
            file = self.stage.path(f"tables/{name}") / "tests.csv"
            if file.exists():
                table = read_made_table(file)
                if "p_holm" in table and len(table):
                    yield table.reindex(columns=TEST_COLUMNS)

    @cached_property
    def silent(self) -> dict[str, dict[str, Any]]:
        """How many were asked, answered, and gave no answer for which reason, by question."""
        if not writes(self.stage, "trust", "tables"):
            return {}
        file = self.stage.path("tables/trust") / "nonresponse.csv"
        if not file.exists():
            return {}
        return {row["question"]: row for row in read_made_table(file).to_dict("records")}

    @cached_property
    def judged(self) -> pd.DataFrame:
        """The published statements with their verdicts; no row where no stage judges them."""
        if not writes(self.stage, "claims", "tables"):
            return pd.DataFrame(columns=["id", "claim", "first", *VERDICTS])
        path = self.stage.path("tables/claims") / "details.csv"
        return read_made_table(path)

    @cached_property
    def published(self) -> dict[str, Any]:
        """What was published about the wave: published.yaml."""
        return self.stage.read("raw/published.yaml")

    def _by_question(self, frame: pd.DataFrame) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = {}
        # Labels in any language: of these it takes only where answers come from.
        for row in rows_of(frame, Labels(self.stage.codebook)):
            found.setdefault(row["question"], []).append(row)
        return found
