"""What happened, in sentences."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from worklist.audit.models import AuditEvent
from worklist.web.templating import moment

_SENTENCES: dict[str, str] = {
    "exam.held": "Held: a question is open.",
    "exam.scheduled": "Scheduled.",
    "exam.arrived": "The patient has come.",
    "exam.identity_checked": "Name and birth date were checked.",
    "exam.ready": "Prepared and waiting for the room.",
    "exam.started": "Started.",
    "exam.departed": "Left the room.",
    "exam.completed": "Completed.",
    "exam.no_show": "The patient did not come; the slot is free again.",
    "exam.on_time": "Expected at its time again.",
    "exam.waiting": "On the waiting list for a sooner time.",
    "exam.left_waiting": "Off the waiting list.",
    "exam.needs_changed": "Looked at anew.",
    "exam.images_available": "The archive has the images.",
    "screening.filled": "A screening form was filled in.",
    "performed.linked": "A performed step was linked to this exam by hand.",
    "report.preliminary": "A preliminary report was written.",
    "report.final": "The report was signed.",
    "report.addendum": "The report got an addendum.",
    "patient.registered": "Registered.",
    "patient.merged": "Two records were merged.",
    "patient.merge_undone": "A merge of two records was undone.",
    "order.update_ignored": "An older message about this order came late and changed nothing.",
    "reading.ready": "Ready to be read.",
    "reading.claimed": "Claimed for reading.",
    "reading.released": "Given back to the reading queue.",
    "reading.expired": "The claim ran out; back in the reading queue.",
    "reading.read": "Read.",
    "reading.unassigned": "Kept for nobody any more.",
    "critical.raised": "A critical finding was raised.",
    "critical.acknowledged": "Somebody was told of the critical finding.",
    "critical.withdrawn": "The critical finding was taken back.",
    "reading.withdrawn": "Out of the reading queue: the exam goes on.",
}


def sentence(event: AuditEvent) -> str:
    """Return one sentence for an event; an unknown one is told by its name."""
    detail = event.detail
    if (tell := _TELLERS.get(event.action)) is not None:
        return tell(detail)
    text = _SENTENCES.get(event.action)
    if text is None:
        text = f"{event.action.replace('.', ' ').replace('_', ' ').capitalize()}."
    return _with_reason(text, detail)


def who(actor: str) -> str:
    """Return the actor for people: ``user:dana`` is dana, ``station:CT01`` is scanner CT01."""
    kind, _, name = actor.partition(":")
    names = {"user": name, "station": f"scanner {name}", "peer": f"hospital system {name}"}
    return names.get(kind, "Worklist")


def _with_reason(text: str, detail: dict[str, Any]) -> str:
    reason = detail.get("reason")
    return f"{text} {reason}" if reason else text


def _received(detail: dict[str, Any]) -> str:
    return f"Ordered: {detail['procedure']}, priority {detail['priority']}."


def _changed(detail: dict[str, Any]) -> str:
    changed = [name.replace("_", " ") for name in detail.get("changed", [])]
    return f"The order changed: {', '.join(changed) or 'nothing that matters here'}."


def _placed(detail: dict[str, Any]) -> str:
    return str(detail["summary"])


def _moved(detail: dict[str, Any]) -> str:
    slot, before = detail.get("slot"), detail.get("previous_slot")
    start = f" from {_at(before['starts_at'])}" if before else ""
    end = f" to {_at(slot['starts_at'])}" if slot else ""
    return f"Moved{start}{end}."


def _delayed(detail: dict[str, Any]) -> str:
    return f"An exam before it runs late: expected at {_at(detail['expected_at'])}."


def _offered(detail: dict[str, Any]) -> str:
    return f"A sooner slot is offered: {detail['room']} at {_at(detail['starts_at'])}."


def _numbered(detail: dict[str, Any]) -> str:
    return f"The hospital gave it the order number {detail['placer_order_number']}."


def _facts(verb: str) -> Callable[[dict[str, Any]], str]:
    def tell(detail: dict[str, Any]) -> str:
        kinds = ", ".join(str(kind).replace("_", " ") for kind in detail.get("kinds", []))
        return f"{verb}: {kinds}."

    return tell


def _at(text: str) -> str:
    return moment(datetime.fromisoformat(text))


def _reported(detail: dict[str, Any]) -> str:
    text = f"{detail['station']} reports the exam {str(detail['status']).lower()}."
    if detail.get("other_patient_number"):
        return f"{text} It names another patient number: check whom it was done for."
    return text


def _hold(what: str) -> Callable[[dict[str, Any]], str]:
    return lambda detail: _with_reason(f"Question {detail['rule']} {what}.", detail)


def _gone(word: str) -> Callable[[dict[str, Any]], str]:
    return lambda detail: _with_reason(f"{word}.", detail)


def _kept(detail: dict[str, Any]) -> str:
    return f"Kept for {detail['reader']} to read."


_TELLERS: dict[str, Callable[[dict[str, Any]], str]] = {
    "order.received": _received,
    "order.changed": _changed,
    "exam.placement_placed": _placed,
    "exam.placement_held": _placed,
    "exam.placement_blocked": _placed,
    "exam.placement_no_slot": _placed,
    "exam.reported": _reported,
    "exam.contrast_given": lambda detail: f"Contrast was given: {detail['given']}.",
    "exam.contrast_withdrawn": lambda detail: f"No contrast after all: {detail['given']}.",
    "exam.moved": _moved,
    "exam.delayed": _delayed,
    "exam.offered": _offered,
    "order.numbered": _numbered,
    "reading.reserved": _kept,
    "reading.assigned": _kept,
    "reading.pending": _gone("The reader asks for more images"),
    "reading.resolved": _gone("What the reader asked for was answered"),
    "fact.recorded": _facts("Recorded"),
    "fact.corrected": _facts("Corrected"),
    "fact.ended": _facts("Holds no longer"),
    "exam.canceled": _gone("Cancelled"),
    "exam.discontinued": _gone("Discontinued"),
    "exam.needs_changed": _gone("New facts ask for more than was booked"),
    "exam.unscheduled": _gone("The slot was given back"),
    "hold.raised": _hold("was raised"),
    "hold.answered": _hold("was answered"),
    "hold.overridden": _hold("was overridden"),
    "hold.withdrawn": _hold("is no longer asked"),
}
