"""Gather what the rules read: patient, exam and room as plain data."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from worklist.catalogue.models import Room
from worklist.catalogue.procedures import Procedure
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import WITH_SLOT
from worklist.patients.models import ClinicalFact, FactKind, Patient
from worklist.rules import renal
from worklist.rules.facts import (
    ContrastReaction,
    ExamFacts,
    Implant,
    ImplantSafety,
    Measurement,
    PastExam,
    PatientFacts,
    Pregnancy,
    RenalFunction,
    RoomFacts,
    Severity,
    Treatment,
)
from worklist.scheduling import history, other_exams
from worklist.scheduling.exam_facts import exam_facts
from worklist.scheduling.history import History
from worklist.scheduling.score import OtherExam
from worklist.scheduling.standing import Standing

_PREMEDICATION_LASTS = timedelta(hours=24)
_NEED_OF_TRANSPORT = {"CART": "bed", "WHLC": "wheelchair"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known about an exam and its patient, and the entries that it was read from.

    ``visits`` are where and when the patient is booked otherwise.
    """

    patient: PatientFacts
    exam: ExamFacts
    entries: tuple[ClinicalFact, ...]
    visits: tuple[OtherExam, ...]


def gather(
    session: Session,
    exam: ScheduledProcedureStep,
    now: datetime,
    standing: Standing,
    *,
    as_of: datetime | None = None,
) -> Known:
    """Return what is known: the newest fact of each kind, the order, and the patient's exams.

    ``as_of`` leaves out facts that were recorded later.
    """
    histories = history.read(session, [exam.patient_id], now, as_of=as_of)
    return known(exam, histories[exam.patient_id], now, standing)


def known(
    exam: ScheduledProcedureStep, history: History, now: datetime, standing: Standing
) -> Known:
    """Return what is known of an exam whose patient's history has been read."""
    others, no_shows = other_exams.of_patient(exam, history, standing.procedures)
    procedure = standing.procedures[exam.requested_procedure.procedure_id]
    return Known(
        patient=_patient_facts(exam, history.facts, others, no_shows),
        exam=_exam_facts(exam, procedure, history.facts, now, standing.rooms_of(exam.modality)),
        entries=tuple(history.facts),
        visits=tuple(
            OtherExam(row.site_id, row.starts_at)
            for row in history.exams
            if row.id != exam.id and row.status in WITH_SLOT
        ),
    )


def _exam_facts(
    exam: ScheduledProcedureStep,
    procedure: Procedure,
    entries: Iterable[ClinicalFact],
    now: datetime,
    rooms: Iterable[Room],
) -> ExamFacts:
    order = exam.order
    return exam_facts(
        procedure,
        priority=order.priority,
        patient_class=order.patient_class,
        ordered_at=order.ordered_at,
        premedication_started_at=_premedication(entries, now),
        laterality=exam.requested_procedure.laterality or None,
        negative_pressure=any("negative_pressure" in room.capabilities for room in rooms),
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
        slew_rate_t_m_s=room.slew_rate_t_m_s,
        spatial_gradient_t_m=room.spatial_gradient_t_m,
    )


def _premedication(entries: Iterable[ClinicalFact], now: datetime) -> datetime | None:
    """Return when premedication for this exam began; an older one was for another exam."""
    doses = (one.observed_at for one in entries if one.kind == FactKind.PREMEDICATION)
    return max((dose for dose in doses if now - dose < _PREMEDICATION_LASTS), default=None)


def _patient_facts(
    exam: ScheduledProcedureStep,
    facts: Sequence[ClinicalFact],
    others: tuple[PastExam, ...],
    no_shows: int,
) -> PatientFacts:
    patient = exam.patient
    by_kind = {fact.kind: fact for fact in sorted(facts, key=lambda fact: fact.observed_at)}
    screening = by_kind.get(FactKind.MR_SCREENING)
    return PatientFacts(
        birth_date=patient.birth_date,
        sex=patient.sex,
        weight_kg=_number(by_kind.get(FactKind.WEIGHT)),
        height_cm=_number(by_kind.get(FactKind.HEIGHT)),
        girth_cm=_number(by_kind.get(FactKind.GIRTH)),
        renal_function=_renal_function(patient, by_kind),
        acute_kidney_injury=_answer(by_kind.get(FactKind.ACUTE_KIDNEY_INJURY)),
        dialysis=_answer(by_kind.get(FactKind.DIALYSIS)),
        reactions=tuple(_reactions(facts)),
        implants=tuple(_implants(facts)),
        mr_screened_at=screening.observed_at if screening and _answer(screening) else None,
        metal_eye_injury=_answer(by_kind.get(FactKind.METAL_EYE_INJURY)),
        pregnancy=_pregnancy(by_kind.get(FactKind.PREGNANCY)),
        last_period_at=_when(by_kind.get(FactKind.LAST_PERIOD)),
        inr=_measurement(by_kind.get(FactKind.INR)),
        platelets=_measurement(by_kind.get(FactKind.PLATELETS)),
        treatments=tuple(_treatments(facts)),
        glucose_mg_dl=_number(by_kind.get(FactKind.GLUCOSE)),
        conditions=_words(facts, FactKind.CONDITION),
        medications=_words(facts, FactKind.MEDICATION),
        needs=_words(facts, FactKind.NEED) | _transport_needs(exam),
        isolation=next(iter(sorted(_words(facts, FactKind.ISOLATION))), None),
        exams=others,
        no_shows=no_shows,
    )


def _number(fact: ClinicalFact | None) -> float | None:
    return float(fact.value["number"]) if fact else None


def _measurement(fact: ClinicalFact | None) -> Measurement | None:
    if fact is None:
        return None
    return Measurement(number=float(fact.value["number"]), observed_at=fact.observed_at)


def _when(fact: ClinicalFact | None) -> datetime | None:
    return fact.observed_at if fact else None


def _treatments(facts: Iterable[ClinicalFact]) -> Iterable[Treatment]:
    for fact in facts:
        if fact.kind == FactKind.TREATMENT:
            yield Treatment(name=fact.subject, last_at=fact.observed_at)


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
                excluded_parts=tuple(fact.value.get("excluded_parts", ())),
                cardiac=fact.value["cardiac"],
                card_seen=fact.value["card_seen"],
                sar_w_kg=fact.value.get("sar_w_kg"),
                b1_rms_ut=fact.value.get("b1_rms_ut"),
                slew_rate_t_m_s=fact.value.get("slew_rate_t_m_s"),
                spatial_gradient_t_m=fact.value.get("spatial_gradient_t_m"),
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
