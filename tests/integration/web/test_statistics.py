"""Figures for managers: by hand from a small department's day."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from tests.support.department import (
    ACTOR,
    NOW,
    make_exam,
    make_procedure,
    make_room,
    make_site,
)
from tests.support.web import SignIn
from worklist import db
from worklist.auth.roles import UserRole
from worklist.catalogue.models import Room, Site
from worklist.performing import service as performing
from worklist.scheduling import access
from worklist.scheduling import service as scheduling
from worklist.scheduling.intervals import Interval
from worklist.scheduling.policies import service as policies
from worklist.scheduling.policy import Policy
from worklist.vocabulary import Priority
from worklist.web.statistics import queries, trends
from worklist.web.statistics.chosen import Span
from worklist.web.statistics.trends import Point

DAY = Interval(NOW.replace(hour=0), NOW.replace(hour=0) + timedelta(days=1))
LATE = NOW + timedelta(hours=12)
TODAY = Span(NOW.date(), NOW.date(), DAY, ZoneInfo("UTC"))


@pytest.fixture
def site(session_factory: db.SessionFactory) -> Site:
    """A room open from 08:00 to 18:00, in which on one day three exams were done and one missed.

    The stays are 20, 20 and 20 minutes; the waits from order to start 30, 60 and 90 minutes.
    """
    with db.transaction(session_factory) as session:
        site = make_site(session)
        room = make_room(session, site, "CT01", opens=time(8), closes=time(18))
        make_procedure(session)
        for minutes in (30, 60, 90, 120):
            exam = make_exam(session, priority=Priority.STAT)
            starts_at = NOW + timedelta(minutes=minutes)
            scheduling.book(
                session, exam, room_id=room.id, starts_at=starts_at, actor=ACTOR, now=NOW
            )
            if minutes == 120:
                scheduling.mark_no_show(session, exam, actor=ACTOR, now=starts_at)
                continue
            performing.start(session, exam, actor=ACTOR, now=starts_at)
            ended = starts_at + timedelta(minutes=20)
            performing.complete(session, exam, actor=ACTOR, now=ended)
        return site


def test_used_time_is_compared_with_open_time(
    session_factory: db.SessionFactory, site: Site
) -> None:
    with db.transaction(session_factory) as session:
        (room,), _by_day = queries.utilisation(session, site, TODAY, LATE)
    assert (room.code, room.open_minutes, room.used_minutes, room.exams) == ("CT01", 600, 60, 3)
    assert room.share == pytest.approx(0.1)


def test_an_exam_under_way_uses_its_room_until_now(
    session_factory: db.SessionFactory, site: Site
) -> None:
    """Begun long behind its slot's end, and still going on 40 minutes later."""
    starts_at = NOW + timedelta(minutes=150)
    with db.transaction(session_factory) as session:
        exam = make_exam(session, priority=Priority.STAT)
        room_id = session.scalars(select(Room.id)).one()
        scheduling.book(session, exam, room_id=room_id, starts_at=starts_at, actor=ACTOR, now=NOW)
        begun = starts_at + timedelta(hours=2)
        performing.start(session, exam, actor=ACTOR, now=begun)
        now = begun + timedelta(minutes=40)
        (room,), _by_day = queries.utilisation(session, site, TODAY, now)
    assert (room.used_minutes, room.exams) == (100, 4)


def test_waits_are_told_by_priority_and_target(
    session_factory: db.SessionFactory, site: Site
) -> None:
    assert site
    with db.transaction(session_factory) as session:
        (stat,), _by_day = queries.waiting(session, site, TODAY, Policy())
    assert (stat.priority, stat.exams) == (Priority.STAT, 3)
    assert stat.median == timedelta(minutes=60)
    assert stat.ninth_decile == timedelta(minutes=84)  # between 60 and 90, linearly
    assert stat.within_target == pytest.approx(2 / 3)  # STAT: within the hour


def test_who_did_not_come_is_counted(session_factory: db.SessionFactory, site: Site) -> None:
    assert site
    with db.transaction(session_factory) as session:
        (ct,), _by_day = queries.attendance(session, site, TODAY)
    assert (ct.modality, ct.done, ct.no_shows, ct.cancelled) == ("CT", 3, 1, 0)
    assert ct.no_show_rate == pytest.approx(0.25)


def test_the_third_free_half_hour_is_found(session_factory: db.SessionFactory, site: Site) -> None:
    with db.transaction(session_factory) as session:
        (room,) = access.third_next_available(session, site, NOW.replace(hour=17))
    # 17:00 and 17:30 are free; the next begins as the room opens again.
    assert room.third == datetime.combine(date(2026, 11, 25), time(8), tzinfo=NOW.tzinfo)


