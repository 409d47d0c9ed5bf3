"""What a rule is: a small function with its identifier, its effects and its sources."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from inspect import getdoc

from worklist.rules.facts import ExamFacts, PatientFacts, RoomFacts
from worklist.rules.findings import Finding
from worklist.rules.thresholds import Thresholds

ExamCheck = Callable[[PatientFacts, ExamFacts, Thresholds, datetime], Iterable[Finding]]
RoomCheck = Callable[[PatientFacts, ExamFacts, RoomFacts, Thresholds], Iterable[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of the catalogue.

    Attributes:
        id: Identifier, for example ``IC-02``.
        text: What it does, one sentence for a person.
        effects: The kinds of finding that it may give.
        sources: The guidelines that it follows, with section and year.
        on_duty: The kinds of staff of whom it may ask that somebody is at work at the site.
    """

    id: str
    text: str
    effects: tuple[type[Finding], ...]
    sources: tuple[str, ...]
    on_duty: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamRule(Rule):
    """A rule that holds whatever room the exam goes to."""

    check: ExamCheck


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomRule(Rule):
    """A rule that judges one room for the exam."""

    check: RoomCheck


def exam_rule(
    identifier: str,
    *,
    effects: tuple[type[Finding], ...],
    sources: tuple[str, ...],
    on_duty: tuple[str, ...] = (),
) -> Callable[[ExamCheck], ExamRule]:
    """Make the decorated function a rule of the catalogue; its docstring says what it does."""

    def made(check: ExamCheck) -> ExamRule:
        text = _text(check)
        return ExamRule(
            id=identifier,
            text=text,
            effects=effects,
            sources=sources,
            on_duty=on_duty,
            check=check,
        )

    return made


def room_rule(
    identifier: str, *, effects: tuple[type[Finding], ...], sources: tuple[str, ...]
) -> Callable[[RoomCheck], RoomRule]:
    """Make the decorated function a rule of the catalogue that judges a room."""

    def made(check: RoomCheck) -> RoomRule:
        text = _text(check)
        return RoomRule(id=identifier, text=text, effects=effects, sources=sources, check=check)

    return made


def _text(check: Callable[..., object]) -> str:
    return (getdoc(check) or "").partition("\n\n")[0].replace("\n", " ")
