"""A case of the reading queue and its reports as programs see them."""

from datetime import datetime
from typing import Self

from sqlalchemy.orm import Session

from worklist.auth.models import User
from worklist.reading.models import ReadingStatus, ReadingTask, Report, ReportKind
from worklist.vocabulary import Priority
from worklist.web.api.fields import Output
from worklist.web.api.people import PatientSummary
from worklist.web.reading import queries


class Person(Output):
    """Somebody with an account."""

    id: int
    display_name: str

    @classmethod
    def of(cls, user: User | None) -> Self | None:
        """Name somebody."""
        return None if user is None else cls.model_validate(user)


class ReadingCase(Output):
    """A case; ``due_at`` follows from its priority. A claim ends unless it is renewed."""

    id: int
    status: ReadingStatus
    priority: Priority
    reading_group: str
    requested_procedure_id: int
    procedure_code: str
    description: str
    modality: str
    accession_number: str
    study_instance_uid: str
    patient: PatientSummary
    ready_at: datetime
    due_at: datetime
    claimed_by: Person | None
    claim_expires_at: datetime | None
    assigned_to: Person | None
    dictated_at: datetime | None
    dictated_by: str
    pending_since: datetime | None
    pending_reason: str
    pending_answer: str
    read_at: datetime | None

    @classmethod
    def of(cls, task: ReadingTask) -> Self:
        """Describe a case."""
        requested = task.requested_procedure
        return cls.made_of(
            task,
            procedure_code=requested.procedure.code,
            description=requested.description,
            modality=requested.procedure.modality,
            accession_number=requested.order.accession_number,
            study_instance_uid=requested.study_instance_uid,
            patient=PatientSummary.of(requested.order.patient),
            claimed_by=Person.of(task.claimed_by),
            assigned_to=Person.of(task.assigned_to),
        )


class ReportText(Output):
    """One text about a case, as it was signed; ``reader`` is a DICOM PN."""

    id: int
    kind: ReportKind
    content: str
    reader: str
    written_at: datetime

    @classmethod
    def of(cls, report: Report) -> Self:
        """Describe a report."""
        return cls.model_validate(report)


def changed_case(session: Session, task_id: int) -> ReadingCase:
    """Return a case as it is after a change."""
    session.flush()
    session.expire_all()
    return ReadingCase.of(queries.case(session, task_id))
