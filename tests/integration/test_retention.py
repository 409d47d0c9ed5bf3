"""What is kept long enough goes; what is open, what failed and the record itself stay."""

from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from config import Settings
from tests.support.department import ACTOR, NOW, make_exam
from tests.support.inbox import UTC, Inbox, exam_of
from tests.support.messages import order
from tests.support.outbox_department import EARLY, LATE, Department
from workers import context
from workers import retention as task
from worklist import db, retention
from worklist.audit.models import AuditEvent
from worklist.cli import cli
from worklist.hl7 import correction
from worklist.hl7.models import InboundMessage, InboxState, OutboundMessage, OutboxState
from worklist.hl7.segment_view import readable
from worklist.mail.models import MailState, PatientMail, Reminder
from worklist.orders import service as orders
from worklist.orders.models import ImagingServiceRequest, ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.reading import entering
from worklist.reading.models import ReadingStatus
from worklist.scheduling import service as scheduling
from worklist.scheduling.models import Placement, PlacementOutcome
from worklist.scheduling.replanning.models import ProposalStatus, ReplanProposal
from worklist.scheduling.waiting.models import FreedSlot

DAYS = 90
LATER = NOW + timedelta(days=DAYS + 1)


def prune(sessions: db.SessionFactory, **fields: int) -> dict[str, int]:
    wanted = {"days": DAYS, "seconds": 60} | fields
    gone = retention.prune(sessions, actor=ACTOR, now=LATER, **wanted)
    return {name: number for name, number in gone.items() if number}


def finish(sessions: db.SessionFactory, exam_id: int) -> None:
    with db.transaction(sessions) as session:
        exam = orders.get_exam(session, exam_id)
        scheduling.cancel_exam(session, exam, actor=ACTOR, now=NOW, reason="Over")


def count(session: Session, table: type[db.Base]) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_received_message_goes_once_its_order_is_over(inbox: Inbox) -> None:
    for number in ("1", "2"):
        inbox.take(order(number, patient=number))
    inbox.take(order("404", control="CA"))
    with inbox.sessions() as session:
        first = exam_of(session, "1").id
    finish(inbox.sessions, first)
    with inbox.sessions() as session:
        events = count(session, AuditEvent)
    assert prune(inbox.sessions) == {"received messages": 1}
    assert [(one.control_id[:3], one.state) for one in inbox.messages()] == [
        ("NW2", InboxState.PROCESSED),  # its exam is not done
        ("CA4", InboxState.FAILED),  # a person has to look at it
    ]
    with inbox.sessions() as session:
        assert count(session, ImagingServiceRequest) == 2
        assert count(session, ScheduledProcedureStep) == 2
        assert count(session, AuditEvent) == events + 1
        told = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
        assert told is not None
        assert (told.action, told.detail["rows"]["received messages"]) == ("retention.applied", 1)


def test_what_is_not_read_yet_is_open_and_what_is_young_stays(inbox: Inbox) -> None:
    inbox.take(order("1"))
    with db.transaction(inbox.sessions) as session:
        exam = exam_of(session, "1")
        exam.status, exam.started_at, exam.ended_at = StepStatus.COMPLETED, NOW, NOW
        session.flush()
        case = entering.admit(session, exam.requested_procedure_id, now=NOW)
        assert case is not None
    assert prune(inbox.sessions) == {}
    with db.transaction(inbox.sessions) as session:
        session.merge(case).status = ReadingStatus.READ
    assert prune(inbox.sessions, days=DAYS + 2) == {}
    assert prune(inbox.sessions) == {"received messages": 1}


def test_a_corrected_message_stays_as_long_as_its_correction(inbox: Inbox) -> None:
    failed = inbox.take(order("1", code="NOSUCH"))
    with db.transaction(inbox.sessions) as session:
        text = readable(failed.raw)[0].replace("NOSUCH", "71250")
        correction.correct(session, failed.id, text, actor=ACTOR, now=NOW, zone=UTC)
    inbox.sweep()
    assert prune(inbox.sessions) == {}
    with inbox.sessions() as session:
        exam_id = exam_of(session, "1").id
    finish(inbox.sessions, exam_id)
    assert [prune(inbox.sessions) for _ in range(3)] == [
        {"received messages": 1},
        {"received messages": 1},
        {},
    ]


@pytest.fixture
def department(session_factory: db.SessionFactory) -> Department:
    return Department(session_factory)


def test_a_sent_message_goes_once_it_is_delivered_and_its_order_over(
    department: Department, session_factory: db.SessionFactory
) -> None:
    department.add_peer(1)
    exam = department.order()
    department.book(exam)
    department.announce()

    def become(state: OutboxState) -> None:
        with db.transaction(session_factory) as session:
            for message in session.scalars(select(OutboundMessage)):
                message.state, message.delivered_at = state, NOW

    become(OutboxState.DELIVERED)
    assert prune(session_factory) == {}
    finish(session_factory, exam)
    for state in (OutboxState.WAITING, OutboxState.REFUSED, OutboxState.FAILED):
        become(state)
        assert prune(session_factory) == {}
    become(OutboxState.DELIVERED)
    assert prune(session_factory) == {"sent messages": 1}


def test_a_refusal_that_can_be_sent_again_keeps_what_it_answers(
    department: Department, session_factory: db.SessionFactory
) -> None:
    department.add_peer(
        1, sends=["order_refused"], senders=[{"application": "HIS", "facility": "GENERAL"}]
    )
    inbox = Inbox(session_factory)
    inbox.take(order("1", control="CA"))
    department.announce()
    with db.transaction(session_factory) as session:
        session.scalars(select(InboundMessage)).one().state = InboxState.CORRECTED
    assert prune(session_factory) == {}
    with db.transaction(session_factory) as session:
        answer = session.scalars(select(OutboundMessage)).one()
        answer.state, answer.delivered_at = OutboxState.DELIVERED, NOW
    assert prune(session_factory) == {"sent messages": 1, "received messages": 1}


