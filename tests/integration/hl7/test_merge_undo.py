"""Taking a merge back: everything goes where it came from, and the trail keeps both."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support.department import ACTOR, NOW
from tests.support.inbox import Inbox, exam_of, order_of
from tests.support.messages import order
from worklist.audit.models import AuditEvent
from worklist.errors import ConflictError, NotFoundError
from worklist.patients import merging
from worklist.patients import service as patients
from worklist.patients.details import Identifier
from worklist.patients.models import Patient, PatientMerge
from worklist.performing.merging import undo_merge
from worklist.scheduling.models import Reservation
from worklist.scheduling.placement import place

A40 = (
    "MSH|^~\\&|ADT|GENERAL|||20261124090000||ADT^A40|{0}|P|2.3.1\r"
    "PID|1||{1}^^^GENERAL^MR||ROE^JANE\rMRG|{2}^^^GENERAL^MR\r"
)


def _merge(inbox: Inbox, survivor: str, merged: str) -> None:
    done = inbox.take(A40.format(f"M{survivor}{merged}", survivor, merged).encode())
    assert done.state == "PROCESSED", done.error_text


def _patient(session: Session, number: str) -> Patient:
    session.expire_all()
    found = patients.find(session, (Identifier(value=number, issuer="GENERAL"),))
    assert found is not None
    return found


def _merges(session: Session) -> list[PatientMerge]:
    return list(session.scalars(select(PatientMerge).order_by(PatientMerge.id)))


def test_what_was_moved_goes_back_and_what_came_later_stays(inbox: Inbox, session: Session) -> None:
    inbox.take(order("1", patient="5000"))
    inbox.take(order("2", patient="4711"))
    before = _patient(session, "5000").id
    _merge(inbox, "4711", "5000")
    inbox.take(order("3", patient="4711"))
    session.expire_all()
    # Booked after the merge, for the survivor: the slot goes back with its exam.
    place(session, exam_of(session, "1").id, actor=ACTOR, now=NOW)
    undo_merge(session, _merges(session)[0].id, actor="user:clerk", now=NOW)
    again, survivor = _patient(session, "5000"), _patient(session, "4711")
    assert again.id == before != survivor.id
    assert again.merged_into_id is None
    assert [one.value for one in again.identifiers if one.active] == ["5000"]
    assert order_of(session, "1").patient_id == exam_of(session, "1").patient_id == again.id
    assert order_of(session, "2").patient_id == order_of(session, "3").patient_id == survivor.id
    taken = select(Reservation.patient_id).where(Reservation.patient_id.is_not(None))
    assert list(session.scalars(taken)) == [again.id]
    actions = session.scalars(
        select(AuditEvent.action).where(AuditEvent.patient_id == again.id)
    ).all()
    assert {"patient.merged", "patient.merge_undone"} <= set(actions)


def test_only_the_survivors_number_is_shown_while_merged(inbox: Inbox, session: Session) -> None:
    inbox.take(order("1", patient="5000"))
    inbox.take(order("2", patient="4711"))
    _merge(inbox, "4711", "5000")
    number = _patient(session, "5000").primary_identifier
    assert number is not None
    assert number.value == "4711"


def test_later_merges_are_undone_first(inbox: Inbox, session: Session) -> None:
    for number, patient in (("1", "5000"), ("2", "4711"), ("3", "6000")):
        inbox.take(order(number, patient=patient))
    _merge(inbox, "4711", "5000")
    _merge(inbox, "6000", "4711")
    session.expire_all()
    first, second = _merges(session)
    with pytest.raises(merging.MergeError, match="undo the later one first"):
        undo_merge(session, first.id, actor=ACTOR, now=NOW)
    undo_merge(session, second.id, actor=ACTOR, now=NOW)
    undo_merge(session, first.id, actor=ACTOR, now=NOW)
    assert len({_patient(session, one).id for one in ("5000", "4711", "6000")}) == 3


def test_a_merge_is_undone_once(inbox: Inbox, session: Session) -> None:
    inbox.take(order("1", patient="5000"))
    inbox.take(order("2", patient="4711"))
    _merge(inbox, "4711", "5000")
    session.expire_all()
    merge = _merges(session)[0]
    undo_merge(session, merge.id, actor=ACTOR, now=NOW)
    with pytest.raises(ConflictError, match="undone already"):
        undo_merge(session, merge.id, actor=ACTOR, now=NOW)
    with pytest.raises(NotFoundError):
        undo_merge(session, 987654, actor=ACTOR, now=NOW)


def test_after_undoing_the_merge_may_go_the_other_way(inbox: Inbox, session: Session) -> None:
    inbox.take(order("1", patient="5000"))
    inbox.take(order("2", patient="4711"))
    _merge(inbox, "4711", "5000")
    session.expire_all()
    undo_merge(session, _merges(session)[0].id, actor=ACTOR, now=NOW)
    session.commit()
    _merge(inbox, "5000", "4711")
    assert _patient(session, "4711").id == _patient(session, "5000").id
