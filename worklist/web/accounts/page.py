"""``/accounts``: who may sign in and as what; ``/accounts/own``: one's own password."""

from functools import partial

from flask import Blueprint, Response, render_template, request, session, url_for
from flask_login import current_user, login_user
from sqlalchemy.orm import Session

from worklist.auth import identities, queries, tokens
from worklist.auth import service as auth
from worklist.auth.models import User
from worklist.auth.roles import Permission, UserRole
from worklist.errors import DomainError
from worklist.language.catalogues import locales, own_name
from worklist.language.text import _
from worklist.web import answers, context, language, paging, words
from worklist.web.accounts import columns
from worklist.web.accounts import tokens as everyones_tokens
from worklist.web.permissions import require
from worklist.web.sign_in import THROUGH_PROVIDER, begin_session, signed_in
from worklist.web.spreadsheet import list_as_file

blueprint = Blueprint("accounts", __name__, url_prefix="/accounts")
blueprint.add_url_rule("/tokens", "tokens", everyones_tokens.overview)
blueprint.add_url_rule("/tokens.csv", "tokens_file", everyones_tokens.as_file)
blueprint.add_url_rule(
    "/tokens/<int:token_id>/revoke", "revoke_any_token", everyones_tokens.revoke, methods=["POST"]
)


@blueprint.get("")
@require(Permission.ADMINISTER)
def overview() -> str:
    """List the accounts, with a form for a new one."""
    sorting = columns.sorting(request.args.get("sort", ""))
    with context.transaction() as database:
        wanted = queries.accounts(
            request.args.get("q", "").strip(), closed=request.args.get("all") == "yes"
        )
        return render_template(
            "accounts/page.html",
            page=paging.sorted_page(database, wanted, sorting, after=request.args.get("after", "")),
            sorting=sorting,
            roles=list(UserRole),
            shortest=auth.SHORTEST_PASSWORD,
        )


@blueprint.get("/list.csv")
@require(Permission.ADMINISTER)
def as_file() -> Response:
    """Return the accounts, all pages of them, as they are filtered and sorted."""
    sorting = columns.sorting(request.args.get("sort", ""))
    wanted = queries.accounts(
        request.args.get("q", "").strip(), closed=request.args.get("all") == "yes"
    )
    heading = (_("Name"), _("Person"), _("Does"), _("Last signed in"), _("In use"))
    return list_as_file(
        "accounts",
        heading,
        partial(paging.sorted_page, statement=wanted, sorting=sorting),
        lambda one: [
            one.username,
            one.display_name,
            [words.word(role) for role in one.roles],
            one.last_sign_in_at,
            one.active,
        ],
    )


@blueprint.post("")
@require(Permission.ADMINISTER)
def create() -> Response:
    """Create an account."""
    with context.transaction() as database:
        user = auth.create_user(
            database,
            username=request.form.get("username", ""),
            display_name=_display_name(),
            password=request.form.get("password", ""),
            roles=_roles(),
            actor=context.actor(),
            now=context.now(),
            temporary=True,
        )
        text = _(
            "%(name)s may sign in as %(username)s now.",
            name=user.display_name,
            username=user.username,
        )
    return answers.done(text, to=url_for("accounts.overview"))


@blueprint.post("/<username>/roles")
@require(Permission.ADMINISTER)
def change_roles(username: str) -> Response:
    """Say anew what the person does."""
    with context.transaction() as database:
        user = queries.by_name(database, username)
        auth.set_roles(database, user, roles=_roles(), actor=context.actor(), now=context.now())
    return answers.done(
        _("The roles apply from the next page on."), to=url_for("accounts.overview")
    )


