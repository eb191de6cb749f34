"""What the rules of cleaning must know of all responses, where these are not held at once.

One pass measures what the rules go by, and keeps it in a narrow file. A fact about all responses is made of
that file, in the order of the rules, since who is still in depends on the rules before.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nsmo.stages.clean.results import put_right
from nsmo.stages.clean.rules import (
    Facts,
    Thresholds,
    asked_by_rules,
    compared,
    counting,
    earlier,
    gather,
    measure,
    over_all,
    staying,
)
from nsmo.stats.median import Middle
from nsmo.study.codebook import Codebook
from nsmo.study.pieces import Buckets, Frames, write_pieces
from nsmo.study.rules import DuplicateRule, SpeederRule

#: Answers that are compared are brought together in buckets of about so many pieces.
ROUGHLY = 2
#: The duplicates of a piece in which there are none.
NOBODY = pd.Series(index=pd.RangeIndex(0), dtype="str")


class Known:
    """What the rules must know of all responses, under each of some thresholds.

    Iterate over it, along with the pieces, for what the rules go by in each, and the facts by the names of
    the thresholds, as `nsmo.stages.clean.rules.apply` takes them.

    Parameters
    ----------
    codebook : Codebook
        Has the rules.
    received : Frames
        The coded responses.
    variants : mapping
        Name → thresholds.
    folder : Path
        For files; it is made, and whoever made what it lies in removes it.
    """

    def __init__(
        self, codebook: Codebook, received: Frames, variants: Mapping[str, Thresholds], folder: Path
    ) -> None:
        self._codebook, self._variants, self._folder = codebook, variants, folder
        self._rows, self._number = received.rows, -(-len(received) // received.rows)
        self._facts: dict[str, dict[str, Any]] = {name: {} for name in variants}
        self._duplicates: dict[str, Buckets] = {}
        self._groups: dict[str, Mapping[str, list[str]]] = {}
        folder.mkdir()
        write_pieces(self._measured(received), folder / "seen.parquet")
        self._seen = Frames(folder / "seen.parquet", received.rows)
        for rule in over_all(codebook):
            # Thresholds under which the same people are still in share the fact.
            alike = {name: earlier(codebook, rule, thresholds) for name, thresholds in variants.items()}
            first = {key: name for name, key in reversed(alike.items())}
            groups = {name: [one for one in variants if alike[one] == key] for key, name in first.items()}
            if isinstance(rule, SpeederRule):
                self._medians(rule, groups)
            else:
                self._repeated(rule, groups)

    def _measured(self, received: Frames) -> Iterator[pd.DataFrame]:
        needed = asked_by_rules(self._codebook)
        whose = ("response_id", "paradata.submitted", "paradata.duration", "paradata.last_page")
        narrow = received.only(lambda names: [n for n in names if n in whose or n.split(".")[0] in needed])
        for piece in narrow:
            seen = measure(self._codebook, put_right(self._codebook, piece, needed), self._variants.values())
            # A file without a column has no rows either.
            yield seen if len(seen.columns) else seen.assign(nothing=False)

    def _medians(self, rule: SpeederRule, groups: Mapping[str, list[str]]) -> None:
        """Find the median for each group of thresholds."""
        middles = {name: Middle() for name in groups}
        texts = {
            name for one in over_all(self._codebook) if one.kind == "duplicate" for name in compared(one)
        }
        while not all(middle.found for middle in middles.values()):
            for seen, facts in self._pieces(lambda names: [n for n in names if n not in texts]):
                for name, middle in middles.items():
                    still = staying(self._codebook, seen, self._variants[name], facts[name], before=rule.name)
                    middle.add(gather(rule, seen[still])["duration"].to_numpy())
            for middle in middles.values():
                middle.narrow()
        for name, group in groups.items():
            for one in group:
                self._facts[one][rule.name] = middles[name].value

    def _repeated(self, rule: DuplicateRule, groups: Mapping[str, list[str]]) -> None:
        """Find the duplicates for each group of thresholds, and keep them by the piece that they are in."""
        answers = Buckets(-(-self._number // ROUGHLY), self._folder / rule.name)
        for seen, facts in self._pieces():
            still = {
                name: staying(self._codebook, seen, self._variants[name], facts[name], before=rule.name)
                for name in groups
            }
            left = np.logical_or.reduce(list(still.values()))
            gathered = gather(rule, seen[left])
            here = seen.index.get_indexer(gathered["row"])
            answers.add(
                gathered.assign(**{f"in {name}": held[here] for name, held in still.items()}), compared(rule)
            )
        found = Buckets(self._number, self._folder / f"{rule.name} by piece")
        for bucket in answers:
            again = bucket[bucket.duplicated(compared(rule), keep=False)]
            for name in groups:
                counts = counting(rule, again[again[f"in {name}"]])
                rows = pd.DataFrame({"row": counts.index, "id": counts.astype("str"), "group": name})
                found.put(rows, rows["row"].to_numpy() // self._rows * found.number // self._number)
        self._duplicates[rule.name] = found
        self._groups[rule.name] = groups

    def _pieces(
        self, columns: Callable[[list[str]], Collection[str]] | None = None
    ) -> Iterator[tuple[pd.DataFrame, dict[str, dict[str, Any]]]]:
        for number, seen in enumerate(self._seen.only(columns) if columns else self._seen):
            facts = {name: dict(known) for name, known in self._facts.items()}
            for rule, found in self._duplicates.items():
                here = found.bucket(number * found.number // self._number)
                for name, group in self._groups[rule].items():
                    own = here[here["group"] == name].set_index("row")["id"] if len(here) else NOBODY
                    for one in group:
                        facts[one][rule] = own
            yield seen, facts

    def __iter__(self) -> Iterator[tuple[pd.DataFrame, dict[str, dict[str, Any]]]]:
        """Iterate over the pieces: what the rules go by in each, and the facts."""
        return self._pieces()

    def staying(self, seen: pd.DataFrame, facts: Mapping[str, Facts]) -> dict[str, np.ndarray]:
        """Return under each of the thresholds who of a piece stays."""
        return {
            name: staying(self._codebook, seen, thresholds, facts[name])
            for name, thresholds in self._variants.items()
        }