def test_a_manager_starts_there_and_takes_the_tables_away(signed_in: SignIn, site: Site) -> None:
    assert site
    client = signed_in(UserRole.MANAGER)
    assert client.get("/").location == "/statistics"
    assert "10 %" in client.get("/statistics?from=2026-11-24&until=2026-11-24").text
    table = client.get("/statistics/utilisation.csv?from=2026-11-24&until=2026-11-24")
    assert table.content_type.startswith("text/csv")
    assert table.text.splitlines() == [
        "\ufeffroom,name,open minutes,used minutes,exams",
        "CT01,room CT01,600,60,3",
    ]
    access = client.get("/statistics/next-available.csv").text.splitlines()
    assert access[0] == "\ufeffroom,name,third next available"
    assert access[1].startswith("CT01,room CT01,2026-11-24T")
    waits = client.get("/statistics/waiting.csv?until=2026-11-24").text.splitlines()
    assert waits[1] == "STAT,3,60,84,0.667"
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "de"
    waits = client.get("/statistics/waiting.csv?until=2026-11-24").text.splitlines()
    heading = "Priorität;Untersuchungen;Median, Minuten;neuntes Dezil, Minuten;im Ziel"
    assert waits[0] == f"\ufeff{heading}"
    assert waits[1] == "STAT;3;60;84;0,667"


def test_targets_are_those_of_the_policy_in_use(
    signed_in: SignIn, session_factory: db.SessionFactory, site: Site
) -> None:
    assert site
    with db.transaction(session_factory) as session:
        hours = {"target_hours": {"STAT": 1.5}}
        policies.change(session, hours, reason="Heads", actor=ACTOR, now=NOW)
    client = signed_in(UserRole.MANAGER)
    waits = client.get("/statistics/waiting.csv?until=2026-11-24").text.splitlines()
    assert waits[1] == "STAT,3,60,84,1.000"


@pytest.mark.parametrize("query", ["from=2026-11-25&until=2026-11-24", "until=monday"])
def test_days_that_make_no_period_are_refused(signed_in: SignIn, site: Site, query: str) -> None:
    assert site
    assert signed_in(UserRole.MANAGER).get(f"/statistics?{query}").status_code == 422


def test_figures_are_not_for_everybody(signed_in: SignIn) -> None:
    assert signed_in(UserRole.TECHNOLOGIST).get("/statistics").status_code == 403


def test_each_day_has_its_figures(session_factory: db.SessionFactory, site: Site) -> None:
    yesterday, today = date(2026, 11, 23), date(2026, 11, 24)
    period = Interval(DAY.start - timedelta(days=1), DAY.end)
    span = Span(yesterday, today, period, ZoneInfo("UTC"))
    with db.transaction(session_factory) as session:
        _rooms, used = queries.utilisation(session, site, span, LATE)
        _modalities, missed = queries.attendance(session, site, span)
        (whole,), (stat,) = queries.waiting(session, site, span, Policy())
    # An hour of the ten that the room is open, one of four who did not come, waits of 30 to 90.
    assert used.points == (Point(yesterday, 0, 0), Point(today, 0.1, 3))
    assert missed.points == (Point(yesterday, None, 0), Point(today, 0.25, 4))
    assert (whole.exams, whole.median) == (3, timedelta(hours=1))
    assert stat.points == (Point(yesterday, None, 0), Point(today, 3600, 3))
    assert (stat.name, stat.target) == ("STAT", 3600)


def test_access_is_measured_once_a_day_and_kept(
    session_factory: db.SessionFactory, site: Site
) -> None:
    today = date(2026, 11, 24)
    span = Span(today, today, DAY, ZoneInfo("UTC"))
    with db.transaction(session_factory) as session:
        assert access.measure(session, now=NOW.replace(hour=7)) == 0
        # At 16:00 the room is free until it closes at 18:00: the third half hour begins at 17:00.
        assert access.measure(session, now=NOW.replace(hour=16)) == 1
        assert access.measure(session, now=NOW.replace(hour=17)) == 0
        assert trends.next_available(session, site, span).points == (Point(today, 3600, 1),)


def test_charts_are_drawn_with_their_numbers_and_files(signed_in: SignIn, site: Site) -> None:
    assert site
    client = signed_in(UserRole.MANAGER)
    days = "from=2026-11-23&until=2026-11-24"
    page = client.get(f"/statistics?{days}").text
    assert page.count('<svg class="lines"') == 3
    assert "Did not come, of those expected, day by day: between 25 % and 25 %" in page
    # What the department aims at: used for four fifths at least, one of twenty stays away at most.
    assert "target at least 80 %" in page
    assert "target 5 %" in page
    # Those of no-shows and of waiting are drawn; 80 % is far above the 10 % of these days.
    assert page.count('<line class="target"') == 2
    for table, row in (
        ("utilisation-days", "2026-11-24,utilisation,3,0.100"),
        ("attendance-days", "2026-11-24,no-shows,4,0.250"),
        ("waiting-days", "2026-11-24,STAT,3,60"),
    ):
        assert row in client.get(f"/statistics/{table}.csv?{days}").text.splitlines()