def _attempt(session: Session, exam: ScheduledProcedureStep, *, placed: bool) -> Placement:
    attempt = Placement(
        exam_id=exam.id,
        made_at=NOW,
        actor=ACTOR,
        outcome=PlacementOutcome.PLACED if placed else PlacementOutcome.NO_SLOT,
        starts_at=EARLY if placed else None,
        summary="",
        explanation={},
    )
    session.add(attempt)
    session.flush()
    return attempt


def test_of_a_finished_exams_attempts_the_ones_that_explain_it_stay(
    department: Department, session_factory: db.SessionFactory
) -> None:
    open_exam, finished = department.order(), department.order()
    with db.transaction(session_factory) as session:
        for exam_id in (open_exam, finished):
            exam = orders.get_exam(session, exam_id)
            kept = [
                _attempt(session, exam, placed=placed).id
                for placed in (False, True, True, False, False)
            ]
    finish(session_factory, finished)
    assert prune(session_factory) == {"attempts to place": 3}
    with session_factory() as session:
        left = session.scalars(select(Placement.id).where(Placement.exam_id == finished))
        assert sorted(left) == [kept[2], kept[4]]


def test_proposals_slots_and_mails_go_when_they_are_over(
    department: Department, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        exam = make_exam(session)
        for status in (ProposalStatus.OPEN, ProposalStatus.DISMISSED):
            session.add(
                ReplanProposal(
                    made_at=NOW, made_by=ACTOR, reason="", starts_at=NOW, ends_at=LATE,
                    considered=1, cost_before=2.0, cost_after=1.0, status=status,
                )
            )  # fmt: skip
        for closed in (None, NOW):
            during = Range(EARLY, LATE)
            session.add(
                FreedSlot(
                    room_id=department.rooms[0], during=during, freed_at=NOW, closed_at=closed
                )
            )
        for state in (MailState.WAITING, MailState.SENT):
            session.add(
                PatientMail(
                    exam_id=exam.id, address="jane@example.org", locale="en", subject="",
                    content="",
                    starts_at=EARLY, requested_at=NOW, requested_by=ACTOR, state=state,
                    next_attempt_at=NOW,
                    reminders=[Reminder(exam_id=exam.id, starts_at=EARLY)]
                    if state is MailState.SENT
                    else [],
                )
            )  # fmt: skip
    assert prune(session_factory) == {"re-plan proposals": 1, "freed slots": 1, "mails": 1}
    assert prune(session_factory) == {}


def _closed_orders(inbox: Inbox, number: int) -> None:
    for one in range(number):
        inbox.take(order(str(one), patient=str(one)))
        with inbox.sessions() as session:
            exam_id = exam_of(session, str(one)).id
        finish(inbox.sessions, exam_id)


def test_it_goes_in_small_transactions_until_the_time_is_over(inbox: Inbox) -> None:
    _closed_orders(inbox, 5)
    assert prune(inbox.sessions, seconds=0) == {}
    assert prune(inbox.sessions, at_once=2) == {"received messages": 5}


def test_what_stays_does_not_keep_what_comes_after_it(inbox: Inbox) -> None:
    for number in ("7", "8", "9"):
        inbox.take(order(number, patient=number))
    _closed_orders(inbox, 2)
    assert prune(inbox.sessions, at_once=2) == {"received messages": 2}


def test_one_that_is_killed_leaves_in_the_trail_what_it_deleted(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    _closed_orders(inbox, 5)
    real, calls = retention._delete, []

    def killed_at_third(*arguments: object) -> int:
        calls.append(arguments)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(retention, "_delete", killed_at_third)
    with pytest.raises(KeyboardInterrupt):
        prune(inbox.sessions, at_once=2)
    monkeypatch.undo()
    assert len(inbox.messages()) == 1
    with inbox.sessions() as session:
        told = session.scalars(
            select(AuditEvent.detail).where(AuditEvent.action == "retention.applied")
        )
        assert [one["rows"]["received messages"] for one in told] == [2, 2]
    assert prune(inbox.sessions, at_once=2) == {"received messages": 1}


def test_the_nightly_task_does_nothing_unless_a_number_of_days_is_set(
    inbox: Inbox, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _closed_orders(inbox, 1)
    monkeypatch.setattr(task, "system_clock", lambda: LATER)
    monkeypatch.setattr(context, "_of_process", {})
    monkeypatch.setattr(context, "begin_nightly", lambda *_: True)
    given = {"WORKLIST_DATABASE_URL": database}
    for days, left in ((None, 1), ("90", 0)):
        context.use(Settings.read(given | ({"WORKLIST_RETENTION_DAYS": days} if days else {})))
        task.prune()
        assert len(inbox.messages()) == left
    context.sessions().kw["bind"].dispose()


def test_the_command_counts_before_it_deletes(
    inbox: Inbox, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _closed_orders(inbox, 2)
    monkeypatch.setenv("WORKLIST_DATABASE_URL", database)
    monkeypatch.setenv("WORKLIST_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setattr("worklist.clock.system_clock", lambda: LATER)

    def command(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(cli, ["prune", *words])
        return result.exit_code, result.output

    assert "set WORKLIST_RETENTION_DAYS" in command()[1]
    assert command("--days", "89")[0] == 2
    assert "2 received messages would be deleted" in command("--days", "90", "--dry-run")[1]
    assert len(inbox.messages()) == 2
    assert "2 received messages deleted" in command("--days", "90")[1]
    assert inbox.messages() == []
