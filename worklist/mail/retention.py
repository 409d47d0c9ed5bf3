"""Which mails are of no more use: each holds a patient's address."""

from datetime import datetime

from sqlalchemy import Select, select

from worklist.mail.models import MailState, PatientMail


def old_mails(before: datetime) -> Select[int]:
    """Return the ids of mails that do not wait any more, for appointments that are past."""
    return select(PatientMail.id).where(
        PatientMail.requested_at < before,
        PatientMail.starts_at < before,
        PatientMail.state != MailState.WAITING,
    )
