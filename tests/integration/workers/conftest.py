"""The process's Celery application, which each test configures as it needs it."""

from collections.abc import Iterator

import pytest

from workers import app, context


@pytest.fixture(autouse=True)
def _application(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Forget the settings of a test and its connections, which no other broker is reached by."""
    monkeypatch.setattr(context, "_of_process", {})
    yield
    app.app._after_fork()
