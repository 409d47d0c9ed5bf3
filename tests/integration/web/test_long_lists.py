"""Lists that were shown in part are paged: of a patient, a search, findings, performed steps."""

import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.integration.web.test_list_orders import walk
from tests.support import web
from tests.support.department import (
    ACTOR,
    NOW,
    make_exam,
    make_patient,
)
from tests.support.performed import make_report
from tests.support.reading import make_task
from worklist import db
from worklist.auth.models import User
from worklist.dicom.models import WorklistQuery, WorklistQueryTime
from worklist.orders.status import StepStatus
from worklist.patients.models import ClinicalFact, FactKind, FactOrigin
from worklist.performing import performed
from worklist.performing.models import PerformedProcedureStep
from worklist.performing.reports import ScheduledLink
from worklist.reading.critical import service as critical
from worklist.reading.critical.models import Means
from worklist.vocabulary import Category
from worklist.web.performed import queries as performed_queries
from worklist.web.search import queries as search

FIVE = range(5)


def pages_of(client: FlaskClient, address: str, name: str, told: str) -> list[str]:
    """Return what a pattern finds on each page of one of several lists of a page."""
    found: list[str] = []
    while address:
        page = client.get(address).text
        found += re.findall(told, page)
        links = [unescape(one) for one in re.findall(r'rel="next" href="([^"]+)"', page)]
        here = _place(address, name)
        address = next((one for one in links if _place(one, name) not in (None, here)), "")
    return found


def _place(address: str, name: str) -> list[str] | None:
    return parse_qs(urlsplit(address).query).get(name)


