"""HL7 v2 over HTTP: ``POST /hl7`` takes a message or a batch and answers as over MLLP.

A sender that wants no answer (MSH-15 and MSH-16) gets 202 without content; 503 says that the
message could not be kept and is to be sent again.
"""

import hmac
from collections.abc import Callable
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request

from config import Settings
from worklist import db
from worklist.clock import Clock
from worklist.hl7 import incomplete
from worklist.hl7.exchange import exchange
from worklist.hl7.wire import MEDIA_TYPE

_ACCEPTED_TYPES = frozenset({MEDIA_TYPE, "x-application/hl7-v2+er7", "application/hl7-v2+er7"})


def make_blueprint(
    settings: Settings,
    sessions: db.SessionFactory,
    clock: Clock,
    wrong_token: Callable[[], int],
) -> Blueprint:
    """Return the blueprint; whoever registers it takes it out of CSRF protection.

    Senders prove themselves by the bearer token ``settings.hl7_http_token``; without one set the
    address answers 404. ``wrong_token`` counts one and tells how many seconds its sender has to
    wait, mostly 0.
    """
    blueprint = Blueprint("hl7_api", __name__)

    @blueprint.post("/hl7")
    def receive() -> Response:
        """Store what was sent and answer its acknowledgement."""
        refusal = _refuse(settings, wrong_token)
        if refusal is not None:
            return refusal
        if (request.content_length or 0) > settings.mllp_max_message_bytes:
            return _too_long(settings, sessions, clock)
        answer = exchange(
            sessions,
            request.get_data(),
            channel="http",
            peer=request.remote_addr or "",
            now=clock(),
            zone=ZoneInfo(settings.time_zone),
            known_only=settings.hl7_known_senders_only,
        )
        status = 503 if not answer.stored else 200 if answer.content else 202
        return Response(answer.content, status=status, content_type=MEDIA_TYPE)

    return blueprint


def _refuse(settings: Settings, wrong_token: Callable[[], int]) -> Response | None:
    """Return what is wrong with the request itself, in plain text."""
    token = settings.hl7_http_token
    if token is None:
        return _plain(404, "HL7 over HTTP is off: set WORKLIST_HL7_HTTP_TOKEN to turn it on.")
    given = request.headers.get("Authorization", "").partition("Bearer ")[2].strip()
    if not hmac.compare_digest(given.encode(), token.get_secret_value().encode()):
        return _unauthenticated(wrong_token())
    if request.mimetype not in _ACCEPTED_TYPES:
        return _plain(415, f"Send one HL7 v2 message with Content-Type: {MEDIA_TYPE}.")
    if request.content_length is None:
        return _plain(411, "Send the header Content-Length.")
    return None


def _unauthenticated(seconds: int) -> Response:
    if seconds:
        text = f"Too many wrong tokens from this address: wait {seconds} seconds."
        response = _plain(429, text)
        response.headers["Retry-After"] = str(seconds)
        return response
    response = _plain(401, "Send the header: Authorization: Bearer <token>.")
    response.headers["WWW-Authenticate"] = 'Bearer realm="hl7"'
    return response


def _too_long(settings: Settings, sessions: db.SessionFactory, clock: Clock) -> Response:
    """Keep the beginning and answer AR."""
    answer = incomplete.keep(
        sessions,
        request.environ["wsgi.input"].read(incomplete.KEPT_BYTES),
        incomplete.too_long(settings.mllp_max_message_bytes),
        channel="http",
        peer=request.remote_addr or "",
        now=clock(),
        zone=ZoneInfo(settings.time_zone),
        answered=True,
    )
    return Response(answer.content, status=413, content_type=MEDIA_TYPE)


def _plain(status: int, text: str) -> Response:
    return Response(text + "\n", status=status, content_type="text/plain; charset=utf-8")
