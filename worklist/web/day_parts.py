"""The parts of the day that a desk searches in, by the wall clock of the site."""

from datetime import time

from worklist.language.text import Text, _

PARTS: dict[str, tuple[time, time]] = {
    "morning": (time(0), time(12)),
    "afternoon": (time(12), time(17)),
    "evening": (time(17), time(0)),
}


def choices() -> dict[str, Text]:
    """Return the words of each part, by the value that a form sends; empty: at any time."""
    return {
        "": _("any time"),
        "morning": _("morning, before 12:00"),
        "afternoon": _("afternoon, 12:00 to 17:00"),
        "evening": _("evening, from 17:00"),
    }
