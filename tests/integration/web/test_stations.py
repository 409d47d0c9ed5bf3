"""Stations on a page: what they asked, how they are served, why an exam is not on a list."""

from typing import Any

import pytest
from sqlalchemy import select

from tests.support import web
from tests.support.department import NOW, make_scanner
from tests.support.dicom import schedule
from tests.support.web import SignIn
from worklist import db
from worklist.auth.roles import UserRole
from worklist.catalogue.profiles import LeavesList, StationProfile
from worklist.dicom import query_log
from worklist.dicom.models import ReportDefect
from worklist.dicom.query_log import Asked
from worklist.orders.status import StepStatus

PAGE = "/stations/CT01"


@pytest.fixture
def accession(session_factory: db.SessionFactory) -> str:
    """An exam that has started in CT01, whose console has asked and left something out."""
    with db.transaction(session_factory) as session:
        room = make_scanner(session)
        exam = schedule(session, room, NOW, status=StepStatus.STARTED)
        asked = Asked(
            calling="CT01",
            address="10.1.2.3",
            identifier=bytes.fromhex("1000100000000000"),
            transfer_syntax="1.2.840.10008.1.2",
            fuzzy_names=False,
            asked_at=NOW,
            outcome="success",
            answers=7,
            milliseconds=4.2,
        )
        query_log.write(session, [asked])
        session.add(
            ReportDefect(
                calling="CT01",
                operation="N-CREATE",
                attribute="StudyID",
                problem="missing",
                times=3,
                first_seen_at=NOW,
                last_seen_at=NOW,
            )
        )
        return exam.order.accession_number


@pytest.mark.usefixtures("accession")
def test_the_overview_tells_who_asked_last(signed_in: SignIn) -> None:
    text = signed_in(UserRole.TECHNOLOGIST).get("/stations").text
    assert PAGE in text
    assert "10.1.2.3" in text


def test_a_station_explains_why_an_exam_is_not_on_its_list(
    signed_in: SignIn, accession: str
) -> None:
    client = signed_in(UserRole.TECHNOLOGIST)
    text = client.get(PAGE, query_string={"accession": accession}).text
    assert "is not on the list of CT01" in text
    assert "The exam is STARTED; the station lists exams until they start." in text
    assert "StudyID" in text
    assert client.get("/stations/NOBODY").status_code == 404


@pytest.mark.usefixtures("accession")
def test_an_administrator_changes_the_profile(
    signed_in: SignIn, session_factory: db.SessionFactory
) -> None:
    client = signed_in(UserRole.ADMINISTRATOR)
    fields: dict[str, Any] = {
        "window_hours_after": "24",
        "leaves_list": "at_end",
        "forced_keys": "ScheduledStationAETitle = {calling}",
        "addresses": "10.1.2.3\n10.2.0.0/16",
        "transliterate": "on",
    }
    assert web.submit(client, f"{PAGE}/profile", PAGE, **fields).status_code == 303
    with db.transaction(session_factory) as session:
        profile = session.scalars(select(StationProfile)).one()
        assert profile.window_hours_after == 24
        assert profile.leaves_list is LeavesList.AT_END
        assert profile.forced_keys == {"ScheduledStationAETitle": "{calling}"}
        assert profile.addresses == ["10.1.2.3/32", "10.2.0.0/16"]
        assert not profile.strict_mpps
    told = web.submit(client, f"{PAGE}/profile", PAGE, addresses="here").text
    assert "expected an address or network" in told


@pytest.mark.usefixtures("accession")
def test_only_an_administrator_may(signed_in: SignIn) -> None:
    client = signed_in(UserRole.TECHNOLOGIST)
    assert web.submit(client, f"{PAGE}/profile", PAGE).status_code == 403
