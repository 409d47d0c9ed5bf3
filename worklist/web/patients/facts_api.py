"""What is known of a patient, for programs: recording a fact, reading it, ending it."""

from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.errors import DomainError, NotFoundError
from worklist.language.text import _
from worklist.patients import facts as clinical_facts
from worklist.patients import service as patients
from worklist.patients.models import ClinicalFact
from worklist.scheduling import service as scheduling
from worklist.web import context
from worklist.web.api.operations import Operations
from worklist.web.api.people import (
    Fact,
    NewFact,
)

api = Operations("Clinical facts", "What is known of a patient and judged by the rules.")


class RecordedFact(Fact):
    """A fact with whose it is."""

    patient_id: int


@api.post(
    "/patients/<int:patient_id>/facts",
    Permission.CHECK_IN,
    creates="/patients/{patient_id}/facts/{id}",
    twins="patients.add_fact",
)
def record_fact(session: Session, patient_id: int, body: NewFact) -> RecordedFact:
    """Record a fact; the patient's exams are looked at again."""
    patient = patients.get(session, patient_id)
    now = context.now()
    if body.observed_at is not None and body.observed_at > now:
        raise DomainError(_("observed_at is in the future: give the time of the result."))
    details = body.details(now)
    scheduling.record_facts(session, patient.id, [details], actor=context.actor(), now=now)
    found = clinical_facts.find(session, patient.id, details)
    return RecordedFact.model_validate(found)


@api.get("/patients/<int:patient_id>/facts/<int:fact_id>", Permission.SEE_SCHEDULE)
def read_fact(session: Session, patient_id: int, fact_id: int) -> RecordedFact:
    """Return a fact."""
    return RecordedFact.model_validate(_fact(session, patient_id, fact_id))


@api.post(
    "/patients/<int:patient_id>/facts/<int:fact_id>/end",
    Permission.CHECK_IN,
    twins="patients.end_fact",
)
def end_fact(session: Session, patient_id: int, fact_id: int) -> RecordedFact:
    """Say that a fact no longer holds."""
    fact = _fact(session, patient_id, fact_id)
    if fact.ended_at is None:
        clinical_facts.end(session, fact, actor=context.actor(), now=context.now())
    return RecordedFact.model_validate(fact)


def _fact(session: Session, patient_id: int, fact_id: int) -> ClinicalFact:
    fact = session.get(ClinicalFact, fact_id)
    if fact is None or fact.patient_id != patient_id:
        raise NotFoundError(_("This patient has no such fact."))
    return fact
