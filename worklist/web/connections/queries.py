"""The state of what is not HL7: image managers with what waits for them, and the mail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from worklist.catalogue.image_managers import ImageManager
from worklist.dicom.models import Forward
from worklist.mail.models import MailState, SlipMail


@dataclass(frozen=True, slots=True)
class ManagerLine:
    """An image manager, how many messages wait for it, since when, and the most attempts of one."""

    manager: ImageManager
    waiting: int
    since: datetime | None
    attempts: int


@dataclass(frozen=True, slots=True)
class MailLine:
    """How many mails wait, since when, and what the server said last of one that waits."""

    waiting: int
    since: datetime | None
    trouble: str


def image_managers(session: Session) -> Sequence[ManagerLine]:
    """Return every image manager, with one statement."""
    waiting = Forward.delivered_at.is_(None)
    rows = session.execute(
        select(
            ImageManager,
            func.count(Forward.id),
            func.min(Forward.created_at),
            func.coalesce(func.max(Forward.attempts), 0),
        )
        .outerjoin(Forward, (Forward.image_manager_id == ImageManager.id) & waiting)
        .group_by(ImageManager.id)
        .order_by(ImageManager.ae_title)
    )
    return [ManagerLine(*row) for row in rows]


def mail(session: Session) -> MailLine:
    """Return how the mail does: only what waits is looked at."""
    waiting = SlipMail.state == MailState.WAITING
    number, since = session.execute(
        select(func.count(), func.min(SlipMail.requested_at)).where(waiting)
    ).one()
    trouble = session.scalar(
        select(SlipMail.error_text)
        .where(waiting, SlipMail.error_text != "")
        .order_by(SlipMail.next_attempt_at.desc())
        .limit(1)
    )
    return MailLine(number, since, trouble or "")
