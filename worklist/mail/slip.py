"""What an appointment slip says, in the patient's language where there is one."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from worklist.catalogue.models import Room, Site
from worklist.errors import DomainError
from worklist.language import formats
from worklist.language.catalogues import locales, tell
from worklist.language.text import Text, _
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import WITH_SLOT
from worklist.scheduling.models import Reservation

BRING = _(
    "Please bring this slip, your insurance card and earlier pictures. If you cannot come, call "
    "us: somebody else will be glad of the time."
)


@dataclass(frozen=True, slots=True)
class Slip:
    """One appointment for the patient.

    Attributes:
        exam: The exam that is booked.
        site: Where it is.
        room: In which room.
        comes_at: When the patient is wanted: preparation may come before the room.
        starts_at: When the exam enters the room.
        ends_at: When it is over.
        locale: The language of the slip.
        preparation: How to prepare.
        preparation_language: The language of the preparation.
    """

    exam: ScheduledProcedureStep
    site: Site
    room: Room
    comes_at: datetime
    starts_at: datetime
    ends_at: datetime
    locale: str
    preparation: str
    preparation_language: str


def slip_of(session: Session, exam: ScheduledProcedureStep, *, locale: str) -> Slip:
    """Return the slip of an exam in its patient's language, else in ``locale``, the site's.

    The preparation is in the patient's language where the catalogue has it in that language.

    Raises:
        DomainError: the exam has no slot that the patient could come to.
    """
    if exam.status not in WITH_SLOT or not (exam.room and exam.starts_at and exam.ends_at):
        raise DomainError(_("This exam has no slot yet: book one, then print the slip."))
    wanted = exam.patient.language
    translated = exam.procedure.preparation_translations.get(wanted, "")
    return Slip(
        exam=exam,
        site=exam.room.resource.site,
        room=exam.room,
        comes_at=_comes_at(session, exam) or exam.starts_at,
        starts_at=exam.starts_at,
        ends_at=exam.ends_at,
        locale=wanted if wanted in locales() else locale,
        preparation=translated or exam.procedure.preparation,
        preparation_language=wanted if translated else locale,
    )


def subject(slip: Slip) -> str:
    """Return the subject of the mail: when and where, nothing of what is examined.

    It is one line, as a header must be (RFC 5322 section 2.2), whatever the site's name.
    """
    zone = ZoneInfo(slip.site.time_zone)
    day = formats.day(slip.comes_at.astimezone(zone).date(), slip.locale)
    site = " ".join(slip.site.name.split())
    return tell(_("Your appointment on %(day)s, %(site)s", day=day, site=site), slip.locale)


def content(slip: Slip) -> str:
    """Return the mail's text: what the printed slip says, without birth date and numbers."""
    return "\n".join(
        [
            *letterhead(slip, _("Your appointment")),
            *told(slip),
            *preparation(slip),
            tell(BRING, slip.locale),
            "",
        ]
    )


def letterhead(slip: Slip, title: Text) -> list[str]:
    """Return the lines above the appointment: who writes, and of what."""
    return [f"{slip.site.name}, {slip.site.department}", tell(title, slip.locale), ""]


def told(slip: Slip) -> list[str]:
    """Return the lines that say who is expected when, where and for what."""
    zone, locale = ZoneInfo(slip.site.time_zone), slip.locale
    day = formats.day(slip.comes_at.astimezone(zone).date(), locale)
    lines: list[tuple[Text, str]] = [
        (_("For"), slip.exam.patient.display_name),
        (_("Please come"), f"{day}, {formats.clock(slip.comes_at, zone, locale)}"),
        (_("Where"), f"{slip.site.name}, {slip.room.name}"),
        (_("Exam"), slip.exam.description),
        (_("Takes about"), formats.duration(slip.ends_at - slip.comes_at, locale)),
    ]
    return [*(f"{tell(name, locale)}: {value}" for name, value in lines), ""]


def preparation(slip: Slip) -> list[str]:
    """Return the lines that say how to prepare, none where there is nothing to do."""
    if not slip.preparation:
        return []
    return [tell(_("How to prepare"), slip.locale), slip.preparation, ""]


def _comes_at(session: Session, exam: ScheduledProcedureStep) -> datetime | None:
    """Return when the patient's first phase begins."""
    begins: datetime | None = session.scalar(
        select(func.min(func.lower(Reservation.during))).where(
            Reservation.exam_id == exam.id, Reservation.patient_id.is_not(None)
        )
    )
    return begins
