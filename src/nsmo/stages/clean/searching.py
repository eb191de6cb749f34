"""Looks for a regular expression in texts, within bounds: some take longer than anybody lives."""

import re
import signal
import threading
from collections.abc import Callable

from nsmo.study.errors import StudyError

#: Seconds of a processor that looking through one text may take; a pattern that can tell needs a fraction.
MOST = 3.0


class _TooLongError(Exception):
    """The time is over."""


def searcher(pattern: str, rule: str) -> Callable[[str], bool]:
    """Return a function that says whether a text contains a pattern, in any case of letters.

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
    compiled = re.compile(pattern, re.IGNORECASE)
    clock = hasattr(signal, "ITIMER_VIRTUAL") and threading.current_thread() is threading.main_thread()

    def plain(text: str) -> bool:
        return compiled.search(text) is not None

    def timed(text: str) -> bool:
        before = signal.signal(signal.SIGVTALRM, _stop)
        signal.setitimer(signal.ITIMER_VIRTUAL, MOST)
        try:
            return plain(text)
        except _TooLongError:
            raise StudyError(
                found=f"looking for '{pattern}' in a text of {len(text)} signs takes more than {MOST:g} s",
                where=f"rules.yaml, cleaning > rules > {rule}",
                expected="a pattern that can be tried in few ways: nothing repeated within a repetition",
                fix="write `(a+)+` as `a+`, and anchor it with ^ and $",
            ) from None
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(signal.SIGVTALRM, before)

    return timed if clock else plain


def _stop(*_: object) -> None:
    raise _TooLongError
