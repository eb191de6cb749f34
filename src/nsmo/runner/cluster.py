"""Applies a function to items on the workers of a scheduler of Dask, an extra; see `runner.mapping`.

Dask gives others what a lost worker was at, and says nothing of it; here it is told, as are parts that are
tried again, and where the time went.
"""

import platform
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib.metadata import version
from typing import Any

from nsmo.study.errors import StudyError

_ATTEMPTS = 3
_PATIENCE = 10.0  # seconds for a scheduler to answer
_ALONE = 60.0  # seconds for a worker to come, where there is none
_GLANCE = 0.05  # seconds between two looks at what is done
_ROLL_CALL = 1.0  # seconds between two looks at who is there
#: What a part is whose scheduler has gone.
_GONE = ("cancelled", "lost")


def on_cluster(
    address: str,
    function: Callable[[Any], Any],
    items: Sequence[Any],
    say: Callable[[str], object],
) -> Iterator[Any]:
    """Apply a function to items, and give the results in their order.

    Parameters
    ----------
    address : str
        Of the scheduler.
    function, items
        What can be sent to other processes.
    say : callable
        Is told of lost workers, of parts that are tried again, and where the time went.
    """
    client = _client(address)
    try:
        work = _Work(client, address, function, items, say)
        given = 0
        while given < len(items):
            work.look()
            while given in work.done:
                yield work.done.pop(given)
                given += 1
            time.sleep(_GLANCE if given < len(items) else 0)
        work.tell()
    finally:
        client.close(timeout=1)


class _Work:
    """What is done on the workers, and what is still to do."""

    def __init__(
        self,
        client: Any,
        address: str,
        function: Callable[[Any], Any],
        items: Sequence[Any],
        say: Callable[[str], object],
    ) -> None:
        self._client, self._address, self._function = client, address, function
        self._items, self._say = items, say
        self.done: dict[int, Any] = {}
        self._tried, self._parts = Counter[int](), Counter[str]()
        self._busy = self._ended = 0.0
        self._began = self._called = self._seen = time.monotonic()
        try:
            _check_alike(client)
            self._there = set(client.nthreads())
            sent = client.map(_timed, list(items), function=function, pure=False)
        except (OSError, TimeoutError) as error:
            raise self._lost() from error
        self._waiting = dict(enumerate(sent))

    def look(self) -> None:
        """Fetch what has been done since the last look, and see who is there."""
        finished = [place for place, future in self._waiting.items() if future.done()]
        if self._client.status != "running" or any(self._waiting[p].status in _GONE for p in finished):
            raise self._lost()
        for place in finished:
            future = self._waiting.pop(place)
            failed = (
                self._reached(partial(future.exception, timeout=_PATIENCE))
                if future.status == "error"
                else None
            )
            if failed is not None:
                self._failed(place, failed)
                continue
            worker, seconds, self.done[place] = self._reached(partial(future.result, timeout=_PATIENCE))
            self._parts[worker] += 1
            self._busy += seconds
        if time.monotonic() - self._called >= _ROLL_CALL or not self._waiting:
            self._call()

    def tell(self) -> None:
        """Write where the time went."""
        took = time.monotonic() - self._began
        number = len(self._parts)
        shares = ", ".join(f"{n} on {worker}" for worker, n in sorted(self._parts.items()))
        self._say(
            f"{len(self._items)} parts by {number} worker{'s' * (number != 1)} of {self._address}: "
            f"{took:.1f} s, in which they worked {self._busy:.1f} s ({shares})"
        )

    def _call(self) -> None:
        """Write who is lost; wait for a while where nobody is left."""
        self._called = time.monotonic()
        there = set(self._reached(self._client.nthreads))
        for lost in sorted(self._there - there):
            self._say(f"the worker {lost} is lost ({len(there)} left); what it was at is made again")
        self._there = there
        if there or not self._waiting:
            self._seen = self._called
        elif self._called - self._seen > _ALONE:
            raise StudyError(
                found=f"the scheduler at {self._address} has had no worker for {_ALONE:.0f} s; "
                f"{self._count()} of {len(self._items)} parts were done",
                where="--scheduler",
                expected="a worker that lives until they are done",
                fix=f"start one (dask worker {self._address}), then run the same again",
            )

    def _failed(self, place: int, error: BaseException) -> None:
        """Try a part again where another worker may succeed; what it does wrong itself is raised."""
        if type(error).__name__ == "KilledWorker":
            raise StudyError(
                found=f"part {place + 1} of {len(self._items)} was lost with each worker that was at it",
                where="--scheduler",
                expected="workers that live until they are done",
                fix="see whether their memory runs out, then run the same again",
            ) from error
        self._tried[place] += 1
        if not isinstance(error, OSError | MemoryError) or self._tried[place] >= _ATTEMPTS:
            raise error
        self._say(f"part {place + 1} of {len(self._items)} failed ({error}) and is tried again")
        again = self._client.submit(_timed, self._items[place], function=self._function, pure=False)
        self._waiting[place] = again

    def _reached(self, ask: Callable[[], Any]) -> Any:
        """Return what the scheduler answers; stop with a clear line where it is gone."""
        try:
            return ask()
        except (OSError, TimeoutError) as error:
            raise self._lost() from error

    def _count(self) -> int:
        return sum(self._parts.values())

    def _lost(self) -> StudyError:
        return StudyError(
            found=f"the scheduler at {self._address} is gone; "
            f"{self._count()} of {len(self._items)} parts were done",
            where="--scheduler",
            expected="a scheduler that lives until they are done",
            fix="start it again and run the same again: stages and members that were finished are kept",
        )


def _timed(item: Any, function: Callable[[Any], Any]) -> tuple[str, float, Any]:
    """Apply a function, and say where and how long it took."""
    from distributed import get_worker  # pyright: ignore[reportMissingImports]  # an extra

    began = time.perf_counter()
    result = function(item)
    return get_worker().address, time.perf_counter() - began, result


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
