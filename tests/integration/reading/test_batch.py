"""Several cases at once: kept, given back or assigned, all of them or none."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from tests.support.department import NOW
from tests.support.reading import make_reader, make_task
from worklist.auth.models import User
from worklist.errors import DomainError, NotFoundError
from worklist.reading import assignment, batch, service
from worklist.reading.batch import BatchRefusedError
from worklist.reading.models import ReadingStatus, ReadingTask


@pytest.fixture
def tasks(session: Session) -> list[ReadingTask]:
    return [make_task(session) for _number in range(3)]


def ids(tasks: list[ReadingTask]) -> list[int]:
    return [one.id for one in tasks]


def test_several_cases_are_kept_and_given_back(
    session: Session, robin: User, tasks: list[ReadingTask]
) -> None:
    service.claim(session, tasks[0].id, robin, now=NOW)
    assert batch.reserve(session, ids(tasks), robin, now=NOW) == tasks
    assert {one.assigned_to_id for one in tasks} == {robin.id}
    batch.release(session, ids(tasks), robin, now=NOW)
    assert {(one.status, one.assigned_to_id) for one in tasks} == {(ReadingStatus.READY, None)}


def test_one_case_in_the_way_stops_all_and_is_named(
    session: Session, robin: User, sasha: User, tasks: list[ReadingTask]
) -> None:
    assignment.reserve(session, tasks[1].id, sasha, now=NOW)
    service.claim(session, tasks[2].id, sasha, now=NOW)
    service.finish(session, tasks[2].id, sasha, now=NOW)
    before = session.begin_nested()
    with pytest.raises(BatchRefusedError, match="2 of 3 cases") as refused:
        batch.reserve(session, ids(tasks), robin, now=NOW)
    before.rollback()
    assert tasks[0].assigned_to_id is None
    assert [(one.task_id, one.text) for one in refused.value.refusals] == [
        (tasks[1].id, "Another reader has this exam: look again."),
        (tasks[2].id, "This exam does not wait to be read any more."),
    ]
    accession = tasks[1].requested_procedure.order.accession_number
    assert f"{accession}: Another reader" in refused.value.details[0]


def test_what_is_not_ones_own_is_not_released(
    session: Session, robin: User, sasha: User, tasks: list[ReadingTask]
) -> None:
    service.claim(session, tasks[0].id, sasha, now=NOW)
    with pytest.raises(BatchRefusedError, match="2 of 2"):
        batch.release(session, ids(tasks[:2]), robin, now=NOW)


def test_the_lead_gives_several_to_a_reader_and_back_to_everybody(
    session: Session, robin: User, sasha: User, tasks: list[ReadingTask]
) -> None:
    lead = make_reader(session, "lead", roles=["manager"])
    service.claim(session, tasks[0].id, robin, now=NOW)
    batch.assign(session, ids(tasks), sasha.id, by=lead, now=NOW)
    assert {(one.status, one.assigned_to_id) for one in tasks} == {(ReadingStatus.READY, sasha.id)}
    service.claim(session, tasks[0].id, sasha, now=NOW)
    batch.assign(session, ids(tasks), None, by=lead, now=NOW + timedelta(minutes=1))
    assert {(one.status, one.assigned_to_id) for one in tasks} == {(ReadingStatus.READY, None)}
    with pytest.raises(DomainError, match="is not a reader"):
        batch.assign(session, ids(tasks), lead.id, by=lead, now=NOW)
    with pytest.raises(NotFoundError):
        batch.assign(session, ids(tasks), 0, by=lead, now=NOW)


def test_no_case_or_too_many_are_refused(session: Session, robin: User) -> None:
    with pytest.raises(DomainError, match="Select the cases first"):
        batch.reserve(session, [], robin, now=NOW)
    with pytest.raises(DomainError, match="100 cases at most"):
        batch.reserve(session, range(1, 102), robin, now=NOW)
