"""Engines that tests lend: a thread that outlives its test keeps no connection and gets none."""

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from tests.support import engines


def test_a_connection_that_comes_back_late_is_closed_and_none_is_given_late(database: str) -> None:
    with engines.lent(database) as engine:
        before = engine.connect()
        driver = before.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    closed = [driver.closed]
    before.close()
    assert [*closed, driver.closed] == [False, True]
    with pytest.raises(OperationalError, match="the test is over"):
        engine.connect()


def test_the_next_engine_is_on_its_own_database(database: str, module_database: str) -> None:
    for url in (database, module_database, database):
        with engines.lent(url) as engine, engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert isinstance(driver, psycopg.Connection)
            assert driver.info.dbname == url.rpartition("/")[2] == engine.url.database
