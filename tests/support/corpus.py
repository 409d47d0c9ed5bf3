"""The corpus of `tests/hl7/corpus`: cases read from TOML, run against an inbox, and checked.

A case is a message with the acknowledgement code and the state that follow from it, written by
hand. ``before`` and ``after`` are steps: a whole message, or words such as ``new P1``.
"""

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.support.department import ACTOR, NOW
from tests.support.inbox import Inbox
from tests.support.messages import order as order_message
from worklist.hl7.models import InboundMessage
from worklist.hl7.peers import service as peers
from worklist.hl7.peers.file import PeerEntry
from worklist.orders.models import ImagingServiceRequest, ScheduledProcedureStep
from worklist.patients import facts as clinical_facts
from worklist.patients import service as patients
from worklist.patients.details import Identifier
from worklist.patients.models import Patient
from worklist.performing import service as performing
from worklist.reading import entering, reports
from worklist.reading.models import ReadingTask
from worklist.scheduling import placement

FOLDER = Path(__file__).parent.parent / "hl7" / "corpus"


@dataclass(frozen=True)
class Case:
    """One message and what follows from it."""

    topic: str
    name: str
    message: str
    ack: str
    state: str = ""
    encode: str = "utf-8"
    error: str = ""
    peer: dict[str, Any] = field(default_factory=dict)
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    patients: dict[str, dict[str, Any]] = field(default_factory=dict)
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    count: dict[str, int] = field(default_factory=dict)

    @property
    def raw(self) -> bytes:
        """The message as it goes over the wire."""
        return wire(self.message, self.encode)


def cases() -> Iterator[Case]:
    """Read every file of the corpus."""
    for path in sorted(FOLDER.glob("*.toml")):
        for entry in tomllib.loads(path.read_text(encoding="utf-8"))["cases"]:
            fields: dict[str, Any] = {
                name: tuple(value) if isinstance(value, list) else value
                for name, value in entry.items()
            }
            yield Case(topic=path.stem, **fields)


def wire(text: str, codec: str = "utf-8") -> bytes:
    """Return a message as it is sent: CR after each segment, in its character set."""
    return "".join(f"{line}\r" for line in text.strip().splitlines()).encode(codec)


class Bench:
    """Runs a case's steps in a furnished department."""

    def __init__(self, inbox: Inbox, session: Session, nudged: Callable[[], list[int]]) -> None:
        self._inbox = inbox
        self._session = session
        self._nudged = nudged

    def run(self, case: Case) -> InboundMessage:
        """Do what the case says and return what became of its message."""
        if case.peer:
            peers.save(self._session, PeerEntry.model_validate(case.peer), actor=ACTOR, now=NOW)
            self._session.commit()
        for step in case.before:
            self._do(step)
        done = self._inbox.take(case.raw)
        for step in case.after:
            self._do(step)
        self._session.expire_all()
        return done

    def _do(self, step: str) -> None:
        if step.lstrip().startswith("MSH"):
            done = self._inbox.take(wire(step))
            assert done.state == "PROCESSED", done.error_text
            return
        verb, *words = step.split()
        if verb == "new":
            self._new(*words)
        elif verb == "work":
            self._work()
        elif verb == "start_first":
            performing.start(
                self._session, exams_of(self._session, words[0])[0], actor=ACTOR, now=NOW
            )
        else:
            for exam in exams_of(self._session, words[0]):
                _ACTIONS[verb](self._session, exam)
        self._session.commit()

    def _new(self, number: str, code: str = "71250", patient: str = "4711") -> None:
        sent = "20261124070000"
        self._inbox.take(order_message(number, code=code, patient=patient, sent=sent))
        self._session.expire_all()

    def _work(self) -> None:
        """Place what was nudged, as the workers do."""
        self._session.expire_all()
        for exam_id in self._nudged():
            placement.place(self._session, exam_id, actor=ACTOR, now=NOW)


def _start(session: Session, exam: ScheduledProcedureStep) -> None:
    placement.place(session, exam.id, actor=ACTOR, now=NOW)
    performing.start(session, exam, actor=ACTOR, now=NOW)


def _complete(session: Session, exam: ScheduledProcedureStep) -> None:
    _start(session, exam)
    performing.complete(session, exam, actor=ACTOR, now=NOW)
    entering.admit(session, exam.requested_procedure_id, now=NOW)


_ACTIONS: dict[str, Callable[[Session, ScheduledProcedureStep], object]] = {
    "place": lambda session, exam: placement.place(session, exam.id, actor=ACTOR, now=NOW),
    "start": _start,
    "complete": _complete,
}


