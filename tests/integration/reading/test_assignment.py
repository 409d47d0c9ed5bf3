"""Whom a case is kept for, and cases that wait for more images."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support.department import NOW, make_room, make_site
from tests.support.reading import make_task
from worklist.audit.models import AuditEvent
from worklist.auth.models import User
from worklist.errors import ConflictError, DomainError
from worklist.orders.status import StepStatus
from worklist.reading import assignment, entering, pending, reports, service
from worklist.reading.models import ReadingStatus, ReportKind
from worklist.reading.selection import Selection
from worklist.vocabulary import Priority

ANY = Selection()
MINUTE = timedelta(minutes=1)


def test_a_kept_case_is_nobody_elses_until_it_is_due(
    session: Session, robin: User, sasha: User
) -> None:
    task = make_task(session)  # urgent, ended ten minutes ago: due in 50 minutes
    assignment.reserve(session, task.id, robin, now=NOW)
    assert service.claim_next(session, sasha, ANY, now=NOW) is None
    with pytest.raises(ConflictError, match="kept for Robin"):
        service.claim(session, task.id, sasha, now=NOW)
    with pytest.raises(ConflictError, match="Another reader"):
        assignment.reserve(session, task.id, sasha, now=NOW)
    assert service.claim_next(session, robin, ANY, now=NOW) == task
    service.release(session, task.id, robin, now=NOW)
    assert service.claim_next(session, sasha, ANY, now=NOW + 50 * MINUTE) == task


def test_what_is_given_back_is_anybodys(session: Session, robin: User, sasha: User) -> None:
    task = make_task(session)
    assignment.reserve(session, task.id, robin, now=NOW)
    with pytest.raises(ConflictError):
        assignment.give_back(session, task.id, sasha, now=NOW)
    assignment.give_back(session, task.id, robin, now=NOW)
    assert service.claim_next(session, sasha, ANY, now=NOW) == task


def test_the_lead_gives_a_case_to_another_reader(
    session: Session, robin: User, sasha: User, lead: User
) -> None:
    task = make_task(session)
    service.claim(session, task.id, robin, now=NOW)
    assignment.assign(session, task.id, sasha.id, by=lead, now=NOW)
    assert (task.status, task.assigned_to) == (ReadingStatus.READY, sasha)
    with pytest.raises(DomainError, match="is not a reader"):
        assignment.assign(session, task.id, lead.id, by=lead, now=NOW)
    assignment.assign(session, task.id, None, by=lead, now=NOW)
    assert task.assigned_to_id is None
    told = session.scalars(
        select(AuditEvent.action)
        .where(AuditEvent.action.in_(["reading.assigned", "reading.unassigned"]))
        .order_by(AuditEvent.id)
    ).all()
    assert told == ["reading.assigned", "reading.unassigned"]
    assert assignment.readers(session) == [robin, sasha]


def test_a_case_that_needs_more_images_goes_and_comes_back_to_who_asked(
    session: Session, robin: User, sasha: User
) -> None:
    room = make_room(session, make_site(session), "CT01")
    task = make_task(session)
    task.requested_procedure.steps[0].room = room
    service.claim(session, task.id, robin, now=NOW)
    with pytest.raises(DomainError, match="what is missing"):
        pending.ask_for_more(session, task.id, robin, " ", now=NOW)
    with pytest.raises(ConflictError):
        pending.ask_for_more(session, task.id, sasha, "Prone series", now=NOW)
    pending.ask_for_more(session, task.id, robin, "Prone  series", now=NOW)
    assert service.claim_next(session, sasha, ANY, now=NOW) is None
    assert pending.pending(session, [room.id]) == [task]
    assert pending.pending(session, []) == []
    pending.resolve(session, task.id, "Done at 10:05", actor="user:terry", now=NOW)
    assert (task.pending_reason, task.pending_answer) == ("Prone series", "Done at 10:05")
    assert pending.pending(session, [room.id]) == []
    with pytest.raises(ConflictError):
        pending.resolve(session, task.id, "Again", actor="user:terry", now=NOW)
    assert service.claim_next(session, sasha, ANY, now=NOW) is None
    assert service.claim_next(session, robin, ANY, now=NOW) == task


def test_an_exam_that_goes_on_answers_for_itself(session: Session, robin: User) -> None:
    task = make_task(session)
    service.claim(session, task.id, robin, now=NOW)
    pending.ask_for_more(session, task.id, robin, "Prone series", now=NOW)
    exam = task.requested_procedure.steps[0]
    before, exam.status = exam.status, StepStatus.STARTED
    session.flush()
    entering.admit(session, task.requested_procedure_id, now=NOW)
    assert (task.status, task.pending_since) == (ReadingStatus.WITHDRAWN, None)
    exam.status = before
    session.flush()
    entering.admit(session, task.requested_procedure_id, now=NOW)
    assert task.status is ReadingStatus.READY


def test_a_text_from_elsewhere_makes_the_case_wait_to_be_signed(
    session: Session, robin: User
) -> None:
    dictated = make_task(session, Priority.STAT)
    plain = make_task(session, Priority.ROUTINE)
    reports.take_in(
        session,
        dictated.requested_procedure,
        ReportKind.PRELIMINARY,
        "No bleeding.",
        reader="KIM^SASHA",
        actor="peer:DICTATION",
        now=NOW,
    )
    assert (dictated.dictated_at, dictated.dictated_by) == (NOW, "KIM^SASHA")
    nothing_said = Selection(dictated=False)
    assert service.claim_next(session, robin, nothing_said, now=NOW) == plain
    assert service.claim_next(session, robin, Selection(dictated=True), now=NOW) == dictated
