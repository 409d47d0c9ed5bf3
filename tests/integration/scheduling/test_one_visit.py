"""A patient who comes for one exam is given the other on the same day."""

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
from worklist.scheduling.placement import place
from worklist.vocabulary import PatientClass, Priority

# NOW is a Tuesday; with a day of notice the patient could be there from Wednesday at 9:00.
FRIDAY = 5


def test_a_routine_patient_comes_once_though_one_exam_could_be_two_days_earlier(
    session: Session,
) -> None:
    site = make_site(session)
    make_room(session, site, "CT01")
    make_room(session, site, "US01", modality="US", weekdays=(FRIDAY,))
    make_procedure(session)
    make_procedure(session, "76700", modality="US", body_part="ABDOMEN", ionising=False)
    patient = make_patient(session)
    sound, scan = (
        make_exam(
            session,
            patient=patient,
            procedure=code,
            priority=Priority.ROUTINE,
            patient_class=PatientClass.OUTPATIENT,
        )
        for code in ("76700", "71250")
    )
    for exam in (sound, scan):
        place(session, exam.id, actor=ACTOR, now=NOW)
    assert sound.starts_at is not None
    assert scan.starts_at is not None
    assert sound.starts_at.isoweekday() == FRIDAY
    assert scan.starts_at.date() == sound.starts_at.date()
