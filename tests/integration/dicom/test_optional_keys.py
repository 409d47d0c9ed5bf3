"""Which entries a query by optional keys finds (PS3.4 Table K.6-1), in the real database."""

from typing import Any

import pytest
from pydicom import Dataset
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support.department import ACTOR, make_procedure
from tests.support.worklist_queries import DAY, found
from worklist.orders.models import ScheduledProcedureStep
from worklist.patients import facts
from worklist.patients.details import FactDetails
from worklist.patients.models import FactKind, FactOrigin
from worklist.vocabulary import Priority


@pytest.fixture
def one_with_everything(seven_exams: Session) -> Session:
    """The first exam gets a value for every optional key; the others keep theirs empty."""
    known: list[tuple[FactKind, str, dict[str, Any]]] = [
        (FactKind.WEIGHT, "", {"number": 80.5}),
        (FactKind.HEIGHT, "", {"number": 180}),
        (FactKind.PREGNANCY, "", {"answer": False}),
        (FactKind.CONTRAST_REACTION, "iodinated", {"severity": "severe"}),
        (FactKind.CONDITION, "asthma", {}),
        (FactKind.NEED, "interpreter", {}),
    ]
    exam = seven_exams.scalars(
        select(ScheduledProcedureStep).order_by(ScheduledProcedureStep.starts_at)
    ).first()
    assert exam is not None
    order = exam.order
    order.placer_issuer, order.transport = "HIS", "WHLC"
    order.priority, order.danger_code = Priority.STAT, "Combative"
    order.reason, order.clinical_information = "Cough", "Since May"
    order.admission_id, order.current_location = "ADM1", "Ward 3"
    order.referring_physician, order.ordering_physician = "Grün^Eva", "Weiß^Max"
    procedure = make_procedure(
        seven_exams, "RARE", contrast="iodinated", contrast_route="oral", needs_sedation=True
    )
    exam.requested_procedure.procedure = procedure
    facts.record(
        seven_exams,
        exam.patient_id,
        [
            FactDetails(
                kind=kind, subject=subject, value=value, observed_at=DAY, origin=FactOrigin.DESK
            )
            for kind, subject, value in known
        ],
        actor=ACTOR,
        now=DAY,
    )
    seven_exams.flush()
    return seven_exams


# The optional matching keys of PS3.4 Table K.6-1 beside those above, and IHE's additional ones.
@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("PatientWeight", "80.50"),
        ("PatientSize", "1.8"),
        ("PregnancyStatus", 1),
        ("Allergies", "iodinated contrast*severe"),
        ("MedicalAlerts", "*asthma*"),
        ("SpecialNeeds", "interpreter"),
        ("PatientState", "Combative"),
        ("RequestedProcedurePriority", "STAT"),
        ("PatientTransportArrangements", "Wheel*"),
        ("ReasonForTheRequestedProcedure", "Cough"),
        ("RequestedProcedureComments", "Since*"),
        ("AdmissionID", "ADM1"),
        ("CurrentPatientLocation", "Ward ?"),
        ("ReferringPhysicianName", "grun*"),
        ("RequestingPhysician", "WEISS^MAX"),
        ("step_PreMedication", "Sedation"),
        ("step_RequestedContrastAgent", "Iodinated*"),
    ],
)
def test_optional_keys_match(one_with_everything: Session, keyword: str, value: object) -> None:
    assert found(one_with_everything, **{keyword: value}) == "Á"
    assert found(one_with_everything, **{keyword: 99 if value == 1 else "9"}) == ""


@pytest.mark.parametrize(
    ("keyword", "value", "expected"),
    [
        ("WorklistLabel", "MAIN", "ÁBCDG"),
        ("WorklistLabel", "OTHER", ""),
        ("InstitutionalDepartmentName", "Radio*", "ÁBCDG"),
        ("step_ScheduledStationName", "CT02", "C"),
        ("step_ScheduledProcedureStepLocation", "MR0*", "DG"),
        ("step_ScheduledProcedureStepDescription", "*70551", "DG"),
        ("RequestedProcedureDescription", "*70551", "DG"),
        ("BodyPartExamined", "CHEST", "ÁBCDG"),
        ("IssuerOfPatientID", "TEST", "ÁBCDG"),
    ],
)
def test_keys_of_place_and_procedure_match(
    seven_exams: Session, keyword: str, value: str, expected: str
) -> None:
    assert found(seven_exams, **{keyword: value}) == expected


def test_sequences_of_issuers_match(one_with_everything: Session) -> None:
    issuer = Dataset()
    issuer.LocalNamespaceEntityID = "HIS"
    assert found(one_with_everything, OrderPlacerIdentifierSequence=[issuer]) == "Á"
    issuer.LocalNamespaceEntityID = "MAIN"
    assert found(one_with_everything, IssuerOfAccessionNumberSequence=[issuer]) == "ÁBCDG"
