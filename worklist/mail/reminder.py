"""What a reminder says: all appointments of one day at one site, in the patient's language."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from worklist.language import formats
from worklist.language.catalogues import tell
from worklist.language.text import _
from worklist.mail.slip import BRING, Slip, letterhead, preparation, told

_NO_MORE = _("If you would rather get no reminders, tell us.")


def subject(slips: Sequence[Slip]) -> str:
    """Return the subject of the mail, one line: when and where, nothing of what is examined."""
    first = slips[0]
    day = first.comes_at.astimezone(ZoneInfo(first.site.time_zone)).date()
    site = " ".join(first.site.name.split())
    text = _(
        "Reminder: your appointment on %(day)s, %(site)s",
        day=formats.day(day, first.locale),
        site=site,
    )
    return tell(text, first.locale)


def content(slips: Sequence[Slip]) -> str:
    """Return the mail's text: each appointment, and each preparation once."""
    first = slips[0]
    lines = letterhead(first, _("We remind you of your appointment"))
    said: set[str] = set()
    for slip in slips:
        lines += told(slip)
        if slip.preparation not in said:
            lines += preparation(slip)
        said.add(slip.preparation)
    return "\n".join([*lines, tell(BRING, first.locale), "", tell(_NO_MORE, first.locale), ""])
