"""Contrast that was given: told by scanners, recorded by people, shown with exam and patient."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from worklist.audit import service as audit
from worklist.errors import DomainError, NotFoundError
from worklist.language.text import _
from worklist.orders import trail
from worklist.orders.models import ScheduledProcedureStep
from worklist.patients import facts as clinical_facts
from worklist.patients.contrast import ContrastAdministration, ReactionSeverity
from worklist.patients.details import FactDetails
from worklist.patients.models import FactKind, FactOrigin
from worklist.performing.contrast_agents import medium_of
from worklist.performing.models import PerformedFor, PerformedProcedureStep
from worklist.performing.reports import GivenContrast
from worklist.scheduling import reassessment
from worklist.vocabulary import Contrast

_GROUPS_OF_REACTIONS = {Contrast.IODINATED: "iodinated"} | dict.fromkeys(
    (
        Contrast.GADOLINIUM_GROUP_1,
        Contrast.GADOLINIUM_GROUP_2,
        Contrast.GADOLINIUM_GROUP_3,
    ),
    "gadolinium",
)


def give(
    session: Session,
    exam: ScheduledProcedureStep,
    given: GivenContrast,
    *,
    actor: str,
    now: datetime,
    given_at: datetime | None = None,
    lot: str = "",
    reaction: ReactionSeverity | None = None,
    note: str = "",
) -> ContrastAdministration:
    """Record what a person gave in an exam; a reaction becomes a fact about the patient.

    The patient's exams that are still to come are looked at again.

    Raises:
        DomainError: the agent is not named, or the volume is not more than nothing.
    """
    _check(given)
    row = ContrastAdministration(
        patient_id=exam.patient_id,
        exam_id=exam.id,
        medium=medium_of(given.agent, otherwise=exam.procedure.contrast),
        agent=given.agent.strip(),
        route=given.route,
        volume_ml=given.volume_ml,
        lot=lot.strip(),
        reaction=reaction,
        note=note.strip(),
        given_at=given_at or now,
        recorded_at=now,
        recorded_by=actor,
    )
    with reassessment.judging_anew(session, [exam.patient_id], actor=actor, now=now):
        session.add(row)
        session.flush()
        trail.record(
            session,
            exam,
            "exam.contrast_given",
            actor=actor,
            now=now,
            given=str(row),
            lot=row.lot,
            reaction=reaction,
        )
        clinical_facts.record(session, exam.patient_id, _facts(row), actor=actor, now=now)
    return row


def _check(given: GivenContrast) -> None:
    """Raise DomainError where the agent is not named, or the volume is not more than nothing."""
    if not given.agent.strip():
        raise DomainError(_("Say which contrast agent was given."))
    if given.volume_ml is not None and given.volume_ml <= 0:
        raise DomainError(_("The volume of contrast is more than 0 mL."))


def withdraw(session: Session, given_id: int, *, actor: str, now: datetime) -> None:
    """Take back what a person recorded by mistake; a fact about a reaction stays to be ended.

    Raises:
        NotFoundError: there is no such record of a person.
    """
    row = session.get(ContrastAdministration, given_id, with_for_update=True)
    if row is None or row.performed_id is not None:
        raise NotFoundError(_("There is no such record of contrast."))
    audit.record(
        session,
        "exam.contrast_withdrawn",
        actor=actor,
        now=now,
        patient_id=row.patient_id,
        exam_id=row.exam_id,
        given=str(row),
    )
    with reassessment.judging_anew(session, [row.patient_id], actor=actor, now=now):
        session.delete(row)
        session.flush()


def keep(
    session: Session,
    step: PerformedProcedureStep,
    given: Iterable[GivenContrast],
    *,
    actor: str,
    now: datetime,
) -> None:
    """Store what a scanner's report tells; a later report replaces an earlier one.

    The patient's exams that are still to come are looked at again where it tells something new.
    """
    told = list(given)
    known = _of_step(session, step)
    if [(one.agent, one.route, one.volume_ml) for one in known] == [
        (one.agent, one.route, one.volume_ml or None) for one in told
    ]:
        return
    exam = step.first_exam
    with reassessment.judging_anew(session, [step.patient_id], actor=actor, now=now):
        for row in known:
            session.delete(row)
        session.add_all(
            ContrastAdministration(
                patient_id=step.patient_id,
                exam_id=exam.id if exam else None,
                performed_id=step.id,
                medium=medium_of(one.agent, otherwise=exam.procedure.contrast if exam else None),
                agent=one.agent,
                route=one.route,
                volume_ml=one.volume_ml or None,
                given_at=step.started_at,
                recorded_at=now,
                recorded_by=actor,
            )
            for one in told
        )
        session.flush()


def follow(session: Session, step: PerformedProcedureStep, *, actor: str, now: datetime) -> None:
    """Let what the step told of go with it to its exam and patient.

    The exams to come of that patient, and of the one that it was told of before, are looked at
    again.
    """
    known = _of_step(session, step)
    if not known:
        return
    exam = step.first_exam
    patients = [step.patient_id, *(one.patient_id for one in known)]
    with reassessment.judging_anew(session, patients, actor=actor, now=now):
        for one in known:
            one.patient_id, one.exam_id = step.patient_id, exam.id if exam else None
        session.flush()


def _of_step(session: Session, step: PerformedProcedureStep) -> Sequence[ContrastAdministration]:
    table = ContrastAdministration
    return session.scalars(
        select(table).where(table.performed_id == step.id).order_by(table.id)
    ).all()


def of_exam(session: Session, exam_id: int) -> Sequence[ContrastAdministration]:
    """Return what was given in an exam, or in a performed step that was done for it too."""
    table = ContrastAdministration
    performed = select(PerformedFor.performed_id).where(PerformedFor.exam_id == exam_id)
    return session.scalars(
        select(table)
        .where(or_(table.exam_id == exam_id, table.performed_id.in_(performed)))
        .order_by(table.given_at, table.id)
    ).all()


def of_exams(
    session: Session, exam_ids: Collection[int]
) -> Mapping[int, Sequence[ContrastAdministration]]:
    """Return what was given in each exam, in its order, as far as it is told of the exam itself."""
    found: dict[int, list[ContrastAdministration]] = defaultdict(list)
    if not exam_ids:
        return found
    table = ContrastAdministration
    for one in session.scalars(
        select(table).where(table.exam_id.in_(exam_ids)).order_by(table.given_at, table.id)
    ):
        if one.exam_id is not None:
            found[one.exam_id].append(one)
    return found


def of_patient(session: Session, patient_id: int) -> Sequence[ContrastAdministration]:
    """Return what the patient was given, newest first."""
    table = ContrastAdministration
    return session.scalars(
        select(table)
        .where(table.patient_id == patient_id)
        .order_by(table.given_at.desc(), table.id.desc())
        .limit(200)
    ).all()


def _facts(row: ContrastAdministration) -> Iterable[FactDetails]:
    group = _GROUPS_OF_REACTIONS.get(row.medium) if row.medium else None
    if row.reaction in {None, ReactionSeverity.NONE} or group is None:
        return
    yield FactDetails(
        kind=FactKind.CONTRAST_REACTION,
        subject=group,
        value={"severity": str(row.reaction)},
        observed_at=row.given_at,
        origin=FactOrigin.DESK,
    )
