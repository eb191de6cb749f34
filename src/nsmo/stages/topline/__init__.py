"""What do they answer, question by question."""

from nsmo.stages.topline.results import (
    blocks,
    caveats,
    class_edges,
    derived,
    in_classes,
    results,
    settled,
    tabulated,
)

__all__ = [
    "blocks",
    "caveats",
    "class_edges",
    "derived",
    "in_classes",
    "results",
    "settled",
    "tabulated",
]
