"""Why an exam is not on a scanner's list: the scanner's own last query, key by key."""

from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config import Settings
from tests.support.department import (
    NOW,
    make_exam,
    make_patient,
    make_procedure,
    make_room,
    make_site,
)
from tests.support.dicom import CALLED, HOST, running, schedule
from worklist import db
from worklist.catalogue.models import Station
from worklist.catalogue.profiles import LeavesList, StationProfile
from worklist.cli import cli
from worklist.dicom import query_log
from worklist.dicom.client import Peer, worklist_query
from worklist.dicom.explain import Explanation, exams_of, explain
from worklist.dicom.models import WorklistQuery, WorklistQueryTime
from worklist.errors import NotFoundError
from worklist.language.catalogues import tell
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus


@pytest.fixture
def department(session_factory: db.SessionFactory) -> db.SessionFactory:
    """CT01 and CT02 in Vienna; two exams in CT01, the second of tomorrow."""
    with db.transaction(session_factory) as session:
        site = make_site(session, time_zone="Europe/Vienna")
        ct1, _ = make_room(session, site, "CT01"), make_room(session, site, "CT02")
        make_procedure(session)
        for hours, name in ((1, "Roe^Richard"), (25, "Doe^Jane")):
            schedule(
                session, ct1, NOW + timedelta(hours=hours), patient=make_patient(session, name)
            )
    return session_factory


@pytest.fixture
def asked(settings: Settings, department: db.SessionFactory) -> db.SessionFactory:
    """CT01 has asked for its day twice, CT02 for the patients called Roe."""
    query = worklist_query(station="CT01", day=NOW.date())
    with running(settings, department) as server:
        for _ in range(2):
            Peer(HOST, server.port, calling="CT01", called=CALLED).find_worklist(query=query)
        query = worklist_query(station="CT02", patient_name="Roe*", modality="MR")
        Peer(HOST, server.port, calling="CT02", called=CALLED).find_worklist(query=query)
    return department


def exams(session: Session) -> list[ScheduledProcedureStep]:
    return list(session.scalars(select(ScheduledProcedureStep).order_by(ScheduledProcedureStep.id)))


def explained(session: Session, exam: ScheduledProcedureStep, station: str) -> Explanation:
    return explain(session, exam, station, now=NOW, default_zone="UTC")


def test_queries_are_kept_with_their_times_and_forgotten(asked: db.SessionFactory) -> None:
    with db.transaction(asked) as session:
        rows = session.execute(
            select(
                WorklistQuery.calling,
                func.count(WorklistQueryTime.id),
                func.max(WorklistQueryTime.answers),
            )
            .join(WorklistQueryTime)
            .group_by(WorklistQuery.calling)
            .order_by(WorklistQuery.calling)
        ).all()
        assert [tuple(row) for row in rows] == [("CT01", 2, 1), ("CT02", 1, 0)]
        assert query_log.forget(session, now=NOW + timedelta(days=6), days=7) == 0
        assert query_log.forget(session, now=NOW + timedelta(days=8), days=7) == 3
        assert session.scalar(select(func.count()).select_from(WorklistQuery)) == 0


def test_an_exam_on_the_list(asked: db.SessionFactory) -> None:
    with asked() as session:
        today, tomorrow = exams(session)
        found = explained(session, today, "CT01")
        assert found.is_listed
        assert found.asked_at == NOW
        assert [entry.accession_number for entry in found.listed] == [today.order.accession_number]
        [line] = explained(session, tomorrow, "CT01").reasons
        # 10:00 UTC is 11:00 in Vienna.
        assert line.text == "The exam starts 2026-11-25 11:00; the scanner asks for 20261124."


def test_every_key_that_keeps_an_exam_off_is_named(asked: db.SessionFactory) -> None:
    with asked() as session:
        roe, doe = exams(session)
        texts = [line.text for line in explained(session, roe, "CT02").reasons]
        assert texts == [
            "Modality: the exam has CT; the scanner asks for MR.",
            "ScheduledStationAETitle: the exam has CT01; the scanner asks for CT02.",
        ]
        assert "PatientName: the exam has Doe^Jane; the scanner asks for Roe*." in [
            line.text for line in explained(session, doe, "CT02").reasons
        ]


def test_status_window_slot_and_station(department: db.SessionFactory) -> None:
    with db.transaction(department) as session:
        today, tomorrow = exams(session)
        station = session.scalars(select(Station).where(Station.ae_title == "CT01")).one()
        session.add(
            StationProfile(
                station_id=station.id, window_hours_after=12, leaves_list=LeavesList.AT_START
            )
        )
        today.status = StepStatus.STARTED
        session.flush()
        assert [line.text for line in explained(session, today, "CT01").reasons] == [
            "The exam is STARTED; the station lists exams until they start."
        ]
        assert "window is any time before to 12 hours after" in (
            explained(session, tomorrow, "CT01").reasons[0].text
        )
        unplaced = make_exam(session)
        assert explained(session, unplaced, "CT01").reasons[0].text == (
            "The exam is UNSCHEDULED and has no slot yet."
        )
        station.active = False
        session.flush()
        assert "out of use" in explained(session, tomorrow, "CT01").reasons[0].text


def test_what_is_not_known_is_said(department: db.SessionFactory) -> None:
    with department() as session:
        with pytest.raises(NotFoundError, match="no station"):
            explained(session, exams(session)[0], "NOBODY")
        with pytest.raises(NotFoundError, match="no order"):
            exams_of(session, "NOTHING")


def test_the_command_prints_it(
    asked: db.SessionFactory, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKLIST_DATABASE_URL", database)
    with asked() as session:
        accession = exams(session)[0].order.accession_number
    done = CliRunner().invoke(cli, ["dicom", "explain", f"{accession} ", "--station", "CT02"])
    assert done.exit_code == 0, done.output
    assert "is NOT on the list of CT02" in done.output
    assert "NO   Modality: the exam has CT; the scanner asks for MR." in done.output


def test_each_line_is_told_in_german(asked: db.SessionFactory) -> None:
    with db.transaction(asked) as session:
        exam = exams(session)[1]
        told = [tell(line.text, "de") for line in explained(session, exam, "CT02").lines]
    assert told[:2] == ["CT02 ist in Verwendung.", "Die Untersuchung hat einen Termin."]
    assert "PatientName: Die Untersuchung hat Doe^Jane; das Gerät fragt nach Roe*." in told
    assert all(one.split()[0] not in {"The", "the"} and "scanner" not in one for one in told)
