"""Figures for whoever leads the readers: by hand from one small day."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support import web
from tests.support.department import NOW, make_procedure, make_site
from tests.support.reading import make_task
from tests.support.web import SignIn
from worklist import db
from worklist.auth.models import User
from worklist.auth.roles import UserRole
from worklist.reading import service
from worklist.scheduling.intervals import Interval
from worklist.scheduling.policy import Policy
from worklist.vocabulary import Priority
from worklist.web.reading import figures
from worklist.web.reading.figures import Backlog, Day, Reader, Turnaround

MINUTE = timedelta(minutes=1)
MIDNIGHT = NOW.replace(hour=0)
TODAY = Interval(MIDNIGHT, MIDNIGHT + timedelta(days=1))


@pytest.fixture
def department(session_factory: db.SessionFactory) -> db.SessionFactory:
    """Four urgent cases (target an hour) read after 10, 20, 30 and 70 minutes, and a backlog.

    Dana read the three CTs and the MR; she gave a STAT case back, which is late now.
    """
    web.make_user(session_factory, UserRole.MANAGER)
    with db.transaction(session_factory) as session:
        make_site(session)
        make_procedure(session, "70551", modality="MR")
        dana = session.scalars(select(User)).one()
        for minutes, code in ((10, "71250"), (20, "71250"), (30, "71250"), (70, "70551")):
            task = make_task(session, procedure=code, ended=minutes * MINUTE)
            service.claim(session, task.id, dana, now=NOW)
            service.finish(session, task.id, dana, now=NOW)
        stat = make_task(session, Priority.STAT, ended=40 * MINUTE)
        service.claim(session, stat.id, dana, now=NOW)
        service.release(session, stat.id, dana, now=NOW)
        routine = make_task(session, Priority.ROUTINE, ended=40 * MINUTE)
        service.claim(session, routine.id, dana, now=NOW)
    return session_factory


@pytest.fixture
def session_of(department: db.SessionFactory) -> Session:
    return department()


def test_turnaround_by_priority(session_of: Session) -> None:
    # Of 10, 20, 30 and 70 minutes: the median 25; nine of ten within 30 + 0.7 * 40 = 58.
    found = figures.turnaround(session_of, TODAY, by_modality=False)
    assert found == [Turnaround("URGENT", 4, 25 * MINUTE, 58 * MINUTE, 0.75)]
    session_of.close()


def test_turnaround_by_modality(session_of: Session) -> None:
    found = figures.turnaround(session_of, TODAY, by_modality=True)
    assert [(one.name, one.cases, one.within_target) for one in found] == [
        ("CT", 3, 1.0),
        ("MR", 1, 0.0),
    ]
    session_of.close()


def test_what_waits_now(session_of: Session) -> None:
    ready_at = NOW - 40 * MINUTE
    assert figures.backlog(session_of, Policy(), NOW) == [
        Backlog(Priority.STAT, 30 * MINUTE, 1, 0, 1, ready_at),
        Backlog(Priority.ROUTINE, timedelta(hours=24), 1, 1, 0, ready_at),
    ]
    session_of.close()


def test_who_read_what_and_what_was_given_back(session_of: Session) -> None:
    assert figures.readers(session_of, TODAY) == [Reader("Dana", {"CT": 3, "MR": 1}, 1)]
    session_of.close()


def test_days_are_the_sites(session_of: Session) -> None:
    day = MIDNIGHT.date()
    period = Interval(MIDNIGHT - timedelta(days=1), TODAY.end)
    yesterday = day - timedelta(days=1)
    found = figures.days(session_of, yesterday, day, period, ZoneInfo("UTC"))
    assert found == [Day(yesterday, 0, 0, 0), Day(day, 6, 3, 1)]
    # At 09:00 UTC it is 22:00 of the day before in Pago Pago.
    found = figures.days(session_of, yesterday, day, period, ZoneInfo("Pacific/Pago_Pago"))
    assert found == [Day(yesterday, 6, 3, 1), Day(day, 0, 0, 0)]
    session_of.close()


def test_the_page_and_its_tables(department: db.SessionFactory, client: FlaskClient) -> None:
    assert department
    web.sign_in(client, "dana")
    page = client.get("/reading/figures").text
    assert "<svg" in page
    assert "Dana" in page
    assert "1 late" in page
    table = client.get("/reading/figures/priority.csv?from=2026-11-24&until=2026-11-24")
    assert table.text.splitlines()[1] == "URGENT,4,25,58,0.750"
    assert "reading-priority-2026-11-24-2026-11-24.csv" in table.headers["Content-Disposition"]
    assert client.get("/reading/figures/readers.csv").text.splitlines()[1:] == [
        "Dana,CT,3",
        "Dana,MR,1",
    ]
    days = client.get("/reading/figures/turnaround-days.csv").text.splitlines()
    assert days == ["\ufeffday,of,number,median minutes", "2026-11-24,URGENT,4,25"]
    days = client.get("/reading/figures/days.csv?from=2026-11-24").text.splitlines()
    assert days[1:] == ["2026-11-24,6,3,1"]
    backlog = client.get("/reading/figures/backlog.csv").text.splitlines()
    assert backlog[1].startswith("STAT,30,1,0,1,2026-11-24T")
    assert client.get("/reading/figures/nothing.csv").status_code == 404


def test_figures_are_for_those_who_lead(signed_in: SignIn) -> None:
    client = signed_in(UserRole.RADIOLOGIST)
    assert client.get("/reading/figures").status_code == 403
    assert client.get("/reading/figures/readers.csv").status_code == 403
