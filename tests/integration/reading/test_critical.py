"""Critical findings: raised, told by name within the category's time, and what comes of none."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support.department import NOW
from tests.support.reading import make_reader, make_task
from worklist.audit.models import AnnouncedEvent, AuditEvent
from worklist.auth.models import User
from worklist.errors import ConflictError, DomainError
from worklist.reading.critical import queries, service
from worklist.reading.critical.models import CriticalFinding, Means
from worklist.reading.critical.service import Level
from worklist.reading.models import ReadingTask
from worklist.scheduling.policies import service as policies
from worklist.vocabulary import Category
from worklist.web.reading import critical_lists

MINUTE = timedelta(minutes=1)
TARGET = 30 * MINUTE


@pytest.fixture
def reader(session: Session) -> User:
    return make_reader(session)


@pytest.fixture
def task(session: Session) -> ReadingTask:
    return make_task(session)


def raised(
    session: Session, task: ReadingTask, reader: User, category: Category = Category.MINUTES
) -> CriticalFinding:
    return service.raise_finding(
        session,
        task.requested_procedure_id,
        reader,
        category=category,
        content="Tension pneumothorax on the right.",
        recipient="Dr House,  ward 4",
        now=NOW,
    )


def test_a_finding_is_told_by_name_and_leaves_a_trail(
    session: Session, task: ReadingTask, reader: User
) -> None:
    finding = raised(session, task, reader)
    assert (finding.recipient, finding.due_at) == ("Dr House, ward 4", NOW + TARGET)
    assert queries.count_open(session, now=NOW + TARGET) == queries.OpenFindings(1, 1)
    service.acknowledge(
        session,
        finding.id,
        reader,
        name="Nurse Hathaway",
        means=Means.PHONE,
        told_at=NOW + 4 * MINUTE,
        now=NOW + 5 * MINUTE,
    )
    assert finding.acknowledged_at == NOW + 4 * MINUTE
    assert not finding.is_open
    assert critical_lists.open_page(session).rows == []
    events = session.scalars(
        select(AuditEvent).where(AuditEvent.action.startswith("critical.")).order_by(AuditEvent.id)
    ).all()
    assert [(one.action, one.actor) for one in events] == [
        ("critical.raised", "user:robin"),
        ("critical.acknowledged", "user:robin"),
    ]
    announced = set(session.scalars(select(AnnouncedEvent.event_id)))
    assert {one.id for one in events} <= announced


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (0, Level.IN_TIME),
        (19, Level.IN_TIME),
        (20, Level.SOON),
        (29, Level.SOON),
        (30, Level.LATE),
        (59, Level.LATE),
        (60, Level.ESCALATED),
    ],
)
def test_a_finding_gets_more_pressing(
    session: Session, task: ReadingTask, reader: User, after: int, expected: Level
) -> None:
    assert service.level(raised(session, task, reader), NOW + after * MINUTE) is expected


def test_the_most_pressing_is_first(session: Session, task: ReadingTask, reader: User) -> None:
    days = raised(session, task, reader, Category.DAYS)
    minutes = raised(session, task, reader)
    assert critical_lists.open_page(session).rows == [minutes, days]


def test_nobody_is_told_twice_and_nothing_before_it_was_found(
    session: Session, task: ReadingTask, reader: User
) -> None:
    finding = raised(session, task, reader)
    for at in (NOW - MINUTE, NOW + 2 * MINUTE):
        with pytest.raises(DomainError, match="between"):
            service.acknowledge(
                session,
                finding.id,
                reader,
                name="Dr House",
                means=Means.PHONE,
                told_at=at,
                now=NOW + MINUTE,
            )
    with pytest.raises(DomainError, match="by name"):
        service.acknowledge(
            session, finding.id, reader, name=" ", means=Means.PHONE, now=NOW + MINUTE
        )
    service.acknowledge(
        session, finding.id, reader, name="Dr House", means=Means.PHONE, now=NOW + MINUTE
    )
    with pytest.raises(ConflictError, match="Dr House"):
        service.withdraw(session, finding.id, reader, reason="Wrong patient", now=NOW)


def test_one_raised_by_mistake_is_taken_back_for_a_reason(
    session: Session, task: ReadingTask, reader: User
) -> None:
    finding = raised(session, task, reader)
    with pytest.raises(DomainError, match="why"):
        service.withdraw(session, finding.id, reader, reason="", now=NOW)
    service.withdraw(session, finding.id, reader, reason="Artefact", now=NOW)
    assert critical_lists.open_page(session).rows == []
    newest = critical_lists.closed_by("")
    assert critical_lists.closed_page(session, newest, now=NOW).rows == [finding]


def test_the_departments_policy_says_how_long_there_is(
    session: Session, task: ReadingTask, reader: User
) -> None:
    before = raised(session, task, reader)
    own = {"told_minutes": {"minutes": 15}, "read_minutes": {"URGENT": 45}}
    policies.change(session, own, reason="Heads", actor="user:lead", now=NOW)
    assert raised(session, task, reader).due_at == NOW + 15 * MINUTE
    assert raised(session, task, reader, Category.HOURS).due_at == NOW + timedelta(hours=6)
    assert before.due_at == NOW + TARGET
    later = make_task(session)
    assert later.due_at == later.ready_at + 45 * MINUTE
