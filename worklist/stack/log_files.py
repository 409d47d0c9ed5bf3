"""Keep the processes' log files short while the processes write to them.

Each process appends to a file that the supervisor opened for it (``O_APPEND``), and so goes on at
the beginning of one that was emptied. What it writes between copy and emptying is lost: a few lines
of twenty megabytes.
"""

import os
import shutil
import time
from pathlib import Path

import structlog

from worklist.stack import folders

_MOST_BYTES = 20 * 1024 * 1024
_EVERY_SECONDS = 60.0

log = structlog.get_logger(__name__)


class LogFiles:
    """The files of one stack; `watch` may be called at any pace."""

    def __init__(self, folder: Path, *, most_bytes: int = _MOST_BYTES) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._next = 0.0

    def watch(self) -> None:
        """Look at them once a minute."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _EVERY_SECONDS
            self.shorten()

    def shorten(self) -> None:
        """Put aside each file that is too long as ``.log.1``, in place of the one before."""
        for path in sorted(self._folder.glob("*.log")):
            try:
                if path.stat().st_size > self._most_bytes:
                    _put_aside(path)
            except OSError as error:
                log.warning("log.not_shortened", file=str(path), error=error.strerror)


def _put_aside(path: Path) -> None:
    """Copy and empty a file; where the disk has no room for the copy it is emptied all the same."""
    aside = path.with_suffix(".log.1")
    aside.unlink(missing_ok=True)
    try:
        with (
            path.open("rb") as source,
            folders.open_private(aside, os.O_WRONLY) as copy,
            os.fdopen(os.dup(copy), "wb") as target,
        ):
            shutil.copyfileobj(source, target)
    except OSError:
        aside.unlink(missing_ok=True)
        raise
    finally:
        os.truncate(path, 0)
