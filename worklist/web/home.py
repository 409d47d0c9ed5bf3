"""``/`` leads to the page where a person's work is."""

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from worklist.language.text import _
from worklist.web import errors
from worklist.web.navigation import HOMES
from worklist.web.permissions import may

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
def start() -> Response:
    """Go to the first page that the account may see."""
    endpoint = next((endpoint for permission, endpoint in HOMES if may(permission)), None)
    if endpoint is None:
        return errors.refused(
            _("You are signed in, but have no role yet: ask an administrator to give you one."),
            403,
        )
    return redirect(url_for(endpoint))
