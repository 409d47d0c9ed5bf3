"""What tests of scheduling begin with."""

import pytest
from sqlalchemy.orm import Session

from tests.support.department import make_site
from worklist.catalogue.models import Site


@pytest.fixture
def site(session: Session) -> Site:
    """A site with nothing in it yet."""
    return make_site(session)
