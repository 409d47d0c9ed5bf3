"""The addresses of patients."""

from flask import Blueprint

from worklist.web.patients import contact, files, new, page, same_person

blueprint = Blueprint("patients", __name__, url_prefix="/patients")

blueprint.add_url_rule("/new", "new", new.new)
blueprint.add_url_rule("/new", "create", new.create, methods=["POST"])
blueprint.add_url_rule("/new/begin", "begin", new.begin, methods=["POST"])
blueprint.add_url_rule("/<int:patient_id>", "show", page.show)
blueprint.add_url_rule("/<int:patient_id>/exams.csv", "exams_file", files.exams)
blueprint.add_url_rule("/<int:patient_id>/facts", "fact_fields", page.fact_fields)
blueprint.add_url_rule("/<int:patient_id>/facts", "add_fact", page.add_fact, methods=["POST"])
blueprint.add_url_rule(
    "/<int:patient_id>/facts/<int:fact_id>/end", "end_fact", page.end_fact, methods=["POST"]
)
blueprint.add_url_rule("/<int:patient_id>/site", "prefer_site", page.prefer_site, methods=["POST"])
blueprint.add_url_rule(
    "/<int:patient_id>/merges/<int:merge_id>/undo",
    "undo_merge",
    page.undo_merge,
    methods=["POST"],
)
blueprint.add_url_rule("/<int:patient_id>/contact", "contact", contact.form)
blueprint.add_url_rule(
    "/<int:patient_id>/contact", "change_contact", contact.change, methods=["POST"]
)
blueprint.add_url_rule("/<int:patient_id>/merge", "same_person", same_person.suggest)
blueprint.add_url_rule("/<int:patient_id>/merge", "merge", same_person.merge, methods=["POST"])
blueprint.add_url_rule(
    "/<int:patient_id>/merge/find", "find_other", same_person.look, methods=["POST"]
)
