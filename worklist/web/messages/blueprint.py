"""The addresses of the message browser."""

from flask import Blueprint

from worklist.web.messages import inbox, outbox, trial

blueprint = Blueprint("messages", __name__, url_prefix="/messages")

blueprint.add_url_rule("", "inbox", inbox.inbox)
blueprint.add_url_rule("/list.csv", "inbox_file", inbox.as_file)
blueprint.add_url_rule("/outbox.csv", "outbox_file", outbox.as_file)
blueprint.add_url_rule("/find", "find", inbox.find, methods=["POST"])
blueprint.add_url_rule("/<int:message_id>", "show", inbox.show)
blueprint.add_url_rule("/<int:message_id>/replay", "replay", inbox.replay, methods=["POST"])
blueprint.add_url_rule("/<int:message_id>/correct", "correct", inbox.correct, methods=["POST"])
blueprint.add_url_rule("/try", "trial", trial.form)
blueprint.add_url_rule("/try", "run_trial", trial.run, methods=["POST"])
blueprint.add_url_rule("/outbox", "outbox", outbox.outbox)
blueprint.add_url_rule("/outbox/retry", "retry", outbox.retry, methods=["POST"])
blueprint.add_url_rule("/outbox/<int:message_id>", "show_sent", outbox.show_sent)
blueprint.add_url_rule(
    "/outbox/<int:message_id>/replay", "replay_sent", outbox.replay_sent, methods=["POST"]
)
blueprint.add_url_rule(
    "/outbox/<int:message_id>/discard", "discard", outbox.discard, methods=["POST"]
)
