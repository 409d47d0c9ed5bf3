"""What stands above the upper layer: who is let in, and which service answers a request."""

from collections.abc import Callable

import structlog

from worklist.dicom import availability, dimse, find, metrics, mpps, negotiation
from worklist.dicom.context import ServerContext
from worklist.dicom.dimse import SUCCESS, Reply
from worklist.dicom.negotiation import (
    ADDRESS_NOT_ALLOWED,
    CALLED_NOT_RECOGNISED,
    CALLING_NOT_RECOGNISED,
    CATALOGUE_NOT_READ,
    CONNECTION_NOT_SAFE,
    TOO_MANY_ASSOCIATIONS,
    Refusal,
)
from worklist.dicom.request import Batches, Request
from worklist.dicom.sop_classes import (
    INSTANCE_AVAILABILITY_NOTIFICATION,
    MODALITY_PERFORMED_PROCEDURE_STEP,
    MODALITY_WORKLIST_FIND,
    VERIFICATION,
)
from worklist.dicom.stations import StationList
from worklist.dicom.upper_layer import Accepted, Connection

PROBE_AE_TITLE = "WORKLIST_STATUS"
MOST_ASSOCIATIONS = 500
_OF_STATIONS = (
    VERIFICATION,
    MODALITY_WORKLIST_FIND,
    MODALITY_PERFORMED_PROCEDURE_STEP,
    INSTANCE_AVAILABILITY_NOTIFICATION,
)
_OF_IMAGE_MANAGERS = (VERIFICATION, INSTANCE_AVAILABILITY_NOTIFICATION)

log = structlog.get_logger(__name__)


def _echo(request: Request, _context: ServerContext) -> Reply:
    return dimse.reply(request.command, SUCCESS)


_ONE_REPLY: dict[tuple[str, int], Callable[[Request, ServerContext], Reply]] = {
    (VERIFICATION, dimse.C_ECHO): _echo,
    (MODALITY_PERFORMED_PROCEDURE_STEP, dimse.N_CREATE): mpps.create,
    (MODALITY_PERFORMED_PROCEDURE_STEP, dimse.N_SET): mpps.change,
    (INSTANCE_AVAILABILITY_NOTIFICATION, dimse.N_CREATE): availability.create,
}


def _offered(calling: str, stations: StationList) -> tuple[str, ...]:
    """Return what a caller may use. The probe of `worklist status` may verify and nothing else."""
    if calling == PROBE_AE_TITLE:
        return (VERIFICATION,)
    return _OF_STATIONS if stations.caller(calling) is not None else _OF_IMAGE_MANAGERS


class Services:
    """The services of one server process."""

    def __init__(self, context: ServerContext, ae_title: str, connections: set[Connection]) -> None:
        self._context = context
        self._ae_title = ae_title
        self._connections = connections

    def associate(self, unit: bytes, connection: Connection) -> Accepted | Refusal:
        """Judge an A-ASSOCIATE-RQ.

        Raises:
            MalformedError: it is none.
        """
        request = negotiation.read_request(unit)
        refusal = self._refusal(request, connection)
        if refusal is not None:
            metrics.ASSOCIATIONS_REJECTED.inc()
            log.warning(
                "dicom.association.rejected",
                calling=request.calling,
                called=request.called,
                address=connection.peer_address,
                hint=refusal.hint,
            )
            return refusal
        stations = self._context.directory.stations()
        longest = stations.profile(request.calling).maximum_pdu
        offered = _offered(request.calling, stations)
        return Accepted(request.calling, negotiation.accept(unit, offered, longest))

    def answer(self, request: Request) -> Batches:
        """Give the replies to a request, batch by batch."""
        asked = (request.sop_class, request.command.field)
        if asked == (MODALITY_WORKLIST_FIND, dimse.C_FIND):
            yield from find.answer(request, self._context)
        elif asked in _ONE_REPLY:
            yield [_ONE_REPLY[asked](request, self._context)]
        else:
            yield [dimse.reply(request.command, dimse.UNRECOGNISED_OPERATION)]

    def _refusal(self, request: negotiation.Request, connection: Connection) -> Refusal | None:
        if len(self._connections) > MOST_ASSOCIATIONS:
            return TOO_MANY_ASSOCIATIONS
        if request.called != self._ae_title:
            return CALLED_NOT_RECOGNISED
        if request.calling == PROBE_AE_TITLE:
            return None
        stations = self._context.directory.stations()
        station = stations.caller(request.calling)
        if station is None:
            unknown = CALLING_NOT_RECOGNISED if stations.version else CATALOGUE_NOT_READ
            return None if request.calling in stations.image_managers else unknown
        if not station.profile.admits(connection.peer_address):
            return ADDRESS_NOT_ALLOWED
        safe = station.profile.trusts(connection.peer_certificate, encrypted=connection.encrypted)
        return None if safe else CONNECTION_NOT_SAFE
