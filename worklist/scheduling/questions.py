"""What a person says to a question that holds an exam: an answer, or that it goes on anyway."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from worklist import nudge
from worklist.auth.roles import may_answer
from worklist.errors import DomainError
from worklist.language.text import _
from worklist.orders import holds
from worklist.orders.models import ExamHold
from worklist.patients.details import FactDetails
from worklist.rulebook import queries as rulebook
from worklist.scheduling.service import PLACE_TASK, record_facts


def answer_hold(
    session: Session,
    hold: ExamHold,
    facts: Sequence[FactDetails],
    *,
    actor: str,
    now: datetime,
) -> None:
    """Record the facts that answer a hold's question and have the exam looked at again.

    Raises:
        FactError: a fact does not have the shape of its kind.
        ConflictError: the question was answered meanwhile.
    """
    holds.resolve(session, hold, "answered", actor=actor, now=now)
    record_facts(session, hold.exam.patient_id, facts, actor=actor, now=now)
    nudge.task(session, PLACE_TASK, hold.exam_id)


def override_hold(
    session: Session, hold: ExamHold, *, reason: str, role: str, actor: str, now: datetime
) -> None:
    """Let the exam go on although the rule asks, for a reason that is kept with the role.

    Args:
        session: In a transaction.
        hold: The question.
        reason: Why.
        role: As what the person decides: the role that is asked, or administrator.
        actor: Who.
        now: When.

    Raises:
        DomainError: no reason is given, another role is asked, or the department lets nobody
            override the rule.
        ConflictError: the question was answered meanwhile.
    """
    if not may_answer({role}, hold.role):
        raise DomainError(
            _(
                "Question %(rule)s is asked of the %(role)s: a %(role2)s cannot override it.",
                rule=hold.rule,
                role=hold.role.replace("_", " "),
                role2=role.replace("_", " "),
            )
        )
    if hold.rule in rulebook.thresholds(session).never_overridden:
        raise DomainError(
            _(
                "The department lets nobody override rule %(rule)s: answer the question instead.",
                rule=hold.rule,
            )
        )
    holds.resolve(session, hold, "overridden", actor=actor, now=now, reason=reason, role=role)
    nudge.task(session, PLACE_TASK, hold.exam_id)
