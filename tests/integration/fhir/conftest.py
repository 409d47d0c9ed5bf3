"""A placed exam, and a front desk's program that asks for it."""

import pytest
from flask.testing import FlaskClient

from tests.support.api import token_for
from tests.support.department import ACTOR, NOW, make_exam, make_patient, make_scanner
from tests.support.fhir import FhirProgram
from worklist import db
from worklist.auth.roles import UserRole
from worklist.scheduling import placement


@pytest.fixture
def exam_id(session_factory: db.SessionFactory) -> int:
    """A placed exam of a woman with a family name that has an accent, in CT01 from 09:00 on."""
    with db.transaction(session_factory) as session:
        make_scanner(session)
        patient = make_patient(session, "MÜLLER^ANNA MARIA^^Dr", sex="F", phone="+43 1 234 567")
        exam = make_exam(session, patient=patient)
        placement.place(session, exam.id, actor=ACTOR, now=NOW)
        return exam.id


@pytest.fixture
def ask(client: FlaskClient, session_factory: db.SessionFactory) -> FhirProgram:
    """Return a front desk's program."""
    return FhirProgram(client, token_for(session_factory, UserRole.FRONT_DESK))
