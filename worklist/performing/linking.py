"""Find the exams and the patient that a performed step belongs to."""

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from worklist.orders.models import (
    ImagingServiceRequest,
    RequestedProcedure,
    ScheduledProcedureStep,
)
from worklist.orders.status import FINAL, StepStatus
from worklist.patients import service as patients
from worklist.patients.models import Patient, PatientIdentifier
from worklist.performing.reports import PerformedReport, ScheduledLink


def find_exams(session: Session, report: PerformedReport) -> list[ScheduledProcedureStep]:
    """Return the exams that the report's scheduled steps name, locked, each once.

    An item names an exam by its SPS ID, unless its accession number is that of another order;
    otherwise by accession number, otherwise by Study Instance UID, where one exam of the modality
    fits and no other. What stays in doubt is left for a person to link.
    """
    ids = {
        exam_id
        for link in report.links
        if (exam_id := _exam_id(session, link, report.modality)) is not None
    }
    exam = ScheduledProcedureStep
    return list(
        session.scalars(
            select(exam)
            .where(exam.id.in_(ids))
            .order_by(exam.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )


def find_patient(
    session: Session, report: PerformedReport, exams: Sequence[ScheduledProcedureStep]
) -> Patient | None:
    """Return the exams' patient, else the one with the reported number if it is only one's."""
    if exams:
        return exams[0].patient
    if not report.patient_id:
        return None
    return patient_of_number(session, report.patient_id, report.patient_id_issuer)


def patient_of_number(session: Session, number: str, issuer: str = "") -> Patient | None:
    """Return the patient with the number, by any issuer where none is named; None with several."""
    statement = select(Patient).join(PatientIdentifier).where(PatientIdentifier.value == number)
    if issuer:
        statement = statement.where(PatientIdentifier.issuer == issuer)
    found = {patients.survivor(session, one) for one in session.scalars(statement.distinct())}
    return found.pop() if len(found) == 1 else None


def exam_of_accession(
    session: Session, accession_number: str, modality: str
) -> ScheduledProcedureStep | None:
    """Return the one exam of the order that fits a step of this modality, locked."""
    condition = ImagingServiceRequest.accession_number == accession_number
    exam_id = _only(_candidates(session, condition), modality)
    if exam_id is None:
        return None
    return session.get(
        ScheduledProcedureStep, exam_id, with_for_update=True, populate_existing=True
    )


def is_of_patient(exam: ScheduledProcedureStep, report: PerformedReport) -> bool:
    """Return whether the reported patient number, where there is one, is of the exam's patient."""
    numbers = {identifier.value for identifier in exam.patient.identifiers}
    return not report.patient_id or report.patient_id in numbers


def _exam_id(session: Session, link: ScheduledLink, modality: str) -> int | None:
    if link.scheduled_procedure_step_id:
        condition = (
            ScheduledProcedureStep.scheduled_procedure_step_id == link.scheduled_procedure_step_id
        )
        for exam_id, _, _, accession_number in _candidates(session, condition):
            if link.accession_number in {"", accession_number}:
                return exam_id
    if link.accession_number:
        condition = ImagingServiceRequest.accession_number == link.accession_number
        found = _only(_candidates(session, condition), modality)
        if found is not None:
            return found
    condition = RequestedProcedure.study_instance_uid == link.study_instance_uid
    return _only(_candidates(session, condition), modality)


_Candidate = tuple[int, str, StepStatus, str]


def _candidates(session: Session, condition: ColumnElement[bool]) -> list[_Candidate]:
    """Return id, modality, status and accession number of the exams."""
    statement = (
        select(
            ScheduledProcedureStep.id,
            ScheduledProcedureStep.modality,
            ScheduledProcedureStep.status,
            ImagingServiceRequest.accession_number,
        )
        .join(ScheduledProcedureStep.requested_procedure)
        .join(RequestedProcedure.order)
        .where(condition)
    )
    return list(session.execute(statement).all())


def _only(candidates: Iterable[_Candidate], modality: str) -> int | None:
    """Return the one that fits: of the modality, else any; not finished, else any."""
    fitting = list(candidates)
    of_modality = [one for one in fitting if one[1] == modality]
    fitting = of_modality or fitting
    unfinished = [one for one in fitting if one[2] not in FINAL]
    fitting = unfinished or fitting
    return fitting[0][0] if len(fitting) == 1 else None
