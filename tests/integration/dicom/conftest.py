from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from tests.support.department import make_patient, make_procedure, make_room, make_site
from tests.support.dicom import schedule
from tests.support.worklist_queries import DAY
from worklist.orders.status import StepStatus


@pytest.fixture
def seven_exams(session: Session) -> Session:
    """A to G, by the patients' names, in two CT rooms and an MR in Vienna."""
    site = make_site(session, time_zone="Europe/Vienna")
    site.name = "Main hospital"
    ct1, ct2 = (make_room(session, site, code) for code in ("CT01", "CT02"))
    mr = make_room(session, site, "MR01", modality="MR")
    for code, modality in (("71250", "CT"), ("70551", "MR")):
        make_procedure(session, code, modality=modality)
    ct1.stations[0].modality = "CT"
    rows = [
        ("Ábel^Anna", ct1, "71250", 9, StepStatus.SCHEDULED),
        ("Brown^Bob", ct1, "71250", 10, StepStatus.ARRIVED),
        ("Cole^Cat", ct2, "71250", 11, StepStatus.READY),
        ("Dorn^Dan", mr, "70551", 24 + 10, StepStatus.SCHEDULED),
        ("Eve^E", ct1, "71250", 13, StepStatus.STARTED),
        ("Fox^F", ct1, "71250", 14, StepStatus.COMPLETED),
        ("Gates^Gil", mr, "70551", 48 + 18, StepStatus.SCHEDULED),
    ]
    for name, room, procedure, hour, status in rows:
        schedule(
            session,
            room,
            DAY + timedelta(hours=hour),
            status=status,
            patient=make_patient(session, name),
            procedure=procedure,
        ).performing_physician = f"Doctor^{name[0]}"
    session.flush()
    return session
