"""The addresses of orders."""

from flask import Blueprint

from worklist.web.orders import inbox, new, slip

blueprint = Blueprint("orders", __name__, url_prefix="/orders")

blueprint.add_url_rule("", "inbox", inbox.inbox)
blueprint.add_url_rule("/list.csv", "inbox_file", inbox.as_file)
blueprint.add_url_rule("/new", "new", new.new)
blueprint.add_url_rule("/new", "create", new.create, methods=["POST"])
blueprint.add_url_rule("/new/patient", "find_patient", new.find_patient, methods=["POST"])
blueprint.add_url_rule("/new/slots", "look", new.look, methods=["POST"])
blueprint.add_url_rule("/slip/<int:exam_id>", "slip", slip.slip)
blueprint.add_url_rule("/slip/<int:exam_id>", "send_slip", slip.send, methods=["POST"])
