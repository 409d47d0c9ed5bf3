"""The audit trail: filtered by who, what, which object and when, sorted, paged, as a file."""

import csv
import io
import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from tests.support.api import Program, token_for
from tests.support.department import NOW, make_exam, make_patient, make_scanner
from tests.support.web import SignIn
from worklist import db
from worklist.audit import service as audit
from worklist.auth.roles import UserRole
from worklist.orders import trail
from worklist.web import paging
from worklist.web.trail.queries import WantedEvents, events_by

ROW = re.compile(r'<td class="some"><a href="[^"]*" title="([a-z_.]+)">')
MIDNIGHT = NOW.replace(hour=0, minute=0)


@pytest.fixture
def exam_id(session_factory: db.SessionFactory) -> int:
    """An exam with two events, and three events of a scanner, one day apart."""
    with db.transaction(session_factory) as session:
        make_scanner(session)
        exam = make_exam(session, patient=make_patient(session))
        trail.record(session, exam, "exam.arrived", actor="user:kim", now=NOW)
        trail.record(session, exam, "exam.paused", actor="user:lee", now=NOW)
        for days in range(1, 4):
            audit.record(
                session,
                "performed.reported",
                actor="station:CT01",
                now=NOW - timedelta(days=days),
            )
        return exam.id


def told(client: FlaskClient, query: str) -> list[str]:
    answer = client.get(f"/trail?{query}")
    assert answer.status_code == 200, answer.text
    return ROW.findall(answer.text)


def test_it_is_filtered_by_each(signed_in: SignIn, exam_id: int) -> None:
    client = signed_in(UserRole.ADMINISTRATOR)
    assert told(client, "who=KIM") == ["exam.arrived"]
    assert told(client, "who=station:CT01") == ["performed.reported"] * 3
    assert told(client, "what=exam.paused") == ["exam.paused"]
    by_action = told(client, f"exam={exam_id}&sort=what")
    assert by_action == ["exam.arrived", "exam.paused", "order.received"]
    assert told(client, "order=999999") == []
    day = (NOW - timedelta(days=2)).date()
    assert told(client, f"from={day}&until={day}") == ["performed.reported"]
    assert len(told(client, f"from={day}&what=performed.reported")) == 2


@pytest.mark.parametrize("query", ["from=soon", "exam=many", "exam=9" + "9" * 30, "sort=colour"])
def test_what_is_asked_wrongly_is_told(signed_in: SignIn, query: str) -> None:
    assert signed_in(UserRole.ADMINISTRATOR).get(f"/trail?{query}").status_code == 422


@pytest.mark.usefixtures("exam_id")
def test_pages_go_on_as_they_are_sorted(signed_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "ROWS", 2)
    client = signed_in(UserRole.ADMINISTRATOR)
    address, found = "/trail?what=performed.reported&sort=when", []
    while address:
        page = client.get(address).text
        found += re.findall(r'<td class="time">([^<]+)<', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = following[1].replace("&amp;", "&") if following else ""
    assert [one.split()[1] for one in found] == ["21", "22", "23"]


@pytest.mark.usefixtures("exam_id")
def test_no_address_names_a_person(signed_in: SignIn) -> None:
    page = signed_in(UserRole.ADMINISTRATOR).get("/trail").text
    assert "richard" in page.lower()
    assert not re.search(r'href="[^"]*(?i:richard|roe)', page)


def test_the_file_has_what_the_page_has(signed_in: SignIn, exam_id: int) -> None:
    client = signed_in(UserRole.ADMINISTRATOR)
    answer = client.get(f"/trail/list.csv?exam={exam_id}&sort=what")
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [(one["Who"], one["What"]) for one in rows] == [
        ("user:kim", "exam.arrived"),
        ("user:lee", "exam.paused"),
        ("system:test", "order.received"),
    ]
    assert rows[0]["In words"] == "The patient has come."


def test_programs_filter_too(
    client: FlaskClient, session_factory: db.SessionFactory, exam_id: int
) -> None:
    admin = Program(client, token_for(session_factory, UserRole.ADMINISTRATOR, username="admin"))
    (event,) = admin.get(f"/audit?who=kim&exam_id={exam_id}")["items"]
    assert event["action"] == "exam.arrived"
    moment = MIDNIGHT.strftime("%Y-%m-%dT%H:%M:%SZ")
    older = admin.get(f"/audit?before={moment}&what=performed.reported&sort=-when")["items"]
    assert len(older) == 3
    assert admin.get(f"/audit?since={moment}&what=performed.reported")["items"] == []
    admin.get("/audit?since=yesterday", status=422)


def test_only_administrators_see_it(signed_in: SignIn) -> None:
    client = signed_in(UserRole.MANAGER)
    assert client.get("/trail").status_code == 403
    assert client.get("/trail/list.csv").status_code == 403


@pytest.mark.parametrize(
    ("wanted", "sort", "index"),
    [
        (WantedEvents(), "-when", "ix_audit_events_when"),
        (WantedEvents(since=NOW - timedelta(days=400)), "when", "ix_audit_events_when"),
        (WantedEvents(who="kim"), "-when", "ix_audit_events_who"),
        (WantedEvents(what="user.refused"), "-when", "ix_audit_events_what"),
        (WantedEvents(), "who", "ix_audit_events_who"),
        (WantedEvents(), "-what", "ix_audit_events_what"),
        (WantedEvents(exam_id=7), "-when", "ix_audit_events_exam"),
        (WantedEvents(patient_id=7), "-when", "ix_audit_events_patient"),
    ],
)
def test_a_large_trail_is_read_by_its_indexes(
    session_factory: db.SessionFactory, wanted: WantedEvents, sort: str, index: str
) -> None:
    with session_factory() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(
            text(
                """
                INSERT INTO audit_events (occurred_at, actor, action, patient_id, exam_id, detail)
                SELECT timestamptz '2026-01-01' + n * interval '10 seconds',
                       'user:u' || n % 40, 'exam.a' || n % 60, n % 3000, n % 9000, '{}'
                FROM generate_series(1, 30000) n
                """
            )
        )
        session.execute(text("ANALYZE audit_events"))
        sorting = events_by(sort)
        key = sorting.keys[0]
        order = key.desc() if sorting.descending else key.asc()  # type: ignore[union-attr]
        statement = wanted.select().order_by(order).limit(51)
        sql = statement.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
        plan = "\n".join(session.scalars(text(f"EXPLAIN {sql}".replace(":", r"\:"))))
        assert index in plan, plan
        assert "Seq Scan" not in plan
        session.rollback()
