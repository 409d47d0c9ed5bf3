"""Which event becomes which message for which peer."""

from collections.abc import Callable

from worklist.audit.announced import ANNOUNCED
from worklist.audit.models import AuditEvent
from worklist.hl7.outbound import replies
from worklist.hl7.outbound.appointment_messages import appointment
from worklist.hl7.outbound.order_messages import order_cancelled, order_number, order_status
from worklist.hl7.outbound.patient_messages import patient
from worklist.hl7.outbound.procedure_messages import procedure
from worklist.hl7.outbound.report_messages import report
from worklist.hl7.outbound.segments import Draft
from worklist.hl7.outbound.subject import Audience, OrderSubject, Subject
from worklist.hl7.peers.file import PeerEntry
from worklist.hl7.peers.models import MessageChoice

_OF_ORDERS: dict[MessageChoice, Callable[[OrderSubject, Audience], Draft | None]] = {
    MessageChoice.ORDER_NUMBER: order_number,
    MessageChoice.ORDER_STATUS: order_status,
    MessageChoice.ORDER_CANCELLED: order_cancelled,
    MessageChoice.APPOINTMENT: appointment,
    MessageChoice.REPORT: report,
    MessageChoice.PROCEDURE: procedure,
}

_EXAM = frozenset(action for action in ANNOUNCED if action.startswith("exam."))
_OVER = frozenset({"exam.completed", "exam.discontinued", "exam.canceled", "exam.no_show"})
_BOOKING = frozenset(
    {"exam.scheduled", "exam.moved", "exam.unscheduled", "exam.held", "exam.canceled"}
)
_REPORT = frozenset(
    action for action in ANNOUNCED if action.partition(".")[0] in {"report", "critical"}
)

# What may become a message of each kind; the mapping itself looks closer.
ACTIONS: dict[MessageChoice, frozenset[str]] = {
    MessageChoice.ACKNOWLEDGEMENT: replies.ACTIONS,
    MessageChoice.ORDER_REFUSED: replies.ACTIONS,
    MessageChoice.ORDER_NUMBER: frozenset({"order.received"}),
    MessageChoice.ORDER_STATUS: _OVER | {"exam.started"},
    MessageChoice.ORDER_CANCELLED: frozenset({"exam.canceled"}),
    MessageChoice.APPOINTMENT: _BOOKING | {"exam.no_show", "exam.changed"},
    MessageChoice.REPORT: _REPORT,
    MessageChoice.PROCEDURE: _EXAM - {"exam.unscheduled", "exam.held"},
    MessageChoice.PATIENT: frozenset({"patient.updated", "patient.merged", "patient.merge_undone"}),
}


def choices(event: AuditEvent, peer: PeerEntry) -> list[MessageChoice]:
    """Return what the peer may want to hear of the event.

    What a peer did itself it is not told again, except an image manager of its procedures.
    """
    wanted = [choice for choice in peer.sends if event.action in ACTIONS[choice]]
    if is_of(peer, event.actor):
        wanted = [choice for choice in wanted if choice is MessageChoice.PROCEDURE]
    return wanted


def is_of(peer: PeerEntry, actor: str) -> bool:
    """Return whether the actor of an event is this peer."""
    names = {peer.name, peer.application, *(sender.application for sender in peer.senders)} - {""}
    return actor in {f"peer:{name}" for name in names}


def draft(choice: MessageChoice, subject: Subject, audience: Audience) -> Draft | None:
    """Write the message without its MSH; None where the event is none of the peer's business."""
    if choice is MessageChoice.PATIENT:
        return patient(subject, audience)
    if not isinstance(subject, OrderSubject):
        return None
    issuers = audience.peer.placer_issuers
    made_here = subject.order.placer_order_number is None
    if issuers and not made_here and subject.order.placer_issuer not in issuers:
        return None
    return _OF_ORDERS[choice](subject, audience)
