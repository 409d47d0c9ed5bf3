"""What is done while others wait, and what whoever has waited reads afterwards."""

import time as clock
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import time
from typing import Any

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from tests.support.department import (
    ACTOR,
    NOW,
    make_exam,
    make_patient,
    make_procedure,
    make_room,
    make_scanner,
    make_site,
)
from worklist import db
from worklist.audit.models import AuditEvent
from worklist.orders import service as orders
from worklist.orders.details import StepDetails
from worklist.orders.models import ExamHold
from worklist.orders.status import OrderStatus
from worklist.scheduling import attempts, placement
from worklist.scheduling.explanation import explain
from worklist.vocabulary import Priority

_OWN_QUEUES = text(
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
)
_WAITS = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


def _after_a_wait(engine: Engine, session: Session, act: Callable[[], Any]) -> Any:
    """Have ``act`` wait for what the session has locked, then commit that; return its answer."""
    with ThreadPoolExecutor(1) as pool, engine.connect() as watching:
        doing = pool.submit(act)
        until = clock.monotonic() + 30
        while not watching.scalar(_WAITS):
            assert clock.monotonic() < until, "nobody waits"
            clock.sleep(0.02)
        session.commit()
        return doing.result()


def test_the_reason_is_told_before_others_wait(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_scanner(session)
    exam = make_exam(session)
    queues: list[int] = []

    def told(*args: Any, **named: Any) -> dict[str, Any]:
        queues.append(session.execute(_OWN_QUEUES).scalar_one())
        return explain(*args, **named)

    monkeypatch.setattr(attempts, "explain", told)
    placement.place(session, exam.id, actor=ACTOR, now=NOW)
    assert queues == [0]
    assert session.execute(_OWN_QUEUES).scalar_one() == len(("patient", "room"))


def test_a_question_asked_meanwhile_is_seen(
    database_engine: Engine, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        make_procedure(session)
        exam_id = make_exam(session).id

    def questions() -> list[str]:
        with session_factory() as other:
            return [one.question for one in orders.get_exam(other, exam_id).open_holds]

    with session_factory() as session:
        exam = orders.get_exam(session, exam_id)
        question = ExamHold(
            rule="CM-01", role="radiologist", question="Why?", finding={}, raised_at=NOW
        )
        exam.holds.append(question)
        session.flush()
        assert _after_a_wait(database_engine, session, questions) == ["Why?"]


def test_an_order_changed_meanwhile_is_seen(
    database_engine: Engine, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        make_procedure(session)
        exam_id = make_exam(session, priority=Priority.ROUTINE).id

    def priority() -> Priority:
        with session_factory() as other:
            return orders.get_exam(other, exam_id).order.priority

    with session_factory() as session:
        orders.get_exam(session, exam_id).order.priority = Priority.STAT
        session.flush()
        assert _after_a_wait(database_engine, session, priority) is Priority.STAT


def test_of_two_exams_placed_at_once_the_later_tells_that_the_order_has_its_times(
    database_engine: Engine, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        site = make_site(session)
        make_room(session, site, "CT01")
        make_room(session, site, "US01", modality="US", opens=time(15), closes=time(17))
        make_procedure(session)
        make_procedure(session, "76700", modality="US", body_part="ABDOMEN", ionising=False)
        steps = (StepDetails(procedure_code="71250"), StepDetails(procedure_code="76700"))
        order = make_exam(session, patient=make_patient(session), steps=steps).order
        by_modality = {one.modality: one.id for one in order.exams}

    def place_other() -> None:
        with db.transaction(session_factory) as other:
            placement.place(other, by_modality["US"], actor=ACTOR, now=NOW)

    with session_factory() as session:
        placement.place(session, by_modality["CT"], actor=ACTOR, now=NOW)
        _after_a_wait(database_engine, session, place_other)
        told = select(AuditEvent.exam_id, AuditEvent.detail["order_status"].astext).where(
            AuditEvent.action == "exam.scheduled"
        )
        assert {tuple(one) for one in session.execute(told)} == {
            (by_modality["CT"], None),
            (by_modality["US"], OrderStatus.SCHEDULED),
        }
