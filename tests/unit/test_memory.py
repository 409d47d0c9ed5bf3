"""What is loaded is no garbage to look for."""

import gc

from worklist import memory


def test_what_is_loaded_is_not_looked_at_again() -> None:
    before = gc.get_freeze_count()
    try:
        memory.keep_loaded()
        assert gc.get_freeze_count() > before
        assert len(gc.get_objects()) < gc.get_freeze_count()
    finally:
        gc.unfreeze()
