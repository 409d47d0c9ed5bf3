"""Orders for programs: what waits, reading, making, changing and cancelling them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from worklist.auth.roles import Permission
from worklist.errors import DomainError, NotFoundError
from worklist.language.text import _
from worklist.orders import service as orders
from worklist.orders.details import OrderDetails
from worklist.orders.models import (
    ImagingServiceRequest,
    RequestedProcedure,
    ScheduledProcedureStep,
)
from worklist.orders.status import OrderStatus, order_status
from worklist.patients import service as patients
from worklist.rules.findings import Role
from worklist.scheduling import ordering
from worklist.scheduling import service as scheduling
from worklist.vocabulary import PatientClass, Priority
from worklist.web import context
from worklist.web.api.exams import ExamSummary
from worklist.web.api.fields import (
    After,
    Day,
    Input,
    Line,
    ListQuery,
    Moment,
    Output,
    Page,
    ReasonBody,
    RowId,
    SortedBy,
    Text,
)
from worklist.web.api.incoming import page_after
from worklist.web.api.operations import Operations
from worklist.web.api.people import PatientSummary
from worklist.web.orders import queries
from worklist.web.orders.draft import MOST_EXAMS
from worklist.web.orders.queries import Tab, Wanted
from worklist.web.paging import paginate

api = Operations("Orders", "What was asked for: each order has one or more exams.")

Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=32)]
# A DICOM PN component group; a physician's name is told as the order tells it.
_Physician = Annotated[Line, StringConstraints(pattern=r"^[^=\\]*$")]


class Order(Output):
    """An order; physicians are DICOM PN strings."""

    id: int
    accession_number: str
    filler_order_number: str
    placer_order_number: str | None
    placer_issuer: str
    status: OrderStatus
    priority: Priority
    patient_class: PatientClass
    patient: PatientSummary
    ordering_physician: str
    referring_physician: str
    reason: str
    clinical_information: str
    current_location: str
    ordered_at: datetime
    wanted_at: datetime | None
    exams: list[ExamSummary]

    @classmethod
    def of(cls, order: ImagingServiceRequest) -> Self:
        """Describe an order."""
        exams = order.exams
        return cls.made_of(
            order,
            status=order_status(one.status for one in exams),
            patient=PatientSummary.of(order.patient),
            exams=[ExamSummary.of(one) for one in exams],
        )


class OrderQuery(ListQuery):
    """Which orders; the newest come first."""

    patient_id: RowId | None = None
    after: RowId | None = None


class InboxQuery(ListQuery):
    """Which exams: without a slot, held by a question, or all that are open.

    ``asked`` leaves those alone of which a question is open that this role answers. ``sort`` is
    priority, waits, patient, exam, from, wanted or status, of all that are open waits alone, with
    ``-`` backwards; where it is left out, priority, or of all open the newest.
    """

    tab: Tab = Tab.TO_SCHEDULE
    modality: Annotated[str, StringConstraints(max_length=16)] = ""
    priority: Priority | None = None
    asked: Role | None = None
    sort: SortedBy = ""
    after: After = ""


class WantedExam(Input):
    """One exam of a visit, and the room and start that were chosen for it, if any."""

    procedure_code: Code
    room_id: RowId | None = None
    starts_at: Moment | None = None


class Wishes(Input):
    """What every exam of a visit has in common."""

    patient_id: RowId
    priority: Priority = Priority.ROUTINE
    patient_class: PatientClass = PatientClass.OUTPATIENT
    reason: Text = ""
    ordering_physician: _Physician = ""
    laterality: Literal["", "L", "R"] = ""
    wanted_on: Day | None = None


class NewOrders(Wishes):
    """The exams of one visit, each its own order; one without a slot is placed by the workers."""

    exams: Annotated[list[WantedExam], Field(min_length=1, max_length=MOST_EXAMS)]


class OrdersMade(Output):
    """The orders made, one for each exam; ``id`` is the first's."""

    id: int
    items: list[Order]


class OrderChange(Input):
    """What of an order is to be other than it is; what is left out stays."""

    procedure_code: Code | None = None
    priority: Priority | None = None
    patient_class: PatientClass | None = None
    reason: Text | None = None
    clinical_information: Text | None = None
    ordering_physician: _Physician | None = None
    referring_physician: _Physician | None = None
    current_location: Annotated[str, StringConstraints(max_length=64)] | None = None
    wanted_at: Moment | None = None


@api.get("/exams", Permission.SEE_SCHEDULE, twins="orders.inbox")
def list_exams(session: Session, query: InboxQuery) -> Page[ExamSummary]:
    """List the exams to be scheduled, the most urgent and longest waiting first."""
    found = queries.inbox(
        session,
        Wanted(
            tab=query.tab,
            modality=query.modality,
            priority=query.priority or "",
            asked=query.asked or "",
            after=query.after,
            sort=query.sort,
            rows=query.limit,
        ),
    )
    items = [ExamSummary.of(one) for one in found.rows]
    return Page(items=items, next=page_after(found.after))


