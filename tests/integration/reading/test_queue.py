"""The reading queue: what gets into it, who has which case, and what becomes of claims."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support.department import NOW, make_exam, make_procedure
from tests.support.reading import make_reader
from worklist import db
from worklist.audit.models import AuditEvent
from worklist.auth.models import User
from worklist.errors import ConflictError, NotFoundError
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.reading import entering, queries, service
from worklist.reading.models import ReadingStatus, ReadingTask
from worklist.vocabulary import Priority


@pytest.fixture(autouse=True)
def _procedure(session: Session) -> None:
    make_procedure(session, reading_group="body")


def _exam(
    session: Session, *statuses: StepStatus, priority: Priority = Priority.URGENT
) -> ScheduledProcedureStep:
    """Make a procedure whose exams have these statuses; gives the first, which ended at NOW."""
    first = make_exam(session, priority=priority)
    for number, status in enumerate(statuses[1:], 2):
        session.add(
            ScheduledProcedureStep(
                requested_procedure_id=first.requested_procedure_id,
                patient_id=first.patient_id,
                scheduled_procedure_step_id=f"{first.scheduled_procedure_step_id[:12]}-{number}",
                description="Second part",
                modality="CT",
                status=status,
                status_changed_at=NOW,
                ended_at=NOW - timedelta(hours=1),
            )
        )
    first.status, first.ended_at = statuses[0], NOW
    session.flush()
    session.refresh(first.requested_procedure)
    return first


def _admit(session: Session, exam: ScheduledProcedureStep) -> ReadingTask | None:
    return entering.admit(session, exam.requested_procedure_id, now=NOW)


def _task(session: Session) -> ReadingTask:
    task = _admit(session, _exam(session, StepStatus.COMPLETED))
    assert task is not None
    return task


C, D, X, S = (
    StepStatus.COMPLETED,
    StepStatus.DISCONTINUED,
    StepStatus.CANCELED,
    StepStatus.STARTED,
)


@pytest.mark.parametrize(
    ("statuses", "enters"),
    [
        ((C,), True),
        ((D,), False),
        ((X,), False),
        ((S,), False),
        ((C, C), True),
        ((C, S), False),
        ((C, X), True),
        ((C, D), True),
        ((D, X), False),
        ((C, StepStatus.UNSCHEDULED), False),
        ((C, StepStatus.NO_SHOW), True),
    ],
)
def test_a_procedure_is_to_be_read_when_all_is_over_and_something_was_done(
    session: Session, statuses: tuple[StepStatus, ...], *, enters: bool
) -> None:
    exam = _exam(session, *statuses)
    assert (_admit(session, exam) is not None) is enters
    found = queries.procedures_to_admit(session, now=NOW)
    assert found == []


@pytest.mark.parametrize(
    ("priority", "target"),
    [
        (Priority.STAT, timedelta(minutes=30)),
        (Priority.URGENT, timedelta(hours=1)),
        (Priority.ASAP, timedelta(hours=4)),
        (Priority.ROUTINE, timedelta(hours=24)),
    ],
)
def test_it_is_due_by_its_priority_from_the_end_of_the_last_exam(
    session: Session, priority: Priority, target: timedelta
) -> None:
    task = _admit(session, _exam(session, C, C, priority=priority))
    assert task is not None
    assert (task.status, task.priority_rank) == (ReadingStatus.READY, priority.rank)
    assert (task.ready_at, task.due_at) == (NOW, NOW + target)
    assert task.reading_group == "body"


def test_the_sweep_finds_what_is_performed_and_not_in_the_queue(session: Session) -> None:
    performed = _exam(session, C)
    _exam(session, C, S)
    assert queries.procedures_to_admit(session, now=NOW) == [performed.requested_procedure_id]
    _admit(session, performed)
    assert queries.procedures_to_admit(session, now=NOW) == []


def test_admitting_again_changes_nothing(session: Session) -> None:
    exam = _exam(session, C)
    first = _admit(session, exam)
    assert first is not None
    service.claim(session, first.id, make_reader(session), now=NOW)
    again = _admit(session, exam)
    assert again is first
    assert again.status is ReadingStatus.CLAIMED
    recorded = select(AuditEvent).where(AuditEvent.action == "reading.ready")
    assert len(session.scalars(recorded).all()) == 1


def test_an_exam_that_goes_on_after_all_leaves_the_queue_and_comes_back(session: Session) -> None:
    exam = _exam(session, C)
    task = _admit(session, exam)
    assert task is not None
    service.claim(session, task.id, make_reader(session), now=NOW)
    exam.status = S
    session.flush()
    assert _admit(session, exam) is task
    assert (task.status, task.claimed_by_id) == (ReadingStatus.WITHDRAWN, None)
    exam.status, exam.ended_at = C, NOW + timedelta(hours=1)
    session.flush()
    assert _admit(session, exam) is task
    assert (task.status, task.ready_at) == (ReadingStatus.READY, NOW + timedelta(hours=1))


def test_what_was_read_stays_read(session: Session) -> None:
    exam = _exam(session, C)
    task, user = _admit(session, exam), make_reader(session)
    assert task is not None
    service.claim(session, task.id, user, now=NOW)
    service.finish(session, task.id, user, now=NOW)
    exam.status = S
    session.flush()
    _admit(session, exam)
    assert task.status is ReadingStatus.READ


def test_a_claim_keeps_others_out_until_it_is_given_back(session: Session) -> None:
    task, first, second = _task(session), make_reader(session), make_reader(session, "kim")
    service.claim(session, task.id, first, now=NOW)
    assert (task.status, task.claimed_by_id) == (ReadingStatus.CLAIMED, first.id)
    with pytest.raises(ConflictError, match="Robin is reading this exam"):
        service.claim(session, task.id, second, now=NOW)
    for refused in (service.release, service.finish):
        with pytest.raises(ConflictError, match="claim it again"):
            refused(session, task.id, second, now=NOW)
    service.release(session, task.id, first, now=NOW)
    assert (task.status, task.claimed_by_id) == (ReadingStatus.READY, None)
    service.claim(session, task.id, second, now=NOW)
    assert task.claimed_by_id == second.id


def test_claiming_again_renews(session: Session) -> None:
    task, user = _task(session), make_reader(session)
    service.claim(session, task.id, user, now=NOW)
    later = NOW + timedelta(minutes=20)
    service.claim(session, task.id, user, now=later)
    assert (task.claimed_at, task.claim_expires_at) == (NOW, later + service.CLAIM_LASTS)


def test_a_claim_expires(session: Session) -> None:
    task, first, second = _task(session), make_reader(session), make_reader(session, "kim")
    service.claim(session, task.id, first, now=NOW)
    before = NOW + service.CLAIM_LASTS - timedelta(seconds=1)
    assert service.release_expired(session, now=before) == 0
    after = NOW + service.CLAIM_LASTS
    assert service.release_expired(session, now=after) == 1
    assert task.status is ReadingStatus.READY
    service.claim(session, task.id, second, now=after)
    assert task.claimed_by_id == second.id


def test_an_expired_claim_may_be_taken_before_the_sweep_comes(session: Session) -> None:
    task, first, second = _task(session), make_reader(session), make_reader(session, "kim")
    service.claim(session, task.id, first, now=NOW)
    service.claim(session, task.id, second, now=NOW + service.CLAIM_LASTS)
    assert task.claimed_by_id == second.id


def test_finished_is_finished(session: Session) -> None:
    task, user = _task(session), make_reader(session)
    service.claim(session, task.id, user, now=NOW)
    service.finish(session, task.id, user, now=NOW)
    assert (task.status, task.read_at) == (ReadingStatus.READ, NOW)
    with pytest.raises(ConflictError, match="read already"):
        service.claim(session, task.id, user, now=NOW)


def test_there_is_no_such_task(session: Session) -> None:
    with pytest.raises(NotFoundError):
        service.claim(session, 10**12, make_reader(session), now=NOW)


def test_the_trail_of_the_exam_says_who_did_what(session: Session) -> None:
    exam = _exam(session, C)
    task, user = _admit(session, exam), make_reader(session)
    assert task is not None
    service.claim(session, task.id, user, now=NOW)
    service.release(session, task.id, user, now=NOW)
    trail = session.execute(
        select(AuditEvent.action, AuditEvent.actor)
        .where(AuditEvent.exam_id == exam.id, AuditEvent.action.startswith("reading."))
        .order_by(AuditEvent.id)
    ).all()
    assert [tuple(row) for row in trail] == [
        ("reading.ready", "system:reading"),
        ("reading.claimed", "user:robin"),
        ("reading.released", "user:robin"),
    ]


def test_of_ten_readers_at_once_one_gets_the_case(session_factory: db.SessionFactory) -> None:
    with db.transaction(session_factory) as session:
        make_procedure(session)
        task_id = _task(session).id
        readers = [make_reader(session, f"reader{number}") for number in range(10)]
    barrier = Barrier(len(readers))

    def claim(user: User) -> bool:
        barrier.wait()
        try:
            with db.transaction(session_factory) as session:
                service.claim(session, task_id, user, now=NOW)
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(len(readers)) as pool:
        assert sum(pool.map(claim, readers)) == 1
