"""Serve an operation: permission, request, transaction, answer."""

import json
from collections.abc import Callable
from typing import Any

from flask import Response, request
from flask_login import current_user
from pydantic import BaseModel
from sqlalchemy.orm import Session

from worklist.auth import idempotency
from worklist.auth.idempotency import Answer
from worklist.language.text import _
from worklist.web import context
from worklist.web.api import incoming
from worklist.web.api.fields import Output
from worklist.web.api.operations import PREFIX, Operation
from worklist.web.api.problems import ApiError
from worklist.web.permissions import may

_KEY = "Idempotency-Key"
_JSON = "application/json"


def view_of(operation: Operation) -> Callable[..., Response]:
    """Return the Flask view of an operation."""

    def view(**path: Any) -> Response:  # noqa: ANN401 - Flask's converters
        if operation.permission is not None and not may(operation.permission):
            raise ApiError(
                403,
                "forbidden",
                _(
                    "This needs the permission %(permission)s, which the account does not have.",
                    permission=str(operation.permission),
                ),
            )
        given = incoming.arguments(operation, path)
        if "session" not in operation.parameters:
            return _response(operation, operation.view(**given))
        with context.transaction() as session:
            if operation.keyed and request.headers.get(_KEY):
                return _once(session, operation, given)
            return _response(operation, operation.view(session, **given))

    return view


def _once(session: Session, operation: Operation, given: dict[str, Any]) -> Response:
    """Do what is asked for unless it was done under the same key: then answer as before."""
    key = request.headers[_KEY].strip()
    if not 1 <= len(key) <= idempotency.LONGEST_KEY:
        text = _("An Idempotency-Key has 1 to %(most)s characters.", most=idempotency.LONGEST_KEY)
        raise ApiError(422, "invalid", text)
    asked = json.dumps([operation.name, request.full_path, json.loads(request.get_data() or "{}")])
    begun = idempotency.begin(session, current_user.user_id, key, asked.encode(), now=context.now())
    if isinstance(begun, Answer):
        response = Response(begun.body, status=begun.status, content_type=_JSON)
        response.headers["Location"] = begun.location
        response.headers["Idempotency-Replayed"] = "true"
        return response
    response = _response(operation, operation.view(session, **given))
    body = response.get_data(as_text=True)
    idempotency.keep(begun, Answer(response.status_code, body, response.headers["Location"]))
    return response


def _response(operation: Operation, answer: BaseModel | None) -> Response:
    if answer is None:
        return Response(status=operation.status)
    response = Response(answer.model_dump_json(), status=operation.status, content_type=_JSON)
    if isinstance(answer, Output) and (tag := answer.etag()) is not None:
        response.headers["ETag"] = f'"{tag}"'
    if operation.location:
        path = operation.location.format_map(answer.model_dump())
        response.headers["Location"] = PREFIX + path
    return response
