"""Booking, moving and cancelling an exam by its Appointment (R4 section 12.11)."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.fhir.appointments import APPOINTMENT
from worklist.fhir.elements import Json
from worklist.fhir.errors import FhirError, invalid, not_found
from worklist.fhir.parameters import row_id, whole_number
from worklist.fhir.schedules import room_by_code
from worklist.fhir.slot_names import SlotName, parse_slot_id
from worklist.language.text import _
from worklist.orders import service as orders
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import UNPLACED
from worklist.scheduling import service as scheduling

# What may be sent, and the value set ParticipationStatus.
_BOOKABLE = frozenset({"booked", "pending", "proposed"})
_ANSWERS = ("accepted", "declined", "tentative", "needs-action")
# What a change may concern; all else of an Appointment follows from the order and the room.
_CHANGEABLE = frozenset(
    {"status", "cancelationReason", "slot", "start", "end", "participant", "meta", "text"}
)


def book(session: Session, body: Json, *, actor: str, now: datetime) -> ScheduledProcedureStep:
    """Book the exam of a ServiceRequest into the slot that the Appointment names.

    Raises:
        FhirError: something is missing or cannot be read.
        SlotTakenError: the slot is not free.
        RuleBlocksError: a rule forbids it or asks a question first.
        OrderStateError: the exam has started or is finished.
    """
    if str(body.get("status")) not in _BOOKABLE:
        raise _not_one_of("Appointment.status", sorted(_BOOKABLE))
    exam = _exam_to_book(session, body)
    _check_patient(exam, body)
    _book(session, exam, body, actor=actor, now=now)
    session.flush()
    return exam


def present(session: Session, identifier: str) -> tuple[ScheduledProcedureStep, Json]:
    """Return the exam, locked for a change, and its Appointment as it is now.

    Raises:
        FhirError: there is none.
    """
    number = whole_number(identifier)
    if number is None:
        raise not_found("Appointment", identifier)
    exam = orders.get_exam(session, number)
    return exam, APPOINTMENT.read(session, identifier)


def change(
    session: Session,
    exam: ScheduledProcedureStep,
    before: Json,
    body: Json,
    *,
    actor: str,
    now: datetime,
) -> None:
    """Move or cancel the exam so that its Appointment, now ``before``, becomes as it was sent.

    Raises:
        FhirError: it cannot be read, or something else is to be changed.
        SlotTakenError: the slot is not free.
        RuleBlocksError: a rule forbids it or asks a question first.
        OrderStateError: the exam has started or is finished.
    """
    _check_change(before, body)
    _check_patient(exam, body)
    if body["status"] == "cancelled":
        if before["status"] != "cancelled":
            reason = _reason(body)
            scheduling.cancel_exam(session, exam, actor=actor, now=now, reason=reason)
    elif body["status"] != before["status"] or _moves(before, body):
        if body["status"] != "booked":
            text = _(
                "A program may make the status booked or cancelled; all else is done at the desks."
            )
            raise FhirError(422, "business-rule", text)
        _book(session, exam, body, actor=actor, now=now)
    session.flush()


def _check_change(before: Json, body: Json) -> None:
    if body.get("resourceType") != "Appointment" or body.get("id") != before["id"]:
        raise invalid(_("Send one resource of type Appointment with the id of the address."))
    if not isinstance(body.get("status"), str):
        raise invalid(_("Appointment.status says what the Appointment should be."))
    given = body.keys() - _CHANGEABLE
    changed = sorted(name for name in given if body[name] != before.get(name))
    if changed:
        text = _(
            "Appointment.%(name)s cannot be changed here: it follows from the order.",
            name=changed[0],
        )
        raise FhirError(422, "business-rule", text)


def _moves(before: Json, body: Json) -> bool:
    """Return whether another slot or start is asked for; what is not said stays."""
    if "slot" in body and _references(body, "slot") != _references(before, "slot"):
        return True
    given, kept = body.get("start"), before.get("start")
    return given is not None and (kept is None or _moment(given) != _moment(kept))


def _reason(body: Json) -> str:
    """Return why it is cancelled, in words; empty where that is not said."""
    given = body.get("cancelationReason", {})
    if not isinstance(given, Mapping):
        raise invalid(_("Appointment.cancelationReason is a CodeableConcept."))
    coding = given.get("coding") or [{}]
    first = coding[0] if isinstance(coding, list) and isinstance(coding[0], Mapping) else {}
    return str(given.get("text") or first.get("display") or first.get("code") or "")


def _book(
    session: Session, exam: ScheduledProcedureStep, body: Json, *, actor: str, now: datetime
) -> None:
    slots = _references(body, "slot")
    if len(slots) != 1:
        raise invalid(_("Appointment.slot names exactly one Slot: find it with GET Slot."))
    from_slot = parse_slot_id(slots[0].rpartition("/")[2])
    room = room_by_code(session, from_slot.room)
    starts_at = _start(body, from_slot)
    scheduling.book(session, exam, room_id=room.id, starts_at=starts_at, actor=actor, now=now)


def _start(body: Json, slot: SlotName) -> datetime:
    """Return the time wanted: ``start``, else the slot's own."""
    if body.get("start") is None:
        return slot.starts_at
    start = _moment(body["start"])
    if not slot.starts_at <= start < slot.ends_at:
        raise invalid(_("Appointment.start lies outside the slot."))
    return start


