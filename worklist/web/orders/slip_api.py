"""The appointment slip for programs: sent by e-mail."""

from typing import Annotated

from pydantic import StringConstraints
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.web.api.fields import Done, Input
from worklist.web.api.operations import Operations
from worklist.web.orders.slip import send_to

api = Operations("Slips", "What the patient takes home: when to come, and how to prepare.")


class Recipient(Input):
    """Where the slip goes."""

    email: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]


@api.post("/exams/<int:exam_id>/slip", Permission.BOOK, twins="orders.send_slip orders.slip")
def send_slip(session: Session, exam_id: int, body: Recipient) -> Done:
    """Send the appointment slip by e-mail, in the patient's language."""
    return Done(text=f"The slip is on its way to {send_to(session, exam_id, body.email)}.")
