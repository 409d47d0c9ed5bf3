"""What a process that serves keeps in memory for good."""

import gc
from typing import Any

# Full collections after which what is still there is taken out too: templates, statements and
# catalogues that the first requests of each kind have left.
_WARMING = 4
# Young objects at a collection, then collections of a generation for one of the next (gc's own:
# 700, 10, 10). A page makes tens of thousands of objects and drops them all, as the placement of an
# exam does: with 700 every third page with many rows waited for a full collection, and with 1,000
# the search for young ones alone took 1 % of a placement.
_THRESHOLDS = (10_000, 10, 10)


def keep_loaded() -> None:
    """Take what is loaded by now out of the garbage collector's rounds.

    A web process begins with some 300,000 objects, and its first requests leave 100,000 more. A
    full collection looks at each of them and holds up everybody who waits for that process, for a
    tenth of a second. Call it once everything is loaded, and before forking.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
    gc.callbacks.append(_Warming())


def drop_broken() -> None:
    """Collect what broken connections have left a moment ago, without a look at older objects.

    The broker's client leaves the epoll handle of each to the garbage collector, whose next full
    round may be hours away in a process that does little: its open files would pile up meanwhile.
    Call it once their exceptions are done with: these hold them.
    """
    gc.collect(1)


class _Warming:
    """Freezes what the first full collections leave, then stops listening."""

    def __init__(self) -> None:
        self._left = _WARMING

    def __call__(self, phase: str, info: dict[str, Any]) -> None:
        if phase != "stop" or info["generation"] != len(_THRESHOLDS) - 1:
            return
        gc.freeze()
        self._left -= 1
        if not self._left:
            gc.callbacks.remove(self)
