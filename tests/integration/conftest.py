"""The application over this test's own database, for pages and programs."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from tests.support import web


@pytest.fixture(scope="module", autouse=True)
def _quick_hashes() -> Iterator[None]:
    with web.quick_hashes():
        yield


@pytest.fixture
def client(database: str, empty_redis: str) -> Iterator[FlaskClient]:
    """A browser, or a program, without an account."""
    client = web.make_client(database, empty_redis)
    yield client
    web.close(client)
