"""Tables of the people who sign in and of the keys of their programs."""

from datetime import datetime

from sqlalchemy import ForeignKey, Identity, String, UniqueConstraint, false
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from worklist.db import Base


class User(Base):
    """A person with an account; ``roles`` are ``auth.roles.UserRole`` values.

    ``locale`` is the language chosen for the pages; None leaves it to the browser and the site.
    ``session_epoch`` is part of every session cookie: raising it signs the user out everywhere.
    Without ``password_hash`` only an identity provider opens the account (`UserIdentity`);
    ``password_is_temporary`` tells that somebody else chose it.
    """

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    username: Mapped[str] = mapped_column(String(64), unique=True)
    display_name: Mapped[str] = mapped_column(String(100))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    password_is_temporary: Mapped[bool] = mapped_column(default=False, server_default=false())
    locale: Mapped[str | None] = mapped_column(String(16))
    roles: Mapped[list[str]] = mapped_column(ARRAY(String(32)))
    active: Mapped[bool] = mapped_column(default=True)
    session_epoch: Mapped[int] = mapped_column(default=0)
    failed_sign_ins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    last_sign_in_at: Mapped[datetime | None]


class StrangerSignIn(Base):
    """Wrong passwords for a name that no account has; ``digest`` is the name's SHA-256."""

    __tablename__ = "stranger_sign_ins"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    failed_sign_ins: Mapped[int]
    locked_until: Mapped[datetime | None]
    last_at: Mapped[datetime] = mapped_column(index=True)


class EndedSession(Base):
    """A session that its person signed out of; ``digest`` is the SHA-256 of its key."""

    __tablename__ = "ended_sessions"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    ended_at: Mapped[datetime] = mapped_column(index=True)


class UserIdentity(Base):
    """A person of an identity provider who opens an account (OpenID Connect Core 1.0 section 2)."""

    __tablename__ = "user_identities"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    issuer: Mapped[str] = mapped_column(String(500))
    subject: Mapped[str] = mapped_column(String(255))
    connected_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()


class ApiToken(Base):
    """A program's key to an account; ``digest`` is the SHA-256 of its text, in hexadecimal.

    ``last_used_address`` is where its last use came from.
    """

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    last_used_address: Mapped[str | None] = mapped_column(String(64))

    user: Mapped[User] = relationship()


class ApiRequest(Base):
    """What was answered to a request with an ``Idempotency-Key``, for when it is sent again.

    ``digest`` is the SHA-256 of all that it asked for; ``status`` is empty until it is answered.
    """

    __tablename__ = "api_requests"
    __table_args__ = (UniqueConstraint("user_id", "key"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    key: Mapped[str] = mapped_column(String(100))
    digest: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None]
    body: Mapped[str] = mapped_column(default="")
    location: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(index=True)
