"""Images are available: that ends the exams of scanners which report nothing themselves."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from worklist.language.text import _
from worklist.orders import trail
from worklist.orders.models import RequestedProcedure, ScheduledProcedureStep
from worklist.orders.status import UNDER_WAY, WITH_SLOT, StepStatus
from worklist.performing import progress
from worklist.performing.models import AvailabilityNotice
from worklist.performing.performed import DuplicateStepError
from worklist.performing.reports import Availability


def receive(
    session: Session, notice: Availability, *, sender: str, actor: str, now: datetime
) -> AvailabilityNotice:
    """Store a notification; the study's exams that nothing else has ended are completed.

    Raises:
        DuplicateStepError: the SOP Instance UID is known.
    """
    row = AvailabilityNotice(
        sop_instance_uid=notice.sop_instance_uid,
        study_instance_uid=notice.study_instance_uid,
        performed_uids=list(notice.performed_uids),
        instances=notice.instances,
        available=notice.available,
        sender=sender,
        attributes=notice.attributes,
        received_at=now,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise DuplicateStepError(_("A notification with this UID exists already.")) from error
    if notice.available:
        for exam in _exams(session, notice.study_instance_uid, now):
            trail.record(
                session,
                exam,
                "exam.images_available",
                actor=actor,
                now=now,
                instances=notice.instances,
            )
            progress.follow(session, exam, actor=actor, now=now)
    return row


def _exams(session: Session, study: str, now: datetime) -> list[ScheduledProcedureStep]:
    """Return the study's exams that may have been done: begun, arrived, or due by now; locked."""
    exam = ScheduledProcedureStep
    rows = session.scalars(
        select(exam)
        .join(exam.requested_procedure)
        .where(
            RequestedProcedure.study_instance_uid == study,
            exam.status.in_(WITH_SLOT | UNDER_WAY),
            (exam.status != StepStatus.SCHEDULED) | (exam.starts_at <= now),
        )
        .order_by(exam.id)
        .with_for_update(of=exam)
        .execution_options(populate_existing=True)
    )
    return list(rows)
