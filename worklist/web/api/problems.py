"""Problem details (RFC 9457): what was wrong, where, and what to do."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from flask import Response, request

from worklist.catalogue.editing.errors import FieldError
from worklist.errors import ConflictError, DomainError, NotFoundError
from worklist.hl7.peers.file import PeerError
from worklist.language.text import Text, _
from worklist.performing.service import OpenQuestionError
from worklist.reading.batch import BatchRefusedError
from worklist.rules.serialise import to_json
from worklist.scheduling.service import RuleBlocksError, SlotTakenError
from worklist.web.api.exams import free_slots
from worklist.web.language import locale, tell

MEDIA_TYPE = "application/problem+json"
_TYPE = "urn:worklist:problem:"
_TITLES = {
    400: _("The request cannot be read"),
    401: _("Who are you?"),
    403: _("Not yours to do"),
    404: _("Not found"),
    405: _("This address does not do that"),
    409: _("Somebody else was faster"),
    412: _("It was changed meanwhile"),
    413: _("Too long"),
    415: _("Send JSON"),
    422: _("That cannot be done"),
    429: _("Too many requests"),
    500: _("Something went wrong"),
    503: _("The database does not answer"),
}
_NAMES = {401: "unauthenticated", 403: "forbidden", 429: "too-many"}


class ApiError(Exception):
    """A refusal with its HTTP status; ``errors`` say where in the request something is wrong.

    ``more`` are further members of the problem.
    """

    def __init__(
        self,
        status: int,
        name: str,
        text: str,
        *,
        errors: Sequence[dict[str, str]] = (),
        **more: Any,  # noqa: ANN401 - members of a JSON object
    ) -> None:
        super().__init__(text)
        self.status, self.name, self.text = status, name, text
        self.more = ({"errors": list(errors)} if errors else {}) | more


def is_api() -> bool:
    """Return whether the address asked for is one of the API."""
    return request.path.startswith("/api/")


def problem(status: int, name: str, text: str, **more: Any) -> Response:  # noqa: ANN401 - whatever JSON can hold
    """Return the problem in the asker's language; ``name`` tells programs which one it is."""
    body = {
        "type": f"{_TYPE}{name}" if name else "about:blank",
        "title": tell(_TITLES.get(status, _TITLES[422])),
        "status": status,
        "detail": tell(text) if isinstance(text, Text) else text,
        **{member: _told(value) for member, value in more.items()},
    }
    response = Response(
        json.dumps(body, ensure_ascii=False), status=status, content_type=MEDIA_TYPE
    )
    response.headers["Content-Language"] = locale()
    if status == 401:  # noqa: PLR2004 - the HTTP status itself
        response.headers["WWW-Authenticate"] = 'Bearer realm="worklist"'
    return response


def _told(value: Any) -> Any:  # noqa: ANN401 - a member of a JSON object
    if isinstance(value, Text):
        return tell(value)
    if isinstance(value, dict):
        return {name: _told(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_told(one) for one in value]
    return value


def of_status(status: int, text: str) -> Response:
    """Return the problem of a refusal that only has a status."""
    return problem(status, _NAMES.get(status, ""), text)


def of_error(error: ApiError) -> Response:
    """Return the problem of a refusal by the frame."""
    return problem(error.status, error.name, error.text, **error.more)


def of_domain_error(error: DomainError) -> Response:
    """Return the problem of a refusal by a service."""
    text = error.text
    if isinstance(error, NotFoundError):
        return problem(404, "not-found", text)
    if isinstance(error, SlotTakenError):
        slots = [one.model_dump(mode="json") for one in free_slots(error.alternatives)]
        return problem(409, "slot-taken", text, slots=slots)
    if isinstance(error, ConflictError):
        return _of_conflict(error, text)
    return _unprocessable(error, text)


def _unprocessable(error: DomainError, text: str) -> Response:
    """Return the problem of something that cannot be done, with why where the service knows."""
    if isinstance(error, RuleBlocksError):
        findings = [to_json(one) for one in error.findings]
        return problem(422, "rule", text, findings=findings)
    if isinstance(error, OpenQuestionError):
        questions = [asdict(one) for one in error.questions]
        return problem(422, "open-questions", text, questions=questions)
    wrong = _wrong_fields(error)
    if wrong:
        return problem(422, "invalid", text, errors=wrong)
    return problem(422, "refused", text)


def _of_conflict(error: ConflictError, text: str) -> Response:
    if isinstance(error, BatchRefusedError):
        refusals = [{"task_id": one.task_id, "what": one.text} for one in error.refusals]
        return problem(409, "batch", text, refusals=refusals)
    return problem(412 if "If-Match" in request.headers else 409, "changed", text)


def _wrong_fields(error: DomainError) -> list[dict[str, str]]:
    """Return where in the body something is wrong, where the service knows."""
    if isinstance(error, FieldError):
        return [{"where": f"body.{error.field}", "what": error.text}]
    if isinstance(error, PeerError):
        return [{"where": f"body.{place}", "what": one} for place, one in error.problems.items()]
    return []
