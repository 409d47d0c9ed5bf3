"""``/fhir``: the server's HTTP side (R4 section 3.1.0), for programs with an API token."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime

from flask import Blueprint, Response, g, request
from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session

from worklist import db, json_body
from worklist.auth import tokens
from worklist.auth.models import User
from worklist.auth.roles import Permission, permissions
from worklist.clock import Clock
from worklist.errors import DomainError
from worklist.fhir import booking, slots
from worklist.fhir.answers import (
    MEDIA_TYPE,
    answered,
    base,
    if_new,
    of_data_error,
    of_domain_error,
    of_fhir_error,
    refused,
    written,
)
from worklist.fhir.appointments import APPOINTMENT
from worklist.fhir.asked import Asked
from worklist.fhir.capability import KINDS, NAMES, capability_statement, search_parameter
from worklist.fhir.elements import Json
from worklist.fhir.errors import FhirError, invalid
from worklist.fhir.json_patch import patched
from worklist.fhir.search import Kind
from worklist.json_body import NotTextError
from worklist.language.text import _

_LARGEST_BODY = 256 * 1024
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_JSON = (MEDIA_TYPE, "application/json")
_PATCH = ("application/json-patch+json",)
_FORMATS = frozenset({"json", *_JSON})

# Opens a transaction for whoever has the permission; gives the session and the present time.
Opened = Callable[[Permission], AbstractContextManager[tuple[Session, datetime]]]


def make_blueprint(
    sessions: db.SessionFactory, clock: Clock, wrong_token: Callable[[], int]
) -> Blueprint:
    """Return the blueprint; whoever registers it takes it out of CSRF protection.

    ``wrong_token`` counts one and tells how many seconds its sender has to wait, mostly 0.

    Only a bearer token opens it, never a browser's session, so that no page can be made to ask.
    """
    blueprint = Blueprint("fhir", __name__, url_prefix="/fhir")
    blueprint.register_error_handler(FhirError, of_fhir_error)
    blueprint.register_error_handler(DomainError, of_domain_error)
    blueprint.register_error_handler(DataError, of_data_error)
    blueprint.before_request(_check_format)

    @contextmanager
    def opened(permission: Permission) -> Iterator[tuple[Session, datetime]]:
        now = clock()
        with db.transaction(sessions) as session:
            user = _owner(session, now=now)
            if user is None:
                raise _unauthenticated(wrong_token())
            if permission not in permissions(user.roles):
                raise FhirError(403, "forbidden", _("The token's account may not do this."))
            g.fhir_username = user.username
            yield session, now

    _add_definitions(blueprint, clock)
    _add_reading(blueprint, opened)
    _add_booking(blueprint, opened)

    @blueprint.route("/", defaults={"rest": ""}, methods=_METHODS)
    @blueprint.route("/<path:rest>", methods=_METHODS)
    def other(rest: str) -> Response:
        """Refuse what no other address takes, as FHIR refuses it."""
        is_known = rest.split("/", maxsplit=1)[0] in {*NAMES, "SearchParameter", "metadata"}
        status = 405 if is_known else 404
        text = _(
            "This server does not take %(method)s %(path)s: see GET metadata.",
            method=request.method,
            path=request.path,
        )
        return refused(status, "not-supported", text)

    return blueprint


def _add_definitions(blueprint: Blueprint, clock: Clock) -> None:
    @blueprint.get("/metadata")
    def metadata() -> Response:
        """Say what this server does."""
        return answered(capability_statement(address=base(), date=clock().isoformat()))

    @blueprint.get("/SearchParameter/<identifier>")
    def parameter(identifier: str) -> Response:
        """Say what a search parameter of our own means."""
        return answered(search_parameter(identifier, address=base()))


def _add_reading(blueprint: Blueprint, opened: Opened) -> None:
    @blueprint.get("/<kind>")
    def search(kind: str) -> Response:
        """Return a searchset."""
        return found(kind, list(request.args.items(multi=True)))

    @blueprint.post("/<kind>/_search")
    def search_by_form(kind: str) -> Response:
        """Return a searchset; what names people is not part of the address (section 3.1.0.1)."""
        sent = [*request.args.items(multi=True), *request.form.items(multi=True)]
        return found(kind, sent)

    def found(kind: str, query: list[tuple[str, str]]) -> Response:
        with opened(Permission.SEE_SCHEDULE) as (session, now):
            return answered(_search(session, kind, _relative(query), now=now))

    @blueprint.get("/<kind>/<identifier>")
    def read(kind: str, identifier: str) -> Response:
        """Return one resource, or that it is what the asker has already."""
        with opened(Permission.SEE_SCHEDULE) as (session, now):
            return if_new(_read(session, kind, identifier, now=now))


def _add_booking(blueprint: Blueprint, opened: Opened) -> None:
    @blueprint.post("/Appointment")
    def book() -> Response:
        """Book an exam into a slot."""
        if "If-None-Exist" in request.headers:
            raise FhirError(400, "not-supported", _("Conditional creates are not done here."))
        body = _body()
        with opened(Permission.BOOK) as (session, now):
            exam = booking.book(session, body, actor=_actor(), now=now)
            response = written(APPOINTMENT.read(session, str(exam.id)), status=201)
            response.headers["Location"] = f"{base()}/Appointment/{exam.id}"
        return response

    @blueprint.put("/Appointment/<identifier>")
    def update(identifier: str) -> Response:
        """Move or cancel an exam: the Appointment as it should become."""
        body = _body()
        return changed(identifier, lambda _before: body)

    @blueprint.patch("/Appointment/<identifier>")
    def patch(identifier: str) -> Response:
        """Move or cancel an exam: what is to change in its Appointment."""
        operations = _sent(_PATCH)
        return changed(identifier, lambda before: patched(before, operations))

    def changed(identifier: str, wanted: Callable[[Json], Json]) -> Response:
        with opened(Permission.BOOK) as (session, now):
            exam, before = booking.present(session, identifier)
            _check_version(before)
            booking.change(session, exam, before, wanted(before), actor=_actor(), now=now)
            return written(APPOINTMENT.read(session, identifier), status=200)


def _search(session: Session, kind: str, query: list[tuple[str, str]], *, now: datetime) -> Json:
    asked = Asked.of(query, address=f"{base()}/{kind}")
    if kind == "Slot":
        return slots.search_slots(session, asked, now=now)
    return _kind(kind).search(session, asked)


def _read(session: Session, kind: str, identifier: str, *, now: datetime) -> Json:
    if kind == "Slot":
        return slots.read_slot(session, identifier, now=now)
    return _kind(kind).read(session, identifier)


def _kind(name: str) -> Kind:
    if name not in KINDS:
        known = ", ".join(sorted(NAMES))
        text = _(
            "There is no resource type %(name)s here: known are %(known)s.",
            name=repr(name),
            known=known,
        )
        raise FhirError(404, "not-supported", text)
    return KINDS[name]


def _actor() -> str:
    return f"user:{g.fhir_username}"


def _owner(session: Session, *, now: datetime) -> User | None:
    given = request.headers.get("Authorization", "").partition("Bearer ")[2].strip()
    address = request.remote_addr or ""
    return tokens.owner(session, given, now=now, address=address) if given else None


def _unauthenticated(seconds: int) -> FhirError:
    if seconds:
        text = _("Too many wrong tokens from this address: wait %(num)s seconds.", num=seconds)
        return FhirError(429, "throttled", text, retry_after=seconds)
    return FhirError(401, "login", _("Send the header: Authorization: Bearer <API token>."))


def _check_format() -> None:
    """Refuse whoever wants another format than JSON (section 3.1.0.1.11)."""
    wanted = request.args.get("_format", "").partition(";")[0].strip().replace(" ", "+")
    accepted = request.accept_mimetypes
    other = not wanted and accepted and accepted.best_match(_JSON) is None
    if other or wanted not in _FORMATS | {""}:
        text = _("This server answers only in %(kind)s.", kind=MEDIA_TYPE)
        raise FhirError(406, "not-supported", text)


def _relative(query: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the parameters with references to this server made relative."""
    prefix = f"{base()}/"
    return [(name, value.replace(prefix, "")) for name, value in query]


def _body() -> Json:
    body = _sent(_JSON)
    if not isinstance(body, dict):
        raise invalid(_("The body is not a JSON object."))
    return body


def _sent(types: Sequence[str]) -> object:
    """Return the JSON of the body."""
    request.max_content_length = _LARGEST_BODY
    if request.mimetype not in types:
        text = _("Send the body as Content-Type: %(kind)s.", kind=types[0])
        raise FhirError(415, "not-supported", text)
    try:
        return json_body.read(request.get_data())
    except NotTextError as error:
        text = _("The body contains a character that is not allowed in text.")
        raise invalid(text) from error
    except ValueError as error:
        raise invalid(_("The body is not JSON: %(error)s.", error=str(error))) from error


def _check_version(before: Json) -> None:
    """Refuse a change of what the asker has not seen as it is (R4 section 3.1.0.5)."""
    seen = request.if_match
    if seen and not seen.contains_weak(before["meta"]["versionId"]):
        text = _("The Appointment was changed meanwhile: read it again and repeat.")
        raise FhirError(412, "conflict", text)
