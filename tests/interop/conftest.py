"""A department on the air for programs of others."""

from collections.abc import Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from config import Settings
from tests.support.department import NOW, make_patient, make_procedure, make_room, make_site
from tests.support.dicom import running, schedule
from worklist import db
from worklist.dicom.server import DicomServer

ZONE = ZoneInfo("Europe/Vienna")


@pytest.fixture
def server(settings: Settings, session_factory: db.SessionFactory) -> Iterator[DicomServer]:
    """Three CTs in two rooms today, an MR tomorrow, in Vienna."""
    with db.transaction(session_factory) as session:
        site = make_site(session, time_zone=ZONE.key)
        ct1, ct2 = make_room(session, site, "CT01"), make_room(session, site, "CT02")
        mr = make_room(session, site, "MR01", modality="MR")
        make_procedure(session)
        make_procedure(session, "70551", modality="MR")
        rows = [
            ("Müller^Anna", ct1, "71250", 0),
            ("Miller^Bob", ct1, "71250", 2),
            ("Smith^Carl", ct2, "71250", 4),
            ("Novak^Dora", mr, "70551", 24),
        ]
        for name, room, procedure, hours in rows:
            schedule(
                session,
                room,
                NOW + timedelta(hours=hours),
                patient=make_patient(session, name),
                procedure=procedure,
            )
    with running(settings, session_factory) as server:
        yield server
