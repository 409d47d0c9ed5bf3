"""Every message of the corpus gets its acknowledgement and does what is written beside it."""

import pytest
from sqlalchemy.orm import Session

from tests.integration.hl7.conftest import Nudges
from tests.support.corpus import Bench, Case, cases, check
from tests.support.department import make_room
from tests.support.inbox import Inbox
from worklist.catalogue.models import Site

CASES = list(cases())


def test_the_corpus_is_as_large_as_promised() -> None:
    names = [(one.topic, one.name) for one in CASES]
    assert len(names) == len(set(names))
    assert len(names) >= 120


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.topic}: {case.name}")
def test_message(case: Case, inbox: Inbox, session: Session, nudges: Nudges) -> None:
    site = session.query(Site).one()
    make_room(session, site, "CT02")
    session.commit()

    def nudged() -> list[int]:
        return nudges.named("workers.scheduling.place")

    done = Bench(inbox, session, nudged).run(case)
    check(case, done, session)
