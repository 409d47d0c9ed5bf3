"""Keep a filled screening form and make its answers facts."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from worklist.orders import trail
from worklist.orders.models import ScheduledProcedureStep
from worklist.patients import facts as clinical_facts
from worklist.patients.details import FactDetails
from worklist.patients.models import ClinicalFact, FactKind, FactOrigin
from worklist.scheduling import service as scheduling
from worklist.screening import answers
from worklist.screening.forms import Form
from worklist.screening.models import FilledForm


def submit(
    session: Session,
    exam: ScheduledProcedureStep,
    form: Form,
    given: Mapping[str, str],
    *,
    zone: ZoneInfo,
    actor: str,
    now: datetime,
) -> FilledForm:
    """Keep the answers, record the facts that they are, and look at the patient's exams again.

    A no ends what an earlier form said; what an order, the laboratory or a person said stays, and
    so does an implant whose label is known already.

    Raises:
        AnswerError: an answer is missing or cannot be read; nothing is kept.
        FactError: a number is out of range.
    """
    outcome = answers.read(form, given, zone=zone, now=now)
    known = clinical_facts.current(session, exam.patient_id)
    filled = FilledForm(
        patient_id=exam.patient_id,
        exam_id=exam.id,
        form=form.code,
        answers=outcome.answers,
        recorded_by=actor,
        filled_at=now,
    )
    session.add(filled)
    trail.record(
        session,
        exam,
        "screening.filled",
        actor=actor,
        now=now,
        form=form.code,
    )
    labelled = {one.subject for one in known if _is_labelled(one)}
    scheduling.record_facts(
        session,
        exam.patient_id,
        [one for one in outcome.facts if not _is_known_better(one, labelled)],
        ended=[
            one
            for one in known
            if one.origin is FactOrigin.SCREENING_FORM and (one.kind, one.subject) in outcome.denied
        ],
        actor=actor,
        now=now,
    )
    return filled


def _is_labelled(fact: ClinicalFact) -> bool:
    return fact.kind is FactKind.IMPLANT and fact.value["safety"] != "unknown"


def _is_known_better(fact: FactDetails, labelled: set[str]) -> bool:
    return fact.kind is FactKind.IMPLANT and fact.subject in labelled
