"""The next case, and claims that end when a page is closed."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from tests.support.department import NOW, make_procedure
from tests.support.reading import make_reader, make_task
from worklist import db
from worklist.auth.models import User
from worklist.errors import ConflictError
from worklist.reading import service
from worklist.reading.models import ReadingStatus
from worklist.reading.selection import Selection
from worklist.vocabulary import PatientClass, Priority

ANY = Selection()
MINUTE = timedelta(minutes=1)


def test_the_next_case_is_the_most_urgent_and_of_these_the_one_due_first(
    session: Session, robin: User
) -> None:
    routine = make_task(session, Priority.ROUTINE, ended=90 * MINUTE)
    later = make_task(session, Priority.STAT, ended=5 * MINUTE)
    sooner = make_task(session, Priority.STAT, ended=20 * MINUTE)
    given = []
    for _ in range(3):
        task = service.claim_next(session, robin, ANY, now=NOW)
        assert task is not None
        service.finish(session, task.id, robin, now=NOW)
        given.append(task.id)
    assert given == [sooner.id, later.id, routine.id]
    assert service.claim_next(session, robin, ANY, now=NOW) is None


def test_the_next_case_is_nobody_elses_unless_the_claim_has_expired(
    session: Session, robin: User, sasha: User
) -> None:
    task = make_task(session)
    service.claim(session, task.id, sasha, now=NOW)
    assert service.claim_next(session, robin, ANY, now=NOW + 29 * MINUTE) is None
    taken = service.claim_next(session, robin, ANY, now=NOW + 30 * MINUTE)
    assert taken is not None
    assert (taken.id, taken.claimed_by_id) == (task.id, robin.id)


def test_a_claimed_case_comes_before_a_new_one(session: Session, robin: User) -> None:
    mine = make_task(session, ended=20 * MINUTE)
    make_task(session, ended=5 * MINUTE)
    service.claim(session, mine.id, robin, now=NOW)
    following = service.claim_next(session, robin, ANY, now=NOW)
    assert following is not None
    assert following.id == mine.id


def test_a_skipped_case_goes_back_and_the_one_behind_it_comes(
    session: Session, robin: User
) -> None:
    first = make_task(session, ended=30 * MINUTE)
    second = make_task(session, ended=20 * MINUTE)
    third = make_task(session, ended=10 * MINUTE)
    skipped = service.give_up(session, second.id, robin, now=NOW)
    following = service.claim_next(session, robin, ANY, now=NOW, after=skipped)
    assert following is not None
    assert following.id == third.id
    skipped = service.give_up(session, third.id, robin, now=NOW)
    around = service.claim_next(session, robin, ANY, now=NOW, after=skipped)
    assert around is not None
    assert around.id == first.id
    assert third.status is ReadingStatus.READY


def test_the_only_case_is_not_its_own_next(session: Session, robin: User) -> None:
    task = make_task(session)
    assert service.claim_next(session, robin, ANY, now=NOW, after=task) is None


def test_a_reader_gets_what_is_in_the_selection(session: Session, robin: User) -> None:
    make_procedure(session, "70551", modality="MR", reading_group="neuro")
    make_task(session, Priority.STAT)
    head = make_task(session, procedure="70551", patient_class=PatientClass.EMERGENCY)
    for wanted in (
        Selection(modality="MR"),
        Selection(reading_group="neuro"),
        Selection(patient_class=PatientClass.EMERGENCY),
    ):
        task = service.claim_next(session, robin, wanted, now=NOW)
        assert task is not None
        assert task.id == head.id
        service.release(session, task.id, robin, now=NOW)
    assert service.claim_next(session, robin, Selection(modality="US"), now=NOW) is None


def test_two_readers_get_two_cases(session_factory: db.SessionFactory) -> None:
    with db.transaction(session_factory) as session:
        first, second = make_task(session, ended=20 * MINUTE).id, make_task(session).id
        robin, sasha = make_reader(session, "robin"), make_reader(session, "sasha")
    with db.transaction(session_factory) as one, db.transaction(session_factory) as other:
        mine = service.claim_next(one, robin, ANY, now=NOW)
        theirs = service.claim_next(other, sasha, ANY, now=NOW)
        assert mine is not None
        assert theirs is not None
        assert (mine.id, theirs.id) == (first, second)


def test_an_open_page_keeps_its_claim_and_a_closed_one_lets_go(
    session: Session, robin: User, sasha: User
) -> None:
    task = make_task(session)
    service.claim(session, task.id, robin, now=NOW)
    assert service.renew(session, task.id, robin, now=NOW + 29 * MINUTE)
    assert task.claim_expires_at == NOW + 34 * MINUTE
    assert not service.renew(session, task.id, sasha, now=NOW)
    service.leave(session, task.id, sasha, now=NOW)
    assert task.claim_expires_at == NOW + 34 * MINUTE
    service.leave(session, task.id, robin, now=NOW + 30 * MINUTE)
    with pytest.raises(ConflictError, match="Robin is reading this exam"):
        service.claim(session, task.id, sasha, now=NOW + 30 * MINUTE)
    service.claim(session, task.id, sasha, now=NOW + 31 * MINUTE)
    assert not service.renew(session, task.id, robin, now=NOW + 31 * MINUTE)


def test_a_page_that_was_left_for_a_moment_keeps_its_claim(session: Session, robin: User) -> None:
    task = make_task(session)
    service.claim(session, task.id, robin, now=NOW)
    service.leave(session, task.id, robin, now=NOW)
    assert service.renew(session, task.id, robin, now=NOW + timedelta(seconds=2))
    assert service.release_expired(session, now=NOW + 4 * MINUTE) == 0
