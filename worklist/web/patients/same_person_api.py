"""Records of one person put together, and taken apart again, for programs."""

from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.errors import NotFoundError
from worklist.language.text import _
from worklist.patients import service as patients
from worklist.patients.models import PatientMerge
from worklist.performing import merging
from worklist.scheduling import merged_patients
from worklist.web import context
from worklist.web.api.fields import Input, RowId
from worklist.web.api.operations import Operations
from worklist.web.patients.api import PatientMerged

api = Operations("Merged records", "Two records of one person put together, and taken apart again.")


class OtherPatient(Input):
    """The record that goes into the one of the address."""

    merged_id: RowId


@api.post(
    "/patients/<int:patient_id>/merges",
    Permission.BOOK,
    creates="/patients/{survivor_id}/chart",
    twins="patients.merge",
)
def merge_patients(session: Session, patient_id: int, body: OtherPatient) -> PatientMerged:
    """Merge another record into this one; where both have an exam at a time one is placed anew."""
    for one in (patient_id, body.merged_id):
        patients.get(session, one)
    merge = merged_patients.merge(
        session,
        survivor_id=patient_id,
        merged_id=body.merged_id,
        actor=context.actor(),
        now=context.now(),
    )
    return PatientMerged.model_validate(merge)


@api.post(
    "/patients/<int:patient_id>/merges/<int:merge_id>/undo",
    Permission.BOOK,
    twins="patients.undo_merge",
)
def undo_merge(session: Session, patient_id: int, merge_id: int) -> PatientMerged:
    """Take a merge back."""
    found = session.get(PatientMerge, merge_id)
    if found is None or found.survivor_id != patient_id:
        raise NotFoundError(_("This patient has no such merge."))
    merge = merging.undo_merge(session, merge_id, actor=context.actor(), now=context.now())
    return PatientMerged.model_validate(merge)
