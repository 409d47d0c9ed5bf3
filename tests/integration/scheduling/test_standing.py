"""What each process keeps of the catalogue holds as long as nobody changes it, and no longer."""

from datetime import time, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.support.department import (
    ACTOR,
    NOW,
    make_exam,
    make_procedure,
    make_room,
    make_site,
)
from worklist import db
from worklist.catalogue.models import OpeningHours, Site
from worklist.catalogue.procedures import Procedure, ProcedurePhase
from worklist.rulebook import service as rulebook
from worklist.scheduling.placement import place
from worklist.scheduling.policies import service as policies
from worklist.scheduling.standing import read_standing

# Each changes one table that is kept.
_CHANGES = (
    "UPDATE sites SET time_zone = 'Europe/Vienna'",
    "UPDATE resources SET active = false",
    "UPDATE rooms SET capabilities = '{wide_bore}'",
    "UPDATE stations SET active = false",
    "DELETE FROM opening_hours",
    "UPDATE procedures SET duration_minutes = 55",
    "DELETE FROM procedure_phases",
)


@pytest.fixture
def site(session: Session) -> Site:
    site = make_site(session)
    make_room(session, site, "CT01")
    make_procedure(session)
    return site


@pytest.mark.usefixtures("site")
def test_what_nobody_changed_is_read_once(session: Session) -> None:
    assert read_standing(session) is read_standing(session)


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize("change", _CHANGES)
def test_a_change_of_any_table_is_seen_at_once(session: Session, change: str) -> None:
    before = read_standing(session)
    session.execute(text(change))
    assert read_standing(session) is not before


@pytest.mark.usefixtures("site")
def test_it_has_everything_that_placing_reads(session: Session) -> None:
    procedure = session.query(Procedure).one()
    phase = ProcedurePhase(
        name="uptake", resource_kind="uptake_bay", offset_minutes=-60, duration_minutes=60
    )
    procedure.phases.append(phase)
    session.flush()
    rulebook.change(session, {"egfr_low": 35}, reason="tried", actor=ACTOR, now=NOW)
    policies.change(session, {"kept_hours": 3}, reason="tried", actor=ACTOR, now=NOW)
    known = read_standing(session)
    (room,) = known.rooms_of("CT")
    assert (room.code, room.resource.site.code) == ("CT01", "MAIN")
    assert [one.ae_title for one in room.stations] == ["CT01"]
    assert known.rooms_of("MR") == ()
    assert [one.name for one in known.procedures[procedure.id].phases] == ["uptake"]
    assert known.lines[room.id].hours
    assert (known.thresholds.egfr_low, known.policy.kept_hours) == (35, 3)


def test_another_process_sees_what_was_committed_and_nothing_else(
    session_factory: db.SessionFactory, database: str
) -> None:
    other = db.make_engine(database)
    with db.transaction(session_factory) as session:
        make_room(session, make_site(session), "CT01")
    with session_factory() as session, Session(other) as reader:
        session.execute(text("UPDATE rooms SET table_limit_kg = 111"))
        assert read_standing(session).rooms[0].table_limit_kg == 111
        assert read_standing(reader).rooms[0].table_limit_kg != 111
        session.rollback()
        assert read_standing(session).rooms[0].table_limit_kg != 111
        session.execute(text("UPDATE rooms SET table_limit_kg = 222"))
        session.commit()
        assert read_standing(reader).rooms[0].table_limit_kg == 222
    other.dispose()


@pytest.mark.usefixtures("site")
def test_a_room_shut_between_two_placements_gets_only_the_first(session: Session) -> None:
    first, second = make_exam(session), make_exam(session)
    place(session, first.id, actor=ACTOR, now=NOW)
    assert first.starts_at == NOW
    for hours in session.query(OpeningHours):
        hours.opens = time(12)
    place(session, second.id, actor=ACTOR, now=NOW)
    assert second.starts_at is not None
    assert second.starts_at >= NOW + timedelta(hours=1)
    assert second.starts_at.time() >= time(12)
