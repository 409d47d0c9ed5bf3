"""The addresses of the technologists' pages."""

from flask import Blueprint

from worklist.web.rooms import page

blueprint = Blueprint("rooms", __name__, url_prefix="/rooms")

blueprint.add_url_rule("", "overview", page.overview)
blueprint.add_url_rule("/wall", "wall", page.wall)
blueprint.add_url_rule("/<code>", "room", page.room)
