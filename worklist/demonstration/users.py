"""The people who sign in to the demonstration."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.auth import service as auth
from worklist.auth.models import User
from worklist.auth.roles import UserRole

PASSWORD = "worklist-demo"  # noqa: S105 - printed on the start screen


@dataclass(frozen=True, slots=True)
class Login:
    """A demonstration account: its user name, who that is, and what that person does."""

    name: str
    display_name: str
    role: UserRole
    does: str


LOGINS = (
    Login("desk", "Dana Desk", UserRole.FRONT_DESK, "front desk: books, moves, checks in"),
    Login("tech", "Terry Tech", UserRole.TECHNOLOGIST, "technologist: runs a room"),
    Login("reader", "Robin Reader", UserRole.RADIOLOGIST, "radiologist: reads the queue"),
    Login("admin", "Alex Admin", UserRole.ADMINISTRATOR, "administrator: may do all of it"),
)


def load_users(session: Session, *, actor: str, now: datetime) -> int:
    """Create the accounts that are not there yet; returns how many."""
    known = set(session.scalars(select(User.username)))
    missing = [login for login in LOGINS if login.name not in known]
    for login in missing:
        user = auth.create_user(
            session,
            username=login.name,
            display_name=login.display_name,
            password=None,
            roles=[login.role],
            actor=actor,
            now=now,
        )
        user.password_hash = auth.printed(PASSWORD)
    return len(missing)
