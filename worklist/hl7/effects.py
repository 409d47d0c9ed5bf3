"""What a message does, inside the caller's transaction: patients first, then all the rest."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from worklist.hl7 import appointment_effects, order_effects, report_effects
from worklist.hl7.content import Content, MergeRequest, Visit
from worklist.hl7.errors import ErrorCode, Location, MessageError
from worklist.hl7.outcome import Outcome
from worklist.language.text import _
from worklist.orders import visits
from worklist.orders.models import ImagingServiceRequest, ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.patients import facts as clinical_facts
from worklist.patients import merging
from worklist.patients import service as patients
from worklist.patients.details import PatientDetails
from worklist.patients.models import Patient
from worklist.performing import service as performing
from worklist.scheduling import merged_patients
from worklist.scheduling import service as scheduling


def apply(session: Session, content: Content, *, actor: str, now: datetime) -> Outcome:
    """Do everything that the message asks for.

    Raises:
        MessageError: 101, a patient who is not known has no name; 103, the procedure is not in the
            catalogue; 204, an order is not known; 205, a number is taken; 207, the order is too
            far along.
        DomainError: the patients or the order forbid it, for the reason given.
    """
    outcome = Outcome()
    for merge in content.merges:
        outcome.about(patient_id=_merge(session, merge, outcome, actor=actor, now=now).id)
    patient = _patient(session, content, outcome, actor=actor, now=now)
    if patient is not None:
        outcome.about(patient_id=patient.id)
        if content.visit:
            _visit(session, patient, content.visit, actor=actor, now=now)
    for request in content.orders:
        order_effects.apply(session, request, patient, outcome, actor=actor, now=now)
    for appointment in content.appointments:
        appointment_effects.apply(session, appointment, patient, outcome, actor=actor, now=now)
    for report in content.reports:
        report_effects.apply(session, report, patient, outcome, actor=actor, now=now)
    return outcome


def _patient(
    session: Session, content: Content, outcome: Outcome, *, actor: str, now: datetime
) -> Patient | None:
    """Return the message's patient, registered or brought up to date, the facts recorded.

    Results change no demographics: a laboratory's copy of them may be older than ours.
    """
    details = content.patient
    if details is None:
        return None
    known = patients.find(session, details.identifiers)
    if known is None:
        return _newcomer(session, content, details, outcome, actor=actor, now=now)
    if not content.results:
        _tell_merge(session, known, details, outcome)
        patients.bring_up_to_date(session, known, details, actor=actor, now=now)
    scheduling.record_facts(session, known.id, content.facts, actor=actor, now=now)
    return known


def _newcomer(
    session: Session,
    content: Content,
    details: PatientDetails,
    outcome: Outcome,
    *,
    actor: str,
    now: datetime,
) -> Patient | None:
    """Register a patient, who has no exams yet that facts could concern."""
    if content.results and not content.facts:
        if not content.reports:
            outcome.remarks.append(_("Nobody here has this number, and no result is used here."))
        return None
    patient = _register(session, details, None, actor=actor, now=now)
    clinical_facts.record(session, patient.id, content.facts, actor=actor, now=now)
    return patient


def _register(
    session: Session, details: PatientDetails, known: Patient | None, *, actor: str, now: datetime
) -> Patient:
    if known is None and not (details.name or details.name_ideographic or details.name_phonetic):
        raise MessageError(
            _("PID-5 (patient name) is missing: a patient who is not known here yet needs one."),
            code=ErrorCode.REQUIRED_FIELD_MISSING,
            location=Location("PID", 1, 5),
        )
    return patients.bring_up_to_date(session, known, details, actor=actor, now=now)


def _tell_merge(
    session: Session, patient: Patient, details: PatientDetails, outcome: Outcome
) -> None:
    merge = merging.merge_that_moved(session, patient, details.identifiers)
    if merge is not None:
        current = patient.primary_identifier
        number = current.value if current else "another number"
        outcome.remarks.append(
            _(
                "The patient's number was merged into %(number)s on %(merged_at)s: taken for the "
                "surviving patient.",
                number=number,
                merged_at=format(merge.merged_at, "%Y-%m-%d"),
            )
        )


def _merge(
    session: Session, merge: MergeRequest, outcome: Outcome, *, actor: str, now: datetime
) -> Patient:
    """Merge or renumber; numbers that nobody has yet become the survivor's, for what is to come."""
    merged = patients.find(session, merge.merged)
    survivor = patients.find(session, merge.survivor.identifiers)
    if merge.renumbered:
        return _renumber(session, merge, merged, survivor, actor=actor, now=now)
    if merged is None or (survivor is not None and survivor.id == merged.id):
        if survivor is not None and merged is not None:
            _refuse_circle(session, survivor, merge)
            outcome.remarks.append(_("Both numbers are this patient's already: nothing to merge."))
        known = {(one.issuer, one.value) for one in merge.survivor.identifiers}
        added = tuple(one for one in merge.merged if (one.issuer, one.value) not in known)
        details = replace(merge.survivor, identifiers=merge.survivor.identifiers + added)
        return _register(session, details, survivor, actor=actor, now=now)
    details = merge.survivor
    if survivor is None and details.name is None:
        details = replace(details, name=merged.name)
    survivor = _register(session, details, survivor, actor=actor, now=now)
    merged_patients.merge(
        session, survivor_id=survivor.id, merged_id=merged.id, actor=actor, now=now
    )
    return survivor


