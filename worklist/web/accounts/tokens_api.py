"""Everybody's API tokens, for programs of administrators."""

from typing import Self

from sqlalchemy.orm import Session

from worklist.auth import tokens
from worklist.auth.models import ApiToken
from worklist.auth.roles import Permission
from worklist.language.text import _
from worklist.web import context
from worklist.web.accounts import columns
from worklist.web.accounts.api import Token
from worklist.web.api.fields import Done, Page, TableQuery
from worklist.web.api.incoming import page_after
from worklist.web.api.operations import Operations
from worklist.web.paging import sorted_page

api = Operations("Tokens", "Everybody's API tokens: who has which, last used when and from where.")


class AnyToken(Token):
    """A token, without its text, and the account that it speaks for."""

    username: str

    @classmethod
    def of(cls, token: ApiToken) -> Self:
        """Describe a token."""
        return cls.made_of(token, username=token.user.username)


@api.get("/tokens", Permission.ADMINISTER, twins="accounts.tokens")
def list_tokens(session: Session, query: TableQuery) -> Page[AnyToken]:
    """List the tokens; `text` is part of a program's, an account's or a person's name."""
    wanted = tokens.everyones(query.text, ended=query.all, now=context.now())
    sorting = columns.tokens_by(query.sort)
    found = sorted_page(session, wanted, sorting, after=query.after, rows=query.limit)
    return Page(items=[AnyToken.of(one) for one in found.rows], next=page_after(found.after))


@api.post("/tokens/<int:token_id>/revoke", Permission.ADMINISTER, twins="accounts.revoke_any_token")
def revoke_any_token(session: Session, token_id: int) -> Done:
    """End anybody's token."""
    token = tokens.any_of(session, token_id)
    tokens.revoke(session, token, actor=context.actor(), now=context.now())
    return Done(text=_("The token is revoked."))
