"""Forward performed steps and availability notices to image managers, unchanged and in order.

The duty of an IHE Performed Procedure Step Manager (RAD-6, RAD-7). A message is stored in the
transaction that takes it, and sent until it is delivered; one that waits holds back those after
it, so that a step's end never arrives before its beginning.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from io import BytesIO

import structlog
from pydicom.uid import UID
from pynetdicom.dsutils import decode
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from worklist import nudge
from worklist.backoff import has_come, is_due, pause_after
from worklist.catalogue.image_managers import ImageManager
from worklist.dicom import dimse, metrics
from worklist.dicom.client import Peer, PeerError
from worklist.dicom.models import Forward
from worklist.dicom.request import Request
from worklist.dicom.sop_classes import (
    INSTANCE_AVAILABILITY_NOTIFICATION,
    MODALITY_PERFORMED_PROCEDURE_STEP,
)

CREATE, SET = "N-CREATE", "N-SET"
FORWARD_TASK = "workers.dicom.forward"
_AT_ONCE = 50
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=10)
_KEPT = timedelta(days=30)
# What the receiver has already, or has finished with: sending it again would change nothing.
_NOT_AGAIN = frozenset({0x0111, 0x0110, 0x0112, 0x0106, 0x0120, 0x0121, 0x0105, 0x0107, 0x0116})

log = structlog.get_logger(__name__)


def add(session: Session, request: Request, uid: str, *, now: datetime) -> None:
    """Store a message for every image manager that is to have it."""
    is_step = request.sop_class == MODALITY_PERFORMED_PROCEDURE_STEP
    wanted = ImageManager.forward_performed_steps if is_step else ImageManager.forward_availability
    ids = session.scalars(
        select(ImageManager.id).where(
            ImageManager.active, wanted, ImageManager.ae_title != request.calling
        )
    ).all()
    session.add_all(
        Forward(
            image_manager_id=manager_id,
            sop_class=request.sop_class,
            operation=SET if request.command.field == dimse.N_SET else CREATE,
            sop_instance_uid=uid,
            transfer_syntax=request.transfer_syntax,
            data=request.data,
            created_at=now,
        )
        for manager_id in ids
    )
    session.flush()
    for manager_id in ids:
        nudge.task(session, FORWARD_TASK, manager_id)


def due(session: Session, *, now: datetime) -> Sequence[int]:
    """Return the image managers for which a message waits whose time has come."""
    return session.scalars(
        select(Forward.image_manager_id)
        .join(ImageManager, ImageManager.id == Forward.image_manager_id)
        .where(Forward.delivered_at.is_(None), ImageManager.active)
        .where(
            Forward.try_again_at.is_(None)
            | is_due(Forward.try_again_at, now=now, longest=_LONGEST_PAUSE)
        )
        .distinct()
    ).all()


def send(session: Session, manager_id: int, *, calling: str, now: datetime) -> int:
    """Send what waits for an image manager, in order, until one fails; return how many went.

    The image manager's row is locked meanwhile, so that two workers never send at once.
    """
    manager = session.get(ImageManager, manager_id, with_for_update={"skip_locked": True})
    if manager is None or not manager.active:
        return 0
    sent = 0
    for forward in _waiting(session, manager_id):
        again_at = forward.try_again_at
        if again_at is not None and not has_come(again_at, now=now, longest=_LONGEST_PAUSE):
            break
        if not _delivered(forward, manager, calling=calling, now=now):
            break
        sent += 1
    session.flush()
    return sent


def forget(session: Session, *, now: datetime) -> None:
    """Delete what was delivered long ago."""
    session.execute(delete(Forward).where(Forward.delivered_at < now - _KEPT))


def _waiting(session: Session, manager_id: int) -> Sequence[Forward]:
    return session.scalars(
        select(Forward)
        .where(Forward.image_manager_id == manager_id, Forward.delivered_at.is_(None))
        .order_by(Forward.id)
        .limit(_AT_ONCE)
    ).all()


def _delivered(forward: Forward, manager: ImageManager, *, calling: str, now: datetime) -> bool:
    forward.attempts += 1
    try:
        _send(forward, manager, calling)
    except PeerError as error:
        if error.status not in _NOT_AGAIN:
            forward.try_again_at = now + pause_after(
                forward.attempts, first=_FIRST_PAUSE, longest=_LONGEST_PAUSE
            )
            metrics.FORWARDS.labels("waits").inc()
            log.warning("dicom.forward.waits", to=manager.ae_title, reason=str(error))
            return False
        forward.refused = str(error)[:100]
        log.warning("dicom.forward.refused", to=manager.ae_title, reason=str(error))
    forward.delivered_at = now
    metrics.FORWARDS.labels("refused" if forward.refused else "delivered").inc()
    return True


def _send(forward: Forward, manager: ImageManager, calling: str) -> None:
    syntax = UID(forward.transfer_syntax)
    dataset = decode(BytesIO(forward.data), syntax.is_implicit_VR, syntax.is_little_endian)
    peer = Peer(manager.host, manager.port, calling, manager.ae_title, forward.transfer_syntax)
    uid = forward.sop_instance_uid
    if forward.operation == SET:
        peer.mpps_set(uid=uid, changes=dataset)
    elif forward.sop_class == INSTANCE_AVAILABILITY_NOTIFICATION:
        peer.notify_available(uid=uid, attributes=dataset)
    else:
        peer.mpps_create(uid=uid, attributes=dataset)
