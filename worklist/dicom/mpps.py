"""Take Modality Performed Procedure Step messages (PS3.4 section F.7.2).

Each message is one transaction, answered after its commit.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from pydicom import Dataset
from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist import db, identifiers
from worklist.catalogue.models import Resource, Site, Station
from worklist.dicom import defects, dimse, forwarding, metrics, performed_step
from worklist.dicom.context import ServerContext
from worklist.dicom.dimse import SUCCESS, Reply
from worklist.dicom.report_check import ReportCheck, StepRefusedError
from worklist.dicom.request import Request
from worklist.performing import performed
from worklist.performing.performed import (
    DuplicateStepError,
    FinishedStepError,
    UnknownStepError,
)

PROCESSING_FAILURE = 0x0110
DUPLICATE_INSTANCE = 0x0111
NO_SUCH_INSTANCE = 0x0112
# Error ID of PS3.4 Table F.7.2-2.
MAY_NO_LONGER_BE_UPDATED = 0xA710

log = structlog.get_logger(__name__)


def create(request: Request, context: ServerContext) -> Reply:
    """Answer an N-CREATE request: a step has begun.

    A request without an Affected SOP Instance UID is given one (PS3.7 section 10.1.5.1.4).
    """
    uid = request.command.sop_instance or identifiers.new_uid()
    try:
        _create(request, uid, context)
    except Exception as error:  # noqa: BLE001 - every failure has its status
        return _failure("create", error, request, uid)
    _count("create", "success")
    log.info("dicom.mpps.created", calling=request.calling, uid=uid)
    return dimse.reply(request.command, SUCCESS, AffectedSOPInstanceUID=uid)


def change(request: Request, context: ServerContext) -> Reply:
    """Answer an N-SET request: a step goes on or has ended."""
    uid = request.command.sop_instance
    try:
        status = _set(request, uid, context)
    except Exception as error:  # noqa: BLE001 - every failure has its status
        return _failure("set", error, request, uid)
    _count("set", "success")
    log.info("dicom.mpps.set", calling=request.calling, uid=uid, status=status)
    return dimse.reply(request.command, SUCCESS, AffectedSOPInstanceUID=uid)


def _create(request: Request, uid: str, context: ServerContext) -> None:
    dataset = performed_step.data_set(request)
    with _noting(context, "N-CREATE", request.calling) as (session, check):
        zone = _zone(session, dataset, request.calling, context)
        report = performed_step.read_start(dataset, uid, zone, check)
        performed.create(session, report, actor=_actor(request.calling), now=check.now)
        forwarding.add(session, request, uid, now=check.now)


def _set(request: Request, uid: str, context: ServerContext) -> str:
    dataset = performed_step.data_set(request)
    with _noting(context, "N-SET", request.calling) as (session, check):
        step = performed.get_for_update(session, uid)
        zone = _zone(session, dataset, step.performed_station_ae_title, context)
        change = performed_step.read_change(step.attributes, dataset, zone, check)
        performed.update(session, step, change, actor=_actor(request.calling), now=check.now)
        forwarding.add(session, request, uid, now=check.now)
    return str(change.status)


@contextmanager
def _noting(
    context: ServerContext, operation: str, calling: str
) -> Iterator[tuple[Session, ReportCheck]]:
    """One transaction with a check; its defects are kept whether the report is taken or not."""
    station = context.directory.stations().caller(calling)
    check = ReportCheck(
        calling=calling,
        modality=station.modality if station is not None else "OT",
        now=context.clock(),
        strict=station is not None and station.profile.strict_mpps,
    )
    try:
        with db.transaction(context.sessions) as session:
            yield session, check
    finally:
        if check.defects:
            log.info(
                "dicom.mpps.defects",
                calling=calling,
                operation=operation,
                attributes=sorted(check.defects),
            )
            with db.transaction(context.sessions) as session:
                defects.note(session, operation, check)


def _actor(calling: str) -> str:
    return f"station:{calling}"


def _zone(session: Session, dataset: Dataset, calling: str, context: ServerContext) -> tzinfo:
    """Return the zone of the report's times: its own, else that of the station's site."""
    own = performed_step.own_zone(dataset)
    if own is not None:
        return own
    titles = [performed_step.station_of(dataset), calling]
    found = session.execute(
        select(Station.ae_title, Site.time_zone)
        .join(Resource, Resource.id == Station.room_id)
        .join(Site, Site.id == Resource.site_id)
        .where(Station.ae_title.in_(titles))
    )
    zones: dict[str, str] = dict(found.all())
    return ZoneInfo(next((zones[one] for one in titles if one in zones), context.time_zone))


def _failure(operation: str, error: Exception, request: Request, uid: str) -> Reply:
    """Return the status of what went wrong, logged and counted."""
    comment = str(error)
    fields: dict[str, Any] = {}
    if isinstance(error, StepRefusedError):
        status, outcome = error.status, "refused"
    elif isinstance(error, DuplicateStepError):
        status, outcome = DUPLICATE_INSTANCE, "duplicate"
    elif isinstance(error, UnknownStepError):
        status, outcome = NO_SUCH_INSTANCE, "unknown"
    elif isinstance(error, FinishedStepError):
        status, outcome = PROCESSING_FAILURE, "finished"
        fields["ErrorID"] = MAY_NO_LONGER_BE_UPDATED
        comment = "Performed Procedure Step Object may no longer be updated"
    else:
        status, outcome = PROCESSING_FAILURE, "failed"
        comment = "The report cannot be stored now. Send it again."
    _count(operation, outcome)
    log.warning(
        "dicom.mpps.refused",
        operation=operation,
        outcome=outcome,
        calling=request.calling,
        uid=uid,
        reason=comment,
        exc_info=error if outcome == "failed" else None,
    )
    fields["ErrorComment"] = comment[: dimse.COMMENT_LENGTH]
    return dimse.reply(request.command, status, AffectedSOPInstanceUID=uid, **fields)


def _count(operation: str, outcome: str) -> None:
    metrics.PERFORMED_STEPS.labels(operation, outcome).inc()
