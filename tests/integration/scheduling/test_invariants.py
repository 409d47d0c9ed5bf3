"""Any sequence of orders, moves, cancellations, closures, kept time, shifts, thresholds, re-plans,
by several workers at once, leaves no resource and no patient twice, nothing outside hours or in
time kept for others, no forbidden exam, no phase missing, every exam in one state, and true
explanations.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, time, timedelta
from functools import partial

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tests.support.department import ACTOR, NOW, make_exam
from tests.support.oracle import Oracle
from tests.support.scarce_department import PATIENTS, PROCEDURES, make_scarce_department
from tests.support.true_explanation import check_explanation
from worklist import db
from worklist.errors import DomainError
from worklist.orders import service as orders
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import UNPLACED, StepStatus
from worklist.patients.models import Patient
from worklist.rulebook import service as rulebook
from worklist.scheduling import closing, review, service
from worklist.scheduling.assessment import assess
from worklist.scheduling.displaced import displaced_exams
from worklist.scheduling.intervals import Interval, WeeklyHours
from worklist.scheduling.models import Placement
from worklist.scheduling.placement import place
from worklist.scheduling.replanning import service as replanning
from worklist.scheduling.replanning.models import ProposalStatus, ReplanProposal
from worklist.vocabulary import PatientClass, Priority

WORKERS = 4
WEEK = Interval(NOW, NOW + timedelta(days=7))
ORDERS_AT_FIRST = 18

Work = Callable[[Session], object]

orders_ = st.tuples(
    st.sampled_from(PROCEDURES), st.integers(0, PATIENTS - 1), st.sampled_from(list(Priority))
)
exam_numbers = st.integers(0, 30)
quarters = st.integers(0, 2 * 12 - 1)  # of the mornings of two days
room_numbers = st.integers(0, 2)
works = st.tuples(
    st.sampled_from(["place", "move", "cancel", "close", "shift"]),
    exam_numbers,
    quarters,
    st.integers(0, 6),
)


class Department(RuleBasedStateMachine):
    """What people and workers do in a department whose slots are scarce."""

    factory: db.SessionFactory
    applied = 0

    def __init__(self) -> None:
        super().__init__()
        with db.transaction(self.factory) as session:
            tables = ", ".join(db.Base.metadata.tables)
            session.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
            made = make_scarce_department(session)
        self.rooms, self.staff, self.patients = made.rooms, made.staff, made.patients
        self.order_and_place_at_once(
            [
                (PROCEDURES[number % 3], number % PATIENTS, list(Priority)[number % 4])
                for number in range(ORDERS_AT_FIRST)
            ]
        )

    def _together(self, *work: Work) -> None:
        """Let workers do this at one time; who is refused or loses a race changes nothing."""

        def run(one: Work) -> None:
            with suppress(DomainError, OperationalError), db.transaction(self.factory) as session:
                one(session)

        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(run, work))

    def _exam_ids(self) -> list[int]:
        with self.factory() as session:
            ids = select(ScheduledProcedureStep.id).order_by(ScheduledProcedureStep.id)
            return list(session.scalars(ids))

    def _exam(self, number: int) -> int | None:
        ids = self._exam_ids()
        return ids[number % len(ids)] if ids else None

    @rule(wanted=st.lists(orders_, min_size=1, max_size=WORKERS))
    def order_and_place_at_once(self, wanted: list[tuple[str, int, Priority]]) -> None:
        def run(one: tuple[str, int, Priority], session: Session) -> None:
            procedure, patient, priority = one
            exam = make_exam(
                session,
                patient=session.get_one(Patient, self.patients[patient]),
                procedure=procedure,
                priority=priority,
                patient_class=PatientClass.INPATIENT,
            )
            place(session, exam.id, actor=ACTOR, now=NOW)

        self._together(*(partial(run, one) for one in wanted))

    @rule(wanted=st.lists(st.tuples(exam_numbers, room_numbers, quarters), max_size=WORKERS))
    def move_at_once(self, wanted: list[tuple[int, int, int]]) -> None:
        def run(exam_id: int, room: int, quarter: int, session: Session) -> None:
            service.book(
                session,
                orders.get_exam(session, exam_id),
                room_id=self.rooms[room],
                starts_at=_in_the_morning(quarter),
                actor="user:desk",
                now=NOW,
            )

        ids = [(self._exam(number), room, quarter) for number, room, quarter in wanted]
        self._together(
            *(partial(run, one, room, quarter) for one, room, quarter in ids if one is not None)
        )

    @rule(number=exam_numbers, others=st.lists(exam_numbers, max_size=2))
    def cancel_while_others_are_placed(self, number: int, others: list[int]) -> None:
        def cancel(exam_id: int, session: Session) -> None:
            exam = orders.get_exam(session, exam_id)
            service.cancel_exam(session, exam, actor=ACTOR, now=NOW, reason="")

        cancelled = self._exam(number)
        if cancelled is not None:
            self._together(partial(cancel, cancelled), *self._placing(others))

    @rule(
        room=room_numbers,
        quarter=quarters,
        length=st.integers(1, 8),
        kept=st.booleans(),
        others=st.lists(exam_numbers, max_size=2),
    )
    def close_or_keep_and_plan_anew(
        self, *, room: int, quarter: int, length: int, kept: bool, others: list[int]
    ) -> None:
        start = _in_the_morning(quarter)
        during = Interval(start, start + length * timedelta(minutes=15))
        where = self.rooms[room]

        def shut(session: Session) -> None:
            if kept:
                closing.keep_for(session, where, during, "E", release_hours=0, actor=ACTOR, now=NOW)
            else:
                closing.close(session, where, during, "Broken", actor=ACTOR, now=NOW)

        self._together(shut, *self._placing(others))
        self._settle()

    @rule(minutes=st.integers(15, 40), others=st.lists(exam_numbers, max_size=2))
    def change_a_threshold(self, minutes: int, others: list[int]) -> None:
        """Contrast is watched for longer or shorter: what is booked is judged again."""

        def change(session: Session) -> None:
            rulebook.change(
                session, {"observation_minutes": minutes}, reason="Test", actor=ACTOR, now=NOW
            )

        self._together(change, *self._placing(others))
        working = True
        while working:
            with db.transaction(self.factory) as session:
                working = review.review_next(session, actor=ACTOR, now=NOW + timedelta(seconds=10))

    @rule(
        who=st.integers(0, 1),
        opens=st.integers(8, 11),
        length=st.integers(1, 4),
        others=st.lists(exam_numbers, max_size=2),
    )
    def change_a_shift(self, *, who: int, opens: int, length: int, others: list[int]) -> None:
        lines = [
            WeeklyHours(day, time(opens), time(min(opens + length, 23))) for day in range(1, 8)
        ]

        def change(session: Session) -> None:
            closing.change_hours(session, self.staff[who], lines, actor=ACTOR, now=NOW)

        self._together(change, *self._placing(others))
        self._settle()

    @rule(
        broken=st.tuples(room_numbers, quarters, st.integers(2, 6)),
        meanwhile=st.lists(works, min_size=1, max_size=WORKERS - 1),
        then=st.lists(works, min_size=1, max_size=WORKERS - 1),
    )
    def plan_anew_while_others_work(
        self,
        broken: tuple[int, int, int],
        meanwhile: list[tuple[str, int, int, int]],
        then: list[tuple[str, int, int, int]],
    ) -> None:
        """A room breaks down; one proposes while others book, cancel, close and change shifts.

        Then plans are applied, one of them by two people at once, while the others go on.
        """
        self._together(self._work("close", *broken))
        self._together(_propose, *(self._work(*one) for one in meanwhile))
        plans = self._open_plans()[-2:]
        applying = [partial(self._apply, one) for one in (*plans, *plans[-1:])]
        self._together(*applying, *(self._work(*one) for one in then))
        self._settle()

    def _work(self, kind: str, first: int, second: int, third: int) -> Work:
        """Return something that a person or a worker does, from three numbers."""
        start = _in_the_morning(second)
        room = self.rooms[first % len(self.rooms)]
        exam = self._exam(first)

        def close(session: Session) -> None:
            during = Interval(start, start + (1 + third) * timedelta(minutes=15))
            closing.close(session, room, during, "Broken", actor=ACTOR, now=NOW)

        def change_shift(session: Session) -> None:
            who = self.staff[first % len(self.staff)]
            opens, closes = time(8 + second % 4), time(12 + third)
            lines = [WeeklyHours(day, opens, closes) for day in range(1, 8)]
            closing.change_hours(session, who, lines, actor=ACTOR, now=NOW)

        def cancel(session: Session) -> None:
            if exam is not None:
                found = orders.get_exam(session, exam)
                service.cancel_exam(session, found, actor=ACTOR, now=NOW, reason="")

        def move(session: Session) -> None:
            if exam is not None:
                where = self.rooms[third % len(self.rooms)]
                found = orders.get_exam(session, exam)
                service.book(
                    session, found, room_id=where, starts_at=start, actor="user:desk", now=NOW
                )

        def put_in(session: Session) -> None:
            if exam is not None:
                place(session, exam, actor=ACTOR, now=NOW)

        return {
            "close": close,
            "shift": change_shift,
            "cancel": cancel,
            "move": move,
            "place": put_in,
        }[kind]

    def _apply(self, plan: int, session: Session) -> None:
        """Apply a plan as the page does: one that no longer fits is marked, in its own step."""
        try:
            replanning.apply(session, plan, actor=f"plan:{plan}", now=NOW)
        except replanning.PlanStaleError as error:
            session.rollback()
            with suppress(DomainError), db.transaction(self.factory) as other:
                replanning.mark_stale(other, plan, str(error), actor=ACTOR, now=NOW)
            raise

    def _open_plans(self) -> list[int]:
        with self.factory() as session:
            plans = select(ReplanProposal.id).order_by(ReplanProposal.id)
            return list(session.scalars(plans.where(ReplanProposal.status == ProposalStatus.OPEN)))

    def teardown(self) -> None:
        with self.factory() as session:
            plans = session.scalars(select(ReplanProposal.status))
            type(self).applied += sum(one is ProposalStatus.APPLIED for one in plans)

    @invariant()
    def a_plan_is_applied_whole_or_not_at_all(self) -> None:
        with self.factory() as session:
            for plan in session.scalars(select(ReplanProposal)):
                assert plan.cost_after < plan.cost_before
                made = {
                    (one.exam_id, one.room_id, one.starts_at)
                    for one in session.scalars(
                        select(Placement).where(Placement.actor == f"plan:{plan.id}")
                    )
                }
                wanted = {
                    (one.exam_id, one.room_after_id, one.starts_after)
                    for one in plan.moves
                    if one.room_after_id is not None
                }
                assert made == (wanted if plan.status is ProposalStatus.APPLIED else set())

    def _placing(self, numbers: list[int]) -> list[Work]:
        """Return the work of placing these exams."""

        def put_in(exam_id: int, session: Session) -> None:
            place(session, exam_id, actor=ACTOR, now=NOW)

        ids = [self._exam(one) for one in numbers]
        return [partial(put_in, one) for one in ids if one is not None]

    def _settle(self) -> None:
        """Plan anew what must leave; whoever finds no place gives the slot back."""
        with db.transaction(self.factory) as session:
            made = replanning.propose(
                session, reason="Test.", actor=ACTOR, now=NOW, days=3, seconds=1
            )
            if made is not None:
                assert made.cost_after < made.cost_before
                with suppress(replanning.PlanStaleError):
                    replanning.apply(session, made.id, actor=f"plan:{made.id}", now=NOW)
        with db.transaction(self.factory) as session:
            for exam in displaced_exams(session, WEEK, now=NOW):
                service.unschedule(session, exam, actor=ACTOR, now=NOW, reason="Closed")

    @rule(wanted=orders_)
    def place_with_a_true_explanation(self, wanted: tuple[str, int, Priority]) -> None:
        procedure, patient, priority = wanted
        with db.transaction(self.factory) as session:
            exam = make_exam(
                session,
                patient=session.get_one(Patient, self.patients[patient]),
                procedure=procedure,
                priority=priority,
            )
            oracle, assessment = Oracle(session), assess(session, exam, now=NOW)
            made = place(session, exam.id, actor=ACTOR, now=NOW)
            assert made is not None
            check_explanation(made.explanation, oracle, assessment, exam)

    @invariant()
    def nothing_is_broken(self) -> None:
        with self.factory() as session:
            assert list(Oracle(session).violations(NOW)) == []

    @invariant()
    def workers_leave_no_exam_between_states(self) -> None:
        with self.factory() as session:
            states = {exam.status for exam in session.scalars(select(ScheduledProcedureStep))}
            assert states <= UNPLACED | {StepStatus.SCHEDULED, StepStatus.CANCELED}


def _in_the_morning(quarter: int) -> datetime:
    """Return a quarter of an hour of the three in which rooms are open, of two days."""
    day, number = divmod(quarter, 12)
    return NOW.replace(hour=9) + timedelta(days=day, minutes=15 * number)


def _propose(session: Session) -> None:
    replanning.propose(session, reason="Test.", actor=ACTOR, now=NOW, days=3, seconds=1)


def test_any_sequence_by_several_workers_keeps_every_invariant(
    session_factory: db.SessionFactory,
) -> None:
    class OnThisDatabase(Department):
        factory = session_factory

    run_state_machine_as_test(
        OnThisDatabase,
        settings=settings(
            max_examples=6,
            stateful_step_count=10,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert OnThisDatabase.applied, "no plan was made and applied: the test has tested none"
