"""Words for codes, in the language of the page."""

from enum import StrEnum

from worklist.hl7.models import InboxState, OutboxState
from worklist.language.text import Text, _
from worklist.language.text import code as words_of
from worklist.mail.models import MailState
from worklist.orders.status import StepStatus
from worklist.patients import names
from worklist.reading.models import ReportKind
from worklist.scheduling.replanning.models import ProposalStatus
from worklist.web.language import tell

_STATUS = {
    StepStatus.UNSCHEDULED: _("No slot yet"),
    StepStatus.HELD: _("Held"),
    StepStatus.SCHEDULED: _("Scheduled"),
    StepStatus.ARRIVED: _("Arrived"),
    StepStatus.READY: _("Ready"),
    StepStatus.STARTED: _("In progress"),
    StepStatus.DEPARTED: _("Left the room"),
    StepStatus.COMPLETED: _("Completed"),
    StepStatus.DISCONTINUED: _("Discontinued"),
    StepStatus.CANCELED: _("Cancelled"),
    StepStatus.NO_SHOW: _("Did not come"),
}
_CLASSES = {"I": _("Inpatient"), "E": _("Emergency"), "O": _("Outpatient")}
# How the patient is brought (HL7 v2.5.1, table 0124).
_TRANSPORTS = {
    "WALK": _("on foot"),
    "CART": _("lying"),
    "WHLC": _("wheelchair"),
    "PORT": _("examined at the bed"),
}
_PURPOSES = {"I": _("inpatient"), "E": _("emergency"), "O": _("outpatient")}
_MESSAGES: dict[str, Text] = {
    InboxState.RECEIVED: _("waiting"),
    InboxState.PROCESSED: _("done"),
    InboxState.FAILED: _("failed"),
    InboxState.CORRECTED: _("replaced"),
    OutboxState.WAITING: _("waiting"),
    OutboxState.DELIVERED: _("delivered"),
    OutboxState.REFUSED: _("refused"),
    OutboxState.DISCARDED: _("discarded"),
}
_MAILS = {
    MailState.WAITING: _("on its way"),
    MailState.SENT: _("sent"),
    MailState.FAILED: _("not sent"),
    MailState.WITHDRAWN: _("not sent: out of date"),
}
_REPORTS = {
    ReportKind.PRELIMINARY: _("Preliminary"),
    ReportKind.FINAL: _("Final"),
    ReportKind.ADDENDUM: _("Addendum"),
}
_PROPOSALS = {
    ProposalStatus.OPEN: _("Open"),
    ProposalStatus.APPLIED: _("Applied"),
    ProposalStatus.DISMISSED: _("Dismissed"),
    ProposalStatus.STALE: _("Stale"),
}


# What a rule does, as a clerk says it; pages of the rules themselves name the effects.
_EFFECTS = {
    "block": _("not possible"),
    "hold": _("to be asked"),
    "require_capability": _("the room needs"),
    "require_resource": _("is needed"),
    "delay": _("not sooner"),
    "avoid": _("not then"),
    "sequence": _("first one, then the other"),
    "daily_windows": _("at these times"),
    "prefer_until": _("better early"),
    "extend": _("takes longer"),
    "prefer": _("better there"),
    "warn": _("please note"),
}


def effect(code: str) -> str:
    """Return what a rule's effect means for the exam."""
    return tell(_EFFECTS[code])


def word(code: str) -> str:
    """Return a code such as ``preparation_chair``, ``IN PROGRESS`` or ``exam.moved`` as words."""
    return tell(words_of(code))


def status(code: StepStatus) -> str:
    """Return what a page calls the status of an exam."""
    return tell(_STATUS[code])


def patient_class(code: str) -> str:
    """Return where the patient comes from; an unknown code as it is."""
    return tell(_CLASSES[code]) if code in _CLASSES else code


def transport(code: str) -> str:
    """Return how the patient is brought; an unknown code as it is."""
    return tell(_TRANSPORTS[code]) if code in _TRANSPORTS else code


def purpose(code: str) -> str:
    """Return what a block is for: ``E`` is emergency, ``referrer:Huber^Maria`` is Huber, Maria."""
    if code.startswith("referrer:"):
        return names.display(code.partition(":")[2])
    if code in _PURPOSES:
        return tell(_PURPOSES[code])
    return tell(words_of(code)) if code.islower() else tell(code)


def message_state(code: str) -> str:
    """Return what a page calls the state of a message."""
    return tell(_MESSAGES[code])


def mail_state(code: StrEnum) -> str:
    """Return what a page calls the state of a slip that is sent."""
    return tell(_MAILS[MailState(code)])


def report_kind(code: StrEnum) -> str:
    """Return what a page calls a report."""
    return tell(_REPORTS[ReportKind(code)])


def proposal_status(code: StrEnum) -> str:
    """Return what a page calls the state of a proposed plan."""
    return tell(_PROPOSALS[ProposalStatus(code)])
