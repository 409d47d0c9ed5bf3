"""Builders of facts for the rules' tests: a healthy outpatient and three plain exams."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from worklist.rules.evaluate import evaluate_exam, evaluate_room
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
from worklist.rules.findings import Finding
from worklist.rules.parameters import shipped
from worklist.vocabulary import Contrast, ContrastRoute

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
THRESHOLDS = shipped()

MAN = PatientFacts(birth_date=date(1981, 3, 1), sex="M")
WOMAN = replace(MAN, sex="F")

CT = ExamFacts(
    procedure_code="71260",
    modality="CT",
    body_part="CHEST",
    contrast=Contrast.IODINATED,
    contrast_route=ContrastRoute.INTRAVENOUS,
    ionising=True,
    irradiates_pelvis=False,
    dose_msv=6.0,
    duration_minutes=20,
    priority="ROUTINE",
    patient_class="O",
    ordered_at=NOW,
    power_injection=True,
)
STAT = replace(CT, priority="STAT")
WARD = replace(CT, patient_class="I")
ANGIOGRAPHY = replace(
    CT,
    modality="XA",
    contrast_route=ContrastRoute.INTRA_ARTERIAL,
    first_pass_renal=True,
    power_injection=False,
)
PLAIN_CT = replace(
    CT, contrast=Contrast.NONE, contrast_route=ContrastRoute.NONE, power_injection=False
)
PELVIS_CT = replace(PLAIN_CT, body_part="PELVIS", irradiates_pelvis=True, dose_msv=7.0)
PLAIN_MR = replace(
    PLAIN_CT, procedure_code="70551", modality="MR", body_part="BRAIN", ionising=False, dose_msv=0.0
)
MR = replace(
    PLAIN_MR,
    contrast=Contrast.GADOLINIUM_GROUP_2,
    contrast_route=ContrastRoute.INTRAVENOUS,
)
PET = replace(
    PLAIN_CT, procedure_code="78815", modality="PT", radiopharmaceutical="F-18 FDG", dose_msv=20.0
)
ULTRASOUND = replace(
    PLAIN_MR, procedure_code="76700", modality="US", body_part="ABDOMEN", ionising=False
)
MAMMOGRAPHY = replace(
    PLAIN_CT, procedure_code="77067", modality="MG", body_part="BREAST", screening=True
)


def screened(**facts: Any) -> PatientFacts:
    return replace(MAN, mr_screened_at=NOW, **facts)


def aged(years: int, **facts: Any) -> PatientFacts:
    return replace(MAN, birth_date=date(NOW.year - years, 1, 1), **facts)


def egfr(value: float, days_ago: float = 1) -> RenalFunction:
    return RenalFunction(egfr=value, observed_at=NOW - timedelta(days=days_ago))


def reacted(agent: str, *severities: Severity) -> PatientFacts:
    reactions = tuple(ContrastReaction(agent=agent, severity=one) for one in severities)
    return replace(MAN, reactions=reactions)


def expecting(weeks: int | None, days_ago: float = 0) -> PatientFacts:
    observed = NOW - timedelta(days=days_ago)
    answer = Pregnancy(pregnant=True, observed_at=observed, weeks=weeks)
    return replace(WOMAN, pregnancy=answer, mr_screened_at=NOW)


def implanted(*implants: Implant) -> PatientFacts:
    return screened(implants=implants)


def implant(safety: ImplantSafety, *tesla: float, **rest: Any) -> Implant:
    return Implant(name="clip", safety=safety, conditional_tesla=tesla, **rest)


def past(exam: ExamFacts, hours_ago: float, **rest: Any) -> PastExam:
    values: dict[str, Any] = {
        "procedure_code": exam.procedure_code,
        "modality": exam.modality,
        "body_part": exam.body_part,
        "contrast": exam.contrast,
        "starts_at": NOW - timedelta(hours=hours_ago),
        "dose_msv": exam.dose_msv,
    }
    return PastExam(**(values | rest))


def room(code: str = "CT01", *capabilities: str, **rest: Any) -> RoomFacts:
    return RoomFacts(
        code=code, modalities=frozenset(), capabilities=frozenset(capabilities), **rest
    )


def of_rule(rule: str, findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.rule == rule]


def exam_findings(rule: str, patient: PatientFacts, exam: ExamFacts) -> list[Finding]:
    return of_rule(rule, evaluate_exam(patient, exam, THRESHOLDS, NOW))


def effects(rule: str, patient: PatientFacts, exam: ExamFacts) -> list[str]:
    return [type(finding).__name__ for finding in exam_findings(rule, patient, exam)]


def room_effects(rule: str, patient: PatientFacts, exam: ExamFacts, where: RoomFacts) -> list[str]:
    found = of_rule(rule, evaluate_room(patient, exam, where, THRESHOLDS))
    return [type(finding).__name__ for finding in found]
