"""An implant's limits, as its card names them, lead the exam to a scanner that keeps them."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from tests.support.department import (
    ACTOR,
    NOW,
    make_exam,
    make_patient,
    make_procedure,
    make_room,
    make_site,
)
from worklist.patients import facts
from worklist.patients.details import FactDetails
from worklist.patients.models import FactKind, FactOrigin
from worklist.scheduling import placement
from worklist.scheduling.models import PlacementOutcome
from worklist.vocabulary import OperatingMode


def implant(**limits: float) -> FactDetails:
    """Return the fact of an implant whose card allows 1.5 T within the limits."""
    label = {"safety": "conditional", "conditional_tesla": [1.5], "card_seen": True}
    return FactDetails(
        kind=FactKind.IMPLANT,
        subject="stimulator",
        value=label | limits,
        observed_at=NOW,
        origin=FactOrigin.SCREENING_FORM,
    )


def test_the_exam_goes_to_the_scanner_that_keeps_the_limits(session: Session) -> None:
    site = make_site(session)
    able = ("1.5T", "rf_limits")
    for code, slew_rate, capabilities in (
        ("MR01", 200.0, able),
        ("MR02", None, able),
        ("MR03", 125.0, ("1.5T",)),
        ("MR04", 125.0, able),
    ):
        make_room(
            session,
            site,
            code,
            modality="MR",
            capabilities=capabilities,
            field_strength_tesla=1.5,
            slew_rate_t_m_s=slew_rate,
        )
    make_procedure(session, "70551", modality="MR", ionising=False, body_part="HEAD")
    patient = make_patient(session)
    known = implant(b1_rms_ut=2.8, slew_rate_t_m_s=125)
    facts.record(session, patient.id, [known], actor=ACTOR, now=NOW)
    exam = make_exam(session, patient=patient, procedure="70551")
    made = placement.place(session, exam.id, actor=ACTOR, now=NOW)
    assert made is not None
    assert made.outcome is PlacementOutcome.PLACED
    assert exam.room is not None
    assert exam.room.code == "MR04"
    rooms = {one["room"]: " ".join(one["reasons"]) for one in made.explanation["rooms"]}
    assert "slew rate of MR01 is 200 T/m/s; the implant allows 125 T/m/s" in rooms["MR01"]
    assert "slew rate of MR02 is not known" in rooms["MR02"]
    assert "limits of SAR and B1+rms" in rooms["MR03"]


@pytest.mark.parametrize(
    ("mode", "outcome", "minutes"),
    [
        (OperatingMode.NORMAL, PlacementOutcome.PLACED, 15),
        (None, PlacementOutcome.PLACED, 25),
        (OperatingMode.FIRST_LEVEL_CONTROLLED, PlacementOutcome.HELD, None),
    ],
)
def test_the_planned_operating_mode_decides_whether_the_exam_is_booked(
    session: Session, mode: OperatingMode | None, outcome: PlacementOutcome, minutes: int | None
) -> None:
    make_room(
        session,
        make_site(session),
        "MR01",
        modality="MR",
        capabilities=("1.5T",),
        field_strength_tesla=1.5,
    )
    make_procedure(session, "70551", modality="MR", ionising=False, operating_mode=mode)
    patient = make_patient(session)
    facts.record(session, patient.id, [implant(sar_w_kg=2.0)], actor=ACTOR, now=NOW)
    exam = make_exam(session, patient=patient, procedure="70551")
    made = placement.place(session, exam.id, actor=ACTOR, now=NOW)
    assert made is not None
    assert made.outcome is outcome
    stay = exam.ends_at - exam.starts_at if exam.ends_at and exam.starts_at else None
    assert stay == (None if minutes is None else timedelta(minutes=minutes))
