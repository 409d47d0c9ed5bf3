"""The radiologists' pages, asked without a browser."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.support import web
from tests.support.department import NOW, make_patient, make_procedure, make_room, make_site
from tests.support.reading import make_performed, make_task
from tests.support.web import SignIn
from worklist import db
from worklist.auth.models import User
from worklist.auth.roles import UserRole
from worklist.catalogue.models import Site
from worklist.patients import facts
from worklist.patients.details import FactDetails
from worklist.patients.models import FactKind, FactOrigin
from worklist.reading import reports, service
from worklist.reading.models import ReadingStatus, ReadingTask, Report, ReportKind
from worklist.vocabulary import PatientClass, Priority
from worklist.web import paging

MINUTE = timedelta(minutes=1)


@pytest.fixture
def reader(signed_in: SignIn, session_factory: db.SessionFactory) -> FlaskClient:
    with db.transaction(session_factory) as session:
        make_site(session)
    return signed_in(UserRole.RADIOLOGIST)


@pytest.fixture
def sasha(reader: FlaskClient, session_factory: db.SessionFactory) -> FlaskClient:
    """A second reader at another desk."""
    client = reader.application.test_client()
    web.sign_in(client, web.make_user(session_factory, UserRole.RADIOLOGIST, username="sasha"))
    return client


def keep(session_factory: db.SessionFactory, *args: object, **of: object) -> int:
    with db.transaction(session_factory) as session:
        return make_task(session, *args, **of).id  # type: ignore[arg-type]


def stored(session_factory: db.SessionFactory, task_id: int) -> ReadingTask:
    with db.transaction(session_factory) as session:
        return session.get_one(ReadingTask, task_id)


def rows(page: str) -> list[int]:
    return [int(one) for one in re.findall(r'id="task-(\d+)"', page)]


def targets(page: str) -> list[tuple[str, str]]:
    return re.findall(r'<span class="time (late|soon|)">([^<]+)</span>', page)


def test_what_waits_is_shown_by_priority_and_by_when_it_is_due(
    reader: FlaskClient, session_factory: db.SessionFactory
) -> None:
    # Targets: STAT 30 minutes, urgent 1 hour, ASAP 4 hours, routine 24 hours.
    routine = keep(session_factory, Priority.ROUTINE, ended=timedelta(hours=2))
    late = keep(session_factory, Priority.URGENT, ended=timedelta(hours=2, minutes=5))
    soon = keep(session_factory, Priority.URGENT, ended=50 * MINUTE)
    stat = keep(session_factory, Priority.STAT, ended=10 * MINUTE)
    page = reader.get("/reading").text
    assert rows(page) == [stat, late, soon, routine]
    assert targets(page) == [
        ("", "20 min left"),
        ("late", "late by 1 h 05 min"),
        ("soon", "10 min left"),
        ("", "22 h 00 min left"),
    ]
    assert "1 late" in page


def test_filters_are_in_the_address_and_stay_there(
    reader: FlaskClient, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        make_procedure(session, "70551", modality="MR", reading_group="neuro")
    keep(session_factory, Priority.STAT)
    head = keep(
        session_factory, Priority.ASAP, procedure="70551", patient_class=PatientClass.EMERGENCY
    )
    for narrowed in ("modality=MR", "group=neuro", "setting=E", "priority=ASAP"):
        page = reader.get(f"/reading?{narrowed}").text
        assert rows(page) == [head]
        assert f"/reading?{narrowed}&amp;tab=mine" in page
    page = reader.get("/reading?modality=MR").text
    assert f"/reading/{head}?modality=MR" in page
    assert "/reading/next?modality=MR" in page


def test_a_filter_that_does_not_exist_is_told(reader: FlaskClient) -> None:
    answer = reader.get("/reading?priority=SOON")
    assert answer.status_code == 422
    assert "choose one of STAT, URGENT, ASAP, ROUTINE" in answer.text


def test_the_tabs(reader: FlaskClient, session_factory: db.SessionFactory) -> None:
    with db.transaction(session_factory) as session:
        dana = session.scalars(select(User)).one()
        ready, mine, today, yesterday = (
            make_task(session, ended=ended * MINUTE).id for ended in (10, 20, 30, 40)
        )
        for task_id, at in ((today, NOW), (yesterday, NOW - timedelta(days=1))):
            service.claim(session, task_id, dana, now=at)
            service.finish(session, task_id, dana, now=at)
        service.claim(session, mine, dana, now=NOW)
    shown = {
        tab: rows(reader.get(f"/reading?tab={tab}").text)
        for tab in ("ready", "mine", "today", "all")
    }
    assert shown == {
        "ready": [ready],
        "mine": [mine],
        "today": [today],
        "all": [ready, mine, today, yesterday],
    }


def test_a_long_list_goes_on_where_it_stopped(
    reader: FlaskClient, session_factory: db.SessionFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "ROWS", 2)
    made = [keep(session_factory, ended=minutes * MINUTE) for minutes in (50, 40, 40, 30, 20)]
    seen: list[int] = []
    address: str | None = "/reading?setting=I"
    while address:
        page = reader.get(address).text
        seen += rows(page)
        found = re.search(r'href="([^"]+after=[^"]+)"', page)
        address = found[1].replace("&amp;", "&") if found else None
    assert seen == made
    assert reader.get("/reading?after=nonsense").status_code == 422


def test_the_queue_takes_few_queries_however_long_it_is(
    reader: FlaskClient, session_factory: db.SessionFactory
) -> None:
    for _ in range(8):
        keep(session_factory)
    with web.statements(reader) as statements:
        assert len(rows(reader.get("/reading").text)) == 8
    assert len([one for one in statements if one.startswith("SELECT")]) <= 10


def test_the_second_of_two_readers_is_told_who_was_first(
    reader: FlaskClient, sasha: FlaskClient, session_factory: db.SessionFactory
) -> None:
    task_id = keep(session_factory)
    claimed = web.submit(reader, f"/reading/{task_id}/claim", "/reading", htmx=True)
    assert claimed.status_code == 204
    assert '"reading"' in claimed.headers["HX-Trigger"]
    refused = web.submit(sasha, f"/reading/{task_id}/claim", "/reading", htmx=True)
    assert refused.status_code == 409
    assert refused.headers["HX-Retarget"] == "#answer"
    assert "Dana is reading this exam." in refused.text
    page = sasha.get(f"/reading/{task_id}").text
    assert "Dana is reading this case" in page
    assert f"/reading/{task_id}/claim" not in page
    for action in ("release", "finish"):
        answer = web.submit(sasha, f"/reading/{task_id}/{action}", "/reading")
        assert answer.status_code == 409
    assert stored(session_factory, task_id).status is ReadingStatus.CLAIMED


def test_claim_and_release_without_scripts_lead_back(
    reader: FlaskClient, session_factory: db.SessionFactory
) -> None:
    task_id = keep(session_factory)
    page = "/reading?modality=CT"
    claimed = web.submit(reader, f"/reading/{task_id}/claim", page)
    assert (claimed.status_code, claimed.location) == (303, page)
    assert "The case is yours" in reader.get(page).text
    released = web.submit(reader, f"/reading/{task_id}/release", "/reading?tab=mine")
    assert (released.status_code, released.location) == (303, "/reading?tab=mine")
    assert stored(session_factory, task_id).status is ReadingStatus.READY


def test_next_case_opens_the_most_urgent_one_and_read_goes_on(
    reader: FlaskClient, session_factory: db.SessionFactory
) -> None:
    second = keep(session_factory, Priority.ROUTINE)
    first = keep(session_factory, Priority.STAT)
    opened = web.submit(reader, "/reading/next?setting=I", "/reading")
    assert opened.location == f"/reading/{first}?setting=I"
    read = web.submit(reader, f"/reading/{first}/finish?setting=I", f"/reading/{first}", next="1")
    assert read.location == f"/reading/{second}?setting=I"
    assert stored(session_factory, first).status is ReadingStatus.READ
    last = web.submit(reader, f"/reading/{second}/finish", f"/reading/{second}", next="1")
    assert last.location == "/reading"
    assert "Nothing else waits to be read here." in reader.get("/reading").text


def test_an_open_page_renews_its_claim_and_leaving_ends_it(
    reader: FlaskClient, sasha: FlaskClient, session_factory: db.SessionFactory
) -> None:
    task_id = keep(session_factory)
    web.submit(reader, f"/reading/{task_id}/claim", "/reading")
    web.submit(reader, f"/reading/{task_id}/renew", "/reading", htmx=True)
    assert stored(session_factory, task_id).claim_expires_at == NOW + 5 * MINUTE
    web.submit(reader, f"/reading/{task_id}/leave", "/reading")
    assert stored(session_factory, task_id).claim_expires_at == NOW + timedelta(seconds=40)
    lost = web.submit(sasha, f"/reading/{task_id}/renew", "/reading", htmx=True)
    assert lost.headers["HX-Trigger"] == "reading"


def make_case(session: Session) -> tuple[int, int]:
    """Make a case with everything that its page tells; gives its id and a prior exam's."""
    room = make_room(session, session.scalars(select(Site)).one(), "CT01")
    roe = make_patient(session)
    prior = make_performed(session, patient=roe, ended=timedelta(days=400), priority=Priority.ASAP)
    fact = FactDetails(
        kind=FactKind.EGFR, value={"number": 54}, observed_at=NOW, origin=FactOrigin.LABORATORY
    )
    facts.record(session, roe.id, [fact], actor="system:test", now=NOW)
    task = make_task(
        session,
        patient=roe,
        reason="Chest pain since <yesterday>",
        clinical_information="Smoker",
        ordering_physician="HOUSE^GREGORY",
    )
    task.requested_procedure.steps[0].room = room
    return task.id, prior.id


