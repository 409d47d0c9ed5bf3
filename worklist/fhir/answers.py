"""What the FHIR server answers over HTTP: resources with their versions, and refusals."""

import json
from datetime import datetime
from typing import Any

from flask import Response, request
from flask_babel import get_locale
from sqlalchemy.exc import DataError

from worklist.errors import ConflictError, DomainError, NotFoundError
from worklist.fhir.elements import Json
from worklist.fhir.errors import FhirError, outcome
from worklist.fhir.slot_names import slot_id
from worklist.language.catalogues import SOURCE, tell
from worklist.language.recognise import stored
from worklist.language.text import Text, _, joined
from worklist.scheduling.service import SlotTakenError

MEDIA_TYPE = "application/fhir+json"
# What the frame refuses, by its HTTP status, as the value set IssueType has it.
_CODES = {413: "too-long", 429: "throttled", 500: "exception", 503: "transient"}


def base() -> str:
    """Return the server's address as it was asked for."""
    return f"{request.url_root.rstrip('/')}/fhir"


def answered(resource: dict[str, Any], *, status: int = 200) -> Response:
    """Return a resource, as it is."""
    return Response(
        json.dumps(resource, ensure_ascii=False), status=status, content_type=MEDIA_TYPE
    )


def _versioned(resource: Json, *, status: int = 200) -> Response:
    response = answered(resource, status=status)
    response.set_etag(resource["meta"]["versionId"], weak=True)
    if (updated := resource["meta"].get("lastUpdated")) is not None:
        response.last_modified = datetime.fromisoformat(updated)
    return response


def if_new(resource: Json) -> Response:
    """Return the resource, 304 alone where the asker has this version (R4 section 3.1.0.1.8)."""
    response = _versioned(resource)
    if request.if_none_match.contains_weak(resource["meta"]["versionId"]):
        response.status_code = 304
        response.set_data(b"")
    return response


def written(resource: Json, *, status: int) -> Response:
    """Return what was made of it, nothing where only that is wanted (R4 section 3.1.0.1.9)."""
    response = _versioned(resource, status=status)
    if "return=minimal" in request.headers.get("Prefer", ""):
        response.set_data(b"")
    return response


def refused(status: int, code: str, text: str) -> Response:
    """Return an OperationOutcome in the language asked for; ``code`` is the same in each."""
    language = str(get_locale() or SOURCE)
    told = tell(text, language) if isinstance(text, Text) else stored(text, language)
    response = answered(outcome(code, told), status=status)
    response.headers["Content-Language"] = language
    if status == 401:  # noqa: PLR2004 - the HTTP status itself
        response.headers["WWW-Authenticate"] = 'Bearer realm="fhir"'
    return response


def is_fhir() -> bool:
    """Return whether the address asked for is one of this server's."""
    return request.path.startswith("/fhir/")


def of_status(status: int, text: str) -> Response:
    """Return the refusal of a request that was not even looked at."""
    return refused(status, _CODES.get(status, "processing"), text)


def of_fhir_error(error: FhirError) -> Response:
    """Return what is wrong with the request."""
    response = refused(error.status, error.code, error.text)
    if error.retry_after:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def of_data_error(_error: DataError) -> Response:
    """Return that the database cannot take a value."""
    text = _(
        "A value is too long, out of range, or contains a character that is not allowed in text."
    )
    return refused(400, "invalid", text)


def of_domain_error(error: DomainError) -> Response:
    """Return why a service refuses it."""
    if isinstance(error, NotFoundError):
        return refused(404, "not-found", error.text)
    if isinstance(error, SlotTakenError):
        free = ", ".join(
            slot_id(one.room_code, one.starts_at, one.ends_at) for one in error.alternatives
        )
        return refused(409, "conflict", joined([error.text, free], " "))
    if isinstance(error, ConflictError):
        return refused(409, "conflict", error.text)
    return refused(422, "business-rule", error.text)
