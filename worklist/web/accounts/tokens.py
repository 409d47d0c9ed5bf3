"""``/accounts/tokens``: everybody's API tokens, for administrators to see and to end."""

from functools import partial

from flask import Response, render_template, request, url_for
from sqlalchemy import Select

from worklist.auth import tokens
from worklist.auth.models import ApiToken
from worklist.auth.roles import Permission
from worklist.language.text import _
from worklist.web import answers, context, paging
from worklist.web.accounts import columns
from worklist.web.permissions import require
from worklist.web.spreadsheet import list_as_file


@require(Permission.ADMINISTER)
def overview() -> str:
    """List the tokens."""
    sorting = columns.tokens_by(request.args.get("sort", ""))
    with context.transaction() as session:
        return render_template(
            "accounts/tokens.html",
            page=paging.sorted_page(
                session, _wanted(), sorting, after=request.args.get("after", "")
            ),
            sorting=sorting,
        )


@require(Permission.ADMINISTER)
def as_file() -> Response:
    """Return the tokens, all pages of them, as they are filtered and sorted."""
    sorting = columns.tokens_by(request.args.get("sort", ""))
    heading = (_("Account"), _("Program"), _("Made"), _("Ends"), _("Last used"), _("From"))
    return list_as_file(
        "tokens",
        heading,
        partial(paging.sorted_page, statement=_wanted(), sorting=sorting),
        lambda one: [
            one.user.username,
            one.name,
            one.created_at,
            one.expires_at,
            one.last_used_at,
            one.last_used_address,
        ],
    )


@require(Permission.ADMINISTER)
def revoke(token_id: int) -> Response:
    """End anybody's token."""
    with context.transaction() as session:
        token = tokens.any_of(session, token_id)
        tokens.revoke(session, token, actor=context.actor(), now=context.now())
        text = _(
            "The token “%(program)s” of %(username)s is revoked.",
            program=token.name,
            username=token.user.username,
        )
    return answers.done(text, to=url_for("accounts.tokens"))


def _wanted() -> Select[ApiToken]:
    return tokens.everyones(
        request.args.get("q", "").strip(),
        ended=request.args.get("all") == "yes",
        now=context.now(),
    )
