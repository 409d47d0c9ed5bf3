"""What the rules say about an exam now, and what follows: questions, needs and rooms."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.orders.models import ExamHold, ScheduledProcedureStep
from worklist.rules.evaluate import evaluate_exam
from worklist.rules.facts import ExamFacts, PatientFacts, Thresholds
from worklist.rules.findings import Avoid, Block, Delay, Finding, Hold
from worklist.scheduling import facts
from worklist.scheduling.candidates import Candidate, candidates, rooms_of_modality
from worklist.scheduling.intervals import Interval
from worklist.scheduling.phases import Plan, plan

THRESHOLDS = Thresholds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """Facts, findings and their consequences for one exam at one moment.

    ``holds`` are the questions still open: those that a person has overridden are not among them,
    though their finding is. ``zone`` is that of the rooms: texts tell times in it.
    """

    patient: PatientFacts
    exam: ExamFacts
    findings: tuple[Finding, ...]
    holds: tuple[Hold, ...]
    plan: Plan
    candidates: tuple[Candidate, ...]
    not_before: datetime | None
    avoided: tuple[Interval, ...]
    zone: ZoneInfo

    @property
    def blocks(self) -> tuple[Block, ...]:
        """What forbids the exam in any room."""
        return tuple(one for one in self.findings if isinstance(one, Block))

    @property
    def eligible(self) -> tuple[Candidate, ...]:
        """The rooms that can take the exam."""
        return tuple(one for one in self.candidates if not one.obstacles)


def assess(session: Session, exam: ScheduledProcedureStep, *, now: datetime) -> Assessment:
    """Gather the facts and evaluate every rule for the exam."""
    rooms = rooms_of_modality(session, exam.modality)
    zone = ZoneInfo(rooms[0].resource.site.time_zone if rooms else "UTC")
    patient = facts.patient_facts(session, exam, now)
    details = facts.exam_facts(exam)
    findings = evaluate_exam(patient, details, THRESHOLDS, now.astimezone(zone))
    overridden = _overridden_rules(session, exam)
    delays = [one.not_before for one in findings if isinstance(one, Delay)]
    return Assessment(
        patient=patient,
        exam=details,
        findings=findings,
        holds=tuple(
            one for one in findings if isinstance(one, Hold) and one.rule not in overridden
        ),
        plan=plan(exam.procedure, findings),
        candidates=tuple(
            candidates(
                rooms,
                exam.procedure.required_capabilities,
                turnover_minutes=exam.procedure.turnover_minutes,
                patient=patient,
                exam=details,
                findings=findings,
                thresholds=THRESHOLDS,
            )
        ),
        not_before=max(delays, default=None),
        avoided=tuple(
            Interval(one.after, one.before) for one in findings if isinstance(one, Avoid)
        ),
        zone=zone,
    )


def _overridden_rules(session: Session, exam: ScheduledProcedureStep) -> set[str]:
    return set(
        session.scalars(
            select(ExamHold.rule).where(
                ExamHold.exam_id == exam.id, ExamHold.resolution == "overridden"
            )
        )
    )
