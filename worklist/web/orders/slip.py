"""The appointment slip: one page for the patient, printed or sent by e-mail."""

from flask import Response, render_template, request, url_for
from flask_babel import force_locale
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.errors import DomainError, NotFoundError
from worklist.language.text import _
from worklist.mail import service as mail
from worklist.mail.slip import BRING, slip_of
from worklist.orders.models import ScheduledProcedureStep
from worklist.web import answers, context
from worklist.web.permissions import require


@require(Permission.SEE_SCHEDULE)
def slip(exam_id: int) -> str:
    """Show the slip, in the patient's language within a page of the reader's.

    Raises:
        NotFoundError: there is no such exam.
        DomainError: it has no slot that the patient could come to.
    """
    settings = context.current().settings
    with context.transaction() as session:
        exam = _exam(session, exam_id)
        found = slip_of(session, exam, locale=settings.locale)
        context.use_site(found.site)
        with force_locale(found.locale):
            text = render_template("orders/slip_text.html", slip=found, bring=BRING)
        return render_template(
            "orders/slip.html", exam=exam, slip=found, text=text, sends_mail=settings.sends_mail
        )


@require(Permission.BOOK)
def send(exam_id: int) -> Response:
    """Send the slip to the address of the form."""
    with context.transaction() as session:
        address = send_to(session, exam_id, request.form.get("email", ""))
        text = _("The slip is on its way to %(address)s.", address=address)
    return answers.done(text, "exam", to=url_for("exams.show", exam_id=exam_id))


def send_to(session: Session, exam_id: int, address: str) -> str:
    """Send the slip to an address and return the address.

    Raises:
        DomainError: the department sends no e-mail, or the address is none.
        NotFoundError: there is no such exam.
    """
    settings = context.current().settings
    if not settings.sends_mail:
        raise DomainError(_("This department sends no e-mail: print the slip."))
    sent = mail.send_slip(
        session,
        _exam(session, exam_id),
        address=address,
        locale=settings.locale,
        actor=context.actor(),
        now=context.now(),
    )
    return sent.address


def _exam(session: Session, exam_id: int) -> ScheduledProcedureStep:
    exam = session.get(ScheduledProcedureStep, exam_id)
    if exam is None:
        raise NotFoundError(_("There is no exam %(exam_id)s.", exam_id=exam_id))
    return exam
