"""Exams, their questions and their slots as JSON."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Self

from worklist.catalogue.models import Room
from worklist.orders.models import ExamHold, ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.rules.findings import Finding
from worklist.rules.serialise import to_json
from worklist.scheduling.slots import Slot
from worklist.vocabulary import PatientClass, Priority
from worklist.web.api.fields import Output
from worklist.web.api.people import PatientSummary


class RoomName(Output):
    """A room as it is named."""

    id: int
    code: str
    name: str

    @classmethod
    def of(cls, room: Room | None) -> Self | None:
        """Name a room."""
        return None if room is None else cls(id=room.id, code=room.code, name=room.name)


class ExamSummary(Output):
    """An exam as lists tell it; send ``version`` back as ``If-Match`` to change what was seen."""

    id: int
    version: int
    status: StepStatus
    status_reason: str
    scheduled_procedure_step_id: str
    description: str
    modality: str
    procedure_code: str
    order_id: int
    accession_number: str
    priority: Priority
    patient_class: PatientClass
    patient: PatientSummary
    room: RoomName | None
    starts_at: datetime | None
    ends_at: datetime | None

    @classmethod
    def of(cls, exam: ScheduledProcedureStep) -> Self:
        """Describe an exam."""
        return cls.made_of(exam, **shared_fields(exam))


def shared_fields(exam: ScheduledProcedureStep) -> dict[str, Any]:
    """Return what every list has of an exam, besides what is the exam's own."""
    order = exam.order
    return {
        "procedure_code": exam.procedure.code,
        "order_id": order.id,
        "accession_number": order.accession_number,
        "priority": order.priority,
        "patient_class": order.patient_class,
        "patient": PatientSummary.of(exam.patient),
        "room": RoomName.of(exam.room),
    }


class Question(Output):
    """A question that a rule asks; open while ``resolved_at`` is empty.

    ``fact`` is the kind of fact that answers it, null where only an approval does; ``subject`` is
    what the fact is about, where its kind does not say it. ``finding.instead`` is another kind of
    fact that answers it as well.
    """

    id: int
    rule: str
    role: str
    question: str
    fact: str | None
    subject: str
    finding: dict[str, Any]
    raised_at: datetime
    resolved_at: datetime | None
    resolved_by: str | None
    resolution: str | None
    reason: str


class ExamDetail(ExamSummary):
    """An exam with all that is stored of it."""

    procedure_name: str
    requested_procedure_id: int
    study_instance_uid: str
    laterality: str
    status_changed_at: datetime
    station_ae_title: str | None
    arrived_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    automatic_placement: bool
    questions: list[Question]

    @classmethod
    def of(cls, exam: ScheduledProcedureStep) -> Self:
        """Describe an exam."""
        requested = exam.requested_procedure
        return cls.made_of(
            exam,
            **shared_fields(exam),
            procedure_name=exam.procedure.name,
            study_instance_uid=requested.study_instance_uid,
            laterality=requested.laterality,
            station_ae_title=exam.station.ae_title if exam.station else None,
            questions=[question(one) for one in exam.holds],
        )


class FreeSlot(Output):
    """A room and a time that an exam could have."""

    room_id: int
    room_code: str
    room_name: str
    starts_at: datetime
    ends_at: datetime


def question(hold: ExamHold) -> Question:
    """Describe a question."""
    return Question.model_validate(hold)


def free_slots(slots: Sequence[Slot]) -> list[FreeSlot]:
    """Describe slots."""
    return [FreeSlot.model_validate(one) for one in slots]


def findings(found: Sequence[Finding]) -> list[dict[str, Any]]:
    """Tell what rules found."""
    return [to_json(one) for one in found]
