"""The days before a demonstration: played by the real services, in the order of time."""

import random
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from worklist import db
from worklist.demonstration.load import load, read_procedures
from worklist.hl7.models import InboundMessage, InboxState
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import FINAL, UNDER_WAY, WITH_SLOT, StepStatus
from worklist.reading.models import ReadingStatus, ReadingTask
from worklist.simulator.demand import Demand
from worklist.simulator.history import PAST, History, Past, is_needed

NOW = datetime(2026, 11, 25, 13, 0, tzinfo=UTC)  # a Wednesday, 14:00 in Vienna


@pytest.fixture
def played(session_factory: db.SessionFactory) -> int:
    """Half a day is played; gives the number of orders."""
    with db.transaction(session_factory) as session:
        load(session, now=NOW - timedelta(days=3))
    rng = random.Random(7)
    history = History(
        session_factory,
        Demand(read_procedures().procedures, rng),
        rng=rng,
        zone=ZoneInfo("Europe/Vienna"),
        now=NOW,
        past=Past(days=0.5, busiest_seconds=600, appointments=8, read_within=PAST.read_within),
    )
    assert is_needed(session_factory)
    return history.play(threading.Event())


def test_a_department_with_a_past_has_done_its_exams(
    session_factory: db.SessionFactory, played: int
) -> None:
    assert played > 10
    assert not is_needed(session_factory)
    with db.transaction(session_factory) as session:
        messages = session.scalars(select(InboundMessage)).all()
        assert {one.state for one in messages} == {InboxState.PROCESSED}
        assert all(one.received_at < NOW for one in messages)
        exams = session.scalars(select(ScheduledProcedureStep)).all()
        assert len(exams) == played
        statuses = Counter(exam.status for exam in exams)
        assert statuses[StepStatus.COMPLETED] > 0
        assert statuses[StepStatus.SCHEDULED] > 0
        assert not statuses.keys() & UNDER_WAY
        for exam in exams:
            assert exam.status_changed_at <= NOW
            if exam.status in WITH_SLOT and exam.ends_at:
                assert exam.ends_at > NOW - timedelta(hours=1)
            if exam.status in FINAL - {StepStatus.NO_SHOW}:
                assert exam.arrived_at
                assert exam.started_at
                assert exam.ended_at
                assert exam.arrived_at <= exam.started_at <= exam.ended_at <= NOW


def test_what_was_performed_is_read_or_waits_to_be_read(
    session_factory: db.SessionFactory, played: int
) -> None:
    assert played
    with db.transaction(session_factory) as session:
        completed = select(ScheduledProcedureStep.requested_procedure_id).where(
            ScheduledProcedureStep.status == StepStatus.COMPLETED
        )
        tasks = session.scalars(select(ReadingTask)).all()
        assert {one.requested_procedure_id for one in tasks} == set(session.scalars(completed))
        assert {one.status for one in tasks} <= {ReadingStatus.READY, ReadingStatus.READ}
        assert all(one.read_at <= NOW for one in tasks if one.read_at)