def test_the_case_tells_why_what_and_what_was_before(
    reader: FlaskClient, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        task_id, prior_id = make_case(session)
    page = reader.get(f"/reading/{task_id}").text
    for told in (
        "Chest pain since &lt;yesterday&gt;",
        "Smoker",
        "HOUSE, GREGORY",
        "eGFR 54 mL/min/1.73 m²",
        "ROE, RICHARD",
        f'href="/exams/{prior_id}"',
        "same region",
    ):
        assert told in page
    assert "Open images" not in page


def test_the_viewer_is_called_as_the_site_says(
    reader: FlaskClient, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        task_id, _ = make_case(session)
        template = (
            "https://viewer.example/?s={study_instance_uid}&a={accession_number}&p={patient_id}"
        )
        session.execute(update(Site).values(viewer_url=template))
        requested = session.get_one(ReadingTask, task_id).requested_procedure
        number = requested.order.patient.identifiers[0].value
        expected = (
            f"https://viewer.example/?s={requested.study_instance_uid}"
            f"&amp;a={requested.order.accession_number}&amp;p={number}"
        )
    page = reader.get(f"/reading/{task_id}").text
    assert f'href="{expected}"' in page
    assert page.count("https://viewer.example/") == 2  # the case's and the prior's


def test_a_report_is_kept_signed_and_added_to(
    reader: FlaskClient, session_factory: db.SessionFactory
) -> None:
    task_id = keep(session_factory)
    page = f"/reading/{task_id}"
    web.submit(reader, f"{page}/claim", "/reading")
    web.submit(reader, f"{page}/report", page, content="No bleeding.", kind="preliminary")
    assert "No bleeding.</textarea>" in reader.get(page).text
    signed = web.submit(reader, f"{page}/report", page, content="Normal <chest>.", kind="final")
    assert signed.location == page
    assert stored(session_factory, task_id).status is ReadingStatus.READ
    text = reader.get(page).text
    assert "Normal &lt;chest&gt;." in text
    assert "No bleeding." not in text
    web.submit(reader, f"{page}/report", page, content="Compared.", kind="addendum")
    with db.transaction(session_factory) as session:
        kinds = list(session.scalars(select(Report.kind).order_by(Report.id)))
    assert kinds == ["PRELIMINARY", "FINAL", "ADDENDUM"]


def test_an_empty_report_and_another_kind_are_refused(
    reader: FlaskClient, session_factory: db.SessionFactory
) -> None:
    task_id = keep(session_factory)
    page = f"/reading/{task_id}"
    web.submit(reader, f"{page}/claim", "/reading")
    for kind, content in (("final", " "), ("poem", "Roses")):
        assert (
            web.submit(reader, f"{page}/report", page, kind=kind, content=content).status_code
            == 422
        )
    assert stored(session_factory, task_id).status is ReadingStatus.CLAIMED


def test_a_site_that_dictates_elsewhere_has_no_editor(
    reader: FlaskClient, session_factory: db.SessionFactory
) -> None:
    task_id = keep(session_factory)
    with db.transaction(session_factory) as session:
        session.execute(update(Site).values(reports_here=False))
    web.submit(reader, f"/reading/{task_id}/claim", "/reading")
    page = reader.get(f"/reading/{task_id}").text
    assert 'id="content"' not in page
    assert "Read, next case" in page


def test_the_queue_is_not_for_the_front_desk(signed_in: SignIn) -> None:
    assert signed_in(UserRole.FRONT_DESK).get("/reading").status_code == 403


def test_a_text_from_the_dictation_system_moves_the_case_to_its_own_tab(
    reader: FlaskClient, session_factory: db.SessionFactory
) -> None:
    task_id = keep(session_factory)
    with db.transaction(session_factory) as session:
        session.execute(update(Site).values(reports_here=False))
        task = session.get_one(ReadingTask, task_id)
        take_in = (task.requested_procedure, ReportKind.PRELIMINARY, "No bleeding.")
        reports.take_in(session, *take_in, reader="KIM^SASHA", actor="peer:DICTATION", now=NOW)
    assert rows(reader.get("/reading").text) == []
    dictated = reader.get("/reading?tab=dictated").text
    assert len(rows(dictated)) == 1
    assert "KIM, SASHA" in dictated
    following = web.submit(reader, "/reading/next?tab=dictated", "/reading")
    assert following.location == f"/reading/{task_id}?tab=dictated"
    with db.transaction(session_factory) as session:
        requested = session.get_one(ReadingTask, task_id).requested_procedure
        final = (requested, ReportKind.FINAL, "Normal.")
        reports.take_in(session, *final, reader="KIM^SASHA", actor="peer:DICTATION", now=NOW)
    assert rows(reader.get("/reading?tab=dictated").text) == []
    assert len(rows(reader.get("/reading?tab=today").text)) == 1
