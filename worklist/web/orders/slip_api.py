"""The appointment slip for programs: what it says, and sending it by e-mail."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import StringConstraints
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.language import catalogues
from worklist.language.text import _
from worklist.mail.slip import BRING, Slip, slip_of
from worklist.orders import service as orders
from worklist.web import context
from worklist.web.api.exams import RoomName
from worklist.web.api.fields import Done, Input, Output
from worklist.web.api.operations import Operations
from worklist.web.api.people import PatientSummary
from worklist.web.orders.slip import send_to

api = Operations("Slips", "What the patient takes home: when to come, and how to prepare.")


class Recipient(Input):
    """Where the slip goes."""

    email: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]


class SlipText(Output):
    """What the slip says, in the patient's language where there is one.

    ``comes_at`` is when the patient is wanted: preparation may begin before the exam does.
    """

    exam_id: int
    accession_number: str
    patient: PatientSummary
    description: str
    site: str
    site_name: str
    department: str
    time_zone: str
    room: RoomName
    comes_at: datetime
    starts_at: datetime
    ends_at: datetime
    locale: str
    preparation: str
    preparation_language: str
    bring: str

    @classmethod
    def of(cls, slip: Slip) -> Self:
        """Describe a slip."""
        exam = slip.exam
        return cls.made_of(
            slip,
            exam_id=exam.id,
            accession_number=exam.order.accession_number,
            patient=PatientSummary.of(exam.patient),
            description=exam.description,
            site=slip.site.code,
            site_name=slip.site.name,
            department=slip.site.department,
            time_zone=slip.site.time_zone,
            room=RoomName.of(slip.room),
            bring=catalogues.tell(BRING, slip.locale),
        )


@api.get("/exams/<int:exam_id>/slip", Permission.SEE_SCHEDULE, twins="orders.slip")
def read_slip(session: Session, exam_id: int) -> SlipText:
    """Return the appointment slip."""
    locale = context.current().settings.locale
    return SlipText.of(slip_of(session, orders.get_exam(session, exam_id), locale=locale))


@api.post("/exams/<int:exam_id>/slip", Permission.BOOK, twins="orders.send_slip")
def send_slip(session: Session, exam_id: int, body: Recipient) -> Done:
    """Send the appointment slip by e-mail, in the patient's language."""
    address = send_to(session, exam_id, body.email)
    return Done(text=_("The slip is on its way to %(address)s.", address=address))
