"""The addresses of the reading queue and of what a reader does with a case."""

from flask import Blueprint

from worklist.web.reading import actions, assigning, batch, critical, files, lead, narrowing, page

blueprint = Blueprint("reading", __name__, url_prefix="/reading")

blueprint.add_url_rule("", "queue", page.queue)
blueprint.add_url_rule("/list.csv", "queue_file", files.queue)
blueprint.add_url_rule("/critical/open.csv", "open_findings_file", files.open_findings)
blueprint.add_url_rule("/critical/closed.csv", "closed_findings_file", files.closed_findings)
blueprint.add_url_rule("/next", "next_case", actions.next_case, methods=["POST"])
blueprint.add_url_rule("/filters", "save_filter", narrowing.save, methods=["POST"])
blueprint.add_url_rule(
    "/filters/<int:filter_id>/forget", "forget_filter", narrowing.forget, methods=["POST"]
)
blueprint.add_url_rule("/figures", "figures", lead.overview)
blueprint.add_url_rule("/figures/<table>.csv", "spreadsheet", lead.spreadsheet)
blueprint.add_url_rule("/critical", "critical", critical.board)
blueprint.add_url_rule("/<int:task_id>", "show", page.show)
blueprint.add_url_rule("/<int:task_id>/begin", "begin", page.begin, methods=["POST"])
blueprint.add_url_rule("/<int:task_id>/critical", "findings", critical.of_case)
blueprint.add_url_rule(
    "/<int:task_id>/critical", "raise_finding", critical.raise_finding, methods=["POST"]
)
for name in ("acknowledge", "withdraw"):
    view = getattr(critical, name)
    blueprint.add_url_rule(f"/critical/<int:finding_id>/{name}", name, view, methods=["POST"])

for name in ("reserve", "release", "assign"):
    view = getattr(batch, f"{name}_several")
    blueprint.add_url_rule(f"/several/{name}", view.__name__, view, methods=["POST"])

for name in ("claim", "release", "finish", "report", "renew", "leave"):
    blueprint.add_url_rule(f"/<int:task_id>/{name}", name, getattr(actions, name), methods=["POST"])

for name in ("reserve", "give_back", "assign", "ask_for_more", "resolve"):
    address = f"/<int:task_id>/{name.replace('_', '-')}"
    blueprint.add_url_rule(address, name, getattr(assigning, name), methods=["POST"])