def exams_of(session: Session, number: str) -> list[ScheduledProcedureStep]:
    """Return the exams of the order with this placer number."""
    return _order(session, number).exams


def _order(session: Session, number: str) -> ImagingServiceRequest:
    issuer, _, plain = number.rpartition("/")
    statement = select(ImagingServiceRequest).where(
        func.coalesce(ImagingServiceRequest.placer_order_number, "none") == plain
    )
    if issuer:
        statement = statement.where(ImagingServiceRequest.placer_issuer == issuer)
    return session.scalars(statement).one()


def _patient(session: Session, number: str) -> Patient:
    issuer, _, plain = number.rpartition("/")
    found = patients.find(session, (Identifier(value=plain, issuer=issuer or "GENERAL"),))
    assert found is not None, f"no patient {number}"
    return found


def check(case: Case, done: InboundMessage, session: Session) -> None:
    """Compare what became of the message with what the case expects."""
    _same("acknowledgement", done.acknowledgement_code, case.ack)
    state = case.state or ("PROCESSED" if case.ack in {"AA", "CA"} else "FAILED")
    _same(f"state ({done.error_text})", str(done.state), state)
    found = f"{done.error_code} {done.error_location}".strip()
    _same(f"error ({done.error_text})", found, case.error)
    missing = [part for part in case.remarks if part not in done.error_text]
    _same(f"missing of the remarks {done.error_text!r}", missing, [])
    if state == "PROCESSED" and not case.remarks:
        _same("remarks", done.error_text, "")
    for number, fields in case.patients.items():
        patient = _patient(session, number)
        for name, value in fields.items():
            _same(f"{number} {name}", _patient_value(patient, name), value)
    for number, kinds in case.facts.items():
        _same(f"{number} facts", _facts(session, _patient(session, number)), kinds)
    for number, fields in case.orders.items():
        order = _order(session, number)
        for name, value in fields.items():
            _same(f"{number} {name}", _order_value(session, order, name, value), value)
    for table, rows in case.count.items():
        model = {"patients": Patient, "orders": ImagingServiceRequest}[table]
        _same(table, session.scalar(select(func.count()).select_from(model)), rows)


def _same(what: str, found: object, expected: object) -> None:
    assert found == expected, f"{what}: found {found!r}, expected {expected!r}"


def _patient_value(patient: Patient, name: str) -> object:
    if name == "identifiers":
        return [one.value for one in patient.identifiers if one.active]
    value = getattr(patient, name)
    return "" if value is None else value if isinstance(value, str) else str(value)


def _facts(session: Session, patient: Patient) -> dict[str, Any]:
    found = {}
    for fact in clinical_facts.current(session, patient.id):
        name = f"{fact.kind}:{fact.subject}" if fact.subject else str(fact.kind)
        value = fact.value
        found[name] = value.get("number", value.get("answer", value.get("severity", True)))
    return found


def _order_value(
    session: Session, order: ImagingServiceRequest, name: str, expected: Any
) -> object:
    procedures = order.requested_procedures
    steps = [step for requested in procedures for step in requested.steps]
    if name == "patient":
        return expected if order.patient_id == _patient(session, expected).id else "another"
    if name in {"reading", "reports"}:
        return _reading(session, procedures[0].id, name)
    lists: dict[str, Callable[[], list[str]]] = {
        "exams": lambda: [_exam(step, any(" " in one for one in expected)) for step in steps],
        "steps": lambda: [step.scheduled_procedure_step_id for step in steps],
        "procedures": lambda: [one.procedure.code for one in procedures],
        "studies": lambda: [one.study_instance_uid for one in procedures],
        "questions": lambda: sorted(
            hold.rule for step in steps for hold in step.holds if hold.resolved_at is None
        ),
    }
    return lists[name]() if name in lists else _plain(getattr(order, name))


def _reading(session: Session, requested_procedure_id: int, name: str) -> object:
    if name == "reports":
        known = reports.reports_of(session, requested_procedure_id)
        return [f"{one.kind} {one.content}" for one in known]
    statement = select(ReadingTask).filter_by(requested_procedure_id=requested_procedure_id)
    task = session.scalar(statement)
    return str(task.status) if task else ""


def _exam(step: ScheduledProcedureStep, with_slot: bool) -> str:  # noqa: FBT001 - one caller
    """Describe an exam by its status, or by status, room and start."""
    if not with_slot:
        return str(step.status)
    room = step.room.code if step.room else "-"
    start = f"{step.starts_at:%H:%M}" if step.starts_at else "-"
    return f"{step.status} {room} {start}"


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return "" if value is None else str(value)
