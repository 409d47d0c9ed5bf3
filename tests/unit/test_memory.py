"""What is loaded is no garbage to look for."""

import gc
from collections.abc import Iterator

import pytest

from worklist import memory


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    thresholds, callbacks = gc.get_threshold(), list(gc.callbacks)
    yield
    gc.set_threshold(*thresholds)
    gc.callbacks[:] = callbacks
    gc.unfreeze()


def test_what_is_loaded_is_not_looked_at_again() -> None:
    before = gc.get_freeze_count()
    memory.keep_loaded()
    assert gc.get_freeze_count() > before
    assert len(gc.get_objects()) < gc.get_freeze_count()


def test_what_the_first_requests_leave_is_not_either() -> None:
    memory.keep_loaded()
    listening = len(gc.callbacks)
    kept: list[object] = []
    for _ in range(4):
        kept.append([object()])
        gc.collect()
        assert not _is_looked_at(kept[-1])
    # By now a process is warm: what comes later may be garbage one day.
    assert len(gc.callbacks) == listening - 1
    kept.append([object()])
    gc.collect()
    assert _is_looked_at(kept[-1])


def _is_looked_at(wanted: object) -> bool:
    return any(one is wanted for one in gc.get_objects())
