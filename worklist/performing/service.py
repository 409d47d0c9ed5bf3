"""What people do on the day of the exam: check in, make ready, start, complete, discontinue."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from worklist.errors import DomainError
from worklist.language.text import _
from worklist.orders import service as orders
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import UNDER_WAY, WITH_SLOT, StepStatus
from worklist.orders.steps import OrderStateError
from worklist.performing import progress

_RESUMED_FROM = frozenset({StepStatus.COMPLETED, StepStatus.DISCONTINUED})


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A question that a rule asks: its number, and of whom it is asked."""

    id: int
    rule: str
    role: str
    question: str


class OpenQuestionError(DomainError):
    """Questions that rules ask have to be answered, or overridden, before the exam."""

    def __init__(self, questions: Sequence[OpenQuestion]) -> None:
        told = " ".join(one.question for one in questions)
        super().__init__(_("To be answered before the room: %(questions)s", questions=told))
        self.questions = questions


def check_in(session: Session, exam: ScheduledProcedureStep, *, actor: str, now: datetime) -> None:
    """Note that the patient has come.

    Raises:
        OrderStateError: the exam has no slot, has started or is finished.
    """
    _require(exam, WITH_SLOT, _("be checked in"))
    if exam.status is StepStatus.SCHEDULED:
        exam.arrived_at = now
        orders.set_status(session, exam, StepStatus.ARRIVED, actor=actor, now=now)


def make_ready(
    session: Session, exam: ScheduledProcedureStep, *, actor: str, now: datetime
) -> None:
    """Note that the patient is prepared and waits for the room; whoever is ready has come.

    Raises:
        OrderStateError: the exam has no slot, has started or is finished.
        OpenQuestionError: a rule's question is still open.
    """
    _require(exam, WITH_SLOT, _("be made ready"))
    _require_no_question(exam)
    exam.arrived_at = exam.arrived_at or now
    orders.set_status(session, exam, StepStatus.READY, actor=actor, now=now)


def start(session: Session, exam: ScheduledProcedureStep, *, actor: str, now: datetime) -> None:
    """Start the exam, or go on with one that was ended too early.

    Raises:
        OrderStateError: the exam has no slot yet, or is cancelled.
        OpenQuestionError: a rule's question is still open and the exam has not begun.
    """
    if exam.status is StepStatus.STARTED:
        return
    _require(exam, WITH_SLOT | UNDER_WAY | _RESUMED_FROM, _("be started"))
    if exam.status in WITH_SLOT:
        _require_no_question(exam)
    exam.arrived_at = exam.arrived_at or now
    _mark(session, exam, StepStatus.STARTED, actor=actor, now=now)


def complete(session: Session, exam: ScheduledProcedureStep, *, actor: str, now: datetime) -> None:
    """Say that the exam is done, also where the scanner reports nothing or forgets to.

    Raises:
        OrderStateError: the exam has no slot, or is cancelled or discontinued.
        OpenQuestionError: a rule's question is still open and the exam has not begun.
    """
    if exam.status is StepStatus.COMPLETED:
        return
    _require(exam, WITH_SLOT | UNDER_WAY, _("be completed"))
    if exam.status in WITH_SLOT:
        _require_no_question(exam)
    exam.arrived_at = exam.arrived_at or now
    _mark(session, exam, StepStatus.COMPLETED, actor=actor, now=now)


def discontinue(
    session: Session, exam: ScheduledProcedureStep, *, reason: str, actor: str, now: datetime
) -> None:
    """Say that the exam was broken off, and why.

    Raises:
        DomainError: no reason is given.
        OrderStateError: the exam has not started, or is finished.
    """
    if not reason.strip():
        raise DomainError(
            _("An exam that is discontinued needs a reason: say why it was broken off.")
        )
    if exam.status is StepStatus.DISCONTINUED:
        return
    _require(exam, UNDER_WAY, _("be discontinued"))
    _mark(session, exam, StepStatus.DISCONTINUED, actor=actor, now=now, reason=reason.strip())


def _require(exam: ScheduledProcedureStep, present: frozenset[StepStatus], verb: str) -> None:
    if exam.status not in present:
        raise OrderStateError(
            _("An exam that is %(status)s cannot %(verb)s.", status=exam.status, verb=verb)
        )


def _require_no_question(exam: ScheduledProcedureStep) -> None:
    questions = [
        OpenQuestion(hold.id, hold.rule, hold.role, hold.question) for hold in exam.open_holds
    ]
    if questions:
        raise OpenQuestionError(questions)


def _mark(
    session: Session,
    exam: ScheduledProcedureStep,
    status: StepStatus,
    *,
    actor: str,
    now: datetime,
    reason: str = "",
) -> None:
    exam.marked_status, exam.marked_at = status, now
    progress.follow(session, exam, actor=actor, now=now, reason=reason)
