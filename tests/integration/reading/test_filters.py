"""Filters that a person keeps: one's own, replaced by name, and what narrows a list."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from tests.support.department import NOW
from tests.support.reading import make_reader, make_task
from worklist.errors import DomainError, NotFoundError
from worklist.reading import filters, selection
from worklist.reading.selection import Selection
from worklist.vocabulary import Priority


def test_a_filter_is_ones_own_and_replaced_by_name(session: Session) -> None:
    robin, sasha = make_reader(session, "robin"), make_reader(session, "sasha")
    filters.save(session, robin, " Night  shift ", {"modality": ["CT"]}, now=NOW)
    filters.save(session, robin, "Night shift", {"modality": ["MR"]}, now=NOW)
    (kept,) = filters.of_user(session, robin)
    session.refresh(kept)
    assert (kept.name, kept.query) == ("Night shift", {"modality": ["MR"]})
    assert filters.of_user(session, sasha) == []
    with pytest.raises(NotFoundError):
        filters.forget(session, sasha, kept.id)
    filters.forget(session, robin, kept.id)
    assert filters.of_user(session, robin) == []


def test_a_filter_needs_a_name_and_there_are_only_so_many(session: Session) -> None:
    robin = make_reader(session)
    for name in (" ", "x" * 41):
        with pytest.raises(DomainError, match="name"):
            filters.save(session, robin, name, {}, now=NOW)
    for number in range(20):
        filters.save(session, robin, f"Filter {number}", {}, now=NOW)
    with pytest.raises(DomainError, match="20"):
        filters.save(session, robin, "One more", {}, now=NOW)


def test_a_list_is_narrowed_by_priority_and_by_how_long_it_waits(session: Session) -> None:
    minute = timedelta(minutes=1)
    old = make_task(session, Priority.STAT, ended=90 * minute)
    make_task(session, Priority.STAT, ended=10 * minute)
    make_task(session, Priority.ROUTINE, ended=90 * minute)
    wanted = Selection(priority=Priority.STAT, ready_before=NOW - 60 * minute)
    assert session.scalars(wanted.narrow(selection.queued())).all() == [old]
