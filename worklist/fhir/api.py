"""``/fhir``: the server's HTTP side (R4 section 3.1.0), for programs with an API token."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, g, request
from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session

from worklist import db
from worklist.auth import tokens
from worklist.auth.roles import Permission, permissions
from worklist.clock import Clock
from worklist.errors import ConflictError, DomainError, NotFoundError
from worklist.fhir import appointments, schedules
from worklist.fhir.capability import KINDS, capability_statement
from worklist.fhir.elements import Json
from worklist.fhir.errors import FhirError, invalid, outcome
from worklist.fhir.search import Kind
from worklist.scheduling.service import SlotTakenError

MEDIA_TYPE = "application/fhir+json"
_LARGEST_BODY = 256 * 1024
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_JSON = ("application/fhir+json", "application/json")
_FORMATS = frozenset({"json", *_JSON})


def make_blueprint(sessions: db.SessionFactory, clock: Clock) -> Blueprint:
    """Return the blueprint; whoever registers it takes it out of CSRF protection.

    Only a bearer token opens it, never a browser's session, so that no page can be made to ask.
    """
    blueprint = Blueprint("fhir", __name__, url_prefix="/fhir")
    blueprint.register_error_handler(FhirError, _fhir_error)
    blueprint.register_error_handler(DomainError, _domain_error)
    blueprint.register_error_handler(DataError, _data_error)

    @contextmanager
    def opened(permission: Permission) -> Iterator[tuple[Session, datetime]]:
        now = clock()
        with db.transaction(sessions) as session:
            _check_token(session, permission, now=now)
            yield session, now

    @blueprint.before_request
    def check_format() -> None:
        _check_format()

    @blueprint.get("/metadata")
    def metadata() -> Response:
        """Say what this server does."""
        statement = capability_statement(address=_base(), date=clock().isoformat())
        return _answer(statement)

    @blueprint.get("/<kind>")
    def search(kind: str) -> Response:
        """Return a searchset."""
        return found(kind, list(request.args.items(multi=True)))

    @blueprint.post("/<kind>/_search")
    def search_by_form(kind: str) -> Response:
        """Return a searchset; what names people is no part of the address (section 3.1.0.1)."""
        sent = [*request.args.items(multi=True), *request.form.items(multi=True)]
        return found(kind, sent)

    def found(kind: str, query: list[tuple[str, str]]) -> Response:
        with opened(Permission.SEE_SCHEDULE) as (session, now):
            return _answer(_search(session, kind, _own(query), now=now))

    @blueprint.get("/<kind>/<identifier>")
    def read(kind: str, identifier: str) -> Response:
        """Return one resource."""
        with opened(Permission.SEE_SCHEDULE) as (session, now):
            return _answer(_read(session, kind, identifier, now=now))

    @blueprint.post("/Appointment")
    def book() -> Response:
        """Book an exam into a slot."""
        body = _body()
        with opened(Permission.BOOK) as (session, now):
            exam = appointments.book(session, body, actor=f"user:{g.fhir_username}", now=now)
            response = _answer(appointments.APPOINTMENT.read(session, str(exam.id)), status=201)
            response.headers["Location"] = f"{_base()}/Appointment/{exam.id}"
        return response

    @blueprint.route("/", defaults={"rest": ""}, methods=_METHODS)
    @blueprint.route("/<path:rest>", methods=_METHODS)
    def other(rest: str) -> Response:
        """Refuse what no other address takes, as FHIR refuses it."""
        is_known = rest.split("/", maxsplit=1)[0] in {*KINDS, "Schedule", "Slot", "metadata"}
        status = 405 if is_known else 404
        text = f"This server does not take {request.method} {request.path}: see GET metadata."
        return _answer(outcome("not-supported", text), status=status)

    return blueprint


def _search(session: Session, kind: str, query: list[tuple[str, str]], *, now: datetime) -> Json:
    address = f"{_base()}/{kind}"
    if kind == "Schedule":
        return schedules.search_schedules(session, query, address=address)
    if kind == "Slot":
        return schedules.search_slots(session, query, now=now, address=address)
    return _kind(kind).search(session, query, address=address)


def _read(session: Session, kind: str, identifier: str, *, now: datetime) -> Json:
    if kind == "Schedule":
        return schedules.read_schedule(session, identifier)
    if kind == "Slot":
        return schedules.read_slot(session, identifier, now=now)
    return _kind(kind).read(session, identifier)


def _kind(name: str) -> Kind:
    if name not in KINDS:
        known = ", ".join(sorted([*KINDS, "Schedule", "Slot"]))
        text = f"There is no resource type {name!r} here: known are {known}."
        raise FhirError(404, "not-supported", text)
    return KINDS[name]


def _check_token(session: Session, permission: Permission, *, now: datetime) -> None:
    given = request.headers.get("Authorization", "").partition("Bearer ")[2].strip()
    user = tokens.owner(session, given, now=now) if given else None
    if user is None:
        raise FhirError(401, "login", "Send the header: Authorization: Bearer <API token>.")
    if permission not in permissions(user.roles):
        raise FhirError(403, "forbidden", "The token's account may not do this.")
    g.fhir_username = user.username


def _check_format() -> None:
    """Refuse whoever wants another format than JSON (section 3.1.0.1.11)."""
    wanted = request.args.get("_format", "").partition(";")[0].strip().replace(" ", "+")
    accepted = request.accept_mimetypes
    other = not wanted and accepted and accepted.best_match(_JSON) is None
    if other or wanted not in _FORMATS | {""}:
        raise FhirError(406, "not-supported", f"This server answers in {MEDIA_TYPE} alone.")


def _own(query: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the parameters with references to this server made relative."""
    base = f"{_base()}/"
    return [(name, value.replace(base, "")) for name, value in query]


def _body() -> Json:
    request.max_content_length = _LARGEST_BODY
    if request.mimetype not in _JSON:
        raise FhirError(415, "not-supported", f"Send the body as Content-Type: {MEDIA_TYPE}.")
    try:
        body = json.loads(request.get_data())
    except ValueError as error:
        raise invalid(f"The body is no JSON: {error}.") from error
    if not isinstance(body, dict):
        raise invalid("The body is no JSON object.")
    return body


def _base() -> str:
    return f"{request.url_root.rstrip('/')}/fhir"


def _answer(resource: dict[str, Any], *, status: int = 200) -> Response:
    return Response(
        json.dumps(resource, ensure_ascii=False), status=status, content_type=MEDIA_TYPE
    )


def _fhir_error(error: FhirError) -> Response:
    response = _answer(outcome(error.code, error.text), status=error.status)
    if error.status == 401:  # noqa: PLR2004 - the HTTP status itself
        response.headers["WWW-Authenticate"] = 'Bearer realm="fhir"'
    return response


def _data_error(_error: DataError) -> Response:
    text = "A value is too long, out of range, or holds a character that no text may have."
    return _answer(outcome("invalid", text), status=400)


def _domain_error(error: DomainError) -> Response:
    if isinstance(error, NotFoundError):
        return _answer(outcome("not-found", str(error)), status=404)
    if isinstance(error, SlotTakenError):
        free = ", ".join(
            schedules.slot_id(one.room_code, one.starts_at, one.ends_at)
            for one in error.alternatives
        )
        return _answer(outcome("conflict", f"{error} {free}"), status=409)
    if isinstance(error, ConflictError):
        return _answer(outcome("conflict", str(error)), status=409)
    return _answer(outcome("business-rule", str(error)), status=422)
