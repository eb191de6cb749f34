"""Looks for a regular expression in texts, within bounds: some take longer than anybody lives."""

import re
import signal
import threading
from collections.abc import Callable, Iterable

from nsmo.study.errors import StudyError

#: Seconds of a processor that looking through one text may take; a pattern that can tell needs a fraction.
MOST = 3.0
#: So many times within `MOST` the clock looks whether it is still the same text.
LOOKS = 4


class _TooLongError(Exception):
    """The time is over."""


def searcher(pattern: str, rule: str) -> Callable[[Iterable[str]], list[bool]]:
    """Return a function that says which of some texts contain a pattern, in any case of letters.

    Parameters
    ----------
    pattern : str
        A regular expression.
    rule : str
        The name of the rule, for the message.

    Raises
    ------
    StudyError
        By the function: if a text takes more than `MOST`. Where a platform or a thread has no such clock, it
        waits.
    """
    search = re.compile(pattern, re.IGNORECASE).search
    clock = hasattr(signal, "ITIMER_VIRTUAL") and threading.current_thread() is threading.main_thread()

    def plain(texts: Iterable[str]) -> list[bool]:
        return [search(text) is not None for text in texts]

    def timed(texts: Iterable[str]) -> list[bool]:
        found: list[bool] = []
        now, seen, looks = "", 0, 0

        def look(*_: object) -> None:
            nonlocal seen, looks
            seen, looks = len(found), looks + 1 if seen == len(found) else 0
            if looks > LOOKS:
                raise _TooLongError

        # One clock for all: to set one for each text would take longer than to look through it.
        before = signal.signal(signal.SIGVTALRM, look)
        signal.setitimer(signal.ITIMER_VIRTUAL, MOST / LOOKS, MOST / LOOKS)
        try:
            for now in texts:
                found.append(search(now) is not None)
            return found
        except _TooLongError:
            raise StudyError(
                found=f"looking for '{pattern}' in a text of {len(now)} signs takes more than {MOST:g} s",
                where=f"rules.yaml, cleaning > rules > {rule}",
                expected="a pattern that can be tried in few ways: nothing repeated within a repetition",
                fix="write `(a+)+` as `a+`, and anchor it with ^ and $",
            ) from None
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(signal.SIGVTALRM, before)

    return timed if clock else plain
