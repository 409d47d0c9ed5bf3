"""How long a session lasts, what locks it, and what a first password opens."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from itsdangerous import TimestampSigner
from sqlalchemy import select

from tests.support import web
from tests.support.department import NOW, make_room, make_site
from tests.support.web import SignIn
from worklist import db
from worklist.audit.models import AuditEvent
from worklist.auth import service as auth
from worklist.auth.models import User
from worklist.auth.roles import UserRole

LIVE = {"HX-Request": "true", "HX-Current-URL": "http://localhost/search?x=1"}
FIRST, OWN = "a first long password", "an even longer password"


@dataclass
class Desk:
    """A browser with somebody signed in, and a clock to turn."""

    client: FlaskClient
    moments: list[datetime] = field(default_factory=lambda: [NOW])

    def wait(self, **time: float) -> None:
        self.moments.append(self.moments[-1] + timedelta(**time))

    def is_open(self, page: str = "/search") -> bool:
        return self.client.get(page).status_code == 200


@pytest.fixture
def desk(database: str, empty_redis: str, session_factory: db.SessionFactory) -> Iterator[Desk]:
    """Locked after ten minutes."""
    moments = [NOW]
    client = web.make_client(database, empty_redis, clock=lambda: moments[-1], IDLE_MINUTES="10")
    web.sign_in(client, web.make_user(session_factory, UserRole.FRONT_DESK))
    yield Desk(client, moments)
    web.close(client)


def test_use_keeps_a_session_open_and_what_pages_ask_by_themselves_does_not(desk: Desk) -> None:
    desk.wait(minutes=10)
    assert desk.is_open()
    desk.wait(minutes=9)
    assert desk.client.get("/search", headers=LIVE).status_code == 200
    desk.wait(minutes=2)
    locked = desk.client.get("/search", headers=LIVE)
    assert locked.status_code == 401
    assert (locked.headers["HX-Trigger"], locked.headers["HX-Reswap"]) == ("locked", "none")
    assert desk.client.get("/search?tab=x").location == "/sign-in?next=/search?tab%3Dx"


def test_asking_how_long_is_no_use_and_telling_of_use_is(desk: Desk) -> None:
    desk.wait(minutes=6)
    assert desk.client.get("/sign-in/state").json == {"seconds": 240, "username": "dana"}
    told = web.submit(desk.client, "/sign-in/state", "/sign-in/state")
    assert told.status_code == 400
    token = web.token_of(desk.client.get("/accounts/own", headers=LIVE).text)
    told = desk.client.post("/sign-in/state", headers={"X-CSRFToken": token})
    assert told.json == {"seconds": 600, "username": "dana"}
    desk.wait(minutes=11)
    assert desk.client.get("/sign-in/state").status_code == 401


def test_a_session_ends_after_a_day_of_use(desk: Desk) -> None:
    for _ in range(24 * 6):
        desk.wait(minutes=10)
        assert desk.is_open()
    desk.wait(minutes=1)
    assert not desk.is_open()


def test_idle_time_counts_anew_where_the_clock_was_put_back(desk: Desk) -> None:
    desk.wait(hours=-1)
    assert desk.client.get("/search", headers=LIVE).status_code == 200
    desk.wait(minutes=11)
    assert desk.client.get("/search", headers=LIVE).status_code == 401


def test_a_cookie_signed_before_the_clock_was_put_back_is_a_session(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as later:
        later.setattr(TimestampSigner, "get_timestamp", lambda _: int(time.time()) + 3600)
        assert desk.is_open()
    assert desk.is_open()


def test_the_board_on_the_wall_stays(desk: Desk, session_factory: db.SessionFactory) -> None:
    with db.transaction(session_factory) as session:
        make_room(session, make_site(session), "CT1")
    desk.wait(hours=30)
    assert desk.is_open("/rooms/wall")
    assert not desk.is_open("/rooms")


def test_a_locked_page_is_unlocked_in_its_place(desk: Desk) -> None:
    page = desk.client.get("/accounts/own").text
    desk.wait(minutes=11)
    assert desk.client.get("/search", headers=LIVE).status_code == 401
    fields = {"csrf_token": web.token_of(page), "username": "dana", "was": "dana"}
    wrong = desk.client.post("/sign-in", data=fields | {"password": "wrong"}, headers=LIVE)
    assert (wrong.status_code, wrong.headers["HX-Retarget"]) == (422, "#answer")
    right = desk.client.post("/sign-in", data=fields | {"password": web.PASSWORD}, headers=LIVE)
    assert (right.status_code, right.headers["HX-Trigger"]) == (204, "unlocked")
    # The form that was on the page is still taken.
    sent = desk.client.post(
        "/accounts/own/language", data={"csrf_token": web.token_of(page), "locale": "de"}
    )
    assert sent.status_code == 303


def test_somebody_else_gets_a_page_of_their_own(
    desk: Desk, session_factory: db.SessionFactory
) -> None:
    web.make_user(session_factory, UserRole.RADIOLOGIST, username="kim")
    token = web.token_of(desk.client.get("/accounts/own").text)
    desk.wait(minutes=11)
    fields = {"csrf_token": token, "username": "kim", "password": web.PASSWORD, "was": "dana"}
    answer = desk.client.post("/sign-in", data=fields, headers=LIVE)
    assert answer.headers["HX-Redirect"] == "/"


def test_a_form_that_comes_too_late_leads_back_to_its_page(desk: Desk) -> None:
    token = web.token_of(desk.client.get("/accounts/own").text)
    desk.wait(minutes=11)
    sent = desk.client.post(
        "/accounts/own/language",
        data={"csrf_token": token, "locale": "de"},
        headers={"Referer": "http://localhost/accounts/own"},
    )
    assert sent.status_code == 401
    assert '<input type="hidden" name="next" value="/accounts/own">' in sent.text


def test_signing_out_everywhere_ends_the_other_sessions_too(
    desk: Desk, session_factory: db.SessionFactory
) -> None:
    elsewhere = desk.client.application.test_client()
    web.sign_in(elsewhere, "dana")
    out = web.submit(desk.client, "/accounts/own/sign-out", "/accounts/own")
    assert out.location == "/sign-in"
    assert "You are signed out everywhere." in desk.client.get("/sign-in").text
    assert not desk.is_open()
    assert elsewhere.get("/search").status_code == 302
    with db.transaction(session_factory) as session:
        trail = session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert trail[-1] == "user.signed_out_everywhere"


def test_signing_out_is_in_the_trail(desk: Desk, session_factory: db.SessionFactory) -> None:
    web.submit(desk.client, "/sign-out", "/accounts/own")
    assert not desk.is_open()
    with db.transaction(session_factory) as session:
        event = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
        assert event is not None
        assert (event.action, event.actor) == ("user.signed_out", "user:dana")


def test_a_first_password_opens_only_the_page_for_another_one(
    signed_in: SignIn, session_factory: db.SessionFactory
) -> None:
    admin = signed_in(UserRole.ADMINISTRATOR)
    web.submit(
        admin,
        "/accounts",
        "/accounts",
        username="terry",
        display_name="Terry",
        roles="technologist",
        password=FIRST,
    )
    terry = admin.application.test_client()
    assert web.sign_in(terry, "terry", FIRST).location == "/"
    assert terry.get("/rooms").location == "/accounts/own"
    assert terry.get("/rooms", headers=LIVE).headers["HX-Redirect"] == "/accounts/own"
    assert terry.get("/api/v1/own").status_code == 401
    page = terry.get("/accounts/own").text
    assert "Somebody else chose your password" in page
    assert "Make a token" not in page
    same = web.submit(terry, "/accounts/own", "/accounts/own", present=FIRST, password=FIRST)
    assert "is the present password" in same.text
    web.submit(terry, "/accounts/own", "/accounts/own", present=FIRST, password=OWN)
    assert terry.get("/rooms").status_code != 302
    web.submit(admin, "/accounts/terry/password", "/accounts", password=FIRST)
    web.sign_in(terry, "terry", FIRST)
    assert terry.get("/rooms").location == "/accounts/own"
    with db.transaction(session_factory) as session:
        terrys = session.scalars(select(User).where(User.username == "terry")).one()
        assert terrys.password_is_temporary


def test_an_administrators_own_password_is_no_temporary_one(
    signed_in: SignIn, session_factory: db.SessionFactory
) -> None:
    admin = signed_in(UserRole.ADMINISTRATOR)
    web.submit(admin, "/accounts/dana/password", "/accounts", password=OWN)
    with db.transaction(session_factory) as session:
        user = auth.sign_in(session, username="dana", password=OWN, now=NOW)
        assert isinstance(user, User)
        assert not user.password_is_temporary


def test_behind_proxies_browsers_are_known_by_their_own_address(
    database: str, empty_redis: str, session_factory: db.SessionFactory
) -> None:
    client = web.make_client(
        database, empty_redis, PROXIES="1", PUBLIC_URL="https://worklist.example"
    )
    door = client.get("/sign-in", base_url="https://localhost")
    cookie = {one.strip() for one in door.headers["Set-Cookie"].split(";")}
    assert {"Secure", "HttpOnly", "SameSite=Lax"} <= cookie
    token = web.token_of(door.text)
    fields = {"csrf_token": token, "username": "dana", "password": "wrong"}
    for address in ("10.1.1.1", "10.1.1.2"):
        # The first of two was written by the browser and is not believed.
        headers = {"X-Forwarded-For": f"8.8.8.8, {address}"}
        sent = client.post("/sign-in", data=fields, headers=headers, base_url="https://localhost")
        assert sent.status_code == 422
        assert sent.headers["Strict-Transport-Security"] == "max-age=31536000"
    with db.transaction(session_factory) as session:
        found = session.scalars(select(AuditEvent.detail).order_by(AuditEvent.id))
        assert [one["address"] for one in found] == ["10.1.1.1", "10.1.1.2"]
    web.close(client)
