"""The state of what is not HL7: image managers with what waits for them, and the mail."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from worklist.catalogue.image_managers import ImageManager
from worklist.dicom.models import Forward
from worklist.mail.models import MailState, PatientMail
from worklist.web.paging import Key, Page, Sorting, sorted_page

_WAITS = Forward.delivered_at.is_(None)
_COLUMNS: dict[str, Key | tuple[Key, ...]] = {
    "ae_title": ImageManager.ae_title,
    "address": (ImageManager.host, ImageManager.port),
    "waiting": select(func.count())
    .where(Forward.image_manager_id == ImageManager.id, _WAITS)
    .scalar_subquery(),
}


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


# How the image managers are sorted, as the address says it: else by AE title.
managers_by = partial(Sorting.of, columns=_COLUMNS, unique=ImageManager.ae_title)


def image_managers(
    session: Session, sorting: Sorting, *, after: str = "", rows: int | None = None
) -> Page[ManagerLine]:
    """Return a page of the image managers, with two statements.

    Raises:
        DomainError: there is no such page.
    """
    page = sorted_page(session, select(ImageManager), sorting, after=after, rows=rows)
    waiting = select(
        Forward.image_manager_id,
        func.count(),
        func.min(Forward.created_at),
        func.max(Forward.attempts),
    ).where(_WAITS, Forward.image_manager_id.in_([one.id for one in page.rows]))
    found = {
        manager: (number, since, attempts)
        for manager, number, since, attempts in session.execute(
            waiting.group_by(Forward.image_manager_id)
        )
    }
    lines = [ManagerLine(one, *found.get(one.id, (0, None, 0))) for one in page.rows]
    return Page(lines, page.after)


def mail(session: Session) -> MailLine:
    """Return how the mail does: only what waits is looked at."""
    waiting = PatientMail.state == MailState.WAITING
    number, since = session.execute(
        select(func.count(), func.min(PatientMail.requested_at)).where(waiting)
    ).one()
    trouble = session.scalar(
        select(PatientMail.error_text)
        .where(waiting, PatientMail.error_text != "")
        .order_by(PatientMail.next_attempt_at.desc())
        .limit(1)
    )
    return MailLine(number, since, trouble or "")
