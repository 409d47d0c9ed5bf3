"""Gather what the rules read: patient, exam and room as plain data."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from worklist.catalogue.models import Room
from worklist.catalogue.procedures import Procedure
from worklist.orders.models import RequestedProcedure, ScheduledProcedureStep
from worklist.orders.status import UNDER_WAY, WITH_SLOT, StepStatus
from worklist.patients import facts as clinical_facts
from worklist.patients.models import ClinicalFact, FactKind, Patient
from worklist.rules import renal
from worklist.rules.facts import (
    ContrastReaction,
    ExamFacts,
    Implant,
    ImplantSafety,
    PastExam,
    PatientFacts,
    Pregnancy,
    RenalFunction,
    RoomFacts,
    Severity,
)

_REMEMBERED = timedelta(days=5 * 366)
_NEED_OF_TRANSPORT = {"CART": "bed", "WHLC": "wheelchair"}


def exam_facts(exam: ScheduledProcedureStep) -> ExamFacts:
    """Return what the rules read of the exam, its procedure and its order."""
    procedure, order = exam.procedure, exam.order
    return ExamFacts(
        procedure_code=procedure.code,
        modality=procedure.modality,
        body_part=procedure.body_part,
        contrast=procedure.contrast,
        contrast_route=procedure.contrast_route,
        ionising=procedure.ionising,
        irradiates_pelvis=procedure.irradiates_pelvis,
        dose_msv=procedure.dose_msv,
        duration_minutes=procedure.duration_minutes,
        priority=order.priority,
        patient_class=order.patient_class,
        ordered_at=order.ordered_at,
        screening=procedure.screening,
        radiopharmaceutical=procedure.radiopharmaceutical,
        needs_sedation=procedure.needs_sedation,
        power_injection=procedure.power_injection,
        first_pass_renal=procedure.first_pass_renal,
        laterality=exam.requested_procedure.laterality or None,
    )


def room_facts(room: Room) -> RoomFacts:
    """Return what the rules read of a room."""
    return RoomFacts(
        code=room.code,
        modalities=frozenset(room.modalities),
        capabilities=frozenset(room.capabilities),
        table_limit_kg=room.table_limit_kg,
        field_strength_tesla=room.field_strength_tesla,
        bore_cm=room.bore_cm,
    )


def patient_facts(session: Session, exam: ScheduledProcedureStep, now: datetime) -> PatientFacts:
    """Return what is known of the exam's patient: the newest fact of each kind, and past exams."""
    patient = exam.patient
    facts = clinical_facts.current(session, patient.id)
    by_kind = {fact.kind: fact for fact in sorted(facts, key=lambda fact: fact.observed_at)}
    screening = by_kind.get(FactKind.MR_SCREENING)
    return PatientFacts(
        birth_date=patient.birth_date,
        sex=patient.sex,
        weight_kg=_number(by_kind.get(FactKind.WEIGHT)),
        height_cm=_number(by_kind.get(FactKind.HEIGHT)),
        renal_function=_renal_function(patient, by_kind),
        acute_kidney_injury=_answer(by_kind.get(FactKind.ACUTE_KIDNEY_INJURY)),
        dialysis=_answer(by_kind.get(FactKind.DIALYSIS)),
        reactions=tuple(_reactions(facts)),
        implants=tuple(_implants(facts)),
        mr_screened_at=screening.observed_at if screening and _answer(screening) else None,
        metal_eye_injury=_answer(by_kind.get(FactKind.METAL_EYE_INJURY)),
        pregnancy=_pregnancy(by_kind.get(FactKind.PREGNANCY)),
        glucose_mg_dl=_number(by_kind.get(FactKind.GLUCOSE)),
        conditions=_words(facts, FactKind.CONDITION),
        medications=_words(facts, FactKind.MEDICATION),
        needs=_words(facts, FactKind.NEED) | _transport_needs(exam),
        isolation=next(iter(sorted(_words(facts, FactKind.ISOLATION))), None),
        exams=tuple(_other_exams(session, exam, now)),
    )


