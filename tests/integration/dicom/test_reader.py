"""How worklist statements are read: planned once for a station's list, else for their values."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from pydicom import Dataset
from sqlalchemy import Engine, make_url

from worklist.catalogue.profiles import LeavesList
from worklist.dicom import identifier, matching
from worklist.dicom.profile import Profile
from worklist.dicom.reader import Reader, Statement
from worklist.dicom.stations import StationList
from worklist.stack.postgres import PostgresServer

_END_CONNECTIONS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
_PLANS = (
    "SELECT concat(generic_plans, ' generic, ', custom_plans, ' custom')"
    " FROM pg_prepared_statements WHERE statement LIKE '%%relname%%'"
)


@pytest.fixture
def reader(database_engine: Engine) -> Iterator[Reader]:
    """Connections to the test's own database."""
    opened = Reader(database_engine)
    yield opened
    opened.close()


@contextmanager
def administrator(server: PostgresServer) -> Iterator[psycopg.Connection]:
    """Connect beside the test's database, to take it away."""
    url = make_url(server.url).set(drivername="postgresql", database="postgres")
    address = url.render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as connection:
        yield connection


def statement(*, planned_once: bool) -> Statement:
    sql = "SELECT relname::text FROM pg_class WHERE relname LIKE %(name)s OR relname = %(name)s"
    return Statement.of(sql, {"name": "stations"}, planned_once=planned_once)


def test_a_placeholder_is_numbered_once_and_a_percent_sign_is_one() -> None:
    told = Statement.of(
        "a = %(one)s AND b LIKE '%%' AND c = %(two)s + %(one)s", {}, planned_once=True
    )
    assert told.numbered == b"a = $1 AND b LIKE '%' AND c = $2 + $1"
    assert told.names == ("one", "two")


@pytest.mark.parametrize(("planned_once", "plans"), [(True, ["8 generic, 0 custom"]), (False, [])])
def test_plans(reader: Reader, *, planned_once: bool, plans: list[str]) -> None:
    for _ in range(8):
        assert reader.texts(statement(planned_once=planned_once), {}) == ["stations"]
    assert reader.texts(Statement.of(_PLANS, {}, planned_once=False), {}) == plans


def test_other_values_are_asked_with_the_same_plan(reader: Reader) -> None:
    one = statement(planned_once=True)
    assert reader.texts(one, {"name": "patients"}) == ["patients"]
    assert list(reader.stream(one, {"name": "rooms"})) == ["rooms"]


@pytest.mark.parametrize(
    ("keys", "profile", "planned_once"),
    [
        ({"ScheduledStationAETitle": "CT01"}, Profile(), True),
        ({"ScheduledStationAETitle": "CT*", "Modality": "CT"}, Profile(), True),
        ({"Modality": "CT"}, Profile(), False),
        (
            {"ScheduledStationAETitle": "CT01", "ScheduledProcedureStepStatus": "COMPLETED"},
            Profile(),
            False,
        ),
        (
            {"ScheduledStationAETitle": "CT01"},
            Profile(leaves_list=LeavesList.HOURS_AFTER_END, linger_hours=2),
            False,
        ),
    ],
)
def test_only_what_a_partial_index_serves_is_planned_once(
    keys: dict[str, str], profile: Profile, *, planned_once: bool
) -> None:
    step, query = Dataset(), Dataset()
    for keyword, value in keys.items():
        setattr(step, keyword, value)
    query.ScheduledProcedureStepSequence = [step]
    match = matching.build(
        identifier.read(query), StationList(()), default_zone="UTC", profile=profile
    )
    assert match.planned_once is planned_once


def test_a_database_that_stays_away_for_longer_is_read_again_when_it_is_back(
    reader: Reader, database_engine: Engine, postgres_server: PostgresServer
) -> None:
    asked = statement(planned_once=True)
    assert reader.texts(asked, {}) == ["stations"]
    name = str(database_engine.url.database)
    with administrator(postgres_server) as connection:
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        connection.execute(_END_CONNECTIONS, [name])
        for _ in range(3):
            with pytest.raises(psycopg.OperationalError):
                reader.texts(asked, {})
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    assert reader.texts(asked, {}) == ["stations"]
