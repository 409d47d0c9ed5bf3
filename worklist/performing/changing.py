"""Another procedure was done than was ordered: the exam becomes that one, with its trail."""

from collections.abc import Hashable
from datetime import datetime

from sqlalchemy.orm import Session

from worklist import nudge
from worklist.audit import service as audit
from worklist.errors import ConflictError, DomainError
from worklist.language.text import _
from worklist.orders import steps, trail
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import UNDER_WAY, WITH_SLOT, StepStatus
from worklist.orders.steps import OrderStateError
from worklist.performing.progress import ADMIT_TASK
from worklist.rules.findings import Hold
from worklist.rules.serialise import essence, to_json
from worklist.scheduling import reassessment
from worklist.scheduling.assessment import assess

_CHANGED_WHILE = WITH_SLOT | UNDER_WAY | {StepStatus.COMPLETED}


def change_procedure(
    session: Session,
    exam: ScheduledProcedureStep,
    code: str,
    *,
    reason: str,
    actor: str,
    now: datetime,
) -> None:
    """Say which of the catalogue's procedures is done, or was, instead of the ordered one.

    The scanner's worklist, the reading and other systems follow. The rules are asked of the other
    procedure: a booked exam gets its questions, one under way is not changed against them.

    Raises:
        ConflictError: it is that procedure already.
        DomainError: no reason is given, the room does not do it, or a rule speaks against it.
        OrderStateError: the exam has no slot yet, or did not take place.
        UnknownProcedureError: the catalogue has no such procedure.
    """
    if not reason.strip():
        raise DomainError(_("Say why another procedure is done than was ordered."))
    if exam.status not in _CHANGED_WHILE:
        raise OrderStateError(_("Only an exam with a slot, under way or done can become another."))
    procedure = steps.find_procedure(session, code)
    requested, previous = exam.requested_procedure, exam.procedure
    if procedure.id == previous.id:
        raise ConflictError(_("The exam is that procedure already."))
    if exam.room is not None and procedure.modality not in exam.room.modalities:
        raise DomainError(
            _(
                "%(room)s does no %(modality)s: cancel this exam and order the other one.",
                room=exam.room.code,
                modality=procedure.modality,
            )
        )
    booked = reassessment.judge_booked(session, exam.patient_id, now=now)
    objections = _objections(session, exam, now)
    requested.procedure = procedure
    requested.description = procedure.name
    for step in requested.steps:
        step.description, step.modality = procedure.name, procedure.modality
    session.flush()
    found = _objections(session, exam, now)
    if new := [text for ground, text in found.items() if ground not in objections]:
        raise DomainError(_("The rules speak against it: %(why)s", why=" ".join(new)))
    _record(session, exam, previous.code, reason.strip(), actor=actor, now=now)
    reassessment.look_again(session, booked, actor=actor, now=now)
    if exam.status is StepStatus.COMPLETED:
        nudge.task(session, ADMIT_TASK, requested.id)


def _objections(
    session: Session, exam: ScheduledProcedureStep, now: datetime
) -> dict[Hashable, str]:
    """Return what forbids an exam that is under way, and what is still to be asked, in words."""
    if exam.status not in UNDER_WAY:
        return {}
    found = assess(session, exam, now=now)
    return {
        essence(to_json(one)): one.question if isinstance(one, Hold) else one.text
        for one in (*found.blocks, *found.questions)
    }


def _record(
    session: Session,
    exam: ScheduledProcedureStep,
    previous: str,
    reason: str,
    *,
    actor: str,
    now: datetime,
) -> None:
    trail.record(
        session,
        exam,
        "exam.procedure_changed",
        actor=actor,
        now=now,
        previous=previous,
        procedure=exam.procedure.code,
        reason=reason,
    )
    audit.record(
        session,
        "order.changed",
        actor=actor,
        now=now,
        patient_id=exam.patient_id,
        order_id=exam.order.id,
        changed=["procedure"],
    )
    session.flush()
