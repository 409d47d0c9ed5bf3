"""Several cases at once: kept, given back or assigned, all of them or none."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from worklist.auth.models import User
from worklist.errors import ConflictError, DomainError
from worklist.language.text import _, joined
from worklist.orders.models import ImagingServiceRequest, RequestedProcedure
from worklist.reading import assignment, service
from worklist.reading.models import ReadingTask

MOST = 100


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one case stands in the way; ``case`` names it, empty where there is none."""

    task_id: int
    case: str
    text: str


class BatchRefusedError(ConflictError):
    """At least one of the cases cannot be changed, so that none was."""

    def __init__(self, refusals: Sequence[Refusal], number: int) -> None:
        super().__init__(
            _(
                "Nothing was changed, for %(refused)s of %(number)s cases cannot be.",
                refused=len(refusals),
                number=number,
            )
        )
        self.refusals = tuple(refusals)

    @property
    def details(self) -> Sequence[str]:
        """A line for each case that stands in the way."""
        return [joined((one.case or str(one.task_id), one.text), ": ") for one in self.refusals]


def reserve(
    session: Session, task_ids: Collection[int], user: User, *, now: datetime
) -> list[ReadingTask]:
    """Keep cases for the reader who asks, each until it is due.

    Raises:
        BatchRefusedError: one of them another reader has, or it waits for nobody any more.
        DomainError: no case is named, or more than `MOST`.
    """
    return _each(
        session, task_ids, lambda task_id: assignment.reserve(session, task_id, user, now=now)
    )


def release(
    session: Session, task_ids: Collection[int], user: User, *, now: datetime
) -> list[ReadingTask]:
    """Give back cases that the reader has claimed or that are kept for the reader.

    Raises:
        BatchRefusedError: one of them is neither.
        DomainError: no case is named, or more than `MOST`.
    """

    def give_back(task_id: int) -> ReadingTask:
        task = service.get(session, task_id)
        claimed = service.has_claim(task, user)
        if claimed:
            task = service.release(session, task_id, user, now=now)
        if task.assigned_to_id == user.id or not claimed:
            task = assignment.give_back(session, task_id, user, now=now)
        return task

    return _each(session, task_ids, give_back)


def assign(
    session: Session,
    task_ids: Collection[int],
    reader_id: int | None,
    *,
    by: User,
    now: datetime,
) -> list[ReadingTask]:
    """Give cases to a reader, whoever had them before; None gives them back to everybody.

    Raises:
        BatchRefusedError: one of them waits for nobody any more.
        DomainError: the account may not read, no case is named, or more than `MOST`.
        NotFoundError: there is no such account.
    """
    if reader_id is not None:
        assignment.chosen(session, reader_id)
    return _each(
        session,
        task_ids,
        lambda task_id: assignment.assign(session, task_id, reader_id, by=by, now=now),
    )


def _each(
    session: Session, task_ids: Collection[int], act: Callable[[int], ReadingTask]
) -> list[ReadingTask]:
    """Change every case, or raise what stands in the way of each so that none is changed."""
    known = _known(session, task_ids)
    changed: list[ReadingTask] = []
    refusals: list[Refusal] = []
    # In one order, so that two people with the same cases never wait for each other.
    for task_id in sorted(set(task_ids)):
        try:
            changed.append(act(task_id))
        except DomainError as error:
            refusals.append(Refusal(task_id, _name(known.get(task_id)), error.text))
    if refusals:
        raise BatchRefusedError(refusals, len(set(task_ids)))
    return changed


def _known(session: Session, task_ids: Collection[int]) -> dict[int, RequestedProcedure]:
    """Return what is to be read by each case's id, with all that its trail names."""
    if not task_ids:
        raise DomainError(_("Select the cases first: tick them in the list."))
    if len(set(task_ids)) > MOST:
        raise DomainError(_("Select %(most)s cases at most.", most=MOST))
    requested = joinedload(ReadingTask.requested_procedure)
    rows = session.scalars(
        select(ReadingTask)
        .where(ReadingTask.id.in_(task_ids))
        .options(
            requested.joinedload(RequestedProcedure.order).joinedload(
                ImagingServiceRequest.patient
            ),
            requested.selectinload(RequestedProcedure.steps),
        )
    )
    return {one.id: one.requested_procedure for one in rows}


def _name(requested: RequestedProcedure | None) -> str:
    if requested is None:
        return ""
    order = requested.order
    return f"{order.patient.display_name}, {order.accession_number}"
