"""``/orders/new``: patient, then exam, then questions and slots; nothing typed is ever lost."""

from flask import Response, make_response, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from worklist.auth.roles import Permission
from worklist.errors import DomainError
from worklist.language.text import _
from worklist.patients import service as patients
from worklist.patients.models import Patient
from worklist.scheduling import service as scheduling
from worklist.vocabulary import PatientClass, Priority
from worklist.web import answers, context
from worklist.web.day_parts import choices
from worklist.web.orders import draft as drafts
from worklist.web.orders.catalogue import find_procedures
from worklist.web.orders.outlook import make_orders, outlook, read_offer
from worklist.web.orders.repeated import made_already
from worklist.web.permissions import require
from worklist.web.search.queries import find
from worklist.web.templating import moment

_CONFLICT = 409


@require(Permission.BOOK)
def new() -> str | Response:
    """Show the step that is next: the address holds the patient's id and the exams' codes."""
    patient_id = request.args.get("patient", type=int)
    codes = [code for code in request.args.getlist("procedure") if code]
    if patient_id is None:
        return render_template("orders/new_patient.html", text="", found=None)
    if codes and "more" not in request.args:
        return _form(patient_id)
    with context.transaction() as session:
        context.site(session)
        text = request.args.get("q", "")
        return render_template(
            "orders/new_exam.html",
            patient=patients.get_survivor(session, patient_id),
            text=text,
            chosen=codes,
            procedures=find_procedures(session, text),
        )


@require(Permission.BOOK)
def find_patient() -> str | AnyResponse:
    """Look for the patient; what was typed stays out of the address, for it names people."""
    text = request.form.get("q", "")
    with context.transaction() as session:
        context.site(session)
        found = find(session, text, after=request.form.get("after", type=int))
        patients_found = list(found.patients) or list(
            dict.fromkeys(exam.patient for exam in found.exams)
        )
        return render_template(
            "orders/new_patient.html",
            text=text,
            found=patients_found,
            after=found.after,
            crowd=found.crowd,
        )


@require(Permission.BOOK)
def look() -> Response:
    """Show questions and slots for what the form says; nothing is kept."""
    return _form(request.form.get("patient", 0, type=int))


@require(Permission.BOOK)
def create() -> AnyResponse:
    """Make the order of each exam, and book what was chosen: all of it, or nothing is made."""
    patient_id = request.form.get("patient", 0, type=int)
    try:
        with context.transaction() as session:
            context.site(session)
            exam_id, text = _create(session, patients.get_survivor(session, patient_id))
    except scheduling.SlotTakenError as error:
        return _form(patient_id, problem=str(error), status=_CONFLICT)
    return answers.done(text, to=url_for("exams.show", exam_id=exam_id))


def _create(session: Session, patient: Patient) -> tuple[int, str]:
    actor, draft = context.actor(), drafts.read(request.form)
    chosen = request.form.get("slot", "")
    places = read_offer(chosen) if chosen else []
    repeated = made_already(session, patient, draft, places, now=context.now())
    if repeated is not None:
        return repeated, _("This was ordered already a moment ago: here it is.")
    exams = make_orders(session, patient, draft, actor=actor)
    if not places:
        return exams[0].id, _("Ordered. A room and a time are being looked for.")
    if sorted(index for index, _, _ in places) != list(range(len(exams))):
        raise DomainError(_("This slot is not for these exams: choose one of those shown."))
    placements = scheduling.book_visit(
        session,
        [exams[index] for index, _, _ in places],
        [(room_id, starts_at) for _, room_id, starts_at in places],
        actor=actor,
        now=context.now(),
    )
    told = [
        f"{placement.explanation['chosen']['room']}, {moment(starts_at)}"
        for placement, (_, _, starts_at) in zip(placements, places, strict=True)
    ]
    return exams[0].id, _("Booked: %(told)s.", told="; ".join(told))


def _form(patient_id: int, *, problem: str = "", status: int = 200) -> Response:
    """Return the form with what was typed, what the rules say to it and free slots."""
    slots_alone = answers.is_htmx() and request.method == "POST"
    with context.current().sessions() as session:
        context.site(session)
        patient = patients.get_survivor(session, patient_id)
        draft = drafts.read(request.values)
        seen = outlook(session, patient, draft, actor=context.actor())
        name = "orders/slots.html" if slots_alone else "orders/new_details.html"
        page = render_template(
            name,
            patient=patient,
            draft=draft,
            typed=request.values,
            seen=seen,
            problem=problem,
            parts=choices(),
            most_exams=drafts.MOST_EXAMS,
            longest_rest=drafts.LONGEST_REST,
            priorities=list(Priority),
            classes=list(PatientClass),
        )
        session.rollback()
    response = make_response(page, status)
    if slots_alone:
        response.headers["HX-Retarget"] = "#slots"
        response.headers["HX-Reswap"] = "innerHTML"
    return response
