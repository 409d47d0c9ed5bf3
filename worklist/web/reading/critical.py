"""``/reading/critical``: findings that somebody must be told of, and saying that they were."""

from enum import StrEnum
from typing import Any, TypeVar

from flask import Response, render_template, request
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.errors import DomainError
from worklist.language.text import _
from worklist.reading import service as queue
from worklist.reading.critical import queries, service
from worklist.reading.critical.models import Means
from worklist.reading.models import ReadingTask
from worklist.scheduling.policies import queries as policies
from worklist.vocabulary import Category
from worklist.web import answers, context
from worklist.web.answers import is_htmx
from worklist.web.permissions import require
from worklist.web.reading import critical_lists
from worklist.web.reading.narrowing import carried
from worklist.web.reading.queries import case
from worklist.web.times import read_optional_moment

Word = TypeVar("Word", bound=StrEnum)

_TOPIC = "critical"


@require(Permission.SEE_READING)
def board() -> str:
    """Show what nobody has acknowledged, the most pressing first; htmx gets the list alone."""
    by = critical_lists.closed_by(request.args.get("sort", ""))
    with context.transaction() as session:
        context.site(session)
        return render_template(
            "critical/board_list.html" if is_htmx() else "critical/board.html",
            findings=critical_lists.open_page(session, after=request.args.get("after", "")),
            closed=critical_lists.closed_page(
                session, by, now=context.now(), after=request.args.get("closed", "")
            ),
            sorting=by,
            level=service.level,
            means=list(Means),
        )


@require(Permission.READ)
def of_case(task_id: int) -> str:
    """Show a case's findings and the form for another, for the case's own page."""
    with context.transaction() as session:
        context.site(session)
        task = case(session, task_id)
        return render_template(
            "critical/of_case.html", task=task, carried=carried(), **template_values(session, task)
        )


@require(Permission.READ)
def raise_finding(task_id: int) -> Response:
    """Say that somebody must be told of a finding of the case."""
    with context.transaction() as session:
        task = queue.get(session, task_id)
        service.raise_finding(
            session,
            task.requested_procedure_id,
            context.user(session),
            category=_word(Category, "category"),
            content=request.form.get("content", ""),
            recipient=request.form.get("recipient", ""),
            now=context.now(),
        )
    return answers.done(_("Raised: it is on the board until somebody is told."), _TOPIC)


@require(Permission.SEE_READING)
def acknowledge(finding_id: int) -> Response:
    """Note who was told, how and when."""
    with context.transaction() as session:
        context.site(session)
        finding = service.acknowledge(
            session,
            finding_id,
            context.user(session),
            name=request.form.get("name", ""),
            means=_word(Means, "means"),
            told_at=read_optional_moment(request.form.get("told_at", "")),
            now=context.now(),
        )
        name = finding.acknowledged_by
    return answers.done(_("Noted: %(name)s was told.", name=name), _TOPIC)


@require(Permission.READ)
def withdraw(finding_id: int) -> Response:
    """Take a finding back that was raised by mistake."""
    with context.transaction() as session:
        service.withdraw(
            session,
            finding_id,
            context.user(session),
            reason=request.form.get("reason", ""),
            now=context.now(),
        )
    return answers.done(_("Taken back."), _TOPIC)


def template_values(session: Session, task: ReadingTask) -> dict[str, Any]:
    """Return what the templates of a case's findings and of the form for another read."""
    return {
        "findings": queries.of_procedure(session, task.requested_procedure_id),
        "level": service.level,
        "means": list(Means),
        "targets": policies.in_use(session).told_within,
    }


def _word(kind: type[Word], name: str) -> Word:
    given = request.form.get(name, "")
    try:
        return kind(given)
    except ValueError as error:
        known = ", ".join(kind)
        raise DomainError(
            _("Choose the %(name)s: one of %(known)s.", name=name, known=known)
        ) from error
