"""Requests that a program repeats: the same key gives the answer of the first time again.

The row is written in the transaction of what the request does, so that both are there or neither;
a second request with the key waits for the first to end.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from worklist.auth.models import ApiRequest
from worklist.errors import DomainError
from worklist.language.text import _

KEPT = timedelta(days=1)
LONGEST_KEY = 100


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered: status, body, and where that is found which was made."""

    status: int
    body: str
    location: str


class KeyReusedError(DomainError):
    """The key belongs to another request."""


def begin(
    session: Session, user_id: int, key: str, request: bytes, *, now: datetime
) -> Answer | ApiRequest:
    """Return what was answered to this key before, or the row to keep the answer in.

    Args:
        session: The transaction of what the request does.
        user_id: Whose key: keys of different accounts are different ones.
        key: The ``Idempotency-Key``.
        request: All that the request asks for.
        now: Time of the request.

    Raises:
        KeyReusedError: the key came with another request.
    """
    digest = hashlib.sha256(request).hexdigest()
    row_id = session.scalar(
        insert(ApiRequest)
        .values(user_id=user_id, key=key, digest=digest, created_at=now)
        .on_conflict_do_nothing(index_elements=["user_id", "key"])
        .returning(ApiRequest.id)
    )
    if row_id is not None:
        return session.get_one(ApiRequest, row_id)
    row = session.scalars(
        select(ApiRequest).where(ApiRequest.user_id == user_id, ApiRequest.key == key)
    ).one()
    if row.digest != digest:
        raise KeyReusedError(
            _("This Idempotency-Key came with another request: take a new one for each request.")
        )
    return Answer(row.status or 0, row.body, row.location)


def keep(row: ApiRequest, answer: Answer) -> None:
    """Keep what is answered."""
    row.status, row.body, row.location = answer.status, answer.body, answer.location


def forget(session: Session, *, now: datetime) -> int:
    """Delete what nobody repeats any more and return how many requests those were."""
    gone = session.execute(
        delete(ApiRequest).where(ApiRequest.created_at < now - KEPT).returning(ApiRequest.id)
    )
    return len(gone.all())
