"""The DICOM server: Verification, Modality Worklist and Modality Performed Procedure Step."""

import logging
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from types import FrameType
from typing import Any, cast

import pydicom.config
import structlog
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import AE, _config, evt
from pynetdicom.association import Association
from pynetdicom.transport import ThreadedAssociationServer

from config import Settings
from worklist import clock, db, nudge
from worklist.dicom import metrics
from worklist.dicom.connection import send_at_once
from worklist.dicom.context import ServerContext
from worklist.dicom.find import handle_find
from worklist.dicom.mpps import handle_create, handle_set
from worklist.dicom.sop_classes import (
    MODALITY_PERFORMED_PROCEDURE_STEP,
    MODALITY_WORKLIST_FIND,
    VERIFICATION,
)
from worklist.dicom.stations import Directory

PROBE_AE_TITLE = "WORKLIST_STATUS"
_TRANSFER_SYNTAXES = [ImplicitVRLittleEndian, ExplicitVRLittleEndian]
_MOST_ASSOCIATIONS = 500
_IDLE_SECONDS = 300
_POOL_SIZE = 10

log = structlog.get_logger(__name__)


class DicomServer:
    """A running server; `stop` ends it with every association."""

    def __init__(self, server: ThreadedAssociationServer, directory: Directory) -> None:
        self._server = server
        self.directory = directory

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._server.server_address[1])

    def stop(self) -> None:
        """Stop listening and abort what is still associated, all at once: each takes a while."""
        self._server.shutdown()
        associations = self._server.active_associations
        with ThreadPoolExecutor(max_workers=_MOST_ASSOCIATIONS) as pool:
            list(pool.map(Association.abort, associations))


def serve(settings: Settings, transport: nudge.Transport) -> None:
    """Run the server until SIGTERM or SIGINT."""
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    nudge.use(transport)
    engine = db.make_engine(settings.require_database_url(), pool_size=_POOL_SIZE)
    server = start(settings, db.make_session_factory(engine))
    log.info("dicom.listening", address=settings.bind, port=server.port, ae=settings.ae_title)
    stopping.wait()
    server.stop()
    engine.dispose()
    log.info("dicom.stopped")


def start(
    settings: Settings,
    sessions: db.SessionFactory,
    *,
    clock: clock.Clock = clock.system_clock,
) -> DicomServer:
    """Start listening and return at once.

    Raises:
        OSError: the port is in use or may not be opened.
    """
    _quieten_libraries()
    context = ServerContext(sessions, Directory(sessions), clock, settings.time_zone)
    ae = AE(settings.ae_title)
    ae.require_called_aet = True
    ae.maximum_associations = _MOST_ASSOCIATIONS
    ae.network_timeout = _IDLE_SECONDS
    for sop_class in (
        VERIFICATION,
        MODALITY_WORKLIST_FIND,
        MODALITY_PERFORMED_PROCEDURE_STEP,
    ):
        ae.add_supported_context(sop_class, _TRANSFER_SYNTAXES)
    server = ae.start_server(
        (settings.bind, settings.dicom_port),
        block=False,
        evt_handlers=[
            (evt.EVT_CONN_OPEN, send_at_once),
            (evt.EVT_REQUESTED, _check_caller, [context]),
            (evt.EVT_REJECTED, _log_rejected),
            (evt.EVT_C_FIND, handle_find, [context]),
            (evt.EVT_N_CREATE, handle_create, [context]),
            (evt.EVT_N_SET, handle_set, [context]),
        ],
    )
    return DicomServer(cast("ThreadedAssociationServer", server), context.directory)


def _check_caller(event: evt.Event, context: ServerContext) -> None:
    """Let pynetdicom know the AE titles of now, before it judges the request.

    An unknown one is rejected as "calling AE title not recognised" (PS3.8 section 9.3.4). The
    probe of `worklist status` may verify and nothing else.
    """
    try:
        titles = context.directory.stations().active_titles()
        event.assoc.ae.require_calling_aet = [PROBE_AE_TITLE, *titles]
    except Exception:  # without the database the titles of before hold
        log.exception("dicom.stations.unreadable")
        if not event.assoc.ae.require_calling_aet:
            event.assoc.ae.require_calling_aet = [PROBE_AE_TITLE]
    request: Any = event.assoc.requestor.primitive
    if request.calling_ae_title == PROBE_AE_TITLE:
        event.assoc.acceptor.supported_contexts = [
            supported
            for supported in event.assoc.acceptor.supported_contexts
            if supported.abstract_syntax == VERIFICATION
        ]


def _log_rejected(event: evt.Event) -> None:
    metrics.ASSOCIATIONS_REJECTED.inc()
    request: Any = event.assoc.requestor.primitive
    log.warning(
        "dicom.association.rejected",
        calling=request.calling_ae_title,
        called=request.called_ae_title,
        address=event.assoc.requestor.address,
        hint="Add the calling AE title as a station to the catalogue, "
        "or correct the called one at the scanner.",
    )


def _quieten_libraries() -> None:
    """Keep patient data out of the libraries' logs, and their checks of values out of the way."""
    _config.LOG_HANDLER_LEVEL = "none"
    _config.LOG_REQUEST_IDENTIFIERS = False
    _config.LOG_RESPONSE_IDENTIFIERS = False
    logging.getLogger("pynetdicom").setLevel(logging.ERROR)
    logging.getLogger("pydicom").setLevel(logging.ERROR)
    pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
