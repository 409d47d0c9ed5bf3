"""The addresses of the reading queue and of what a reader does with a case."""

from flask import Blueprint

from worklist.web.reading import actions, lead, page

blueprint = Blueprint("reading", __name__, url_prefix="/reading")

blueprint.add_url_rule("", "queue", page.queue)
blueprint.add_url_rule("/next", "next_case", actions.next_case, methods=["POST"])
blueprint.add_url_rule("/figures", "figures", lead.overview)
blueprint.add_url_rule("/figures/<table>.csv", "spreadsheet", lead.spreadsheet)
blueprint.add_url_rule("/<int:task_id>", "show", page.show)

for name in ("claim", "release", "finish", "report", "renew", "leave"):
    blueprint.add_url_rule(f"/<int:task_id>/{name}", name, getattr(actions, name), methods=["POST"])