@blueprint.post("/<username>/password")
@require(Permission.ADMINISTER)
def change_password(username: str) -> Response:
    """Give somebody another password."""
    with context.transaction() as database:
        user = queries.by_name(database, username)
        auth.set_password(
            database,
            user,
            password=request.form.get("password", ""),
            actor=context.actor(),
            now=context.now(),
            temporary=username != current_user.username,
        )
    return answers.done(
        _("%(username)s signs in with the new password now.", username=username),
        to=url_for("accounts.overview"),
    )


@blueprint.post("/<username>/<any(open, close):wanted>")
@require(Permission.ADMINISTER)
def change_active(username: str, wanted: str) -> Response:
    """Close an account or open it again."""
    with context.transaction() as database:
        user = queries.by_name(database, username)
        auth.set_active(
            database,
            user,
            active=wanted == "open",
            actor=context.actor(),
            now=context.now(),
        )
    return answers.done(
        _("The account %(name)s is open again.", name=username)
        if wanted == "open"
        else _("The account %(name)s is closed and signed out.", name=username),
        to=url_for("accounts.overview"),
    )


@blueprint.get("/own")
def own() -> str:
    """Show one's own account."""
    with context.transaction() as database:
        return _own_page(database)


@blueprint.post("/own/tokens")
def create_token() -> str:
    """Make a token and show its text this once."""
    with context.transaction() as database:
        _token, text = tokens.create(
            database,
            _own(database),
            name=request.form.get("name", ""),
            days=request.form.get("days", 0, type=int),
            now=context.now(),
        )
        return _own_page(database, text)


@blueprint.post("/own/tokens/<int:token_id>/revoke")
def revoke_token(token_id: int) -> Response:
    """End a token."""
    with context.transaction() as database:
        token = tokens.own(database, context.user(database), token_id)
        tokens.revoke(database, token, actor=context.actor(), now=context.now())
    return answers.done(_("The token is revoked."), to=url_for("accounts.own"))


@blueprint.post("/own")
def change_own_password() -> Response:
    """Replace one's own password; other sessions of the account end, this one goes on."""
    with context.transaction() as database:
        user = _own(database)
        auth.change_own_password(
            database,
            user,
            present=request.form.get("present", ""),
            password=request.form.get("password", ""),
            now=context.now(),
        )
        begin_session(user, through_provider=session.get(THROUGH_PROVIDER, False))
    return answers.done(_("Your password is changed."), to=url_for("home.start"))


@blueprint.post("/own/sign-out")
def sign_out_everywhere() -> Response:
    """End every session of one's own account, this one too."""
    with context.transaction() as database:
        auth.sign_out(
            database,
            _own(database),
            everywhere=True,
            now=context.now(),
            address=context.address(),
        )
    return answers.done(_("You are signed out everywhere."), to=url_for("sign_in.form"))


@blueprint.post("/own/language")
def choose_language() -> Response:
    """Choose the language of the pages; the answer is in the new one."""
    with context.transaction() as database:
        user = _own(database)
        auth.choose_locale(user, request.form.get("locale") or None)
        login_user(signed_in(user))
    language.choose_again()
    return answers.done(
        _("The pages are in this language from now on."), to=url_for("accounts.own")
    )


def _own_page(database: Session, text: str = "") -> str:
    user = _own(database)
    return render_template(
        "accounts/own.html",
        tokens=tokens.of(database, user),
        text=text,
        shortest=auth.SHORTEST_PASSWORD,
        has_password=user.password_hash is not None,
        identities=identities.of(database, user),
        provider=context.provider_name(),
        languages={code: own_name(code) for code in locales()},
    )


def _own(database: Session) -> User:
    return queries.by_name(database, current_user.username)


def _roles() -> list[UserRole]:
    try:
        return [UserRole(role) for role in request.form.getlist("roles")]
    except ValueError as error:
        raise DomainError(_("There is no such role: %(error)s.", error=error)) from error


def _display_name() -> str:
    name = " ".join(request.form.get("display_name", "").split())
    if not name:
        raise DomainError(_("Give the person's name: it stands beside what the person does."))
    return name[:100]