def _number(fact: ClinicalFact | None) -> float | None:
    return float(fact.value["number"]) if fact else None


def _answer(fact: ClinicalFact | None) -> bool | None:
    return bool(fact.value["answer"]) if fact else None


def _words(facts: Iterable[ClinicalFact], kind: FactKind) -> frozenset[str]:
    return frozenset(fact.subject for fact in facts if fact.kind == kind)


def _transport_needs(exam: ScheduledProcedureStep) -> frozenset[str]:
    need = _NEED_OF_TRANSPORT.get(exam.order.transport)
    return frozenset({need} if need else ())


def _reactions(facts: Iterable[ClinicalFact]) -> Iterable[ContrastReaction]:
    for fact in facts:
        if fact.kind == FactKind.CONTRAST_REACTION:
            yield ContrastReaction(agent=fact.subject, severity=Severity(fact.value["severity"]))


def _implants(facts: Iterable[ClinicalFact]) -> Iterable[Implant]:
    for fact in facts:
        if fact.kind == FactKind.IMPLANT:
            yield Implant(
                name=fact.subject,
                safety=ImplantSafety(fact.value["safety"]),
                conditional_tesla=tuple(fact.value["conditional_tesla"]),
                cardiac=fact.value["cardiac"],
                card_seen=fact.value["card_seen"],
            )


def _pregnancy(fact: ClinicalFact | None) -> Pregnancy | None:
    if fact is None:
        return None
    return Pregnancy(
        pregnant=fact.value["answer"],
        observed_at=fact.observed_at,
        weeks=fact.value.get("weeks"),
    )


def _renal_function(
    patient: Patient, by_kind: dict[FactKind, ClinicalFact]
) -> RenalFunction | None:
    """Return the newest eGFR: reported, or computed from a newer creatinine."""
    reported, creatinine = by_kind.get(FactKind.EGFR), by_kind.get(FactKind.CREATININE)
    if creatinine and (reported is None or creatinine.observed_at > reported.observed_at):
        egfr = _egfr_of_creatinine(patient, creatinine, by_kind.get(FactKind.HEIGHT))
        if egfr is not None:
            return RenalFunction(egfr=egfr, observed_at=creatinine.observed_at)
    if reported is None:
        return None
    return RenalFunction(egfr=float(reported.value["number"]), observed_at=reported.observed_at)


def _egfr_of_creatinine(
    patient: Patient, creatinine: ClinicalFact, height: ClinicalFact | None
) -> float | None:
    if patient.birth_date is None:
        return None
    age = _age(patient.birth_date, creatinine.observed_at.date())
    return renal.egfr(float(creatinine.value["number"]), age, patient.sex, _number(height))


def _age(birth_date: date, on: date) -> int:
    return on.year - birth_date.year - ((on.month, on.day) < (birth_date.month, birth_date.day))


def _other_exams(
    session: Session, exam: ScheduledProcedureStep, now: datetime
) -> Iterable[PastExam]:
    when = func.coalesce(ScheduledProcedureStep.started_at, ScheduledProcedureStep.starts_at)
    rows = session.execute(
        select(Procedure, RequestedProcedure.laterality, when)
        .select_from(ScheduledProcedureStep)
        .join(RequestedProcedure)
        .join(Procedure)
        .where(
            ScheduledProcedureStep.patient_id == exam.patient_id,
            ScheduledProcedureStep.id != exam.id,
            ScheduledProcedureStep.status.in_(WITH_SLOT | UNDER_WAY | {StepStatus.COMPLETED}),
            when > now - _REMEMBERED,
        )
    )
    for procedure, laterality, moment in rows:
        yield PastExam(
            procedure_code=procedure.code,
            modality=procedure.modality,
            body_part=procedure.body_part,
            contrast=procedure.contrast,
            starts_at=moment,
            dose_msv=procedure.dose_msv,
            laterality=laterality or None,
        )
