"""Accounts and tokens for programs.

A person's own password, and what opens a session, stay with the person's browser.
"""

from datetime import datetime
from typing import Annotated

from flask import request
from flask_login import current_user
from pydantic import Field, StringConstraints
from sqlalchemy.orm import Session

from worklist.auth import identities, queries, tokens
from worklist.auth import service as auth
from worklist.auth.models import User
from worklist.auth.roles import Permission, UserRole
from worklist.language.text import _
from worklist.web import context
from worklist.web.accounts import columns
from worklist.web.api.fields import Done, Input, Output, Page, TableQuery
from worklist.web.api.incoming import page_after
from worklist.web.api.operations import Operations
from worklist.web.api.problems import ApiError
from worklist.web.paging import sorted_page

api = Operations("Accounts", "Who may sign in and as what, and the tokens of their programs.")

_Username = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
_Password = Annotated[str, StringConstraints(min_length=1, max_length=400)]
_Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class Account(Output):
    """An account; ``locked_until`` is set after wrong passwords."""

    username: str
    display_name: str
    roles: list[UserRole]
    active: bool
    locale: str | None
    locked_until: datetime | None
    last_sign_in_at: datetime | None


class NewAccount(Input):
    """An account to make."""

    username: _Username
    display_name: _Name
    password: _Password
    roles: Annotated[list[UserRole], Field(max_length=20)]


class Roles(Input):
    """What the person does in the department."""

    roles: Annotated[list[UserRole], Field(max_length=20)]


class Password(Input):
    """Another password."""

    password: _Password


class Token(Output):
    """A token, without its text."""

    id: int
    name: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    last_used_address: str | None


class OwnIdentity(Output):
    """A person of an identity provider who opens the account."""

    id: int
    issuer: str
    connected_at: datetime
    last_used_at: datetime | None


class OwnAccount(Output):
    """One's own account."""

    account: Account
    tokens: list[Token]
    identities: list[OwnIdentity]


class NewToken(Input):
    """For which program a token is, and how long it lasts."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
    days: Annotated[int, Field(ge=1, le=tokens.LONGEST_DAYS)]


class TokenMade(Token):
    """A token with its text, which is told this once."""

    text: str


class Language(Input):
    """The language of the pages; null leaves it to the browser."""

    locale: Annotated[str, StringConstraints(max_length=16)] | None


@api.get("/accounts", Permission.ADMINISTER, twins="accounts.overview")
def list_accounts(session: Session, query: TableQuery) -> Page[Account]:
    """List the accounts."""
    wanted = queries.accounts(query.text, closed=query.all)
    sorting = columns.sorting(query.sort)
    found = sorted_page(session, wanted, sorting, after=query.after, rows=query.limit)
    items = [Account.model_validate(one) for one in found.rows]
    return Page(items=items, next=page_after(found.after))


@api.post(
    "/accounts", Permission.ADMINISTER, creates="/accounts/{username}", twins="accounts.create"
)
def create_account(session: Session, body: NewAccount) -> Account:
    """Make an account."""
    user = auth.create_user(
        session,
        username=body.username,
        display_name=body.display_name,
        password=body.password,
        roles=body.roles,
        actor=context.actor(),
        now=context.now(),
        temporary=True,
    )
    return Account.model_validate(user)


@api.get("/accounts/<username>", Permission.ADMINISTER)
def read_account(session: Session, username: str) -> Account:
    """Return an account."""
    return Account.model_validate(queries.by_name(session, username))


@api.put("/accounts/<username>/roles", Permission.ADMINISTER, twins="accounts.change_roles")
def change_roles(session: Session, username: str, body: Roles) -> Account:
    """Say anew what the person does."""
    user = queries.by_name(session, username)
    auth.set_roles(session, user, roles=body.roles, actor=context.actor(), now=context.now())
    return Account.model_validate(user)


@api.put("/accounts/<username>/password", Permission.ADMINISTER, twins="accounts.change_password")
def change_password(session: Session, username: str, body: Password) -> Done:
    """Give somebody another password; the account's sessions end."""
    user = queries.by_name(session, username)
    auth.set_password(
        session,
        user,
        password=body.password,
        actor=context.actor(),
        now=context.now(),
        temporary=user.username != current_user.username,
    )
    return Done(text=_("%(username)s signs in with the new password now.", username=user.username))


@api.post(
    "/accounts/<username>/<any(open, close):wanted>",
    Permission.ADMINISTER,
    twins="accounts.change_active",
)
def use_account(session: Session, username: str, wanted: str) -> Account:
    """Close an account or open it again."""
    user = queries.by_name(session, username)
    active = wanted == "open"
    auth.set_active(session, user, active=active, actor=context.actor(), now=context.now())
    return Account.model_validate(user)


@api.get("/own", None, twins="accounts.own")
def read_own_account(session: Session) -> OwnAccount:
    """Return one's own account, its tokens and its identities."""
    user = _own(session)
    return OwnAccount(
        account=Account.model_validate(user),
        tokens=[Token.model_validate(one) for one in tokens.of(session, user)],
        identities=[OwnIdentity.model_validate(one) for one in identities.of(session, user)],
    )


@api.post("/own/sign-out", None, twins="accounts.sign_out_everywhere")
def sign_out_everywhere(session: Session) -> Done:
    """End every session of one's own account; its tokens go on."""
    auth.sign_out(
        session, _own(session), everywhere=True, now=context.now(), address=context.address()
    )
    return Done(text=_("You are signed out everywhere."))


@api.put("/own/language", None, twins="accounts.choose_language")
def choose_language(session: Session, body: Language) -> Account:
    """Choose the language of one's pages."""
    user = _own(session)
    auth.choose_locale(user, body.locale or None)
    return Account.model_validate(user)


@api.post("/own/tokens", None, creates="/own", secret=True, twins="accounts.create_token")
def create_token(session: Session, body: NewToken) -> TokenMade:
    """Make a token from a page's session: a token cannot make another one, or it would never end.

    The text is told this once.
    """
    if "Authorization" in request.headers:
        refusal = _("A token cannot create tokens: create it on the page “Your account”.")
        raise ApiError(403, "forbidden", refusal)
    token, text = tokens.create(
        session, _own(session), name=body.name, days=body.days, now=context.now()
    )
    return TokenMade.made_of(token, text=text)


@api.post("/own/tokens/<int:token_id>/revoke", None, twins="accounts.revoke_token")
def revoke_token(session: Session, token_id: int) -> Done:
    """End one of one's own tokens."""
    token = tokens.own(session, _own(session), token_id)
    tokens.revoke(session, token, actor=context.actor(), now=context.now())
    return Done(text=_("The token is revoked."))


@api.post("/own/identities/<int:identity_id>/disconnect", None, twins="single_sign_on.disconnect")
def disconnect_identity(session: Session, identity_id: int) -> Done:
    """End a connection of one's own account with an identity provider."""
    identities.disconnect(session, _own(session), identity_id, now=context.now())
    return Done(text=_("The connection is ended."))


def _own(session: Session) -> User:
    return context.user(session)
