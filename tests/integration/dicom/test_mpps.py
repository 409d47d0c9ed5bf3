"""Performed procedure steps over real sockets (PS3.4 section F.7.2)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydicom import Dataset
from pynetdicom import AE, evt
from sqlalchemy import select

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
from worklist import db, identifiers
from worklist.catalogue.profiles import StationProfile
from worklist.dicom import defects, performed_report
from worklist.dicom.client import Peer, PeerError
from worklist.dicom.server import DicomServer
from worklist.dicom.sop_classes import MODALITY_PERFORMED_PROCEDURE_STEP
from worklist.orders.models import ScheduledProcedureStep
from worklist.performing.models import PerformedProcedureStep

# 11:00 in Vienna.
STARTED = datetime(2026, 11, 24, 11, 0)  # noqa: DTZ001 - the scanner's clock
PEER: dict[str, Any] = {"calling": "CT01", "called": CALLED}


@pytest.fixture
def server(settings: Settings, session_factory: db.SessionFactory) -> Iterator[DicomServer]:
    """Two exams of one patient in CT01, at 10:00 and 10:30 in Vienna."""
    with db.transaction(session_factory) as session:
        site = make_site(session, time_zone="Europe/Vienna")
        room, _ = make_room(session, site, "CT01"), make_room(session, site, "CT02")
        session.add(StationProfile(station_id=room.stations[0].id, strict_mpps=True))
        make_procedure(session)
        patient = make_patient(session, "Müller^Anna")
        for minutes in (0, 30):
            schedule(session, room, NOW + timedelta(minutes=minutes), patient=patient)
    with running(settings, session_factory) as server:
        yield server


def entries(server: DicomServer) -> list[Dataset]:
    return Peer(HOST, server.port, **PEER).find_worklist()


def report(entry: Dataset) -> Dataset:
    return performed_report.begin(entry, station="CT01", step_id="PPS1", started_at=STARTED)


def begin(server: DicomServer, attributes: Dataset, uid: str | None = None) -> str:
    uid = uid or identifiers.new_uid()
    Peer(HOST, server.port, **PEER).mpps_create(uid=uid, attributes=attributes)
    return uid


def end(server: DicomServer, uid: str, changes: Dataset | None = None) -> None:
    changes = changes or completed()
    Peer(HOST, server.port, **PEER).mpps_set(uid=uid, changes=changes)


def completed() -> Dataset:
    return performed_report.complete(
        ended_at=STARTED + timedelta(minutes=12), protocol="Chest routine"
    )


def statuses(session_factory: db.SessionFactory) -> list[str]:
    with session_factory() as session:
        exam = ScheduledProcedureStep
        return [str(one) for one in session.scalars(select(exam.status).order_by(exam.id))]


def performed(session_factory: db.SessionFactory) -> PerformedProcedureStep:
    with session_factory() as session:
        step = session.scalars(select(PerformedProcedureStep)).one()
        assert isinstance(step.exams, list)
        return step


def refused(server: DicomServer, attributes: Dataset) -> int | None:
    with pytest.raises(PeerError) as caught:
        begin(server, attributes)
    return caught.value.status


def test_an_exam_is_started_and_completed_by_its_scanner(
    server: DicomServer, session_factory: db.SessionFactory
) -> None:
    first = entries(server)[0]
    uid = begin(server, report(first))
    assert statuses(session_factory) == ["STARTED", "SCHEDULED"]
    assert len(entries(server)) == 1
    end(server, uid)
    assert statuses(session_factory) == ["COMPLETED", "SCHEDULED"]
    step = performed(session_factory)
    assert step.started_at == datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
    assert step.ended_at == datetime(2026, 11, 24, 10, 12, tzinfo=UTC)
    assert step.modality == "CT"
    # Kept as reported: N-SET over N-CREATE, in the DICOM JSON model.
    assert step.attributes["00100010"]["Value"] == [{"Alphabetic": "Müller^Anna"}]
    assert step.attributes["00400252"]["Value"] == ["COMPLETED"]
    series = step.attributes["00400340"]["Value"][0]
    assert series["00181030"]["Value"] == ["Chest routine"]


def test_an_exam_is_discontinued_with_its_reason(
    server: DicomServer, session_factory: db.SessionFactory
) -> None:
    uid = begin(server, report(entries(server)[0]))
    reason = performed_report.discontinue(
        ended_at=STARTED, code="110514", meaning="Incorrect worklist entry selected"
    )
    end(server, uid, reason)
    with session_factory() as session:
        exam = session.scalars(
            select(ScheduledProcedureStep).order_by(ScheduledProcedureStep.id)
        ).first()
        assert exam is not None
        assert (exam.status, exam.status_reason) == (
            "DISCONTINUED",
            "Incorrect worklist entry selected",
        )


def test_a_group_case_is_one_step_for_several_exams(
    server: DicomServer, session_factory: db.SessionFactory
) -> None:
    first, second = entries(server)
    both = report(first)
    both.ScheduledStepAttributesSequence.append(report(second).ScheduledStepAttributesSequence[0])
    uid = begin(server, both)
    assert statuses(session_factory) == ["STARTED", "STARTED"]
    end(server, uid)
    assert statuses(session_factory) == ["COMPLETED", "COMPLETED"]


def test_several_steps_for_one_exam(
    server: DicomServer, session_factory: db.SessionFactory
) -> None:
    first = entries(server)[0]
    one, two = begin(server, report(first)), begin(server, report(first))
    end(server, one)
    assert statuses(session_factory)[0] == "STARTED"
    end(server, two, performed_report.discontinue(ended_at=STARTED, code="110513", meaning="No"))
    assert statuses(session_factory)[0] == "COMPLETED"


def test_a_step_for_no_exam_is_kept_without_a_link(
    server: DicomServer, session_factory: db.SessionFactory
) -> None:
    unscheduled = report(entries(server)[0])
    item = unscheduled.ScheduledStepAttributesSequence[0]
    item.StudyInstanceUID = "2.25.99"
    item.AccessionNumber = item.ScheduledProcedureStepID = ""
    end(server, begin(server, unscheduled))
    step = performed(session_factory)
    assert step.exams == []
    assert step.status == "COMPLETED"
    # It is the patient's, as far as the number tells.
    assert step.patient_id is not None
    assert statuses(session_factory) == ["SCHEDULED", "SCHEDULED"]


@pytest.mark.parametrize(
    "kept", ["ScheduledProcedureStepID", "AccessionNumber", "StudyInstanceUID"]
)
def test_any_of_three_numbers_links_to_the_exam(
    server: DicomServer, session_factory: db.SessionFactory, kept: str
) -> None:
    attributes = report(entries(server)[1])
    item = attributes.ScheduledStepAttributesSequence[0]
    others = {
        "ScheduledProcedureStepID": "",
        "AccessionNumber": "",
        "StudyInstanceUID": "2.25.98",
    }
    for keyword, other in others.items():
        if keyword != kept:
            setattr(item, keyword, other)
    begin(server, attributes)
    assert statuses(session_factory) == ["SCHEDULED", "STARTED"]


def test_an_exam_without_a_slot_starts_where_its_scanner_is(
    server: DicomServer, session_factory: db.SessionFactory
) -> None:
    first = entries(server)[0]
    with db.transaction(session_factory) as session:
        exam = make_exam(session, accession_number="EMERGENCY1")
    attributes = report(first)
    item = attributes.ScheduledStepAttributesSequence[0]
    item.AccessionNumber, item.ScheduledProcedureStepID = "EMERGENCY1", ""
    begin(server, attributes)
    with session_factory() as session:
        exam = session.get_one(ScheduledProcedureStep, exam.id)
        assert exam.status == "STARTED"
        assert exam.room is not None
        assert exam.room.code == "CT01"
        assert exam.starts_at == datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


def test_a_uid_is_assigned_where_the_scanner_sends_none(
    server: DicomServer, session_factory: db.SessionFactory
) -> None:
    given: list[str] = []

    def note(event: evt.Event) -> None:
        message: Any = event.message
        if type(message).__name__ == "N_CREATE_RSP":
            given.append(str(message.command_set.AffectedSOPInstanceUID))

    attributes = report(entries(server)[0])
    ae = AE("CT01")
    ae.add_requested_context(MODALITY_PERFORMED_PROCEDURE_STEP)
    association = ae.associate(
        HOST, server.port, ae_title=CALLED, evt_handlers=[(evt.EVT_DIMSE_RECV, note)]
    )
    status, _ = association.send_n_create(attributes, MODALITY_PERFORMED_PROCEDURE_STEP, None)
    association.release()
    assert status.Status == 0x0000
    assert given == [performed(session_factory).sop_instance_uid]


@pytest.mark.parametrize(
    "keyword",
    [
        "PerformedProcedureStepID",
        "PerformedStationAETitle",
        "PerformedProcedureStepStartDate",
        "PerformedProcedureStepStartTime",
        "PerformedProcedureStepStatus",
        "Modality",
        "ScheduledStepAttributesSequence",
    ],
)
def test_what_a_step_must_have_at_its_start(
    server: DicomServer, session_factory: db.SessionFactory, keyword: str
) -> None:
    attributes = report(entries(server)[0])
    setattr(attributes, keyword, [] if keyword.endswith("Sequence") else "")
    assert refused(server, attributes) == 0x0121
    delattr(attributes, keyword)
    assert refused(server, attributes) == 0x0120
    assert statuses(session_factory) == ["SCHEDULED", "SCHEDULED"]


def test_the_study_uid_of_each_scheduled_step_must_be_there(server: DicomServer) -> None:
    attributes = report(entries(server)[0])
    del attributes.ScheduledStepAttributesSequence[0].StudyInstanceUID
    assert refused(server, attributes) == 0x0120


def test_a_step_begins_in_progress(server: DicomServer) -> None:
    attributes = report(entries(server)[0])
    attributes.PerformedProcedureStepStatus = "COMPLETED"
    assert refused(server, attributes) == 0x0106


def test_a_duplicate_changes_nothing(
    server: DicomServer, session_factory: db.SessionFactory
) -> None:
    attributes = report(entries(server)[0])
    uid = begin(server, attributes)
    with pytest.raises(PeerError) as caught:
        begin(server, attributes, uid)
    assert caught.value.status == 0x0111
    assert statuses(session_factory)[0] == "STARTED"


def test_an_unknown_step_cannot_be_set(server: DicomServer) -> None:
    with pytest.raises(PeerError) as caught:
        end(server, "2.25.404")
    assert caught.value.status == 0x0112


def test_a_finished_step_may_no_longer_be_updated(server: DicomServer) -> None:
    uid = begin(server, report(entries(server)[0]))
    end(server, uid)
    ae = AE("CT01")
    ae.add_requested_context(MODALITY_PERFORMED_PROCEDURE_STEP)
    association = ae.associate(HOST, server.port, ae_title=CALLED)
    status, _ = association.send_n_set(completed(), MODALITY_PERFORMED_PROCEDURE_STEP, uid)
    association.release()
    assert (status.Status, status.ErrorID) == (0x0110, 0xA710)
    assert "may no longer be updated" in status.ErrorComment


@pytest.mark.parametrize(
    ("keyword", "value", "expected"),
    [
        # Sent empty at the start, and not at the end.
        ("PerformedProcedureStepEndDate", None, 0x0121),
        ("PerformedProcedureStepEndTime", None, 0x0121),
        ("PerformedSeriesSequence", None, 0x0121),
        ("PerformedProcedureStepStatus", "DONE", 0x0106),
    ],
)
def test_what_a_step_must_have_at_its_end(
    server: DicomServer,
    session_factory: db.SessionFactory,
    keyword: str,
    value: str | None,
    expected: int,
) -> None:
    attributes = report(entries(server)[0])
    uid = begin(server, attributes)
    changes = completed()
    if value is None:
        delattr(changes, keyword)
    else:
        setattr(changes, keyword, value)
    with pytest.raises(PeerError) as caught:
        end(server, uid, changes)
    assert caught.value.status == expected
    assert statuses(session_factory)[0] == "STARTED"


def test_attributes_fixed_at_the_start_are_passed_over_when_sent_again(
    server: DicomServer, session_factory: db.SessionFactory
) -> None:
    uid = begin(server, report(entries(server)[0]))
    changes = completed()
    changes.PatientName = "Other^Name"
    changes.PerformedProcedureStepStartTime = "000000"
    end(server, uid, changes)
    step = performed(session_factory)
    assert step.attributes["00100010"]["Value"] == [{"Alphabetic": "Müller^Anna"}]
    assert step.started_at == datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
    assert step.status == "COMPLETED"


def test_an_intermediate_report_keeps_the_exam_started(
    server: DicomServer, session_factory: db.SessionFactory
) -> None:
    uid = begin(server, report(entries(server)[0]))
    note = Dataset()
    note.PerformedProcedureStepDescription = "CT chest, prone"
    end(server, uid, note)
    assert statuses(session_factory)[0] == "STARTED"
    end(server, uid)
    attributes = performed(session_factory).attributes
    assert attributes["00400254"]["Value"] == ["CT chest, prone"]


def test_what_a_lenient_station_leaves_out_is_taken_and_listed(
    server: DicomServer, session_factory: db.SessionFactory
) -> None:
    [entry, *_] = entries(server)
    attributes = report(entry)
    for keyword in ("PerformedProcedureStepID", "PerformedStationAETitle", "Modality", "StudyID"):
        delattr(attributes, keyword)
    attributes.PerformedProcedureStepStartDate = attributes.PerformedProcedureStepStartTime = ""
    peer = PEER | {"calling": "CT02"}
    uid = identifiers.new_uid()
    for _ in range(2):
        Peer(HOST, server.port, **peer).mpps_create(uid=uid, attributes=attributes)
        changes = completed()
        del changes.PerformedSeriesSequence
        changes.PatientID = "1"
        Peer(HOST, server.port, **peer).mpps_set(uid=uid, changes=changes)
        uid = identifiers.new_uid()
    assert statuses(session_factory)[0] == "COMPLETED"
    with session_factory() as session:
        step = session.scalars(select(PerformedProcedureStep)).first()
        assert step is not None
        told = (step.performed_station_ae_title, step.modality, step.started_at)
        assert told == ("CT02", "CT", NOW)
        found = {
            (row.operation, row.attribute, row.problem, row.times)
            for row in defects.of_station(session, "CT02")
        }
    assert found == {
        ("N-CREATE", "PerformedProcedureStepID", "missing", 2),
        ("N-CREATE", "PerformedStationAETitle", "missing", 2),
        ("N-CREATE", "Modality", "missing", 2),
        ("N-CREATE", "StudyID", "missing", 2),
        ("N-CREATE", "PerformedProcedureStepStartDate", "empty", 2),
        ("N-CREATE", "PerformedProcedureStepStartTime", "empty", 2),
        ("N-SET", "PerformedSeriesSequence", "empty", 2),
        ("N-SET", "PatientID", "may not change", 2),
    }
