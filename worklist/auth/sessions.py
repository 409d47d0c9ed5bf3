"""Sessions that were signed out of: a copy of their cookie opens nothing any more.

What a session is lives in its cookie. Signing out takes the cookie from the browser; whoever kept a
copy of it would go on without what is noted here.
"""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from worklist.auth.models import EndedSession, User

LONGEST = timedelta(hours=24)  # NIST SP 800-63B-4, 2025, section 2.2.3


def end(session: Session, key: str, *, now: datetime) -> None:
    """Note that the session with this key is over."""
    noted = insert(EndedSession).values(digest=_digest(key), ended_at=now)
    session.execute(noted.on_conflict_do_nothing())


def user(session: Session, user_id: int, epoch: int, key: str) -> User | None:
    """Return the account that a session is of, None where it may not be used any more."""
    return session.scalar(
        select(User).where(
            User.id == user_id,
            User.session_epoch == epoch,
            User.active,
            ~exists().where(EndedSession.digest == _digest(key)),
        )
    )


def forget(session: Session, *, now: datetime) -> int:
    """Delete what no cookie can be of any more and return how many sessions those were."""
    gone = delete(EndedSession).where(EndedSession.ended_at < now - LONGEST)
    return len(session.execute(gone.returning(EndedSession.digest)).all())


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
