"""Applies a function to many items, wherever that is: one after the other, in processes, or on a cluster.

Who asks for it does not know which. Results come in the order of the items, and what an item comes to may
depend on nothing but the item: one that draws at random has a seed of its own, spawned from that of the stage
(`numpy.random.SeedSequence.spawn`). So the same bytes come out whoever works, and however many they are.
"""

import multiprocessing
import os
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from importlib.metadata import version
from typing import Any

from nsmo.study.errors import StudyError

#: Applies a function to items, and gives the results in their order.
Map = Callable[[Callable[[Any], Any], Sequence[Any]], Iterator[Any]]
#: Is told, in a sentence, what went otherwise.
Say = Callable[[str], object]

SCHEDULER_VARIABLE = "NSMO_SCHEDULER"
"""Set by `--scheduler`: the address of a scheduler of Dask, whose workers do what is asked for."""

_ATTEMPTS = 3
_PATIENCE = 10.0  # seconds for a scheduler to answer
_GLANCE = 0.05  # seconds between two looks at what is done


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
    if address := os.environ.get(SCHEDULER_VARIABLE):
        return lambda function, items: _on_cluster(address, function, items, say)
    if workers == 1:
        return in_turn
    return lambda function, items: _in_processes(workers or os.cpu_count() or 1, function, items, say)


def in_turn(function: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Any]:
    """Apply a function to one item after the other."""
    return map(function, items)


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


def _on_cluster(
    address: str, function: Callable[[Any], Any], items: Sequence[Any], say: Say
) -> Iterator[Any]:
    """Apply a function on the workers of a scheduler of Dask, which gives others what a lost one was at."""
    client = _client(address)
    try:
        _check_alike(client)
        began, known = time.monotonic(), set(client.nthreads())
        waiting = dict(enumerate(client.map(function, list(items), pure=False, retries=_ATTEMPTS - 1)))
        done: dict[int, Any] = {}
        given = 0
        while given < len(items):
            finished = [place for place, future in waiting.items() if future.done()]
            if client.status != "running" or any(waiting[place].status in _GONE for place in finished):
                raise _lost(address, given + len(done), len(items))
            for place in finished:
                done[place] = waiting.pop(place).result(timeout=_PATIENCE)
            while given in done:
                yield done.pop(given)
                given += 1
            if finished:
                there = set(client.nthreads())
                for lost in sorted(known - there):
                    say(f"the worker {lost} is lost; what it was at is made again by {len(there)} others")
                known = there
            time.sleep(_GLANCE)
        say(f"{len(items)} parts on {len(known)} workers of {address}: {time.monotonic() - began:.0f} s")
    except (OSError, TimeoutError) as error:
        raise _lost(address, given, len(items)) from error
    finally:
        client.close(timeout=1)


#: What a part is whose scheduler has gone.
_GONE = ("cancelled", "lost")


def _client(address: str) -> Any:
    try:
        from distributed import Client  # pyright: ignore[reportMissingImports]  # an extra
    except ImportError:
        raise StudyError(
            found="the package distributed is not installed",
            where=f"--scheduler {address}",
            fix="pip install 'nsmo[cluster]' here and on every worker, or leave --scheduler out",
        ) from None
    try:
        return Client(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, TimeoutError, ValueError):
        raise StudyError(
            found=f"no scheduler answers at {address} within {_PATIENCE:.0f} s",
            where="--scheduler",
            expected="the address that `dask scheduler` prints, as tcp://10.0.0.1:8786",
            fix="start one, correct the address, or leave --scheduler out",
        ) from None


def _lost(address: str, done: int, of: int) -> StudyError:
    return StudyError(
        found=f"the scheduler at {address} is gone; {done} of {of} parts were done",
        where="--scheduler",
        expected="a scheduler that lives until they are done",
        fix="start it again and run the same again: stages and members that were finished are kept",
    )


def installed() -> dict[str, str]:
    """Return the versions on which the last digits of a result depend."""
    return {"python": platform.python_version()} | {
        name: version(name) for name in ("numpy", "scipy", "pandas")
    }


def _check_alike(client: Any) -> None:
    """Refuse workers with other versions, whose results would be others."""
    here = installed()
    for worker, there in client.run(installed).items():
        if other := [
            f"{name} {there[name]}, here {here[name]}" for name in here if there[name] != here[name]
        ]:
            raise StudyError(
                found=f"{worker} has {'; '.join(other)}",
                where="--scheduler",
                expected="the packages of requirements.lock on every worker",
                fix="make the environment of the workers anew",
            )
