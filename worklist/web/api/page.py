"""``/api/openapi.json`` for programs, ``/api/docs`` for people."""

import json
from functools import cache

from flask import Blueprint, Response, render_template

from worklist.web.api.blueprint import GROUPS
from worklist.web.api.document import document

blueprint = Blueprint("api_docs", __name__, url_prefix="/api")


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """Return the OpenAPI document; it tells nothing of patients and needs no account."""
    return Response(_document(), content_type="application/json")


@blueprint.get("/docs")
def docs() -> str:
    """Show the document, to read and to try."""
    return render_template("api/docs.html")


@cache
def _document() -> str:
    return json.dumps(document(GROUPS), ensure_ascii=False)
