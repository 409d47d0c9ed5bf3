"""Inbox and outbox of small departments, servers, and what they talk to."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from sqlalchemy.orm import Session, sessionmaker

from config import Settings
from tests.support.inbox import Inbox, furnish
from tests.support.live import hl7_server
from tests.support.outbox_department import Department
from tests.support.receiver import Receiver, receiver
from worklist import db, nudge
from worklist.hl7.mllp import MllpServer


class Nudges:
    """Remembers what would have been sent to Redis."""

    def __init__(self) -> None:
        self.tasks: list[tuple[str, int]] = []

    def send_task(self, name: str, argument: int) -> None:
        self.tasks.append((name, argument))

    def publish(self, channel: str, message: str) -> None:
        """Nobody listens."""

    def named(self, name: str) -> list[int]:
        return [argument for task, argument in self.tasks if task == name]


@pytest.fixture
def nudges(monkeypatch: pytest.MonkeyPatch) -> Nudges:
    remembered = Nudges()
    monkeypatch.setattr(nudge, "_transport", remembered)
    return remembered


@pytest.fixture
def inbox(session: Session) -> Inbox:
    furnish(session)
    session.commit()
    return Inbox(
        sessionmaker(
            session.connection(),
            join_transaction_mode="create_savepoint",
            expire_on_commit=False,
        )
    )


@pytest.fixture
def serve(
    settings: Settings, session_factory: db.SessionFactory
) -> Iterator[Callable[..., MllpServer]]:
    """Start servers with changed settings; all end with the test."""
    with ExitStack() as stack:
        yield lambda **changes: stack.enter_context(
            hl7_server(settings.model_copy(update=changes), session_factory)
        )


@pytest.fixture
def department(session_factory: db.SessionFactory) -> Department:
    """A department that has an outbox, over this test's own database."""
    return Department(session_factory)


@pytest.fixture
def target() -> Iterator[Receiver]:
    """A system that the outbox sends to."""
    with receiver() as one:
        yield one
