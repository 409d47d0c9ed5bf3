"""Child processes that never outlive this one."""

import ctypes
import functools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import IO

from worklist.stack.service_user import ServiceUser

_PR_SET_PDEATHSIG = 1
_POLL_SECONDS = 0.02


@functools.cache
def _prctl() -> Callable[[int, int], int] | None:
    """Linux's prctl; other systems have none."""
    if sys.platform != "linux":
        return None
    function: Callable[[int, int], int] = ctypes.CDLL(None).prctl
    return function


def die_with_parent(death_signal: int = signal.SIGKILL, parent: int | None = None) -> None:
    """Have the kernel send this process ``death_signal`` when the thread that made it ends.

    Args:
        death_signal: What to send.
        parent: The process that made this one; when it is gone already, this one ends now.
    """
    prctl = _prctl()
    if prctl is None:
        return
    prctl(_PR_SET_PDEATHSIG, death_signal)
    if parent is not None and os.getppid() != parent:
        os._exit(1)


def spawn(
    command: list[str],
    *,
    environ: Mapping[str, str],
    output: int | IO[bytes],
    user: ServiceUser | None = None,
    stdin: bytes = b"",
    death_signal: int = signal.SIGKILL,
    folder: str | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program as the leader of a process group of its own.

    A Ctrl-C at the terminal therefore reaches only the supervisor, which stops the rest in order.

    Args:
        command: The program and its arguments.
        environ: The program's whole environment.
        output: Where its standard output and error go.
        user: Who runs it; the current user when left out.
        stdin: Text for its standard input, for what no argument list may show.
        death_signal: What the kernel sends it when this process dies, however it dies.
        folder: Its working folder.
    """
    _prctl()  # loaded here: nothing may be loaded between fork and exec
    process: subprocess.Popen[bytes] = subprocess.Popen(
        command,
        env=dict(environ),
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd=folder,
        start_new_session=True,
        preexec_fn=functools.partial(die_with_parent, death_signal, os.getpid()),  # noqa: PLW1509 - started from the main thread only
        **(user or ServiceUser()).process_options(),
    )
    assert process.stdin is not None  # noqa: S101 - asked for above
    process.stdin.write(stdin)
    process.stdin.close()
    return process


def signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    """Send a signal to a child and to everything that it started in its group."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return


def wait_until_gone(processes: list[subprocess.Popen[bytes]], seconds: float) -> bool:
    """Wait until every child has ended; tell whether they have."""
    deadline = time.monotonic() + seconds
    while any(process.poll() is None for process in processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True