def _refuse_circle(session: Session, patient: Patient, merge: MergeRequest) -> None:
    """Refuse to merge A into B after B went into A: who is right cannot be told from here."""
    went = merging.merge_that_moved(session, patient, merge.survivor.identifiers)
    stayed = merging.merge_that_moved(session, patient, merge.merged)
    if went is not None and stayed is None:
        raise MessageError(
            _(
                "The patient of PID-3 was merged into that of MRG-1 on %(merged_at)s: undo that "
                "merge first if it was the wrong way round.",
                merged_at=format(went.merged_at, "%Y-%m-%d"),
            ),
            code=ErrorCode.DUPLICATE_KEY,
            location=merge.location,
        )


def _renumber(
    session: Session,
    merge: MergeRequest,
    patient: Patient | None,
    other: Patient | None,
    *,
    actor: str,
    now: datetime,
) -> Patient:
    if patient is None:
        return _register(session, merge.survivor, other, actor=actor, now=now)
    if other is not None and other.id != patient.id:
        raise MessageError(
            _("The new number in PID-3 belongs to another patient: send a merge (A40) instead."),
            code=ErrorCode.DUPLICATE_KEY,
            location=Location("PID", merge.location.sequence, 3),
        )
    merging.renumber(
        session, patient, merge.merged, merge.survivor.identifiers, actor=actor, now=now
    )
    return patients.bring_up_to_date(session, patient, merge.survivor, actor=actor, now=now)


def _visit(session: Session, patient: Patient, visit: Visit, *, actor: str, now: datetime) -> None:
    """Bring open orders to where the patient is; who arrives is checked in for today's exams."""
    visits.follow_visit(
        session,
        patient.id,
        admission_id=visit.admission_id,
        location=visit.location,
        patient_class=visit.patient_class,
        actor=actor,
        now=now,
    )
    if visit.arrived:
        for order in visits.open_orders(session, patient.id, admission_id=visit.admission_id):
            for exam in _exams_today(order, now):
                performing.check_in(session, exam, actor=actor, now=now)


def _exams_today(order: ImagingServiceRequest, now: datetime) -> list[ScheduledProcedureStep]:
    return [
        exam
        for exam in order.exams
        if exam.status is StepStatus.SCHEDULED and exam.room and exam.starts_at
        and _same_day(exam.starts_at, now, exam.room.resource.site.time_zone)
    ]  # fmt: skip


def _same_day(first: datetime, second: datetime, time_zone: str) -> bool:
    zone = ZoneInfo(time_zone)
    return first.astimezone(zone).date() == second.astimezone(zone).date()
