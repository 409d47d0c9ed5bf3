"""What the rules say about an exam now, and what follows: questions, needs and rooms."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from worklist.catalogue.models import Room
from worklist.catalogue.procedures import Procedure
from worklist.orders.models import ScheduledProcedureStep
from worklist.patients.models import ClinicalFact
from worklist.rules.evaluate import evaluate_exam
from worklist.rules.facts import ExamFacts, PatientFacts
from worklist.rules.findings import (
    Avoid,
    Block,
    Delay,
    Finding,
    Hold,
)
from worklist.rules.serialise import essence, to_json
from worklist.rules.thresholds import Thresholds
from worklist.scheduling import facts, history, times_of_day
from worklist.scheduling.candidates import Candidate, candidates
from worklist.scheduling.history import History
from worklist.scheduling.intervals import Interval
from worklist.scheduling.phases import Plan, plan
from worklist.scheduling.policy import Policy
from worklist.scheduling.score import OtherExam
from worklist.scheduling.standing import Line, Standing, read_standing

_DAYS_AHEAD = 62


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """Facts, findings and their consequences for one exam at one moment.

    ``questions`` are those still open: what a person has overridden is not among them, though its
    finding is. ``entries`` are the clinical facts that were read. ``not_liked`` are starts that
    another time would be better than. ``zone`` is that of the rooms: texts give times in it.
    ``policy`` is the one in use, ``lines`` are the resources in use by id. ``visits`` are where and
    when the patient is booked otherwise.
    """

    patient: PatientFacts
    exam: ExamFacts
    entries: tuple[ClinicalFact, ...]
    findings: tuple[Finding, ...]
    questions: tuple[Hold, ...]
    plan: Plan
    candidates: tuple[Candidate, ...]
    not_before: datetime | None
    avoided: tuple[Interval, ...]
    not_liked: tuple[Interval, ...]
    zone: ZoneInfo
    policy: Policy
    lines: Mapping[int, Line] = field(default_factory=dict)
    visits: tuple[OtherExam, ...] = ()

    @property
    def holds(self) -> tuple[Hold, ...]:
        """The open questions without whose answer the exam is not booked."""
        return tuple(one for one in self.questions if one.before_booking)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """What forbids the exam in any room."""
        return tuple(one for one in self.findings if isinstance(one, Block))

    @property
    def eligible(self) -> tuple[Candidate, ...]:
        """The rooms that can take the exam."""
        return tuple(one for one in self.candidates if not one.obstacles)


def assess(
    session: Session,
    exam: ScheduledProcedureStep,
    *,
    now: datetime,
    thresholds: Thresholds | None = None,
) -> Assessment:
    """Gather the facts and evaluate every rule, with the thresholds in use where none are given."""
    (assessed,) = assess_all(session, [exam], now=now, thresholds=thresholds)
    return assessed


def assess_all(
    session: Session,
    exams: Sequence[ScheduledProcedureStep],
    *,
    now: datetime,
    thresholds: Thresholds | None = None,
) -> list[Assessment]:
    """Assess several exams: what is known of their patients is read once for all."""
    standing = read_standing(session)
    histories = history.read(session, (one.patient_id for one in exams), now)
    return [
        _assessed(exam, histories[exam.patient_id], standing, now=now, thresholds=thresholds)
        for exam in exams
    ]


def _assessed(
    exam: ScheduledProcedureStep,
    past: History,
    standing: Standing,
    *,
    now: datetime,
    thresholds: Thresholds | None,
) -> Assessment:
    known = facts.known(exam, past, now, standing)
    judged = judge(
        known.patient,
        known.exam,
        standing.procedures[exam.requested_procedure.procedure_id],
        rooms=standing.rooms_of(exam.modality),
        thresholds=thresholds or standing.thresholds,
        policy=standing.policy,
        now=now,
    )
    return replace(
        judged,
        entries=known.entries,
        visits=known.visits,
        questions=_open_questions(exam, judged.findings),
        lines=standing.lines,
    )


def _open_questions(exam: ScheduledProcedureStep, findings: Iterable[Finding]) -> tuple[Hold, ...]:
    """Return the questions that nobody has overridden.

    An override is of what was found then: where the finding says something else now (a newer
    result), the question is asked again; where it only says it in other words, it is not.
    """
    overridden = [hold.finding for hold in exam.holds if hold.resolution == "overridden"]
    said = {essence(one) for one in overridden if "found" in one}
    worded = {(one.get("rule"), one.get("text")) for one in overridden if "found" not in one}
    return tuple(
        one
        for one in findings
        if isinstance(one, Hold)
        and essence(to_json(one)) not in said
        and (one.rule, one.text) not in worded
    )


def judge(
    patient: PatientFacts,
    exam: ExamFacts,
    procedure: Procedure,
    *,
    rooms: Sequence[Room],
    thresholds: Thresholds,
    policy: Policy,
    now: datetime,
) -> Assessment:
    """Evaluate every rule on plain facts; every question is open, and nothing is looked up.

    Args:
        patient: What is known of the patient.
        exam: What is known of the exam.
        procedure: Its procedure.
        rooms: The rooms of its modality.
        thresholds: Those to judge by.
        policy: The one to place by.
        now: The present time.
    """
    zone = ZoneInfo(rooms[0].resource.site.time_zone if rooms else "UTC")
    findings = evaluate_exam(patient, exam, thresholds, now.astimezone(zone))
    today = now.astimezone(zone).date()
    return Assessment(
        patient=patient,
        exam=exam,
        entries=(),
        findings=findings,
        questions=tuple(one for one in findings if isinstance(one, Hold)),
        plan=plan(procedure, findings),
        candidates=tuple(
            candidates(
                rooms,
                procedure.required_capabilities,
                turnover_minutes=procedure.turnover_minutes,
                patient=patient,
                exam=exam,
                findings=findings,
                thresholds=thresholds,
            )
        ),
        not_before=max(
            (one.not_before for one in findings if isinstance(one, Delay)), default=None
        ),
        avoided=(
            *(Interval(one.after, one.before) for one in findings if isinstance(one, Avoid)),
            *times_of_day.outside_windows(findings, today, zone, _DAYS_AHEAD),
        ),
        not_liked=tuple(times_of_day.after_preferred(findings, today, zone, _DAYS_AHEAD)),
        zone=zone,
        policy=policy,
    )
