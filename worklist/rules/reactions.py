"""Former reactions to a contrast medium: one set of effects for iodinated and for gadolinium."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from worklist.language.text import _
from worklist.rules import sources
from worklist.rules.common import clock, is_emergency
from worklist.rules.facts import ExamFacts, PatientFacts, Severity
from worklist.rules.findings import (
    Delay,
    Finding,
    Hold,
    RequireCapability,
    RequireResource,
    Role,
    Warn,
    values,
)
from worklist.rules.thresholds import Thresholds

_WORST_FIRST = (Severity.SEVERE, Severity.UNKNOWN, Severity.MODERATE, Severity.MILD)


@dataclass(frozen=True, slots=True)
class Agent:
    """A contrast agent as reactions name it and as a clerk reads it."""

    name: str
    words: str


IODINATED = Agent("iodinated", _("iodinated contrast"))
GADOLINIUM = Agent("gadolinium", "gadolinium")


def worst(patient: PatientFacts, agent: Agent) -> Severity | None:
    """Return the severest former reaction to the agent; not known ranks below severe only."""
    known = {reaction.severity for reaction in patient.reactions if reaction.agent == agent.name}
    return next((severity for severity in _WORST_FIRST if severity in known), None)


def mild(rule: str, agent: Agent) -> Iterable[Finding]:
    """Warn of a mild reaction: another agent first, premedication where the reader asks for it."""
    yield Warn(
        rule=rule,
        text=_(
            "Mild reaction to %(words)s before: use a different agent, offer premedication.",
            words=agent.words,
        ),
        source=sources.ACR_CONTRAST_REACTION,
    )


def unknown(rule: str, agent: Agent) -> Iterable[Finding]:
    """Hold until somebody finds out how severe the reaction was."""
    yield Hold(
        rule=rule,
        text=_("Reaction to %(words)s before, severity not known.", words=agent.words),
        source=sources.ACR_CONTRAST_REACTION,
        found=values(Severity.UNKNOWN),
        role=Role.RADIOLOGIST,
        question=_("How severe was the reaction, and may the contrast be given?"),
        fact="contrast_reaction",
        subject=agent.name,
    )


def moderate(
    rule: str, agent: Agent, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    """Hold for the radiologist and leave time for premedication."""
    yield Hold(
        rule=rule,
        text=_(
            "Moderate reaction to %(words)s before: the radiologist decides.", words=agent.words
        ),
        source=sources.ACR_CONTRAST_REACTION,
        found=values(Severity.MODERATE),
        role=Role.RADIOLOGIST,
        question=_("May the contrast be given with premedication and a different agent?"),
    )
    yield from _premedication(rule, agent, exam, thresholds, now)


def severe(
    rule: str, agent: Agent, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    """Hold for the radiologist, in the hospital only, with time for premedication."""
    yield Hold(
        rule=rule,
        text=_(
            "Severe reaction to %(words)s before: only if nothing else answers the question.",
            words=agent.words,
        ),
        source=sources.ACR_CONTRAST_REACTION,
        found=values(Severity.SEVERE),
        role=Role.RADIOLOGIST,
        question=_("Is there no other exam, and may the contrast be given?"),
    )
    yield RequireCapability(
        rule=rule,
        text=_(
            "Severe reaction to %(words)s before: only where a rescue team is at hand.",
            words=agent.words,
        ),
        source=sources.ACR_CONTRAST_REACTION,
        capability="hospital_site",
    )
    yield RequireResource(
        rule=rule,
        text=_("Severe reaction to %(words)s before: a physician is on site.", words=agent.words),
        source=sources.ACR_CONTRAST_REACTION,
        resource_kind="radiologist",
        on_duty=True,
    )
    yield from _premedication(rule, agent, exam, thresholds, now)


def _premedication(
    rule: str, agent: Agent, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    urgent = is_emergency(exam) or exam.priority == "URGENT"
    hours = thresholds.premedication_hours_urgent if urgent else thresholds.premedication_hours
    # A first dose that nobody has noted can only be taken from now on.
    first_dose = exam.premedication_started_at or max(exam.ordered_at, now)
    not_before = first_dose + timedelta(hours=hours)
    if not_before > now:
        yield Delay(
            rule=rule,
            text=_(
                "Premedication before %(words)s takes %(hours)s hours: not before %(clock)s.",
                words=agent.words,
                hours=hours,
                clock=clock(not_before),
            ),
            source=sources.ACR_CONTRAST_REACTION,
            not_before=not_before,
        )
