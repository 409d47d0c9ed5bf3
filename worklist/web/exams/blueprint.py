"""The addresses of an exam's page and of everything that can be done there."""

from flask import Blueprint

from worklist.web.exams import actions, asking, displacing, page, questions, recording, slots

blueprint = Blueprint("exams", __name__, url_prefix="/exams/<int:exam_id>")

blueprint.add_url_rule("", "show", page.show)
blueprint.add_url_rule("/live", "live", page.live)

for name, action in actions.ACTIONS.items():
    blueprint.add_url_rule(f"/{name.replace('_', '-')}", name, action, methods=["POST"])

blueprint.add_url_rule("/questions", "ask", asking.ask)
blueprint.add_url_rule(
    "/questions/<int:hold_id>/answer", "answer", questions.answer, methods=["POST"]
)
blueprint.add_url_rule(
    "/questions/<int:hold_id>/override", "override", questions.override, methods=["POST"]
)

blueprint.add_url_rule("/displacing", "displacing", displacing.choose)
blueprint.add_url_rule("/displacing", "displace", displacing.displace, methods=["POST"])

blueprint.add_url_rule("/slots", "slots", slots.choose)
blueprint.add_url_rule("/slots.csv", "slots_file", slots.as_file)
blueprint.add_url_rule("/slots", "book", slots.book, methods=["POST"])

blueprint.add_url_rule("/contrast", "contrast_form", recording.contrast_form)
blueprint.add_url_rule("/contrast", "give_contrast", recording.give_contrast, methods=["POST"])
blueprint.add_url_rule(
    "/contrast/<int:given_id>/withdraw",
    "withdraw_contrast",
    recording.withdraw_contrast,
    methods=["POST"],
)
blueprint.add_url_rule("/dose", "dose_form", recording.dose_form)
blueprint.add_url_rule("/dose", "enter_dose", recording.enter_dose, methods=["POST"])
blueprint.add_url_rule("/procedure", "procedure_form", recording.procedure_form)
blueprint.add_url_rule(
    "/procedure", "change_procedure", recording.change_procedure, methods=["POST"]
)
