"""Take one transmission, a message or a batch, and give its answer: the same over every channel."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session

from worklist import db
from worklist.hl7 import batch, intake
from worklist.hl7.acknowledge import Acknowledgement
from worklist.hl7.batch import Batch
from worklist.hl7.errors import AckCode

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back; empty ``content`` means no answer, as the sender asked for.

    ``stored`` is false where the database could not keep every message.
    """

    content: bytes
    codes: tuple[AckCode, ...]
    stored: bool = True


def exchange(
    sessions: db.SessionFactory,
    raw: bytes,
    *,
    channel: str,
    peer: str,
    now: datetime,
    zone: ZoneInfo,
    known_only: bool = False,
) -> Answer:
    """Store every message of a transmission, each in its own transaction, and answer.

    Args:
        sessions: Makes the transactions.
        raw: A message or a batch, without the bytes of its transport.
        channel: ``mllp`` or ``http``.
        peer: The sender's network address.
        now: When it arrived.
        zone: The site's time zone.
        known_only: Refuse what comes from no known peer.
    """
    found = batch.split(raw)
    given: list[Acknowledgement] = []
    stored = True
    for message in (raw,) if found.error else found.messages:
        receive = partial(
            intake.receive,
            raw=message,
            channel=channel,
            peer=peer,
            now=now,
            zone=zone,
            refusal=_refusal(found),
            known_only=known_only,
        )
        try:
            given.append(_in_transaction(sessions, receive))
        except SQLAlchemyError as error:
            cause = getattr(error, "orig", None) or error  # such as DiskFull
            log.error("hl7.not_stored", peer=peer, error=type(cause).__name__)  # noqa: TRY400 - its text may hold a patient's name
            stored = False
            given.append(intake.refuse_unavailable(message, now=now))
    return Answer(_content(found, given, now), tuple(one.code for one in given), stored)


def _in_transaction(
    sessions: db.SessionFactory, receive: Callable[[Session], Acknowledgement]
) -> Acknowledgement:
    """Receive and commit; once more on a new connection where the database had closed the old.

    A message that was kept by the first try is known again by the second.
    """
    try:
        with db.transaction(sessions) as session:
            return receive(session)
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
    with db.transaction(sessions) as session:
        return receive(session)


def _refusal(found: Batch) -> intake.Refusal | None:
    if found.error is None:
        return None
    header = batch.as_message_header(found.headers[-1]) if found.headers else None
    return intake.Refusal(header, found.error)


def _content(found: Batch, given: list[Acknowledgement], now: datetime) -> bytes:
    contents = [one.content for one in given if one.content]
    if found.error or not found.is_batch or (given and not contents):
        return b"".join(contents)
    return batch.answer(found, contents, now=now)
