"""Two records of one patient put together, taken apart again, and patients renumbered."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Table, select, update
from sqlalchemy.orm import Session

from worklist.audit import service as audit
from worklist.db import Base
from worklist.errors import ConflictError, DomainError, NotFoundError
from worklist.language.text import _
from worklist.patients.details import Identifier
from worklist.patients.models import Patient, PatientIdentifier, PatientMerge

_IDENTIFIERS = PatientIdentifier.__tablename__
# Under this key a merge keeps which of the moved numbers it put out of use.
_RETIRED = "retired_identifiers"
_NOT_MOVED = frozenset({"audit_events", "patient_merges"})


class MergeError(DomainError):
    """Two patients cannot be merged."""


def merge(
    session: Session, *, survivor_id: int, merged_id: int, actor: str, now: datetime
) -> PatientMerge:
    """Move everything of one patient to another and keep what was moved.

    Whatever table refers to a patient is moved, so that no later feature can be forgotten; only
    the audit trail and earlier merges stay. The caller has freed slots in which the patient would
    be in two places.

    Raises:
        MergeError: the two are the same patient, or one is merged already.
    """
    kept = session.get_one(Patient, survivor_id, with_for_update=True)
    merged = session.get_one(Patient, merged_id, with_for_update=True)
    if kept.id == merged.id:
        raise MergeError(_("A patient cannot be merged into itself: name two different patients."))
    if kept.merged_into_id is not None or merged.merged_into_id is not None:
        raise MergeError(
            _("One of the patients is merged already: merge into the one that is left.")
        )
    session.flush()
    moved = {
        table.name: _move(session, table, merged_id, survivor_id)
        for table in Base.metadata.sorted_tables
        if "patient_id" in table.columns and table.name not in _NOT_MOVED
    }
    merged.merged_into_id = kept.id
    # Whoever wants no reminders has said so, under whichever number.
    kept.declines_reminders = kept.declines_reminders or merged.declines_reminders
    moved[_RETIRED] = _retire_numbers(session, kept.id, moved[_IDENTIFIERS])
    record = PatientMerge(
        survivor_id=kept.id,
        merged_id=merged.id,
        merged_at=now,
        actor=actor,
        moved={name: ids for name, ids in moved.items() if ids},
    )
    session.add(record)
    _tell(session, "patient.merged", kept, merged, actor=actor, now=now)
    session.flush()
    session.expire_all()
    return record


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
        .where(PatientIdentifier.id.in_(merge.moved.get(_RETIRED, ())))
        .values(active=True)
    )
    merge.undone_at = now
    _tell(session, "patient.merge_undone", survivor, merged, actor=actor, now=now)
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
        fresh.remove(heir)
        # The row keeps its place, so that the number shown to people is the new one.
        row.issuer, row.value, row.type_code = heir.issuer, heir.value, heir.type_code
        session.flush()
        patient.identifiers.append(_row(one, active=False))
    patient.identifiers += [_row(one) for one in fresh]
    patient.updated_at = now
    session.flush()
    audit.record(
        session, "patient.updated", actor=actor, now=now, patient_id=patient.id,
        changed=["identifiers"], replaced=replaced,
    )  # fmt: skip


def _row(identifier: Identifier, *, active: bool = True) -> PatientIdentifier:
    return PatientIdentifier(
        value=identifier.value,
        issuer=identifier.issuer,
        type_code=identifier.type_code,
        active=active,
    )


def _tell(
    session: Session, action: str, survivor: Patient, merged: Patient, *, actor: str, now: datetime
) -> None:
    """Write to the trail of both."""
    for patient_id in (survivor.id, merged.id):
        audit.record(
            session,
            action,
            actor=actor,
            now=now,
            patient_id=patient_id,
            survivor=survivor.id,
            merged=merged.id,
        )


def _move(session: Session, table: Table, merged_id: int, survivor_id: int) -> list[int]:
    """Point the rows of ``table`` from one patient to the other and return their ids.

    A clinical fact that both have stays with the merged one: the survivor knows it already.
    """
    column = table.columns["patient_id"]
    condition = column == merged_id
    if table.name == "clinical_facts":
        other = table.alias()
        same = [
            table.c[name] == other.c[name] for name in ("kind", "subject", "observed_at", "origin")
        ]
        condition &= ~select(other.c.id).where(other.c.patient_id == survivor_id, *same).exists()
    statement = update(table).where(condition).values(patient_id=survivor_id).returning(table.c.id)
    return list(session.scalars(statement))


def _retire_numbers(session: Session, survivor_id: int, moved: list[int]) -> list[int]:
    """Put moved numbers out of use where the survivor has one of the same issuer.

    They still lead to the patient, but are no longer shown to people and scanners.
    """
    own = select(PatientIdentifier.issuer).where(
        PatientIdentifier.patient_id == survivor_id,
        PatientIdentifier.active,
        PatientIdentifier.id.not_in(moved),
    )
    statement = (
        update(PatientIdentifier)
        .where(
            PatientIdentifier.id.in_(moved),
            PatientIdentifier.active,
            PatientIdentifier.issuer.in_(own),
        )
        .values(active=False)
        .returning(PatientIdentifier.id)
        .execution_options(synchronize_session=False)
    )
    return list(session.scalars(statement))
