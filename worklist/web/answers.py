"""How a page answers an action: to htmx with a notice, to a plain form by going back."""

import json
from urllib.parse import urlsplit

from flask import Response, flash, redirect, request, url_for

from worklist.web.language import tell

NO_CONTENT = 204


def is_htmx() -> bool:
    """Return whether a part of a page asks, not a browser that shows the answer as a page."""
    return request.headers.get("HX-Request") == "true"


def done(text: str, *topics: str, to: str | None = None) -> Response:
    """Say that it is done; parts of the page that listen to ``topics`` look again.

    Without ``to`` the page stays; with it the browser goes there.
    """
    told = tell(text)
    if is_htmx() and to is None:
        response = Response(status=NO_CONTENT)
        response.headers["HX-Trigger"] = json.dumps(
            {"notice": {"text": told}, **{topic: {} for topic in topics}}
        )
        return response
    flash(told)
    if is_htmx():
        return _go_to(to or back())
    return _see_other(to or back())


def _go_to(place: str) -> Response:
    """Let htmx go there: a browser does not ask again for the page that it shows, so it is told."""
    response = Response(status=NO_CONTENT)
    page, mark, _part = place.partition("#")
    if mark and page == back():
        response.headers["HX-Refresh"] = "true"
    else:
        response.headers["HX-Redirect"] = place
    return response


def back() -> str:
    """Return the page of this application that the form was sent from, else the start page."""
    came_from = urlsplit(request.referrer or "")
    if came_from.netloc != request.host or not came_from.path:
        return url_for("home.start")
    return came_from.path + (f"?{came_from.query}" if came_from.query else "")


def _see_other(location: str) -> Response:
    response = redirect(location, code=303)
    return Response(response.get_data(), status=303, headers={"Location": location})
