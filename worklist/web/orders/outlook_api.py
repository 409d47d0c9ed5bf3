"""What an order would lead to, for programs: procedures to order, and times to offer."""

from datetime import time
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.errors import DomainError
from worklist.language.text import _
from worklist.patients import service as patients
from worklist.web import context
from worklist.web.api.exams import FreeSlot, findings
from worklist.web.api.fields import (
    Input,
    Output,
    RowId,
    TimeOfDay,
)
from worklist.web.api.operations import Operations
from worklist.web.language import tell
from worklist.web.orders.api import Code, Wishes
from worklist.web.orders.catalogue import find_procedures
from worklist.web.orders.draft import LONGEST_REST, MOST_EXAMS, Draft, rest_between
from worklist.web.orders.outlook import outlook

api = Operations("Before ordering", "What can be ordered, and what an order would lead to.")


Part = Literal["", "usual", "morning", "afternoon", "evening"]
_Rest = Annotated[int | None, Field(ge=0, le=LONGEST_REST)]


class Rest(Input):
    """How many minutes a patient rests between two exams; left out: none, and up to two hours."""

    least_minutes: _Rest = None
    most_minutes: _Rest = None


class OutlookQuestion(Wishes):
    """What would be ordered, for slots of one exam or of several in one visit.

    ``part``, ``room_id`` and ``around`` are of one exam, ``in_order`` and ``rest`` of several.
    """

    procedure_codes: Annotated[list[Code], Field(min_length=1, max_length=MOST_EXAMS)]
    part: Annotated[
        Part, Field(description="The part of the day; usual: when such exams are placed.")
    ] = ""
    room_id: RowId | None = None
    around: Annotated[
        TimeOfDay | None,
        Field(description="The slots nearest to this time of the day wanted, nearest first."),
    ] = None
    in_order: Annotated[
        bool, Field(description="Whether the exams follow each other as given here.")
    ] = False
    rest: Rest | None = None


class VisitSlot(FreeSlot):
    """A slot for one of the exams asked about: ``exam`` is its place among them, from 0."""

    exam: int


class Outlook(Output):
    """What the order would lead to: what forbids it, what has to be asked, and times to offer.

    ``questions`` have to be answered before booking, those in ``later`` before the exam.
    ``without_offers`` says why there is no time to offer, in sentences of the asker's language.
    """

    minutes: int
    blocks: list[dict[str, Any]]
    questions: list[dict[str, Any]]
    later: list[dict[str, Any]]
    remarks: list[dict[str, Any]]
    offers: list[list[VisitSlot]]
    without_offers: list[str]


class ProcedureQuery(Input):
    """Words of a code, name, synonym or body part; slips are forgiven."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class CatalogueProcedure(Output):
    """A procedure that can be ordered."""

    code: str
    name: str
    modality: str
    body_part: str
    duration_minutes: int
    preparation: str


class Procedures(Output):
    """What fits, an exact code first."""

    items: list[CatalogueProcedure]


@api.get("/procedures", Permission.SEE_SCHEDULE, twins="orders.new")
def search_procedures(session: Session, query: ProcedureQuery) -> Procedures:
    """Find procedures of the catalogue by whatever a caller says."""
    found = find_procedures(session, query.text)
    return Procedures(items=[CatalogueProcedure.model_validate(one) for one in found])


@api.post("/orders/outlook", Permission.BOOK, twins="orders.look")
def look_ahead(body: OutlookQuestion) -> Outlook:
    """Tell what has to be asked and which times are free, before anything is ordered.

    Several procedures are one visit: each offer then has a slot for each of them.
    """
    with context.current().sessions() as session:
        context.site(session)
        patient = patients.get_survivor(session, body.patient_id)
        seen = outlook(session, patient, _draft(body), actor=context.actor())
        told = Outlook(
            minutes=seen.minutes,
            blocks=findings(seen.blocks),
            questions=findings(seen.holds),
            later=findings(seen.later),
            remarks=findings(seen.remarks),
            offers=[
                [VisitSlot.made_of(slot, exam=index) for index, slot in offer.slots]
                for offer in seen.offers
            ],
            without_offers=[tell(one) for one in seen.without_offers],
        )
        session.rollback()
    return told


def _draft(body: OutlookQuestion) -> Draft:
    single = len(body.procedure_codes) == 1
    if body.around and (body.part or not single):
        raise DomainError(_("around is for one exam, and without part: leave out one of them."))
    if single and (body.in_order or body.rest):
        raise DomainError(_("in_order and rest are for several exams: leave them out for one."))
    rest = body.rest or Rest()
    return Draft(
        procedure_codes=tuple(body.procedure_codes),
        priority=body.priority,
        patient_class=body.patient_class,
        reason=body.reason,
        ordering_physician=body.ordering_physician,
        laterality=body.laterality,
        wanted_on=body.wanted_on,
        part=body.part,
        room_id=body.room_id,
        around=time.fromisoformat(body.around) if body.around else None,
        in_order=body.in_order,
        rest=rest_between(rest.least_minutes, rest.most_minutes),
    )
