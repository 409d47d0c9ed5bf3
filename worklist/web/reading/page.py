"""``/reading``: the queue, and the case that is being read."""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from flask import g, render_template, request

from worklist.auth.models import User
from worklist.auth.roles import Permission
from worklist.catalogue.viewer import viewer_url
from worklist.dicom.performed_summary import summarise
from worklist.errors import DomainError
from worklist.orders.models import ScheduledProcedureStep
from worklist.patients import facts as clinical_facts
from worklist.patients.models import Patient
from worklist.reading import assignment, service
from worklist.reading.critical import queries as critical
from worklist.reading.critical import service as critical_service
from worklist.reading.critical.models import TARGETS, Means
from worklist.reading.models import ReadingStatus, ReadingTask
from worklist.reading.reports import reports_of
from worklist.reading.selection import Selection
from worklist.vocabulary import PatientClass, Priority
from worklist.web import context
from worklist.web.answers import is_htmx
from worklist.web.exams.fact_form import fact_text
from worklist.web.permissions import may, require
from worklist.web.reading import queries
from worklist.web.reading.queries import Tab

Word = TypeVar("Word", bound=StrEnum)

# What stays in the address from the queue to the case and on to the next.
_CARRIED = ("modality", "group", "setting", "tab")


@require(Permission.READ)
def queue() -> str:
    """Show a tab of the queue; htmx gets the list alone."""
    tab = _word(Tab, "tab") or Tab.READY
    with context.transaction() as session:
        site, reader = context.site(session), context.user(session)
        midnight, _ = context.day_bounds(context.now().astimezone(context.zone()).date())
        return render_template(
            "reading/queue_list.html" if is_htmx() else "reading/queue.html",
            tab=tab,
            site=site,
            reader=reader,
            counts=queries.counts(session, reader, now=context.now()),
            critical=critical.count_open(session, now=context.now()),
            choices=queries.choices(session),
            priorities=list(Priority),
            page=queries.tasks(
                session,
                tab,
                selection(),
                reader,
                priority=_word(Priority, "priority"),
                midnight=midnight,
                after=request.args.get("after", ""),
            ),
            carried=carried(),
            is_kept_for_other=lambda task: service.is_kept_for_other(
                task, reader, now=context.now()
            ),
        )


@require(Permission.READ)
def show(task_id: int) -> str:
    """Show a case: the order, what was done, priors; htmx gets the state of its claim alone."""
    with context.transaction() as session:
        site, reader = context.site(session), context.user(session)
        task = queries.case(session, task_id)
        state = _state(task, reader, context.now())
        readers = assignment.readers(session) if may(Permission.ASSIGN_READING) else []
        if is_htmx():
            return render_template(
                "reading/claim.html",
                task=task,
                site=site,
                reader=reader,
                readers=readers,
                state=state,
                carried=carried(),
            )
        viewers = queries.viewers(session)
        patient = task.requested_procedure.order.patient
        return render_template(
            "reading/case.html",
            task=task,
            state=state,
            site=site,
            reader=reader,
            readers=readers,
            patient=patient,
            reports=reports_of(session, task.requested_procedure_id),
            findings=critical.of_procedure(session, task.requested_procedure_id),
            level=critical_service.level,
            means=list(Means),
            targets=TARGETS,
            facts=clinical_facts.current(session, patient.id),
            fact_text=fact_text,
            performed=queries.performed_steps(session, task),
            summarise=summarise,
            priors=queries.priors(session, task),
            viewer=lambda exam: _viewer(viewers, patient, exam),
            carried=carried(),
        )


def selection() -> Selection:
    """Return what the address narrows the queue to."""
    return Selection(
        modality=request.args.get("modality") or None,
        reading_group=request.args.get("group") or None,
        patient_class=_word(PatientClass, "setting"),
    )


def next_selection() -> Selection:
    """Return the same for the next case: one without a preliminary text, unless asked for."""
    return replace(selection(), dictated=request.args.get("tab") == Tab.DICTATED)


def carried() -> dict[str, Any]:
    """Return the part of the address that goes along from case to case.

    Of the tabs only the one of dictated cases does: its next case is one of them.
    """
    given = {name: value for name in _CARRIED if (value := request.args.get(name))}
    if given.get("tab") != Tab.DICTATED:
        given.pop("tab", None)
    return given


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


def _word(kind: type[Word], name: str) -> Word | None:
    """Return a word of the address, None where it is left out.

    Raises:
        DomainError: it is none of the words.
    """
    given = request.args.get(name)
    if not given:
        return None
    try:
        return kind(given)
    except ValueError as error:
        raise DomainError(f"{given!r} is no {name}: choose one of {', '.join(kind)}.") from error


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
