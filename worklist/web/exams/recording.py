"""What a technologist writes down of an exam: contrast given, dose, another procedure done."""

from datetime import datetime

from flask import Response, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.catalogue.procedures import Procedure
from worklist.errors import ConflictError, DomainError
from worklist.language.text import _
from worklist.orders import service as orders
from worklist.orders.models import ScheduledProcedureStep
from worklist.patients.contrast import ReactionSeverity
from worklist.performing import changing, contrast, hand_doses
from worklist.performing.reports import Dose, GivenContrast
from worklist.reading.models import ReadingStatus, ReadingTask
from worklist.vocabulary import ContrastRoute
from worklist.web import answers, context
from worklist.web.permissions import require
from worklist.web.times import read_optional_moment

_TOPIC = "exam"
_LARGEST = 1_000_000.0


@require(Permission.PERFORM)
def contrast_form(exam_id: int) -> str:
    """Ask what contrast was given."""
    with context.transaction() as session:
        exam = _shown(session, exam_id)
        return _form(
            "contrast",
            exam=exam,
            routes=[one for one in ContrastRoute if one is not ContrastRoute.NONE],
            reactions=list(ReactionSeverity),
        )


@require(Permission.PERFORM)
def give_contrast(exam_id: int) -> Response:
    """Keep what contrast was given; a reaction is known of the patient from now on."""
    reaction = request.form.get("reaction", "")
    with context.transaction() as session:
        exam = _locked(session, exam_id)
        row = contrast.give(
            session,
            exam,
            GivenContrast(
                agent=request.form.get("agent", ""),
                route=request.form.get("route", ""),
                volume_ml=_number("volume_ml", _("the volume")),
            ),
            lot=request.form.get("lot", ""),
            reaction=ReactionSeverity(reaction) if reaction in set(ReactionSeverity) else None,
            note=request.form.get("note", ""),
            given_at=_given_at(),
            actor=context.actor(),
            now=context.now(),
        )
        reacted = row.reaction not in {None, ReactionSeverity.NONE}
        text = _("Recorded: %(what)s.", what=str(row))
        if reacted and row.medium is None:
            text = _("Recorded. No rule knows this agent: add the reaction to the patient's facts.")
    return answers.done(text, _TOPIC)


@require(Permission.PERFORM)
def withdraw_contrast(exam_id: int, given_id: int) -> Response:
    """Take back what was recorded of this exam by mistake."""
    with context.transaction() as session:
        _locked(session, exam_id)
        contrast.withdraw(session, given_id, actor=context.actor(), now=context.now())
    return answers.done(_("Taken back."), _TOPIC)


@require(Permission.PERFORM)
def dose_form(exam_id: int) -> str:
    """Ask for the dose that the scanner did not tell."""
    with context.transaction() as session:
        exam = _shown(session, exam_id)
        return _form("dose", exam=exam, dose=hand_doses.of_exam(session, exam_id))


@require(Permission.PERFORM)
def enter_dose(exam_id: int) -> Response:
    """Keep the dose."""
    exposures = _number("exposures", _("exposures"))
    if exposures is not None and not exposures.is_integer():
        raise DomainError(_("Exposures are counted: give a whole number."))
    dose = Dose(
        ctdi_vol_mgy=_number("ctdi_vol_mgy", "CTDIvol"),
        dlp_mgy_cm=_number("dlp_mgy_cm", "DLP"),
        dap_dgy_cm2=_number("dap_dgy_cm2", "DAP"),
        fluoroscopy_seconds=_number("fluoroscopy_seconds", _("fluoroscopy")),
        exposures=None if exposures is None else int(exposures),
    )
    with context.transaction() as session:
        exam = _locked(session, exam_id)
        row = hand_doses.enter(session, exam, dose, actor=context.actor(), now=context.now())
        text = _("Recorded: %(what)s.", what=str(row))
    return answers.done(text, _TOPIC)


@require(Permission.PERFORM)
def procedure_form(exam_id: int) -> str:
    """Ask which procedure is done instead: one that the room does."""
    with context.transaction() as session:
        exam = _shown(session, exam_id)
        modalities = exam.room.modalities if exam.room else [exam.modality]
        others = session.scalars(
            select(Procedure)
            .where(
                Procedure.active,
                Procedure.modality.in_(modalities),
                Procedure.id != exam.procedure.id,
            )
            .order_by(Procedure.body_part != exam.procedure.body_part, Procedure.name)
        ).all()
        return _form("procedure", exam=exam, others=others)


@require(Permission.PERFORM)
def change_procedure(exam_id: int) -> Response:
    """Make the exam the procedure that is done."""
    with context.transaction() as session:
        context.site(session)
        exam = _locked(session, exam_id)
        require_unread(session, exam)
        changing.change_procedure(
            session,
            exam,
            request.form.get("code", ""),
            reason=request.form.get("reason", ""),
            actor=context.actor(),
            now=context.now(),
        )
        text = _("It is %(name)s now.", name=exam.procedure.name)
    return answers.done(text, _TOPIC, "hold")


def require_unread(session: Session, exam: ScheduledProcedureStep) -> None:
    """Refuse to change an exam whose report is there.

    Raises:
        ConflictError: it has been read.
    """
    read = session.scalar(
        select(ReadingTask.id).where(
            ReadingTask.requested_procedure_id == exam.requested_procedure_id,
            ReadingTask.status == ReadingStatus.READ,
        )
    )
    if read is not None:
        raise ConflictError(_("This exam has been read: tell the reader, who adds to the report."))


def _form(name: str, **shown: object) -> str:
    """Return a form alone for the dialog, else as a page."""
    part = f"exams/{name}_form.html"
    return render_template(
        part if answers.is_htmx() else "exams/form_page.html", part=part, **shown
    )


def _shown(session: Session, exam_id: int) -> ScheduledProcedureStep:
    context.site(session)
    return orders.get_exam(session, exam_id)


def _locked(session: Session, exam_id: int) -> ScheduledProcedureStep:
    context.site(session)
    return orders.get_exam(session, exam_id, version=context.version())


def _number(name: str, called: str) -> float | None:
    """Read a number of the form; None where it is left out.

    Raises:
        DomainError: it is not a number.
    """
    text = request.form.get(name, "").strip().replace(",", ".")
    if not text:
        return None
    try:
        number = float(text)
    except ValueError as error:
        raise DomainError(
            _("%(text)s is not a number for %(name)s.", text=repr(text), name=called)
        ) from error
    if not 0 < number < _LARGEST:
        raise DomainError(_("%(name)s is out of range.", name=called))
    return number


def _given_at() -> datetime | None:
    """Read when it was given; None, which means now, where it is left out."""
    at = read_optional_moment(request.form.get("given_at", ""))
    if at is not None and at > context.now():
        raise DomainError(_("That time is still to come."))
    return at
