"""What a department needs before the first order is placed and a scanner finds it, in its order."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, exists, func, select
from sqlalchemy.orm import Session

from worklist.auth.models import User
from worklist.catalogue.models import OpeningHours, Resource, Room, Site, Station
from worklist.catalogue.procedures import Procedure
from worklist.hl7.peers.models import Peer
from worklist.language.text import Text, _
from worklist.orders.models import ImagingServiceRequest
from worklist.web.addresses import url_for


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do once: what, why, and the page that does it."""

    text: Text
    reason: Text
    address: str
    done: bool


def first_steps(session: Session) -> list[Step]:
    """Return the steps; none once an order has come: then the department is at work."""
    has = _what_there_is(session)
    return [] if has.order else [*_steps_of_catalogue(has), *_steps_of_people(has)]


def _what_there_is(session: Session) -> Row[Any]:
    """Return whether there is one of each kind, and the first room that is ``closed`` always."""
    open_room = exists().where(OpeningHours.resource_id == Room.id)
    return session.execute(
        select(
            exists(select(Site.id)).label("site"),
            exists(select(Room.id)).label("room"),
            exists(select(Room.id).where(open_room)).label("hours"),
            exists(select(Station.id)).label("station"),
            exists(select(Procedure.id)).label("procedure"),
            exists(select(Peer.id)).label("peer"),
            exists(select(User.id).offset(1)).label("accounts"),
            exists(select(ImagingServiceRequest.id)).label("order"),
            select(func.min(Resource.code)).join(Room, Room.id == Resource.id)
            .where(~open_room).scalar_subquery().label("closed"),
        )
    ).one()  # fmt: skip


def _new(kind: str) -> str:
    return url_for("administration.new", kind=kind)


def _steps_of_catalogue(has: Row[Any]) -> list[Step]:
    closed = has.closed
    return [
        Step(
            _("Make a site"), _("Its time zone is that of all its rooms."), _new("site"), has.site
        ),
        Step(
            _("Make a room"),
            _("Exams are booked in rooms. One with X-rays or isotopes can do: shielded."),
            _new("room"),
            has.room,
        ),
        Step(
            _("Give the rooms their hours"),
            _("A room without hours is closed: nothing is booked there."),
            url_for("administration.hours", code=closed) if closed else _new("room"),
            has.hours and not closed,
        ),
        Step(
            _("Make the scanner's station"),
            _("By its AE title the scanner finds its worklist."),
            _new("station"),
            has.station,
        ),
        Step(
            _("Make a procedure"),
            _("Its code is the one that orders name, its modality that of the room."),
            _new("procedure"),
            has.procedure,
        ),
    ]


def _steps_of_people(has: Row[Any]) -> list[Step]:
    return [
        Step(
            _("Make accounts for the others"),
            _("Each with what the person does here."),
            url_for("accounts.overview"),
            has.accounts,
        ),
        Step(
            _("Connect the hospital's system"),
            _("Only where orders come by HL7; the desk can write them too."),
            url_for("connections.overview"),
            has.peer,
        ),
        Step(
            _("Book the first order"),
            _("It appears on the day board, and on the scanner's worklist."),
            url_for("orders.new"),
            False,  # noqa: FBT003 - whether it is done
        ),
    ]
