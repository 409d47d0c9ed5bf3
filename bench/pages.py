"""Server time, processor time and statements of pages and searches with a million exams."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from flask.testing import FlaskClient
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session

import worklist.tables  # noqa: F401 - a flush follows foreign keys to every table
from bench import _large_department
from bench._busy_department import NOW
from bench.measure import Table, milliseconds, percentile
from bench.servers import database, vacuum
from tests.support import web
from tests.support.api import token_for
from worklist import db, memory
from worklist.auth.roles import UserRole
from worklist.catalogue.models import Resource, Site
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.reading.models import ReadingStatus, ReadingTask
from worklist.web.day.grid import ROW_MINUTES

TITLE = "Pages with a million exams"
_TIMES = 40
_TARGET_MS = 150


@dataclass
class Statements:
    """What one engine was asked: how many statements, and how long they took, in seconds."""

    count: int = 0
    seconds: float = 0.0
    _began: float = 0.0

    def watch(self, engine: Engine) -> None:
        """Listen to the engine."""
        event.listen(engine, "before_cursor_execute", self._before)
        event.listen(engine, "after_cursor_execute", self._after)

    def _before(self, *_: object) -> None:
        self._began = time.perf_counter()

    def _after(self, *_: object) -> None:
        self.count += 1
        self.seconds += time.perf_counter() - self._began


def run() -> Iterator[Table]:
    """Ask for each page many times, in this process: what the server takes, without a network."""
    with database() as url:
        engine = db.make_engine(url)
        sessions = db.make_session_factory(engine)
        with db.transaction(sessions) as session:
            _large_department.build(session)
        vacuum(sessions)
        client, statements = _browser(url, sessions)
        with sessions() as session:
            addresses = _main_pages(session) | _fhir_searches(session)
        rows = [_measure(client, statements, name, address) for name, address in addresses.items()]
        web.close(client)
        engine.dispose()
    yield Table(
        ("page", "p50", "p95", "processor time", "statements", "in the database", "bytes"),
        rows,
        f"Target: p95 within {_TARGET_MS} ms with 1,000,000 exams, 300 of them on the board.",
    )


def _browser(url: str, sessions: db.SessionFactory) -> tuple[FlaskClient, Statements]:
    """Sign an administrator in; gives the browser, and what the server asks the database."""
    web.make_user(sessions, *UserRole, username="dana", now=NOW)
    client = web.make_client(url, "redis://127.0.0.1:1/0", clock=lambda: NOW)
    memory.keep_loaded()  # as a web process does
    web.sign_in(client, "dana")
    token = token_for(sessions, UserRole.FRONT_DESK, now=NOW)
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"  # FHIR asks for it
    statements = Statements()
    statements.watch(client.application.extensions["worklist"].engine)
    return client, statements


def _main_pages(session: Session) -> dict[str, str]:
    """Return the address of each main page by what it is called."""
    exam, task = ScheduledProcedureStep, ReadingTask
    chosen = session.scalars(
        select(exam).where(exam.status == StepStatus.SCHEDULED).order_by(exam.starts_at).limit(1)
    ).one()
    case = session.scalars(select(task.id).where(task.status == ReadingStatus.READY).limit(1)).one()
    week = (NOW - timedelta(days=7)).date()
    return {
        "day board": "/day",
        "news of an exam on it": _news(session, chosen),
        "day board, one modality": "/day?modality=CT",
        "arrivals": "/arrivals",
        "orders to schedule": "/orders",
        "orders, all open": "/orders?tab=open",
        "waiting list": "/waiting",
        "re-plan": "/replan",
        "rooms": "/rooms",
        "one room": "/rooms/CT01",
        "wall": "/rooms/wall",
        "week of a room": "/hours/CT01",
        "reading queue": "/reading",
        "reading, all": "/reading?tab=all",
        "a case": f"/reading/{case}",
        "reading in figures": "/reading/figures",
        "an exam": f"/exams/{chosen.id}",
        "slots of an exam": f"/exams/{chosen.id}/slots",
        "a patient": f"/patients/{chosen.patient_id}",
        "search by name": "POST /search mutner anna",
        "search by birth date": "POST /search 1956-03-01",
        "search by phone": "POST /search 1 1003700",
        "search by accession": "POST /search P500000",
        "messages": "/messages",
        "messages to send": "/messages/outbox",
        "connections": "/connections",
        "stations": "/stations",
        "a station": "/stations/CT01",
        "statistics, a week": "/statistics",
        "statistics, a month": f"/statistics?from={week - timedelta(days=30)}&until={week}",
        "administration": "/administration",
        "procedures": "/administration/procedure",
        "a room's form": "/administration/room/CT01",
        "accounts": "/accounts",
    }


def _news(session: Session, exam: ScheduledProcedureStep) -> str:
    """Return what a board asks that shows one room and hears of its exam."""
    room = session.get_one(Resource, exam.room_id)
    query = {
        "site": session.get_one(Site, room.site_id).code,
        "exams": exam.id,
        "columns": room.id,
        "at": room.id,
        "start": NOW.replace(hour=6).isoformat(),
        "rows": 14 * 60 // ROW_MINUTES,
    }
    return f"/day/cells?{urlencode(query)}"


def _fhir_searches(session: Session) -> dict[str, str]:
    """Return what a hospital's programs ask the FHIR server, by what it is called."""
    exam = ScheduledProcedureStep
    chosen = session.scalars(
        select(exam).where(exam.status == StepStatus.SCHEDULED).order_by(exam.starts_at).limit(1)
    ).one()
    accession = chosen.order.accession_number
    mrn = chosen.patient.identifiers[0].value
    family, given, *_ = chosen.patient.name.lower().split("^")
    everything = "_include=Appointment:patient&_include=Appointment:based-on"
    news = (NOW - timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "FHIR: a day with its patients": f"/fhir/Appointment?date={NOW.date()}&{everything}",
        "FHIR: what is new": f"/fhir/Appointment?_lastUpdated=ge{news}",
        "FHIR: by accession number": f"/fhir/Appointment?based-on.identifier={accession}",
        "FHIR: a patient's appointments": f"/fhir/Appointment?patient.identifier={mrn}&_sort=-date",
        "FHIR: patients by name": f"/fhir/Patient?family={family}&given={given[:3]}",
        "FHIR: open requests": "/fhir/ServiceRequest?status=active&_sort=-authored",
        "FHIR: studies begun today": f"/fhir/ImagingStudy?started={NOW.date()}",
        "FHIR: the reading queue": "/fhir/Task?status=ready&_sort=authored-on",
    }


def _ask(client: FlaskClient, address: str) -> tuple[int, int]:
    """Ask for a page; ``POST /address text`` sends a search. Returns its status and length."""
    if address.startswith("POST "):
        _, path, text = address.split(" ", 2)
        answer = web.submit(client, path, "/accounts/own", q=text)
    else:
        answer = client.get(address)
    return answer.status_code, len(answer.data)


def _measure(
    client: FlaskClient, statements: Statements, name: str, address: str
) -> tuple[object, ...]:
    status, length = _ask(client, address)
    assert status < 400, f"{name}: {address} answers {status}"  # noqa: PLR2004 - HTTP
    times = []
    statements.count, statements.seconds = 0, 0.0
    used = time.process_time()
    for _ in range(_TIMES):
        began = time.perf_counter()
        _ask(client, address)
        times.append(time.perf_counter() - began)
    used = time.process_time() - used
    return (
        name,
        milliseconds(percentile(times, 0.5)),
        milliseconds(percentile(times, 0.95)),
        milliseconds(used / _TIMES),
        round(statements.count / _TIMES),
        milliseconds(statements.seconds / _TIMES),
        f"{length:,}",
    )
