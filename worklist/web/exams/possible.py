"""Which buttons an exam's status allows."""

from dataclasses import dataclass, replace

from worklist.auth.roles import Permission
from worklist.language.text import _
from worklist.orders.status import FINAL, UNDER_WAY, UNPLACED, WITH_SLOT, StepStatus
from worklist.web.permissions import may

_S = StepStatus


@dataclass(frozen=True, slots=True)
class Action:
    """A button: where it posts to, its words, its key and whether a reason must be given."""

    endpoint: str
    name: str
    permission: Permission
    statuses: frozenset[StepStatus]
    key: str = ""
    asks_reason: bool = False
    is_main: bool = False


ACTIONS = (
    Action("exams.check_in", _("Check in"), Permission.CHECK_IN, frozenset({_S.SCHEDULED}), "i",
           is_main=True),
    Action("exams.make_ready", _("Ready for the room"), Permission.CHECK_IN,
           frozenset({_S.SCHEDULED, _S.ARRIVED}), "y"),
    Action("exams.start", _("Start"), Permission.PERFORM, WITH_SLOT, "s", is_main=True),
    Action("exams.resume", _("Resume"), Permission.PERFORM, UNDER_WAY, "p", is_main=True),
    Action("exams.complete", _("Complete"), Permission.PERFORM, UNDER_WAY, "e", is_main=True),
    Action("exams.discontinue", _("Discontinue"), Permission.PERFORM, UNDER_WAY, "x",
           asks_reason=True),
    Action("exams.pause", _("Pause"), Permission.PERFORM, UNDER_WAY, "p", asks_reason=True),
    Action("exams.start", _("Go on with it"), Permission.PERFORM,
           frozenset({_S.COMPLETED, _S.DISCONTINUED})),
    Action("exams.place", _("Place automatically"), Permission.BOOK,
           UNPLACED | {_S.CANCELED, _S.NO_SHOW, _S.DISCONTINUED}),
    Action("waiting.enrol", _("Would come sooner"), Permission.BOOK, frozenset({_S.SCHEDULED})),
    Action("exams.unschedule", _("Give the slot back"), Permission.BOOK, WITH_SLOT,
           asks_reason=True),
    Action("exams.no_show", _("Did not come"), Permission.CHECK_IN, WITH_SLOT - {_S.READY},
           asks_reason=True),
    Action("exams.cancel", _("Cancel"), Permission.BOOK, UNPLACED | WITH_SLOT, asks_reason=True),
)  # fmt: skip


def possible_actions(status: StepStatus, *, is_paused: bool = False) -> list[Action]:
    """Return what the person who is signed in may do with an exam that is ``status``.

    The first of those that come next is the main one.
    """
    other = "exams.pause" if is_paused else "exams.resume"
    found = [
        one
        for one in ACTIONS
        if status in one.statuses and one.endpoint != other and may(one.permission)
    ]
    main = next((one for one in found if one.is_main), None)
    return [replace(one, is_main=one is main) for one in found]


def may_be_booked(status: StepStatus) -> bool:
    """Return whether an exam can be given a slot by hand."""
    return status not in FINAL | UNDER_WAY
