"""The page of the policy: read by all who see the schedule, changed by administrators."""

from datetime import timedelta

import pytest

from tests.support import web
from tests.support.web import SignIn
from worklist import db
from worklist.auth.roles import UserRole
from worklist.scheduling.policies import queries
from worklist.scheduling.policy import Policy
from worklist.vocabulary import Priority

PAGE = "/policy"


def in_use(sessions: db.SessionFactory) -> Policy:
    with db.transaction(sessions) as session:
        return queries.in_use(session)


def test_numbers_are_shown_with_what_they_mean(signed_in: SignIn) -> None:
    text = signed_in(UserRole.RADIOLOGIST).get(PAGE).text
    assert "Gaps shorter than this are of no use." in text
    assert "Everything is as shipped." in text
    assert "Put in use" not in text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("target_hours", "{ STAT = 2, URGENT = 24, ASAP = 168, ROUTINE = 672 }"),
        ("kept_free", "{ ASAP = [{ hours = 2, share = 0.3 }] }"),
        ("read_minutes", "{ STAT = 20 }"),
        ("told_minutes", "{ minutes = 15, days = 1440 }"),
        ("daytime", '{ first = "08:00", last = "18:00" }'),
    ],
)
def test_a_number_is_changed_and_brought_back_with_its_history(
    signed_in: SignIn, session_factory: db.SessionFactory, *, name: str, value: str
) -> None:
    client = signed_in(UserRole.ADMINISTRATOR)
    before = in_use(session_factory)
    answer = web.submit(client, f"{PAGE}/{name}", PAGE, value=value, reason="Heads of November")
    assert (answer.status_code, answer.location) == (303, f"/policy#number-{name}")
    assert in_use(session_factory) != before
    assert "Heads of November" in client.get(PAGE).text
    web.submit(client, f"{PAGE}/{name}", PAGE, shipped="yes", reason="Taken back")
    assert in_use(session_factory) == before


@pytest.mark.parametrize(
    ("name", "value", "reason", "told"),
    [
        ("step_minutes", "0", "Because", "at least 1"),
        ("step_minutes", "five", "Because", "cannot be read"),
        ("step_minutes", "10", " ", "needs a reason"),
        ("colour", "10", "Because", "There is no number of the policy"),
    ],
)
def test_what_is_wrong_is_told_and_changes_nothing(
    signed_in: SignIn,
    session_factory: db.SessionFactory,
    *,
    name: str,
    value: str,
    reason: str,
    told: str,
) -> None:
    client = signed_in(UserRole.ADMINISTRATOR)
    answer = web.submit(client, f"{PAGE}/{name}", PAGE, htmx=True, value=value, reason=reason)
    assert answer.status_code >= 400
    assert told in answer.text
    assert in_use(session_factory).step_minutes == 5


def test_only_administrators_change_the_policy(
    signed_in: SignIn, session_factory: db.SessionFactory
) -> None:
    client = signed_in(UserRole.RADIOLOGIST)
    answer = web.submit(client, f"{PAGE}/step_minutes", PAGE, value="10", reason="Because")
    assert answer.status_code == 403
    assert in_use(session_factory).target[Priority.STAT] == timedelta(hours=1)
