"""``/patients/<id>``: who it is, what is known, what was done, and what can be put right."""

from datetime import timedelta

from flask import Response, render_template, request, url_for

from worklist.auth.roles import Permission
from worklist.catalogue.models import Site
from worklist.errors import NotFoundError
from worklist.language.text import _
from worklist.mail import queries as mail
from worklist.orders.models import ScheduledProcedureStep
from worklist.patients import facts
from worklist.patients import service as patients
from worklist.patients.models import ClinicalFact, FactKind, Patient
from worklist.performing import doses, merging
from worklist.scheduling import service as scheduling
from worklist.web import answers, concerns, context
from worklist.web.exams import fact_form, story
from worklist.web.patients.queries import Wanted, effective_dose, exams_by, patient_page
from worklist.web.permissions import require
from worklist.web.rooms.queries import sites

_DOSE_YEARS = timedelta(days=5 * 365)


@require(Permission.SEE_SCHEDULE)
def show(patient_id: int) -> Response | str:
    """Show the patient; the sorting of the exams and the page of each list are in the address."""
    given = request.args.get
    wanted = Wanted(
        exams=given("after", ""),
        messages=given("messages", ""),
        events=given("events", ""),
        past_facts=given("facts", ""),
        exams_by=exams_by(given("sort", "")),
    )
    since = context.now() - _DOSE_YEARS
    with context.transaction() as session:
        context.site(session)
        of_patient = ScheduledProcedureStep.patient_id == patient_id
        if not concerns.is_concerned(session, of_patient):
            return concerns.unchanged()
        page = patient_page(session, patient_id, wanted)
        return render_template(
            "patients/page.html",
            page=page,
            patient=page.patient,
            fact_text=fact_form.fact_text,
            kinds=fact_form.NAMES,
            sites=sites(session),
            sorting=wanted.exams_by,
            dose=effective_dose(session, patient_id, since=since),
            reminders=mail.reminders_of_patient(session, patient_id),
            reported=doses.of_patient(session, patient_id, since=since),
            sentence=story.sentence,
            who=story.who,
        )


@require(Permission.CHECK_IN)
def fact_fields(patient_id: int) -> str:
    """Show the fields of one kind of fact."""
    with context.transaction() as session:
        context.site(session)
        patient = patients.get(session, patient_id)
        return render_template(
            "patients/fact.html" if answers.is_htmx() else "patients/fact_page.html",
            patient=patient,
            form=fact_form.form_of(request.args.get("kind", FactKind.WEIGHT)),
        )


@require(Permission.CHECK_IN)
def add_fact(patient_id: int) -> Response:
    """Record a fact; what waits for it is looked at again."""
    with context.transaction() as session:
        context.site(session)
        details = fact_form.read(request.form.get("kind", ""), request.form)
        scheduling.record_facts(
            session, patient_id, [details], actor=context.actor(), now=context.now()
        )
    return _back(patient_id, _("Recorded."))


@require(Permission.CHECK_IN)
def end_fact(patient_id: int, fact_id: int) -> Response:
    """Say that a fact no longer holds; it stays in the list of former ones."""
    with context.transaction() as session:
        fact = session.get(ClinicalFact, fact_id, with_for_update=True)
        if fact is None or fact.patient_id != patient_id:
            raise NotFoundError(_("There is no such fact."))
        if fact.ended_at is None:
            facts.end(session, fact, actor=context.actor(), now=context.now())
    return _back(patient_id, _("Noted: it no longer holds."))


@require(Permission.BOOK)
def prefer_site(patient_id: int) -> Response:
    """Note the site that the patient prefers: automatic placement weighs it."""
    site_id = request.form.get("site_id", type=int)
    with context.transaction() as session:
        patient = session.get(Patient, patient_id, with_for_update=True)
        site = session.get(Site, site_id) if site_id is not None else None
        if patient is None or (site is None and site_id is not None):
            raise NotFoundError(_("There is no such patient or site."))
        patients.prefer_site(
            session,
            patient,
            site_id,
            name=site.name if site else "",
            actor=context.actor(),
            now=context.now(),
        )
    return _back(patient_id, _("Noted."))


@require(Permission.BOOK)
def undo_merge(patient_id: int, merge_id: int) -> Response:
    """Take a merge back."""
    with context.transaction() as session:
        merging.undo_merge(session, merge_id, actor=context.actor(), now=context.now())
    return _back(patient_id, _("The merge is undone."))


def _back(patient_id: int, text: str) -> Response:
    """Tell the page to look again; without htmx go back to it, not to the form's own page."""
    if answers.is_htmx():
        return answers.done(text, f"patient-{patient_id}")
    return answers.done(text, to=url_for("patients.show", patient_id=patient_id))
