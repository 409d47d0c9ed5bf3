"""The addresses of orders."""

from flask import Blueprint

from worklist.web.orders import inbox

blueprint = Blueprint("orders", __name__, url_prefix="/orders")

blueprint.add_url_rule("", "inbox", inbox.inbox)
