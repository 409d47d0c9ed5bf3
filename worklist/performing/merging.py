"""Undo a merge with everything that was done under it: orders, exams, slots, performed steps."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from worklist.orders.models import (
    ImagingServiceRequest,
    RequestedProcedure,
    ScheduledProcedureStep,
)
from worklist.patients import merging
from worklist.patients.contrast import ContrastAdministration
from worklist.patients.models import PatientMerge
from worklist.performing.models import PerformedFor, PerformedProcedureStep
from worklist.scheduling.models import Reservation


def undo_merge(session: Session, merge_id: int, *, actor: str, now: datetime) -> PatientMerge:
    """Take a merge back; what was added since to an order that goes back goes with it.

    Raises:
        NotFoundError: there is no such merge.
        ConflictError: it was undone meanwhile.
        MergeError: the survivor was merged into another since.
    """
    merge = merging.undo(session, merge_id, actor=actor, now=now)
    exams = (
        select(ScheduledProcedureStep.id)
        .join(RequestedProcedure)
        .join(ImagingServiceRequest)
        .where(ImagingServiceRequest.patient_id == merge.merged_id)
    )
    performed = select(PerformedFor.performed_id).where(PerformedFor.exam_id.in_(exams))
    for table, condition in (
        (ScheduledProcedureStep, ScheduledProcedureStep.id.in_(exams)),
        (Reservation, Reservation.exam_id.in_(exams)),
        (PerformedProcedureStep, PerformedProcedureStep.id.in_(performed)),
        (ContrastAdministration, ContrastAdministration.exam_id.in_(exams)),
    ):
        session.execute(
            update(table)
            .where(condition, table.patient_id == merge.survivor_id)
            .values(patient_id=merge.merged_id)
            .execution_options(synchronize_session=False)
        )
    session.expire_all()
    return merge
