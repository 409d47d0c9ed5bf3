"""``/reading``: the queue, and the case that is being read."""

from dataclasses import astuple
from datetime import datetime
from typing import Any

from flask import Response, g, render_template, request
from sqlalchemy.orm import Session

from worklist.auth.models import User
from worklist.auth.roles import Permission
from worklist.catalogue.models import Site
from worklist.catalogue.viewer import viewer_url
from worklist.dicom.performed_summary import summarise
from worklist.orders.models import ScheduledProcedureStep
from worklist.patients import facts as clinical_facts
from worklist.patients.models import Patient
from worklist.reading import assignment, filters, service, templates
from worklist.reading.critical.queries import count_open
from worklist.reading.models import ReadingStatus, ReadingTask
from worklist.reading.reports import reports_of
from worklist.rules.findings import Role
from worklist.vocabulary import Priority
from worklist.web import context, open_lists
from worklist.web.answers import is_htmx
from worklist.web.exams.fact_form import fact_text
from worklist.web.paging import sorted_page
from worklist.web.permissions import may, require
from worklist.web.reading import narrowing, queries
from worklist.web.reading.critical import template_values
from worklist.web.reading.narrowing import COLUMNS, WAITS, carried
from worklist.web.reading.queries import Tab


@require(Permission.SEE_READING)
def queue() -> Response | str:
    """Show a tab of the queue; htmx gets the list alone, or what news changes of it."""
    tab = narrowing.word(Tab, "tab") or Tab.READY
    by, after = queries.sorting(tab, request.args.get("sort", "")), request.args.get("after", "")
    with context.transaction() as session:
        site, reader = context.site(session), context.user(session)
        midnight, _ = context.day_bounds(context.today())
        listed = queries.of_tab(tab, narrowing.list_selection(), reader, midnight=midnight)
        shown = _queue(session, tab, reader)
        if seen := open_lists.seen():
            changes = open_lists.changes(
                session,
                listed,
                by,
                after=after,
                shown=seen.rows.get("task", ()),
                news=queries.tasks_of_exams(session, seen.news),
            )
            if not changes.is_whole:
                is_recounted = seen.mark != shown["mark"]
                return open_lists.answer(
                    "reading/queue_changes.html", [changes], is_recounted=is_recounted, **shown
                )
        return render_template(
            "reading/queue_list.html" if is_htmx() else "reading/queue.html",
            **shown,
            sorting=by,
            is_narrowed=any(request.args.get(name) for name in narrowing.NARROWING),
            site=site,
            choices=queries.choices(session),
            priorities=list(Priority),
            saved=() if is_htmx() else filters.of_user(session, reader),
            query=narrowing.query(),
            waits=WAITS,
            all_columns=COLUMNS,
            page=sorted_page(session, listed, by, after=after),
        )


def _queue(session: Session, tab: Tab, reader: User) -> dict[str, Any]:
    """Return what the queue's tabs and rows are drawn with."""
    now = context.now()
    counts, critical = queries.counts(session, reader, now=now), count_open(session, now=now)
    asked = next((one for one in Role if one in reader.roles), None)
    questions = queries.count_questions(session, asked) if asked else 0
    return {
        "tab": tab,
        "reader": reader,
        "readers": assignment.readers(session) if may(Permission.ASSIGN_READING) else [],
        "counts": counts,
        "critical": critical,
        "asked": asked,
        "questions": questions,
        "mark": open_lists.mark(*astuple(counts), *astuple(critical), questions),
        "columns": narrowing.columns(),
        "carried": carried(),
        "is_kept_for_other": lambda task: service.is_kept_for_other(task, reader, now=now),
    }


@require(Permission.READ)
def show(task_id: int) -> str:
    """Show a case: the order, what was done, priors; htmx gets the state of its claim alone."""
    with context.transaction() as session:
        if is_htmx():
            return render_template("reading/claim.html", **_claim(session, task_id))
        return render_template("reading/case.html", **_case(session, task_id))


@require(Permission.READ)
def begin(task_id: int) -> str:
    """Put a template, filled in, behind what was written; htmx gets the report alone."""
    with context.transaction() as session:
        shown = _case(session, task_id)
        template_id = request.form.get("template", type=int) or 0
        requested = shown["task"].requested_procedure
        text = templates.begin(session, template_id, requested, zone=context.zone())
        written = request.form.get("content", "").replace("\r\n", "\n").strip()
        shown["draft"] = f"{written}\n\n{text}" if written else text
        template = "reading/report.html" if is_htmx() else "reading/case.html"
        return render_template(template, **shown)


def _claim(session: Session, task_id: int) -> dict[str, Any]:
    """Return what the template of a case's claim reads."""
    reader = context.user(session)
    task = queries.case(session, task_id)
    return {
        "task": task,
        "site": _site_of(session, task),
        "reader": reader,
        "readers": assignment.readers(session) if may(Permission.ASSIGN_READING) else [],
        "state": _state(task, reader, context.now()),
        "carried": carried(),
    }


def _case(session: Session, task_id: int) -> dict[str, Any]:
    """Return what the page of a case shows."""
    shown = _claim(session, task_id)
    task: ReadingTask = shown["task"]
    requested = task.requested_procedure
    viewers = queries.viewers(session)
    patient = requested.order.patient
    return {
        **shown,
        **template_values(session, task),
        "patient": patient,
        "reports": reports_of(session, requested.id),
        "templates": templates.fitting(session, requested.procedure),
        "draft": "",
        "facts": clinical_facts.current(session, patient.id),
        "fact_text": fact_text,
        "performed": queries.performed_steps(session, task),
        "summarise": summarise,
        "priors": queries.priors(session, task),
        "viewer": lambda exam: _viewer(viewers, patient, exam),
    }


def _site_of(session: Session, task: ReadingTask) -> Site:
    """Return the site where the case's exams were done; the page tells times as there."""
    rooms = [step.room for step in task.requested_procedure.steps if step.room is not None]
    if rooms:
        context.use_site(rooms[0].resource.site)
    return context.site(session)


def _state(task: ReadingTask, reader: User, now: datetime) -> str:
    """Return whose the case is: mine, other, kept, free, pending, read or withdrawn."""
    if task.status is ReadingStatus.CLAIMED:
        if task.claimed_by_id == reader.id:
            return "mine"
        holds = task.claim_expires_at is not None and task.claim_expires_at > now
        return "other" if holds else "free"
    if task.status is ReadingStatus.READY:
        return "kept" if service.is_kept_for_other(task, reader, now=now) else "free"
    return task.status.lower()


def _viewer(
    templates: dict[int, str], patient: Patient, exam: ScheduledProcedureStep | None
) -> str:
    """Return where the exam's site shows its images, empty where there is no viewer or no exam."""
    if exam is None:
        return ""
    site_id = exam.room.resource.site_id if exam.room else g.site.id
    number = patient.primary_identifier
    template = templates.get(site_id, "")
    return template and viewer_url(
        template,
        study_instance_uid=exam.requested_procedure.study_instance_uid,
        accession_number=exam.order.accession_number,
        patient_id=number.value if number else "",
    )
