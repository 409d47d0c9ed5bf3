"""The parts of the day that a desk searches in, by the wall clock of the site."""

from datetime import time

from worklist.language.text import Text, _
from worklist.orders.models import ImagingServiceRequest
from worklist.scheduling.policy import Policy

USUAL = "usual"
_PARTS: dict[str, tuple[time, time] | None] = {
    "": None,
    "morning": (time(0), time(12)),
    "afternoon": (time(12), time(17)),
    "evening": (time(17), time(0)),
}
NAMES = frozenset({USUAL, *_PARTS})


def between(part: str, order: ImagingServiceRequest, policy: Policy) -> tuple[time, time] | None:
    """Return from when to when exams of the order start in a part of the day; None is any time.

    The usual part is the one in which the policy places such exams by itself.
    """
    if part == USUAL:
        return policy.day_part(order.priority, order.patient_class)
    return _PARTS.get(part)


def choices() -> dict[str, Text]:
    """Return the words of each part, by the value that a form sends; the usual one first."""
    return {
        USUAL: _("the usual hours"),
        "morning": _("morning, before 12:00"),
        "afternoon": _("afternoon, 12:00 to 17:00"),
        "evening": _("evening, from 17:00"),
        "": _("any time, also at night"),
    }
