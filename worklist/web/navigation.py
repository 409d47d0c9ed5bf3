"""The places of the bar, and which is home to whom."""

from dataclasses import dataclass

from worklist.auth.roles import Permission
from worklist.language.text import _
from worklist.web.permissions import may


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the bar; ``key`` goes there after ``g``.

    ``leads_to`` are the blueprints whose pages belong to it too: there it is marked as well.
    """

    endpoint: str
    name: str
    permission: Permission
    key: str
    leads_to: tuple[str, ...] = ()


PLACES = (
    Place("day.board", _("Day"), Permission.BOOK, "d"),
    Place("arrivals.arrivals", _("Arrivals"), Permission.CHECK_IN, "i", ("reminders",)),
    Place("orders.inbox", _("Orders"), Permission.SEE_SCHEDULE, "o"),
    Place("waiting.overview", _("Waiting"), Permission.BOOK, "w"),
    Place("replan.overview", _("Re-plan"), Permission.BOOK, "p"),
    Place("rooms.overview", _("Rooms"), Permission.SEE_SCHEDULE, "r"),
    Place("reading.queue", _("Reading"), Permission.SEE_READING, "q"),
    Place("messages.inbox", _("Messages"), Permission.SEE_MESSAGES, "m"),
    Place("connections.overview", _("Connections"), Permission.SEE_MESSAGES, "c"),
    Place("stations.overview", _("Stations"), Permission.SEE_SCHEDULE, "t"),
    Place("statistics.overview", _("Statistics"), Permission.SEE_STATISTICS, "s"),
    Place("rules.overview", _("Rules"), Permission.ADMINISTER, "u"),
    Place(
        "administration.overview",
        _("Administration"),
        Permission.ADMINISTER,
        "e",
        ("policy", "trail"),
    ),
    Place("accounts.overview", _("Accounts"), Permission.ADMINISTER, "a"),
)
# Whoever may do the first of these starts there.
HOMES = (
    (Permission.BOOK, "day.board"),
    (Permission.PERFORM, "rooms.overview"),
    (Permission.READ, "reading.queue"),
    (Permission.SEE_STATISTICS, "statistics.overview"),
    (Permission.SEE_MESSAGES, "messages.inbox"),
    (Permission.SEE_SCHEDULE, "rooms.overview"),
)


# As many entries as one line of the bar holds at 1440 px; the rest is behind "More".
BAR_LENGTH = 9
NARROW_BAR_LENGTH = 6  # the same at 1024 px
SLIM_BAR_LENGTH = 3  # and at 768 px


def places() -> list[Place]:
    """Return the places that the person who is signed in may go to."""
    return [place for place in PLACES if may(place.permission)]
