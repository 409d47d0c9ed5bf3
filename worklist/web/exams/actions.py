"""What people do with an exam, each one button; a reason comes from the form."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from flask import Response, request
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.errors import DomainError
from worklist.language.text import _
from worklist.orders import service as orders
from worklist.orders.models import ScheduledProcedureStep
from worklist.performing import pauses
from worklist.performing import service as performing
from worklist.scheduling import service as scheduling
from worklist.web import answers, context
from worklist.web.exams import asking
from worklist.web.permissions import require

View = Callable[[int], Response]


class Change(Protocol):
    """What a service does to an exam."""

    def __call__(
        self, session: Session, exam: ScheduledProcedureStep, *, actor: str, now: datetime
    ) -> None:
        """Do it and note who did."""


class ReasonedChange(Protocol):
    """What a service does to an exam for a reason that the exam keeps."""

    def __call__(
        self,
        session: Session,
        exam: ScheduledProcedureStep,
        *,
        reason: str,
        actor: str,
        now: datetime,
    ) -> None:
        """Do it and note who did."""


def _view(permission: Permission, text: str, change: Change) -> View:
    """Return the view that does one thing to an exam."""

    @require(permission)
    def act(exam_id: int) -> Response:
        try:
            with context.transaction() as session:
                exam = orders.get_exam(session, exam_id, version=context.version())
                change(session, exam, actor=context.actor(), now=context.now())
        except performing.OpenQuestionError:
            return asking.refused(exam_id)
        return answers.done(text, "exam")

    return act


def _reasoned(permission: Permission, text: str, change: ReasonedChange) -> View:
    """Return the view that does one thing for a reason, which must be given."""

    def with_reason(
        session: Session, exam: ScheduledProcedureStep, *, actor: str, now: datetime
    ) -> None:
        reason = request.form.get("reason", "").strip()
        if not reason:
            raise DomainError(_("Say why: whoever looks at this exam later will want to know."))
        change(session, exam, reason=reason, actor=actor, now=now)

    return _view(permission, text, with_reason)


ACTIONS: dict[str, View] = {
    "check_in": _view(Permission.CHECK_IN, _("Checked in."), performing.check_in),
    "make_ready": _view(Permission.CHECK_IN, _("Ready for the room."), performing.make_ready),
    "start": _view(Permission.PERFORM, _("Started."), performing.start),
    "complete": _view(Permission.PERFORM, _("Completed."), performing.complete),
    "discontinue": _reasoned(Permission.PERFORM, _("Discontinued."), performing.discontinue),
    "pause": _reasoned(Permission.PERFORM, _("Paused."), pauses.pause),
    "resume": _view(Permission.PERFORM, _("It goes on."), pauses.resume),
    "no_show": _reasoned(
        Permission.CHECK_IN, _("Noted: did not come. The slot is free."), scheduling.mark_no_show
    ),
    "cancel": _reasoned(Permission.BOOK, _("Cancelled. The slot is free."), scheduling.cancel_exam),
    "unschedule": _reasoned(
        Permission.BOOK,
        _("The slot is free. The exam waits in the order inbox."),
        scheduling.unschedule,
    ),
    "place": _view(
        Permission.BOOK,
        _("A room and a time are being looked for."),
        scheduling.place_automatically,
    ),
}
