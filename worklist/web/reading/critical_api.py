"""Critical findings for programs: raising one, and saying that somebody was told."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import StringConstraints
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.reading import service as queue
from worklist.reading.critical import service
from worklist.reading.critical.models import CriticalFinding, Means
from worklist.vocabulary import Category
from worklist.web import context
from worklist.web.api.fields import After, Input, ListQuery, Moment, Output, SortedBy, Text
from worklist.web.api.incoming import page_after
from worklist.web.api.operations import Operations
from worklist.web.api.people import PatientSummary
from worklist.web.reading import critical_lists

api = Operations("Critical findings", "Findings that somebody has to be told of in time.")

_Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]


class Finding(Output):
    """A finding; open until somebody took it in by name, or it was withdrawn."""

    id: int
    requested_procedure_id: int
    patient: PatientSummary
    category: Category
    content: str
    recipient: str
    raised_at: datetime
    raised_by: str
    due_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str
    means: Means | None
    withdrawn_at: datetime | None
    withdrawal_reason: str

    @classmethod
    def of(cls, finding: CriticalFinding) -> Self:
        """Describe a finding."""
        return cls.made_of(
            finding,
            patient=PatientSummary.of(finding.requested_procedure.order.patient),
            raised_by=finding.raised_by.display_name,
        )


class FindingBoard(Output):
    """The open findings, the one due first first, and those closed in the last two days.

    The ``next`` ones are the addresses of the pages that follow, null on the last.
    """

    open: list[Finding]
    next_open: str | None
    closed: list[Finding]
    next_closed: str | None


class BoardQuery(ListQuery):
    """Where the pages of the open and of the closed findings begin: as the page before told.

    ``sort`` of those closed is raised or category, with ``-`` backwards.
    """

    after: After = ""
    closed: After = ""
    sort: SortedBy = ""


class NewFinding(Input):
    """What was found, how soon it has to be acted on, and who must be told."""

    category: Category
    content: Annotated[Text, StringConstraints(min_length=1)]
    recipient: _Name


class Acknowledgement(Input):
    """Who took it in, how, and when; now where that is left out."""

    name: _Name
    means: Means
    told_at: Moment | None = None


class Withdrawal(Input):
    """Why it is taken back."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


@api.get("/reading/critical", Permission.SEE_READING, twins="reading.critical reading.findings")
def list_findings(session: Session, query: BoardQuery) -> FindingBoard:
    """List what nobody has acknowledged yet, and what was closed lately."""
    found = critical_lists.open_page(session, after=query.after, rows=query.limit)
    by, now = critical_lists.closed_by(query.sort), context.now()
    closed = critical_lists.closed_page(session, by, now=now, after=query.closed, rows=query.limit)
    return FindingBoard(
        open=[Finding.of(one) for one in found.rows],
        next_open=page_after(found.after),
        closed=[Finding.of(one) for one in closed.rows],
        next_closed=page_after(closed.after, "closed"),
    )


@api.post(
    "/reading/<int:task_id>/critical",
    Permission.READ,
    creates="/reading/critical",
    twins="reading.raise_finding",
)
def raise_finding(session: Session, task_id: int, body: NewFinding) -> Finding:
    """Say that somebody must be told of a finding of the case."""
    task = queue.get(session, task_id)
    finding = service.raise_finding(
        session,
        task.requested_procedure_id,
        context.user(session),
        category=body.category,
        content=body.content,
        recipient=body.recipient,
        now=context.now(),
    )
    return Finding.of(finding)


@api.post(
    "/reading/critical/<int:finding_id>/acknowledge",
    Permission.SEE_READING,
    twins="reading.acknowledge",
)
def acknowledge_finding(session: Session, finding_id: int, body: Acknowledgement) -> Finding:
    """Note who was told, how and when."""
    finding = service.acknowledge(
        session,
        finding_id,
        context.user(session),
        name=body.name,
        means=body.means,
        told_at=body.told_at,
        now=context.now(),
    )
    return Finding.of(finding)


@api.post("/reading/critical/<int:finding_id>/withdraw", Permission.READ, twins="reading.withdraw")
def withdraw_finding(session: Session, finding_id: int, body: Withdrawal) -> Finding:
    """Take a finding back that was raised by mistake."""
    finding = service.withdraw(
        session, finding_id, context.user(session), reason=body.reason, now=context.now()
    )
    return Finding.of(finding)
