"""Work of the night is done once a night, also where the clocks change or the machine was off."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from config import Settings
from tests.support.department import ACTOR, make_exam, make_procedure, make_room, make_site
from workers import context
from workers import scheduling as task
from worklist import db, nightly
from worklist.catalogue.models import Closure
from worklist.scheduling import service
from worklist.scheduling.availability import as_range
from worklist.scheduling.intervals import Interval
from worklist.scheduling.replanning.models import ReplanProposal

_WORK = "test"
_EVERY = timedelta(minutes=5)


def _nights(
    session: Session,
    first: datetime,
    last: datetime,
    *,
    hour: int = 2,
    default_zone: str = "Europe/Vienna",
) -> list[datetime]:
    """Ask every five minutes and return when the work was begun."""
    begun, now = [], first
    while now < last:
        if nightly.begin(session, _WORK, now=now, hour=hour, default_zone=default_zone):
            begun.append(now)
        now += _EVERY
    return begun


@pytest.mark.parametrize(
    ("first", "begun"),
    [
        # The clocks go from 02:00 to 03:00 at 01:00 UTC: 02:00 never comes, 03:00 CEST does.
        (
            datetime(2027, 3, 27, 12, tzinfo=UTC),
            [datetime(2027, 3, 28, 1, tzinfo=UTC), datetime(2027, 3, 29, 0, tzinfo=UTC)],
        ),
        # They go back from 03:00 to 02:00 at 01:00 UTC: the first 02:00 is in CEST.
        (
            datetime(2026, 10, 24, 12, tzinfo=UTC),
            [datetime(2026, 10, 25, 0, tzinfo=UTC), datetime(2026, 10, 26, 1, tzinfo=UTC)],
        ),
    ],
)
def test_each_night_has_its_work_once_where_the_clocks_change(
    session: Session, first: datetime, begun: list[datetime]
) -> None:
    assert _nights(session, first, first + timedelta(days=2)) == begun


def test_the_clock_is_that_of_the_first_site_in_use(session: Session) -> None:
    make_site(session, "OLD", "Asia/Tokyo").active = False
    make_site(session, "WEST", "America/New_York")
    make_site(session, "EAST", "Asia/Tokyo")
    session.flush()
    first = datetime(2026, 11, 24, tzinfo=UTC)
    assert _nights(session, first, first + timedelta(days=1), hour=23) == [
        datetime(2026, 11, 24, 4, tzinfo=UTC)  # 23:00 of the 23rd in New York
    ]


def test_a_machine_that_was_off_does_it_later_but_not_by_day(session: Session) -> None:
    noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    back = datetime(2026, 11, 24, 3, 40, tzinfo=UTC)  # 04:40 in Vienna
    assert _nights(session, back, noon) == [back]
    too_late = datetime(2026, 11, 25, 5, 0, tzinfo=UTC)  # 06:00
    assert _nights(session, too_late, too_late + timedelta(hours=6)) == []


def test_work_that_failed_is_due_again(session: Session) -> None:
    now = datetime(2026, 11, 24, 1, tzinfo=UTC)
    savepoint = session.begin_nested()
    assert _nights(session, now, now + _EVERY) == [now]
    savepoint.rollback()
    assert _nights(session, now + _EVERY, now + 2 * _EVERY) == [now + _EVERY]


_NIGHT = datetime(2026, 11, 24, 2, 3, tzinfo=UTC)


@pytest.fixture
def worker(
    database: str, session_factory: db.SessionFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[db.SessionFactory]:
    """A worker process at night, and sessions that see what it commits."""
    monkeypatch.setattr(context, "system_clock", lambda: _NIGHT)
    monkeypatch.setattr(task, "system_clock", lambda: _NIGHT)
    context.use(Settings.read({"WORKLIST_DATABASE_URL": database}))
    yield session_factory
    context.sessions().kw["bind"].dispose()


def _logged() -> list[str]:
    with capture_logs() as lines:
        task.propose()
    return [line["event"] for line in lines if line["event"].startswith("replan.")]


def test_the_log_tells_of_a_night_without_a_better_plan(worker: db.SessionFactory) -> None:
    with db.transaction(worker) as session:
        make_site(session)
    assert _logged() == ["replan.no_better_plan"]
    assert _logged() == []


def test_the_nightly_plan_is_proposed_once(worker: db.SessionFactory) -> None:
    with db.transaction(worker) as session:
        site = make_site(session)
        make_procedure(session, duration_minutes=30)
        broken, _ = (
            make_room(session, site, code, opens=time(9), closes=time(17))
            for code in ("CT01", "CT02")
        )
        at = _NIGHT.replace(hour=10, minute=0)
        service.book(
            session, make_exam(session), room_id=broken.id, starts_at=at, actor=ACTOR, now=_NIGHT
        )
        during = as_range(Interval(at, at + timedelta(hours=4)))
        session.add(Closure(resource_id=broken.id, during=during, reason="Broken"))
    assert _logged() == ["replan.proposal"]
    assert _logged() == []
    with worker() as session:
        assert session.scalar(select(func.count()).select_from(ReplanProposal)) == 1
