"""An order that is being made: what the form says, and what it would lead to.

Questions and slots come from the rules and the calendar themselves: the order is made, looked at
and rolled back, so that what the clerk reads out is what booking will meet.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice

from sqlalchemy.orm import Session

from worklist.errors import DomainError
from worklist.orders.details import OrderDetails
from worklist.orders.models import ScheduledProcedureStep
from worklist.patients.models import Patient
from worklist.scheduling import service as scheduling
from worklist.scheduling.assessment import Assessment, assess
from worklist.scheduling.search import find_slots
from worklist.scheduling.slots import Slot
from worklist.vocabulary import PatientClass, Priority
from worklist.web import context

SHOWN = 12
_LOOKED_THROUGH = 400
_NOON, _EVENING = time(12), time(17)
PARTS = {
    "": "any time",
    "morning": "morning, before 12:00",
    "afternoon": "afternoon, 12:00 to 17:00",
    "evening": "evening, from 17:00",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What the form says, checked."""

    procedure_code: str
    priority: Priority
    patient_class: PatientClass
    reason: str
    ordering_physician: str
    laterality: str
    wanted_on: date | None
    part: str
    room_id: int | None

    def details(self, now: datetime) -> OrderDetails:
        """Return the order."""
        return OrderDetails(
            procedure_code=self.procedure_code,
            priority=self.priority,
            patient_class=self.patient_class,
            ordered_at=now,
            reason=self.reason,
            ordering_physician=self.ordering_physician,
            laterality=self.laterality,
            wanted_at=self.wanted_at,
        )

    @property
    def wanted_at(self) -> datetime | None:
        """The first moment of the day wanted."""
        if self.wanted_on is None:
            return None
        return datetime.combine(self.wanted_on, time(), tzinfo=context.zone())


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What the order would lead to: what the rules say, and free slots."""

    exam: ScheduledProcedureStep
    assessment: Assessment
    slots: list[Slot]


def read(form: Mapping[str, str]) -> Draft:
    """Return what the form says.

    Raises:
        DomainError: a field holds what it cannot; the text names it.
    """
    part = form.get("part", "")
    if part not in PARTS:
        raise DomainError(f"{part!r} is no part of the day.")
    room = form.get("room_id", "")
    if room and not room.isdigit():
        raise DomainError("There is no such room.")
    try:
        return Draft(
            procedure_code=form.get("procedure", ""),
            priority=Priority(form.get("priority", Priority.ROUTINE)),
            patient_class=PatientClass(form.get("patient_class", PatientClass.OUTPATIENT)),
            reason=form.get("reason", "").strip(),
            ordering_physician=_person_name(form.get("ordering_physician", "")),
            laterality=form.get("laterality", "") if form.get("laterality") in {"L", "R"} else "",
            wanted_on=date.fromisoformat(form["wanted_on"]) if form.get("wanted_on") else None,
            part=part,
            room_id=int(room) if room else None,
        )
    except ValueError as error:
        raise DomainError(f"The form holds a value that cannot be read: {error}.") from error


def outlook(session: Session, patient: Patient, draft: Draft, *, actor: str) -> Outlook:
    """Make the order in ``session``, which the caller rolls back, and look at what follows.

    Raises:
        UnknownProcedureError: the catalogue has no such procedure.
    """
    now = context.now()
    order = scheduling.accept_order(session, patient, draft.details(now), actor=actor, now=now)
    exam = scheduling.exams_of(order)[0]
    assessment = assess(session, exam, now=now)
    may_be_booked = not assessment.blocks and not assessment.holds
    return Outlook(
        exam=exam,
        assessment=assessment,
        slots=list(islice(_slots(session, exam, draft), SHOWN)) if may_be_booked else [],
    )


def _slots(session: Session, exam: ScheduledProcedureStep, draft: Draft) -> Iterator[Slot]:
    """Yield free slots in the room and the part of the day that the form names."""
    limit = _LOOKED_THROUGH if draft.part else SHOWN
    for slot in find_slots(session, exam, now=context.now(), room_id=draft.room_id, limit=limit):
        if not draft.part or part_of_day(slot.starts_at) == draft.part:
            yield slot


def part_of_day(moment: datetime) -> str:
    """Return the part of the day in the site's zone."""
    local = moment.astimezone(context.zone()).time()
    if local < _NOON:
        return "morning"
    return "afternoon" if local < _EVENING else "evening"


def _person_name(text: str) -> str:
    """Return ``Huber, Maria`` or ``Maria Huber`` as a DICOM PN (PS3.5 section 6.2.1.2)."""
    family, comma, given = text.strip().partition(",")
    if not comma:
        given, _, family = text.strip().rpartition(" ")
    return f"{family.strip()}^{given.strip()}".rstrip("^").replace("\\", "")
