"""A process that is told to end, and tidies up first."""

import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final, NoReturn

INTERRUPTED: Final = 128 + signal.SIGINT
"""The exit code after Ctrl-C, as a shell has it."""

_SIGNALS: Final = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


class Ended(BaseException):
    """The process was told to end by a signal other than Ctrl-C. No ``except Exception`` takes it for a failure."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.code = 128 + number


def interrupt(child: "subprocess.Popen[bytes]") -> None:
    """Tell *child* to end as Ctrl-C does."""
    child.send_signal(signal.SIGINT)


@contextmanager
def endings() -> Iterator[None]:
    """Raise Ended, in the main thread, for SIGTERM and SIGHUP: temporary folders and child processes then go before we do.

    A signal that is ignored (``nohup``) or that somebody else handles is left as it is. A second one while we tidy up is ignored.
    """
    main = threading.current_thread() is threading.main_thread()  # no other may say what a signal does
    ours = [number for number in _SIGNALS if main and signal.getsignal(number) is signal.SIG_DFL]

    def end(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001  (what a handler is called with)
        for each in ours:
            signal.signal(each, signal.SIG_IGN)
        raise Ended(number)

    for number in ours:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)
