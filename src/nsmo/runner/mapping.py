"""Applies a function to many items, wherever that is: in turn, in threads, in processes, or on a cluster.

Who asks for it does not know which. Results come in the order of the items, and what an item comes to may
depend on nothing but the item: one that draws at random has a seed of its own, spawned from that of the stage
(`numpy.random.SeedSequence.spawn`). So the same bytes come out whoever works, and however many they are.
"""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from nsmo.runner.process import at_once
from nsmo.study.errors import StudyError

#: Applies a function to items, and gives the results in their order.
Map = Callable[[Callable[[Any], Any], Sequence[Any]], Iterator[Any]]
#: Is told, in a sentence, what went otherwise.
Say = Callable[[str], object]

SCHEDULER_VARIABLE = "NSMO_SCHEDULER"
"""Set by `--scheduler`: the address of a scheduler of Dask, whose workers do what is asked for."""

_ATTEMPTS = 3
#: Each thread holds what it reads, and a disk serves a few as fast as many.
_MOST_THREADS = 8


def mapper(workers: int, say: Say) -> Map:
    """Return what applies functions to items.

    Parameters
    ----------
    workers : int
        Processes of this machine; 0: as many as there are processors, 1: none but this one. Of no consequence
        where `SCHEDULER_VARIABLE` names a scheduler.
    say : callable
        Is told of lost workers, and where the time went.
    """
    if elsewhere := _on_cluster(say):
        return elsewhere
    if workers == 1:
        return in_turn
    return lambda function, items: _in_processes(workers or os.cpu_count() or 1, function, items, say)


def reader(say: Say) -> Map:
    """Return what applies functions that mostly read: on the cluster of `mapper`, or else `in_threads`."""
    return _on_cluster(say) or in_threads


def _on_cluster(say: Say) -> Map | None:
    """What applies functions on the workers of a scheduler, where there is one."""
    if not (address := os.environ.get(SCHEDULER_VARIABLE)):
        return None
    from nsmo.runner.cluster import on_cluster

    return lambda function, items: on_cluster(address, function, items, say)


def in_turn(function: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Any]:
    """Apply a function to one item after the other."""
    return map(function, items)


def in_threads(function: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Any]:
    """Apply a function in threads of this process, as many as there are processors, or `NSMO_JOBS` of them.

    For what leaves Python to others while it works, as reading parquet and counting do.
    """
    threads = min(at_once(), len(items), _MOST_THREADS)
    if threads < 2:
        yield from in_turn(function, items)
        return
    pool = ThreadPoolExecutor(threads)
    try:
        yield from pool.map(function, items)
    finally:
        pool.shutdown(cancel_futures=True)


def _in_processes(
    workers: int, function: Callable[[Any], Any], items: Sequence[Any], say: Say
) -> Iterator[Any]:
    """Apply a function in processes; what a process that is killed was at is made again."""
    done: dict[int, Any] = {}
    given = 0
    for _ in range(_ATTEMPTS):
        left = [place for place in range(given, len(items)) if place not in done]
        pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))
        try:
            waiting = {pool.submit(function, items[place]): place for place in left}
            for future in as_completed(waiting):
                done[waiting[future]] = future.result()
                while given in done:
                    yield done.pop(given)
                    given += 1
        except BrokenProcessPool:
            say(f"a process was lost; {len(items) - given - len(done)} of {len(items)} are made again")
            continue
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
        return
    raise StudyError(
        found=f"processes were lost {_ATTEMPTS} times, the last with {len(items) - given - len(done)} of "
        f"{len(items)} still to do",
        expected="processes that live until they are done",
        fix="see whether memory runs out, set fewer workers, then run it again",
    )
