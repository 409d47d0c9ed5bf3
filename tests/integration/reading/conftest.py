"""The readers of whom cases are."""

import pytest
from sqlalchemy.orm import Session

from tests.support.reading import make_reader
from worklist.auth.models import User


@pytest.fixture
def robin(session: Session) -> User:
    return make_reader(session, "robin", roles=["radiologist"])


@pytest.fixture
def sasha(session: Session) -> User:
    return make_reader(session, "sasha", roles=["radiologist"])


@pytest.fixture
def lead(session: Session) -> User:
    return make_reader(session, "lead", roles=["manager"])
