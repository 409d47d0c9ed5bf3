"""A database server of the benchmark's own."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config import Settings
from worklist import logs, migrations
from worklist.stack import folders, postgres


def quiet() -> None:
    """Log errors only."""
    logs.configure(Settings.read({"WORKLIST_LOG_LEVEL": "ERROR"}), "bench")


@contextmanager
def database() -> Iterator[str]:
    """Give the address of a migrated database, on a server that is stopped afterwards."""
    with tempfile.TemporaryDirectory(prefix="worklist-bench-") as folder:
        Path(folder).chmod(0o711)
        quiet()
        settings = Settings.read({"WORKLIST_DATA_DIR": f"{folder}/var"})
        folders.prepare(settings.data_dir)
        server = postgres.start(settings)
        try:
            migrations.upgrade(server.url)
            yield server.url
        finally:
            server.stop()


def percentile(values: list[float], share: float) -> float:
    """Return the value that ``share`` of the values do not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]
