"""Take Instance Availability Notifications (PS3.4 annex R)."""

import structlog

from worklist import db, identifiers
from worklist.dicom import dimse, forwarding, metrics
from worklist.dicom.context import ServerContext
from worklist.dicom.dimse import SUCCESS, Reply
from worklist.dicom.performed_step import data_set, to_json
from worklist.dicom.report_check import (
    MISSING_ATTRIBUTE,
    Attributes,
    StepRefusedError,
    first_of,
    items_of,
)
from worklist.dicom.request import Request
from worklist.performing import availability
from worklist.performing.performed import DuplicateStepError
from worklist.performing.reports import Availability

DUPLICATE_INSTANCE = 0x0111
PROCESSING_FAILURE = 0x0110
_AT_HAND = frozenset({"ONLINE", "NEARLINE"})
_UID_LENGTH = 64

log = structlog.get_logger(__name__)


def create(request: Request, context: ServerContext) -> Reply:
    """Answer an N-CREATE request: a study's images are, or are not, available."""
    uid = request.command.sop_instance or identifiers.new_uid()
    status, comment = _stored(request, uid, context)
    metrics.AVAILABILITY_NOTICES.labels("success" if status == SUCCESS else "refused").inc()
    log.info("dicom.availability", calling=request.calling, uid=uid, status=f"{status:04X}")
    if not comment:
        return dimse.reply(request.command, status, AffectedSOPInstanceUID=uid)
    return dimse.reply(request.command, status, AffectedSOPInstanceUID=uid, ErrorComment=comment)


def _stored(request: Request, uid: str, context: ServerContext) -> tuple[int, str]:
    try:
        notice = read(to_json(data_set(request)), uid)
        with db.transaction(context.sessions) as session:
            availability.receive(
                session,
                notice,
                sender=request.calling,
                actor=f"station:{request.calling}",
                now=context.clock(),
            )
            forwarding.add(session, request, uid, now=context.clock())
    except StepRefusedError as error:
        return error.status, str(error)[: dimse.COMMENT_LENGTH]
    except DuplicateStepError:
        return DUPLICATE_INSTANCE, "A notification with this UID exists already."
    except Exception:
        log.exception("dicom.availability.failed", calling=request.calling)
        return PROCESSING_FAILURE, "The notification cannot be stored now. Send it again."
    return SUCCESS, ""


def read(attributes: Attributes, uid: str) -> Availability:
    """Return a notification.

    Raises:
        StepRefusedError: it names no study.
    """
    study = str(first_of(attributes, "StudyInstanceUID") or "").strip()
    if not 0 < len(study) <= _UID_LENGTH:
        raise StepRefusedError(MISSING_ATTRIBUTE, "StudyInstanceUID", "missing")
    instances = [
        str(first_of(instance, "InstanceAvailability") or "ONLINE")
        for series in items_of(attributes, "ReferencedSeriesSequence")
        for instance in items_of(series, "ReferencedSOPSequence")
    ]
    steps = items_of(attributes, "ReferencedPerformedProcedureStepSequence")
    return Availability(
        sop_instance_uid=uid,
        study_instance_uid=study,
        performed_uids=tuple(
            str(first_of(step, "ReferencedSOPInstanceUID") or "")[:_UID_LENGTH] for step in steps
        ),
        instances=len(instances),
        available=bool(instances) and all(one in _AT_HAND for one in instances),
        attributes=attributes,
    )