def _moment(text: object) -> datetime:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise invalid(
            _("Appointment.start %(given)s is not an instant.", given=repr(text))
        ) from error
    if moment.tzinfo is None:
        raise invalid(_("Appointment.start needs its offset from UTC."))
    return moment


def _exam_to_book(session: Session, body: Json) -> ScheduledProcedureStep:
    if body.get("resourceType") != "Appointment":
        raise invalid(_("Send one resource of type Appointment."))
    based_on = _references(body, "basedOn")
    if len(based_on) != 1:
        raise invalid(_("Appointment.basedOn names exactly one ServiceRequest."))
    requested_id = row_id("ServiceRequest", based_on[0])
    exams = session.scalars(
        select(ScheduledProcedureStep)
        .where(ScheduledProcedureStep.requested_procedure_id == requested_id)
        .order_by(ScheduledProcedureStep.id)
        .with_for_update()
    ).all()
    if not exams:
        raise not_found("ServiceRequest", str(requested_id))
    open_ones = [exam for exam in exams if exam.status in UNPLACED] or list(exams)
    if len(open_ones) > 1:
        text = _(
            "This ServiceRequest has several exams without a slot: book them at the front desk."
        )
        raise FhirError(422, "processing", text)
    return open_ones[0]


def _not_one_of(element: str, known: Sequence[str]) -> FhirError:
    listed = ", ".join(known)
    return invalid(_("%(element)s is one of %(known)s.", element=element, known=listed))


def _references(body: Json, name: str) -> list[str]:
    """Return what the references of an element point to.

    Raises:
        FhirError: it is not a list of references.
    """
    given = body.get(name, [])
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise invalid(_("Appointment.%(name)s is a list of references.", name=name))
    return [str(one.get("reference", "")) for one in given]


def _check_patient(exam: ScheduledProcedureStep, body: Json) -> None:
    """Refuse an Appointment without participants, or of a patient whose exam this is not."""
    given = body.get("participant")
    if not isinstance(given, list) or not given:
        raise invalid(_("Appointment.participant names who takes part: the patient at least."))
    for one in given:
        if not isinstance(one, dict) or one.get("status") not in _ANSWERS:
            raise _not_one_of("Appointment.participant.status", _ANSWERS)
        if not one.get("actor") and not one.get("type"):
            raise invalid(_("Appointment.participant has an actor or a type (rule app-1)."))
        actor = one.get("actor", {})
        named = str(actor.get("reference", "")) if isinstance(actor, dict) else ""
        if named.startswith("Patient/") and row_id("Patient", named) != exam.patient_id:
            text = _("Appointment.participant names another patient than the ServiceRequest.")
            raise FhirError(422, "business-rule", text)
