"""What belongs to somebody else is not there for whoever knows its number."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.support import web
from tests.support.department import NOW, make_site
from tests.support.reading import make_task
from tests.support.web import SignIn
from worklist import db
from worklist.auth import queries, tokens
from worklist.auth.models import ApiToken, UserIdentity
from worklist.auth.roles import UserRole
from worklist.reading import filters, service
from worklist.reading.filters import SavedFilter
from worklist.reading.models import ReadingTask, Report

# What a reader does with a case: the page's action, the operation's, and the fields.
OF_CASES: list[tuple[str, str, dict[str, str]]] = [
    ("renew", "renew", {}),
    ("leave", "leave", {}),
    ("release", "release", {}),
    ("finish", "finish", {}),
    ("report", "reports", {"kind": "preliminary", "content": "Nothing."}),
    ("ask-for-more", "ask-for-more", {"reason": "Once more."}),
    ("give-back", "give-back", {}),
]
# A page that closes, or is still open, tells it without waiting for an answer.
_TOLD_IN_PASSING = {"renew", "leave"}


@pytest.fixture
def owner_name(session_factory: db.SessionFactory) -> str:
    """A radiologist with one of each thing that is one's own."""
    name = web.make_user(session_factory, UserRole.RADIOLOGIST, username="robin")
    with db.transaction(session_factory) as session:
        make_site(session)
        owner = queries.by_name(session, name)
        tokens.create(session, owner, name="robin's", days=1, now=NOW)
        filters.save(session, owner, "robin's", {"modality": ["CT"]}, now=NOW)
        session.add(
            UserIdentity(user=owner, issuer="https://idp", subject="robin", connected_at=NOW)
        )
        task = make_task(session)
        service.claim(session, task.id, owner, now=NOW)
    return name


@pytest.fixture
def stranger(owner_name: str, signed_in: SignIn) -> FlaskClient:
    """Another radiologist, who may do all that the owner may."""
    assert owner_name
    return signed_in(UserRole.RADIOLOGIST)


def _only_id(session_factory: db.SessionFactory, kind: type) -> int:
    with db.transaction(session_factory) as session:
        return session.scalars(select(kind)).one().id


def _refused(client: FlaskClient, page: str, operation: str, **fields: str) -> set[int]:
    """Ask by the page's form and by the operation; gives the statuses."""
    token = web.token_of(client.get("/accounts/own").text)
    by_form = client.post(page, data={"csrf_token": token, **fields})
    by_program = client.post(f"/api/v1{operation}", json=fields, headers={"X-CSRFToken": token})
    return {by_form.status_code, by_program.status_code}


def test_a_token(stranger: FlaskClient, session_factory: db.SessionFactory) -> None:
    number = _only_id(session_factory, ApiToken)
    address = f"/own/tokens/{number}/revoke"
    assert _refused(stranger, f"/accounts{address}", address) == {404}
    assert "robin" not in stranger.get("/accounts/own").text
    assert stranger.get("/api/v1/own").get_json()["tokens"] == []
    assert _only_id(session_factory, ApiToken) == number


def test_a_connection_to_the_provider(
    stranger: FlaskClient, session_factory: db.SessionFactory
) -> None:
    number = _only_id(session_factory, UserIdentity)
    page = f"/sign-in/provider/disconnect/{number}"
    assert _refused(stranger, page, f"/own/identities/{number}/disconnect") == {404}
    assert _only_id(session_factory, UserIdentity) == number


def test_a_filter_of_the_queue(stranger: FlaskClient, session_factory: db.SessionFactory) -> None:
    number = _only_id(session_factory, SavedFilter)
    page = f"/reading/filters/{number}/forget"
    assert _refused(stranger, page, f"/own/filters/{number}/forget") == {404}
    assert "robin's" not in stranger.get("/reading").text
    assert stranger.get("/api/v1/own/filters").get_json() == {"items": []}
    assert _only_id(session_factory, SavedFilter) == number


@pytest.mark.parametrize(("action", "operation", "fields"), OF_CASES)
def test_a_claimed_case(
    stranger: FlaskClient,
    session_factory: db.SessionFactory,
    action: str,
    operation: str,
    fields: dict[str, str],
) -> None:
    number = _only_id(session_factory, ReadingTask)
    page = f"/reading/{number}/{action}"
    statuses = _refused(stranger, page, f"/reading/{number}/{operation}", **fields)
    assert statuses == ({200, 204} if action in _TOLD_IN_PASSING else {409})
    with db.transaction(session_factory) as session:
        task = session.scalars(select(ReadingTask)).one()
        assert task.claimed_by is not None
        assert task.claimed_by.username == "robin"
        assert session.scalars(select(Report)).all() == []
