"""What a request says, checked against an operation's models."""

from functools import cache
from typing import Any, get_origin
from urllib.parse import urlencode

from flask import request
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from worklist import json_body
from worklist.json_body import NotTextError, is_text
from worklist.language.text import _, joined
from worklist.language.value_errors import words
from worklist.web.api.fields import LARGEST_ID
from worklist.web.api.operations import Operation
from worklist.web.api.problems import ApiError

_LARGEST_BODY = 1024 * 1024


def arguments(operation: Operation, path: dict[str, Any]) -> dict[str, Any]:
    """Return what the operation's view is called with, besides its session.

    Raises:
        ApiError: something cannot be read; it says where and what.
    """
    for value in path.values():
        if (isinstance(value, int) and value > LARGEST_ID) or not is_text(value):
            raise ApiError(404, "not-found", _("There is nothing at this address."))
    given = dict(path)
    if operation.query is not None:
        given["query"] = _checked(operation.query, _query(operation.query), "query")
    elif request.args:
        raise ApiError(422, "invalid", _("This address takes no query: leave it out."))
    if operation.body is not None:
        given["body"] = _checked(operation.body, body(), "body")
    if operation.matched:
        given["if_match"] = if_match()
    return given


def body() -> Any:  # noqa: ANN401 - whatever JSON can hold
    """Return the JSON of the body; an empty one is an empty object.

    Raises:
        ApiError: it is not JSON, or not said to be.
    """
    request.max_content_length = _LARGEST_BODY
    raw = request.get_data()
    if not raw:
        return {}
    if request.mimetype != "application/json":
        raise ApiError(415, "", _("Send the body as Content-Type: application/json."))
    try:
        return json_body.read(raw)
    except NotTextError as error:
        text = _("The body contains a character that is not allowed in text.")
        raise ApiError(400, "", text) from error
    except ValueError as error:
        raise ApiError(400, "", _("The body is not JSON: %(error)s.", error=error)) from error


def if_match() -> str | None:
    """Return the tag that the resource must have still, None where the request does not say."""
    given = request.headers.get("If-Match")
    return None if given is None or given.strip() == "*" else given.strip().strip('"')


def page_after(after: object | None, name: str = "after") -> str | None:
    """Return the address of the page that begins behind ``after``, which is told as ``name``."""
    if after is None:
        return None
    query = [(other, one) for other, one in request.args.items(multi=True) if other != name]
    return f"{request.path}?{urlencode([*query, (name, str(after))])}"


def version(tag: str | None) -> int | None:
    """Return the version that a tag names.

    Raises:
        ApiError: the tag is none of ours, so nothing can match it.
    """
    if tag is None:
        return None
    if not tag.isdecimal():
        raise ApiError(
            412, "changed", _("If-Match is not an ETag of this resource: read it first.")
        )
    return int(tag)


def _query(model: type[BaseModel]) -> dict[str, Any]:
    """Return the query; a name that may be given several times has a list."""
    found = {
        name: values if name in _lists(model) else values[-1]
        for name, values in request.args.to_dict(flat=False).items()
    }
    if not is_text(found):
        raise ApiError(
            422, "invalid", _("The query contains a character that is not allowed in text.")
        )
    return found


@cache
def _lists(model: type[BaseModel]) -> frozenset[str]:
    return frozenset(
        name
        for name, one in model.model_fields.items()
        if get_origin(one.annotation) in {list, tuple}
    )


def _checked(model: type[BaseModel], given: Any, place: str) -> BaseModel:  # noqa: ANN401 - whatever JSON can hold
    try:
        return model.model_validate(given)
    except ValidationError as error:
        found = [_told(one, place) for one in error.errors(include_url=False)]
        text = joined((_("%(where)s: %(what)s.", **one) for one in found[:5]), " ")
        raise ApiError(422, "invalid", text, errors=found) from error


def _told(error: ErrorDetails, place: str) -> dict[str, str]:
    where = ".".join(map(str, (place, *error["loc"])))
    return {"where": where, "what": words(error)}
