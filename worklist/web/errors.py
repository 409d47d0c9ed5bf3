"""What a person sees when something cannot be done: what, why and what to do."""

from collections.abc import Sequence

import structlog
from flask import Flask, Response, make_response, render_template, request
from flask_limiter import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from worklist.errors import ConflictError, DomainError, NotFoundError
from worklist.fhir import answers as fhir
from worklist.language.text import _
from worklist.scheduling.service import SlotTakenError
from worklist.web import context
from worklist.web.answers import is_htmx
from worklist.web.api import problems
from worklist.web.context import NoDepartmentError
from worklist.web.language import tell

_BAD_REQUEST, _NOT_FOUND, _CONFLICT, _UNPROCESSABLE = 400, 404, 409, 422
_TITLES = {
    _BAD_REQUEST: _("Sign in again"),
    403: _("Not yours to do"),
    _NOT_FOUND: _("Not found"),
    _CONFLICT: _("Somebody else was faster"),
    413: _("Too long"),
    _UNPROCESSABLE: _("That cannot be done"),
    429: _("Too many tries"),
    500: _("Something went wrong"),
    503: _("The database does not answer"),
}
_TEXTS = {
    403: _("Your account may not do this. Ask an administrator for the role that may."),
    _NOT_FOUND: _("There is no such page. Look it up with the search at the top."),
    413: _("What was sent is too long."),
    429: _("Too many tries from this address. Wait a minute and try again."),
}

log = structlog.get_logger(__name__)


def install(app: Flask) -> None:
    """Answer every exception in words; a part of a page gets only the notice."""
    app.register_error_handler(DomainError, _domain_error)
    app.register_error_handler(StaleDataError, _stale)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(DataError, _data_error)
    app.register_error_handler(IntegrityError, _integrity_error)
    app.register_error_handler(DBAPIError, _database_error)
    app.register_error_handler(ProgrammingError, _crash)
    app.register_error_handler(Exception, _crash)


def refused(
    text: str, status: int, details: Sequence[str] = (), *, title: str | None = None
) -> Response:
    """Return the notice, or the whole page where a browser shows it; a problem to programs."""
    if problems.is_api():
        return problems.of_status(status, text)
    if fhir.is_fhir():
        return fhir.of_status(status, text)
    title = title or _TITLES.get(status, _TITLES[_UNPROCESSABLE])
    name = "layout/refused.html" if is_htmx() else "layout/error.html"
    lines = [tell(one) for one in details]
    told = render_template(name, title=title, text=tell(text), details=lines)
    response = make_response(told, status)
    if is_htmx():
        response.headers["HX-Retarget"] = "#answer"
        response.headers["HX-Reswap"] = "innerHTML"
    return response


def status_of(error: DomainError) -> int:
    """Return the HTTP status that says what kind of refusal it is."""
    if isinstance(error, NotFoundError):
        return _NOT_FOUND
    if isinstance(error, ConflictError | SlotTakenError):
        return _CONFLICT
    return _UNPROCESSABLE


def _domain_error(error: DomainError) -> Response:
    title = _("There is no department yet") if isinstance(error, NoDepartmentError) else None
    return refused(error.text, status_of(error), error.details, title=title)


def _stale(_error: StaleDataError) -> Response:
    return refused(_("This was changed meanwhile. Look again and repeat."), _CONFLICT)


def _csrf_error(error: CSRFError) -> Response:
    log.info("web.csrf", reason=error.description)
    return refused(_("Your session has ended: load the page again and repeat."), _BAD_REQUEST)


def _http_error(error: HTTPException) -> Response | HTTPException:
    if error.code is None or error.response is not None or error.code < _BAD_REQUEST:
        return error
    response = refused(_TEXTS.get(error.code, error.description or error.name), error.code)
    if isinstance(error, RateLimitExceeded):
        response.headers["Retry-After"] = error.limit.limit.get_expiry()
    return response


def _data_error(error: DataError) -> Response:
    log.info("web.data", error=type(error.orig).__name__, path=request.path)
    return refused(
        _("Nothing was changed: a text is too long, or a number or date out of range."),
        _UNPROCESSABLE,
    )


def _integrity_error(error: IntegrityError) -> Response:
    """Two did the same at one time, past every check: the constraint keeps the truth."""
    log.warning("web.integrity", error=type(error.orig).__name__, path=request.path)
    return refused(_("This was changed meanwhile. Look again and repeat."), _CONFLICT)


def _database_error(error: DBAPIError) -> Response:
    log.error("web.database", error=type(error.orig).__name__, path=request.path)
    context.go_on_as_nobody()
    return refused(
        _("Nothing was changed. Try again in a moment; if it happens again, see /readyz."), 503
    )


def _crash(error: Exception) -> Response:
    log.error("web.crash", endpoint=request.endpoint, exc_info=error)
    context.go_on_as_nobody()
    return refused(_("Nothing was changed. The error is in the log; please tell support."), 500)
