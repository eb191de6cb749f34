"""What was asked for of large waves, and what was measured of it: the upper part of scale.md."""

import math
import statistics

from counting import BARE, CLUSTER, FRAMES, NSMO, PEERS, POLARS, REPLICATES

SMALL, LARGE = 10**6, 10**7
STEP = f"{SMALL:,} to {LARGE:,}"
TEXT = """
## Counting, beside other tools

20 questions by 2 banners from a folder of parquet with 30 columns of categories: 40 tables of whole
numbers, the same from all. {tools}; nsmo by the functions with which topline and
cross-tables count a large wave, in the environment of a stage, in as many threads as there are processors.
Medians of runs that took turns, on a machine that others use as well: seconds of the processor can be
compared best. Importing is not in the time, but in the memory. *From numbers*: files in which answers are
numbers of one byte, which polars likes better than categories. Of the workers, the memory of the larger one.
By hand, once, before nsmo counted in threads, 100,000,000 responses (those of ten million, ten times): nsmo
34 s of the processor and 264 MB, polars from numbers 63 s and 99 MB. When the targets were set, polars took
2.6 GB for ten million: nsmo is compared with what it takes now.

| | responses | seconds | of the processor | MB |
|---|---:|---:|---:|---:|"""


def judged(kept: dict, counted: dict) -> str:
    """Write what was asked for, and what was measured of it."""
    small, large = (counted.get("sizes", {}).get(str(n), {}) for n in (SMALL, LARGE))
    rows = [
        *_beside_polars(large, counted.get("pairs", {}).get(str(LARGE), [])),
        *_grown(_pairs(kept, small, large)),
        *_apart(small, large),
    ]
    return "\n".join(["", "## Targets", "", "| target | met | measured |", "|---|---|---|", *rows, ""])


def _row(target: str, met: bool, found: str) -> str:
    return f"| {target} | {'yes' if met else 'no'} | {found} |"


def _beside_polars(large: dict, pairs: list[list[float]]) -> list[str]:
    ours, peers = large.get(NSMO), [large[way] for way in POLARS if way in large]
    if not ours or not peers:
        return []
    best = {what: min(one[what] for one in peers) for what in ("processor", "megabytes")}
    work, megabytes = (ours[what] / best[what] for what in ("processor", "megabytes"))
    clock = [own / other for own, other in pairs] or [ours["seconds"] / min(one["seconds"] for one in peers)]
    time = (
        f"{statistics.median(clock):.2f} by the clock, the median of {len(clock)} pairs one right after the "
        f"other ({min(clock):.2f} to {max(clock):.2f}); {work:.2f} by seconds of the processor"
    )
    memory = f"{megabytes:.2f}: {ours['megabytes']:.0f} and {best['megabytes']:.0f} MB"
    if BARE in large and FRAMES in large:
        bare, frames = (large[way]["megabytes"] for way in (BARE, FRAMES))
        memory += (
            f"; numpy and pyarrow take {bare:.0f} MB before they do anything, with pandas {frames:.0f}, "
            f"so no program on them has less than {bare / best['megabytes']:.2f}"
        )
    return [
        _row(
            f"{LARGE:,}: at most 1.2 of the time of polars streaming", statistics.median(clock) <= 1.2, time
        ),
        _row(f"{LARGE:,}: at most 0.5 of the memory of polars streaming", megabytes <= 0.5, memory),
    ]


def _pairs(kept: dict, small: dict, large: dict) -> dict[str, tuple[dict, dict]]:
    """What counting and the stages took at both sizes."""
    found = {"counting": (small[NSMO], large[NSMO])} if NSMO in small and NSMO in large else {}
    for stage, other in kept.get(str(LARGE), {}).items():
        one = kept.get(str(SMALL), {}).get(stage, {})
        if one.get("ended") == other["ended"] == "done":
            found[stage] = tuple(both | {"processor": both["seconds"]} for both in (one, other))
    return found


def _grown(pairs: dict[str, tuple[dict, dict]]) -> list[str]:
    if not pairs:
        return []
    time = {name: math.log10(other["processor"] / one["processor"]) for name, (one, other) in pairs.items()}
    peak = {name: other["megabytes"] / one["megabytes"] for name, (one, other) in pairs.items()}
    powers = ", ".join(f"{name} n^{power:.2f}" for name, power in time.items())
    ratios = ", ".join(f"{name} {ratio:.2f}" for name, ratio in peak.items())
    return [
        _row(f"{STEP}: time at most n^1.0", max(time.values()) <= 1, powers),
        _row(f"{STEP}: peak at most 1.3 times", max(peak.values()) <= 1.3, ratios),
    ]


def _apart(small: dict, large: dict) -> list[str]:
    rows = []
    if NSMO in large and CLUSTER in large:
        clock, work = (large[CLUSTER][what] / large[NSMO][what] for what in ("seconds", "processor"))
        target = f"{LARGE:,}, two workers on this machine: at most 2.2 of the time of one process"
        found = f"{clock:.2f} by the clock, {work:.2f} by seconds of the processor"
        rows.append(_row(target, max(clock, work) <= 2.2, found))
    if REPLICATES in small and REPLICATES in large:
        one, other = (found[REPLICATES]["processor"] for found in (small, large))
        found = f"{one:.3f} and {other:.3f} s at {SMALL:,} and {LARGE:,} respondents, of their cells"
        rows.append(_row("500 re-raked replicates independent of n", other <= 1.3 * one, found))
    return rows


def beside(counted: dict) -> str:
    """Write what counting took here and elsewhere."""
    sizes = sorted(map(int, counted.get("sizes", {})))
    if not sizes:
        return ""
    tools = ", ".join(f"{name} {counted['versions'][name]}" for name in PEERS if name in counted["versions"])
    lines = [TEXT.format(tools=tools)]
    for way in dict.fromkeys(way for n in sizes for way in counted["sizes"][str(n)]):
        for n in sizes:
            if took := counted["sizes"][str(n)].get(way):
                numbers = f"{took['seconds']:,.2f} | {took['processor']:,.2f} | {took['megabytes']:,.0f}"
                lines.append(f"| {way} | {n:,} | {numbers} |")
    return "\n".join([*lines, ""])
