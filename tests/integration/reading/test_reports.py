"""Reports: who may write which, and what they do to the reading queue."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support.department import (
    ACTOR,
    NOW,
    make_exam,
    make_procedure,
    make_room,
    make_site,
)
from tests.support.reading import make_reader
from worklist.audit.models import AuditEvent
from worklist.errors import ConflictError, DomainError
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.reading import entering, reports
from worklist.reading import service as queue
from worklist.reading.models import ReadingStatus, ReadingTask, ReportKind


@pytest.fixture
def exam(session: Session) -> ScheduledProcedureStep:
    make_procedure(session)
    exam = make_exam(session)
    exam.status, exam.ended_at = StepStatus.COMPLETED, NOW
    session.flush()
    return exam


@pytest.fixture
def task(session: Session, exam: ScheduledProcedureStep) -> ReadingTask:
    task = entering.admit(session, exam.requested_procedure_id, now=NOW)
    assert task is not None
    return task


def test_report_goes_from_preliminary_over_final_to_addendum(
    session: Session, task: ReadingTask
) -> None:
    user = make_reader(session, display_name="Robin Mary Reader")
    queue.claim(session, task.id, user, now=NOW)
    reports.write_preliminary(session, task.id, user, "No bleeding.", now=NOW)
    assert task.status is ReadingStatus.CLAIMED
    signed = reports.sign(session, task.id, user, " Normal.\r\nNo fracture.\n", now=NOW)
    assert (signed.content, signed.reader) == ("Normal.\nNo fracture.", "Reader^Robin^Mary")
    assert (task.status, task.read_at) == (ReadingStatus.READ, NOW)
    reports.add(session, task.id, user, "Compared with 2020.", now=NOW)
    kinds = [one.kind for one in reports.reports_of(session, task.requested_procedure_id)]
    assert kinds == [ReportKind.PRELIMINARY, ReportKind.FINAL, ReportKind.ADDENDUM]
    actions = session.scalars(
        select(AuditEvent.action)
        .where(AuditEvent.action.startswith("report."))
        .order_by(AuditEvent.id)
    ).all()
    assert actions == ["report.preliminary", "report.final", "report.addendum"]


def test_only_who_has_the_exam_may_report(session: Session, task: ReadingTask) -> None:
    first, second = (
        make_reader(session),
        make_reader(session, "kim"),
    )
    queue.claim(session, task.id, first, now=NOW)
    with pytest.raises(ConflictError, match="claim it again"):
        reports.write_preliminary(session, task.id, second, "Normal.", now=NOW)
    with pytest.raises(ConflictError, match="claim it again"):
        reports.sign(session, task.id, second, "Normal.", now=NOW)


def test_an_addendum_needs_a_final_report(session: Session, task: ReadingTask) -> None:
    user = make_reader(session)
    queue.claim(session, task.id, user, now=NOW)
    with pytest.raises(ConflictError, match="nothing to add to"):
        reports.add(session, task.id, user, "More.", now=NOW)


def test_an_empty_report_is_refused(session: Session, task: ReadingTask) -> None:
    user = make_reader(session)
    queue.claim(session, task.id, user, now=NOW)
    with pytest.raises(DomainError, match="empty"):
        reports.write_preliminary(session, task.id, user, " \n", now=NOW)


@pytest.mark.parametrize("claimed", [True, False])
def test_a_report_from_elsewhere_takes_the_exam_out_of_the_queue(
    session: Session, task: ReadingTask, *, claimed: bool
) -> None:
    if claimed:
        queue.claim(session, task.id, make_reader(session), now=NOW)
    report = reports.take_in(
        session,
        task.requested_procedure,
        ReportKind.FINAL,
        "Normal.",
        reader="HOUSE^GREGORY",
        actor=ACTOR,
        now=NOW,
    )
    assert task.status is ReadingStatus.READ
    assert (report.reader, report.written_by_id) == ("HOUSE^GREGORY", None)


def test_a_second_final_report_is_refused(session: Session, exam: ScheduledProcedureStep) -> None:
    requested = exam.requested_procedure

    def take_in(kind: ReportKind) -> None:
        reports.take_in(session, requested, kind, "Normal.", reader="", actor=ACTOR, now=NOW)

    take_in(ReportKind.FINAL)
    with pytest.raises(ConflictError, match="write an addendum"):
        take_in(ReportKind.FINAL)
    take_in(ReportKind.ADDENDUM)
    task = entering.admit(session, exam.requested_procedure_id, now=NOW)
    assert task is not None
    assert task.status is ReadingStatus.READ


def test_a_site_with_a_dictation_system_takes_texts_from_there_only(
    session: Session, task: ReadingTask
) -> None:
    site = make_site(session)
    site.reports_here = False
    task.requested_procedure.steps[0].room = make_room(session, site, "CT01")
    user = make_reader(session)
    queue.claim(session, task.id, user, now=NOW)
    with pytest.raises(DomainError, match="dictated in another system"):
        reports.write_preliminary(session, task.id, user, "No bleeding.", now=NOW)
    requested = task.requested_procedure
    reports.take_in(
        session, requested, ReportKind.FINAL, "None.", reader="KIM^S", actor=ACTOR, now=NOW
    )
    with pytest.raises(DomainError, match="dictated in another system"):
        reports.add(session, task.id, user, "Nor before.", now=NOW)
