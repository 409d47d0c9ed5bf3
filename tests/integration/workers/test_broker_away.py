"""A broker that is away: what its broken connections held is given back."""

from pathlib import Path

import pytest
from kombu.exceptions import OperationalError

from config import Settings
from tests.support.ports import free_port
from workers import app

_HANDLES = Path("/proc/self/fd")


def _open_files() -> int:
    return len(list(_HANDLES.iterdir()))


@pytest.mark.skipif(not _HANDLES.is_dir(), reason="counts open files as Linux tells them")
def test_nudges_that_are_lost_leave_no_files_open() -> None:
    settings = Settings.read(
        {
            "WORKLIST_DATABASE_URL": "postgresql://nobody@127.0.0.1/none",
            "WORKLIST_REDIS_URL": f"redis://127.0.0.1:{free_port()}/0",
        }
    )
    transport = app.RedisTransport(settings)
    before = _open_files()
    for number in range(50):
        with pytest.raises(OperationalError):
            transport.send_task("workers.hl7.process", number)
    assert _open_files() <= before + 3
