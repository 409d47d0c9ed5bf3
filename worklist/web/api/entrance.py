"""Who may ask: a program with an API token, or a page of our own with its session.

A token counts alone, whatever cookie comes with it. A session is a browser's: what it changes
needs the page's CSRF token (header ``X-CSRFToken``).
"""

from typing import NoReturn

from flask import Blueprint, current_app, g, request
from flask_login import current_user

from worklist.auth import tokens
from worklist.language.text import _
from worklist.web import context, programs, sign_in
from worklist.web.api.problems import ApiError

_UNKNOWN = _("Send the header Authorization: Bearer <API token>; make one under “Your account”.")
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_UNAUTHORIZED = 401


def guard(blueprint: Blueprint) -> None:
    """Ask who it is before every operation, and count the requests of each address."""
    blueprint.before_request(_admit)
    programs.limit_requests(blueprint)


def _admit() -> None:
    if "Authorization" in request.headers:
        _admit_program(request.headers["Authorization"])
    elif not sign_in.has_account() or current_user.password_is_temporary:
        _refuse()
    elif request.method not in _READS:
        current_app.extensions["csrf"].protect()


def _admit_program(given: str) -> None:
    scheme, _, text = given.partition(" ")
    with context.transaction() as session:
        user = None
        if scheme.lower() == "bearer" and text.strip():
            user = tokens.owner(session, text.strip(), now=context.now(), address=context.address())
        if user is None:
            _refuse()
        context.set_zone(session)
        # Flask-Login looks here first; nothing is written to a browser's session.
        g._login_user = sign_in.signed_in(user)  # noqa: SLF001 - where Flask-Login keeps it


def _refuse() -> NoReturn:
    """Count the try: a right token from the same address still opens."""
    programs.count_wrong_token()
    raise ApiError(_UNAUTHORIZED, "unauthenticated", _UNKNOWN)
