"""``/`` leads to the page where a person's work is."""

from flask import Blueprint, redirect, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from worklist.auth.roles import Permission
from worklist.catalogue.models import Site
from worklist.language.text import _
from worklist.web import context, errors
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
    if may(Permission.ADMINISTER) and _is_empty():
        endpoint = "administration.overview"
    return redirect(url_for(endpoint))


def _is_empty() -> bool:
    """Tell whether there is no department yet: an administrator begins with its first steps."""
    with context.transaction() as session:
        return session.scalar(select(Site.id).limit(1)) is None
