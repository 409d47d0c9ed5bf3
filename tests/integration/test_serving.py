"""The application that tests serve: what a stream of events does late keeps no connection."""

import psycopg
from sqlalchemy import Connection, text

from tests.support import serving
from worklist import db


def test_a_connection_that_comes_back_late_or_is_taken_late_is_closed(database: str) -> None:
    engine = db.make_engine(database)
    given: list[psycopg.Connection[object]] = []

    def driver_of(connection: Connection) -> None:
        driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        given.append(driver)

    with engine.connect() as before:
        driver_of(before)
        serving.let_go(engine)
    with engine.connect() as after:
        assert after.scalar(text("SELECT 1")) == 1
        driver_of(after)
    assert [one.closed for one in given] == [True, True]
