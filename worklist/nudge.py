"""Nudges: after a commit, tell workers and open pages that rows have changed.

A nudge carries ids only and may be lost: Redis may be flushed or down at any moment. The rows say
what is undone, and the periodic sweeps of ``workers`` find whatever was not nudged.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Protocol

import structlog
from sqlalchemy import event
from sqlalchemy.orm import Session

from worklist.logs import Seldom

LIVE_CHANNEL = "worklist:live"

_PENDING_TASKS = "nudge.tasks"
_PENDING_TOPICS = "nudge.topics"

log = structlog.get_logger(__name__)
_lost = Seldom("nudge.lost")


class Transport(Protocol):
    """Carries nudges to Redis."""

    def send_task(self, name: str, argument: int) -> None:
        """Ask a worker to run the task ``name`` with one id."""

    def publish(self, channel: str, message: str) -> None:
        """Tell the listeners of ``channel``."""


class _NoTransport:
    def send_task(self, name: str, argument: int) -> None:
        log.debug("nudge.no_transport", task=name, argument=argument)

    def publish(self, channel: str, message: str) -> None:
        log.debug("nudge.no_transport", channel=channel, message=message)


_transport: Transport = _NoTransport()
_kept: ContextVar[Mapping[str, list[int]]] = ContextVar("kept", default=MappingProxyType({}))


def use(transport: Transport) -> None:
    """Set the transport of this process; without one the sweeps do all the work."""
    global _transport  # noqa: PLW0603 - one per process, set at start
    _transport = transport


@contextmanager
def kept(name: str) -> Iterator[list[int]]:
    """Collect the ids of nudges for ``name`` instead of sending them: the caller does the work."""
    arguments: list[int] = []
    token = _kept.set({**_kept.get(), name: arguments})
    try:
        yield arguments
    finally:
        _kept.reset(token)


def task(session: Session, name: str, argument: int) -> None:
    """After this session's commit, ask a worker to run ``name`` with the id ``argument``."""
    session.info.setdefault(_PENDING_TASKS, {})[name, argument] = None


def live(session: Session, topic: str, identifier: int) -> None:
    """After this session's commit, tell open pages that ``topic`` has news of ``identifier``."""
    session.info.setdefault(_PENDING_TOPICS, {})[topic, identifier] = None


@event.listens_for(Session, "after_commit")
def _send(session: Session) -> None:
    if session.in_nested_transaction():
        return
    tasks = session.info.pop(_PENDING_TASKS, {})
    topics = session.info.pop(_PENDING_TOPICS, {})
    kept_here = _kept.get()
    try:
        for name, argument in tasks:
            if name in kept_here:
                kept_here[name].append(argument)
            else:
                _transport.send_task(name, argument)
        for topic, identifier in topics:
            _transport.publish(LIVE_CHANNEL, json.dumps({"topic": topic, "id": identifier}))
    except Exception as error:  # noqa: BLE001 - a lost nudge must never fail what was committed
        _lost.tell(error=type(error).__name__)


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, _previous: object) -> None:
    if not session.in_transaction():
        session.info.pop(_PENDING_TASKS, None)
        session.info.pop(_PENDING_TOPICS, None)
