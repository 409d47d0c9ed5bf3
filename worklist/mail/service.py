"""Appointment slips by e-mail: whoever books asks for them."""

import re
from datetime import datetime

from sqlalchemy.orm import Session

from worklist import nudge
from worklist.errors import DomainError
from worklist.language.text import _
from worklist.mail import slip as slips
from worklist.mail.models import PatientMail
from worklist.orders import trail
from worklist.orders.models import ScheduledProcedureStep

DELIVER_TASK = "workers.mail.deliver"
# One mailbox, as RFC 5321 section 4.1.2 has it but for quoted names and addresses in brackets.
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_LONGEST = 120


def send_slip(
    session: Session,
    exam: ScheduledProcedureStep,
    *,
    address: str,
    locale: str,
    actor: str,
    now: datetime,
) -> PatientMail:
    """Write the slip of an exam for its patient; a worker sends it.

    Args:
        session: The transaction.
        exam: Whose slip.
        address: Where it goes.
        locale: The site's language, for a patient whose own there is not.
        actor: Who asked for it.
        now: The time.

    Raises:
        DomainError: it is not an address, or the exam has no slot.
    """
    address = address.strip()
    if len(address) > _LONGEST or not _ADDRESS.fullmatch(address):
        raise DomainError(
            _(
                "%(address)s is not an e-mail address: write it as maria@example.org.",
                address=address,
            )
        )
    slip = slips.slip_of(session, exam, locale=locale)
    mail = PatientMail(
        exam_id=exam.id,
        address=address,
        locale=slip.locale,
        subject=slips.subject(slip)[:200],
        content=slips.content(slip),
        starts_at=slip.starts_at,
        requested_at=now,
        requested_by=actor,
        next_attempt_at=now,
    )
    session.add(mail)
    session.flush()
    trail.record(
        session,
        exam,
        "exam.slip_mailed",
        actor=actor,
        now=now,
        language=slip.locale,
    )
    nudge.task(session, DELIVER_TASK, mail.id)
    return mail