@api.get("/orders", Permission.SEE_SCHEDULE)
def list_orders(session: Session, query: OrderQuery) -> Page[Order]:
    """List orders, of one patient or all, the newest first."""
    order = ImagingServiceRequest
    statement = select(order).options(*_loaded())
    if query.patient_id is not None:
        statement = statement.where(order.patient_id == query.patient_id)
    after = str(query.after or "")
    found = paginate(session, statement, [order.id], after=after, descending=True, rows=query.limit)
    return Page(items=[Order.of(one) for one in found.rows], next=page_after(found.after))


@api.get("/orders/<int:order_id>", Permission.SEE_SCHEDULE)
def read_order(session: Session, order_id: int) -> Order:
    """Return an order with its exams."""
    return Order.of(_order(session, order_id))


@api.post("/orders", Permission.BOOK, creates="/orders/{id}", twins="orders.create")
def make_orders(session: Session, body: NewOrders) -> OrdersMade:
    """Order one exam, or several of one visit, and book what was chosen: all of it, or nothing.

    A slot that is taken is 409 with free `slots`.
    """
    patient = patients.get_survivor(session, body.patient_id)
    made, exams, places = [], [], []
    for wanted in body.exams:
        if (wanted.room_id is None) is not (wanted.starts_at is None):
            raise DomainError(_("A slot is a room_id and a starts_at: give both or neither."))
        details = _details(body, wanted.procedure_code)
        order = ordering.make_order(
            session, patient, details, actor=context.actor(), now=context.now()
        )
        made.append(order)
        if wanted.room_id is not None and wanted.starts_at is not None:
            exams += order.exams[:1]
            places.append((wanted.room_id, wanted.starts_at))
    scheduling.book_visit(session, exams, places, actor=context.actor(), now=context.now())
    session.flush()
    session.expire_all()
    return OrdersMade(id=made[0].id, items=[Order.of(order) for order in made])


@api.patch("/orders/<int:order_id>", Permission.BOOK)
def change_order(session: Session, order_id: int, body: OrderChange) -> Order:
    """Change an order; what its slot depends on makes its exams be placed anew."""
    order = _order(session, order_id, lock=True)
    changes = body.model_dump(exclude_unset=True)
    code = changes.pop("procedure_code", None) or order.requested_procedures[0].procedure.code
    kept = {name: getattr(order, name) for name in _KEPT}
    empty = {name for name, value in changes.items() if value is None} - {"wanted_at"}
    if empty:
        raise DomainError(
            _("%(empty)s: give a value, or leave it out.", empty=", ".join(sorted(empty)))
        )
    details = OrderDetails(procedure_code=code, **kept | changes)
    ordering.change_order(session, order, details, actor=context.actor(), now=context.now())
    session.flush()
    session.expire_all()
    return Order.of(_order(session, order_id))


@api.post("/orders/<int:order_id>/cancel", Permission.BOOK)
def cancel_order(session: Session, order_id: int, body: ReasonBody) -> Order:
    """Cancel every exam of the order, and say why."""
    order = _order(session, order_id, lock=True)
    ordering.cancel_order(
        session, order, actor=context.actor(), now=context.now(), reason=body.reason
    )
    session.flush()
    session.expire_all()
    return Order.of(_order(session, order_id))


# What an order keeps where a change does not name it.
_KEPT = (*orders.COPIED_FIELDS, "ordered_at", "placer_order_number", "placer_issuer")


def _loaded() -> Sequence[Any]:
    requested = selectinload(ImagingServiceRequest.requested_procedures)
    steps = requested.selectinload(RequestedProcedure.steps)
    return (
        selectinload(ImagingServiceRequest.patient),
        requested.selectinload(RequestedProcedure.procedure),
        steps.selectinload(ScheduledProcedureStep.room),
        steps.selectinload(ScheduledProcedureStep.patient),
    )


def _order(session: Session, order_id: int, *, lock: bool = False) -> ImagingServiceRequest:
    order = session.get(
        ImagingServiceRequest, order_id, options=_loaded(), with_for_update=lock or None
    )
    if order is None:
        raise NotFoundError(_("There is no order %(order_id)s.", order_id=order_id))
    return order


def _details(body: NewOrders, procedure_code: str) -> OrderDetails:
    return OrderDetails(
        procedure_code=procedure_code,
        priority=body.priority,
        patient_class=body.patient_class,
        ordered_at=context.now(),
        reason=body.reason,
        ordering_physician=body.ordering_physician,
        laterality=body.laterality,
        wanted_at=_first_moment(body.wanted_on),
    )


def _first_moment(day: date | None) -> datetime | None:
    return None if day is None else context.day_bounds(day)[0]