def test_a_patients_exams_events_and_former_facts(
    everybody: FlaskClient, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        patient = make_patient(session, "DOE^JANE")
        exams = []
        for number in FIVE:
            exam = make_exam(session, patient=patient, now=NOW - timedelta(days=number))
            exams.append(exam.id)
            session.add(
                ClinicalFact(
                    patient_id=patient.id,
                    kind=FactKind.WEIGHT,
                    value={"number": 70 + number},
                    observed_at=NOW - timedelta(days=9 - number),
                    ended_at=NOW,
                    origin=FactOrigin.DESK,
                    recorded_by=ACTOR,
                    recorded_at=NOW,
                )
            )
        address = f"/patients/{patient.id}"
    for sort, order in (("-when", exams), ("when", exams[::-1])):
        shown = pages_of(everybody, f"{address}?sort={sort}", "after", r'id="exam-(\d+)"')
        assert [int(one) for one in shown] == order
    found = pages_of(everybody, address, "facts", r"<li>[^<]*?(\d\d) kg")
    assert found == ["74", "73", "72", "71", "70"]
    assert 'Orders and exams <span class="small">5</span>' in everybody.get(address).text


def test_the_dose_is_of_all_exams_not_of_those_on_the_page(
    everybody: FlaskClient, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        patient = make_patient(session, "DOE^JANE")
        for number in FIVE:
            exam = make_exam(session, patient=patient)
            exam.status, exam.started_at = StepStatus.COMPLETED, NOW - timedelta(days=400 * number)
            exam.measured_dose_msv = 2.0
        address = f"/patients/{patient.id}"
    # All five were done within five years: the last 1,600 days ago.
    assert "10.0 mSv" in everybody.get(address).text


def test_exams_that_a_search_finds(
    everybody: FlaskClient, session_factory: db.SessionFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MOST", 2)
    with db.transaction(session_factory) as session:
        made = [make_exam(session) for _ in FIVE]
        for exam in made:
            exam.order.placer_order_number = "SAME"
            exam.order.placer_issuer = str(exam.id)
        ids = [exam.id for exam in made]
    fields: dict[str, Any] = {"q": "SAME"}
    seen: list[int] = []
    for _ in FIVE:
        page = web.submit(everybody, "/search", "/search", **fields).text
        seen += [int(one) for one in re.findall(r'data-href="/exams/(\d+)"', page)]
        following = re.search(r'name="exams" value="(\d+)"', page)
        if following is None:
            break
        fields["exams"] = following[1]
    assert seen == ids[::-1]


def test_critical_findings(everybody: FlaskClient, session_factory: db.SessionFactory) -> None:
    with db.transaction(session_factory) as session:
        user = session.scalars(select(User)).one()
        ids: dict[bool, list[int]] = {True: [], False: []}
        for number in range(6):
            task = make_task(session)
            finding = critical.raise_finding(
                session,
                task.requested_procedure_id,
                user,
                category=Category.MINUTES,
                content="Aortic dissection",
                recipient="Dr House",
                now=NOW - timedelta(minutes=10 - number),
            )
            ids[number % 2 == 0].append(finding.id)
            if number % 2:
                critical.acknowledge(
                    session,
                    finding.id,
                    user,
                    name="Nurse",
                    means=Means.PHONE,
                    told_at=None,
                    now=NOW,
                )
    address = "/reading/critical"
    shown = pages_of(everybody, address, "after", r'id="finding-(\d+)"')
    assert [int(one) for one in shown] == ids[True]
    closed = pages_of(everybody, address, "closed", r'id="closed-(\d+)"')
    assert [int(one) for one in closed] == ids[False][::-1]


def test_performed_steps_that_wait_and_were_rejected(
    everybody: FlaskClient, session_factory: db.SessionFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(performed_queries, "ROWS", 2)
    with db.transaction(session_factory) as session:
        made = []
        for number in FIVE:
            report = make_report(
                links=(ScheduledLink(study_instance_uid=f"2.25.{number}"),),
                started_at=NOW - timedelta(minutes=number),
                station_ae_title=f"CT0{number % 2}",
            )
            made.append(performed.create(session, report, actor="station:CT01", now=NOW).id)
    assert walk(everybody, "/performed", "performed") == made[::-1]
    by_station = walk(everybody, "/performed?sort=station", "performed")
    assert by_station == [made[one] for one in (0, 2, 4, 1, 3)]
    assert "Nothing here matches the filter." in everybody.get("/performed?modality=US").text
    with db.transaction(session_factory) as session:
        for number, step in enumerate(session.scalars(select(PerformedProcedureStep))):
            step.waits, step.rejected_at = False, NOW + timedelta(minutes=number)
            step.rejected_by, step.rejection_reason = ACTOR, f"Phantom {number}"
    told = pages_of(everybody, "/performed", "rejected", r"Phantom (\d)")
    assert told == ["4", "3", "2", "1", "0"]


def test_what_a_station_asked(everybody: FlaskClient, session_factory: db.SessionFactory) -> None:
    with db.transaction(session_factory) as session:
        query = WorklistQuery(
            calling="CT01",
            digest="1",
            identifier=b"",
            transfer_syntax="1.2.840.10008.1.2",
            fuzzy_names=False,
            last_asked_at=NOW,
        )
        query.times = [
            WorklistQueryTime(
                asked_at=NOW - timedelta(minutes=number),
                address=f"10.0.0.{number}",
                outcome="success",
                answers=0,
                milliseconds=1.0,
            )
            for number in FIVE
        ]
        session.add(query)
    told = pages_of(everybody, "/stations/CT01", "after", r">10\.0\.0\.(\d)<")
    assert told == ["0", "1", "2", "3", "4"]


def test_a_page_behind_the_last_leads_back_to_the_first(
    everybody: FlaskClient, session_factory: db.SessionFactory
) -> None:
    """What was on it has gone since: the list says so and goes back, it is not an error."""
    with db.transaction(session_factory) as session:
        exam = make_exam(session)
        after = f"2_{exam.order.ordered_at.isoformat()}_{exam.id}".replace("+", "%2B")
    page = everybody.get(f"/orders?after={after}")
    assert page.status_code == 200
    assert 'href="/orders">First page</a>' in page.text
