"""Begin a report: the templates that fit a procedure, filled in from what was done."""

from datetime import tzinfo

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from worklist.catalogue.procedures import Procedure
from worklist.catalogue.report_templates import ReportTemplate
from worklist.errors import NotFoundError
from worklist.language.text import _
from worklist.orders.models import RequestedProcedure, ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.performing import contrast, doses, hand_doses

_SIDES = {"L": "left", "R": "right", "B": "both sides"}


def fitting(session: Session, procedure: Procedure) -> list[ReportTemplate]:
    """Return the templates in use that are for the procedure, the most particular first."""
    rows = session.scalars(
        select(ReportTemplate).where(ReportTemplate.active).order_by(ReportTemplate.name)
    )
    found = [(rank, row) for row in rows if (rank := _fits(row, procedure)) is not None]
    return [row for _rank, row in sorted(found, key=lambda one: -one[0])]


def begin(
    session: Session, template_id: int, requested: RequestedProcedure, *, zone: tzinfo
) -> str:
    """Return the template's text with everything filled in that the exam tells.

    Days are told in ``zone``.

    Raises:
        NotFoundError: there is no such template.
    """
    template = session.get(ReportTemplate, template_id)
    if template is None:
        raise NotFoundError(_("There is no such report template."))
    order = requested.order
    filled = template.content.format(
        procedure=requested.description,
        side=_SIDES.get(requested.laterality, ""),
        reason=order.reason or "not given",
        clinical_information=order.clinical_information,
        contrast=_contrast(session, requested),
        dose=_dose(session, requested),
        comparison=_comparison(session, requested, zone),
    )
    return filled.strip()


def _fits(template: ReportTemplate, procedure: Procedure) -> int | None:
    """Return how particular the template is to the procedure; None where it is for others."""
    if template.procedures:
        return 3 if procedure.code in template.procedures else None
    if template.modality not in {None, procedure.modality}:
        return None
    if template.body_part not in {None, procedure.body_part}:
        return None
    return (template.modality is not None) + (template.body_part is not None)


def _contrast(session: Session, requested: RequestedProcedure) -> str:
    given = [str(one) for exam in requested.steps for one in contrast.of_exam(session, exam.id)]
    return f"Contrast: {', '.join(dict.fromkeys(given))}" if given else "No contrast given"


def _dose(session: Session, requested: RequestedProcedure) -> str:
    told = [str(one) for exam in requested.steps for one in doses.of_exam(session, exam.id)]
    by_hand = [hand_doses.of_exam(session, exam.id) for exam in requested.steps]
    told += [str(one) for one in by_hand if one is not None]
    return f"Dose: {', '.join(filter(None, told))}" if any(told) else "No dose reported"


def _comparison(session: Session, requested: RequestedProcedure, zone: tzinfo) -> str:
    """Return the patient's newest earlier exam of the same body part."""
    exam = ScheduledProcedureStep
    earlier = session.scalar(
        select(exam)
        .join(exam.requested_procedure)
        .join(RequestedProcedure.procedure)
        .where(
            exam.patient_id == requested.order.patient_id,
            exam.requested_procedure_id != requested.id,
            exam.status == StepStatus.COMPLETED,
            Procedure.body_part == requested.procedure.body_part,
        )
        .options(joinedload(exam.requested_procedure))
        .order_by(exam.ended_at.desc())
        .limit(1)
    )
    if earlier is None or earlier.ended_at is None:
        return "none"
    day = earlier.ended_at.astimezone(zone).date()
    return f"{earlier.requested_procedure.description} of {day:%Y-%m-%d}"
