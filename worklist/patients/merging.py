"""Merges looked back on: which numbers were moved, undoing a merge, renumbering a patient."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from worklist.audit import service as audit
from worklist.db import Base
from worklist.errors import ConflictError, NotFoundError
from worklist.language.text import _
from worklist.patients.details import Identifier
from worklist.patients.models import Patient, PatientIdentifier, PatientMerge
from worklist.patients.service import RETIRED, MergeError

_IDENTIFIERS = PatientIdentifier.__tablename__


def merge_that_moved(
    session: Session, patient: Patient, identifiers: Iterable[Identifier]
) -> PatientMerge | None:
    """Return the newest merge by which the patient got one of these numbers, if it stands."""
    wanted = {(one.issuer, one.value) for one in identifiers}
    ids = {one.id for one in patient.identifiers if (one.issuer, one.value) in wanted}
    merges = session.scalars(
        select(PatientMerge)
        .where(PatientMerge.survivor_id == patient.id, PatientMerge.undone_at.is_(None))
        .order_by(PatientMerge.id.desc())
    )
    return next((one for one in merges if ids & set(one.moved.get(_IDENTIFIERS, ()))), None)


def undo(session: Session, merge_id: int, *, actor: str, now: datetime) -> PatientMerge:
    """Take a merge back: what it moved goes to the patient from whom it came.

    What came to the survivor after the merge stays there, and so do demographics that the merge's
    message brought.

    Raises:
        NotFoundError: there is no such merge.
        ConflictError: it was undone meanwhile.
        MergeError: the survivor was merged into another since: that merge is to be undone first.
    """
    merge = session.get(PatientMerge, merge_id, with_for_update=True)
    if merge is None:
        raise NotFoundError(_("There is no merge %(merge_id)s.", merge_id=merge_id))
    if merge.undone_at is not None:
        raise ConflictError(_("This merge was undone already."))
    survivor = session.get_one(Patient, merge.survivor_id, with_for_update=True)
    merged = session.get_one(Patient, merge.merged_id, with_for_update=True)
    if survivor.merged_into_id is not None or merged.merged_into_id != survivor.id:
        raise MergeError(_("A later merge builds on this one: undo the later one first."))
    session.flush()
    merged.merged_into_id = None
    for table in Base.metadata.sorted_tables:
        if ids := merge.moved.get(table.name):
            session.execute(
                update(table)
                .where(table.c.id.in_(ids), table.c.patient_id == survivor.id)
                .values(patient_id=merged.id)
            )
    session.execute(
        update(PatientIdentifier)
        .where(PatientIdentifier.id.in_(merge.moved.get(RETIRED, ())))
        .values(active=True)
    )
    merge.undone_at = now
    for patient_id in (survivor.id, merged.id):
        audit.record(
            session,
            "patient.merge_undone",
            actor=actor,
            now=now,
            patient_id=patient_id,
            survivor=survivor.id,
            merged=merged.id,
        )
    session.flush()
    session.expire_all()
    return merge


def renumber(
    session: Session,
    patient: Patient,
    old: Iterable[Identifier],
    new: Iterable[Identifier],
    *,
    actor: str,
    now: datetime,
) -> None:
    """Give the patient new numbers in the place of old ones, which still lead to the patient.

    An old number is replaced by the new one of the same issuer, else by the first new one.
    """
    known = {(one.issuer, one.value): one for one in patient.identifiers}
    replaced = []
    fresh = [one for one in new if (one.issuer, one.value) not in known]
    for one in old:
        row = known.get((one.issuer, one.value))
        if row is None or not row.active:
            continue
        replaced.append({"value": row.value, "issuer": row.issuer, "type_code": row.type_code})
        heir = next((n for n in fresh if n.issuer == one.issuer), next(iter(fresh), None))
        if heir is None:
            row.active = False
            continue
        # The row keeps its place, so that the number shown to people is the new one.
        fresh.remove(heir)
        row.issuer, row.value, row.type_code = heir.issuer, heir.value, heir.type_code
        session.flush()
        patient.identifiers.append(
            PatientIdentifier(
                value=one.value, issuer=one.issuer, type_code=one.type_code, active=False
            )
        )
    patient.identifiers += [
        PatientIdentifier(value=one.value, issuer=one.issuer, type_code=one.type_code)
        for one in fresh
    ]
    patient.updated_at = now
    session.flush()
    audit.record(
        session, "patient.updated", actor=actor, now=now, patient_id=patient.id,
        changed=["identifiers"], replaced=replaced,
    )  # fmt: skip
