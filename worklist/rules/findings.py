"""What a rule may say: the effects of the rule catalogue as plain types.

A rule returns findings. Each names its rule, says in one sentence what it found, in words that a
clerk can read to a patient, and gives the guideline (title, section, year) that it follows.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time
from enum import StrEnum


class Role(StrEnum):
    """Who answers the question that holds an exam."""

    FRONT_DESK = "front_desk"
    TECHNOLOGIST = "technologist"
    RADIOLOGIST = "radiologist"
    NUCLEAR_PHYSICIAN = "nuclear_physician"
    MR_SAFETY_OFFICER = "mr_safety_officer"


class ExtendedPart(StrEnum):
    """Which part of the exam an extension makes longer."""

    BEFORE = "before"
    ROOM = "room"
    AFTER = "after"


def values(*parts: object) -> tuple[str, ...]:
    """Return facts' values as a finding keeps them: a moment as the same text in every zone."""
    return tuple(
        one.astimezone(UTC).isoformat() if isinstance(one, datetime) else str(one) for one in parts
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One statement of one rule.

    Attributes:
        rule: Identifier in the rule catalogue, for example ``IC-02``.
        text: What was found and why it matters, one sentence.
        source: Guideline with section and year.
        found: The values that it was found from, see `values`: with rule and effect they
            decide whether two findings say the same, however each is worded.
    """

    rule: str
    text: str
    source: str
    found: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Block(Finding):
    """The exam is not booked, in this room or, from an exam rule, at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold(Finding):
    """A person answers a question or approves before the exam goes on.

    Attributes:
        role: Who may answer.
        question: What is asked: one thing. A rule that misses several asks several questions.
        fact: The kind of clinical fact that answers it; None where only an approval does.
        subject: What the fact is about, for example the implant; empty where its kind says it.
        instead: Another kind of fact that answers it as well.
        before_booking: False lets the exam be booked; the answer is wanted before it begins.
    """

    role: Role
    question: str
    fact: str | None = None
    subject: str = ""
    instead: str | None = None
    before_booking: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RequireCapability(Finding):
    """Only a room with this capability will do."""

    capability: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequireResource(Finding):
    """A resource of this kind is needed while the exam is in the room.

    ``on_duty`` asks only that one is at work at the site, where it may look after several exams;
    otherwise the exam has one for itself.
    """

    resource_kind: str
    on_duty: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay(Finding):
    """The exam starts at this time at the earliest (an aware datetime)."""

    not_before: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Avoid(Finding):
    """The exam does not start after ``after`` and before ``before``: another one is booked there.

    Both are aware datetimes; a start at either end is allowed.
    """

    after: datetime
    before: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence(Avoid):
    """The exam keeps its order with another exam of the patient: the same as ``Avoid``.

    ``comes`` is ``before`` or ``after``; ``other`` is the other exam's procedure code.
    """

    comes: str
    other: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyWindows(Finding):
    """The exam starts within one of these stretches of each day, times of the site.

    Each is opening and closing time, both included, sorted; none passes midnight.
    """

    windows: tuple[tuple[time, time], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferUntil(Finding):
    """A start before this time of the site's day is preferred; a later one will do."""

    until: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Extend(Finding):
    """The exam takes longer.

    ``resource_kind`` None makes the stay in the room longer by ``minutes`` (part ROOM); otherwise
    a resource of that kind is used for ``minutes`` before or after the room.
    """

    part: ExtendedPart
    minutes: int
    resource_kind: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefer(Finding):
    """A room with this capability is preferred; another one will do."""

    capability: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Warn(Finding):
    """Something that a person should know; nothing is decided by it."""
