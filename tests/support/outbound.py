"""Subjects of outgoing messages, made without a database, and peers to write them for."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from worklist.audit.models import AuditEvent
from worklist.catalogue.models import Resource, ResourceKind, Room, Site, Station
from worklist.catalogue.procedures import Procedure
from worklist.hl7.outbound.subject import Appointment, Audience, OrderSubject, Step, Subject
from worklist.hl7.peers.file import PeerEntry
from worklist.orders.models import (
    ImagingServiceRequest,
    RequestedProcedure,
    ScheduledProcedureStep,
)
from worklist.orders.status import StepStatus
from worklist.patients.models import Patient, PatientIdentifier
from worklist.reading.critical.models import CriticalFinding
from worklist.reading.models import Report
from worklist.vocabulary import PatientClass, Priority

VIENNA = ZoneInfo("Europe/Vienna")
# 24 November 2026 is winter time in Vienna, one hour ahead of UTC.
HAPPENED = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
STARTS = datetime(2026, 11, 25, 8, 30, tzinfo=UTC)


def make_peer(**fields: Any) -> PeerEntry:
    values: dict[str, Any] = {
        "name": "HIS",
        "direction": "both",
        "host": "127.0.0.1",
        "port": 2575,
        "application": "HIS",
        "facility": "GENERAL",
        "own_facility": "RADIOLOGY",
    }
    return PeerEntry.model_validate(values | fields)


def make_audience(peer: PeerEntry | None = None, told: str = "", **fields: Any) -> Audience:
    return Audience(
        peer=peer or make_peer(**fields),
        zone=VIENNA,
        now=HAPPENED + timedelta(seconds=1),
        told=told,
    )


def make_person(**fields: Any) -> Patient:
    values: dict[str, Any] = {
        "id": 1,
        "name": "ROE^JANE^ANN^DR^MSC",
        "name_ideographic": "",
        "name_phonetic": "",
        "birth_date": date(1970, 3, 15),
        "sex": "F",
        "phone": "(555)123-4567",
        "email": "jane@example.org",
        "address": "Lake Street 1, 1010 Vienna",
    }
    return Patient(**values | fields)


def number(value: str = "4711", issuer: str = "GENERAL") -> PatientIdentifier:
    return PatientIdentifier(value=value, issuer=issuer, type_code="MR", active=True)


def make_slot(starts_at: datetime = STARTS, code: str = "CT01") -> Appointment:
    site = Site(id=1, code="MAIN", name="Lakeside General", department="Radiology")
    resource = Resource(code=code, name="CT 1, emergency", kind=ResourceKind.ROOM, site=site)
    station = Station(ae_title=code, name=f"{code}A", modality="CT")
    room = Room(resource=resource, stations=[station])
    return Appointment(starts_at, starts_at + timedelta(minutes=15), room, station)


def make_requested(**order: Any) -> RequestedProcedure:
    values: dict[str, Any] = {
        "id": 7,
        "patient": make_person(),
        "placer_order_number": "P100",
        "placer_issuer": "HIS",
        "placer_group_number": "",
        "filler_order_number": "F00000009",
        "accession_number": "A00000005",
        "priority": Priority.URGENT,
        "patient_class": PatientClass.INPATIENT,
        "ordering_physician": "AMBERLEY^IRIS^^Dr",
        "referring_physician": "HOUSE^GREGORY",
        "reason": "Headache & fever",
        "clinical_information": "Fell.\nNo surgery",
        "danger_code": "",
        "transport": "WALK",
        "current_location": "W3 12",
        "admission_id": "V55",
        "wanted_at": None,
    }
    procedure = Procedure(
        code="70450", name="CT head", coding_scheme="C4", modality="CT", body_part="HEAD"
    )
    return RequestedProcedure(
        order=ImagingServiceRequest(**values | order),
        procedure=procedure,
        requested_procedure_id="RP00000003",
        study_instance_uid="1.2.3.4",
        description="CT head",
        laterality="",
        steps=[],
    )


def add_step(requested: RequestedProcedure, sps_id: str, status: StepStatus) -> Any:
    exam = ScheduledProcedureStep(
        id=len(requested.steps) + 1,
        scheduled_procedure_step_id=sps_id,
        description="CT head",
        modality="CT",
        status=status,
    )
    requested.steps.append(exam)
    return exam


def make_subject(
    action: str,
    *,
    requested: RequestedProcedure | None = None,
    steps: tuple[Step, ...] = (),
    status: StepStatus = StepStatus.SCHEDULED,
    appointment: Appointment | None = None,
    reports: tuple[Report, ...] = (),
    findings: tuple[CriticalFinding, ...] = (),
    actor: str = "user:dana",
    **detail: Any,
) -> OrderSubject:
    """Make a subject with one step, unless ``steps`` are given."""
    requested = requested or make_requested()
    if not steps:
        steps = (
            Step(add_step(requested, "SPS00000021", status), appointment or make_slot(), status),
        )
    site = Site(id=1, code="MAIN", name="Lakeside General", department="Radiology")
    return OrderSubject(
        event=make_event(action, actor=actor, **detail),
        patient=requested.order.patient,
        identifiers=(number(),),
        order=requested.order,
        requested=requested,
        steps=steps,
        exam=steps[0],
        site=site,
        reports=reports,
        findings=findings,
    )


def make_patient_subject(action: str, **detail: Any) -> Subject:
    return Subject(
        event=make_event(action, patient_id=1, **detail),
        patient=make_person(),
        identifiers=(number(), number("A1", "CITY")),
        merged=make_person(id=2, name="ROE^J"),
        merged_identifiers=(number("4712"),),
    )


def make_event(
    action: str, *, actor: str = "user:dana", patient_id: int = 1, **detail: Any
) -> AuditEvent:
    return AuditEvent(
        id=1,
        occurred_at=HAPPENED,
        actor=actor,
        action=action,
        patient_id=patient_id,
        detail=detail,
    )
