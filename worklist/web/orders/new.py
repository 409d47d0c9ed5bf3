"""``/orders/new``: patient, then exam, then questions and slots; nothing typed is ever lost."""

from datetime import datetime

from flask import Response, make_response, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from worklist.auth.roles import Permission
from worklist.errors import DomainError, NotFoundError
from worklist.orders.steps import find_procedure
from worklist.patients import service as patients
from worklist.patients.models import Patient
from worklist.scheduling import service as scheduling
from worklist.scheduling.slots import Slot
from worklist.vocabulary import PatientClass, Priority
from worklist.web import answers, context
from worklist.web.orders import draft as drafts
from worklist.web.orders.catalogue import find_procedures
from worklist.web.permissions import require
from worklist.web.search.queries import find
from worklist.web.templating import moment

_CONFLICT = 409


@require(Permission.BOOK)
def new() -> str:
    """Show the step that is next: the address holds the patient's id and the procedure's code."""
    with context.transaction() as session:
        context.site(session)
        patient_id = request.args.get("patient", type=int)
        if patient_id is None:
            return render_template("orders/new_patient.html", text="", found=None)
        patient = _patient(session, patient_id)
        code = request.args.get("procedure", "")
        if not code:
            text = request.args.get("q", "")
            return render_template(
                "orders/new_exam.html",
                patient=patient,
                text=text,
                procedures=find_procedures(session, text),
            )
        procedure = find_procedure(session, code)
        return _form(patient.id, procedure.code).get_data(as_text=True)


@require(Permission.BOOK)
def find_patient() -> str | AnyResponse:
    """Look for the patient; what was typed stays out of the address, for it names people."""
    text = request.form.get("q", "")
    with context.transaction() as session:
        context.site(session)
        found = find(session, text)
        patients_found = list(found.patients) or list(
            dict.fromkeys(exam.patient for exam in found.exams)
        )
        return render_template(
            "orders/new_patient.html", text=text, found=patients_found, more=found.more
        )


@require(Permission.BOOK)
def look() -> Response:
    """Show questions and slots for what the form says; nothing is kept."""
    return _form(request.form.get("patient", 0, type=int), request.form.get("procedure", ""))


@require(Permission.BOOK)
def create() -> AnyResponse:
    """Make the order, and book the slot that was chosen."""
    patient_id = request.form.get("patient", 0, type=int)
    try:
        with context.transaction() as session:
            context.site(session)
            exam_id, text = _create(session, _patient(session, patient_id))
    except scheduling.SlotTakenError as error:
        return _form(
            patient_id,
            request.form.get("procedure", ""),
            problem=str(error),
            slots=error.alternatives,
            status=_CONFLICT,
        )
    return answers.done(text, to=url_for("exams.show", exam_id=exam_id))


def _create(session: Session, patient: Patient) -> tuple[int, str]:
    draft, now, actor = drafts.read(request.form), context.now(), context.actor()
    order = scheduling.accept_order(session, patient, draft.details(now), actor=actor, now=now)
    exam = scheduling.exams_of(order)[0]
    chosen = request.form.get("slot", "")
    if not chosen:
        return exam.id, "Ordered. A room and a time are being looked for."
    room_id, starts_at = _read_slot(chosen)
    placement = scheduling.book(
        session, exam, room_id=room_id, starts_at=starts_at, actor=actor, now=now
    )
    room = placement.explanation["chosen"]["room"]
    return exam.id, f"Booked: {room}, {moment(starts_at)}."


def _form(
    patient_id: int,
    code: str,
    *,
    problem: str = "",
    slots: list[Slot] | None = None,
    status: int = 200,
) -> Response:
    """Return the form with what was typed, what the rules say to it and free slots."""
    with context.current().sessions() as session:
        context.site(session)
        patient = _patient(session, patient_id)
        procedure = find_procedure(session, code)
        values = {**request.args, **request.form, "procedure": code}
        draft = drafts.read(values)
        seen = drafts.outlook(session, patient, draft, actor=context.actor())
        name = "orders/slots.html" if answers.is_htmx() else "orders/new_details.html"
        page = render_template(
            name,
            patient=patient,
            procedure=procedure,
            draft=draft,
            typed=values,
            seen=seen,
            slots=seen.slots if slots is None else slots,
            problem=problem,
            parts=drafts.PARTS,
            priorities=list(Priority),
            classes=list(PatientClass),
        )
        session.rollback()
    response = make_response(page, status)
    if answers.is_htmx():
        response.headers["HX-Retarget"] = "#slots"
        response.headers["HX-Reswap"] = "innerHTML"
    return response


def _patient(session: Session, patient_id: int) -> Patient:
    patient = session.get(Patient, patient_id)
    if patient is None:
        raise NotFoundError(f"There is no patient {patient_id}.")
    return patients.survivor(session, patient)


def _read_slot(text: str) -> tuple[int, datetime]:
    room, _, starts_at = text.partition(" ")
    try:
        return int(room), datetime.fromisoformat(starts_at)
    except ValueError as error:
        raise DomainError(f"{text!r} is no slot: choose one of those shown.") from error
