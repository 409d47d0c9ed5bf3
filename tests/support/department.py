"""Builders of small departments: real rows with sensible defaults, everything overridable."""

from datetime import UTC, date, datetime, time
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from worklist.catalogue.models import OpeningHours, Resource, ResourceKind, Room, Site, Station
from worklist.catalogue.procedures import Procedure, ProcedurePhase
from worklist.orders import service as orders
from worklist.orders.details import OrderDetails
from worklist.orders.models import ScheduledProcedureStep
from worklist.patients import service as patients
from worklist.patients.details import Identifier, PatientDetails
from worklist.patients.models import Patient
from worklist.vocabulary import Contrast, ContrastRoute, PatientClass, Priority

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
ACTOR = "system:test"
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
_numbers = count(1)


def make_site(session: Session, code: str = "MAIN", time_zone: str = "UTC") -> Site:
    site = Site(code=code, name=f"{code} hospital", time_zone=time_zone)
    session.add(site)
    session.flush()
    return site


def make_resource(
    session: Session,
    site: Site,
    code: str,
    kind: ResourceKind,
    *,
    opens: time = time(0),
    closes: time = time(0),
    weekdays: tuple[int, ...] = EVERY_DAY,
) -> Resource:
    resource = Resource(site_id=site.id, code=code, name=f"{kind} {code}", kind=kind)
    session.add(resource)
    session.flush()
    session.add_all(
        OpeningHours(resource_id=resource.id, weekday=day, opens=opens, closes=closes)
        for day in weekdays
    )
    session.flush()
    return resource


def make_room(
    session: Session,
    site: Site,
    code: str,
    *,
    modality: str = "CT",
    capabilities: tuple[str, ...] = ("iodinated_contrast",),
    opens: time = time(0),
    closes: time = time(0),
    weekdays: tuple[int, ...] = EVERY_DAY,
    **limits: Any,
) -> Room:
    """Make a shielded room with one station whose AE title is the room's code."""
    resource = make_resource(
        session, site, code, ResourceKind.ROOM, opens=opens, closes=closes, weekdays=weekdays
    )
    room = Room(
        id=resource.id, modalities=[modality], capabilities=["shielded", *capabilities], **limits
    )
    session.add(room)
    session.flush()
    session.add(Station(room_id=room.id, ae_title=code, name=code, modality=modality))
    session.flush()
    session.refresh(room)
    return room


def make_scanner(session: Session, code: str = "CT01", **room_fields: Any) -> Room:
    """Make a site with one room and a procedure for it: enough to book an exam."""
    room = make_room(session, make_site(session), code, **room_fields)
    make_procedure(session)
    return room


def make_procedure(
    session: Session,
    code: str = "71250",
    *,
    phases: tuple[tuple[str, ResourceKind, int, int], ...] = (),
    **fields: Any,
) -> Procedure:
    """Make a plain CT of the chest by default; a phase is name, kind, offset, minutes."""
    values = {
        "name": f"Procedure {code}",
        "modality": "CT",
        "body_part": "CHEST",
        "duration_minutes": 15,
        "ionising": True,
        "dose_msv": 6.0,
        "synonyms": [],
        "required_capabilities": [],
    }
    procedure = Procedure(code=code, **values | fields)
    procedure.phases = [
        ProcedurePhase(
            name=name, resource_kind=kind, offset_minutes=offset, duration_minutes=length
        )
        for name, kind, offset, length in phases
    ]
    session.add(procedure)
    session.flush()
    return procedure


def make_contrast_ct(session: Session, code: str = "71250", **fields: Any) -> Procedure:
    """Make a CT of the chest with iodinated contrast into a vein."""
    return make_procedure(
        session,
        code,
        contrast=Contrast.IODINATED,
        contrast_route=ContrastRoute.INTRAVENOUS,
        **fields,
    )


def make_patient(session: Session, name: str = "ROE^RICHARD", **fields: Any) -> Patient:
    """Make a patient, by default a man born in 1981."""
    values: dict[str, Any] = {"birth_date": date(1981, 5, 4), "sex": "M"}
    details = PatientDetails(
        identifiers=(Identifier(value=f"T{next(_numbers):06}", issuer="TEST"),),
        name=name,
        **values | fields,
    )
    return patients.register_or_update(session, details, actor=ACTOR, now=NOW)


def make_exam(
    session: Session,
    *,
    patient: Patient | None = None,
    procedure: str = "71250",
    priority: Priority = Priority.URGENT,
    patient_class: PatientClass = PatientClass.INPATIENT,
    now: datetime = NOW,
    **fields: Any,
) -> ScheduledProcedureStep:
    """Make an order for one exam that has no slot yet."""
    details = OrderDetails(
        procedure_code=procedure,
        priority=priority,
        patient_class=patient_class,
        ordered_at=now,
        placer_order_number=f"P{next(_numbers):06}",
        placer_issuer="TEST",
        **fields,
    )
    order = orders.create_order(
        session, patient or make_patient(session), details, actor=ACTOR, now=now
    )
    return order.requested_procedures[0].steps[0]
