"""The reading queue for programs: what waits, claiming and finishing it, what is missing."""

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field, StringConstraints
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.language.text import _
from worklist.patients import facts as clinical_facts
from worklist.reading import pending, service
from worklist.reading import reports as writing
from worklist.reading.critical import queries as critical
from worklist.reading.models import ReadingTask, Report
from worklist.reading.selection import Selection
from worklist.vocabulary import PatientClass, Priority
from worklist.web import context
from worklist.web.api.exams import ExamSummary
from worklist.web.api.fields import (
    After,
    Input,
    ListQuery,
    Output,
    Page,
    Reason,
    RowId,
    SortedBy,
)
from worklist.web.api.incoming import page_after
from worklist.web.api.operations import Operations
from worklist.web.api.people import Fact, facts
from worklist.web.api.problems import ApiError
from worklist.web.paging import sorted_page
from worklist.web.permissions import may
from worklist.web.reading import queries
from worklist.web.reading.case import ReadingCase, ReportText, changed_case
from worklist.web.reading.critical_api import Finding
from worklist.web.reading.queries import Tab

api = Operations("Reading", "The queue of cases to be read: claimed, read, sent back for more.")

_Code = Annotated[str, StringConstraints(max_length=32)]


class CaseDetail(Output):
    """A case with its order's reason, exams, reports, findings, the patient's facts and priors."""

    case: ReadingCase
    reason: str
    clinical_information: str
    exams: list[ExamSummary]
    reports: list[ReportText]
    findings: list[Finding]
    facts: list[Fact]
    priors: list[ExamSummary]


class QueueQuery(ListQuery):
    """Which cases.

    ``sort`` is priority, target or performed, and but for the tab of all also patient, exam, group,
    from, accession or physician, of today's reading too, with ``-`` backwards.
    """

    tab: Tab = Tab.READY
    modality: _Code | None = None
    group: _Code | None = None
    setting: PatientClass | None = None
    priority: Priority | None = None
    waiting_minutes: Annotated[int | None, Field(ge=1, le=60 * 24 * 366)] = None
    sort: SortedBy = ""
    after: After = ""


class NextQuestion(Input):
    """What the next case is to be of; the case ``after`` is given back first."""

    after: RowId | None = None
    modality: _Code | None = None
    group: _Code | None = None
    setting: PatientClass | None = None
    dictated: bool = False


class NextCase(Output):
    """The case that was claimed, null where nothing waits."""

    case: ReadingCase | None


class Renewal(Output):
    """Whether the claim is kept; a case that is not yours any more is lost."""

    kept: bool


class Question(Input):
    """What is missing."""

    reason: Reason


class Answer(Input):
    """What came of it."""

    answer: Reason


@api.get("/reading", Permission.SEE_READING, twins="reading.queue")
def list_cases(session: Session, query: QueueQuery) -> Page[ReadingCase]:
    """List a tab of the queue: what waits in its order, what is read the newest first."""
    context.site(session)
    midnight = context.day_bounds(context.today())[0]
    listed = queries.of_tab(
        query.tab,
        Selection(
            modality=query.modality,
            reading_group=query.group,
            patient_class=query.setting,
            priority=query.priority,
            ready_before=_before(query.waiting_minutes),
        ),
        context.user(session),
        midnight=midnight,
    )
    by = queries.sorting(query.tab, query.sort)
    found = sorted_page(session, listed, by, after=query.after, rows=query.limit)
    items = [ReadingCase.of(one) for one in found.rows]
    return Page(items=items, next=page_after(found.after))


@api.get("/reading/<int:task_id>", Permission.READ, twins="reading.show")
def read_case(session: Session, task_id: int) -> CaseDetail:
    """Return a case with what a reader sees of it."""
    task = queries.case(session, task_id)
    order = task.requested_procedure.order
    return CaseDetail(
        case=ReadingCase.of(task),
        reason=order.reason,
        clinical_information=order.clinical_information,
        exams=[ExamSummary.of(one) for one in task.requested_procedure.steps],
        reports=[ReportText.of(one) for one in _reports(session, task)],
        findings=[
            Finding.of(one) for one in critical.of_procedure(session, task.requested_procedure_id)
        ],
        facts=facts(clinical_facts.current(session, order.patient_id)),
        priors=[ExamSummary.of(one) for one in queries.priors(session, task)],
    )


@api.post("/reading/next", Permission.READ, twins="reading.next_case")
def claim_next_case(session: Session, body: NextQuestion) -> NextCase:
    """Claim the most urgent case that is free."""
    reader, now = context.user(session), context.now()
    left = service.give_up(session, body.after, reader, now=now) if body.after else None
    wanted = Selection(
        modality=body.modality,
        reading_group=body.group,
        patient_class=body.setting,
        dictated=body.dictated,
    )
    task = service.claim_next(session, reader, wanted, now=now, after=left)
    return NextCase(case=None if task is None else changed_case(session, task.id))


@api.post("/reading/<int:task_id>/claim", Permission.READ, twins="reading.claim")
def claim_case(session: Session, task_id: int) -> ReadingCase:
    """Take a case."""
    service.claim(session, task_id, context.user(session), now=context.now())
    return changed_case(session, task_id)


@api.post("/reading/<int:task_id>/release", Permission.READ, twins="reading.release")
def release_case(session: Session, task_id: int) -> ReadingCase:
    """Give a case back."""
    service.release(session, task_id, context.user(session), now=context.now())
    return changed_case(session, task_id)


@api.post("/reading/<int:task_id>/renew", Permission.READ, twins="reading.renew")
def renew_claim(session: Session, task_id: int) -> Renewal:
    """Keep the claim: from now on it ends soon after it is renewed no more."""
    kept = service.renew(session, task_id, context.user(session), now=context.now())
    return Renewal(kept=kept)


@api.post("/reading/<int:task_id>/leave", Permission.READ, twins="reading.leave")
def leave_case(session: Session, task_id: int) -> ReadingCase:
    """Let the claim end soon."""
    service.leave(session, task_id, context.user(session), now=context.now())
    return changed_case(session, task_id)


@api.post("/reading/<int:task_id>/finish", Permission.READ, twins="reading.finish")
def finish_case(session: Session, task_id: int) -> ReadingCase:
    """Note that a case is read; its report is elsewhere."""
    service.finish(session, task_id, context.user(session), now=context.now())
    return changed_case(session, task_id)


@api.post("/reading/<int:task_id>/ask-for-more", Permission.READ, twins="reading.ask_for_more")
def ask_for_more_images(session: Session, task_id: int, body: Question) -> ReadingCase:
    """Send a case back to the technologists with what is missing."""
    pending.ask_for_more(session, task_id, context.user(session), body.reason, now=context.now())
    return changed_case(session, task_id)


@api.post("/reading/<int:task_id>/resolve", None, twins="reading.resolve")
def resolve_pending(session: Session, task_id: int, body: Answer) -> ReadingCase:
    """Say what came of it: a reader or a technologist may."""
    if not (may(Permission.READ) or may(Permission.PERFORM)):
        raise ApiError(403, "forbidden", _("A reader or a technologist says what came of it."))
    pending.resolve(session, task_id, body.answer, actor=context.actor(), now=context.now())
    return changed_case(session, task_id)


def _before(minutes: int | None) -> datetime | None:
    return None if minutes is None else context.now() - timedelta(minutes=minutes)


def _reports(session: Session, task: ReadingTask) -> list[Report]:
    return writing.reports_of(session, task.requested_procedure_id)
