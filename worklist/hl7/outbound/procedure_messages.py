"""To the image manager: procedures scheduled and updated (IHE RAD TF-2 4.4 and 4.13).

OMI^O23 has one order with an IPC for each step; ORM^O01 repeats ORC and OBR for each step and
ends with ZDS, which holds the Study Instance UID.
"""

from dataclasses import dataclass, replace

from worklist.hl7.outbound.fields import components, entity, segment, text, timing
from worklist.hl7.outbound.segments import Draft, obr, orc, pid, procedure_code, pv1, tq1
from worklist.hl7.outbound.subject import Audience, OrderSubject, Step
from worklist.hl7.peers.models import ProcedureMessage
from worklist.orders.models import RequestedProcedure
from worklist.orders.status import OrderStatus, StepStatus, order_status

# What a change of the order leaves as it is for the image manager.
_OF_NO_CONCERN = frozenset({"wanted_at", "placer_group_number"})
_GONE = ("", "CA", "DC")


@dataclass(frozen=True, slots=True)
class _Course:
    """ORC-1 and ORC-5 (IHE RAD TF-2 tables 4.4-1 and 4.13-1)."""

    control: str
    status: str


_SCHEDULED = _Course("NW", "SC")
_CHANGED = _Course("XO", "SC")
_COMPLETED = _Course("XO", "CM")
_CANCELLED = _Course("CA", "CA")
_DISCONTINUED = _Course("DC", "CA")


def procedure(subject: OrderSubject, audience: Audience) -> Draft | None:
    """Describe a procedure that is scheduled, changed, completed, cancelled or discontinued.

    The first that the destination hears of a procedure is ``NW``, whatever happened to it.
    """
    course = _course(subject, known=audience.told not in _GONE)
    if course is None:
        return None
    # What is over for good is told with every step, else with those that take place.
    steps = tuple(step for step in subject.steps if course.status == "CA" or _takes_place(step))
    if not steps:
        return None
    is_omi = audience.peer.procedure_message is ProcedureMessage.OMI
    return (_omi if is_omi else _orm)(replace(subject, steps=steps), audience, course)


def _takes_place(step: Step) -> bool:
    return step.slot is not None and step.status is not StepStatus.CANCELED


def _course(subject: OrderSubject, *, known: bool) -> _Course | None:
    """Return what is told; None where there is nothing to tell."""
    action, reached = subject.event.action, _reached(subject)
    if reached is OrderStatus.CANCELED or action == "exam.no_show":
        course = _CANCELLED if known else None
    elif reached is OrderStatus.DISCONTINUED:
        course = _DISCONTINUED if known else None
    elif reached is OrderStatus.COMPLETED:
        course = _COMPLETED if known else _SCHEDULED
    elif action in {"exam.scheduled", "exam.moved"}:
        course = _CHANGED if known else _SCHEDULED
    elif action == "exam.started":
        course = None if known else _SCHEDULED
    else:
        changed = action == "exam.canceled" or _changes_what_is_told(subject)
        course = _CHANGED if known and changed else None
    return course


def _reached(subject: OrderSubject) -> OrderStatus | None:
    """Return the status that the event brought the procedure to; None where it brought none."""
    previous = subject.detail.get("previous")
    if previous is None:
        return None
    after = order_status(step.status for step in subject.steps)
    before = order_status(
        StepStatus(previous) if step.exam is subject.exam.exam else step.status
        for step in subject.steps
    )
    return after if after is not before else None


def _changes_what_is_told(subject: OrderSubject) -> bool:
    """Of the exams of one procedure that changed together the first tells of all."""
    changed = set(subject.detail.get("changed", ())) - _OF_NO_CONCERN
    return subject.event.action == "exam.changed" and subject.detail["first"] and bool(changed)


def _omi(subject: OrderSubject, audience: Audience, course: _Course) -> Draft:
    slots = [step.slot for step in subject.steps if step.slot]
    first = min(slots, key=lambda slot: slot.starts_at, default=None)
    control, status = course.control, course.status
    return Draft(
        "OMI^O23^OMI_O23",
        control,
        (
            pid(subject, audience),
            pv1(subject.order),
            orc(subject, audience, control=control, status=status),
            tq1(subject.order, first, audience.zone),
            obr(subject, audience, {44: procedure_code(subject.requested)}),
            *(_ipc(subject.requested, step, audience) for step in subject.steps),
        ),
    )


def _ipc(requested: RequestedProcedure, step: Step, audience: Audience) -> str:
    """Imaging procedure control: the identifiers under which images will come."""
    station, room = (step.slot.station, step.slot.room) if step.slot else (None, None)
    own = audience.peer.own_application
    return segment(
        "IPC",
        {
            1: entity(requested.order.accession_number, own),
            2: entity(requested.requested_procedure_id, own),
            3: text(requested.study_instance_uid),
            4: entity(step.exam.scheduled_procedure_step_id, own),
            5: text(step.exam.modality),
            6: procedure_code(requested),
            7: text(station.name) if station else "",
            8: text(room.code) if room else "",
            9: text(station.ae_title) if station else "",
        },
    )


def _orm(subject: OrderSubject, audience: Audience, course: _Course) -> Draft:
    segments = [pid(subject, audience), pv1(subject.order)]
    for number, step in enumerate(subject.steps, 1):
        header = orc(
            subject,
            audience,
            control=course.control,
            status=course.status,
            slot=step.slot,
            with_timing=True,
        )
        segments += [header, _orm_obr(subject, step, audience, number)]
    uid, own = text(subject.requested.study_instance_uid), audience.peer.own_application
    segments.append(segment("ZDS", {1: components(uid, text(own), "Application", "DICOM")}))
    return Draft("ORM^O01^ORM_O01", course.control, tuple(segments))


def _orm_obr(subject: OrderSubject, step: Step, audience: Audience, number: int) -> str:
    """OBR-4 holds the requested procedure and, as its alternate, the step's protocol."""
    order, requested, slot = subject.order, subject.requested, step.slot
    code = procedure_code(requested)
    starts_at, ends_at = (slot.starts_at, slot.ends_at) if slot else (order.wanted_at, None)
    more = {
        4: f"{code}^{code}",
        15: f"^^^^{text(requested.laterality)}" if requested.laterality else "",
        18: text(order.accession_number),
        19: text(requested.requested_procedure_id),
        20: text(step.exam.scheduled_procedure_step_id),
        24: text(step.exam.modality),
        27: timing(starts_at, ends_at, order.priority, audience.zone),
        44: code,
    }
    return obr(subject, audience, more, number=number)
