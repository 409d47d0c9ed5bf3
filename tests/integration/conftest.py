"""The application over this test's own database, for pages and programs."""

from collections.abc import Iterator

import argon2
import pytest
from flask.testing import FlaskClient

from tests.support import web
from worklist.auth import service as auth


@pytest.fixture(scope="session", autouse=True)
def _quick_hashes() -> Iterator[None]:
    """The same hashing of passwords with less work: almost every test signs somebody in."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(auth, "_hasher", argon2.PasswordHasher(1, 8, 1))
        yield


@pytest.fixture
def client(database: str, empty_redis: str) -> Iterator[FlaskClient]:
    """A browser, or a program, without an account."""
    client = web.make_client(database, empty_redis)
    yield client
    web.close(client)
